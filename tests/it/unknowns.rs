//! An unknown fact never counts as off: it is judged in every position, and the run continues if
//! all of them give the same result.

use std::fs;

use crate::support::{Ran, folder, rows, stayput, write};

/// A scenario of a small fleet for twenty days.
fn scenario(policy: &str, head: &str, fleet: &str, events: &[&str]) -> String {
    let events: Vec<String> = events.iter().map(|event| format!("  - {{ {event} }}\n")).collect();
    let events = if events.is_empty() {
        "events: []\n".into()
    } else {
        format!("events:\n{}", events.concat())
    };
    format!(
        "stayput: scenario/1\nname: unknowns\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\nfor: 20d\n\
         allow: [W050]\n{head}fleet:\n{fleet}{events}"
    )
}

/// A run of such a scenario, with its decisions as CSV.
fn run(policy: &str, head: &str, fleet: &str, events: &[&str]) -> Ran {
    let scratch = folder();
    let text = scenario(policy, head, fleet, events);
    stayput(&["run", &write(scratch.path(), "s.yaml", text), "-f", "csv"])
}

const ECS: &str = "alibaba-ecs@2026-05-15";

/// Instance, outcome and effect of each decision.
fn decisions(ran: &Ran) -> Vec<[String; 3]> {
    let columns = ["instance", "outcome", "effect"];
    rows(&ran.stdout).iter().map(|row| columns.map(|column| row[column].clone())).collect()
}

fn decided(ran: &Ran, expected: &[[&str; 3]]) {
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(decisions(ran), expected, "{}", ran.stdout);
}

/// Asserts that the run stopped, and that its message contains all texts of `says` and none of
/// `not`.
fn undecided(ran: &Ran, says: &[&str], not: &[&str]) {
    assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
    for text in says {
        assert!(ran.stderr.contains(text), "`{text}` is not said: {}", ran.stderr);
    }
    for text in not {
        assert!(!ran.stderr.contains(text), "`{text}` is said: {}", ran.stderr);
    }
}

/// Standard output alone must not look like a run in which nothing happened.
#[test]
fn the_text_of_a_run_that_stopped_states_that_it_did_not_reach_its_end() {
    let scratch = folder();
    let text = "stayput: scenario/1\nname: s\npolicy: alibaba-ecs@2026-05-15\n\
                start: 2026-06-01T00:00:00Z\nfor: 20d\n\
                fleet:\n  instances: { a: { protect: [\"release-protection=unknown\"] } }\n\
                events:\n  - { at: +1h, id: click, release: { instance: a, force: true, via: api } }\n";
    let path = write(scratch.path(), "s.yaml", text);
    for detail in [None, Some("--summary")] {
        let arguments: Vec<&str> = ["run", &path].into_iter().chain(detail).collect();
        let ran = stayput(&arguments);
        let out = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(ran.code, 5, "{out}{}", ran.stderr);
        assert!(out.contains("the run did not reach its end: undecided at +1h: "), "{out}");
        assert_eq!(out.contains("no events before the stop"), detail.is_none(), "{out}");
    }
}

#[test]
fn an_unknown_protection_that_changes_nothing_is_undetermined_and_one_that_does_stops() {
    let fleet = "  instances: { a: { protect: [\"release-protection=unknown\"] } }\n";
    let unpaid = "at: +1h, id: bill, overdue: { account: default }";
    decided(&run(ECS, "", fleet, &[unpaid]), &[["a", "undetermined", "released"]]);
    let set = run(ECS, "assume: { unknown-protection: set }\n", fleet, &[unpaid]);
    decided(&set, &[["a", "overridden", "released"]]);
    assert!(set.stdout.contains("unknown-protection=set"), "{}", set.stdout);
    let unset = run(ECS, "assume: { unknown-protection: unset }\n", fleet, &[unpaid]);
    decided(&unset, &[["a", "unprotected", "released"]]);
    assert!(unset.stdout.contains("unknown-protection=unset"), "{}", unset.stdout);
    assert!(!unset.stdout.contains(",documented,"), "{}", unset.stdout);

    let click = "at: +1h, id: click, release: { instance: a, force: true, by: alice }";
    let ran = run(ECS, "", fleet, &[click]);
    let says =
        ["release-protection", "unset: released", "set: held (RP1", "unknown-protection: set"];
    // The channel of the call is unknown as well, and makes no difference.
    undecided(&ran, &says, &["channel", "via:"]);
}

