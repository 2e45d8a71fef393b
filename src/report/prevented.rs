//! The remedies that would have prevented the losses of a run, each with its last useful instant.

use std::collections::BTreeMap;

use super::names::InstanceIds;
use super::text_table::listed;
use super::timeline_text::instant;
use crate::policy::Remedy;
use crate::record::Decision;
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Effect, Outcome, PolicyId};

/// Most lines that are printed.
const MOST: usize = 10;

/// A remedy, and the losses that it would have prevented.
pub(super) struct PreventedLoss {
    /// Its last useful instant; `SimTime::NEVER` if it has none.
    pub until: SimTime,
    /// The remedy.
    pub remedy: String,
    /// What happened to the instances.
    pub effect: Effect,
    /// The instances that it would have kept.
    pub instances: InstanceIds,
}

impl PreventedLoss {
    /// `: deallocated`; empty for a release.
    pub(super) fn loss(&self) -> String {
        if self.effect == Effect::Released { String::new() } else { format!(": {}", self.effect) }
    }
}

/// Remedies in the order of their last useful instants; those without one come last.
#[derive(Default)]
pub struct PreventedLosses {
    /// The first remedies, with the instances that each would have kept.
    first: BTreeMap<(SimTime, PolicyId, Remedy, Effect), InstanceIds>,
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
        let key = (remedy.until.unwrap_or(SimTime::NEVER), d.policy, remedy, d.effect);
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
    pub(super) fn items(&self, header: &RunHeader) -> Vec<PreventedLoss> {
        let mut items: Vec<PreventedLoss> = Vec::new();
        for ((until, policy, remedy, effect), ids) in &self.first {
            let remedy = remedy.text(&header.rulebook(*policy).policy);
            let (until, effect) = (*until, *effect);
            let is_same = |one: &&mut PreventedLoss| {
                (one.until, one.effect) == (until, effect) && one.remedy == remedy
            };
            match items.iter_mut().find(is_same) {
                Some(one) => one.instances.extend(ids),
                None => {
                    items.push(PreventedLoss { until, remedy, effect, instances: ids.clone() });
                }
            }
        }
        items.iter_mut().for_each(|one| one.instances.tidy());
        items
    }

    /// One item for each remedy and last instant, in lines of at most `width` columns.
    pub fn lines(&self, header: &RunHeader, width: usize) -> Vec<String> {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for one in self.items(header) {
            let until =
                if one.until == SimTime::NEVER { "-".into() } else { instant(one.until, header) };
            let names = one.instances.names(header).text();
            rows.push(vec![until, format!("{} ({names}){}", one.remedy, one.loss())]);
        }
        if self.others > 0 {
            let more = format!("{} more instances; see instances.csv", self.others);
            rows.push(vec![String::new(), more]);
        }
        if rows.is_empty() {
            return Vec::new();
        }
        let head = "last exits: remedies with last instants".to_owned();
        std::iter::once(head).chain(listed(rows, 2, width)).collect()
    }
}
