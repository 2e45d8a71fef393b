//! What holds in any scenario.
//!
//! Scenarios are made by `random.rs`; most of them are right, and the rest is refused with a
//! reason. `STAYPUT_CASES` says how many are tried.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use stayput::record::{Change, Legend, Record, Subject, Target, What};
use stayput::policy::Library;
use stayput::scenario::{Options, Plan, compile, compile_with};
use stayput::text::{NoFiles, Problems, Sources, render};
use stayput::time::SimTime;
use stayput::vocab::{Effect, InstanceId, Lifecycle, Outcome, Verdict};
use stayput::world::Run;

use crate::random::{Choices, EDITIONS, Memory, Model, PLAIN, Writing};

/// A random instance: its text in a fleet.
fn instance() -> impl Strategy<Value = String> {
    let protect =
        prop::sample::subsequence(vec!["release-protection", "scale-in-protection"], 0..=2);
    (any::<bool>(), 0_u8..4, protect, 0_u32..40, any::<bool>()).prop_map(
        |(grouped, kind, protect, day, scheduled)| {
            let mut keys = vec![format!("protect: [{}]", protect.join(", "))];
            let subscription = kind == 3;
            if subscription {
                keys.push("billing: subscription".into());
                keys.push(format!("expires: +{}d", day + 1));
            }
            if grouped {
                let membership = match kind {
                    0 => "auto-created",
                    1 => "entrusted",
                    _ => "attached",
                };
                keys.push("group: web".into());
                keys.push(format!("membership: {membership}"));
            }
            if scheduled && !subscription {
                keys.push(format!("auto-release: +{}d", day + 1));
            }
            format!("{{ {} }}", keys.join(", "))
        },
    )
}

/// A random event on a fleet of eight: its verb and what stands behind it.
fn event() -> impl Strategy<Value = String> {
    let target = prop_oneof![
        (1_u8..9).prop_map(|n| format!("i-{n}")),
        Just("i-1..8".to_owned()),
        Just("\"i-*\"".to_owned()),
    ];
    let via = prop::sample::select(vec!["console", "api", "cli"]);
    let parts = (0_u8..20, target, via, 0_u8..9, any::<bool>());
    parts.prop_map(|(verb, target, via, n, yes)| match verb {
        0..=2 => format!("release: {{ instance: {target}, via: {via}, force: {yes}, terminate-subscription: {yes} }}"),
        3 => format!("stop: {{ instance: {target}, via: {via}, economical: {yes} }}"),
        4 => format!("start: {{ instance: {target}, via: {via} }}"),
        5 => format!("set-protection: {{ instance: {target}, flags: {{ release-protection: {yes} }} }}"),
        6 => format!("schedule-release: {{ instance: {target}, time: +{}d }}", n * 4),
        7 => format!("cancel-scheduled-release: {{ instance: {target} }}"),
        8 => format!("convert-billing: {{ instance: {target}, to: {} }}", if yes { "subscription" } else { "pay-as-you-go" }),
        9 => format!("renew: {{ instance: {target} }}"),
        10 => format!("snapshot: {{ instance: {target} }}"),
        11 => format!("security-lock: {{ instance: {target} }}"),
        12 => format!("security-release: {{ instance: {target} }}"),
        13 | 14 => "overdue: { account: default }".to_owned(),
        15 => "settle: { account: default }".to_owned(),
        16 | 17 => format!("scale-in: {{ group: web, remove: {n} }}"),
        18 => format!("delete-group: {{ group: web, force: {yes} }}"),
        _ => format!("security-unlock: {{ instance: {target} }}"),
    })
}

pub(crate) fn scenario() -> impl Strategy<Value = String> {
    let policies =
        ["alibaba-ecs@2019-01-15", "alibaba-ecs-cn@2026-05-15", "alibaba-ecs-intl@2026-05-15"];
    let fleet = prop::collection::vec(instance(), 8);
    let events = prop::collection::vec((0_u32..40, event()), 0..25);
    let health = prop::sample::select(vec!["none", "instance"]);
    let luck = prop::option::of((event(), 0_u32..9));
    let parts = (prop::sample::select(policies.to_vec()), fleet, events, health, luck);
    parts.prop_map(|(policy, fleet, events, health, luck)| {
        let mut text = format!(
            "stayput: scenario/1\nname: random\npolicy: {policy}\nstart: 2026-06-01T00:00:00+08:00\nfor: 60d\n\
             fleet:\n  groups:\n    web: {{ min: 1, max: 20, health-check: {health} }}\n  instances:\n"
        );
        for (n, instance) in fleet.iter().enumerate() {
            text.push_str(&format!("    i-{}: {instance}\n", n + 1));
        }
        if !events.is_empty() {
            text.push_str("events:\n");
        }
        for (day, event) in events {
            text.push_str(&format!("  - {{ at: +{day}d1h, {event} }}\n"));
        }
        if let Some((event, mean)) = luck {
            let every = format!("{{ exponential: {{ mean: {mean}d1h }} }}");
            text.push_str(&format!("random:\n  luck: {{ every: {every}, at-most: 20, {event} }}\n"));
        }
        text
    })
}

