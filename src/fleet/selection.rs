//! Selection at scale-in: the order in which a group offers its members.
//!
//! The order depends on times, zones and names, not on protections. The caller takes one offer at a
//! time and reports which members leave; the zones are counted again after each of them.
//!
//! # Cost
//!
//! Each zone and fault domain has a queue of its members, in order ([`Queues`]). The queues are
//! kept between requests: a member that joins or leaves is found by bisection, and only the heads
//! of the queues are compared. A scale-in of k from n members therefore costs O(k log n).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};

use super::instance::Instance;
use super::numbers;
use crate::time::SimTime;
use crate::words::{Criterion, Extreme, InstanceId, Names, Numbering, Word as _, ZoneId, ZoneRule};

/// The properties of a member by which a group orders its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRank {
    /// The member.
    pub member: InstanceId,
    /// When it joined the group.
    pub joined: SimTime,
    /// When it was created.
    pub created: SimTime,
    /// The age of its configuration.
    pub configuration: u32,
    /// Breaks ties of rank: a draw if the policy states so, otherwise 0.
    pub draw: u64,
}

impl MemberRank {
    /// The rank of a member, with a draw.
    pub const fn of(member: InstanceId, instance: &Instance, draw: u64) -> Self {
        Self {
            member,
            joined: instance.joined,
            created: instance.created,
            configuration: instance.configuration,
            draw,
        }
    }
}

/// The order in which a group offers its members.
#[derive(Debug, Clone)]
pub struct MemberOrder {
    /// The criteria, the first one first.
    pub by: Vec<(Criterion, Extreme)>,
    /// How names of each form are numbered.
    pub numbering: [Numbering; 2],
}

impl MemberOrder {
    fn numbering(&self, name: &str) -> Numbering {
        self.numbering[usize::from(numbers::form(name).index())]
    }

    fn key(&self, by: (Criterion, Extreme), member_rank: &MemberRank, names: &Names) -> i64 {
        let key = match by.0 {
            Criterion::Joined => member_rank.joined.seconds(),
            Criterion::Created => member_rank.created.seconds(),
            Criterion::Configuration => i64::from(member_rank.configuration),
            Criterion::Number => {
                let name = names.get(member_rank.member.index());
                match self.numbering(name) {
                    Numbering::Age => -member_rank.created.seconds(),
                    numbering @ (Numbering::Decimal | Numbering::Base36 | Numbering::None) => {
                        numbers::parts(name, numbering).1
                    }
                }
            }
        };
        match by.1 {
            Extreme::Lowest => key,
            Extreme::Highest => -key,
        }
    }

    fn sort_key<'n>(&self, member_rank: &MemberRank, names: &'n Names) -> SortKey<'n> {
        let name = names.get(member_rank.member.index());
        let (before, number) = numbers::parts(name, self.numbering(name));
        SortKey {
            rank: self.by.iter().map(|by| self.key(*by, member_rank, names)).collect(),
            draw: member_rank.draw,
            before: before.into(),
            number,
            name: name.into(),
            member: member_rank.member,
        }
    }

    fn ranks_equal(&self, one: &MemberRank, other: &MemberRank, names: &Names) -> bool {
        self.by.iter().all(|by| self.key(*by, one, names) == self.key(*by, other, names))
    }
}

/// The sort key of a member, lowest first: by rank, then by draw, then by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SortKey<'n> {
    rank: Vec<i64>,
    draw: u64,
    /// The part of the name before its number.
    before: Cow<'n, str>,
    number: i64,
    name: Cow<'n, str>,
    member: InstanceId,
}

impl SortKey<'_> {
    fn into_owned(self) -> SortKey<'static> {
        SortKey {
            before: Cow::Owned(self.before.into_owned()),
            name: Cow::Owned(self.name.into_owned()),
            ..self
        }
    }
}

/// The zone and the fault domain of a queue.
pub type ZoneAndDomain = (Option<ZoneId>, u8);

/// The members of a group in order, in a queue for each zone and fault domain.
#[derive(Debug, Clone)]
pub struct Queues {
    order: MemberOrder,
    queues: BTreeMap<ZoneAndDomain, VecDeque<MemberRank>>,
}

