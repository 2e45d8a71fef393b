use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use stayput::record::{Record, Subject, What};
use stayput::scenario::{Options, Plan, compile};
use stayput::text::{NoFiles, Problems, Sources, render};
use stayput::vocab::{Effect, Lifecycle, Outcome, Verdict};
use stayput::world::Run;

/// A random instance: its text in a fleet.
fn instance() -> impl Strategy<Value = String> {
    let protect =
        prop::sample::subsequence(vec!["release-protection", "scale-in-protection"], 0..=2);
    (any::<bool>(), 0_u8..4, protect, 0_u32..40, any::<bool>()).prop_map(
        |(grouped, kind, protect, day, scheduled)| {
            let mut keys = vec![format!("protect: [{}]", protect.join(", "))];
            let subscription = kind == 3;
            if subscription {
                keys.push("billing: subscription".into());
                keys.push(format!("expires: +{}d", day + 1));
            }
            if grouped {
                let membership = match kind {
                    0 => "auto-created",
                    1 => "entrusted",
                    _ => "attached",
                };
                keys.push("group: web".into());
                keys.push(format!("membership: {membership}"));
            }
            if scheduled && !subscription {
                keys.push(format!("auto-release: +{}d", day + 1));
            }
            format!("{{ {} }}", keys.join(", "))
        },
    )
}

/// A random event on a fleet of eight: its verb and what stands behind it.
fn event() -> impl Strategy<Value = String> {
    let target = prop_oneof![
        (1_u8..9).prop_map(|n| format!("i-{n}")),
        Just("i-1..8".to_owned()),
        Just("\"i-*\"".to_owned()),
    ];
    let via = prop::sample::select(vec!["console", "api", "cli"]);
    let parts = (0_u8..20, target, via, 0_u8..9, any::<bool>());
    parts.prop_map(|(verb, target, via, n, yes)| match verb {
        0..=2 => format!("release: {{ instance: {target}, via: {via}, force: {yes}, terminate-subscription: {yes} }}"),
        3 => format!("stop: {{ instance: {target}, via: {via}, economical: {yes} }}"),
        4 => format!("start: {{ instance: {target}, via: {via} }}"),
        5 => format!("set-protection: {{ instance: {target}, flags: {{ release-protection: {yes} }} }}"),
        6 => format!("schedule-release: {{ instance: {target}, time: +{}d }}", n * 4),
        7 => format!("cancel-scheduled-release: {{ instance: {target} }}"),
        8 => format!("convert-billing: {{ instance: {target}, to: {} }}", if yes { "subscription" } else { "pay-as-you-go" }),
        9 => format!("renew: {{ instance: {target} }}"),
        10 => format!("snapshot: {{ instance: {target} }}"),
        11 => format!("security-lock: {{ instance: {target} }}"),
        12 => format!("security-release: {{ instance: {target} }}"),
        13 | 14 => "overdue: { account: default }".to_owned(),
        15 => "settle: { account: default }".to_owned(),
        16 | 17 => format!("scale-in: {{ group: web, remove: {n} }}"),
        18 => format!("delete-group: {{ group: web, force: {yes} }}"),
        _ => format!("security-unlock: {{ instance: {target} }}"),
    })
}

pub(crate) fn scenario() -> impl Strategy<Value = String> {
    let policies =
        ["alibaba-ecs@2019-01-15", "alibaba-ecs-cn@2026-05-15", "alibaba-ecs-intl@2026-05-15"];
    let fleet = prop::collection::vec(instance(), 8);
    let events = prop::collection::vec((0_u32..40, event()), 0..25);
    let health = prop::sample::select(vec!["none", "instance"]);
    let luck = prop::option::of((event(), 0_u32..9));
    let parts = (prop::sample::select(policies.to_vec()), fleet, events, health, luck);
    parts.prop_map(|(policy, fleet, events, health, luck)| {
        let mut text = format!(
            "stayput: scenario/1\nname: random\npolicy: {policy}\nstart: 2026-06-01T00:00:00+08:00\nfor: 60d\n\
             fleet:\n  groups:\n    web: {{ min: 1, max: 20, health-check: {health} }}\n  instances:\n"
        );
        for (n, instance) in fleet.iter().enumerate() {
            text.push_str(&format!("    i-{}: {instance}\n", n + 1));
        }
        if !events.is_empty() {
            text.push_str("events:\n");
        }
        for (day, event) in events {
            text.push_str(&format!("  - {{ at: +{day}d1h, {event} }}\n"));
        }
        if let Some((event, mean)) = luck {
            let every = format!("{{ exponential: {{ mean: {mean}d1h }} }}");
            text.push_str(&format!("random:\n  luck: {{ every: {every}, at-most: 20, {event} }}\n"));
        }
        text
    })
}