/// Compiles a scenario; nothing where it is refused.
pub(crate) fn plan(text: &str) -> Option<Plan> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("random.yaml", text);
    let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
    let told = render(&problems, &sources, false);
    let Some(mut compiled) = compiled else {
        assert!(told.contains("error["), "a refusal has a reason:\n{text}\n{told}");
        return None;
    };
    Some(compiled.plans.swap_remove(0))
}

/// What came of a scenario.
struct Course {
    records: Vec<Record>,
    run: Run,
}

/// The editions that were read, each once, with the texts that they came from.
#[derive(Default)]
struct Shelf {
    library: Library,
    sources: Sources,
}

/// Runs a scenario; where it is refused, why.
fn course(shelf: &RefCell<Shelf>, text: &str, files: &Memory) -> Result<Course, String> {
    let Shelf { library, sources } = &mut *shelf.borrow_mut();
    let mut problems = Problems::default();
    let file = sources.add("random.yaml", text);
    let options = Options::default();
    let compiled = compile_with(library, file, &options, files, sources, &mut problems);
    let Some(mut compiled) = compiled else {
        let told = render(&problems, sources, false);
        assert!(told.contains("error["), "a refusal has a reason:\n{text}\n{told}");
        return Err(told);
    };
    let mut run = Run::start(compiled.plans.swap_remove(0));
    let records = run.by_ref().collect();
    Ok(Course { records, run })
}

/// The records in words that do not depend on names of instances, on ids, or on the calendar.
fn lines(of: &Course, how: Writing) -> Vec<String> {
    let legend = of.run.world().legend();
    of.records.iter().map(|record| line(record, legend, how)).collect()
}

fn line(record: &Record, legend: &Legend, how: Writing) -> String {
    let since = |at: SimTime| {
        if at == SimTime::NEVER { "never".to_owned() } else { legend.elapsed(at).to_string() }
    };
    let instance = |id: InstanceId| {
        let name = legend.instance(id);
        match name.strip_prefix(how.prefix).filter(|rest| rest.starts_with('-')) {
            Some(rest) => format!("#{rest}"),
            None => name.to_owned(),
        }
    };
    let head = format!("{} {}", record.seq(), since(record.at()));
    match record {
        Record::Request(r) => {
            let target = match r.target {
                Target::Instance(id) => instance(id),
                Target::Instances => "instances".to_owned(),
                Target::Group(id) => legend.group(id).to_owned(),
                Target::Account(id) => legend.account(id).to_owned(),
            };
            format!(
                "{head} request {} {:?} {:?} {:?} {:?} {target} {:?} {}/{} {:?}",
                r.verb,
                r.cause,
                r.trigger,
                r.actor,
                r.channel,
                r.result,
                r.got,
                r.wanted,
                r.refusal
            )
        }
        Record::Decision(d) => format!(
            "{head} decision {} {:?} {} {} {:?} {:?} {:?} {:?} {} {} {:?} {:?} {:?} {:?}",
            instance(d.instance),
            d.cause,
            d.trigger,
            d.action,
            d.group,
            d.on,
            d.unknown,
            d.inert,
            d.outcome,
            d.effect,
            d.decided_by,
            d.rule,
            d.basis,
            d.ruling
        ),
        Record::Change(c) => {
            let subject = match c.subject {
                Subject::Instance(id) => instance(id),
                Subject::Group(id) => legend.group(id).to_owned(),
                Subject::Account(id) => legend.account(id).to_owned(),
            };
            let what = match c.what {
                What::Schedule(from, to) => format!("schedule {} {}", since(from), since(to)),
                What::Term(from, to) => format!("term {} {}", since(from), since(to)),
                other => format!("{other:?}"),
            };
            format!("{head} change {subject} {what} {:?}", c.cause)
        }
        Record::Loss(l) => format!(
            "{head} loss {} {} {:?} {} {:?} {:?}",
            instance(l.instance),
            l.thing,
            l.name,
            l.fate,
            l.gib,
            l.rule
        ),
    }
}

