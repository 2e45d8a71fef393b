//! Records, headers and results as another program stores and reads them.

use stayput::Run;
use stayput::experiment::Replications;
use stayput::named::{NamedHeader, NamedRecord};

use crate::support::{Repository, files, plans, root, shown};

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

#[test]
fn every_record_of_the_shipped_scenarios_is_read_back_as_it_was_written() {
    let (mut records, mut kinds) = (0, std::collections::BTreeSet::new());
    for path in files(&root().join("scenarios"), &["yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for plan in plans(&shown(&path), &text, &Repository) {
            let header = NamedHeader::new(&plan.header);
            assert_eq!(round_trip(&header), header);
            let empty = Replications::new(&plan.header, &plan.counts);
            assert_eq!(round_trip(&empty), empty);
            let mut run = Run::start(plan);
            while let Some(record) = run.next() {
                let named = NamedRecord::new(&record, run.world().header());
                assert_eq!(round_trip(&named), named);
                let json = serde_json::to_value(&named).unwrap();
                kinds.insert(json["record"].as_str().unwrap().to_owned());
                if let Some(what) = json["what"].as_object() {
                    kinds.extend(what.keys().cloned());
                }
                records += 1;
            }
        }
    }
    assert!(records > 1_000, "{records}");
    for kind in
        ["request", "decision", "change", "loss", "state", "group", "schedule", "protections"]
    {
        assert!(kinds.contains(kind), "no {kind}: {kinds:?}");
    }
}

#[test]
fn a_decision_has_names_words_and_instants() {
    let path = "scenarios/two-ways-to-go.yaml";
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let mut run = Run::start(plans(path, &text, &Repository).swap_remove(0));
    let mut decisions = Vec::new();
    while let Some(record) = run.next() {
        decisions
            .push(serde_json::to_value(NamedRecord::new(&record, run.world().header())).unwrap());
    }
    decisions.retain(|json| json["record"] == "decision");
    let last = decisions.last().unwrap();
    assert_eq!(last["instance"], "db-1");
    assert_eq!(last["at"], "2026-06-03T00:00:00Z");
    assert_eq!(last["outcome"], "overridden");
    assert_eq!(last["cause"], "timer:scheduled-release");
    assert_eq!(last["policy"], "alibaba-ecs@2026-05-15");
    assert_eq!(last["on"], serde_json::json!(["release-protection"]));
    assert_eq!(last["remedy"]["until"], "2026-06-03T00:00:00Z");
}
