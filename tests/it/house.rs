//! Tests of house rules: which states break them, whatever is unknown.

use crate::support::{SMALL, folder, stayput, write};

/// The findings of a run of a scenario, as `RULE: INSTANCE: TEXT`.
fn findings(policy: &str, rest: &str) -> Vec<String> {
    let folder = folder();
    let text = format!(
        "stayput: scenario/1\nname: s\npolicy: {policy}\nstart: 2026-06-01T00:00:00+08:00\n\
         for: 5d\n{rest}"
    );
    let path = write(folder.path(), "s.yaml", text);
    let ran = stayput(&["run", &path, "-f", "jsonl"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let records = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let found = records.filter(|record: &serde_json::Value| record["record"] == "finding");
    let text = |record: serde_json::Value| {
        let of = |key: &str| record[key].as_str().unwrap().to_owned();
        format!("{}: {}: {}", of("rule"), of("instance"), of("text"))
    };
    found.map(text).collect()
}

/// A rule about a trigger asks for what the trigger requests of the instance: of an attached member
/// its removal, of a member of a scale set its repair or its upgrade.
#[test]
fn a_protection_is_in_force_if_it_holds_against_what_the_trigger_requests() {
    let fleet = "house:
  scale-in: { in-force: scale-in-protection, against: [scale-in, health-check] }
  recycled: { instance: r, in-force: scale-in-protection, against: scale-in }
  deleted: { in-force: group-deletion-protection, against: group-delete }
  detached: { in-force: scale-in-protection, against: detach }
fleet:
  groups:
    web: { min: 0, max: 9, protect: [group-deletion-protection] }
    rc: { min: 0, max: 9, reclaim: recycle, protect: [group-deletion-protection] }
  instances:
    a: { group: web, membership: attached, protect: [scale-in-protection] }
    c: { group: web, membership: auto-created, protect: [scale-in-protection] }
    u: { group: web, membership: unknown, protect: [scale-in-protection] }
    r: { group: rc, membership: auto-created, protect: [scale-in-protection] }
";
    let detached = |id: &str| {
        format!("detached: {id}: scale-in-protection is on, and does not hold against detach")
    };
    let expected = ["a", "c", "u", "r"].map(detached);
    assert_eq!(findings("alibaba-ecs-cn@2026-05-15", fleet), expected);
    let fleet = "house:
  actions: { in-force: protect-from-scale-set-actions, against: [group-action, model-update] }
  deletion: { in-force: protect-from-scale-set-actions, against: delete-members }
  repairs: { in-force: protect-from-scale-in, against: health-check }
  locked: { in-force: read-only-lock, against: [detach, group-action, delete-members] }
  upgrades: { in-force: protect-from-scale-in, against: model-update }
fleet:
  groups:
    u:
      { orchestration: uniform, health-check: application, repair: restart,
        upgrade-mode: automatic, protect: [read-only-lock] }
    f:
      { orchestration: flexible, health-check: application, repair: reimage,
        upgrade-mode: surge, protect: [read-only-lock] }
  instances:
    u_1: { group: u, protect: [protect-from-scale-in, protect-from-scale-set-actions] }
    f_1: { group: f, protect: [protect-from-scale-in, protect-from-scale-set-actions] }
";
    let upgrades = |id: &str| {
        format!(
            "upgrades: {id}: protect-from-scale-in is on, and does not hold against model-update"
        )
    };
    let expected = ["u_1", "f_1"].map(upgrades);
    assert_eq!(findings("azure-vmss@2026-05-19", fleet), expected);
}

/// The second caller who schedules a release for the same time changes nothing, and counts.
#[test]
fn two_callers_can_schedule_a_release_for_the_same_time() {
    let fleet = "house: { sched: { two-people: schedule } }
fleet:
  instances:
    a: {}
    b: {}
    c: { protect: [\"release-protection=unknown\"] }
    d: { protect: [release-protection] }
events:
  - { at: +1h, id: x, schedule-release: { instance: [a, b, c, d], time: +3d, by: eve, via: api } }
  - { at: +2h, id: y, schedule-release: { instance: [a, d], time: +3d, by: pat, via: api } }
  - at: +3h
    set-protection: { instance: [a, b], flags: { release-protection: true }, by: pat, via: api }
";
    let when = "and eve alone scheduled its release at 2026-06-04 00:00 +08:00";
    let expected = [
        format!("sched: c: it is unknown whether release-protection is on, {when}"),
        format!("sched: d: it is protected, {when}"),
        format!("sched: b: it is protected, {when}"),
    ];
    assert_eq!(findings("alibaba-ecs-cn@2026-05-15", fleet), expected);
}

/// A protection that is off, or may be off, is no second person.
#[test]
fn one_person_can_release_what_is_not_certainly_protected() {
    let fleet = "principals:
  eve: { may: [ecs:DeleteInstance, ecs:DeleteInstances] }
  pat: { may: ecs:ModifyInstanceAttribute }
house: { two: { two-people: release } }
fleet:
  instances:
    a: { protect: [\"release-protection=unknown\"] }
    b: { protect: [release-protection] }
    paid: { billing: subscription, expires: +60d }
events:
  - at: +1h
    set-protection: { instance: b, flags: { release-protection: false }, by: pat, via: api }
";
    let expected = [
        "two: a: eve can release it if release-protection is off, which is unknown",
        "two: b: eve can release it",
    ];
    assert_eq!(findings("alibaba-ecs-cn@2026-05-15", fleet), expected);
}

/// A house rule judges decisions that the run does not make; they use assumptions as well.
#[test]
fn an_assumption_that_only_a_house_rule_uses_is_not_reported_as_unused() {
    let folder = folder();
    let warned = |house: &str| {
        let text = format!(
            "stayput: scenario/1\nname: s\npolicy: alibaba-ecs-cn@2026-05-15\n\
             start: 2026-06-01T00:00:00Z\nfor: 1d\nassume: {{ flag-on-spot: works }}\n\
             house: {{ rule: {{ {house} }} }}\n\
             fleet: {{ instances: {{ a: {{ billing: spot, protect: [release-protection] }} }} }}\n\
             expect: {{ states: [{{ at: +1h, instance: a, is: running }}] }}\n"
        );
        let ran = stayput(&["test", &write(folder.path(), "s.yaml", text)]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ran.stderr.contains("W061")
    };
    assert!(!warned("in-force: release-protection"));
    assert!(warned("snapshot-within: 1d"));
}

/// The end of a term lets a release pass, although the instance runs on.
#[test]
fn a_term_that_ends_without_a_stop_lets_one_person_release() {
    let fleet = "principals: { op: { may: \"*\" } }
house: { two: { two-people: release } }
fleet:
  instances:
    runs-on: { billing: subscription, expires: +2d, renewal: failing }
    renews: { billing: subscription, expires: +2d, renewal: automatic }
";
    assert_eq!(findings("alibaba-ecs-intl@2026-05-15", fleet), ["two: runs-on: op can release it"]);
}

/// A snapshot that goes with the instance saves nothing.
#[test]
fn a_snapshot_that_the_release_deletes_does_not_count() {
    let fleet = "house: { saved: { snapshot-within: 5d } }
fleet:
  accounts: { owes: { arrears-since: 2026-05-18T00:00:00+08:00, grace: 0s }, pays: {} }
  instances:
    a: { account: pays }
    b: { account: pays }
    c: { account: owes }
events:
  - { at: +1h, snapshot: { instance: [a, c], by: op, via: api } }
  - { at: +2h, release: { instance: [a, b], force: true, by: op, via: api } }
assume: { snapshots-in-arrears: accepted }
";
    let none = "it was released without a snapshot of the last 5d";
    assert_eq!(
        findings("alibaba-ecs-cn@2026-05-15", fleet),
        [
            format!("saved: b: {none}; the run took none"),
            format!("saved: c: {none}; those that the run took were deleted"),
        ]
    );
}

/// A check that checks nothing is no success.
#[test]
fn house_rules_that_are_not_there_or_not_checked_are_refused() {
    let scratch = folder();
    let scenario = write(scratch.path(), "s.yaml", SMALL);
    let check = |overlay: &str, path: &str| {
        let house = write(scratch.path(), "house.yaml", format!("stayput: overlay/1\n{overlay}"));
        stayput(&["check", path, "--house", &house])
    };
    for overlay in ["events: []\n", "house: {}\n", "house:\n"] {
        let ran = check(overlay, &scenario);
        assert_eq!(ran.code, 2, "{overlay}: {}", ran.stdout);
        assert!(ran.stderr.contains("error[E003]: the file of `--house`"), "{}", ran.stderr);
    }
    let rule = "house: { kept: { in-force: release-protection } }\n";
    let ran = check(rule, "policies");
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("`--house` has no effect on these files"), "{}", ran.stderr);
    let ran = check(rule, &scenario);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
