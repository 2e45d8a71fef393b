//! Counts over a run for the rows of its instances.
//!
//! Most instances of a large fleet have no decision, so that each instance takes four bytes, and
//! only those with decisions take more.

use super::rows::InstanceTally;
use crate::policy::Remedy;
use crate::record::Decision;
use crate::time::SimTime;
use crate::words::{Effect, GroupId, InstanceId, Outcome, Trigger};

/// The counts of a run, by instance.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    /// For each instance, the index of its counts in `kept`, plus 1; 0 if it has none.
    places: Vec<u32>,
    kept: Vec<SmallTally>,
    /// The remedies without their times. There are few: rules and acts of the policies.
    remedies: Vec<Remedy>,
}

/// The counts of an instance: [`InstanceTally`] in less memory.
#[derive(Debug, Clone, Copy)]
struct SmallTally {
    held: u32,
    overridden: u32,
    group: Option<GroupId>,
    /// [`SimTime::NEVER`] if it was not released.
    released_at: SimTime,
    released_by: Trigger,
    /// The index of its remedy; `None` if it has none.
    remedy: Option<u16>,
    /// Whether the remedy has a last and a first instant.
    is_timed: [bool; 2],
    remedy_until: SimTime,
    remedy_from: SimTime,
}

impl Tallies {
    /// Counts a decision in a run with this number of instances.
    pub(super) fn count(&mut self, decision: &Decision, instances: usize) {
        if self.places.len() < instances {
            self.places.resize(instances, 0);
            // Pages that are not written need no memory, and growth would allocate again.
            self.kept.reserve(instances.saturating_sub(self.kept.len()));
        }
        let Some(place) = self.places.get_mut(decision.instance.index()) else { return };
        if *place == 0 {
            self.kept.push(SmallTally {
                held: 0,
                overridden: 0,
                group: None,
                released_at: SimTime::NEVER,
                released_by: decision.trigger,
                remedy: None,
                is_timed: [false; 2],
                remedy_until: SimTime::NEVER,
                remedy_from: SimTime::NEVER,
            });
            // The number of instances fits.
            *place = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        }
        let Some(kept) = self.kept.get_mut(*place as usize - 1) else { return };
        kept.group = decision.group.or(kept.group);
        kept.held += u32::from(decision.outcome == Outcome::Held);
        kept.overridden += u32::from(decision.outcome == Outcome::Overridden);
        if decision.effect.takes_the_instance() {
            let until = decision.remedy.and_then(|remedy| remedy.until);
            kept.is_timed = [until.is_some(), decision.remedy_from.is_some()];
            kept.remedy_until = until.unwrap_or(SimTime::NEVER);
            kept.remedy_from = decision.remedy_from.unwrap_or(SimTime::NEVER);
            kept.remedy = decision.remedy.and_then(|remedy| {
                let remedy = Remedy { until: None, ..remedy };
                let known = self.remedies.iter().position(|known| *known == remedy);
                if known.is_none() {
                    self.remedies.push(remedy);
                }
                u16::try_from(known.unwrap_or(self.remedies.len() - 1)).ok()
            });
        }
        if decision.effect == Effect::Released {
            kept.released_at = decision.at;
            kept.released_by = decision.trigger;
        }
    }

    /// The counts of an instance.
    pub(super) fn of(&self, instance: InstanceId) -> InstanceTally {
        let place = self.places.get(instance.index()).copied().unwrap_or(0);
        let kept = (place as usize).checked_sub(1).and_then(|index| self.kept.get(index));
        let Some(kept) = kept else { return InstanceTally::default() };
        let [until, from] = kept.is_timed;
        let remedy = kept.remedy.and_then(|index| self.remedies.get(usize::from(index)));
        let is_released = kept.released_at != SimTime::NEVER;
        InstanceTally {
            released: is_released.then_some((kept.released_at, kept.released_by)),
            held: kept.held,
            overridden: kept.overridden,
            remedy: remedy
                .map(|remedy| Remedy { until: until.then_some(kept.remedy_until), ..*remedy }),
            remedy_from: from.then_some(kept.remedy_from),
            group: kept.group,
        }
    }

    /// Forgets everything, at the end of a run.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_an_instance_are_small() {
        assert!(size_of::<SmallTally>() <= 48);
    }
}
