//! Random sources: the times of their occurrences, and the events that each occurrence causes.
//!
//! A source never reads the state of the world. Its draws depend on the seed, the replication and
//! its name alone, so that two policies are compared with common random numbers.
//!
//! Each source has its own named streams:
//!
//! * `random/NAME/arrivals`: one word for each gap;
//! * `random/NAME/deeds`: one word for each occurrence, to choose its event (the name
//!   is a part of the key of each draw, so it stays);
//! * `random/NAME/targets`: three words for each occurrence, for the instance, the
//!   account and the group, drawn whether needed or not;
//! * `random/NAME/then-N/delays` and `random/NAME/then-N/whether`: one word each for
//!   each occurrence and each possible follow-up, N counting from 1.
//!
//! An addition to a source therefore does not change its earlier draws.
//!
//! At one instant, sources fire in the order of the scenario file, after the events of the script
//! and before all other timers. Each source first causes the follow-ups of its earlier occurrences,
//! in the order of these occurrences and of its `then` list, and then its next occurrence. Each of
//! them is an event with its own follow-ups.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;

use rand_chacha::ChaCha8Rng;

use crate::fleet::Fleet;
use crate::kernel::{Distribution, Streams, below};
use crate::plan::{
    Among, Event, EventTargets, RandomSource as Planned, SpanDistribution, Targets, UnsignedDecimal,
};
use crate::time::{SimSpan, SimTime};
use crate::words::{AccountId, InstanceId};

/// The state of a random source.
#[derive(Clone)]
pub(super) struct RandomSourceState {
    pub(super) planned: Planned,
    gaps: Distribution,
    arrivals: ChaCha8Rng,
    actions: ChaCha8Rng,
    targets: ChaCha8Rng,
    then: Vec<FollowUpStreams>,
    /// Instant of the next occurrence; [`SimTime::NEVER`] if there is none.
    next: SimTime,
    /// Number of occurrences so far.
    occurred: u64,
    /// Pending follow-ups: the instant, the number of the occurrence and the index in `then`, with
    /// the targets of that occurrence.
    pending: BTreeMap<(SimTime, u64, usize), EventTargets>,
}

/// The random streams of a possible follow-up.
#[derive(Clone)]
struct FollowUpStreams {
    after: Distribution,
    delays: ChaCha8Rng,
    whether: ChaCha8Rng,
}

impl RandomSourceState {
    /// A source before its first occurrence.
    pub(super) fn new(planned: Planned, streams: &Streams) -> Self {
        let stream = |what: &str| streams.named(&format!("random/{}/{what}", planned.name));
        let then = planned.then.iter().zip(1_usize..).map(|(follow, number)| FollowUpStreams {
            after: distribution(&follow.after),
            delays: stream(&format!("then-{number}/delays")),
            whether: stream(&format!("then-{number}/whether")),
        });
        let mut source = Self {
            gaps: distribution(&planned.every),
            arrivals: stream("arrivals"),
            actions: stream("deeds"),
            targets: stream("targets"),
            then: then.collect(),
            next: planned.from,
            occurred: 0,
            pending: BTreeMap::new(),
            planned,
        };
        source.wait();
        source
    }

    /// Instant of the next occurrence or follow-up.
    pub(super) fn due(&self) -> SimTime {
        let pending = self.pending.first_key_value().map(|((at, ..), _)| *at);
        pending.map_or(self.next, |at| at.min(self.next))
    }

    /// Draws the gap before the next occurrence.
    fn wait(&mut self) {
        let gap = self.gaps.draw(&mut self.arrivals);
        let next = self.next.after(gap);
        let is_over = self.planned.at_most.is_some_and(|most| self.occurred >= most.into());
        self.next = if is_over || next > self.planned.until { SimTime::NEVER } else { next };
    }

    /// The event that is due at `now`; a follow-up comes before an occurrence.
    pub(super) fn take(&mut self, now: SimTime, setting: &Setting<'_>) -> Event {
        let pending = self.pending.first_entry().filter(|entry| entry.key().0 <= now);
        let Some(((_, _, number), targets)) = pending.map(OccupiedEntry::remove_entry) else {
            return self.occur(now, setting);
        };
        let follow = &self.planned.then[number];
        let later = setting.later(follow.is_relative, now);
        follow.event.retargeted(&EventTargets { later, ..follow.same.of(&targets) })
    }

