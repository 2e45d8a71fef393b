//! What holds in any scenario.
//!
//! Scenarios are made by `random`, so many for each edition; most are valid, and the rest is
//! refused with a reason. The draws are the same in each run of the suite. `STAYPUT_CASES` says how
//! many are tried for each edition (`STAYPUT_SEED` which), `STAYPUT_SHRINK` how far a failure is
//! shrunk; `STAYPUT_SHOW` prints what was tried.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use stayput::experiment::{Stopped, observe};
use stayput::kernel::{Limits, Stop};
use stayput::plan::VERBS;
use stayput::record::{Cause, Record, Subject, What};
use stayput::report::{JsonLines, Report as _, RunItem};
use stayput::time::SimTime;
use stayput::words::{Effect, InstanceId, Lifecycle, Metric, Outcome, Verdict, Word};

use crate::random::{Choices, EDITIONS, Model, PLAIN, Writing};

mod course;
mod reader;

pub(crate) use course::Shelf;
use course::{Course, course};

/// What holds of every course: times, numbers, and one decision for what is gone.
fn holds(of: &Course) -> Result<(), TestCaseError> {
    let mut clock = None;
    let mut requests = 0;
    // By instance, the request in which a decision let it go.
    let mut gone: BTreeMap<InstanceId, u64> = BTreeMap::new();
    let mut held = BTreeSet::new();
    let mut went = BTreeSet::new();
    let mut touched: Vec<(u64, InstanceId, String)> = Vec::new();
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
                let holds = d.ruling.findings().any(|f| f.verdict == Verdict::Held);
                let goes = d.outcome.went_ahead();
                prop_assert!(!(holds && goes), "nothing goes ahead against what holds");
                prop_assert_eq!(goes, d.effect != Effect::None, "{:?}", d);
                let of = (d.seq, d.instance);
                if d.outcome == Outcome::Held {
                    prop_assert!(holds && d.rule.is_some(), "what holds has a rule");
                    held.insert(of);
                }
                if d.effect == Effect::Released {
                    let twice = gone.insert(d.instance, d.seq);
                    prop_assert!(twice.is_none(), "nothing is released twice");
                }
                if goes {
                    went.insert(of);
                }
                prop_assert!(
                    d.inert.iter().all(|p| d.on.contains(p)),
                    "inert means on and useless"
                );
            }
            Record::Change(c) => {
                let Subject::Instance(id) = c.subject else { continue };
                if let What::State(from, to) = c.what {
                    prop_assert!(from != Lifecycle::Released, "nothing comes back");
                    if to == Lifecycle::Released {
                        prop_assert_eq!(gone.get(&id), Some(&c.seq), "its decision let it go");
                    }
                }
                touched.push((c.seq, id, format!("{c:?}")));
            }
            Record::Loss(l) => {
                prop_assert!(went.contains(&(l.seq, l.instance)), "a loss has its decision");
                touched.push((l.seq, l.instance, format!("{l:?}")));
            }
        }
    }
    for (seq, id, what) in touched {
        prop_assert!(!held.contains(&(seq, id)), "what was held was not touched: {what}");
    }
    prop_assert!(held.is_disjoint(&went), "what was held did not go in the same request");
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

/// Every report has the same decisions for what is gone: the tables, the lines of JSON, and the
/// counts of a replication.
fn agrees(of: &Course) -> Result<(), TestCaseError> {
    let header = of.run.world().header();
    let decisions = of.records.iter().filter_map(|record| match record {
        Record::Decision(decision) => Some(decision),
        Record::Request(_) | Record::Change(_) | Record::Loss(_) => None,
    });
    let released = decisions.clone().filter(|d| d.effect == Effect::Released);
    let released: Vec<String> =
        released.map(|d| format!("{} {}", d.seq, header.instance(d.instance))).collect();

    let tables = of.tables();
    let rows = |file: &str| {
        let text = tables.iter().find(|(name, _)| name == file).map_or("", |(_, text)| text);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Result<Vec<BTreeMap<String, String>>, _> = reader.deserialize().collect();
        rows.unwrap()
    };
    let of_csv = rows("decisions.csv").into_iter().filter(|row| row["effect"] == "released");
    let of_csv: Vec<String> =
        of_csv.map(|row| format!("{} {}", row["seq"], row["instance"])).collect();
    prop_assert_eq!(&of_csv, &released, "decisions.csv");
    let gone = rows("instances.csv").into_iter().filter(|row| row["state"] == "released");
    let gone: BTreeSet<String> = gone.map(|row| row["instance"].clone()).collect();
    let names = released.iter().filter_map(|line| line.split_once(' '));
    let names: BTreeSet<String> = names.map(|(_, name)| name.to_owned()).collect();
    prop_assert_eq!(&gone, &names, "instances.csv");

    let mut lines = Vec::new();
    let mut json = JsonLines::new(&mut lines);
    for record in &of.records {
        json.write(&RunItem::Record(record, header)).unwrap();
    }
    json.finish().unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_json = lines.filter(|line| line["record"] == "decision");
    let of_json = of_json.filter(|line| line["effect"] == "released");
    let of_json: Vec<String> = of_json
        .map(|line| format!("{} {}", line["seq"], line["instance"].as_str().unwrap_or("-")))
        .collect();
    prop_assert_eq!(&of_json, &released, "the lines of JSON");

    let observed = observe(of.plan.clone(), Limits::default(), None, || true);
    let (observed, ..) = observed.unwrap();
    prop_assert_eq!(observed.stop.is_complete(), of.is_decided());
    prop_assert_eq!(observed.stop == Stopped::Undecided, of.run.stop() == Some(Stop::Halted));
    let count = |outcome| decisions.clone().filter(|d| d.outcome == outcome).count();
    for (metric, expected) in [
        (Metric::Released, released.len()),
        (Metric::Held, count(Outcome::Held)),
        (Metric::Overridden, count(Outcome::Overridden)),
    ] {
        let value = observed.values[usize::from(metric.index())];
        let expected = of.is_decided().then_some(i64::try_from(expected).unwrap());
        prop_assert_eq!(value, expected, "{} of a replication", metric.word());
    }
    Ok(())
}

