//! Runs as text: the timeline, and a summary.

use std::io::{self, Write};

use super::item::{EndOfRun, Report, RunItem};
use super::prevented::PreventedLosses;
use super::run_totals::totals;
use super::text_table::{Page, hanging, headed, without_commands};
use super::timeline::Timeline;
use super::timeline_layout::lay_out;
use super::timeline_text::{lines, omission};
use crate::diagnostics::many;
use crate::record::{HouseFinding, Record, Subject};
use crate::run_header::{RunHeader, run_name};

/// How much of a run is printed.
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
    /// Whether a run was written already.
    follows: bool,
}

impl<W: Write> Text<W> {
    /// Writes to `out`, laid out for `page`.
    pub fn new(out: W, page: Page, detail: Detail) -> Self {
        let (timeline, prevented) = (Timeline::default(), PreventedLosses::default());
        Self { out, page, detail, timeline, prevented, findings: Vec::new(), follows: false }
    }

    fn end(&mut self, end: &EndOfRun<'_>) -> Vec<String> {
        let (header, width) = (end.header, self.page.width);
        let mut out = heading(header, self.page);
        if self.detail == Detail::Timeline {
            let (rows, omitted) = std::mem::take(&mut self.timeline).finish();
            out.push(String::new());
            if rows.is_empty() {
                out.push("  no events".into());
            }
            out.extend(lay_out(&lines(rows, header), self.page));
            if let Some(text) = omission(&omitted, header) {
                out.extend(hanging("  … ", &text, width));
            }
            out.push(String::new());
        }
        out.extend(findings(header, &std::mem::take(&mut self.findings), width));
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

/// The broken house rules, with their instants.
fn findings(header: &RunHeader, found: &[HouseFinding], width: usize) -> Vec<String> {
    if found.is_empty() {
        return Vec::new();
    }
    let mut out = vec!["house rules broken".to_owned()];
    for finding in found {
        let subject = match finding.subject {
            Subject::Instance(id) => header.instance(id),
            Subject::Group(id) => header.group(id),
            Subject::Account(id) => header.account(id),
        };
        let HouseFinding { at, rule, severity, text, actor, .. } = finding;
        let by = actor.map(|actor| format!(", by {}", header.actor(actor))).unwrap_or_default();
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
