use serde_json::Value as Json;

use stayput::diagnostics::{NoFiles, Problems, Severity, Sources};
use stayput::policy::{Catalog, load};
use stayput::words::{Confidence, Word};

use crate::support::{SMALL, folder, stayput, write};

const CHINA: &str = "alibaba-ecs-cn@2026-05-15";
const AZURE: &str = "azure-vmss@2026-05-19";

/// A user's policy that extends the edition of the China site.
fn house(rest: &str) -> String {
    format!(
        "stayput: policy/1\npolicy: house\nedition: 2026-12\ntitle: Ours\nextends: {CHINA}\n{rest}"
    )
}

/// The rules of a policy.
fn rules(policy: &str) -> Vec<Json> {
    let ran = stayput(&["rules", policy, "-f", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let all: Json = serde_json::from_str(&ran.stdout).unwrap();
    all["rules"].as_array().unwrap().clone()
}

fn rule<'r>(rules: &'r [Json], id: &str) -> &'r Json {
    let rule = rules.iter().find(|rule| rule["rule"] == id);
    assert!(rule.is_some(), "{id}");
    rule.unwrap()
}

/// One step of a clock is changed by its id, in a list or by its key; the others stay.
#[test]
fn one_step_of_a_clock_is_changed_by_its_key() {
    let scratch = folder();
    let before = rules(CHINA);
    for (name, step) in [
        ("list.yaml", "    - { id: OD3, after: 20d, confidence: assumed }\n"),
        ("key.yaml", "    OD3: { after: 20d, confidence: assumed }\n"),
    ] {
        let text = house(&format!("clocks:\n  payment-overdue:\n{step}"));
        let after = rules(&write(scratch.path(), name, text));
        assert_eq!(before.len(), after.len());
        let changed: Vec<&Json> = after
            .iter()
            .filter(|new| {
                let old = rule(&before, new["rule"].as_str().unwrap());
                (&old["says"], &old["sources"]) != (&new["says"], &new["sources"])
            })
            .collect();
        assert_eq!(changed.len(), 1, "{changed:?}");
        let step = rule(&after, "OD3");
        assert_eq!(step["says"]["after"], "20d");
        assert_eq!(step["says"]["grace"], "false", "what is not changed stays");
        assert_eq!(step["confidence"], "assumed");
    }
    let text = house("drops: [clocks.payment-overdue.OD5, clocks.payment-overdue.OD4]\n");
    let after = rules(&write(scratch.path(), "dropped.yaml", text));
    assert_eq!(before.len(), after.len() + 2);
}

/// The evidence of a replaced conclusion is dropped with it.
#[test]
fn an_overlay_gives_evidence_for_what_it_changes() {
    let scratch = folder();
    let text = house(
        "protections:\n  release-protection:\n    rules:\n      \
         RP5: { verdict: held, confidence: assumed }\n      \
         RP2: { because: in other words }\n      \
         RP4: { membership: none, because: less is claimed }\n      \
         RP4b: { trigger: security-release, membership: { not: none }, \
         verdict: overridden, confidence: assumed }\n\
         preconditions:\n  PC1: { answer: { code: OperationDenied, confidence: inferred } }\n",
    );
    let after = rules(&write(scratch.path(), "house.yaml", text));
    let changed = rule(&after, "RP5");
    assert_eq!(changed["confidence"], "assumed");
    assert_eq!((&changed["because"], &changed["remedy"]), (&Json::Null, &Json::Null));
    assert_eq!(changed["sources"].as_array().unwrap().len(), 0);
    for id in ["RP2", "RP4"] {
        let worded = rule(&after, id);
        assert_eq!(
            (&worded["confidence"], &worded["sources"][0]["source"]),
            (&"documented".into(), &"release".into())
        );
    }
    let answered = rule(&after, "PC1");
    assert_eq!(answered["confidence"], "documented", "the refusal itself is as it was");
    assert_eq!(answered["answer_confidence"], "inferred");
}

