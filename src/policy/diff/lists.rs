//! Comparison of everything that is not a table: the space, limits, orders, switches, documents and
//! notes, and every rule that no other difference shows.

use super::difference::{Absence, Class, Difference, Direction, Part, Statement};
use super::found::Found;
use super::pair::{Pair, cited, keys};
use crate::policy::edition::{Hooks, Policy, Repairs, Schedule, Source, Switch};
use crate::policy::facts::{Column, Condition};
use crate::time::SimSpan;
use crate::words::{RuleId, Word};

const NEUTRAL: Direction = Direction::Neutral;

/// Compares all lists.
pub(super) fn lists(pair: &Pair<'_>, found: &mut Found<'_>) {
    let title = (Class::Wording, NEUTRAL);
    found.entry((Part::Title, "policy"), title, &*pair.old.title, &*pair.new.title);
    space(pair, found);
    schedule(pair, found);
    groups(pair, found);
    orders(pair, found);
    switches(pair, found);
    sources(pair, found);
    notes(pair, found);
    impossible(pair, found);
    rules(pair, found);
}

/// Columns and words that only one edition has.
fn space(pair: &Pair<'_>, found: &mut Found<'_>) {
    let tested = |words: &[u8]| {
        if words.is_empty() { Absence::Column.into() } else { Statement::from("tested") }
    };
    for column in Column::ALL {
        let (old, new) = (pair.old.words(*column), pair.new.words(*column));
        let subject = |words: &[u8]| {
            let all = column.words();
            let words: Vec<&str> = words.iter().map(|word| all[usize::from(*word)]).collect();
            format!("{} {}", column.name(), words.join(" "))
        };
        if old.is_empty() != new.is_empty() {
            let about = (Part::Space, column.name());
            found.entry(about, (Class::Presence, NEUTRAL), tested(old), tested(new));
            continue;
        }
        if let Some(probe) = &mut found.probe {
            probe.entry((Part::Space, column.name()), &tested(new).says);
            new.iter().for_each(|word| probe.entry((Part::Space, &subject(&[*word])), "known"));
        }
        let only = |a: &[u8], b: &[u8]| -> Vec<u8> {
            a.iter().filter(|word| !b.contains(word)).copied().collect()
        };
        let presence = (Class::Presence, NEUTRAL);
        for word in only(old, new) {
            found.entry((Part::Space, &subject(&[word])), presence, "known", Absence::Situation);
        }
        for word in only(new, old) {
            found.entry((Part::Space, &subject(&[word])), presence, Absence::Situation, "known");
        }
    }
    let calendar = |policy: &Policy| format!("days are counted at {}", policy.calendar);
    let about = (Part::Clock, "calendar");
    found.entry(about, (Class::Timing, NEUTRAL), calendar(pair.old), calendar(pair.new));
}

/// Limits on scheduled releases.
fn schedule(pair: &Pair<'_>, found: &mut Found<'_>) {
    let Schedule { granularity, earliest, latest, sources } = &pair.old.schedule;
    let new = &pair.new.schedule;
    let mut entry = |subject: &str, old: Option<String>, new: Option<String>| {
        let or_none = |span: Option<String>| span.unwrap_or_else(|| "no limit".into());
        let timing = (Class::Timing, NEUTRAL);
        found.entry((Part::Schedule, subject), timing, or_none(old), or_none(new));
    };
    let text = |granularity: &crate::time::SimSpan| Some(granularity.to_string());
    entry("cut down to a multiple of", text(granularity), text(&new.granularity));
    let text = |span: &Option<crate::time::CalendarSpan>| span.map(|span| span.to_string());
    entry("at the earliest", text(earliest), text(&new.earliest));
    entry("at the latest", text(latest), text(&new.latest));
    named(pair, (Part::Schedule, "limits"), (sources, &new.sources), found);
}

/// Limits on repairs and hooks of groups.
fn groups(pair: &Pair<'_>, found: &mut Found<'_>) {
    let mut entry = |subject: &str, class: Class, old: Statement, new: Statement| {
        found.entry((Part::Table, subject), (class, NEUTRAL), old, new);
    };
    let limit = |span: Option<SimSpan>| limit(span).into();
    let Repairs { shortest, longest, sources } = &pair.old.repairs;
    let new = &pair.new.repairs;
    entry("a repair waits at least", Class::Timing, limit(*shortest), limit(new.shortest));
    entry("a repair waits at most", Class::Timing, limit(*longest), limit(new.longest));
    let (old_sources, new_sources) = (sources, &new.sources);
    match (&pair.old.hooks, &pair.new.hooks) {
        (None, None) => {}
        (Some(_), None) => {
            entry("hooks", Class::Presence, "known".into(), Absence::Situation.into());
        }
        (None, Some(_)) => {
            entry("hooks", Class::Presence, Absence::Situation.into(), "known".into());
        }
        (Some(old), Some(new)) => {
            for (subject, class, says) in HOOKS {
                entry(subject, *class, says(old).into(), says(new).into());
            }
            named(pair, (Part::Table, "hooks"), (&old.sources, &new.sources), found);
        }
    }
    named(pair, (Part::Table, "repairs"), (old_sources, new_sources), found);
}

