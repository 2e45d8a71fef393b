//! Outputs of a command never replace its inputs, each other, or files of another origin.

use std::fs;
use std::path::Path;

use crate::support::{Ran, SMALL, command, folder, ran, stayput, write};

/// Runs the program in a folder.
fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    ran(command(arguments).current_dir(folder).output().unwrap())
}

/// The names of the files in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_output_that_overlaps_with_another_one_is_refused_before_the_run() {
    let scratch = folder();
    write(scratch.path(), "a.yaml", SMALL);
    assert_eq!(run_in(scratch.path(), &["run", "-q", "a.yaml", "--out", "old"]).code, 0);
    let before = fs::read_to_string(scratch.path().join("old/run.json")).unwrap();
    for (out, html, reported) in [
        ("new", "new/decisions.csv", "it is inside the output `new`"),
        ("old", "old/run.json", "it is inside the output `old`"),
        ("new", "new", "two outputs have this path"),
        ("sub/new", "sub", "it contains the output `sub/new`"),
        ("new", "./old/../new/x.html", "it is inside the output `new`"),
    ] {
        for more in [&[][..], &["--replications", "2"]] {
            let run = ["run", "-q", "a.yaml", "--out", out, "--html", html];
            let ran = run_in(scratch.path(), &[&run[..], more].concat());
            assert_eq!(ran.code, 2, "{out} {html}: {}", ran.stderr);
            assert!(ran.stderr.contains(reported), "{out} {html}: {}", ran.stderr);
        }
        let left: Vec<String> = names(scratch.path());
        assert!(left.iter().all(|name| ["a.yaml", "old", "sub"].contains(&&**name)), "{left:?}");
    }
    assert_eq!(fs::read_to_string(scratch.path().join("old/run.json")).unwrap(), before);
    let twice = ["test", "a.yaml", "-f", "junit=r.xml", "-f", "json=./r.xml"];
    let ran = run_in(scratch.path(), &twice);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("two outputs have this path"), "{}", ran.stderr);
    // Reports may share a device.
    let null = ["test", "a.yaml", "-f", "junit=/dev/null", "-f", "json=/dev/null"];
    assert_eq!(run_in(scratch.path(), &null).code, 0);
}

#[test]
fn an_output_never_replaces_a_file_that_the_command_reads() {
    let scratch = folder();
    write(scratch.path(), "a.yaml", SMALL);
    write(scratch.path(), "fleet.csv", "instance,protect\ndb-1,release-protection\n");
    let table = "  instances: { file: fleet.csv }\n";
    let rows = "  instances:\n    db-1: { protect: [release-protection] }\n";
    assert!(SMALL.contains(rows));
    write(scratch.path(), "c.yaml", SMALL.replace(rows, table));
    write(scratch.path(), "with.yaml", "stayput: overlay/1\nabout: More.\n");
    let policies = ["alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15"];
    assert_eq!(run_in(scratch.path(), &["bless", "c.yaml"]).code, 0);
    let all = |file: &str| fs::read_to_string(scratch.path().join(file)).unwrap();
    let files = ["a.yaml", "c.yaml", "fleet.csv", "with.yaml", "c.decisions.csv"];
    let before = files.map(all);
    let cases: &[&[&str]] = &[
        &["run", "-q", "a.yaml", "--html", "a.yaml"],
        &["run", "-q", "a.yaml", "--html", "./a.yaml"],
        &["run", "-q", "a.yaml", "--replications", "2", "--html", "a.yaml"],
        &["run", "-q", "c.yaml", "--html", "fleet.csv"],
        &["run", "-q", "a.yaml", "--with", "with.yaml", "--html", "with.yaml"],
        &["test", "a.yaml", "-f", "junit=a.yaml"],
        &["test", "a.yaml", "--html", "a.yaml"],
        &["test", "c.yaml", "--html", "c.decisions.csv"],
        &["test", ".", "--html", "c.yaml"],
        &["diff", policies[0], policies[1], "a.yaml", "--html", "a.yaml"],
        &["diff", policies[0], policies[1], ".", "--html", "c.yaml"],
    ];
    for arguments in cases {
        let ran = run_in(scratch.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("this command reads it"), "{arguments:?}: {}", ran.stderr);
        assert_eq!(files.map(all), before, "{arguments:?}");
    }
}

