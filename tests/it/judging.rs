use std::collections::BTreeSet;
use std::fs;

use serde_json::Value as Json;

use crate::support::{Ran, SMALL, command, folder, ran, root, stayput, write};

/// Three cases; the expectations of the second one are not met.
const CASES: &str = "\
stayput: scenario/1
name: three
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
cases:
  first: { time: 2026-06-03T00:00:00Z }
  second: { time: 2026-06-04T00:00:00Z }
  third: { time: 2026-06-05T00:00:00Z }
fleet:
  instances:
    db-1: { protect: [release-protection], auto-release: $time }
events: []
expect:
  decisions:
    - { trigger: scheduled-release, instance: db-1, outcome: overridden, in: [first, third] }
    - { trigger: scheduled-release, instance: db-1, outcome: held, in: second }
";

/// A text on one line, with one space between words: lines are wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn junit_has_a_suite_for_each_file_and_a_case_for_each_case() {
    let scratch = folder();
    write(scratch.path(), "three.yaml", CASES);
    write(
        scratch.path(),
        "broken.yaml",
        SMALL.replace("instance: db-1, force", "instance: db-9, force"),
    );
    let out = scratch.path().join("out.xml").to_string_lossy().into_owned();
    let dir = scratch.path().to_string_lossy().into_owned();
    let ran = stayput(&["test", &dir, "-f", &format!("junit={out}")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    let xml = fs::read_to_string(&out).unwrap();
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), "{xml}");
    assert!(
        xml.contains("<testsuites name=\"stayput\" tests=\"4\" failures=\"1\" errors=\"1\">"),
        "{xml}"
    );
    assert_eq!(xml.matches("<testsuite ").count(), 2);
    assert_eq!(xml.matches("<testcase ").count(), 4);
    assert!(xml.contains("<testcase name=\"three [second]\""), "{xml}");
    assert!(xml.contains("line=\"17\""), "{xml}");
    assert!(xml.contains("history of db-1:"), "{xml}");
    // CI servers need a time; a real one would give other bytes in each run.
    assert!(!xml.contains("timestamp"), "{xml}");
    for case in xml.split("<testcase ").skip(1) {
        let head = case.split('>').next().unwrap();
        for part in [" classname=\"", " time=\"0.000\"", " file=\"", " line=\""] {
            assert!(head.contains(part), "{part}: {head}");
        }
    }
    assert!(xml.contains(".three\""), "{xml}");
}

#[test]
fn github_shows_the_ten_worst_of_each_level_and_counts_the_rest() {
    let scratch = folder();
    for number in 0..14 {
        let text = CASES.replace("name: three", &format!("name: n{number}"));
        write(scratch.path(), &format!("n{number:02}.yaml"), text);
    }
    write(
        scratch.path(),
        "z.yaml",
        SMALL.replace("instance: db-1, force", "instance: db-9, force"),
    );
    let dir = scratch.path().to_string_lossy().into_owned();
    let ran = stayput(&["test", &dir, "-f", "github"]);
    let errors: Vec<&str> =
        ran.stdout.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 10, "{}", ran.stdout);
    assert!(errors[0].contains("title=E010"), "a mistake is worse than a failure: {}", errors[0]);
    assert!(errors[1].contains("n00.yaml,line=17,col=7,title=n0 [second]::"), "{}", errors[1]);
    assert!(errors[1].contains("%0A"), "its lines are one: {}", errors[1]);
    assert!(ran.stdout.contains("\n5 errors and 0 warnings more are not shown"), "{}", ran.stdout);
}

