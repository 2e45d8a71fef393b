use serde_json::Value as Json;

use crate::pages::assert_sound;
use crate::support::{folder, root, stayput, write};

const OLD: &str = "alibaba-ecs@2019-01-15";
const NEW: &str = "alibaba-ecs@2026-05-15";
const CHINA: &str = "alibaba-ecs-cn@2026-05-15";
const INTERNATIONAL: &str = "alibaba-ecs-intl@2026-05-15";
const BY_THE_LETTER: &str = "entrusted-at-scale-in: by-the-letter";

/// An account owes for a while, and a clock stops its instance.
const STOPS: &str = "stayput: scenario/1\nname: stops\npolicy: alibaba-ecs-cn@2026-05-15\n\
    start: 2026-06-01T00:00:00+08:00\nfor: 60d\nfleet:\n  \
    accounts: { shop: {} }\n  groups: { web: { account: shop, min: 0, max: 9 } }\n  \
    instances:\n    m1: { group: web, protect: [scale-in-protection] }\nevents:\n  \
    - { at: +3d, overdue: { account: shop } }\n  \
    - { at: +10d, settle: { account: shop } }\n";

fn scenario(name: &str) -> String {
    root().join("scenarios").join(name).to_string_lossy().into_owned()
}

fn reported(arguments: &[&str]) -> Json {
    let ran = stayput(&[&["diff"], arguments, &["-f", "json"]].concat());
    serde_json::from_str(&ran.stdout).expect(&ran.stderr)
}

fn list<'j>(value: &'j Json, key: &str) -> Vec<&'j Json> {
    value[key].as_array().unwrap().iter().collect()
}

