//! The remedies that would have prevented the losses of a run, each with its last useful instant.

use std::collections::BTreeMap;

use super::names::Ids;
use super::text_table::listed;
use super::timeline_text::instant;
use crate::policy::Remedy;
use crate::record::Decision;
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Outcome, PolicyId};

/// Most lines that are printed.
const MOST: usize = 10;

/// Remedies in the order of their last useful instants; those without one come last.
#[derive(Default)]
pub struct PreventedLosses {
    /// The first remedies, with the instances that each would have kept.
    first: BTreeMap<(SimTime, PolicyId, Remedy), Ids>,
    /// Number of instances that the remaining remedies would have kept.
    others: u64,
}

impl PreventedLosses {
    /// Adds the remedy of a decision that took an instance or its data, or overrode a protection.
    pub fn add(&mut self, d: &Decision) {
        let Some(remedy) = d.remedy else { return };
        if !d.effect.takes_the_instance() && d.outcome != Outcome::Overridden {
            return;
        }
        let key = (remedy.until.unwrap_or(SimTime::NEVER), d.policy, remedy);
        let is_late = || self.first.last_key_value().is_some_and(|(last, _)| key > *last);
        if self.first.len() == MOST && is_late() {
            self.others += 1;
            return;
        }
        self.first.entry(key).or_default().add(d.instance);
        if self.first.len() > MOST {
            self.others += self.first.pop_last().map_or(0, |(_, ids)| ids.count());
        }
    }

    /// Each remedy with its last instant and the instances that it would have kept.
    pub(super) fn items(&self, header: &RunHeader) -> Vec<(SimTime, String, Ids)> {
        let mut items: Vec<(SimTime, String, Ids)> = Vec::new();
        for ((until, policy, remedy), ids) in &self.first {
            let text = remedy.text(&header.rulebook(*policy).policy);
            match items.iter_mut().find(|(at, known, _)| at == until && *known == text) {
                Some((_, _, instances)) => instances.extend(ids),
                None => items.push((*until, text, ids.clone())),
            }
        }
        items.iter_mut().for_each(|(_, _, ids)| ids.tidy());
        items
    }

    /// One item for each remedy and last instant, in lines of at most `width` columns.
    pub fn lines(&self, header: &RunHeader, width: usize) -> Vec<String> {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for (until, text, ids) in self.items(header) {
            let until = if until == SimTime::NEVER { "-".into() } else { instant(until, header) };
            rows.push(vec![until, format!("{text} ({})", ids.names(header).text())]);
        }
        if self.others > 0 {
            let more = format!("{} more instances; see instances.csv", self.others);
            rows.push(vec![String::new(), more]);
        }
        if rows.is_empty() {
            return Vec::new();
        }
        let head = "last exits: could have been prevented by".to_owned();
        std::iter::once(head).chain(listed(rows, 2, width)).collect()
    }
}
