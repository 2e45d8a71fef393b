//! Health of members: reports, health checks, and their consequences.

use crate::plan::verb;
use crate::record::{Subject, Target, What};
use crate::words::{
    Action, DecidingFactor, Health, HealthCheck, HealthFate, InstanceId, Lifecycle, StoppedBy,
    TimerName, Trigger,
};
use crate::world::origins::OriginKey;
use crate::world::request::{Call, Reason, RequestContext, RequestItem};
use crate::world::step::{Step, World};
use crate::world::timer::Timer;

impl Step<'_> {
    /// Sets the reported health of members; the policy does not judge this.
    pub(in crate::world) fn set_health(&mut self, call: Call, event: verb::SetHealth) {
        let ids = self.instances_of(event.instance);
        let request = RequestContext::call(call, Action::SetProtection, Target::these(&ids));
        let apply = |step: &mut Self, seq, id| {
            if step.report_health(&request, seq, id, event.health) {
                step.schedule_health_check(&request, seq, id);
            }
        };
        self.apply_unjudged(&request, &ids, Self::is_there, apply);
    }

    /// Changes the reported health of an instance; returns whether it was another.
    fn report_health(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: Health,
    ) -> bool {
        let instance = self.world.fleet.instance_mut(id);
        let from = if instance.unhealthy { Health::Unhealthy } else { Health::Healthy };
        instance.unhealthy = to == Health::Unhealthy;
        if from != to {
            self.change(request, seq, Subject::Instance(id), What::Health(from, to));
        }
        from != to
    }

    /// Schedules the health check of an unhealthy member, after the grace period of its group;
    /// clears it if the member is healthy.
    pub(in crate::world) fn schedule_health_check(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
    ) {
        let instance = self.world.fleet.instance(id);
        let Some(group) = instance.group.filter(|_| self.world.is_unhealthy(id)) else {
            self.future_events.clear(Timer::HealthCheck(id));
            return;
        };
        self.set_origin(OriginKey::Health(id), request.origin.after(seq));
        let grace = self.world.fleet.group(group).care.grace;
        self.future_events.set(Timer::HealthCheck(id), self.now.after(grace));
    }

    /// Schedules the health check of an unhealthy member after a change that can end its
    /// protection from it. A check that is scheduled already stays.
    pub(in crate::world) fn ensure_health_check(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
    ) {
        if self.world.is_unhealthy(id) && self.future_events.due(Timer::HealthCheck(id)).is_none() {
            self.schedule_health_check(request, seq, id);
        }
    }

    /// Handles the health check of a member.
    pub(in crate::world) fn health_check(&mut self, id: InstanceId) {
        let instance = self.world.fleet.instance(id);
        let Some(group) = instance.group.filter(|_| self.world.is_unhealthy(id)) else { return };
        let request = RequestContext::timer(
            TimerName::HealthCheck,
            Trigger::HealthCheck,
            Action::Release,
            Target::Group(group),
        )
        .following(self.origin(OriginKey::Health(id)));
        let mut facts = self.facts(&request, id, Action::Release);
        facts.suspended = self.group_facts(&request, group).suspended;
        let policy = self.world.policy_of(id);
        let Some(answer) = self.consult(&request, policy, |t| &t.health, &facts) else { return };
        if answer.says == HealthFate::Ignores {
            return;
        }
        let request = request.resting_on(Some(Reason::of(DecidingFactor::HealthCheck, &answer)));
        let open = self.open_judged(&request);
        let tally = self.decide(&request, open.seq, &[RequestItem::of_member(id)]);
        let is_delayed = self.world.held.contains_key(&id);
        if tally.got > 0 && !is_delayed && self.world.fleet.instance(id).exists() {
            // A repair makes the member healthy.
            self.report_health(&request, open.seq, id, Health::Healthy);
        }
        self.close(open, tally);
    }
}

impl World {
    /// Whether the health check of its group finds a member unhealthy.
    pub(in crate::world) fn is_unhealthy(&self, id: InstanceId) -> bool {
        let instance = self.fleet.instance(id);
        let Some(group) = instance.group else { return false };
        if instance.state == Lifecycle::Removing || instance.stopped_by == StoppedBy::Group {
            return false;
        }
        match self.fleet.group(group).care.check {
            HealthCheck::None => false,
            HealthCheck::Instance => instance.unhealthy || !self.serves(id) && instance.exists(),
            // Only a running application reports its health.
            HealthCheck::Application => instance.unhealthy && instance.probed && self.serves(id),
        }
    }
}
