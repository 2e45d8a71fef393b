//! The deeds: what an action does to an instance once nothing stands against it.

use smallvec::SmallVec;

use super::ask::{Ask, With};
use super::{Step, Timer};
use crate::fleet::{Instance, Property};
use crate::policy::{Facts, Ruling};
use crate::record::{Loss, Record, Subject, What};
use crate::scenario::Flags;
use crate::time::SimTime;
use crate::vocab::{
    Action, EconomicalStop, Effect, Fate, InstanceId, Lifecycle, Lock, Membership, StoppedBy,
    Thing, Trigger, YesNo,
};

impl Step<'_> {
    /// Does what was asked of an instance, and says what happened to it.
    pub(super) fn apply(
        &mut self,
        ask: &Ask,
        seq: u64,
        id: InstanceId,
        action: Action,
        ruling: &Ruling,
    ) -> Effect {
        match action {
            Action::Release => {
                self.release(ask, seq, id, ruling);
                return Effect::Released;
            }
            Action::Remove => {
                self.leave(ask, seq, id);
                return Effect::Removed;
            }
            Action::Stop => return self.shut_down(ask, seq, id),
            Action::Recycle => {
                let ask = ask.with(With::StoppedBy(StoppedBy::Group));
                self.world.fleet.instance_mut(id).economical = true;
                if let Some(group) = self.world.fleet.instance(id).group {
                    self.world.fleet.cool_down(group, self.now);
                }
                return self.shut_down(&ask, seq, id);
            }
            Action::Reclaim => {
                self.move_to(ask, seq, id, Lifecycle::Reclaimed);
                self.lose(ask, seq, id, Effect::Reclaimed, ask.trigger);
                return Effect::Reclaimed;
            }
            Action::Start => {
                self.bring_up(ask, seq, id);
                return Effect::Started;
            }
            Action::Deallocate => {
                return self.go_down(ask, seq, id, (Lifecycle::Deallocated, Effect::Deallocated));
            }
            Action::Upgrade => return self.bring_to_model(ask, seq, id),
            Action::Restart => return self.renew_parts(ask, seq, id, Effect::Restarted),
            Action::Redeploy => return self.renew_parts(ask, seq, id, Effect::Redeployed),
            Action::Maintain => return self.renew_parts(ask, seq, id, Effect::Maintained),
            Action::Reimage => return self.renew_parts(ask, seq, id, Effect::Reimaged),
            Action::ReimageAll => return self.renew_parts(ask, seq, id, Effect::ReimagedAll),
            Action::SetProtection => self.switch_flags(ask, seq, id),
            Action::ScheduleRelease => {
                if let With::Time(at) = ask.with {
                    self.set_schedule(ask, seq, id, at);
                }
            }
            Action::CancelScheduledRelease => self.set_schedule(ask, seq, id, SimTime::NEVER),
            Action::ConvertBilling => self.convert(ask, seq, id),
            Action::Renew => self.prolong(ask, seq, id),
            Action::Snapshot => self.gain(ask, seq, id, None, Thing::Snapshot),
            Action::CreateImage => self.gain(ask, seq, id, None, Thing::Image),
            Action::ConvertAddress => self.gain(ask, seq, id, Some(Thing::StaticIp), Thing::Eip),
            // What concerns groups is done there.
            Action::Create
            | Action::Attach
            | Action::ScaleIn
            | Action::DeleteMembers
            | Action::Detach
            | Action::ScaleOut
            | Action::SetCapacity
            | Action::UpdateModel
            | Action::DeleteGroup => {}
        }
        Effect::None
    }

    /// Gives an instance up for good. The only way to [`Lifecycle::Released`].
    fn release(&mut self, ask: &Ask, seq: u64, id: InstanceId, ruling: &Ruling) {
        // INVARIANT: nothing is released against a protection that holds.
        assert!(!ruling.blocks(), "a protected instance was about to be released");
        self.lose(ask, seq, id, Effect::Released, ask.trigger);
        self.leave(ask, seq, id);
        self.stop_waiting(id);
        for timer in [
            Timer::TermStep(id),
            Timer::ReclaimStep(id),
            Timer::ScheduledRelease(id),
            Timer::HealthCheck(id),
        ] {
            self.agenda.clear(timer);
        }
        let Instance { state: from, stopped_by, .. } = *self.world.fleet.instance(id);
        self.world.fleet.set_state(id, Lifecycle::Released, stopped_by);
        self.change(ask, seq, Subject::Instance(id), What::State(from, Lifecycle::Released));
    }

    /// Takes an instance out of its group, if it is in one.
    pub(super) fn leave(&mut self, ask: &Ask, seq: u64, id: InstanceId) {
        let Some(group) = self.world.fleet.instance(id).group else { return };
        // Whatever the group's hook waited for no longer matters.
        self.forget_hold(id);
        let before = self.world.fleet.group(group).members.len();
        self.world.fleet.leave(id, self.now);
        let instance = self.world.fleet.instance_mut(id);
        instance.membership = Membership::None;
        instance.membership_known = true;
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
    pub(super) fn move_to(&mut self, ask: &Ask, seq: u64, id: InstanceId, to: Lifecycle) {
        self.move_by(ask, seq, id, to, self.world.fleet.instance(id).stopped_by);
    }

    /// The same, and says what shut it down.
    fn move_by(&mut self, ask: &Ask, seq: u64, id: InstanceId, to: Lifecycle, by: StoppedBy) {
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
    fn go_down(
        &mut self,
        ask: &Ask,
        seq: u64,
        id: InstanceId,
        (to, effect): (Lifecycle, Effect),
    ) -> Effect {
        let by = if let With::StoppedBy(by) = ask.with { by } else { StoppedBy::User };
        self.move_by(ask, seq, id, to, by);
        self.lose(ask, seq, id, effect, ask.trigger);
        effect
    }

    /// Brings a member to the model of its group.
    fn bring_to_model(&mut self, ask: &Ask, seq: u64, id: InstanceId) -> Effect {
        let Some(group) = self.world.fleet.instance(id).group else { return Effect::None };
        let to = self.world.fleet.group(group).upgrades.model;
        let from = std::mem::replace(&mut self.world.fleet.instance_mut(id).model, to);
        if from != to {
            self.change(ask, seq, Subject::Instance(id), What::Model(from, to));
        }
        self.lose(ask, seq, id, Effect::Upgraded, ask.trigger);
        Effect::Upgraded
    }

    /// What leaves an instance where it is and as it is, but for parts of it.
    fn renew_parts(&mut self, ask: &Ask, seq: u64, id: InstanceId, effect: Effect) -> Effect {
        self.lose(ask, seq, id, effect, ask.trigger);
        effect
    }

    fn shut_down(&mut self, ask: &Ask, seq: u64, id: InstanceId) -> Effect {
        if let With::Economical(true) = ask.with {
            let facts = self.facts(ask, id, Action::Stop);
            let policy = self.world.policy_of(id);
            if let Some(answer) = self.consult(policy, |t| &t.economical, &facts) {
                let frees = answer.says == EconomicalStop::Frees;
                self.world.fleet.instance_mut(id).economical = frees;
            }
        }
        self.go_down(ask, seq, id, (Lifecycle::Stopped, Effect::Stopped))
    }

    /// Starts an instance that was shut down.
    pub(super) fn bring_up(&mut self, ask: &Ask, seq: u64, id: InstanceId) {
        let instance = self.world.fleet.instance_mut(id);
        if instance.stopped_by == StoppedBy::User {
            instance.economical = false;
        }
        self.move_by(ask, seq, id, Lifecycle::Running, StoppedBy::Nothing);
    }

    fn switch_flags(&mut self, ask: &Ask, seq: u64, id: InstanceId) {
        let policy = self.world.policy_of(id);
        let Some(Flags { on, off }) = self.flags(ask, policy) else { return };
        let instance = self.world.fleet.instance_mut(id);
        let from = instance.on;
        instance.on = from.and(on).but(off);
        instance.unknown = instance.unknown.but(on.and(off));
        let to = instance.on;
        if from != to {
            self.change(ask, seq, Subject::Instance(id), What::Protections(policy, from, to));
        }
    }

    /// Gives an instance a thing, perhaps in exchange for others.
    fn gain(&mut self, ask: &Ask, seq: u64, id: InstanceId, from: Option<Thing>, to: Thing) {
        let properties = self.world.fleet.properties_mut(id);
        let mut gained = 0;
        if let Some(from) = from {
            for property in properties.iter_mut().filter(|property| property.thing == from) {
                property.thing = to;
                gained += 1;
            }
        } else {
            let number = properties.iter().filter(|property| property.thing == to).count() + 1;
            let name = format!("{to}-{number}").into();
            properties.push(Property {
                name: Some(name),
                thing: to,
                gib: None,
                with_instance: Some(false),
            });
            gained = 1;
        }
        for _ in 0..gained {
            self.change(ask, seq, Subject::Instance(id), What::Property(from, to));
        }
    }

    /// Writes down what an instance loses, and what it leaves behind that is still billed.
    fn lose(&mut self, ask: &Ask, seq: u64, id: InstanceId, effect: Effect, trigger: Trigger) {
        let facts = Facts { trigger, effect, ..self.facts(ask, id, ask.action) };
        let mut gone: SmallVec<[usize; 4]> = SmallVec::new();
        let boots = |things: &[Property]| things.iter().any(|p| p.thing == Thing::SystemDisk);
        if !boots(self.world.fleet.properties(id)) {
            // Every instance boots from a disk, whether or not somebody told us of it.
            let disk =
                Property { name: None, thing: Thing::SystemDisk, gib: None, with_instance: None };
            self.fate(ask, seq, id, &facts, disk);
        }
        let mut place = 0;
        while let Some(property) = self.world.fleet.properties(id).get(place).cloned() {
            if self.fate(ask, seq, id, &facts, property) == Some(Fate::Lost) {
                gone.push(place);
            }
            place += 1;
        }
        let leaves_a_gap =
            matches!(effect, Effect::Stopped | Effect::Reclaimed | Effect::Deallocated);
        if leaves_a_gap && !gone.is_empty() {
            let things = self.world.fleet.properties_mut(id);
            for place in gone.into_iter().rev() {
                things.remove(place);
            }
        }
    }

    /// What becomes of a thing; it is written down, unless it is just kept.
    fn fate(
        &mut self,
        ask: &Ask,
        seq: u64,
        id: InstanceId,
        facts: &Facts,
        of: Property,
    ) -> Option<Fate> {
        let facts = Facts { thing: of.thing, ..*facts };
        let with_instance = self.goes_with(id, &facts, of.with_instance);
        let facts = Facts { with_instance, ..facts };
        let policy = self.world.policy_of(id);
        let answer = self.consult(policy, |t| &t.effects, &facts)?;
        if answer.says != Fate::Kept {
            let remedy = self.remedy_of_resource(ask, id, &facts, &answer);
            self.out.push(Record::Loss(Loss {
                seq,
                at: self.now,
                instance: id,
                trigger: facts.trigger,
                thing: of.thing,
                name: of.name,
                fate: answer.says,
                gib: of.gib,
                rule: (policy, answer.rule),
                remedy,
            }));
        }
        Some(answer.says)
    }

    /// Whether a thing is set to go with its instance. Where nobody says, the policy knows what
    /// the provider sets; it is asked only where that makes a difference.
    fn goes_with(&mut self, id: InstanceId, facts: &Facts, said: Option<bool>) -> YesNo {
        if let Some(said) = said {
            return YesNo::from(said);
        }
        let policy = self.world.policy_of(id);
        let book = self.world.legend.rulebook(policy);
        let fate =
            |with_instance| book.ask(&book.tables.effects, &Facts { with_instance, ..*facts });
        if fate(YesNo::Yes) == fate(YesNo::No) {
            return YesNo::Yes;
        }
        let Facts { billing, thing, .. } = *facts;
        let default = Facts { billing, thing, ..Facts::default() };
        self.consult(policy, |t| &t.defaults.with_instance, &default)
            .map_or(YesNo::Yes, |answer| answer.says)
    }

    /// Puts an instance under a lock, or takes that lock away; its others stay.
    pub(super) fn set_lock(&mut self, ask: &Ask, seq: u64, id: InstanceId, lock: Lock, on: bool) {
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

/// A count as reports carry it.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
