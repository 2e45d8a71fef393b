//! Actions on all members of a group, and rolling upgrades to a new model.

use crate::plan::{Targets, verb};
use crate::record::{DecidedBy, Refusal, Subject, Target, What};
use crate::words::{
    Action, GroupId, InstanceId, LimitedBy, Outcome, RollOut, SubjectKind, Trigger, Upgrade, YesNo,
};
use crate::world::draft::{DraftOutcome, Drafts, resolve_alone};
use crate::world::group::state::Rolling;
use crate::world::request::{Call, RequestContext, RequestItem, RequestTally, count};
use crate::world::step::Step;
use crate::world::timer::Timer;

impl Step<'_> {
    pub(in crate::world) fn group_action(&mut self, call: Call, event: verb::GroupAction) {
        let request =
            RequestContext::call(call, Action::from(event.operation), Target::Group(event.group));
        self.request_for_members(
            request.as_cause(Trigger::GroupAction),
            event.group,
            event.instance,
        );
    }

    pub(in crate::world) fn upgrade(&mut self, call: Call, event: verb::Upgrade) {
        let request = RequestContext::call(call, Action::Upgrade, Target::Group(event.group));
        let mut request = request.as_cause(Trigger::ModelUpdate);
        if !event.os_image.unwrap_or(false) {
            return self.request_for_members(request, event.group, event.instance);
        }
        request.facts.upgrade = Upgrade::OsImage;
        let open = self.open_judged(&request);
        if let Err(why) = self.group_refusal(&request, event.group) {
            return self.refuse(open, 1, why);
        }
        let tally = self.begin_rolling(request, open.seq, event.group);
        self.close(open, tally);
    }

    /// Requests the same action for all members, or for the named ones.
    fn request_for_members(
        &mut self,
        mut request: RequestContext,
        group: GroupId,
        named: Option<Targets>,
    ) {
        let open = self.open_judged(&request);
        request.facts.named = YesNo::from(named.is_some());
        request.named = named;
        let wanted = named.map_or(1, |named| named.len);
        if let Err(why) = self.group_refusal(&request, group) {
            return self.refuse(open, wanted, why);
        }
        let ids = match self.named_or_all(&request, group, named) {
            Ok(ids) => ids,
            Err(why) => return self.refuse(open, wanted, why),
        };
        let tally = self.decide_alike(&request, open.seq, &ids);
        self.close(open, tally);
    }

    pub(in crate::world) fn update_model(&mut self, call: Call, event: verb::UpdateModel) {
        let group = event.group;
        let mut request = RequestContext::call(call, Action::UpdateModel, Target::Group(group));
        request.facts.upgrade = self.world.fleet.group(group).upgrades.mode;
        let request = request.as_cause(Trigger::ModelUpdate);
        let open = self.open_judged(&request);
        if let Err(why) = self.group_refusal(&request, group) {
            return self.refuse(open, 1, why);
        }
        let upgrades = &mut self.world.fleet.group_mut(group).upgrades;
        let from = upgrades.model;
        upgrades.model = event.to;
        if from == event.to {
            return self.close(open, RequestTally::all(1));
        }
        self.change(&request, open.seq, Subject::Group(group), What::Model(from, event.to));
        let facts = self.group_facts(&request, group);
        let answer =
            self.consult(&request, self.world.policy_of_group(group), |t| &t.roll_outs, &facts);
        let request = RequestContext { action: Action::Upgrade, ..request };
        let tally = match answer.map_or(RollOut::Waits, |answer| answer.says) {
            RollOut::Waits => RequestTally::all(1),
            RollOut::AtOnce => {
                let members = self.counted_members(group);
                self.decide_alike(&request, open.seq, &members)
            }
            RollOut::InBatches => self.begin_rolling(request, open.seq, group),
            RollOut::Replaces => {
                let request = RequestContext { action: Action::Release, ..request };
                self.begin_rolling(request, open.seq, group)
            }
        };
        self.close(open, tally);
    }

    /// Starts a rolling upgrade: the first batch at once, the others by a timer. It replaces an
    /// upgrade in progress.
    ///
    /// Members that leave the group already are left out. The result counts members of all batches,
    /// as they are at the time of the request: those that an upgrade would change, and those of
    /// them that nothing blocks.
    fn begin_rolling(&mut self, request: RequestContext, seq: u64, group: GroupId) -> RequestTally {
        let members = self.counted_members(group);
        let Some((tally, all_held)) = self.preview(&request, &members) else {
            return RequestTally::default();
        };
        if all_held && let Some(why) = self.refused_if_all_are_held(&request, group) {
            let decided = self.decide_alike(&request, seq, &members);
            return RequestTally { refusal: Some(why), ..decided };
        }
        let percent = self.world.fleet.group(group).upgrades.batch_percent;
        // The percentage of members, rounded down, but at least one.
        let batch = (members.len() * percent as usize / 100).max(1);
        self.world.rolling.insert(group, Rolling { request, seq, left: members.into(), batch });
        self.roll(group);
        tally
    }

    /// The result of a request if all of its instances were judged now, and whether each of them is
    /// held by a protection of its own. `None` if that is unknown.
    fn preview(
        &mut self,
        request: &RequestContext,
        members: &[InstanceId],
    ) -> Option<(RequestTally, bool)> {
        let mut tally = RequestTally::default();
        let mut held = 0;
        for id in members {
            let item = RequestItem::new(*id, request.action);
            let draft = self.draft_alone(request, item)?;
            if matches!(draft.outcome, DraftOutcome::NoOp) {
                continue;
            }
            tally.wanted += 1;
            if draft.goes() {
                tally.got += 1;
                continue;
            }
            let resolution = resolve_alone(request, &draft);
            if let DecidedBy::Protection(protection) = resolution.decided_by {
                let book = self.world.header.rulebook(draft.policy);
                let of = book.policy.protections[protection.index()].of;
                held += u32::from(of == SubjectKind::Instance);
            }
            if resolution.outcome == Outcome::Held {
                tally.limited_by = Some(LimitedBy::Protection);
            }
            if let Some(rule) = resolution.rule {
                tally.refuse(Refusal::Rule(draft.policy, rule));
            }
        }
        Some((tally, tally.wanted > 0 && held == tally.wanted))
    }

    /// Whether a request is refused as a whole because every member is held.
    fn refused_if_all_are_held(
        &mut self,
        request: &RequestContext,
        group: GroupId,
    ) -> Option<Refusal> {
        let mut request = *request;
        request.facts.all_held = YesNo::Yes;
        self.group_refusal(&request, group).err()
    }

    /// Carries out the next batch.
    fn roll(&mut self, group: GroupId) {
        let Some(rolling) = self.world.rolling.get_mut(&group) else { return };
        let size = rolling.batch.min(rolling.left.len());
        let mut batch: Vec<InstanceId> = rolling.left.drain(..size).collect();
        let (request, seq, over) = (rolling.request, rolling.seq, rolling.left.is_empty());
        batch.retain(|id| {
            let member = self.world.fleet.instance(*id);
            member.group == Some(group) && !member.is_aside()
        });
        if request.action == Action::Release {
            self.replace(&request, seq, group, &batch);
        } else {
            self.decide_alike(&request, seq, &batch);
        }
        if over {
            self.end_rolling(group);
        } else {
            let next = self.now.after(self.world.fleet.group(group).upgrades.pause);
            self.future_events.set(Timer::UpgradeBatch(group), next);
        }
    }

    /// Replaces members: creates one for each member that may leave, and then releases those.
    fn replace(
        &mut self,
        request: &RequestContext,
        seq: u64,
        group: GroupId,
        batch: &[InstanceId],
    ) {
        let mut drafts = Drafts::new();
        for id in batch {
            let item = RequestItem::new(*id, Action::Release);
            let Some(draft) = self.draft_alone(request, item) else { return };
            drafts.push(draft);
        }
        let going = drafts.iter().filter(|draft| draft.goes()).count();
        let mut left = self.grow_by(request, seq, group, count(going));
        let mut tally = RequestTally::default();
        for draft in drafts {
            if draft.goes() {
                // At the limit of the program, a member without a replacement stays.
                let Some(rest) = left.checked_sub(1) else { continue };
                left = rest;
            }
            let resolution = resolve_alone(request, &draft);
            self.carry_out(request, seq, draft, resolution, &mut tally);
        }
    }

    /// Ends the rolling upgrade of a group, if one is in progress.
    pub(in crate::world) fn end_rolling(&mut self, group: GroupId) {
        self.world.rolling.remove(&group);
        self.future_events.clear(Timer::UpgradeBatch(group));
    }

    /// Handles the timer of the next batch.
    pub(in crate::world) fn upgrade_batch(&mut self, group: GroupId) {
        let before = self.out.len();
        self.roll(group);
        if self.world.halt.is_some() {
            // The run stops before a batch that it cannot decide.
            self.out.truncate(before);
        }
    }
}
