//! Remedies of losses: the facts at the loss and at earlier moments, which
//! [`Rulebook::remedy`](crate::policy::Rulebook::remedy) needs.

use smallvec::SmallVec;

use super::draft::Draft;
use super::origins::OriginKey;
use super::request::RequestContext;
use super::step::{Settled, Step, World};
use crate::policy::{Answer, Danger, Facts, Means, Moment, Remedy};
use crate::record::Record;
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AccountId, Act, Action, Capacity, ClockAction, ClockKind, Fate, InstanceId, Lifecycle, Lock,
    ProtectionId, ProtectionSet, RuleId, StoppedBy, YesNo,
};

/// Moments before which a call may be accepted; most losses have one.
pub(super) type Moments = SmallVec<[Moment; 2]>;

impl Step<'_> {
    /// The remedy of a loss of an instance. `rules` are the deciding rule and the rule that
    /// requests the action.
    fn remedy(
        &self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        rules: [Option<RuleId>; 2],
    ) -> Remedy {
        let moments = self.moments(request, id, facts);
        let danger = self.danger(request, id, facts, rules, &moments);
        self.book_of(id).remedy(&danger)
    }

    /// The remedy of a decided action; `None` if the action takes neither the instance, nor its
    /// membership, nor a resource.
    pub(super) fn remedy_of(
        &self,
        request: &RequestContext,
        draft: &Draft,
        deciding: Option<RuleId>,
    ) -> Option<Remedy> {
        let book = self.world.header.rulebook(draft.policy);
        let takes_something =
            || book.can_lose(draft.facts.trigger, draft.action) && self.would_lose(request, draft);
        if !draft.action.always_loses() && !takes_something() {
            return None;
        }
        let mut reasons = [request.reason, draft.reason].into_iter().flatten();
        let reason = reasons.next().map(|reason| reason.rule);
        let rules = [deciding, reason.filter(|reason| deciding != Some(*reason))];
        Some(self.remedy(request, draft.id, &draft.facts, rules))
    }

    /// The remedy of a lost resource, or of one that stays and is still billed.
    pub(super) fn remedy_of_resource(
        &self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        answer: &Answer<Fate>,
    ) -> Option<Remedy> {
        let book = self.book_of(id);
        let advice = &book.policy.rule(answer.rule).remedy;
        if answer.says != Fate::Lost && advice.means.is_empty() {
            return None;
        }
        let whole = self.world.remedy;
        if let Some(remedy) = whole.filter(|_| advice.means.is_empty() && advice.text.is_none()) {
            return Some(remedy);
        }
        let moments = self.moments(request, id, facts);
        let danger = self.danger(request, id, facts, [None; 2], &moments);
        let instance = || whole.unwrap_or_else(|| book.remedy(&danger));
        Some(book.remedy_of_resource(&danger, facts, answer.rule, instance))
    }

    /// Gives a decision without a remedy the remedy of the first resource that it loses.
    pub(super) fn remedy_by_resource(&mut self, slot: usize, id: InstanceId) {
        let Some((Record::Decision(decision), after)) =
            self.out.get_mut(slot..).and_then(<[Record]>::split_first_mut)
        else {
            return;
        };
        if decision.remedy.is_some_and(|remedy| remedy.means.is_some()) {
            return;
        }
        let saving = after.iter().find_map(|record| match record {
            Record::Loss(loss) if loss.instance == id && loss.fate == Fate::Lost => {
                loss.remedy.filter(|remedy| remedy.means.is_some()).zip(Some(loss.remedy_from))
            }
            Record::Loss(_)
            | Record::Request(_)
            | Record::Decision(_)
            | Record::Change(_)
            | Record::Finding(_)
            | Record::Alert(_) => None,
        });
        if let Some((remedy, from)) = saving {
            (decision.remedy, decision.remedy_from) = (Some(remedy), from);
        }
    }

    /// The first instant at which a remedy could have been used; `None` if nothing helps. It is not
    /// before the start of the run or of the instance. It is also not before the beginning of the
    /// state that the remedy ends: the arrears, the schedule, the hook, the membership, the absence
    /// of the protection.
    pub(super) fn remedy_from(&self, id: InstanceId, remedy: &Remedy) -> Option<SimTime> {
        let (until, means) = (remedy.until?, remedy.means?);
        let instance = self.world.fleet.instance(id);
        let origins = &self.world.origins;
        let begun = match means {
            Means::Do(Act::Settle | Act::Reactivate) => {
                let settled = self.world.just_settled(instance.account, self.now);
                let arrears = self.world.fleet.account(instance.account).arrears;
                settled.map(|settled| settled.arrears).or(arrears).and_then(|arrears| arrears.since)
            }
            Means::Do(Act::CancelSchedule) => Some(origins.get(OriginKey::Schedule(id)).at),
            Means::Do(Act::CompleteHook) => self.world.held.get(&id).map(|held| held.since),
            Means::Do(Act::Detach) => Some(instance.joined),
            Means::Do(
                Act::Renew | Act::Snapshot | Act::CreateImage | Act::ConvertAddress | Act::Keep,
            ) => None,
            Means::Set(protection) => {
                let of_group =
                    instance.group.map(|group| OriginKey::GroupFlagOff(group, protection));
                let own = origins.get(OriginKey::FlagOff(id, protection)).at;
                Some(of_group.map_or(own, |group| origins.get(group).at.max(own)))
            }
        };
        let first = self.world.header.start.max(instance.created);
        Some(begun.map_or(first, |begun| begun.max(first)).min(until))
    }

    /// The protections of an instance that the event behind a request has removed.
    fn removed_by(&self, request: &RequestContext, id: InstanceId) -> ProtectionSet {
        // Most losses occur when nothing has just been removed.
        let just_removed = self.world.removed_at == Some(self.now);
        let Some(event) = request.origin.event().filter(|_| just_removed) else {
            return ProtectionSet::EMPTY;
        };
        let group = self.world.fleet.instance(id).group;
        let is_removed = |protection: &ProtectionId| {
            let own = self.world.origins.get(OriginKey::FlagOff(id, *protection));
            let of_group = group
                .map(|group| self.world.origins.get(OriginKey::GroupFlagOff(group, *protection)));
            let mut removals = std::iter::once(own).chain(of_group);
            removals.any(|off| off.at == self.now && off.origin.event() == Some(event))
        };
        let protections = 0..self.book_of(id).policy.protections.len();
        protections.map(ProtectionId::from_index).filter(is_removed).collect()
    }

    /// The moments before which a call for an instance may be accepted. A request that a hook has
    /// delayed is an activity of its group until the delay ends.
    fn moments(&self, request: &RequestContext, id: InstanceId, facts: &Facts) -> Moments {
        let activity = if request.past_hook { YesNo::Yes } else { facts.activity };
        self.world.moments(id, &Facts { activity, ..*facts }, self.now)
    }

    /// The data of a loss that is about to happen.
    fn danger<'p>(
        &'p self,
        request: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        rules: [Option<RuleId>; 2],
        moments: &'p Moments,
    ) -> Danger<'p> {
        let instance = self.world.fleet.instance(id);
        let size_without = instance.group.map_or(Capacity::Within, |group| {
            let group = self.world.fleet.group(group);
            let left = group.size().saturating_sub(u32::from(!instance.is_aside()));
            if left < group.min { Capacity::BelowMin } else { Capacity::Within }
        });
        let (on, unknown) = self.world.protections(id);
        Danger {
            facts: *facts,
            others: &self.world.also_due,
            on,
            unknown,
            removed: self.removed_by(request, id),
            rules,
            moments,
            in_group: instance.group.is_some(),
            size_without,
            waiting: instance.is_waiting(),
            called: matches!(request.cause, crate::record::Cause::Event(_))
                && facts.trigger.is_call(facts.initiator),
        }
    }
}