#[test]
fn an_unknown_protection_is_settled_by_another_instance_of_the_same_batch_call() {
    let fleet = "  instances:\n    kept: { protect: [release-protection] }\n    open: { protect: [\"release-protection=unknown\"] }\n";
    let click = |via: &str| {
        format!(
            "at: +1h, id: both, release: {{ instance: [kept, open], force: true, by: alice{via} }}"
        )
    };
    let by_api = run(ECS, "", fleet, &[&click(", via: api")]);
    decided(&by_api, &[["kept", "held", "none"], ["open", "spared", "none"]]);
    let by_console = run(ECS, "", fleet, &[&click(", via: console")]);
    undecided(&by_console, &["open", "set: held", "unset: released"], &[]);
    // Without `via`: at the console the result depends on the protection.
    let by_any = run(ECS, "", fleet, &[&click("")]);
    assert_eq!(by_any.code, 5, "{}", by_any.stderr);
}

#[test]
fn an_unknown_membership_is_judged_as_every_possible_membership() {
    let fleet = |keys: &str, group: &str| {
        format!(
            "  groups: {{ g: {{ min: 0, max: 9{group} }} }}\n  instances: {{ a: {{ group: g, membership: unknown{keys} }} }}\n"
        )
    };
    let calls = [
        "scale-in: { group: g, remove: 1, by: bob, via: api }",
        "delete-members: { group: g, instance: [a], by: bob, via: api }",
        "delete-group: { group: g, force: true, by: bob, via: api }",
        "set-health: { instance: a, health: unhealthy }",
    ];
    for call in calls {
        let event = format!("at: +1h, id: e, {call}");
        let ran = run(ECS, "", &fleet("", ""), &[&event]);
        let says = ["attached: removed", "released", "unknown-membership: attached", " a "];
        undecided(&ran, &says, &["scale-in-protection"]);
        let head = "assume: { unknown-membership: attached }\n";
        let ran = run(ECS, head, &fleet("", ""), &[&event]);
        decided(&ran, &[["a", "unprotected", "removed"]]);
        assert!(ran.stdout.contains("unknown-membership=attached"), "{}", ran.stdout);
    }
    // Every position releases it.
    let detach = "at: +1h, id: e, detach: { group: g, instance: [a], by: bob, via: api }";
    decided(&run(ECS, "", &fleet("", ""), &[detach]), &[["a", "unprotected", "removed"]]);
    // Every position holds it.
    let shrink = "at: +1h, id: e, scale-in: { group: g, remove: 1, by: bob, via: api }";
    let ran = run(ECS, "", &fleet(", protect: [scale-in-protection]", ""), &[shrink]);
    decided(&ran, &[["a", "held", "none"]]);
    // Only its owner manages a subscription.
    let keys = ", billing: subscription, expires: 2027-01-01T00:00:00Z";
    decided(&run(ECS, "", &fleet(keys, ""), &[shrink]), &[["a", "unprotected", "removed"]]);
}

