//! The agenda by itself, at several fills: for a quick look while working on it.
//!
//! The hold model of Jones 1986: take the earliest timer, set it again a random
//! time ahead. `cargo bench --bench agenda`

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
use stayput::kernel::{Agenda, Flow, Limits, Model, Rank, Simulation, Streams, Timer};
use stayput::time::{SimSpan, SimTime};

/// How many timers fire in one measurement.
const FIRINGS: u32 = 100_000;

/// The mean time between two firings of one timer: half a year.
const MEAN: SimSpan = SimSpan::from_seconds(182 * 86_400);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Hold(u32);

impl Timer for Hold {
    const RANKS: u8 = 1;

    fn rank(&self) -> Rank {
        Rank(0)
    }

    fn index(&self) -> u32 {
        self.0
    }
}

struct Holding(ChaCha8Rng);

impl Holding {
    fn again(&mut self, timer: Hold, agenda: &mut Agenda<Hold>) {
        let share = f64::from(self.0.next_u32() >> 8) / f64::from(1 << 24);
        let wait = -libm::log1p(-share) * MEAN.seconds() as f64;
        agenda.set(timer, agenda.now().after(SimSpan::from_seconds(wait as i64 + 1)));
    }
}

impl Model for Holding {
    type Order = ();
    type Timer = Hold;
    type Record = ();

    fn obey(&mut self, (): &(), _: &mut Agenda<Hold>, _: &mut Vec<()>) -> Flow {
        Flow::Continue
    }

    fn ring(&mut self, timer: Hold, agenda: &mut Agenda<Hold>, _: &mut Vec<()>) -> Flow {
        self.again(timer, agenda);
        Flow::Continue
    }
}

#[divan::bench(args = [1_000, 100_000, 1_000_000], sample_count = 20)]
fn hold(bencher: Bencher, timers: u32) {
    let mut agenda = Agenda::starting_at(SimTime::from_seconds(0));
    let mut model = Holding(Streams::new(1, 0).named("hold"));
    for who in 0..timers {
        model.again(Hold(who), &mut agenda);
    }
    let script = std::iter::empty();
    let mut run = Simulation::new(model, script, agenda, SimTime::NEVER, Limits::default());
    bencher.counter(ItemsCount::new(FIRINGS)).bench_local(|| (0..FIRINGS).all(|_| run.step()));
}

fn main() {
    divan::main();
}