#[test]
fn json_meets_its_schema_and_markdown_fits_a_comment() {
    let scratch = folder();
    let path = write(scratch.path(), "three.yaml", CASES);
    let ran = stayput(&["test", &path, "-f", "json"]);
    assert_eq!(ran.code, 1);
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    let schema: Json = serde_json::from_str(&stayput(&["schema", "test"]).stdout).unwrap();
    let keys = |object: &Json| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let known = |object: &Json, schema: &Json| {
        let known = keys(&schema["properties"]);
        assert!(keys(object).iter().all(|key| known.contains(key)), "{known:?}");
        for key in schema["required"].as_array().unwrap() {
            assert!(object.get(key.as_str().unwrap()).is_some(), "{key}");
        }
    };
    known(&reported, &schema);
    let case = &schema["properties"]["cases"]["items"];
    reported["cases"].as_array().unwrap().iter().for_each(|reported| known(reported, case));
    let failure = &reported["cases"][1]["failures"][0];
    known(failure, &case["properties"]["failures"]["items"]);
    assert_eq!((&failure["line"], &failure["column"]), (&17.into(), &7.into()));
    assert_eq!(reported["passed"], false);
    let markdown = stayput(&["test", &path, "-f", "markdown"]).stdout;
    assert!(markdown.starts_with("**stayput** · FAIL · 3 ran, 2 passed, 1 failed"), "{markdown}");
    assert!(markdown.contains("<details><summary>2 cases passed</summary>"), "{markdown}");
}

