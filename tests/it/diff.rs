use std::fs;

use serde_json::Value as Json;
use stayput::diagnostics::{NoFiles, Problems, Sources};
use stayput::policy::{Catalog, Class, Part, Policy, Protection, compare, load};

use crate::support::{folder, root, stayput, write};

const BASE: &str = "alibaba-ecs@2026-05-15";

/// Removes a remedy that helps only as long as SP2 holds against health checks.
const NO_REMEDY: (&str, &str) = (
    "whether or not the flag is set, remedy: { set: scale-in-protection } }",
    "whether or not the flag is set, remedy: repair the member }",
);

/// The text of an edition with some texts replaced, under another name; the edition must contain
/// each of them.
fn edited(changes: &[(&str, &str)]) -> String {
    let mut text = fs::read_to_string(root().join(format!("policies/{BASE}.yaml"))).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "the edition has no `{from}`");
        text = text.replace(from, to);
    }
    text.replacen("\nedition: 2026-05-15\n", "\nedition: 2026-05-16\n", 1)
}

/// The differences of an edition and a changed copy of it.
fn differences(changes: &[(&str, &str)]) -> Vec<Json> {
    let scratch = folder();
    let path = write(scratch.path(), "new.yaml", edited(changes));
    differences_of(BASE, &path)
}

fn differences_of(old: &str, new: &str) -> Vec<Json> {
    let ran = stayput(&["diff", old, new, "-f", "json"]);
    assert_eq!(ran.stderr, "");
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    let list = reported["differences"].as_array().unwrap().clone();
    assert_eq!(ran.code, i32::from(!list.is_empty()), "{}", ran.stdout);
    list
}

/// `part subject class direction: old -> new`, for each.
fn reported(differences: &[Json]) -> Vec<String> {
    let line = |d: &Json| {
        let text = |key: &str| d[key].as_str().unwrap().to_owned();
        let says = |side: &str| d[side]["says"].as_str().unwrap().to_owned();
        format!(
            "{} {} {} {}: {} -> {}",
            text("part"),
            text("subject"),
            text("class"),
            text("direction"),
            says("old"),
            says("new")
        )
    };
    differences.iter().map(line).collect()
}

#[test]
fn an_edition_equals_itself_whatever_its_comments() {
    for name in Catalog::names() {
        let ran = stayput(&["diff", name, name]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stdout);
        assert!(ran.stdout.ends_with("compared, no differences\n"), "{}", ran.stdout);
    }
    assert!(differences(&[("protections:\n", "protections: # the heart of it\n")]).is_empty());
    for format in ["text", "json", "markdown"] {
        assert_eq!(stayput(&["diff", BASE, BASE, "-f", format]).code, 0);
    }
}

#[test]
fn a_flipped_verdict_is_one_difference_with_both_rules() {
    let found = differences(&[(
        "RP2: { trigger: scheduled-release, verdict: overridden",
        "RP2: { trigger: scheduled-release, verdict: held",
    )]);
    assert_eq!(
        reported(&found),
        ["protection release-protection verdict better: overridden -> held"]
    );
    assert_eq!(found[0]["situation"], serde_json::json!({ "trigger": ["scheduled-release"] }));
    assert_eq!(
        (&found[0]["old"]["rule"], &found[0]["new"]["rule"]),
        (&"RP2".into(), &"RP2".into())
    );
    let policy = policy(BASE);
    let table = &policy
        .protection("release-protection")
        .map(|id| &policy.protections[id.index()].table)
        .unwrap();
    let says = |cell| table.row(cell).is_some_and(|row| policy.rule(row.rule).id == "RP2");
    let cells = (0..table.space().cells()).filter(|cell| says(*cell)).count();
    assert_eq!(found[0]["cells"], cells);
}

#[test]
fn a_moved_deadline_is_one_difference_with_its_direction() {
    let step = "{ id: OD1, billing: [pay-as-you-go, spot], after: 15d";
    for (days, direction) in [("14d", "worse"), ("16d", "better")] {
        let found = differences(&[(step, &step.replace("15d", days))]);
        let line =
            format!("clock payment-overdue: release timing {direction}: after 15d -> after {days}");
        assert_eq!(reported(&found), [line]);
    }
    let found = differences(&[("earliest: 30m", "earliest: 1h")]);
    assert_eq!(reported(&found), ["schedule at the earliest timing neutral: 30m -> 1h"]);
}

