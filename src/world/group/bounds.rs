//! The bounds of a group, and the size that it is meant to have.

use crate::policy::{Answer, Facts};
use crate::record::Refusal;
use crate::words::{Action, BoundFate, Capacity, DesiredAfter, GroupId, Obstacle};
use crate::world::request::RequestContext;
use crate::world::step::Step;

/// How far a request to grow or shrink is carried out.
#[derive(Debug, Clone, Copy)]
pub(in crate::world) struct Extent {
    /// By how many members.
    pub by: u32,
    /// Why not by as many as were asked for.
    pub limit: Option<Refusal>,
    /// What the policy says of the bound, where the request crosses one.
    pub bound: Option<Answer<BoundFate>>,
}

impl Step<'_> {
    /// How far a group shrinks that is asked to lose so many members.
    ///
    /// # Errors
    /// The rule on its minimum that refuses it.
    pub(in crate::world) fn extent_of_shrinking(
        &mut self,
        request: &RequestContext,
        asked: Action,
        group: GroupId,
        remove: u32,
    ) -> Result<Extent, Refusal> {
        let state = self.world.fleet.group(group);
        let (size, above_min) = (state.size(), state.size().saturating_sub(state.min));
        let bound = if remove > above_min {
            self.bound(request, asked, group, Capacity::BelowMin)?
        } else {
            None
        };
        Ok(self.extent(group, bound, remove, above_min, size))
    }

    /// How far a group grows that is asked to create so many members.
    ///
    /// # Errors
    /// The rule on its maximum that refuses it.
    pub(in crate::world) fn extent_of_growing(
        &mut self,
        request: &RequestContext,
        asked: Action,
        group: GroupId,
        add: u32,
    ) -> Result<Extent, Refusal> {
        let state = self.world.fleet.group(group);
        let below_max = state.max.saturating_sub(state.size());
        let bound = if add > below_max {
            self.bound(request, asked, group, Capacity::AboveMax)?
        } else {
            None
        };
        Ok(self.extent(group, bound, add, below_max, u32::MAX))
    }

    /// `room` is how far the bound is, and `most` what can be done at all.
    fn extent(
        &self,
        group: GroupId,
        bound: Option<Answer<BoundFate>>,
        asked: u32,
        room: u32,
        most: u32,
    ) -> Extent {
        let clips = bound.filter(|answer| answer.says == BoundFate::Clipped);
        let by = asked.min(if clips.is_some() { room } else { most });
        let policy = self.world.policy_of_group(group);
        let why = clips.map_or(Refusal::Obstacle(Obstacle::Empty), |answer| {
            Refusal::Rule(policy, answer.rule)
        });
        Extent { by, limit: (by < asked).then_some(why), bound }
    }

    /// What the policy says of a request that would take a group across a bound.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub(in crate::world) fn bound(
        &mut self,
        request: &RequestContext,
        asked: Action,
        group: GroupId,
        capacity: Capacity,
    ) -> Result<Option<Answer<BoundFate>>, Refusal> {
        let facts = Facts { action: asked, capacity, ..self.group_facts(request, group) };
        let policy = self.world.policy_of_group(group);
        let answer = self.consult(request, policy, |t| &t.bounds, &facts);
        match answer.filter(|answer| answer.says == BoundFate::Refused) {
            Some(refused) => Err(Refusal::Rule(policy, refused.rule)),
            None => Ok(answer),
        }
    }

    /// What a group is meant to have after a scale-in that was to leave it at `to` and was cut
    /// short. Only a group that is meant to have some size asks.
    pub(in crate::world) fn desired_after(
        &mut self,
        request: &RequestContext,
        group: GroupId,
        to: u32,
    ) -> u32 {
        let facts = self.group_facts(request, group);
        let policy = self.world.policy_of_group(group);
        let answer = self.consult(request, policy, |t| &t.desired_after, &facts);
        match answer.map_or(DesiredAfter::AsAsked, |answer| answer.says) {
            DesiredAfter::AsAsked => to,
            DesiredAfter::RealSize => self.world.fleet.group(group).size(),
        }
    }

    /// Whether a request says what a group is meant to have: one that names a size does, and any
    /// other moves a size that was said before.
    pub(in crate::world) fn sets_desired(&self, asked: Action, group: GroupId) -> bool {
        asked == Action::SetCapacity || self.world.fleet.group(group).desired.is_some()
    }
}
