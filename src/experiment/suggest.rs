//! A scenario skeleton that covers a rule of a protection: one instance, an event with the trigger
//! of the rule, and the expected verdict.

use crate::policy::{Column, Columns, Facts, Over, Policy, Protection, Space};
use crate::words::{
    Action, Billing, Channel, Initiator, Membership, Orchestration, Reclaim, Repair, RuleId,
    SubjectKind, Trigger, Upgrade, Verdict, Word, YesNo,
};

/// A situation in which a rule applies.
struct RuleSituation<'p> {
    policy: &'p Policy,
    protection: &'p Protection,
    facts: Facts,
    /// The columns that the table of the protection tests; the others have default words.
    tested: Columns,
    /// Switches with the positions that the rule needs.
    assume: Vec<(&'p str, &'p str)>,
    verdict: Verdict,
}

/// The skeleton as the text of a file; `None` if the rule is not a row of a protection.
pub fn suggest(policy: &Policy, rule: RuleId) -> Option<String> {
    let case = policy.protections.iter().find_map(|protection| find(policy, protection, rule))?;
    let id = &policy.rule(rule).id;
    let name = format!("reaches-{}", id.to_lowercase());
    let trigger = case.facts.trigger;
    let grouped = case.facts.membership != Membership::None;
    let on_group = case.protection.of == SubjectKind::Group;
    let protect = format!("protect: [{}]", case.protection.name);
    let mut out = vec![
        "stayput: scenario/1".to_owned(),
        format!("name: {name}"),
        format!("about: covers the rule {id} of {}", case.protection.name),
        format!("policy: {}", policy.name),
        "start: 2026-06-01T00:00:00Z".to_owned(),
        "for: 200d".to_owned(),
    ];
    if !case.assume.is_empty() {
        let pairs = case.assume.iter().map(|(name, value)| format!("{name}: {value}"));
        out.push(format!("assume: {{ {} }}", pairs.collect::<Vec<_>>().join(", ")));
    }
    out.push("fleet:".to_owned());
    if grouped {
        let mut keys = group_keys(&case);
        if on_group {
            keys.push(protect);
        }
        out.push(format!("  groups: {{ group-1: {{ {} }} }}", keys.join(", ")));
    }
    let keys = instance_keys(&case, grouped);
    if trigger == Trigger::LaunchHook {
        // The group creates the instance.
        out.push("  instances: {}".to_owned());
    } else if trigger == Trigger::ZoneBalance {
        // Two instances are in one zone, and none is in the other.
        let keys = format!("{}, zone: zone-1", keys.join(", "));
        out.push(format!("  instances: {{ it: {{ {keys} }}, other: {{ {keys} }} }}"));
    } else {
        out.push(format!("  instances: {{ it: {{ {} }} }}", keys.join(", ")));
    }
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

/// The keys of a group that causes the trigger and action of the situation.
fn group_keys(case: &RuleSituation<'_>) -> Vec<String> {
    let Facts { trigger, action, upgrade, .. } = case.facts;
    let mut keys = vec!["min: 0".to_owned(), "max: 5".to_owned()];
    if case.facts.orchestration == Orchestration::Flexible {
        keys.push("orchestration: flexible".to_owned());
    }
    match trigger {
        Trigger::HealthCheck => {
            keys.push("health-check: application".to_owned());
            if matches!(action, Action::Reimage | Action::Restart) {
                keys.push(format!("repair: {action}"));
            }
        }
        Trigger::ZoneBalance => keys.push("zones: [zone-1, zone-2]".to_owned()),
        Trigger::LaunchHook => {
            keys.push("launch-hook: { timeout: 10m, result: abandon }, new-names: [it]".to_owned());
        }
        Trigger::ModelUpdate if !matches!(upgrade, Upgrade::Manual | Upgrade::OsImage) => {
            keys.push(format!("upgrade-mode: {upgrade}"));
        }
        Trigger::Manual
        | Trigger::ScheduledRelease
        | Trigger::BillingOverdue
        | Trigger::Expiry
        | Trigger::SecurityRelease
        | Trigger::SpotReclaim
        | Trigger::ScaleIn
        | Trigger::DeleteMembers
        | Trigger::Detach
        | Trigger::GroupDelete
        | Trigger::GroupAction
        | Trigger::ModelUpdate
        | Trigger::Maintenance
        | Trigger::Cancellation => {}
    }
    if action == Action::Recycle {
        keys.push("reclaim: recycle".to_owned());
    }
    keys
}

/// The keys of the instance.
fn instance_keys(case: &RuleSituation<'_>, grouped: bool) -> Vec<String> {
    let Facts { trigger, action, billing, membership, .. } = case.facts;
    let mut keys = Vec::new();
    if grouped {
        keys.push(format!("group: group-1, membership: {membership}"));
    }
    match (billing, trigger) {
        _ if !case.tested.contains(Column::Billing) => {
            keys.extend((trigger == Trigger::SpotReclaim).then(|| "billing: spot".to_owned()));
        }
        (Billing::Subscription, Trigger::Expiry) => {
            keys.push("billing: subscription, expires: 2026-06-05T00:00:00Z".to_owned());
        }
        (Billing::Subscription, _) => {
            keys.push("billing: subscription, expires: 2027-06-01T00:00:00Z".to_owned());
        }
        (Billing::PayAsYouGo | Billing::Spot, _) => keys.push(format!("billing: {billing}")),
    }
    if action == Action::Start {
        keys.push("state: stopped".to_owned());
    }
    // A stop makes a decision only if the instance loses something, such as an address.
    if action == Action::Stop {
        keys.push("resources: { address: { kind: static-ip } }".to_owned());
    }
    if trigger == Trigger::SpotReclaim && action == Action::Release {
        keys.push("eviction: delete".to_owned());
    }
    if trigger == Trigger::ScheduledRelease {
        keys.push("auto-release: 2026-06-03T00:00:00Z".to_owned());
    }
    if case.protection.of != SubjectKind::Group {
        keys.push(format!("protect: [{}]", case.protection.name));
    }
    keys
}

/// The first situation in which a rule applies, preferring situations that a run can cause.
fn find<'p>(
    policy: &'p Policy,
    protection: &'p Protection,
    rule: RuleId,
) -> Option<RuleSituation<'p>> {
    let table = &protection.table;
    let space = table.space();
    let cells = || (0..space.cells()).filter(|c| table.row(*c).is_some_and(|r| r.rule == rule));
    let tested = tested(space);
    let states_no_group = |cell| {
        tested.contains(Column::Membership) && facts_of(space, cell).membership == Membership::None
    };
    // A protection of a group concerns only its members.
    let fits = |cell: &usize| protection.of != SubjectKind::Group || !states_no_group(*cell);
    let occurring = || cells().filter(|cell| fits(cell) && occurs(policy, space, *cell));
    // A stop makes a decision only if the instance loses something.
    let is_stop = |cell| matches!(facts_of(space, cell).action, Action::Stop | Action::Reclaim);
    let preferred = occurring().find(|cell| !is_stop(*cell)).or_else(|| occurring().next());
    let cell = preferred.or_else(|| cells().find(fits)).or_else(|| cells().next())?;
    let row = table.row(cell)?;
    let positions = space.axes().iter().enumerate().filter_map(|(index, axis)| match axis.over {
        Over::Column(_) => None,
        Over::Switch(switch) => {
            let switch = &policy.switches[switch.index()];
            let position = usize::from(space.word(cell, index));
            Some((switch.name.as_str(), switch.values[position].as_str()))
        }
    });
    let mut assume: Vec<(&str, &str)> = positions.collect();
    // Only the switches that the rule depends on are needed.
    let settles = &policy.rule(rule).switches;
    assume.retain(|(name, _)| policy.switch(name).is_some_and(|switch| settles.contains(switch)));
    let facts = facts_of(space, cell);
    Some(RuleSituation { policy, protection, facts, tested, assume, verdict: row.says })
}

