//! What messages propose can be done, each mistake has one message, and an option without effect
//! is refused.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{Ran, command, folder, ran, stayput, write};

/// A fleet of a protected instance, a release that is held, and an expectation.
const HELD: &str = "\
stayput: scenario/1
name: held
policy: alibaba-ecs-cn@2026-05-15
start: 2026-06-01T00:00:00Z
for: 2d
fleet: { instances: { db-1: { protect: [release-protection] } } }
events:
  - { at: +1h, id: m, release: { instance: db-1, by: ops, via: api } }
expect: { decisions: [{ event: m, outcome: held }] }
";

/// A fleet of which one instance is released at a random time, in two cases.
const RANDOM: &str = "\
stayput: scenario/1
name: chance
policy: alibaba-ecs-cn@2026-05-15
start: 2026-06-01T00:00:00Z
for: 30d
cases: { x: { gap: 10d }, y: { gap: 20d } }
fleet: { instances: { db-1: {} } }
random:
  slip:
    every: { exponential: { mean: $gap } }
    release: { instance: db-1, by: ops, via: api, force: true }
";

fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    ran(command(arguments).current_dir(folder).output().unwrap())
}

/// The messages about a scenario.
fn messages(text: impl AsRef<[u8]>) -> String {
    let folder = folder();
    write(folder.path(), "s.yaml", text);
    run_in(folder.path(), &["check", "s.yaml"]).stderr
}

