//! One rule with its evidence, all rules of an edition, and the list of built-in editions.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::text_table::{Page, hanging, listed, padded};
use crate::diagnostics::{Sources, many};
use crate::policy::{Policy, Rule, Source, Switch};
use crate::words::{SwitchId, Word};

/// A built-in edition.
#[derive(Debug)]
pub struct Edition {
    /// Its policy.
    pub policy: Arc<Policy>,
    /// The edition that it extends; `None` if it stands alone.
    pub extends: Option<String>,
}

/// One rule in full: its keys, reason, sources, switches and location.
///
/// `editions` is the text that names the editions with this rule.
pub fn rule_text(
    (policy, rule): (&Policy, &Rule),
    editions: &str,
    files: &Sources,
    page: Page,
) -> String {
    let mut rows: Vec<(&str, String)> =
        vec![("of", editions.to_owned()), ("in", policy.parts[rule.part].clone())];
    if is_works_when(policy, rule) {
        rows.push(("works when", conditions(rule)));
    } else {
        rows.extend(rule.says.iter().map(|(key, words)| (key, words.to_owned())));
    }
    rows.extend(rule.because.iter().map(|because| ("because", because.clone())));
    if let Some(answer) = &rule.answer {
        rows.push(("answer", format!("{answer}{}", answer_from(policy, rule))));
    }
    rows.extend(rule.remedy.line.iter().map(|remedy| ("remedy", remedy.clone())));
    rows.push(("confidence", rule.confidence.word().to_owned()));
    for index in &rule.sources {
        rows.extend(document(&policy.sources[*index]));
    }
    for switch in rule.switches.iter() {
        rows.extend(switch_rows(&policy.switches[switch.index()]));
    }
    rows.push(("file", files.locate(rule.span)));
    let wide = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows.iter().flat_map(|(name, text)| {
        let mut lines = hanging(&" ".repeat(wide + 4), text, page.width);
        if let Some(first) = lines.first_mut() {
            let name = page.paint.dim(&padded(name, wide));
            let whole = format!("  {name}  {}", first.trim_start());
            whole.trim_end().clone_into(first);
        }
        lines
    });
    let mut all = vec![page.paint.bold(&rule.id)];
    all.extend(lines);
    all.join("\n")
}

/// Whether a rule states where its protection works, instead of a verdict.
fn is_works_when(policy: &Policy, rule: &Rule) -> bool {
    let stated = policy.protections.iter().filter_map(|one| one.works_when.as_ref());
    stated.map(|(id, _)| policy.rule(*id)).any(|stated| stated.id == rule.id)
}

/// The keys of a rule in one line.
fn conditions(rule: &Rule) -> String {
    rule.says.iter().map(|(key, words)| format!("{key} {words}")).collect::<Vec<_>>().join(", ")
}

fn document(source: &Source) -> Vec<(&'static str, String)> {
    let address = source.at.clone().unwrap_or_else(|| "no address".into());
    vec![("source", format!("{}: {source}", source.key)), ("", address)]
}

fn switch_rows(switch: &Switch) -> Vec<(&'static str, String)> {
    let word = |position: Option<u8>| {
        position.map_or("-", |index| switch.values[usize::from(index)].as_str())
    };
    let mut rows = vec![(
        "switch",
        format!(
            "{}: {}; default {}, cautious {}, {}",
            switch.name,
            switch.values.join(" | "),
            word(switch.default),
            word(switch.cautious),
            switch.confidence
        ),
    )];
    rows.extend(switch.because.iter().map(|because| ("", because.clone())));
    rows
}

fn answer_from(policy: &Policy, rule: &Rule) -> String {
    let Some(basis) = &rule.answer_basis else { return String::new() };
    let keys: Vec<&str> =
        basis.sources.iter().map(|index| policy.sources[*index].key.as_str()).collect();
    let keys = if keys.is_empty() { String::new() } else { format!(": {}", keys.join(", ")) };
    format!(" ({}{keys})", basis.confidence)
}