/// What happened to the fleet in one request: what became of instances, and every change but the
/// one of the protections themselves.
#[derive(Debug, PartialEq, Eq)]
struct RequestEffects {
    at: SimTime,
    cause: Cause,
    /// What was done to an instance.
    done: Vec<(InstanceId, Effect)>,
    changed: Vec<(Subject, What)>,
}

/// The requests in which anything happened to the fleet, in their order, each with its number.
fn effects_by_request(of: &Course) -> Vec<(u64, RequestEffects)> {
    let mut all: BTreeMap<u64, RequestEffects> = BTreeMap::new();
    for record in &of.records {
        let (cause, done, changed) = match record {
            Record::Decision(d) if d.effect != Effect::None => {
                (d.cause, Some((d.instance, d.effect)), None)
            }
            Record::Change(c) if !matches!(c.what, What::Protections(..)) => {
                (c.cause, None, Some((c.subject, c.what)))
            }
            Record::Decision(_) | Record::Request(_) | Record::Change(_) | Record::Loss(_) => {
                continue;
            }
        };
        let effects = all.entry(record.seq()).or_insert(RequestEffects {
            at: record.at(),
            cause,
            done: Vec::new(),
            changed: Vec::new(),
        });
        effects.done.extend(done);
        effects.changed.extend(changed);
    }
    all.into_iter().collect()
}

/// Whether an effect takes an instance, its data, its compute or its place in a group.
const fn loses(effect: Effect) -> bool {
    effect.takes_the_instance() || matches!(effect, Effect::Removed)
}

/// With one more protection nothing happens to the fleet that did not happen without it, up to a
/// request in which that protection holds, or one that sets protections (what setting one brings
/// along, as it leaves the model of a scale set, hangs on what was set before); and in that request
/// the instance loses nothing that it did not lose without it.
///
/// Later on, an instance may well be lost that was not lost without the protection, this one
/// included: what was refused or passed over leaves another fleet behind. A release that is refused
/// for a whole batch leaves a group larger, and the next scale-in may take the very instance, if
/// the protection plays no part there; an instance that a protected action did not stop is still
/// running when its capacity is taken back. So nothing is compared after the first difference.
fn protects(base: &Course, more: &Course, instance: &str) -> Result<(), TestCaseError> {
    let (before, after) = (effects_by_request(base), effects_by_request(more));
    let same = before.iter().zip(&after).take_while(|((_, a), (_, b))| a == b).count();
    let (without, with) = (before.get(same), after.get(same));
    // The earlier of the two requests that differ.
    let at = match (without, with) {
        (None, None) => return Ok(()),
        (Some((_, one)), None) | (None, Some((_, one))) => one.at,
        (Some((_, one)), Some((_, other))) => one.at.min(other.at),
    };
    let ended = |of: &Course| !of.is_decided() && of.records.last().is_none_or(|r| r.at() <= at);
    // A run that ends because nobody knows how it goes on says nothing of what would have come.
    if ended(base) || ended(more) {
        return Ok(());
    }
    let id = |of: &Course| {
        let header = of.run.world().header();
        let found = header.instances.iter().position(|name| name == instance);
        InstanceId::at(found.unwrap())
    };
    let lost = |of: &Course, effects: Option<&(u64, RequestEffects)>| {
        let effects = effects.filter(|(_, effects)| effects.at == at);
        let id = id(of);
        effects.is_some_and(|(_, effects)| {
            effects.done.iter().any(|(of, how)| *of == id && loses(*how))
        })
    };
    prop_assert!(
        lost(base, without) || !lost(more, with),
        "{instance} is lost with one more protection: {with:?}\nwithout: {without:?}"
    );
    let (seq, id) = (with.filter(|(_, effects)| effects.at == at).map(|(seq, _)| *seq), id(more));
    let answered = more.records.iter().any(|record| match record {
        Record::Decision(d) if d.instance == id => {
            d.at == at
                && seq.is_none_or(|seq| d.seq <= seq)
                && d.ruling.findings().any(|f| f.verdict == Verdict::Held)
        }
        // What a call to set protections does beside that hangs on whether it changes one.
        Record::Request(r) => r.at == at && r.verb == "set-protection",
        Record::Decision(_) | Record::Change(_) | Record::Loss(_) => false,
    });
    prop_assert!(
        answered,
        "something else happens though the protection of {instance} holds nothing: \
         {with:?}\nwithout: {without:?}"
    );
    Ok(())
}