#[test]
fn merging_into_one_of_the_parts_is_refused() {
    let scratch = folder();
    let random = crate::support::root().join("scenarios/random-ties.yaml");
    let random = random.to_string_lossy().into_owned();
    for shard in ["1", "2"] {
        let number = format!("{shard}/2");
        let run = ["run", "-q", &random, "--replications", "4", "--shard", &number, "--out", shard];
        assert_eq!(run_in(scratch.path(), &run).code, 0);
    }
    let ran = run_in(scratch.path(), &["merge", "1", "2", "--out", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("this command reads `run.json` in it"), "{}", ran.stderr);
    assert_eq!(run_in(scratch.path(), &["merge", "1", "2", "--out", "3"]).code, 0);
}

#[test]
fn two_runs_of_one_name_are_not_written_to_the_same_tables() {
    let scratch = folder();
    write(scratch.path(), "a.yaml", SMALL);
    write(scratch.path(), "b.yaml", SMALL);
    for (more, reported) in [
        (&["a.yaml", "b.yaml", "--out", "d"][..], "`a.yaml` and `b.yaml` are both called small"),
        (&["a.yaml", "b.yaml", "-f", "csv"], "`a.yaml` and `b.yaml`"),
        (&["a.yaml", "b.yaml", "--replications", "2", "--out", "d"], "`a.yaml` and `b.yaml`"),
    ] {
        let ran = run_in(scratch.path(), &[&["run"], more].concat());
        assert_eq!(ran.code, 2, "{more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(reported), "{more:?}: {}", ran.stderr);
        assert!(!scratch.path().join("d").exists());
    }
    assert_eq!(run_in(scratch.path(), &["run", "a.yaml", "b.yaml"]).code, 0);
    let one = ["run", "a.yaml", "b.yaml", "-E", "file(a*)", "--out", "d"];
    assert_eq!(run_in(scratch.path(), &one).code, 0);
    let twice = ["run", "a.yaml", "./a.yaml", "-f", "csv"];
    let once = run_in(scratch.path(), &["run", "a.yaml", "-f", "csv"]);
    assert_eq!(run_in(scratch.path(), &twice), once);
}

/// A scenario whose instances have names that become the same name of a file.
const ALIKE: &str = "\
stayput: scenario/1
name: alike
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
fleet:
  instances:
    \"a/b\": { protect: [release-protection] }
    \"a b\": {}
    \"A_b\": { billing: subscription, expires: 2026-06-04T00:00:00Z }
";

#[test]
fn a_hunt_writes_a_file_for_each_way_and_leaves_none_of_an_earlier_hunt() {
    let scratch = folder();
    write(scratch.path(), "s.yaml", ALIKE);
    let hunt = |more: &[&str]| {
        let hunt = ["hunt", "s.yaml", "--max-actions", "2", "--write", "ways"];
        run_in(scratch.path(), &[&hunt[..], more].concat())
    };
    let ways = scratch.path().join("ways");
    let all = hunt(&["--target", "*"]);
    assert_eq!(all.code, 0, "{}", all.stderr);
    let found = names(&ways);
    let reported = format!("wrote {} scenarios to ways", found.len());
    assert!(all.stderr.contains(&reported), "{found:?}: {}", all.stderr);
    let lower: std::collections::BTreeSet<_> =
        found.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), found.len(), "some file systems do not distinguish cases: {found:?}");
    let out = scratch.path().join("out");
    let paths: Vec<String> =
        found.iter().map(|name| ways.join(name).to_string_lossy().into_owned()).collect();
    let mut run = vec!["run", "-q", "--out"];
    let out = out.to_string_lossy();
    run.push(&out);
    run.extend(paths.iter().map(String::as_str));
    let ran = stayput(&run);
    assert_eq!(ran.code, 0, "each way has a name of its own: {}", ran.stderr);
    // A narrower hunt leaves only its own ways, and files of another origin.
    let notes = write(&ways, "notes.yaml", SMALL);
    let narrow = hunt(&["--target", "a b", "--calls-only"]);
    assert_eq!(narrow.code, 0, "{}", narrow.stderr);
    let left = names(&ways);
    assert!(left.len() < found.len() && left.iter().any(|name| name == "notes.yaml"), "{left:?}");
    assert!(left.iter().all(|name| name == "notes.yaml" || name.starts_with("a_b-way-")));
    // A hunt of changes leaves the ways.
    let fixed = hunt(&["--target", "a b", "--calls-only", "--fix"]);
    assert_eq!(fixed.code, 0, "{}", fixed.stderr);
    assert!(left.iter().all(|name| names(&ways).contains(name)));
    assert_eq!(fs::read_to_string(notes).unwrap(), SMALL);
}

