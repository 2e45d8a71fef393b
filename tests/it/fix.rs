//! `hunt --fix`: the smallest changes that close the ways to a loss.

use serde_json::Value as Json;

use crate::hunt::{Numbers, scenario, small_fleet};
use crate::support::{folder, stayput, write};

/// The answer of `hunt --fix` about one scenario.
#[track_caller]
fn answer(arguments: &[&str]) -> Json {
    let ran = stayput(&[&["hunt"], arguments, &["--fix", "-f", "json"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let mut answers: Json = serde_json::from_str(&ran.stdout).unwrap();
    answers[0].take()
}

/// The changes of each set, best first.
fn changes(answer: &Json) -> Vec<Vec<&str>> {
    let fixes = answer["fixes"].as_array().unwrap().iter();
    let changes = fixes.map(|fix| fix["changes"].as_array().unwrap().iter());
    changes.map(|all| all.map(|one| one.as_str().unwrap()).collect()).collect()
}

/// The steps of some ways, with the seconds until the loss.
fn steps(ways: &Json) -> Vec<(String, i64)> {
    let ways = ways.as_array().unwrap().iter();
    let mut all: Vec<(String, i64)> =
        ways.map(|way| (way["steps"].to_string(), way["elapsed_s"].as_i64().unwrap())).collect();
    all.sort();
    all
}

/// The ways that `hunt` finds, without those that take at least `faster_than` seconds.
#[track_caller]
fn open_ways(arguments: &[&str], faster_than: i64) -> Vec<(String, i64)> {
    let ran = stayput(&[&["hunt"], arguments, &["-f", "json"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let answers: Json = serde_json::from_str(&ran.stdout).unwrap();
    let targets = answers[0]["targets"].as_array().unwrap().iter();
    let ways = targets.flat_map(|target| target["ways"].as_array().unwrap());
    let ways = ways.map(|way| {
        let steps = way["steps"].as_array().unwrap().iter();
        let verbs: Json = steps.map(|step| step["verb"].clone()).collect::<Vec<_>>().into();
        (verbs.to_string(), way["elapsed_s"].as_i64().unwrap())
    });
    let mut all: Vec<_> = ways.filter(|(_, elapsed)| *elapsed < faster_than).collect();
    all.sort();
    all
}

/// If two people can lose an instance together, it is enough to deny either of them an action.
#[test]
fn either_of_two_permissions_can_be_taken() {
    let found = answer(&["scenarios/who-could-lose-it.yaml", "--target", "db-1", "--calls-only"]);
    assert_eq!(
        changes(&found),
        [["deny deployer ecs:DeleteInstance"], ["deny guardian ecs:ModifyInstanceAttribute"]]
    );
    assert_eq!(steps(&found["not_closed"]), []);
    assert_eq!(found["complete"], true);
}

/// A way by a call of one person is closed by a protection or by one denial. If two people can make
/// the call, two denials are needed, or one protection.
#[test]
fn one_protection_is_smaller_than_two_denials() {
    let fleet = "  instances: { db-1..3: {} }\n";
    let text = scenario("alibaba-ecs-cn@2026-05-15", fleet)
        + "principals: { ann: { may: ecs:DeleteInstance }, ben: { may: ecs:DeleteInstance } }\n";
    let span = folder();
    let path = write(span.path(), "s.yaml", text);
    let found = answer(&[&path, "--target", "db-*", "--calls-only"]);
    assert_eq!(changes(&found), [["set release-protection on \"db-*\""]]);
    let overlay = found["fixes"][0]["overlay"].as_str().unwrap();
    assert!(
        overlay.contains("instance: \"db-*\", flags: { release-protection: true }"),
        "{overlay}"
    );
    let rule = &found["found_by"][0];
    assert_eq!(rule["rule"], "{ instance: \"db-*\", in-force: release-protection }");
    assert_eq!(rule["at_start"], true);
    // One instance alone has its own name in the overlay.
    let one = answer(&[&path, "--target", "db-2", "--calls-only"]);
    assert_eq!(changes(&one), [["set release-protection on db-2"]]);
}

/// The overlay repeats the existing denials of a principal.
#[test]
fn an_overlay_keeps_the_denials_of_the_scenario() {
    let fleet = "  instances: { db-1: { protect: [release-protection] } }\n";
    let text = scenario("alibaba-ecs-cn@2026-05-15", fleet)
        + "principals:\n  ann: { may: \"ecs:*\", not: [ecs:StopInstance, \
           ecs:ModifyInstanceAutoReleaseTime, ecs:ModifyInstanceChargeType] }\n";
    let span = folder();
    let path = write(span.path(), "s.yaml", text);
    let found = answer(&[&path, "--target", "db-1", "--calls-only"]);
    assert!(changes(&found).contains(&vec!["deny ann ecs:ModifyInstanceAttribute"]), "{found:#}");
    for fix in found["fixes"].as_array().unwrap() {
        let overlay = fix["overlay"].as_str().unwrap();
        assert!(overlay.contains("\"ecs:StopInstance\""), "{overlay}");
    }
}

/// A schedule of the fleet is cancelled, an unpaid bill gets a grace period, and no change prevents
/// a release by the platform.
#[test]
fn what_comes_without_a_call_is_closed_by_an_act_or_by_time() {
    let span = folder();
    let fleet = "  instances: { db-1: { protect: [release-protection], auto-release: +2d } }\n";
    let text = scenario("alibaba-ecs@2026-05-15", fleet) + "principals: { ann: {} }\n";
    let path = write(span.path(), "s.yaml", text);
    let scheduled = answer(&[&path, "--target", "db-1", "--calls-only"]);
    assert_eq!(changes(&scheduled), [["cancel the schedule (db-1) at +2d"]]);
    let fleet = "  instances: { db-1: { protect: [release-protection] } }\n";
    let text = scenario("alibaba-ecs-cn@2026-05-15", fleet)
        + "principals: { ann: {} }\nassume: { grace-delays-release: everything }\n";
    let path = write(span.path(), "s.yaml", text);
    let unpaid = answer(&[&path, "--target", "db-1", "--max-actions", "1"]);
    assert_eq!(changes(&unpaid), [["a grace period of 16d for the account default"]]);
    assert_eq!(steps(&unpaid["not_closed"]), [("[\"security-release\"]".to_owned(), 0)]);
    let text = stayput(&["hunt", &path, "--target", "db-1", "--max-actions", "1", "--fix"]).stdout;
    assert!(text.contains("closed by 1 change as far as possible"), "{text}");
    assert!(text.contains("db-1: security-release, lost after 0s"), "{text}");
    // Before the unpaid bill leads to a loss, there is nothing to close.
    let nothing = ["hunt", &path, "--target", "db-1", "--max-actions", "1", "--fix"];
    let text = stayput(&[&nothing[..], &["--faster-than", "1d"]].concat()).stdout;
    assert!(text.contains("nothing closes them"), "{text}");
    let text = stayput(&[&nothing[..], &["--calls-only"]].concat()).stdout;
    assert!(text.contains("no way within 30d, nothing to close"), "{text}");
}

/// A search with each overlay finds no way, and none of its changes can be left out.
#[test]
fn each_overlay_closes_and_no_part_of_it_does() {
    let mut numbers = Numbers(11);
    let mut several = 0;
    for number in 0..8 {
        let span = folder();
        let text = small_fleet(&mut numbers);
        let target = if text.contains("g_0") { "g_0" } else { "a" };
        let path = write(span.path(), "s.yaml", &text);
        let most = if number % 4 == 0 { "2" } else { "1" };
        let asked = [path.as_str(), "--target", target, "--within", "20d", "--max-actions", most];
        let found = answer(&[&asked[..], &["--faster-than", "10d"]].concat());
        assert_eq!(found["complete"], true);
        let accepted = steps(&found["not_closed"]);
        let beyond = |overlay: &str| {
            let overlay = write(span.path(), "o.yaml", overlay);
            let with = [&asked[..], &["--with", &overlay]].concat();
            let mut open = open_ways(&with, 10 * 86_400);
            open.retain(|way| !accepted.contains(way));
            open
        };
        for fix in found["fixes"].as_array().unwrap() {
            let overlay = fix["overlay"].as_str().unwrap();
            assert_eq!(beyond(overlay), [], "{text}{overlay}");
            let (head, events) = overlay.split_once("events:\n").unwrap_or((overlay, ""));
            let events: Vec<&str> = events.lines().collect();
            for left_out in 0..events.len() {
                let mut rest = events.clone();
                rest.remove(left_out);
                let rest = if rest.is_empty() {
                    head.to_owned()
                } else {
                    format!("{head}events:\n{}\n", rest.join("\n"))
                };
                assert_ne!(beyond(&rest), [], "{text}{overlay} without {}", events[left_out]);
            }
            several += usize::from(events.len() > 1);
        }
    }
    assert!(several > 0, "{several} sets of several changes");
}

#[test]
fn the_answer_is_written_as_overlays_and_limits_are_named() {
    let span = folder();
    let out = span.path().join("out");
    let out = out.to_str().unwrap();
    let who = ["hunt", "scenarios/who-could-lose-it.yaml", "--target", "db-1", "--calls-only"];
    let ran = stayput(&[&who[..], &["--fix", "--write", out]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    insta::assert_snapshot!("fix", ran.stdout);
    assert!(ran.stderr.contains("wrote 2 overlays"), "{}", ran.stderr);
    let with = format!("{out}/fix-1.yaml");
    let ran = stayput(&[&who[..], &["--with", &with]].concat());
    assert!(ran.stdout.contains("db-1: no way within 30d"), "{}", ran.stdout);
    let limited = stayput(&[&who[..], &["--fix", "--max-states", "5"]].concat());
    assert_eq!(limited.code, 5, "{}", limited.stdout);
    assert!(limited.stdout.contains("not complete"), "{}", limited.stdout);
    let none = stayput(&[&who[..], &["--fix", "--max-changes", "0"]].concat());
    assert!(none.stdout.contains("no set of at most 0 changes closes them"), "{}", none.stdout);
    let late = stayput(&[&who[..], &["--fix", "--faster-than", "31d"]].concat());
    assert_eq!(late.code, 2, "{}", late.stderr);
    assert!(late.stderr.contains("`--within 30d`"), "{}", late.stderr);
    let alone = stayput(&[&who[..], &["--faster-than", "1d"]].concat());
    assert_eq!(alone.code, 2, "{}", alone.stderr);
}
