//! The ways in which instances can be lost, as `hunt` found them: as text and as JSON.

use serde_json::{Value as Json, json};

use super::names::InstanceIds;
use super::text_table::{Page, hanging, listed};
use crate::diagnostics::many;
use crate::named::NamedRecord;
use crate::policy::{Basis, Policy, Remedy, Rulebook};
use crate::record::{Decision, Loss, Record, Start};
use crate::run_header::{RunHeader, run_name};
use crate::search::{Hunt, Hunted, Incomplete, Replay, Way};
use crate::time::SimTime;
use crate::words::{Effect, InstanceId, RuleId, Word};

/// The search for one instance, and the other instances in the same state.
#[derive(Debug)]
pub struct HuntedTarget {
    /// The instance at the start.
    pub start: Start,
    /// Other instances in the same state, which have the same ways.
    pub alike: Vec<InstanceId>,
    /// The limits of the search.
    pub hunt: Hunt,
    /// The result of the search.
    pub hunted: Hunted,
    /// The replay of each way in the whole scenario.
    pub replays: Vec<Replay>,
    /// The unknown fact of the first branch that depends on one.
    pub first_undecided: Option<String>,
}

impl HuntedTarget {
    fn ways(&self) -> impl Iterator<Item = (&Way, &Replay)> {
        self.hunted.ways.iter().zip(&self.replays)
    }
}

/// The ways to lose the instances of a run, as readable text.
pub fn hunt_text(header: &RunHeader, targets: &[HuntedTarget], page: Page) -> String {
    let mut lines = Vec::new();
    for target in targets {
        lines.extend(heading(header, target, page));
        for (number, (way, replay)) in target.ways().enumerate() {
            lines.push(String::new());
            lines.extend(way_text(header, target, number + 1, way, replay, page));
        }
        lines.push(String::new());
        let searched = searched(target);
        lines.extend(hanging("  ", &searched, page.width).iter().map(|line| page.paint.dim(line)));
        if let Some(first) = &target.first_undecided {
            lines.extend(hanging("  ", first, page.width));
        }
        lines.push(String::new());
    }
    lines.pop();
    lines.join("\n")
}

/// `db-1: 4 ways within 30d`, and the protections of the instance.
fn heading(header: &RunHeader, target: &HuntedTarget, page: Page) -> Vec<String> {
    let Start { instance, policy, on, unknown, .. } = target.start;
    let ways = target.hunted.ways.len();
    let within = target.hunt.within;
    let run = run_name(&header.scenario, &header.case);
    let title = format!(
        "{}: {} within {within} ({run})",
        header.instance(instance),
        number_of_ways(ways, target.hunted.undecided),
    );
    let mut lines: Vec<String> = hanging("", &title, page.width);
    lines.iter_mut().for_each(|line| *line = page.paint.bold(line));
    let mut facts = vec![header.rulebook(policy).policy.name.clone()];
    facts.extend(target.start.billing.map(|billing| billing.word().to_owned()));
    facts.extend(target.start.group.map(|group| format!("in {}", header.group(group))));
    let set = header.protections(policy, on);
    facts.push(match set.as_slice() {
        [] => "no protection on".to_owned(),
        set => format!("{} on", set.join(" and ")),
    });
    let open = header.protections(policy, unknown);
    if !open.is_empty() {
        facts.push(format!("{} unknown", open.join(" and ")));
    }
    lines.extend(hanging("  ", &facts.join(", "), page.width));
    if !target.alike.is_empty() {
        let mut ids = InstanceIds::default();
        target.alike.iter().for_each(|id| ids.add(*id));
        ids.tidy();
        let text = format!("the same holds for {}", ids.names(header).text());
        lines.extend(hanging("  ", &text, page.width));
    }
    lines
}

/// `3 ways`, or what is known about their number if branches depend on an unknown fact.
pub(super) fn number_of_ways(ways: usize, undecided: u64) -> String {
    match (ways, undecided) {
        (0, 0) => "no way".to_owned(),
        (0, _) => "undecided whether there is a way".to_owned(),
        (ways, 0) => many(ways, "way"),
        (ways, _) => format!("at least {}", many(ways, "way")),
    }
}

/// `2 branches depend on an unknown fact`.
pub(super) fn undecided_branches(undecided: u64) -> String {
    match undecided {
        1 => "1 branch depends on an unknown fact".to_owned(),
        more => format!("{more} branches depend on an unknown fact"),
    }
}