fn texts(value: &Json, key: &str) -> Vec<String> {
    list(value, key).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn sum_of_cells(differences: &[&Json]) -> u64 {
    differences.iter().map(|d| d["cells"].as_u64().unwrap()).sum()
}

#[test]
fn a_changed_decision_names_the_differences_that_caused_it() {
    let [editions, fortnight, sites] =
        ["two-editions.yaml", "unpaid-fortnight.yaml", "two-sites.yaml"].map(scenario);
    for (old, new, paths) in
        [(OLD, NEW, vec![&editions, &fortnight]), (CHINA, INTERNATIONAL, vec![&sites, &fortnight])]
    {
        let paths: Vec<&str> = paths.into_iter().map(String::as_str).collect();
        let found = reported(&[&[old, new], &paths[..]].concat());
        let keys: Vec<String> = list(&found, "differences")
            .iter()
            .map(|d| d["key"].as_str().unwrap().to_owned())
            .collect();
        let decisions = list(&found, "decisions");
        assert!(!decisions.is_empty());
        for decision in decisions {
            let causes = texts(decision, "causes");
            assert!(!causes.is_empty(), "{decision:#}");
            assert!(causes.iter().all(|cause| keys.contains(cause)), "{decision:#}");
        }
    }
    let found = reported(&[OLD, NEW, &editions]);
    let worse: Vec<&Json> =
        list(&found, "decisions").into_iter().filter(|d| d["direction"] == "worse").collect();
    assert_eq!(worse.len(), 2);
    for decision in worse {
        let causes = texts(decision, "causes");
        assert!(causes.len() == 1 && causes[0].contains(BY_THE_LETTER), "{causes:?}");
    }
    let text = stayput(&["diff", OLD, NEW, &editions]).stdout;
    assert_eq!(
        text.matches("caused by  protection release-protection [trigger: scale-in").count(),
        2
    );
}

/// A call that only one edition refuses changes no decision, but later ones can follow from it.
#[test]
fn a_decision_that_follows_from_a_refused_call_names_the_refusal() {
    let scratch = folder();
    let policy = "stayput: policy/1\npolicy: house\nedition: 2026-06-01\ntitle: House\n\
                  extends: alibaba-ecs-cn@2026-05-15\npreconditions:\n  \
                  H1: { action: renew, confidence: assumed, because: the team forbids it }\n";
    let house = write(scratch.path(), "house.yaml", policy);
    let story = "stayput: scenario/1\nname: story\npolicy: alibaba-ecs-cn@2026-05-15\n\
                 start: 2026-06-01T00:00:00+08:00\nfor: 25d\nfleet:\n  instances:\n    \
                 s-1: { billing: subscription, expires: 2026-06-03T00:00:00+08:00 }\nevents:\n  \
                 - { at: +1d, renew: { instance: s-1, for: 1mo } }\n";
    let story = write(scratch.path(), "story.yaml", story);
    let found = reported(&[CHINA, &house, &story]);
    let decisions = list(&found, "decisions");
    assert!(!decisions.is_empty(), "{found:#}");
    for decision in decisions {
        let causes = texts(decision, "causes");
        assert!(causes.iter().any(|cause| cause.contains("renew")), "{decision:#}");
    }
}

/// A stop by a clock is no decision, but later decisions follow from it. Tables that no rule of the
/// run used are no causes.
#[test]
fn a_decision_that_follows_from_a_stop_by_a_clock_names_the_clock_alone() {
    let scratch = folder();
    let story = write(scratch.path(), "stops.yaml", STOPS);
    let found = reported(&[CHINA, INTERNATIONAL, &story]);
    let decisions = list(&found, "decisions");
    assert_eq!(decisions.len(), 1, "{found:#}");
    assert_eq!(decisions[0]["old"]["trigger"], "health-check", "{found:#}");
    let causes = texts(decisions[0], "causes");
    assert!(!causes.is_empty(), "{found:#}");
    let is_clock = |cause: &String| cause.starts_with("clock payment-overdue: stop");
    assert!(causes.iter().all(is_clock), "{causes:#?}");
}

/// The course of one run explains no decision of another one, even if both have the same name.
#[test]
fn runs_with_the_same_name_have_their_own_causes() {
    let scratch = folder();
    let quiet = "stayput: scenario/1\nname: stops\npolicy: alibaba-ecs-cn@2026-05-15\n\
                 start: 2026-06-01T00:00:00+08:00\nfor: 60d\nfleet:\n  \
                 accounts: { shop: {} }\n  instances:\n    m0: { account: shop }\n";
    let quiet = write(scratch.path(), "quiet.yaml", quiet);
    let story = write(scratch.path(), "stops.yaml", STOPS);
    let alone = reported(&[CHINA, INTERNATIONAL, &story]);
    let both = reported(&[CHINA, INTERNATIONAL, &quiet, &story]);
    assert_eq!(list(&alone, "decisions").len(), 1, "{alone:#}");
    assert_eq!(both["decisions"], alone["decisions"], "{both:#}");
}

/// Each of many equal instances has the causes that one of them has alone, although all of them
/// belong to one account and change at the same instants.
#[test]
fn equal_instances_have_equal_causes() {
    let scratch = folder();
    let causes_of = |count: usize| {
        let fleet = format!(
            "stayput: scenario/1\nname: terms\npolicy: {NEW}\n\
             start: 2026-01-01T00:00:00+08:00\nfor: 90d\nfleet:\n  accounts: {{ shop: {{}} }}\n  \
             instances:\n    i-1..{count}:\n      account: shop\n      \
             billing: subscription\n      expires: 2026-01-20T00:00:00+08:00\n      \
             protect: [release-protection]\n"
        );
        let fleet = write(scratch.path(), &format!("terms-{count}.yaml"), &fleet);
        let found = reported(&[OLD, NEW, &fleet]);
        let decisions = list(&found, "decisions");
        assert_eq!(decisions.len(), count, "{found:#}");
        decisions.iter().map(|decision| texts(decision, "causes")).collect::<Vec<_>>()
    };
    let alone = causes_of(1);
    assert!(!alone[0].is_empty());
    assert!(causes_of(700).iter().all(|causes| *causes == alone[0]));
}

#[test]
fn an_accepted_difference_accepts_its_decisions_and_stays_in_the_report() {
    let span = folder();
    let file = span.path().join("accepted.yaml").to_string_lossy().into_owned();
    let editions = scenario("two-editions.yaml");
    let bless = ["bless", "--diff", OLD, NEW, &editions, "--accepted", &file];
    let more = ["--reason", "agreed", "--until", "2999-12-31", "--only", BY_THE_LETTER];
    let ran = stayput(&[&bless[..], &more].concat());
    assert!(ran.stdout.contains("1 change newly accepted"), "{}{}", ran.stdout, ran.stderr);
    let before = reported(&[OLD, NEW, &editions]);
    let after = reported(&[OLD, NEW, &editions, "--accepted", &file]);
    let verdicts =
        |found: &Json| list(found, "decisions").iter().filter(|d| d["class"] == "verdict").count();
    assert_eq!([verdicts(&before), verdicts(&after)], [2, 0]);
    let accepted = list(&after, "accepted");
    assert_eq!(accepted.len(), 1);
    assert_eq!(
        (&accepted[0]["reason"], &accepted[0]["until"]),
        (&"agreed".into(), &"2999-12-31".into())
    );
    assert_eq!(accepted[0]["difference"]["key"], accepted[0]["key"]);
    assert_eq!(accepted[0]["difference"]["old"]["rule"], "RP5b");
    assert_eq!(list(accepted[0], "decisions").len(), 2);
    // Every cell is counted once: unchanged, changed or accepted.
    for found in [&before, &after] {
        let count = |key: &str| found[key].as_u64().unwrap();
        assert_eq!(count("cells"), count("unchanged") + count("changed") + count("accepted-cells"));
        assert_eq!(count("changed"), sum_of_cells(&list(found, "differences")));
    }
    assert_eq!(after["accepted-cells"], accepted[0]["difference"]["cells"]);
    assert_eq!(before["unchanged"], after["unchanged"]);
    let counts = format!(
        "{} unchanged, {} changed, {} changed and accepted",
        after["unchanged"], after["changed"], after["accepted-cells"]
    );
    for format in ["text", "markdown"] {
        let ran = stayput(&["diff", OLD, NEW, &editions, "--accepted", &file, "-f", format]);
        let one_line = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line.contains(&counts), "{counts}: {}", ran.stdout);
        assert!(one_line.contains("with 2 decisions that it changes"), "{}", ran.stdout);
    }
}

