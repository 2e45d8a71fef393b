//! The decision table of a policy as text and CSV: every trigger and every protection.

use std::io::{self, Write};

use super::csv::tables::{io_error, writer};
use super::text_table::{Page, columns as wide, hanging, listed, table};
use crate::policy::{Column, DecisionTable, Over, Policy, Protection, Rulebook, Schedule, Space};
use crate::time::SimSpan;
use crate::words::{Confidence, ProtectionId, RuleId, SwitchSet, Verdict, Word};

/// One row of the matrix: a set of situations in which every protection has one rule.
pub(super) struct Line {
    /// Its words for each axis; empty if it covers all words that occur.
    pub(super) words: Vec<String>,
    pub(super) answers: Vec<(RuleId, Verdict)>,
    /// The cells of the row that can occur.
    pub(super) cells: Vec<usize>,
}

/// The policy with every switch at its default.
fn settled(policy: &Policy) -> Rulebook {
    let settings = policy.switches.iter().map(|switch| switch.default.unwrap_or(0)).collect();
    Rulebook::new(policy.clone(), settings, SwitchSet::EMPTY)
}

/// The rows. For each trigger, the possible cells are divided into few blocks, each of which has
/// one rule for each protection.
pub(super) fn lines(book: &Rulebook, occurs: impl Fn(&Space, usize) -> bool) -> (Space, Vec<Line>) {
    let verdicts = book.verdicts();
    let Some(first) = verdicts.first() else { return (Space::nothing(), Vec::new()) };
    let space = first.space().clone();
    let written = book.policy.as_written();
    let answers = |cell: usize| -> Option<Vec<(RuleId, Verdict)>> {
        let row = |(id, _): &(ProtectionId, _)| verdicts[id.index()].row(cell);
        written.iter().map(|one| row(one).map(|row| (row.rule, row.says))).collect()
    };
    let answers = |cell: usize| answers(cell).filter(|_| occurs(&space, cell));
    // The different answers, and for each cell the index of its answer.
    let mut kinds: Vec<Vec<(RuleId, Verdict)>> = Vec::new();
    let mut all: Vec<Option<usize>> = Vec::with_capacity(space.cells());
    for answer in (0..space.cells()).map(answers) {
        all.push(answer.map(|answer| {
            let known = kinds.iter().position(|known| *known == answer);
            known.unwrap_or_else(|| {
                kinds.push(answer);
                kinds.len() - 1
            })
        }));
    }
    let mut lines = Vec::new();
    // The trigger is the first axis, so its cells are adjacent.
    let triggers = space.axes().first().map_or(0, |axis| axis.words.len());
    let distance = space.cells().checked_div(triggers).unwrap_or_default();
    for here in (0..triggers).map(|trigger| trigger * distance..(trigger + 1) * distance) {
        let mut found: Vec<usize> = Vec::new();
        for kind in all[here.clone()].iter().flatten() {
            if !found.contains(kind) {
                found.push(*kind);
            }
        }
        let occurs = |cell: &usize| all[*cell].is_some();
        let possible = words_in(&space, here.clone().filter(occurs));
        for kind in found {
            // A row may also cover cells that cannot occur; this makes rows fewer and larger.
            let blocks = space.blocks_over(
                |cell| here.contains(&cell) && all[cell] == Some(kind),
                |cell| here.contains(&cell) && all[cell].is_none(),
            );
            for block in blocks {
                let cells: Vec<usize> = space.members(&block).filter(occurs).collect();
                let words = words_in(&space, cells.iter().copied());
                let words = words.iter().zip(&possible).enumerate();
                let words = words.map(|(axis, (words, possible))| {
                    let all = words == possible && axis > 0;
                    if all { String::new() } else { described(&space, axis, *words) }
                });
                let words = words.collect();
                lines.push(Line { words, answers: kinds[kind].clone(), cells });
            }
        }
    }
    (space, lines)
}

