//! Random sources, tested by the requests that they cause.

#![expect(clippy::float_arithmetic, reason = "statistics of what was drawn")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use stayput::diagnostics::{NoFiles, Problems, Sources, render};
use stayput::plan::{Options, compile};
use stayput::record::{Cause, Record, Target};
use stayput::time::SimTime;
use stayput::world::Run;

use crate::support::{folder, stayput, write};

const DAY: f64 = 86_400.0;

/// A fleet that never loses an instance, and its random sources.
fn scenario(policy: &str, events: &str, random: &str) -> String {
    format!(
        "stayput: scenario/1\nname: chance\npolicy: {policy}\nstart: 2026-01-01T00:00:00Z\nfor: 7300d\n\
         fleet:\n  accounts: {{ a-1: {{}}, a-2: {{}}, a-3: {{}}, a-4: {{}} }}\n  groups:\n    \
         g-1: {{ account: a-1 }}\n    g-2: {{ account: a-2 }}\n  instances:\n    \
         i-1..5: {{ account: a-1, protect: [release-protection] }}\n    \
         j-1..3: {{ account: a-2, protect: [release-protection] }}\n\
         {events}random:\n{random}"
    )
}

const ALIBABA: &str = "alibaba-ecs@2026-05-15";

/// The drawn parts of a request: its time, its event and its target.
type Drawn = (SimTime, &'static str, String);

/// The requests of each event.
fn drawn(text: &str, seed: u64, replication: u64) -> BTreeMap<String, Vec<Drawn>> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("chance.yaml", text);
    let options = Options { seed: Some(seed), ..Options::default() };
    let compiled = compile(file, &options, &NoFiles, &mut sources, &mut problems);
    let reported = render(&problems, &sources, false);
    let mut plan = compiled.expect(&reported).plans.swap_remove(0);
    plan.header.replication = replication;
    let mut run = Run::start(plan);
    let mut all: BTreeMap<String, Vec<Drawn>> = BTreeMap::new();
    while run.step() {
        for record in run.records() {
            let Record::Request(request) = record else { continue };
            if !matches!(request.cause, Cause::Event(_)) {
                continue;
            }
            let header = run.world().header();
            let target = match request.target {
                Target::Instance(id) => header.instance(id).to_owned(),
                Target::Instances => "several".to_owned(),
                Target::Group(id) => header.group(id).to_owned(),
                Target::Account(id) => header.account(id).to_owned(),
            };
            let name = header.cause(request.cause).into_owned();
            all.entry(name).or_default().push((request.at, request.verb, target));
        }
    }
    all
}

/// The requests of the source `x`, under a seed.
fn of_x(random: &str, seed: u64) -> Vec<Drawn> {
    drawn(&scenario(ALIBABA, "", random), seed, 0).remove("x").unwrap_or_default()
}

fn gaps(occurrences: &[Drawn]) -> Vec<i64> {
    let mut last = SimTime::parse("2026-01-01T00:00:00Z").unwrap();
    let gap = |(at, ..): &Drawn| {
        let gap = at.since(last).seconds();
        last = *at;
        gap
    };
    occurrences.iter().map(gap).collect()
}

/// The distance of an empirical distribution from the true one that is exceeded with a probability
/// of at most 10⁻⁹: inequality of Dvoretzky, Kiefer and Wolfowitz, with the constant of Massart
/// (1990).
fn dkw(count: usize) -> f64 {
    (libm::log(2e9) / (2.0 * f64::from(u32::try_from(count).unwrap()))).sqrt()
}

/// Compares spans with the distribution that they should have. Drawn spans are rounded to whole
/// seconds, so "at most t seconds" means below t + ½.
fn agrees(mut spans: Vec<i64>, law: &str, distribution: impl Fn(f64) -> f64) {
    spans.sort_unstable();
    let count = f64::from(u32::try_from(spans.len()).unwrap());
    let mut worst = 0.0_f64;
    for span in spans.iter().copied().collect::<BTreeSet<_>>() {
        let seen = spans.partition_point(|other| *other <= span);
        let seen = f64::from(u32::try_from(seen).unwrap()) / count;
        let wanted = distribution(f64::from(u32::try_from(span).unwrap()) + 0.5);
        worst = worst.max((seen - wanted).abs());
    }
    let bound = dkw(spans.len());
    assert!(worst < bound, "{law}: {worst} is beyond {bound}");
}

fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

type Cdf = fn(f64) -> f64;

/// Distributions as files write them, and as values.
const LAWS: [(&str, Cdf); 4] = [
    ("{ exponential: { mean: 1d } }", |t| 1.0 - libm::exp(-t / DAY)),
    ("{ weibull: { scale: 1d, shape: 0.7 } }", |t| 1.0 - libm::exp(-libm::pow(t / DAY, 0.7))),
    ("{ weibull: { scale: 1d, shape: 3 } }", |t| 1.0 - libm::exp(-libm::pow(t / DAY, 3.0))),
    ("{ lognormal: { median: 1d, sigma: 0.8 } }", |t| normal(libm::log(t / DAY) / 0.8)),
];

#[test]
fn gaps_and_delays_have_the_distribution_that_is_written() {
    for (law, distribution) in LAWS {
        let source =
            format!("  x: {{ every: {law}, at-most: 2000, snapshot: {{ instance: i-1 }} }}\n");
        let found = of_x(&source, 1);
        assert_eq!(found.len(), 2_000, "{law}");
        agrees(gaps(&found), law, distribution);
        // Occurrences are ten days apart, and few delays are longer, so a follow-up belongs to the
        // last occurrence.
        let source = format!(
            "  x:\n    every: 10d\n    at-most: 700\n    snapshot: {{ instance: i-1 }}\n    \
             then: [{{ after: {law}, stop: {{}} }}]\n"
        );
        let found = of_x(&source, 2);
        let mut delays = Vec::new();
        for (at, verb, _) in &found {
            let since = at.since(SimTime::parse("2026-01-01T00:00:00Z").unwrap()).seconds();
            if *verb == "stop" && since < 864_000 * 700 {
                delays.push(since % 864_000);
            }
        }
        assert!(delays.len() >= 695, "{law}: {}", delays.len());
        agrees(delays, law, distribution);
    }
}

#[test]
fn the_number_of_events_agrees_with_the_rate() {
    // 7300 days at one a day: a Poisson number. By Bernstein's inequality it is off by more than
    // x with a probability of at most 2 exp(−x² / (2 (λ + x/3))): 10⁻⁹ for x = 570.
    for seed in 0..4 {
        let source = "  x: { every: { exponential: { mean: 1d } }, snapshot: { instance: i-1 } }\n";
        let count = of_x(source, seed).len();
        assert!(count.abs_diff(7_300) < 575, "seed {seed}: {count}");
    }
    let weekly =
        of_x("  x: { every: 7d, from: +1d, until: +50d, snapshot: { instance: i-1 } }\n", 0);
    assert_eq!(gaps(&weekly), [8 * 86_400, 604_800, 604_800, 604_800, 604_800, 604_800, 604_800]);
}

#[test]
fn listed_spans_are_drawn_as_often_as_they_are_listed() {
    let found = of_x(
        "  x: { every: { empirical: [1h, { span: 2h, weight: 3 }, { span: 9h, weight: 0 }] }, \
         at-most: 4000, snapshot: { instance: i-1 } }\n",
        5,
    );
    let hours: Vec<i64> = gaps(&found).iter().map(|gap| gap / 3_600).collect();
    assert!(hours.iter().all(|hours| [1, 2].contains(hours)));
    let short = hours.iter().filter(|hours| **hours == 1).count();
    let bound = dkw(4_000) * 4_000.0;
    assert!(f64::from(u32::try_from(short.abs_diff(1_000)).unwrap()) < bound, "{short}");
}

#[test]
fn events_and_targets_are_drawn_in_proportion_to_their_weights() {
    let found = of_x(
        "  x:\n    every: 1h\n    at-most: 4000\n    one-of:\n      \
         - { weight: 3, snapshot: { instance: [\"i-*\", \"j-*\"] } }\n      \
         - { weight: 1, overdue: { account: \"a-*\" } }\n      \
         - { weight: 0, restart: { instance: i-1 } }\n",
        5,
    );
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (_, verb, target) in &found {
        *counts.entry((verb, target)).or_default() += 1;
    }
    assert_eq!(counts.len(), 8 + 4, "{counts:?}");
    // The largest error of a share, by Hoeffding's inequality.
    let bound = dkw(4_000);
    for ((verb, target), count) in &counts {
        let share = f64::from(*count) / 4_000.0;
        let wanted = if *verb == "overdue" { 0.25 / 4.0 } else { 0.75 / 8.0 };
        assert!((share - wanted).abs() < bound, "{verb} {target}: {share}, not {wanted}");
    }
}

