//! Calls that are about instances, one by one.

use super::Step;
use super::apply::count;
use super::ask::{Ask, Tally, With};
use super::decide::Item;
use crate::policy::{Basis, Column, Facts};
use crate::record::{Subject, Target, What};
use crate::scenario::{Targets, lead, order};
use crate::time::CalendarSpan;
use crate::vocab::{
    Action, Billing, EventId, FlagFate, InstanceId, Lead, Lifecycle, Lock, PolicyId, ProtectionSet,
    RuleId, Trigger, YesNo,
};

impl Step<'_> {
    /// The instances of an order.
    pub(super) fn of(&self, targets: Targets) -> Vec<InstanceId> {
        targets.of(&self.world.targets).to_vec()
    }

    /// Asks the same of several instances. What their policy judges is decided;
    /// anything else is done unless a precondition refuses it.
    pub(super) fn request(&mut self, ask: &Ask, ids: &[InstanceId]) {
        let judged: Vec<Item> = ids
            .iter()
            .filter(|id| self.book_of(**id).policy.knows(Column::Action, ask.action))
            .map(|id| Item { id: *id, action: ask.action, basis: Basis::NONE })
            .collect();
        let open = self.open(ask, !judged.is_empty());
        let mut tally = self.decide(ask, open.seq, &judged);
        for id in ids {
            if judged.iter().any(|item| item.id == *id) || self.world.halt.is_some() {
                continue;
            }
            tally.wanted += 1;
            match self.refusal(ask, *id) {
                Ok(()) => {
                    self.apply(ask, open.seq, *id, ask.action, &crate::policy::Ruling::NOTHING);
                    tally.got += 1;
                }
                Err(answer) => tally.answer = tally.answer.or(answer),
            }
        }
        self.close(open, tally);
    }

    /// Whether anything refuses a deed that is not judged.
    ///
    /// # Errors
    /// The rule that refuses it; none, if the instance is not there.
    pub(super) fn refusal(
        &mut self,
        ask: &Ask,
        id: InstanceId,
    ) -> Result<(), Option<(PolicyId, RuleId)>> {
        if !self.world.fleet.instance(id).is_there() {
            return Err(None);
        }
        let facts = self.facts(ask, id, ask.action);
        let policy = self.world.policy_of(id);
        let book = self.world.legend.rulebook(policy);
        match book.refusal(&facts) {
            Some(rule) => {
                let basis = book.basis(rule);
                self.rely(policy, basis);
                Err(Some((policy, rule)))
            }
            None => Ok(()),
        }
    }

    /// What a request about these instances is about.
    fn target(ids: &[InstanceId]) -> Target {
        match ids {
            [one] => Target::Instance(*one),
            _ => Target::Instances,
        }
    }

    pub(super) fn create(&mut self, event: EventId, o: order::Create) {
        let id = o.instance;
        let ask = Ask::call(event, "create", Action::Create, Target::Instance(id), o.by, o.via);
        let open = self.open(&ask, false);
        let facts = self.facts(&ask, id, Action::Create);
        let policy = self.world.policy_of(id);
        let book = self.world.legend.rulebook(policy);
        if let Some(rule) = book.refusal(&facts) {
            return self.refuse(open, 1, Some((policy, rule)));
        }
        let now = self.now;
        let instance = self.world.fleet.instance_mut(id);
        instance.state = Lifecycle::Running;
        instance.created = now;
        instance.joined = now;
        let (billing, release) = (instance.billing, instance.auto_release);
        let group = self.world.fleet.born_into(id);
        self.change(
            &ask,
            open.seq,
            Subject::Instance(id),
            What::State(Lifecycle::Absent, Lifecycle::Running),
        );
        if let Some((group, size)) = group {
            let what = What::Size(size - 1, size);
            self.change(&ask, open.seq, Subject::Group(group), what);
        }
        if release < crate::time::SimTime::NEVER {
            self.agenda.set(super::Timer::ScheduledRelease(id), release.max(now));
        }
        if billing == Billing::Subscription {
            self.wind_term(id);
        }
        self.close(open, Tally { wanted: 1, got: 1, answer: None });
    }

    pub(super) fn release_call(&mut self, event: EventId, o: order::Release) {
        let ids = self.of(o.instance);
        let mut ask = Ask::call(event, "release", Action::Release, Self::target(&ids), o.by, o.via);
        ask.facts = Facts {
            force: YesNo::from(o.force.unwrap_or(false)),
            terminate_subscription: YesNo::from(o.terminate_subscription.unwrap_or(false)),
            ..ask.facts
        };
        self.request(&ask, &ids);
    }

    pub(super) fn stop(&mut self, event: EventId, o: order::Stop) {
        let ids = self.of(o.instance);
        let ask = Ask::call(event, "stop", Action::Stop, Self::target(&ids), o.by, o.via)
            .with(With::Economical(o.economical.unwrap_or(false)));
        self.request(&ask, &ids);
    }

    pub(super) fn start(&mut self, event: EventId, o: order::Start) {
        let ids = self.of(o.instance);
        let ask = Ask::call(event, "start", Action::Start, Self::target(&ids), o.by, o.via);
        self.request(&ask, &ids);
    }

    pub(super) fn restart(&mut self, event: EventId, o: order::Restart) {
        let ids = self.of(o.instance);
        let ask = Ask::call(event, "restart", Action::Restart, Self::target(&ids), o.by, o.via);
        self.request(&ask, &ids);
    }

    pub(super) fn set_protection(&mut self, event: EventId, o: order::SetProtection) {
        let ids = o.instance.map(|targets| self.of(targets)).unwrap_or_default();
        let target = o.group.map_or_else(|| Self::target(&ids), Target::Group);
        let ask = Ask::call(event, "set-protection", Action::SetProtection, target, o.by, o.via)
            .with(With::Flags(o.flags));
        let Some(group) = o.group else { return self.request(&ask, &ids) };
        let open = self.open(&ask, false);
        let account = self.world.fleet.group(group).account;
        let policy = self.world.fleet.account(account).policy;
        let flags = self.world.flags[o.flags.0 as usize + policy.index()];
        let group_state = self.world.fleet.group_mut(group);
        let from = group_state.on;
        let to = flags.off.iter().fold(from.and(flags.on), ProtectionSet::without);
        group_state.on = to;
        group_state.unknown =
            flags.on.and(flags.off).iter().fold(group_state.unknown, ProtectionSet::without);
        if from != to {
            self.change(&ask, open.seq, Subject::Group(group), What::Protections(policy, from, to));
        }
        self.close(open, Tally { wanted: 1, got: 1, answer: None });
    }

    pub(super) fn schedule_release(&mut self, event: EventId, o: order::ScheduleRelease) {
        let ids = self.of(o.instance);
        let ask = Ask::call(
            event,
            "schedule-release",
            Action::ScheduleRelease,
            Self::target(&ids),
            o.by,
            o.via,
        );
        let open = self.open(&ask, false);
        let mut tally = Tally { wanted: count(ids.len()), ..Tally::default() };
        for id in ids {
            let book = self.book_of(id);
            let at = o.time.floor_to(book.policy.schedule.granularity);
            // What was asked counts against the limits, and what is stored is cut down.
            let lead: Lead = lead(book, o.time, self.now);
            let one = Ask { facts: Facts { lead, ..ask.facts }, ..ask }.with(With::Time(at));
            match self.refusal(&one, id) {
                Ok(()) => {
                    self.set_schedule(&one, open.seq, id, at.max(self.now));
                    tally.got += 1;
                }
                Err(answer) => tally.answer = tally.answer.or(answer),
            }
        }
        self.close(open, tally);
    }

    pub(super) fn cancel_scheduled_release(
        &mut self,
        event: EventId,
        o: order::CancelScheduledRelease,
    ) {
        let ids = self.of(o.instance);
        let ask = Ask::call(
            event,
            "cancel-scheduled-release",
            Action::CancelScheduledRelease,
            Self::target(&ids),
            o.by,
            o.via,
        );
        self.request(&ask, &ids);
    }

    pub(super) fn convert_billing(&mut self, event: EventId, o: order::ConvertBilling) {
        let ids = self.of(o.instance);
        let term = o.term.unwrap_or_else(|| CalendarSpan::from_months(1));
        let mut ask = Ask::call(
            event,
            "convert-billing",
            Action::ConvertBilling,
            Self::target(&ids),
            o.by,
            o.via,
        )
        .with(With::Billing(o.to, term));
        ask.facts.to = o.to;
        self.request(&ask, &ids);
    }

    /// Converts the billing; what the protections then are is the policy's business.
    pub(super) fn convert(&mut self, ask: &Ask, seq: u64, id: InstanceId) {
        let With::Billing(to, term) = ask.with else { return };
        let facts = self.facts(ask, id, Action::ConvertBilling);
        let policy = self.world.policy_of(id);
        let book = self.world.legend.rulebook(policy);
        let calendar = book.policy.calendar;
        let flags = book.ask(&book.tables.conversions, &facts);
        let ends = self.now.after_on_calendar(term, calendar);
        let instance = self.world.fleet.instance_mut(id);
        let from = std::mem::replace(&mut instance.billing, to);
        if from == to {
            return;
        }
        let (old_end, on) = (instance.expires, instance.on);
        instance.expires = match to {
            Billing::Subscription => ends,
            Billing::PayAsYouGo | Billing::Spot => crate::time::SimTime::NEVER,
        };
        let new_end = instance.expires;
        instance.expired = false;
        self.change(ask, seq, Subject::Instance(id), What::Billing(from, to));
        self.change(ask, seq, Subject::Instance(id), What::Term(old_end, new_end));
        if let Some((FlagFate::Cleared, _, _)) = flags {
            self.world.fleet.instance_mut(id).on = ProtectionSet::EMPTY;
            let what = What::Protections(policy, on, ProtectionSet::EMPTY);
            self.change(ask, seq, Subject::Instance(id), what);
        }
        if let Some((_, _, basis)) = flags {
            self.rely(policy, basis);
        }
        self.wind_term(id);
    }

    pub(super) fn snapshot(&mut self, event: EventId, o: order::Snapshot) {
        let ids = self.of(o.instance);
        let ask = Ask::call(event, "snapshot", Action::Snapshot, Self::target(&ids), o.by, o.via);
        self.request(&ask, &ids);
    }

    pub(super) fn create_image(&mut self, event: EventId, o: order::CreateImage) {
        let ids = self.of(o.instance);
        let ask =
            Ask::call(event, "create-image", Action::CreateImage, Self::target(&ids), o.by, o.via);
        self.request(&ask, &ids);
    }

    pub(super) fn convert_address(&mut self, event: EventId, o: order::ConvertAddress) {
        let ids = self.of(o.instance);
        let target = Self::target(&ids);
        let ask = Ask::call(event, "convert-address", Action::ConvertAddress, target, o.by, o.via);
        self.request(&ask, &ids);
    }

    pub(super) fn security_lock(&mut self, event: EventId, o: order::SecurityLock) {
        self.lock(event, "security-lock", o.instance, Lock::Security);
    }

    pub(super) fn security_unlock(&mut self, event: EventId, o: order::SecurityUnlock) {
        self.lock(event, "security-unlock", o.instance, Lock::None);
    }

    /// The platform does not ask; only instances that are there have a lock.
    fn lock(&mut self, event: EventId, verb: &'static str, targets: Targets, to: Lock) {
        let ids = self.of(targets);
        let ask = Ask::call(event, verb, Action::SetProtection, Self::target(&ids), None, None);
        let open = self.open(&ask, false);
        let mut tally = Tally { wanted: count(ids.len()), ..Tally::default() };
        for id in ids {
            if self.world.fleet.instance(id).is_there() {
                self.set_lock(&ask, open.seq, id, to);
                tally.got += 1;
            }
        }
        self.close(open, tally);
    }

    pub(super) fn security_release(&mut self, event: EventId, o: order::SecurityRelease) {
        let ids = self.of(o.instance);
        let target = Self::target(&ids);
        let ask = Ask::call(event, "security-release", Action::Release, target, None, None)
            .as_cause(Trigger::SecurityRelease);
        self.request(&ask, &ids);
    }
}
