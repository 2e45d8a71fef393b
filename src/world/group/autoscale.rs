//! Autoscale: evaluates the rules of a group, and requests the size that they state.

use crate::fleet::AUTOSCALE;
use crate::record::Target;
use crate::words::{Action, ActorId, GroupId, Initiator, TimerName, Trigger};
use crate::world::origins::OriginKey;
use crate::world::request::{Payload, RequestContext};
use crate::world::step::Step;
use crate::world::timer::Timer;

impl Step<'_> {
    /// Evaluates the autoscale rules of a group.
    pub(in crate::world) fn autoscale(&mut self, group: GroupId) {
        let state = self.world.fleet.group(group);
        let Some(autoscale) = state.autoscale.as_deref().filter(|_| !state.deleted) else { return };
        let size = state.size();
        let proposal = autoscale.evaluate(self.now, size, &self.world.fleet.metrics);
        self.future_events.set(Timer::Autoscale(group), self.now.after(autoscale.every));
        let Some(proposal) = proposal else { return };
        let action = if proposal.size < size { Action::ScaleIn } else { Action::ScaleOut };
        let mut request = RequestContext::timer(
            TimerName::Autoscale,
            Trigger::ScaleIn,
            action,
            Target::Group(group),
        );
        request.actor = self.world.autoscale_caller();
        request.facts.initiator = proposal.initiator;
        if proposal.initiator == Initiator::Bounds {
            // The bounds react to the size, so the origin is that of its last change.
            request.origin = self.origin(OriginKey::Size(group));
        }
        if let Some(cooldown) = proposal.cooldown {
            request.payload = Payload::Cooldown(cooldown);
        }
        if proposal.size < size {
            self.shrink(&request, Action::ScaleIn, group, size - proposal.size);
        } else {
            request.trigger = Trigger::Manual;
            self.grow(&request, Action::ScaleOut, group, proposal.size - size);
        }
        // The cooldown of a rule starts after each of its requests, whatever the result: no
        // document states what happens if no member may leave.
        let until = proposal.cooldown.map(|cooldown| self.now.after(cooldown));
        if let Some(autoscale) = self.world.fleet.group_mut(group).autoscale.as_deref_mut() {
            autoscale.rests_until = until.unwrap_or(autoscale.rests_until);
        }
    }
}

impl crate::world::step::World {
    fn autoscale_caller(&self) -> Option<ActorId> {
        self.header.actors.position(AUTOSCALE).map(ActorId::from_index)
    }
}
