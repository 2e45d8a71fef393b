//! Tests of alerts: the contents of the audit trail, the time of an alert, and whether it comes
//! before a loss.

use serde_json::Value;

use crate::support::{folder, root, stayput, write};

const ALIBABA: &str = "alibaba-ecs@2026-05-15";
const AZURE: &str = "azure-vmss@2026-05-19";

/// A scenario of 40 days.
fn scenario(policy: &str, rest: &str) -> String {
    format!(
        "stayput: scenario/1\nname: story\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\nfor: 40d\n{rest}"
    )
}

/// The records of a run of one kind.
fn records(text: &str, kind: &str) -> Vec<Value> {
    let folder = folder();
    let path = write(folder.path(), "story.yaml", text);
    let ran = stayput(&["run", "-f", "jsonl", &path]);
    assert!(ran.code == 0, "{}\n{text}", ran.stderr);
    let all = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    all.filter(|record: &Value| record["record"] == kind).collect()
}

/// A line for each alert: the watch, the instance, the kind, and seconds from the event.
fn alerts(text: &str) -> Vec<String> {
    let seconds = |record: &Value, key: &str| {
        let time = |key: &str| record[key].as_str().map(|t| t[8..19].to_owned());
        time(key).map_or("never".to_owned(), |at| at)
    };
    let line = |r: &Value| {
        let word = |key: &str| r[key].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} at {} seen {} {}",
            word("kind"),
            word("watch"),
            word("instance"),
            seconds(r, "at"),
            seconds(r, "seen"),
            r["notice_s"].as_i64().map_or("-".to_owned(), |notice| notice.to_string()),
        )
    };
    records(text, "alert").iter().map(line).collect()
}

/// The result of `test`.
fn test(text: &str) -> (i32, String) {
    let folder = folder();
    let path = write(folder.path(), "story.yaml", text);
    let ran = stayput(&["test", &path]);
    let text = ran.stdout + &ran.stderr;
    // Lines are broken at the width of the page.
    (ran.code, text.split_whitespace().collect::<Vec<_>>().join(" "))
}

const TWO: &str = "fleet: { instances: { db-1: { protect: [release-protection] }, web-1: {} } }\n";

#[test]
fn an_alert_comes_after_the_longest_time_of_the_trail() {
    let events = "watch: { lifted: { calls: modifyinstanceattribute } }\nevents:\n\
        \x20 - { at: +1d, set-protection: { instance: db-1, by: bob, via: api,\n\
        \x20     flags: { release-protection: false } } }\n\
        \x20 - { at: +3d, release: { instance: db-1, force: true, by: bob, via: api } }\n";
    assert_eq!(
        alerts(&scenario(ALIBABA, &format!("{TWO}{events}"))),
        [
            "call lifted db-1 at 02T00:00:00 seen 02T00:10:00 -",
            "loss lifted db-1 at 04T00:00:00 seen 02T00:10:00 172200",
        ]
    );
}

#[test]
fn an_own_delay_replaces_that_of_the_policy() {
    let events = "watch: { gone: { calls: release, after: 30s } }\nevents:\n\
        \x20 - { at: +1d, release: { instance: web-1, force: true, by: bob, via: api } }\n";
    assert_eq!(
        alerts(&scenario(ALIBABA, &format!("{TWO}{events}"))),
        [
            "call gone web-1 at 02T00:00:00 seen 02T00:00:30 -",
            "loss gone web-1 at 02T00:00:00 seen 02T00:00:30 -30",
        ]
    );
}

#[test]
fn what_happens_without_a_call_is_not_in_the_trail_unless_assumed() {
    let events = "watch: { gone: { changes: released } }\n\
        fleet: { accounts: { a: {} }, instances: { db-1: { account: a } } }\n\
        events: [{ at: +1d, overdue: { account: a } }]\n";
    let lines = alerts(&scenario(ALIBABA, events));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("seen never")), "{lines:?}");
    let assumed = format!("assume: {{ platform-actions-in-trail: recorded }}\n{events}");
    let lines = alerts(&scenario(ALIBABA, &assumed));
    assert!(lines.iter().all(|line| line.contains(":10:00")), "{lines:?}");
}

#[test]
fn a_part_of_the_names_of_a_call_is_not_enough() {
    let events = "allow: [W064]\nwatch: { half: { calls: DeleteInstance } }\nevents:\n\
        \x20 - { at: +1d, release: { instance: web-1, force: true, by: bob, via: api } }\n";
    let lines = alerts(&scenario(ALIBABA, &format!("{TWO}{events}")));
    assert_eq!(lines, ["loss - web-1 at 02T00:00:00 seen never -"]);
}

