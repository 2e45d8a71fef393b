//! Records as single lines, for the history of an instance in failures.

use crate::policy::Rule;
use crate::record::{Decision, HouseFinding, Request, What};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Effect, Lifecycle, SetProtections};

/// A decision as one line: `mis-click: manual, held by release-protection (RP1)`.
pub(in crate::experiment) fn decision_line(decision: &Decision, header: &RunHeader) -> String {
    let cause = header.cause(decision.cause);
    let mut line = format!("{cause}: {}, {}", decision.trigger, decision.outcome);
    let by = header.decided_by(decision);
    if !by.is_empty() {
        line.push_str(&format!(" by {by}"));
    }
    if let Some(rule) = decision.rule {
        add_rule(&mut line, header.rulebook(decision.policy).policy.rule(rule));
    }
    if decision.effect != Effect::None {
        line.push_str(&format!(", {}", decision.effect));
    }
    line
}

/// A request as one line: `mis-click: release refused, 0 of 1 (RP1), answer …`.
pub(in crate::experiment) fn request_line(request: &Request, header: &RunHeader) -> String {
    let Request { verb, result, got, wanted, .. } = request;
    let cause = header.cause(request.cause);
    let mut line = format!("{cause}: {verb} {result}, {got} of {wanted}");
    if let Some(refusal) = request.refusal {
        match header.rule_of(refusal) {
            Some(rule) => add_rule(&mut line, rule),
            None => line.push_str(&format!(" ({})", header.reason(refusal))),
        }
    }
    line
}

fn add_rule(line: &mut String, rule: &Rule) {
    line.push_str(&format!(" ({})", rule.id));
    if let Some(answer) = &rule.answer {
        line.push_str(&format!(", answer {answer}"));
    }
}

/// A change as one line: `running → stopped`; `None` if the line of a decision already shows it.
pub(in crate::experiment) fn change_line(what: &What, header: &RunHeader) -> Option<String> {
    let time = |at: SimTime| if at == SimTime::NEVER { "none".into() } else { at.to_string() };
    let flags = |policy, set: SetProtections| {
        let names = header.set_protections(policy, set);
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    Some(match what {
        // The decision shows the release.
        What::State(_, Lifecycle::Released) | What::Group(None, None) => return None,
        What::State(from, to) => format!("{from} → {to}"),
        What::Group(Some(group), None) => format!("left the group {}", header.group(*group)),
        What::Group(_, Some(group)) => format!("joined the group {}", header.group(*group)),
        What::Schedule(from, to) => format!("scheduled release {} → {}", time(*from), time(*to)),
        What::Protections(policy, from, to) => {
            format!("protections {} → {}", flags(*policy, *from), flags(*policy, *to))
        }
        What::Billing(from, to) => format!("billing {from} → {to}"),
        What::Term(from, to) => format!("term ends {} → {}", time(*from), time(*to)),
        What::Lock(from, to) => format!("lock {from} → {to}"),
        What::Size(from, to) => format!("size {from} → {to}"),
        What::Deleted => "deleted".into(),
        What::Arrears(true) => "overdue".into(),
        What::Arrears(false) => "settled".into(),
        What::Cancelled(true) => "cancelled".into(),
        What::Cancelled(false) => "active again".into(),
        What::Model(from, to) => {
            format!("model {} → {}", header.model(*from), header.model(*to))
        }
        What::Probed(true) => "health checks resumed".into(),
        What::Probed(false) => "health checks stopped".into(),
        What::Health(from, to) => format!("{from} → {to}"),
        What::Suspended(_, to) => format!("suspended: {}", header.processes(*to)),
        What::Property(_, to) => format!("new {to}"),
    })
}

/// A finding as a line of a history.
pub(in crate::experiment) fn finding_line(finding: &HouseFinding, header: &RunHeader) -> String {
    let subject = header.subject(finding.subject);
    let by = finding.actor.map(|actor| format!(", by {}", header.actor(actor)));
    let after = header.elapsed(finding.at);
    format!("+{after} {subject}: {}{}", finding.text, by.unwrap_or_default())
}