/// The columns of a space.
fn tested(space: &Space) -> Columns {
    space.axes().iter().fold(Columns::NONE, |all, axis| match axis.over {
        Over::Column(column) => all.with(column),
        Over::Switch(_) => all,
    })
}

/// The facts of a cell, with default words in the columns that its space does not have.
fn facts_of(space: &Space, cell: usize) -> Facts {
    let axes = space.axes().iter().enumerate();
    axes.fold(Facts::default(), |facts, (index, axis)| match axis.over {
        Over::Column(column) => facts.settled(column, space.word(cell, index)).unwrap_or(facts),
        Over::Switch(_) => facts,
    })
}

/// Whether a run can reach a cell with every switch at its default.
fn occurs(policy: &Policy, space: &Space, cell: usize) -> bool {
    let settings: Vec<u8> = policy.switches.iter().map(|s| s.default.unwrap_or(0)).collect();
    let facts = facts_of(space, cell);
    // The keys of the group set these actions.
    let recycles = facts.action == Action::Recycle;
    let reclaim = if recycles { Reclaim::Recycle } else { Reclaim::Release };
    let repair = Repair::spelled(facts.action.word()).unwrap_or(Repair::Replace);
    let facts = Facts { repair, reclaim, ..facts };
    // A precondition refuses the request before protections are consulted.
    if policy.preconditions.iter().any(|refusal| refusal.when.meets(&facts)) {
        return false;
    }
    let members = policy.tables.members.under(&settings, None);
    members.decide(&facts).is_none_or(|row| row.says == facts.action)
}

