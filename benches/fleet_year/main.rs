//! A year of a fleet: the time of the kernel, compared with the limit of the machine.
//!
//! Every design runs the same orders and must make the same decisions in the same order. The
//! result is the ratio of its processor time to that of the limit in the same round. The whole
//! engine runs a different year. The rounds are interleaved, because other work on the machine
//! affects all of them. `benches/README.md` has the results.
//!
//! `cargo bench --bench fleet_year -- [engine|kernel] [rounds] [instances ...]`; with `engine` or
//! `kernel`, only this one is measured beside the limit.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::expect_used,
    reason = "a measurement, not the model"
)]

mod designs;
mod engine;
mod fleet;
#[path = "../measure/mod.rs"]
mod measure;

use std::hint::black_box;

use fleet::{Outcome, Year};
use measure::{clocks, spread};

/// Number of orders in the year, for a fleet of any size.
const ORDERS: usize = 5_000_000;

/// A design: its name and the function that runs it.
type Design = (&'static str, fn(&Year) -> Outcome);

/// Processor time that this process has used [ns].
fn clock() -> i128 {
    let [processor, ..] = clocks();
    processor
}

fn measure(instances: u32, rounds: usize, others: &[Design]) {
    let year = Year::new(instances, ORDERS);
    let (schedule, expected) = designs::schedule(&year);
    let limit = |year: &Year| designs::limit(year, &schedule);
    println!(
        "\n{instances} instances, {} events, {} decisions, fingerprint {:016x}\n",
        expected.events, expected.decisions, expected.fingerprint
    );
    println!("| design | ns per event | times the limit |\n|---|---|---|");
    let mut times = [const { Vec::new() }; 3];
    let mut ratios = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        let mut timed = |design: usize, run: &dyn Fn(&Year) -> Outcome| {
            let start = clock();
            let outcome = black_box(run(&year));
            let spent = clock() - start;
            assert_eq!(outcome, expected, "every design decides the same");
            times[design].push(spent as f64 / outcome.events as f64);
        };
        timed(0, &limit);
        for (number, (_, run)) in others.iter().enumerate() {
            timed(number + 1, run);
        }
        for design in 0..=others.len() {
            let last = times[design].len() - 1;
            ratios[design].push(times[design][last] / times[0][last]);
        }
    }
    let names = ["limit"].into_iter().chain(others.iter().map(|(name, _)| *name));
    for (design, name) in names.enumerate() {
        let [time, low, high] = spread(&times[design]);
        let [ratio, least, most] = spread(&ratios[design]);
        println!(
            "| {name} | {time:.1} ({low:.1} to {high:.1}) | {ratio:.2} ({least:.2} to {most:.2}) |"
        );
    }
}

/// The whole engine and the limit run different years, so their times for one event are compared.
fn measure_engine(instances: u32, rounds: usize) {
    let year = Year::new(instances, ORDERS);
    let (schedule, limit) = designs::schedule(&year);
    let plan = engine::plan(instances, ORDERS);
    let mut ratios = Vec::new();
    let mut times = Vec::new();
    let mut reported = engine::EngineCounts::default();
    for _ in 0..rounds {
        let start = clock();
        black_box(designs::limit(&year, &schedule));
        let of_limit = (clock() - start) as f64 / limit.events as f64;
        let copy = plan.clone();
        let start = clock();
        reported = black_box(engine::run(copy));
        let of_engine = (clock() - start) as f64 / reported.events as f64;
        times.push(of_engine);
        ratios.push(of_engine / of_limit);
    }
    let [time, low, high] = spread(&times);
    let [ratio, least, most] = spread(&ratios);
    println!(
        "| engine | {time:.1} ({low:.1} to {high:.1}) | {ratio:.2} ({least:.2} to {most:.2}) |\n\n{reported:?}"
    );
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let (rounds, sizes) = match numbers.as_slice() {
        [] => (5, &[100_000, 1_000_000][..]),
        [rounds] => (*rounds, &[100_000, 1_000_000][..]),
        [rounds, sizes @ ..] => (*rounds, sizes),
    };
    let only = |part: &str| std::env::args().any(|word| word == part);
    let designs: [Design; 2] = [("kernel", designs::kernel), ("bare queue", designs::bare)];
    let designs = if only("kernel") { &designs[..1] } else { &designs };
    for size in sizes {
        let size = u32::try_from(*size).unwrap_or(u32::MAX);
        if !only("engine") {
            measure(size, rounds.max(1), designs);
        }
        if !only("kernel") {
            measure_engine(size, rounds.max(1));
        }
    }
}
