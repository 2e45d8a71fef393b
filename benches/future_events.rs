//! The future event list alone, at several sizes: a quick measurement while it is changed.
//!
//! It uses the hold model (Jones 1986): the earliest timer is taken and set again, a random time
//! ahead. `cargo bench --bench future_events`

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a measurement, not the model"
)]

use divan::Bencher;
use divan::counter::ItemsCount;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use stayput::kernel::{Flow, FutureEvents, Limits, Model, Priority, Simulation, Streams, TimerId};
use stayput::time::{SimSpan, SimTime};

/// Number of timers that fire in one measurement.
const FIRINGS: u32 = 100_000;

/// The mean time between two firings of one timer: half a year.
const MEAN: SimSpan = SimSpan::from_seconds(182 * 86_400);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Hold(u32);

impl TimerId for Hold {
    const PRIORITIES: u8 = 1;

    fn priority(&self) -> Priority {
        Priority(0)
    }

    fn index(&self) -> u32 {
        self.0
    }
}

struct Holding(ChaCha8Rng);

impl Holding {
    fn again(&mut self, timer: Hold, future_events: &mut FutureEvents<Hold>) {
        let share = f64::from(self.0.next_u32() >> 8) / f64::from(1 << 24);
        let wait = -libm::log1p(-share) * MEAN.seconds() as f64;
        future_events.set(timer, future_events.now().after(SimSpan::from_seconds(wait as i64 + 1)));
    }
}

impl Model for Holding {
    type Event = ();
    type Timer = Hold;
    type Record = ();

    fn handle_event(&mut self, (): &(), _: &mut FutureEvents<Hold>, _: &mut Vec<()>) -> Flow {
        Flow::Continue
    }

    fn handle_timer(
        &mut self,
        timer: Hold,
        future_events: &mut FutureEvents<Hold>,
        _: &mut Vec<()>,
    ) -> Flow {
        self.again(timer, future_events);
        Flow::Continue
    }
}

#[divan::bench(args = [1_000, 100_000, 1_000_000], sample_count = 20)]
fn hold(bencher: Bencher, timers: u32) {
    let mut future_events = FutureEvents::starting_at(SimTime::from_seconds(0));
    let mut model = Holding(Streams::new(1, 0).named("hold"));
    for who in 0..timers {
        model.again(Hold(who), &mut future_events);
    }
    let script = std::iter::empty();
    let mut run = Simulation::new(model, script, future_events, SimTime::NEVER, Limits::default());
    bencher.counter(ItemsCount::new(FIRINGS)).bench_local(|| (0..FIRINGS).all(|_| run.step()));
}

fn main() {
    divan::main();
}
