//! What is done to the members of a group as members of it: deeds of the whole group,
//! and a new model on its way to them.

use std::collections::VecDeque;

use super::apply::count;
use super::ask::{Ask, Call, Tally};
use super::decide::{Drafts, alike};
use super::{Step, Timer};
use crate::record::{Subject, Target, What};
use crate::scenario::{Targets, order};
use crate::vocab::{Action, GroupId, InstanceId, RollOut, Trigger, Upgrade, YesNo};

/// A new model on its way to the members of a group, batch by batch.
#[derive(Debug)]
pub(super) struct Rolling {
    /// Who has not been asked yet.
    left: VecDeque<InstanceId>,
    /// How many are asked at a time.
    batch: usize,
    /// In which way.
    upgrade: Upgrade,
    /// Whether new members come in place of old ones.
    replaces: bool,
}

impl Step<'_> {
    pub(super) fn group_action(&mut self, call: Call, o: order::GroupAction) {
        let ask = Ask::call(call, Action::from(o.deed), Target::Group(o.group));
        self.ask_members(ask.as_cause(Trigger::GroupAction), o.group, o.instances);
    }

    pub(super) fn upgrade(&mut self, call: Call, o: order::Upgrade) {
        let ask = Ask::call(call, Action::Upgrade, Target::Group(o.group));
        let ask = ask.as_cause(Trigger::ModelUpdate);
        if !o.os_image.unwrap_or(false) {
            return self.ask_members(ask, o.group, o.instances);
        }
        let open = self.open(&ask, true);
        if let Err(why) = self.group_refusal(&ask, o.group) {
            return self.refuse(open, 1, why);
        }
        let tally = self.begin_rolling(&ask, open.seq, o.group, Upgrade::OsImage, false);
        self.close(open, tally);
    }

    /// Asks the same of all members, or of those that are named.
    fn ask_members(&mut self, mut ask: Ask, group: GroupId, named: Option<Targets>) {
        let open = self.open(&ask, true);
        ask.facts.named = YesNo::from(named.is_some());
        let asked = named.map_or(1, |named| named.len);
        if let Err(why) = self.group_refusal(&ask, group) {
            return self.refuse(open, asked, why);
        }
        let ids = match self.named_or_all(group, named) {
            Ok(ids) => ids,
            Err(why) => return self.refuse(open, asked, why),
        };
        let tally = self.decide(&ask, open.seq, &alike(&ids, ask.action));
        self.close(open, tally);
    }

    pub(super) fn update_model(&mut self, call: Call, o: order::UpdateModel) {
        let group = o.group;
        let mut ask = Ask::call(call, Action::UpdateModel, Target::Group(group));
        ask.facts.upgrade = self.world.fleet.group(group).upgrades.mode;
        let ask = ask.as_cause(Trigger::ModelUpdate);
        let open = self.open(&ask, true);
        if let Err(why) = self.group_refusal(&ask, group) {
            return self.refuse(open, 1, why);
        }
        let upgrades = &mut self.world.fleet.group_mut(group).upgrades;
        let (from, mode) = (upgrades.model, upgrades.mode);
        upgrades.model = o.to;
        if from == o.to {
            return self.close(open, Tally::all(1));
        }
        self.change(&ask, open.seq, Subject::Group(group), What::Model(from, o.to));
        let facts = self.group_facts(&ask, group);
        let answer = self.consult(self.world.policy_of_group(group), |t| &t.roll_outs, &facts);
        let ask = Ask { action: Action::Upgrade, ..ask };
        let tally = match answer.map_or(RollOut::Waits, |answer| answer.says) {
            RollOut::Waits => Tally::all(1),
            RollOut::AtOnce => {
                let members = self.members_of(group);
                self.decide(&ask, open.seq, &alike(&members, Action::Upgrade))
            }
            RollOut::InBatches => self.begin_rolling(&ask, open.seq, group, mode, false),
            RollOut::Replaces => self.begin_rolling(&ask, open.seq, group, mode, true),
        };
        self.close(open, tally);
    }

    /// The first batch goes with the request itself, the others follow by a timer. A
    /// roll-out that was under way ends.
    fn begin_rolling(
        &mut self,
        ask: &Ask,
        seq: u64,
        group: GroupId,
        upgrade: Upgrade,
        replaces: bool,
    ) -> Tally {
        let left = VecDeque::from(self.members_of(group));
        let percent = self.world.fleet.group(group).upgrades.batch_percent;
        // A share of the members, rounded down, and one at least.
        let batch = (left.len() * percent as usize / 100).max(1);
        self.world.rolling.insert(group, Rolling { left, batch, upgrade, replaces });
        self.roll(ask, seq, group)
    }

    /// Asks the next batch.
    fn roll(&mut self, ask: &Ask, seq: u64, group: GroupId) -> Tally {
        let Some(rolling) = self.world.rolling.get_mut(&group) else { return Tally::default() };
        let size = rolling.batch.min(rolling.left.len());
        let mut batch: Vec<InstanceId> = rolling.left.drain(..size).collect();
        let (replaces, upgrade) = (rolling.replaces, rolling.upgrade);
        let over = rolling.left.is_empty();
        batch.retain(|id| self.world.fleet.instance(*id).group == Some(group));
        let mut ask = *ask;
        ask.facts.upgrade = upgrade;
        ask.action = if replaces { Action::Release } else { Action::Upgrade };
        let tally = if replaces {
            self.replace(&ask, seq, group, &batch)
        } else {
            self.decide(&ask, seq, &alike(&batch, Action::Upgrade))
        };
        if over {
            self.world.rolling.remove(&group);
            self.agenda.clear(Timer::UpgradeBatch(group));
        } else {
            let next = self.now.after(self.world.fleet.group(group).upgrades.pause);
            self.agenda.set(Timer::UpgradeBatch(group), next);
        }
        tally
    }

    /// New members come first, as many as there are old ones that may go; then those go.
    fn replace(&mut self, ask: &Ask, seq: u64, group: GroupId, batch: &[InstanceId]) -> Tally {
        let mut drafts = Drafts::new();
        for item in alike(batch, Action::Release) {
            let Some(draft) = self.draft(ask, item) else { return Tally::default() };
            drafts.push(draft);
        }
        let going = drafts.iter().filter(|draft| draft.goes()).count();
        self.grow_by(ask, seq, group, count(going));
        let mut tally = Tally::default();
        for draft in &drafts {
            let word = super::decide::alone(ask, draft);
            self.carry_out(ask, seq, draft, word, &mut tally);
        }
        tally
    }

    /// The next batch of a roll-out is due.
    pub(super) fn upgrade_batch(&mut self, group: GroupId) {
        let ask = Ask::timer(
            "upgrade-batch",
            Trigger::ModelUpdate,
            Action::Upgrade,
            Target::Group(group),
        );
        if self.world.fleet.group(group).deleted {
            self.world.rolling.remove(&group);
            return;
        }
        let open = self.open(&ask, true);
        let tally = self.roll(&ask, open.seq, group);
        self.close(open, tally);
    }
}
