//! The differences of two editions: for people, for a pull request, for machines.
//!
//! The words carry everything that colour does: WORSE, BETTER, OTHER.

use serde_json::{Map, Value as Json, json};

use super::terminal::{Paint, table};
use crate::policy::{Cited, Class, Comparison, Difference, Direction, Part, Statement};
use crate::text::many;
use crate::vocab::{Confidence, Verdict, Word};

/// The arrow between before and after.
pub(super) const ARROW: &str = "->";

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
        Part::Space => "what they know",
        Part::Protection => "protections",
        Part::Refusal => "refusals that are no protection",
        Part::Clock => "clocks",
        Part::Schedule => "scheduled releases",
        Part::Table => "other questions",
        Part::Effect => "what becomes of an instance's things",
        Part::Order => "scale-in",
        Part::Default => "defaults: where nobody says otherwise",
        Part::Switch => "switches: where the documents are silent",
        Part::Source => "sources",
        Part::Note => "notes",
        Part::Rule => "rules that no cell shows",
    }
}

/// A direction, as a word that stands at the head of a line.
pub(super) const fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "WORSE",
        Direction::Better => "BETTER",
        Direction::Neutral => "OTHER",
    }
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
        Part::Switch | Part::Source | Part::Note | Part::Rule => {
            format!("{} {}", d.part, d.subject)
        }
    }
}

/// Rules that differ in the same way, as one row.
struct Ground<'d> {
    first: &'d Difference,
    class: Class,
    change: [String; 2],
    rules: Vec<String>,
    cells: usize,
}

/// What rests on something else and decides the same: what is said of several rules in the
/// same words is one row. Where rules differ in more than one way, each way has its row.
fn joined(comparison: &Comparison) -> Vec<Ground<'_>> {
    let of = comparison.differences.iter().filter(|d| !is_plain(d.class));
    let mut rows: Vec<Ground<'_>> = Vec::new();
    for d in of.filter(|d| !matches!(d.part, Part::Source | Part::Note)) {
        let rule = rule_pair(d.old.rule.as_ref(), d.new.rule.as_ref());
        let mut classes = d.aspects();
        // Another id, and other words, say nothing beside a graver difference.
        classes.retain(|class| *class < Class::Rule || *class == d.class);
        if classes.is_empty() {
            classes.push(d.class);
        }
        for class in classes {
            let quote = |text: String| {
                if class == Class::Wording { format!("“{text}”") } else { text }
            };
            let change = [&d.old, &d.new].map(|side| quote(d.detail_of(class, side)));
            let same = rows.iter_mut().find(|row| {
                (row.class, row.first.part, &row.first.subject) == (class, d.part, &d.subject)
                    && row.change == change
                    && !rule.is_empty()
            });
            if let Some(row) = same {
                row.cells += d.cells;
                if !row.rules.contains(&rule) {
                    row.rules.push(rule.clone());
                }
            } else {
                let rules = vec![rule.clone()];
                rows.push(Ground { first: d, class, change, rules, cells: d.cells });
            }
        }
    }
    rows.sort_by_key(|row| (row.class, row.first.part));
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

/// Documents and notes: what was taken out, put in, or changed.
fn entries(comparison: &Comparison, part: Part) -> Vec<Vec<String>> {
    let of = comparison.differences.iter().filter(|d| d.part == part && !is_plain(d.class));
    let row = |d: &Difference| {
        let (old, new) = (d.detail(&d.old), d.detail(&d.new));
        match (old.as_str(), new.as_str()) {
            ("stated", _) => vec!["-".to_owned(), d.subject.clone()],
            (_, "stated") => vec!["+".to_owned(), d.subject.clone()],
            ("no such source", _) => vec!["+".to_owned(), d.subject.clone(), new],
            (_, "no such source") => vec!["-".to_owned(), d.subject.clone(), old],
            _ => vec!["~".to_owned(), d.subject.clone(), format!("{old} {ARROW} {new}")],
        }
    };
    of.map(row).collect()
}

/// The comparison for people.
pub fn diff_text(comparison: &Comparison, paint: Paint) -> String {
    let title = format!("{}  {ARROW}  {}", comparison.old, comparison.new);
    let mut out = vec![paint.bold(&title)];
    for part in Part::ALL {
        let plain: Vec<&Difference> = comparison
            .differences
            .iter()
            .filter(|d| d.part == *part && is_plain(d.class))
            .collect();
        if !plain.is_empty() {
            out.push(String::new());
            out.push(heading(*part).to_owned());
            out.extend(plain_rows(&plain, paint));
        }
    }
    out.extend(grounds(comparison));
    out.push(String::new());
    out.push(totals(comparison));
    out.join("\n")
}

