//! A plan: a scenario in which no name is left to resolve and nothing is left to fail.

use super::expectations::{DecisionLine, Expectations};
use super::random::Source;
use super::script::Script;
use super::targets::Flags;
use crate::diagnostics::Span;
use crate::fleet::Fleet;
use crate::run_header::RunHeader;
use crate::words::{InstanceId, PolicyId, RuleId, SwitchId};
use std::collections::BTreeSet;

/// A position that the scenario takes where the documents are silent.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// The switch.
    pub name: String,
    /// The position.
    pub value: String,
    /// Where it is written.
    pub span: Span,
    /// The policies that have such a switch.
    pub settles: Vec<(PolicyId, SwitchId)>,
}

/// Everything that a run needs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What ids mean, and the policies.
    pub header: RunHeader,
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
    /// The values of its case, as the scenario writes them.
    pub values: Vec<(String, String)>,
    /// Where each event stands in its file, if it stands in one that can be quoted.
    pub event_places: Vec<Span>,
}
