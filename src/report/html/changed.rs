//! Changed decisions on the page of `diff`: equal changes are one row with all of their instances.

use indexmap::IndexMap;
use maud::{Markup, html};

use super::differences::Cards;
use super::marks::symbol;
use super::page::heads;
use crate::policy::{Class, Direction};
use crate::report::decision_diff::{Changed, DecisionRow};
use crate::report::figures::many;
use crate::time::SimSpan;
use crate::words::{Outcome, Word};

/// The highest number of rows.
const MOST: usize = 500;

/// Number of runs that a row spells out.
const SPELLED: usize = 8;

/// Columns that describe a change; equal changes have equal values in all of them.
const SHOWN: [&str; 6] = ["trigger", "outcome", "effect", "rule", "confidence", "answer"];

/// Equal changes of decisions.
struct Group<'r> {
    first: &'r Changed,
    /// Each run with its instances.
    runs: IndexMap<String, Vec<&'r str>>,
    count: u64,
}

impl<'r> Group<'r> {
    fn new(first: &'r Changed) -> Self {
        Self { first, runs: IndexMap::new(), count: 0 }
    }
}

fn row_of(changed: &Changed) -> Option<&DecisionRow> {
    changed.new.as_ref().or(changed.old.as_ref())
}

/// What equal changes have in common. Of their times, only the shift is compared.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'r> {
    class: Class,
    direction: Direction,
    causes: &'r [String],
    old: Option<[&'r str; SHOWN.len()]>,
    new: Option<[&'r str; SHOWN.len()]>,
    shift: Option<String>,
}

impl<'r> Alike<'r> {
    fn new(changed: &'r Changed) -> Self {
        let shown = |row: &'r DecisionRow| SHOWN.map(|column| row.get(column));
        Self {
            class: changed.class,
            direction: changed.direction,
            causes: &changed.causes,
            old: changed.old.as_ref().map(shown),
            new: changed.new.as_ref().map(shown),
            shift: shift(changed),
        }
    }
}

/// The shift of a decision in time: `15d later`. `None` if the difference is not in its time.
fn shift(changed: &Changed) -> Option<String> {
    let (old, new) = changed.old.as_ref().zip(changed.new.as_ref())?;
    let by = new.seconds() - old.seconds();
    let span = SimSpan::from_seconds(by.abs());
    (changed.class == Class::Timing)
        .then(|| format!("{span} {}", if by < 0 { "earlier" } else { "later" }))
}

fn groups(all: &[Changed]) -> Vec<Group<'_>> {
    let mut groups: IndexMap<Alike<'_>, Group<'_>> = IndexMap::new();
    for changed in all {
        let Some(row) = row_of(changed) else { continue };
        let group = groups.entry(Alike::new(changed));
        let group = group.or_insert_with(|| Group::new(changed));
        group.count += 1;
        group.runs.entry(row.run()).or_default().push(row.get("instance"));
    }
    let mut groups: Vec<Group<'_>> = groups.into_values().collect();
    groups.sort_by_key(|group| match group.first.direction {
        Direction::Worse => 0,
        Direction::Better => 1,
        Direction::Covered | Direction::Uncovered | Direction::Neutral => {
            if group.first.class.changes_result() { 2 } else { 3 }
        }
    });
    groups
}

/// The table of changed decisions.
pub(super) fn changed_decisions(all: &[Changed], cards: &Cards<'_>) -> Markup {
    let groups = groups(all);
    html! {
        @if !groups.is_empty() {
            div.wrap { table.stack data-sort data-filter="Find a decision" {
                caption.vh { "Changed decisions; equal changes are one row" }
                thead { tr {
                    (heads(&["change", "trigger", "old", "new", "caused by", "instances"]))
                } }
                tbody { @for group in groups.iter().take(MOST) { (group_row(group, cards)) } }
            } }
            @if groups.len() > MOST {
                p.m { "and " (groups.len() - MOST) " more kinds of change; " code { "-f json" }
                    " has all of them" }
            }
        }
    }
}

fn group_row(group: &Group<'_>, cards: &Cards<'_>) -> Markup {
    let changed = group.first;
    let (word, class) = match changed.direction {
        Direction::Worse => ("▼ worse", Some("d-worse")),
        Direction::Better => ("▲ better", Some("d-better")),
        Direction::Covered | Direction::Uncovered | Direction::Neutral => ("≈", None),
    };
    html! {
        tr class=[class] {
            th scope="row" data-l="change" { span { (word) " " (what(changed)) } }
            td data-l="trigger" {
                span { (row_of(changed).map_or("", |row| row.get("trigger"))) }
            }
            td data-l="old" { span { (decided(changed.old.as_ref())) } }
            td data-l="new" { span { (decided(changed.new.as_ref()))
                @if let Some(shift) = shift(changed) { br; b { (shift) } } } }
            td data-l="caused by" { span { (causes(changed, cards)) } }
            td data-l="instances" { span { (instances(group)) } }
        }
    }
}

/// The kind of a change in words.
fn what(changed: &Changed) -> &'static str {
    match (changed.class, &changed.old, &changed.new) {
        (Class::Presence, Some(_), None) => "no longer happens",
        (Class::Presence, None, Some(_)) => "newly happens",
        (class, ..) => class.word(),
    }
}

/// Links to the cards of the differences that caused a change.
fn causes(changed: &Changed, cards: &Cards<'_>) -> Markup {
    html! {
        @if changed.causes.is_empty() { "–" }
        @for (index, card) in changed.causes.iter().filter_map(|key| cards.of(key)).enumerate() {
            @if index > 0 { br; }
            a href={ "#" (card.id) } { (card.difference.part) " " (card.difference.subject) ", "
                (card.id) }
            @if card.accepted.is_some() { " ✓" }
        }
    }
}

/// `2 of unpaid-fortnight [never-pays]: web-1 web-2`, for the first runs.
fn instances(group: &Group<'_>) -> Markup {
    let rest: usize = group.runs.values().skip(SPELLED).map(Vec::len).sum();
    let list = html! {
        ul { @for (run, names) in group.runs.iter().take(SPELLED) {
            li { (run) ": " (names.iter().take(12).copied().collect::<Vec<_>>().join(", "))
                @if names.len() > 12 { " and " (names.len() - 12) " more" } }
        } }
        @if rest > 0 {
            p { "and " (many(rest as u64, "decision")) " of "
                (many((group.runs.len() - SPELLED) as u64, "case")) }
        }
    };
    html! {
        @match group.runs.first() {
            Some((run, names)) if group.runs.len() == 1 && names.len() <= 12 => {
                (names.join(", ")) " " span.nl { (run) }
            },
            _ => details {
                summary { (many(group.count, "decision")) " in "
                    (many(group.runs.len() as u64, "case")) }
                (list)
            },
        }
    }
}

fn decided(row: Option<&DecisionRow>) -> Markup {
    let Some(row) = row else { return html! { "did not happen" } };
    let outcome = Outcome::spelled(row.get("outcome"));
    let details: Vec<&str> = ["rule", "confidence", "answer"]
        .into_iter()
        .map(|column| row.get(column))
        .filter(|text| !text.is_empty())
        .collect();
    html! {
        @if let Some(outcome) = outcome {
            span class={ "o o-" (outcome) } { (symbol(outcome)) (outcome.word().to_uppercase()) }
        }
        @if !matches!(row.get("effect"), "none" | "") { " " (row.get("effect")) }
        br; span.nl { (details.join(", ")) }
    }
}
