//! Every remedy is tried: it is applied at its last instant, the run is repeated, and the loss must
//! not occur. Where a report says that no remedy is known, no protection may prevent the loss.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use stayput::fleet::Property;
use stayput::plan::{Event, FlagsRef, Plan, Script, Scripted, Targets, verb};
use stayput::policy::{Flags, Means, Remedy};
use stayput::record::{Cause, Decision, Loss, Record};
use stayput::time::SimTime;
use stayput::words::{
    Act, Channel, EventId, Fate, HookResult, InstanceId, Occasion, PolicyId, ProtectionId,
    ProtectionSet, RequestResult, ResourceKind, SubjectKind, Trigger,
};
use stayput::world::Run;

use crate::properties::Shelf;
use crate::random::{Choices, EDITIONS, Model, PLAIN};
use crate::support::{Repository, files, plan, plans, root, shown};

/// The result of a run.
struct Outcome {
    decisions: Vec<Decision>,
    losses: Vec<Loss>,
    /// The results of the requests that events made.
    results: Vec<(EventId, RequestResult)>,
}

fn run(plan: &Plan) -> Outcome {
    let mut of = Outcome { decisions: Vec::new(), losses: Vec::new(), results: Vec::new() };
    for record in Run::start(plan.clone()) {
        match record {
            Record::Decision(decision) => of.decisions.push(*decision),
            Record::Loss(loss) => of.losses.push(*loss),
            Record::Request(request) => {
                if let Cause::Event(event) = request.cause {
                    of.results.push((event, request.result));
                }
            }
            Record::Change(_) | Record::Finding(_) | Record::Alert(_) => {}
        }
    }
    of
}

/// The events that apply a remedy.
fn events_of(plan: &mut Plan, instance: InstanceId, of: &Decision, remedy: &Remedy) -> Vec<Event> {
    let means = [remedy.first.map(Means::Do), remedy.means];
    means.into_iter().flatten().map(|means| event_of(plan, instance, of, means)).collect()
}

fn event_of(plan: &mut Plan, id: InstanceId, of: &Decision, means: Means) -> Event {
    let by = None;
    let via = Some(Channel::Api);
    plan.targets.push(id);
    let instance = Targets { start: u32::try_from(plan.targets.len() - 1).unwrap(), len: 1 };
    let account = of.account;
    match means {
        Means::Set(protection) => {
            let known = &plan.header.rulebooks[of.policy.index()].policy.protections;
            let known = &known[protection.index()];
            if known.standby {
                let group = of.group.unwrap();
                return Event::EnterStandby(verb::EnterStandby { by, via, group, instance });
            }
            let (instance, group) = match known.of {
                SubjectKind::Group => (None, of.group),
                SubjectKind::Instance | SubjectKind::Account => (Some(instance), None),
            };
            let flags = FlagsRef(u32::try_from(plan.flags.len()).unwrap());
            for policy in 0..plan.header.rulebooks.len() {
                let on = if policy == of.policy.index() {
                    ProtectionSet::EMPTY.with(protection)
                } else {
                    ProtectionSet::EMPTY
                };
                plan.flags.push(Flags { on, off: ProtectionSet::EMPTY });
            }
            let api_version = None;
            Event::SetProtection(verb::SetProtection {
                by,
                via,
                instance,
                group,
                flags,
                api_version,
            })
        }
        Means::Do(Act::CancelSchedule) => {
            Event::CancelScheduledRelease(verb::CancelScheduledRelease { by, via, instance })
        }
        Means::Do(Act::Settle | Act::Reactivate) => {
            Event::Settle(verb::Settle { by, via, account })
        }
        Means::Do(Act::Renew) => Event::Renew(verb::Renew { by, via, instance, term: None }),
        Means::Do(Act::Detach) => {
            Event::Detach(verb::Detach { by, via, group: of.group.unwrap(), instance })
        }
        Means::Do(Act::CompleteHook) => {
            let result = Some(HookResult::Continue);
            Event::CompleteHook(verb::CompleteHook { by, via, instance, result })
        }
        Means::Do(Act::Snapshot) => Event::Snapshot(verb::Snapshot { by, via, instance }),
        Means::Do(Act::CreateImage) => Event::CreateImage(verb::CreateImage { by, via, instance }),
        Means::Do(Act::ConvertAddress) => {
            Event::ConvertAddress(verb::ConvertAddress { by, via, instance })
        }
        Means::Do(Act::Keep) => unreachable!("no verb does that"),
    }
}