#[test]
fn a_changed_default_is_one_difference() {
    let found = differences(&[("DF2: { is: 300s,", "DF2: { is: 60s,")]);
    assert_eq!(reported(&found), ["default cooldown setting neutral: 5m -> 1m"]);
    assert_eq!(
        (&found[0]["old"]["rule"], &found[0]["situation"]),
        (&"DF2".into(), &serde_json::json!({}))
    );
    let orders = "is: [oldest-scaling-configuration, oldest-instance]";
    let found = differences(&[(orders, "is: newest-instance")]);
    let line = "default removal setting neutral: oldest-scaling-configuration, oldest-instance -> newest-instance";
    assert_eq!(reported(&found), [line]);
    let found = differences(&[(
        "DF4: { is: priority, source: ess-choice",
        "DF4: { is: priority, source: ess-guide",
    )]);
    assert_eq!(reported(&found), ["default zone-policy source neutral: priority -> priority"]);
}

/// A user's edition may change a default of groups, with a source.
#[test]
fn an_edition_that_extends_another_changes_a_default() {
    let house = "stayput: policy/1
policy: house
edition: \"1\"
title: Groups of the house check no health
extends: alibaba-ecs@2026-05-15
sources:
  handbook: { title: House handbook, section: Groups, dated: 2026-01-01, at: \"https://house.example/groups\" }
defaults:
  health-check:
    DF1: { is: none, source: handbook, because: the module of the house switches it off }
";
    let scenario = |policy: &str| {
        format!(
            "stayput: scenario/1
name: house
policy: {policy}
start: 2026-06-01T00:00:00Z
for: 1d
fleet:
  groups: {{ g: {{}} }}
  instances: {{ a: {{ group: g }} }}
events:
  - {{ at: +1h, id: halt, stop: {{ instance: a, by: bob, via: console }} }}
"
        )
    };
    let scratch = folder();
    write(scratch.path(), "house.yaml", house);
    let released = |policy: &str| {
        let path = write(scratch.path(), "scenario.yaml", scenario(policy));
        let ran = stayput(&["run", &path]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.contains("1 of 1 instance released")
    };
    assert!(released(BASE));
    assert!(!released("./house.yaml"));
}

#[test]
fn a_removed_rule_is_reported_where_it_applied() {
    let text = edited(&[]);
    let rule = text.lines().find(|line| line.trim_start().starts_with("PC20:")).unwrap();
    let found = differences(&[(&format!("{rule}\n"), "")]);
    assert_eq!(
        reported(&found),
        ["refusal delete-members detach verdict worse: refused -> no such refusal"]
    );
    assert_eq!(found[0]["situation"], serde_json::json!({ "capacity": ["below-min"] }));
    // A rule of a table cannot simply be deleted: another one must cover its cells, and remedies
    // that relied on it must be removed.
    let scratch = folder();
    let old = write(scratch.path(), "old.yaml", edited(&[NO_REMEDY]));
    let new = edited(&[
        NO_REMEDY,
        (
            "      SP2: { trigger: health-check, verdict: held, source: ess-protect, because: the health of a protected member is not checked }\n",
            "",
        ),
        ("SP5: { trigger: delete-members,", "SP5: { trigger: [delete-members, health-check],"),
    ]);
    let found = differences_of(&old, &write(scratch.path(), "new.yaml", new));
    assert_eq!(
        reported(&found),
        ["protection scale-in-protection verdict worse: held -> overridden"]
    );
    assert_eq!(
        (&found[0]["old"]["rule"], &found[0]["new"]["rule"]),
        (&"SP2".into(), &"SP5".into())
    );
    assert_eq!(found[0]["situation"], serde_json::json!({ "trigger": ["health-check"] }));
}

#[test]
fn a_renamed_source_is_one_difference_and_another_source_is_one_for_each_rule() {
    let renamed = differences(&[("disk-api:", "disk-page:"), ("disk-api]", "disk-page]")]);
    assert_eq!(
        reported(&renamed),
        ["source disk-api source neutral: called disk-api -> called disk-page"]
    );
    let page = "Release a disk (Enable or disable the Release Disk with Instance feature)";
    let at = "https://github.com/AlibabaCloudDocs/ecs/blob/2076cc10c48ae9139be548983189078802d529ce/intl.en-US/Block%20Storage/Cloud%20disks/Release%20a%20disk.md";
    let dated = differences(&[(
        "Release Disk with Instance feature, dated: 2021-03-23",
        "Release Disk with Instance feature, dated: 2020-01-01",
    )]);
    assert_eq!(
        reported(&dated),
        [format!(
            "source disks source neutral: {page}, 2021-03-23 <{at}> -> {page}, 2020-01-01 <{at}>"
        )]
    );
    let other = differences(&[(
        "SP1: { trigger: scale-in, verdict: held, source: ess-protect",
        "SP1: { trigger: scale-in, verdict: held, source: ess-guide",
    )]);
    assert_eq!(reported(&other), ["protection scale-in-protection source neutral: held -> held"]);
    assert_eq!(other[0]["new"]["source"], serde_json::json!(["ess-guide"]));
}

#[test]
fn an_added_protection_is_one_difference_and_so_is_its_loss() {
    let protection = "  backup-lock:\n    about: keeps what has no backup\n    rules:\n      \
        BL1: { trigger: manual, verdict: held, confidence: inferred }\n      \
        BL2: { trigger: { not: manual }, verdict: overridden, confidence: inferred }\n\n  \
        group-deletion-protection:\n";
    let scratch = folder();
    let text = edited(&[("  group-deletion-protection:\n", protection)]);
    let path = write(scratch.path(), "new.yaml", text);
    let added = reported(&differences_of(BASE, &path));
    assert_eq!(added.len(), 1, "{added:?}");
    assert!(
        added[0].starts_with(
            "protection backup-lock presence better: no such protection -> holds against manual"
        ),
        "{added:?}"
    );
    let lost = reported(&differences_of(&path, BASE));
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].starts_with("protection backup-lock presence worse: holds against manual"));
}

