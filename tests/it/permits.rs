//! Nothing is lost without a decision: the source makes permits in one place only, and every
//! instance that a shipped scenario removes has exactly one decision that permitted it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value as Json;

use crate::support::{Row, files, folder, root, shown, stayput, table, write};

/// Every line of code in `src` with its file, without comments and tests.
fn code() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for path in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.extend(code.map(|line| (shown(&path), line.trim().to_owned())));
    }
    lines
}

fn places(what: impl Fn(&str) -> bool) -> Vec<String> {
    code().into_iter().filter(|(_, line)| what(line)).map(|(file, _)| file).collect()
}

#[test]
fn only_judging_makes_a_permit_and_none_is_copied() {
    let makes = |line: &str| {
        line.contains("Permit {") && !line.starts_with("pub struct") && !line.starts_with("impl")
    };
    assert_eq!(places(makes), ["src/policy/judge.rs"]);
    let code = code();
    let at = code.iter().position(|(_, line)| line == "pub struct Permit {").unwrap();
    assert_eq!(code[at - 2].1, "#[derive(Debug)]", "a permit is neither cloned nor copied");
    assert_eq!(code[at - 1].1, "#[must_use]");
    for (_, field) in code[at + 1..].iter().take_while(|(_, line)| line != "}") {
        assert!(!field.starts_with("pub"), "a field of a permit is private: {field}");
    }
}

#[test]
fn only_the_files_that_apply_permits_release_remove_or_lose() {
    let leaves = |line: &str| line.contains("fleet.leave(");
    assert_eq!(places(leaves), ["src/world/apply.rs"]);
    let releases = |line: &str| line.contains("set_state(") && line.contains("Released");
    assert_eq!(places(releases), ["src/world/apply.rs"]);
    let loses = |line: &str| line.contains("= Loss {");
    assert_eq!(places(loses), ["src/world/losses.rs"]);
}

/// A state that is set elsewhere would change the health of a member without a review of its health
/// check.
#[test]
fn only_one_function_of_the_world_sets_a_state() {
    let sets = |line: &str| line.contains("fleet.set_state(");
    assert_eq!(places(sets), ["src/world/apply.rs"]);
    let reviews = |line: &str| line.contains("self.review_health(");
    let [state, join] = ["src/world/apply.rs", "src/world/group/members.rs"];
    let change = "src/world/group/health.rs";
    assert_eq!(places(reviews), [state, change, change, join]);
}

#[test]
fn each_removed_instance_and_each_loss_has_exactly_one_decision() {
    let scratch = folder();
    let out = scratch.path().join("out");
    let ran = stayput(&["run", "scenarios", "--out", &out.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let read = |name: &str| table(&out.join(name));
    let instance = |row: &Row| {
        ["scenario", "case", "replication", "instance"].map(|column| row[column].clone())
    };
    let of_request =
        |row: &Row| ["scenario", "case", "seq", "instance"].map(|column| row[column].clone());
    let mut let_go: BTreeMap<[String; 4], usize> = BTreeMap::new();
    let mut decided: BTreeMap<[String; 4], usize> = BTreeMap::new();
    for row in read("decisions.csv") {
        if row["effect"] == "released" {
            *let_go.entry(instance(&row)).or_default() += 1;
        }
        let went = !matches!(row["effect"].as_str(), "" | "none");
        *decided.entry(of_request(&row)).or_default() += usize::from(went);
    }
    let mut seen = 0;
    for row in read("instances.csv") {
        let expected = usize::from(row["state"] == "released");
        let found = let_go.get(&instance(&row)).copied().unwrap_or(0);
        assert_eq!(found, expected, "{row:?}");
        assert_eq!(expected == 1, !row["released_at"].is_empty(), "{row:?}");
        seen += expected;
    }
    for row in read("losses.csv") {
        assert_eq!(decided.get(&of_request(&row)), Some(&1), "a loss of {row:?}");
    }
    assert!(seen > 100, "{seen} instances were released");
    let file: Json =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    let runs = file["runs"].as_array().unwrap().iter();
    let names: BTreeSet<&str> = runs.map(|run| run["scenario"].as_str().unwrap()).collect();
    let all = files(&root().join("scenarios"), &["yaml"]);
    assert_eq!(names.len(), all.len(), "each scenario is run, under a name of its own");
}

const TINY: &str = "\
stayput: policy/1
policy: tiny
edition: \"1\"
title: a small policy
sources:
  page: { title: A page, section: all of it, at: \"https://example.org\", dated: 2026-01-01 }
space:
  trigger: [manual]
  action: [release]
protections:
  keep:
    rules:
      K1: { verdict: held, source: page }
";

#[test]
fn under_a_tiny_policy_only_its_triggers_can_release_anything() {
    let scratch = folder();
    write(scratch.path(), "tiny.yaml", TINY);
    let run = |event: &str| {
        let text = format!(
            "stayput: scenario/1\nname: s\npolicy: ./tiny.yaml\nstart: 2026-06-01T00:00:00Z\nfor: 5d\n\
             fleet: {{ groups: {{ g: {{}} }}, instances: {{ a: {{}}, b: {{ group: g }} }} }}\n\
             events:\n  - {{ at: +1h, id: e, {event} }}\n"
        );
        stayput(&["run", &write(scratch.path(), "s.yaml", text)])
    };
    for event in [
        "reimage: { instance: a }",
        "deallocate: { instance: a }",
        "overdue: { account: default }",
        "scale-in: { group: g, remove: 1 }",
        "delete-members: { group: g, instance: [b] }",
        "detach: { group: g, instance: [b] }",
        "delete-group: { group: g, force: true }",
        "group-action: { group: g, do: reimage }",
        "upgrade: { group: g }",
        "schedule-release: { instance: a, time: +2d }",
        "security-release: { instance: a }",
        "spot-reclaim: { instance: a }",
        "maintenance: { instance: a }",
    ] {
        let ran = run(event);
        assert_eq!(ran.code, 2, "{event}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("E062"), "{event}: {}", ran.stderr);
    }
    for event in ["release: { instance: a }", "stop: { instance: a }", "restart: { instance: a }"] {
        let ran = run(event);
        assert_eq!(ran.code, 0, "{event}: {}", ran.stderr);
    }
}
