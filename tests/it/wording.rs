//! Texts that a person reads: what they name, count and promise is so.

use std::fs;

use serde_json::Value as Json;

use crate::support::{folder, root, stayput, write};

/// A fleet of one instance under a policy, and further keys.
fn scenario(policy: &str, instance: &str, rest: &str) -> String {
    format!(
        "stayput: scenario/1\nname: s\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\nfor: 10d\n\
         fleet: {{ instances: {{ web-1: {{ {instance} }} }} }}\n{rest}"
    )
}

#[test]
fn a_refused_schedule_names_the_policy_and_its_limits() {
    let folder = folder();
    let own = "stayput: policy/1\npolicy: own\nedition: 2026-11\ntitle: own\n\
               extends: alibaba-ecs-cn@2026-05-15\nschedule: { earliest: 1d, confidence: assumed }\n";
    write(folder.path(), "own.yaml", own);
    let text = scenario("./own.yaml", "auto-release: +2h", "");
    let ran = stayput(&["check", &write(folder.path(), "s.yaml", text)]);
    assert!(
        ran.stderr.contains("error[E030]: own@2026-11 refuses this schedule"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("the earliest accepted time is 2026-06-02T"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("30 minutes"), "{}", ran.stderr);
}

#[test]
fn a_request_that_was_accepted_has_no_rule_of_a_refusal() {
    let folder = folder();
    let out = folder.path().join("out");
    let ran = stayput(&[
        "run",
        "scenarios/unpaid-fortnight.yaml",
        "--case",
        "never-pays",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let table = fs::read_to_string(out.join("requests.csv")).unwrap();
    let mut lines = table.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).unwrap();
    let quiet = lines.find(|line| line.contains(",quiet-night,")).unwrap();
    let cells: Vec<&str> = quiet.split(',').collect();
    assert_eq!((cells[column("result")], cells[column("rule")]), ("accepted", ""), "{quiet}");
}

#[test]
fn an_error_cannot_be_allowed() {
    let folder = folder();
    let text = scenario("alibaba-ecs@2026-05-15", "", "allow: [E030]\n");
    let ran = stayput(&["check", &write(folder.path(), "s.yaml", text)]);
    assert!(ran.stderr.contains("E030 is not a warning"), "{}", ran.stderr);
    let misspelt = scenario("alibaba-ecs@2026-05-15", "", "allow: [W005]\n");
    let ran = stayput(&["check", &write(folder.path(), "s.yaml", misspelt)]);
    assert!(!ran.stderr.contains("`E005`"), "{}", ran.stderr);
    let schema: Json = serde_json::from_str(&stayput(&["schema", "scenario"]).stdout).unwrap();
    let codes = schema["$defs"]["code-of-a-warning"]["oneOf"].as_array().unwrap();
    let codes: Vec<&str> = codes.iter().filter_map(|one| one["const"].as_str()).collect();
    assert!(codes.contains(&"W050") && codes.iter().all(|code| code.starts_with('W')), "{codes:?}");
}

#[test]
fn a_listing_without_a_time_has_a_code_of_its_own() {
    let reply = "scenarios/data/aliyun/ecs-describe-instances-cn-beijing.json";
    let ran = stayput(&["import", reply]);
    assert!(
        ran.stderr.contains("warning[W121]: the fleet is taken as listed at"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("time of the newest file"), "{}", ran.stderr);
    assert!(stayput(&["explain", "W121"]).stdout.contains("listed is not stated"));
}

#[test]
fn the_newest_edition_is_suggested_first() {
    let ran = stayput(&["rules", "alibaba-ecs", "RP1"]);
    assert!(ran.stderr.contains("did you mean `alibaba-ecs@2026-05-15`?"), "{}", ran.stderr);
}

#[test]
fn a_caller_is_one_value_of_an_option() {
    let file = "scenarios/who-could-lose-it.yaml";
    let before = ["hunt", "--target", "db-1", "--calls-only", "--as", "deployer", file];
    let after = ["hunt", file, "--target", "db-1", "--calls-only", "--as", "deployer"];
    let (before, after) = (stayput(&before), stayput(&after));
    assert_eq!((before.code, &before.stdout), (after.code, &after.stdout), "{}", before.stderr);
}

#[test]
fn advice_to_a_refused_caller_is_no_remedy() {
    let place = "scenarios/unpaid-fortnight.yaml#mis-click/db-1";
    let text = stayput(&["explain", place, "--case", "never-pays"]).stdout;
    assert!(text.contains("to proceed  switch it off") && !text.contains("remedy"), "{text}");
}

#[test]
fn the_condition_of_a_protection_is_no_verdict() {
    let text = stayput(&["rules", "alibaba-ecs@2026-05-15", "RP0"]).stdout;
    assert!(text.contains("works when  billing pay-as-you-go or spot"), "{text}");
    let all = stayput(&["rules", "alibaba-ecs@2026-05-15"]).stdout;
    assert!(all.contains("works when billing pay-as-you-go or spot"), "{all}");
}

#[test]
fn every_rule_of_a_protection_has_a_reason() {
    for name in stayput::policy::Catalog::names() {
        let rules = stayput(&["rules", name, "-f", "json"]).stdout;
        let rules: Json = serde_json::from_str(&rules).unwrap();
        let of_protections = rules["rules"].as_array().unwrap().iter().filter(|rule| {
            rule["part"].as_str().is_some_and(|part| part.starts_with("protections."))
        });
        let without = of_protections.filter(|rule| rule["because"].is_null());
        let without: Vec<&Json> = without.map(|rule| &rule["rule"]).collect();
        assert!(without.is_empty(), "{name}: {without:?}");
    }
}

#[test]
fn no_line_ends_with_a_space() {
    let editions = ["alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15"];
    let commands: [&[&str]; 5] = [
        &["diff", editions[0], editions[1]],
        &["policies"],
        &["rules", editions[1]],
        &["run", "scenarios/real-fleet.yaml"],
        &["run", "scenarios/unpaid-fortnight.yaml", "--compare"],
    ];
    for command in commands {
        let text = stayput(command).stdout;
        let wrong: Vec<&str> = text.lines().filter(|line| line.ends_with(' ')).collect();
        assert!(wrong.is_empty(), "{command:?}: {wrong:?}");
    }
}

/// A loss that is no release says what it is, so that two of one instance are not the same line.
#[test]
fn a_remedy_names_the_loss_that_is_no_release() {
    let text = stayput(&["run", "scenarios/real-set.yaml"]).stdout;
    let exits = text.split("last exits: ").nth(1).unwrap();
    assert!(exits.contains("settle the bill (shop-web_0, shop-web_3): deallocated\n"), "{exits}");
    assert!(exits.contains("settle the bill (shop-web_0, shop-web_3)\n"), "{exits}");
}

#[test]
fn names_of_a_row_of_two_lines_are_whole() {
    let text = stayput(&["run", "scenarios/real-fleet.yaml"]).stdout;
    assert!(text.contains("\n    i-uf659o9rxxey22fpw1do (5, with gaps)"), "{text}");
}

/// Ways that stay open, and ways that only exist once a protection can be switched off again.
#[test]
fn ways_that_changes_create_are_listed_apart() {
    let file = "scenarios/unpaid-fortnight.yaml";
    let bounds = ["--case", "never-pays", "--max-actions", "2", "--within", "5d", "--fix"];
    let text = stayput(&[&["hunt", file, "--target", "web-4"], &bounds[..]].concat()).stdout;
    let (stay, new) = text.split_once("only once all changes are made:").expect(&text);
    assert!(stay.contains("of these ways stay open, even with all changes together:"), "{text}");
    assert!(new.contains("web-4: set-protection, release, lost after 0s"), "{text}");
}

#[test]
fn the_file_of_the_repository_for_an_own_policy_is_tried_as_the_page_says() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let command = page.lines().find(|line| line.contains("Try your own rule")).unwrap();
    let command = command.split("`stayput ").nth(1).unwrap().split('`').next().unwrap();
    let ran = stayput(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(ran.code, 1, "it differs: {}", ran.stderr);
}
