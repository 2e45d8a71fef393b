//! The benchmarked work: a fleet with a year of events, and a decision for each event.
//!
//! Each instance has a timer for a scheduled release and one for the end of its term, each account
//! of a thousand instances one for its days of grace. Orders are spread evenly over the year: 40 %
//! set a timer, 20 % clear one, 20 % delete an instance, 10 % switch a protection, 10 % let an
//! account fall into arrears or settle. A new instance takes the index of a released one.

use std::hint::black_box;

use rand::{Rng, RngExt};
use stayput::kernel::{Priority, Streams, TimerId};
use stayput::time::{SimSpan, SimTime};

/// The end of the year; nothing happens at it any more.
pub const END: SimTime = SimTime::from_seconds(365 * DAY);

const DAY: i64 = 86_400;
const PER_ACCOUNT: u32 = 1_000;

/// A timer of the fleet, by the index of its instance or account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    Release(u32),
    Term(u32),
    Grace(u32),
}

impl TimerId for Wait {
    const PRIORITIES: u8 = 3;

    fn priority(&self) -> Priority {
        Priority(match self {
            Self::Release(_) => 0,
            Self::Term(_) => 1,
            Self::Grace(_) => 2,
        })
    }

    fn index(&self) -> u32 {
        match self {
            Self::Release(who) | Self::Term(who) | Self::Grace(who) => *who,
        }
    }
}

/// A future event list, in which timers are set and cleared.
pub trait Timers {
    fn set(&mut self, timer: Wait, at: SimTime);
    fn clear(&mut self, timer: Wait);
}

/// The operations on the fleet.
#[derive(Debug, Clone, Copy)]
pub enum Verb {
    Set,
    Clear,
    Delete,
    Protect,
    Account,
}

/// An event of the year. Fields that its verb does not need have no meaning.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    pub verb: Verb,
    /// Whether `Set` and `Clear` are about the term; whether `Protect` switches on; whether the
    /// account of `Account` becomes overdue.
    pub flag: bool,
    pub instance: u32,
    /// The delay of a timer, in seconds.
    pub delay: u32,
}

/// The inputs: the size of the fleet, and the events by time.
pub struct Year {
    pub instances: u32,
    pub events: Vec<(u32, Event)>,
}

impl Year {
    pub fn new(instances: u32, events: usize) -> Self {
        let mut stream = Streams::new(7, 0).named("fleet-year");
        let end = u32::try_from(END.seconds()).expect("a year");
        let mut times: Vec<u32> = (0..events).map(|_| stream.random_range(0..end)).collect();
        times.sort_unstable();
        let waits = Waits::new();
        let event = |at| {
            let verb = match stream.random_range(0..10) {
                0..4 => Verb::Set,
                4..6 => Verb::Clear,
                6..8 => Verb::Delete,
                8 => Verb::Protect,
                _ => Verb::Account,
            };
            let delay = waits.of(stream.next_u64(), 150 * DAY).seconds();
            let delay = u32::try_from(delay).expect("a few years");
            let (flag, instance) = (stream.random(), stream.random_range(0..instances));
            (at, Event { verb, flag, instance, delay })
        };
        let events = times.into_iter().map(event).collect();
        Self { instances, events }
    }

    /// The events, as the script of a kernel.
    pub fn script(&self) -> impl Iterator<Item = (SimTime, Event)> {
        self.events.iter().map(|(at, event)| (SimTime::from_seconds(i64::from(*at)), *event))
    }
}

/// The results of a run; two designs are equivalent if these are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub events: u64,
    pub decisions: u64,
    /// Every decision folded in the order in which it was taken.
    pub fingerprint: u64,
}

#[derive(Clone, Copy)]
enum Cause {
    Deleted,
    Scheduled,
    Ended,
    Overdue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Released,
    Held,
    Overridden,
    Kept,
}

/// The state of an instance, without its timers.
#[derive(Clone, Copy)]
struct Instance {
    protected: bool,
    prepaid: bool,
    births: u32,
}

/// The state of the fleet during a run.
pub struct Fleet {
    instances: Vec<Instance>,
    overdue: Vec<bool>,
    grace: SimSpan,
    waits: Waits,
    fired: u64,
    swept: u64,
    decisions: u64,
    fingerprint: u64,
}

impl Fleet {
    pub fn new(year: &Year) -> Self {
        let accounts = year.instances.div_ceil(PER_ACCOUNT);
        // A twentieth of the events settles an account. The grace period is about five times the
        // span between two settlements of one account, so it ends for few accounts.
        let between = END.seconds() * i64::from(accounts) * 20 / (year.events.len() as i64);
        let instance = |who| {
            let bits = mix(u64::from(who));
            Instance { protected: bits & 1 == 1, prepaid: bits & 2 == 2, births: 0 }
        };
        Self {
            instances: (0..year.instances).map(instance).collect(),
            overdue: vec![false; accounts as usize],
            grace: SimSpan::from_seconds(between * 24 / 5),
            waits: Waits::new(),
            fired: 0,
            swept: 0,
            decisions: 0,
            fingerprint: 0,
        }
    }

