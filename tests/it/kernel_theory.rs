//! Queues whose figures are known exactly, as small models on the kernel.
//!
//! Each case is simulated many times. The known figure must lie within the confidence interval of
//! the runs, and the interval must be narrow.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "figures are compared with their formulas here"
)]

use std::collections::VecDeque;

use stayput::kernel::{
    Distribution, Flow, FutureEvents, Limits, Model, Priority, Simulation, Stop, Streams, TimerId,
};
use stayput::stats::{ConfidenceLevel, Counter, Interval, Sample, Tally};
use stayput::time::{SimSpan, SimTime};

use rand_chacha::ChaCha8Rng;

use crate::time_weighted::TimeWeighted;

pub(crate) fn span(seconds: i64) -> SimSpan {
    SimSpan::from_seconds(seconds)
}

pub(crate) fn at(seconds: i64) -> SimTime {
    SimTime::from_seconds(seconds)
}

/// Runs a model up to and including `end` and returns it.
pub(crate) fn run<M: Model>(
    model: M,
    future_events: FutureEvents<M::Timer>,
    end: SimTime,
) -> Simulation<M, std::iter::Empty<(SimTime, M::Event)>> {
    let mut run = Simulation::new(model, std::iter::empty(), future_events, end, Limits::default());
    while run.step() {}
    assert!(matches!(run.stop(), Some(Stop::Horizon | Stop::Drained)));
    run
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Wait {
    Service(u32),
    Arrival,
}

impl TimerId for Wait {
    const PRIORITIES: u8 = 2;

    fn priority(&self) -> Priority {
        Priority(match self {
            Self::Service(_) => 0,
            Self::Arrival => 1,
        })
    }

    fn index(&self) -> u32 {
        match self {
            Self::Service(server) => *server,
            Self::Arrival => 0,
        }
    }
}

/// Servers, a queue in order of arrival, and perhaps a limited number of places.
struct Station {
    between: Distribution,
    service: Distribution,
    arrivals: ChaCha8Rng,
    services: ChaCha8Rng,
    /// Idle servers; `spare` more can be added.
    idle: Vec<u32>,
    hired: u32,
    spare: u32,
    room: usize,
    /// Arrival times of the customers in service, by server, and of those in the queue.
    served: Vec<SimTime>,
    queue: VecDeque<SimTime>,
    warm: SimTime,
    seen: Seen,
}

/// The observations of a station after its warm-up.
#[derive(Clone)]
struct Seen {
    present: TimeWeighted,
    queued: TimeWeighted,
    sojourns: Sample,
    waits: Tally,
    delayed: Counter,
    refused: Counter,
}

/// A station and the time it runs: spans in seconds.
#[derive(Clone)]
struct Case {
    between: Distribution,
    service: Distribution,
    servers: u32,
    room: usize,
    warm: i64,
    end: i64,
}

impl Case {
    fn markov(between: i64, service: i64, servers: u32) -> Self {
        Self {
            between: Distribution::exponential(span(between)),
            service: Distribution::exponential(span(service)),
            servers,
            room: usize::MAX,
            warm: 1_000 * between,
            end: 7_000 * between,
        }
    }

    fn run(&self, seed: u64) -> Seen {
        let mut future_events = FutureEvents::starting_at(at(0));
        let streams = Streams::new(seed, 0);
        let empty = TimeWeighted::starting_at(at(0), 0);
        let mut station = Station {
            between: self.between.clone(),
            service: self.service.clone(),
            arrivals: streams.named("arrivals"),
            services: streams.named("services"),
            idle: Vec::new(),
            hired: 0,
            spare: self.servers,
            room: self.room,
            served: Vec::new(),
            queue: VecDeque::new(),
            warm: at(self.warm),
            seen: Seen {
                present: empty,
                queued: empty,
                sojourns: Sample::default(),
                waits: Tally::default(),
                delayed: Counter::default(),
                refused: Counter::default(),
            },
        };
        future_events.set(Wait::Arrival, at(0).after(self.between.draw(&mut station.arrivals)));
        run(station, future_events, at(self.end)).model().seen.clone()
    }
}

impl Station {
    fn is_warm(&mut self, now: SimTime) -> bool {
        if now >= self.warm && self.warm > at(0) {
            self.seen.present.restart(self.warm);
            self.seen.queued.restart(self.warm);
            self.warm = at(0);
        }
        self.warm == at(0)
    }

    fn arrive(&mut self, now: SimTime, future_events: &mut FutureEvents<Wait>) {
        let warm = self.is_warm(now);
        future_events.set(Wait::Arrival, now.after(self.between.draw(&mut self.arrivals)));
        let present = self.served.len() - self.idle.len() + self.queue.len();
        let refused = present >= self.room;
        if warm {
            self.seen.refused.add(refused);
        }
        if refused {
            return;
        }
        self.seen.present.add(now, 1);
        if self.idle.is_empty() && self.hired < self.spare {
            self.idle.push(self.hired);
            self.served.push(now);
            self.hired += 1;
        }
        if warm {
            self.seen.delayed.add(self.idle.is_empty());
        }
        if let Some(server) = self.idle.pop() {
            self.serve(server, now, now, future_events);
        } else {
            self.queue.push_back(now);
            self.seen.queued.add(now, 1);
        }
    }

    fn serve(
        &mut self,
        server: u32,
        came: SimTime,
        now: SimTime,
        future_events: &mut FutureEvents<Wait>,
    ) {
        self.served[server as usize] = came;
        if self.is_warm(now) {
            self.seen.waits.add(now.since(came).seconds());
        }
        future_events.set(Wait::Service(server), now.after(self.service.draw(&mut self.services)));
    }

    fn leave(&mut self, server: u32, now: SimTime, future_events: &mut FutureEvents<Wait>) {
        if self.is_warm(now) {
            self.seen.sojourns.add(now.since(self.served[server as usize]).seconds());
        }
        self.seen.present.add(now, -1);
        match self.queue.pop_front() {
            Some(came) => {
                self.seen.queued.add(now, -1);
                self.serve(server, came, now, future_events);
            }
            None => self.idle.push(server),
        }
    }
}

impl Model for Station {
    type Event = ();
    type Timer = Wait;
    type Record = ();

    fn handle_event(&mut self, (): &(), _: &mut FutureEvents<Wait>, _: &mut Vec<()>) -> Flow {
        Flow::Continue
    }

    fn handle_timer(
        &mut self,
        timer: Wait,
        future_events: &mut FutureEvents<Wait>,
        _: &mut Vec<()>,
    ) -> Flow {
        let now = future_events.now();
        match timer {
            Wait::Arrival => self.arrive(now, future_events),
            Wait::Service(server) => self.leave(server, now, future_events),
        }
        Flow::Continue
    }
}

/// The figures of a model over many runs, in millionths: name, exact value and tally of each.
struct Figures<'a>(&'a str, Vec<(&'a str, f64, Tally)>);

impl<'a> Figures<'a> {
    fn add(&mut self, name: &'a str, exact: f64, seen: Option<f64>) {
        if !self.1.iter().any(|(known, ..)| *known == name) {
            self.1.push((name, exact, Tally::default()));
        }
        let (.., tally) = self.1.iter_mut().find(|(known, ..)| *known == name).unwrap();
        tally.add((seen.expect("something was seen") * 1e6).round() as i64);
    }

    /// Every interval at 99.9 % must contain its exact figure, with a half-width below a share of
    /// it.
    fn judge(&self, widest: f64) {
        for (name, exact, tally) in &self.1 {
            let Interval { low, high } =
                tally.interval(ConfidenceLevel::new(0.999).unwrap()).expect("many runs");
            let (low, high) = (low / 1e6, high / 1e6);
            let shown = format!("{} {name}: {exact} in {low:.4} to {high:.4}", self.0);
            assert!(low <= *exact && *exact <= high, "{shown}");
            assert!((high - low) / 2.0 <= widest * exact, "too wide: {shown}");
        }
    }
}

const RUNS: u64 = 20;

#[test]
fn one_server_with_a_queue() {
    // M/M/1: L = ρ/(1−ρ), Lq = ρ²/(1−ρ), W = 1/(μ−λ), Wq = ρ/(μ−λ); the time in the system is
    // exponential, so its 95 % quantile is −ln(0.05) W.
    let cases = [
        ("load 0.5", 5_000, 1.0, 0.5, 2.0, 1.0, 5.991_464_547_108, 0.06),
        ("load 0.8", 8_000, 4.0, 3.2, 5.0, 4.0, 14.978_661_367_77, 0.18),
        ("load 0.95", 9_500, 19.0, 18.05, 20.0, 19.0, 59.914_645_471_08, 0.45),
    ];
    for (name, service, l, lq, w, wq, w95, widest) in cases {
        let mut figures = Figures(name, Vec::new());
        for seed in 0..RUNS {
            let mut case = Case::markov(10_000, service, 1);
            if service > 9_000 {
                // Under a high load the start has a long influence, and estimates converge slowly.
                (case.warm, case.end) = (4_000 * 10_000, 34_000 * 10_000);
            }
            let mut seen = case.run(seed);
            let end = at(case.end);
            let unit = service as f64;
            figures.add("L", l, seen.present.mean_by(end));
            figures.add("Lq", lq, seen.queued.mean_by(end));
            figures.add("Wq", wq, seen.waits.mean().map(|wait| wait / unit));
            let wait_and_service = seen.waits.mean().map(|wait| wait / unit + 1.0);
            figures.add("W", w, wait_and_service);
            figures.add("idle", 1.0 - 1.0 / (w / wq), seen.delayed.share().map(|busy| 1.0 - busy));
            let quantile = seen.sojourns.quantile(0.95);
            figures.add("W95", w95, quantile.map(|long| long as f64 / unit));
        }
        figures.judge(widest);
    }
}

#[test]
fn several_servers_with_one_queue() {
    // M/M/c by Erlang's C formula.
    let cases = [
        (
            "two",
            2,
            15_000,
            0.642_857_142_857,
            1.928_571_428_571,
            3.428_571_428_571,
            1.285_714_285_714,
        ),
        (
            "three",
            3,
            24_000,
            0.647_191_011_236,
            2.588_764_044_944,
            4.988_764_044_944,
            1.078_651_685_393,
        ),
    ];
    for (name, servers, service, waits, lq, l, wq) in cases {
        let mut figures = Figures(name, Vec::new());
        for seed in 0..RUNS {
            let case = Case::markov(10_000, service, servers);
            let seen = case.run(seed);
            figures.add("P(wait)", waits, seen.delayed.share());
            figures.add("Lq", lq, seen.queued.mean_by(at(case.end)));
            figures.add("L", l, seen.present.mean_by(at(case.end)));
            figures.add("Wq", wq, seen.waits.mean().map(|wait| wait / service as f64));
        }
        figures.judge(0.16);
    }
}

#[test]
fn a_station_with_limited_capacity() {
    // M/M/1/K: an arrival that finds K customers is refused.
    let cases = [
        ("five", 5, 9_000, 0.126_022_549_988, 2.194_782_300_628, 0.213_422_494_99, 0.07),
        ("ten", 10, 12_000, 0.192_586_495_127, 6.710_708_678_369, 0.031_103_794_152, 0.2),
    ];
    for (name, room, service, refused, l, empty, widest) in cases {
        let mut figures = Figures(name, Vec::new());
        for seed in 0..RUNS {
            let case = Case { room, ..Case::markov(10_000, service, 1) };
            let seen = case.run(seed);
            figures.add("P(refused)", refused, seen.refused.share());
            figures.add("L", l, seen.present.mean_by(at(case.end)));
            // Arrivals see averages over time. The figure is the share of the admitted arrivals
            // that found the system empty.
            let at_once = seen.delayed.share().map(|share| 1.0 - share);
            figures.add("P0", empty / (1.0 - refused), at_once);
        }
        figures.judge(widest);
    }
}

#[test]
fn without_waiting_only_the_mean_service_time_matters() {
    // M/G/∞: Poisson with mean λ·E[stay], whatever the distribution of the stay.
    let hour = 3_600.0;
    let gamma = 2.0; // Γ(1 + 1/0.5): a Weibull of shape 0.5 has twice its scale as mean
    let stays = [
        ("fixed", Distribution::fixed(span(60 * 3_600))),
        ("exponential", Distribution::exponential(span(60 * 3_600))),
        ("weibull", Distribution::weibull(span((60.0 * hour / gamma) as i64), 0.5).unwrap()),
        // The mean of a log-normal is median · exp(σ²/2).
        (
            "log-normal",
            Distribution::log_normal(span((60.0 * hour / libm::exp(0.125)) as i64), 0.5).unwrap(),
        ),
        ("empirical", Distribution::empirical([(span(0), 1), (span(80 * 3_600), 3)]).unwrap()),
    ];
    for (name, stay) in stays {
        let mut figures = Figures(name, Vec::new());
        for seed in 0..RUNS {
            let mut case = Case::markov(3_600, 3_600, u32::MAX);
            (case.service, case.warm, case.end) = (stay.clone(), 1_000 * 3_600, 4_000 * 3_600);
            let seen = case.run(seed);
            figures.add("mean", 60.0, seen.present.mean_by(at(case.end)));
            figures.add("delayed", 0.0, seen.delayed.share());
        }
        figures.judge(0.05);
        if !matches!(name, "fixed" | "weibull") {
            continue;
        }
        let mut counts = Tally::default();
        for seed in 0..400 {
            let mut case = Case::markov(3_600, 3_600, u32::MAX);
            (case.service, case.end) = (stay.clone(), 500 * 3_600);
            counts.add(case.run(seed).present.value());
        }
        // Of 400 independent counts the variance has a deviation of √(2/399) of itself.
        let variance = counts.variance().unwrap();
        assert!((variance / 60.0 - 1.0).abs() < 3.5 * 0.071, "{name}: {variance}");
    }
}

#[test]
fn infinitely_many_servers_from_the_start_and_in_the_long_run() {
    // M/G/∞ with λ = 174.2 and a mean stay of 6, seen after eight stays: a Poisson number with
    // mean (and variance) 1045.2 · (1 − exp(−8)).
    let (unit, stay) = (1_742_000, 6 * 1_742_000);
    let mut counts = Tally::default();
    for seed in 0..40 {
        let mut case = Case::markov(unit * 10 / 1_742, stay, u32::MAX);
        (case.warm, case.end) = (0, 8 * stay);
        counts.add(case.run(seed).present.value());
    }
    let truth = 1_045.2 * (1.0 - libm::exp(-8.0));
    let within = counts.interval(ConfidenceLevel::new(0.999).unwrap()).unwrap();
    assert!(within.contains(truth) && within.half_width() < 0.03 * truth, "{within:?}");
    let variance = counts.variance().unwrap();
    assert!((variance / truth - 1.0).abs() < 3.5 * 0.226, "{variance}");
    // M/M/∞ from empty with λ = 20, E = 3 at t = 1: 60 · (1 − exp(−1/3)).
    let mut counts = Tally::default();
    for seed in 0..1_000 {
        let mut case = Case::markov(1_000, 60_000, u32::MAX);
        (case.warm, case.end) = (0, 20_000);
        counts.add(case.run(seed).present.value());
    }
    let within = counts.interval(ConfidenceLevel::new(0.999).unwrap()).unwrap();
    assert!(within.contains(17.008_121_365_573) && within.half_width() < 0.5, "{within:?}");
}

/// Machines that fail and a crew that repairs them, in order of failure.
struct Shop {
    up: Distribution,
    repair: Distribution,
    failures: Vec<ChaCha8Rng>,
    repairs: ChaCha8Rng,
    idle: u32,
    queue: VecDeque<u32>,
    running: TimeWeighted,
}

/// The event that a machine waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Machine {
    Repaired(u32),
    Fails(u32),
}

impl TimerId for Machine {
    const PRIORITIES: u8 = 2;

    fn priority(&self) -> Priority {
        Priority(u8::from(matches!(self, Self::Fails(_))))
    }

    fn index(&self) -> u32 {
        match self {
            Self::Repaired(who) | Self::Fails(who) => *who,
        }
    }
}

impl Model for Shop {
    type Event = ();
    type Timer = Machine;
    type Record = ();

    fn handle_event(&mut self, (): &(), _: &mut FutureEvents<Machine>, _: &mut Vec<()>) -> Flow {
        Flow::Continue
    }

    fn handle_timer(
        &mut self,
        timer: Machine,
        future_events: &mut FutureEvents<Machine>,
        _: &mut Vec<()>,
    ) -> Flow {
        let now = future_events.now();
        match timer {
            Machine::Fails(who) => {
                self.running.add(now, -1);
                self.queue.push_back(who);
            }
            Machine::Repaired(who) => {
                self.running.add(now, 1);
                self.idle += 1;
                let up = self.up.draw(&mut self.failures[who as usize]);
                future_events.set(Machine::Fails(who), now.after(up));
            }
        }
        while self.idle > 0
            && let Some(next) = self.queue.pop_front()
        {
            self.idle -= 1;
            let repair = self.repair.draw(&mut self.repairs);
            future_events.set(Machine::Repaired(next), now.after(repair));
        }
        Flow::Continue
    }
}

/// The machines that run on average, and their number, over `end` seconds.
fn shop(
    machines: u32,
    crew: u32,
    up: &Distribution,
    repair: &Distribution,
    end: i64,
    seed: u64,
) -> f64 {
    let streams = Streams::new(seed, 0);
    let mut model = Shop {
        up: up.clone(),
        repair: repair.clone(),
        failures: (0..machines).map(|who| streams.named(&format!("failures/{who}"))).collect(),
        repairs: streams.named("repairs"),
        idle: crew,
        queue: VecDeque::new(),
        running: TimeWeighted::starting_at(at(0), i64::from(machines)),
    };
    let mut future_events = FutureEvents::starting_at(at(0));
    for who in 0..machines {
        let first = up.draw(&mut model.failures[who as usize]);
        future_events.set(Machine::Fails(who), at(0).after(first));
    }
    run(model, future_events, at(end)).model().running.mean_by(at(end)).unwrap()
}

#[test]
fn machines_and_repairers() {
    // M/M/c//N as a chain of births and deaths: with k down, the rate of failures is
    // (N − k)·λ and of repairs min(k, c)·μ; in balance p(k+1)·μ(k+1) = p(k)·λ(k).
    for (machines, crew, up, repair) in [(10_u32, 1_u32, 300_000, 30_000), (8, 3, 50_000, 40_000)] {
        let (mut weight, mut all, mut running) = (1.0, 0.0, 0.0);
        for down in 0..=machines {
            all += weight;
            running += weight * f64::from(machines - down);
            weight *= f64::from(machines - down) / f64::from(crew.min(down + 1))
                * f64::from(repair)
                / f64::from(up);
        }
        let name = format!("{machines} machines");
        let mut figures = Figures(&name, Vec::new());
        let [up, repair] =
            [up, repair].map(|mean| Distribution::exponential(span(i64::from(mean))));
        for seed in 0..RUNS {
            let seen = shop(machines, crew, &up, &repair, 150_000_000, seed);
            figures.add("running", running / all, Some(seen));
        }
        figures.judge(0.02);
    }
}

#[test]
fn the_machine_shop_makes_as_many_parts_as_in_simpy() {
    // SimPy's example `machine_shop`: ten machines, a part in 10 minutes on average, a failure
    // after 300 minutes of work on average, 30 minutes of repair by one man, four weeks. Its
    // output (MIT licence): the parts of each machine.
    let simpy = [3251, 3273, 3242, 3343, 3387, 3244, 3269, 3185, 3302, 3279];
    let (mut theirs, mut ours) = (Tally::default(), Tally::default());
    simpy.iter().for_each(|parts| theirs.add(*parts));
    let up = Distribution::exponential(span(300 * 60));
    let repair = Distribution::fixed(span(30 * 60));
    for seed in 0..RUNS {
        let running = shop(10, 1, &up, &repair, 28 * 86_400, seed);
        ours.add((running / 10.0 * 40_320.0 / 10.0).round() as i64);
    }
    let within = theirs.interval(ConfidenceLevel::new(0.99).unwrap()).unwrap();
    let ours = ours.mean().unwrap();
    assert!(within.contains(ours), "{ours} parts, and SimPy's {within:?}");
}

#[test]
fn an_interval_covers_the_true_value_as_often_as_stated() {
    // M/M/∞ from empty: the number there at time t is Poisson with mean
    // λ·E·(1 − exp(−t/E)), here with λ = 20, E = 3 and t = 6, without a warm-up.
    let truth = 51.879_883_005_803;
    let (mut held_95, mut held_80) = (Counter::default(), Counter::default());
    for experiment in 0..400 {
        let mut counts = Tally::default();
        for replication in 0..10 {
            let mut case = Case::markov(1_000, 60_000, u32::MAX);
            (case.warm, case.end) = (0, 120_000);
            counts.add(case.run(experiment * 10 + replication).present.value());
        }
        let holds = |confidence| counts.interval(confidence).unwrap().contains(truth);
        held_95.add(holds(ConfidenceLevel::P95));
        held_80.add(holds(ConfidenceLevel::new(0.8).unwrap()));
    }
    let nearly_sure = ConfidenceLevel::new(0.999).unwrap();
    assert!(held_95.interval(nearly_sure).contains(0.95), "{held_95:?}");
    assert!(held_80.interval(nearly_sure).contains(0.80), "{held_80:?}");
}