/// What is decided otherwise: a line for each, and below it both rules with their documents.
fn plain_rows(differences: &[&Difference], paint: Paint) -> Vec<String> {
    let rows: Vec<Vec<String>> = differences
        .iter()
        .map(|d| {
            vec![
                direction_word(d.direction).to_owned(),
                subject(d),
                d.place(),
                side(&d.old),
                format!("{ARROW} {}", side(&d.new)),
            ]
        })
        .collect();
    let mut out = Vec::new();
    for (line, d) in table(rows, &[]).into_iter().zip(differences) {
        let word = direction_word(d.direction);
        let rest = line.strip_prefix(word).unwrap_or(&line);
        let word = match d.direction {
            Direction::Worse => paint.bad(word),
            Direction::Better => paint.good(word),
            Direction::Neutral => word.to_owned(),
        };
        out.push(format!("  {word}{rest}"));
        let mut cited: Vec<&Cited> =
            [&d.old, &d.new].iter().filter_map(|s| s.rule.as_ref()).collect();
        cited.dedup();
        out.extend(cited.into_iter().map(|rule| paint.dim(&format!("         {}", cite(rule)))));
    }
    out
}

/// A rule with its reason and its documents: `RP5: because …; "Title", 2026-05-15`.
fn cite(rule: &Cited) -> String {
    let mut line = format!("{}:", rule.id);
    if let Some(because) = &rule.because {
        line.push_str(&format!(" {because}"));
    }
    if let Some(answer) = &rule.answer {
        line.push_str(&format!(" (answer {answer})"));
    }
    line.push_str(" [");
    line.push_str(&if rule.documents.is_empty() {
        "no source".into()
    } else {
        rule.documents.join("; ")
    });
    line.push(']');
    line
}

/// What rests on something else and decides the same; then documents and notes.
fn grounds(comparison: &Comparison) -> Vec<String> {
    let mut out = Vec::new();
    let mut section = |title: &str, rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            out.extend([String::new(), title.to_owned()]);
            out.extend(table(rows, &[]).into_iter().map(|line| format!("  {line}")));
        }
    };
    let rows = joined(comparison).into_iter().map(|row| {
        let [old, new] = &row.change;
        let cells = if row.cells > 0 { many(row.cells, "cell") } else { String::new() };
        vec![
            row.class.word().to_owned(),
            subject(row.first),
            row.rules.join(", "),
            cells,
            format!("{old} {ARROW} {new}"),
        ]
    });
    section("decided as before, and founded otherwise", rows.collect());
    section("sources: - only the old, + only the new, ~ both", entries(comparison, Part::Source));
    section("notes: - only the old, + only the new, ~ both", entries(comparison, Part::Note));
    out
}

/// `1056 cells compared, 3 differ · 1 worse, 0 better, 2 other · 1 verdict, 2 source`.
fn totals(comparison: &Comparison) -> String {
    let cells = many(comparison.cells, "cell");
    if comparison.is_same() {
        return match comparison.accepted {
            0 => format!("{cells} compared: nothing differs"),
            _ => format!("{cells} compared: nothing differs that is not accepted"),
        };
    }
    let classes = Class::ALL.iter().filter_map(|class| {
        let count = comparison.differences.iter().filter(|d| d.class == *class).count();
        (count > 0).then(|| format!("{count} {class}"))
    });
    format!(
        "{cells} compared, {} differ · {}: {} · {} worse, {} better",
        comparison.changed,
        many(comparison.differences.len(), "difference"),
        classes.collect::<Vec<_>>().join(", "),
        comparison.count(Direction::Worse),
        comparison.count(Direction::Better),
    )
}

/// A text as a cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

