use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{Ran, SMALL, command, folder, ran, stayput, write};

#[test]
fn exit_codes_are_as_documented() {
    let scratch = folder();
    let good = write(scratch.path(), "good.yaml", SMALL);
    let failing =
        write(scratch.path(), "failing.yaml", SMALL.replace("outcome: held", "outcome: denied"));
    let broken = write(
        scratch.path(),
        "broken.yaml",
        SMALL.replace("instance: db-1, force", "instance: db-9, force"),
    );
    let silent = write(scratch.path(), "silent.yaml", SMALL.split("expect:").next().unwrap());
    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let empty = empty.to_string_lossy().into_owned();
    let cases: &[(&[&str], i32)] = &[
        (&["run", &good], 0),
        (&["run", &failing], 0), // `run` never judges
        (&["test", &good], 0),
        (&["test", &failing], 1),
        (&["test", &silent], 1), // nothing passes because nothing was expected
        (&["check", &good], 0),
        (&["check", &broken], 2),
        (&["run", &broken], 2),
        (&["run"], 2),
        (&["run", "no-such-file.yaml"], 2),
        (&["matrix", "no-such-policy@1"], 2),
        (&["test", &empty], 4),
        (&["check", &empty], 4),
        (&["test", &good, "--case", "none"], 4),
        (&["run", &good, "--max-events", "0"], 5),
        (&["run", &good, "--only", "documented"], 0),
        (&["run", &good, "--only", "certain"], 2),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["frobnicate"], 2),
    ];
    for (arguments, code) in cases {
        let ran = stayput(arguments);
        assert_eq!(ran.code, *code, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn an_unknown_value_of_a_flag_lists_the_values() {
    let ran = stayput(&["run", "x.yaml", "-f", "xml"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("[possible values: text, csv, jsonl, html, markdown]"),
        "{}",
        ran.stderr
    );
}

#[test]
fn data_goes_to_standard_output_and_messages_to_standard_error() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let ran = stayput(&["run", &path, "-f", "csv", "--out", &out]);
    assert!(ran.stdout.lines().all(|line| line.split(',').count() == 33), "{}", ran.stdout);
    assert_eq!(ran.stderr, format!("wrote {out}\n"));
}

#[test]
fn lines_of_json_have_the_columns_of_the_tables() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let ran = stayput(&["run", &path, "-f", "jsonl"]);
    let records: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records[0]["record"], "request");
    assert_eq!(records[1]["record"], "decision");
    assert_eq!(records[1]["outcome"], "held");
    assert_eq!(records[1]["protections_on"], serde_json::json!(["release-protection"]));
}

