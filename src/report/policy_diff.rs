//! The differences of two editions: for people and for a pull request.
//!
//! The words carry everything that colour does: WORSE, BETTER, NEW, GONE, OTHER.

use super::text_table::{Page, Paint, hanging};
use crate::diagnostics::many;
use crate::policy::{Cited, Class, Comparison, Difference, Direction, Part, Statement};
use crate::words::{Verdict, Word};

/// The arrow between before and after.
pub(super) const ARROW: &str = "->";

/// What heads the differences that a run meets only if a scenario takes a position.
const OFF_DEFAULT: &str = "only with a switch at a position other than its default";

/// Whether a difference changes what happens, and not only what it rests on.
const fn is_plain(class: Class) -> bool {
    match class {
        Class::Verdict | Class::Timing | Class::Presence | Class::Setting => true,
        Class::Answer | Class::Confidence | Class::Source | Class::Rule | Class::Wording => false,
    }
}

/// The heading of a part.
pub(super) const fn heading(part: Part) -> &'static str {
    match part {
        Part::Title => "title",
        Part::Space => "decision space",
        Part::Protection => "protections",
        Part::Refusal => "other refusals (preconditions)",
        Part::Clock => "clocks",
        Part::Schedule => "scheduled releases",
        Part::Table => "other tables",
        Part::Effect => "attached resources",
        Part::Order => "scale-in",
        Part::Default => "defaults: used where the scenario sets nothing",
        Part::Switch => "switches: where the documents are silent",
        Part::Source => "sources",
        Part::Note => "notes",
        Part::Rule => "rules outside the tables",
    }
}

/// A direction, as a word that stands at the head of a line.
pub(super) const fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "WORSE",
        Direction::Better => "BETTER",
        Direction::Covered => "NEW",
        Direction::Uncovered => "GONE",
        Direction::Neutral => "OTHER",
    }
}

/// A direction at the head of a line, in its colour.
pub(super) fn painted(direction: Direction, line: &str, paint: Paint) -> String {
    let word = direction_word(direction);
    let colour = match direction {
        Direction::Worse => paint.bad(word),
        Direction::Better => paint.good(word),
        Direction::Covered | Direction::Uncovered | Direction::Neutral => word.to_owned(),
    };
    line.replacen(word, &colour, 1)
}

/// What an edition says, as tables for people say it: verdicts are shouted.
fn says(text: &str) -> String {
    match Verdict::spelled(text) {
        Some(Verdict::NotConsulted) => "not consulted".to_owned(),
        Some(Verdict::Held | Verdict::Overridden) => text.to_uppercase(),
        None => text.to_owned(),
    }
}

fn side(statement: &Statement) -> String {
    match &statement.rule {
        None => says(&statement.says),
        Some(rule) => format!("{} ({}, {})", says(&statement.says), rule.id, rule.confidence),
    }
}

/// What a difference is about, with enough said to stand alone.
fn subject(d: &Difference) -> String {
    match d.part {
        Part::Space | Part::Protection | Part::Clock | Part::Table | Part::Effect => {
            d.subject.clone()
        }
        Part::Refusal => format!("refusal of {}", d.subject.replace(' ', ", ")),
        Part::Schedule => format!("scheduled release, {}", d.subject),
        Part::Order => format!("scale-in, {}", d.subject),
        Part::Default => format!("default of {}", d.subject),
        Part::Title => d.part.to_string(),
        Part::Switch | Part::Source | Part::Note | Part::Rule => {
            format!("{} {}", d.part, d.subject)
        }
    }
}

/// Rules that differ in the same way, as one row.
struct Ground<'d> {
    first: &'d Difference,
    class: Class,
    /// The word for it: the class, or which text of a rule differs.
    kind: &'static str,
    change: [String; 2],
    rules: Vec<String>,
    cells: usize,
}

