//! The members of each group in its scale-in order, kept from one request to the next.

use rustc_hash::FxHashMap;

use crate::fleet::{Fleet, MemberOrder, MemberRank, Queues, ZoneAndDomain, numbers};
use crate::words::{GroupId, InstanceId, NameForm, Names, Word as _};

/// The members of a group in order, with the sort key of each.
#[derive(Debug, Clone)]
pub(in crate::world) struct Ranking {
    /// `None` until an order is needed.
    queues: Option<Queues>,
    members: FxHashMap<InstanceId, Member>,
    /// For each form of names, the number of members with such a name.
    forms: [usize; 2],
}

/// The state of a member when it was entered.
#[derive(Debug, Clone, Copy)]
struct Member {
    zone_and_domain: ZoneAndDomain,
    rank: MemberRank,
    /// Whether it counts; a leaving or reclaimed member is in no queue.
    counts: bool,
}

impl Ranking {
    /// The current ranking of a group. If all changes since `kept` are known, it is updated;
    /// otherwise a new ranking is made.
    pub(in crate::world) fn of(
        kept: Option<Self>,
        fleet: &mut Fleet,
        names: &Names,
        group: GroupId,
    ) -> Self {
        let moved = fleet.moved_members(group);
        if let (Some(mut ranking), Some(moved)) = (kept, moved) {
            for id in moved {
                ranking.leave(id, names);
                if fleet.instance(id).group == Some(group) {
                    ranking.enter(id, fleet, names);
                }
            }
            return ranking;
        }
        let mut ranking = Self { queues: None, members: FxHashMap::default(), forms: [0; 2] };
        let members = &fleet.group(group).members;
        ranking.members.reserve(members.len());
        for id in members.iter() {
            ranking.enter(*id, fleet, names);
        }
        ranking
    }

    fn enter(&mut self, id: InstanceId, fleet: &Fleet, names: &Names) {
        let instance = fleet.instance(id);
        let member = Member {
            zone_and_domain: (instance.zone, instance.fault_domain),
            rank: MemberRank::of(id, instance, 0),
            counts: !instance.is_aside(),
        };
        self.forms[usize::from(numbers::form(names.get(id.index())).index())] += 1;
        self.members.insert(id, member);
        if let (true, Some(queues)) = (member.counts, &mut self.queues) {
            queues.enter(member.zone_and_domain, member.rank, names);
        }
    }

    fn leave(&mut self, id: InstanceId, names: &Names) {
        let Some(member) = self.members.remove(&id) else { return };
        self.forms[usize::from(numbers::form(names.get(id.index())).index())] -= 1;
        if let (true, Some(queues)) = (member.counts, &mut self.queues) {
            queues.leave(member.zone_and_domain, &member.rank, names);
        }
    }

    /// Whether any member has a name of that form.
    pub(in crate::world) fn has(&self, form: NameForm) -> bool {
        self.forms[usize::from(form.index())] > 0
    }

    /// Whether all members that count are in one zone.
    pub(in crate::world) fn is_one_zone(&self) -> bool {
        if let Some(queues) = &self.queues {
            return queues.is_one_zone();
        }
        let mut zones = self.counted().map(|member| member.zone_and_domain.0);
        let first = zones.next();
        zones.all(|zone| Some(zone) == first)
    }

    fn counted(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.counts)
    }

    /// The members that count, in that order. [`Self::put_back`] keeps the queues.
    pub(in crate::world) fn in_order(&mut self, order: MemberOrder, names: &Names) -> Queues {
        let kept = self.queues.take().filter(|queues| self.is_ordered_by(queues.order(), &order));
        kept.unwrap_or_else(|| {
            let members = self.counted().map(|member| (member.zone_and_domain, member.rank));
            Queues::new(order, members, names)
        })
    }

    /// Whether both orders put these members in the same order; the numbering of a form of names
    /// that no member has is ignored.
    fn is_ordered_by(&self, kept: &MemberOrder, order: &MemberOrder) -> bool {
        let same = |form: &NameForm| {
            let index = usize::from(form.index());
            kept.numbering[index] == order.numbering[index]
        };
        kept.by == order.by && NameForm::ALL.iter().filter(|form| self.has(**form)).all(same)
    }

    /// Keeps queues for the next request.
    pub(in crate::world) fn put_back(&mut self, queues: Queues) {
        self.queues = Some(queues);
    }

    /// The members that count, in that order. Each gets a draw; the draws are taken in the order of
    /// the ids.
    pub(in crate::world) fn with_draws(
        &self,
        order: MemberOrder,
        names: &Names,
        mut draw: impl FnMut() -> u64,
    ) -> Queues {
        let mut counted: Vec<&Member> = self.counted().collect();
        counted.sort_unstable_by_key(|member| member.rank.member);
        let members = counted.into_iter();
        let members = members
            .map(|member| (member.zone_and_domain, MemberRank { draw: draw(), ..member.rank }));
        Queues::new(order, members, names)
    }
}