#[test]
fn a_trigger_of_one_edition_is_reported_with_its_verdicts() {
    let scratch = folder();
    let path = write(
        scratch.path(),
        "new.yaml",
        edited(
            &[
                ("expiry, security-release, spot-reclaim,\n", "expiry, spot-reclaim,\n"),
                ("expiry, security-release, spot-reclaim]", "expiry, spot-reclaim]"),
                ("      RP4: {", "      x-RP4: {"),
                ("; one that is forcibly released for its security is taken to have one", ""),
            ]
            .map(|pair| pair),
        ),
    );
    let text = fs::read_to_string(&path).unwrap();
    let keep = |line: &&str| !line.contains("EF3b:") && !line.contains("x-RP4");
    let text = text.lines().filter(keep).collect::<Vec<_>>().join("\n");
    let path = write(scratch.path(), "new.yaml", text);
    let found = reported(&differences_of(BASE, &path));
    let has =
        |line: &str| assert!(found.iter().any(|reported| reported == line), "{line}\n{found:#?}");
    has("space trigger security-release presence neutral: known -> not known");
    // A removed precondition protects no instance, so it is neither better nor worse.
    has("protection release-protection presence no-longer-covered: overridden -> not known");
    let back = reported(&differences_of(&path, BASE));
    let line = "protection release-protection presence newly-covered: not known -> overridden";
    assert!(back.iter().any(|reported| reported == line), "{back:#?}");
    assert!(
        !back.iter().any(|reported| reported.contains("presence worse: not known")),
        "{back:#?}"
    );
    let text = stayput(&["diff", &path, BASE]).stdout;
    assert!(text.contains("  NEW     release-protection: security-release"), "{text}");
    assert!(text.contains("newly covered"), "{text}");
}

/// No line of a text is wider than a terminal of 80 columns, except for single long words.
fn assert_fits(text: &str) {
    for line in text.lines() {
        let words = line.split_whitespace().count();
        assert!(line.chars().count() <= 80 || words < 2, "{line}");
    }
}

#[test]
fn lines_fit_a_terminal_of_80_columns() {
    for arguments in [
        &["diff", OLD, BASE][..],
        &["diff", "azure-vmss@2019-05-22", "azure-vmss@2026-05-19"],
        &["diff", OLD, BASE, "scenarios/two-editions.yaml"],
        &["diff", OLD, BASE, "scenarios/random-ties.yaml", "--replications", "20"],
    ] {
        let text = stayput(arguments).stdout;
        assert_fits(text.split("accept: ").next().unwrap());
    }
}

