//! The skeleton of a scenario that reaches a rule of a protection: a fleet of one, what brings
//! the cause about, and what the rule says.

use crate::policy::{Column, Facts, Over, Policy, Protection, Space};
use crate::vocab::{RuleId, Subject, Verdict, Word};

/// A situation in which a rule applies, in words.
struct Case<'p> {
    policy: &'p Policy,
    protection: &'p Protection,
    words: Vec<(Column, &'static str)>,
    assume: Vec<(&'p str, &'p str)>,
    verdict: Verdict,
}

impl Case<'_> {
    fn word(&self, column: Column) -> &'static str {
        self.words.iter().find(|(known, _)| *known == column).map_or("", |(_, word)| word)
    }
}

/// The skeleton, as a file; `None` if the rule is no row of a protection.
pub fn suggest(policy: &Policy, rule: RuleId) -> Option<String> {
    let case = policy.protections.iter().find_map(|protection| find(policy, protection, rule))?;
    let id = &policy.rule(rule).id;
    let name = format!("reaches-{}", id.to_lowercase());
    let (membership, trigger) = (case.word(Column::Membership), case.word(Column::Trigger));
    let grouped = !matches!(membership, "" | "none");
    let of_group = case.protection.of == Subject::Group;
    let protect = format!("protect: [{}]", case.protection.name);
    let mut out = vec![
        "stayput: scenario/1".to_owned(),
        format!("name: {name}"),
        format!("about: reaches the rule {id} of {}", case.protection.name),
        format!("policy: {}", policy.name),
        "start: 2026-06-01T00:00:00Z".to_owned(),
        "for: 90d".to_owned(),
    ];
    if !case.assume.is_empty() {
        let pairs = case.assume.iter().map(|(name, value)| format!("{name}: {value}"));
        out.push(format!("assume: {{ {} }}", pairs.collect::<Vec<_>>().join(", ")));
    }
    out.push("fleet:".to_owned());
    if grouped {
        let check = if trigger == "health-check" { ", health-check: instance" } else { "" };
        let flag = if of_group { format!(", {protect}") } else { String::new() };
        out.push(format!("  groups: {{ group-1: {{ min: 0, max: 5{check}{flag} }} }}"));
    }
    let mut keys = Vec::new();
    if grouped {
        keys.push(format!("group: group-1, membership: {membership}"));
    }
    match case.word(Column::Billing) {
        "" => {}
        "subscription" if trigger == "expiry" => {
            keys.push("billing: subscription, expires: 2026-06-05T00:00:00Z".to_owned());
        }
        "subscription" => {
            keys.push("billing: subscription, expires: 2027-06-01T00:00:00Z".to_owned());
        }
        billing => keys.push(format!("billing: {billing}")),
    }
    if trigger == "scheduled-release" {
        keys.push("auto-release: 2026-06-03T00:00:00Z".to_owned());
    }
    if !of_group {
        keys.push(protect);
    }
    out.push(format!("  instances: {{ it: {{ {} }} }}", keys.join(", ")));
    out.extend(events(&case));
    out.push("expect:".to_owned());
    out.push("  decisions:".to_owned());
    let verdict = case.verdict.word();
    out.push(format!(
        "    - {{ trigger: {trigger}, instance: it, verdicts: {{ {}: {verdict} }} }}",
        case.protection.name
    ));
    Some(out.join("\n"))
}

/// The first situation to which a rule applies.
fn find<'p>(policy: &'p Policy, protection: &'p Protection, rule: RuleId) -> Option<Case<'p>> {
    let table = &protection.table;
    let space = table.space();
    let cells = || (0..space.cells()).filter(|c| table.row(*c).is_some_and(|r| r.rule == rule));
    let cell = cells().find(|cell| is_asked(policy, space, *cell)).or_else(|| cells().next())?;
    let row = table.row(cell)?;
    let (mut words, mut assume) = (Vec::new(), Vec::new());
    for (at, axis) in space.axes().iter().enumerate() {
        let word = usize::from(space.word(cell, at));
        match axis.over {
            Over::Column(column) => words.push((column, column.words()[word])),
            Over::Switch(switch) => {
                let switch = &policy.switches[switch.index()];
                assume.push((switch.name.as_str(), switch.values[word].as_str()));
            }
        }
    }
    // A position that is taken anyhow needs no words.
    let settles = &policy.rule(rule).switches;
    assume.retain(|(name, _)| policy.switch(name).is_some_and(|switch| settles.has(switch)));
    Some(Case { policy, protection, words, assume, verdict: row.says })
}

/// Whether a group would ask just this of its member, every switch at its default.
fn is_asked(policy: &Policy, space: &Space, cell: usize) -> bool {
    let settings: Vec<u8> = policy.switches.iter().map(|s| s.default.unwrap_or(0)).collect();
    let columns = space.axes().iter().enumerate().filter_map(|(at, axis)| match axis.over {
        Over::Column(column) => Some((column, usize::from(space.word(cell, at)))),
        Over::Switch(_) => None,
    });
    let facts = columns.fold(Facts::default(), |facts, (column, word)| {
        facts.with(column, column.words()[word]).unwrap_or(facts)
    });
    let members = policy.tables.members.under(&settings);
    members.decide(&facts).is_none_or(|row| row.says == facts.action)
}

/// What brings the cause of a case about.
fn events(case: &Case<'_>) -> Vec<String> {
    let via = match case.word(Column::Channel) {
        "" | "none" => String::new(),
        channel => format!(", via: {channel}"),
    };
    let event = match case.word(Column::Trigger) {
        "manual" => format!("release: {{ instance: it{via} }}"),
        "billing-overdue" => "overdue: { account: default }".to_owned(),
        "security-release" => "security-release: { instance: it }".to_owned(),
        "spot-reclaim" => "spot-reclaim: { instance: it }".to_owned(),
        "scale-in" => format!("scale-in: {{ group: group-1, remove: 1{via} }}"),
        "health-check" => "stop: { instance: it }".to_owned(),
        "delete-members" => format!("delete-members: {{ group: group-1, instances: [it]{via} }}"),
        "detach" => format!("detach: {{ group: group-1, instances: [it]{via} }}"),
        "group-delete" => format!("delete-group: {{ group: group-1, force: true{via} }}"),
        // What falls due by itself.
        "scheduled-release" | "expiry" => return Vec::new(),
        other => {
            let verbs = format!("# what brings `{other}` about under {}?", case.policy.name);
            return vec![verbs, "events: []".to_owned()];
        }
    };
    vec!["events:".to_owned(), format!("  - {{ at: +1h, id: asked, {event} }}")]
}