/// What holds of every course.
fn holds(of: &Course) -> Result<(), TestCaseError> {
    let mut clock = None;
    let mut requests = 0;
    // By instance, the request in which a decision let it go.
    let mut gone: BTreeMap<InstanceId, u64> = BTreeMap::new();
    let mut kept = BTreeSet::new();
    let mut went = BTreeSet::new();
    let mut states: Vec<Change> = Vec::new();
    for record in &of.records {
        prop_assert!(clock <= Some(record.at()), "the clock never goes back");
        clock = Some(record.at());
        match record {
            Record::Request(r) => {
                prop_assert_eq!(r.seq, requests, "requests are numbered without a gap");
                prop_assert!(r.got <= r.wanted || r.wanted == 0);
                requests += 1;
            }
            Record::Decision(d) => {
                prop_assert!(d.seq < requests, "a decision follows its request");
                let held = d.ruling.findings().any(|f| f.verdict == Verdict::Held);
                let goes = !matches!(
                    d.outcome,
                    Outcome::Held
                        | Outcome::Denied
                        | Outcome::Deferred
                        | Outcome::Skipped
                        | Outcome::Spared
                        | Outcome::NoOp
                );
                prop_assert!(!(held && goes), "nothing goes ahead against a protection that holds");
                prop_assert_eq!(goes, d.effect != Effect::None, "{:?}", d);
                if d.outcome == Outcome::Held {
                    prop_assert!(held && d.rule.is_some(), "what holds has a rule");
                }
                if d.effect == Effect::Released {
                    let twice = gone.insert(d.instance, d.seq);
                    prop_assert!(twice.is_none(), "nothing is released twice");
                }
                let set = if goes { &mut went } else { &mut kept };
                set.insert((d.seq, d.instance));
                prop_assert!(d.inert.iter().all(|p| d.on.has(p)), "inert means on and useless");
            }
            Record::Change(c) => {
                if let (Subject::Instance(id), What::State(from, to)) = (c.subject, c.what) {
                    prop_assert!(from != Lifecycle::Released, "nothing comes back");
                    if to == Lifecycle::Released {
                        prop_assert_eq!(gone.get(&id), Some(&c.seq), "its decision let it go");
                    }
                    states.push(*c);
                }
            }
            Record::Loss(l) => {
                prop_assert!(went.contains(&(l.seq, l.instance)), "a loss has its decision");
            }
        }
    }
    for change in states {
        let Subject::Instance(id) = change.subject else { continue };
        let of = (change.seq, id);
        prop_assert!(
            !kept.contains(&of) || went.contains(&of),
            "what was kept was not touched: {:?}",
            change
        );
    }
    let fleet = of.run.world().fleet();
    for (id, instance) in fleet.instances() {
        let is_gone = instance.state == Lifecycle::Released;
        prop_assert_eq!(is_gone, gone.contains_key(&id), "one decision for what is gone");
        prop_assert!(!(is_gone && instance.group.is_some()), "what is gone is in no group");
    }
    for (id, group) in fleet.groups() {
        for member in &group.members {
            prop_assert_eq!(fleet.instance(*member).group, Some(id));
        }
    }
    Ok(())
}

/// When an instance first lost something: itself, its data, its place in a group.
fn first_loss(of: &Course, name: &str) -> Option<SimTime> {
    let legend = of.run.world().legend();
    of.records.iter().find_map(|record| {
        let Record::Decision(d) = record else { return None };
        let loses = !matches!(d.effect, Effect::None | Effect::Started);
        (loses && legend.instance(d.instance) == name).then_some(d.at)
    })
}

/// The same scenario, written in other ways that mean the same.
const SAME: [(&str, Writing); 6] = [
    ("other names", Writing { prefix: "kx", ..PLAIN }),
    // After 400 years the calendar is the same, with its days of the week.
    ("another time", Writing { start: "2426-06-01T00:00:00+08:00", ..PLAIN }),
    ("an unrelated account", Writing { stranger: true, ..PLAIN }),
    ("tables", Writing { tables: true, ..PLAIN }),
    ("a policy that extends and changes nothing", Writing { extends: true, ..PLAIN }),
    ("another order of keys", Writing { turned: true, ..PLAIN }),
];