#[test]
fn a_denied_call_is_in_the_trail_of_one_provider_and_open_for_the_other() {
    let rest = |key: &str| {
        format!(
            "principals: {{ guest: {{}} }}\nwatch: {{ tries: {{ calls: release }} }}\n\
             fleet: {{ instances: {{ vm-1: {{}} }} }}\n{key}\
             events: [{{ at: +1d, release: {{ instance: vm-1, by: guest, via: api }} }}]\n"
        )
    };
    let seen = |policy: &str, key: &str| {
        let lines = alerts(&scenario(policy, &rest(key)));
        assert_eq!(lines.len(), 1, "{lines:?}");
        !lines[0].contains("never")
    };
    assert!(seen(ALIBABA, ""));
    assert!(!seen(AZURE, ""));
    assert!(seen(AZURE, "assume: { denied-calls-in-trail: recorded }\n"));
}

#[test]
fn a_failure_names_the_last_call_in_time_and_what_to_write() {
    let events = "watch: { gone: { calls: release } }\nevents:\n\
        \x20 - { at: +1d, schedule-release: { instance: db-1, time: +3d, by: bob, via: api } }\n\
        expect: { alerted: { instance: db-1, before-loss: 24h } }\n";
    let (code, text) = test(&scenario(ALIBABA, &format!("{TWO}{events}")));
    assert_eq!(code, 1, "{text}");
    for part in [
        "db-1 was lost at +3d (scheduled-release), without an alert at least 1d before",
        "no watch raised an alert about it",
        "ModifyInstanceAutoReleaseTime by bob at +1d",
        "write `watch: { NAME: { calls: [ModifyInstanceAutoReleaseTime] } }`",
        "story.yaml:",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    let watched =
        events.replace("calls: release", "calls: [release, ModifyInstanceAutoReleaseTime]");
    let (code, text) = test(&scenario(ALIBABA, &format!("{TWO}{watched}")));
    assert_eq!(code, 0, "{text}");
    // The alert comes 1d23h50m before the loss.
    let early = watched.replace("24h", "48h");
    let (code, text) = test(&scenario(ALIBABA, &format!("{TWO}{early}")));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("no call about it was early enough"), "{text}");
}

#[test]
fn a_loss_without_a_call_says_that_no_alert_from_the_trail_can_come() {
    let text = "fleet: { accounts: { a: {} }, instances: { db-1: { account: a } } }\n\
        watch: { gone: { calls: release } }\nevents: [{ at: +1d, overdue: { account: a } }]\n\
        expect: { alerted: { before-loss: 1h } }\n";
    let (code, text) = test(&scenario(ALIBABA, text));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("no call is about it"), "{text}");
}

