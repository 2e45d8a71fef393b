//! Decisions about one instance, with the situation and the other decisions of the request.

use crate::policy::Facts;
use crate::record::{Decision, Record};
use crate::words::Trigger;
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
    instance: String,
    /// All decisions of the event.
    seen: Vec<SeenDecision>,
    /// Every event with a decision about the instance.
    pub elsewhere: Vec<String>,
}

#[derive(Debug, Clone)]
struct SeenDecision {
    decision: Decision,
    /// Whether it is about the requested instance.
    is_about: bool,
    /// Names of the orders of selection.
    orders: Vec<String>,
}

impl DecisionWatch {
    /// Collects the decisions of `event`, an event id or `timer:NAME`, about `instance`, which the
    /// run may create.
    pub fn new(event: &str, instance: &str) -> Self {
        let (event, instance) = (event.to_owned(), instance.to_owned());
        Self { event, instance, seen: Vec::new(), elsewhere: Vec::new() }
    }

    /// Adds a record.
    pub fn add(&mut self, record: &Record, world: &World) {
        let header = world.header();
        let Record::Decision(decision) = record else { return };
        let cause = header.cause(decision.cause);
        let is_about = header.instance(decision.instance) == self.instance;
        if is_about && !self.elsewhere.iter().any(|event| *event == cause) {
            self.elsewhere.push(cause.clone().into_owned());
        }
        if cause == self.event {
            let decision = Decision::clone(decision);
            let orders = orders(&decision, world);
            self.seen.push(SeenDecision { decision, is_about, orders });
        }
    }

    /// The decisions about the instance, in order.
    pub fn finish(self) -> Vec<ExplainedDecision> {
        let explained = |one: &SeenDecision| {
            let all = self.seen.iter().map(|seen| &seen.decision);
            let same = all.filter(|decision| decision.seq == one.decision.seq);
            ExplainedDecision {
                facts: one.decision.facts,
                together: same.cloned().collect(),
                orders: one.orders.clone(),
                decision: one.decision.clone(),
            }
        };
        self.seen.iter().filter(|one| one.is_about).map(explained).collect()
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