/// A number from the environment: how many scenarios are tried, how far a failure is shrunk.
fn asked(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[test]
fn what_holds_in_any_scenario() {
    let config = ProptestConfig {
        cases: asked("STAYPUT_CASES", 40),
        failure_persistence: None,
        max_shrink_iters: asked("STAYPUT_SHRINK", 300),
        ..Default::default()
    };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let (tried, loaded) = (Cell::new(0_u32), Cell::new(0_u32));
    let verbs: RefCell<BTreeMap<(usize, &str), [u32; 2]>> = RefCell::default();
    let refused: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let shelf = RefCell::new(Shelf::default());
    let all = prop::collection::vec(any::<u16>(), 0..260);
    let done = runner.run(&all, |choices| {
        let mut choices = Choices::new(&choices);
        let model = Model::new(&mut choices);
        let (text, files) = model.written(PLAIN);
        tried.set(tried.get() + 1);
        let base = course(&shelf, &text, &files);
        for verb in &model.verbs {
            let mut verbs = verbs.borrow_mut();
            let counts = verbs.entry((model.edition, *verb)).or_default();
            counts[0] += 1;
            counts[1] += u32::from(base.is_ok());
        }
        let base = match base {
            Ok(base) => base,
            Err(why) => {
                let line = why.lines().find(|line| line.starts_with("error")).unwrap_or_default();
                let line = format!("{} {line}", EDITIONS[model.edition].name);
                *refused.borrow_mut().entry(line).or_default() += 1;
                return Ok(());
            }
        };
        loaded.set(loaded.get() + 1);
        holds(&base).map_err(|why| TestCaseError::fail(format!("{why}\n{text}")))?;
        let before = lines(&base, PLAIN);
        for (what, how) in SAME {
            // To prove a policy takes long: it is done now and then.
            if how.extends && loaded.get() % 6 != 1 {
                continue;
            }
            let (other, files) = model.written(how);
            let course = course(&shelf, &other, &files);
            let course =
                course.map_err(|why| TestCaseError::fail(format!("{what}: {why}\n{other}")))?;
            let after = lines(&course, how);
            let differ = before.iter().zip(&after).find(|(a, b)| a != b);
            prop_assert!(
                before.len() == after.len() && differ.is_none(),
                "{what} changes something: {differ:?}\n{text}\n{other}"
            );
        }
        for (at, protection) in EDITIONS[model.edition].protections.iter().enumerate() {
            let instance = at % model.len();
            let Some(other) = model.with_protection(instance, protection) else { continue };
            let (other, files) = other.written(PLAIN);
            let Ok(course) = course(&shelf, &other, &files) else { continue };
            let name = format!("i-{}", instance + 1);
            let (before, after) = (first_loss(&base, &name), first_loss(&course, &name));
            let earlier = after.is_some_and(|after| before.is_none_or(|before| after < before));
            // A run that ends before its time says nothing of what would have come.
            let stopped = base.records.last().map(Record::at);
            let seen = after.is_none_or(|after| stopped.is_some_and(|stopped| after <= stopped));
            prop_assert!(
                !(earlier && seen),
                "with {protection} {name} is lost at {after:?} and not at {before:?}\n{text}"
            );
        }
        Ok(())
    });
    if std::env::var("STAYPUT_SHOW").is_ok() {
        for ((edition, verb), [tried, loaded]) in verbs.borrow().iter() {
            println!("{:26} {verb:26} {loaded}/{tried}", EDITIONS[*edition].name);
        }
        for (why, count) in refused.borrow().iter() {
            println!("{count:5} {why}");
        }
        println!("{} of {} loaded", loaded.get(), tried.get());
    }
    if let Err(why) = done {
        panic!("{why}");
    }
    let (tried, loaded) = (tried.get(), loaded.get());
    assert!(loaded * 100 >= tried * 60, "only {loaded} of {tried} scenarios are right");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("noise.yaml", text);
        let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
        prop_assert!(compiled.is_none() && problems.refuse());
        render(&problems, &sources, false);
    }

    /// A good file with one character changed is read, or refused with a place in it.
    #[test]
    fn no_slip_of_a_finger_makes_the_reader_panic(at in 0_usize..900, with in any::<char>()) {
        let good = include_str!("../../scenarios/two-ways-to-go.yaml");
        let mut letters: Vec<char> = good.chars().collect();
        let at = at % letters.len();
        letters[at] = with;
        let text: String = letters.into_iter().collect();
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("slip.yaml", text);
        let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
        let told = render(&problems, &sources, false);
        prop_assert!(compiled.is_some() || told.contains("slip.yaml"), "{}", told);
    }
}