/// Runs a scenario; nothing where it is refused, as a subscription that a group manages is.
fn run(text: &str) -> Option<(Vec<Record>, Run)> {
    let mut run = Run::start(plan(text)?);
    let records = run.by_ref().collect();
    Some((records, run))
}

/// Compiles a scenario; nothing where it is refused.
pub(crate) fn plan(text: &str) -> Option<Plan> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("random.yaml", text);
    let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
    let told = render(&problems, &sources, false);
    let Some(mut compiled) = compiled else {
        assert!(told.contains("error["), "a refusal has a reason:\n{text}\n{told}");
        return None;
    };
    Some(compiled.plans.swap_remove(0))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn what_holds_in_any_scenario(text in scenario()) {
        let Some((records, run)) = run(&text) else { return Ok(()) };
        let mut clock = None;
        let mut released = BTreeSet::new();
        let mut requests = BTreeMap::new();
        for record in &records {
            let at = match record {
                Record::Request(r) => {
                    prop_assert_eq!(r.seq, requests.len() as u64, "requests are numbered without a gap");
                    prop_assert!(r.got <= r.wanted || r.wanted == 0);
                    requests.insert(r.seq, *r);
                    r.at
                }
                Record::Decision(d) => {
                    prop_assert!(requests.contains_key(&d.seq), "a decision follows its request");
                    let held = d.ruling.findings().any(|f| f.verdict == Verdict::Held);
                    let went = matches!(d.outcome, Outcome::Overridden | Outcome::Unprotected);
                    prop_assert!(!(held && went), "nothing goes ahead against a protection that holds");
                    prop_assert_eq!(went, d.effect != Effect::None);
                    if d.effect == Effect::Released {
                        prop_assert!(released.insert(d.instance), "nothing is released twice");
                    }
                    if d.outcome == Outcome::Held {
                        prop_assert!(held && d.rule.is_some(), "what holds has a rule");
                    }
                    prop_assert!(d.inert.iter().all(|p| d.on.has(p)), "inert means on and useless");
                    d.at
                }
                Record::Change(c) => {
                    if let (Subject::Instance(id), What::State(from, to)) = (c.subject, c.what) {
                        prop_assert!(from != Lifecycle::Released, "nothing comes back");
                        prop_assert_eq!(to == Lifecycle::Released, released.contains(&id));
                    }
                    c.at
                }
                Record::Loss(l) => l.at,
            };
            prop_assert!(clock <= Some(at), "the clock never goes back");
            clock = Some(at);
        }
        let fleet = run.world().fleet();
        for (id, instance) in fleet.instances() {
            let gone = instance.state == Lifecycle::Released;
            prop_assert_eq!(gone, released.contains(&id), "what is gone was released by a decision");
            prop_assert!(!(gone && instance.group.is_some()), "what is gone is in no group");
        }
        for (id, group) in fleet.groups() {
            for member in &group.members {
                prop_assert_eq!(fleet.instance(*member).group, Some(id));
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("noise.yaml", text);
        let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
        prop_assert!(compiled.is_none() && problems.refuse());
        render(&problems, &sources, false);
    }

    /// A good file with one character changed is read, or refused with a place in it.
    #[test]
    fn no_slip_of_a_finger_makes_the_reader_panic(at in 0_usize..900, with in any::<char>()) {
        let good = include_str!("../../scenarios/two-ways-to-go.yaml");
        let mut letters: Vec<char> = good.chars().collect();
        let at = at % letters.len();
        letters[at] = with;
        let text: String = letters.into_iter().collect();
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("slip.yaml", text);
        let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
        let told = render(&problems, &sources, false);
        prop_assert!(compiled.is_some() || told.contains("slip.yaml"), "{}", told);
    }
}
