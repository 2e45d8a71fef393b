//! The two-person rule: no single caller can cause the release of an instance or the loss of its
//! disk.
//!
//! The proof is a search that tries the calls of one caller at a time. The events of the scenario
//! happen as written. The switches that the scenario does not set are tried in all combinations of
//! their positions if there are few, else one switch at a time. A value of the fleet that came from
//! a default does not change.

use std::sync::Arc;

use super::expectations::failure::Failure;
use crate::plan::{Expectation, Plan, Scripted, Surroundings, TwoPersonLine};
use crate::policy::Rulebook;
use crate::search::{Hunt, Incomplete, Replay, alike, callers, has_no_way, hunt, replay};
use crate::words::{ActorId, InstanceId, PolicyId, SwitchId, SwitchSet};

/// Most states that are searched for one instance, caller and position of a switch.
const MOST_STATES: u64 = 200_000;

/// Checks every two-person rule of a plan. `may_continue` is called for each state.
pub fn two_person(plan: &Plan, may_continue: &dyn Fn() -> bool) -> Vec<Failure> {
    let rules = &plan.expectations.two_person;
    if rules.is_empty() {
        return Vec::new();
    }
    // If the table changed while it was read, the run itself reports it.
    let Ok(script) = plan.script.listed() else { return Vec::new() };
    let proof = Proof { plan, script: &script, may_continue };
    rules.iter().flat_map(|rule| proof.failures(rule)).collect()
}

struct Proof<'p> {
    plan: &'p Plan,
    script: &'p [Scripted],
    may_continue: &'p dyn Fn() -> bool,
}

/// The result of the search for one caller.
enum Alone {
    Nothing,
    Loses(Box<Replay>),
    Unknown(Incomplete),
}

impl Proof<'_> {
    fn failures(&self, rule: &Expectation<TwoPersonLine>) -> Vec<Failure> {
        let mut failures = Vec::new();
        for class in alike(self.plan, self.script, &rule.line.instances) {
            let Some(first) = class.first() else { continue };
            let found = self.first_failure(&rule.line, *first);
            failures.extend(found.map(|(title, instead)| {
                let rest = class.len() - 1;
                let others = if rest > 0 { format!(" (and {rest} more)") } else { String::new() };
                let name = self.plan.header.instance(*first);
                let title = format!("{name}{others}: {title}, but `two-person` was expected");
                Failure::new(Some(rule.span), title, instead)
            }));
        }
        failures
    }

    /// The first caller, in the first position of the switches, who loses an instance alone. If no
    /// loss is certain, the first one that is not proved to be impossible.
    fn first_failure(
        &self,
        rule: &TwoPersonLine,
        instance: InstanceId,
    ) -> Option<(String, Vec<String>)> {
        let account = self.plan.fleet.instance(instance).account;
        let policy = self.plan.fleet.account(account).policy;
        let mut undecided = None;
        let mut plans = vec![(None, self.plan.clone())];
        let moved = positions(self.plan, policy).into_iter();
        plans.extend(moved.map(|(said, plan)| (Some(said), plan)));
        for (said, plan) in plans {
            let said = said.map(|said: String| format!(" with {said}")).unwrap_or_default();
            for caller in callers(&plan) {
                let who = caller.map_or("one caller", |caller| self.plan.header.actor(caller));
                match self.alone(&plan, rule, instance, caller) {
                    Alone::Nothing => {}
                    Alone::Loses(replay) => {
                        let within = rule.within;
                        let title = format!("{who} can get it lost alone within {within}{said}");
                        return Some((title, course(&replay)));
                    }
                    Alone::Unknown(why) => {
                        let title = format!("not proved{said} for {who}, because {}", why.reason());
                        if why != Incomplete::Undecided {
                            return Some((title, Vec::new()));
                        }
                        undecided.get_or_insert((title, Vec::new()));
                    }
                }
            }
        }
        undecided
    }

    /// Searches the calls of one caller.
    fn alone(
        &self,
        plan: &Plan,
        rule: &TwoPersonLine,
        instance: InstanceId,
        caller: Option<ActorId>,
    ) -> Alone {
        let part = Surroundings::new(plan, self.script).of(instance);
        let Some(target) = part.reduced(instance) else { return Alone::Nothing };
        let asked = Hunt {
            target,
            within: rule.within,
            most: rule.calls,
            keep_flag: false,
            causes: false,
            callers: vec![caller],
            limit: MOST_STATES,
            prunes: true,
        };
        if has_no_way(&part, &asked, |_| (self.may_continue)()) {
            return Alone::Nothing;
        }
        let hunted = hunt(&part, &asked, |_| (self.may_continue)());
        if let Some(way) = hunted.ways.iter().find(|way| !way.steps.is_empty()) {
            let found = replay(plan, self.script, &part, (&asked, &hunted), way);
            return Alone::Loses(Box::new(found));
        }
        hunted.incomplete.map_or(Alone::Nothing, Alone::Unknown)
    }
}

