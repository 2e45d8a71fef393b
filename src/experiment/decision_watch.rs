//! A decision as a witness saw it: with its situation, and the others of the same request.

use crate::policy::Facts;
use crate::record::{Decision, Record};
use crate::run_header::RunHeader;
use crate::words::{InstanceId, Trigger};
use crate::world::World;

/// A decision and what stood around it.
#[derive(Debug, Clone)]
pub struct ExplainedDecision {
    /// The decision.
    pub decision: Decision,
    /// The situation that was judged.
    pub facts: Facts,
    /// Every decision of the same request, in the order in which they were made.
    pub together: Vec<Decision>,
    /// The orders by which the group chose, in the provider's words, if it had to choose.
    pub orders: Vec<String>,
}

/// Looks out for decisions about an instance in an event.
#[derive(Debug, Clone)]
pub struct DecisionWatch {
    event: String,
    instance: Option<InstanceId>,
    seen: Vec<(Decision, Vec<String>)>,
    /// Every event that decided anything about the instance.
    pub elsewhere: Vec<String>,
}

impl DecisionWatch {
    /// Looks out for what an event (its id, or `timer:…`) makes of an instance.
    pub fn new(event: &str, instance: &str, header: &RunHeader) -> Self {
        let at = header.instances.position(instance);
        Self {
            event: event.to_owned(),
            instance: at.map(InstanceId::at),
            seen: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Whether there is such an instance.
    pub const fn knows_instance(&self) -> bool {
        self.instance.is_some()
    }

    /// Takes a record in.
    pub fn take(&mut self, record: &Record, world: &World) {
        let header = world.header();
        let Record::Decision(decision) = record else { return };
        let cause = header.cause(decision.cause);
        if Some(decision.instance) == self.instance && !self.elsewhere.iter().any(|e| *e == cause) {
            self.elsewhere.push(cause.clone().into_owned());
        }
        if cause == self.event {
            self.seen.push((decision.clone(), orders(decision, world)));
        }
    }

    /// The decisions about the instance, in their order.
    pub fn finish(self) -> Vec<ExplainedDecision> {
        let of = self.seen.iter().filter(|(decision, _)| Some(decision.instance) == self.instance);
        of.map(|(decision, orders)| {
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

/// The orders of the group of an instance that a scale-in looked at.
fn orders(decision: &Decision, world: &World) -> Vec<String> {
    let Some(group) = decision.group.filter(|_| decision.trigger == Trigger::ScaleIn) else {
        return Vec::new();
    };
    let known = &world.header().rulebook(decision.policy).policy.orders;
    let of = world.fleet().group(group).orders.iter().filter_map(|at| known.get(*at));
    of.map(|order| order.name.clone()).collect()
}
