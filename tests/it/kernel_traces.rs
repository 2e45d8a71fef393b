//! Models from other simulators, run on the kernel with the random numbers that they drew.
//!
//! A second of the kernel stands for any unit that is fine enough. Rank and index state the order
//! of simultaneous events, which in those programs is the order of insertion.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "others count in fractions of a minute"
)]

use std::collections::VecDeque;

use stayput::kernel::{Flow, FutureEvents, Model, Priority, TimerId};
use stayput::stats::Tally;
use stayput::time::SimTime;

use crate::kernel_theory::{at, run, span};
use crate::time_weighted::TimeWeighted;

/// A timer of any of these programs, with its rank and its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Wait(u8, u32);

impl TimerId for Wait {
    const PRIORITIES: u8 = 3;

    fn priority(&self) -> Priority {
        Priority(self.0)
    }

    fn index(&self) -> u32 {
        self.1
    }
}

/// A model that is one function of (program, timer, future event list).
struct Program<S>(S, fn(&mut S, Wait, &mut FutureEvents<Wait>));

impl<S> Model for Program<S> {
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
        (self.1)(&mut self.0, timer, future_events);
        Flow::Continue
    }
}

/// Ticks in a minute, for programs that count in fractions of it.
const MINUTE: f64 = 1e8;

fn ticks(minutes: f64) -> i64 {
    (minutes * MINUTE).round() as i64
}

fn minutes(at: SimTime) -> f64 {
    at.seconds() as f64 / MINUTE
}

#[derive(Default)]
struct Bank {
    draws: VecDeque<f64>,
    busy: bool,
    queue: VecDeque<u32>,
    came: Vec<SimTime>,
    trace: Vec<String>,
}

impl Bank {
    const FINISH: u8 = 0;
    const ARRIVE: u8 = 1;
    const RENEGE: u8 = 2;

    fn draw(&mut self) -> i64 {
        ticks(self.draws.pop_front().expect("as many draws as were recorded"))
    }

    fn say(&mut self, now: SimTime, who: u32, what: &str, waited: Option<f64>) {
        let waited = waited.map(|minutes| format!("{minutes:.3}")).unwrap_or_default();
        self.trace.push(format!("{:.4},Customer{who:02},{what},{waited}", minutes(now)));
    }

    fn handle_timer(&mut self, Wait(what, who): Wait, future_events: &mut FutureEvents<Wait>) {
        let now = future_events.now();
        match what {
            Self::ARRIVE => {
                // The source draws the next arrival before the customer acts. After the fifth
                // customer it draws once more, with no effect.
                let next = now.after(span(self.draw()));
                if who < 4 {
                    future_events.set(Wait(Self::ARRIVE, who + 1), next);
                }
                self.came.push(now);
                self.say(now, who, "arrive", None);
                let patience = self.draw();
                self.queue.push_back(who);
                if self.busy {
                    future_events.set(Wait(Self::RENEGE, who), now.after(span(patience)));
                }
            }
            Self::FINISH => {
                self.busy = false;
                self.say(now, who, "finish", None);
            }
            _ => {
                self.queue.retain(|waiting| *waiting != who);
                let waited = minutes(now) - minutes(self.came[who as usize]);
                self.say(now, who, "renege", Some(waited));
            }
        }
        if !self.busy
            && let Some(next) = self.queue.pop_front()
        {
            self.busy = true;
            future_events.clear(Wait(Self::RENEGE, next));
            let waited = minutes(now) - minutes(self.came[next as usize]);
            self.say(now, next, "start_service", Some(waited));
            let service = self.draw();
            future_events.set(Wait(Self::FINISH, next), now.after(span(service)));
        }
    }
}

