//! The differences of two editions as text and Markdown.
//!
//! Every colour repeats a word: WORSE, BETTER, NEW, GONE, OTHER.

use super::markdown;
use super::text_table::{Page, Paint, hanging, headed};
use crate::diagnostics::many;
use crate::policy::{CellCounts, Cited, Class, Comparison, Difference, Direction, Part, Statement};
use crate::words::{Verdict, Word};

/// The arrow between before and after.
pub(super) const ARROW: &str = "->";

/// The heading of differences that a run reaches only if a scenario sets a switch.
const OFF_DEFAULT: &str = "only with a switch at a position other than its default";

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

/// The word for a direction at the head of a line.
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

/// A statement of an edition as text; verdicts are in capitals.
fn shown(text: &str) -> String {
    match Verdict::spelled(text) {
        Some(Verdict::NotConsulted) => "not consulted".to_owned(),
        Some(Verdict::Held | Verdict::Overridden) => text.to_uppercase(),
        None => text.to_owned(),
    }
}

fn side(statement: &Statement) -> String {
    match &statement.rule {
        None => shown(&statement.says),
        Some(rule) => format!("{} ({}, {})", shown(&statement.says), rule.id, rule.confidence),
    }
}

/// The subject of a difference, in a form that is clear without the heading of its section.
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

/// Rules whose evidence differs in the same way, as one row.
struct EvidenceChange<'d> {
    first: &'d Difference,
    class: Class,
    /// The word of the class, or the name of the text that differs.
    kind: &'static str,
    change: [String; 2],
    rules: Vec<String>,
    cells: usize,
}

impl EvidenceChange<'_> {
    /// `release-protection (RP1b -> RP1, 8 cells)`.
    fn what(&self) -> String {
        let mut details: Vec<String> =
            self.rules.iter().filter(|rule| !rule.is_empty()).cloned().collect();
        details.extend((self.cells > 0).then(|| many(self.cells, "cell")));
        let subject = subject(self.first);
        if details.is_empty() { subject } else { format!("{subject} ({})", details.join(", ")) }
    }
}

/// The aspects in which two rules differ besides their conclusions, each with both texts.
fn evidence_changes(d: &Difference) -> Vec<(Class, &'static str, [String; 2])> {
    let mut classes = d.aspects();
    // A difference of another class shows a changed id as well, so the id has no row of its own.
    classes.retain(|class| *class != Class::Rule || *class == d.class);
    if classes.is_empty() {
        classes.push(d.class);
    }
    let quoted = |text: Option<&str>| text.map_or("nothing".to_owned(), |text| format!("“{text}”"));
    let mut changes = Vec::new();
    for class in classes {
        match (class, &d.old.rule, &d.new.rule) {
            (Class::Wording, Some(old), Some(new)) => {
                changes.extend(
                    old.texts(new).into_iter().map(|(kind, before, after)| {
                        (class, kind, [quoted(before), quoted(after)])
                    }),
                );
            }
            (Class::Wording, ..) => {
                let change = [&d.old, &d.new].map(|side| quoted(Some(&side.says)));
                changes.push((class, class.word(), change));
            }
            _ => {
                let change = [&d.old, &d.new].map(|side| d.detail_of(class, side));
                changes.push((class, class.word(), change));
            }
        }
    }
    changes
}