#[test]
fn a_follow_up_has_the_same_target_after_its_delay() {
    let source = "  x:\n    every: 10d\n    at-most: 100\n    overdue: { account: [a-1, a-2, a-3] }\n    \
                  then: [{ after: 3d, settle: {} }, { after: 4d, probability: 0.5, settle: {} }]\n";
    let found = of_x(source, 3);
    let start = SimTime::parse("2026-01-01T00:00:00Z").unwrap();
    let mut by_round: BTreeMap<i64, Vec<(i64, &str, &str)>> = BTreeMap::new();
    for (at, verb, account) in &found {
        let days = at.since(start).seconds() / 86_400;
        by_round.entry(days / 10).or_default().push((days % 10, verb, account));
    }
    let mut twice = 0;
    for (round, seen) in by_round {
        let account = seen[0].2;
        let mut wanted = vec![(0, "overdue", account), (3, "settle", account)];
        if seen.len() == 3 {
            wanted.push((4, "settle", account));
            twice += 1;
        }
        assert_eq!(seen, wanted, "{round}");
    }
    assert!((f64::from(twice) / 100.0 - 0.5).abs() < dkw(100), "{twice}");
    // An instance implies its account; an operation of a group implies both.
    let found = of_x(
        "  x:\n    every: 10d\n    at-most: 9\n    stop: { instance: [i-1, j-1] }\n    \
         then: [{ after: 1d, start: {} }, { after: 2d, overdue: {} }, { after: 3d, settle: {} }]\n",
        4,
    );
    for round in found.chunks(4) {
        let verbs: Vec<&str> = round.iter().map(|(_, verb, _)| *verb).collect();
        assert_eq!(verbs, ["stop", "start", "overdue", "settle"]);
        assert_eq!(round[0].2, round[1].2);
        let account = if round[0].2 == "i-1" { "a-1" } else { "a-2" };
        assert_eq!([&*round[2].2, &*round[3].2], [account, account]);
    }
}

#[test]
fn an_event_can_concern_all_selected_instances_and_its_times_count_from_the_occurrence() {
    let found =
        of_x("  x: { every: 30d, at-most: 3, pick: all, snapshot: { instance: \"i-*\" } }\n", 0);
    assert!(found.iter().all(|(_, _, target)| target == "several"), "{found:?}");
    let scratch = folder();
    let text = scenario(
        ALIBABA,
        "",
        "  x: { every: 30d, at-most: 2, schedule-release: { instance: i-1, time: +5d } }\n",
    );
    let ran = stayput(&["run", &write(scratch.path(), "chance.yaml", text)]);
    // Protection does not hold a scheduled release, which is due 5 days after the occurrence.
    assert!(ran.stdout.contains("02-05 00:00  +35d"), "{}", ran.stdout);
}