#[test]
fn the_bank_of_simpy_with_its_draws_gives_its_trace() {
    // SimPy's example `bank_renege` under its own seed: 14 draws, 14 lines (MIT licence).
    let draws = [
        10.200_602_872_748_009,
        1.050_021_510_445_333_9,
        3.859_488_768_899_587,
        2.525_861_856_701_135_3,
        2.472_942_428_328_025,
        13.550_076_105_583_113,
        22.272_880_995_513_805,
        1.173_877_665_258_832_3,
        5.480_461_593_964_909,
        1.059_594_438_876_140_7,
        2.960_600_351_517_892,
        7.039_155_278_661_534,
        1.053_071_939_367_727_2,
        2.660_300_029_964_165_3,
    ];
    let expected = "\
0.0000,Customer00,arrive,
0.0000,Customer00,start_service,0.000
3.8595,Customer00,finish,
10.2006,Customer01,arrive,
10.2006,Customer01,start_service,0.000
12.7265,Customer02,arrive,
13.9003,Customer02,renege,1.174
23.7507,Customer01,finish,
34.9993,Customer03,arrive,
34.9993,Customer03,start_service,0.000
37.9599,Customer03,finish,
40.4798,Customer04,arrive,
40.4798,Customer04,start_service,0.000
43.1401,Customer04,finish,";
    let bank = Bank { draws: draws.into(), ..Bank::default() };
    let mut future_events = FutureEvents::starting_at(at(0));
    future_events.set(Wait(Bank::ARRIVE, 0), at(0));
    let ran = run(Program(bank, Bank::handle_timer), future_events, SimTime::NEVER);
    let Program(bank, _) = ran.model();
    assert_eq!(bank.trace.join("\n"), expected);
    assert!(bank.draws.is_empty(), "every draw was needed");
}

#[derive(Default)]
struct CarWash {
    between: VecDeque<i64>,
    free: u32,
    queue: VecDeque<u32>,
    trace: Vec<String>,
}

impl CarWash {
    const ARRIVE: u8 = 0;
    const LEAVE: u8 = 1;
    const ENTER: u8 = 2;

    fn handle_timer(&mut self, Wait(what, car): Wait, future_events: &mut FutureEvents<Wait>) {
        let now = future_events.now();
        let word = match what {
            Self::ARRIVE => {
                if car >= 3 {
                    let between = self.between.pop_front().expect("one for each arrival");
                    future_events.set(Wait(Self::ARRIVE, car + 1), now.after(span(between)));
                }
                self.queue.push_back(car);
                "arrives"
            }
            Self::LEAVE => {
                self.free += 1;
                "leaves"
            }
            _ => {
                future_events.set(Wait(Self::LEAVE, car), now.after(span(5)));
                "enters"
            }
        };
        self.trace.push(format!("{}.00,{car},{word}", now.seconds()));
        while self.free > 0
            && let Some(next) = self.queue.pop_front()
        {
            self.free -= 1;
            future_events.set(Wait(Self::ENTER, next), now);
        }
    }
}

#[test]
fn the_car_wash_of_simpy_gives_its_trace() {
    // The first twenty minutes of SimPy's example `carwash`: four cars arrive at once, the others
    // one by one. There are two places, and a wash takes five minutes. The model also draws how
    // clean a car gets, which has no effect.
    let expected = "\
0.00,0,arrives
0.00,1,arrives
0.00,2,arrives
0.00,3,arrives
0.00,0,enters
0.00,1,enters
5.00,4,arrives
5.00,0,leaves
5.00,1,leaves
5.00,2,enters
5.00,3,enters
10.00,5,arrives
10.00,2,leaves
10.00,3,leaves
10.00,4,enters
10.00,5,enters
15.00,4,leaves
15.00,5,leaves
16.00,6,arrives
16.00,6,enters";
    let wash = CarWash { between: [5, 5, 6, 9].into(), free: 2, ..CarWash::default() };
    let mut future_events = FutureEvents::starting_at(at(0));
    for car in 0..4 {
        future_events.set(Wait(CarWash::ARRIVE, car), at(0));
    }
    let ran = run(Program(wash, CarWash::handle_timer), future_events, at(19));
    assert_eq!(ran.model().0.trace.join("\n"), expected);
}