    /// Sets the first timers.
    pub fn start(&mut self, timers: &mut impl Timers) {
        for who in 0..self.instances.len() {
            self.settle_in(who as u32, SimTime::from_seconds(0), timers);
        }
    }

    /// Prefetches an instance from memory.
    pub fn touch(&self, instance: u32) {
        black_box(self.instances[instance as usize].births);
    }

    pub fn handle_event(&mut self, event: Event, now: SimTime, timers: &mut impl Timers) {
        let Event { verb, flag, instance, delay } = event;
        let timer = if flag { Wait::Term(instance) } else { Wait::Release(instance) };
        match verb {
            Verb::Set => timers.set(timer, now.after(SimSpan::from_seconds(i64::from(delay)))),
            Verb::Clear => timers.clear(timer),
            Verb::Delete => {
                self.decide(instance, Cause::Deleted, now, timers);
            }
            Verb::Protect => self.instances[instance as usize].protected = flag,
            Verb::Account => {
                let account = instance / PER_ACCOUNT;
                let before = std::mem::replace(&mut self.overdue[account as usize], flag);
                if !flag {
                    timers.clear(Wait::Grace(account));
                } else if !before {
                    timers.set(Wait::Grace(account), now.after(self.grace));
                }
            }
        }
    }

    pub fn handle_timer(&mut self, timer: Wait, now: SimTime, timers: &mut impl Timers) {
        self.fired += 1;
        match timer {
            Wait::Release(instance) => {
                self.decide(instance, Cause::Scheduled, now, timers);
            }
            Wait::Term(instance) => {
                // A held subscription is renewed for a month.
                if self.decide(instance, Cause::Ended, now, timers) == Verdict::Held {
                    timers.set(timer, now.after(SimSpan::from_seconds(30 * DAY)));
                }
            }
            Wait::Grace(account) => {
                let first = account * PER_ACCOUNT;
                let past = (first + PER_ACCOUNT).min(self.instances.len() as u32);
                for instance in first..past {
                    self.swept += 1;
                    self.decide(instance, Cause::Overdue, now, timers);
                }
            }
        }
    }

    pub fn outcome(&self, events: usize) -> Outcome {
        Outcome {
            events: events as u64 + self.fired + self.swept,
            decisions: self.decisions,
            fingerprint: self.fingerprint,
        }
    }

    fn decide(
        &mut self,
        who: u32,
        cause: Cause,
        now: SimTime,
        timers: &mut impl Timers,
    ) -> Verdict {
        let Instance { protected, prepaid, .. } = self.instances[who as usize];
        let overdue = self.overdue[(who / PER_ACCOUNT) as usize];
        let verdict = match (cause, protected) {
            (Cause::Overdue, true) => Verdict::Overridden,
            (Cause::Ended, true) if overdue => Verdict::Overridden,
            (Cause::Deleted | Cause::Scheduled | Cause::Ended, true) => Verdict::Held,
            (Cause::Deleted, false) if prepaid => Verdict::Kept,
            (_, false) => Verdict::Released,
        };
        self.decisions += 1;
        let word = u64::from(who) << 4 | (cause as u64) << 2 | verdict as u64;
        self.fingerprint =
            (self.fingerprint ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        if matches!(verdict, Verdict::Released | Verdict::Overridden) {
            self.settle_in(who, now, timers);
        }
        verdict
    }

    /// Creates a new instance at an index. Its times depend only on the index and on the number of
    /// instances that had this index before.
    fn settle_in(&mut self, who: u32, now: SimTime, timers: &mut impl Timers) {
        let instance = &mut self.instances[who as usize];
        instance.births += 1;
        let bits = mix(u64::from(who) << 24 | u64::from(instance.births));
        timers.set(Wait::Release(who), now.after(self.waits.of(bits, 120 * DAY)));
        timers.set(Wait::Term(who), now.after(self.waits.of(mix(bits), 180 * DAY)));
    }
}

/// Exponential waits from a table, so that drawing them costs next to nothing.
struct Waits(Box<[f64; 4_096]>);

impl Waits {
    fn new() -> Self {
        Self(Box::new(std::array::from_fn(|n| -libm::log((n as f64 + 0.5) / 4_096.0))))
    }

    fn of(&self, bits: u64, mean: i64) -> SimSpan {
        let whole = (self.0[(bits >> 52) as usize] * mean as f64) as i64;
        SimSpan::from_seconds(whole + 1 + (bits & 63) as i64)
    }
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014).
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