#[test]
fn an_option_that_another_one_makes_useless_is_refused() {
    let folder = folder();
    write(folder.path(), "s.yaml", HELD);
    for (arguments, reported) in [
        (&["run", "--summary", "-f", "csv"][..], "'--summary' cannot be used with '--format csv'"),
        (&["run", "--summary", "-f", "html"], "'--summary' cannot be used with '--format html'"),
        (&["test", "--suggest", "-f", "json"], "'--suggest' cannot be used with '--format json'"),
        (&["test", "--suggest", "--coverage"], "'--coverage' cannot be used with '--suggest'"),
        (&["test", "--suggest", "--mutate"], "'--mutate' cannot be used with '--suggest'"),
        (&["test", "--suggest", "-v"], "cannot be used with"),
    ] {
        let ran = run_in(folder.path(), &[arguments, &["s.yaml"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(reported), "{arguments:?}: {}", ran.stderr);
        let usage = format!("Usage: stayput {}", arguments[0]);
        assert!(ran.stderr.contains(&usage), "{arguments:?}: {}", ran.stderr);
    }
    let with_file = ["test", "--suggest", "--coverage", "-f", "json=r.json", "s.yaml"];
    let ran = run_in(folder.path(), &with_file);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("stayput: scenario/1"), "{}", ran.stdout);
    assert!(fs::read_to_string(folder.path().join("r.json")).unwrap().contains("coverage"));
    assert_eq!(run_in(folder.path(), &["run", "--summary", "s.yaml"]).code, 0);
}

#[test]
fn a_rule_after_a_space_is_no_path() {
    let ran = stayput(&["test", "--suggest", "RP5"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("write `--suggest=RP5`"), "{}", ran.stderr);
}

#[test]
fn a_loss_in_every_replication_is_not_rare() {
    let ran = stayput(&["run", "scenarios/two-ways-to-go.yaml", "--replications", "5"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("all replications gave the same value"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("seen in few replications"), "{}", ran.stdout);
    let folder = folder();
    let rare = RANDOM.replace("gap: 10d", "gap: 60d").replace("gap: 20d", "gap: 60d");
    let path = write(folder.path(), "s.yaml", rare);
    let ran = stayput(&["run", &path, "--case", "x", "--replications", "12"]);
    assert!(ran.stdout.contains("seen in few replications: released;"), "{}", ran.stdout);
}

#[test]
fn a_value_that_no_case_needs_is_reported_once() {
    let cases = "cases: { a: { v: 1, w: 2 }, b: { v: 3, w: 4 }, c: { v: 5, w: 6 }, \
                 d: { v: 7, w: 8 } }\nseed: $v\nfleet:";
    let reported = messages(HELD.replace("fleet:", cases));
    assert_eq!(reported.matches("nothing uses `$w`").count(), 1, "{reported}");
    assert!(reported.contains("1 error"), "{reported}");
    assert!(reported.contains("4 cases give it a value"), "{reported}");
}

#[test]
fn a_missing_shard_is_one_mistake_of_all_cases() {
    let folder = folder();
    write(folder.path(), "s.yaml", RANDOM);
    for shard in ["1/3", "2/3"] {
        let name = &shard[..1];
        let run = ["run", "-q", "s.yaml", "--replications", "9", "--shard", shard, "--out", name];
        assert_eq!(run_in(folder.path(), &run).code, 0);
    }
    let merged = run_in(folder.path(), &["merge", "1", "2"]);
    assert_eq!(merged.code, 2);
    let title = "no shard contains replications 6 to 8 of chance [x], chance [y]";
    assert!(merged.stderr.contains(title), "{}", merged.stderr);
    assert_eq!(merged.stderr.matches("missing shards: 3/3").count(), 1, "{}", merged.stderr);
    let merged = run_in(folder.path(), &["merge", "1", "2", "--partial"]);
    assert_eq!(merged.code, 5, "{}", merged.stderr);
    assert_eq!(merged.stderr.matches("no shard contains").count(), 1, "{}", merged.stderr);
    let merged = run_in(folder.path(), &["merge", "1", "s.yaml"]);
    let title = "`s.yaml` is not a shard of a study: it is not a folder";
    assert!(merged.stderr.contains(title), "{}", merged.stderr);
}

#[test]
fn a_count_of_one_has_a_singular() {
    let folder = folder();
    let path = write(folder.path(), "s.yaml", HELD);
    let (has, below) = ("1 decision has a confidence", "below `documented`");
    let tested = stayput(&["test", "--only", "documented", &path]);
    assert!(tested.stdout.contains(has) && tested.stdout.contains(below), "{}", tested.stdout);
    let simulated = stayput(&["run", "-q", "--only", "documented", &path]);
    assert!(simulated.stderr.contains("1 of 1 decision has"), "{}", simulated.stderr);
}

/// A link without a target is not "no such file": it can be seen in the folder.
#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_called_a_link() {
    let folder = folder();
    write(folder.path(), "s.yaml", HELD);
    for name in ["s.decisions.csv", "out"] {
        std::os::unix::fs::symlink("nothing", folder.path().join(name)).unwrap();
    }
    let why = "it is a link to a file that does not exist";
    for arguments in [&["test", "s.yaml"][..], &["bless", "s.yaml"]] {
        let ran = run_in(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    let ran = run_in(folder.path(), &["run", "-q", "s.yaml", "--out", "out"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
}

#[test]
fn stored_decisions_of_another_name_are_named() {
    let folder = folder();
    write(folder.path(), "s.yaml", HELD);
    assert_eq!(run_in(folder.path(), &["bless", "s.yaml"]).code, 0);
    write(folder.path(), "s.yaml", HELD.replace("name: held", "name: kept"));
    let ran = run_in(folder.path(), &["test", "s.yaml"]);
    let title = "is a stored decision of the scenario `held`; this one is called `kept`";
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("E085") && ran.stderr.contains(title), "{}", ran.stderr);
    assert!(ran.stderr.contains("line 2 of "), "{}", ran.stderr);
    write(folder.path(), "s.yaml", HELD.replace(" m,", " n,"));
    let ran = run_in(folder.path(), &["test", "s.yaml"]);
    assert!(ran.stdout.contains("n · db-1 · manual: not stored, now HELD"), "{}", ran.stdout);
    assert!(ran.stdout.contains("now it does not happen"), "{}", ran.stdout);
}

#[test]
fn comments_stay_in_a_file_of_accepted_changes_that_does_not_change() {
    let folder = folder();
    let bless = [
        "bless",
        "--diff",
        "alibaba-ecs@2019-01-15",
        "alibaba-ecs@2026-05-15",
        "--accepted",
        "a.yaml",
        "--reason",
        "reviewed",
    ];
    assert_eq!(run_in(folder.path(), &bless).code, 0);
    let path = folder.path().join("a.yaml");
    let commented = format!("# approved\n{}", fs::read_to_string(&path).unwrap());
    fs::write(&path, &commented).unwrap();
    let again = run_in(folder.path(), &bless);
    assert!(again.stdout.contains(": 0 changes newly accepted"), "{}", again.stdout);
    assert_eq!(fs::read_to_string(&path).unwrap(), commented);
}

#[test]
fn a_file_without_its_first_line_gets_the_lines_to_choose_from() {
    let folder = folder();
    write(folder.path(), "empty.yaml", "");
    write(folder.path(), "s.yaml", HELD);
    let ran = run_in(folder.path(), &["check", "s.yaml", "--with", "empty.yaml"]);
    assert!(ran.stderr.contains("`stayput: overlay/1`"), "{}", ran.stderr);
    let reported = messages(HELD.replace("stayput: scenario/1\n", ""));
    assert!(reported.contains("add `stayput: scenario/1`"), "{reported}");
    write(folder.path(), "o.yaml", "stayput: overlay/1\nevents: []\n");
    let ran = run_in(folder.path(), &["matrix", "o.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("name a policy or a scenario"), "{}", ran.stderr);
}

#[test]
fn a_mistake_in_a_line_has_one_message_and_a_proposal_that_can_be_done() {
    for (expected, reported) in [
        ("totals: [{ released: 1 }]", "unknown key `released` in totals"),
        ("totals: [{ event: m, helt: 1 }]", "did you mean `held`?"),
        ("totals: [{ event: m }]", "a line of totals needs at least one outcome"),
        ("decisions: [{ in: x, event: m }]", "leave `in` out: there are no cases"),
    ] {
        let written = "decisions: [{ event: m, outcome: held }]";
        let found = messages(HELD.replace(written, expected));
        assert!(found.contains(reported), "{expected}: {found}");
        assert!(found.contains("\n1 error\n"), "{expected}: {found}");
        assert!(!found.contains("did you mean ``"), "{expected}: {found}");
    }
}

#[test]
fn a_history_says_where_it_ends() {
    let folder = folder();
    let never = HELD.replace(
        "decisions: [{ event: m, outcome: held }]",
        "never: [{ instance: db-1, is: running }]",
    );
    let ran = stayput(&["test", &write(folder.path(), "s.yaml", never)]);
    assert!(ran.stdout.contains("no events for db-1 by then"), "{}", ran.stdout);
}

#[test]
fn a_wrong_number_gets_its_reason() {
    let reported = messages(HELD.replace("for: 2d", "for: 2d\nseed: 010"));
    assert!(reported.contains("write `10`, without a leading zero"), "{reported}");
    let weibull = "every: { weibull: { scale: 7d, shape: 1e3 } }";
    let reported = messages(RANDOM.replace("every: { exponential: { mean: $gap } }", weibull));
    assert!(reported.contains("write `1000`"), "{reported}");
    let study = ["run", "scenarios/random-ties.yaml", "--until-halfwidth", "0"];
    let ran = stayput(&study);
    assert!(ran.stderr.contains("it must be greater than 0"), "{}", ran.stderr);
    let reported = messages(HELD.replace("2026-06-01T00:00:00Z", "+1d"));
    assert!(reported.contains("the start must be an instant"), "{reported}");
    assert!(reported.contains("\n1 error\n"), "{reported}");
}

#[test]
fn an_unknown_case_is_answered_with_the_known_ones() {
    let folder = folder();
    let path = write(folder.path(), "s.yaml", RANDOM.replace("x: {", "early: {"));
    let ran = stayput(&["diff", "case=early", "case=yes", &path]);
    assert!(ran.stderr.contains("has no case `yes`; there are: early, y"), "{}", ran.stderr);
    let path = write(folder.path(), "t.yaml", HELD);
    let ran = stayput(&["diff", "case=early", "case=y", &path]);
    assert!(ran.stderr.contains("has no case `early`; there are no cases"), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_given_twice_is_read_once() {
    let folder = folder();
    let instance = json!({ "InstanceId": "i-1", "InstanceChargeType": "PostPaid" });
    let reply = json!({ "Instances": { "Instance": [instance] }, "TotalCount": 1 });
    write(folder.path(), "a.json", reply.to_string());
    let ran = run_in(folder.path(), &["import", "a.json", "./a.json"]);
    assert!(ran.stderr.contains("skipped: this file is given twice"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("appears a second time"), "{}", ran.stderr);
}

#[test]
fn an_edition_that_extends_itself_is_shown_as_a_cycle() {
    let own = |base: &str| {
        format!("stayput: policy/1\npolicy: own\nedition: 2026-11\ntitle: own\nextends: {base}\n")
    };
    let folder = folder();
    write(folder.path(), "own.yaml", own("./own.yaml"));
    write(folder.path(), "a.yaml", own("b.yaml"));
    write(folder.path(), "b.yaml", own("./a.yaml"));
    for (file, cycle) in [
        ("own.yaml", "`./own.yaml` extends itself: ./own.yaml -> ./own.yaml"),
        ("a.yaml", "`./a.yaml` extends itself: ./a.yaml -> ./b.yaml -> ./a.yaml"),
    ] {
        let ran = run_in(folder.path(), &["check", file]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(cycle), "{}", ran.stderr);
    }
}
