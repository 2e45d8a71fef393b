//! Runs as text: the timeline, and a summary.

use std::io::{self, Write};

use super::item::{EndOfRun, Report, RunItem};
use super::names::InstanceIds;
use super::prevented::PreventedLosses;
use super::run_totals::totals;
use super::text_table::{Page, hanging, headed, without_commands};
use super::timeline::Timeline;
use super::timeline_layout::lay_out;
use super::timeline_text::{broken_by, lines, omission};
use crate::diagnostics::many;
use crate::record::{Alert, HouseFinding, Record};
use crate::run_header::{RunHeader, run_name};
use crate::words::AlertKind;

/// The parts of a run that are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The timeline and the summary.
    Timeline,
    /// The summary.
    Summary,
}

/// Runs as text, each written at its end.
pub struct Text<W: Write> {
    out: W,
    page: Page,
    detail: Detail,
    timeline: Timeline,
    prevented: PreventedLosses,
    findings: Vec<HouseFinding>,
    /// Lost instances, grouped by the time of the first alert about them.
    losses: Vec<(String, InstanceIds)>,
    /// Whether a run was written already.
    follows: bool,
}

impl<W: Write> Text<W> {
    /// Writes to `out`, laid out for `page`.
    pub fn new(out: W, page: Page, detail: Detail) -> Self {
        let (timeline, prevented) = (Timeline::default(), PreventedLosses::default());
        Self {
            out,
            page,
            detail,
            timeline,
            prevented,
            findings: Vec::new(),
            losses: Vec::new(),
            follows: false,
        }
    }

    fn end(&mut self, end: &EndOfRun<'_>) -> Vec<String> {
        let (header, width) = (end.header, self.page.width);
        let mut out = heading(header, self.page);
        if self.detail == Detail::Timeline {
            let (rows, omitted) = std::mem::take(&mut self.timeline).finish();
            out.push(String::new());
            if rows.is_empty() {
                let until = if end.early.is_some() { " before the stop" } else { "" };
                out.push(format!("  no events{until}"));
            }
            out.extend(lay_out(&lines(rows, header), self.page));
            if let Some(text) = omission(&omitted, header) {
                out.extend(hanging("  … ", &text, width));
            }
            out.push(String::new());
        }
        let findings = std::mem::take(&mut self.findings);
        if self.detail == Detail::Summary {
            out.extend(broken_rules(header, &findings, width));
        }
        let losses = std::mem::take(&mut self.losses).into_iter();
        out.extend(losses.flat_map(|(text, mut ids)| {
            ids.tidy();
            hanging("", &format!("{text}: {}", ids.names(header).label()), width)
        }));
        if let Some(why) = end.early {
            out.extend(hanging("", &format!("the run did not reach its end: {why}"), width));
        }
        out.extend(totals(header, end.summary, &std::mem::take(&mut self.prevented), width));
        if end.expectations > 0 {
            let count = many(end.expectations, "expectation");
            out.extend(hanging("", &format!("{count} not judged; use `stayput test`"), width));
        }
        out
    }
}

impl<W: Write> Report<RunItem<'_>> for Text<W> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Start(_) => {
                self.timeline = Timeline::default();
                self.prevented = PreventedLosses::default();
                self.findings.clear();
                self.losses.clear();
            }
            RunItem::Record(record, _) => {
                if self.detail == Detail::Timeline {
                    self.timeline.add(record);
                }
                if let Record::Decision(decision) = record {
                    self.prevented.add(decision);
                }
                if let Record::Finding(finding) = record {
                    self.findings.push(finding.clone());
                }
                if let Record::Alert(alert) = record
                    && alert.kind == AlertKind::Loss
                {
                    let text = notice(alert);
                    match self.losses.iter_mut().find(|(known, _)| *known == text) {
                        Some((_, ids)) => ids.add(alert.instance),
                        None => self.losses.push((text, InstanceIds::from_iter([alert.instance]))),
                    }
                }
            }
            RunItem::End(end) => {
                let text = self.end(end).join("\n");
                let gap = if self.follows { "\n" } else { "" };
                self.follows = true;
                self.out.write_all(without_commands(&format!("{gap}{text}\n")).as_bytes())?;
                self.out.flush()?;
            }
        }
        Ok(())
    }
}

/// The time of the first alert about a lost instance.
pub(in crate::report) fn notice(loss: &Alert) -> String {
    let watch = loss.watch.as_deref().unwrap_or_default();
    match loss.seen {
        Some((_, seen)) if seen <= loss.at => {
            format!("first alert {} before the loss, from {watch}", loss.at.since(seen))
        }
        Some((_, seen)) => {
            format!("first alert {} after the loss, from {watch}", seen.since(loss.at))
        }
        None if loss.perhaps.is_some() => "lost, perhaps without an alert".to_owned(),
        None => "lost without an alert".to_owned(),
    }
}

/// The broken house rules, with their instants.
fn broken_rules(header: &RunHeader, found: &[HouseFinding], width: usize) -> Vec<String> {
    if found.is_empty() {
        return Vec::new();
    }
    let mut out = vec!["house rules broken".to_owned()];
    for finding in found {
        let subject = header.subject(finding.subject);
        let HouseFinding { at, rule, severity, text, actor, .. } = finding;
        let by = broken_by(text, *actor, header);
        let when = header.elapsed(*at);
        let line = format!("+{when} {severity} {rule}: {subject}: {text}{by}");
        out.extend(hanging("  ", &line, width));
    }
    out.push(String::new());
    out
}

fn heading(header: &RunHeader, page: Page) -> Vec<String> {
    let policies: Vec<&str> =
        header.rulebooks.iter().map(|book| book.policy.name.as_str()).collect();
    let about = format!(
        "{} · seed {} · {} from {}",
        policies.join(", "),
        header.seed,
        header.end.since(header.start),
        header.start.for_people_in_full(header.offset),
    );
    headed(&run_name(&header.scenario, &header.case), &about, page)
}