/// `assumed` is below `unconfirmed`, so `--require-confidence unconfirmed` rejects it.
#[test]
fn assumed_is_the_weakest_confidence() {
    let levels: Vec<Confidence> = <Confidence as Word>::ALL.to_vec();
    assert!(levels.is_sorted() && levels.last() == Some(&Confidence::Assumed));
    let scratch = folder();
    let text = house(
        "protections:\n  release-protection:\n    rules:\n      RP1: { verdict: overridden, confidence: assumed }\n",
    );
    let policy = write(scratch.path(), "house.yaml", text);
    let scenario = write(scratch.path(), "small.yaml", SMALL);
    let run = |only: &str| stayput(&["run", &scenario, "--policy", &policy, "--only", only]).code;
    assert_eq!((run("assumed"), run("unconfirmed"), run("documented")), (0, 5, 5));
}

/// Under an edition of an earlier date a later document makes a rule `inferred` at best.
#[test]
fn a_document_later_than_the_edition_is_no_documentation() {
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
        for rule in &policy.rules {
            let late = rule.sources.iter().any(|at| policy.sources[*at].is_late);
            assert!(!late || rule.confidence >= Confidence::Inferred, "{name}: {}", rule.id);
        }
    }
    let early = rules("alibaba-ecs@2019-01-15");
    assert_eq!(rule(&early, "RP6")["confidence"], "inferred");
    assert_eq!(rule(&early, "RP2")["confidence"], "documented");
}

