//! How often the intervals of `estimates.csv` and `diff --replications` contain the true value.
//!
//! `cargo run --release --example coverage` prints the table of `benches/README.md`. Each row
//! repeats one study with other random numbers. The true value is known, and the row counts how
//! often the interval of 95 % contains it. The figures are the same on every platform.

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "figures for display are computed here"
)]

use std::error::Error;

use rand::Rng;
use stayput::diagnostics::{NoFiles, Problems, Sources, render};
use stayput::experiment::{
    Estimate, Observed, Paired, PrecisionTarget, ReplicatedPlan, Replications, Stopped, WorkerPool,
    estimates, paired,
};
use stayput::kernel::{Limits, Streams};
use stayput::plan::{Options, Plan, compile};
use stayput::stats::{ConfidenceLevel, Counter};
use stayput::words::{Metric, Trigger, Word as _};

/// Number of repetitions of each study.
const STUDIES: u64 = 2_000;

/// A number greater than 0 and less than 1.
fn uniform(stream: &mut impl Rng) -> f64 {
    ((stream.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Number of replications for each number of lost instances.
fn study(lost: impl Iterator<Item = i64>) -> Replications {
    let row = |(replication, lost): (usize, i64)| {
        let mut values = [Some(0); Metric::COUNT];
        values[usize::from(Metric::ProtectedLost.index())] = Some(lost);
        let (replication, stop) = (replication as u64, Stopped::Drained);
        let released_by = [0; Trigger::ALL.len()];
        let (first_trigger, counts) = (None, Vec::new());
        Observed {
            replication,
            events: 1,
            stop,
            values,
            released_by,
            first_trigger,
            first_of_any: None,
            certain_shares: Vec::new(),
            counts,
        }
    };
    let [scenario, case, policy] = [const { String::new() }; 3];
    let rows = lost.enumerate().map(row).collect();
    Replications { scenario, case, policy, currency: None, counts: Vec::new(), rows }
}

fn find<'e>(all: &'e [Estimate], name: &str) -> Option<&'e Estimate> {
    all.iter().find(|estimate| estimate.metric == name)
}

/// An estimate without an interval does not contain the true value.
fn holds(estimate: Option<&Estimate>, truth: f64) -> bool {
    estimate.and_then(Estimate::range).is_some_and(|interval| interval.contains(truth))
}

fn tell(what: &str, n: &str, held: Counter) {
    let share = 100.0 * held.share().unwrap_or(0.0);
    let within = held.interval(ConfidenceLevel::P95);
    let (low, high) = (100.0 * within.low, 100.0 * within.high);
    println!("| {what} | {n} | {share:.1} % ({low:.1} to {high:.1}) |");
}

/// A study of `n` replications, repeated.
fn made(
    name: &str,
    n: usize,
    stream: &str,
    mut one: impl FnMut(&Replications) -> bool,
    draw: &impl Fn(f64) -> i64,
) {
    let mut held = Counter::default();
    for number in 0..STUDIES {
        let mut stream = Streams::new(n as u64, number).named(stream);
        let of = study((0..n).map(|_| draw(uniform(&mut stream))));
        held.add(one(&of));
    }
    tell(name, &n.to_string(), held);
}

fn shares() {
    for p in [0.01, 0.1, 0.5] {
        for n in [20, 100, 1_000] {
            let name = format!("share of {p}");
            let one = |of: &Replications| {
                holds(find(&estimates(of, ConfidenceLevel::P95), "any-protected-lost"), p)
            };
            made(&name, n, "share", one, &|u| i64::from(u < p));
        }
    }
}

/// An observation from a number between 0 and 1.
type Draw<'d> = &'d dyn Fn(f64) -> i64;

fn means() {
    // Counts with a known mean: binomial with 5 and 1/2; geometric; and one that is nearly always
    // 0.
    let binomial = |u: f64| {
        let bounds = [1.0, 6.0, 16.0, 26.0, 31.0];
        bounds.iter().filter(|bound| u * 32.0 >= **bound).count() as i64
    };
    let geometric = |u: f64| libm::floor(libm::log(u) / libm::log(0.5)) as i64;
    let rare = |u: f64| if u < 0.02 { 1 + (u * 500.0) as i64 } else { 0 };
    let cases: [(&str, f64, Draw<'_>); 3] = [
        ("mean of counts about 2.5, symmetric", 2.5, &binomial),
        ("mean of counts about 1, skewed", 1.0, &geometric),
        ("mean of counts, 0 in 98 % and else 1 to 10", 0.11, &rare),
    ];
    for (name, truth, draw) in cases {
        for n in [20, 100, 1_000] {
            let one = |of: &Replications| {
                holds(find(&estimates(of, ConfidenceLevel::P95), "protected-lost"), truth)
            };
            made(name, n, "mean", one, &|u| draw(u));
        }
    }
}

/// The old policy loses if u < 0.3. The new policy loses if u < 0.1 and, in rare cases, if the old
/// policy does not lose.
fn differences() {
    for n in [20, 100, 1_000] {
        for (name, metric, truth) in [
            ("paired difference of shares, -0.19", "any-protected-lost", -0.19),
            ("paired difference of means, -0.19", "protected-lost", -0.19),
        ] {
            let mut held = Counter::default();
            for number in 0..STUDIES {
                let mut stream = Streams::new(n, number).named("paired");
                let draws: Vec<f64> = (0..n).map(|_| uniform(&mut stream)).collect();
                let old = study(draws.iter().map(|u| i64::from(*u < 0.3)));
                let new = study(draws.iter().map(|u| i64::from(*u < 0.1 || *u > 0.99)));
                let figures = paired(&old, &new, ConfidenceLevel::P95);
                let figure = figures.iter().find(|figure| figure.metric == metric);
                let interval = figure.and_then(Paired::range);
                held.add(interval.is_some_and(|interval| interval.contains(truth)));
            }
            tell(name, &n.to_string(), held);
        }
    }
}

/// Ends like `--until-halfwidth`: after the first round of a hundred with the wanted precision.
fn stopped() -> Result<(), String> {
    for (name, metric, text, truth, p) in [
        ("share of 0.1", "any-protected-lost", "any-protected-lost=0.03", 0.1, 0.1),
        ("share of 0.01", "any-protected-lost", "any-protected-lost=0.01", 0.01, 0.01),
        ("mean of 0.3", "protected-lost", "protected-lost=10%", 0.3, 0.3),
    ] {
        let target = PrecisionTarget::parse(text)?;
        let mut held = Counter::default();
        let mut most = 0;
        for number in 0..STUDIES / 4 {
            let mut stream = Streams::new(7, number).named("stopped");
            let mut of = study(std::iter::empty());
            loop {
                of.rows.extend(study((0..100).map(|_| i64::from(uniform(&mut stream) < p))).rows);
                let figures = estimates(&of, ConfidenceLevel::P95);
                if target.is_met(&figures) {
                    held.add(holds(find(&figures, metric), truth));
                    break;
                }
            }
            most = most.max(of.rows.len());
        }
        tell(&format!("{name}, until `{text}`"), &format!("up to {most}"), held);
    }
    Ok(())
}

/// The whole engine, from a scenario's text: two of six members are removed, and three are
/// protected.
fn engine(plan: &Plan) -> Result<(), String> {
    let workers = WorkerPool::new(2)?;
    let truths =
        [("any-protected-lost", 0.8), ("protected-lost", 1.0), ("protected-loss-free", 103_680.0)];
    let mut held = [Counter::default(); 3];
    for seed in 0..STUDIES / 4 {
        let mut plan = plan.clone();
        plan.header.seed = seed;
        let replicated = ReplicatedPlan::new(plan);
        let mut of = replicated.replications();
        of.rows = workers.in_order(0..100, |number| {
            let one = replicated.observe(number, Limits::default(), None, || true);
            one.map(|one| one.observed)
        });
        let figures = estimates(&of, ConfidenceLevel::P95);
        for ((metric, truth), held) in truths.iter().zip(&mut held) {
            held.add(holds(find(&figures, metric), *truth));
        }
    }
    for ((metric, truth), held) in truths.iter().zip(held) {
        tell(&format!("`random-ties.yaml`, {metric} of {truth}"), "100", held);
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let text = include_str!("../scenarios/random-ties.yaml");
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("random-ties.yaml", text);
    let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
    let compiled = compiled.ok_or_else(|| render(&problems, &sources, false))?;
    println!("| what | replications | held by the interval of 95 % |\n|---|---|---|");
    shares();
    means();
    differences();
    stopped()?;
    compiled.plans.iter().try_for_each(engine)?;
    Ok(())
}
