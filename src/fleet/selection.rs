//! Selection at scale-in: in which order a group offers its members.
//!
//! Pure: it sees times, zones and names' order, and does not know who is
//! protected. The caller walks, asks for each member whether anything holds it,
//! and says which go: one member at a time, then the zones are counted again.
//!
//! # Cost
//!
//! Members are put in order once. They then stand in a queue for each zone and
//! fault domain, and only the heads of the queues compete, so a walk over n
//! members costs O(n log n), however many zones there are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};

use crate::words::{InstanceId, ZoneId, ZoneRule};

/// A member that a group may choose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// Its place by each criterion of the group, lowest first.
    pub rank: Vec<i64>,
    /// Breaks ties of rank: a draw, where the policy says so.
    pub draw: u64,
    /// Breaks what ties remain: its place in the order of names.
    pub name: u32,
    /// The member.
    pub member: InstanceId,
    /// The zone that it is in.
    pub zone: Option<ZoneId>,
    /// The fault domain that it is in.
    pub fault_domain: u8,
}

/// What zones and fault domains have to do with the order.
#[derive(Debug, Clone, Copy)]
pub struct Spread<'z> {
    /// What zones have.
    pub rule: ZoneRule,
    /// The zones as the group lists them.
    pub listed: &'z [ZoneId],
    /// Whether the fullest fault domain of a zone goes first.
    pub fault_domains: bool,
}

/// The next member that a group offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The member.
    pub member: InstanceId,
    /// Whether another that might have been offered had the same rank.
    pub tied: bool,
    /// Whether a fuller zone was passed over, since nobody is left there to be offered.
    pub past_a_zone: bool,
}

/// What queues compete by, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Before anything is counted: members without a zone, or the zone that is listed first.
    class: usize,
    /// How many are left in the zone.
    in_zone: Reverse<u32>,
    /// How many are left in the fault domain.
    in_domain: Reverse<u32>,
    /// The place of the head in the order of all members.
    head: usize,
    zone: usize,
    domain: u8,
}

#[derive(Debug, Default)]
struct Zone {
    class: usize,
    left: u32,
    domains: BTreeMap<u8, Domain>,
}

#[derive(Debug, Default)]
struct Domain {
    left: u32,
    /// Places in the order of all members.
    queue: VecDeque<usize>,
}

/// A walk over the members of a group in the order in which they go.
#[derive(Debug)]
pub struct Walk {
    choices: Vec<Choice>,
    counts: bool,
    zones: Vec<Zone>,
    heads: BTreeSet<Key>,
    /// The zones in which nobody is left to be offered: class, size, place.
    exhausted: BTreeSet<(usize, Reverse<u32>, usize)>,
    /// The zone and the fault domain of the last offer.
    last: Option<(usize, u8)>,
}

impl Walk {
    /// Puts members in order.
    pub fn new(mut choices: Vec<Choice>, spread: Spread<'_>) -> Self {
        choices.sort_unstable();
        let zoned = spread.rule != ZoneRule::Ignored;
        let mut indices: BTreeMap<Option<ZoneId>, usize> = BTreeMap::new();
        let mut zones: Vec<Zone> = Vec::new();
        for (index, choice) in choices.iter().enumerate() {
            let name = choice.zone.filter(|_| zoned);
            let at = *indices.entry(name).or_insert_with(|| {
                zones.push(Zone { class: class(name, spread), ..Zone::default() });
                zones.len() - 1
            });
            let domain = if spread.fault_domains { choice.fault_domain } else { 0 };
            zones[at].left += 1;
            let domain = zones[at].domains.entry(domain).or_default();
            domain.left += 1;
            domain.queue.push_back(index);
        }
        let mut walk = Self {
            choices,
            counts: matches!(spread.rule, ZoneRule::Fullest | ZoneRule::ZonelessThenFullest),
            zones,
            heads: BTreeSet::new(),
            exhausted: BTreeSet::new(),
            last: None,
        };
        for zone in 0..walk.zones.len() {
            walk.enter(zone);
        }
        walk
    }

