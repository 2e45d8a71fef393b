//! The bounds of a group, and its desired size.

use crate::policy::{Answer, Facts};
use crate::record::Refusal;
use crate::words::{Action, BoundFate, Capacity, DesiredAfter, GroupId, Obstacle};
use crate::world::request::RequestContext;
use crate::world::step::Step;

/// The part of a request to grow or shrink that is carried out.
#[derive(Debug, Clone, Copy)]
pub(in crate::world) struct Extent {
    /// Number of members to add or remove.
    pub by: u32,
    /// Why that is less than requested; `None` if it is not.
    pub limit: Option<Refusal>,
    /// The policy's answer for the bound; `None` if the request crosses none.
    pub bound: Option<Answer<BoundFate>>,
}

impl Step<'_> {
    /// The extent of a request to remove members.
    ///
    /// # Errors
    /// If the policy refuses to cross the minimum.
    pub(in crate::world) fn extent_of_shrinking(
        &mut self,
        request: &RequestContext,
        requested: Action,
        group: GroupId,
        remove: u32,
    ) -> Result<Extent, Refusal> {
        let state = self.world.fleet.group(group);
        let (size, above_min) = (state.size(), state.size().saturating_sub(state.min));
        let bound = if remove > above_min {
            self.bound(request, requested, group, Capacity::BelowMin)?
        } else {
            None
        };
        Ok(self.extent(group, bound, remove, above_min, size))
    }

    /// The extent of a request to create members.
    ///
    /// # Errors
    /// If the policy refuses to cross the maximum.
    pub(in crate::world) fn extent_of_growing(
        &mut self,
        request: &RequestContext,
        requested: Action,
        group: GroupId,
        add: u32,
    ) -> Result<Extent, Refusal> {
        let below_max = self.world.fleet.group(group).room();
        let bound = if add > below_max {
            self.bound(request, requested, group, Capacity::AboveMax)?
        } else {
            None
        };
        Ok(self.extent(group, bound, add, below_max, u32::MAX))
    }

    /// The extent of a request for `wanted` members: `room` is the distance to the bound, `most` is
    /// the largest possible extent.
    fn extent(
        &self,
        group: GroupId,
        bound: Option<Answer<BoundFate>>,
        wanted: u32,
        room: u32,
        most: u32,
    ) -> Extent {
        let clips = bound.filter(|answer| answer.says == BoundFate::Clipped);
        let by = wanted.min(if clips.is_some() { room } else { most });
        let policy = self.world.policy_of_group(group);
        let why = clips.map_or(Refusal::Obstacle(Obstacle::Empty), |answer| {
            Refusal::Rule(policy, answer.rule)
        });
        Extent { by, limit: (by < wanted).then_some(why), bound }
    }

    /// The policy's answer for a request that would cross a bound.
    ///
    /// # Errors
    /// If the policy refuses the request.
    pub(in crate::world) fn bound(
        &mut self,
        request: &RequestContext,
        requested: Action,
        group: GroupId,
        capacity: Capacity,
    ) -> Result<Option<Answer<BoundFate>>, Refusal> {
        let facts = Facts { action: requested, capacity, ..self.group_facts(request, group) };
        let policy = self.world.policy_of_group(group);
        let answer = self.consult(request, policy, |t| &t.bounds, &facts);
        match answer.filter(|answer| answer.says == BoundFate::Refused) {
            Some(refused) => Err(Refusal::Rule(policy, refused.rule)),
            None => Ok(answer),
        }
    }

    /// The desired size after a scale-in to `to` that removed fewer members than requested. Only
    /// called for groups with a desired size.
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

    /// Whether a request sets the desired size: `set-capacity` always does, and other requests do
    /// if the group has one already.
    pub(in crate::world) fn sets_desired(&self, requested: Action, group: GroupId) -> bool {
        requested == Action::SetCapacity || self.world.fleet.group(group).desired.is_some()
    }
}