/// Adds the moment before a change; `undo` removes the change from its facts.
fn push_earlier(moments: &mut Moments, until: SimTime, undo: impl Fn(&mut Facts)) {
    let later = moments.iter().filter(|moment| moment.until >= until);
    let Some(mut earlier) = later.min_by_key(|moment| moment.until).copied() else { return };
    earlier.until = until;
    undo(&mut earlier.facts);
    for moment in moments.iter_mut().filter(|moment| moment.until < until) {
        undo(&mut moment.facts);
    }
    moments.push(earlier);
}

impl World {
    /// The moments before which a call for an instance may be accepted, the latest first. They are
    /// the present and, where these happened, the settlement that causes the loss, the beginning of
    /// the arrears, a security lock, and the reclaim of the compute.
    fn moments(&self, id: InstanceId, facts: &Facts, now: SimTime) -> Moments {
        let mut moments = Moments::new();
        let instance = self.fleet.instance(id);
        let just_settled = self.just_settled(instance.account, now);
        let current = self.fleet.account(instance.account).arrears;
        match just_settled {
            // Arrears that began and ended at this instant blocked no call before it.
            Some(Settled { arrears, .. }) if arrears.since != Some(now) => {
                let locked = arrears.taken > 0;
                let lock = if locked { facts.lock.with(Lock::Financial) } else { facts.lock };
                let owed = arrears.clock == ClockKind::PaymentOverdue;
                let owing = Facts { overdue: YesNo::from(owed), lock, ..*facts };
                let mut stepped = owing;
                self.add_steps(self.policy_of(id), arrears, &mut stepped);
                let owing = Facts { snapshots_suspended: stepped.snapshots_suspended, ..owing };
                let moment =
                    Moment { until: now, facts: owing, closing: true, perhaps_owing: false };
                moments.push(moment);
                if let Some(until) = arrears.since.filter(|since| *since >= self.header.start) {
                    moments.push(Moment { until, facts: *facts, closing: false, ..moment });
                }
            }
            _ => {
                let (facts, closing) = (*facts, current.is_some());
                moments.push(Moment { until: now, facts, closing, perhaps_owing: false });
            }
        }
        if facts.lock.contains(Lock::Security)
            && let Some(until) = self.locked.get(&id)
        {
            push_earlier(&mut moments, *until, |facts| {
                facts.lock = facts.lock.without(Lock::Security);
            });
        }
        if facts.state == Lifecycle::Reclaimed
            && let Some(until) = self.reclaimed_at(id)
        {
            push_earlier(&mut moments, until, |facts| facts.state = Lifecycle::Stopped);
        }
        // Arrears that began at a moment or later did not block calls before it. Those of the fleet
        // began before the first moment.
        let begun = self.origins.get(OriginKey::Arrears(instance.account)).at;
        let since = current.and_then(|arrears| arrears.since);
        let since = since.filter(|since| *since > self.header.start || begun == *since);
        let before = |moment: &&mut Moment| since.is_some_and(|since| since >= moment.until);
        for moment in moments.iter_mut().filter(before) {
            let lock = moment.facts.lock.without(Lock::Financial);
            moment.facts = Facts { overdue: YesNo::No, lock, ..moment.facts };
            moment.closing = false;
        }
        // The arrears before the last settlement are not stored.
        let settled = self.settled.get(&instance.account);
        for moment in moments.iter_mut().skip(1) {
            let begins = just_settled.is_some_and(|s| s.arrears.since == Some(moment.until));
            moment.perhaps_owing = !begins && settled.is_some_and(|s| s.at >= moment.until);
        }
        moments.sort_by_key(|moment| std::cmp::Reverse(moment.until));
        moments
    }

