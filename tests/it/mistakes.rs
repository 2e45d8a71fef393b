use std::fs;

use crate::support::{folder, root, stayput, write};

/// A scenario with these lines after its policy and times.
fn scenario(lines: &str) -> String {
    let head = "\
stayput: scenario/1
name: s
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
";
    format!("{head}{lines}")
}

/// The message of `check` for such a scenario.
fn check(lines: &str) -> String {
    check_file("s.yaml", &scenario(lines))
}

fn check_file(name: &str, text: &str) -> String {
    let scratch = folder();
    let path = write(scratch.path(), name, text);
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2, "{text}\n{}", ran.stderr);
    ran.stderr
}

/// The codes of the errors, in their order.
fn codes(reported: &str) -> Vec<&str> {
    let errors = reported.lines().filter_map(|line| line.strip_prefix("error["));
    errors.filter_map(|rest| rest.split(']').next()).collect()
}

#[test]
fn a_mistake_in_the_fleet_hides_no_unknown_name() {
    let lines = "\
fleet:
  accounts: { shop: { grace: 1d } }
  groups: { web: { min: 0 } }
  instances:
    db-1: { zoen: a }
    web-1: { group: web }
events:
  - { at: +1h, id: b, release: { instance: [db-2, db-1, web-new], by: al, via: api } }
  - { at: +1h, id: c, scale-in: { group: wbe, remove: 1 } }
  - { at: +1h, id: d, overdue: { account: shpo } }
expect:
  decisions:
    - { event: b, instance: db-3, outcome: held }
    - { event: b, instance: db-1, outcome: held }
";
    let reported = check(lines);
    assert_eq!(codes(&reported), ["E001", "E010", "E010", "E010", "E010"], "{reported}");
    for meant in ["`db-1`?", "`web`?", "`shop`?"] {
        assert!(reported.contains(&format!("did you mean {meant}")), "{meant}\n{reported}");
    }
    let accounts = check(&lines.replace("grace: 1d", "polcy: x").replace("zoen", "zone"));
    assert_eq!(codes(&accounts), ["E001", "E010", "E010", "E010", "E010"], "{accounts}");
    // Any name may be in a part that is not known.
    let open = check(&lines.replace("instances:\n", "instnaces:\n"));
    assert_eq!(codes(&open), ["E001"], "{open}");
}

#[test]
fn a_value_that_a_case_lacks_is_reported_once_for_each_place() {
    let reported = check(
        "\
cases:
  one: { p: [release-protection], at: +1h, outcome: held, r: RP1 }
  two: { p: [] }
fleet:
  instances:
    db-1: { protect: $p }
    db-2: { protect: $q }
events:
  - { at: $at, id: x, release: { instance: db-1, by: admin, via: api } }
expect:
  decisions:
    - { event: x, instance: db-1, outcome: $outcom, rule: $r }
",
    );
    assert_eq!(codes(&reported), ["E013"; 4], "{reported}");
    assert!(reported.contains("`$at` has no value: the case `two` does not have it"), "{reported}");
    assert!(reported.contains("`$q` has no value: no case has this value"), "{reported}");
    assert!(reported.contains("did you mean `$outcome`?"), "{reported}");
    let keys = "cases: { one: { d: disk } }\nfleet: { instances: { a: { tags: { $d: x } } } }\n";
    let reported = check(keys);
    assert!(reported.contains("only values are replaced, not keys"), "{reported}");
    let scratch = folder();
    let text = scenario("fleet: { instances: { file: fleet.csv } }\n");
    write(scratch.path(), "fleet.csv", "instance,zone\na,$z\n$b,z\n");
    let ran = stayput(&["check", &write(scratch.path(), "s.yaml", text)]);
    assert_eq!(codes(&ran.stderr), ["E013", "E013"], "{}", ran.stderr);
}

#[test]
fn a_mistake_has_no_contradiction_as_a_consequence() {
    let expires = "expires: 2026-07-01T00:00:00Z, renewal: none";
    for (instance, code) in [
        (format!("{{ billing: subscripton, {expires} }}"), "E007"),
        (format!("{{ biling: subscription, {expires} }}"), "E001"),
        ("{ groop: web, membership: attached }".to_owned(), "E001"),
    ] {
        let lines = format!("fleet:\n  groups: {{ web: {{}} }}\n  instances:\n    a: {instance}\n");
        let reported = check(&lines);
        assert_eq!(codes(&reported), [code], "{reported}");
    }
    let both = format!(
        "fleet: {{ instances: {{ a: {{ biling: spot }}, b: {{ billing: spot, {expires} }} }} }}\n"
    );
    assert_eq!(codes(&check(&both)), ["E001", "E050", "E050"], "another instance");
}

