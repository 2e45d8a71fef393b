//! Runs a way again in the whole scenario.
//!
//! The search uses only a part of the fleet, so each way is run again with the whole fleet before
//! it is reported.

use serde_json::Value as Json;

use super::explore::Hunted;
use super::moves::NEW_MODEL;
use super::question::Hunt;
use super::ways::Way;
use crate::kernel::Limits;
use crate::plan::{Event, EventTargets, Plan, ReducedPlan, Script, Scripted, Spelling};
use crate::record::{Decision, Loss, Record};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Effect, EventId, Fate, InstanceId, ModelId};
use crate::world::Run;

/// A step of a way, as a scenario file states it.
#[derive(Debug, Clone)]
pub struct ReplayedStep {
    /// The name of the event.
    pub name: String,
    /// Its instant.
    pub at: SimTime,
    /// Its verb.
    pub verb: &'static str,
    /// The keys of the verb.
    pub keys: Json,
    /// Whether a person makes it; otherwise the platform causes it.
    pub is_call: bool,
}

impl ReplayedStep {
    /// The step as a file states it: `release: { instance: db-1, force: true }`.
    pub fn text(&self) -> String {
        format!("{}: {}", self.verb, flow(&self.keys))
    }
}

/// A value as YAML writes it in one line.
fn flow(value: &Json) -> String {
    match value {
        Json::Object(keys) => {
            let keys: Vec<String> =
                keys.iter().map(|(key, value)| format!("{key}: {}", flow(value))).collect();
            format!("{{ {} }}", keys.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) if is_plain(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.to_string(),
    }
}

/// Whether a text needs no quotes in YAML's flow style.
fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '+');
    text.chars().next().is_some_and(char::is_alphanumeric)
        && text.chars().all(inner)
        && !text.ends_with(':')
}

/// The results of a way in the whole scenario.
#[derive(Debug)]
pub struct Replay {
    /// The names of ids.
    pub header: RunHeader,
    /// The steps.
    pub steps: Vec<ReplayedStep>,
    /// The decisions about the instance up to its loss.
    pub decisions: Vec<Decision>,
    /// The losses of the instance.
    pub losses: Vec<Loss>,
    /// Whether the instance was lost when the search says it is.
    pub is_confirmed: bool,
}

/// Carries out a way in the whole plan, whose script is `script`.
pub fn replay(
    whole: &Plan,
    script: &[Scripted],
    part: &ReducedPlan,
    (hunt, hunted): (&Hunt, &Hunted),
    way: &Way,
) -> Replay {
    let (plan, steps) = with_steps(whole, script, part, (hunt, hunted), way);
    let target = part.originals[hunt.target.index()];
    let header = plan.header.clone();
    let mut found =
        Replay { header, steps, decisions: Vec::new(), losses: Vec::new(), is_confirmed: false };
    let mut run = Run::start_within(plan, Limits::default());
    while !found.is_confirmed && run.next_at().is_some_and(|at| at <= way.lost) && run.step() {
        for record in run.records() {
            found.add(record, target, way.lost);
        }
    }
    found
}

/// The whole plan with the steps of a way, and the steps.
pub fn with_steps(
    whole: &Plan,
    script: &[Scripted],
    part: &ReducedPlan,
    (hunt, hunted): (&Hunt, &Hunted),
    way: &Way,
) -> (Plan, Vec<ReplayedStep>) {
    let mut plan = whole.clone();
    plan.random.clear();
    plan.header.end = plan.header.start.after(hunt.within);
    let model = ModelId::from_index(plan.header.models.len());
    plan.header.models.push(NEW_MODEL);
    let names = step_names(&plan.header, way.steps.len());
    let first = plan.header.events.len();
    let mut events = script.to_vec();
    for (index, step) in way.steps.iter().enumerate() {
        let event = restored(step.event, &mut plan, part, hunted, model);
        let id = EventId::from_index(first + index);
        events.push(Scripted { at: step.at, id, event });
    }
    let added = events[script.len()..].to_vec();
    events.sort_by_key(|event| event.at);
    plan.script = Script::Listed(events.into());
    plan.header.events = plan.header.events.with(names.iter().cloned());
    let spelling = Spelling { header: &plan.header, targets: &plan.targets, flags: &plan.flags };
    let steps = added.iter().zip(&way.steps).zip(names).map(|((event, step), name)| ReplayedStep {
        name,
        at: event.at,
        verb: event.event.verb(),
        keys: event.event.keys(&spelling),
        is_call: step.is_call(),
    });
    let steps = steps.collect();
    (plan, steps)
}

impl Replay {
    fn add(&mut self, record: &Record, target: InstanceId, lost: SimTime) {
        match record {
            Record::Decision(decision) if decision.instance == target => {
                self.is_confirmed |= decision.effect == Effect::Released && decision.at == lost;
                self.decisions.push(Decision::clone(decision));
            }
            Record::Loss(loss) if loss.instance == target && loss.fate == Fate::Lost => {
                self.is_confirmed |= loss.resource.has_size() && loss.at == lost;
                self.losses.push(Loss::clone(loss));
            }
            Record::Decision(_)
            | Record::Loss(_)
            | Record::Request(_)
            | Record::Change(_)
            | Record::Finding(_)
            | Record::Alert(_) => {}
        }
    }
}

/// Names for the steps of a way that no event has.
fn step_names(header: &RunHeader, count: usize) -> Vec<String> {
    let mut prefix = "step".to_owned();
    while (1..=count).any(|n| header.events.called(&format!("{prefix}-{n}")).is_some()) {
        prefix.push('x');
    }
    (1..=count).map(|n| format!("{prefix}-{n}")).collect()
}

/// An event of the part as an event of the whole plan.
fn restored(
    event: Event,
    plan: &mut Plan,
    part: &ReducedPlan,
    hunted: &Hunted,
    model: ModelId,
) -> Event {
    let named = event.targets().instances;
    let instances = named.map(|named| {
        let ids = named.of(&hunted.targets).iter().map(|id| part.originals[id.index()]);
        let ids: Vec<InstanceId> = ids.collect();
        plan.add_targets(&ids)
    });
    let mut event = event.retargeted(&EventTargets { instances, ..EventTargets::default() });
    if let Event::SetProtection(set) = &mut event {
        let start = set.flags.0 as usize;
        let flags = &hunted.flags[start..start + plan.header.rulebooks.len()];
        set.flags = plan.add_flag_list(flags);
    }
    if let Event::UpdateModel(update) = &mut event {
        update.to = model;
    }
    event
}