/// The differences in evidence. Rules that differ in the same words share a row; a rule that
/// differs in several ways has a row for each.
fn joined(comparison: &Comparison) -> Vec<EvidenceChange<'_>> {
    let in_evidence = comparison.differences.iter().filter(|d| !d.class.changes_result());
    let mut rows: Vec<EvidenceChange<'_>> = Vec::new();
    for d in in_evidence.filter(|d| !matches!(d.part, Part::Source | Part::Note)) {
        let rule = rule_pair(d.old.rule.as_ref(), d.new.rule.as_ref());
        for (class, kind, change) in evidence_changes(d) {
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
                rows.push(EvidenceChange { first: d, class, kind, change, rules, cells: d.cells });
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

/// Sources and notes that were removed (`-`), added (`+`) or changed (`~`).
fn entries(comparison: &Comparison, part: Part) -> Vec<(&'static str, String)> {
    let entries =
        comparison.differences.iter().filter(|d| d.part == part && !d.class.changes_result());
    let row = |d: &Difference| {
        let (old, new) = (d.detail(&d.old), d.detail(&d.new));
        let subject = &d.subject;
        let (sign, only) = match (d.old.is_absence, d.new.is_absence) {
            (true, _) => ("+", new),
            (_, true) => ("-", old),
            (false, false) => return ("~", format!("{subject}: {old} {ARROW} {new}")),
        };
        // The subject of a note is its text.
        let is_note = part == Part::Note;
        (sign, if is_note { subject.clone() } else { format!("{subject}: {only}") })
    };
    entries.map(row).collect()
}

/// The comparison as text.
pub fn diff_text(comparison: &Comparison, page: Page) -> String {
    let title = format!("{}  {ARROW}  {}", comparison.old, comparison.new);
    let mut out = headed(&title, "", page);
    let plain = |off: bool| {
        let all = comparison.differences.iter();
        all.filter(move |d| d.class.changes_result() && d.is_off_default() == off)
    };
    for part in Part::ALL {
        let in_part: Vec<&Difference> = plain(false).filter(|d| d.part == *part).collect();
        if !in_part.is_empty() {
            out.extend([String::new(), heading(*part).to_owned()]);
            out.extend(in_part.into_iter().flat_map(|d| plain_row(d, page)));
        }
    }
    let (off, usual): (Vec<EvidenceChange<'_>>, Vec<EvidenceChange<'_>>) =
        joined(comparison).into_iter().partition(|row| row.first.is_off_default());
    let usual: Vec<String> = usual.iter().flat_map(|row| evidence_row(row, page)).collect();
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.push(String::new());
            out.extend(hanging("", title, page.width));
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
    last.extend(off.iter().flat_map(|row| evidence_row(row, page)));
    section(OFF_DEFAULT, last);
    out.push(String::new());
    out.extend(hanging("", &totals(comparison), page.width));
    out.join("\n")
}

/// The rows of a changed result: where, before and after, and both rules with their documents.
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

fn evidence_row(row: &EvidenceChange<'_>, page: Page) -> Vec<String> {
    let [old, new] = &row.change;
    let head = format!("  {:<12}", row.kind);
    hanging(&head, &format!("{}: {old} {ARROW} {new}", row.what()), page.width)
}

/// The texts of a rule besides its verdict: reason, answer of the provider, remedy.
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

/// `1056 cells compared: 1053 unchanged, 3 changed · 3 differences: 1 verdict, 2 source · 1 worse,
/// 0 better`.
fn totals(comparison: &Comparison) -> String {
    let CellCounts { unchanged, changed, accepted } = comparison.cell_counts();
    let mut cells = format!("{} compared", many(comparison.cells, "cell"));
    if changed + accepted > 0 {
        cells.push_str(&format!(": {unchanged} unchanged, {changed} changed"));
    }
    if accepted > 0 {
        cells.push_str(&format!(", {accepted} changed and accepted"));
    }
    if comparison.is_same() {
        return match comparison.accepted.len() {
            0 => format!("{cells}, no differences"),
            _ => format!("{cells} · all differences are accepted"),
        };
    }
    let classes = Class::ALL.iter().filter_map(|class| {
        let count = comparison.differences.iter().filter(|d| d.class == *class).count();
        (count > 0).then(|| format!("{count} {class}"))
    });
    let mut line = format!(
        "{cells} · {}: {} · {} worse, {} better",
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

/// A statement with the reasons and documents of its rule, as a cell of a Markdown table.
fn in_full(statement: &Statement) -> String {
    let mut text = markdown::cell(&side(statement));
    if let Some(rule) = &statement.rule {
        for line in reasons(rule).iter().chain(&rule.documents) {
            text.push_str(&format!("<br>{}", markdown::cell(line)));
        }
    }
    text
}

/// The comparison as Markdown.
pub fn diff_markdown(comparison: &Comparison) -> String {
    let [old, new] = [&comparison.old, &comparison.new].map(|name| markdown::code(name));
    let title = format!("**stayput** · {old} {ARROW} {new}");
    if comparison.is_same() {
        return format!("{title}: {}", totals(comparison));
    }
    let mut out = vec![format!("{title}: {}", totals(comparison)), String::new()];
    for off in [false, true] {
        let plain = comparison.differences.iter();
        let plain = plain.filter(|d| d.class.changes_result() && d.is_off_default() == off);
        let rows: Vec<String> = plain
            .map(|d| {
                let [what, place] = [subject(d), d.place()].map(|text| markdown::cell(&text));
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
            out.push(format!("| {} |", cells.map(|text| markdown::cell(&text)).join(" | ")));
        }
        out.push(String::new());
        out.extend(lists.iter().map(|(sign, text)| format!("* `{sign}` {}", markdown::text(text))));
        out.push(String::new());
        out.push("</details>".into());
    }
    out.join("\n")
}
