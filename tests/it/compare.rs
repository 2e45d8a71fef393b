use serde_json::Value as Json;

use crate::support::{folder, root, rows, stayput, write};

const SCENARIO: &str = "scenarios/unpaid-fortnight.yaml";

fn compared(format: &str) -> String {
    let ran = stayput(&["run", SCENARIO, "--compare", "-f", format]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

/// Values for programs have types: numbers are numbers, and instants are RFC 3339.
#[test]
fn the_comparison_has_the_same_figures_in_every_format() {
    let json: Json = serde_json::from_str(compared("jsonl").trim()).unwrap();
    let table = compared("csv");
    let rows = rows(&table);
    let cases = json["cases"].as_array().unwrap();
    assert_eq!((cases.len(), rows.len()), (3, 3));
    let (text, markdown) = (compared("text"), compared("markdown"));
    for (case, row) in cases.iter().zip(&rows) {
        let name = case["case"].as_str().unwrap();
        assert!(text.contains(name) && markdown.contains(name), "{name}");
        let figures = row.iter().filter(|(column, _)| !["scenario", "case"].contains(&&***column));
        for (column, cell) in figures {
            match &case["figures"][column] {
                Json::Null => assert_eq!(cell, "", "{column}"),
                Json::String(text) => assert_eq!(text, cell, "{column}"),
                Json::Number(number) => assert_eq!(number.to_string(), *cell, "{column}"),
                other @ (Json::Bool(_) | Json::Array(_) | Json::Object(_)) => {
                    panic!("{column}: {other}")
                }
            }
        }
        let first = case["figures"]["first_loss"].as_str().unwrap();
        assert!(first.len() == 20 && first.ends_with('Z') && first.contains('T'), "{first}");
        assert!(case["figures"]["released"].is_u64());
    }
    for one in json["differ"].as_array().unwrap() {
        for end in one["ends"].as_array().unwrap() {
            assert!(end.is_null() || end["at"].as_str().unwrap().ends_with('Z'), "{end}");
        }
    }
    let released = cases[0]["figures"]["released"].to_string();
    let line = markdown.lines().find(|line| line.starts_with("| released |")).unwrap();
    assert!(line.starts_with(&format!("| released | {released} |")), "{line}");
    assert!(markdown.contains("|-|-:|-:|-:|") && markdown.contains("instances that differ"));
    let page = compared("html");
    crate::pages::assert_sound(&page);
    assert!(page.contains("Cases side by side"));
}

/// A case that stopped before its end has no totals, and its instances are not called kept.
#[test]
fn a_case_that_stopped_is_shown_as_stopped() {
    let span = folder();
    let text = "\
stayput: scenario/1
name: stopped
policy: alibaba-ecs-cn@2026-05-15
start: 2026-01-01T00:00:00+08:00
for: 100d
cases:
  on: { p: [release-protection] }
  unknown: { p: ['release-protection=unknown'] }
  off: { p: [] }
fleet: { instances: { w-1: { protect: $p }, w-2: {} } }
events:
  - { at: +4d, id: r, release: { instance: w-1, force: true, by: x, via: api } }
";
    let path = write(span.path(), "stopped.yaml", text);
    let compared = |format: &str| {
        let ran = stayput(&["run", &path, "--compare", "-f", format]);
        assert_eq!(ran.code, 5, "{}", ran.stderr);
        ran.stdout
    };
    let table = compared("csv");
    let rows = rows(&table);
    let cells = |column: &str| rows.iter().map(|row| row[column].clone()).collect::<Vec<_>>();
    assert_eq!(cells("stop"), ["drained", "undecided", "drained"]);
    assert_eq!(cells("released"), ["0", "", "1"]);
    assert_eq!(cells("held"), ["1", "", "0"]);
    let json: Json = serde_json::from_str(compared("jsonl").trim()).unwrap();
    let differ = json["differ"].as_array().unwrap();
    assert_eq!((differ.len(), &differ[0]["instances"]), (1, &"w-1".into()));
    assert_eq!((&differ[0]["ends"][0], &differ[0]["ends"][1]), (&Json::Null, &"unknown".into()));
    for format in ["text", "markdown"] {
        let text = compared(format).split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["at least 0", "undecided", "unknown stopped before its end"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let page = compared("html");
    assert!(page.contains("not compared: unknown stopped before its end"), "{page}");
}

#[test]
fn amounts_are_numbers_and_markdown_needs_cases_to_compare() {
    let scenario = "scenarios/what-it-costs.yaml";
    let ran = stayput(&["run", scenario, "--compare", "-f", "jsonl"]);
    let json: Json = serde_json::from_str(ran.stdout.trim()).unwrap();
    let figures = &json["cases"][0]["figures"];
    assert!(
        figures["worth_lost"].is_number() && figures["billed_until_end"].is_number(),
        "{json:#}"
    );
    assert!(figures["currency"].as_str().is_some_and(|code| code.len() == 3), "{figures}");
    let ran = stayput(&["run", SCENARIO, "-f", "markdown"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("add `--compare`"), "{}", ran.stderr);
}

#[test]
fn texts_of_a_scenario_have_no_effect_in_markdown() {
    let span = folder();
    let text = "\
stayput: scenario/1
name: see @everybody
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 9d
fleet: { instances: { 'a|<b>': { auto-release: $due }, b-2: { auto-release: +2d } } }
cases: { 'https://example.org/a|b': { due: +1d }, 'x *late* @team': { due: +3d } }
";
    let path = write(span.path(), "hostile.yaml", text);
    let ran = stayput(&["run", &path, "--compare", "-f", "markdown"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for line in ran.stdout.lines().filter(|line| line.starts_with('|')) {
        let cells = line.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 4, "{line}");
    }
    assert!(!ran.stdout.contains("<b>") || ran.stdout.contains("`a\\|<b>`"), "{}", ran.stdout);
    for active in [" @everybody", " https://example.org", " *late*", " @team"] {
        assert!(!ran.stdout.contains(active), "{active}: {}", ran.stdout);
    }
}

#[test]
fn two_cases_are_compared_as_two_policies_are() {
    let diff = |more: &[&str]| {
        let path = root().join(SCENARIO).to_string_lossy().into_owned();
        stayput(&[&["diff", "case=never-pays", "case=pays-on-day-10", &path], more].concat())
    };
    let ran = diff(&["-f", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let json: Json = serde_json::from_str(&ran.stdout).unwrap();
    let decisions = json["decisions"].as_array().unwrap();
    assert!(decisions.iter().any(|one| one["direction"] == "better"), "{json:#}");
    assert!(decisions.iter().all(|one| {
        let row = if one["new"].is_null() { &one["old"] } else { &one["new"] };
        row["case"] == "never-pays -> pays-on-day-10"
    }));
    assert!(diff(&[]).stdout.contains("[never-pays -> pays-on-day-10]"));
    assert!(diff(&["-f", "markdown"]).stdout.contains("pays-on-day-10"));
    let same = stayput(&["diff", "case=never-pays", "case=never-pays", SCENARIO]);
    assert_eq!(same.code, 0, "{}", same.stdout);
    for (old, new, why) in [
        ("case=never-pays", "case=absent", "has no case `absent`; there are: never-pays"),
        ("case=never-pays", "alibaba-ecs@2026-05-15", "give two cases"),
    ] {
        let ran = stayput(&["diff", old, new, SCENARIO]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    let luck = ["scenarios/random-year.yaml", "--replications", "20", "-f", "csv"];
    let ran = stayput(&[&["diff", "case=nothing-set", "case=protected"], &luck[..]].concat());
    assert!(ran.stdout.contains("random-year,nothing-set,protected,"), "{}", ran.stderr);
    let study = ["run", luck[0], "--replications", "20", "--compare", "-f"];
    let table = stayput(&[&study[..], &["csv"]].concat()).stdout;
    assert!(table.lines().skip(1).all(|row| row.starts_with("random-year,nothing-set,")));
    let markdown = stayput(&[&study[..], &["markdown"]].concat()).stdout;
    assert!(markdown.contains("| before | after |"), "{markdown}");
}

/// A setting of the plan is shown even if nothing changes it, or if a group changes it later.
#[test]
fn lanes_begin_with_what_the_fleet_states() {
    let span = folder();
    let text = "\
stayput: scenario/1
name: begins
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 9d

fleet:
  groups: { web: { protect: [group-deletion-protection] } }
  instances:
    stopped-1: { state: stopped, protect: [release-protection] }
    grouped-1: { group: web, membership: attached, protect: [scale-in-protection] }
events:
  - { at: +2d, set-protection: { instance: stopped-1,
      flags: { release-protection: false }, by: a, via: api } }
  - { at: +3d, set-protection: { instance: grouped-1,
      flags: { scale-in-protection: false }, by: a, via: api } }
";
    let path = write(span.path(), "begins.yaml", text);
    let ran = stayput(&["run", &path, "-f", "html"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for label in [
        "stopped-1: stopped from 1 Jun 00:00, no protection from 3 Jun 00:00",
        "grouped-1: running from 1 Jun 00:00",
    ] {
        assert!(ran.stdout.contains(label), "{label}: {}", ran.stdout);
    }
    // The protections at the start, those of the group included.
    let lane = ran.stdout.split("grouped-1").nth(1).unwrap();
    assert!(lane.contains("group-deletion-protection, scale-in-protection"), "{lane}");
}

/// An overlay in which the schedule is cancelled, before the events of the scenario, which have no
/// ids: only the scheduled release differs.
#[test]
fn scenarios_are_compared_without_and_with_an_overlay() {
    let scratch = folder();
    let scenario = "\
stayput: scenario/1
name: bare
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 9d
fleet:
  instances:
    db-1: { protect: [release-protection], auto-release: +2d }
    db-2: { protect: [release-protection] }
events:
  - { at: +1h, release: { instance: db-2, by: ann, via: api } }
";
    let overlay = "\
stayput: overlay/1
events:
  - { at: +30m, cancel-scheduled-release: { instance: db-1, by: bob, via: api } }
";
    let scenario = write(scratch.path(), "bare.yaml", scenario);
    let overlay = write(scratch.path(), "guard.yaml", overlay);
    let ran = stayput(&["diff", "--with", &overlay, &scenario, "-f", "json"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let json: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&json["old"], &json["new"]), (&Json::from("without"), &Json::from("with")));
    let changed = json["decisions"].as_array().unwrap();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!(changed[0]["old"]["trigger"], "scheduled-release");
    assert_eq!(changed[0]["direction"], "better");
    // Without an overlay, a single scenario cannot be compared.
    let ran = stayput(&["diff", &scenario]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a scenario and `--with FILE`"), "{}", ran.stderr);
    // An overlay that changes nothing.
    let empty = write(scratch.path(), "empty.yaml", "stayput: overlay/1\n");
    let ran = stayput(&["diff", "--with", &empty, &scenario]);
    assert_eq!((ran.code, ran.stdout.contains("no differences")), (0, true), "{}", ran.stdout);
}

/// Instances beyond the first 100,000 are compared, and a scenario without cases has the case `-`.
#[test]
fn the_last_instance_of_a_large_fleet_is_compared() {
    let scratch = folder();
    let text = "\
stayput: scenario/1
name: large
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 2d
cases: { first: { who: i-1 }, last: { who: i-100001 } }
fleet:
  instances: { i-1..100001: {} }
events:
  - { at: +1h, release: { instance: $who, force: true, by: ann, via: api } }
";
    let path = write(scratch.path(), "large.yaml", text);
    let ran = stayput(&["run", &path, "--compare", "-f", "jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let json: Json = serde_json::from_str(ran.stdout.trim()).unwrap();
    let differ = json["differ"].as_array().unwrap();
    let names: Vec<&str> = differ.iter().map(|one| one["instances"].as_str().unwrap()).collect();
    assert_eq!(names, ["i-1", "i-100001"]);
    let path = write(scratch.path(), "small.yaml", crate::support::SMALL);
    let json = stayput(&["run", &path, "--compare", "-f", "jsonl"]).stdout;
    let json: Json = serde_json::from_str(json.trim()).unwrap();
    assert_eq!(json["cases"][0]["case"], "-");
}
