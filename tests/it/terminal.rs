use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::support::{Ran, command, files, folder, ran, root, shown, stayput, write};

const WIDTHS: [usize; 4] = [40, 80, 120, 200];

fn at(width: usize, arguments: &[&str]) -> Ran {
    ran(command(arguments).env("COLUMNS", width.to_string()).output().unwrap())
}

/// Fails for a line that is wider than the page. An address, a path and a command are not broken
/// within a word, so that they can be followed and copied.
fn assert_fits(width: usize, printed: &str) {
    for line in printed.lines() {
        let is_one_word = line.split_whitespace().filter(|word| *word != "\\").count() == 1;
        let is_command = line.ends_with('\\') || line.trim_start().starts_with("--");
        let whole = line.contains("://") || is_command || is_one_word && line.contains('/');
        assert!(whole || line.width() <= width, "{width}: {} columns: {line}", line.width());
    }
}

/// Every shipped scenario.
fn scenarios() -> Vec<String> {
    files(&root().join("scenarios"), &["yaml"]).iter().map(|path| shown(path)).collect()
}

#[test]
fn every_shipped_scenario_fits() {
    let scenarios = scenarios();
    let mut arguments = vec!["run"];
    arguments.extend(scenarios.iter().map(String::as_str));
    for width in WIDTHS {
        let ran = at(width, &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.len() > 100_000);
        assert_fits(width, &ran.stdout);
    }
}

#[test]
fn what_other_verbs_print_fits() {
    for arguments in [
        &["test", "-v", "scenarios/rules", "--policy", "alibaba-ecs@2019-01-15"][..],
        &["test", "scenarios/unpaid-fortnight.yaml", "--coverage", "--mutate"],
        &["run", "scenarios/random-ties.yaml", "--replications", "20"],
        &["matrix", "alibaba-ecs@2019-01-15"],
        &["matrix", "azure-vmss@2026-05-19"],
        &["rules", "azure-vmss@2026-05-19"],
        &["rules", "alibaba-ecs-cn@2026-05-15", "RP1"],
        &["policies"],
        &["diff", "alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15"],
        &["explain", "scenarios/unpaid-fortnight.yaml#quiet-night/web-1"],
        &["explain", "alibaba-ecs@2026-05-15", "trigger=manual"],
    ] {
        for width in WIDTHS {
            let ran = at(width, arguments);
            assert!(ran.code <= 2 && !ran.stdout.is_empty(), "{arguments:?}: {}", ran.stderr);
            assert_fits(width, &ran.stdout);
        }
    }
}

/// A fleet of 10,000, of which some are lost one by one and most are kept.
fn many_decisions() -> String {
    let mut text = "\
stayput: scenario/1
name: many
policy: alibaba-ecs@2026-05-15
start: 2026-12-01T00:00:00Z
for: 90d
fleet:
  instances:
    web-1..2500: { protect: [release-protection] }
    worker-in-a-cell-with-a-name-that-is-long-1..7480: { protect: [release-protection] }
"
    .to_owned();
    for day in 1..=20 {
        let keys = format!("protect: [release-protection], auto-release: +{}d", 60 + day);
        let _ = writeln!(text, "    late-{day}: {{ {keys} }}");
    }
    text.push_str("events:\n  - { at: +1h, release: { instance: \"web-*\", via: api } }\n");
    // Each event has its own instant, so that no two share a row.
    for number in 1..=7480 {
        let name = format!("worker-in-a-cell-with-a-name-that-is-long-{number}");
        let at = 7200 + number * 60;
        let _ = writeln!(text, "  - {{ at: +{at}s, release: {{ instance: {name}, via: api }} }}");
    }
    text
}

#[test]
fn ten_thousand_decisions_fit_and_losses_are_shown() {
    let scratch = folder();
    let path = write(scratch.path(), "many.yaml", many_decisions());
    for width in WIDTHS {
        let ran = at(width, &["run", &path]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_fits(width, &ran.stdout);
        let squeezed = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains("10000 decisions 9980 HELD · 20 OVERRIDDEN"), "{squeezed}");
        // The 2,500 neighbours are one row, and every loss has its row.
        assert!(squeezed.contains("web-1 … web-2500 (2,500)"), "{width}");
        for day in 1..=20 {
            assert!(squeezed.contains(&format!(" late-{day} ")), "{width}: late-{day}");
        }
        assert!(squeezed.contains("5502 HELD; use `--out DIR` to write all of them"), "{squeezed}");
        // The run ends in another year.
        assert!(ran.stdout.contains("  2026-12-01 01:00"), "{width}");
        assert!(ran.stdout.contains("  2027-01-31 00:00"), "{width}");
    }
}