    /// The keys under which a zone competes.
    fn keys(&self, zone: usize) -> impl Iterator<Item = Key> {
        let Zone { class, left, domains } = &self.zones[zone];
        let in_zone = Reverse(if self.counts { *left } else { 0 });
        domains.iter().filter_map(move |(domain, state)| {
            let head = *state.queue.front()?;
            let in_domain = Reverse(state.left);
            Some(Key { class: *class, in_zone, in_domain, head, zone, domain: *domain })
        })
    }

    fn enter(&mut self, zone: usize) {
        let keys: Vec<Key> = self.keys(zone).collect();
        if keys.is_empty() && self.counts && self.zones[zone].left > 0 {
            self.exhausted.insert(self.fullness(zone));
        }
        self.heads.extend(keys);
    }

    fn fullness(&self, zone: usize) -> (usize, Reverse<u32>, usize) {
        (self.zones[zone].class, Reverse(self.zones[zone].left), zone)
    }

    fn withdraw(&mut self, zone: usize) {
        let keys: Vec<Key> = self.keys(zone).collect();
        for key in keys {
            self.heads.remove(&key);
        }
    }

    /// Whether another head, or the next in the same queue, would do as well.
    fn is_tied(&self, key: &Key) -> bool {
        let rank = &self.choices[key.head].rank;
        let same = |index: usize| self.choices[index].rank == *rank;
        let behind = self.zones[key.zone].domains[&key.domain].queue.get(1);
        let beside = self.heads.range((Excluded(key), Unbounded)).next().filter(|other| {
            (other.class, other.in_zone, other.in_domain) == (key.class, key.in_zone, key.in_domain)
        });
        behind.is_some_and(|index| same(*index)) || beside.is_some_and(|other| same(other.head))
    }

    /// The member offered last goes: its zone and its fault domain become smaller.
    pub fn goes(&mut self) {
        let Some((zone, domain)) = self.last.take() else { return };
        self.withdraw(zone);
        self.exhausted.remove(&self.fullness(zone));
        self.zones[zone].left -= 1;
        if let Some(domain) = self.zones[zone].domains.get_mut(&domain) {
            domain.left -= 1;
        }
        self.enter(zone);
    }
}

/// What comes before any counting.
fn class(zone: Option<ZoneId>, spread: Spread<'_>) -> usize {
    match spread.rule {
        ZoneRule::Ignored | ZoneRule::Fullest => 0,
        ZoneRule::ZonelessThenFullest => usize::from(zone.is_some()),
        ZoneRule::AsListed => zone
            .and_then(|zone| spread.listed.iter().position(|listed| *listed == zone))
            .unwrap_or(spread.listed.len()),
    }
}

impl Iterator for Walk {
    type Item = Offer;

