//! Groups: shrinking, naming members, deleting, attaching, watching.

use super::Step;
use super::apply::count;
use super::ask::{Ask, Tally};
use super::decide::{Draft, Fate, Item, Word, alone};
use crate::fleet::{Choice, Walk};
use crate::policy::{Basis, Facts};
use crate::record::{DecidedBy, Subject, Target, What};
use crate::scenario::order;
use crate::vocab::{
    Action, Capacity, Criterion, EventId, Extreme, GroupId, HealthFate, InstanceId, Lifecycle,
    Membership, Outcome, PolicyId, RuleId, Shortfall, TieBreak, Trigger, YesNo,
};

impl Step<'_> {
    /// What a group asks of a member, by how it came in.
    fn asks_of(&mut self, ask: &Ask, id: InstanceId) -> Item {
        let facts = self.facts(ask, id, ask.action);
        let policy = self.world.policy_of(id);
        let book = self.world.legend.rulebook(policy);
        let answer = book.ask(&book.tables.members, &facts);
        let (action, basis) =
            answer.map_or((Action::Release, Basis::NONE), |(action, _, basis)| (action, basis));
        self.rely(policy, basis);
        Item { id, action, basis }
    }

    /// A refusal of a request to a group, which is about no single member.
    fn group_refusal(&mut self, ask: &Ask, group: GroupId) -> Option<(PolicyId, RuleId)> {
        let group = self.world.fleet.group(group);
        let account = self.world.fleet.account(group.account);
        let facts = Facts {
            trigger: ask.trigger,
            action: ask.action,
            channel: ask.channel,
            overdue: YesNo::from(account.arrears.is_some()),
            members: YesNo::from(!group.members.is_empty()),
            ..ask.facts
        };
        let policy = account.policy;
        let book = self.world.legend.rulebook(policy);
        let rule = book.refusal(&facts)?;
        let basis = book.basis(rule);
        self.rely(policy, basis);
        Some((policy, rule))
    }

    pub(super) fn scale_in(&mut self, event: EventId, o: order::ScaleIn) {
        let group = o.group;
        let target = Target::Group(group);
        let ask = Ask::call(event, "scale-in", Action::ScaleIn, target, o.by, o.via)
            .as_cause(Trigger::ScaleIn);
        let open = self.open(&ask, true);
        if let Some(answer) = self.group_refusal(&ask, group) {
            return self.refuse(open, o.remove, Some(answer));
        }
        let state = self.world.fleet.group(group);
        // A request that would cross the minimum is clipped to it.
        let room = count(state.members.len()).saturating_sub(state.min);
        let wanted = o.remove.min(room);
        let Some(drafts) = self.choose(&ask, group, wanted) else {
            return self.close(open, Tally::default());
        };
        let going = count(drafts.iter().filter(|draft| draft.fate == Fate::Goes).count());
        let spare = if going < wanted { self.shortfall(&ask, group) } else { None };
        let mut tally = Tally::default();
        for draft in &drafts {
            let word = match (&spare, draft.fate) {
                (Some(word), Fate::Goes) => *word,
                _ => alone(draft),
            };
            self.carry_out(&ask, open.seq, draft, word, &mut tally);
        }
        self.close(open, Tally { wanted: o.remove, ..tally });
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
        let draws = matches!(tie, Some((TieBreak::AtRandom, _, _)));
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
        if let Some((_, _, basis)) = tie.filter(|_| tied.contains(&true)) {
            self.rely(policy, basis);
        }
        order
    }

    /// What becomes of those who might go when too few may: `None` if they go.
    fn shortfall(&mut self, ask: &Ask, group: GroupId) -> Option<Word> {
        let account = self.world.fleet.group(group).account;
        let policy = self.world.fleet.account(account).policy;
        let book = self.world.legend.rulebook(policy);
        let facts = Facts { trigger: ask.trigger, action: ask.action, ..Facts::default() };
        let (answer, rule, basis) = book.ask(&book.tables.shortfall, &facts)?;
        self.rely(policy, basis);
        match answer {
            Shortfall::Partial => None,
            Shortfall::Refused => Some(Word {
                outcome: Outcome::Spared,
                decided_by: DecidedBy::Neighbour,
                rule: Some(rule),
                basis,
            }),
        }
    }

    pub(super) fn delete_members(&mut self, event: EventId, o: order::DeleteMembers) {
        let target = Target::Group(o.group);
        let ask = Ask::call(event, "delete-members", Action::DeleteMembers, target, o.by, o.via)
            .as_cause(Trigger::DeleteMembers);
        let ids = self.of(o.instances);
        self.named_members(ask, o.group, &ids);
    }

    pub(super) fn detach(&mut self, event: EventId, o: order::Detach) {
        let target = Target::Group(o.group);
        let ask = Ask::call(event, "detach", Action::Detach, target, o.by, o.via)
            .as_cause(Trigger::Detach);
        let ids = self.of(o.instances);
        self.named_members(ask, o.group, &ids);
    }

    /// A request to a group that names members. Strangers refuse it as a whole.
    fn named_members(&mut self, mut ask: Ask, group: GroupId, ids: &[InstanceId]) {
        let open = self.open(&ask, true);
        let state = self.world.fleet.group(group);
        let left = count(state.members.len()).saturating_sub(count(ids.len()));
        ask.facts.capacity = if left < state.min { Capacity::BelowMin } else { Capacity::Within };
        let stranger = ids.iter().any(|id| self.world.fleet.instance(*id).group != Some(group));
        if let Some(answer) = self.group_refusal(&ask, group) {
            return self.refuse(open, count(ids.len()), Some(answer));
        }
        if stranger {
            return self.refuse(open, count(ids.len()), None);
        }
        let items: Vec<Item> = ids.iter().map(|id| self.asks_of(&ask, *id)).collect();
        let tally = self.decide(&ask, open.seq, &items);
        self.close(open, tally);
    }

    pub(super) fn delete_group(&mut self, event: EventId, o: order::DeleteGroup) {
        let group = o.group;
        let mut ask = Ask::call(
            event,
            "delete-group",
            Action::DeleteGroup,
            Target::Group(group),
            o.by,
            o.via,
        )
        .as_cause(Trigger::GroupDelete);
        ask.facts.force = YesNo::from(o.force.unwrap_or(false));
        let open = self.open(&ask, true);
        let mut members = self.world.fleet.group(group).members.clone();
        members.sort_unstable();
        if self.world.fleet.group(group).deleted {
            return self.refuse(open, 1, None);
        }
        if let Some(answer) = self.group_refusal(&ask, group) {
            return self.refuse(open, count(members.len()), Some(answer));
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

    pub(super) fn attach(&mut self, event: EventId, o: order::Attach) {
        let ids = self.of(o.instance);
        let target = Target::Group(o.group);
        let mut ask = Ask::call(event, "attach", Action::Attach, target, o.by, o.via);
        let open = self.open(&ask, false);
        let membership =
            if o.entrusted.unwrap_or(false) { Membership::Entrusted } else { Membership::Attached };
        let mut tally = Tally { wanted: count(ids.len()), ..Tally::default() };
        for id in ids {
            let state = self.world.fleet.group(o.group);
            let full = count(state.members.len()) >= state.max;
            ask.facts.capacity = if full { Capacity::AboveMax } else { Capacity::Within };
            match self.attach_refusal(&ask, id, membership) {
                Ok(()) if !self.world.fleet.group(o.group).deleted => {
                    self.take_in(&ask, open.seq, id, o.group, membership);
                    tally.got += 1;
                }
                Ok(()) => {}
                Err(answer) => tally.answer = tally.answer.or(answer),
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
        membership: Membership,
    ) -> Result<(), Option<(PolicyId, RuleId)>> {
        let instance = self.world.fleet.instance(id);
        if !instance.is_there() || instance.group.is_some() {
            return Err(None);
        }
        let facts = Facts { membership, ..self.facts(ask, id, Action::Attach) };
        let policy = self.world.policy_of(id);
        let rule = self.world.legend.rulebook(policy).refusal(&facts);
        rule.map_or(Ok(()), |rule| Err(Some((policy, rule))))
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
        let book = self.world.legend.rulebook(policy);
        let Some((answer, _, basis)) = book.ask(&book.tables.health, &facts) else { return };
        self.rely(policy, basis);
        if answer == HealthFate::Ignores {
            return;
        }
        let ask = ask.resting_on(basis);
        let open = self.open(&ask, true);
        let item = self.asks_of(&ask, id);
        let tally = self.decide(&ask, open.seq, &[item]);
        self.close(open, tally);
    }
}
