//! A policy's decision table for people: every trigger against every protection.

use std::io::{self, Write};

use super::csv::io_error;
use super::terminal::{Paint, table};
use crate::policy::{Block, Column, Over, Policy, Rulebook, Space, Table};
use crate::vocab::{Confidence, RuleId, SwitchSet, Verdict, Word};

/// One row of the matrix: a set of situations in which every protection has one rule.
struct Line {
    block: Block,
    answers: Vec<(RuleId, Verdict)>,
}

/// The policy with every switch at its default.
fn settled(policy: &Policy) -> Rulebook {
    let settings = policy.switches.iter().map(|switch| switch.default.unwrap_or(0)).collect();
    Rulebook::new(policy.clone(), settings, SwitchSet::EMPTY, None)
}

/// The rows: as few blocks of cells as have one rule for each protection.
fn lines(book: &Rulebook) -> (Space, Vec<Line>) {
    let verdicts = book.verdicts();
    let Some(first) = verdicts.first() else { return (Space::nothing(), Vec::new()) };
    let space = first.space().clone();
    let answers = |cell: usize| -> Option<Vec<(RuleId, Verdict)>> {
        verdicts.iter().map(|table| table.row(cell).map(|row| (row.rule, row.says))).collect()
    };
    let all: Vec<Option<Vec<(RuleId, Verdict)>>> = (0..space.cells()).map(answers).collect();
    let mut kinds: Vec<Vec<(RuleId, Verdict)>> = Vec::new();
    for answer in all.iter().flatten() {
        if !kinds.contains(answer) {
            kinds.push(answer.clone());
        }
    }
    let mut lines = Vec::new();
    for kind in kinds {
        // Cells that cannot occur may be covered by any row: they make rows longer.
        let blocks =
            space.blocks_over(|cell| all[cell].as_ref() == Some(&kind), |cell| all[cell].is_none());
        for block in blocks {
            lines.push(Line { block, answers: kind.clone() });
        }
    }
    lines.sort_by_key(|line| space.members(&line.block).next());
    (space, lines)
}

fn words(space: &Space, block: &Block, axis: usize) -> String {
    let Over::Column(column) = space.axes()[axis].over else { return String::new() };
    if space.is_whole(block, axis) {
        return "any".into();
    }
    let words = column.words();
    let named: Vec<&str> = space.words_of(block, axis).map(|w| words[usize::from(w)]).collect();
    let whole = space.axes()[axis].words.len();
    // What is left out is shorter to say when it is little.
    if named.len() * 2 > whole && whole > 3 {
        let others: Vec<&str> = space.axes()[axis]
            .words
            .iter()
            .map(|word| words[usize::from(*word)])
            .filter(|word| !named.contains(word))
            .collect();
        return format!("not {}", others.join(" "));
    }
    named.join(" ")
}

fn mark(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Documented => "",
        Confidence::Observed => "+",
        Confidence::Inferred => "*",
        Confidence::Unconfirmed => "?",
    }
}

/// The matrix as text, with its rules and sources below.
pub fn matrix_text(policy: &Policy, paint: Paint) -> String {
    let book = settled(policy);
    let (space, lines) = lines(&book);
    let mut out = vec![paint.bold(&policy.name), policy.title.clone(), String::new()];
    // Columns in which every row takes everything say nothing.
    let axes: Vec<usize> = (0..space.axes().len())
        .filter(|axis| lines.iter().any(|line| !space.is_whole(&line.block, *axis)))
        .collect();
    let mut rows = vec![heading(policy, &space, &axes)];
    for line in &lines {
        let mut row: Vec<String> =
            axes.iter().map(|axis| words(&space, &line.block, *axis)).collect();
        for (protection, (rule, verdict)) in policy.protections.iter().zip(&line.answers) {
            let inert = protection.works_when.as_ref().is_some_and(|(works, _)| works == rule);
            let word = match verdict {
                _ if inert => "inert".to_owned(),
                Verdict::NotConsulted => "not consulted".to_owned(),
                Verdict::Held | Verdict::Overridden => verdict.word().to_uppercase(),
            };
            row.push(format!("{word}{}", mark(policy.rule(*rule).confidence)));
            row.push(policy.rule(*rule).id.clone());
        }
        rows.push(row);
    }
    out.extend(table(rows, &[]).into_iter().map(|line| format!("  {line}")));
    out.push(String::new());
    out.push(count_cells(&book));
    out.push(String::new());
    out.extend(rules(policy));
    out.push(String::new());
    out.extend(switches(policy));
    out.join("\n")
}