impl Ground<'_> {
    /// `release-protection (RP1b -> RP1, 8 cells)`.
    fn what(&self) -> String {
        let mut of: Vec<String> =
            self.rules.iter().filter(|rule| !rule.is_empty()).cloned().collect();
        of.extend((self.cells > 0).then(|| many(self.cells, "cell")));
        let subject = subject(self.first);
        if of.is_empty() { subject } else { format!("{subject} ({})", of.join(", ")) }
    }
}

/// In what two rules differ besides what they decide, in the words of both.
fn grounds_of(d: &Difference) -> Vec<(Class, &'static str, [String; 2])> {
    let mut classes = d.aspects();
    // Another id says nothing beside a graver difference: it is shown with it.
    classes.retain(|class| *class != Class::Rule || *class == d.class);
    if classes.is_empty() {
        classes.push(d.class);
    }
    let quoted = |text: Option<&str>| text.map_or("nothing".to_owned(), |text| format!("“{text}”"));
    let mut grounds = Vec::new();
    for class in classes {
        match (class, &d.old.rule, &d.new.rule) {
            (Class::Wording, Some(old), Some(new)) => {
                grounds.extend(
                    old.texts(new).into_iter().map(|(kind, before, after)| {
                        (class, kind, [quoted(before), quoted(after)])
                    }),
                );
            }
            (Class::Wording, ..) => {
                let change = [&d.old, &d.new].map(|side| quoted(Some(&side.says)));
                grounds.push((class, class.word(), change));
            }
            _ => {
                let change = [&d.old, &d.new].map(|side| d.detail_of(class, side));
                grounds.push((class, class.word(), change));
            }
        }
    }
    grounds
}

/// What rests on something else and decides the same: what is said of several rules in the
/// same words is one row. Where rules differ in more than one way, each way has its row.
fn joined(comparison: &Comparison) -> Vec<Ground<'_>> {
    let of = comparison.differences.iter().filter(|d| !is_plain(d.class));
    let mut rows: Vec<Ground<'_>> = Vec::new();
    for d in of.filter(|d| !matches!(d.part, Part::Source | Part::Note)) {
        let rule = rule_pair(d.old.rule.as_ref(), d.new.rule.as_ref());
        for (class, kind, change) in grounds_of(d) {
            let same = rows.iter_mut().find(|row| {
                let about = (row.first.part, &row.first.subject, row.first.is_off_default());
                about == (d.part, &d.subject, d.is_off_default())
                    && (row.kind, &row.change) == (kind, &change)
                    && !rule.is_empty()
            });
            if let Some(row) = same {
                row.cells += d.cells;
                if !row.rules.contains(&rule) {
                    row.rules.push(rule.clone());
                }
            } else {
                let rules = vec![rule.clone()];
                rows.push(Ground { first: d, class, kind, change, rules, cells: d.cells });
            }
        }
    }
    rows.sort_by_key(|row| (row.first.is_off_default(), row.class, row.first.part));
    rows
}

/// `RP5b`, or `RP5b -> RP5`.
fn rule_pair(old: Option<&Cited>, new: Option<&Cited>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old.id != new.id => format!("{} {ARROW} {}", old.id, new.id),
        (Some(rule), _) | (_, Some(rule)) => rule.id.clone(),
        (None, None) => String::new(),
    }
}

/// Documents and notes: what was taken out, put in, or changed, as a sign and a text.
fn entries(comparison: &Comparison, part: Part) -> Vec<(&'static str, String)> {
    let of = comparison.differences.iter().filter(|d| d.part == part && !is_plain(d.class));
    let row = |d: &Difference| {
        let (old, new) = (d.detail(&d.old), d.detail(&d.new));
        let subject = &d.subject;
        match (old.as_str(), new.as_str()) {
            ("stated", _) => ("-", subject.clone()),
            (_, "stated") => ("+", subject.clone()),
            ("no such source", _) => ("+", format!("{subject}: {new}")),
            (_, "no such source") => ("-", format!("{subject}: {old}")),
            _ => ("~", format!("{subject}: {old} {ARROW} {new}")),
        }
    };
    of.map(row).collect()
}