/// Runs a plan with events inserted at an instant, before all others of that instant. `gone`
/// returns whether the loss no longer occurs.
fn tried(
    plan: &Plan,
    at: SimTime,
    inserted: &[Event],
    gone: impl Fn(&Outcome) -> bool,
) -> Result<(), String> {
    let mut script = plan.script.listed().expect("the table of events is there").to_vec();
    let first = script.partition_point(|scripted| scripted.at < at);
    let mut plan = plan.clone();
    let mut ids = Vec::new();
    for (number, event) in inserted.iter().enumerate() {
        let id = EventId(1_000_000 + u32::try_from(number).unwrap());
        ids.push(id);
        script.insert(first + number, Scripted { at, id, event: *event });
    }
    plan.script = Script::Listed(script.into());
    let outcome = run(&plan);
    let result = |id: &EventId| outcome.results.iter().find(|(of, _)| of == id);
    let accepted = |id| matches!(result(id), Some((_, RequestResult::Accepted)));
    if !ids.iter().all(accepted) {
        return Err(format!("not accepted: {:?}", outcome.results));
    }
    if gone(&outcome) { Ok(()) } else { Err("the loss occurs all the same".to_owned()) }
}

/// Whether a loss no longer occurs: neither the same cause nor a delayed schedule brings it about.
/// The timeout of a hook is one cause, whatever it has delayed.
/// (A member that a settlement starts again may still be found unhealthy: that is a loss with
/// another cause and its own remedy.)
fn stays(of: &Decision) -> impl Fn(&Outcome) -> bool {
    let (id, at, effect, trigger, cause) = (of.instance, of.at, of.effect, of.trigger, of.cause);
    move |outcome| {
        let same = |d: &Decision| {
            d.effect == effect
                && (d.trigger == trigger
                    || d.cause == cause
                    || d.trigger == Trigger::ScheduledRelease)
        };
        !outcome.decisions.iter().any(|d| d.instance == id && d.at == at && same(d))
    }
}

/// The faults of the remedies of a run.
fn faults(name: &str, plan: &Plan) -> (usize, Vec<String>) {
    let outcome = run(plan);
    let header = &plan.header;
    let mut faults = Vec::new();
    let mut tries = 0;
    let reported = |at: SimTime, text: &str, why: &str, what: &str| {
        format!("{name}: {what} at {at}: {text}: {why}")
    };
    for decision in &outcome.decisions {
        let Some(remedy) = &decision.remedy else { continue };
        if !in_the_fleet(plan, decision.instance) {
            continue;
        }
        tries += 1;
        let policy = &header.rulebook(decision.policy).policy;
        let text = remedy.text(policy);
        let what = format!("{} {} ({})", decision.trigger, decision.effect, decision.instance.0);
        let gone = stays(decision);
        if let Some(until) = remedy.until {
            let mut plan = plan.clone();
            let events = events_of(&mut plan, decision.instance, decision, remedy);
            if let Err(why) = tried(&plan, until, &events, &gone) {
                faults.push(reported(decision.at, &text, &why, &what));
            }
        } else {
            let of_later = policy.protections.iter().enumerate().filter(|(_, p)| {
                p.occasions.contains(&Occasion::Later)
                    && (decision.group.is_some() || p.of != SubjectKind::Group && !p.standby)
            });
            for (at, protection) in of_later {
                let mut plan = plan.clone();
                let means = Means::Set(ProtectionId::from_index(at));
                let event = event_of(&mut plan, decision.instance, decision, means);
                if tried(&plan, decision.at, &[event], &gone).is_ok() {
                    let why = format!("{} helps", protection.name);
                    faults.push(reported(decision.at, &text, &why, &what));
                }
            }
        }
    }
    let lost = outcome.losses.iter().filter(|loss| loss.fate == Fate::Lost);
    for loss in lost.filter(|loss| in_the_fleet(plan, loss.instance)) {
        tries += 1;
        let what = format!("{} of {}", loss.resource, loss.instance.0);
        let Some(remedy) = &loss.remedy else {
            faults.push(reported(loss.at, "", "no remedy", &what));
            continue;
        };
        let text = remedy.text(&header.rulebook(loss.rule.0).policy);
        let is_it = |other: &&Loss| {
            other.instance == loss.instance
                && other.at == loss.at
                && other.trigger == loss.trigger
                && other.resource == loss.resource
                && other.name == loss.name
                && other.fate == Fate::Lost
        };
        let Some(until) = remedy.until else { continue };
        let of = outcome.decisions.iter().find(|d| d.instance == loss.instance && d.at <= loss.at);
        let kept = match remedy.means {
            Some(Means::Do(Act::Keep)) => {
                let mut plan = plan.clone();
                keep(&mut plan, loss);
                let outcome = run(&plan);
                if outcome.losses.iter().any(|l| is_it(&l)) {
                    faults.push(reported(loss.at, &text, "it is lost all the same", &what));
                }
                continue;
            }
            Some(Means::Do(Act::Snapshot)) => Some(ResourceKind::Snapshot),
            Some(Means::Do(Act::CreateImage)) => Some(ResourceKind::Image),
            _ => None,
        };
        let (instance, at) = (loss.instance, loss.at);
        let Some(of) = of else { continue };
        let mut plan = plan.clone();
        let events = events_of(&mut plan, instance, of, remedy);
        let gone = |outcome: &Outcome| match kept {
            // The snapshot of the disk stays.
            Some(copy) => !outcome.losses.iter().any(|l| {
                l.instance == instance && l.at == at && l.resource == copy && l.fate == Fate::Lost
            }),
            None => !outcome.losses.iter().any(|l| is_it(&l)),
        };
        if let Err(why) = tried(&plan, until, &events, gone) {
            faults.push(reported(loss.at, &text, &why, &what));
        }
    }
    (tries, faults)
}

