use stayput::policy::Catalog;

use crate::support::{files, folder, root, shown, stayput, write};

/// The scenario that `init` prints; it must pass its own test without a warning.
fn first(arguments: &[&str]) -> String {
    let ran = stayput(&[&["init"], arguments].concat());
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
    let folder = folder();
    let path = write(folder.path(), "first.yaml", &ran.stdout);
    let tested = stayput(&["test", &path]);
    assert_eq!(tested.code, 0, "{}\n{}{}", ran.stdout, tested.stdout, tested.stderr);
    assert!(!tested.stdout.contains(" 0 expectations"), "{}", ran.stdout);
    ran.stdout
}

#[test]
fn every_edition_has_a_first_scenario_with_its_decisions() {
    for name in Catalog::names() {
        let text = first(&["--policy", name]);
        assert!(text.contains(&format!("policy: {name}")), "{text}");
        assert!(text.contains("protect: ["), "{text}");
        let checked = stayput(&["check", &write(folder().path(), "first.yaml", &text)]);
        assert_eq!(checked.stderr, "", "{text}");
    }
}

#[test]
fn the_first_scenario_without_a_file_shows_a_protection_that_holds_and_one_that_does_not() {
    let text = first(&[]);
    let held = "event: mis-click, instance: web-1, outcome: held, rule: RP1 }";
    let overridden = "event: timer:payment-overdue, instance: web-1, outcome: overridden";
    assert!(text.contains(held) && text.contains(overridden), "{text}");
}

#[test]
fn listings_of_each_cloud_become_a_first_scenario() {
    let cloud = |name: &str| -> Vec<String> {
        let all = files(&root().join("scenarios/data").join(name), &["json"]);
        all.iter().map(|path| shown(path)).collect()
    };
    let captured = "2026-06-01T00:00:00Z";
    // A list of locks is of one subscription, so the sets of another one are left out.
    let is_own = |path: &String| !path.ends_with("/vmss-list.json");
    let azure: Vec<String> = cloud("azure").into_iter().filter(is_own).collect();
    let aliyun: Vec<String> = cloud("aliyun")
        .into_iter()
        .filter(|path| path.ends_with("ecs-describe-instances-cn-heyuan.json"))
        .collect();
    for listings in [azure, aliyun] {
        assert!(!listings.is_empty());
        let paths: Vec<&str> = listings.iter().map(String::as_str).collect();
        let text = first(&[&paths[..], &["--captured", captured]].concat());
        assert!(text.contains("id: mis-click"), "{text}");
        assert!(text.contains("\nname: first\n"), "{text}");
        assert!(!text.contains("Add events"), "{text}");
    }
}

#[test]
fn a_listing_without_an_instance_says_why_it_has_no_events() {
    let file = "scenarios/data/azure/vmss-list.json";
    let ran = stayput(&["init", file, "--captured", "2026-06-01T00:00:00Z"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("no instance is listed"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("events:"), "{}", ran.stdout);
}

#[test]
fn an_unknown_policy_and_an_absent_file_are_refused() {
    for arguments in [&["--policy", "nimbus@2030"][..], &["no-such-file.json"]] {
        let ran = stayput(&[&["init"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("error["), "{}", ran.stderr);
    }
}

/// A policy without a protection of instances has no example, and the reason is printed.
#[test]
fn a_policy_without_an_example_is_reported() {
    let folder = folder();
    let text = "stayput: policy/1\npolicy: tiny\nedition: \"1\"\ntitle: a small policy\nsources:\n  \
        page: { title: A page, section: all, at: \"https://example.org\", dated: 2026-01-01 }\n\
        space: { trigger: [manual], action: [release] }\nprotections:\n  keep:\n    of: group\n    \
        rules: { K1: { verdict: held, source: page } }\n";
    let path = write(folder.path(), "tiny.yaml", text);
    let ran = stayput(&["init", "--policy", &path]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("no protection with an effect"), "{}", ran.stderr);
}

/// Options about listings have no effect on the example.
#[test]
fn options_about_files_are_refused_without_a_file() {
    for (option, value) in
        [("--from", "azure"), ("--captured", "2026-01-01T00:00:00Z"), ("--account", "shop")]
    {
        let ran = stayput(&["init", option, value]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option}");
        assert!(ran.stderr.contains(&format!("`{option}` has no effect")), "{}", ran.stderr);
    }
    let two: Vec<&str> = Catalog::names().take(2).flat_map(|name| ["--policy", name]).collect();
    let ran = stayput(&[&["init"], &two[..]].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("a second `--policy` has no effect"), "{}", ran.stderr);
}

#[test]
fn instances_that_were_created_after_the_listing_are_not_said_to_be_unlisted() {
    let file = "scenarios/data/aliyun/ecs-describe-instances-cn-beijing.json";
    let ran = stayput(&["init", file, "--captured", "2019-01-01T00:00:00Z"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("warning[W120]"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("no instance is listed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("no instance exists at the start"), "{}", ran.stderr);
}