/// For each axis, a mask of the words that some cells have.
fn words_in(space: &Space, cells: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut masks = vec![0; space.axes().len()];
    for cell in cells {
        for (axis, mask) in masks.iter_mut().enumerate() {
            *mask |= 1 << space.word(cell, axis);
        }
    }
    masks
}

/// The words of a mask along an axis; empty for a switch.
fn described(space: &Space, axis: usize, words: u32) -> String {
    let Over::Column(column) = space.axes()[axis].over else { return String::new() };
    column.describe((0_u8..32).filter(|word| words >> word & 1 == 1)).join(" ")
}

pub(super) fn mark(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Documented => "",
        Confidence::Observed => "+",
        Confidence::Inferred => "*",
        Confidence::Unconfirmed => "?",
        Confidence::Assumed => "!",
    }
}

/// The matrix as text, with its rules and sources below.
pub fn matrix_text(policy: &Policy, page: Page) -> String {
    let book = settled(policy);
    let (space, lines) = lines(&book, |_, _| true);
    let mut out = vec![page.paint.bold(&policy.name)];
    out.extend(hanging("", &policy.title, page.width));
    out.push(String::new());
    let axes = varied(&space, &lines);
    let mut rows = vec![heading(policy, &space, &axes)];
    let mut trigger = "";
    for line in &lines {
        let mut row: Vec<String> = axes.iter().map(|axis| line.words[*axis].clone()).collect();
        // A trigger is named once, before its first row.
        if std::mem::replace(&mut trigger, &line.words[0]) == line.words[0] {
            row[0].clear();
        }
        for ((_, protection), (rule, verdict)) in policy.as_written().into_iter().zip(&line.answers)
        {
            row.push(verdict_text(policy, protection, *rule, *verdict));
            row.push(policy.rule(*rule).id.clone());
        }
        rows.push(row);
    }
    out.extend(grid(&rows, axes.len(), page.width));
    out.push(String::new());
    out.extend(hanging("", &count_cells(&book), page.width));
    out.push(String::new());
    for section in [
        protections(policy),
        schedule(policy),
        defaults(policy),
        rules(policy),
        switches(policy),
        notes(policy),
        sources(policy),
    ] {
        let Some((title, rows)) = section else { continue };
        out.extend(hanging("", title, page.width));
        out.extend(listed(rows, 2, page.width));
        out.push(String::new());
    }
    out.join("\n")
}

/// The axes that distinguish rows. An axis is left out if every row covers all of its words.
pub(super) fn varied(space: &Space, lines: &[Line]) -> Vec<usize> {
    let varies = |axis: &usize| lines.iter().any(|line| !line.words[*axis].is_empty());
    (0..space.axes().len()).filter(varies).collect()
}

/// A verdict with the mark of its confidence.
pub(super) fn verdict_text(
    policy: &Policy,
    protection: &Protection,
    rule: RuleId,
    verdict: Verdict,
) -> String {
    let inert = protection.works_when.as_ref().is_some_and(|(works, _)| *works == rule);
    let word = match verdict {
        _ if inert => "inert".to_owned(),
        Verdict::NotConsulted => "not consulted".to_owned(),
        Verdict::Held | Verdict::Overridden => verdict.word().to_uppercase(),
    };
    format!("{word}{}", mark(policy.rule(rule).confidence))
}