fn heading(policy: &Policy, space: &Space, axes: &[usize]) -> Vec<String> {
    let mut heading: Vec<String> = axes
        .iter()
        .map(|axis| match space.axes()[*axis].over {
            Over::Column(column) => column.name().to_owned(),
            Over::Switch(_) => String::new(),
        })
        .collect();
    for protection in &policy.protections {
        heading.push(protection.name.clone());
        heading.push(String::new());
    }
    heading
}

fn count_cells(book: &Rulebook) -> String {
    let mut verdicts = [0_u64; 3];
    let mut confidence = [0_u64; 4];
    let mut cells = 0_u64;
    for table in book.verdicts() {
        for row in (0..table.space().cells()).filter_map(|cell| table.row(cell)) {
            cells += 1;
            verdicts[usize::from(row.says.index())] += 1;
            confidence[usize::from(book.policy.rule(row.rule).confidence.index())] += 1;
        }
    }
    let of = |counts: &[u64], words: Vec<&str>| {
        let parts = counts.iter().zip(words).filter(|(count, _)| **count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    };
    format!(
        "* inferred  ? unconfirmed   {cells} cells: {}; {}",
        of(&verdicts, Verdict::ALL.iter().map(|word| word.word()).collect()),
        of(&confidence, Confidence::ALL.iter().map(|word| word.word()).collect()),
    )
}

fn rules(policy: &Policy) -> Vec<String> {
    let rows = policy.rules.iter().map(|rule| {
        let sources: Vec<String> =
            rule.sources.iter().map(|source| policy.sources[*source].to_string()).collect();
        let says: Vec<&str> =
            [rule.because.as_deref(), rule.answer.as_deref()].into_iter().flatten().collect();
        vec![
            rule.id.clone(),
            rule.confidence.word().to_owned(),
            if sources.is_empty() { "-".to_owned() } else { sources.join("; ") },
            says.join(" → "),
        ]
    });
    let mut lines = vec!["rules".to_owned()];
    lines.extend(table(rows.collect(), &[]).into_iter().map(|line| format!("  {line}")));
    lines
}

fn switches(policy: &Policy) -> Vec<String> {
    if policy.switches.is_empty() {
        return Vec::new();
    }
    let rows = policy.switches.iter().map(|switch| {
        let default = switch.default.map_or("-", |at| &switch.values[usize::from(at)]);
        vec![
            switch.name.clone(),
            switch.values.join(" | "),
            format!("default {default}"),
            switch.confidence.word().to_owned(),
            switch.because.clone().unwrap_or_default(),
        ]
    });
    let mut lines = vec!["switches: where the documents are silent".to_owned()];
    lines.extend(table(rows.collect(), &[]).into_iter().map(|line| format!("  {line}")));
    lines
}

/// The matrix as CSV: one row for each cell and protection.
///
/// # Errors
/// If it cannot be written.
pub fn matrix_csv(policy: &Policy, out: impl Write) -> io::Result<()> {
    let book = settled(policy);
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(out);
    let verdicts: &[Table<Verdict>] = book.verdicts();
    let axes: Vec<Column> =
        verdicts.first().map(|table| columns(table.space())).unwrap_or_default();
    let head = axes.iter().map(|column| column.name());
    let mut put = |row: Vec<&str>| writer.write_record(row).map_err(io_error);
    put(head.chain(["protection", "verdict", "rule", "confidence", "source"]).collect())?;
    for (protection, table) in policy.protections.iter().zip(verdicts) {
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
            put(facts.chain(rest).collect())?;
        }
    }
    writer.flush()
}

fn columns(space: &Space) -> Vec<Column> {
    let of = space.axes().iter().filter_map(|axis| match axis.over {
        Over::Column(column) => Some(column),
        Over::Switch(_) => None,
    });
    of.collect()
}