#[test]
fn unknown_billing_an_unknown_lock_and_an_unknown_schedule_are_judged_in_every_position() {
    let spot = "  instances: { a: { billing: unknown, protect: [release-protection] } }\n";
    let click = "at: +1h, id: click, release: { instance: a, force: true, by: alice, via: api }";
    let works = "assume: { flag-on-spot: works }\n";
    let inert = "assume: { flag-on-spot: inert }\n";
    decided(&run(ECS, works, spot, &[click]), &[["a", "held", "none"]]);
    let ran = run(ECS, inert, spot, &[click]);
    undecided(&ran, &["pay-as-you-go: held (RP1", "spot: released", "unknown-billing: spot"], &[]);
    // Only spot capacity is reclaimed.
    let taken = "at: +1h, id: taken, spot-reclaim: { instance: a }";
    let ran = run(ECS, works, spot, &[taken]);
    undecided(&ran, &["pay-as-you-go: refused; spot: reclaimed", "unknown-billing: spot"], &[]);
    // A termination notification cannot be enabled on spot instances.
    let fleet = "  groups: { u: { orchestration: flexible, terminate-hook: { timeout: 5m } } }\n  \
                 instances: { a: { group: u, billing: unknown } }\n";
    let less = "at: +1h, id: less, scale-in: { group: u, remove: 1 }";
    let ran = run("azure-vmss@2026-05-19", "", fleet, &[less]);
    undecided(&ran, &["pay-as-you-go: waits", "spot: at-once", "unknown-billing: spot"], &[]);

    let locked = "  instances: { a: { lock: unknown, state: stopped } }\n";
    let start = "at: +1h, id: on, start: { instance: a, by: alice, via: api }";
    undecided(&run(ECS, "", locked, &[start]), &["financial", "accepted", "unknown-lock"], &[]);
    assert_eq!(run(ECS, "assume: { unknown-lock: none }\n", locked, &[start]).code, 0);

    // A conversion is refused as long as a release is scheduled.
    let due = "  instances: { a: { auto-release: unknown }, b: {} }\n";
    let convert =
        "at: +1h, id: c, convert-billing: { instance: a, to: subscription, by: alice, via: api }";
    undecided(&run(ECS, "", due, &[convert]), &["PC9", "unknown-schedule: none"], &[]);
    // The result depends on the assumption that no release was due.
    let click = "at: +1h, id: click, release: { instance: a, force: true, by: alice, via: api }";
    let ran = run(ECS, "", due, &[click]);
    decided(&ran, &[["a", "unprotected", "released"]]);
    assert!(ran.stdout.contains("unknown-schedule=undecided"), "{}", ran.stdout);
    let none = "assume: { unknown-schedule: none }\n";
    assert_eq!(run(ECS, none, due, &[convert]).code, 0);
    let cancel = "at: +0s, id: x, cancel-scheduled-release: { instance: a, by: alice, via: api }";
    assert_eq!(run(ECS, "", due, &[cancel, convert]).code, 0);
}

