//! What an action does to an instance once nothing stands against it.
//!
//! What takes an instance, its data, its address or its place in a group asks for a
//! [`Permit`]; what takes nothing is [`Harmless`]. There is no third way.

use std::sync::Arc;

use smallvec::SmallVec;

use super::decide::Draft;
use super::request::{Payload, RequestContext};
use super::step::{Step, Timer};
use crate::fleet::{Instance, Property};
use crate::plan::Flags;
use crate::policy::{Column, Facts, Permit};
use crate::record::{Loss, Record, Subject, Target, What};
use crate::time::SimTime;
use crate::words::{
    Action, Channel, EconomicalStop, Effect, Fate, FlagEffect, InstanceId, Lifecycle, Lock,
    Membership, ModelId, ResourceKind, StoppedBy, YesNo,
};

/// An action that takes nothing of an instance, whatever its policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harmless {
    Start,
    SetProtection,
    ScheduleRelease,
    CancelScheduledRelease,
    ConvertBilling,
    Renew,
    Snapshot,
    CreateImage,
    ConvertAddress,
}

impl Harmless {
    /// An action as a harmless one, if it is; what is asked of groups is not done to instances.
    pub(super) const fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::Start => Self::Start,
            Action::SetProtection => Self::SetProtection,
            Action::ScheduleRelease => Self::ScheduleRelease,
            Action::CancelScheduledRelease => Self::CancelScheduledRelease,
            Action::ConvertBilling => Self::ConvertBilling,
            Action::Renew => Self::Renew,
            Action::Snapshot => Self::Snapshot,
            Action::CreateImage => Self::CreateImage,
            Action::ConvertAddress => Self::ConvertAddress,
            Action::Release
            | Action::Remove
            | Action::Stop
            | Action::Recycle
            | Action::Reclaim
            | Action::Deallocate
            | Action::Upgrade
            | Action::Restart
            | Action::Redeploy
            | Action::Maintain
            | Action::Reimage
            | Action::ReimageAll
            | Action::Create
            | Action::Attach
            | Action::ScaleIn
            | Action::DeleteMembers
            | Action::Detach
            | Action::ScaleOut
            | Action::SetCapacity
            | Action::UpdateModel
            | Action::DeleteGroup => return None,
        })
    }
}

