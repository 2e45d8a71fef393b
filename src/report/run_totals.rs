//! The summary of a run: the losses, their remedies, and the assumptions.

use indexmap::IndexMap;

use super::money::money_lines;
use super::names::NameRanges;
use super::prevented::PreventedLosses;
use super::text_table::hanging;
use super::timeline_text::ALLOWED;
use crate::diagnostics::{by_count, many};
use crate::experiment::Summary;
use crate::run_header::RunHeader;
use crate::words::{Confidence, Fate, Outcome, PolicyId, ProtectionSet, Word};

/// The summary of the run.
pub(super) fn totals(
    header: &RunHeader,
    summary: &Summary,
    prevented: &PreventedLosses,
    width: usize,
) -> Vec<String> {
    let count_of = |outcome: &Outcome| {
        let allowed = if *outcome == Outcome::Unprotected { summary.allowed } else { 0 };
        summary.outcome(*outcome) - allowed
    };
    let counts: Vec<String> = Outcome::ALL
        .iter()
        .map(|outcome| (count_of(outcome), outcome.word().to_uppercase()))
        .chain([(summary.allowed, ALLOWED.to_owned())])
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let decisions = format!("{}   ", many(summary.decisions(), "decision"));
    let mut lines = hanging(&decisions, &counts.join(" · "), width);
    let (least, most) = summary.protected_lost;
    // The two bounds differ if it is unknown for some instances whether a protection was on.
    let protected = if least < most {
        format!(", {least} to {most} with a protection on")
    } else {
        String::new()
    };
    let all = many(header.instances.len(), "instance");
    lines.extend(hanging("", &format!("{} of {all} released{protected}", summary.released), width));
    for (fate, label) in [(Fate::Lost, "lost"), (Fate::KeptBilled, "left behind, still billed")] {
        let resources: Vec<String> = summary
            .resources(fate)
            .map(|(resource, count, gib)| {
                let size = if gib > 0 { format!(" ({gib} GiB known)") } else { String::new() };
                format!("{}{size}", many(count, resource.word()))
            })
            .collect();
        if !resources.is_empty() {
            lines.extend(hanging(&format!("{label}: "), &resources.join(", "), width));
        }
    }
    let money = money_lines(&summary.money, header.currency);
    lines.extend(money.iter().flat_map(|line| hanging("", line, width)));
    lines.extend(prevented.lines(header, width));
    lines.extend(footing(header, summary, width));
    lines
}

/// The confidence of decisions, the assumptions and the inert protections.
fn footing(header: &RunHeader, summary: &Summary, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let weak: Vec<(u64, &str)> = [
        (Confidence::Observed, "+ observed"),
        (Confidence::Inferred, "* inferred"),
        (Confidence::Unconfirmed, "? unconfirmed"),
        (Confidence::Assumed, "! assumed"),
    ]
    .into_iter()
    .map(|(level, mark)| (summary.at_confidence(level), mark))
    .filter(|(count, _)| *count > 0)
    .collect();
    let all = many(summary.decisions(), "decision");
    let text = match weak.as_slice() {
        [] => String::new(),
        [(count, mark)] => format!("{count} of {all} ({mark})"),
        several => {
            let count: u64 = several.iter().map(|(count, _)| count).sum();
            let marks = several.iter().map(|(count, mark)| format!("{count} {mark}"));
            format!("{count} of {all} ({})", marks.collect::<Vec<_>>().join(", "))
        }
    };
    if !text.is_empty() {
        lines.extend(hanging("not documented: ", &text, width));
    }
    for (policy, switches) in summary.switches() {
        let book = header.rulebook(policy);
        for switch in switches.iter() {
            let known = &book.policy.switches[switch.index()];
            let taken = if book.is_taken(switch) { "" } else { ", by default" };
            let setting = book.setting(switch);
            let text = format!("{}: {setting} ({}{taken})", known.name, known.confidence);
            lines.extend(hanging("assumed: ", &text, width));
        }
    }
    for (protections, names) in inert(header, summary) {
        let has = by_count(protections.len(), "has", "have");
        let text = format!("{} {has} no effect on {}", protections.join(", "), names.text());
        lines.extend(hanging("inert: ", &text, width));
    }
    lines
}

/// Protections that had no effect, with the instances on which they were set.
fn inert<'l>(header: &'l RunHeader, summary: &Summary) -> Vec<(Vec<&'l str>, NameRanges<'l>)> {
    let mut lists: Vec<(Vec<&str>, NameRanges<'_>)> = Vec::new();
    // Many instances share few sets of protections, so the names of each set are looked up once.
    let mut known: IndexMap<(PolicyId, ProtectionSet), usize> = IndexMap::new();
    for (id, policy, set) in summary.inert() {
        let index = *known.entry((policy, set)).or_insert_with(|| {
            let protections = header.protections(policy, set);
            let index = lists.iter().position(|(known, _)| *known == protections);
            index.unwrap_or_else(|| {
                lists.push((protections, NameRanges::default()));
                lists.len() - 1
            })
        });
        lists[index].1.add(header.instance(id));
    }
    lists.sort_by(|(a, _), (b, _)| a.cmp(b));
    lists
}