impl Queues {
    /// Sorts members into queues.
    pub fn new(
        order: MemberOrder,
        members: impl Iterator<Item = (ZoneAndDomain, MemberRank)>,
        names: &Names,
    ) -> Self {
        let mut sorted: BTreeMap<ZoneAndDomain, Vec<(SortKey<'_>, MemberRank)>> = BTreeMap::new();
        for (zone_and_domain, member_rank) in members {
            sorted
                .entry(zone_and_domain)
                .or_default()
                .push((order.sort_key(&member_rank, names), member_rank));
        }
        let in_order = |(zone_and_domain, mut members): (_, Vec<(SortKey<'_>, MemberRank)>)| {
            members.sort_unstable_by(|one, other| one.0.cmp(&other.0));
            (zone_and_domain, members.into_iter().map(|(_, member_rank)| member_rank).collect())
        };
        let queues = sorted.into_iter().map(in_order).collect();
        Self { order, queues }
    }

    /// The order of members in the queues.
    pub const fn order(&self) -> &MemberOrder {
        &self.order
    }

    /// Whether all members are in the same zone.
    pub fn is_one_zone(&self) -> bool {
        let mut zones = self.queues.keys().map(|(zone, _)| *zone);
        let first = zones.next();
        zones.all(|zone| Some(zone) == first)
    }

    /// Adds a member.
    pub fn enter(
        &mut self,
        zone_and_domain: ZoneAndDomain,
        member_rank: MemberRank,
        names: &Names,
    ) {
        let index = self.find(zone_and_domain, &member_rank, names).unwrap_or_else(|index| index);
        self.queues.entry(zone_and_domain).or_default().insert(index, member_rank);
    }

    /// Removes a member, with the rank with which it was added.
    pub fn leave(
        &mut self,
        zone_and_domain: ZoneAndDomain,
        member_rank: &MemberRank,
        names: &Names,
    ) {
        let Ok(index) = self.find(zone_and_domain, member_rank, names) else { return };
        if let Some(queue) = self.queues.get_mut(&zone_and_domain) {
            queue.remove(index);
            if queue.is_empty() {
                self.queues.remove(&zone_and_domain);
            }
        }
    }

    fn find(
        &self,
        zone_and_domain: ZoneAndDomain,
        member_rank: &MemberRank,
        names: &Names,
    ) -> Result<usize, usize> {
        let wanted = self.order.sort_key(member_rank, names);
        let Some(queue) = self.queues.get(&zone_and_domain) else { return Err(0) };
        queue.binary_search_by(|other| self.order.sort_key(other, names).cmp(&wanted))
    }
}

/// How the order depends on zones and fault domains.
#[derive(Debug, Clone, Copy)]
pub struct Spread<'z> {
    /// The rule on zones.
    pub rule: ZoneRule,
    /// The zones as the group lists them.
    pub listed: &'z [ZoneId],
    /// Whether members of the fullest fault domain of a zone are offered first.
    pub fault_domains: bool,
}

/// The next member that a group offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The member.
    pub member: InstanceId,
    /// Whether another candidate had the same rank.
    pub tied: bool,
    /// Whether a fuller zone was skipped because all of its members have been offered.
    pub past_a_zone: bool,
}

/// The key by which queues are compared, lowest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct QueueKey {
    /// The result of [`class`], which is compared before the counts.
    class: usize,
    /// Number of members that are left in the zone.
    in_zone: Reverse<usize>,
    /// Number of members that are left in the fault domain.
    in_domain: Reverse<usize>,
    /// The head of the queue.
    head: SortKey<'static>,
    zone: usize,
    domain: u8,
    queue: usize,
}

/// The queues that are counted together as a zone.
#[derive(Debug, Default)]
struct Zone {
    class: usize,
    left: usize,
    domains: BTreeMap<u8, FaultDomain>,
}

#[derive(Debug, Default)]
struct FaultDomain {
    left: usize,
    queues: Vec<Cursor>,
}

/// A position in a queue.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    zone_and_domain: ZoneAndDomain,
    index: usize,
}

/// An iteration over the members of a group in their scale-in order.
#[derive(Debug)]
pub struct Walk {
    counts: Recount,
    zones: Vec<Zone>,
    heads: BTreeSet<QueueKey>,
    /// The zones whose members have all been offered: class, size, index.
    exhausted: BTreeSet<(usize, Reverse<usize>, usize)>,
    /// The zone and the fault domain of the last offer.
    last: Option<(usize, u8)>,
}

/// The counts that are updated after each member that leaves.
#[derive(Debug, Clone, Copy)]
struct Recount {
    zones: bool,
    domains: bool,
}

