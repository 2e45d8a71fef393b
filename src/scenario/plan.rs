//! A plan: a scenario in which no name is left to resolve and nothing is left to fail.

use super::expect::{DecisionLine, Expectations};
use super::random::Source;
use super::verbs::{Flags, Order};
use crate::fleet::Fleet;
use crate::record::Legend;
use crate::text::Place;
use crate::time::SimTime;
use crate::vocab::{EventId, InstanceId, PolicyId, SwitchId};

/// One event of the script.
#[derive(Debug, Clone, Copy)]
pub struct Scripted {
    /// When.
    pub at: SimTime,
    /// Which event of the file.
    pub event: EventId,
    /// What it asks.
    pub order: Order,
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
    pub script: Vec<Scripted>,
    /// What happens by chance.
    pub random: Vec<Source>,
    /// The instances that events are about.
    pub targets: Vec<InstanceId>,
    /// The flags that events switch, for each policy.
    pub flags: Vec<Flags>,
    /// What is expected.
    pub expectations: Expectations,
    /// What is counted in each replication, by name.
    pub counts: Vec<(String, DecisionLine)>,
    /// What is assumed.
    pub assumptions: Vec<Assumption>,
    /// Where each event stands in its file, if it stands in one that can be quoted.
    pub event_places: Vec<Place>,
}
