use crate::support::{SMALL, folder, stayput, write};

#[test]
fn one_decision_is_explained_step_by_step() {
    let ran = stayput(&[
        "explain",
        "scenarios/unpaid-fortnight.yaml#quiet-night/web-1",
        "--case",
        "never-pays",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("decision", ran.stdout);
}

#[test]
fn one_situation_is_explained_without_a_run() {
    let arguments = [
        "explain",
        "alibaba-ecs@2026-05-15",
        "trigger=scale-in",
        "membership=entrusted",
        "on=release-protection",
    ];
    let ran = stayput(&arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("situation", ran.stdout);
    let assumed = ["explain", "alibaba-ecs@2026-05-15", "billing=spot", "on=release-protection"];
    let by_default = stayput(&assumed).stdout;
    assert!(
        by_default.contains("HELD") && by_default.contains("RP1s, unconfirmed"),
        "{by_default}"
    );
    let otherwise = stayput(&[&assumed[..], &["--assume", "flag-on-spot=inert"]].concat()).stdout;
    assert!(otherwise.contains("0 held, 0 overridden  ->  UNPROTECTED"), "{otherwise}");
    let never = stayput(&["explain", "alibaba-ecs@2026-05-15", "trigger=scale-in"]).stdout;
    assert!(never.contains("this situation cannot occur: not in a group"), "{never}");
}

/// `explain SCENARIO` lists the decisions that can be explained; each line can be explained.
#[test]
fn a_scenario_lists_its_decisions() {
    let ran = stayput(&["explain", "scenarios/two-ways-to-go.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let decisions = ran.stdout.split_whitespace().filter(|word| word.contains('#'));
    assert_eq!(decisions.clone().count(), 2);
    for what in decisions {
        assert_eq!(stayput(&["explain", what]).code, 0, "{what}");
    }
}

#[test]
fn an_unknown_name_is_reported_with_the_known_ones() {
    let file = "scenarios/unpaid-fortnight.yaml";
    for (arguments, reported) in [
        (vec![format!("{file}#quiet-night/web-9")], "unknown instance `web-9`"),
        (
            vec![format!("{file}#mis-click/web-1")],
            "the event `mis-click` makes no decision about `web-1`",
        ),
        (vec![format!("{file}#quiet-night")], "does not name a decision"),
        (
            vec!["alibaba-ecs@2026-05-15".into(), "trigger=scalein".into()],
            "did you mean `scale-in`?",
        ),
        (vec!["alibaba-ecs@2026-05-15".into(), "trigge=manual".into()], "did you mean `trigger`?"),
        (vec!["alibaba-ecs@2026-05-15".into(), "on=standbye".into()], "did you mean `standby`?"),
        (
            vec!["alibaba-ecs@2026-05-15".into(), "manual".into()],
            "is not of the form `column=word`",
        ),
        (
            vec!["alibaba-ecs@2026-05-15".into(), "--assume".into(), "x=y".into()],
            "has no switch `x`",
        ),
        (vec!["no-such@1".into()], "unknown policy `no-such@1`"),
    ] {
        let mut all = vec!["explain"];
        all.extend(arguments.iter().map(String::as_str));
        let ran = stayput(&all);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(reported), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(
        stayput(&["explain", "E070"]).stdout,
        "E070: An expectation, or a decision to explain, that the run never reaches.\n"
    );
}

/// A decision about a member that a group created in the run is explained.
#[test]
fn a_member_that_the_run_creates_can_be_explained() {
    let scratch = crate::support::folder();
    let text = "stayput: scenario/1\nname: grown\npolicy: alibaba-ecs-cn@2026-05-15\n\
        start: 2026-06-01T00:00:00Z\nfor: 60d\n\
        fleet:\n  groups: { g: { min: 0, max: 4, health-check: none } }\n  \
        instances: { w: { group: g } }\n\
        events:\n  - { at: +1h, id: so, scale-out: { group: g, add: 2 } }\n  \
        - { at: +2h, id: si, scale-in: { group: g, remove: 3 } }\n";
    let path = crate::support::write(scratch.path(), "grown.yaml", text);
    let listed = stayput(&["explain", &path]);
    let what = format!("{path}#si/g-new-1");
    assert!(listed.stdout.contains(&what), "{}", listed.stdout);
    let ran = stayput(&["explain", &what]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("g-new-1"), "{}", ran.stdout);
}

/// If the run stops before the event, the reason is printed, not that there is no decision.
#[test]
fn a_run_that_stops_before_the_event_is_undecided() {
    let scratch = crate::support::folder();
    let text = crate::support::SMALL
        .replace("protect: [release-protection]", "protect: [\"release-protection=unknown\"]")
        .replace(
            "events:\n",
            "events:\n  - { at: +0s, id: first, release: { instance: db-1, by: a, via: api } }\n",
        );
    let path = crate::support::write(scratch.path(), "unknown.yaml", text);
    let run = stayput(&["run", &path]);
    assert_eq!(run.code, 5, "{}{}", run.stdout, run.stderr);
    let ran = stayput(&["explain", &format!("{path}#mis-click/db-1")]);
    assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("undecided at"), "{}", ran.stderr);
}

#[test]
fn an_unknown_code_or_rule_is_reported_as_what_it_looks_like() {
    for (what, reported) in [
        ("E999", "there is no message code `E999`"),
        ("RP99", "no edition has a rule `RP99`"),
        ("W998", "there is no message code `W998`"),
    ] {
        let ran = stayput(&["explain", what]);
        assert_eq!(ran.code, 2, "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains(reported), "{what}: {}", ran.stderr);
    }
    let ran = stayput(&["explain", "alibaba-ecs@2026-05-15", "RP99"]);
    assert!(ran.stderr.contains("this policy has no rule `RP99`"), "{}", ran.stderr);
}

/// A request that is refused before its protections are judged has no verdict to combine. Each
/// protection that is on has its row in the table of verdicts.
#[test]
fn a_request_that_was_not_judged_is_not_called_unprotected() {
    let scratch = folder();
    let text = SMALL.replace("expect:", "principals: { alice: { may: \"ecs:Stop*\" } }\nexpect:");
    let text = text.replace("outcome: held", "outcome: denied");
    let path = write(scratch.path(), "s.yaml", &text);
    let ran = stayput(&["explain", &format!("{path}#mis-click/db-1")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("no verdict  ->  DENIED"), "{}", ran.stdout);
    assert!(ran.stdout.contains("not evaluated: the request was refused first"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("UNPROTECTED"), "{}", ran.stdout);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    assert_eq!(stayput(&["run", &path, "-q", "--out", &out]).code, 0);
    let verdicts = std::fs::read_to_string(scratch.path().join("out/verdicts.csv")).unwrap();
    assert_eq!(verdicts.lines().count(), 2, "{verdicts}");
    assert!(verdicts.contains("release-protection,not-consulted"), "{verdicts}");
}