impl Walk {
    /// A walk that starts at the first member.
    pub fn new(queues: &Queues, spread: Spread<'_>, names: &Names) -> Self {
        let zoned = spread.rule != ZoneRule::Ignored;
        let mut indices: BTreeMap<Option<ZoneId>, usize> = BTreeMap::new();
        let mut zones: Vec<Zone> = Vec::new();
        for (zone_and_domain, queue) in &queues.queues {
            let name = zone_and_domain.0.filter(|_| zoned);
            let zone = *indices.entry(name).or_insert_with(|| {
                zones.push(Zone { class: class(name, spread), ..Zone::default() });
                zones.len() - 1
            });
            let domain = if spread.fault_domains { zone_and_domain.1 } else { 0 };
            zones[zone].left += queue.len();
            let domain = zones[zone].domains.entry(domain).or_default();
            domain.left += queue.len();
            domain.queues.push(Cursor { zone_and_domain: *zone_and_domain, index: 0 });
        }
        let mut walk = Self {
            counts: Recount {
                zones: matches!(spread.rule, ZoneRule::Fullest | ZoneRule::ZonelessThenFullest),
                domains: spread.fault_domains,
            },
            zones,
            heads: BTreeSet::new(),
            exhausted: BTreeSet::new(),
            last: None,
        };
        for zone in 0..walk.zones.len() {
            walk.enter(zone, queues, names);
        }
        walk
    }

    /// The keys of the queues of a zone.
    fn keys(&self, zone: usize, queues: &Queues, names: &Names) -> Vec<QueueKey> {
        let state = &self.zones[zone];
        let mut keys = Vec::new();
        for (domain, in_domain) in &state.domains {
            for (queue, cursor) in in_domain.queues.iter().enumerate() {
                let Some(head) = queues.queues[&cursor.zone_and_domain].get(cursor.index) else {
                    continue;
                };
                keys.push(QueueKey {
                    class: state.class,
                    in_zone: Reverse(if self.counts.zones { state.left } else { 0 }),
                    in_domain: Reverse(if self.counts.domains { in_domain.left } else { 0 }),
                    head: queues.order.sort_key(head, names).into_owned(),
                    zone,
                    domain: *domain,
                    queue,
                });
            }
        }
        keys
    }

    fn enter(&mut self, zone: usize, queues: &Queues, names: &Names) {
        let keys = self.keys(zone, queues, names);
        self.heads.extend(keys);
    }

    fn cursor(&self, key: &QueueKey) -> Cursor {
        self.zones[key.zone].domains[&key.domain].queues[key.queue]
    }

    fn fullness(&self, zone: usize) -> (usize, Reverse<usize>, usize) {
        (self.zones[zone].class, Reverse(self.zones[zone].left), zone)
    }

    /// Whether another head, or the next member of the same queue, has the same rank as this head.
    fn is_tied(&self, key: &QueueKey, queues: &Queues, names: &Names) -> bool {
        let Cursor { zone_and_domain, index } = self.cursor(key);
        let queue = &queues.queues[&zone_and_domain];
        let behind = queue.get(index + 1);
        if behind.is_some_and(|next| queues.order.ranks_equal(&queue[index], next, names)) {
            return true;
        }
        let beside = self.heads.range((Excluded(key), Unbounded)).next().filter(|other| {
            (other.class, other.in_zone, other.in_domain) == (key.class, key.in_zone, key.in_domain)
        });
        beside.is_some_and(|other| other.head.rank == key.head.rank)
    }

    /// The next offer; `None` if all members have been offered. The queues must not have changed
    /// since the walk started.
    pub fn next(&mut self, queues: &Queues, names: &Names) -> Option<Offer> {
        let key = self.heads.first()?;
        let tied = self.is_tied(key, queues, names);
        let past_a_zone = self
            .exhausted
            .first()
            .is_some_and(|fuller| (fuller.0, fuller.1) < (key.class, key.in_zone));
        let key = self.heads.pop_first()?;
        let QueueKey { zone, domain, queue, .. } = key;
        self.last = Some((zone, domain));
        let offer = Offer { member: key.head.member, tied, past_a_zone };
        let mut cursor = self.cursor(&key);
        cursor.index += 1;
        if let Some(state) = self.zones[zone].domains.get_mut(&domain) {
            state.queues[queue] = cursor;
        }
        if let Some(head) = queues.queues[&cursor.zone_and_domain].get(cursor.index) {
            let head = queues.order.sort_key(head, names).into_owned();
            self.heads.insert(QueueKey { head, ..key });
        } else {
            self.note_exhausted(zone, queues);
        }
        Some(offer)
    }