#[test]
fn a_folder_of_reports_holds_every_table_that_the_schema_lists() {
    let scratch = folder();
    let text = format!("{SMALL}counts:\n  NAME: {{ event: mis-click }}\n");
    let path = write(scratch.path(), "small.yaml", text);
    let out = scratch.path().join("out");
    let ran = stayput(&["run", &path, "--out", &out.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let schema: serde_json::Value =
        serde_json::from_str(&stayput(&["schema", "csv"]).stdout).unwrap();
    let many = scratch.path().join("many");
    let many_text = many.to_string_lossy().into_owned();
    assert_eq!(stayput(&["run", &path, "--replications", "3", "--out", &many_text]).code, 0);
    let diff = ["diff", "alibaba-ecs@2026-05-15", "alibaba-ecs@2026-05-15", &path];
    let differences = stayput(&[&diff[..], &["--replications", "3", "-f", "csv"]].concat());
    write(&many, "differences.csv", differences.stdout);
    let comparison = stayput(&["run", &path, "--compare", "-f", "csv"]);
    write(&many, "comparison.csv", comparison.stdout);
    let both = ["run.json", "datapackage.json"].map(str::to_owned);
    let mut listed = [both.clone(), both].concat();
    for table in schema["resources"].as_array().unwrap() {
        let file = table["path"].as_str().unwrap();
        listed.push(file.to_owned());
        let of_many = many.join(file);
        let path = if of_many.exists() { of_many } else { out.join(file) };
        let text = fs::read_to_string(path).unwrap();
        let fields = table["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(text.lines().next().unwrap(), names.join(","), "{file}");
        assert!(!text.contains('\r') && text.ends_with('\n'));
        for row in text.lines() {
            assert_eq!(row.split(',').count(), names.len(), "{file}: {row}");
        }
    }
    let mut written: Vec<String> = fs::read_dir(&out)
        .unwrap()
        .chain(fs::read_dir(&many).unwrap())
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    written.sort();
    listed.sort();
    assert_eq!(written, listed);
    let run: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["program"], "stayput");
    assert_eq!(run["rows"]["decisions.csv"], 1);
    assert_eq!(run["complete"], true);
}

#[test]
fn only_a_folder_of_reports_is_replaced() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let out = scratch.path().join("out");
    let run = || stayput(&["run", &path, "--out", &out.to_string_lossy()]);
    assert_eq!(run().code, 0);
    assert_eq!(run().code, 0, "an earlier run wrote it");
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let ran = run();
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("the folder contains `notes.txt`, which was not written by stayput"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "mine");
    fs::remove_dir_all(&out).unwrap();
    fs::create_dir(&out).unwrap();
    fs::write(out.join("precious.txt"), "mine").unwrap();
    let ran = run();
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("was not written by stayput"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(out.join("precious.txt")).unwrap(), "mine");
    fs::remove_dir_all(&out).unwrap();
    fs::write(&out, "a file").unwrap();
    assert_eq!(run().code, 3);
    assert_eq!(fs::read_to_string(&out).unwrap(), "a file");
    let left = fs::read_dir(scratch.path()).unwrap().count();
    assert_eq!(left, 2, "no temporary folder is left behind");
}

#[cfg(unix)]
#[test]
fn an_unwritable_folder_and_a_full_disk_are_reported() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let ran = stayput(&["run", &path, "--out", "/proc/nowhere/out"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for format in ["text", "csv", "jsonl"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&["run", &path, "-f", format]).stdout(full).output().unwrap();
        let ran = crate::support::ran(output);
        assert_eq!(ran.code, 3, "{format}");
        assert!(ran.stderr.contains("cannot write standard output"), "{}", ran.stderr);
    }
}

/// The path of a scenario that takes long: many events about many instances.
fn long_scenario(folder: &Path, events: usize) -> String {
    let mut rows = String::from("at,id,verb,instance,via,flags\n");
    for n in 0..events {
        let flag = if n % 2 == 0 { "true" } else { "false" };
        rows.push_str(&format!(
            "+{n}s,e{n},set-protection,db-{},api,release-protection={flag}\n",
            n % 50 + 1
        ));
    }
    let scenario = "\
stayput: scenario/1
name: long
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 300d
fleet: { instances: { db-1..50: {} } }
events: { file: events.csv }
";
    write(folder, "events.csv", rows);
    write(folder, "long.yaml", scenario)
}

/// Runs a command whose output is not read at first, so that it blocks during its work, and sends
/// it a signal then.
#[cfg(unix)]
fn signalled_at_work(command: &mut Command, send: impl FnOnce(&Child)) -> Ran {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    send(&child);
    stdout.read_to_end(&mut Vec::new()).unwrap();
    ran(child.wait_with_output().unwrap())
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let scratch = folder();
    let path = long_scenario(scratch.path(), 30_000);
    let mut child = command(&["run", &path, "-f", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{talk}");
    assert_eq!(talk, "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_whole_rows_and_says_that_they_are_not_all() {
    let scratch = folder();
    let path = long_scenario(scratch.path(), 200_000);
    let out = scratch.path().join("out");
    let mut command = command(&["run", &path, "--out", &out.to_string_lossy(), "-f", "jsonl"]);
    let ran = signalled_at_work(&mut command, |child| {
        assert!(crate::support::has_begun(scratch.path()));
        crate::support::interrupt(child);
    });
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("interrupted"), "{}", ran.stderr);
    assert!(!crate::support::has_begun(scratch.path()), "the temporary folder is gone");
    let run: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["complete"], false);
    assert_eq!(run["runs"][0]["stop"], "interrupted");
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let requests = read("requests.csv");
    assert!(requests.ends_with('\n'));
    let seqs = requests.lines().skip(1).map(|line| line.split(',').nth(3).unwrap());
    let count = seqs.enumerate().map(|(at, seq)| assert_eq!(seq, at.to_string())).count();
    assert!(count < 200_000, "it was in the middle of its work");
    assert_eq!(run["rows"]["requests.csv"], count);
    assert_eq!(run["runs"][0]["events"], count);
    assert_eq!(read("instances.csv").lines().count(), 1, "no replication is complete");
}

/// A long run whose caller ignores a signal, and which receives a signal during its work.
#[cfg(target_os = "linux")]
fn signalled(ignored: &str, sent: &str) -> Ran {
    let scratch = folder();
    let path = long_scenario(scratch.path(), 200_000);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let program = env!("CARGO_BIN_EXE_stayput");
    let start = format!("trap '' {ignored}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &start, "sh", program, "run", &path, "--out", &out]);
    signalled_at_work(&mut command, |child| {
        let sent = Command::new("kill").args([sent, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_that_the_caller_ignores_stays_ignored() {
    // As under `nohup`.
    let ran = signalled("HUP", "-HUP");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // As in the background of a script: the end of the program is orderly all the same.
    let ran = signalled("INT", "-TERM");
    assert!(ran.code == 130 && ran.stderr.contains("interrupted"), "{} {}", ran.code, ran.stderr);
}

/// Options that have no effect are refused, and not ignored.
#[test]
fn contradictory_options_and_options_without_an_effect_are_refused() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let overlay = write(scratch.path(), "with.yaml", "stayput: overlay/1\nabout: More.\n");
    let edition = "alibaba-ecs@2026-05-15";
    let decision = format!("{path}#mis-click/db-1");
    let cases: &[(&[&str], &str)] = &[
        (&["run", &path, "--replication", "1", "--shard", "1/2"], "cannot be used with"),
        (&["run", &path, "--replication", "2", "--resume", "--out", &out], "cannot be used with"),
        (&["run", &path, "--replication", "2", "--jobs", "2"], "cannot be used with"),
        (&["run", &path, "--level", "90"], "`--level` needs `--replications N`"),
        (&["explain", &decision, "--assume", "nope=x"], "`--assume` has no effect"),
        (&["explain", &decision, "foo=bar"], "`foo=bar` has no effect"),
        (&["explain", &path, "trigger=manual"], "`trigger=manual` has no effect"),
        (&["explain", edition, "trigger=manual", "trigger=scale-in"], "`trigger` is given twice"),
        (&["explain", edition, "trigger=manual", "--case", "a"], "`--case` has no effect"),
        (&["explain", edition, "RP1", "--with", &overlay], "`--with` has no effect"),
        (&["explain", "E010", "--with", &overlay], "`--with` has no effect"),
        (&["matrix", edition, "--with", &overlay], "`--with` has no effect"),
        (&["diff", edition, edition, "--with", "nope.yaml"], "`--with` has no effect"),
        (&["run", &path, "-E", "not case('')", "--case", "x"], ""),
    ];
    for (arguments, reported) in cases {
        let ran = stayput(arguments);
        assert!(ran.code == 2 || reported.is_empty(), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(reported), "{arguments:?}: {}", ran.stderr);
    }
    for verb in ["import", "init", "rules", "policies", "schema", "merge", "completions"] {
        let argument = match verb {
            "import" | "merge" => Some(path.as_str()),
            "rules" => Some(edition),
            "schema" => Some("scenario"),
            "completions" => Some("bash"),
            _ => None,
        };
        let arguments: Vec<&str> =
            [verb, "--with", "nope.yaml"].into_iter().chain(argument).collect();
        let ran = stayput(&arguments);
        assert_eq!(ran.code, 2, "{verb}: {}", ran.stderr);
        assert!(ran.stderr.contains("`--with` has no effect on"), "{verb}: {}", ran.stderr);
        let help = stayput(&[verb, "--help"]).stdout;
        assert!(!help.contains("--with"), "{verb}: {help}");
    }
    assert!(stayput(&["run", "--help"]).stdout.contains("--with <FILE>"));
}

/// The command that a report contains repeats the result.
#[test]
fn a_command_that_repeats_a_result_has_every_option_that_affects_it() {
    let scratch = folder();
    let path =
        write(scratch.path(), "small.yaml", SMALL.replace("outcome: held", "outcome: denied"));
    let overlay = write(scratch.path(), "with.yaml", "stayput: overlay/1\nabout: More.\n");
    let more = ["--with", &overlay, "-E", "name(s*)", "--only", "inferred", "--max-events", "99"];
    let ran = stayput(&[&["test", &path][..], &more].concat());
    let again = format!("--with {overlay} --only inferred --max-events 99");
    // A long command continues on the next line.
    let words = ran.stdout.split_whitespace().filter(|word| *word != "\\");
    assert!(words.collect::<Vec<_>>().join(" ").contains(&again), "{}", ran.stdout);
    let ran = stayput(&[&["run", &path, "-f", "html"][..], &more].concat());
    let again = "--with with.yaml -E 'name(s*)' --only inferred --max-events 99";
    let page = ran.stdout.replace("&#39;", "'");
    assert!(page.contains(again), "{page}");
    let out = scratch.path().join("out");
    let study = ["run", "-q", &path, "--replications", "2", "--out", out.to_str().unwrap()];
    assert_eq!(stayput(&[&study[..], &more].concat()).code, 0);
    let run: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    let words: Vec<&str> =
        run["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let rest = ["--replications", "2", "--level", "95"];
    assert_eq!(words, [&["run", &path][..], &more, &rest].concat());
}

/// An event that a limit refuses is not counted.
#[test]
fn the_number_of_events_is_that_of_the_handled_ones() {
    let scratch = folder();
    let path = write(scratch.path(), "small.yaml", SMALL);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let ran = stayput(&["run", "-q", &path, "--max-events", "0", "--out", &out]);
    assert!(ran.stderr.contains("stopped after 0 events"), "{}", ran.stderr);
    let text = fs::read_to_string(scratch.path().join("out/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(run["runs"][0]["events"], 0);
}

/// An interrupt stays an interrupt if its partial result cannot be placed, and the message names
/// the folder that is in the way.
#[cfg(unix)]
#[test]
fn an_interrupt_beside_a_foreign_folder_names_that_folder() {
    let scratch = folder();
    let path = long_scenario(scratch.path(), 200_000);
    let small = write(scratch.path(), "small.yaml", SMALL);
    let out = scratch.path().join("w").to_string_lossy().into_owned();
    assert_eq!(stayput(&["run", "-q", &small, "--out", &out]).code, 0);
    let foreign = scratch.path().join("w.partial");
    fs::create_dir(&foreign).unwrap();
    write(&foreign, "notes.txt", "precious");
    let mut command = command(&["run", &path, "--out", &out, "-f", "jsonl"]);
    let ran = signalled_at_work(&mut command, crate::support::interrupt);
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("w.partial: it exists and was not"), "{}", ran.stderr);
}

#[test]
fn the_schemas_are_json_and_know_the_keys() {
    for format in ["scenario", "policy", "csv"] {
        let ran = stayput(&["schema", format]);
        let schema: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(schema.is_object(), "{format}");
    }
    let schema = stayput(&["schema", "scenario"]).stdout;
    for key in ["\"auto-release\"", "\"terminate-subscription\"", "\"never\"", "\"import\""] {
        assert!(schema.contains(key), "{key}");
    }
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let defs = &schema["$defs"];
    let source = &defs["random-source"]["properties"];
    for key in ["every", "from", "until", "at-most", "one-of", "pick", "then"] {
        assert!(source[key].is_object(), "{key}");
    }
    let drawn = &defs["verb-of-a-random-source"]["properties"];
    assert!(drawn["create"].is_null(), "an instance is created once");
    assert_eq!(drawn["overdue"]["required"], serde_json::json!(["account"]));
    let follow = &defs["what-follows"]["properties"];
    assert!(follow["settle"]["required"].is_null(), "the occurrence names the account");
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = stayput(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("stayput") && ran.stdout.contains("matrix"), "{shell}");
    }
}

/// The address space cannot hold the stack of a thread of this size.
#[cfg(unix)]
#[test]
fn threads_that_cannot_be_started_give_one_exit_code() {
    for arguments in [
        &["test", "scenarios/random-ties.yaml"][..],
        &["run", "scenarios/random-ties.yaml", "--replications", "3"],
    ] {
        let mut command = crate::support::command(arguments);
        let ran = command.env("RUST_MIN_STACK", (1_u64 << 46).to_string()).output().unwrap();
        let ran = crate::support::ran(ran);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("cannot start"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("interrupted"), "{}", ran.stderr);
    }
}

#[test]
fn an_answer_below_the_wanted_confidence_counts_as_undecided() {
    let ran = stayput(&["run", "scenarios/two-ways-to-go.yaml", "--only", "documented"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let scratch = folder();
    let text = SMALL
        .replace(
            "protect: [release-protection]",
            "auto-release: 2026-06-05T00:00:00Z, protect: [release-protection]",
        )
        .replace("events:", "events:\n  - { at: +1m, overdue: { account: default } }");
    let path = write(scratch.path(), "weak.yaml", text);
    let ran = stayput(&["run", &path, "--only", "documented"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("has a confidence below `documented`"), "{}", ran.stderr);
}

#[test]
fn colour_is_used_only_where_requested() {
    let scenario = "scenarios/two-ways-to-go.yaml";
    assert!(!stayput(&["run", scenario]).stdout.contains('\u{1b}'));
    assert!(stayput(&["run", scenario, "--color", "always"]).stdout.contains('\u{1b}'));
    let plain = command(&["run", scenario]).env_remove("NO_COLOR").output().unwrap();
    assert!(!plain.stdout.contains(&0x1b), "a pipe is no terminal");
}