#[test]
fn a_decision_with_several_causes_is_accepted_with_all_of_them_alone() {
    let span = folder();
    let none = "stayput: accepted/1\naccepted: []\n";
    let file = crate::support::write(span.path(), "accepted.yaml", none);
    let path = "conformance/alibaba/AL-16-the-international-site-releases-after-30-days.yaml";
    let path = scenario(path);
    let open =
        || list(&reported(&[CHINA, INTERNATIONAL, &path, "--accepted", &file]), "decisions").len();
    let causes = texts(list(&reported(&[CHINA, INTERNATIONAL, &path]), "decisions")[0], "causes");
    assert!(causes.len() > 1, "{causes:?}");
    for (number, cause) in causes.iter().enumerate() {
        assert_eq!(open(), 1, "{number} of {} causes are accepted", causes.len());
        let bless = ["bless", "--diff", CHINA, INTERNATIONAL, &path, "--accepted", &file];
        let ran = stayput(&[&bless[..], &["--reason", "agreed", "--only", cause]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(open(), 0);
}

#[test]
fn the_page_links_decisions_to_causes_and_keeps_what_is_accepted() {
    let span = folder();
    let file = span.path().join("accepted.yaml").to_string_lossy().into_owned();
    let editions = scenario("two-editions.yaml");
    let bless = ["bless", "--diff", OLD, NEW, &editions, "--accepted", &file];
    let more = ["--reason", "agreed", "--until", "2999-12-31", "--only", BY_THE_LETTER];
    assert_eq!(stayput(&[&bless[..], &more].concat()).code, 0);
    let page = stayput(&["diff", OLD, NEW, &editions, "--accepted", &file, "-f", "html"]).stdout;
    assert_sound(&page);
    for part in [
        "✓ accepted",
        "id=\"a1\"",
        "href=\"#a1\"",
        "Accepted: agreed, until 2999-12-31",
        "with 2 decisions that it changes",
        "cells differ, which is accepted",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let decisions = page.split("id=\"decisions\"").nth(1).unwrap().split("<h2").next().unwrap();
    assert!(decisions.contains("href=\"#x"), "{decisions}");
}

#[test]
fn equal_changes_are_one_row_so_that_the_page_of_all_scenarios_stays_small() {
    let all = root().join("scenarios").to_string_lossy().into_owned();
    let page = stayput(&["diff", OLD, NEW, &all, "-f", "html"]).stdout;
    assert!(page.len() <= 320_000, "{} bytes", page.len());
    assert_sound(&page);
    let decisions = page.split("id=\"decisions\"").nth(1).unwrap().split("<h2").next().unwrap();
    let rows = decisions.matches("<tr").count();
    assert!((20..=200).contains(&rows), "{rows} rows");
}