/// The channel of a call, as further keys of its event.
fn via(case: &RuleSituation<'_>) -> String {
    // A call with an unknown channel may be undecided.
    let mut channels = case.policy.words(Column::Channel).iter();
    let first = channels.find(|word| **word != Channel::None.index());
    let first = first.map(|word| Column::Channel.words()[usize::from(*word)]);
    match case.facts.channel {
        Channel::None => first.map_or(String::new(), |channel| format!(", via: {channel}")),
        channel @ (Channel::Console | Channel::Api | Channel::Cli) => format!(", via: {channel}"),
    }
}

/// The lines of the events that cause the trigger of a situation.
fn events(case: &RuleSituation<'_>) -> Vec<String> {
    let Facts { trigger, action, named, initiator, upgrade, .. } = case.facts;
    let via = via(case);
    let named = if named == YesNo::Yes { ", instance: [it]" } else { "" };
    let initiator = match initiator {
        Initiator::User => String::new(),
        Initiator::Alarm | Initiator::Schedule | Initiator::Bounds => {
            format!(", initiator: {initiator}")
        }
    };
    let event = match trigger {
        Trigger::Manual if action == Action::Maintain => {
            let verbs =
                format!("# add an event that causes `{trigger}` under {}", case.policy.name);
            return vec![verbs, "events: []".to_owned()];
        }
        Trigger::Manual => {
            let (verb, key) = if action == Action::ReimageAll {
                ("reimage", ", all-disks: true")
            } else {
                (action.word(), if action == Action::Stop { ", economical: true" } else { "" })
            };
            format!("{verb}: {{ instance: it{key}{via} }}")
        }
        Trigger::LaunchHook if case.protection.of == SubjectKind::Group => {
            format!("scale-out: {{ group: group-1, add: 1{via} }}")
        }
        Trigger::LaunchHook => {
            let flags = format!("{{ {}: true }}", case.protection.name);
            return vec![
                "events:".to_owned(),
                format!(
                    "  - {{ at: +1h, id: grow, scale-out: {{ group: group-1, add: 1{via} }} }}"
                ),
                format!(
                    "  - {{ at: +1h1m, id: set, set-protection: {{ instance: it, flags: {flags}{via} }} }}"
                ),
            ];
        }
        Trigger::BillingOverdue => "overdue: { account: default }".to_owned(),
        Trigger::Cancellation => "cancel: { account: default }".to_owned(),
        Trigger::SecurityRelease => "security-release: { instance: it }".to_owned(),
        Trigger::SpotReclaim => "spot-reclaim: { instance: it }".to_owned(),
        Trigger::Maintenance => "maintenance: { instance: it }".to_owned(),
        Trigger::ScaleIn => format!("scale-in: {{ group: group-1, remove: 1{initiator}{via} }}"),
        Trigger::HealthCheck => "set-health: { instance: it, health: unhealthy }".to_owned(),
        Trigger::DeleteMembers => {
            format!("delete-members: {{ group: group-1, instance: [it]{via} }}")
        }
        Trigger::Detach => format!("detach: {{ group: group-1, instance: [it]{via} }}"),
        Trigger::GroupDelete => format!("delete-group: {{ group: group-1, force: true{via} }}"),
        Trigger::ZoneBalance => "balance-zones: { group: group-1 }".to_owned(),
        Trigger::GroupAction => {
            format!("group-action: {{ group: group-1, do: {action}{named}{via} }}")
        }
        Trigger::ModelUpdate => match upgrade {
            Upgrade::Manual => format!("upgrade: {{ group: group-1{named}{via} }}"),
            Upgrade::OsImage => "upgrade: { group: group-1, os-image: true }".to_owned(),
            Upgrade::Automatic | Upgrade::Rolling | Upgrade::Surge => {
                format!("update-model: {{ group: group-1, to: model-2{via} }}")
            }
        },
        // These triggers need no event.
        Trigger::ScheduledRelease | Trigger::Expiry => return Vec::new(),
    };
    vec!["events:".to_owned(), format!("  - {{ at: +1h, id: asked, {event} }}")]
}
