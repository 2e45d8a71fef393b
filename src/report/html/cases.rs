//! Cases side by side: the losses of each, and the instances that differ.

use maud::{Markup, html};

use super::collect::Collected;
use super::page::number_heads;
use super::tables::case_name;
use crate::money::Total;
use crate::report::figures::{between, number};
use crate::report::names::{InstanceIds, NameRanges};
use crate::words::{InstanceId, Trigger};

/// Id of the section of a run.
pub(super) fn section_id(index: usize) -> String {
    format!("c{}", index + 1)
}

/// The table of all runs; the first `shown` have a section.
pub(super) fn cases(runs: &[Collected], shown: usize) -> Markup {
    let base = &runs[0];
    let has_money = runs.iter().any(|run| run.header.currency.is_some());
    html! {
        h2 #cases { "Cases side by side" }
        div.wrap { table.stack.big {
            thead { tr {
                th scope="col" { "case" }
                (number_heads(&[
                    "lost", "with a protection on", "GiB known", "disks of unknown size",
                ]))
                @if has_money { (number_heads(&["worth lost", "still billed"])) }
                th scope="col" { "first loss" }
                th scope="col" { "compared with " (case_name(&base.header)) }
            } }
            tbody { @for (index, run) in runs.iter().enumerate() { tr {
                th scope="row" data-l="case" {
                    @if index < shown { a href={ "#" (section_id(index)) } {
                        (case_name(&run.header)) } }
                    @else { (case_name(&run.header)) }
                    @if run.early.is_some() { " (stopped before its end)" }
                }
                td.n data-l="lost" { (total(run, number(run.released))) " of " (number(run.instances)) }
                td.n data-l="with protection" { (total(run, between(run.protected.0, run.protected.1))) }
                td.n data-l="GiB known" { (total(run, number(run.lost.gib))) }
                td.n data-l="unknown size" { (total(run, number(run.lost.unknown))) }
                @if has_money {
                    td.n data-l="worth lost" { (money(run, run.money.lost)) }
                    td.n data-l="still billed" { (money(run, run.money.billed)) }
                }
                td data-l="first loss" {
                    @match run.first_loss { Some(at) => (run.axis.time(at)),
                        None if run.early.is_some() => "unknown", None => "—" }
                }
                td data-l="compared" { span { (against(base, run, index)) } }
            } } }
        } }
        @if runs.len() > shown {
            p.m { "The first " (shown) " are shown below; " code { "--case" } " shows another." }
        }
    }
}

/// A sum with its currency; a dash if the scenario has none.
fn money(run: &Collected, sum: Total) -> String {
    let amount = |currency| total(run, format!("{sum} {currency}"));
    run.header.currency.map_or("—".to_owned(), amount)
}

/// A total, which is a lower bound if the run stopped before its end.
fn total(run: &Collected, text: String) -> String {
    if run.early.is_some() { format!("at least {text}") } else { text }
}

/// The instances that end differently in a run than in the first run: kept, lost, or released
/// through another trigger or rule.
fn against(base: &Collected, run: &Collected, index: usize) -> String {
    if index == 0 {
        return "—".to_owned();
    }
    if base.header.scenario != run.header.scenario {
        return "another scenario".to_owned();
    }
    if let Some(stopped) = [base, run].into_iter().find(|one| one.early.is_some()) {
        return format!("not compared: {} stopped before its end", case_name(&stopped.header));
    }
    let count = base.released_by.len().max(run.released_by.len());
    let (mut kept, mut lost, mut other) =
        (InstanceIds::default(), InstanceIds::default(), InstanceIds::default());
    for id in (0..count).map(InstanceId::from_index) {
        match (way(base, id), way(run, id)) {
            (Some(_), None) => kept.add(id),
            (None, Some(_)) => lost.add(id),
            (Some(a), Some(b)) if a != b => other.add(id),
            _ => {}
        }
    }
    let mut parts = Vec::new();
    let mut part = |what: &str, ids: &InstanceIds| {
        if ids.count() > 0 {
            // An instance that only one of the runs creates has a name only in that run.
            let ranges: NameRanges<'_> =
                ids.names(if base.released_by.len() > run.released_by.len() {
                    &base.header
                } else {
                    &run.header
                });
            parts.push(format!("{what}: {}", ranges.text()));
        }
    };
    part("kept as well", &kept);
    part("lost as well", &lost);
    part("lost through another trigger or rule", &other);
    if parts.is_empty() {
        "the same instances are lost, in the same ways".to_owned()
    } else {
        parts.join("; ")
    }
}

/// Trigger and rule by which an instance was released; `None` if it was not.
fn way(run: &Collected, id: InstanceId) -> Option<(Trigger, Option<&str>)> {
    let coarse = run.released_by.get(id.index())?.checked_sub(1)?;
    let key = &run.rows.coarse.get(coarse as usize)?.key;
    let policy = &run.header.rulebook(key.policy).policy;
    Some((key.trigger, key.rule.map(|rule| policy.rule(rule).id.as_str())))
}
