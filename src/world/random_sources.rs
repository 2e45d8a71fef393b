//! Random sources: when each occurs next, what it does then, and what follows.
//!
//! It must never look at the world as it stands: what is drawn depends on the seed,
//! the replication and the name of the source alone, so that two policies can be
//! compared on the same luck.
//!
//! A source has streams of its own, by name:
//!
//! * `random/NAME/arrivals`: one word for each gap;
//! * `random/NAME/deeds`: one word for each occurrence, which of its deeds it is;
//! * `random/NAME/targets`: three words for each occurrence, which instance, which
//!   account and which group it is about, needed or not;
//! * `random/NAME/then-N/delays` and `random/NAME/then-N/whether`: one word each for
//!   each occurrence and each thing that can follow it, N counting from 1.
//!
//! So what is added to a source moves nothing of what it did before.
//!
//! At one instant sources act in the order written, after the script and before
//! whatever falls due: of each first what follows earlier occurrences, in the order
//! of those and of what can follow them, then its next occurrence. Each of them is
//! an event of its own, with whatever it makes happen at once.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;

use rand_chacha::ChaCha8Rng;

use crate::fleet::Fleet;
use crate::kernel::{Distribution, Streams, below};
use crate::plan::{Among, Event, EventTargets, Law, Source as Planned, Targets, Thousandths};
use crate::time::{SimSpan, SimTime};
use crate::words::{AccountId, InstanceId};

/// A source under way.
pub(super) struct Source {
    pub(super) planned: Planned,
    gaps: Distribution,
    arrivals: ChaCha8Rng,
    actions: ChaCha8Rng,
    targets: ChaCha8Rng,
    then: Vec<Following>,
    /// When it occurs next; never, if it does not.
    next: SimTime,
    /// How often it has occurred.
    occurred: u64,
    /// What is still to follow: when, after which occurrence, the place of what
    /// follows; and whom that occurrence was about.
    pending: BTreeMap<(SimTime, u64, usize), EventTargets>,
}

/// What can follow the occurrences of a source.
struct Following {
    after: Distribution,
    delays: ChaCha8Rng,
    whether: ChaCha8Rng,
}

impl Source {
    /// A source before its first occurrence.
    pub(super) fn new(planned: Planned, streams: &Streams) -> Self {
        let stream = |what: &str| streams.named(&format!("random/{}/{what}", planned.name));
        let then = planned.then.iter().zip(1_usize..).map(|(follow, number)| Following {
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

    /// When it has something to do next.
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

    /// What happens now that it is due: what follows an earlier occurrence first.
    pub(super) fn take(&mut self, now: SimTime, setting: &Setting<'_>) -> Event {
        let pending = self.pending.first_entry().filter(|entry| entry.key().0 <= now);
        let Some(((_, _, number), aim)) = pending.map(OccupiedEntry::remove_entry) else {
            return self.occur(now, setting);
        };
        let follow = &self.planned.then[number];
        let later = setting.later(follow.is_relative, now);
        follow.order.retargeted(&EventTargets { later, ..follow.same.of(&aim) })
    }

    /// The next occurrence: what is done, to whom, what will follow it, and when the one after
    /// it comes.
    fn occur(&mut self, now: SimTime, setting: &Setting<'_>) -> Event {
        let actions = &self.planned.deeds;
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
        // INVARIANT: the weights come to something, else the file was refused.
        let drawn_action = drawn.unwrap_or(&actions[0]);
        let aim = draw(&drawn_action.among, &mut self.targets);
        let aim = EventTargets { later: setting.later(drawn_action.is_relative, now), ..aim };
        let order = drawn_action.order.retargeted(&aim);
        self.occurred += 1;
        let whose = EventTargets { account: setting.payer(&aim), ..aim };
        for (number, follow) in self.then.iter_mut().enumerate() {
            let at = now.after(follow.after.draw(&mut follow.delays));
            let Thousandths(probability) = self.planned.then[number].probability;
            let happens = below(1_000, &mut follow.whether) < probability.into();
            if happens && at <= setting.end {
                self.pending.insert((at, self.occurred, number), whose);
            }
        }
        self.wait();
        order
    }
}

/// What an occurrence has to know beside what is drawn; nothing of it ever changes.
pub(super) struct Setting<'w> {
    pub(super) fleet: &'w Fleet,
    pub(super) targets: &'w [InstanceId],
    pub(super) start: SimTime,
    pub(super) end: SimTime,
}

impl Setting<'_> {
    /// How much later than written the times of a verb are.
    fn later(&self, is_relative: bool, now: SimTime) -> SimSpan {
        if is_relative { now.since(self.start) } else { SimSpan::ZERO }
    }

    /// The account of an occurrence: named, or of its instance or group.
    fn payer(&self, aim: &EventTargets) -> Option<AccountId> {
        let first = aim.instances.and_then(|targets| targets.of(self.targets).first().copied());
        let of_instance = first.map(|id| self.fleet.instance(id).account);
        let of_group = aim.group.map(|id| self.fleet.group(id).account);
        aim.account.or(of_instance).or(of_group)
    }
}

/// Whom an occurrence is about: three words, needed or not.
fn draw(among: &Among, stream: &mut ChaCha8Rng) -> EventTargets {
    let mut one_of = |count: u32| u32::try_from(below(count.into(), stream)).unwrap_or(0);
    let count = |list: usize| u32::try_from(list).unwrap_or(u32::MAX);
    let index = one_of(among.instances.map_or(0, |all| all.len));
    let account = one_of(count(among.accounts.len()));
    let group = one_of(count(among.groups.len()));
    let one = |all: Targets| Targets { start: all.start + index, len: 1 };
    EventTargets {
        instances: among.instances.map(|all| if among.all { all } else { one(all) }),
        account: among.accounts.get(account as usize).copied(),
        group: among.groups.get(group as usize).copied(),
        later: SimSpan::ZERO,
    }
}

/// What a law draws from.
#[expect(clippy::float_arithmetic, reason = "a distribution is set up here")]
fn distribution(law: &Law) -> Distribution {
    let number = |Thousandths(number): &Thousandths| f64::from(*number) / 1_000.0;
    let drawn = match law {
        Law::Fixed(span) => Some(Distribution::fixed(*span)),
        Law::Exponential(mean) => Some(Distribution::exponential(*mean)),
        Law::Weibull(scale, shape) => Distribution::weibull(*scale, number(shape)),
        Law::LogNormal(median, sigma) => Distribution::log_normal(*median, number(sigma)),
        Law::Empirical(spans) => Distribution::empirical(spans.iter().copied()),
    };
    // INVARIANT: what is no distribution was refused when the file was read.
    drawn.unwrap_or(Distribution::fixed(SimSpan::ZERO))
}
