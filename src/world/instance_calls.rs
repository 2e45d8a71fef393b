//! Handlers of calls about instances.

use smallvec::smallvec;

use super::harmless::Harmless;
use super::origins::OriginKey;
use super::request::{Call, Ids, Payload, RequestContext, RequestTally, count};
use super::step::Step;
use crate::plan::{Targets, lead, verb};
use crate::policy::{Basis, Column, Facts, FlagChange, Flags, Undecided};
use crate::record::{Refusal, Subject, Target, What};
use crate::time::{SimTime, Term};
use crate::words::{
    Action, Billing, FlagFate, GroupId, InstanceId, Lifecycle, Lock, Obstacle, PolicyId,
    ProtectionSet, RuleId, SetProtections, Trigger, YesNo,
};

impl Step<'_> {
    /// The instances of an event.
    pub(super) fn instances_of(&self, targets: Targets) -> Ids {
        match targets.of(&self.world.targets) {
            [one] => smallvec![*one],
            all => Ids::from_slice(all),
        }
    }

    /// Requests an action without arguments for several instances.
    pub(super) fn each(&mut self, call: Call, action: Action, targets: Targets) {
        let ids = self.instances_of(targets);
        self.execute(&RequestContext::call(call, action, Target::these(&ids)), &ids);
    }

    /// Requests an action for several instances. A harmless action that their policy does not judge
    /// is applied unless a precondition refuses it; any other action is decided.
    pub(super) fn execute(&mut self, request: &RequestContext, ids: &[InstanceId]) {
        let open = self.open(request);
        let Some(harmless) = Harmless::of(request.action) else {
            let tally = self.decide_alike(request, open.seq, ids);
            return self.close(open, tally);
        };
        let judges =
            |id: &InstanceId| self.book_of(*id).policy.knows(Column::Action, request.action);
        if let [id] = ids
            && !judges(id)
        {
            // Most calls name one instance, and need no list of those that are free.
            let mut tally = RequestTally { wanted: 1, ..RequestTally::default() };
            match self.refusal(request, *id) {
                Ok(()) => {
                    self.apply_harmless(request, open.seq, *id, harmless);
                    tally.got = 1;
                }
                Err(why) => tally.refuse(why),
            }
            return self.close(open, tally);
        }
        let (judged, others): (Ids, Ids) = ids.iter().copied().partition(judges);
        let mut tally = self.decide_alike(request, open.seq, &judged);
        tally.add(self.apply_or_refuse(open.seq, harmless, &others, |_, _| *request));
        self.close(open, tally);
    }

    /// Applies an action that the policy does not judge to several instances, if the caller may
    /// and `check` finds no obstacle. All are checked before the first is changed, because a
    /// check can stop the run.
    pub(super) fn apply_unjudged(
        &mut self,
        request: &RequestContext,
        ids: &[InstanceId],
        mut check: impl FnMut(&mut Self, InstanceId) -> Result<(), Obstacle>,
        mut apply: impl FnMut(&mut Self, u64, InstanceId),
    ) {
        let open = self.open(request);
        let mut tally = RequestTally { wanted: count(ids.len()), ..RequestTally::default() };
        let mut free = Ids::new();
        for id in ids {
            let facts = self.facts(request, *id, request.action);
            let permitted = self.permit_call(request, *id, &facts);
            match permitted.and_then(|()| check(self, *id).map_err(Refusal::Obstacle)) {
                Ok(()) => free.push(*id),
                Err(why) => tally.refuse(why),
            }
        }
        if self.world.halt.is_none() {
            free.iter().for_each(|id| apply(self, open.seq, *id));
            tally.got = count(free.len());
        }
        self.close(open, tally);
    }

    /// Applies a harmless action to each instance unless a precondition refuses its request. All
    /// are checked before the first is changed, because a check can stop the run.
    pub(super) fn apply_or_refuse(
        &mut self,
        seq: u64,
        action: Harmless,
        ids: &[InstanceId],
        request: impl Fn(&Self, InstanceId) -> RequestContext,
    ) -> RequestTally {
        let mut tally = RequestTally { wanted: count(ids.len()), ..RequestTally::default() };
        let mut free = Ids::new();
        for id in ids {
            match self.refusal(&request(self, *id), *id) {
                Ok(()) => free.push(*id),
                Err(why) => tally.refuse(why),
            }
        }
        if self.world.halt.is_none() {
            for id in &free {
                self.apply_harmless(&request(self, *id), seq, *id, action);
            }
            tally.got = count(free.len());
        }
        tally
    }

    /// Checks an action that the policy does not judge.
    ///
    /// # Errors
    /// If the instance does not exist, or a precondition refuses the action.
    pub(super) fn refusal(
        &mut self,
        request: &RequestContext,
        id: InstanceId,
    ) -> Result<(), Refusal> {
        let policy = self.world.policy_of(id);
        let facts = self.facts(request, id, request.action);
        if request.is_about_instances() {
            self.permit_call(request, id, &facts)?;
        }
        let instance = self.world.fleet.instance(id);
        if !instance.exists() {
            return Err(self.refusal_of_absent(policy, &facts, Obstacle::NotThere));
        }
        self.refusal_in(request, policy, instance.protections.on, &facts)
    }

    /// The refusal of a call about an instance that does not exist: the policy's answer, or else
    /// `otherwise`.
    pub(super) fn refusal_of_absent(
        &mut self,
        policy: PolicyId,
        facts: &Facts,
        otherwise: Obstacle,
    ) -> Refusal {
        let book = self.world.header.rulebook(policy);
        let Some(rule) = book.refusal_of_absent(facts) else {
            return Refusal::Obstacle(otherwise);
        };
        let basis = book.basis(rule);
        self.rely(policy, basis);
        Refusal::Rule(policy, rule)
    }

    /// Checks the preconditions of a request; `set` has the protections that are on.
    ///
    /// # Errors
    /// If a precondition refuses the request.
    pub(super) fn refusal_in(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        set: ProtectionSet,
        facts: &Facts,
    ) -> Result<(), Refusal> {
        let book = self.world.header.rulebook(policy);
        let mut change = FlagChange::default();
        if let Some(Flags { on, off }) = self.flags(request, policy) {
            let version =
                if let Payload::Flags(_, version) = request.payload { version } else { None };
            change = FlagChange { on, off, after: set.union(on).difference(off), version };
        }
        let found = book.refusal_in_all(facts, &change);
        self.refuse_found(request, policy, found)
    }

    /// Refuses a request by the rule that was found; stops the run if that is unknown.
    ///
    /// # Errors
    /// If a rule was found, or the run stops.
    pub(super) fn refuse_found(
        &mut self,
        request: &RequestContext,
        policy: PolicyId,
        found: Result<Option<(RuleId, Basis)>, Undecided>,
    ) -> Result<(), Refusal> {
        match found {
            Ok(None) => Ok(()),
            Ok(Some((rule, basis))) => {
                self.rely(policy, basis);
                Err(Refusal::Rule(policy, rule))
            }
            Err(on) => {
                self.halt(request, request.target, policy, on);
                // The run stops, and this request is not recorded.
                Err(Refusal::Obstacle(Obstacle::NotThere))
            }
        }
    }

    /// The protections that a request sets, as ids of `policy`; `None` if it sets none.
    pub(super) fn flags(&self, request: &RequestContext, policy: PolicyId) -> Option<Flags> {
        match request.payload {
            Payload::Flags(flags, _) => Some(self.world.flags_of(flags, policy)),
            Payload::Standby(enters) => {
                let standby = self.world.header.rulebook(policy).policy.standby()?;
                let set = ProtectionSet::EMPTY.with(standby);
                let none = ProtectionSet::EMPTY;
                Some(if enters {
                    Flags { on: set, off: none }
                } else {
                    Flags { on: none, off: set }
                })
            }
            Payload::Nothing
            | Payload::Time(_)
            | Payload::Billing(..)
            | Payload::Term(_)
            | Payload::Economical(_)
            | Payload::StoppedBy(_)
            | Payload::Cooldown(_) => None,
        }
    }

    pub(super) fn create(&mut self, call: Call, id: InstanceId) {
        let request = RequestContext::call(call, Action::Create, Target::Instance(id));
        let open = self.open(&request);
        let policy = self.world.policy_of(id);
        let facts = self.facts(&request, id, Action::Create);
        if let Err(why) = self.permit_call(&request, id, &facts) {
            return self.refuse(open, 1, why);
        }
        if let Err(why) = self.refusal_in(&request, policy, ProtectionSet::EMPTY, &facts) {
            return self.refuse(open, 1, why);
        }
        let group = match self.intended_group(&request, id) {
            Ok(group) => group,
            Err(why) => return self.refuse(open, 1, why),
        };
        self.begin_existence(&request, open.seq, id, Lifecycle::Running, group);
        if group.is_some() {
            self.resize_for_created(&request, id);
        }
        self.close(open, RequestTally::all(1));
    }

    pub(super) fn release_call(&mut self, call: Call, event: verb::Release) {
        let ids = self.instances_of(event.instance);
        let mut request = RequestContext::call(call, Action::Release, Target::these(&ids));
        request.facts.force = YesNo::from(event.force.unwrap_or(false));
        request.facts.terminate_subscription =
            YesNo::from(event.terminate_subscription.unwrap_or(false));
        self.execute(&request, &ids);
    }

    pub(super) fn stop(&mut self, call: Call, event: verb::Stop) {
        let ids = self.instances_of(event.instance);
        let economical = Payload::Economical(event.economical.unwrap_or(false));
        self.execute(
            &RequestContext::call(call, Action::Stop, Target::these(&ids)).with_payload(economical),
            &ids,
        );
    }

    pub(super) fn set_protection(&mut self, call: Call, event: verb::SetProtection) {
        let ids = event.instance.map(|targets| self.instances_of(targets)).unwrap_or_default();
        let target = event.group.map_or_else(|| Target::these(&ids), Target::Group);
        let request = RequestContext::call(call, Action::SetProtection, target)
            .with_payload(Payload::Flags(event.flags, event.api_version));
        match event.group {
            Some(group) => self.protect_group(&request, group),
            None => self.execute(&request, &ids),
        }
    }

    fn protect_group(&mut self, request: &RequestContext, id: GroupId) {
        let open = self.open(request);
        if let Err(why) = self.group_refusal(request, id) {
            return self.refuse(open, 1, why);
        }
        let policy = self.world.policy_of_group(id);
        let Flags { on, off } = self.flags(request, policy).unwrap_or_default();
        let [from, to] = self.world.fleet.group_mut(id).protections.switch(on, off);
        if from != to {
            self.change(request, open.seq, Subject::Group(id), What::Protections(policy, from, to));
            let removed = |protection| OriginKey::GroupFlagOff(id, protection);
            self.note_removals(from.lifted(to).0, request.origin.after(open.seq), removed);
        }
        self.close(open, RequestTally::all(1));
    }

    pub(super) fn schedule_release(&mut self, call: Call, event: verb::ScheduleRelease) {
        let ids = self.instances_of(event.instance);
        let common = RequestContext::call(call, Action::ScheduleRelease, Target::these(&ids));
        let open = self.open(&common);
        let request = |step: &Self, id| {
            let book = step.book_of(id);
            let at = event.time.floor_to(book.policy.schedule.granularity);
            let mut request = common.with_payload(Payload::Time(at.max(step.now)));
            // The limits apply to the requested time; the stored time is rounded down.
            request.facts.lead = lead(book, event.time, step.now);
            request
        };
        let tally = self.apply_or_refuse(open.seq, Harmless::ScheduleRelease, &ids, request);
        self.close(open, tally);
    }

    pub(super) fn convert_billing(&mut self, call: Call, event: verb::ConvertBilling) {
        let ids = self.instances_of(event.instance);
        let term = event.term.unwrap_or(Term::MONTH);
        let request = RequestContext::call(call, Action::ConvertBilling, Target::these(&ids));
        let mut request = request.with_payload(Payload::Billing(event.to, term));
        request.facts.to = event.to;
        self.execute(&request, &ids);
    }

    /// Converts the billing; the policy states which protections stay on.
    pub(super) fn convert(&mut self, request: &RequestContext, seq: u64, id: InstanceId) {
        let Payload::Billing(to, term) = request.payload else { return };
        let facts = self.facts(request, id, Action::ConvertBilling);
        if facts.billing == to {
            return;
        }
        let policy = self.world.policy_of(id);
        let flags =
            self.consult(request, policy, |t| &t.conversions, &facts).map(|answer| answer.says);
        if self.world.halt.is_some() {
            return;
        }
        let instance = self.world.fleet.instance(id);
        let (SetProtections { on, unknown }, old_end) = (instance.protections, instance.expires);
        let new_end = match to {
            Billing::Subscription => {
                let facts = Facts { billing: to, ..facts };
                self.term_end(request, policy, &facts, self.now, term.span())
            }
            Billing::PayAsYouGo | Billing::Spot => SimTime::NEVER,
        };
        let book = self.world.header.rulebook(policy);
        let cleared = if flags == Some(FlagFate::Cleared) {
            // The protections that have an effect under one billing only.
            let inert = |billing| book.inert(&Facts { billing, ..facts }, on.union(unknown));
            let (before, after) = (inert(facts.billing), inert(to));
            before.difference(after).union(after.difference(before))
        } else {
            ProtectionSet::EMPTY
        };
        let instance = self.world.fleet.instance_mut(id);
        (instance.billing, instance.billing_known) = (to, true);
        instance.expires = new_end;
        instance.expired = false;
        let subject = Subject::Instance(id);
        self.change(request, seq, subject, What::Billing(facts.billing, to));
        self.change(request, seq, subject, What::Term(old_end, new_end));
        self.clear_protections(request, seq, id, cleared);
        self.set_origin(OriginKey::Term(id), request.origin.after(seq));
        self.schedule_term_step(id);
        self.apply_current_arrears(id);
    }

    /// Switches protections of an instance off, also those whose setting is unknown.
    pub(super) fn clear_protections(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        cleared: ProtectionSet,
    ) {
        self.switch_protections(request, seq, id, (ProtectionSet::EMPTY, cleared));
    }

    /// Switches protections of an instance on and off.
    pub(super) fn switch_protections(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        (on, off): (ProtectionSet, ProtectionSet),
    ) {
        let policy = self.world.policy_of(id);
        let [from, to] = self.world.fleet.instance_mut(id).protections.switch(on, off);
        if from != to {
            let what = What::Protections(policy, from, to);
            self.change(request, seq, Subject::Instance(id), what);
            let removed = |protection| OriginKey::FlagOff(id, protection);
            self.note_removals(from.lifted(to).0, request.origin.after(seq), removed);
        }
    }

    pub(super) fn security_release(&mut self, call: Call, targets: Targets) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::Release, Target::these(&ids));
        self.execute(&request.as_cause(Trigger::SecurityRelease), &ids);
    }

    pub(super) fn maintenance(&mut self, call: Call, targets: Targets) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::Maintain, Target::these(&ids));
        self.execute(&request.as_cause(Trigger::Maintenance), &ids);
    }

    /// Sets or removes the security lock of instances that exist; the policy does not judge this.
    pub(super) fn security_lock(&mut self, call: Call, targets: Targets, on: bool) {
        let ids = self.instances_of(targets);
        let request = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        let apply = |step: &mut Self, seq, id| {
            step.set_lock(&request, seq, id, Lock::Security, on);
        };
        self.apply_unjudged(&request, &ids, Self::is_there, apply);
    }

    /// Checks that an instance exists.
    ///
    /// # Errors
    /// If it does not.
    pub(super) fn is_there(&mut self, id: InstanceId) -> Result<(), Obstacle> {
        if self.world.fleet.instance(id).exists() { Ok(()) } else { Err(Obstacle::NotThere) }
    }
}
