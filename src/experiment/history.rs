//! What happened to an instance, in lines for people.

use crate::record::{Decision, Legend, What};
use crate::time::SimTime;
use crate::vocab::Lifecycle;

/// A decision in a line: `manual: held by release-protection (RP1)`.
pub(super) fn of_decision(decision: &Decision, legend: &Legend) -> String {
    let cause = legend.cause(decision.cause);
    let policy = &legend.rulebook(decision.policy).policy;
    let mut line = format!("{cause}: {}, {}", decision.trigger, decision.outcome);
    if let crate::record::DecidedBy::Protection(id) = decision.decided_by {
        line.push_str(&format!(" by {}", policy.protections[id.index()].name));
    }
    if let Some(rule) = decision.rule {
        let rule = policy.rule(rule);
        line.push_str(&format!(" ({})", rule.id));
        if let Some(answer) = &rule.answer {
            line.push_str(&format!(", answer {answer}"));
        }
    }
    if decision.effect != crate::vocab::Effect::None {
        line.push_str(&format!(", {}", decision.effect));
    }
    line
}

/// A change in words: `running → stopped`.
pub(super) fn of_change(what: &What, legend: &Legend) -> Option<String> {
    let time = |at: SimTime| if at == SimTime::NEVER { "none".into() } else { at.to_string() };
    let flags = |policy, set| {
        let names = legend.protections(policy, set);
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    Some(match what {
        // Its release stands in the decision already.
        What::State(_, Lifecycle::Released) | What::Group(None, None) => return None,
        What::State(from, to) => format!("{from} → {to}"),
        What::Group(Some(group), None) => format!("left the group {}", legend.group(*group)),
        What::Group(_, Some(group)) => format!("joined the group {}", legend.group(*group)),
        What::Schedule(from, to) => format!("scheduled release {} → {}", time(*from), time(*to)),
        What::Protections(policy, from, to) => {
            format!("protections {} → {}", flags(*policy, *from), flags(*policy, *to))
        }
        What::Billing(from, to) => format!("billing {from} → {to}"),
        What::Term(from, to) => format!("term ends {} → {}", time(*from), time(*to)),
        What::Lock(from, to) => format!("lock {from} → {to}"),
        What::Size(from, to) => format!("size {from} → {to}"),
        What::Exists(_, true) => "created".into(),
        What::Exists(_, false) => "deleted".into(),
        What::Arrears(_, true) => "in arrears".into(),
        What::Arrears(_, false) => "settled".into(),
        What::Property(_, to) => format!("has a new {to}"),
    })
}