#[test]
fn spans_can_come_from_a_file() {
    let scratch = folder();
    write(scratch.path(), "gaps.csv", "span,weight\n1d,1\n3d,0\n");
    let random =
        "  x: { every: { empirical: { file: gaps.csv } }, at-most: 3, stop: { instance: i-1 } }\n";
    let path = write(scratch.path(), "chance.yaml", scenario(ALIBABA, "", random));
    let ran = stayput(&["run", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("01-02 00:00  +1d  "), "{}", ran.stdout);
    for (rows, reported) in [
        ("span,weight\n1d,x\n", "gaps.csv:2:4"),
        ("span\n", "there is no span to draw"),
        ("span,weight\n0s,1\n9d,0\n", "every gap of this source is zero"),
        ("gap\n1d\n", "is not a table that can be read here"),
    ] {
        write(scratch.path(), "gaps.csv", rows);
        let ran = stayput(&["check", &path]);
        assert!(ran.code == 2 && ran.stderr.contains(reported), "{rows}\n{}", ran.stderr);
    }
    std::fs::remove_file(scratch.path().join("gaps.csv")).unwrap();
    assert!(stayput(&["check", &path]).stderr.contains("cannot read"));
}

#[test]
fn a_case_can_leave_a_source_out() {
    let text = scenario(
        ALIBABA,
        "",
        "  x: { every: 30d, from: $since, stop: { instance: i-1 } }\n\
         expect: { requests: [{ event: x, verb: stop, in: CASES }] }\n\
         cases: { with: { since: +1d }, without: { since: never } }\n",
    );
    let scratch = folder();
    let test = |cases: &str| {
        stayput(&["test", &write(scratch.path(), "chance.yaml", text.replace("CASES", cases))])
    };
    let ran = test("with");
    assert_eq!(ran.code, 1, "a case of which nothing is expected: {}", ran.stdout);
    let ran = test("[with, without]");
    assert!(ran.stderr.contains("left out"), "{}", ran.stderr);
}

#[test]
fn the_draws_of_a_source_do_not_depend_on_other_events() {
    let x = "  x:\n    every: { weibull: { scale: 30d, shape: 0.7 } }\n    \
             release: { instance: [\"i-*\", \"j-*\"], force: true }\n    \
             then: [{ after: { lognormal: { median: 9d, sigma: 1 } }, start: {} }]\n";
    let alone = drawn(&scenario(ALIBABA, "", x), 9, 3);
    assert!(alone["x"].len() > 200);
    let other = "  a: { every: 3d, stop: { instance: \"*\" } }\n  z: { every: { exponential: { mean: 1d } }, overdue: { account: a-1 } }\n";
    let unprotect = "events:\n  - { at: +1h, id: off, set-protection: { instance: \"*\", flags: { release-protection: false } } }\n";
    for (policy, events, random) in [
        (ALIBABA, "", format!("{x}{other}")),
        (ALIBABA, "", format!("{other}{x}")),
        (ALIBABA, unprotect, x.to_owned()),
        ("alibaba-ecs-cn@2026-05-15", unprotect, format!("{other}{x}")),
    ] {
        let beside = drawn(&scenario(policy, events, &random), 9, 3);
        assert_eq!(alone["x"], beside["x"], "{policy} {events} {random}");
    }
    // An addition to a source changes none of its earlier draws.
    let more = x.replace("start: {} }", "start: {} }, { after: 1h, overdue: {} }");
    let mut more = drawn(&scenario(ALIBABA, "", &more), 9, 3).remove("x").unwrap();
    more.retain(|(_, verb, _)| *verb != "overdue");
    assert_eq!(alone["x"], more);
    for (seed, replication) in [(8, 3), (9, 2)] {
        assert_ne!(alone, drawn(&scenario(ALIBABA, "", x), seed, replication));
    }
}

/// A source: its text, and its bounds in days.
#[derive(Debug, Clone)]
struct Bounded {
    text: String,
    from: i64,
    until: i64,
    most: usize,
    verb: &'static str,
    then: &'static str,
}

fn source() -> impl Strategy<Value = Bounded> {
    let law = prop::sample::select(vec![
        "12h",
        "{ exponential: { mean: 4d } }",
        "{ weibull: { scale: 9d, shape: 0.4 } }",
        "{ lognormal: { median: 2d, sigma: 2 } }",
        "{ empirical: [0s, 1d, 9d] }",
    ]);
    let verb = prop::sample::select(vec![
        ("release", "{ instance: \"i-*\", force: true, via: api }"),
        ("stop", "{ instance: i-1..3 }"),
        ("overdue", "{ account: \"a-*\" }"),
        ("release", "{ instance: [i-1, j-1], via: console }"),
        ("set-protection", "{ instance: \"*\", flags: { release-protection: false } }"),
        ("schedule-release", "{ instance: \"j-*\", time: +40d }"),
        ("scale-in", "{ group: [g-1, g-2], remove: 1 }"),
    ]);
    let then = prop::sample::select(vec!["", "settle", "overdue"]);
    let bounds = (1_usize..60, 0_i64..9, 10_i64..400);
    (law.clone(), verb, then, law, bounds).prop_map(
        |(every, (verb, of), then, after, (most, from, until))| {
            // A follow-up is distinguished from its event by its verb.
            let then = if then == verb { "settle" } else { then };
            let mut text = format!(
                "every: {every}, from: +{from}d, until: +{until}d, at-most: {most}, {verb}: {of}"
            );
            if !then.is_empty() {
                text.push_str(&format!(", then: [{{ after: {after}, {then}: {{}} }}]"));
            }
            Bounded { text: format!("{{ {text} }}"), from, until, most, verb, then }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn every_source_has_these_properties(x in source(), y in source(), seed in any::<u64>()) {
        let policy = "alibaba-ecs-cn@2026-05-15";
        let run = |random: &str| drawn(&scenario(policy, "", random), seed, 0);
        let alone = run(&format!("  x: {}\n", x.text));
        prop_assert_eq!(&alone, &run(&format!("  x: {}\n", x.text)), "the same seed gives the same draws");
        let both = run(&format!("  y: {}\n  x: {}\n", y.text, x.text));
        prop_assert_eq!(alone.get("x"), both.get("x"), "one more source moves no draw");
        let start = SimTime::parse("2026-01-01T00:00:00Z").unwrap();
        let found = alone.get("x").cloned().unwrap_or_default();
        prop_assert!(found.is_sorted_by_key(|(at, ..)| *at));
        let (operations, follow): (Vec<&Drawn>, Vec<&Drawn>) =
            found.iter().partition(|(_, verb, _)| *verb == x.verb);
        prop_assert!(operations.len() <= x.most);
        for (at, ..) in &operations {
            let at = at.since(start).seconds();
            prop_assert!((x.from * 86_400..=x.until * 86_400).contains(&at));
        }
        prop_assert!(follow.iter().all(|(_, verb, _)| *verb == x.then));
        for (count, (at, ..)) in (1_usize..).zip(&follow) {
            let before = operations.iter().filter(|(operation, ..)| operation <= at).count();
            prop_assert!(count <= before, "nothing follows before it has a reason to");
        }
        let fixed = x.text.contains("after: 12h");
        prop_assert!(!fixed || follow.len() == operations.len(), "with no chance of it, all follow");
    }
}

#[test]
fn at_one_instant_users_act_first_then_sources_in_order_and_then_timers() {
    let events =
        "events:\n  - { at: +2d, id: b, schedule-release: { instance: i-2, time: +4d } }\n";
    let random = "  y: { every: 1d, at-most: 2, stop: { instance: j-1 }, then: [{ after: 1d, start: {} }] }\n  \
                  x: { every: 2d, at-most: 1, cancel-scheduled-release: { instance: i-2 } }\n  \
                  z: { every: 4d, at-most: 1, cancel-scheduled-release: { instance: i-3 } }\n";
    let scratch = folder();
    let text = scenario(ALIBABA, events, random)
        .replace("i-1..5: {", "i-3: { account: a-1, auto-release: +4d }\n    i-1..2: {");
    let path = write(scratch.path(), "chance.yaml", text);
    let out = scratch.path().join("out");
    let ran = stayput(&["run", &path, "--out", &out.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let requests = std::fs::read_to_string(out.join("requests.csv")).unwrap();
    let rows = requests.lines().skip(1).map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        format!("{}d {} {}", cells[5].parse::<u64>().unwrap() / 86_400, cells[6], cells[8])
    });
    let rows: Vec<String> = rows.collect();
    let wanted = [
        "1d y stop",
        "2d b schedule-release",
        "2d y start",
        "2d y stop",
        "2d x cancel-scheduled-release",
        "3d y start",
        "4d z cancel-scheduled-release",
    ];
    assert_eq!(rows, wanted, "neither release is due any more\n{requests}");
}

#[test]
fn a_source_with_too_many_events_ends_at_a_limit() {
    let scratch = folder();
    let text = scenario(ALIBABA, "", "  x: { every: 1s, snapshot: { instance: i-1 } }\n");
    let path = write(scratch.path(), "chance.yaml", text);
    let ran = stayput(&["run", &path, "--max-events", "1000"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("stopped after 1000 events"), "{}", ran.stderr);
}