#[test]
fn a_lifted_protection_needs_an_alert_in_time() {
    let rest = |watch: &str| {
        format!(
            "{watch}house: {{ seen: {{ alert-within: 15m }} }}\n{TWO}events:\n\
             \x20 - {{ at: +1d, set-protection: {{ instance: db-1, flags: {{ release-protection: false }}, by: bob, via: api }} }}\n"
        )
    };
    let found = |watch: &str| -> Vec<String> {
        let all = records(&scenario(ALIBABA, &rest(watch)), "finding");
        all.iter().map(|found| found["text"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(found("watch: { lifted: { changes: protection-lifted } }\n"), [""; 0]);
    assert_eq!(
        found("watch: { lifted: { calls: ModifyInstanceAttribute, instance: db-1 } }\n"),
        [""; 0]
    );
    let blind = found("");
    assert_eq!(
        blind,
        [
            "no watch raises an alert when release-protection is switched off; watch ModifyInstanceAttribute",
            "release-protection was switched off without an alert",
        ]
    );
    let late = found("watch: { lifted: { calls: set-protection, after: 1h } }\n");
    assert_eq!(late.len(), 2, "{late:?}");
    assert!(late.iter().all(|text| text.contains("up to 1h")), "{late:?}");
}

/// A protection that is switched off, and of which it is unknown whether it was on: the change is
/// recorded, and whether a watch of changes raised an alert is not stated as a fact.
#[test]
fn an_unknown_protection_that_is_switched_off_is_a_change() {
    let text = |watch: &str| {
        format!(
            "watch: {{ lifted: {watch} }}\nhouse: {{ seen: {{ alert-within: 15m }} }}\n\
             fleet: {{ instances: {{ u: {{ protect: [\"release-protection=unknown\"] }}, \
             v: {{ protect: [release-protection] }} }} }}\n\
             events:\n\
             \x20 - {{ at: +1h, id: off, set-protection: {{ instance: [u, v], flags: {{ \
             release-protection: false }}, by: dan, via: api }} }}\n\
             \x20 - {{ at: +4h, id: gone, release: {{ instance: [u, v], force: true, \
             by: dan, via: api }} }}\n\
             expect: {{ alerted: {{ instance: \"*\", before-loss: 1h }} }}\n"
        )
    };
    let by_change = scenario(ALIBABA, &text("{ changes: protection-lifted, after: 30s }"));
    let changes = records(&by_change, "change");
    let of_u: Vec<&Value> = changes
        .iter()
        .filter(|change| change["instance"] == "u" && change["what"] == "protections")
        .collect();
    assert_eq!(of_u.len(), 1, "{changes:?}");
    assert_eq!(of_u[0]["from"], "release-protection=unknown");
    assert_eq!(records(&by_change, "finding").len(), 0);
    // The table marks the alert that may have come.
    let alerts = records(&by_change, "alert");
    let loss_of = |name| {
        let mut losses = alerts.iter().filter(|one| one["kind"] == "loss");
        losses.find(|one| one["instance"] == name).unwrap()
    };
    let (u, v) = (loss_of("u"), loss_of("v"));
    assert_eq!((&u["watch"], &u["perhaps_watch"]), (&Value::Null, &"lifted".into()), "{u}");
    assert_eq!(u["perhaps_seen"], "2026-06-01T01:00:30Z");
    assert_eq!((&v["watch"], &v["perhaps_watch"]), (&"lifted".into(), &Value::Null), "{v}");
    let (code, said) = test(&by_change);
    assert_eq!(code, 1, "{said}");
    for part in [
        "u was lost at +4h (manual), perhaps without an alert at least 1h before",
        "the alert of `lifted` came by +1h30s if the protection was on, which is unknown",
    ] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    assert!(!said.contains("v was lost"), "{said}");
    // The call itself is in the trail in either case.
    let (code, said) = test(&scenario(ALIBABA, &text("{ calls: ModifyInstanceAttribute }")));
    assert_eq!(code, 0, "{said}");
    // Without an alert in time, the rule is broken by the change as well.
    let late = scenario(ALIBABA, &text("{ changes: protection-lifted, after: 1h }"));
    let found = records(&late, "finding");
    let texts: Vec<&str> = found.iter().filter_map(|finding| finding["text"].as_str()).collect();
    assert!(
        texts.iter().any(|text| text.contains("which may have been on, was switched off")),
        "{texts:?}"
    );
}

#[test]
fn every_call_of_a_person_raises_the_alert_of_a_watch_on_all_calls() {
    let overlay = "stayput: overlay/1\nwatch: { all: { calls: \"*\" } }\n";
    let folder = folder();
    let overlay = write(folder.path(), "watch.yaml", overlay);
    for name in ["alibaba/al-permissions", "azure/az-permissions", "azure/az-permissions-2019"] {
        let path = root().join(format!("scenarios/rules/{name}.yaml"));
        let path = path.to_string_lossy();
        let ran = stayput(&["run", "-f", "jsonl", "--with", &overlay, &path]);
        assert!(ran.code == 0, "{}", ran.stderr);
        let all: Vec<Value> =
            ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let key = |record: &Value| (record["case"].clone(), record["seq"].clone());
        let raised: Vec<_> = all.iter().filter(|r| r["record"] == "alert").collect();
        assert!(!raised.is_empty());
        for alert in raised.iter().filter(|alert| alert["kind"] == "call") {
            let of = |r: &&&Value| r["record"] == "request" && key(r) == key(alert);
            let request = all.iter().find(|r| of(&r)).expect("the request of an alert");
            assert_eq!(request["verb"], alert["verb"], "{alert}");
        }
        // Every call to an existing instance raises an alert, if its verb has a name in the trail.
        let named = ["release", "stop", "start", "restart", "snapshot", "set-protection", "detach"];
        for request in all.iter().filter(|r| r["record"] == "request" && !r["actor"].is_null()) {
            let verb = request["verb"].as_str().expect("a verb");
            if named.contains(&verb) && request["instance"].is_string() {
                assert!(raised.iter().any(|alert| key(alert) == key(request)), "{request}");
            }
        }
    }
}

#[test]
fn a_change_of_an_account_is_about_the_instances_that_exist() {
    let events = "watch: { closing: { changes: account-closing } }\nevents:\n\
        \x20 - { at: +1d, release: { instance: web-1, force: true, by: bob, via: api } }\n\
        \x20 - { at: +2d, overdue: { account: default } }\n";
    let found = alerts(&scenario(ALIBABA, &format!("{TWO}{events}")));
    let closing = found.iter().filter(|alert| alert.starts_with("change closing"));
    let closing: Vec<&str> = closing.map(String::as_str).collect();
    assert_eq!(closing, ["change closing db-1 at 03T00:00:00 seen never -"], "{found:?}");
}

#[test]
fn house_rules_hold_for_members_that_a_group_creates() {
    let text = "house:\n\
        \x20 kept: { in-force: scale-in-protection, against: scale-in }\n\
        \x20 named: { in-force: scale-in-protection, against: scale-in, instance: \"web-*\" }\n\
        fleet:\n  groups: { web: { min: 0, max: 5 } }\n  instances:\n\
        \x20   web-1: { group: web, membership: auto-created, protect: [scale-in-protection] }\n\
        events: [{ at: +1d, scale-out: { group: web, add: 1, by: bob, via: api } }]\n";
    let found = records(&scenario(ALIBABA, text), "finding");
    let of = |rule: &str| found.iter().filter(|r| r["rule"] == rule && !r["seq"].is_null()).count();
    assert_eq!((of("kept"), of("named"), found.len()), (1, 1, 2), "{found:?}");
}

#[test]
fn a_broken_house_rule_is_a_failure_with_its_file_and_line_in_every_format_of_ci() {
    let text = scenario(
        ALIBABA,
        &format!("house:\n  protected: {{ in-force: release-protection }}\n{TWO}events: []\n"),
    );
    let folder = folder();
    let path = write(folder.path(), "story.yaml", text);
    for (format, place) in [
        ("github", format!("file={path},line=7,col=3")),
        ("junit", format!("file=\"{path}\" line=\"7\"")),
        ("markdown", "story.yaml:7:3".to_owned()),
    ] {
        let ran = stayput(&["test", "-f", format, &path]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains(&place), "{format}: no {place} in\n{}", ran.stdout);
        assert!(ran.stdout.contains("the house rule protected is broken"), "{}", ran.stdout);
        assert!(ran.stdout.contains("web-1: release-protection is off"), "{}", ran.stdout);
    }
}

#[test]
fn a_fleet_without_events_is_checked_for_protections_that_nothing_watches() {
    let folder = folder();
    let fleet = write(folder.path(), "fleet.yaml", scenario(ALIBABA, TWO));
    let check = |overlay: &str| {
        let overlay = write(folder.path(), "house.yaml", format!("stayput: overlay/1\n{overlay}"));
        let ran = stayput(&["check", "--house", &overlay, &fleet]);
        (ran.code, ran.stdout)
    };
    let rule = "house: { announced: { alert-within: 15m } }\n";
    let (code, text) = check(rule);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("announced: db-1: no watch raises an alert when release-protection"));
    assert!(!text.contains("web-1:"), "an instance without a protection has none to lift\n{text}");
    let watch = "watch: { lifted: { calls: ModifyInstanceAttribute } }\n";
    assert_eq!(check(&format!("{rule}{watch}")).0, 0);
    // The Activity Log needs up to 20 minutes.
    let text = "fleet: { instances: { vm-1: { protect: [vm-delete-lock] } } }\n";
    write(folder.path(), "fleet.yaml", scenario(AZURE, text));
    let (code, text) = check(&format!("{rule}watch: {{ lifted: {{ calls: set-protection }} }}\n"));
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("comes up to 20m after vm-delete-lock is switched off"), "{text}");
}

#[test]
fn the_page_has_broken_house_rules_alerts_and_losses() {
    let ran = stayput(&["run", "-f", "html", "scenarios/alert-on-both.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in ["Alerts", "ModifyInstanceAttribute", "lost without an alert", "own-pipeline"] {
        assert!(ran.stdout.contains(part), "no {part}");
    }
    let ran = stayput(&["run", "-f", "html", "scenarios/house-rules.yaml"]);
    assert!(ran.stdout.contains("House rules broken"));
}
