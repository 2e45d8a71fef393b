//! Groups: shrinking, naming members, deleting, attaching, watching.

use super::Step;
use super::apply::count;
use super::ask::{Ask, Call, Ground, Tally};
use super::decide::{Draft, Fate, Item, Word, alone};
use crate::fleet::{Choice, Walk};
use crate::policy::{Answer, Facts};
use crate::record::{DecidedBy, Refusal, Subject, Target, What};
use crate::scenario::order;
use crate::vocab::{
    Action, Capacity, Criterion, Extreme, GroupId, HealthFate, InstanceId, LastWord, Lifecycle,
    Membership, Obstacle, Outcome, ProtectionSet, Shortfall, TieBreak, Trigger, YesNo,
};

impl Step<'_> {
    /// What a group asks of a member, by how it came in.
    fn asks_of(&mut self, ask: &Ask, id: InstanceId) -> Item {
        let facts = self.facts(ask, id, ask.action);
        let answer = self.consult(self.world.policy_of(id), |t| &t.members, &facts);
        let ground = answer.map(|answer| Ground::of(LastWord::Membership, &answer));
        Item { id, action: answer.map_or(Action::Release, |answer| answer.says), ground }
    }

    /// A refusal of a request to a group, which is about no single member.
    ///
    /// # Errors
    /// What refuses it.
    pub(super) fn group_refusal(&mut self, ask: &Ask, group: GroupId) -> Result<(), Refusal> {
        let group = self.world.fleet.group(group);
        if group.deleted {
            return Err(Refusal::Obstacle(Obstacle::GroupDeleted));
        }
        let account = self.world.fleet.account(group.account);
        let facts = Facts {
            trigger: ask.trigger,
            action: ask.action,
            channel: ask.channel,
            overdue: YesNo::from(account.arrears.is_some()),
            members: YesNo::from(!group.members.is_empty()),
            ..ask.facts
        };
        let on = group.on;
        self.refusal_in(ask, account.policy, on, &facts)
    }

    pub(super) fn scale_in(&mut self, call: Call, o: order::ScaleIn) {
        let group = o.group;
        let ask = Ask::call(call, Action::ScaleIn, Target::Group(group));
        let ask = ask.as_cause(Trigger::ScaleIn);
        let open = self.open(&ask, true);
        if let Err(why) = self.group_refusal(&ask, group) {
            return self.refuse(open, o.remove.get(), why);
        }
        let state = self.world.fleet.group(group);
        // A request that would cross the minimum is clipped to it.
        let room = count(state.members.len()).saturating_sub(state.min);
        let wanted = o.remove.get().min(room);
        let Some(drafts) = self.choose(&ask, group, wanted) else {
            return self.close(open, Tally::default());
        };
        let going = count(drafts.iter().filter(|draft| draft.fate == Fate::Goes).count());
        let spare = if going < wanted { self.shortfall(&ask, group) } else { None };
        let mut tally = Tally::default();
        for draft in &drafts {
            let word = match (&spare, draft.fate) {
                (Some(word), Fate::Goes) => *word,
                _ => alone(&ask, draft),
            };
            self.carry_out(&ask, open.seq, draft, word, &mut tally);
        }
        self.close(open, Tally { wanted: o.remove.get(), ..tally });
    }

    /// Walks the group's order until as many may go as are wanted. Whoever the
    /// order names and a protection holds is passed over, and told.
    fn choose(&mut self, ask: &Ask, group: GroupId, wanted: u32) -> Option<Vec<Draft>> {
        let order: Vec<InstanceId> = self.order(ask, group);
        let mut drafts = Vec::new();
        let mut going = 0;
        for id in order {
            if going == wanted {
                break;
            }
            let item = self.asks_of(ask, id);
            let draft = self.draft(ask, item)?;
            going += u32::from(draft.fate == Fate::Goes);
            drafts.push(draft);
        }
        Some(drafts)
    }

    /// The members of a group in the order in which they go.
    fn order(&mut self, ask: &Ask, group: GroupId) -> Vec<InstanceId> {
        let state = self.world.fleet.group(group);
        let policy = self.world.fleet.account(state.account).policy;
        let book = self.world.legend.rulebook(policy);
        let facts = Facts { trigger: ask.trigger, action: ask.action, ..Facts::default() };
        let tie = book.ask(&book.tables.ties, &facts);
        let draws = tie.is_some_and(|tie| tie.says == TieBreak::AtRandom);
        let mut stream = if draws {
            let name = format!("scale-in-ties/{}", self.world.legend.group(group));
            let fresh = || self.world.streams.named(&name);
            Some(self.world.ties.entry(group).or_insert_with(fresh))
        } else {
            None
        };
        let orders: Vec<(Criterion, Extreme)> = state
            .orders
            .iter()
            .map(|at| &book.policy.orders[*at])
            .map(|order| (order.by, order.first))
            .collect();
        let mut members = state.members.clone();
        members.sort_unstable();
        let choices = members.into_iter().map(|id| {
            let instance = self.world.fleet.instance(id);
            let rank = orders.iter().map(|(by, first)| {
                let key = match by {
                    Criterion::Joined => instance.joined.seconds(),
                    Criterion::Created => instance.created.seconds(),
                    Criterion::Configuration => i64::from(instance.configuration),
                };
                match first {
                    Extreme::Lowest => key,
                    Extreme::Highest => -key,
                }
            });
            Choice {
                rank: rank.collect(),
                draw: stream.as_mut().map_or(0, rand::Rng::next_u64),
                name: &self.world.legend.instances[id.index()],
                member: id,
            }
        });
        let choices: Vec<Choice<'_>> = choices.collect();
        let (order, tied): (Vec<InstanceId>, Vec<bool>) = Walk::new(choices).unzip();
        if let Some(tie) = tie.filter(|_| tied.contains(&true)) {
            self.rely(policy, tie.basis);
        }
        order
    }

    /// What becomes of those who might go when too few may: `None` if they go.
    fn shortfall(&mut self, ask: &Ask, group: GroupId) -> Option<Word> {
        let account = self.world.fleet.group(group).account;
        let policy = self.world.fleet.account(account).policy;
        let facts = Facts { trigger: ask.trigger, action: ask.action, ..Facts::default() };
        let Answer { says, rule, basis } = self.consult(policy, |t| &t.shortfall, &facts)?;
        match says {
            Shortfall::Partial => None,
            Shortfall::Refused => Some(Word {
                outcome: Outcome::Spared,
                decided_by: DecidedBy::Other(LastWord::Neighbour),
                rule: Some(rule),
                basis,
            }),
        }
    }

    pub(super) fn delete_members(&mut self, call: Call, o: order::DeleteMembers) {
        let ask = Ask::call(call, Action::DeleteMembers, Target::Group(o.group));
        let ids = self.of(o.instances);
        self.named_members(ask.as_cause(Trigger::DeleteMembers), o.group, &ids);
    }

    pub(super) fn detach(&mut self, call: Call, o: order::Detach) {
        let ask = Ask::call(call, Action::Detach, Target::Group(o.group));
        let ids = self.of(o.instances);
        self.named_members(ask.as_cause(Trigger::Detach), o.group, &ids);
    }

    /// A request to a group that names members. Strangers refuse it as a whole.
    fn named_members(&mut self, mut ask: Ask, group: GroupId, ids: &[InstanceId]) {
        let open = self.open(&ask, true);
        let state = self.world.fleet.group(group);
        let left = count(state.members.len()).saturating_sub(count(ids.len()));
        ask.facts.capacity = if left < state.min { Capacity::BelowMin } else { Capacity::Within };
        let stranger = ids.iter().any(|id| self.world.fleet.instance(*id).group != Some(group));
        if let Err(why) = self.group_refusal(&ask, group) {
            return self.refuse(open, count(ids.len()), why);
        }
        if stranger {
            let why = Refusal::Obstacle(Obstacle::NotAMember);
            return self.refuse(open, count(ids.len()), why);
        }
        let items: Vec<Item> = ids.iter().map(|id| self.asks_of(&ask, *id)).collect();
        let tally = self.decide(&ask, open.seq, &items);
        self.close(open, tally);
    }

    pub(super) fn delete_group(&mut self, call: Call, o: order::DeleteGroup) {
        let group = o.group;
        let ask = Ask::call(call, Action::DeleteGroup, Target::Group(group));
        let mut ask = ask.as_cause(Trigger::GroupDelete);
        ask.facts.force = YesNo::from(o.force.unwrap_or(false));
        let open = self.open(&ask, true);
        let mut members = self.world.fleet.group(group).members.clone();
        members.sort_unstable();
        if let Err(why) = self.group_refusal(&ask, group) {
            return self.refuse(open, count(members.len()), why);
        }
        if let Some(why) = self.guarded(&ask, group).filter(|_| members.is_empty()) {
            return self.refuse(open, 1, why);
        }
        let items: Vec<Item> = members.iter().map(|id| self.asks_of(&ask, *id)).collect();
        let tally = self.decide(&ask, open.seq, &items);
        let empty = self.world.fleet.group(group).members.is_empty();
        if empty && self.world.halt.is_none() {
            self.world.fleet.group_mut(group).deleted = true;
            self.change(&ask, open.seq, Subject::Group(group), What::Exists(true, false));
        }
        self.close(open, tally);
    }

    /// A protection of the group that keeps whatever is in it, and so the group itself
    /// if nothing is.
    fn guarded(&mut self, ask: &Ask, group: GroupId) -> Option<Refusal> {
        let group = self.world.fleet.group(group);
        let policy = self.world.fleet.account(group.account).policy;
        let book = self.world.legend.rulebook(policy);
        let rule = book.guards(ask.trigger, group.on)?.rule?;
        let basis = book.basis(rule);
        self.rely(policy, basis);
        Some(Refusal::Rule(policy, rule))
    }

    pub(super) fn attach(&mut self, call: Call, o: order::Attach) {
        let ids = self.of(o.instance);
        let mut ask = Ask::call(call, Action::Attach, Target::Group(o.group));
        let open = self.open(&ask, false);
        let membership =
            if o.entrusted.unwrap_or(false) { Membership::Entrusted } else { Membership::Attached };
        let mut tally = Tally { wanted: count(ids.len()), ..Tally::default() };
        for id in ids {
            let state = self.world.fleet.group(o.group);
            let full = count(state.members.len()) >= state.max;
            ask.facts.capacity = if full { Capacity::AboveMax } else { Capacity::Within };
            match self.attach_refusal(&ask, id, o.group, membership) {
                Ok(()) => {
                    self.take_in(&ask, open.seq, id, o.group, membership);
                    tally.got += 1;
                }
                Err(why) => tally.refuse(why),
            }
        }
        self.close(open, tally);
    }

    /// Whether anything refuses to take an instance in. What is asked about is the
    /// membership that it would have; who is in a group already is refused.
    fn attach_refusal(
        &mut self,
        ask: &Ask,
        id: InstanceId,
        group: GroupId,
        membership: Membership,
    ) -> Result<(), Refusal> {
        let instance = self.world.fleet.instance(id);
        let obstacle = if self.world.fleet.group(group).deleted {
            Some(Obstacle::GroupDeleted)
        } else if !instance.is_there() {
            Some(Obstacle::NotThere)
        } else {
            instance.group.map(|_| Obstacle::InAGroup)
        };
        if let Some(obstacle) = obstacle {
            return Err(Refusal::Obstacle(obstacle));
        }
        let facts = Facts { membership, ..self.facts(ask, id, Action::Attach) };
        self.refusal_in(ask, self.world.policy_of(id), ProtectionSet::EMPTY, &facts)
    }

    fn take_in(
        &mut self,
        ask: &Ask,
        seq: u64,
        id: InstanceId,
        group: GroupId,
        membership: Membership,
    ) {
        self.world.fleet.join(id, group);
        let now = self.now;
        let instance = self.world.fleet.instance_mut(id);
        instance.membership = membership;
        instance.membership_known = true;
        instance.joined = now;
        let size = count(self.world.fleet.group(group).members.len());
        self.change(ask, seq, Subject::Instance(id), What::Group(None, Some(group)));
        self.change(ask, seq, Subject::Group(group), What::Size(size - 1, size));
    }

    /// A member no longer runs, and its group watches its members.
    pub(super) fn health_check(&mut self, id: InstanceId) {
        let instance = self.world.fleet.instance(id);
        let Some(group) = instance.group else { return };
        if matches!(instance.state, Lifecycle::Running | Lifecycle::Released) {
            return;
        }
        let ask =
            Ask::timer("health-check", Trigger::HealthCheck, Action::Release, Target::Group(group));
        let facts = self.facts(&ask, id, Action::Release);
        let policy = self.world.policy_of(id);
        let Some(answer) = self.consult(policy, |t| &t.health, &facts) else { return };
        if answer.says == HealthFate::Ignores {
            return;
        }
        let ask = ask.resting_on(Some(Ground::of(LastWord::HealthCheck, &answer)));
        let open = self.open(&ask, true);
        let item = self.asks_of(&ask, id);
        let tally = self.decide(&ask, open.seq, &[item]);
        self.close(open, tally);
    }
}
