use std::fs;

use crate::support::{folder, stayput, write};

const HEAD: &str = "stayput: scenario/1\nname: s\npolicy: alibaba-ecs-cn@2026-05-15\n\
                    start: 2026-06-01T00:00:00Z\nfor: 1d\n";

#[test]
fn a_table_and_a_timeline_hold_several_locks() {
    let scratch = folder();
    write(
        scratch.path(),
        "fleet.csv",
        "instance,billing,lock\na,spot,security;recycling\nb,spot,\n",
    );
    let text = format!(
        "{HEAD}fleet: {{ instances: {{ file: fleet.csv }} }}\nevents:\n\
         \x20 - {{ at: +1h, id: more, security-lock: {{ instance: [a, b] }} }}\n\
         \x20 - {{ at: +2h, id: notice, spot-reclaim: {{ instance: b }} }}\n\
         \x20 - {{ at: +2h, id: less, security-unlock: {{ instance: [a, b] }} }}\n"
    );
    let out = scratch.path().join("out");
    let file = write(scratch.path(), "s.yaml", text);
    let ran = stayput(&["run", &file, "--out", &out.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let timeline = fs::read_to_string(out.join("timeline.csv")).unwrap();
    let locks: Vec<&str> = timeline.lines().filter(|line| line.contains(",lock,")).collect();
    let [a_start, b_locked, b_notice, a_open, b_open] = locks[..] else { panic!("{timeline}") };
    assert!(a_start.contains(",lock,,security;recycling,start:fleet,"), "{a_start}");
    assert!(b_locked.contains(",lock,none,security,"), "{b_locked}");
    assert!(b_notice.contains(",lock,security,security;recycling,"), "{b_notice}");
    assert!(a_open.contains(",lock,security;recycling,recycling,"), "{a_open}");
    assert!(b_open.contains(",lock,security;recycling,recycling,"), "{b_open}");
}

#[test]
fn no_lock_and_a_lock_contradict_each_other() {
    let scratch = folder();
    let text = format!("{HEAD}fleet: {{ instances: {{ a: {{ lock: [none, security] }} }} }}\n");
    let ran = stayput(&["check", &write(scratch.path(), "s.yaml", text)]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("E050") && ran.stderr.contains("`none` and another lock"),
        "{}",
        ran.stderr
    );
}

/// A condition on locks asks whether one is among them, and its proof covers every set of locks.
#[test]
fn a_condition_asks_whether_a_lock_is_among_them() {
    let scratch = folder();
    let policy = |rules: &str| {
        let text = format!(
            "stayput: policy/1\npolicy: house\nedition: one\ntitle: t\nextends: alibaba-ecs@2026-05-15\n\
             preconditions:\n{rules}"
        );
        write(scratch.path(), "house.yaml", text);
    };
    policy(
        "  HR1: { action: snapshot, lock: security, confidence: inferred }\n\
         \x20 HR2: { action: convert-address, lock: { not: none }, confidence: inferred }\n\
         \x20 HR3: { action: renew, lock: [financial, recycling], confidence: inferred }\n",
    );
    let verbs = ["snapshot", "convert-address", "renew"];
    let mut events = String::new();
    let mut expected = String::new();
    for (number, (locks, refused)) in [
        ("none", [false, false, false]),
        ("security", [true, true, false]),
        ("financial", [false, true, true]),
        ("[security, recycling]", [true, true, true]),
    ]
    .iter()
    .enumerate()
    {
        let _ = locks;
        for (at, (verb, refused)) in verbs.iter().zip(refused).enumerate() {
            let id = format!("e{number}-{at}");
            let result = if *refused { "refused" } else { "accepted" };
            events.push_str(&format!(
                "  - {{ at: +1h, id: {id}, {verb}: {{ instance: i{number}, by: bob, via: api }} }}\n"
            ));
            let rule = if *refused { format!(", rule: HR{}", at + 1) } else { String::new() };
            expected.push_str(&format!("    - {{ event: {id}, result: {result}{rule} }}\n"));
        }
    }
    let text = format!(
        "{}fleet:\n  defaults: {{ billing: subscription, expires: +10d }}\n  instances:\n\
         \x20   i0: {{}}\n    i1: {{ lock: security }}\n    i2: {{ lock: financial }}\n\
         \x20   i3: {{ lock: [security, recycling] }}\nevents:\n{events}expect:\n  requests:\n{expected}",
        HEAD.replace("alibaba-ecs-cn@2026-05-15", "./house.yaml"),
    );
    let ran = stayput(&["test", &write(scratch.path(), "s.yaml", text)]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// An uncovered cell is reported with the lock that a rule would have to name.
#[test]
fn an_open_cell_is_reported_with_its_lock() {
    let scratch = folder();
    let text = "stayput: policy/1\npolicy: house\nedition: one\ntitle: t\nextends: alibaba-ecs@2026-05-15\n\
                drops: [effects.EF3]\n";
    let ran = stayput(&["check", &write(scratch.path(), "house.yaml", text)]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("lock security"), "{}", ran.stderr);
    let explained = |lock: &str| {
        stayput(&[
            "explain",
            "alibaba-ecs@2026-05-15",
            "action=release",
            "on=release-protection",
            lock,
        ])
    };
    let (one, other) = (explained("lock=security;financial"), explained("lock=financial;security"));
    assert_eq!((one.code, &one.stdout), (0, &other.stdout), "{}", one.stderr);
}
