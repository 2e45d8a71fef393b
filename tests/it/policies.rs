use std::collections::BTreeMap;
use std::fs;

use stayput::diagnostics::{NoFiles, Problems, Sources, render};
use stayput::policy::{Catalog, Column, load};
use stayput::words::{Confidence, Verdict};

use crate::support::{folder, root, shown, stayput, write};

#[test]
fn every_edition_is_proved_and_named_as_its_file() {
    let mut count = 0;
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy = load(name, None, &NoFiles, &mut sources, &mut problems);
        let policy = policy.unwrap_or_else(|| panic!("{}", render(&problems, &sources, false)));
        assert_eq!(policy.name, name);
        count += 1;
    }
    let files = crate::support::files(&root().join("policies"), &["yaml"]);
    assert_eq!(files.len(), count, "every file of `policies` is embedded");
}

/// The build script stores each edition as it proved it; the same text as a file is proved here.
#[test]
fn a_built_in_edition_is_its_file_proved() {
    for name in Catalog::names() {
        let path = format!("policies/{name}.yaml");
        let text = Catalog::text(name).unwrap();
        assert_eq!(fs::read_to_string(root().join(&path)).unwrap(), text);
        let files = Catalog::default().with(&*path, text);
        let load = |name| {
            let (mut sources, mut problems) = (Sources::default(), Problems::default());
            let policy = load(name, None, &files, &mut sources, &mut problems).unwrap();
            (format!("{policy:#?}"), sources.digests())
        };
        let (stored, proved) = (load(name), load(&path));
        let differs =
            stored.0.lines().zip(proved.0.lines()).find(|(stored, proved)| stored != proved);
        assert_eq!(differs, None, "{name}");
        assert!(stored == proved, "{name}");
    }
}

/// The full matrix is stored: a changed verdict shows in the lines that it changes.
#[test]
fn every_matrix_is_as_stored() {
    for name in Catalog::names() {
        let ran = stayput(&["matrix", name]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        insta::assert_snapshot!(format!("matrix-{name}"), ran.stdout);
    }
}

/// Every confidence and every verdict is counted, and the legend has the mark of each.
#[test]
fn the_matrix_counts_rules_that_a_house_assumes() {
    let scratch = folder();
    let text = fs::read_to_string(root().join("policies/azure-vmss@2019-05-22.yaml")).unwrap();
    let unconfirmed = "verdict: held, confidence: unconfirmed, source: types";
    assert!(text.contains(unconfirmed));
    let text = text.replace(unconfirmed, "verdict: held, confidence: assumed, source: types");
    let path = write(scratch.path(), "house.yaml", text);
    let ran = stayput(&["matrix", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("? unconfirmed ! assumed 68 cells:"), "{text}");
    assert!(text.contains("SI2 assumed"), "{text}");
}

#[test]
fn every_source_of_an_edition_is_used_and_dated() {
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
        for (at, source) in policy.sources.iter().enumerate() {
            assert!(source.dated.is_some(), "{name}: `{}` has no date", source.key);
            let text = fs::read_to_string(root().join(format!("policies/{name}.yaml"))).unwrap();
            // A source of an extended edition may be used by the rules of that edition alone.
            if !text.contains(&format!("\n  {}:", source.key)) {
                continue;
            }
            let by_rule = policy.rules.iter().any(|rule| rule.sources.contains(&at));
            let by_note = policy.notes.iter().any(|(_, sources)| sources.contains(&at));
            let named = text.matches(&source.key).count() > 1;
            assert!(by_rule || by_note || named, "{name}: nothing names `{}`", source.key);
        }
    }
}

/// Each protection has a rule for every trigger that the policy lists.
#[test]
fn every_edition_has_rules_for_every_trigger_that_it_lists() {
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
        let triggers = policy.words(Column::Trigger);
        for protection in &policy.protections {
            let space = protection.table.space();
            for trigger in triggers {
                let answered = (0..space.cells())
                    .filter(|cell| space.word(*cell, 0) == *trigger)
                    .any(|cell| protection.table.row(cell).is_some());
                assert!(answered, "{name}: {} and trigger {trigger}", protection.name);
            }
        }
    }
}

#[test]
fn the_readme_maps_each_sentence_of_a_page_to_a_rule() {
    let text = fs::read_to_string(root().join("policies/README.md")).unwrap();
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let name = Catalog::names().find(|name| name.ends_with("2026-05-15")).unwrap();
    let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
    assert!(policy.rules.iter().any(|rule| text.contains(&rule.id)), "{}", shown(root()));
}

/// Two rules of a table with the same source and reason have the same verdict and the same
/// confidence, unless a switch decides between them.
#[test]
fn one_reason_is_one_verdict_and_one_confidence() {
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
        let mut read: BTreeMap<(&str, &[usize]), (&str, Confidence)> = BTreeMap::new();
        for rule in &policy.rules {
            let Some(because) = &rule.because else { continue };
            let reason = (because.as_str(), rule.sources.as_slice());
            let (first, confidence) = read.entry(reason).or_insert((&rule.id, rule.confidence));
            let reported = format!("{name}: {first} and {} give one reason", rule.id);
            assert_eq!(*confidence, rule.confidence, "{reported}: `{because}`");
        }
        for protection in &policy.protections {
            let mut read: BTreeMap<&str, (&str, Verdict)> = BTreeMap::new();
            for row in protection.table.rows() {
                let rule = policy.rule(row.rule);
                let Some(because) = rule.because.as_deref() else { continue };
                if !rule.switches.is_empty() {
                    continue;
                }
                let (first, says) = read.entry(because).or_insert((&rule.id, row.says));
                let reported = format!("{name}: {first} and {} give one reason", rule.id);
                assert_eq!(*says, row.says, "{reported}: `{because}`");
            }
        }
    }
}
