//! A plan: a scenario with every name resolved, whose run cannot fail.

use super::expectations::{DecisionLine, Expectations};
use super::house::{HouseDemand, HouseRule};
use super::principals::Principals;
use super::random::RandomSource;
use super::script::Script;
use super::watch::Watcher;
use crate::diagnostics::Span;
use crate::fleet::Fleet;
use crate::policy::Flags;
use crate::run_header::RunHeader;
use crate::words::{InstanceId, PolicyId, RuleId, SwitchId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The position of a switch that the scenario sets under `assume:`.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// The name of the switch.
    pub name: String,
    /// The position.
    pub value: String,
    /// The span of the switch's name.
    pub span: Span,
    /// The policies that have the switch, with its id in each.
    pub settles: Vec<(PolicyId, SwitchId)>,
}

/// The input of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The names of ids, and the policies.
    pub header: RunHeader,
    /// The fleet at the start.
    pub fleet: Fleet,
    /// The events, sorted by time; events of the same instant are in the order of the file.
    pub script: Script,
    /// The random sources.
    pub random: Vec<RandomSource>,
    /// The targets of events: first every instance, then the targets of selectors. [`Targets`] are
    /// ranges of this list.
    ///
    /// [`Targets`]: super::Targets
    pub targets: Vec<InstanceId>,
    /// The protections that events switch, as ranges with one element for each policy.
    pub flags: Vec<Flags>,
    /// The permissions of callers; `None` if everybody may do everything.
    pub principals: Option<Arc<Principals>>,
    /// The house rules.
    pub house: Arc<[HouseRule]>,
    /// The watches.
    pub watch: Arc<[Watcher]>,
    /// The expectations, which copies of the plan share.
    pub expectations: Arc<Expectations>,
    /// The decisions that are counted in each replication, by name.
    pub counts: Vec<(String, DecisionLine)>,
    /// The rules on defaults that were applied to the fleet.
    pub defaults: BTreeSet<(PolicyId, RuleId)>,
    /// The assumptions of the scenario.
    pub assumptions: Vec<Assumption>,
    /// The values of the case, as the scenario writes them.
    pub values: Vec<(String, String)>,
    /// The span of each event; empty if the events were read row by row.
    pub event_spans: Vec<Span>,
}

impl Plan {
    /// Whether calls have to be noted, because something reads them.
    pub fn needs_calls(&self) -> bool {
        let is_about_alerts = |demand: &HouseDemand| matches!(demand, HouseDemand::AlertWithin(_));
        !self.watch.is_empty()
            || !self.expectations.alerted.is_empty()
            || self.house.iter().any(|rule| is_about_alerts(&rule.demand))
    }
}
