//! Look-ups in the policy: answers, the switches that they rely on, and unknown answers.

use super::request::RequestContext;
use super::step::{Halt, Step};
use crate::policy::{
    Answer, Basis, Condition, DecisionTable, DecisionTables, Facts, Rulebook, Undecided,
};
use crate::record::{Cause, Target};
use crate::words::{Action, InstanceId, PolicyId, RuleId, Word};

impl Step<'_> {
    /// The rulebook of an instance's policy.
    pub(super) fn book_of(&self, id: InstanceId) -> &Rulebook {
        self.world.header.rulebook(self.world.policy_of(id))
    }

    /// Adds the switches of `basis` to those that the run relies on.
    pub(super) fn rely(&mut self, policy: PolicyId, basis: Basis) {
        let relied = &mut self.world.relied[policy.index()];
        *relied = relied.union(basis.switches);
    }

    /// Marks a rule as used.
    pub(super) fn reach(&mut self, policy: PolicyId, rule: RuleId) {
        self.world.reached[policy.index()][rule.index()] = true;
    }

    /// Stops the run, because its further course depends on an unknown fact or the policy has no
    /// answer. Only the first call has an effect.
    pub(super) fn halt(
        &mut self,
        request: &RequestContext,
        target: Target,
        policy: PolicyId,
        on: Undecided,
    ) {
        self.halt_by(request.cause, target, policy, on);
    }

    /// Stops the run, as [`Self::halt`] does, outside of a request.
    pub(super) fn halt_by(&mut self, cause: Cause, about: Target, policy: PolicyId, on: Undecided) {
        let halt = Halt { at: self.now, cause, about, policy, on };
        self.world.halt.get_or_insert(Box::new(halt));
    }

    /// The answer of a table of a policy. The run then relies on the switches of the answer. `None`
    /// if no row matches, or if the answer depends on unknown facts, which stops the run.
    pub(super) fn consult<C: Word>(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        table: impl Fn(&DecisionTables) -> &DecisionTable<C>,
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

    /// Whether a step of a clock applies to an instance. If that depends on unknown facts, the run
    /// stops.
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

    /// Whether a step of a clock may apply to an instance, for some position of unknown facts.
    pub(super) fn may_concern(
        &self,
        request: &RequestContext,
        id: InstanceId,
        when: &Condition,
    ) -> bool {
        let facts = self.facts(request, id, request.action);
        let book = self.book_of(id);
        book.positions(&facts).0.any(|facts| when.meets(&facts))
    }

    /// The facts of an instance in a request.
    pub(super) fn facts(&self, request: &RequestContext, id: InstanceId, action: Action) -> Facts {
        let mut facts = request.columns(action);
        self.world.add_instance(id, &mut facts);
        facts
    }
}
