use stayput::{Catalog, Record, Run, Scenario};

const SCENARIO: &str = "\
stayput: scenario/1
name: library
policy: house.yaml
start: 2026-06-01T00:00:00Z
for: 2d
fleet: { instances: { db-1: { protect: [release-protection] } } }
events:
  - { at: +1h, release: { instance: db-1, by: alice, via: console } }
";

const HOUSE: &str = "\
stayput: policy/1
policy: house
edition: '1'
title: the house
extends: alibaba-ecs@2026-05-15
";

/// A policy that a scenario names can come from the catalog.
#[test]
fn a_scenario_runs_with_a_policy_of_the_catalog() {
    let catalog = Catalog::default().with("house.yaml", HOUSE);
    let plans = Scenario::parse(SCENARIO).unwrap().compile(&catalog).unwrap();
    assert_eq!(plans.len(), 1);
    let records: Vec<Record> = plans.into_iter().flat_map(Run::start).collect();
    let decisions = records.iter().filter(|record| matches!(record, Record::Decision(_)));
    assert_eq!(decisions.count(), 1);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = SCENARIO.replace("db-1: {", "db-1: { stat: running,").replace("+1h", "soon");
    let catalog = Catalog::default().with("house.yaml", HOUSE);
    let mistakes = Scenario::parse(text).unwrap().compile(&catalog).unwrap_err();
    assert_eq!(mistakes.count(), 2, "{mistakes}");
    let shown = mistakes.to_string();
    assert!(shown.contains("scenario.yaml:6:") && shown.contains("scenario.yaml:8:"), "{shown}");
}

#[test]
fn text_that_is_no_scenario_is_refused_when_it_is_parsed() {
    for text in ["a: [", "stayput: policy/1\n"] {
        let mistakes = Scenario::parse_file("x.yaml", text).unwrap_err();
        assert!(mistakes.to_string().contains("x.yaml:1:"), "{mistakes}");
    }
}