fn way_text(
    header: &RunHeader,
    target: &HuntedTarget,
    number: usize,
    way: &Way,
    replay: &Replay,
    page: Page,
) -> Vec<String> {
    let marks = marks(target, way);
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    let who = callers(header, &target.hunt, way);
    let lost = header.elapsed(way.lost);
    let title = format!("{number}. {}{who}: lost after {lost}{marks}", effort(way));
    let mut lines = hanging("  ", &title, page.width);
    lines.iter_mut().for_each(|line| *line = page.paint.bold(line));
    let mut rows: Vec<(SimTime, Vec<String>)> = Vec::new();
    for step in &replay.steps {
        let who = if step.is_call { "call" } else { "cause" };
        rows.push((step.at, vec![elapsed(header, step.at), who.into(), step.text()]));
    }
    for decision in &replay.decisions {
        let text = decision_text(&replay.header, decision);
        let outcome = decision.outcome.word().to_uppercase();
        rows.push((decision.at, vec![elapsed(header, decision.at), outcome, text]));
    }
    for loss in &replay.losses {
        let text = loss_text(&replay.header, loss);
        rows.push((loss.at, vec![elapsed(header, loss.at), "LOST".into(), text]));
    }
    rows.sort_by_key(|(at, _)| *at);
    lines.extend(listed(rows.into_iter().map(|(_, row)| row).collect(), 5, page.width));
    for text in remedies(header, way, replay) {
        lines.extend(hanging("     remedy  ", &text, page.width));
    }
    if !replay.is_confirmed {
        let text = "not confirmed: with the whole fleet the run stops earlier, because its \
                    result depends on an unknown fact";
        lines.extend(hanging("     ", text, page.width));
    }
    lines
}

/// ` (alice, or bob)`; empty if the callers have no names.
pub(super) fn callers(header: &RunHeader, hunt: &Hunt, way: &Way) -> String {
    let sets: Vec<String> = names_of_callers(header, hunt, way)
        .iter()
        .map(|names| names.join(" and "))
        .filter(|names| !names.is_empty())
        .collect();
    if sets.is_empty() { String::new() } else { format!(" ({})", sets.join(", or ")) }
}

/// The callers who can do a way, each set by name.
pub(super) fn names_of_callers<'h>(
    header: &'h RunHeader,
    hunt: &Hunt,
    way: &Way,
) -> Vec<Vec<&'h str>> {
    let sets = way.callers(&hunt.callers).into_iter();
    sets.map(|set| set.iter().map(|id| header.actor(*id)).collect()).collect()
}

/// `2 steps by 1 person`.
fn effort(way: &Way) -> String {
    match (way.steps.len(), way.people()) {
        (0, _) => "without any step".to_owned(),
        (steps, 0) => format!("{}, no caller", many(steps, "step")),
        (steps, people) => format!("{}, {}", many(steps, "step"), many(people as usize, "caller")),
    }
}

/// The respects in which no other way is better.
fn marks(target: &HuntedTarget, way: &Way) -> Vec<&'static str> {
    let ways = &target.hunted.ways;
    if ways.len() < 2 {
        return Vec::new();
    }
    let mut marks = Vec::new();
    if ways.iter().all(|other| way.steps.len() <= other.steps.len()) {
        marks.push("fewest steps");
    }
    if ways.iter().all(|other| way.lost <= other.lost) {
        marks.push("least time");
    }
    marks
}

fn elapsed(header: &RunHeader, at: SimTime) -> String {
    format!("+{}", header.elapsed(at))
}

/// `manual release: released; RP2, documented (release): because …`.
fn decision_text(header: &RunHeader, decision: &Decision) -> String {
    let book = header.rulebook(decision.policy);
    let effect = if decision.effect == Effect::None { "kept" } else { decision.effect.word() };
    let mut text = format!("{} {}: {effect}", decision.trigger, decision.action);
    if let Some(rule) = decision.rule {
        text.push_str(&rests_on(book, rule, decision.basis));
    }
    text
}

fn loss_text(header: &RunHeader, loss: &Loss) -> String {
    let (policy, rule) = loss.rule;
    let book = header.rulebook(policy);
    let name = loss.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{}{name}{}", loss.resource, rests_on(book, rule, book.basis(rule)))
}

/// `; RP2, documented (release): a scheduled release task fires`.
fn rests_on(book: &Rulebook, rule: RuleId, basis: Basis) -> String {
    let policy: &Policy = &book.policy;
    let stated = policy.rule(rule);
    let mut text = format!("; {}, {}", stated.id, basis.confidence);
    let sources = policy.source_keys(rule);
    if !sources.is_empty() {
        text.push_str(&format!(" ({})", sources.replace(';', ", ")));
    }
    if let Some(because) = &stated.because {
        text.push_str(&format!(": {because}"));
    }
    text
}