#[test]
fn a_changed_title_is_a_difference() {
    let found = differences(&[("title: Alibaba Cloud ECS", "title: ECS")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(reported(&found)[0].starts_with("title policy wording neutral: Alibaba Cloud ECS"));
    let scratch = folder();
    let path =
        write(scratch.path(), "new.yaml", edited(&[("title: Alibaba Cloud ECS", "title: ECS")]));
    for format in ["text", "markdown"] {
        let ran = stayput(&["diff", BASE, &path, "-f", format]);
        assert!(ran.stdout.contains("“ECS release protection"), "{}", ran.stdout);
    }
}

/// Three changed texts, each in a row that also differs in something more important.
#[test]
fn changed_texts_are_shown_where_the_row_differs_otherwise() {
    let scratch = folder();
    let rule = "SP2: { trigger: health-check, verdict: held, ";
    let (because, new) = ("the health of a protected member is not checked", "it is not checked");
    for change in ["confidence: inferred, ", "answer: No, ", "remedy: look after it, "] {
        let text = edited(&[(rule, &format!("{rule}{change}")), (because, new)]);
        let path = write(scratch.path(), "new.yaml", text);
        for format in ["text", "markdown"] {
            let out = stayput(&["diff", BASE, &path, "-f", format]).stdout;
            let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(out.contains(&format!("“{because}”")), "{change} {format}: {out}");
            assert!(out.contains(&format!("“{new}”")), "{change} {format}: {out}");
            let remedy = change.starts_with("remedy");
            assert_eq!(out.contains("“look after it”"), remedy, "{change} {format}: {out}");
        }
    }
    // If the verdict differs, both rules are shown in full, in Markdown too.
    let text = edited(&[
        NO_REMEDY,
        (rule, &rule.replace("held", "overridden, remedy: look after it")),
        (because, new),
    ]);
    let path = write(scratch.path(), "new.yaml", text);
    for format in ["text", "markdown"] {
        let out = stayput(&["diff", BASE, &path, "-f", format]).stdout;
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [because, new, "remedy: look after it"] {
            assert!(out.contains(words), "{format}: {out}");
        }
    }
}

/// A policy with one switch, for editions that differ only at a position other than its default.
const OPEN: &str = "\
stayput: policy/1
policy: small
edition: '1'
title: a small policy
sources: { page: { title: A page, section: One, at: 'https://example.org/', dated: '2026' } }
space: { trigger: [manual, expiry], action: [release] }
switches:
  odd:
    one-of: [kind, strict]
    cautious: strict
    default: strict
    confidence: inferred
    because: no page says
protections:
  lock:
    rules:
      L1: { trigger: manual, if: { odd: strict }, verdict: overridden, source: page }
      L2: { trigger: manual, if: { odd: kind }, verdict: held, source: page }
      L3: { trigger: expiry, verdict: overridden, source: page }
";

#[test]
fn differences_that_need_a_switch_off_its_default_come_last() {
    let scratch = folder();
    let old = write(scratch.path(), "old.yaml", OPEN);
    let new = OPEN
        .replace(
            "L2: { trigger: manual, if: { odd: kind }, verdict: held",
            "L2: { trigger: manual, if: { odd: kind }, verdict: not-consulted",
        )
        .replace(
            "L3: { trigger: expiry, verdict: overridden",
            "L3: { trigger: expiry, verdict: held",
        );
    let new = write(scratch.path(), "new.yaml", new);
    let found = differences_of(&old, &new);
    assert_eq!(
        reported(&found),
        [
            "protection lock verdict better: overridden -> held",
            "protection lock verdict worse: held -> not-consulted",
        ]
    );
    assert_eq!(found[0]["off-default"], serde_json::json!([]));
    assert_eq!(found[1]["off-default"], serde_json::json!(["odd"]));
    for format in ["text", "markdown"] {
        let out = stayput(&["diff", &old, &new, "-f", format]).stdout;
        let (before, last) = out.split_once("only with a switch at a position other than").unwrap();
        let last =
            if format == "markdown" { out.rsplit("**only where").next().unwrap() } else { last };
        assert!(before.len() > 20 && last.contains("odd: kind"), "{format}: {out}");
    }
}

#[test]
fn switches_defaults_effects_orders_and_texts_are_compared() {
    for (from, to, line) in [
        (
            "one-of: [fires, dropped], cautious: fires, default: fires",
            "one-of: [fires, dropped], cautious: dropped, default: dropped",
            "switch schedule-after-settling setting neutral: open: fires | dropped, default fires -> open: fires | dropped, default dropped",
        ),
        (
            "EF9:  { effect: released, resource: static-ip, fate: lost",
            "EF9:  { effect: released, resource: static-ip, fate: kept",
            "effect effects verdict better: lost -> kept",
        ),
        (
            "is: [oldest-scaling-configuration, oldest-instance]",
            "is: [oldest-instance]",
            "default removal setting neutral: oldest-scaling-configuration, oldest-instance -> oldest-instance",
        ),
        (
            "newest-instance: { by: joined, first: highest",
            "newest-instance: { by: created, first: highest",
            "order newest-instance setting neutral: by joined, highest first -> by created, highest first",
        ),
        (
            "because: the health of a protected member is not checked",
            "because: it is not checked",
            "protection scale-in-protection wording neutral: held -> held",
        ),
        (
            "attribute: ProtectedFromScaleIn",
            "attribute: KeptFromScaleIn",
            "protection scale-in-protection setting neutral: called ProtectedFromScaleIn -> called KeptFromScaleIn",
        ),
        (
            "calendar: +08:00",
            "calendar: +09:00",
            "clock calendar timing neutral: days are counted at +08:00 -> days are counted at +09:00",
        ),
        (
            "source: [schedule-api, schedule-cut]\n",
            "source: [schedule-api]\n",
            "schedule limits source neutral: by schedule-api, schedule-cut -> by schedule-api",
        ),
    ] {
        assert_eq!(reported(&differences(&[(from, to)])), [line]);
    }
}

/// The differences between the pages of 2019 and 2026 (section 10 of the notes on the provider):
/// one verdict, expired subscriptions, and all other rows of its list.
#[test]
fn the_two_editions_of_the_page_differ_as_the_notes_state() {
    let found = differences_of("alibaba-ecs@2019-01-15", BASE);
    let plain: Vec<&Json> = found
        .iter()
        .filter(|d| {
            ["verdict", "timing", "presence", "setting"].contains(&d["class"].as_str().unwrap())
        })
        .collect();
    let lines: Vec<String> = plain
        .iter()
        .map(|d| {
            let words: Vec<String> = d["situation"]
                .as_object()
                .unwrap()
                .values()
                .map(|words| {
                    words
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|w| w.as_str().unwrap())
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect();
            format!("{} [{}]", reported(&[(*d).clone()])[0], words.join(" · "))
        })
        .collect();
    assert_eq!(
        lines,
        [
            // Row 15: an expired subscription can be released.
            "refusal release verdict worse: refused -> no such refusal [manual · unspecified console · subscription · true]",
            "refusal release verdict worse: refused -> no such refusal [manual · subscription · true · true]",
            // Rules that the 2026 edition takes from the pages of one of the two sites.
            "clock expiry: release timing better: after 15d -> after 16d, at 00:00 [china]",
            // Row 2 again: the page of 2026 states what the page of 2019 leaves open.
            "switch entrusted-at-scale-in presence neutral: open: by-the-letter | by-the-principle, default by-the-principle -> not open []",
            "switch billing-site presence neutral: not open -> open: china | international, default china []",
            // Rows 2 and 5: the list of members that a scale-in removes, and its completeness. They
            // come last because a run depends on them only if a switch is at another position.
            "protection release-protection verdict worse: held -> overridden [scale-in · release · entrusted · by-the-letter]",
            // A run depends on the figures of the international site only if it selects them.
            "clock payment-overdue: release timing better: after 15d -> after 30d [pay-as-you-go spot · international]",
            "clock expiry: stop timing better: after 0s -> after 15d [automatic failing · international]",
            "clock expiry: release timing better: after 15d -> after 30d [automatic failing · international]",
        ]
    );
    let line = |part: &str, class: &str, old: &str, new: &str| {
        let hit = found.iter().any(|d| {
            let rule = |side: &str| d[side]["rule"].as_str().unwrap_or_default().to_owned();
            d["part"] == part && d["class"] == class && rule("old") == old && rule("new") == new
        });
        assert!(hit, "{part} {class} {old} -> {new}");
    };
    line("clock", "timing", "OD1", "OD2"); // row 1: a figure for each site
    line("protection", "source", "RP4", "RP4"); // row 3
    line("protection", "source", "RP2", "RP2"); // row 4
    line("protection", "confidence", "RP1c", "RP1"); // row 7: the command line is named
    line("protection", "answer", "RP1b", "RP1"); // row 9: no warning is described
    line("effect", "confidence", "EF9", "EF9"); // row 16
    let held = |d: &&Json| d["part"] == "protection" && d["class"] == "verdict";
    assert_eq!(found.iter().filter(held).count(), 1);
}

fn policy(name: &str) -> Policy {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    load(name, None, &NoFiles, &mut sources, &mut problems).unwrap()
}

/// Looks up each cell in both tables: the rows must cover exactly those that differ.
#[test]
fn every_changed_cell_is_in_exactly_the_rows_that_say_so() {
    let names: Vec<&str> = Catalog::names().collect();
    for old in &names {
        for new in names.iter().filter(|new| *new > old) {
            let (a, b) = (policy(old), policy(new));
            let same = |one: &&Protection, other: &&Protection| {
                one.name == other.name && one.table.space() == other.table.space()
            };
            let shared = a.protections.iter().filter_map(|one| {
                b.protections.iter().find(|other| same(&one, other)).map(|other| (one, other))
            });
            let shared: Vec<_> = shared.collect();
            if shared.is_empty() {
                continue;
            }
            let comparison = compare(&a, &b);
            for (protection, other) in shared {
                let says = |p: &Protection, cell| p.table.row(cell).map(|row| row.says);
                let differ = (0..protection.table.space().cells())
                    .filter(|cell| says(protection, *cell) != says(other, *cell))
                    .count();
                let rows = comparison.differences.iter().filter(|d| {
                    d.part == Part::Protection
                        && d.subject == protection.name
                        && matches!(d.class, Class::Verdict | Class::Presence)
                        && (&*d.old.says, &*d.new.says) != ("inert", "not-consulted")
                        && (&*d.old.says, &*d.new.says) != ("not-consulted", "inert")
                });
                assert_eq!(
                    rows.map(|d| d.cells).sum::<usize>(),
                    differ,
                    "{old} {new} {}",
                    protection.name
                );
            }
        }
    }
}

/// A difference is accepted by its key.
/// A refusal of an action that gives the owner something is worse, and is not joined with others.
#[test]
fn refusals_of_several_actions_are_one_difference_only_in_one_direction() {
    let worse = ["create-image", "cancel-scheduled-release"];
    for d in differences_of("azure-vmss@2026-05-19", BASE) {
        let is_refused = d["part"] == "refusal" && d["new"]["says"] == "refused";
        if !is_refused || d["old"]["says"] != "no such refusal" {
            continue;
        }
        let subject = d["subject"].as_str().unwrap();
        let actions: Vec<&str> = subject.split(' ').collect();
        if actions.contains(&"schedule-release") {
            assert_eq!(d["direction"], "neutral", "{subject}");
        }
        assert!(
            !actions.iter().any(|action| worse.contains(action)) || d["direction"] == "worse",
            "{subject}: {}",
            d["direction"]
        );
    }
}

#[test]
fn no_two_differences_have_the_same_key() {
    let names: Vec<&str> = Catalog::names().collect();
    for (old, new) in names.iter().zip(names.iter().skip(1)) {
        let comparison = compare(&policy(old), &policy(new));
        let mut keys: Vec<String> =
            comparison.differences.iter().map(stayput::policy::Difference::key).collect();
        keys.sort();
        let twice: Vec<&[String]> = keys.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{old} {new}: {twice:?}");
    }
}

#[test]
fn a_rule_that_differs_in_two_aspects_is_reported_with_both() {
    let found = differences(&[(
        "SP1: { trigger: scale-in, verdict: held, source: ess-protect",
        "SP1: { trigger: scale-in, verdict: held, confidence: inferred, source: ess-guide",
    )]);
    assert_eq!(
        reported(&found),
        ["protection scale-in-protection confidence neutral: held -> held"]
    );
    assert_eq!(found[0]["aspects"], serde_json::json!(["confidence", "source"]));
    let scratch = folder();
    let text = edited(&[(
        "SP1: { trigger: scale-in, verdict: held, source: ess-protect",
        "SP1: { trigger: scale-in, verdict: held, confidence: inferred, source: ess-guide",
    )]);
    let path = write(scratch.path(), "new.yaml", text);
    let text = stayput(&["diff", BASE, &path]).stdout;
    assert!(
        text.contains("documented -> inferred") && text.contains("ess-protect -> ess-guide"),
        "{text}"
    );
}

#[test]
fn text_and_markdown_agree_with_the_data() {
    let arguments = ["diff", "alibaba-ecs@2019-01-15", BASE];
    let text = stayput(&arguments);
    assert_eq!(text.code, 1);
    insta::assert_snapshot!("diff-2019-2026", text.stdout);
    let markdown = stayput(&[arguments.as_slice(), &["-f", "markdown"]].concat());
    assert_eq!(markdown.code, 1);
    insta::assert_snapshot!("diff-2019-2026-markdown", markdown.stdout);
    let plain = stayput(&[arguments.as_slice(), &["--color", "always"]].concat());
    assert!(plain.stdout.contains('\u{1b}') && !text.stdout.contains('\u{1b}'));
}

#[test]
fn the_output_of_diff_meets_its_schema() {
    let schema: Json = serde_json::from_str(&stayput(&["schema", "diff"]).stdout).unwrap();
    let keys =
        |object: &Json| -> Vec<String> { object.as_object().unwrap().keys().cloned().collect() };
    let ran = stayput(&["diff", "alibaba-ecs@2019-01-15", BASE, "-f", "json"]);
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    let known = keys(&schema["properties"]);
    assert!(keys(&reported).iter().all(|key| known.contains(key)), "{known:?}");
    let item = &schema["properties"]["differences"]["items"];
    for difference in reported["differences"].as_array().unwrap() {
        assert_eq!(keys(difference), keys(&item["properties"]));
        for side in ["old", "new"] {
            let known = keys(&item["properties"][side]["properties"]);
            assert!(keys(&difference[side]).iter().all(|key| known.contains(key)));
        }
        for word in ["part", "class", "direction"] {
            let words = item["properties"][word]["enum"].as_array().unwrap();
            assert!(words.contains(&difference[word]), "{word}");
        }
    }
}

#[test]
fn a_file_that_is_no_policy_is_bad_input() {
    for arguments in [["diff", "no-such@1", BASE], ["diff", BASE, "no-such@1"]] {
        assert_eq!(stayput(&arguments).code, 2);
    }
}

/// Two members, one of them entrusted: the case of the notes, section 10, row 2.
const SCALE_IN: &str = "\
stayput: scenario/1
name: night
policy: alibaba-ecs@2026-05-15
assume: { entrusted-at-scale-in: by-the-letter }
start: 2026-06-01T00:00:00Z
for: 10d
fleet:
  groups:
    web: { min: 0, max: 8, removal: [oldest-instance] }
  defaults: { group: web, protect: [release-protection] }
  instances:
    auto-1: { membership: auto-created, joined: 2026-01-01T00:00:00Z }
    mine-1: { membership: entrusted, joined: 2026-01-02T00:00:00Z }
events:
  - { at: +4h, id: quiet, scale-in: { group: web, remove: 2 } }
expect:
  decisions:
    - { event: quiet, instance: mine-1, rule: RP5 }
";

const OLD: &str = "alibaba-ecs@2019-01-15";

#[test]
fn scenarios_are_run_under_both_and_instances_that_are_worse_off_are_named() {
    let scratch = folder();
    let path = write(scratch.path(), "night.yaml", SCALE_IN);
    let ran = stayput(&["diff", OLD, BASE, &path, "-f", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    let reported: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(reported["compared"], 2);
    let verdicts: Vec<&Json> = reported["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["class"] == "verdict")
        .collect();
    assert_eq!(verdicts.len(), 1);
    let (old, new) = (&verdicts[0]["old"], &verdicts[0]["new"]);
    assert_eq!(verdicts[0]["direction"], "worse");
    for side in [old, new] {
        assert_eq!((&side["event"], &side["instance"]), (&"quiet".into(), &"mine-1".into()));
    }
    assert_eq!((&old["outcome"], &old["rule"]), (&"held".into(), &"RP5b".into()));
    assert_eq!((&new["outcome"], &new["rule"]), (&"overridden".into(), &"RP5".into()));
    // The comparison of policies alone names the instances that the changed verdict concerns.
    assert_eq!(reported["touched"][0]["instances"], serde_json::json!(["mine-1"]));
    let text = stayput(&["diff", OLD, BASE, &path]).stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("WORSE +4h mine-1 scale-in quiet HELD (RP5b, unconfirmed) -> OVERRIDDEN"),
        "{text}"
    );
    assert!(
        text.contains(
            "\ninstances with a worse decision:\n  night  mine-1\naccept: stayput bless --diff "
        ),
        "{text}"
    );
    assert_fits(text.split("accept: ").next().unwrap());
    let markdown = stayput(&["diff", OLD, BASE, &path, "-f", "markdown"]).stdout;
    assert!(markdown.contains("**instances with a worse decision:** mine-1 (night)"), "{markdown}");
}

#[test]
fn a_scenario_with_a_mistake_is_not_compared() {
    let scratch = folder();
    for mistake in ["start: 2026-06-01T00:00:00Z\nfor: 10d", "for: 10d\nfro: 10d"] {
        let text = SCALE_IN.replace("for: 10d", mistake);
        let path = write(scratch.path(), "night.yaml", text);
        let dir = scratch.path().to_string_lossy().into_owned();
        for scenario in [path, dir] {
            let ran = stayput(&["diff", OLD, BASE, &scenario]);
            assert_eq!(ran.code, 2, "{}", ran.stdout);
            assert!(ran.stderr.contains("night.yaml:"), "{}", ran.stderr);
        }
    }
}

#[test]
fn an_edition_that_is_the_same_changes_no_decision() {
    let ran = stayput(&["diff", BASE, BASE, "scenarios/two-ways-to-go.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.ends_with("2 decisions compared, no differences\n"), "{}", ran.stdout);
}

#[test]
fn recorded_runs_are_compared_row_by_row() {
    let scratch = folder();
    let path = write(scratch.path(), "night.yaml", SCALE_IN);
    let out = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let (a, b) = (out("a"), out("b"));
    for (policy, out) in [(OLD, &a), (BASE, &b)] {
        let text = SCALE_IN.split("expect:").next().unwrap();
        // One policy of a command must know each assumption; here each runs alone.
        let text =
            if policy == OLD { text.to_owned() } else { text.replace("assume:", "x-assume:") };
        write(scratch.path(), "night.yaml", text);
        assert_eq!(stayput(&["run", &path, "--policy", policy, "--out", out]).code, 0);
    }
    let same = stayput(&["diff", &a, &a]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "2 decisions compared, no differences\n"));
    let ran = stayput(&["diff", &a, &b]);
    assert_eq!(ran.code, 1);
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let change = "HELD (RP5b, unconfirmed) -> OVERRIDDEN released (RP5, documented)";
    assert!(words.contains(change), "{}", ran.stdout);
    assert_eq!(stayput(&["diff", &a, BASE]).code, 2, "a run is no policy");
    assert_eq!(stayput(&["diff", &a, &b, &path]).code, 2, "they have been run already");
    fs::write(scratch.path().join("a/decisions.csv"), "scenario,case\n").unwrap();
    let ran = stayput(&["diff", &a, &b]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("decisions.csv was changed after the run wrote it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_scenario_about_another_policy_is_skipped_in_a_folder_and_an_empty_selection_fails() {
    let scratch = folder();
    let other = SCALE_IN
        .replace("policy: alibaba-ecs@2026-05-15", "policy: other@1")
        .replace("[release-protection]", "[lock]");
    let path = write(scratch.path(), "other.yaml", &other);
    let dir = scratch.path().to_string_lossy().into_owned();
    let ran = stayput(&["diff", OLD, BASE, &dir]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("skipped 1 scenario: other policies"), "{}", ran.stderr);
    assert_eq!(stayput(&["diff", OLD, BASE, &path]).code, 2, "by name it is meant");
}

/// Three changed lines and a title are four differences, apart from those of the evidence. Every
/// verb accepts the edition.
#[test]
fn a_house_edition_is_checked_diffed_and_tested_like_a_shipped_one() {
    let house = "examples/own-policy.yaml";
    let base = "alibaba-ecs-cn@2026-05-15";
    assert_eq!(stayput(&["check", house]).code, 0);
    assert_eq!(stayput(&["matrix", house]).code, 0);
    let (evidence, changed): (Vec<Json>, Vec<Json>) = differences_of(base, house)
        .into_iter()
        .partition(|d| ["confidence", "source"].contains(&d["class"].as_str().unwrap()));
    assert!(evidence.iter().any(|d| d["subject"] == "api-batch" && d["class"] == "confidence"));
    assert_eq!(
        reported(&changed),
        [
            "title policy wording neutral: Alibaba Cloud ECS release protection, China site, as documented on 2026-05-15 -> The China site; protection is never switched off here",
            "refusal set-protection verdict neutral: no such refusal -> refused",
            "schedule at the earliest timing neutral: 30m -> 1d",
            "switch api-batch setting neutral: open: all-or-nothing | skips-protected, default all-or-nothing -> open: all-or-nothing | skips-protected, default skips-protected",
        ]
    );
    let ran = stayput(&["test", "--policy", house, "scenarios/unpaid-fortnight.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let ran = stayput(&["explain", house, "action=set-protection"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = stayput(&["diff", base, house, "scenarios/unpaid-fortnight.yaml"]);
    assert!(
        ran.stdout.contains("30 decisions compared, 6 differ: confidence"),
        "the schedule is of the house: {}",
        ran.stdout
    );
}