const SHORTFALL: &str = "\
stayput: scenario/1
name: short
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 20d
fleet:
  groups:
    web: { min: 0, max: 6, desired: 6 }
  instances:
    web-1..4: { group: web, protect: [scale-in-protection] }
    free-1: { group: web }
    free-2: { group: web }
events:
  - { at: +1h, id: lunch, scale-in: { group: web, remove: 4 } }
";

#[test]
fn a_shortfall_is_a_line_with_its_reason() {
    let scratch = folder();
    let path = write(scratch.path(), "short.yaml", SHORTFALL);
    let ran = stayput(&["run", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line = ran.stdout.lines().find(|line| line.contains("·  lunch")).unwrap_or_default();
    assert!(line.contains("scale-in partial, 2 of 4"), "{}", ran.stdout);
    assert!(line.contains("(SP1): a protected member is not"), "{line}");
}

#[test]
fn a_timer_has_the_same_name_as_in_tables() {
    let ran = stayput(&["run", "scenarios/unpaid-fortnight.yaml"]);
    assert!(ran.stdout.contains("·  timer:payment-overdue  db-1, db-2"), "{}", ran.stdout);
}

#[test]
fn a_run_can_be_summarised_filtered_and_silent() {
    let path = "scenarios/unpaid-fortnight.yaml";
    let whole = stayput(&["run", path, "-E", "case(pays-*)"]);
    assert_eq!(whole.stdout.matches("unpaid-fortnight [").count(), 2);
    let summary = stayput(&["run", path, "-E", "case(never-pays)", "--summary"]);
    assert_eq!(summary.code, 0);
    assert!(summary.stdout.contains("7 of 8 instances released"), "{}", summary.stdout);
    assert!(!summary.stdout.contains("RP5"), "{}", summary.stdout);
    for more in [&[][..], &["--replications", "3"], &["-f", "jsonl"]] {
        let quiet = stayput(&[&["run", path, "--quiet"], more].concat());
        assert_eq!((quiet.code, quiet.stdout.as_str()), (0, ""), "{more:?}");
    }
    let none = stayput(&["run", path, "-E", "case(absent)"]);
    assert_eq!(none.code, 4, "{}", none.stderr);
    assert!(none.stderr.contains("the filter matches none of 3 cases"), "{}", none.stderr);
}

#[test]
fn a_suite_shows_failures_and_on_request_all() {
    let path = "scenarios/unpaid-fortnight.yaml";
    let plain = stayput(&["test", path]);
    assert_eq!(plain.stdout, "3 ran, 3 passed, 0 failed · 37 expectations, 0 failed\n");
    let all = stayput(&["test", "-v", path]);
    assert_eq!(all.stdout.matches("  PASS  unpaid-fortnight [").count(), 3, "{}", all.stdout);
}

#[test]
fn cases_stand_side_by_side() {
    let path = "scenarios/unpaid-fortnight.yaml";
    for width in WIDTHS {
        let ran = at(width, &["run", path, "--compare"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_fits(width, &ran.stdout);
    }
    let ran = stayput(&["run", path, "--compare"]);
    let squeezed: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in
        ["never-pays pays-on-day-10 pays-too-late", "released 7 4 7", "GiB lost (known) 540 0 540"]
    {
        assert!(squeezed.iter().any(|one| one == line), "{line}: {}", ran.stdout);
    }
    let json = stayput(&["run", path, "--compare", "-f", "jsonl"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cases"][1]["figures"]["released"], 4);
    let ends = &json["differ"][0]["ends"];
    assert!(ends[0]["trigger"].is_string() && ends[1].is_null(), "{ends}");
    // In a study, each case is compared with the first one, with common random numbers.
    let study = ["run", "scenarios/random-year.yaml", "--replications", "5", "--compare"];
    let ran = stayput(&study);
    assert!(ran.stdout.contains("5 replications with common random numbers"), "{}", ran.stdout);
}
