//! Prints the cases of a scenario side by side: their losses, with times and worth, and their
//! remedies.

use std::io::{self, Write};

use indexmap::IndexMap;

use super::compare_cases::{ComparedCase, ComparedRelease, ComparedRemedy, Figures, Shown};
use super::compare_formats::{csv, json_line, markdown, text};
use super::item::{EndOfRun, Report, RunItem};
use super::prevented::PreventedLosses;
use super::text_table::Page;
use super::timeline_text::instant;
use crate::record::{Decision, Record};
use crate::time::SimTime;
use crate::words::{Effect, InstanceId, Trigger};

/// Most releases of a case that are compared by instance.
const MOST: usize = 100_000;

/// The format of a comparison.
#[derive(Debug, Clone, Copy)]
pub enum ComparisonFormat {
    /// Text, laid out for a page.
    Text(Page),
    /// One JSON object for each scenario.
    JsonLines,
    /// The table `comparison.csv`.
    Csv,
    /// Markdown for a pull request.
    Markdown,
}

/// Compares the cases of each scenario.
pub struct SideBySide<W: Write> {
    out: W,
    format: ComparisonFormat,
    released: Vec<(InstanceId, SimTime, Trigger)>,
    prevented: PreventedLosses,
    cases: Vec<ComparedCase>,
}

impl<W: Write> SideBySide<W> {
    /// Writes the comparison to `out` when all cases have run.
    pub fn new(out: W, format: ComparisonFormat) -> Self {
        let prevented = PreventedLosses::default();
        Self { out, format, released: Vec::new(), prevented, cases: Vec::new() }
    }

    fn decision(&mut self, decision: &Decision) {
        self.prevented.add(decision);
        if decision.effect == Effect::Released {
            self.released.push((decision.instance, decision.at, decision.trigger));
        }
    }

    fn end(&mut self, end: &EndOfRun<'_>) {
        let header = end.header;
        let shown = |at: SimTime| Shown { at, text: instant(at, header) };
        let mut released = std::mem::take(&mut self.released);
        let first = released.first().map(|(_, at, trigger)| (shown(*at), *trigger));
        let remedies = std::mem::take(&mut self.prevented).items(header).into_iter();
        let remedies = remedies.map(|one| ComparedRemedy {
            text: format!("{}{}", one.remedy, one.loss()),
            instances: one.instances.count(),
            until: (one.until != SimTime::NEVER).then(|| shown(one.until)),
        });
        let others = released.len().saturating_sub(MOST);
        released.truncate(MOST);
        let release = |(instance, at, by): (InstanceId, SimTime, Trigger)| {
            let name = header.instance(instance).to_owned();
            (name, ComparedRelease { instance, when: shown(at), by })
        };
        self.cases.push(ComparedCase {
            scenario: header.scenario.clone(),
            case: header.case.clone(),
            stop: end.stop,
            figures: Figures::new(end.summary, first, header),
            remedies: remedies.collect(),
            others,
            released: released.into_iter().map(release).collect(),
        });
    }
}

impl<W: Write> Report<RunItem<'_>> for SideBySide<W> {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        match *item {
            RunItem::Start(_) => {
                self.released.clear();
                self.prevented = PreventedLosses::default();
            }
            RunItem::Record(Record::Decision(decision), _) => self.decision(decision),
            RunItem::Record(..) => {}
            RunItem::End(end) => self.end(end),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut scenarios: IndexMap<&str, Vec<&ComparedCase>> = IndexMap::new();
        for case in &self.cases {
            scenarios.entry(&case.scenario).or_default().push(case);
        }
        let each = |of: &dyn Fn(&str, &[&ComparedCase]) -> String| -> Vec<String> {
            scenarios.iter().map(|(name, cases)| of(name, cases)).collect()
        };
        let texts = match self.format {
            ComparisonFormat::Csv => return csv(&self.cases, &mut self.out),
            ComparisonFormat::Text(page) => {
                each(&|name, cases| text(name, cases, page).join("\n")).join("\n\n")
            }
            ComparisonFormat::Markdown => {
                each(&|name, cases| markdown(name, cases).join("\n")).join("\n\n")
            }
            ComparisonFormat::JsonLines => {
                each(&|name, cases| json_line(name, cases).to_string()).join("\n")
            }
        };
        self.out.write_all(format!("{texts}\n").as_bytes())?;
        self.out.flush()
    }
}
