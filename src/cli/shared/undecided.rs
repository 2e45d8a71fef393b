//! The message of a run that stopped because its next step depends on an unknown fact.

use crate::policy::{Column, Policy, Position, PositionOutcome, Undecided, Unknown};
use crate::record::{Cause, Target};
use crate::run_header::RunHeader;
use crate::words::{ProtectionId, RuleId, SwitchId};
use crate::world::Halt;

/// Why the run stopped: each possible result, and how to specify the fact.
pub(in crate::cli) fn text(halt: &Halt, header: &RunHeader) -> String {
    let elapsed = header.elapsed(halt.at);
    let policy = &header.rulebook(halt.policy).policy;
    let cause = format!("`{}`", header.cause(halt.cause));
    let subject = subject(halt.about, header);
    match &halt.on {
        Undecided::Differs(courses) => {
            let unknowns = unknowns(courses);
            let what: Vec<String> = unknowns.iter().map(|u| question(*u, policy)).collect();
            let results = results(courses, unknowns.len() > 1, policy);
            let advice: Vec<String> = unknowns
                .iter()
                .map(|unknown| advice(*unknown, courses, (halt.cause, header), policy))
                .collect();
            format!(
                "undecided at +{elapsed}: the outcome of {cause} for {subject} depends on {}, which is unknown ({results}); {}",
                what.join(" and on "),
                advice.join("; ")
            )
        }
        Undecided::Impossible(line) => {
            let because = policy.impossible.get(*line).map_or("", |(_, because)| because);
            format!(
                "undecided at +{elapsed}: {cause} brings {subject} into a situation that cannot occur: {because} (line {} of `impossible:` in {}); no action was taken. Change the scenario, or remove that line from the policy and give each protection a rule for it",
                line + 1,
                policy.name
            )
        }
        Undecided::Outside(column) => format!(
            "undecided at +{elapsed}: {cause} brings {subject} into a situation that {} does not cover: its decision space lacks this word in the column `{}`; no action was taken. Use a policy whose `space:` contains it",
            policy.name,
            column.name()
        ),
        Undecided::ArrearsSince => format!(
            "undecided at +{elapsed}: {subject} is overdue since an unknown time, so any step of its clock may be due; write `arrears-since: TIME` on the account"
        ),
        Undecided::TooManyMembers => format!(
            "stopped at +{elapsed}: with {cause} for {subject}, the groups of the run would create more than 1,000,000 members, which is a limit of this program; use smaller groups"
        ),
    }
}

fn subject(about: Target, header: &RunHeader) -> String {
    match about {
        Target::Instance(id) => header.instance(id).to_owned(),
        Target::Instances => "several instances".to_owned(),
        Target::Group(id) => format!("the group {}", header.group(id)),
        Target::Account(id) => format!("the account {}", header.account(id)),
    }
}

/// The unknown facts on which the result depends, each once.
fn unknowns(courses: &[(Position, PositionOutcome)]) -> Vec<Unknown> {
    let mut unknowns = Vec::new();
    for (unknown, _) in courses.iter().flat_map(|(position, _)| &position.0) {
        if !unknowns.contains(unknown) {
            unknowns.push(*unknown);
        }
    }
    unknowns
}

fn name(policy: &Policy, protection: ProtectionId) -> &str {
    &policy.protections[protection.index()].name
}

fn question(unknown: Unknown, policy: &Policy) -> String {
    match unknown {
        Unknown::Protection(id) => format!("whether {} is on", name(policy, id)),
        Unknown::Column(Column::Channel) => "the channel of the call".to_owned(),
        Unknown::Column(Column::Membership) => "how it joined its group".to_owned(),
        Unknown::Column(Column::Lock) => "whether it is locked".to_owned(),
        Unknown::Column(Column::Billing) => "whether it is spot capacity".to_owned(),
        Unknown::Column(Column::Scheduled) => "whether its release is scheduled".to_owned(),
        Unknown::Column(Column::Renewal) => {
            "whether its subscription is renewed automatically".to_owned()
        }
        Unknown::Column(column) => format!("the word of the column {}", column.name()),
    }
}

/// `console: released; api, cli: denied (PC4 IncorrectInstanceStatus)`.
fn results(courses: &[(Position, PositionOutcome)], several: bool, policy: &Policy) -> String {
    let mut kinds: Vec<(&PositionOutcome, Vec<String>)> = Vec::new();
    for (position, course) in courses {
        let words: Vec<String> = position
            .0
            .iter()
            .map(|(unknown, word)| match unknown {
                Unknown::Protection(id) if several => format!("{} {word}", name(policy, *id)),
                Unknown::Column(column) if several => format!("{} {word}", column.name()),
                Unknown::Protection(_) | Unknown::Column(_) => (*word).to_owned(),
            })
            .collect();
        let words = words.join(" and ");
        match kinds.iter_mut().find(|(known, _)| *known == course) {
            Some((_, positions)) => positions.push(words),
            None => kinds.push((course, vec![words])),
        }
    }
    let reported = kinds.iter().map(|(course, positions)| {
        let rule = course.rule.map(|rule| format!(" ({})", cite(policy, rule)));
        format!("{}: {}{}", positions.join(", "), course.says, rule.unwrap_or_default())
    });
    reported.collect::<Vec<_>>().join("; ")
}

/// A rule and its answer: `PC4 IncorrectInstanceStatus`.
fn cite(policy: &Policy, rule: RuleId) -> String {
    let rule = policy.rule(rule);
    match &rule.answer {
        Some(answer) => format!("{} {answer}", rule.id),
        None => rule.id.clone(),
    }
}

/// `a, b or c`.
fn one_of(all: &[String]) -> String {
    match all {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        all => all.concat(),
    }
}

/// The text to write so that the fact is known.
fn advice(
    unknown: Unknown,
    courses: &[(Position, PositionOutcome)],
    (cause, header): (Cause, &RunHeader),
    policy: &Policy,
) -> String {
    let mut words: Vec<&str> = Vec::new();
    for (subject, word) in courses.iter().flat_map(|(position, _)| &position.0) {
        if *subject == unknown && !words.contains(word) {
            words.push(word);
        }
    }
    let or = |prefix: &str| {
        let all: Vec<String> = words.iter().map(|word| format!("`{prefix}{word}`")).collect();
        one_of(&all)
    };
    let assume = |switch: SwitchId| {
        let switch = &policy.switches[switch.index()];
        let taken = switch.values.iter().skip(1);
        let words: Vec<String> = taken.map(|value| format!("`{}: {value}`", switch.name)).collect();
        format!("import the reply that contains it, or under `assume:` write {}", one_of(&words))
    };
    match unknown {
        Unknown::Column(Column::Channel) => match cause {
            Cause::Event(_) => format!("add {} to event `{}`", or("via: "), header.cause(cause)),
            Cause::Timer(_) | Cause::Start => {
                format!("add {} to the event that started it", or("via: "))
            }
        },
        Unknown::Protection(_) => assume(policy.unknown.protection),
        Unknown::Column(Column::LatestModel) => {
            "add `via: ` to the event that set its protection".to_owned()
        }
        Unknown::Column(column) => match policy.unknown.switch_for(column) {
            Some(switch) => assume(switch),
            None => format!("specify one of {}", or(&format!("{}: ", column.name()))),
        },
    }
}