/// The same scenario, written in other ways that mean the same.
const SAME: [(&str, Writing); 5] = [
    ("other names", Writing { prefix: "zyx", ..PLAIN }),
    // After 400 years the calendar is the same, with its days of the week.
    ("another time", Writing { years: 400, ..PLAIN }),
    ("an unrelated account", Writing { stranger: true, ..PLAIN }),
    ("tables", Writing { tables: true, ..PLAIN }),
    ("another order of keys", Writing { turned: true, ..PLAIN }),
];
/// All of them at once: one run that stands for five, unless it differs.
const AT_ONCE: Writing =
    Writing { prefix: "zyx", years: 400, stranger: true, tables: true, turned: true, ..PLAIN };
/// Some days later: the same, as long as nothing is counted in months. Days begin at the same
/// hour, so that a provider's midnight is as far away as before.
const LATER: Writing = Writing { day: 13, ..PLAIN };
const EXTENDED: Writing = Writing { extends: true, ..PLAIN };

/// Another way of writing a scenario changes nothing.
fn is_same(
    shelf: &RefCell<Shelf>,
    model: &Model,
    base: &[String],
    (what, how): (&str, Writing),
) -> Result<(), TestCaseError> {
    let (text, files) = model.written(how);
    let course = course(shelf, &text, &files);
    let course = course.map_err(|why| TestCaseError::fail(format!("{what}: {why}\n{text}")))?;
    let other = course.lines(how);
    let differ = base.iter().zip(&other).find(|(a, b)| a != b);
    prop_assert!(
        base.len() == other.len() && differ.is_none(),
        "{what} changes something ({} lines, {}): {differ:#?}\n{text}\n{files:?}",
        base.len(),
        other.len()
    );
    Ok(())
}

/// What was tried of an edition.
#[derive(Default)]
struct Tried {
    /// Scenarios: all, those that were valid, and those of them whose course was decided.
    scenarios: [u32; 3],
    /// The same for each verb.
    verbs: BTreeMap<&'static str, [u32; 3]>,
    refused: BTreeMap<String, u32>,
    /// How many runs were compared.
    runs: u32,
}

impl Tried {
    fn count(&mut self, model: &Model, base: &Result<Course, String>) {
        let is = [true, base.is_ok(), base.as_ref().is_ok_and(Course::is_decided)];
        let add = |counts: &mut [u32; 3]| {
            counts.iter_mut().zip(is).for_each(|(count, is)| *count += u32::from(is));
        };
        add(&mut self.scenarios);
        model.verbs.iter().for_each(|verb| add(self.verbs.entry(verb).or_default()));
        if let Err(why) = base {
            let line = why.lines().find(|line| line.starts_with("error")).unwrap_or_default();
            *self.refused.entry(line.to_owned()).or_default() += 1;
        }
    }

    fn show(&self, edition: &str) {
        let [tried, valid, decided] = self.scenarios;
        println!(
            "{edition}: {tried} scenarios, {valid} valid, {decided} decided, {} runs",
            self.runs
        );
        for (verb, [tried, valid, decided]) in &self.verbs {
            println!("  {verb:26} {tried:6} {valid:6} {decided:6}");
        }
        for (why, count) in &self.refused {
            println!("  {count:6} {why}");
        }
    }
}