/// Whether an event can name an instance; those that a group creates have no names in a scenario.
fn in_the_fleet(plan: &Plan, id: InstanceId) -> bool {
    plan.fleet.instances().any(|(known, _)| known == id)
}

/// Sets a resource to stay when its instance is released.
fn keep(plan: &mut Plan, loss: &Loss) {
    let resources = plan.fleet.properties_mut(loss.instance);
    let mut found = false;
    for property in resources.iter_mut().filter(|p| p.resource == loss.resource) {
        property.with_instance = Some(false);
        found = true;
    }
    if !found {
        let (resource, name, gib) = (loss.resource, loss.name.clone(), loss.gib);
        let (with_instance, disk, hourly) = (Some(false), None, None);
        resources.push(Property { name, resource, gib, with_instance, disk, hourly });
    }
}

/// The scenarios of `tests/remedies`: each is one situation, and its report is stored.
#[test]
fn each_situation_has_the_remedy_that_is_stored() {
    let mut reported = Vec::new();
    for path in files(&root().join("tests/remedies"), &["yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let plan = plans(&shown(&path), &text, &Repository).swap_remove(0);
        reported
            .push(format!("{} ({})", plan.header.scenario, plan.header.rulebooks[0].policy.name));
        let outcome = run(&plan);
        let in_words = |remedy: &Remedy, policy: PolicyId| {
            let text = remedy.text(&plan.header.rulebook(policy).policy);
            let until = remedy.until.map(|at| format!(", until {at}"));
            text + &until.unwrap_or_default()
        };
        for (d, remedy) in outcome.decisions.iter().filter_map(|d| Some((d, d.remedy.as_ref()?))) {
            let (name, at) = (plan.header.instance(d.instance), d.at);
            let remedy = in_words(remedy, d.policy);
            reported.push(format!("  {at} {name} {}, {}: {remedy}", d.trigger, d.effect));
        }
        for (l, remedy) in outcome.losses.iter().filter_map(|l| Some((l, l.remedy.as_ref()?))) {
            let (name, at) = (plan.header.instance(l.instance), l.at);
            let remedy = in_words(remedy, l.rule.0);
            reported.push(format!("  {at} {} of {name}, {}: {remedy}", l.resource, l.fate));
        }
    }
    insta::assert_snapshot!(reported.join("\n"));
}

#[test]
fn every_remedy_of_every_scenario_is_accepted_and_prevents_its_loss() {
    let (mut tries, mut all) = (0, Vec::new());
    let folders = ["scenarios", "tests/remedies"];
    for path in folders.iter().flat_map(|folder| files(&root().join(folder), &["yaml"])) {
        let text = std::fs::read_to_string(&path).unwrap();
        for plan in plans(&shown(&path), &text, &Repository) {
            let name = format!("{} [{}]", shown(&path), plan.header.case);
            let (tried, faults) = faults(&name, &plan);
            tries += tried;
            all.extend(faults);
        }
    }
    assert!(all.is_empty(), "{} of {tries}:\n{}", all.len(), all.join("\n"));
    assert!(tries > 300, "{tries}");
}

#[test]
fn every_remedy_of_a_random_scenario_is_accepted_and_prevents_its_loss() {
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let shelf = RefCell::new(Shelf::default());
    let all = (0..EDITIONS.len(), prop::collection::vec(any::<u16>(), 60..400));
    let done = runner.run(&all, |(edition, choices)| {
        let (text, files) = Model::new(edition, &mut Choices::new(&choices)).written(PLAIN);
        let Ok(plan) = shelf.borrow_mut().plan(&text, &files) else { return Ok(()) };
        let (_, faults) = faults("random", &plan);
        prop_assert!(faults.is_empty(), "{}\n{text}", faults.join("\n"));
        Ok(())
    });
    let why = done.err().map(|why| why.to_string()).unwrap_or_default();
    assert!(why.is_empty(), "{why}");
}

/// A release that waited for the account comes after all calls at the instant of the payment, so
/// data can be saved until then.
#[test]
fn data_can_be_saved_until_the_payment_that_lets_a_release_fire() {
    let text = "stayput: scenario/1
name: t
policy: alibaba-ecs-cn@2026-05-15
start: 2026-06-01T00:00:00+08:00
for: 30d
fleet:
  instances: { a: { auto-release: +10d, resources: { root: { kind: system-disk } } } }
events:
  - { at: +5d, overdue: { account: default } }
  - { at: +12d, settle: { account: default } }
";
    let lost = run(&plan(text)).losses;
    let [disk] = lost.as_slice() else { panic!("{lost:?}") };
    let remedy = disk.remedy.unwrap();
    assert_eq!((remedy.first, remedy.means), (Some(Act::Settle), Some(Means::Do(Act::Snapshot))));
    assert_eq!(remedy.until, Some(disk.at), "{remedy:?}");
}
