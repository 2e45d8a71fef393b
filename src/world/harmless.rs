//! Actions that take nothing from an instance.

use smallvec::SmallVec;

use super::request::{Payload, RequestContext};
use super::step::Step;
use crate::fleet::Property;
use crate::policy::{Column, Facts, Flags};
use crate::record::{Subject, What};
use crate::time::SimTime;
use crate::words::{Action, Channel, Effect, FlagEffect, InstanceId, Lock, ModelId, ResourceKind};

/// An action that takes nothing from an instance under any policy.
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
    /// The harmless form of an action; `None` if it can take something, or is an action on groups.
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
    /// Applies a harmless action.
    pub(super) fn apply_harmless(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        action: Harmless,
    ) -> Effect {
        match action {
            Harmless::Start => {
                self.bring_up(request, seq, id);
                return Effect::Started;
            }
            Harmless::SetProtection => self.switch_flags(request, seq, id),
            Harmless::ScheduleRelease => {
                if let Payload::Time(at) = request.payload {
                    self.set_schedule(request, seq, id, at);
                }
            }
            Harmless::CancelScheduledRelease => self.set_schedule(request, seq, id, SimTime::NEVER),
            Harmless::ConvertBilling => self.convert(request, seq, id),
            Harmless::Renew => self.prolong(request, seq, id),
            Harmless::Snapshot => self.gain(request, seq, id, None, ResourceKind::Snapshot),
            Harmless::CreateImage => self.gain(request, seq, id, None, ResourceKind::Image),
            Harmless::ConvertAddress => {
                self.gain(request, seq, id, Some(ResourceKind::StaticIp), ResourceKind::Eip);
            }
        }
        Effect::None
    }

    fn switch_flags(&mut self, request: &RequestContext, seq: u64, id: InstanceId) {
        let policy = self.world.policy_of(id);
        let Some(Flags { on, off }) = self.flags(request, policy) else { return };
        self.switch_protections(request, seq, id, (on, off));
        let in_model = self.world.header.rulebook(policy).policy.in_model();
        if !in_model.intersection(on.union(off)).is_empty() {
            self.change_model(request, seq, id);
        }
    }

    /// Changes the model of an instance after a protection of that model was set. If the channel of
    /// the call is unknown, each channel is looked up, and a model that differs becomes unknown.
    fn change_model(&mut self, request: &RequestContext, seq: u64, id: InstanceId) {
        let facts = self.facts(request, id, Action::SetProtection);
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
            let answer = self.consult(request, policy, |t| &t.flag_changes, &facts);
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
        self.set_model(request, seq, id, model);
        if agree && first == FlagEffect::LosesProbe {
            self.probe(request, seq, id, false);
        }
    }

    pub(super) fn set_model(
        &mut self,
        request: &RequestContext,
        seq: u64,
        id: InstanceId,
        to: ModelId,
    ) {
        let from = std::mem::replace(&mut self.world.fleet.instance_mut(id).model, to);
        if from != to {
            self.change(request, seq, Subject::Instance(id), What::Model(from, to));
        }
    }

    /// Sets whether a health probe covers a member.
    pub(super) fn probe(&mut self, request: &RequestContext, seq: u64, id: InstanceId, to: bool) {
        let from = std::mem::replace(&mut self.world.fleet.instance_mut(id).probed, to);
        if from != to {
            self.change(request, seq, Subject::Instance(id), What::Probed(to));
        }
    }

    /// Adds a resource of kind `to`, or converts all resources of kind `from` to it.
    fn gain(
        &mut self,
        request: &RequestContext,
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
                hourly: None,
            });
            gained = 1;
        }
        for _ in 0..gained {
            self.change(request, seq, Subject::Instance(id), What::Property(from, to));
        }
    }

    /// Sets or removes one lock of an instance.
    pub(super) fn set_lock(
        &mut self,
        request: &RequestContext,
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
            self.change(request, seq, Subject::Instance(id), What::Lock(from, to));
        }
    }
}