/// What an edition says, with the documents of its rule, as a cell of a Markdown table.
fn with_documents(statement: &Statement) -> String {
    let mut text = cell(&side(statement));
    for document in statement.rule.iter().flat_map(|rule| &rule.documents) {
        text.push_str(&format!("<br>{}", cell(document)));
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
    let plain: Vec<&Difference> =
        comparison.differences.iter().filter(|d| is_plain(d.class)).collect();
    if !plain.is_empty() {
        out.push("| | what | where | before | after |".into());
        out.push("|-|-|-|-|-|".into());
        for d in &plain {
            out.push(format!(
                "| {} | {} | {} | {} | {} |",
                d.direction,
                cell(&subject(d)),
                cell(&d.place()),
                with_documents(&d.old),
                with_documents(&d.new)
            ));
        }
        out.push(String::new());
    }
    let rest = joined(comparison);
    let lists = [Part::Source, Part::Note].map(|part| entries(comparison, part)).concat();
    if !rest.is_empty() || !lists.is_empty() {
        let count = many(rest.len() + lists.len(), "difference");
        out.push(format!("<details><summary>{count} in what the rest is founded on</summary>"));
        out.push(String::new());
        out.push("| kind | what | rules | before | after |".into());
        out.push("|-|-|-|-|-|".into());
        for row in &rest {
            let [old, new] = row.change.clone();
            let (class, rules) = (row.class.word().to_owned(), row.rules.join(", "));
            let cells = [class, subject(row.first), rules, old, new].map(|text| cell(&text));
            out.push(format!("| {} |", cells.join(" | ")));
        }
        out.push(String::new());
        out.extend(
            lists.iter().map(|row| format!("* `{}` {}", row[0], cell(&row[1..].join(": ")))),
        );
        out.push(String::new());
        out.push("</details>".into());
    }
    out.join("\n")
}

/// The comparison for machines; `schema diff` describes it.
pub fn diff_json(comparison: &Comparison) -> Json {
    json!({
        "format": "diff/1",
        "old": comparison.old,
        "new": comparison.new,
        "cells": comparison.cells,
        "changed": comparison.changed,
        "worse": comparison.count(Direction::Worse),
        "better": comparison.count(Direction::Better),
        "differences": comparison.differences.iter().map(difference_json).collect::<Vec<_>>(),
    })
}

fn difference_json(d: &Difference) -> Json {
    let situation: Map<String, Json> =
        d.situation.iter().map(|t| (t.name.clone(), json!(t.words))).collect();
    json!({
        "key": d.key(),
        "part": d.part.word(),
        "subject": d.subject,
        "situation": situation,
        "class": d.class.word(),
        "aspects": d.aspects().into_iter().map(Word::word).collect::<Vec<_>>(),
        "direction": d.direction.word(),
        "cells": d.cells,
        "old": statement_json(&d.old),
        "new": statement_json(&d.new),
    })
}

fn statement_json(statement: &Statement) -> Json {
    let mut object = Map::new();
    object.insert("says".into(), json!(statement.says));
    if let Some(rule) = &statement.rule {
        object.insert("rule".into(), json!(rule.id));
        object.insert("confidence".into(), json!(rule.confidence.word()));
        object.insert("source".into(), json!(rule.sources));
        object.insert("documents".into(), json!(rule.documents));
        let texts =
            [("answer", &rule.answer), ("because", &rule.because), ("remedy", &rule.remedy)];
        for (key, text) in texts {
            if let Some(text) = text {
                object.insert(key.into(), json!(text));
            }
        }
    }
    Json::Object(object)
}

/// What `diff -f json` prints, as JSON Schema.
pub(super) fn schema() -> Json {
    let words = |words: Vec<&str>| json!({ "enum": words });
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let statement = json!({
        "type": "object",
        "properties": {
            "says": text,
            "rule": text,
            "confidence": words(Confidence::ALL.iter().map(|w| w.word()).collect()),
            "source": texts,
            "documents": texts,
            "answer": text,
            "because": text,
            "remedy": text,
        },
        "required": ["says"],
    });
    let classes = words(Class::ALL.iter().map(|w| w.word()).collect());
    let difference = json!({
        "type": "object",
        "properties": {
            "key": { "type": "string", "description": "what names it for good; to be accepted by" },
            "part": words(Part::ALL.iter().map(|w| w.word()).collect()),
            "subject": text,
            "situation": { "type": "object", "additionalProperties": texts },
            "class": classes,
            "aspects": { "type": "array", "items": classes, "description": "in what the two rules differ besides" },
            "direction": words(Direction::ALL.iter().map(|w| w.word()).collect()),
            "cells": { "type": "integer", "minimum": 0 },
            "old": statement,
            "new": statement,
        },
        "required": ["key", "part", "subject", "situation", "class", "aspects", "direction", "cells", "old", "new"],
    });
    let count = json!({ "type": "integer", "minimum": 0 });
    let decision = decision_schema();
    let touched = json!({
        "type": "object",
        "properties": { "difference": text, "run": text, "instances": texts },
    });
    json!({
        "type": "object",
        "properties": {
            "format": { "const": "diff/1" },
            "old": text,
            "new": text,
            "cells": count,
            "changed": count,
            "worse": count,
            "better": count,
            "differences": { "type": "array", "items": difference },
            "touched": { "type": "array", "items": touched },
            "compared": count,
            "decisions": { "type": "array", "items": decision },
            "replications": { "type": "array", "items": { "type": "object" }, "description": "what replications on the same draws differ in, with the columns of differences.csv" },
        },
        "required": ["format", "old", "new", "differences"],
    })
}

fn decision_schema() -> Json {
    let words = |words: Vec<&str>| json!({ "enum": words });
    let text = json!({ "type": "string" });
    let row = json!({
        "type": ["object", "null"],
        "description": "a row of decisions.csv, without its empty cells",
        "additionalProperties": text,
    });
    json!({
        "type": "object",
        "properties": {
            "key": text,
            "class": words(Class::ALL.iter().map(|w| w.word()).collect()),
            "direction": words(Direction::ALL.iter().map(|w| w.word()).collect()),
            "old": row,
            "new": row,
        },
    })
}