/// A number from the environment: how many scenarios are tried, how far a failure is shrunk.
fn asked(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

/// Every property of one scenario.
fn properties(
    shelf: &RefCell<Shelf>,
    tried: &RefCell<Tried>,
    edition: usize,
    choices: &[u16],
) -> Result<(), TestCaseError> {
    let model = Model::new(edition, &mut Choices::new(choices));
    let (text, files) = model.written(PLAIN);
    let base = course(shelf, &text, &files);
    tried.borrow_mut().count(&model, &base);
    let Ok(base) = base else { return Ok(()) };
    let in_text = |why: TestCaseError| TestCaseError::fail(format!("{why}\n{text}\n{files:?}"));
    let number = tried.borrow().scenarios[1];
    holds(&base).map_err(in_text)?;
    agrees(&base).map_err(in_text)?;
    let lines = base.lines(PLAIN);
    let mut runs = 3;
    if let Err(why) = is_same(shelf, &model, &lines, ("all at once", AT_ONCE)) {
        for one in SAME {
            is_same(shelf, &model, &lines, one).map_err(in_text)?;
        }
        return Err(in_text(why));
    }
    if !model.has_terms {
        is_same(shelf, &model, &lines, ("some days later", LATER)).map_err(in_text)?;
        runs += 1;
    }
    // To prove a policy takes time: it is done now and then.
    if number % 8 == 1 {
        is_same(shelf, &model, &lines, ("an empty `extends`", EXTENDED)).map_err(in_text)?;
        runs += 1;
    }
    let (names, protections) = (model.names(), EDITIONS[edition].protections);
    let instance = choices.first().map_or(0, |choice| usize::from(*choice)) % names.len();
    for protection in protections {
        let Some(other) = model.with_protection(instance, protection) else { continue };
        let (other, files) = other.written(PLAIN);
        let Ok(more) = course(shelf, &other, &files) else { continue };
        runs += 1;
        holds(&more).map_err(in_text)?;
        protects(&base, &more, &names[instance])
            .map_err(|why| in_text(TestCaseError::fail(format!("one more {protection}: {why}"))))?;
    }
    tried.borrow_mut().runs += runs;
    Ok(())
}

/// How many scenarios are tried for each edition, unless somebody asks for more.
const CASES: u32 = 60;

/// Tries many scenarios under one edition.
fn hold_under(edition: usize) {
    let config = ProptestConfig {
        cases: asked("STAYPUT_CASES", CASES),
        failure_persistence: None,
        max_shrink_iters: asked("STAYPUT_SHRINK", 300),
        ..Default::default()
    };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&asked("STAYPUT_SEED", 0).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (shelf, tried) = (RefCell::new(Shelf::default()), RefCell::new(Tried::default()));
    let all = prop::collection::vec(any::<u16>(), 60..400);
    let done = runner.run(&all, |choices| properties(&shelf, &tried, edition, &choices));
    let (tried, of) = (tried.into_inner(), &EDITIONS[edition]);
    if std::env::var("STAYPUT_SHOW").is_ok() {
        tried.show(of.name);
    }
    let why = done.err().map(|why| why.to_string()).unwrap_or_default();
    assert!(why.is_empty(), "{}: {why}", of.name);
    // The generator itself: every verb is in a scenario that is valid and decided, and most
    // scenarios are. A few scenarios show nothing of that.
    if tried.scenarios[0] < CASES {
        return;
    }
    for verb in VERBS.iter().filter(|verb| !of.refuses.contains(verb)) {
        let counts = tried.verbs.get(verb).copied().unwrap_or_default();
        assert!(counts[2] > 0, "{}: no scenario with `{verb}` is valid and decided", of.name);
    }
    let [all, valid, decided] = tried.scenarios;
    assert!(valid * 100 >= all * 95, "{}: {valid} of {all} are valid", of.name);
    assert!(decided * 100 >= all * 85, "{}: {decided} of {all} are decided", of.name);
}

/// What an edition says nothing about is refused: the verbs that the generator leaves out are
/// those, and no others.
#[test]
fn the_verbs_that_the_generator_leaves_out_are_refused() {
    for (number, edition) in EDITIONS.iter().enumerate() {
        let shelf = RefCell::new(Shelf::default());
        for verb in edition.refuses {
            let (text, files) = Model::of_verb(number, verb).written(PLAIN);
            let why = course(&shelf, &text, &files).err().unwrap_or_default();
            assert!(why.contains("error[E062]"), "{} {verb}: {why}\n{text}", edition.name);
        }
    }
}

#[test]
fn what_holds_under_alibaba_2019() {
    hold_under(0);
}

#[test]
fn what_holds_under_alibaba_2026() {
    hold_under(1);
}

#[test]
fn what_holds_under_alibaba_china() {
    hold_under(2);
}

#[test]
fn what_holds_under_alibaba_international() {
    hold_under(3);
}

#[test]
fn what_holds_under_azure_2019() {
    hold_under(4);
}

#[test]
fn what_holds_under_azure_2026() {
    hold_under(5);
}