#[test]
fn the_cable_of_simpy_delays_every_message_alike() {
    // SimPy's example `latency`: a message every 5, each received 10 later, up to 100.
    fn cable(
        received: &mut Vec<(i64, i64)>,
        Wait(what, message): Wait,
        future_events: &mut FutureEvents<Wait>,
    ) {
        let now = future_events.now();
        if what == 0 {
            future_events.set(Wait(1, message), now.after(span(10)));
            future_events.set(Wait(0, message + 1), now.after(span(5)));
        } else {
            received.push((i64::from(message) * 5, now.seconds()));
        }
    }
    let mut future_events = FutureEvents::starting_at(at(0));
    future_events.set(Wait(0, 1), at(5));
    let ran = run(Program(Vec::new(), cable), future_events, at(99));
    let expected: Vec<(i64, i64)> = (1..=17).map(|n| (5 * n, 5 * n + 10)).collect();
    assert_eq!(ran.model().0, expected);
}

/// The single server of Law and Kelton, Simulation Modeling and Analysis, chapter 1.
struct Counter {
    z: i64,
    busy: TimeWeighted,
    queued: TimeWeighted,
    queue: VecDeque<SimTime>,
    delays: Tally,
    end: SimTime,
}

impl Counter {
    /// Their generator: z ← 630360016 z mod 2³¹ − 1, and −mean · ln(u) of its upper bits.
    fn exponential(&mut self, mean: f64) -> i64 {
        self.z = self.z * 630_360_016 % 2_147_483_647;
        let u = ((self.z >> 7) | 1) as f64 / 16_777_216.0;
        ticks(-mean * libm::log(u))
    }

    fn begin(&mut self, came: SimTime, future_events: &mut FutureEvents<Wait>) {
        let now = future_events.now();
        self.delays.add(now.since(came).seconds());
        self.busy.set(now, 1);
        let service = self.exponential(0.5);
        future_events.set(Wait(1, 0), now.after(span(service)));
    }

    fn handle_timer(&mut self, Wait(what, _): Wait, future_events: &mut FutureEvents<Wait>) {
        let now = future_events.now();
        if what == 0 {
            let next = now.after(span(self.exponential(1.0)));
            future_events.set(Wait(0, 0), next);
            if self.busy.value() == 1 {
                self.queue.push_back(now);
                self.queued.add(now, 1);
            } else {
                self.begin(now, future_events);
            }
        } else if let Some(came) = self.queue.pop_front() {
            self.queued.add(now, -1);
            self.begin(came, future_events);
        } else {
            self.busy.set(now, 0);
        }
        if self.delays.count() == 1_000 {
            self.end = now;
            future_events.clear(Wait(0, 0));
            future_events.clear(Wait(1, 0));
        }
    }
}

#[test]
fn the_single_server_of_law_and_kelton_with_their_generator() {
    let idle = TimeWeighted::starting_at(at(0), 0);
    let mut counter = Counter {
        z: 1_973_272_912,
        busy: idle,
        queued: idle,
        queue: VecDeque::new(),
        delays: Tally::default(),
        end: at(0),
    };
    let mut future_events = FutureEvents::starting_at(at(0));
    let first = counter.exponential(1.0);
    future_events.set(Wait(0, 0), at(first));
    let ran = run(Program(counter, Counter::handle_timer), future_events, SimTime::NEVER);
    let Program(counter, _) = ran.model();
    // Published: 0.430, 0.418, 0.460, 1027.915; recomputed with 64-bit floats:
    let expected = [
        (counter.delays.mean().unwrap() / MINUTE, 0.429_990_577_347_239_06),
        (counter.queued.mean_by(counter.end).unwrap(), 0.418_313_339_911_740_3),
        (counter.busy.mean_by(counter.end).unwrap(), 0.460_045_756_464_120_55),
        (minutes(counter.end), 1_027.915_049_129_106_6),
    ];
    for (ours, theirs) in expected {
        assert!((ours - theirs).abs() < 1e-6 * theirs, "{ours}, not {theirs}");
    }
}
