//! A way to a loss as a scenario: the searched scenario, with the steps of the way as events, and
//! the loss as an expectation.

use std::fmt::Write as _;

use super::hunt::HuntedTarget;
use crate::diagnostics::{Code, Problems, Sources};
use crate::format::{AddedEvents, Node, Value, overlaid, parse_yaml, tree_text, yaml_scalar};
use crate::run_header::RunHeader;
use crate::search::{Replay, Way};
use crate::time::SimTime;
use crate::words::{Effect, Word};

/// The scenario of a way, given the tree of the scenario that was searched; `number` counts from 1.
/// `None` if the events of the scenario are in a table.
pub fn way_scenario(
    searched: &Node,
    header: &RunHeader,
    target: &HuntedTarget,
    number: usize,
) -> Option<String> {
    let (way, replay) = (target.hunted.ways.get(number - 1)?, target.replays.get(number - 1)?);
    let mut tree = searched.clone();
    if let Value::Map(entries) = &mut tree.value {
        let others = |key: &str| !matches!(key, "random" | "expect" | "counts" | "cases");
        entries.retain(|entry| others(&entry.key));
    }
    let text = added(&tree, header, target, number, way, replay);
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("way", text);
    let added = parse_yaml(&sources, file, &mut problems)?;
    overlaid(&tree, &added, AddedEvents::Last, &mut problems).map(|tree| tree_text(&tree))
}

/// The changes that a way makes to the scenario.
fn added(
    tree: &Node,
    header: &RunHeader,
    target: &HuntedTarget,
    number: usize,
    way: &Way,
    replay: &Replay,
) -> String {
    let name = header.instance(target.start.instance);
    let scenario = if header.case.is_empty() {
        header.scenario.clone()
    } else {
        format!("{}-{}", header.scenario, header.case)
    };
    let mut out = format!(
        "name: {}\nabout: {}\n",
        yaml_scalar(&format!("{scenario}-{name}-way-{number}")),
        yaml_scalar(&format!(
            "A way to lose {name}, found by hunt: lost after {}",
            header.elapsed(way.lost)
        ))
    );
    if tree.get("assume").is_some() {
        // A way may use fewer of the assumptions.
        let stated = tree.get("allow").map(|allow| match &allow.value {
            Value::List(items) => items.iter().filter_map(Node::scalar).collect(),
            Value::Empty | Value::Scalar(..) | Value::Map(_) => Vec::new(),
        });
        let unused = Code::UnusedAssumption.to_string();
        let mut codes: Vec<&str> = stated.unwrap_or_default();
        if !codes.contains(&unused.as_str()) {
            codes.push(&unused);
        }
        let _ = writeln!(out, "allow: [{}]", codes.join(", "));
    }
    let stated = tree.get("for").and_then(Node::scalar);
    let stated = stated.and_then(|span| crate::time::SimSpan::parse(span).ok());
    let length = stated.unwrap_or_default().max(header.elapsed(way.lost));
    let _ = writeln!(out, "for: {}", length.max(crate::time::SimSpan::from_seconds(1)));
    out.push_str("events:\n");
    if replay.steps.is_empty() {
        out = out.trim_end_matches("events:\n").to_owned();
    }
    for step in &replay.steps {
        let (at, id) = (elapsed(header, step.at), yaml_scalar(&step.name));
        let _ = writeln!(out, "  - {{ at: \"{at}\", id: {id}, {} }}", step.text());
    }
    out.push_str(&expected(header, name, replay));
    out
}

/// The loss, as an expectation.
fn expected(header: &RunHeader, name: &str, replay: &Replay) -> String {
    let name = yaml_scalar(name);
    let released = replay.decisions.iter().find(|decision| decision.effect == Effect::Released);
    if let Some(decision) = released {
        let at = elapsed(header, decision.at);
        return format!(
            "expect:\n  decisions:\n    - {{ instance: {name}, at: \"{at}\", trigger: {}, outcome: {}, \
             effect: released }}\n",
            decision.trigger, decision.outcome
        );
    }
    let losses = replay.losses.iter().filter(|loss| loss.resource.has_size());
    let lines = losses.map(|loss| {
        let resource = loss.resource.word();
        format!("    - {{ instance: {name}, kind: {resource}, fate: lost }}\n")
    });
    format!("expect:\n  losses:\n{}", lines.take(1).collect::<String>())
}

fn elapsed(header: &RunHeader, at: SimTime) -> String {
    format!("+{}", header.elapsed(at))
}
