//! Health of members: reports, health checks, and their consequences.

use crate::plan::verb;
use crate::record::{Subject, Target, What};
use crate::time::SimTime;
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
            step.report_health(&request, seq, id, event.health);
        };
        self.apply_unjudged(&request, &ids, Self::is_there, apply);
    }

    /// Changes the reported health of an instance.
    fn report_health(&mut self, request: &RequestContext, seq: u64, id: InstanceId, to: Health) {
        let instance = self.world.fleet.instance_mut(id);
        let from = if instance.unhealthy { Health::Unhealthy } else { Health::Healthy };
        instance.unhealthy = to == Health::Unhealthy;
        if from != to {
            self.change(request, seq, Subject::Instance(id), What::Health(from, to));
        }
    }

    /// Reviews the health checks of the members whose health, or whose protection from its
    /// consequences, a change concerns. `change` calls it for every change that is recorded.
    pub(in crate::world) fn review_health_after(
        &mut self,
        request: &RequestContext,
        seq: u64,
        subject: Subject,
        what: &What,
    ) {
        let concerns = match what {
            What::Group(..)
            | What::Protections(..)
            | What::Probed(..)
            | What::Health(..)
            | What::Suspended(..) => true,
            // `set_state` reviews the health itself: not every change of the state concerns it.
            What::State(..)
            | What::Schedule(..)
            | What::Billing(..)
            | What::Term(..)
            | What::Lock(..)
            | What::Size(..)
            | What::Deleted
            | What::Arrears(..)
            | What::Cancelled(..)
            | What::Model(..)
            | What::Property(..) => false,
        };
        match subject {
            Subject::Instance(id) if concerns => self.review_health(request, seq, id),
            Subject::Group(group) if concerns => {
                for id in self.members_of(group) {
                    self.review_health(request, seq, id);
                }
            }
            Subject::Instance(_) | Subject::Group(_) | Subject::Account(_) => {}
        }
    }

    /// Schedules the health check of an unhealthy member, after the grace period of its group; a
    /// check that is scheduled already stays. Clears the check of any other instance.
    pub(in crate::world) fn review_health(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
    ) {
        let is_due = self.future_events.due(Timer::HealthCheck(id)).is_some();
        match self.world.first_health_check(id, self.now) {
            Some(at) if !is_due => {
                self.set_origin(OriginKey::Health(id), request.origin.after(seq));
                self.future_events.set(Timer::HealthCheck(id), at);
            }
            None if is_due => self.future_events.clear(Timer::HealthCheck(id)),
            Some(_) | None => {}
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
    /// When a member that is unhealthy at `now` is checked first; `None` for any other instance.
    pub(in crate::world) fn first_health_check(
        &self,
        id: InstanceId,
        now: SimTime,
    ) -> Option<SimTime> {
        let group = self.fleet.instance(id).group.filter(|_| self.is_unhealthy(id))?;
        Some(now.after(self.fleet.group(group).care.grace))
    }

    /// Whether the health check of its group finds a member unhealthy.
    pub(in crate::world) fn is_unhealthy(&self, id: InstanceId) -> bool {
        let instance = self.fleet.instance(id);
        let Some(group) = instance.group else { return false };
        let is_leaving = instance.state == Lifecycle::Removing;
        if !instance.exists() || is_leaving || instance.stopped_by == StoppedBy::Group {
            return false;
        }
        match self.fleet.group(group).care.check {
            HealthCheck::None => false,
            HealthCheck::Instance => instance.unhealthy || !self.serves(id),
            // Only a running application reports its health.
            HealthCheck::Application => instance.unhealthy && instance.probed && self.serves(id),
        }
    }
}
