use std::fs;

use crate::support::{files, root, shown, stayput};

#[test]
fn every_scenario_of_the_repository_meets_what_it_expects() {
    let ran = stayput(&["test", "scenarios"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn every_scenario_of_the_repository_is_valid_without_a_warning() {
    let ran = stayput(&["check", "scenarios", "policies"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}

/// The output of each demonstration is stored, as the documentation shows it.
#[test]
fn every_demonstration_prints_what_is_stored() {
    let all = files(&root().join("scenarios"), &["yaml"]);
    let demos: Vec<_> =
        all.iter().map(|path| shown(path)).filter(|p| p.matches('/').count() == 1).collect();
    assert!(demos.len() >= 5, "{demos:?}");
    for path in demos {
        let ran = stayput(&["run", &path]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.stderr);
        let name = path.trim_start_matches("scenarios/").trim_end_matches(".yaml").to_owned();
        insta::assert_snapshot!(name, ran.stdout);
    }
}

#[test]
fn a_scenario_is_named_as_its_file() {
    for path in files(&root().join("scenarios"), &["yaml"]) {
        let text = fs::read_to_string(&path).unwrap();
        let stem = path.file_stem().unwrap().to_string_lossy();
        assert!(text.contains(&format!("\nname: {stem}\n")), "{}", shown(&path));
        assert!(text.contains("\nabout: "), "{} does not say what it is about", shown(&path));
    }
}

/// The cases of the notes on the providers: each has a scenario, or a reason why it has none.
#[test]
fn every_conformance_case_has_a_scenario_or_a_reason() {
    let reasons = fs::read_to_string(root().join("scenarios/conformance/README.md")).unwrap();
    let names: Vec<String> = files(&root().join("scenarios/conformance"), &["yaml"])
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let alibaba = (1..=36).map(|number| format!("AL-{number:02}"));
    let azure = (1..=25).map(|number| format!("Z{number:02}"));
    for id in alibaba.chain(azure) {
        let has = names.iter().any(|name| name.starts_with(&id));
        let reason = reasons.lines().any(|line| line.starts_with(&format!("| {id} |")));
        assert!(has != reason, "{id}: a scenario ({has}) or a reason ({reason}), and not both");
    }
    for (prefix, least) in [("AL-", 30), ("Z", 24)] {
        let covered = names.iter().filter(|name| name.starts_with(prefix)).count();
        assert!(covered >= least, "{prefix}: {covered}");
    }
}
