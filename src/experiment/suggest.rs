//! A scenario skeleton that covers a rule of a protection: one instance, an event with the trigger
//! of the rule, and the expected verdict.

use crate::policy::{Column, Facts, Over, Policy, Protection, Space};
use crate::words::{Action, Channel, Reclaim, Repair, RuleId, SubjectKind, Verdict, Word};

/// A situation in which a rule applies.
struct RuleSituation<'p> {
    policy: &'p Policy,
    protection: &'p Protection,
    words: Vec<(Column, &'static str)>,
    /// Switches with the positions that the rule needs.
    assume: Vec<(&'p str, &'p str)>,
    verdict: Verdict,
}

impl RuleSituation<'_> {
    /// The word of a column; empty if the policy does not use the column.
    fn word(&self, column: Column) -> &'static str {
        self.words.iter().find(|(known, _)| *known == column).map_or("", |(_, word)| word)
    }
}

/// The skeleton as the text of a file; `None` if the rule is not a row of a protection.
pub fn suggest(policy: &Policy, rule: RuleId) -> Option<String> {
    let case = policy.protections.iter().find_map(|protection| find(policy, protection, rule))?;
    let id = &policy.rule(rule).id;
    let name = format!("reaches-{}", id.to_lowercase());
    let (membership, trigger) = (case.word(Column::Membership), case.word(Column::Trigger));
    let grouped = !matches!(membership, "" | "none");
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
    if trigger == "launch-hook" {
        // The group creates the instance.
        out.push("  instances: {}".to_owned());
    } else if trigger == "zone-balance" {
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
    let mut keys = vec!["min: 0".to_owned(), "max: 5".to_owned()];
    if case.word(Column::Orchestration) == "flexible" {
        keys.push("orchestration: flexible".to_owned());
    }
    match (case.word(Column::Trigger), case.word(Column::Action)) {
        ("health-check", action) => {
            keys.push("health-check: application".to_owned());
            if matches!(action, "reimage" | "restart") {
                keys.push(format!("repair: {action}"));
            }
        }
        ("zone-balance", _) => keys.push("zones: [zone-1, zone-2]".to_owned()),
        ("launch-hook", _) => {
            keys.push("launch-hook: { timeout: 10m, result: abandon }, new-names: [it]".to_owned());
        }
        (_, "recycle") => keys.push("reclaim: recycle".to_owned()),
        ("model-update", _) if !matches!(case.word(Column::Upgrade), "manual" | "os-image") => {
            keys.push(format!("upgrade-mode: {}", case.word(Column::Upgrade)));
        }
        _ => {}
    }
    keys
}

/// The keys of the instance.
fn instance_keys(case: &RuleSituation<'_>, grouped: bool) -> Vec<String> {
    let trigger = case.word(Column::Trigger);
    let mut keys = Vec::new();
    if grouped {
        keys.push(format!("group: group-1, membership: {}", case.word(Column::Membership)));
    }
    match case.word(Column::Billing) {
        "" if trigger == "spot-reclaim" => keys.push("billing: spot".to_owned()),
        "" => {}
        "subscription" if trigger == "expiry" => {
            keys.push("billing: subscription, expires: 2026-06-05T00:00:00Z".to_owned());
        }
        "subscription" => {
            keys.push("billing: subscription, expires: 2027-06-01T00:00:00Z".to_owned());
        }
        billing => keys.push(format!("billing: {billing}")),
    }
    match case.word(Column::Action) {
        "start" => keys.push("state: stopped".to_owned()),
        // A stop makes a decision only if the instance loses something, such as an address.
        "stop" => keys.push("resources: { address: { kind: static-ip } }".to_owned()),
        _ => {}
    }
    if trigger == "spot-reclaim" && case.word(Column::Action) == "release" {
        keys.push("eviction: delete".to_owned());
    }
    if trigger == "scheduled-release" {
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
    // A protection of a group concerns only its members.
    let fits = |cell: &usize| {
        protection.of != SubjectKind::Group || word_of(space, *cell, Column::Membership) != "none"
    };
    let occurring = || cells().filter(|cell| fits(cell) && occurs(policy, space, *cell));
    // A stop makes a decision only if the instance loses something.
    let is_stop = |cell| matches!(word_of(space, cell, Column::Action), "stop" | "reclaim");
    let preferred = occurring().find(|cell| !is_stop(*cell)).or_else(|| occurring().next());
    let cell = preferred.or_else(|| cells().find(fits)).or_else(|| cells().next())?;
    let row = table.row(cell)?;
    let (mut words, mut assume) = (Vec::new(), Vec::new());
    for (index, axis) in space.axes().iter().enumerate() {
        let word = usize::from(space.word(cell, index));
        match axis.over {
            Over::Column(column) => words.push((column, column.words()[word])),
            Over::Switch(switch) => {
                let switch = &policy.switches[switch.index()];
                assume.push((switch.name.as_str(), switch.values[word].as_str()));
            }
        }
    }
    // Only the switches that the rule depends on are needed.
    let settles = &policy.rule(rule).switches;
    assume.retain(|(name, _)| policy.switch(name).is_some_and(|switch| settles.contains(switch)));
    Some(RuleSituation { policy, protection, words, assume, verdict: row.says })
}

/// The word of a cell in a column; empty if the space has no such column.
fn word_of(space: &Space, cell: usize, column: Column) -> &'static str {
    let axis = space.axes().iter().position(|axis| axis.over == Over::Column(column));
    axis.map_or("", |axis| column.words()[usize::from(space.word(cell, axis))])
}

/// Whether a run can reach a cell with every switch at its default.
fn occurs(policy: &Policy, space: &Space, cell: usize) -> bool {
    let settings: Vec<u8> = policy.switches.iter().map(|s| s.default.unwrap_or(0)).collect();
    let columns = space.axes().iter().enumerate().filter_map(|(index, axis)| match axis.over {
        Over::Column(column) => Some((column, usize::from(space.word(cell, index)))),
        Over::Switch(_) => None,
    });
    let facts = columns.fold(Facts::default(), |facts, (column, word)| {
        facts.with(column, column.words()[word]).unwrap_or(facts)
    });
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

/// The lines of the events that cause the trigger of a situation.
fn events(case: &RuleSituation<'_>) -> Vec<String> {
    // A call with an unknown channel may be undecided.
    let mut channels = case.policy.words(Column::Channel).iter();
    let first = channels.find(|word| **word != Channel::None.index());
    let first = first.map(|word| Column::Channel.words()[usize::from(*word)]);
    let via = match case.word(Column::Channel) {
        "" | "unspecified" => first.map_or(String::new(), |channel| format!(", via: {channel}")),
        channel => format!(", via: {channel}"),
    };
    let action = case.word(Column::Action);
    let named = if case.word(Column::Named) == "true" { ", instance: [it]" } else { "" };
    let initiator = match case.word(Column::Initiator) {
        "" | "user" => String::new(),
        initiator => format!(", initiator: {initiator}"),
    };
    let event = match case.word(Column::Trigger) {
        "manual" if matches!(action, "" | "release") => format!("release: {{ instance: it{via} }}"),
        "manual" if action == "reimage-all" => {
            format!("reimage: {{ instance: it, all-disks: true{via} }}")
        }
        "manual" if action == "stop" => format!("stop: {{ instance: it, economical: true{via} }}"),
        "manual" if action != "maintain" => format!("{action}: {{ instance: it{via} }}"),
        "launch-hook" if case.protection.of == SubjectKind::Group => {
            format!("scale-out: {{ group: group-1, add: 1{via} }}")
        }
        "launch-hook" => {
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
        "billing-overdue" => "overdue: { account: default }".to_owned(),
        "cancellation" => "cancel: { account: default }".to_owned(),
        "security-release" => "security-release: { instance: it }".to_owned(),
        "spot-reclaim" => "spot-reclaim: { instance: it }".to_owned(),
        "maintenance" => "maintenance: { instance: it }".to_owned(),
        "scale-in" => format!("scale-in: {{ group: group-1, remove: 1{initiator}{via} }}"),
        "health-check" => "set-health: { instance: it, health: unhealthy }".to_owned(),
        "delete-members" => format!("delete-members: {{ group: group-1, instance: [it]{via} }}"),
        "detach" => format!("detach: {{ group: group-1, instance: [it]{via} }}"),
        "group-delete" => format!("delete-group: {{ group: group-1, force: true{via} }}"),
        "zone-balance" => "balance-zones: { group: group-1 }".to_owned(),
        "group-action" => format!("group-action: {{ group: group-1, do: {action}{named}{via} }}"),
        "model-update" => match case.word(Column::Upgrade) {
            "manual" => format!("upgrade: {{ group: group-1{named}{via} }}"),
            "os-image" => "upgrade: { group: group-1, os-image: true }".to_owned(),
            _ => format!("update-model: {{ group: group-1, to: model-2{via} }}"),
        },
        // These triggers need no event.
        "scheduled-release" | "expiry" => return Vec::new(),
        other => {
            let verbs = format!("# add an event that causes `{other}` under {}", case.policy.name);
            return vec![verbs, "events: []".to_owned()];
        }
    };
    vec!["events:".to_owned(), format!("  - {{ at: +1h, id: asked, {event} }}")]
}
