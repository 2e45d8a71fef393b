//! Digests of the state of a run, by which a search recognises a state that it has seen.
//!
//! A digest covers all state that the further course depends on: the fleet, the members that hooks
//! delay, rolling upgrades, the positions of random streams, and the timers. Instants are taken
//! relative to the simulated time, so that a state that recurs later has the same digest. It leaves
//! out data that only reports read: numbers of requests, origins, remedies, and the switches and
//! rules that were used.

use super::branch::Branch;
use super::request::RequestContext;
use super::step::World;
use crate::fleet::{Autoscale, Fleet, Group, Instance};
use crate::policy::Column;
use crate::time::{SimSpan, SimTime};
use crate::words::{ClockKind, GroupId, ProtectionSet, Word, ZoneId};

/// Two independent sums of the same words.
struct Digest {
    now: SimTime,
    lanes: [u64; 2],
}

/// Odd multipliers without a pattern: the fractional parts of the square roots of 2 and 3.
const FACTORS: [u64; 2] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b];

impl Digest {
    fn add(&mut self, word: impl Into<u64>) {
        let word = word.into();
        for (lane, factor) in self.lanes.iter_mut().zip(FACTORS) {
            let mixed = (*lane ^ word).wrapping_mul(factor);
            *lane = mixed ^ mixed >> 29;
        }
    }

    fn signed(&mut self, number: i64) {
        self.add(number.cast_unsigned());
    }

    /// An instant relative to the simulated time.
    fn instant(&mut self, at: SimTime) {
        let never = at == SimTime::NEVER;
        self.signed(if never { i64::MAX } else { at.seconds() - self.now.seconds() });
    }

    fn word<W: Word>(&mut self, word: W) {
        self.add(word.index());
    }

    fn set(&mut self, set: ProtectionSet) {
        self.add(set.iter().fold(0_u64, |bits, id| bits | 1 << id.0));
    }

    fn option(&mut self, number: Option<u32>) {
        self.add(number.map_or(u64::MAX, u64::from));
    }

    fn finish(&self) -> u128 {
        u128::from(self.lanes[0]) << 64 | u128::from(self.lanes[1])
    }
}

impl Branch {
    /// A digest of everything that the further course depends on, relative to the simulated time.
    /// Where the course depends on the time itself, the digest contains it.
    pub fn digest(&mut self) -> u128 {
        let varies = !self.is_script_over() || self.world().varies_after(self.now());
        let mut digest = Digest { now: self.now(), lanes: [0; 2] };
        digest.signed(if varies { self.now().seconds() } else { 0 });
        self.world().add_to(&mut digest);
        for (priority, index, at) in self.future_events().pending() {
            digest.add(priority);
            digest.add(index);
            digest.instant(SimTime::from_seconds(at));
        }
        digest.finish()
    }
}

impl World {
    fn add_to(&self, digest: &mut Digest) {
        for (_, account) in self.fleet.accounts() {
            digest.add(account.waiting().len() as u64);
            let Some(arrears) = account.arrears else {
                digest.add(u64::MAX);
                continue;
            };
            digest.add(arrears.clock == ClockKind::Cancellation);
            digest.instant(arrears.since.unwrap_or(SimTime::NEVER));
            digest.add(arrears.taken);
        }
        for (_, group) in self.fleet.groups() {
            add_group(digest, group);
        }
        for (id, instance) in self.fleet.instances() {
            add_instance(digest, instance);
            digest.add(self.fleet.properties(id).len() as u64);
            for property in self.fleet.properties(id) {
                digest.word(property.resource);
                digest.add(property.with_instance.map_or(2, u64::from));
            }
        }
        digest.add(self.held.len() as u64);
        for (id, held) in &self.held {
            digest.add(id.0);
            digest.add(held.requested.len() as u64);
            for (request, item, _) in &held.requested {
                add_facts(digest, request);
                let action = match item.requested {
                    crate::policy::Requested::This(action) => Some(u32::from(action.index())),
                    crate::policy::Requested::ByMembership => None,
                };
                digest.option(action);
            }
            digest.word(held.then);
            digest.instant(held.since);
            digest.add(held.beats);
            digest.add(held.approved);
        }
        digest.add(self.lost_members.len() as u64);
        for (id, lost_members) in &self.lost_members {
            digest.add(id.number());
            for lost in lost_members {
                digest.word(lost.trigger);
                digest.add(lost.lost);
            }
        }
        digest.add(self.rolling.len() as u64);
        for (id, rolling) in &self.rolling {
            digest.add(id.number());
            add_facts(digest, &rolling.request);
            digest.add(rolling.batch as u64);
            digest.add(rolling.left.len() as u64);
            rolling.left.iter().for_each(|member| digest.add(member.0));
        }
        for (id, stream) in &self.ties {
            digest.add(id.number());
            let position = stream.get_word_pos();
            digest.add(u64::try_from(position).unwrap_or(u64::MAX));
        }
    }