#[test]
fn a_hunt_replaces_no_file_that_it_did_not_write_or_that_it_reads() {
    let scratch = folder();
    write(scratch.path(), "s.yaml", SMALL);
    let ways = scratch.path().join("ways");
    fs::create_dir(&ways).unwrap();
    write(&ways, "db-1-way-1.yaml", "mine\n");
    let hunt = ["hunt", "s.yaml", "--target", "db-1", "--max-actions", "2", "--write", "ways"];
    let ran = run_in(scratch.path(), &hunt);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("was not written by `stayput hunt`"), "{}", ran.stderr);
    assert_eq!(names(&ways), ["db-1-way-1.yaml"]);
    assert_eq!(fs::read_to_string(ways.join("db-1-way-1.yaml")).unwrap(), "mine\n");
    fs::remove_file(ways.join("db-1-way-1.yaml")).unwrap();
    assert_eq!(run_in(scratch.path(), &hunt).code, 0);
    let before = fs::read_to_string(ways.join("db-1-way-1.yaml")).unwrap();
    let again = ["hunt", "ways/db-1-way-1.yaml", "--target", "db-1", "--write", "ways"];
    let ran = run_in(scratch.path(), &again);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("and this one reads it"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(ways.join("db-1-way-1.yaml")).unwrap(), before);
}