/// The events of a way, one in each line.
fn course(replay: &Replay) -> Vec<String> {
    let header = &replay.header;
    let at = |at| format!("+{}", header.elapsed(at));
    let steps = replay.steps.iter();
    let mut lines: Vec<String> =
        steps.map(|step| format!("  {:<9} {}", at(step.at), step.text())).collect();
    lines.extend(replay.decisions.iter().map(|decision| {
        let rule = decision.rule.map(|rule| {
            let book = header.rulebook(decision.policy);
            format!(" by {}", book.policy.rule(rule).id)
        });
        let effect = decision.effect;
        let rule = rule.unwrap_or_default();
        format!(
            "  {:<9} {} {}: {effect}{rule}",
            at(decision.at),
            decision.trigger,
            decision.outcome
        )
    }));
    lines
}

/// The same plan in the other positions of the switches that the scenario leaves open: in all
/// combinations, if there are at most [`MOST_COMBINED`], else one switch at a time.
fn positions(plan: &Plan, policy: PolicyId) -> Vec<(String, Plan)> {
    let book = plan.header.rulebook(policy);
    let ids = (0..book.policy.switches.len()).map(SwitchId::from_index);
    let open: Vec<SwitchId> =
        ids.filter(|id| !book.policy.unknown.contains(*id) && !book.is_taken(*id)).collect();
    let values = |id: &SwitchId| book.policy.switches[id.index()].values.len();
    let all = open.iter().try_fold(1_usize, |all, id| all.checked_mul(values(id)));
    let is_combined = all.is_some_and(|all| all <= MOST_COMBINED);
    let mut sets: Vec<Vec<(SwitchId, u8)>> = vec![Vec::new()];
    for id in open {
        let others = (0_u8..).take(values(&id)).filter(|value| *value != book.position(id));
        let before = if is_combined { sets.clone() } else { vec![Vec::new()] };
        for value in others {
            let moved = before.iter().map(|set| set.iter().copied().chain([(id, value)]));
            sets.extend(moved.map(Iterator::collect));
        }
    }
    let mut moved: Vec<_> = sets.into_iter().filter(|set| !set.is_empty()).collect();
    moved.sort_by_key(Vec::len);
    let plans = moved.into_iter().map(|set| {
        let said = set.iter().map(|(id, value)| {
            let switch = &book.policy.switches[id.index()];
            format!("{}={}", switch.name, switch.values[usize::from(*value)])
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let mut moved = plan.clone();
        moved.header.rulebooks[policy.index()] = Arc::new(moved_to(book, &set));
        (said, moved)
    });
    plans.collect()
}

/// Most combinations of positions of switches that are all searched.
const MOST_COMBINED: usize = 32;

/// The same rules with some switches in other positions.
fn moved_to(book: &Rulebook, moved: &[(SwitchId, u8)]) -> Rulebook {
    let switches = (0..book.policy.switches.len()).map(SwitchId::from_index);
    let mut settings: Vec<u8> = switches.map(|switch| book.position(switch)).collect();
    let mut taken = SwitchSet::EMPTY;
    for (id, value) in moved {
        settings[id.index()] = *value;
        taken = taken.with(*id);
    }
    Rulebook::new(Arc::clone(&book.policy), settings, taken)
}