    fn next(&mut self) -> Option<Offer> {
        let key = *self.heads.first()?;
        let tied = self.is_tied(&key);
        let past_a_zone = self
            .exhausted
            .first()
            .is_some_and(|fuller| (fuller.0, fuller.1) < (key.class, key.in_zone));
        let Key { zone, domain, head, .. } = key;
        self.heads.remove(&key);
        if let Some(state) = self.zones[zone].domains.get_mut(&domain) {
            state.queue.pop_front();
            if let Some(head) = state.queue.front() {
                self.heads.insert(Key { head: *head, ..key });
            } else if self.zones[zone].domains.values().all(|d| d.queue.is_empty()) && self.counts {
                self.exhausted.insert(self.fullness(zone));
            }
        }
        self.last = Some((zone, domain));
        Some(Offer { member: self.choices[head].member, tied, past_a_zone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Spread<'_> = Spread { rule: ZoneRule::Ignored, listed: &[], fault_domains: false };

    fn choice(rank: &[i64], name: u32, member: u32) -> Choice {
        Choice {
            rank: rank.to_vec(),
            draw: 0,
            name,
            member: InstanceId(member),
            zone: None,
            fault_domain: 0,
        }
    }

    fn in_zone(age: i64, zone: u32, member: u32) -> Choice {
        Choice { zone: Some(ZoneId(zone)), ..choice(&[age], 0, member) }
    }

    /// The members that go when `held` never do.
    fn going(mut walk: Walk, held: &[u32], most: usize) -> Vec<u32> {
        let mut gone = Vec::new();
        while gone.len() < most {
            let Some(offer) = walk.next() else { break };
            if !held.contains(&offer.member.0) {
                walk.goes();
                gone.push(offer.member.0);
            }
        }
        gone
    }

    #[test]
    fn the_lowest_rank_goes_first_and_ties_are_told() {
        let walk = Walk::new(
            vec![
                choice(&[2, 0], 0, 0),
                choice(&[1, 9], 6, 1),
                choice(&[1, 9], 2, 2),
                choice(&[1, 2], 8, 3),
            ],
            PLAIN,
        );
        let order: Vec<(u32, bool)> = walk.map(|offer| (offer.member.0, offer.tied)).collect();
        assert_eq!(order, [(3, false), (2, true), (1, false), (0, false)]);
    }

    /// One member at a time from the fullest zones together, then counted again.
    #[test]
    fn the_fullest_zone_gives_and_equal_zones_compete() {
        let members = vec![
            in_zone(1, 1, 10),
            in_zone(2, 2, 20),
            in_zone(3, 2, 21),
            in_zone(4, 3, 30),
            in_zone(5, 3, 31),
            in_zone(6, 3, 32),
        ];
        let spread = Spread { rule: ZoneRule::Fullest, ..PLAIN };
        let walk = || Walk::new(members.clone(), spread);
        assert_eq!(going(walk(), &[], 6), [30, 20, 31, 10, 21, 32]);
        // A protected member counts in its zone and is passed over.
        assert_eq!(going(walk(), &[30], 3), [31, 20, 32]);
    }

    #[test]
    fn a_zone_that_is_held_is_passed_and_told() {
        let members =
            vec![in_zone(1, 1, 10), in_zone(2, 1, 11), in_zone(3, 1, 12), in_zone(4, 2, 20)];
        let walk = Walk::new(members, Spread { rule: ZoneRule::Fullest, ..PLAIN });
        let reported: Vec<(u32, bool)> = walk.map(|o| (o.member.0, o.past_a_zone)).collect();
        assert_eq!(reported, [(10, false), (11, false), (12, false), (20, true)]);
    }

    #[test]
    fn members_without_a_zone_may_go_first() {
        let members = vec![in_zone(1, 1, 10), in_zone(2, 1, 11), choice(&[3], 0, 30)];
        let spread = Spread { rule: ZoneRule::ZonelessThenFullest, ..PLAIN };
        assert_eq!(going(Walk::new(members, spread), &[], 3), [30, 10, 11]);
    }

    #[test]
    fn listed_zones_give_in_the_order_of_the_list() {
        let members = vec![in_zone(1, 1, 10), in_zone(2, 2, 20), in_zone(3, 2, 21)];
        let spread = Spread { rule: ZoneRule::AsListed, listed: &[ZoneId(2), ZoneId(1)], ..PLAIN };
        assert_eq!(going(Walk::new(members, spread), &[], 3), [20, 21, 10]);
    }

    #[test]
    fn the_fullest_fault_domain_of_a_zone_gives_first() {
        let in_domain =
            |age, fault_domain, member| Choice { fault_domain, ..in_zone(age, 1, member) };
        let members = vec![in_domain(1, 0, 1), in_domain(2, 1, 2), in_domain(3, 1, 3)];
        let spread = Spread { rule: ZoneRule::Fullest, fault_domains: true, ..PLAIN };
        assert_eq!(going(Walk::new(members, spread), &[], 3), [2, 1, 3]);
    }
}
