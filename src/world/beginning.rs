//! The beginning of an instance: at the start of a run, by a call, or by its group.

use super::group::members::OpenGroup;
use super::origins::OriginKey;
use super::request::RequestContext;
use super::step::{Step, World};
use super::subscription::{next_reclaim_step, next_term_step};
use super::timer::Timer;
use crate::time::SimTime;
use crate::words::{InstanceId, Lifecycle, StoppedBy};

impl World {
    /// The timers that an instance which begins to exist at `now` sets by its own state, apart from
    /// its health check, with their due times. What was due before is due at once.
    pub(super) fn first_timers(
        &self,
        id: InstanceId,
        now: SimTime,
    ) -> impl Iterator<Item = (Timer, SimTime)> + use<> {
        let instance = self.fleet.instance(id);
        let release = Some(instance.auto_release).filter(|at| *at < SimTime::NEVER);
        let timers = [
            (Timer::ScheduledRelease(id), release),
            (Timer::TermStep(id), next_term_step(self, id)),
            (Timer::ReclaimStep(id), next_reclaim_step(self, id)),
        ];
        timers.into_iter().filter_map(move |(timer, due)| Some((timer, due?.max(now))))
    }
}

impl Step<'_> {
    /// Begins the existence of an instance that a call or its group creates, in the state `to` and
    /// as a member of a group if one is given: sets its times and its timers.
    pub(super) fn begin_existence(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: Lifecycle,
        group: Option<OpenGroup>,
    ) {
        let now = self.now;
        self.set_state(request, seq, id, to, StoppedBy::Nothing);
        let instance = self.world.fleet.instance_mut(id);
        instance.created = now;
        instance.joined = now;
        if let Some(group) = group {
            self.enter_group(request, seq, id, group);
        }
        let origin = request.origin.after(seq);
        for (timer, due) in self.world.first_timers(id, now) {
            self.future_events.set(timer, due);
            match timer {
                Timer::ScheduledRelease(_) => self.set_origin(OriginKey::Schedule(id), origin),
                Timer::TermStep(_) => self.set_origin(OriginKey::Term(id), origin),
                Timer::ReclaimStep(_) => self.set_origin(OriginKey::Reclaim(id), origin),
                Timer::RandomSource(_)
                | Timer::BillingStep(_)
                | Timer::Hook(_)
                | Timer::HealthCheck(_)
                | Timer::Refill(_)
                | Timer::UpgradeBatch(_)
                | Timer::Autoscale(_) => {}
            }
        }
        self.apply_current_arrears(id);
    }
}