/// A property of hooks: its name, its class and its text.
type HookProperty = (&'static str, Class, fn(&Hooks) -> String);

const HOOKS: &[HookProperty] = &[
    ("a hook lasts at least", Class::Timing, |h| limit(h.shortest)),
    ("a hook lasts at most", Class::Timing, |h| limit(h.longest)),
    ("a prolonged hook lasts at most", Class::Timing, |h| limit(h.in_all)),
    ("a hook can be prolonged", Class::Setting, |h| format!("{} times", h.heartbeats)),
    ("a hook may end in", Class::Setting, |h| words(&h.results)),
    ("hooks are offered for", Class::Setting, |h| words(&h.billing)),
    ("hooks of a group", Class::Setting, |h| {
        if h.together { "wait for each other".into() } else { "end separately".into() }
    }),
];

fn limit(span: Option<SimSpan>) -> String {
    span.map_or("no limit".to_owned(), |span| span.to_string())
}

/// The entries of a list with their indices, in the order of their names.
fn by_name<'l, T, K: Ord>(list: &'l [T], name: impl Fn(&'l T) -> K) -> Vec<(usize, &'l T)> {
    let mut entries: Vec<(usize, &T)> = list.iter().enumerate().collect();
    entries.sort_by_key(|(_, entry)| name(entry));
    entries
}

fn words<W: Word>(words: &[W]) -> String {
    if words.is_empty() {
        return "all".into();
    }
    // The order of the list has no meaning.
    let mut words: Vec<&str> = words.iter().map(|word| word.word()).collect();
    words.sort_unstable();
    words.join(", ")
}

/// Compares the sources of an entry that is not a rule.
fn named(
    pair: &Pair<'_>,
    about: (Part, &str),
    (old, new): (&[usize], &[usize]),
    found: &mut Found<'_>,
) {
    if found.probe.is_none() && pair.same_sources(old, new) {
        return;
    }
    let says = |policy, sources| {
        let keys = keys(policy, sources);
        if keys.is_empty() { "no source".to_owned() } else { format!("by {}", keys.join(", ")) }
    };
    let (old, new) = (says(pair.old, old), says(pair.new, new));
    found.entry(about, (Class::Source, NEUTRAL), old, new);
}

/// The orders of scale-in.
fn orders(pair: &Pair<'_>, found: &mut Found<'_>) {
    let presence = (Class::Presence, NEUTRAL);
    for (_, order) in by_name(&pair.old.orders, |order| &order.name) {
        let about = (Part::Order, order.name.as_str());
        match pair.new.orders.iter().find(|other| other.name == order.name) {
            None => found.entry(about, presence, order_text(order), Absence::Order),
            Some(other) => {
                found.entry(about, (Class::Setting, NEUTRAL), order_text(order), order_text(other));
                named(pair, about, (&order.sources, &other.sources), found);
            }
        }
    }
    for (_, order) in by_name(&pair.new.orders, |order| &order.name) {
        if pair.old.orders.iter().all(|other| other.name != order.name) {
            let about = (Part::Order, order.name.as_str());
            found.entry(about, presence, Absence::Order, order_text(order));
        }
    }
}

fn order_text(order: &crate::policy::order::Order) -> String {
    let domains = if order.fault_domains { "the fullest fault domain, then " } else { "" };
    format!("{domains}by {}, {} first", order.by.word(), order.first.word())
}

/// The switches.
fn switches(pair: &Pair<'_>, found: &mut Found<'_>) {
    let presence = (Class::Presence, NEUTRAL);
    let open = |switch: &Switch| {
        let default = switch.default.map(|at| switch.values[usize::from(at)].as_str());
        format!("open: {}, default {}", switch.values.join(" | "), default.unwrap_or("none"))
    };
    for switch in &pair.old.switches {
        let about = (Part::Switch, switch.name.as_str());
        let Some(other) = pair.new.switches.iter().find(|other| other.name == switch.name) else {
            found.entry(about, presence, open(switch), Absence::Switch);
            continue;
        };
        if found.probe.is_some() || !same_positions(switch, other) {
            found.entry(about, (Class::Setting, NEUTRAL), open(switch), open(other));
        }
        let confidence = (Class::Confidence, NEUTRAL);
        found.entry(about, confidence, switch.confidence.word(), other.confidence.word());
        named(pair, about, (&switch.sources, &other.sources), found);
        let why = |switch: &Switch| switch.because.clone().unwrap_or_default();
        found.entry(about, (Class::Wording, NEUTRAL), why(switch), why(other));
    }
    for switch in &pair.new.switches {
        if pair.old.switch(&switch.name).is_none() {
            found.entry((Part::Switch, &switch.name), presence, Absence::Switch, open(switch));
        }
    }
}

/// Whether two switches have the same set of positions and the same default.
fn same_positions(old: &Switch, new: &Switch) -> bool {
    let sorted = |switch: &Switch| {
        let mut values = switch.values.clone();
        values.sort_unstable();
        values
    };
    let default = |switch: &Switch| switch.default.map(|at| switch.values[usize::from(at)].clone());
    sorted(old) == sorted(new) && default(old) == default(new)
}

/// The documents, each compared once.
fn sources(pair: &Pair<'_>, found: &mut Found<'_>) {
    let class = (Class::Source, NEUTRAL);
    let in_full = |source: &Source| match &source.at {
        Some(at) => format!("{source} <{at}>"),
        None => source.to_string(),
    };
    for (at, source) in by_name(&pair.old.sources, |source| &source.key) {
        let key = pair.renamed(at).unwrap_or(&source.key);
        let about = (Part::Source, source.key.as_str());
        let Some(other) = pair.new.sources.iter().find(|other| other.key == key) else {
            found.entry(about, class, in_full(source), Absence::Source);
            continue;
        };
        if key != source.key {
            let old = format!("called {}", source.key);
            found.entry(about, class, old, format!("called {key}"));
        }
        found.entry(about, class, in_full(source), in_full(other));
    }
    for (_, source) in by_name(&pair.new.sources, |source| &source.key) {
        let known = (0..pair.old.sources.len())
            .any(|at| pair.renamed(at).unwrap_or(&pair.old.sources[at].key) == source.key);
        if !known {
            found.entry((Part::Source, &source.key), class, Absence::Source, in_full(source));
        }
    }
}

/// The notes, identified by their text.
fn notes(pair: &Pair<'_>, found: &mut Found<'_>) {
    let class = (Class::Wording, NEUTRAL);
    for (_, (says, sources)) in by_name(&pair.old.notes, |(says, _)| says) {
        match pair.new.notes.iter().find(|(other, _)| other == says) {
            Some((_, other)) => {
                found.entry((Part::Note, says), class, "stated", "stated");
                named(pair, (Part::Note, says), (sources, other), found);
            }
            None => found.entry((Part::Note, says), class, "stated", Absence::Text),
        }
    }
    for (_, (says, _)) in by_name(&pair.new.notes, |(says, _)| says) {
        if pair.old.notes.iter().all(|(other, _)| other != says) {
            found.entry((Part::Note, says), class, Absence::Text, "stated");
        }
    }
}

/// The reasons of impossible cells. Cells that become possible are reported with their table.
fn impossible(pair: &Pair<'_>, found: &mut Found<'_>) {
    let about = |when: &Condition| {
        let parts = when.columns().map(|column| {
            let mask = when.words(column).unwrap_or_default();
            column.describe((0_u8..32).filter(|word| mask >> word & 1 == 1)).join(" ")
        });
        parts.collect::<Vec<_>>().join(" · ")
    };
    let class = (Class::Wording, NEUTRAL);
    for (when, because) in &pair.old.impossible {
        let subject = format!("impossible: {}", about(when));
        match pair.new.impossible.iter().find(|(other, _)| other == when) {
            Some((_, other)) => {
                found.entry((Part::Space, &subject), class, because.as_str(), other.as_str());
            }
            None if found.occurs => {}
            None => found.entry((Part::Space, &subject), class, because.as_str(), Absence::Text),
        }
    }
    for (when, because) in &pair.new.impossible {
        let known = pair.old.impossible.iter().any(|(other, _)| other == when);
        if !known && !found.occurs {
            let subject = format!("impossible: {}", about(when));
            found.entry((Part::Space, &subject), class, Absence::Text, because.as_str());
        }
    }
}

/// Every rule that differs and is not shown by another difference.
fn rules(pair: &Pair<'_>, found: &mut Found<'_>) {
    if let Some(probe) = &mut found.probe {
        let all = (0..pair.new.rules.len()).map(RuleId::from_index);
        return all.for_each(|rule| probe.rule(pair.new, rule));
    }
    let side = |policy: &Policy, at: usize| {
        let rule = cited(policy, RuleId::from_index(at));
        Statement { rule: Some(rule), ..format!("rule {}", policy.rules[at].id).into() }
    };
    let mut add = |subject: &str, old: Statement, new: Statement, class| {
        found.differences.push(Difference {
            part: Part::Rule,
            subject: subject.to_owned(),
            situation: Vec::new(),
            old,
            new,
            class,
            direction: NEUTRAL,
            cells: 0,
            off_default: Vec::new(),
        });
    };
    for (at, rule) in by_name(&pair.old.rules, |rule| &rule.id) {
        let other = pair.new.rules.iter().position(|other| other.id == rule.id);
        let shown = found.shown[0].contains(&RuleId::from_index(at));
        match other {
            _ if shown => {}
            None => add(&rule.id, side(pair.old, at), Absence::Rule.into(), Class::Presence),
            Some(other) => {
                if let Some(class) =
                    pair.rules_differ(RuleId::from_index(at), RuleId::from_index(other))
                {
                    add(&rule.id, side(pair.old, at), side(pair.new, other), class);
                }
            }
        }
    }
    for (at, rule) in by_name(&pair.new.rules, |rule| &rule.id) {
        let known = pair.old.rules.iter().any(|other| other.id == rule.id);
        if !known && !found.shown[1].contains(&RuleId::from_index(at)) {
            add(&rule.id, Absence::Rule.into(), side(pair.new, at), Class::Presence);
        }
    }
}