/// The rows below their heading. Where the page is too narrow for a table, a row names each
/// protection with its verdict and rule below the situation; the first `axes` cells of a row
/// describe the situation.
pub(super) fn grid(rows: &[Vec<String>], axes: usize, width: usize) -> Vec<String> {
    let lines = table(rows.to_vec(), &[]);
    if lines.iter().all(|line| wide(line) + 2 <= width) {
        return lines.iter().map(|line| format!("  {line}")).collect();
    }
    let Some((heading, rows)) = rows.split_first() else { return Vec::new() };
    let mut out = Vec::new();
    for row in rows {
        let (situation, verdicts) = row.split_at(axes.min(row.len()));
        let named = heading.iter().zip(situation).enumerate();
        let words =
            named.filter(|(_, (_, words))| !words.is_empty()).map(|(axis, (name, words))| {
                if axis == 0 { words.clone() } else { format!("{name} {words}") }
            });
        let words: Vec<String> = words.collect();
        let text = if words.is_empty() { "otherwise".to_owned() } else { words.join(" · ") };
        out.extend(hanging(if situation[0].is_empty() { "    " } else { "  " }, &text, width));
        let names = heading.iter().skip(axes).step_by(2);
        let list = names
            .zip(verdicts.chunks(2))
            .map(|(name, verdict)| vec![name.clone(), verdict.join(" ")]);
        out.extend(listed(list.collect(), 6, width));
    }
    out
}