impl Step<'_> {
    /// Does what a permit lets pass, and says what happened to the instance.
    pub(super) fn apply(&mut self, ask: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let (id, action) = (permit.instance(), permit.action());
        if let Some(harmless) = Harmless::of(action) {
            return self.apply_harmless(ask, seq, id, harmless);
        }
        match action {
            Action::Release => self.release(ask, seq, permit),
            Action::Remove => self.remove(ask, seq, permit),
            Action::Stop => self.shut_down(ask, seq, permit),
            Action::Recycle => {
                let ask = ask.with(Payload::StoppedBy(StoppedBy::Group));
                self.world.fleet.instance_mut(id).economical = true;
                if let Some(group) = self.world.fleet.instance(id).group {
                    self.world.fleet.cool_down(group, self.now);
                }
                self.shut_down(&ask, seq, permit)
            }
            Action::Reclaim => {
                self.move_to(ask, seq, id, Lifecycle::Reclaimed);
                self.renew_parts(ask, seq, permit)
            }
            Action::Deallocate => self.go_down(ask, seq, permit, Lifecycle::Deallocated),
            Action::Upgrade => self.bring_to_model(ask, seq, permit),
            Action::Restart
            | Action::Redeploy
            | Action::Maintain
            | Action::Reimage
            | Action::ReimageAll => self.renew_parts(ask, seq, permit),
            // What concerns groups is done there, and the rest is harmless.
            Action::Start
            | Action::SetProtection
            | Action::ScheduleRelease
            | Action::CancelScheduledRelease
            | Action::ConvertBilling
            | Action::Renew
            | Action::Snapshot
            | Action::CreateImage
            | Action::ConvertAddress
            | Action::Create
            | Action::Attach
            | Action::ScaleIn
            | Action::DeleteMembers
            | Action::Detach
            | Action::ScaleOut
            | Action::SetCapacity
            | Action::UpdateModel
            | Action::DeleteGroup => Effect::None,
        }
    }

    /// Does what takes nothing of an instance.
    pub(super) fn apply_harmless(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        id: InstanceId,
        action: Harmless,
    ) -> Effect {
        match action {
            Harmless::Start => {
                self.bring_up(ask, seq, id);
                return Effect::Started;
            }
            Harmless::SetProtection => self.switch_flags(ask, seq, id),
            Harmless::ScheduleRelease => {
                if let Payload::Time(at) = ask.with {
                    self.set_schedule(ask, seq, id, at);
                }
            }
            Harmless::CancelScheduledRelease => self.set_schedule(ask, seq, id, SimTime::NEVER),
            Harmless::ConvertBilling => self.convert(ask, seq, id),
            Harmless::Renew => self.prolong(ask, seq, id),
            Harmless::Snapshot => self.gain(ask, seq, id, None, ResourceKind::Snapshot),
            Harmless::CreateImage => self.gain(ask, seq, id, None, ResourceKind::Image),
            Harmless::ConvertAddress => {
                self.gain(ask, seq, id, Some(ResourceKind::StaticIp), ResourceKind::Eip);
            }
        }
        Effect::None
    }

    /// Gives an instance up for good. The only way to [`Lifecycle::Released`].
    fn release(&mut self, ask: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        let effect = self.lose(ask, seq, &permit);
        self.leave(ask, seq, &permit);
        self.stop_waiting(id);
        for timer in [
            Timer::TermStep(id),
            Timer::ReclaimStep(id),
            Timer::ScheduledRelease(id),
            Timer::HealthCheck(id),
        ] {
            self.future_events.clear(timer);
        }
        let Instance { state: from, stopped_by, .. } = *self.world.fleet.instance(id);
        self.world.fleet.set_state(id, Lifecycle::Released, stopped_by);
        self.change(ask, seq, Subject::Instance(id), What::State(from, Lifecycle::Released));
        drop(permit);
        effect
    }

    /// Takes an instance out of its group; it lives on.
    fn remove(&mut self, ask: &RequestContext, seq: u64, permit: Permit) -> Effect {
        self.leave(ask, seq, &permit);
        let effect = permit.action().effect();
        drop(permit);
        effect
    }

    /// Takes an instance out of its group, if it is in one.
    fn leave(&mut self, ask: &RequestContext, seq: u64, permit: &Permit) {
        let id = permit.instance();
        let Some(group) = self.world.fleet.instance(id).group else { return };
        // Whatever the group's hook waited for no longer matters.
        self.forget_hold(id);
        let before = self.world.fleet.group(group).members.len();
        self.world.fleet.leave(id, self.now);
        let instance = self.world.fleet.instance_mut(id);
        instance.membership = Membership::None;
        instance.membership_known = true;
        instance.probed = true;
        self.change(ask, seq, Subject::Instance(id), What::Group(Some(group), None));
        let sizes = What::Size(count(before), count(before - 1));
        self.change(ask, seq, Subject::Group(group), sizes);
        // A request that takes many is made up for once.
        match self.world.gone.back_mut() {
            Some((of, by, lost)) if (*of, *by) == (group, ask.trigger) => *lost += 1,
            _ => self.world.gone.push_back((group, ask.trigger, 1)),
        }
    }

    /// Moves an instance to a state, and tells its group.
    pub(super) fn move_to(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: Lifecycle,
    ) {
        self.move_by(ask, seq, id, to, self.world.fleet.instance(id).stopped_by);
    }

    /// The same, and says what shut it down.
    fn move_by(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: Lifecycle,
        by: StoppedBy,
    ) {
        let served = self.world.serves(id);
        let from = self.world.fleet.instance(id).state;
        self.world.fleet.set_state(id, to, by);
        if from == to {
            return;
        }
        self.change(ask, seq, Subject::Instance(id), What::State(from, to));
        if served != self.world.serves(id) {
            self.watch(id);
        }
    }

    /// Shuts an instance down, in one way or the other.
    fn go_down(&mut self, ask: &RequestContext, seq: u64, permit: Permit, to: Lifecycle) -> Effect {
        let instance = self.world.fleet.instance(permit.instance());
        let by = match ask.with {
            // A clock that takes more of what is down already is not why it is down.
            Payload::StoppedBy(StoppedBy::Arrears | StoppedBy::Expiry) if instance.is_down() => {
                instance.stopped_by
            }
            Payload::StoppedBy(by) => by,
            Payload::Nothing
            | Payload::Time(_)
            | Payload::Flags(..)
            | Payload::Billing(..)
            | Payload::Term(_)
            | Payload::Economical(_)
            | Payload::Standby(_) => StoppedBy::User,
        };
        self.move_by(ask, seq, permit.instance(), to, by);
        self.renew_parts(ask, seq, permit)
    }

    /// Brings a member to the model of its group.
    fn bring_to_model(&mut self, ask: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        let Some(group) = self.world.fleet.instance(id).group else { return Effect::None };
        let to = self.world.fleet.group(group).upgrades.model;
        self.set_model(ask, seq, id, to);
        self.probe(ask, seq, id, true);
        self.renew_parts(ask, seq, permit)
    }

    /// What leaves an instance where it is and as it is, but for parts of it.
    fn renew_parts(&mut self, ask: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let effect = self.lose(ask, seq, &permit);
        drop(permit);
        effect
    }

    fn shut_down(&mut self, ask: &RequestContext, seq: u64, permit: Permit) -> Effect {
        let id = permit.instance();
        if let Payload::Economical(true) = ask.with {
            let facts = self.facts(ask, id, Action::Stop);
            let policy = self.world.policy_of(id);
            if let Some(answer) = self.consult(ask, policy, |t| &t.economical, &facts) {
                let frees = answer.says == EconomicalStop::Frees;
                self.world.fleet.instance_mut(id).economical = frees;
            }
        }
        self.go_down(ask, seq, permit, Lifecycle::Stopped)
    }

    /// Starts an instance that was shut down.
    pub(super) fn bring_up(&mut self, ask: &RequestContext, seq: u64, id: InstanceId) {
        let instance = self.world.fleet.instance_mut(id);
        if instance.stopped_by == StoppedBy::User {
            instance.economical = false;
        }
        self.move_by(ask, seq, id, Lifecycle::Running, StoppedBy::Nothing);
    }

    fn switch_flags(&mut self, ask: &RequestContext, seq: u64, id: InstanceId) {
        let policy = self.world.policy_of(id);
        let Some(Flags { on, off }) = self.flags(ask, policy) else { return };
        let instance = self.world.fleet.instance_mut(id);
        let from = instance.on;
        instance.on = from.union(on).difference(off);
        instance.unknown = instance.unknown.difference(on.union(off));
        let to = instance.on;
        if from != to {
            self.change(ask, seq, Subject::Instance(id), What::Protections(policy, from, to));
        }
        let in_model = self.world.header.rulebook(policy).policy.in_model();
        if !in_model.intersection(on.union(off)).is_empty() {
            self.change_model(ask, seq, id);
        }
    }

    /// What it does to the model of an instance that a protection in it was set. A call of which
    /// nobody knows the way is asked about in each: what they do not agree on is unknown.
    fn change_model(&mut self, ask: &RequestContext, seq: u64, id: InstanceId) {
        let facts = self.facts(ask, id, Action::SetProtection);
        let policy = self.world.policy_of(id);
        let ways = match facts.channel {
            Channel::None => &[Channel::Console, Channel::Api, Channel::Cli][..],
            Channel::Console => &[Channel::Console],
            Channel::Api => &[Channel::Api],
            Channel::Cli => &[Channel::Cli],
        };
        let mut effects: SmallVec<[FlagEffect; 3]> = SmallVec::new();
        for channel in ways {
            let unknown = facts.unknown.without(Column::Channel);
            let facts = Facts { channel: *channel, unknown, ..facts };
            let answer = self.consult(ask, policy, |t| &t.flag_changes, &facts);
            effects.extend(answer.map(|answer| answer.says));
        }
        let Some(first) = effects.first().copied() else { return };
        let instance = self.world.fleet.instance(id);
        if instance.group.is_none() {
            return;
        }
        let agree = effects.iter().all(|effect| *effect == first);
        let model = match first {
            _ if !agree && instance.model == ModelId::OWN => return,
            _ if !agree => ModelId::UNKNOWN,
            FlagEffect::Nothing => return,
            FlagEffect::LeavesModel | FlagEffect::LosesProbe => ModelId::OWN,
        };
        self.set_model(ask, seq, id, model);
        if agree && first == FlagEffect::LosesProbe {
            self.probe(ask, seq, id, false);
        }
    }

    fn set_model(&mut self, ask: &RequestContext, seq: u64, id: InstanceId, to: ModelId) {
        let from = std::mem::replace(&mut self.world.fleet.instance_mut(id).model, to);
        if from != to {
            self.change(ask, seq, Subject::Instance(id), What::Model(from, to));
        }
    }

    /// Has the health of a member seen, or no longer.
    fn probe(&mut self, ask: &RequestContext, seq: u64, id: InstanceId, to: bool) {
        let from = std::mem::replace(&mut self.world.fleet.instance_mut(id).probed, to);
        if from != to {
            self.change(ask, seq, Subject::Instance(id), What::Probed(from, to));
            self.watch(id);
        }
    }

    /// Gives an instance a thing, perhaps in exchange for others.
    fn gain(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        id: InstanceId,
        from: Option<ResourceKind>,
        to: ResourceKind,
    ) {
        let properties = self.world.fleet.properties_mut(id);
        let mut gained = 0;
        if let Some(from) = from {
            for property in properties.iter_mut().filter(|property| property.resource == from) {
                property.resource = to;
                gained += 1;
            }
        } else {
            let number = properties.iter().filter(|property| property.resource == to).count() + 1;
            let name = format!("{to}-{number}").into();
            properties.push(Property {
                name: Some(name),
                resource: to,
                gib: None,
                with_instance: Some(false),
                disk: None,
            });
            gained = 1;
        }
        for _ in 0..gained {
            self.change(ask, seq, Subject::Instance(id), What::Property(from, to));
        }
    }

    /// Writes down what an instance loses, and what it leaves behind that is still billed.
    fn lose(&mut self, ask: &RequestContext, seq: u64, permit: &Permit) -> Effect {
        let (id, effect) = (permit.instance(), permit.action().effect());
        let facts = Facts { effect, ..self.facts(ask, id, ask.action) };
        let mut gone: SmallVec<[usize; 4]> = SmallVec::new();
        let boots = |resources: &[Property]| {
            resources.iter().any(|p| p.resource == ResourceKind::SystemDisk)
        };
        if !boots(self.world.fleet.properties(id)) {
            self.fate(ask, seq, id, &facts, SYSTEM_DISK);
        }
        let mut index = 0;
        while let Some(property) = self.world.fleet.properties(id).get(index).cloned() {
            if self.fate(ask, seq, id, &facts, property) == Some(Fate::Lost) {
                gone.push(index);
            }
            index += 1;
        }
        let leaves_a_gap =
            matches!(effect, Effect::Stopped | Effect::Reclaimed | Effect::Deallocated);
        if leaves_a_gap && !gone.is_empty() {
            let resources = self.world.fleet.properties_mut(id);
            for index in gone.into_iter().rev() {
                resources.remove(index);
            }
        }
        effect
    }

    /// What becomes of a thing; it is written down, unless it is just kept.
    fn fate(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        id: InstanceId,
        facts: &Facts,
        of: Property,
    ) -> Option<Fate> {
        let facts = Facts { resource: of.resource, ..*facts };
        let mut with_instance = self.goes_with(ask, id, &facts, of.with_instance);
        if let (YesNo::Yes, Some(disk)) = (with_instance, &of.disk) {
            with_instance = YesNo::from(self.is_lost(ask, id, &facts, disk));
        }
        let facts = Facts { with_instance, ..facts };
        let policy = self.world.policy_of(id);
        let answer = self.consult(ask, policy, |t| &t.effects, &facts)?;
        if answer.says != Fate::Kept {
            let remedy = self.remedy_of_resource(ask, id, &facts, &answer);
            self.out.push(Record::Loss(Loss {
                seq,
                at: self.now,
                instance: id,
                trigger: facts.trigger,
                resource: of.resource,
                name: of.name,
                fate: answer.says,
                gib: of.gib,
                rule: (policy, answer.rule),
                remedy,
            }));
        }
        Some(answer.says)
    }

    /// Whether a disk is lost; one that is not there any more has been.
    fn is_lost(
        &mut self,
        ask: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        disk: &Arc<str>,
    ) -> bool {
        let is_it = |property: &&Property| property.name.as_ref() == Some(disk);
        let Some(disk) = self.world.fleet.properties(id).iter().find(is_it) else { return true };
        let (resource, said) = (disk.resource, disk.with_instance);
        let facts = Facts { resource, ..*facts };
        let with_instance = self.goes_with(ask, id, &facts, said);
        let facts = Facts { with_instance, ..facts };
        let policy = self.world.policy_of(id);
        let answer = self.consult(ask, policy, |t| &t.effects, &facts);
        answer.is_some_and(|answer| answer.says == Fate::Lost)
    }

    /// Whether a thing is set to go with its instance. Where nobody says, the policy knows what
    /// the provider sets; it is asked only where that makes a difference.
    fn goes_with(
        &mut self,
        ask: &RequestContext,
        id: InstanceId,
        facts: &Facts,
        said: Option<bool>,
    ) -> YesNo {
        if let Some(said) = said {
            return YesNo::from(said);
        }
        let policy = self.world.policy_of(id);
        let book = self.world.header.rulebook(policy);
        let fate =
            |with_instance| book.ask(&book.tables.effects, &Facts { with_instance, ..*facts });
        if fate(YesNo::Yes) == fate(YesNo::No) {
            return YesNo::Yes;
        }
        let Facts { billing, resource, .. } = *facts;
        let default = Facts { billing, resource, ..Facts::default() };
        self.consult(ask, policy, |t| &t.defaults.with_instance, &default)
            .map_or(YesNo::Yes, |answer| answer.says)
    }

    /// Whether anything of an instance goes, or is left behind and still billed, if this is done.
    pub(super) fn would_lose(&self, ask: &RequestContext, draft: &Draft) -> bool {
        let book = self.world.header.rulebook(draft.policy);
        let takes = |facts: &Facts| {
            let row = book.tables.effects.decide(facts);
            row.is_some_and(|row| row.says != Fate::Kept)
        };
        self.resources_at_stake(ask, draft).any(|facts| takes(&facts))
    }

    /// Whether it is known what goes with an instance, if this is done; the run stops, if not.
    pub(super) fn losses_are_known(&mut self, ask: &RequestContext, draft: &Draft) -> bool {
        if draft.facts.unknown.is_empty() {
            return true;
        }
        let book = self.world.header.rulebook(draft.policy);
        let effects = &book.tables.effects;
        let mut at_stake = self.resources_at_stake(ask, draft);
        let fault = at_stake.find_map(|facts| book.ask_all(effects, &facts).err());
        drop(at_stake);
        let Some(on) = fault else { return true };
        self.halt(ask, Target::Instance(draft.id), draft.policy, on);
        false
    }

    /// The situation of each thing of an instance, if this is done.
    fn resources_at_stake(
        &self,
        ask: &RequestContext,
        draft: &Draft,
    ) -> impl Iterator<Item = Facts> {
        let book = self.world.header.rulebook(draft.policy);
        let mut facts = Facts { effect: draft.action.effect(), ..draft.facts };
        if let (Action::Stop, Payload::Economical(true)) = (draft.action, ask.with) {
            let answer = book.ask(&book.tables.economical, &facts);
            facts.economical = answer.map_or(facts.economical, |answer| {
                YesNo::from(answer.says == EconomicalStop::Frees)
            });
        }
        let resources = self.world.fleet.properties(draft.id);
        let boots = resources.iter().any(|property| property.resource == ResourceKind::SystemDisk);
        let assumed = (!boots).then_some(&SYSTEM_DISK);
        let of_thing = move |of: &Property| {
            let default = || {
                let Facts { billing, .. } = facts;
                let default = Facts { billing, resource: of.resource, ..Facts::default() };
                let row = book.tables.defaults.with_instance.decide(&default);
                row.map_or(YesNo::Yes, |row| row.says)
            };
            let with_instance = of.with_instance.map_or_else(default, YesNo::from);
            Facts { resource: of.resource, with_instance, ..facts }
        };
        // What belongs to a disk goes only with that disk; one that is not there any more has gone.
        let goes_too = move |disk: &Arc<str>| {
            let disk = resources.iter().find(|property| property.name.as_ref() == Some(disk));
            disk.is_none_or(|disk| {
                let row = book.tables.effects.decide(&of_thing(disk));
                row.is_some_and(|row| row.says == Fate::Lost)
            })
        };
        resources.iter().chain(assumed).map(move |of| {
            let facts = of_thing(of);
            match &of.disk {
                Some(disk) if facts.with_instance == YesNo::Yes => {
                    Facts { with_instance: YesNo::from(goes_too(disk)), ..facts }
                }
                _ => facts,
            }
        })
    }

    /// Puts an instance under a lock, or takes that lock away; its others stay.
    pub(super) fn set_lock(
        &mut self,
        ask: &RequestContext,
        seq: u64,
        id: InstanceId,
        lock: Lock,
        on: bool,
    ) {
        let locks = &mut self.world.fleet.instance_mut(id).locks;
        let from = *locks;
        *locks = if on { from.with(lock) } else { from.without(lock) };
        let to = *locks;
        if from != to {
            self.world.note_lock(id, lock, on, self.now);
            self.change(ask, seq, Subject::Instance(id), What::Lock(from, to));
        }
    }
}

/// Every instance boots from a disk, whether or not the fleet names it.
const SYSTEM_DISK: Property = Property {
    name: None,
    resource: ResourceKind::SystemDisk,
    gib: None,
    with_instance: None,
    disk: None,
};

/// A count as reports carry it.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