#[test]
fn a_reason_that_a_file_of_acceptances_cannot_contain_is_refused() {
    let scratch = folder();
    let policies = ["alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15"];
    for reason in ["", "  ", "two\nlines", "a\ttab", "\u{1b}[31mred", "\u{202e}back"] {
        let bless = ["bless", "--diff", policies[0], policies[1], "--accepted", "acc.yaml"];
        let ran = run_in(scratch.path(), &[&bless[..], &["--reason", reason]].concat());
        assert_eq!(ran.code, 2, "{reason:?}: {}", ran.stderr);
        assert!(!scratch.path().join("acc.yaml").exists(), "{reason:?}");
    }
    let bless = ["bless", "--diff", policies[0], policies[1], "--accepted", "acc.yaml"];
    let odd = "it's \"right\": 100 % – für alle # yes";
    let ran = run_in(scratch.path(), &[&bless[..], &["--reason", odd]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let diff = ["diff", policies[0], policies[1], "--accepted", "acc.yaml"];
    assert_eq!(run_in(scratch.path(), &diff).code, 0);
}

#[test]
fn a_named_file_of_acceptances_must_exist_and_have_an_effect() {
    let scratch = folder();
    write(scratch.path(), "a.yaml", SMALL);
    let policies = ["alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15"];
    for (file, reported) in [("nope.yaml", "no such file"), (".", "it is a directory")] {
        let ran = run_in(scratch.path(), &["diff", policies[0], policies[1], "--accepted", file]);
        assert_eq!(ran.code, 2, "{file}: {}", ran.stderr);
        assert!(ran.stderr.contains(reported), "{file}: {}", ran.stderr);
    }
    assert_eq!(run_in(scratch.path(), &["run", "-q", "a.yaml", "--out", "d"]).code, 0);
    let ran = run_in(scratch.path(), &["diff", "d", "d", "--accepted", "a.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("`--accepted` has an effect only if two policies"));
    let ran = run_in(scratch.path(), &["diff", "d", "d", "-f", "csv"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("these folders contain single runs"), "{}", ran.stderr);
    let ran = run_in(scratch.path(), &["diff", "nodir", "d"]);
    assert!(ran.stderr.contains("there is no folder `nodir`"), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn stored_decisions_that_cannot_be_read_are_an_error() {
    use std::os::unix::fs::symlink;
    let scratch = folder();
    let inside = scratch.path().join("inside");
    fs::create_dir(&inside).unwrap();
    write(&inside, "a.yaml", SMALL);
    assert_eq!(run_in(&inside, &["bless", "a.yaml"]).code, 0);
    let stored = inside.join("a.decisions.csv");
    fs::rename(&stored, scratch.path().join("other.csv")).unwrap();
    let judged = |reported: &str| {
        for verb in ["test", "bless"] {
            let ran = run_in(&inside, &[verb, "a.yaml"]);
            assert_eq!(ran.code, 2, "{verb}, {reported}: {}", ran.stderr);
            assert!(ran.stderr.contains("error[E000]"), "{verb}, {reported}: {}", ran.stderr);
            assert!(ran.stderr.contains(reported), "{verb}, {reported}: {}", ran.stderr);
        }
    };
    fs::create_dir(&stored).unwrap();
    judged("it is a directory");
    fs::remove_dir(&stored).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&stored).status().unwrap().success());
    judged("it is a device, a pipe or a socket");
    fs::remove_file(&stored).unwrap();
    symlink("nowhere", &stored).unwrap();
    judged("it is a link to a file that does not exist");
    fs::remove_file(&stored).unwrap();
    symlink("a.decisions.csv", &stored).unwrap();
    judged("cannot read");
    fs::remove_file(&stored).unwrap();
    symlink("../other.csv", &stored).unwrap();
    judged("it is outside the folder of this file");
    let allowed = run_in(&inside, &["test", "a.yaml", "--allow-outside"]);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
    fs::remove_file(&stored).unwrap();
    symlink("copy.csv", &stored).unwrap();
    fs::copy(scratch.path().join("other.csv"), inside.join("copy.csv")).unwrap();
    assert_eq!(run_in(&inside, &["test", "a.yaml"]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_file_of_a_folder_that_is_skipped_is_named() {
    let scratch = folder();
    write(scratch.path(), "a.yaml", SMALL);
    write(scratch.path(), "compose.yaml", "services: {}\n");
    let ran = run_in(scratch.path(), &["test", "."]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("--> ./compose.yaml"), "{}", ran.stderr);
    std::os::unix::fs::symlink("nowhere.yaml", scratch.path().join("gone.yaml")).unwrap();
    let ran = run_in(scratch.path(), &["test", "."]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let why = "cannot read `./gone.yaml`: it is a link to a file that does not exist";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
}

#[test]
fn a_quiet_run_prints_nothing_in_any_format() {
    let scratch = folder();
    write(scratch.path(), "a.yaml", SMALL);
    for format in ["text", "csv", "jsonl", "html"] {
        let ran = run_in(scratch.path(), &["run", "a.yaml", "-q", "-f", format]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{format}");
    }
    let page = ["run", "a.yaml", "-q", "-f", "html", "--html", "page.html"];
    assert_eq!(run_in(scratch.path(), &page).stdout, "");
    assert!(scratch.path().join("page.html").is_file());
}