/// The comparison for people.
pub fn diff_text(comparison: &Comparison, page: Page) -> String {
    let title = format!("{}  {ARROW}  {}", comparison.old, comparison.new);
    let mut out = vec![page.paint.bold(&title)];
    let plain = |off: bool| {
        let all = comparison.differences.iter();
        all.filter(move |d| is_plain(d.class) && d.is_off_default() == off)
    };
    for part in Part::ALL {
        let of: Vec<&Difference> = plain(false).filter(|d| d.part == *part).collect();
        if !of.is_empty() {
            out.extend([String::new(), heading(*part).to_owned()]);
            out.extend(of.into_iter().flat_map(|d| plain_row(d, page)));
        }
    }
    let (off, usual): (Vec<Ground<'_>>, Vec<Ground<'_>>) =
        joined(comparison).into_iter().partition(|row| row.first.is_off_default());
    let usual: Vec<String> = usual.iter().flat_map(|row| ground_row(row, page)).collect();
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.extend([String::new(), title.to_owned()]);
            out.extend(lines);
        }
    };
    section("same verdict, different evidence", usual);
    for (part, what) in [(Part::Source, "sources"), (Part::Note, "notes")] {
        let rows = entries(comparison, part).into_iter();
        let lines =
            rows.flat_map(|(sign, text)| hanging(&format!("  {sign}  "), &text, page.width));
        section(
            &format!("{what}: - only in the old, + only in the new, ~ changed"),
            lines.collect(),
        );
    }
    let mut last: Vec<String> = plain(true).flat_map(|d| plain_row(d, page)).collect();
    last.extend(off.iter().flat_map(|row| ground_row(row, page)));
    section(OFF_DEFAULT, last);
    out.push(String::new());
    out.extend(hanging("", &totals(comparison), page.width));
    out.join("\n")
}

/// What is decided otherwise: where, before and after, and both rules with their documents.
fn plain_row(d: &Difference, page: Page) -> Vec<String> {
    let indent = " ".repeat(10);
    let place = d.place();
    let what = if place.is_empty() { subject(d) } else { format!("{}: {place}", subject(d)) };
    let head = format!("  {:<8}", direction_word(d.direction));
    let mut out = hanging(&head, &what, page.width);
    if let Some(first) = out.first_mut() {
        *first = painted(d.direction, first, page.paint);
    }
    let change = format!("{} {ARROW} {}", side(&d.old), side(&d.new));
    out.extend(hanging(&indent, &change, page.width));
    let mut cited: Vec<&Cited> = [&d.old, &d.new].iter().filter_map(|s| s.rule.as_ref()).collect();
    cited.dedup();
    let lines = cited.into_iter().flat_map(|rule| hanging(&indent, &cite(rule), page.width));
    out.extend(lines.map(|line| page.paint.dim(&line)));
    out
}

fn ground_row(row: &Ground<'_>, page: Page) -> Vec<String> {
    let [old, new] = &row.change;
    let head = format!("  {:<12}", row.kind);
    hanging(&head, &format!("{}: {old} {ARROW} {new}", row.what()), page.width)
}

/// What a rule says besides its verdict: why, what the provider answers, what helps.
fn reasons(rule: &Cited) -> Vec<String> {
    let mut reasons: Vec<String> = rule.because.iter().cloned().collect();
    reasons.extend(rule.answer.iter().map(|answer| format!("answer: {answer}")));
    reasons.extend(rule.remedy.iter().map(|remedy| format!("remedy: {remedy}")));
    reasons
}

/// A rule with its reasons and its documents: `RP5: because …; answer: … ["Title", 2026-05-15]`.
fn cite(rule: &Cited) -> String {
    let mut line = format!("{}: {}", rule.id, reasons(rule).join("; "));
    if !line.ends_with(' ') {
        line.push(' ');
    }
    let documents = rule.documents.join("; ");
    line.push_str(&format!("[{}]", if documents.is_empty() { "no source" } else { &documents }));
    line
}

