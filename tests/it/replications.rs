use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::{Ran, Row, folder, rows, stayput, write};

const RANDOM_TIES: &str = "scenarios/random-ties.yaml";

/// Every file of a folder, by name.
fn tables(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn cell<'r>(row: &'r Row, column: &str) -> &'r str {
    &row[column]
}

fn run_json(folder: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

/// Replications of a scenario, written to a folder.
fn into(out: &Path, path: &str, more: &[&str]) -> Ran {
    let out = out.to_string_lossy().into_owned();
    stayput(&[&["run", path, "--out", &out], more].concat())
}

#[test]
fn any_number_of_workers_gives_the_same_bytes() {
    let scratch = folder();
    for (scenario, more) in [
        (RANDOM_TIES, &["--replications", "230"][..]),
        (RANDOM_TIES, &["--until-halfwidth", "any-protected-lost=0.05"]),
        ("scenarios/random-year.yaml", &["--replications", "40"]),
    ] {
        let of = |jobs: &str, more: &[&str]| {
            let out = scratch.path().join(jobs);
            let ran = into(&out, scenario, &[more, &["--jobs", jobs]].concat());
            assert_eq!((ran.code, ran.stderr), (0, format!("wrote {}\n", out.display())));
            (ran.stdout, tables(&out))
        };
        let alone = of("1", more);
        let names: Vec<&str> = alone.1.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["datapackage.json", "estimates.csv", "replications.csv", "run.json"];
        assert_eq!(names, expected);
        for jobs in ["2", "5"] {
            assert_eq!(of(jobs, more), alone, "{jobs}");
        }
    }
}

#[test]
fn unknown_protections_leave_a_least_and_a_most() {
    let scratch = folder();
    let text = "stayput: scenario/1\nname: perhaps\npolicy: alibaba-ecs@2026-05-15\n\
                start: 2026-06-01T00:00:00+08:00\nfor: 60d\nfleet:\n  instances:\n    \
                u-1: { protect: [release-protection=unknown], auto-release: +4d }\n";
    let path = write(scratch.path(), "perhaps.yaml", text);
    let out = scratch.path().join("out");
    assert_eq!(into(&out, &path, &["--replications", "5"]).code, 0);
    let figures = rows(&fs::read_to_string(out.join("estimates.csv")).unwrap());
    let mean = |name: &str| {
        let row = figures.iter().find(|row| cell(row, "metric") == name).unwrap();
        cell(row, "mean").to_owned()
    };
    assert_eq!((mean("protected-lost"), mean("protected-lost-at-most")), ("0".into(), "1".into()));
    let shares = (mean("any-protected-lost"), mean("any-protected-lost-at-most"));
    assert_eq!(shares, ("0".into(), "1".into()));
    let free = (mean("protected-loss-free"), mean("protected-loss-free-at-least"));
    assert_eq!(free, ("5184000".into(), "345600".into()));
}

#[test]
fn the_figures_agree_with_the_rows() {
    let scratch = folder();
    let out = scratch.path().join("out");
    assert_eq!(into(&out, RANDOM_TIES, &["--replications", "400"]).code, 0);
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    assert_eq!(raw.len(), 400);
    let numbers: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    assert!(raw.iter().map(|row| cell(row, "replication")).eq(numbers.iter().map(String::as_str)));
    let lost: Vec<u32> =
        raw.iter().map(|row| cell(row, "protected_lost").parse().unwrap()).collect();
    // Two of six are removed. Three of the six are protected and have 40 GiB each, the others 20.
    for (row, lost) in raw.iter().zip(&lost) {
        assert_eq!(cell(row, "gib_lost"), (40 + 20 * lost).to_string());
        let first = if *lost > 0 { "86400" } else { "" };
        assert_eq!(cell(row, "first_protected_loss_s"), first);
        let free = if *lost > 0 { "86400" } else { "172800" };
        assert_eq!(cell(row, "protected_loss_free_s"), free);
        // Two are removed in any case, protected or not.
        assert_eq!((cell(row, "first_loss_s"), cell(row, "loss_free_s")), ("86400", "86400"));
    }
    let figures = rows(&fs::read_to_string(out.join("estimates.csv")).unwrap());
    let find = |name: &str| figures.iter().find(|row| cell(row, "metric") == name).unwrap();
    let number = |name: &str, column: &str| cell(find(name), column).parse::<f64>().unwrap();
    let any = lost.iter().filter(|lost| **lost > 0).count();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    close(number("any-protected-lost", "mean"), f64::from(u32::try_from(any).unwrap()) / 400.0);
    let mean = f64::from(lost.iter().sum::<u32>()) / 400.0;
    close(number("protected-lost", "mean"), mean);
    let squares: f64 = lost.iter().map(|lost| (f64::from(*lost) - mean).powi(2)).sum();
    let error = (squares / 399.0 / 400.0).sqrt();
    close(number("protected-lost", "std_error"), error);
    // Student's t with 399 degrees of freedom, 97.5 %: 1.965927 (R, qt).
    let half = (number("protected-lost", "ci_high") - number("protected-lost", "ci_low")) / 2.0;
    assert!((half / error - 1.965_927).abs() < 1e-5, "{half}");
    assert_eq!(cell(find("first-protected-loss"), "n"), any.to_string());
    assert_eq!(cell(find("first-protected-loss"), "method"), "none");
    assert_eq!(cell(find("any-released"), "ci_high"), "1");
    let counted = raw.iter().filter(|row| cell(row, "count_prod-1-lost") == "1").count();
    close(number("prod-1-lost", "mean"), f64::from(u32::try_from(counted).unwrap()) / 400.0);
}

#[test]
fn figures_as_csv_and_json_equal_those_of_the_folder() {
    let scratch = folder();
    let out = scratch.path().join("out");
    let arguments = ["--replications", "60", "--level", "90"];
    let printed = into(&out, RANDOM_TIES, &[&arguments[..], &["-f", "csv"]].concat()).stdout;
    let figures = fs::read_to_string(out.join("estimates.csv")).unwrap();
    assert_eq!(printed, figures);
    let lines = stayput(&[&["run", RANDOM_TIES, "-f", "jsonl"], &arguments[..]].concat()).stdout;
    let figures = rows(&figures);
    assert_eq!(lines.lines().count(), figures.len());
    for (line, row) in lines.lines().zip(&figures) {
        let object: Json = serde_json::from_str(line).unwrap();
        assert_eq!(object["record"], "estimate");
        assert_eq!(object["metric"], cell(row, "metric"));
        assert_eq!(object["level"], 90.0);
        assert!(object["n"].is_u64() && object["mean"].is_number() || cell(row, "n") == "0");
    }
}

#[test]
fn one_replication_can_be_run_alone() {
    let scratch = folder();
    let out = scratch.path().join("out");
    assert_eq!(into(&out, RANDOM_TIES, &["--replications", "30"]).code, 0);
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    let mut seen = std::collections::BTreeSet::new();
    for (number, row) in raw.iter().enumerate() {
        let ran = stayput(&["run", RANDOM_TIES, "-f", "csv", "--replication", &number.to_string()]);
        let decisions = rows(&ran.stdout);
        assert!(decisions.iter().all(|row| cell(row, "replication") == number.to_string()));
        let lost = decisions.iter().filter(|row| cell(row, "outcome") == "overridden").count();
        assert_eq!(cell(row, "protected_lost"), lost.to_string(), "{number}");
        seen.insert(ran.stdout.split(",quiet-night,").nth(1).map(str::to_owned));
    }
    assert!(seen.len() > 1, "they differ");
    let plain = stayput(&["run", RANDOM_TIES, "-f", "csv"]).stdout;
    let first = stayput(&["run", RANDOM_TIES, "-f", "csv", "--replication", "0"]).stdout;
    assert_eq!(plain, first);
}

/// Two scenarios, one of them with cases, in one study.
fn two_scenarios(folder: &Path) -> [String; 2] {
    let text = fs::read_to_string(crate::support::root().join(RANDOM_TIES)).unwrap();
    let cases = text
        .replace("name: random-ties", "name: how-many")
        .replace("seed: 1\n", "seed: 1\ncases:\n  one: { some: 1 }\n  three: { some: 3 }\n")
        .replace("remove: 2", "remove: $some")
        .split("expect:")
        .next()
        .unwrap()
        .to_owned();
    [write(folder, "random-ties.yaml", text), write(folder, "how-many.yaml", cases)]
}

#[test]
fn merged_parts_equal_the_whole_byte_for_byte() {
    let scratch = folder();
    let [one, two] = two_scenarios(scratch.path());
    let study = |out: &str, more: &[&str]| {
        let out = scratch.path().join(out).to_string_lossy().into_owned();
        let ran =
            stayput(&[&["run", &one, &two, "--out", &out, "--replications", "101"], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        (out, ran.stdout)
    };
    let (whole, printed) = study("whole", &["--jobs", "2"]);
    let parts: Vec<String> =
        (1..=4).map(|n| study(&format!("part-{n}"), &["--shard", &format!("{n}/4")]).0).collect();
    let merged = scratch.path().join("merged").to_string_lossy().into_owned();
    for order in [[2, 0, 3, 1], [0, 1, 2, 3]] {
        let parts: Vec<&str> = order.iter().map(|at| parts[*at].as_str()).collect();
        let ran = stayput(&[&["merge", "--out", &merged], parts.as_slice()].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.stdout, printed);
        assert_eq!(tables(Path::new(&merged)), tables(Path::new(&whole)));
    }
    // A merged study is complete: merging it alone changes nothing.
    let again = scratch.path().join("again").to_string_lossy().into_owned();
    assert_eq!(stayput(&["merge", "--out", &again, &merged]).code, 0);
    assert_eq!(tables(Path::new(&again)), tables(Path::new(&whole)));
    assert_eq!(run_json(Path::new(&parts[1]))["study"]["shard"], "2/4");
    let of = |part: &String| {
        let text = fs::read_to_string(Path::new(part).join("replications.csv")).unwrap();
        rows(&text).len()
    };
    // Each of three plans has 101 replications.
    assert_eq!(parts.iter().map(of).collect::<Vec<_>>(), [75, 75, 75, 78]);
}

#[test]
fn parts_of_different_studies_are_refused_with_all_reasons_at_once() {
    let scratch = folder();
    let path = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let part = |name: &str, more: &[&str]| {
        let ran =
            into(Path::new(&path(name)), RANDOM_TIES, &[&["--replications", "40"], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    part("a", &["--shard", "1/4"]);
    part("b", &["--shard", "2/4"]);
    part("d", &["--shard", "4/4"]);
    let merge = |names: &[&str]| {
        let out = path("out");
        let names: Vec<String> = names.iter().map(|name| path(name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ran = stayput(&[&["merge", "--out", &out], names.as_slice()].concat());
        assert!(!Path::new(&out).exists(), "nothing is written");
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        ran.stderr.replace(&*scratch.path().to_string_lossy(), "")
    };
    part("c", &["--shard", "2/4"]);
    let reported = merge(&["a", "b", "d", "c", "a"]);
    for what in [
        "error[E087]: replications 10 to 19 of random-ties are in `/b` and in `/c`",
        "no shard contains replications 20 to 29 of random-ties",
        "missing shards: 3/4",
        "error[E002]: `/a` is given twice",
        "3 errors",
    ] {
        assert!(reported.contains(what), "{what}: {reported}");
    }
    part("seed", &["--shard", "3/4", "--seed", "8"]);
    part("level", &["--shard", "3/4", "--level", "99", "--policy", "alibaba-ecs-cn@2026-05-15"]);
    let reported = merge(&["a", "b", "seed", "level", "d"]);
    for what in [
        "the seeds differ",
        "expected 1, found 8",
        "the confidence levels differ",
        "the policies differ",
    ] {
        assert!(reported.contains(what), "{what}: {reported}");
    }
    // The policy's file is an input as well.
    assert_eq!(reported.matches("error[E086]").count(), 4, "{reported}");
    // A changed scenario is another study, even under the same name.
    let text = fs::read_to_string(crate::support::root().join(RANDOM_TIES)).unwrap();
    let other = write(scratch.path(), "random-ties.yaml", text.replace("+1d", "+2h"));
    let out = path("other");
    stayput(&["run", &other, "--replications", "40", "--shard", "3/4", "--out", &out]);
    assert!(merge(&["a", "b", "other", "d"]).contains("the input files differ: "));
    // Folders that are no parts of a study.
    into(Path::new(&path("plain")), RANDOM_TIES, &[]);
    let broken = fs::read_to_string(Path::new(&path("d")).join("replications.csv")).unwrap();
    let edited = broken.replacen("86400", "soon", 1);
    write(Path::new(&path("d")), "replications.csv", &edited);
    let reported = merge(&["a", "plain", "nowhere", "d"]);
    assert!(reported.contains("replications.csv was changed after the run wrote it"), "{reported}");
    // A table whose digest was changed as well is read, and refused because of its rows.
    let run = fs::read_to_string(Path::new(&path("d")).join("run.json")).unwrap();
    let run = run.replace(
        &stayput::diagnostics::hex_digest(&[&broken]),
        &stayput::diagnostics::hex_digest(&[&edited]),
    );
    write(Path::new(&path("d")), "run.json", run);
    let reported = merge(&["a", "plain", "nowhere", "d"]);
    assert!(
        reported.contains("`/d` is not a shard of a study: in replications.csv, line"),
        "{reported}"
    );
    assert!(reported.contains("`/plain` is not a shard of a study: it was not"), "{reported}");
    assert!(reported.contains("cannot read `/nowhere/run.json`"), "{reported}");
}

/// `--partial` sums the existing parts with their n, reports the missing replications, and marks
/// the result.
#[test]
fn a_partial_merge_says_what_is_missing() {
    let scratch = folder();
    let path = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    for part in ["1", "2", "4"] {
        let shard = format!("{part}/4");
        into(Path::new(&path(part)), RANDOM_TIES, &["--replications", "40", "--shard", &shard]);
    }
    let (one, two, four, out) = (path("1"), path("2"), path("4"), path("out"));
    let ran = stayput(&["merge", "--partial", &four, &one, &two, "--out", &out]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let missing = "no shard contains replications 20 to 29 of random-ties; missing shards: 3/4";
    assert!(ran.stderr.contains(missing), "{}", ran.stderr);
    assert!(ran.stdout.contains("30 replications"), "{}", ran.stdout);
    let run = run_json(Path::new(&out));
    assert_eq!((&run["complete"], &run["study"]["replications"]), (&false.into(), &40.into()));
    assert_eq!(run["runs"][0]["stop"], "partial");
    let estimates = fs::read_to_string(Path::new(&out).join("estimates.csv")).unwrap();
    assert!(rows(&estimates).iter().all(|row| cell(row, "replications") == "30"));
    // Other mistakes are refused nevertheless.
    let ran = stayput(&["merge", "--partial", &one, &one, &two]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("` is given twice"), "{}", ran.stderr);
    // A partial merge is completed by the part that it lacks.
    let three = path("3");
    into(Path::new(&three), RANDOM_TIES, &["--replications", "40", "--shard", "3/4"]);
    let whole = path("whole");
    assert_eq!(stayput(&["merge", "--partial", &out, &three, "--out", &whole]).code, 0);
    let single = path("single");
    into(Path::new(&single), RANDOM_TIES, &["--replications", "40"]);
    assert_eq!(tables(Path::new(&whole)), tables(Path::new(&single)));
}

/// A killed study continues from its saved part and gives the same bytes as an uninterrupted one.
#[cfg(unix)]
#[test]
fn a_killed_study_is_resumed() {
    use std::os::unix::process::ExitStatusExt;
    let scratch = folder();
    let path = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let (whole, out) = (path("whole"), path("out"));
    let study = |out: &str, more: &[&str]| {
        into(
            Path::new(out),
            RANDOM_TIES,
            &[&["--replications", "400", "--shard", "2/2"], more].concat(),
        )
    };
    assert_eq!(study(&whole, &[]).code, 0);
    // The saved progress of a killed run: a partial result of the first replications.
    let text = fs::read_to_string(Path::new(&whole).join("replications.csv")).unwrap();
    let saved: String = text.split_inclusive('\n').take(1 + 77).collect();
    let partial = path("out.partial");
    let save = |table: &str, shown: &str| {
        fs::create_dir_all(&partial).unwrap();
        write(Path::new(&partial), "replications.csv", table);
        let mut run = run_json(Path::new(&whole));
        run["complete"] = false.into();
        run["outputs"] = serde_json::json!([{
            "name": "replications.csv",
            "sha256": stayput::diagnostics::hex_digest(&[shown]),
        }]);
        write(Path::new(&partial), "run.json", run.to_string());
    };
    save(&saved, &saved);
    let ran = study(&out, &["--resume"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("resumed after 77 replications"), "{}", ran.stderr);
    assert_eq!(tables(Path::new(&out)), tables(Path::new(&whole)));
    assert!(!Path::new(&partial).exists(), "what was saved is no longer needed");
    // A second time there is nothing left to do.
    let ran = study(&out, &["--resume"]);
    assert!(ran.stderr.contains("resumed after 200 replications"), "{}", ran.stderr);
    assert_eq!(tables(Path::new(&out)), tables(Path::new(&whole)));
    // An edited table, another study and another shard are refused.
    save(&saved.replacen("alibaba-ecs@", "alibaba@", 1), &saved);
    let ran = study(&path("out"), &["--resume"]);
    assert!(ran.code == 2 && ran.stderr.contains("was changed"), "{}", ran.stderr);
    save(&saved, &saved);
    let ran = study(&out, &["--resume", "--seed", "5"]);
    assert!(ran.code == 2 && ran.stderr.contains("the seeds differ"), "{}", ran.stderr);
    let whole_study = ["--replications", "400", "--shard", "1/2", "--resume"];
    let ran = into(Path::new(&out), RANDOM_TIES, &whole_study);
    assert!(ran.code == 2 && ran.stderr.contains("a different shard"), "{}", ran.stderr);
    fs::remove_dir_all(&partial).unwrap();

    // A real kill, after progress was saved.
    let arguments = ["run", RANDOM_TIES, "--replications", "10000000", "--jobs", "2", "--resume"];
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_stayput"))
        .args(arguments)
        .args(["--out", &path("killed")])
        .current_dir(crate::support::root())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let saved = scratch.path().join("killed.partial/run.json");
    while !saved.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    let ran = stayput(&["merge", "--partial", &path("killed.partial")]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
}

/// An interrupted study of several cases lists all of them, so that it is resumed and merged as the
/// same study.
#[cfg(unix)]
#[test]
fn a_study_that_was_interrupted_in_its_first_case_is_resumed() {
    let scratch = folder();
    let text = crate::support::SMALL.replace("fleet:\n", "cases: { a: {}, b: {} }\nfleet:\n");
    let path = write(scratch.path(), "two.yaml", text);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let run = ["run", "-q", &path, "--replications", "5000000", "--jobs", "1", "--out", &out];
    let interrupted = |more: &[&str]| {
        let child = crate::support::command(&[&run[..], more].concat())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        while !crate::support::has_begun(scratch.path()) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
        crate::support::interrupt(&child);
        crate::support::ran(child.wait_with_output().unwrap())
    };
    let ran = interrupted(&[]);
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    let file = run_json(Path::new(&out));
    let cases: Vec<_> = file["runs"].as_array().unwrap().iter().map(|run| &run["case"]).collect();
    assert_eq!(cases, ["a", "b"]);
    assert_eq!(
        (&file["runs"][1]["stop"], &file["runs"][1]["events"]),
        (&"interrupted".into(), &0.into())
    );
    let ran = interrupted(&["--resume"]);
    assert!(ran.code == 130 && ran.stderr.contains("resumed after"), "{}", ran.stderr);
    let ran = stayput(&["merge", "--partial", &out]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("no shard contains replications 0 to 4999999 of small [b]"));
}

#[test]
fn a_study_with_a_precision_ends_after_whole_rounds_or_reports_that_it_is_not_reached() {
    let scratch = folder();
    let out = scratch.path().join("out");
    let until = |more: &[&str]| into(&out, RANDOM_TIES, more);
    let ran = until(&["--until-halfwidth", "any-protected-lost=0.04,protected-lost=5%"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let run = run_json(&out);
    assert_eq!((&run["runs"][0]["stop"], &run["complete"]), (&"halfwidth".into(), &true.into()));
    let count = run["rows"]["replications.csv"].as_u64().unwrap();
    // 1.96 · √(0.8 · 0.2 / n) = 0.04 at n = 384; the interval of Clopper and Pearson needs more.
    assert!(count.is_multiple_of(100) && (400..=700).contains(&count), "{count}");
    let ran = until(&["--until-halfwidth", "0.01", "--replications", "250"]);
    assert_eq!(ran.code, 5);
    assert!(
        ran.stderr.contains("250 replications did not reach the requested precision"),
        "{}",
        ran.stderr
    );
    assert_eq!(run_json(&out)["complete"], true, "a partial result replaces no complete one");
    let run = run_json(&scratch.path().join("out.partial"));
    assert_eq!(run["runs"][0]["stop"], "limit-replications");
    assert_eq!(run["complete"], false);
    // Every replication releases as many instances: there is no interval.
    let ran = until(&["--until-halfwidth", "released=0.5", "--replications", "200"]);
    let says = "`released` has the same value in all of them, and so no interval";
    assert!(ran.code == 5 && ran.stderr.contains(says), "{}", ran.stderr);
    assert!(!ran.stderr.contains("raise"), "{}", ran.stderr);
    for (text, reported) in [
        ("any-released=1%", "as a number between 0 and 1"),
        ("any-prod-1-los=0.1", "did you mean `any-prod-1-lost`?"),
        ("0", "it must be greater than 0"),
        ("small", "expected 0.01"),
    ] {
        let ran = until(&["--until-halfwidth", text]);
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.stderr.contains(reported), "{text}: {}", ran.stderr);
    }
}

#[test]
fn invalid_questions_are_reported() {
    for (arguments, reported) in [
        (&["--jobs", "2"][..], "`--jobs` needs `--replications N`"),
        (&["--shard", "1/2"], "--replications"),
        (&["--replications", "3", "--shard", "4/5"], "cannot split 3 replications into 5"),
        (&["--replications", "0"], "0 is not in 1..="),
        (&["--replications", "9", "--replication", "3"], "cannot be used with"),
        (&["--until-halfwidth", "0.1", "--shard", "1/2"], "cannot be used with"),
        (&["--replications", "9", "--level", "100"], "greater than 0 and less than 100"),
    ] {
        let ran = stayput(&[&["run", RANDOM_TIES], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.stderr.contains(reported), "{arguments:?}: {}", ran.stderr);
    }
    let scratch = folder();
    let text = fs::read_to_string(crate::support::root().join(RANDOM_TIES)).unwrap();
    for name in ["released", "any-name", "a;b", "a=b"] {
        let path =
            write(scratch.path(), "x.yaml", text.replace("prod-1-lost:", &format!("\"{name}\":")));
        let ran = stayput(&["check", &path]);
        assert_eq!(ran.code, 2, "{name}");
        assert!(
            ran.stderr.contains(&format!("`{name}` cannot be the name of a count")),
            "{}",
            ran.stderr
        );
    }
    let path =
        write(scratch.path(), "x.yaml", text.replace("{ instance: prod-1,", "{ instance: prod-9,"));
    assert!(stayput(&["check", &path]).stderr.contains("prod-9"));
}

#[test]
fn replications_without_an_answer_are_not_counted_but_reported() {
    let scratch = folder();
    let out = scratch.path().join("out");
    let ran = into(&out, RANDOM_TIES, &["--replications", "7", "--max-events", "0"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("replication 0: stopped after 0 events"), "{}", ran.stderr);
    assert!(ran.stderr.contains("; 6 more"), "{}", ran.stderr);
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    assert!(raw.iter().all(|row| cell(row, "stop") == "limit-events"));
    assert!(raw.iter().all(|row| cell(row, "released").is_empty()));
    let figures = rows(&fs::read_to_string(out.join("estimates.csv")).unwrap());
    assert!(figures.iter().all(|row| cell(row, "n") == "0" && cell(row, "mean").is_empty()));
    for row in &figures {
        let is_share = cell(row, "unit") == "share";
        let (ends, method) =
            if is_share { (("0", "1"), "clopper-pearson-bounds") } else { (("", ""), "none") };
        assert_eq!((cell(row, "ci_low"), cell(row, "ci_high")), ends);
        assert_eq!((cell(row, "mean_at_least"), cell(row, "mean_at_most")), ends);
        assert_eq!((cell(row, "method"), cell(row, "incomplete")), (method, "7"));
    }
    assert_eq!(run_json(&out)["complete"], false);
    assert!(ran.stdout.contains("7 replications did not complete"), "{}", ran.stdout);
}

/// Exactly the replications with a click do not complete, so the others show no loss.
const CLICKS: &str = "\
stayput: scenario/1
name: clicks
policy: alibaba-ecs-cn@2026-05-15
start: 2026-01-01T00:00:00+08:00
for: 100d
cases:
  unknown: { protect: [release-protection=unknown] }
  on: { protect: [release-protection] }
fleet: { instances: { a: { protect: $protect } } }
random:
  clicks:
    every: { exponential: { mean: 200d } }
    release: { instance: a, force: true, by: x, via: console }
";

#[test]
fn undecided_replications_leave_a_least_and_a_most_of_shares_and_no_other_figure() {
    let scratch = folder();
    let path = write(scratch.path(), "clicks.yaml", CLICKS);
    let out = scratch.path().join("out");
    let ran = into(&out, &path, &["--replications", "200"]);
    assert_eq!(ran.code, 5);
    let figures = rows(&fs::read_to_string(out.join("estimates.csv")).unwrap());
    let of =
        |case: &str| figures.iter().filter(|row| cell(row, "case") == case).collect::<Vec<_>>();
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    let stopped = raw.iter().filter(|row| cell(row, "stop") == "undecided").count();
    assert!((60..100).contains(&stopped), "{stopped}");
    for row in of("unknown") {
        assert_eq!(cell(row, "incomplete"), stopped.to_string());
        assert!(cell(row, "mean").is_empty() && cell(row, "std_error").is_empty());
        let number = |column: &str| cell(row, column).parse::<f64>();
        if cell(row, "unit") == "share" {
            let share = f64::from(u32::try_from(stopped).unwrap()) / 200.0;
            assert_eq!((number("mean_at_least"), number("mean_at_most")), (Ok(0.0), Ok(share)));
            assert_eq!(number("ci_low"), Ok(0.0));
            assert!(number("ci_high").unwrap() > share, "the true share is 0 to 39 %");
        } else {
            assert!(number("ci_low").is_err() && number("p50").is_err(), "{row:?}");
        }
    }
    for row in of("on") {
        assert_eq!((cell(row, "incomplete"), cell(row, "mean_at_most")), ("0", ""));
        assert!(cell(row, "n") == "0" || !cell(row, "mean").is_empty(), "{row:?}");
    }
    assert!(ran.stdout.contains(&format!("{stopped} replications did not complete")));
    // A merge has the same figures.
    let shards = ["1/2", "2/2"].map(|shard| {
        let part = scratch.path().join(shard.replace('/', "-"));
        assert_eq!(into(&part, &path, &["--replications", "200", "--shard", shard]).code, 5);
        part.to_string_lossy().into_owned()
    });
    let merged = stayput(&["merge", "--partial", &shards[0], &shards[1], "-f", "csv"]);
    let whole = fs::read_to_string(out.join("estimates.csv")).unwrap();
    assert_eq!((merged.code, merged.stdout.trim()), (5, whole.trim()), "{}", merged.stderr);
    // Paired differences are bounds as well, and no precision is reached.
    let study = ["run", &path, "--replications", "200"];
    let paired = stayput(&[&study[..], &["--compare", "-f", "csv"]].concat());
    let differences = rows(&paired.stdout);
    for row in &differences {
        assert_eq!((cell(row, "incomplete"), cell(row, "difference")), (&*stopped.to_string(), ""));
        let method = match cell(row, "unit") {
            "share" => "clopper-pearson-paired-bounds",
            _ => "none",
        };
        assert_eq!(cell(row, "method"), method);
    }
    let any = differences.iter().find(|row| cell(row, "metric") == "any-released").unwrap();
    let least: f64 = cell(any, "difference_at_least").parse().unwrap();
    let share = f64::from(u32::try_from(stopped).unwrap()) / 200.0;
    assert!((least + share).abs() < 1e-9, "{any:?}");
    assert_eq!(cell(any, "difference_at_most"), "0");
    let text = stayput(&[&study[..], &["--compare"]].concat()).stdout;
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        !one_line.contains("no differences") || one_line.contains("did not complete"),
        "{text}"
    );
    let precise = stayput(&[&study[..], &["--until-halfwidth", "0.1"]].concat());
    assert!(precise.stderr.contains("did not reach the requested precision"), "{}", precise.stderr);
    let page = stayput(&[&study[..], &["-f", "html"]].concat()).stdout;
    crate::pages::assert_sound(&page);
    assert_eq!(page.matches("No figure of <b>unknown</b>").count(), 3, "curve, histogram, causes");
    assert!(page.contains("on: no replication loses an instance"), "{page}");
}

/// As `clicks`, and `b` is released at a random time.
fn clicks_and_losses(folder: &std::path::Path) -> String {
    let text = CLICKS.replace(
        "{ instances: { a: { protect: $protect } } }",
        "{ instances: { a: { protect: $protect }, b: {} } }",
    );
    let text = text.replace("random:", "counts: { b: { instance: b, effect: released } }\nrandom:");
    let loss = "  losses:
    every: { exponential: { mean: 100d } }
    release: { instance: b, force: true, by: x, via: api }
";
    write(folder, "losses.yaml", text + loss)
}

#[test]
fn what_was_lost_before_a_replication_stopped_counts_in_the_least_share() {
    let scratch = folder();
    let path = clicks_and_losses(scratch.path());
    let out = scratch.path().join("out");
    assert_eq!(into(&out, &path, &["--replications", "200"]).code, 5);
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    let raw: Vec<_> = raw.iter().filter(|row| cell(row, "case") == "unknown").collect();
    let count = |of: &dyn Fn(&Row) -> bool| {
        u32::try_from(raw.iter().filter(|row| of(row)).count()).unwrap()
    };
    let stopped = count(&|row| cell(row, "stop") == "undecided");
    let certain = count(&|row| cell(row, "certain_shares") == "any-released;any-b");
    let complete = count(&|row| cell(row, "released") == "1");
    assert!(certain > 5 && stopped > certain + 5, "{certain} of {stopped}");
    assert!(
        raw.iter().all(|row| {
            cell(row, "certain_shares").is_empty() || cell(row, "stop") == "undecided"
        })
    );
    let figures = fs::read_to_string(out.join("estimates.csv")).unwrap();
    let figures_rows = rows(&figures);
    let shown = |share: f64| format!("{share:.6}");
    let of_metric = |metric: &str| {
        let row = figures_rows
            .iter()
            .find(|row| cell(row, "case") == "unknown" && cell(row, "metric") == metric);
        ["mean_at_least", "mean_at_most"].map(|at| shown(cell(row.unwrap(), at).parse().unwrap()))
    };
    let share = |hits: u32| shown(f64::from(hits) / 200.0);
    for metric in ["any-released", "any-b"] {
        assert_eq!(of_metric(metric), [share(complete + certain), share(complete + stopped)]);
    }
    assert_eq!(of_metric("any-protected-lost"), [share(0), share(stopped)]);
    // A merge has the same figures.
    let shards = ["1/2", "2/2"].map(|shard| {
        let part = scratch.path().join(shard.replace('/', "-"));
        assert_eq!(into(&part, &path, &["--replications", "200", "--shard", shard]).code, 5);
        part.to_string_lossy().into_owned()
    });
    let merged = stayput(&["merge", "--partial", &shards[0], &shards[1], "-f", "csv"]);
    assert_eq!(merged.stdout.trim(), figures.trim());
}

#[test]
fn a_comparison_with_undecided_replications_prints_bounds() {
    let scratch = folder();
    let path = clicks_and_losses(scratch.path());
    let diff = ["diff", "case=on", "case=unknown", &path, "--replications", "200"];
    let ran = stayput(&[&diff[..], &["-f", "csv"]].concat());
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("undecided at"), "{}", ran.stderr);
    let differences = rows(&ran.stdout);
    let of_metric = |metric: &str| {
        let row = differences.iter().find(|row| cell(row, "metric") == metric).unwrap();
        assert_eq!(
            (cell(row, "method"), cell(row, "difference")),
            ("clopper-pearson-paired-bounds", "")
        );
        ["difference_at_least", "difference_at_most"]
            .map(|at| cell(row, at).parse::<f64>().unwrap())
    };
    // A replication that had lost `b` before it stopped has one result, any other has two.
    let out = scratch.path().join("out");
    into(&out, &path, &["--replications", "200", "--case", "unknown"]);
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    let open = raw.iter().filter(|row| {
        cell(row, "stop") == "undecided" && !cell(row, "certain_shares").contains("any-b")
    });
    let open = f64::from(u32::try_from(open.count()).unwrap());
    let [least, most] = of_metric("any-b");
    assert!(least < 0.0 && most > 0.0, "{least} to {most}");
    assert!((most - least - open / 200.0).abs() < 1e-9, "{least} to {most}, {open} open");
    assert!(cell(&differences[0], "incomplete").parse::<f64>().unwrap() > open);
    let json = stayput(&[&diff[..], &["-f", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let why = json["incomplete"][0].as_str().unwrap();
    assert!(why.contains("200 pairs of replications did not complete"), "{why}");
    let text = stayput(&diff);
    assert!(text.stdout.contains("any-b") && text.stdout.contains(" to "), "{}", text.stdout);
}

#[test]
fn two_policies_are_compared_on_the_same_draws() {
    let scratch = folder();
    let base = "alibaba-ecs@2026-05-15";
    let same = stayput(&["diff", base, base, RANDOM_TIES, "--replications", "50"]);
    assert_eq!(same.code, 0, "{}", same.stdout);
    assert!(
        same.stdout.contains("50 replications with common random numbers, no differences"),
        "{}",
        same.stdout
    );
    // An edition in which release protection holds at a scale-in: the drawn member is kept.
    let text =
        fs::read_to_string(crate::support::root().join(format!("policies/{base}.yaml"))).unwrap();
    let rule = text.lines().find(|line| line.trim_start().starts_with("RP5:")).unwrap();
    let kept = rule.replace("verdict: overridden", "verdict: held");
    assert_ne!(rule, kept);
    let new = write(scratch.path(), "kept.yaml", text.replace(rule, &kept));
    let arguments = ["diff", base, &new, RANDOM_TIES, "--replications", "300"];
    let ran = stayput(&[&arguments[..], &["-f", "csv"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let figures = rows(&ran.stdout);
    let find = |name: &str| figures.iter().find(|row| cell(row, "metric") == name).unwrap();
    let number = |name: &str, column: &str| cell(find(name), column).parse::<f64>().unwrap();
    assert_eq!(cell(find("protected-lost"), "new_mean"), "0");
    // The old side equals a study of the old policy alone, with the same random numbers.
    let alone = stayput(&["run", RANDOM_TIES, "--replications", "300", "-f", "csv"]).stdout;
    let alone = rows(&alone);
    let alone = alone.iter().find(|row| cell(row, "metric") == "protected-lost").unwrap();
    assert_eq!(cell(alone, "mean"), cell(find("protected-lost"), "old_mean"));
    let difference = number("protected-lost", "difference");
    assert_eq!(
        format!("-{}", cell(find("protected-lost"), "old_mean")),
        cell(find("protected-lost"), "difference")
    );
    assert!(number("protected-lost", "ci_low") < difference && difference < -0.8);
    // A share: 80 % of the replications lose one under the old policy, none under the new one.
    assert_eq!(cell(find("any-protected-lost"), "method"), "clopper-pearson-paired");
    let (low, high) =
        (number("any-protected-lost", "ci_low"), number("any-protected-lost", "ci_high"));
    assert!(low < -0.8 && -0.8 < high && high - low < 0.15, "{low} {high}");
    for jobs in ["1", "3"] {
        let more = ["-f", "csv", "--jobs", jobs];
        assert_eq!(stayput(&[&arguments[..], &more].concat()).stdout, ran.stdout);
    }
    let json: Json =
        serde_json::from_str(&stayput(&[&arguments[..], &["-f", "json"]].concat()).stdout).unwrap();
    assert_eq!(json["replications"].as_array().unwrap().len(), figures.len());
    let text = stayput(&arguments).stdout;
    assert!(text.contains("300 replications with common random numbers, "), "{text}");
    let markdown = stayput(&[&arguments[..], &["-f", "markdown"]].concat()).stdout;
    assert!(markdown.contains("| any-protected-lost |"), "{markdown}");
    assert_eq!(stayput(&["diff", base, &new, "--replications", "9"]).code, 2, "of what?");
}

/// A scenario that takes long: every second a random server is replaced.
#[cfg(unix)]
const LONG: &str = "\
stayput: scenario/1
name: long
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 100d
assume: { scale-in-ties: at-random }
fleet:
  groups:
    web: { min: 0, max: 900, removal: [oldest-instance] }
  instances:
    web-1..900: { group: web, joined: 2026-01-01T00:00:00Z, protect: [release-protection] }
events: { file: events.csv }
";

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_replications_that_were_done_and_says_so() {
    use std::process::Stdio;
    use std::time::Duration;
    let scratch = folder();
    let mut events = String::from("at,id,verb,group,remove\n");
    (1..=800).for_each(|n| events.push_str(&format!("+{n}s,e{n},scale-in,web,1\n")));
    write(scratch.path(), "events.csv", events);
    let path = write(scratch.path(), "long.yaml", LONG);
    let out = scratch.path().join("out");
    let text = out.to_string_lossy().into_owned();
    let arguments = ["run", &path, "--replications", "1000000", "--jobs", "2", "--out", &text];
    let child = crate::support::command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !crate::support::has_begun(scratch.path()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    // The number of finished replications does not matter, but each must be right.
    std::thread::sleep(Duration::from_millis(500));
    crate::support::interrupt(&child);
    let ran = crate::support::ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(!crate::support::has_begun(scratch.path()), "the temporary folder is gone");
    let raw = rows(&fs::read_to_string(out.join("replications.csv")).unwrap());
    let reported = format!("interrupted after {} replication", raw.len());
    assert!(ran.stderr.contains(&reported), "{}", ran.stderr);
    assert!(ran.stderr.contains("it is partial (see run.json)"), "{}", ran.stderr);
    let run = run_json(&out);
    assert_eq!(run["complete"], false);
    assert_eq!(run["runs"][0]["stop"], "interrupted");
    assert_eq!(run["rows"]["replications.csv"], raw.len());
    // They are the first ones, without a gap, and complete.
    for (number, row) in raw.iter().enumerate() {
        assert_eq!(cell(row, "replication"), number.to_string());
        assert_eq!((cell(row, "released"), cell(row, "stop")), ("800", "drained"));
    }
    let figures = rows(&fs::read_to_string(out.join("estimates.csv")).unwrap());
    assert!(figures.iter().all(|row| cell(row, "replications") == raw.len().to_string()));
    // The part is not accepted as a whole study.
    let ran = stayput(&["merge", &text]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("is not complete"), "{}", ran.stderr);
}

#[test]
fn the_interval_of_a_study_covers_the_true_value_as_often_as_stated() {
    use stayput::experiment::{ReplicatedPlan, WorkerPool, estimates};
    use stayput::kernel::Limits;
    use stayput::stats::{ConfidenceLevel, Counter};

    let text = fs::read_to_string(crate::support::root().join(RANDOM_TIES)).unwrap();
    let mut plan = crate::support::plan(&text);
    let workers = WorkerPool::new(2).unwrap();
    // Two of six are removed, and three are protected: the number of lost protected ones is
    // hypergeometric. It is 0 with probability 3/15, and 1 on average; a given instance is removed
    // with probability 1/3.
    let truths =
        [("any-protected-lost", 0.8), ("protected-lost", 1.0), ("any-prod-1-lost", 1.0 / 3.0)];
    let mut held = [Counter::default(); 3];
    for study in 0..150_u64 {
        plan.header.seed = study;
        let replicated = ReplicatedPlan::new(plan.clone());
        let mut of = replicated.replications();
        of.rows = workers.in_order(0..40, |number| {
            let one = replicated.observe(number, Limits::default(), None, || true);
            one.map(|one| one.observed)
        });
        let figures = estimates(&of, ConfidenceLevel::P95);
        for ((name, truth), held) in truths.iter().zip(&mut held) {
            let figure = figures.iter().find(|figure| figure.metric == *name).unwrap();
            held.add(figure.range().unwrap().contains(*truth));
        }
    }
    // Clopper and Pearson's interval covers at least as often as stated; Student's approximately.
    let nearly_sure = ConfidenceLevel::new(0.999).unwrap();
    for ((name, _), held) in truths.iter().zip(held) {
        assert!(held.interval(nearly_sure).high >= 0.95, "{name}: {held:?}");
        assert!(held.hits() >= 135, "{name}: {held:?}");
    }
}

/// A scenario with two cases, which differ in what is protected. The time for which the bill stays
/// unpaid is drawn.
const TWO_CASES: &str = "\
stayput: scenario/1
name: bill
policy: alibaba-ecs-cn@2026-05-15
start: 2026-06-01T00:00:00+08:00
for: 60d
seed: 3
cases: { bare: { flags: [] }, kept: { flags: [release-protection] } }
fleet:
  instances:
    db-1: { protect: $flags }
    web-1..3: {}
events:
  - { at: +1d, id: slip, release: { instance: db-1, force: true, by: ann, via: api } }
random:
  slips: { every: { exponential: { mean: 20d } }, release: { instance: \"web-*\", force: true, by: bob, via: api } }
";

#[test]
fn two_recorded_cases_are_compared_with_each_other() {
    let scratch = folder();
    let path = write(scratch.path(), "bill.yaml", TWO_CASES);
    let out = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let [both, bare, kept] = ["both", "bare", "kept"].map(out);
    assert_eq!(stayput(&["run", &path, "--out", &both]).code, 0);
    for (case, out) in [("bare", &bare), ("kept", &kept)] {
        assert_eq!(stayput(&["run", &path, "--case", case, "--out", out]).code, 0);
    }
    // Two folders of one case each and two cases of one folder give the same comparison.
    let [one, two] = ["bare", "kept"].map(|case| format!("{both}#{case}"));
    let ran = stayput(&["diff", &bare, &kept]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    assert_eq!(stayput(&["diff", &one, &two]), ran);
    assert_eq!(stayput(&["diff", &one, &kept]), ran);
    assert!(ran.stdout.contains("bill [bare -> kept]"), "{}", ran.stdout);
    let change = "UNPROTECTED released (documented) -> HELD";
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("BETTER +1d db-1") && words.contains(change), "{}", ran.stdout);
    assert!(!ran.stdout.contains("did not happen"), "the draws are the same: {}", ran.stdout);
    assert_eq!(stayput(&["diff", &one, &bare]).code, 0);
    assert_eq!(stayput(&["diff", &both, &both]).code, 0);
    let ran = stayput(&["diff", &format!("{both}#bar"), &bare]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("has no case `bar`; did you mean `bare`?"), "{}", ran.stderr);
}

#[test]
fn recorded_replications_are_compared_in_pairs() {
    let scratch = folder();
    let path = write(scratch.path(), "bill.yaml", TWO_CASES);
    let out = |name: &str| scratch.path().join(name);
    let name = |name: &str| out(name).to_string_lossy().into_owned();
    let study = ["--replications", "60"];
    assert_eq!(into(&out("both"), &path, &study).code, 0);
    for case in ["bare", "kept"] {
        assert_eq!(into(&out(case), &path, &[&study[..], &["--case", case]].concat()).code, 0);
    }
    let [one, two] = ["bare", "kept"].map(|case| format!("{}#{case}", name("both")));
    let ran = stayput(&["diff", &name("bare"), &name("kept"), "-f", "csv"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    assert_eq!(stayput(&["diff", &one, &two, "-f", "csv"]), ran);
    let figures = rows(&ran.stdout);
    let find = |metric: &str| figures.iter().find(|row| cell(row, "metric") == metric).unwrap();
    let released = find("released");
    assert_eq!((cell(released, "old_case"), cell(released, "new_case")), ("bare", "kept"));
    // Every replication is the same except for db-1, so the difference is known exactly.
    assert_eq!((cell(released, "n"), cell(released, "difference")), ("60", "-1"));
    assert_eq!(cell(find("held"), "difference"), "1");
    let text = stayput(&["diff", &name("bare"), &name("kept")]).stdout;
    assert!(text.contains("bill [bare -> kept]"), "{text}");
    assert!(text.contains("60 replications with common random numbers, 60 differ"), "{text}");
    let same = stayput(&["diff", &name("both"), &name("both")]);
    assert_eq!(same.code, 0, "{}", same.stdout);
    // Another seed and another kind of recording are refused; fewer replications are compared.
    assert_eq!(into(&out("seed"), &path, &[&study[..], &["--seed", "4"]].concat()).code, 0);
    let ran = stayput(&["diff", &name("both"), &name("seed")]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the seeds are 3 and 4"), "{}", ran.stderr);
    assert_eq!(stayput(&["run", &path, "--out", &name("single")]).code, 0);
    let ran = stayput(&["diff", &name("both"), &name("single")]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cannot compare replications with a single run"), "{}", ran.stderr);
    assert_eq!(into(&out("few"), &path, &["--replications", "9"]).code, 0);
    let ran = stayput(&["diff", &name("few"), &name("both")]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("skipped 51 replications of bill that only one side contains"),
        "{}",
        ran.stderr
    );
}

/// Runs that only one side contains make a comparison incomplete, on the page too.
#[test]
fn a_scenario_that_only_one_recording_contains_is_reported() {
    let scratch = folder();
    let [one, two] = two_scenarios(scratch.path());
    let out = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let study = ["--replications", "4"];
    let ran = stayput(&[&["run", &one, &two, "--out", &out("both")][..], &study].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(into(&scratch.path().join("one"), &one, &study).code, 0);
    let why = |case: &str| {
        let folder = out("both");
        format!("how-many [{case}] was not compared, because only {folder} contains it")
    };
    for sides in [[out("both"), out("one")], [out("one"), out("both")]] {
        let arguments = ["diff", &sides[0], &sides[1]];
        let ran = stayput(&arguments);
        assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(&why("one")), "{}", ran.stderr);
        let ran = stayput(&[&arguments[..], &["-f", "json"]].concat());
        let json: Json = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(json["incomplete"], Json::from(vec![why("one"), why("three")]));
        let page = stayput(&[&arguments[..], &["-f", "html"]].concat()).stdout;
        assert!(page.contains("incomplete: exit code 5"), "{page}");
        assert!(!page.contains("Nothing differs that is not accepted."), "{page}");
    }
}

#[test]
fn replications_in_different_currencies_are_not_compared() {
    let scratch = folder();
    let priced = |currency: &str| {
        let worth = format!("for: 60d\ncurrency: {currency}\n");
        let text = TWO_CASES.replace("for: 60d\n", &worth);
        let text = text.replace("web-1..3: {}", "web-1..3: { worth: 5 }");
        let path = write(scratch.path(), "bill.yaml", text);
        let out = scratch.path().join(currency);
        assert_eq!(into(&out, &path, &["--replications", "3"]).code, 0);
        out.to_string_lossy().into_owned()
    };
    let [euros, dollars] = ["EUR", "USD"].map(priced);
    let ran = stayput(&["diff", &euros, &dollars]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("bill [bare] are in EUR and in USD"), "{}", ran.stderr);
    assert_eq!(stayput(&["diff", &euros, &euros]).code, 0);
}

/// A result that cannot be continued is named, and the message is not about shards, of which the
/// user has none.
#[test]
fn a_result_that_cannot_be_continued_is_named() {
    let scratch = folder();
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let run = ["run", "-q", RANDOM_TIES, "--replications", "20", "--out", &out];
    assert_eq!(stayput(&run).code, 0);
    let resume = [&run[..], &["--resume"]].concat();
    let other = [&resume[..], &["--seed", "5"]].concat();
    let ran = stayput(&other);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("remove `{out}`, or run without")), "{}", ran.stderr);
    let rows = fs::read_to_string(Path::new(&out).join("replications.csv")).unwrap();
    write(Path::new(&out), "replications.csv", rows.replacen("86400", "86401", 1) + "x");
    let ran = stayput(&resume);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot be continued"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("remove `{out}`, or run without")), "{}", ran.stderr);
    assert!(!ran.stderr.contains("shard"), "{}", ran.stderr);
}