    /// Draws the event of an occurrence, its targets, its follow-ups and the next gap.
    fn occur(&mut self, now: SimTime, setting: &Setting<'_>) -> Event {
        let actions = &self.planned.alternatives;
        let total = actions.iter().map(|drawn_action| u64::from(drawn_action.weight)).sum();
        let mut left = below(total, &mut self.actions);
        let drawn = actions.iter().find(|drawn_action| {
            match left.checked_sub(drawn_action.weight.into()) {
                Some(rest) => {
                    left = rest;
                    false
                }
                None => true,
            }
        });
        // INVARIANT: the sum of the weights is positive; loading refuses other files.
        let drawn_action = drawn.unwrap_or(&actions[0]);
        let targets = draw(&drawn_action.among, &mut self.targets);
        let targets =
            EventTargets { later: setting.later(drawn_action.is_relative, now), ..targets };
        let event = drawn_action.event.retargeted(&targets);
        self.occurred += 1;
        let follow_up_targets = EventTargets { account: setting.account(&targets), ..targets };
        for (number, follow) in self.then.iter_mut().enumerate() {
            let at = now.after(follow.after.draw(&mut follow.delays));
            let probability = self.planned.then[number].probability.thousandths();
            let happens = below(1_000, &mut follow.whether) < probability.into();
            if happens && at <= setting.end {
                self.pending.insert((at, self.occurred, number), follow_up_targets);
            }
        }
        self.wait();
        event
    }
}

/// Constants of a run that the events of an occurrence need.
pub(super) struct Setting<'w> {
    pub(super) fleet: &'w Fleet,
    pub(super) targets: &'w [InstanceId],
    pub(super) start: SimTime,
    pub(super) end: SimTime,
}

impl Setting<'_> {
    /// Offset of the times of a verb: relative times count from the occurrence.
    fn later(&self, is_relative: bool, now: SimTime) -> SimSpan {
        if is_relative { now.since(self.start) } else { SimSpan::ZERO }
    }

    /// Account of an occurrence: the drawn one, or that of its instance or group.
    fn account(&self, targets: &EventTargets) -> Option<AccountId> {
        let first = targets.instances.and_then(|targets| targets.of(self.targets).first().copied());
        let of_instance = first.map(|id| self.fleet.instance(id).account);
        let of_group = targets.group.map(|id| self.fleet.group(id).account);
        targets.account.or(of_instance).or(of_group)
    }
}

/// Draws the targets of an occurrence; always takes three words of the stream.
fn draw(among: &Among, stream: &mut ChaCha8Rng) -> EventTargets {
    let mut one_of = |count: u32| u32::try_from(below(count.into(), stream)).unwrap_or(0);
    let count = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
    let index = one_of(among.instances.map_or(0, |all| all.len));
    let account = one_of(count(among.accounts.len()));
    let group = one_of(count(among.groups.len()));
    let one = |all: Targets| Targets { start: all.start + index, len: 1 };
    EventTargets {
        caller: None,
        instances: among.instances.map(|all| if among.all { all } else { one(all) }),
        account: among.accounts.get(account as usize).copied(),
        group: among.groups.get(group as usize).copied(),
        later: SimSpan::ZERO,
    }
}

/// The kernel's distribution for one that a file states.
#[expect(clippy::float_arithmetic, reason = "a distribution is set up here")]
fn distribution(distribution: &SpanDistribution) -> Distribution {
    let number = |number: &UnsignedDecimal| f64::from(number.thousandths()) / 1_000.0;
    let drawn = match distribution {
        SpanDistribution::Fixed(span) => Some(Distribution::fixed(*span)),
        SpanDistribution::Exponential(mean) => Some(Distribution::exponential(*mean)),
        SpanDistribution::Weibull(scale, shape) => Distribution::weibull(*scale, number(shape)),
        SpanDistribution::LogNormal(median, sigma) => {
            Distribution::log_normal(*median, number(sigma))
        }
        SpanDistribution::Empirical(spans) => Distribution::empirical(spans.iter().copied()),
    };
    // INVARIANT: loading refuses parameters that give no distribution.
    drawn.unwrap_or(Distribution::fixed(SimSpan::ZERO))
}