    /// Records a zone that still has members, if all of them have been offered.
    fn note_exhausted(&mut self, zone: usize, queues: &Queues) {
        let state = &self.zones[zone];
        let walked = |c: &Cursor| c.index == queues.queues[&c.zone_and_domain].len();
        if self.counts.zones
            && state.left > 0
            && state.domains.values().flat_map(|domain| &domain.queues).all(walked)
        {
            self.exhausted.insert(self.fullness(zone));
        }
    }

    /// Reports that the last offered member is removed, so that its zone and its fault domain
    /// become smaller.
    pub fn remove_last(&mut self, queues: &Queues, names: &Names) {
        let Some((zone, domain)) = self.last.take() else { return };
        // Without counts, no key changes.
        if !(self.counts.zones || self.counts.domains) {
            return;
        }
        for key in self.keys(zone, queues, names) {
            self.heads.remove(&key);
        }
        self.exhausted.remove(&self.fullness(zone));
        self.zones[zone].left -= 1;
        if let Some(domain) = self.zones[zone].domains.get_mut(&domain) {
            domain.left -= 1;
        }
        self.enter(zone, queues, names);
        self.note_exhausted(zone, queues);
    }
}

/// The class of a zone, which is compared before the numbers of members.
fn class(zone: Option<ZoneId>, spread: Spread<'_>) -> usize {
    match spread.rule {
        ZoneRule::Ignored | ZoneRule::Fullest => 0,
        ZoneRule::ZonelessThenFullest => usize::from(zone.is_some()),
        ZoneRule::AsListed => zone
            .and_then(|zone| spread.listed.iter().position(|listed| *listed == zone))
            .unwrap_or(spread.listed.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Spread<'_> = Spread { rule: ZoneRule::Ignored, listed: &[], fault_domains: false };

    /// A member: the time at which it joined, the age of its configuration, its zone, its fault
    /// domain.
    type Member = (i64, u32, Option<usize>, u8);

    /// Members named `m-0`, `m-1`, …, ordered by joining time and then by configuration.
    struct Group {
        queues: Queues,
        names: Names,
        members: Vec<(ZoneAndDomain, MemberRank)>,
    }

    fn group(members: &[Member]) -> Group {
        let names: Names = (0..members.len()).map(|number| format!("m-{number}")).collect();
        let members: Vec<(ZoneAndDomain, MemberRank)> = (members.iter().enumerate())
            .map(|(index, (joined, configuration, zone, domain))| {
                let member_rank = MemberRank {
                    member: InstanceId::from_index(index),
                    joined: SimTime::from_seconds(*joined),
                    created: SimTime::from_seconds(0),
                    configuration: *configuration,
                    draw: 0,
                };
                ((zone.map(ZoneId::from_index), *domain), member_rank)
            })
            .collect();
        let by =
            vec![(Criterion::Joined, Extreme::Lowest), (Criterion::Configuration, Extreme::Lowest)];
        let order = MemberOrder { by, numbering: [Numbering::Decimal; 2] };
        Group { queues: Queues::new(order, members.iter().copied(), &names), names, members }
    }

    impl Group {
        /// All offers if no member is removed.
        fn offers(&self, spread: Spread<'_>) -> Vec<Offer> {
            let mut walk = Walk::new(&self.queues, spread, &self.names);
            std::iter::from_fn(|| walk.next(&self.queues, &self.names)).collect()
        }

        /// The removed members, at most `most`, if the members `held` are protected.
        fn removed(&self, spread: Spread<'_>, held: &[u32], most: usize) -> Vec<u32> {
            let mut walk = Walk::new(&self.queues, spread, &self.names);
            let mut removed = Vec::new();
            while removed.len() < most {
                let Some(offer) = walk.next(&self.queues, &self.names) else { break };
                if !held.contains(&offer.member.0) {
                    walk.remove_last(&self.queues, &self.names);
                    removed.push(offer.member.0);
                }
            }
            removed
        }
    }

    #[test]
    fn the_member_with_the_lowest_rank_is_offered_first_and_ties_are_reported() {
        let mut members = [(9, 0, None, 0); 12];
        members[0] = (2, 0, None, 0);
        members[10] = (1, 9, None, 0);
        members[2] = (1, 9, None, 0);
        members[3] = (1, 2, None, 0);
        let offers = group(&members).offers(PLAIN);
        let order: Vec<(u32, bool)> = offers.iter().map(|o| (o.member.0, o.tied)).collect();
        // `m-2` comes before `m-10`: numbers in names are compared as numbers.
        assert_eq!(order[..5], [(3, false), (2, true), (10, false), (0, false), (1, true)]);
        assert_eq!(order.len(), 12);
    }

    /// The zones are counted again after each removed member.
    #[test]
    fn members_of_the_fullest_zones_are_removed_first() {
        let members: Vec<Member> = [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 3)]
            .map(|(age, zone)| (age, 0, Some(zone), 0))
            .to_vec();
        let spread = Spread { rule: ZoneRule::Fullest, ..PLAIN };
        assert_eq!(group(&members).removed(spread, &[], 6), [3, 1, 4, 0, 2, 5]);
        // A protected member counts in its zone and is skipped.
        assert_eq!(group(&members).removed(spread, &[3], 3), [4, 1, 5]);
    }

    #[test]
    fn a_zone_whose_members_are_all_protected_is_skipped_and_reported() {
        let members = [(1, 1), (2, 1), (3, 1), (4, 2)].map(|(age, zone)| (age, 0, Some(zone), 0));
        let offers = group(&members).offers(Spread { rule: ZoneRule::Fullest, ..PLAIN });
        let reported: Vec<(u32, bool)> =
            offers.iter().map(|o| (o.member.0, o.past_a_zone)).collect();
        assert_eq!(reported, [(0, false), (1, false), (2, false), (3, true)]);
    }

    #[test]
    fn members_without_a_zone_can_be_removed_first() {
        let members = [(1, 0, Some(1), 0), (2, 0, Some(1), 0), (3, 0, None, 0)];
        let spread = Spread { rule: ZoneRule::ZonelessThenFullest, ..PLAIN };
        assert_eq!(group(&members).removed(spread, &[], 3), [2, 0, 1]);
    }

    #[test]
    fn members_of_listed_zones_are_removed_in_the_order_of_the_list() {
        let members = [(1, 0, Some(1), 0), (2, 0, Some(2), 0), (3, 0, Some(2), 0)];
        let listed = [ZoneId::from_index(2), ZoneId::from_index(1)];
        let spread = Spread { rule: ZoneRule::AsListed, listed: &listed, ..PLAIN };
        assert_eq!(group(&members).removed(spread, &[], 3), [1, 2, 0]);
    }

    /// Zones that are not listed are one class, whatever their numbers of members.
    #[test]
    fn members_of_unlisted_zones_are_removed_in_the_order_of_the_group() {
        let members = [(1, 1), (2, 2), (3, 2), (4, 2)].map(|(age, zone)| (age, 0, Some(zone), 0));
        let listed = [ZoneId::from_index(3)];
        let spread = Spread { rule: ZoneRule::AsListed, listed: &listed, ..PLAIN };
        assert_eq!(group(&members).removed(spread, &[], 4), [0, 1, 2, 3]);
    }

    #[test]
    fn members_of_the_fullest_fault_domain_of_a_zone_are_removed_first() {
        let members = [(1, 0, Some(1), 0), (2, 0, Some(1), 1), (3, 0, Some(1), 1)];
        let spread = Spread { rule: ZoneRule::Fullest, fault_domains: true, ..PLAIN };
        assert_eq!(group(&members).removed(spread, &[], 3), [1, 0, 2]);
    }

    /// Adding and removing members gives the same queues as sorting all members again.
    #[test]
    fn queues_stay_in_order_as_members_join_and_leave() {
        let members: Vec<Member> = (0..60u32)
            .map(|number| {
                let zone = (number % 4 > 0).then_some(number as usize % 4);
                (i64::from(number * 7 % 5), number * 11 % 3, zone, u8::from(number % 7 == 0))
            })
            .collect();
        let Group { mut queues, names, members } = group(&members);
        let mut present = vec![true; members.len()];
        for turn in 0..400usize {
            let index = turn * 37 % members.len();
            let (zone_and_domain, member_rank) = members[index];
            if present[index] {
                queues.leave(zone_and_domain, &member_rank, &names);
            } else {
                queues.enter(zone_and_domain, member_rank, &names);
            }
            present[index] = !present[index];
            let left = members.iter().zip(&present).filter(|(_, present)| **present);
            let sorted_again = Queues::new(queues.order.clone(), left.map(|(m, _)| *m), &names);
            assert_eq!(sorted_again.queues, queues.queues, "turn {turn}");
        }
    }
}
