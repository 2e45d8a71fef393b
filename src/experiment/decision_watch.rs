//! Decisions about one instance, with the situation and the other decisions of the request.

use crate::policy::Facts;
use crate::record::{Decision, Record};
use crate::run_header::RunHeader;
use crate::words::{InstanceId, Trigger};
use crate::world::World;

/// A decision with its context.
#[derive(Debug, Clone)]
pub struct ExplainedDecision {
    /// The decision.
    pub decision: Decision,
    /// The situation of the instance.
    pub facts: Facts,
    /// All decisions of the same request, in the order in which they were made.
    pub together: Vec<Decision>,
    /// Names of the orders by which the group selected members; empty unless it was a scale-in.
    pub orders: Vec<String>,
}

/// Collects the decisions of one event about one instance.
#[derive(Debug, Clone)]
pub struct DecisionWatch {
    event: String,
    /// `None` if no instance has the requested name.
    instance: Option<InstanceId>,
    /// All decisions of the event, with the orders of selection.
    seen: Vec<(Decision, Vec<String>)>,
    /// Every event with a decision about the instance.
    pub elsewhere: Vec<String>,
}

impl DecisionWatch {
    /// Collects the decisions of `event`, an event id or `timer:NAME`, about `instance`.
    pub fn new(event: &str, instance: &str, header: &RunHeader) -> Self {
        let index = header.instances.position(instance);
        Self {
            event: event.to_owned(),
            instance: index.map(InstanceId::from_index),
            seen: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Whether the instance exists.
    pub const fn instance_exists(&self) -> bool {
        self.instance.is_some()
    }

    /// Adds a record.
    pub fn add(&mut self, record: &Record, world: &World) {
        let header = world.header();
        let Record::Decision(decision) = record else { return };
        let cause = header.cause(decision.cause);
        if Some(decision.instance) == self.instance && !self.elsewhere.iter().any(|e| *e == cause) {
            self.elsewhere.push(cause.clone().into_owned());
        }
        if cause == self.event {
            self.seen.push((Decision::clone(decision), orders(decision, world)));
        }
    }

    /// The decisions about the instance, in order.
    pub fn finish(self) -> Vec<ExplainedDecision> {
        let about_instance =
            self.seen.iter().filter(|(decision, _)| Some(decision.instance) == self.instance);
        about_instance
            .map(|(decision, orders)| {
                let same = self.seen.iter().map(|(d, _)| d).filter(|d| d.seq == decision.seq);
                ExplainedDecision {
                    facts: decision.facts,
                    together: same.cloned().collect(),
                    orders: orders.clone(),
                    decision: decision.clone(),
                }
            })
            .collect()
    }
}

/// Names of the orders by which a scale-in selects members; empty for other triggers.
fn orders(decision: &Decision, world: &World) -> Vec<String> {
    let Some(group) = decision.group.filter(|_| decision.trigger == Trigger::ScaleIn) else {
        return Vec::new();
    };
    let known = &world.header().rulebook(decision.policy).policy.orders;
    let orders = world.fleet().group(group).orders.iter().filter_map(|index| known.get(*index));
    orders.map(|order| order.name.clone()).collect()
}