    /// The arrears that an account has settled at this instant.
    fn just_settled(&self, account: AccountId, now: SimTime) -> Option<Settled> {
        self.settled.get(&account).copied().filter(|settled| settled.at == now)
    }

    /// Instant at which a clock reclaimed the compute of an instance; `None` if that was before the
    /// run.
    fn reclaimed_at(&self, id: InstanceId) -> Option<SimTime> {
        let instance = self.fleet.instance(id);
        let account = self.fleet.account(instance.account);
        let (kind, since, grace) = match (instance.stopped_by, account.arrears) {
            (StoppedBy::Expiry, _) => (ClockKind::Expiry, instance.expires, SimSpan::ZERO),
            (_, Some(arrears)) => (arrears.clock, arrears.since?, account.grace),
            (_, None) => return None,
        };
        let book = self.book(instance.account);
        let clock = book.policy.clock(kind)?;
        let facts = self.situation(id, Facts { action: Action::Reclaim, ..Facts::default() });
        let due = |(number, step): (usize, &crate::policy::ClockStep)| {
            let takes = step.action == ClockAction::Reclaim
                && book.assumes(&step.when)
                && step.when.meets(&facts);
            takes.then(|| clock.due(number, since, grace, book.policy.calendar))
        };
        let at = clock.steps.iter().enumerate().find_map(due)?;
        (at >= self.header.start).then_some(at)
    }

    /// Stores the start of a security lock, or removes it.
    pub(super) fn note_lock(&mut self, id: InstanceId, lock: Lock, on: bool, at: SimTime) {
        if lock == Lock::Security && on {
            self.locked.insert(id, at);
        } else if lock == Lock::Security {
            self.locked.remove(&id);
        }
    }
}