/// The remedies of the loss that ends a way, each once.
fn remedies(header: &RunHeader, way: &Way, replay: &Replay) -> Vec<String> {
    let decisions =
        replay.decisions.iter().filter(|d| d.effect == Effect::Released && d.at == way.lost);
    let of_decisions = decisions.filter_map(|d| Some((d.remedy?, d.policy)));
    let losses = replay.losses.iter().filter(|loss| loss.at == way.lost);
    let of_losses = losses.filter_map(|loss| Some((loss.remedy?, loss.rule.0)));
    let mut texts: Vec<String> = Vec::new();
    for (remedy, policy) in of_decisions.chain(of_losses) {
        let text = remedy_text(header, &replay.header, remedy, policy);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn remedy_text(
    header: &RunHeader,
    of_run: &RunHeader,
    remedy: Remedy,
    policy: crate::words::PolicyId,
) -> String {
    let text = remedy.text(&of_run.rulebook(policy).policy);
    let until = remedy.until.map(|at| format!(", until {}", elapsed(header, at)));
    text + &until.unwrap_or_default()
}

/// The extent of the search, and whether the answer is complete.
fn searched(target: &HuntedTarget) -> String {
    let Hunted { states, searched, incomplete, undecided, .. } = &target.hunted;
    let most = many(target.hunt.most, "step");
    let within = target.hunt.within;
    let mut text = format!("{} searched: ", many(usize::try_from(*states).unwrap_or(0), "state"));
    text.push_str(&match incomplete {
        None | Some(Incomplete::Undecided) => {
            format!("every way of at most {most} within {within}")
        }
        Some(why) => {
            let why = why.reason();
            let so_far = searched.map_or_else(
                || "nothing to its end".to_owned(),
                |most| format!("every way of at most {}", many(most, "step")),
            );
            format!("not complete, {why}; {so_far} within {within}")
        }
    });
    if target.hunt.callers == [None] {
        text.push_str("; without `principals:` everybody may make every call");
    }
    if *undecided > 0 {
        text.push_str(&format!("; {}", undecided_branches(*undecided)));
    }
    text
}

/// The ways to lose the instances of a run as JSON.
pub fn hunt_json(header: &RunHeader, targets: &[HuntedTarget]) -> Json {
    let targets: Vec<Json> = targets.iter().map(|target| target_json(header, target)).collect();
    json!({ "scenario": header.scenario, "case": header.case, "targets": targets })
}

fn target_json(header: &RunHeader, target: &HuntedTarget) -> Json {
    let Start { instance, policy, on, unknown, .. } = target.start;
    let alike: Vec<&str> = target.alike.iter().map(|id| header.instance(*id)).collect();
    let ways: Vec<Json> =
        target.ways().map(|(way, replay)| way_json(header, target, way, replay)).collect();
    let Hunted { states, searched, incomplete, undecided, .. } = &target.hunted;
    json!({
        "instance": header.instance(instance),
        "alike": alike,
        "policy": header.rulebook(policy).policy.name,
        "protections_on": header.protections(policy, on),
        "protections_unknown": header.protections(policy, unknown),
        "within_s": target.hunt.within.seconds(),
        "most_steps": target.hunt.most,
        "keeps_flags": target.hunt.keep_flag,
        "states": states,
        "searched_steps": searched,
        "complete": incomplete.is_none(),
        "incomplete_because": incomplete.map(|why| match why {
            Incomplete::Limit => "limit",
            Incomplete::Interrupted => "interrupted",
            Incomplete::Undecided => "unknown-fact",
        }),
        "undecided": undecided,
        "first_undecided": target.first_undecided,
        "ways": ways,
    })
}

fn way_json(header: &RunHeader, target: &HuntedTarget, way: &Way, replay: &Replay) -> Json {
    let steps: Vec<Json> = replay
        .steps
        .iter()
        .map(|step| {
            json!({
                "event": step.name,
                "at": step.at.to_string(),
                "elapsed_s": header.elapsed(step.at).seconds(),
                "call": step.is_call,
                "verb": step.verb,
                "keys": step.keys,
            })
        })
        .collect();
    let named = |record: Record| NamedRecord::new(&record, &replay.header);
    let decisions = replay.decisions.iter().cloned().map(Record::from).map(named);
    let losses = replay.losses.iter().cloned().map(Record::from).map(named);
    json!({
        "steps": steps,
        "callers": way.people(),
        "by": names_of_callers(header, &target.hunt, way),
        "lost": way.lost.to_string(),
        "elapsed_s": header.elapsed(way.lost).seconds(),
        "confirmed": replay.is_confirmed,
        "records": decisions.chain(losses).collect::<Vec<_>>(),
        "remedies": remedies(header, way, replay),
    })
}