/// A title, and the rows below it.
type Section = Option<(&'static str, Vec<Vec<String>>)>;

pub(super) fn heading(policy: &Policy, space: &Space, axes: &[usize]) -> Vec<String> {
    let mut heading: Vec<String> = axes
        .iter()
        .map(|axis| match space.axes()[*axis].over {
            Over::Column(column) => column.name().to_owned(),
            Over::Switch(_) => String::new(),
        })
        .collect();
    for (_, protection) in policy.as_written() {
        heading.push(protection.name.clone());
        heading.push(String::new());
    }
    heading
}

fn count_cells(book: &Rulebook) -> String {
    let mut verdicts = [0_u64; Verdict::ALL.len()];
    let mut confidence = [0_u64; Confidence::ALL.len()];
    let mut cells = 0_u64;
    for table in book.verdicts() {
        for row in (0..table.space().cells()).filter_map(|cell| table.row(cell)) {
            cells += 1;
            verdicts[usize::from(row.says.index())] += 1;
            confidence[usize::from(book.policy.rule(row.rule).confidence.index())] += 1;
        }
    }
    let counted = |counts: &[u64], words: Vec<&str>| {
        let parts = counts.iter().zip(words).filter(|(count, _)| **count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    };
    format!(
        "+ observed  * inferred  ? unconfirmed  ! assumed   {cells} cells: {}; {}",
        counted(&verdicts, Verdict::ALL.iter().map(|word| word.word()).collect()),
        counted(&confidence, Confidence::ALL.iter().map(|word| word.word()).collect()),
    )
}

/// The protections: their attributes, owners and when they can be set.
fn protections(policy: &Policy) -> Section {
    let rows = policy.as_written().into_iter().map(|(_, protection)| {
        let occasions: Vec<&str> =
            protection.occasions.iter().map(|occasion| occasion.word()).collect();
        vec![
            protection.name.clone(),
            protection.attribute.clone().unwrap_or_default(),
            format!("of {}", protection.of),
            format!("settable: {}", occasions.join(", ")),
            protection.about.clone().unwrap_or_default(),
        ]
    });
    section("protections", rows.collect())
}

/// The limits on scheduled releases.
fn schedule(policy: &Policy) -> Section {
    let Schedule { granularity, earliest, latest, .. } = policy.schedule;
    let mut rows = Vec::new();
    let mut row = |what: &str, span: Option<String>| {
        rows.extend(span.map(|span| vec![what.to_owned(), span]));
    };
    let is_cut = granularity > SimSpan::ZERO;
    row("rounded down to a multiple of", is_cut.then(|| granularity.to_string()));
    row("earliest", earliest.map(|span| format!("{span} ahead")));
    row("latest", latest.map(|span| format!("{span} ahead")));
    if rows.is_empty() { None } else { section("scheduled releases", rows) }
}

/// The defaults that apply where the scenario sets nothing.
fn defaults(policy: &Policy) -> Section {
    let rows: Vec<Vec<String>> = policy
        .tables
        .defaults
        .rows(&policy.orders)
        .into_iter()
        .map(|row| {
            let rule = policy.rule(row.rule);
            let positions = rule.switches.iter().map(|id| policy.switches[id.index()].name.clone());
            let open: Vec<String> = positions.map(|name| format!("by {name}")).collect();
            vec![row.name.to_owned(), row.is, rule.id.clone(), open.join(", ")]
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    section("defaults: used where the scenario sets nothing", rows)
}

fn rules(policy: &Policy) -> Section {
    let rows = policy.rules.iter().map(|rule| {
        let keys: Vec<&str> =
            rule.sources.iter().map(|source| policy.sources[*source].key.as_str()).collect();
        let texts: Vec<&str> =
            [rule.because.as_deref(), rule.answer.as_deref()].into_iter().flatten().collect();
        vec![
            rule.id.clone(),
            rule.confidence.word().to_owned(),
            if keys.is_empty() { "-".to_owned() } else { keys.join(", ") },
            texts.join(" → "),
        ]
    });
    section("rules", rows.collect())
}

fn sources(policy: &Policy) -> Section {
    let rows = policy.sources.iter().map(|source| vec![source.key.clone(), source.to_string()]);
    section("sources", rows.collect())
}

#[expect(clippy::unnecessary_wraps, reason = "a section may be absent")]
fn section(title: &'static str, rows: Vec<Vec<String>>) -> Section {
    Some((title, rows))
}

fn switches(policy: &Policy) -> Section {
    if policy.switches.is_empty() {
        return None;
    }
    let rows = policy.switches.iter().map(|switch| {
        let default = switch.default.map_or("-", |index| &switch.values[usize::from(index)]);
        vec![
            switch.name.clone(),
            switch.values.join(" | "),
            format!("default {default}"),
            switch.confidence.word().to_owned(),
            switch.because.clone().unwrap_or_default(),
        ]
    });
    section("switches: where the documents are silent", rows.collect())
}

fn notes(policy: &Policy) -> Section {
    let rows = policy.notes.iter().map(|(note, sources)| {
        let keys: Vec<&str> =
            sources.iter().map(|source| policy.sources[*source].key.as_str()).collect();
        vec![format!("{note} ({})", keys.join(", "))]
    });
    section("notes", rows.collect())
}

/// The matrix as CSV: one row for each cell and protection.
///
/// # Errors
/// If writing fails.
pub fn matrix_csv(policy: &Policy, out: impl Write) -> io::Result<()> {
    let book = settled(policy);
    let mut writer = writer(out);
    let verdicts: &[DecisionTable<Verdict>] = book.verdicts();
    let axes: Vec<Column> =
        verdicts.first().map(|table| columns(table.space())).unwrap_or_default();
    let head = axes.iter().map(|column| column.name());
    let mut write = |row: Vec<&str>| writer.write_record(row).map_err(io_error);
    write(head.chain(["protection", "verdict", "rule", "confidence", "source"]).collect())?;
    for (id, protection) in policy.as_written() {
        let table = &verdicts[id.index()];
        for cell in 0..table.space().cells() {
            let Some(row) = table.row(cell) else { continue };
            let rule = policy.rule(row.rule);
            let source = policy.source_keys(row.rule);
            let facts = axes
                .iter()
                .enumerate()
                .map(|(axis, column)| column.words()[usize::from(table.space().word(cell, axis))]);
            let rest = [
                protection.name.as_str(),
                row.says.word(),
                rule.id.as_str(),
                rule.confidence.word(),
                source.as_str(),
            ];
            write(facts.chain(rest).collect())?;
        }
    }
    writer.flush()
}

pub(super) fn columns(space: &Space) -> Vec<Column> {
    let columns = space.axes().iter().filter_map(|axis| match axis.over {
        Over::Column(column) => Some(column),
        Over::Switch(_) => None,
    });
    columns.collect()
}
