//! A first scenario: a fleet, some events, and the decisions of the policy as expectations, with
//! comments.

use super::imported_scenario::HEAD;
use crate::format::yaml_scalar;
use crate::record::Decision;
use crate::run_header::RunHeader;
use crate::words::{Outcome, Word};

/// An event of a first scenario.
#[derive(Debug, Clone)]
pub struct FirstEvent {
    /// Its id.
    pub id: &'static str,
    /// A sentence that describes it.
    pub about: &'static str,
    /// Its time, as a span after the start.
    pub after: &'static str,
    /// Its verb with its keys.
    pub verb: String,
}

/// A decision that a first scenario expects.
#[derive(Debug, Clone)]
pub struct FirstDecision {
    /// The line of `expect.decisions`.
    line: String,
    /// The outcome.
    outcome: Outcome,
}

impl FirstDecision {
    /// The decision as it was made.
    pub fn new(decision: &Decision, header: &RunHeader) -> Self {
        let event = header.cause(decision.cause);
        let instance = yaml_scalar(header.instance(decision.instance));
        let policy = &header.rulebook(decision.policy).policy;
        let rule = decision.rule.map(|rule| format!(", rule: {}", policy.rule(rule).id));
        let (outcome, rule) = (decision.outcome, rule.unwrap_or_default());
        let after = header.elapsed(decision.at);
        let line = format!(
            "{{ at: +{after}, event: {event}, instance: {instance}, outcome: {outcome}{rule} }}"
        );
        Self { line, outcome }
    }
}

/// A small fleet with one protection, for a user without a listing. It is in a group if the
/// protection has an effect only there.
pub fn small_fleet(policy: &str, protection: &str, in_group: bool) -> String {
    let (policy, protection) = (yaml_scalar(policy), yaml_scalar(protection));
    let (groups, member) = if in_group {
        ("  groups:\n    web: { min: 0, max: 9 }\n", "group: web, ")
    } else {
        ("", "")
    };
    format!(
        "stayput: scenario/1
name: first
about: The first scenario, written by `stayput init`.
policy: {policy}
start: 2026-06-01T00:00:00Z
for: 60d

# The fleet. `stayput import FILE…` writes your own fleet in this form.
fleet:
{groups}  instances:
    web-1: {{ {member}protect: [{protection}] }}
    web-2: {{ {member}billing: pay-as-you-go }}"
    )
}

/// The first lines of a first scenario for a fleet that was imported.
const IMPORTED: &str = "stayput: scenario/1\nname: first\nabout: The fleet as it was listed, with some first events.\n";

/// The scenario: `fleet` is its text without events.
pub fn first_scenario(fleet: &str, events: &[FirstEvent], decisions: &[FirstDecision]) -> String {
    let fleet = fleet.trim_end();
    let mut out = match fleet.strip_prefix(HEAD) {
        Some(rest) => format!("{IMPORTED}{rest}"),
        None => fleet.to_owned(),
    };
    if events.is_empty() {
        return out;
    }
    out.push_str(
        "

# The events. Each has one verb; `stayput schema scenario` lists all of them.
events:
",
    );
    for FirstEvent { id, about, after, verb } in events {
        out.push_str(&format!("  # {about}\n  - {{ at: +{after}, id: {id}, {verb} }}\n"));
    }
    if decisions.is_empty() {
        out.truncate(out.trim_end().len());
        return out;
    }
    out.push_str(
        "
# The decisions of the policy today. `stayput test` fails as soon as a decision differs.
# Replace an outcome by the one that you need, then change the fleet until the test passes.
expect:
  decisions:
",
    );
    for FirstDecision { line, outcome } in decisions {
        out.push_str(&format!("    # {}\n    - {line}\n", outcome.meaning()));
    }
    out.truncate(out.trim_end().len());
    out
}
