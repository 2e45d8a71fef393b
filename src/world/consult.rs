//! Questions to the policy, and what a run remembers of the answers.

use super::request::RequestContext;
use super::step::{Halt, Step};
use crate::policy::{Answer, Basis, Condition, Facts, Rulebook, Table, Tables, Undecided};
use crate::record::{Cause, Target};
use crate::words::{Action, InstanceId, PolicyId, RuleId, Word};

impl Step<'_> {
    /// The policy of an instance.
    pub(super) fn book_of(&self, id: InstanceId) -> &Rulebook {
        self.world.header.rulebook(self.world.policy_of(id))
    }

    /// Remembers the switches that something rested on.
    pub(super) fn rely(&mut self, policy: PolicyId, basis: Basis) {
        let relied = &mut self.world.relied[policy.index()];
        *relied = relied.union(basis.switches);
    }

    /// Remembers that a rule had something to say.
    pub(super) fn reach(&mut self, policy: PolicyId, rule: RuleId) {
        self.world.reached[policy.index()][rule.index()] = true;
    }

    /// Stops the run: its further course depends on what nobody knows, or its policy says
    /// nothing of it. The first reason counts.
    pub(super) fn halt(
        &mut self,
        request: &RequestContext,
        target: Target,
        policy: PolicyId,
        on: Undecided,
    ) {
        self.halt_by(request.cause, target, policy, on);
    }

    /// The same, for what a cause leads to.
    pub(super) fn halt_by(&mut self, cause: Cause, about: Target, policy: PolicyId, on: Undecided) {
        let halt = Halt { at: self.now, cause, about, policy, on };
        self.world.halt.get_or_insert(Box::new(halt));
    }

    /// What a table of a policy says. The switches that it rests on are remembered. Where it
    /// depends on what nobody knows, the run stops.
    pub(super) fn consult<C: Word>(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        table: impl Fn(&Tables) -> &Table<C>,
        facts: &Facts,
    ) -> Option<Answer<C>> {
        let book = self.world.header.rulebook(policy);
        let answer = match book.ask_all(table(&book.tables), facts) {
            Ok(answer) => answer?,
            Err(on) => {
                self.halt(request, request.target, policy, on);
                return None;
            }
        };
        self.rely(policy, answer.basis);
        self.reach(policy, answer.rule);
        Some(answer)
    }

    /// Whether a step of a clock concerns an instance. Where that depends on what nobody knows,
    /// the run stops.
    pub(super) fn concerns(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
        when: &Condition,
    ) -> bool {
        let mut facts = self.facts(request, id, request.action);
        for column in facts.unknown.iter() {
            if when.columns().all(|tested| tested != column) {
                facts.unknown = facts.unknown.without(column);
            }
        }
        if facts.unknown.is_empty() {
            return when.meets(&facts);
        }
        let policy = self.world.policy_of(id);
        let book = self.world.header.rulebook(policy);
        match book.agreed(&facts, |facts| when.meets(facts), ["concerned", "not concerned"]) {
            Ok((meets, basis)) => {
                self.rely(policy, basis);
                meets
            }
            Err(on) => {
                self.halt(request, Target::Instance(id), policy, on);
                false
            }
        }
    }

    /// The situation of an instance in a request.
    pub(super) fn facts(&self, request: &RequestContext, id: InstanceId, action: Action) -> Facts {
        self.world.situation(id, request.columns(action))
    }
}