/// `1056 cells compared, 3 differ · 1 worse, 0 better, 2 newly covered · 1 verdict, 2 source`.
fn totals(comparison: &Comparison) -> String {
    let cells = many(comparison.cells, "cell");
    if comparison.is_same() {
        return match comparison.accepted {
            0 => format!("{cells} compared, no differences"),
            _ => format!("{cells} compared: all differences are accepted"),
        };
    }
    let classes = Class::ALL.iter().filter_map(|class| {
        let count = comparison.differences.iter().filter(|d| d.class == *class).count();
        (count > 0).then(|| format!("{count} {class}"))
    });
    let mut line = format!(
        "{cells} compared, {} differ · {}: {} · {} worse, {} better",
        comparison.changed,
        many(comparison.differences.len(), "difference"),
        classes.collect::<Vec<_>>().join(", "),
        comparison.count(Direction::Worse),
        comparison.count(Direction::Better),
    );
    for (direction, words) in
        [(Direction::Covered, "newly covered"), (Direction::Uncovered, "no longer covered")]
    {
        let count = comparison.count(direction);
        if count > 0 {
            line.push_str(&format!(", {count} {words}"));
        }
    }
    let off = comparison.differences.iter().filter(|d| d.is_off_default()).count();
    if off > 0 {
        line.push_str(&format!(" · {off} {OFF_DEFAULT}"));
    }
    line
}

/// A text as a cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

/// What an edition says, with the reasons and the documents of its rule, as a cell of a Markdown
/// table.
fn in_full(statement: &Statement) -> String {
    let mut text = cell(&side(statement));
    if let Some(rule) = &statement.rule {
        for line in reasons(rule).iter().chain(&rule.documents) {
            text.push_str(&format!("<br>{}", cell(line)));
        }
    }
    text
}

/// The comparison for a pull request.
pub fn diff_markdown(comparison: &Comparison) -> String {
    let title = format!("**stayput** · `{}` {ARROW} `{}`", comparison.old, comparison.new);
    if comparison.is_same() {
        return format!("{title}: {}", totals(comparison));
    }
    let mut out = vec![format!("{title}: {}", totals(comparison)), String::new()];
    for off in [false, true] {
        let plain = comparison.differences.iter();
        let plain = plain.filter(|d| is_plain(d.class) && d.is_off_default() == off);
        let rows: Vec<String> = plain
            .map(|d| {
                let [what, place] = [subject(d), d.place()].map(|text| cell(&text));
                let [before, after] = [&d.old, &d.new].map(in_full);
                format!("| {} | {what} | {place} | {before} | {after} |", d.direction)
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        if off {
            out.extend([format!("**{OFF_DEFAULT}**"), String::new()]);
        }
        out.push("| | what | where | before | after |".into());
        out.push("|-|-|-|-|-|".into());
        out.extend(rows);
        out.push(String::new());
    }
    let rest = joined(comparison);
    let lists = [Part::Source, Part::Note].map(|part| entries(comparison, part)).concat();
    if !rest.is_empty() || !lists.is_empty() {
        let count = many(rest.len() + lists.len(), "difference");
        out.push(format!(
            "<details><summary>{count} in the evidence of unchanged verdicts</summary>"
        ));
        out.push(String::new());
        out.push("| kind | what | before | after |".into());
        out.push("|-|-|-|-|".into());
        for row in &rest {
            let [old, new] = row.change.clone();
            let off =
                if row.first.is_off_default() { format!(", {OFF_DEFAULT}") } else { String::new() };
            let cells = [row.kind.to_owned(), format!("{}{off}", row.what()), old, new];
            out.push(format!("| {} |", cells.map(|text| cell(&text)).join(" | ")));
        }
        out.push(String::new());
        out.extend(lists.iter().map(|(sign, text)| format!("* `{sign}` {}", cell(text))));
        out.push(String::new());
        out.push("</details>".into());
    }
    out.join("\n")
}