#[test]
fn all_editions_are_listed() {
    let ran = stayput(&["policies"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for name in Catalog::names() {
        assert!(ran.stdout.contains(name), "{}", ran.stdout);
    }
    assert!(ran.stdout.contains("extends alibaba-ecs@2026-05-15"), "{}", ran.stdout);
    let ran = stayput(&["policies", "-f", "json"]);
    let all: Json = serde_json::from_str(&ran.stdout).unwrap();
    let china = all.as_array().unwrap().iter().find(|one| one["policy"] == CHINA).unwrap();
    assert_eq!(
        (&china["edition"], &china["extends"]),
        (&"2026-05-15".into(), &"alibaba-ecs@2026-05-15".into())
    );
    assert!(china["rules"].as_u64() > Some(100) && !china["switches"][0]["switch"].is_null());
}

#[test]
fn one_rule_is_shown_with_all_its_evidence() {
    let shown = stayput(&["rules", CHINA, "RP1s"]).stdout;
    for part in [
        "trigger",
        "manual",
        "verdict",
        "held",
        "answer",
        "InvalidOperation.DeletionProtection",
        "confidence  unconfirmed",
        "https://www.alibabacloud.com/help/en/ecs/user-guide/release-an-instance",
        "flag-on-spot: works | inert; default works, cautious inert",
        "policies/alibaba-ecs@2026-05-15.yaml:",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let lines = stayput(&["rules", CHINA]).stdout;
    assert!(lines.lines().count() > 100 && lines.lines().any(|line| line.starts_with("RP5 ")));
    let ran = stayput(&["rules", CHINA, "RP55"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("did you mean `RP5`"), "{}", ran.stderr);
}

/// A rule is explained by its id: everywhere, under a policy, under the policies of a scenario.
#[test]
fn a_rule_is_explained_by_its_id() {
    for arguments in [
        &["explain", "RP5"][..],
        &["explain", CHINA, "RP5"],
        &["explain", "scenarios/two-editions.yaml", "RP5"],
        &["explain", "scenarios/two-editions.yaml#RP5"],
    ] {
        let ran = stayput(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(
            ran.stdout.contains("scale-in") && ran.stdout.contains("https://"),
            "{}",
            ran.stdout
        );
    }
    let ran = stayput(&["explain", "scenarios/two-editions.yaml#RP55"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no policy has a rule `RP55`"), "{}", ran.stderr);
}

/// Every shipped edition meets the rules of evidence without a warning, overlays included.
#[test]
fn every_rule_of_the_shipped_editions_has_evidence() {
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy = load(name, None, &NoFiles, &mut sources, &mut problems).unwrap();
        let said = [Severity::Error, Severity::Warning].map(|level| problems.count(level));
        assert_eq!(said, [0, 0], "{name}: see `stayput check policies/{name}.yaml`");
        for switch in policy.switches.iter().filter(|switch| switch.default.is_some()) {
            let is_open_to_all = switch.name.starts_with("unknown-");
            let is_cautious = switch.default == switch.cautious || !switch.sources.is_empty();
            assert!(is_cautious || is_open_to_all, "{name}: {}", switch.name);
        }
    }
}

/// Each kind of conclusion that an overlay may change, and each way to write it.
#[test]
fn no_kind_of_conclusion_changes_without_its_own_evidence() {
    let scratch = folder();
    for (base, change) in [
        (CHINA, "protections: { release-protection: { rules: { RP5: { verdict: held } } } }"),
        (CHINA, "protections: { release-protection: { works-when: { billing: [spot] } } }"),
        (CHINA, "protections: { release-protection: { settable: { at: [create] } } }"),
        (CHINA, "preconditions: { PC1: { answer: OperationDenied } }"),
        (CHINA, "preconditions: { PC1: { expired: true } }"),
        (CHINA, "preconditions: { PC1: { checked-first: true } }"),
        (CHINA, "clocks: { payment-overdue: { OD3: { after: 20d } } }"),
        (CHINA, "clocks: { payment-overdue: [{ id: OD3, after: 20d }] }"),
        (CHINA, "clocks: { payment-overdue: { OD3: { action: stop } } }"),
        (CHINA, "clocks: { payment-overdue: { OD3: { billing: [spot] } } }"),
        (CHINA, "effects: { EF9: { fate: kept } }"),
        (CHINA, "schedule: { earliest: 1h }"),
        (CHINA, "schedule: { due: { SD1: { then: waits } } }"),
        (CHINA, "scale-in: { orders: { oldest-instance: { first: highest } } }"),
        (CHINA, "switches: { disks-at-arrears: { default: kept } }"),
        (CHINA, "drops: [switches.checked-first.one-of]"),
        (CHINA, "drops: [preconditions.PC1.billing]"),
        (CHINA, "drops: [clocks.payment-overdue.OD3.grace]"),
        (CHINA, "defaults: { cooldown: { DF2: { is: 60s } } }"),
        (CHINA, "hooks: { longest: 7h }"),
        (AZURE, "members: { MB5: { asks: release } }"),
        (AZURE, "batches: { BT4: { mode: all-or-nothing } }"),
        (AZURE, "repairs: { longest: 2h }"),
        (AZURE, "switches: { lock-at-flexible-scale-in: { default: holds } }"),
    ] {
        let text = house(&format!("{change}\n")).replace(CHINA, base);
        let ran = stayput(&["check", &write(scratch.path(), "house.yaml", text)]);
        assert_eq!(ran.code, 2, "{change}");
        assert!(ran.stderr.contains("error[E110]"), "{change}: {}", ran.stderr);
    }
}

/// Reports tell editions apart by their names.
#[test]
fn a_file_with_the_name_of_a_built_in_edition_and_another_text_has_a_warning() {
    let scratch = folder();
    let own = Catalog::text(CHINA).unwrap();
    let path = write(scratch.path(), "own.yaml", own);
    assert_eq!(stayput(&["check", &path]).stderr, "");
    let (name, edition) = CHINA.split_once('@').unwrap();
    let text = house("").replace("house", name).replace("2026-12", edition);
    let ran = stayput(&["check", &write(scratch.path(), "fake.yaml", text)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("warning[W116]"), "{}", ran.stderr);
}
