//! Lines that something must match: decisions, requests, losses.
//!
//! A line may ask for several things at once (two events, forty instances); each
//! is a *slot*, and each must be met. For a slot that is not, the record that came
//! closest is kept: what one wants to know is what differs.

use super::difference::KeyDifferences;
use super::failure::Failure;
use crate::plan::Expectation;
use crate::run_header::RunHeader;
use crate::time::SimTime;

/// What a line asks for, and how a record is held against it.
pub(in crate::experiment) trait Expected {
    /// What may match it.
    type Record;

    /// How many slots it has.
    fn slots(&self) -> usize;

    /// The slot that a record falls into, if it is about the same thing at all.
    fn slot(&self, record: &Self::Record) -> Option<usize>;

    /// Holds everything else against the record.
    fn compare(&self, record: &Self::Record, header: &RunHeader, differ: &mut KeyDifferences);

    /// What a slot asks for: "a decision about `db-1`".
    fn asks(&self, slot: usize, header: &RunHeader) -> String;
}

/// Which record came closest to a slot, and how it differs.
#[derive(Debug, Clone)]
struct ClosestMatch {
    number: u64,
    at: SimTime,
    differences: Vec<String>,
}

/// What is known of a slot so far.
#[derive(Debug, Clone)]
enum Slot {
    Met,
    Unmet(Option<ClosestMatch>),
}

/// Lines and what has met them so far.
pub(in crate::experiment) struct ExpectedLines<L> {
    lines: Vec<Expectation<L>>,
    slots: Vec<Vec<Slot>>,
    seen: u64,
}

impl<L: Expected> ExpectedLines<L> {
    pub(in crate::experiment) fn new(lines: Vec<Expectation<L>>) -> Self {
        let slots = lines.iter().map(|e| vec![Slot::Unmet(None); e.line.slots()]).collect();
        Self { lines, slots, seen: 0 }
    }

    pub(in crate::experiment) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Holds a record against every line; says whether any of them lists it, and its number.
    pub(in crate::experiment) fn take(
        &mut self,
        record: &L::Record,
        at: SimTime,
        header: &RunHeader,
    ) -> (bool, u64) {
        let number = self.seen;
        self.seen += 1;
        let mut listed = false;
        for (Expectation { line, .. }, slots) in self.lines.iter().zip(&mut self.slots) {
            let Some(slot) = line.slot(record).map(|slot| &mut slots[slot]) else { continue };
            let mut differ = KeyDifferences::counting();
            line.compare(record, header, &mut differ);
            if differ.count() == 0 {
                listed = true;
                *slot = Slot::Met;
                continue;
            }
            let nearer = |near: &ClosestMatch| differ.count() < near.differences.len();
            if let Slot::Unmet(near) = slot
                && near.as_ref().is_none_or(nearer)
            {
                let mut differ = KeyDifferences::telling();
                line.compare(record, header, &mut differ);
                *near = Some(ClosestMatch { number, at, differences: differ.into_lines() });
            }
        }
        (listed, number)
    }

    /// A failure for each slot that was not met. `tell` knows more about a slot;
    /// `reported` gets the numbers of the records that are shown as the closest.
    pub(in crate::experiment) fn unmet(
        &self,
        header: &RunHeader,
        reported: &mut Vec<u64>,
        tell: impl Fn(&L, usize) -> Vec<String>,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (Expectation { line, span }, slots) in self.lines.iter().zip(&self.slots) {
            for (number, slot) in slots.iter().enumerate() {
                let Slot::Unmet(near) = slot else { continue };
                let asks = line.asks(number, header);
                let mut instead = Vec::new();
                let title = if let Some(near) = near {
                    reported.push(near.number);
                    let at = header.elapsed(near.at);
                    instead.push(format!("closest, at +{at}: {}", near.differences.join("; ")));
                    format!("expected {asks}, but it differs")
                } else {
                    format!("expected {asks}, but there was none")
                };
                instead.extend(tell(line, number));
                failures.push(Failure { span: Some(*span), title, instead });
            }
        }
        failures
    }
}