#[test]
fn an_unknown_renewal_is_judged_in_every_position() {
    const INTL: &str = "alibaba-ecs-intl@2026-05-15";
    let fleet = |keys: &str| {
        format!("  instances: {{ s: {{ billing: subscription, renewal: unknown, {keys} }} }}\n")
    };
    let says = ["renewed automatically", "automatic: concerned", "`unknown-renewal: none`"];
    let later = fleet("expires: 2026-06-02T16:00:00Z");
    undecided(&run(INTL, "", &later, &[]), &says, &["overdue"]);
    let assume = |word: &str| format!("assume: {{ unknown-renewal: {word} }}\n");
    let ran = run(INTL, &assume("none"), &later, &[]);
    decided(&ran, &[["s", "unprotected", "released"]]);
    assert!(ran.stdout.contains("unknown-renewal=none"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(",documented,"), "{}", ran.stdout);
    decided(&run(INTL, &assume("automatic"), &later, &[]), &[]);
    // The term ends after the run.
    decided(&run(INTL, "", &fleet("expires: 2027-01-01T00:00:00Z"), &[]), &[]);
    // A term that ended before the start may have been renewed since.
    let ended = fleet("expires: 2026-05-28T16:00:00Z");
    undecided(&run(INTL, "", &ended, &[]), &says, &[]);
    decided(&run(INTL, &assume("failing"), &ended, &[]), &[]);
    decided(&run(INTL, &assume("none"), &ended, &[]), &[["s", "unprotected", "released"]]);
    // What an owner does to it does not depend on the renewal.
    let back = "at: +1h, id: c, convert-billing: { instance: s, to: pay-as-you-go, via: api }";
    decided(&run(INTL, "", &later, &[back]), &[]);
}

#[test]
fn arrears_that_began_before_the_start_continue_from_then() {
    let cn = "alibaba-ecs-cn@2026-05-15";
    let fleet = |since: &str, keys: &str| {
        format!(
            "  accounts: {{ shop: {{ arrears-since: {since} }} }}\n  instances: {{ a: {{ {keys} }}, s: {{ billing: subscription, expires: 2027-01-01T00:00:00Z }} }}\n"
        )
    };
    // The instance was stopped and reclaimed before the start; it is released on the fifteenth day.
    let ran = run(cn, "", &fleet("2026-05-20T00:00:00Z", ""), &[]);
    decided(&ran, &[["a", "unprotected", "released"]]);
    assert!(ran.stdout.contains("2026-06-04T00:00:00Z"), "{}", ran.stdout);
    // The instance would have been released before the start: such a fleet is impossible.
    let ran = run(cn, "", &fleet("2026-05-01T00:00:00Z", ""), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("E050") && ran.stderr.contains("OD3"), "{}", ran.stderr);
    let ran = run(cn, "", &fleet("2026-07-01T00:00:00Z", ""), &[]);
    assert!(ran.code == 2 && ran.stderr.contains("E050"), "{}", ran.stderr);

    let unknown = fleet("unknown", "");
    undecided(&run(cn, "", &unknown, &[]), &["+0s", "shop", "arrears-since: TIME"], &[]);
    let settle = "at: +0s, id: paid, settle: { account: shop, by: alice, via: console }";
    assert_eq!(run(cn, "", &unknown, &[settle]).code, 0);
    // No step of the clock concerns a subscription.
    let fleet = "  accounts: { shop: { arrears-since: unknown } }\n  instances: { s: { billing: subscription, expires: 2027-01-01T00:00:00Z } }\n";
    assert_eq!(run(cn, "", fleet, &[]).code, 0);
}

#[test]
fn a_group_call_without_a_channel_is_judged_if_no_rule_depends_on_it() {
    let fleet = "  groups: { g: { min: 0, max: 9, health-check: none } }\n  instances: { a: { group: g } }\n";
    let shrink = "at: +1h, id: e, scale-in: { group: g, remove: 1, by: bob }";
    let ran = run(ECS, "", fleet, &[shrink]);
    decided(&ran, &[["a", "unprotected", "released"]]);
    let fleet = "  instances: { a: {} }\n";
    let ran = run(ECS, "", fleet, &["at: +1h, id: e, release: { instance: a, by: bob }"]);
    let says = [
        "console: released",
        "api, cli: denied (PC4 IncorrectInstanceStatus)",
        "`via: api`",
        "event `e`",
    ];
    undecided(&ran, &says, &[]);
}

#[test]
fn snapshots_of_a_disk_that_stays_are_not_at_risk() {
    let house = "stayput: policy/1\npolicy: house\nedition: 2026-12\ntitle: a trial\n\
                 extends: alibaba-ecs@2026-05-15\neffects:\n  \
                 EF5: { effect: released, resource: auto-snapshot, with-instance: true, \
                 billing: spot, fate: lost, confidence: assumed, because: a trial }\n  \
                 EF5b: { effect: released, resource: auto-snapshot, with-instance: true, \
                 billing: { not: spot }, fate: kept-billed, confidence: assumed, because: so \
                 }\n";
    let scratch = folder();
    write(scratch.path(), "house.yaml", house);
    let ran = |disk: &str| {
        let text = format!(
            "stayput: scenario/1\nname: unknowns\npolicy: house.yaml\n\
             start: 2026-06-01T00:00:00Z\nfor: 1d\nallow: [W050]\nfleet:\n  \
             instances:\n    a:\n      billing: unknown\n      \
             resources:\n        data: {{ kind: data-disk, with-instance: {disk} }}\n        \
             of-data: {{ kind: auto-snapshot, disk: data, with-instance: true }}\n\
             events:\n  - at: +1h\n    \
             release: {{ instance: a, force: true, by: b, via: api }}\n"
        );
        stayput(&["run", &write(scratch.path(), "s.yaml", text), "-f", "csv"])
    };
    decided(&ran("false"), &[["a", "unprotected", "released"]]);
    undecided(&ran("true"), &["spot: lost", "pay-as-you-go: kept-billed"], &[]);
}

#[test]
fn a_lock_refuses_calls_and_does_not_prevent_the_stop_of_a_clock() {
    let intl = "alibaba-ecs-intl@2026-05-15";
    let unpaid = "at: +1h, id: bill, overdue: { account: default }";
    for keys in [
        "lock: unknown",
        "lock: financial",
        "lock: [security, financial]",
        "lock: [unknown, security]",
        "lock: none",
    ] {
        let fleet = format!("  instances: {{ a: {{ {keys} }} }}\n");
        let ran = run(intl, "", &fleet, &[unpaid]);
        assert_eq!(ran.code, 0, "{keys}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_fact_learned_about_a_lock_holds_in_every_position() {
    let fleet = "  instances: { a: { lock: unknown, state: stopped } }\n";
    let lock = "at: +1h, id: l, security-lock: { instance: a }";
    let start = "at: +2h, id: on, start: { instance: a, by: alice, via: api }";
    for head in ["", "assume: { unknown-lock: none }\n"] {
        let ran = run(ECS, head, fleet, &[lock, start]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn an_assumption_about_an_unknown_fact_holds_wherever_it_matters() {
    let spot = "  instances: { a: { billing: unknown } }\n";
    let taken = "at: +1h, id: taken, spot-reclaim: { instance: a }";
    decided(&run(ECS, "assume: { unknown-billing: pay-as-you-go }\n", spot, &[taken]), &[]);
    let spot_too = run(ECS, "assume: { unknown-billing: spot }\n", spot, &[taken]);
    decided(&spot_too, &[["a", "unprotected", "released"]]);
    // A member that was added by hand has no configuration and comes last.
    let fleet = "  groups: { g: { min: 0, max: 9, removal: [oldest-scaling-configuration] } }\n  \
                 instances: { a: { group: g, membership: unknown, configuration: 1 }, b: { group: g, configuration: 2 } }\n";
    let shrink = "at: +1h, id: e, scale-in: { group: g, remove: 1, by: bob, via: api }";
    let head = "assume: { unknown-membership: attached }\n";
    decided(&run(ECS, head, fleet, &[shrink]), &[["b", "unprotected", "released"]]);
    let head = "assume: { unknown-membership: auto-created }\n";
    decided(&run(ECS, head, fleet, &[shrink]), &[["a", "unprotected", "released"]]);
}

#[test]
fn no_expectation_is_met_by_an_unknown_value() {
    let scratch = folder();
    let ends = |head: &str, keys: &str, expected: &str| {
        let text = format!(
            "stayput: scenario/1\nname: unknowns\npolicy: {ECS}\nstart: 2026-06-01T00:00:00Z\n\
             for: 1d\nallow: [W050]\n{head}fleet:\n  instances: {{ a: {{ {keys}: unknown }} }}\n\
             events: []\nexpect:\n  states: [{{ at: end, instance: a, {expected} }}]\n"
        );
        stayput(&["test", &write(scratch.path(), "s.yaml", text)])
    };
    for (keys, expected, assumed) in [
        ("lock", "lock: none", "unknown-lock: none"),
        ("billing", "billing: pay-as-you-go", "unknown-billing: pay-as-you-go"),
        ("billing", "billing: spot", "unknown-billing: spot"),
    ] {
        let open = ends("", keys, expected);
        assert_eq!(open.code, 1, "{}{}", open.stdout, open.stderr);
        assert!(open.stdout.contains("unknown"), "{}", open.stdout);
        let taken = ends(&format!("assume: {{ {assumed} }}\n"), keys, expected);
        assert_eq!(taken.code, 0, "{}{}", taken.stdout, taken.stderr);
    }
}

/// The exit code of a run, and its `instances.csv`.
fn instances_after(fleet: &str, events: &[&str]) -> (i32, String) {
    let scratch = folder();
    let path = write(scratch.path(), "s.yaml", scenario(ECS, "", fleet, events));
    let out = scratch.path().join("out");
    let ran = stayput(&["run", &path, "--quiet", "--out", &out.to_string_lossy()]);
    (ran.code, fs::read_to_string(out.join("instances.csv")).unwrap())
}

#[test]
fn a_request_that_stops_the_run_changes_no_instance() {
    let locked = "  instances:\n    a: {}\n    b: { lock: unknown }\n";
    let protect = "at: +1h, id: on, set-protection: \
                   { instance: [a, b], flags: { release-protection: true }, by: ann, via: api }";
    let (code, rows) = instances_after(locked, &[protect]);
    assert_eq!(code, 5);
    assert!(!rows.contains("release-protection"), "{rows}");
}

#[test]
fn a_conversion_that_clears_a_flag_settles_an_unknown_one() {
    let fleet = "  instances: { a: { protect: [\"release-protection=unknown\"] } }\n";
    let events = [
        "at: +1h, id: there, convert-billing: { instance: a, to: subscription, via: api }",
        "at: +2h, id: back, convert-billing: { instance: a, to: pay-as-you-go, via: api }",
        "at: +3h, id: gone, release: { instance: a, force: true, via: api }",
    ];
    let cleared = run(ECS, "assume: { flag-after-conversion: cleared }\n", fleet, &events);
    decided(&cleared, &[["a", "unprotected", "released"]]);
    let kept = run(ECS, "assume: { flag-after-conversion: kept }\n", fleet, &events);
    undecided(&kept, &["release-protection"], &[]);
}