/// A copy of an edition with a change.
fn policy(from: &str, to: &str) -> String {
    let text = fs::read_to_string(root().join("policies/azure-vmss@2019-05-22.yaml")).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn a_text_of_a_policy_that_is_too_long_is_not_missing() {
    let because = "because: not in a scale set";
    let text = policy(because, &format!("because: {}", "w ".repeat(150).trim_end()));
    let reported = check_file("policy.yaml", &text);
    assert_eq!(codes(&reported), ["E008"], "{reported}");
    assert!(reported.contains("this text is too long for a report"), "{reported}");
}

#[test]
fn an_edition_that_begins_as_a_date_is_one() {
    for wrong in ["2020-1-1", "2026-13-45", "2026-13", "2026-05-15T00:00:00Z"] {
        let text = policy("edition: 2019-05-22", &format!("edition: {wrong}"));
        let reported = check_file("policy.yaml", &text);
        let title = format!("error[E022]: the edition `{wrong}` is not a date");
        assert!(reported.contains(&title), "{reported}");
    }
    for right in ["2019", "2019-06", "one"] {
        let text = policy("edition: 2019-05-22", &format!("edition: {right}"));
        let scratch = folder();
        let ran = stayput(&["check", &write(scratch.path(), "policy.yaml", &text)]);
        assert!(!ran.stderr.contains("is not a date"), "{}", ran.stderr);
    }
}

#[test]
fn a_policy_without_its_first_line_gets_one_message() {
    let text = policy("stayput: policy/1\n", "");
    // Without its comments, it is not known as a policy.
    let bare = &text[text.find("policy: ").unwrap()..];
    for text in [&text, &format!("title: x\n{}", bare.replacen("title: ", "x-title: ", 1))] {
        let reported = check_file("policy.yaml", text);
        assert_eq!(codes(&reported).len(), 1, "{reported}");
        assert!(reported.contains("write `stayput: policy/1` as the first line"), "{reported}");
    }
}

#[test]
fn a_proposed_protection_or_timer_is_accepted() {
    let group = "\
fleet:
  groups: { web: { protect: [deletion-protection] } }
  instances: { web-1: { group: web } }
";
    let reported = check(group);
    assert!(reported.contains("did you mean `group-deletion-protection`?"), "{reported}");
    let reported = check(&group.replace("[deletion-", "[release-"));
    assert!(reported.contains("protections of a group: group-deletion-protection"), "{reported}");
    let timer = "\
fleet: { instances: { a: {} } }
expect:
  decisions: [{ event: \"timer:scheduled-releases\", instance: a, outcome: held }]
";
    let reported = check(timer);
    assert!(reported.contains("did you mean `timer:scheduled-release`?"), "{reported}");
}

/// Every report for programs has the reason of an error, and what to do.
#[test]
fn reports_for_programs_have_reasons() {
    let scratch = folder();
    let text = scenario("fleet: { instances: { a: { zone: -z, creatd: +1h } } }\n");
    let path = write(scratch.path(), "s.yaml", text);
    for format in ["junit", "github", "markdown", "json", "html"] {
        let ran = stayput(&["test", &path, "-f", format]);
        let output = ran.stdout.replace("&#x60;", "`").replace("%25", "%").replace('\\', "");
        for reason in ["a spreadsheet would run text that starts with", "did you mean"] {
            assert!(output.contains(reason), "{format}: {reason}\n{output}");
        }
    }
}

/// A mistake that an edition makes in one that it extends is shown in its own file.
#[test]
fn a_mistake_in_an_extended_edition_is_shown_in_the_file_that_makes_it() {
    let text = "\
stayput: policy/1
policy: mine
edition: 2026-06-01
title: x
extends: alibaba-ecs@2026-05-15
drops: [switches.billing-site]
";
    let reported = check_file("mine.yaml", text);
    assert_eq!(codes(&reported), ["E012"], "{reported}");
    let place = reported.lines().nth(1).unwrap();
    assert!(place.ends_with("mine.yaml:6:9"), "{reported}");
    assert!(reported.contains("policies/alibaba-ecs@2026-05-15.yaml:"), "{reported}");
    assert!(reported.contains("and 6 more of this kind in the extended edition"), "{reported}");
}

/// The smallest figure of a pair is not above the largest, whatever the section.
#[test]
fn figures_that_are_the_wrong_way_round_are_refused() {
    let policy = |lines: &str| {
        let head = "stayput: policy/1\npolicy: house\nedition: 2026-06-01\ntitle: House\n\
            extends: alibaba-ecs@2026-05-15\nsources:\n  \
            me: { title: mine, section: s, at: \"https://example.com/x\", dated: 2026-05-15 }\n";
        check_file("house.yaml", &format!("{head}{lines}\n"))
    };
    for (lines, says) in [
        ("hooks: { shortest: 7h, source: me }", "`shortest` is 7h, longer than `longest`"),
        ("hooks: { longest: 7h, source: me }", "`longest` is 7h, longer than `in-all`"),
        ("hooks: { in-all: 30s, source: me }", "`longest` is 6h, longer than `in-all`"),
        (
            "repairs: { shortest: 30m, longest: 10m, source: me }",
            "`shortest` is 30m, longer than `longest`",
        ),
    ] {
        let reported = policy(lines);
        assert_eq!(codes(&reported), ["E050"], "{reported}");
        assert!(reported.contains(says), "{reported}");
    }
}

const FLEET: &str = "\
fleet:
  groups: { web: { min: 0, max: 9, health-check: none } }
  instances: { db-1: {}, web-1: { group: web } }
events:
  - { at: +1h, id: b, release: { instance: db-1, force: true, by: al, via: api } }
  - { at: +2h, id: c, scale-in: { group: web, remove: 1 } }
expect:
  decisions: [{ event: b, instance: db-1, outcome: unprotected, rule: RP9 }]
";

/// What could not be read may have any contents, so nothing follows from its lack.
#[test]
fn what_could_not_be_read_has_no_further_messages() {
    let known = FLEET.replace(", rule: RP9", "");
    for (from, to, code) in [
        ("groups: { web: { min: 0, max: 9, health-check: none } }", "groups: 5", "E004"),
        ("instances: { db-1: {}, web-1: { group: web } }", "instances: [db-1, web-1]", "E004"),
        ("db-1: {}", "\"@db-1\": {}", "E008"),
        ("web: { min", "\"=web\": { min", "E008"),
    ] {
        assert!(known.contains(from), "{from}");
        let reported = check(&known.replace(from, to));
        assert_eq!(codes(&reported), [code], "{to}\n{reported}");
    }
    // The caller of an autoscale rule that was not read.
    let autoscale = known
        .replace("min: 0,", "autoscale: { min: 12h, max: 6, rules: [] },")
        .replace("outcome: unprotected", "by: autoscale");
    assert_eq!(codes(&check(&autoscale)), ["E023"], "{}", check(&autoscale));
    let price = known.replace("db-1: {}", "db-1: { hourly: 1.5 }");
    assert_eq!(codes(&check(&format!("currency: UR\n{price}"))), ["E008"]);
    assert_eq!(codes(&check(&price)), ["E003"]);
    // Values of cases that were not read.
    let cases = known.replace("at: +1h", "at: $when").replace("{ event: b", "{ in: one, event: b");
    for written in ["cases: { one: 3h, two: { when: +1h } }", "cases: 5"] {
        assert_eq!(codes(&check(&format!("{written}\n{cases}"))), ["E004"], "{written}");
    }
}

/// Rules, protections and orders are those of a policy, which may be another one than it seems.
#[test]
fn nothing_is_reported_under_a_policy_that_could_not_be_read() {
    let lines = FLEET
        .replace(
            "fleet:",
            "fleet:\n  accounts: { a: ACCOUNT, b: { policy: azure-vmss@2026-05-19 } }",
        )
        .replace("web: { min", "web: { account: a, removal: [oldest-instance], min")
        .replace("db-1: {}", "db-1: { account: a, protect: [release-protection] }");
    let file = scenario(&lines).replace("policy: alibaba-ecs@2026-05-15\n", "");
    for (account, code) in [("{ policy: { a: b } }", "E004"), ("{ policys: alibaba-ecs }", "E001")]
    {
        let reported = check_file("s.yaml", &file.replace("ACCOUNT", account));
        assert_eq!(codes(&reported), [code], "{reported}");
    }
    // A name that no policy could define is still reported.
    let reported = check_file(
        "s.yaml",
        &file.replace("ACCOUNT", "{ policys: x }").replace("instance: db-1", "instance: db-7"),
    );
    assert_eq!(codes(&reported)[0], "E001", "{reported}");
    assert!(reported.contains("unknown instance `db-7`"), "{reported}");
}

#[test]
fn a_refused_key_has_one_message() {
    let file = scenario("fleet:\n  <<: { a: 1 }\n  instances: { a: {} }\n? [a, b]\n: 1\n: 2\n");
    let reported = check_file("s.yaml", &file);
    assert_eq!(codes(&reported), ["E006", "E004", "E004"], "{reported}");
    let reported = check("fleet:\n  instances: { a: { zone: *other } }\n");
    assert_eq!(codes(&reported), ["E006"], "{reported}");
}

/// A message states what to write instead.
#[test]
fn a_message_proposes_what_is_accepted() {
    let said = |from: &str, to: &str| {
        let lines = FLEET.replace(", rule: RP9", "");
        assert!(lines.contains(from), "{from}");
        check(&lines.replace(from, to))
    };
    for (from, to, says) in [
        ("at: +1h", "at: +1h30", "did you mean `+1h30m` or `+1h30s`?"),
        ("at: +1h", "at: +1d5", "did you mean `+1d5h` or `+1d5m`?"),
        ("at: +1h", "at: +1m5", "did you mean `+1m5s`?"),
        ("at: +1h", "at: +5", "did you mean `+5d` or `+5h`?"),
        ("outcome: unprotected", "outcome: unprotected, at: +20d", "write `for: 20d` or more\n"),
        (
            "decisions: [{ event: b, instance: db-1, outcome: unprotected }]",
            "states: [{ at: +20d, instance: db-1, is: released }]",
            "or use `at: end`",
        ),
        ("instance: db-1, force", "instance: x-y-z, force", "the fleet has db-1, web-1"),
        ("at: +1h, ", "", "add `at: 2026-06-01T00:00:00+08:00`"),
        ("db-1: {}", "\"@db-1\": {}", "write another name, such as `db-1`"),
        ("db-1: {}", "db-1: { zone: [z1] }", "write `z1`, without brackets"),
        ("db-1: {}", "db-1: { protect: release-protection }", "`[release-protection]`"),
        ("db-1: {}", "db-1: { tags: { env: [a] } }", "write one text: a tag has one value"),
        ("db-1: {}", "db-1: { tags: { env: } }", "write `\"\"` for a tag"),
    ] {
        let reported = said(from, to);
        assert!(reported.contains(says), "{to}: `{says}`\n{reported}");
    }
    let scratch = folder();
    for (table, says) in [
        ("instance;zone\na;b\n", "separate the columns by commas"),
        ("instance\tzone\na\tb\n", "separate the columns by commas"),
        ("instance,zone,\na,b,\n", "remove the comma beside it"),
        ("instance,zone\r\na,\"b\r\n", "2 | a,\"b\n"),
    ] {
        write(scratch.path(), "fleet.csv", table);
        let file = scenario("fleet: { instances: { file: fleet.csv } }\n");
        let ran = stayput(&["check", &write(scratch.path(), "s.yaml", file)]);
        assert!(ran.code == 2 && ran.stderr.contains(says), "{table}\n{}", ran.stderr);
    }
}

/// The contents of a section with a misspelt key are read, so that nothing in it is missing.
#[test]
fn a_misspelt_section_has_one_message() {
    let file = fs::read_to_string(root().join("scenarios/unpaid-fortnight.yaml")).unwrap();
    for (key, typed) in [("events", "event"), ("cases", "case"), ("expect", "expects")] {
        let text = file.replace(&format!("\n{key}:"), &format!("\n{typed}:"));
        let reported = check_file("s.yaml", &text);
        assert_eq!(codes(&reported), ["E001"], "{typed}: {reported}");
        assert!(reported.contains(&format!("did you mean `{key}`?")), "{reported}");
    }
    let lines = "\
fleet: { instances: { db-1: {} } }
hous: { kept: { in-force: release-protection } }
expect: { findings: [kept] }
";
    assert_eq!(codes(&check(lines)), ["E001"], "{}", check(lines));
    let inside = check(&lines.replace("kept: {", "kept: { instance: db-9,"));
    assert_eq!(codes(&inside), ["E001", "E010"], "{inside}");
}

/// `null` without quotes stands for no value, as in any other YAML reader.
#[test]
fn null_is_not_a_text() {
    let lines = "\
fleet:
  instances:
    db-1: { zone: ZONE }
events:
  - { at: +1h, id: b, release: { instance: db-1, by: WHO, via: api } }
";
    for null in ["~", "null", "Null", "NULL"] {
        let reported = check(&lines.replace("ZONE", "a").replace("WHO", null));
        assert_eq!(codes(&reported), ["E004"], "{null}: {reported}");
        assert!(reported.contains("put the text in quotes"), "{null}: {reported}");
        let reported = check(&lines.replace("ZONE", null).replace("WHO", "al"));
        assert_eq!(codes(&reported), ["E004"], "{null}: {reported}");
    }
    let scratch = folder();
    let quoted = scenario(&lines.replace("ZONE", "\"null\"").replace("WHO", "'~'"));
    let ran = stayput(&["check", &write(scratch.path(), "s.yaml", quoted)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