#[test]
fn a_filter_takes_the_matching_cases_and_an_empty_selection_fails() {
    let scratch = folder();
    let path = write(scratch.path(), "three.yaml", CASES);
    for (filter, code, reported) in [
        ("case(first) or case(third)", 0, "2 ran, 2 passed"),
        ("not case(second)", 0, "2 ran, 2 passed"),
        ("policy(alibaba-*) and name(three)", 1, "3 ran, 2 passed"),
    ] {
        let ran = stayput(&["test", &path, "-E", filter]);
        assert_eq!(ran.code, code, "{filter}: {}", ran.stdout);
        assert!(words(&ran.stdout).contains(reported), "{filter}: {}", ran.stdout);
    }
    let ran = stayput(&["test", &path, "-E", "case(fourth)"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.stderr.contains("error[E081]: the filter matches none of 3 cases"),
        "{}",
        ran.stderr
    );
    let ran = stayput(&["test", &path, "--case", "thrid"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("did you mean `third`?"), "{}", ran.stderr);
    let ran = stayput(&["test", &path, "-E", "cass(first)"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("did you mean `case`?"), "{}", ran.stderr);
    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let ran = stayput(&["test", &empty.to_string_lossy()]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("error[E080]: no scenario found in"), "{}", ran.stderr);
    let silent = write(scratch.path(), "silent.yaml", SMALL.split("expect:").next().unwrap());
    let ran = stayput(&["test", &silent]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("E082: no expectations"), "{}", ran.stdout);
}

#[test]
fn the_parts_of_a_suite_hold_each_case_once_and_jobs_change_no_byte() {
    let all = stayput(&["test", "scenarios", "-f", "json"]);
    let names = |text: &str| -> Vec<String> {
        let reported: Json = serde_json::from_str(text).unwrap();
        let cases = reported["cases"].as_array().unwrap().iter();
        cases.map(|case| format!("{} {}", case["scenario"], case["case"])).collect()
    };
    let mut whole = names(&all.stdout);
    let mut parts = Vec::new();
    for part in 1..=3 {
        let ran = stayput(&["test", "scenarios", "-f", "json", "--shard", &format!("{part}/3")]);
        let held = names(&ran.stdout);
        assert!(!held.is_empty() && held.len() < whole.len());
        parts.extend(held);
    }
    whole.sort();
    parts.sort();
    assert_eq!(whole, parts);
    for jobs in ["1", "7"] {
        assert_eq!(stayput(&["test", "scenarios", "-f", "json", "-j", jobs]).stdout, all.stdout);
    }
    assert_eq!(stayput(&["test", "scenarios", "--shard", "4/3"]).code, 2);
}

#[test]
fn stored_outcomes_are_compared_once_they_exist_and_written_only_by_bless() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let stored = scratch.path().join("small.decisions.csv");
    assert_eq!(stayput(&["test", &path]).code, 0);
    assert!(!stored.exists(), "test writes nothing");
    let before = fs::read_to_string(&path).unwrap();
    assert_eq!(stayput(&["bless", &path]).code, 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), before, "bless leaves what was written by hand");
    let good = fs::read_to_string(&stored).unwrap();
    let run = stayput(&["run", &path, "-f", "csv"]).stdout;
    assert_eq!(good, run, "it is the table of decisions");
    assert!(stayput(&["test", &path]).stdout.contains("2 expectations, 0 failed"));
    for (from, to, reported) in [
        (
            ",held,",
            ",overridden,",
            "stored OVERRIDDEN (RP1, documented), now HELD (RP1, documented)",
        ),
        (",release,alice,", ",release,bob,", "in: actor"),
    ] {
        fs::write(&stored, good.replace(from, to)).unwrap();
        let ran = stayput(&["test", &path]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(words(&ran.stdout).contains(reported), "{}", ran.stdout);
        assert!(words(&ran.stdout).contains("to accept: stayput bless "), "{}", ran.stdout);
    }
    assert!(stayput(&["bless", &path]).stdout.contains("updated, 1 decision"));
    assert!(stayput(&["bless", &path]).stdout.contains("unchanged"));
    fs::write(&stored, "scenario,case\n").unwrap();
    assert_eq!(stayput(&["test", &path]).code, 2, "what cannot be read is no success");
    fs::write(&stored, good.replace("small,-,0", "small,gone,0")).unwrap();
    let ran = stayput(&["test", &path]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("error[E085]"), "{}", ran.stderr);
}

#[test]
fn bless_does_nothing_in_ci_and_hides_no_failed_expectation() {
    let scratch = folder();
    let path =
        write(scratch.path(), "failing.yaml", SMALL.replace("outcome: held", "outcome: denied"));
    let stored = scratch.path().join("failing.decisions.csv");
    let refused = ran(command(&["bless", &path]).env("CI", "true").output().unwrap());
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--even-in-ci") && !stored.exists(), "{}", refused.stderr);
    let reported =
        ran(command(&["bless", &path, "--even-in-ci"]).env("CI", "true").output().unwrap());
    assert_eq!(reported.code, 1, "{}", reported.stderr);
    assert!(
        reported.stderr.contains("1 expectation failed; `bless` does not change"),
        "{}",
        reported.stderr
    );
    assert!(stored.exists());
    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(stayput(&["bless", &empty.to_string_lossy()]).code, 4);
}

const BASE: &str = "alibaba-ecs@2026-05-15";

/// An own edition with a few changes.
const HOUSE: &str = "\
stayput: policy/1
policy: house
edition: 2026-11
title: ours
extends: alibaba-ecs@2026-05-15
protections: { release-protection: { rules: { RP2: { verdict: held, confidence: assumed } } } }
schedule: { earliest: 1h, confidence: assumed }
";

#[test]
fn accepted_changes_need_a_reason_end_on_their_day_and_must_occur() {
    let scratch = folder();
    let house = write(scratch.path(), "house.yaml", HOUSE);
    let file = scratch.path().join("house.accepted.yaml");
    let diff = |more: &[&str]| stayput(&[&["diff", BASE, &house], more].concat());
    assert_eq!(diff(&[]).code, 1);
    assert_eq!(stayput(&["bless", "--diff", BASE, &house]).code, 2, "no reason");
    let bless = |more: &[&str]| {
        let all = ["bless", "--diff", BASE, &house, "--reason", "we asked; OPS-4412"];
        stayput(&[&all, more].concat())
    };
    assert!(bless(&["--only", "RP9"]).code == 4, "nothing is accepted because nothing matched");
    let ran = bless(&["--until", "2020-02-29"]);
    assert_eq!(ran.code, 2, "that day is over: {}", ran.stderr);
    let ran = bless(&["--only", "verdict", "--until", "2999-12-31"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = diff(&["--today", "2999-12-31"]);
    assert_eq!(ran.code, 1, "the limit is not accepted: {}", ran.stdout);
    assert!(
        !ran.stdout.contains("BETTER") && ran.stdout.contains("1 change accepted"),
        "{}",
        ran.stdout
    );
    assert_eq!(bless(&[]).code, 0);
    let ran = diff(&["--today", "2999-12-31"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let ran = diff(&["--today", "3000-01-01"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error[E083]: this change was accepted until 2999-12-31"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.contains("BETTER"),
        "an expired acceptance is reported again: {}",
        ran.stdout
    );
    let reported: Json =
        serde_json::from_str(&diff(&["-f", "json", "--today", "2999-12-31"]).stdout).unwrap();
    let accepted = reported["accepted"].as_array().unwrap();
    let concludes = |row: &&Json| {
        let key = row["key"].as_str().unwrap();
        !key.contains(" confidence: ") && !key.contains(" source: ")
    };
    assert_eq!(accepted.iter().filter(concludes).count(), 3, "the title is one: {reported:#}");
    write(
        scratch.path(),
        "house.yaml",
        HOUSE.replace("schedule: { earliest: 1h, confidence: assumed }\n", ""),
    );
    let ran = diff(&["--today", "2999-12-31"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error[E084]: this accepted change no longer occurs"),
        "{}",
        ran.stderr
    );
    assert_eq!(bless(&[]).code, 0, "blessed anew, the idle one is gone");
    assert_eq!(diff(&["--today", "2999-12-31"]).code, 0);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches("- from:").count(), 2, "{text}");
    assert_eq!(
        stayput(&["check", &scratch.path().to_string_lossy()]).stderr,
        "",
        "the file is ours"
    );
}

/// The CI workflow of `examples/ci` compares the policy of the main branch with the changed policy,
/// before the merge and after it.
#[test]
fn an_accepted_change_is_no_longer_needed_once_the_base_has_it() {
    let scratch = folder();
    let text = fs::read_to_string(root().join(format!("policies/{BASE}.yaml"))).unwrap();
    let text = text.replacen("\nedition: 2026-05-15\n", "\nedition: 2026-05-16\n", 1);
    let before = write(scratch.path(), "house-before.yaml", &text);
    let mut changed = text.clone();
    for (from, to) in [
        (
            "RP2: { trigger: scheduled-release, verdict: overridden",
            "RP2: { trigger: scheduled-release, verdict: held",
        ),
        ("because: the health of a protected member is not checked", "because: it is not checked"),
        ("earliest: 30m", "earliest: 1h"),
        ("title: Alibaba Cloud ECS", "title: ECS"),
        ("attribute: ProtectedFromScaleIn", "attribute: KeptFromScaleIn"),
    ] {
        assert!(changed.contains(from), "{from}");
        changed = changed.replacen(from, to, 1);
    }
    // A precondition is removed, and a note is added.
    let refusal = changed.lines().find(|line| line.trim_start().starts_with("PC20:")).unwrap();
    let changed = changed.replacen(&format!("{refusal}\n"), "", 1);
    let house = write(scratch.path(), "house.yaml", &changed);
    let scenario = "\
stayput: scenario/1
name: due
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 9d
fleet: { instances: { db-1: { protect: [release-protection], auto-release: +2d } } }
";
    let scenario = write(scratch.path(), "due.yaml", scenario);
    let diff = |more: &[&str]| stayput(&[&["diff", &before, &house, &scenario], more].concat());
    assert_eq!(diff(&[]).code, 1);
    let bless = ["bless", "--diff", &before, &house, &scenario, "--reason", "we asked"];
    // The decision is accepted by its own key as well, although the difference of its rule covers
    // it.
    assert_eq!(stayput(&[&bless[..], &["--only", "decision "]].concat()).code, 0);
    assert_eq!(stayput(&bless).code, 0);
    let ran = diff(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let accepted = fs::read_to_string(scratch.path().join("house.accepted.yaml")).unwrap();
    let changes = accepted.matches("change:").count();
    assert!(changes >= 7 && accepted.contains("change: \"decision "), "{accepted}");
    // After the merge the base has all of the changes.
    write(scratch.path(), "house-before.yaml", &changed);
    for format in ["text", "markdown", "json"] {
        let ran = diff(&["-f", format]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let reported = ran.stderr.matches("warning[W084]: the old policy already contains").count();
        assert_eq!(reported, changes, "{}", ran.stderr);
    }
    // A change that is undone fails, and the report gives the reason of the exit code.
    let undone = changed.replacen("earliest: 1h", "earliest: 30m", 1);
    write(scratch.path(), "house.yaml", &undone);
    write(scratch.path(), "house-before.yaml", &undone);
    let ran = diff(&["-f", "markdown"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.matches("error[E084]").count(), 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("**1 acceptance no longer valid**")
            && ran
                .stdout
                .contains("* schedule at the earliest timing: 30m -&gt; 1h: no longer occurs")
            || ran
                .stdout
                .contains("* schedule at the earliest timing: 30m -> 1h: no longer occurs"),
        "{}",
        ran.stdout
    );
}

#[test]
fn accepted_decisions_are_compared_only_where_scenarios_are_run() {
    let scratch = folder();
    let text = SMALL.replace(
        "protect: [release-protection]",
        "auto-release: 2026-06-05T00:00:00Z, protect: [release-protection]",
    );
    let scenario = write(scratch.path(), "small.yaml", text);
    let house = write(
        scratch.path(),
        "house.yaml",
        HOUSE.replace("schedule: { earliest: 1h, confidence: assumed }\n", ""),
    );
    let ran = stayput(&["bless", "--diff", BASE, &house, &scenario, "--reason", "known"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // The two changes are the verdict, which covers its consequence, and the title.
    assert!(ran.stdout.contains("2 changes newly accepted"), "{}", ran.stdout);
    for more in [&[][..], &[scenario.as_str()][..]] {
        let ran = stayput(&[&["diff", BASE, &house], more].concat());
        assert_eq!(ran.code, 0, "{more:?}: {}{}", ran.stdout, ran.stderr);
    }
}

/// The coverage of a suite of two cases, counted by hand.
#[test]
fn coverage_counts_what_was_reached_and_its_floor_can_fail() {
    let scratch = folder();
    let path =
        write(scratch.path(), "three.yaml", CASES.replace("outcome: held", "outcome: overridden"));
    let ran = stayput(&["test", &path, "--coverage", "-f", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    let policy = &reported["coverage"]["policies"][0];
    assert_eq!(policy["policy"], BASE);
    // One situation of one protection, in each of the three cases.
    assert_eq!(policy["cells"]["reached"], 1);
    let missed = |key: &str| -> Vec<String> {
        policy[key]["missed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    for (rule, reached) in
        [("RP2", true), ("SD1", true), ("EF1", true), ("RP1", false), ("SP1", false)]
    {
        assert_eq!(!missed("rules").contains(&rule.to_owned()), reached, "{rule}");
    }
    assert_eq!(policy["clocks"]["reached"], 0);
    assert!(missed("switches").contains(&"api-batch".to_owned()));
    assert_eq!(stayput(&["test", &path, "--coverage-floor", "1"]).code, 0);
    let ran = stayput(&["test", &path, "--coverage-floor", "90"]);
    assert_eq!(ran.code, 1);
    assert!(
        words(&ran.stdout).contains("% of the rules are covered, below the floor of 90 %"),
        "{}",
        ran.stdout
    );
    assert!(
        words(&ran.stdout).contains("not covered: alibaba-ecs@2026-05-15 RP0 RP1 "),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("not covered in alibaba-ecs@2026-05-15"), "{}", ran.stdout);
    assert_eq!(stayput(&["test", &path, "--coverage-floor", "101"]).code, 2);
    // With `--all-editions` an edition that no scenario names counts too.
    let ran = stayput(&["test", &path, "--coverage", "--all-editions", "-f", "json"]);
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    let policies = reported["coverage"]["policies"].as_array().unwrap();
    let of = |name: &str| policies.iter().find(|one| one["policy"] == name).unwrap();
    assert_eq!(of("azure-vmss@2019-05-22")["rules"]["reached"], 0);
    assert_eq!(of(BASE)["cells"]["reached"], 1);
}

/// An `unreachable` rule is not counted; a case that reaches it fails.
#[test]
fn an_unreachable_rule_that_is_reached_fails() {
    let scratch = folder();
    let house = |rule: &str| {
        let rules =
            format!("{{ {rule}: {{ unreachable: our house never does this, source: release }} }}");
        let text = format!(
            "stayput: policy/1\npolicy: house\nedition: 2026-06-01\ntitle: a house\nextends: {BASE}\n\
             protections: {{ release-protection: {{ rules: {rules} }} }}\n"
        );
        let house = write(scratch.path(), "house.yaml", text);
        let path = write(
            scratch.path(),
            "three.yaml",
            CASES.replace("outcome: held", "outcome: overridden"),
        );
        stayput(&["test", &path, "--policy", &house, "--coverage", "-f", "json"])
    };
    let (right, wrong) = (house("RP1"), house("RP2"));
    let of = |ran: &Ran| -> Json {
        let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
        reported["coverage"]["policies"][0].clone()
    };
    assert_eq!((right.code, wrong.code), (0, 1), "{}", wrong.stdout);
    let missed = of(&right)["rules"]["missed"].as_array().unwrap().clone();
    assert!(!missed.contains(&"RP1".into()));
    assert_eq!(
        of(&right)["unreachable"],
        serde_json::json!(["RP1", "GP0", "PM28", "PM29", "EF12b"])
    );
    assert!(wrong.stdout.contains("marks these rules as unreachable, but they were used: RP2"));
}

#[test]
fn a_flipped_verdict_is_noticed_exactly_where_an_expectation_depends_on_it() {
    let scratch = folder();
    let good = CASES.replace("outcome: held", "outcome: overridden");
    let path = write(scratch.path(), "three.yaml", &good);
    let mutants = |path: &str| -> Vec<Json> {
        let ran = stayput(&["test", path, "--mutate", "-f", "json"]);
        let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
        reported["coverage"]["mutations"].as_array().unwrap().clone()
    };
    let noticed = |list: &[Json]| -> Vec<String> {
        let of = list.iter().filter(|one| !one["noticed_by"].is_null());
        of.map(|one| one["rule"].as_str().unwrap().to_owned()).collect()
    };
    let list = mutants(&path);
    assert_eq!(noticed(&list), ["RP2", "RP2"], "the only rule that these cases reach");
    let text = fs::read_to_string(root().join(format!("policies/{BASE}.yaml"))).unwrap();
    let says = [" verdict: ", " works-when: "];
    let verdicts = text.lines().filter(|line| says.iter().any(|key| line.contains(key))).count();
    // Two flips for each verdict of the edition, except for GP0, which is unreachable.
    assert_eq!(list.len(), 2 * (verdicts - 1));
    let blind = good.split("expect:").next().unwrap().to_owned()
        + "expect:\n  states:\n    - { at: +1h, instance: db-1, is: running }\n";
    let path = write(scratch.path(), "blind.yaml", blind);
    let list = mutants(&path);
    assert!(noticed(&list).is_empty());
    let blind = list.iter().find(|one| one["rule"] == "RP2").unwrap();
    assert_eq!(
        (&blind["from"], &blind["to"], &blind["reached"]),
        (&"overridden".into(), &"held".into(), &3.into())
    );
    let ran = stayput(&["test", &path, "--mutation-floor", "1"]);
    assert_eq!(ran.code, 1);
    assert!(
        words(&ran.stdout)
            .contains("0 % of the changed verdicts are detected, below the floor of 1 %"),
        "{}",
        ran.stdout
    );
    // Stored outcomes notice every flip.
    assert_eq!(stayput(&["bless", &path]).code, 0);
    assert_eq!(noticed(&mutants(&path)), ["RP2", "RP2"]);
}

/// Each suggestion is a scenario that passes and covers the requested rule.
#[test]
fn every_suggestion_reaches_its_rule() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let list: Json =
        serde_json::from_str(&stayput(&["test", &path, "--mutate", "-f", "json"]).stdout).unwrap();
    let rules: BTreeSet<&str> = list["coverage"]["mutations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["rule"].as_str().unwrap())
        .collect();
    assert!(rules.len() > 20);
    let mut wrong = Vec::new();
    for rule in rules {
        let ran = stayput(&["test", &path, &format!("--suggest={rule}")]);
        assert_eq!(ran.code, 0, "{rule}: {}", ran.stderr);
        let next = write(scratch.path(), "next.yaml", &ran.stdout);
        let again = stayput(&["test", &next, "--coverage", "-f", "json"]);
        let reported: Json = serde_json::from_str(&again.stdout).unwrap_or_default();
        let missed = reported["coverage"]["policies"][0]["rules"]["missed"].as_array().cloned();
        if again.code != 0 || missed.is_none_or(|missed| missed.contains(&rule.into())) {
            wrong.push(format!("{rule}:\n{}\n{}{}", ran.stdout, again.stdout, again.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(stayput(&["test", &path, "--suggest=RP99"]).code, 4);
}

#[test]
fn the_examples_for_ci_name_verbs_and_flags_that_exist() {
    let known = [&["test", "--help"][..], &["diff", "--help"], &["check", "--help"]]
        .map(|arguments| stayput(arguments).stdout)
        .concat();
    let mut seen = 0;
    for name in [
        "github-actions.yml",
        "gitlab-ci.yml",
        "Jenkinsfile",
        "pre-commit",
        "pre-commit-hooks.yaml",
    ] {
        let text = fs::read_to_string(root().join("examples/ci").join(name)).unwrap();
        for line in text
            .lines()
            .filter(|line| line.contains("stayput test") || line.contains("stayput diff"))
        {
            seen += 1;
            for format in line.split("-f ").skip(1) {
                let word: String = format.chars().take_while(char::is_ascii_lowercase).collect();
                assert!(known.contains(&word), "{name}: {word}");
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}

/// Without `--only`, a command accepts what is new and leaves the reasons of earlier acceptances.
#[test]
fn an_accepted_change_gets_another_reason_or_day_if_the_command_names_it() {
    let scratch = folder();
    let house = write(scratch.path(), "house.yaml", HOUSE);
    let file = scratch.path().join("house.accepted.yaml");
    let bless = |more: &[&str]| stayput(&[&["bless", "--diff", BASE, &house], more].concat());
    assert_eq!(bless(&["--reason", "first", "--until", "2998-12-31"]).code, 0);
    let before = fs::read_to_string(&file).unwrap();
    let ran = bless(&["--reason", "second", "--until", "2999-12-31"]);
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    assert!(ran.stderr.contains("every change is accepted"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`--only TEXT`"), "{}", ran.stderr);
    let ran = bless(&["--only", "RP9", "--reason", "second"]);
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    assert!(ran.stderr.contains("no change has a key that contains `RP9`"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    let named = ["--only", "verdict", "--reason", "second", "--until", "2999-12-31"];
    for updates in [", 1 updated, ", " newly accepted, "] {
        let ran = bless(&named);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let line = format!("0 changes{}", ran.stdout.split("0 changes").nth(1).unwrap());
        assert!(line.contains(updates), "{line}");
        let after = fs::read_to_string(&file).unwrap();
        assert_eq!(after.matches("\"second\"").count(), 1, "{after}");
        assert_eq!(after.matches("until: 2999-12-31").count(), 1, "{after}");
        assert_eq!(after.matches("from:").count(), before.matches("from:").count());
    }
}

/// Stored decisions are those of the file of the scenario. A result with an overlay is neither
/// stored as such nor compared with them.
#[test]
fn an_overlay_does_not_change_stored_decisions() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let overlay = "stayput: overlay/1\nfleet: { instances: { db-1: { protect: [] } } }\n";
    let overlay = write(scratch.path(), "o.yaml", overlay);
    let stored = scratch.path().join("small.decisions.csv");
    assert_eq!(stayput(&["bless", &path]).code, 0);
    let before = fs::read_to_string(&stored).unwrap();
    let ran = stayput(&["bless", &path, "--with", &overlay]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("leave `--with` out"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&stored).unwrap(), before);
    let ran = stayput(&["test", &path, "--with", &overlay]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("1 expectation, 1 failed"), "{}", ran.stdout);
}

/// A command in a message can be pasted: it is quoted, and has the options of the command that ran.
#[test]
fn a_proposed_command_is_quoted_and_has_the_options_of_the_run() {
    let scratch = folder();
    let spaced = scratch.path().join("a b");
    fs::create_dir(&spaced).unwrap();
    let path = write(&spaced, "x y.yaml", SMALL);
    assert_eq!(stayput(&["bless", &path]).code, 0);
    let stored = spaced.join("x y.decisions.csv");
    let changed = fs::read_to_string(&stored).unwrap().replace(",held,", ",overridden,");
    fs::write(&stored, changed).unwrap();
    let ran = stayput(&["test", &path, "--allow-outside", "-f", "json"]);
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    let instead = reported["cases"][0]["failures"][0]["instead"].as_array().unwrap();
    let last = instead.last().unwrap().as_str().unwrap();
    assert_eq!(last, format!("to accept: stayput bless '{path}' --allow-outside"));
    let house = write(scratch.path(), "house.yaml", HOUSE);
    let accepted = write(&spaced, "of us.yaml", "stayput: accepted/1\naccepted: []\n");
    let ran = stayput(&["diff", BASE, &house, "--accepted", &accepted]);
    let command = format!("accept: stayput bless --diff {BASE} {house} --accepted '{accepted}' \\");
    assert!(ran.stdout.contains(&command), "{}", ran.stdout);
}

#[test]
fn every_format_says_why_a_case_without_expectations_fails() {
    let scratch = folder();
    let silent = write(scratch.path(), "silent.yaml", SMALL.split("expect:").next().unwrap());
    for format in ["text", "json", "junit", "github", "markdown", "html"] {
        let ran = stayput(&["test", &silent, "-f", format]);
        assert_eq!(ran.code, 1, "{format}: {}", ran.stderr);
        let said = words(&ran.stdout);
        assert!(said.contains("E082: no expectations"), "{format}: {said}");
        assert!(said.contains("or store its decisions with"), "{format}: {said}");
    }
}

/// A scenario that is named twice, or named beside its folder, is one scenario.
#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let all = scratch.path().to_string_lossy().into_owned();
    let again = scratch.path().join("./../").join(scratch.path().file_name().unwrap());
    let again = again.join("small.yaml").to_string_lossy().into_owned();
    let ran = stayput(&["test", &all, &path, &again]);
    assert!(ran.stdout.contains("1 ran, 1 passed"), "{}", ran.stdout);
    assert_eq!(stayput(&["check", &path, &all]).stdout.lines().count(), 1);
    assert_eq!(stayput(&["bless", &path, &path]).stdout.lines().count(), 1);
    let house = write(scratch.path(), "house.yaml", HOUSE);
    let ran = stayput(&["diff", BASE, &house, &path, &path]);
    assert!(ran.stdout.contains("1 decision compared"), "{}", ran.stdout);
}

/// The rest of a run that stopped may use an assumption.
#[test]
fn an_assumption_of_a_run_that_stopped_is_not_idle() {
    let path = "scenarios/unpaid-fortnight.yaml";
    let ran = stayput(&["test", path, "--max-events", "3"]);
    assert_eq!(ran.code, 5, "{}", ran.stdout);
    assert!(!ran.stderr.contains("W061"), "{}", ran.stderr);
}