/// Every rule of an edition, one per line.
pub fn rules_text(policy: &Policy, page: Page) -> String {
    let rows = policy.rules.iter().map(|rule| {
        let when = if is_works_when(policy, rule) { "works when " } else { "" };
        let says = format!("{when}{}", conditions(rule));
        let part = policy.parts[rule.part].clone();
        vec![rule.id.clone(), rule.confidence.word().to_owned(), part, says]
    });
    let mut lines = vec![page.paint.bold(&policy.name)];
    lines.extend(listed(rows.collect(), 0, page.width));
    lines.join("\n")
}

/// Rules as JSON: each with its keys, documents, switches and remedy.
pub fn rules_json(policy: &Policy, rules: &[&Rule], files: &Sources) -> Json {
    let rules: Vec<Json> = rules.iter().map(|rule| rule_json(policy, rule, files)).collect();
    json!({ "policy": policy.name, "title": policy.title, "rules": rules })
}

fn rule_json(policy: &Policy, rule: &Rule, files: &Sources) -> Json {
    let documents = |indices: &[usize]| -> Vec<Json> {
        indices.iter().map(|index| source_json(&policy.sources[*index])).collect()
    };
    let says: serde_json::Map<String, Json> =
        rule.says.iter().map(|(key, words)| (key.to_string(), json!(words))).collect();
    let switches: Vec<Json> = rule.switches.iter().map(|id| switch_json(policy, id)).collect();
    let answer = rule.answer_basis.as_ref();
    json!({
        "rule": rule.id,
        "part": policy.parts[rule.part],
        "says": says,
        "confidence": rule.confidence.word(),
        "because": rule.because,
        "answer": rule.answer,
        "answer_confidence": answer.map(|basis| basis.confidence.word()),
        "answer_sources": answer.map(|basis| documents(&basis.sources)),
        "remedy": rule.remedy.line,
        "sources": documents(&rule.sources),
        "switches": switches,
        "file": files.locate(rule.span),
    })
}

fn source_json(source: &Source) -> Json {
    json!({
        "source": source.key,
        "title": source.title,
        "section": source.section,
        "dated": source.dated,
        "at": source.at,
    })
}

fn switch_json(policy: &Policy, id: SwitchId) -> Json {
    let switch = &policy.switches[id.index()];
    let word =
        |position: Option<u8>| position.map(|index| switch.values[usize::from(index)].as_str());
    json!({
        "switch": switch.name,
        "positions": switch.values,
        "default": word(switch.default),
        "cautious": word(switch.cautious),
        "confidence": switch.confidence.word(),
        "because": switch.because,
    })
}

/// The built-in editions, one per line.
pub fn editions_text(editions: &[Edition], width: usize) -> String {
    let rows = editions.iter().map(|edition| {
        let policy = &edition.policy;
        let extends = edition.extends.as_ref().map(|base| format!(" (extends {base})"));
        vec![
            policy.name.clone(),
            many(policy.rules.len(), "rule"),
            format!("{} switches", policy.switches.len()),
            format!("{}{}", policy.title, extends.unwrap_or_default()),
        ]
    });
    listed(rows.collect(), 0, width).join("\n")
}

/// The built-in editions as JSON.
pub fn editions_json(editions: &[Edition]) -> Json {
    let all: Vec<Json> = editions
        .iter()
        .map(|edition| {
            let policy = &edition.policy;
            let date = policy.name.rsplit_once('@').map_or("", |(_, date)| date);
            let switches: Vec<Json> = (0..policy.switches.len())
                .map(|index| switch_json(policy, SwitchId::from_index(index)))
                .collect();
            json!({
                "policy": policy.name,
                "edition": date,
                "title": policy.title,
                "extends": edition.extends,
                "rules": policy.rules.len(),
                "switches": switches,
            })
        })
        .collect();
    Json::Array(all)
}
