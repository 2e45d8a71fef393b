//! Tests of `hunt`: it finds the shortest ways to a loss, and pruning loses none of them.

use stayput::plan::Surroundings;
use stayput::search::{Hunt, Hunted, hunt};
use stayput::time::SimSpan;
use stayput::{Catalog, Plan, Scenario};

use crate::support::{folder, stayput, write};

fn plan(text: &str) -> Plan {
    let scenario = Scenario::parse(text).expect(text);
    let plans = scenario.compile(&Catalog::default());
    plans.expect(text).swap_remove(0)
}

fn settings(most: usize, days: i64) -> Hunt {
    Hunt {
        target: stayput::words::InstanceId(0),
        within: SimSpan::from_seconds(days * 86_400),
        most,
        keep_flag: false,
        causes: true,
        callers: vec![None],
        limit: u64::MAX,
        prunes: true,
    }
}

/// The ways to lose the first instance: the verbs of each, the seconds until the loss, and the
/// number of callers.
fn ways(plan: &Plan, settings: &Hunt) -> (Vec<String>, u64) {
    let script = plan.script.listed().unwrap();
    let part = Surroundings::new(plan, &script).of(settings.target);
    let settings = Hunt { target: part.reduced(settings.target).unwrap(), ..settings.clone() };
    let hunted: Hunted = hunt(&part, &settings, |_| true);
    assert_eq!(hunted.searched, Some(settings.most));
    let lines = hunted.ways.iter().map(|way| {
        let mut verbs: Vec<&str> = way.steps.iter().map(|step| step.event.verb()).collect();
        verbs.sort_unstable();
        let after = way.lost.since(plan.header.start);
        format!("{} {after} {}", verbs.join("+"), way.people())
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    (lines, hunted.states)
}

pub fn scenario(policy: &str, fleet: &str) -> String {
    format!(
        "stayput: scenario/1\nname: hunted\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\n\
         for: 1d\nfleet:\n{fleet}"
    )
}

/// Asserts that these ways are among the found ones.
#[track_caller]
fn includes(found: &[String], expected: &[&str]) {
    for way in expected {
        assert!(found.iter().any(|line| line == way), "{way} is not in\n{}", found.join("\n"));
    }
}

#[test]
fn a_protected_pay_as_you_go_instance_has_these_ways() {
    let fleet = "  instances: { db-1: { protect: [release-protection] } }\n";
    let plan = plan(&scenario("alibaba-ecs-cn@2026-05-15", fleet));
    let (found, _) = ways(&plan, &settings(3, 30));
    assert_eq!(
        found,
        [
            "convert-billing 23d16h 1",
            "convert-billing+convert-billing+release 0s 1",
            "convert-billing+release 7d16h1s 1",
            "overdue 15d 0",
            "release+set-protection 0s 1",
            "schedule-release 30m 1",
            "security-release 0s 0",
        ]
    );
    let keeps = Hunt { keep_flag: true, ..settings(3, 30) };
    let (found, _) = ways(&plan, &keeps);
    assert!(found.iter().all(|way| !way.contains("set-protection")), "{found:?}");
    includes(&found, &["schedule-release 30m 1", "overdue 15d 0"]);
    // A conversion switches the protection off.
    assert!(found.iter().all(|way| !way.contains("convert-billing")), "{found:?}");
    let calls = Hunt { causes: false, ..settings(2, 30) };
    let (found, _) = ways(&plan, &calls);
    assert!(found.iter().all(|way| way.ends_with(" 1")), "{found:?}");
}

#[test]
fn a_member_is_lost_through_its_group() {
    let fleet = "  groups: { web: { min: 1, max: 4, health-check: instance } }\n  instances:\n    \
                 web-1..3: { group: web, protect: [release-protection] }\n";
    let plan = plan(&scenario("alibaba-ecs@2026-05-15", fleet));
    let (found, _) = ways(&plan, &settings(1, 30));
    includes(&found, &["stop 0s 1", "scale-in 0s 1", "delete-members 0s 1", "delete-group 0s 1"]);
}

#[test]
fn a_protected_instance_of_a_set_has_these_ways() {
    let fleet = "  groups: { web: {} }\n  instances:\n    web_0: { group: web, protect: \
                 [protect-from-scale-set-actions], billing: spot, eviction: delete }\n    \
                 web_1: { group: web }\n";
    let plan = plan(&scenario("azure-vmss@2026-05-19", fleet));
    let (found, _) = ways(&plan, &settings(1, 120));
    includes(&found, &["release 0s 1", "delete-group 0s 1"]);
    assert!(found.iter().any(|way| way.starts_with("spot-reclaim ")), "{found:?}");
    assert!(found.iter().any(|way| way.starts_with("cancel ")), "{found:?}");
}

/// A stream of small numbers.
pub struct Numbers(pub u64);

impl Numbers {
    fn below(&mut self, count: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    fn one_of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        let count = u64::try_from(words.len()).unwrap();
        words[usize::try_from(self.below(count)).unwrap()]
    }
}

/// A small fleet of one provider, with a group, other members and other instances of the account.
pub fn small_fleet(numbers: &mut Numbers) -> String {
    let policy = numbers.one_of(&[
        "alibaba-ecs@2019-01-15",
        "alibaba-ecs@2026-05-15",
        "alibaba-ecs-cn@2026-05-15",
        "alibaba-ecs-intl@2026-05-15",
        "azure-vmss@2019-05-22",
        "azure-vmss@2026-05-19",
    ]);
    let grouped = numbers.below(2) == 0;
    let mut fleet = String::new();
    if policy.starts_with("alibaba") {
        let check = numbers.one_of(&["none", "instance"]);
        let min = numbers.below(3);
        let hook = numbers.one_of(&["", ", terminate-hook: { timeout: 10m }"]);
        fleet.push_str(&format!(
            "  groups: {{ g: {{ min: {min}, max: 3, health-check: {check}{hook} }} }}\n  instances:\n"
        ));
        let billing = numbers.one_of(&["pay-as-you-go", "spot", "subscription, expires: +3d"]);
        let flag = numbers.one_of(&["release-protection", ""]);
        let of_group = if grouped && !billing.starts_with("sub") {
            let membership = numbers.one_of(&["auto-created", "entrusted", "attached"]);
            format!(", group: g, membership: {membership}")
        } else {
            String::new()
        };
        let flag = if billing.starts_with("sub") { "" } else { flag };
        let more =
            if of_group.is_empty() { "" } else { numbers.one_of(&[", scale-in-protection", ""]) };
        let both = format!("{flag}{more}");
        let both = both.trim_start_matches(", ");
        fleet.push_str(&format!(
            "    a: {{ billing: {billing}{of_group}, protect: [{both}], resources: {{ d: {{ kind: \
             data-disk, with-instance: false }} }} }}\n"
        ));
        fleet.push_str("    b: { group: g }\n    c: { protect: [release-protection] }\n");
    } else {
        let mode = numbers.one_of(&["manual", "automatic"]);
        let lock =
            if policy.ends_with("05-19") { numbers.one_of(&["", "delete-lock"]) } else { "" };
        fleet.push_str(&format!(
            "  groups: {{ g: {{ upgrade-mode: {mode}, protect: [{lock}] }} }}\n  instances:\n"
        ));
        let flag = numbers.one_of(&["protect-from-scale-in", "protect-from-scale-set-actions", ""]);
        let spot = numbers.one_of(&["", ", billing: spot, eviction: delete"]);
        fleet.push_str(&format!("    g_0: {{ group: g, protect: [{flag}]{spot} }}\n"));
        fleet.push_str("    g_1: { group: g }\n");
    }
    scenario(policy, &fleet)
}

/// With pruning, `hunt` finds the same ways as an enumeration that compares no states.
#[test]
fn pruning_loses_no_way() {
    let mut numbers = Numbers(7);
    let (mut pruned, mut all) = (0, 0);
    for number in 0..12 {
        let text = small_fleet(&mut numbers);
        let plan = plan(&text);
        let most = if number % 4 == 0 { 2 } else { 1 };
        let (found, states) = ways(&plan, &settings(most, 20));
        let (enumerated, every) = ways(&plan, &Hunt { prunes: false, ..settings(most, 20) });
        assert_eq!(found, enumerated, "{text}");
        pruned += states;
        all += every;
    }
    assert!(pruned * 2 < all, "{pruned} of {all} states");
}

/// A part of the fleet has the same ways as the whole fleet.
#[test]
fn a_part_of_the_fleet_has_the_same_ways() {
    let one = "    db-1: { protect: [release-protection] }\n";
    let others: Vec<String> =
        (2..60).map(|n| format!("    db-{n}: {{ zone: z-{n}, auto-release: +{n}h }}\n")).collect();
    let others = others.concat();
    let alone = plan(&scenario("alibaba-ecs@2026-05-15", &format!("  instances:\n{one}")));
    let large = plan(&scenario("alibaba-ecs@2026-05-15", &format!("  instances:\n{one}{others}")));
    let script = large.script.listed().unwrap();
    let part = Surroundings::new(&large, &script).of(stayput::words::InstanceId(0));
    assert_eq!(part.originals.len(), 1);
    assert_eq!(ways(&alone, &settings(2, 30)), ways(&large, &settings(2, 30)));
}

/// Each way is written as a scenario with the whole fleet. When it is run, the loss occurs.
#[test]
fn every_written_way_runs_and_sees_the_loss() {
    let mut numbers = Numbers(5);
    let mut count = 0;
    for _ in 0..6 {
        let folder = folder();
        let path = write(folder.path(), "s.yaml", small_fleet(&mut numbers));
        let ways = folder.path().join("ways");
        let ways = ways.to_str().unwrap();
        let is_set = std::fs::read_to_string(&path).unwrap().contains("g_0");
        let target = if is_set { "g_0" } else { "a" };
        let hunt = ["hunt", &path, "--target", target, "--max-actions", "2", "--write", ways];
        let ran = stayput(&hunt);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.contains("not confirmed"), "{}", ran.stdout);
        let tested = stayput(&["test", ways]);
        assert_eq!(tested.code, 0, "{}{}", tested.stdout, tested.stderr);
        count += std::fs::read_dir(ways).unwrap().count();
    }
    assert!(count > 20, "{count} ways");
}

/// `hunt` with an overlay does not report the ways that the overlay's events prevent.
#[test]
fn an_overlay_is_applied_to_every_scenario_of_a_verb() {
    let folder = folder();
    let fleet = "  instances: { db-1: { } }\n";
    let path = write(folder.path(), "s.yaml", scenario("alibaba-ecs@2026-05-15", fleet));
    let guard = "stayput: overlay/1\nevents:\n  - { at: +0s, id: guard, set-protection: { instance: \
                 \"db-*\", flags: { release-protection: true } } }\n";
    let guard = write(folder.path(), "guard.yaml", guard);
    let hunt = ["hunt", &path, "--target", "db-1", "--max-actions", "1", "--calls-only"];
    let before = stayput(&hunt);
    assert!(before.stdout.contains("  release: {"), "{}", before.stdout);
    let after = stayput(&[&hunt[..], &["--with", &guard]].concat());
    assert!(!after.stdout.contains("  release: {"), "{}", after.stdout);
    let run = stayput(&["run", &path, "--with", &guard, "-f", "jsonl"]);
    assert!(run.stdout.contains("\"guard\""), "{}", run.stdout);
    let other = stayput(&["run", &path, "--with", &path]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert!(other.stderr.contains("overlay/1"), "{}", other.stderr);
}

#[test]
fn the_text_names_rules_and_what_would_have_closed_a_way() {
    let folder = folder();
    let fleet = "  instances: { db-1..2: { protect: [release-protection] } }\n";
    let path = write(folder.path(), "s.yaml", scenario("alibaba-ecs-cn@2026-05-15", fleet));
    let ran = stayput(&["hunt", &path, "--target", "db-*", "--max-actions", "2"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!("hunt", ran.stdout);
    let again = stayput(&["hunt", &path, "--target", "db-*", "--max-actions", "2"]);
    assert_eq!(ran.stdout, again.stdout);
    let json = stayput(&["hunt", &path, "--target", "db-1", "--max-actions", "1", "-f", "json"]);
    let answers: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answers[0]["targets"][0]["ways"].as_array().unwrap().len(), 4);
    assert_eq!(answers[0]["targets"][0]["complete"], true);
    let limited = stayput(&["hunt", &path, "--target", "db-1", "--max-states", "5"]);
    assert_eq!(limited.code, 5, "{}", limited.stdout);
    assert!(limited.stdout.contains("not complete"), "{}", limited.stdout);
    let unknown = stayput(&["hunt", &path, "--target", "db-9"]);
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
}

/// `two-person` fails and reports the way if one caller can cause a loss alone; otherwise it holds.
#[test]
fn a_two_person_rule_is_proved_or_fails_with_the_way() {
    let folder = folder();
    let rule = |fleet: &str, calls: u8| {
        let expect = format!(
            "expect:\n  two-person: {{ instance: \"db-*\", within: 24h, calls: {calls} }}\n"
        );
        let text = scenario("alibaba-ecs@2026-05-15", fleet) + &expect;
        stayput(&["test", &write(folder.path(), "s.yaml", text)])
    };
    let flagged = "  instances: { db-1..3: { protect: [release-protection] } }\n";
    let fails = rule(flagged, 2);
    assert_eq!(fails.code, 1, "{}{}", fails.stdout, fails.stderr);
    for text in ["db-1 (and 2 more)", "within 1d", "schedule-release: {", "RP2"] {
        assert!(fails.stdout.contains(text), "`{text}` is not in {}", fails.stdout);
    }
    let paid = "  instances: { db-1: { billing: subscription, expires: +30d } }\n";
    let holds = rule(paid, 1);
    assert_eq!(holds.code, 0, "{}{}", holds.stdout, holds.stderr);
    let converts = rule(paid, 2);
    assert_eq!(converts.code, 1, "{}{}", converts.stdout, converts.stderr);
    assert!(converts.stdout.contains("convert-billing"), "{}", converts.stdout);
}

/// If a protection is unknown, a call may cause a loss alone. Neither `two-person` nor `hunt`
/// states that there is no way, although none is certain.
#[test]
fn a_search_that_depends_on_an_unknown_fact_is_undecided() {
    let folder = folder();
    let file = |assume: &str, of: &str| {
        let text = format!(
            "stayput: scenario/1\nname: s\npolicy: alibaba-ecs-cn@2026-05-15\n\
             start: 2026-06-01T00:00:00Z\nfor: 1d\n{assume}principals:\n  \
             eve: {{ may: [ecs:DeleteInstance, ecs:DeleteInstances] }}\n  \
             pat: {{ may: ecs:ModifyInstanceAttribute }}\n\
             fleet: {{ instances: {{ a: {{ {of} }} }} }}\n\
             expect: {{ two-person: {{ instance: a, within: 24h }} }}\n"
        );
        write(folder.path(), "s.yaml", text)
    };
    let unknown = "protect: [\"release-protection=unknown\"]";
    let path = file("", unknown);
    let tested = stayput(&["test", &path]);
    let not_proved = "not proved for eve, because the result depends on an unknown fact";
    assert_eq!(tested.code, 1, "{}", tested.stdout);
    assert!(tested.stdout.replace("\n  ", " ").contains(not_proved), "{}", tested.stdout);
    let hunt = ["hunt", &path, "--target", "a", "--calls-only", "--as", "eve"];
    let text = stayput(&hunt);
    assert_eq!(text.code, 5, "{}", text.stdout);
    assert!(text.stdout.starts_with("a: undecided whether there is a way within 30d"), "{text:?}");
    assert!(text.stdout.contains("`unknown-protection: unset`"), "{}", text.stdout);
    let json = stayput(&[&hunt[..], &["-f", "json"]].concat());
    let answers: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answers[0]["targets"][0]["incomplete_because"], "unknown-fact");
    let fixed = stayput(&[&hunt[..], &["--fix"]].concat());
    assert_eq!(fixed.code, 5, "{}", fixed.stdout);
    assert!(fixed.stdout.contains("undecided whether there is a way"), "{}", fixed.stdout);
    let more = stayput(&["hunt", &path, "--target", "a", "--calls-only"]);
    assert_eq!(more.code, 5, "{}", more.stdout);
    assert!(more.stdout.starts_with("a: at least 1 way within 30d"), "{}", more.stdout);
    // A known position is searched as usual; the proof uses the assumption.
    let set = file("assume: { unknown-protection: set }\n", unknown);
    let proved = stayput(&["test", &set]);
    assert_eq!(proved.code, 0, "{}{}", proved.stdout, proved.stderr);
    assert!(!proved.stderr.contains("W061"), "{}", proved.stderr);
    // An unknown billing, where protection of spot capacity has no effect.
    let spot = "billing: unknown, protect: [release-protection]";
    let tested = stayput(&["test", &file("assume: { flag-on-spot: inert }\n", spot)]);
    assert_eq!(tested.code, 1, "{}", tested.stdout);
    assert!(tested.stdout.contains("not proved for eve"), "{}", tested.stdout);
}

/// One caller may switch the protection off, and another may release. Together they can lose the
/// instance; neither can alone.
#[test]
fn permissions_decide_who_can_do_a_way() {
    let principals = "principals:\n  deployer: { may: [ecs:DeleteInstance, ecs:StopInstance] }\n  \
                      guardian: { may: ecs:ModifyInstanceAttribute }\n";
    let more = "  admin: { may: \"*\" }\n  root: { may: \"*\" }\n";
    let fleet = "fleet: { instances: { db-1: { protect: [release-protection] } } }\n";
    let expect = "expect: { two-person: { instance: db-1, within: 24h } }\n";
    let head = "stayput: scenario/1\nname: who\npolicy: alibaba-ecs-cn@2026-05-15\n\
                start: 2026-06-01T00:00:00Z\nfor: 1d\n";
    let folder = folder();
    let two = write(folder.path(), "two.yaml", [head, principals, fleet, expect].concat());
    let ran = stayput(&["hunt", &two, "--target", "db-1", "--calls-only", "--max-actions", "2"]);
    assert!(ran.stdout.contains("db-1: 1 way within 30d"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 callers (deployer and guardian)"), "{}", ran.stdout);
    let alone = ["hunt", &two, "--target", "db-1", "--calls-only", "--as", "deployer"];
    assert!(stayput(&alone).stdout.contains("db-1: no way within 30d"));
    assert_eq!(stayput(&["test", &two]).code, 0);
    let all = write(folder.path(), "all.yaml", [head, principals, more, fleet, expect].concat());
    let ran = stayput(&["hunt", &all, "--target", "db-1", "--calls-only", "--max-actions", "1"]);
    assert!(ran.stdout.contains("1 caller (admin, or root): lost after 30m"), "{}", ran.stdout);
    assert_eq!(stayput(&["test", &all]).code, 1);
    let unknown = stayput(&["hunt", &two, "--target", "db-1", "--as", "depoyer"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("did you mean `deployer`?"), "{}", unknown.stderr);
}

/// Instances that the same events name, or for which every principal has the same permissions, are
/// searched once.
#[test]
fn instances_in_the_same_state_are_searched_once() {
    let fleet = "  instances: { db-1..4: { protect: [release-protection] } }\n";
    let more = "principals: { ann: { may: \"ecs:*\", where: { instance: db-1..2 } } }\n\
                events: [{ at: +0s, set-protection: { instance: db-1..3, by: ann, via: api, flags: \
                { release-protection: false } } }]\n";
    let plan = plan(&(scenario("alibaba-ecs@2026-05-15", fleet) + more));
    let script = plan.script.listed().unwrap();
    let ids: Vec<_> = plan.fleet.instances().map(|(id, _)| id).collect();
    let classes = stayput::search::alike(&plan, &script, &ids);
    assert_eq!(classes, [&ids[..2], &ids[2..3], &ids[3..]]);
}

/// One held instance keeps the others of a call. The part of the plan that is searched therefore
/// contains it, although nothing else connects it with them.
#[test]
fn a_neighbour_whose_protection_keeps_the_others_is_not_left_out() {
    let fleet = "  instances: { a: {}, b: { protect: [release-protection] } }\n";
    let events = "assume: { api-batch: all-or-nothing }\nevents: [{ at: +1h, release: { instance: \
                  [a, b], force: true, via: api } }]\n";
    let plan = plan(&(scenario("alibaba-ecs@2026-05-15", fleet) + events));
    let script = plan.script.listed().unwrap();
    let part = Surroundings::new(&plan, &script).of(stayput::words::InstanceId(0));
    assert_eq!(part.originals.len(), 2);
    let calls = Hunt { causes: false, ..settings(0, 30) };
    let (found, _) = ways(&plan, &calls);
    assert_eq!(found, [] as [String; 0], "the call is refused as a whole");
    // The same with a neighbour that the caller may not release.
    let fleet = "  instances: { a: {}, b: {} }\n";
    let who = "principals: { ann: { may: \"ecs:*\", where: { instance: a } } }\n";
    let events = events.replace("via: api", "by: ann, via: api");
    let plan = self::plan(&(scenario("alibaba-ecs@2026-05-15", fleet) + who + &events));
    let (found, _) = ways(&plan, &Hunt { callers: Vec::new(), ..calls });
    assert_eq!(found, [] as [String; 0], "the call is refused as a whole");
}

/// The bounds themselves: no step, no time, and nothing that matches.
#[test]
fn the_smallest_bounds_have_answers() {
    let span = folder();
    let fleet = "  instances: { db-1: { auto-release: +2d } }\n";
    let path = write(span.path(), "s.yaml", scenario("alibaba-ecs@2026-05-15", fleet));
    let hunt = |more: &[&str]| stayput(&[&["hunt", &path, "--target", "db-1"], more].concat());
    let waiting = hunt(&["--max-actions", "0"]);
    assert!(waiting.stdout.contains("db-1: 1 way within 30d"), "{}", waiting.stdout);
    assert!(waiting.stdout.contains("without any step: lost after 2d"), "{}", waiting.stdout);
    let at_once = hunt(&["--max-actions", "0", "--within", "0s"]);
    assert!(at_once.stdout.contains("no way within 0s"), "{}", at_once.stdout);
    let at_once = hunt(&["--max-actions", "1", "--within", "0s", "--calls-only"]);
    assert!(at_once.stdout.contains("lost after 0s"), "{}", at_once.stdout);
    assert!(at_once.stdout.contains("everybody may make every call"), "{}", at_once.stdout);
    let none = hunt(&["--within", "-1d"]);
    assert_eq!(none.code, 2, "{}", none.stderr);
    let fixed = hunt(&["--fix", "--within", "0s", "--max-actions", "0"]);
    assert!(fixed.stdout.contains("nothing to close"), "{}", fixed.stdout);
    let fixed = hunt(&["--fix", "--faster-than", "0s", "--max-actions", "1"]);
    assert!(fixed.stdout.contains("nothing to close"), "{}", fixed.stdout);
    let empty = stayput(&["hunt", &path, "--target", "web-*"]);
    assert_eq!(empty.code, 2, "{}", empty.stderr);
    let broken = stayput(&["hunt", &path, "--target", "[db-1"]);
    assert_eq!(broken.code, 2, "{}", broken.stderr);
}

/// An overlay is checked without a scenario, and skipped in a folder of scenarios.
#[test]
fn an_overlay_beside_scenarios_is_checked_and_not_tested() {
    let span = folder();
    let fleet = "  instances: { db-1: {} }\n";
    write(span.path(), "s.yaml", scenario("alibaba-ecs@2026-05-15", fleet));
    let guard = "stayput: overlay/1\nhouse:\n  on: { in-force: release-protection }\n";
    write(span.path(), "guard.yaml", guard);
    let all = span.path().to_str().unwrap();
    let checked = stayput(&["check", all]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stdout.contains("guard.yaml: an overlay that changes house"), "{checked:?}");
    let run = stayput(&["run", &format!("{all}/s.yaml")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let tested = stayput(&["test", all]);
    assert!(!tested.stderr.contains("overlay"), "{}", tested.stderr);
}

/// If the events are in a table, a way with steps cannot be written, and the output states this.
#[test]
fn a_way_that_cannot_be_written_is_said() {
    let span = folder();
    write(span.path(), "events.csv", "at,id,verb,instance\n+1d,one,stop,db-1\n");
    let fleet = "  instances: { db-1: {} }\nevents: { file: events.csv }\n";
    let path = write(span.path(), "s.yaml", scenario("alibaba-ecs@2026-05-15", fleet));
    let out = span.path().join("out");
    let out = out.to_str().unwrap();
    let hunt = ["hunt", &path, "--target", "db-1", "--max-actions", "1", "--write", out];
    let ran = stayput(&hunt);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("wrote 0 scenarios"), "{}", ran.stderr);
    assert!(ran.stderr.contains("are in a table"), "{}", ran.stderr);
    let ran = stayput(&[&hunt[..], &["--without-events"]].concat());
    assert!(!ran.stderr.contains("are in a table"), "{}", ran.stderr);
}

/// Of two groups with the same settings, only the one with more members may be used by the caller.
#[test]
fn a_way_through_the_only_permitted_group_is_found() {
    let head = "stayput: scenario/1\nname: who\npolicy: alibaba-ecs@2026-05-15\n\
                start: 2026-06-01T00:00:00Z\nfor: 1d\n\
                principals: { ops: { may: \"ess:*\", where: { group: b } } }\n";
    let fleet = "fleet:\n  groups: { a: { min: 0, max: 9 }, b: { min: 0, max: 9 } }\n  \
                 instances:\n    db-1: { protect: [release-protection] }\n    web-1: { group: b }\n";
    let folder = folder();
    let path = write(folder.path(), "s.yaml", [head, fleet].concat());
    let arguments = ["hunt", &path, "--target", "db-1", "--calls-only", "--max-actions", "2"];
    let ran = stayput(&arguments);
    assert!(ran.stdout.contains("attach: { instance: db-1, group: b"), "{}", ran.stdout);
    // The same if only the group with fewer members may be used.
    let other = [head, fleet].concat().replace("where: { group: b }", "where: { group: a }");
    write(folder.path(), "s.yaml", other);
    let ran = stayput(&arguments);
    assert!(ran.stdout.contains("attach: { instance: db-1, group: a"), "{}", ran.stdout);
}