    /// Whether the further course depends on the time itself, because a metric or a profile of
    /// autoscale changes after `now`.
    fn varies_after(&self, now: SimTime) -> bool {
        let scaled = self.fleet.groups().filter(|(_, group)| !group.deleted);
        let mut scaled = scaled.filter_map(|(_, group)| group.autoscale.as_deref());
        scaled.any(|autoscale| varies(&self.fleet, autoscale, now))
    }
}

/// Whether the evaluation of autoscale depends on the time after `now`.
fn varies(fleet: &Fleet, autoscale: &Autoscale, now: SimTime) -> bool {
    let fixed = autoscale.fixed.iter().map(|(_, _, profile)| profile);
    let profiles = fixed.chain([&autoscale.usual]).chain(&autoscale.recurring);
    let mut rules = profiles.flat_map(|profile| &profile.rules);
    !autoscale.recurring.is_empty()
        || autoscale.fixed.iter().any(|(from, until, _)| now < *from || now < *until)
        || rules.any(|rule| {
            let last = fleet.metrics[rule.metric].last_change();
            last.is_some_and(|last| now <= last.after(rule.over))
        })
}

fn add_group(digest: &mut Digest, group: &Group) {
    digest.option(group.desired);
    digest.set(group.protections.on);
    digest.set(group.protections.unknown);
    digest.add(group.suspended);
    digest.add(group.deleting);
    digest.add(group.deleted);
    digest.add(group.numbering);
    digest.add(group.expected.len() as u64);
    digest.add(group.upgrades.model.0);
    // A cooldown has no effect after its end.
    digest.signed(group.rests_until.since(digest.now).seconds().max(0));
    let rests = group
        .autoscale
        .as_deref()
        .map_or(SimSpan::ZERO, |autoscale| autoscale.rests_until.since(digest.now));
    digest.signed(rests.seconds().max(0));
}

fn add_instance(digest: &mut Digest, instance: &Instance) {
    digest.word(instance.state);
    if !instance.exists() {
        return;
    }
    digest.option(instance.group.map(GroupId::number));
    digest.word(instance.membership);
    digest.add(instance.membership_known);
    digest.add(instance.configuration);
    digest.option(instance.zone.map(ZoneId::number));
    digest.add(instance.model.0);
    digest.add(instance.unhealthy);
    digest.add(instance.probed);
    digest.signed(instance.created.seconds());
    digest.signed(instance.joined.seconds());
    digest.instant(instance.expires);
    digest.instant(instance.auto_release);
    digest.set(instance.protections.on);
    digest.set(instance.protections.unknown);
    digest.word(instance.billing);
    digest.add(instance.billing_known);
    digest.word(instance.stopped_by);
    for lock in crate::words::Lock::ALL {
        digest.add(instance.locks.contains(*lock));
    }
    digest.add(instance.lock_known);
    digest.add(instance.schedule_known);
    digest.add(instance.economical);
    digest.add(instance.is_waiting());
    digest.add(instance.expired);
    digest.add(instance.term_steps);
    digest.add(instance.reclaim_steps);
    digest.instant(instance.reclaim_since);
}

/// Adds what a request that is judged later states itself.
fn add_facts(digest: &mut Digest, request: &RequestContext) {
    let facts = request.columns(request.action);
    for column in Column::ALL {
        digest.add(facts.word(*column));
        digest.add(facts.unknown.contains(*column));
    }
    digest.signed(request.cooldown().map_or(-1, SimSpan::seconds));
}
