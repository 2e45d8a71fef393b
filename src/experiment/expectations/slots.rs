//! Expected lines that a record must match: decisions, requests, losses.
//!
//! A line may expect several records (two events, forty instances). Each of them is a *slot*, and
//! each must be met. For an unmet slot, the closest record is kept, so that the failure can show
//! the differences.

use super::difference::KeyDifferences;
use super::failure::{ClosestRecord, Failure, KeyMismatch};
use crate::plan::Expectation;
use crate::run_header::RunHeader;
use crate::time::SimTime;

/// An expected line.
pub(in crate::experiment) trait Expected {
    /// The kind of record that may match it.
    type Record;
    /// Number of slots.
    fn slots(&self) -> usize;
    /// Index of the slot of a record; `None` if the record is about other events or instances.
    fn slot(&self, record: &Self::Record) -> Option<usize>;

    /// Compares all other keys with the record.
    fn compare(&self, record: &Self::Record, header: &RunHeader, differences: &mut KeyDifferences);
    /// The expectation of a slot, such as `a decision about db-1`.
    fn describe(&self, slot: usize, header: &RunHeader) -> String;
}

/// The record that is closest to a slot, and how it differs.
#[derive(Debug, Clone)]
struct ClosestMatch {
    /// Number of the record among those that were added, from 0.
    number: u64,
    at: SimTime,
    keys: Vec<KeyMismatch>,
}

/// The state of a slot.
#[derive(Debug, Clone)]
enum Slot {
    Met,
    /// `None` if no record was about this slot.
    Unmet(Option<ClosestMatch>),
}

/// Expected lines with the states of their slots.
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

    /// Compares a record with every line. Returns whether a line matches the record, and the number
    /// of the record.
    pub(in crate::experiment) fn add(
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
            let mut differences = KeyDifferences::count_only();
            line.compare(record, header, &mut differences);
            if differences.count() == 0 {
                listed = true;
                *slot = Slot::Met;
                continue;
            }
            let is_closer = |known: &ClosestMatch| differences.count() < known.keys.len();
            if let Slot::Unmet(closest) = slot
                && closest.as_ref().is_none_or(is_closer)
            {
                let mut differences = KeyDifferences::in_full();
                line.compare(record, header, &mut differences);
                *closest = Some(ClosestMatch { number, at, keys: differences.into_keys() });
            }
        }
        (listed, number)
    }

    /// A failure for each unmet slot. `context` returns further lines about a slot. The numbers of
    /// the closest records are added to `reported`.
    pub(in crate::experiment) fn unmet(
        &self,
        header: &RunHeader,
        reported: &mut Vec<u64>,
        context: impl Fn(&L, usize) -> Vec<String>,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (Expectation { line, span }, slots) in self.lines.iter().zip(&self.slots) {
            for (number, slot) in slots.iter().enumerate() {
                let Slot::Unmet(closest) = slot else { continue };
                let expected = line.describe(number, header);
                reported.extend(closest.as_ref().map(|closest| closest.number));
                let but = if closest.is_some() { "it differs" } else { "there was none" };
                let title = format!("expected {expected}, but {but}");
                let closest = closest.as_ref().map(|closest| ClosestRecord {
                    elapsed: header.elapsed(closest.at),
                    keys: closest.keys.clone(),
                });
                let instead = context(line, number);
                failures.push(Failure { span: Some(*span), title, closest, instead });
            }
        }
        failures
    }
}
