//! The skeleton of a scenario that reaches a rule of a protection: a fleet of one, what brings
//! the cause about, and what the rule says.

use crate::policy::{Column, Facts, Over, Policy, Protection, Space};
use crate::words::{Action, Channel, Reclaim, Repair, RuleId, Subject, Verdict, Word};

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
        let mut keys = of_the_group(&case);
        if of_group {
            keys.push(protect);
        }
        out.push(format!("  groups: {{ group-1: {{ {} }} }}", keys.join(", ")));
    }
    let keys = of_the_instance(&case, grouped);
    if trigger == "launch-hook" {
        // The group creates it.
        out.push("  instances: {}".to_owned());
    } else if trigger == "zone-balance" {
        // Two in one zone, and none in the other.
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

/// What a group must be like for its cause to ask just this.
fn of_the_group(case: &Case<'_>) -> Vec<String> {
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

/// What the instance must be like.
fn of_the_instance(case: &Case<'_>, grouped: bool) -> Vec<String> {
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
        // Where protections are about releases alone, only a stop that takes something decides.
        "stop" => keys.push("resources: { address: { kind: static-ip } }".to_owned()),
        _ => {}
    }
    if trigger == "spot-reclaim" && case.word(Column::Action) == "release" {
        keys.push("eviction: delete".to_owned());
    }
    if trigger == "scheduled-release" {
        keys.push("auto-release: 2026-06-03T00:00:00Z".to_owned());
    }
    if case.protection.of != Subject::Group {
        keys.push(format!("protect: [{}]", case.protection.name));
    }
    keys
}

/// The first situation to which a rule applies.
fn find<'p>(policy: &'p Policy, protection: &'p Protection, rule: RuleId) -> Option<Case<'p>> {
    let table = &protection.table;
    let space = table.space();
    let cells = || (0..space.cells()).filter(|c| table.row(*c).is_some_and(|r| r.rule == rule));
    // What is set on a group concerns its members alone.
    let fits = |cell: &usize| {
        protection.of != Subject::Group || word_of(space, *cell, Column::Membership) != "none"
    };
    let asked = || cells().filter(|cell| fits(cell) && is_asked(policy, space, *cell));
    // A stop decides nothing unless it takes something.
    let is_stop = |cell| matches!(word_of(space, cell, Column::Action), "stop" | "reclaim");
    let asked = asked().find(|cell| !is_stop(*cell)).or_else(|| asked().next());
    let cell = asked.or_else(|| cells().find(fits)).or_else(|| cells().next())?;
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
    assume.retain(|(name, _)| policy.switch(name).is_some_and(|switch| settles.contains(switch)));
    Some(Case { policy, protection, words, assume, verdict: row.says })
}

/// The word of a cell in a column; empty if the space does not have it.
fn word_of(space: &Space, cell: usize, column: Column) -> &'static str {
    let axis = space.axes().iter().position(|axis| axis.over == Over::Column(column));
    axis.map_or("", |axis| column.words()[usize::from(space.word(cell, axis))])
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
    // A group can be set up to ask this.
    let recycles = facts.action == Action::Recycle;
    let reclaim = if recycles { Reclaim::Recycle } else { Reclaim::Release };
    let repair = Repair::spelled(facts.action.word()).unwrap_or(Repair::Replace);
    let facts = Facts { repair, reclaim, ..facts };
    // What is refused for another reason asks no protection.
    if policy.preconditions.iter().any(|refusal| refusal.when.meets(&facts)) {
        return false;
    }
    let members = policy.tables.members.under(&settings);
    members.decide(&facts).is_none_or(|row| row.says == facts.action)
}

/// What brings the cause of a case about.
fn events(case: &Case<'_>) -> Vec<String> {
    // A call whose channel nobody knows may be undecided.
    let mut channels = case.policy.words(Column::Channel).iter();
    let some = channels.find(|word| **word != Channel::None.index());
    let some = some.map(|word| Column::Channel.words()[usize::from(*word)]);
    let via = match case.word(Column::Channel) {
        "" | "unspecified" => some.map_or(String::new(), |channel| format!(", via: {channel}")),
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
        "launch-hook" if case.protection.of == Subject::Group => {
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
        // What falls due by itself.
        "scheduled-release" | "expiry" => return Vec::new(),
        other => {
            let verbs = format!("# add an event that causes `{other}` under {}", case.policy.name);
            return vec![verbs, "events: []".to_owned()];
        }
    };
    vec!["events:".to_owned(), format!("  - {{ at: +1h, id: asked, {event} }}")]
}
