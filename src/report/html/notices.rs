//! Broken house rules, alerts, and losses with the first alert about each.

use std::sync::Arc;

use maud::{Markup, html};

use super::page::heads;
use super::ticks::Axis;
use crate::record::{Alert, HouseFinding, Subject};
use crate::report::figures::number;
use crate::report::names::InstanceIds;
use crate::report::text::notice;
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{ActorId, AlertKind, RuleSeverity};

/// Most rows of a table; the CSV files contain all.
const MOST_ROWS: usize = 200;

/// Broken house rules and alerts. Those that differ only in their instance share a row.
#[derive(Debug, Default)]
pub(super) struct Notices {
    findings: Rows<Finding>,
    alerts: Rows<Raised>,
    losses: Rows<(SimTime, String)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Finding {
    at: SimTime,
    rule: Arc<str>,
    severity: RuleSeverity,
    actor: Option<ActorId>,
    text: Box<str>,
}

#[derive(Debug, PartialEq, Eq)]
struct Raised {
    at: SimTime,
    watch: Option<Arc<str>>,
    event: Box<str>,
    actor: Option<ActorId>,
    seen: Option<(SimTime, SimTime)>,
}

/// Rows with their instances, and the number of rows that are left out.
#[derive(Debug)]
struct Rows<R> {
    rows: Vec<(R, InstanceIds)>,
    left_out: u64,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), left_out: 0 }
    }
}

impl<R: PartialEq> Rows<R> {
    fn add(&mut self, row: R, subject: Subject) {
        let ids = InstanceIds::from(subject);
        let has_room = self.rows.len() < MOST_ROWS;
        match self.rows.last_mut() {
            Some((last, all)) if *last == row => ids.each().for_each(|id| all.add(id)),
            _ if has_room => self.rows.push((row, ids)),
            _ => self.left_out += 1,
        }
    }
}

impl Notices {
    pub(super) fn finding(&mut self, finding: &HouseFinding) {
        let HouseFinding { at, rule, severity, actor, text, subject, .. } = finding;
        let (rule, text) = (rule.clone(), text.clone());
        let row = Finding { at: *at, rule, severity: *severity, actor: *actor, text };
        self.findings.add(row, *subject);
    }

    pub(super) fn alert(&mut self, alert: &Alert) {
        let subject = Subject::Instance(alert.instance);
        if alert.kind == AlertKind::Loss {
            return self.losses.add((alert.at, notice(alert)), subject);
        }
        let Alert { at, watch, event, actor, seen, .. } = alert;
        let (watch, event) = (watch.clone(), event.clone());
        let row = Raised { at: *at, watch, event, actor: *actor, seen: *seen };
        self.alerts.add(row, subject);
    }
}

/// The tables of a run about house rules and alerts; nothing if it has neither.
pub(super) fn notices(of: &Notices, axis: &Axis, header: &RunHeader) -> Markup {
    let Notices { findings, alerts, losses } = of;
    let names = |ids: &InstanceIds| ids.names(header).label();
    let time = |at: SimTime| format!("{} (+{})", axis.local(at), header.elapsed(at));
    let actor = |actor: Option<ActorId>| actor.map_or("", |actor| header.actor(actor));
    let more = |left_out: u64| {
        html! { @if left_out > 0 { p { (number(left_out)) " more rows are in the CSV files." } } }
    };
    html! {
        @if !findings.rows.is_empty() { div.wrap { table.stack {
            caption { "House rules broken" }
            thead { tr { (heads(&["time", "rule", "severity", "instances", "what is wrong", "caller"])) } }
            tbody { @for (row, ids) in &findings.rows { tr {
                td data-l="time" { (time(row.at)) }
                td data-l="rule" { code { (row.rule) } }
                td data-l="severity" { (row.severity) }
                td data-l="instances" { (names(ids)) }
                td data-l="what is wrong" { span { (row.text) } }
                td data-l="caller" { (actor(row.actor)) }
            } } }
        } } (more(findings.left_out)) }
        @if !alerts.rows.is_empty() { div.wrap { table.stack {
            caption { "Alerts" }
            thead { tr { (heads(&["time", "watch", "instances", "in the audit trail", "caller", "alert"])) } }
            tbody { @for (row, ids) in &alerts.rows { tr {
                td data-l="time" { (time(row.at)) }
                td data-l="watch" { code { (row.watch.as_deref().unwrap_or_default()) } }
                td data-l="instances" { (names(ids)) }
                td data-l="in the audit trail" { span {
                    @if row.event.is_empty() { "without a call" } @else { (row.event) } } }
                td data-l="caller" { (actor(row.actor)) }
                td data-l="alert" { span { @match row.seen {
                    Some((_, latest)) => { "by " (time(latest)) }
                    None => "none: the trail does not record it",
                } } }
            } } }
        } } (more(alerts.left_out)) }
        @if !losses.rows.is_empty() { div.wrap { table.stack {
            caption { "Losses and the first alert about each instance" }
            thead { tr { (heads(&["time", "instances", "alert"])) } }
            tbody { @for ((at, text), ids) in &losses.rows { tr {
                td data-l="time" { (time(*at)) }
                td data-l="instances" { (names(ids)) }
                td data-l="alert" { (text) }
            } } }
        } } (more(losses.left_out)) }
    }
}
