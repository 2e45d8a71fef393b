//! A plan: a scenario in which no name is left to resolve and nothing is left to fail.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expect::{DecisionLine, Expectations};
use super::random::Source;
use super::streamed::{Streamed, Unread};
use super::verbs::{Flags, Order};
use crate::fleet::Fleet;
use crate::record::Legend;
use crate::text::Place;
use crate::time::SimTime;
use crate::vocab::{EventId, InstanceId, PolicyId, RuleId, SwitchId};

/// One event of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scripted {
    /// When.
    pub at: SimTime,
    /// Which event of the file.
    pub event: EventId,
    /// What it asks.
    pub order: Order,
}

/// What happens, sorted by time, and by the order written within one instant.
#[derive(Debug, Clone)]
pub enum Script {
    /// In a list, which clones share.
    Listed(Arc<[Scripted]>),
    /// In a table that was checked; a long one is read once more while the plan is carried out.
    Streamed(Arc<Streamed>),
}

impl Script {
    /// How many events there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Listed(list) => list.len(),
            Self::Streamed(table) => table.len(),
        }
    }

    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One event after the other.
    pub fn play(&self) -> Play {
        match self {
            Self::Listed(list) => Play::Listed(Arc::clone(list), 0),
            Self::Streamed(table) => Play::Streamed(Box::new(table.play())),
        }
    }
}

/// A script under way.
pub enum Play {
    /// A list, and how far it has been taken.
    Listed(Arc<[Scripted]>, usize),
    /// A table.
    Streamed(Box<super::streamed::Play>),
}

impl Iterator for Play {
    type Item = (SimTime, Result<(EventId, Order), Unread>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Listed(list, taken) => {
                let Scripted { at, event, order } = *list.get(*taken)?;
                *taken += 1;
                Some((at, Ok((event, order))))
            }
            Self::Streamed(table) => table.next(),
        }
    }
}

/// A position that the scenario takes where the documents are silent.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// The switch.
    pub name: String,
    /// The position.
    pub value: String,
    /// Where it is written.
    pub place: Place,
    /// The policies that have such a switch.
    pub settles: Vec<(PolicyId, SwitchId)>,
}

/// Everything that a run needs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What ids mean, and the policies.
    pub legend: Legend,
    /// The fleet as it stands at the start.
    pub fleet: Fleet,
    /// What happens, sorted by time, and by the order written within one instant.
    pub script: Script,
    /// What happens by chance.
    pub random: Vec<Source>,
    /// The instances that events are about: first all of them, then stretches of some.
    pub targets: Vec<InstanceId>,
    /// The flags that events switch, for each policy.
    pub flags: Vec<Flags>,
    /// What is expected.
    pub expectations: Expectations,
    /// What is counted in each replication, by name.
    pub counts: Vec<(String, DecisionLine)>,
    /// The rules on defaults that the fleet relies on.
    pub defaults: BTreeSet<(PolicyId, RuleId)>,
    /// What is assumed.
    pub assumptions: Vec<Assumption>,
    /// Where each event stands in its file, if it stands in one that can be quoted.
    pub event_places: Vec<Place>,
}
