use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Ran, SMALL, command, folder, ran, root, stayput, write};

const HEAD: &str = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n\
    start: 2026-06-01T00:00:00Z\nfor: 1d\n";

fn check(text: &str) -> Ran {
    let scratch = folder();
    stayput(&["check", &write(scratch.path(), "s.yaml", text)])
}

/// Roles of which each contains the next two, so that the ways to the last grow exponentially.
fn nested_roles(depth: usize, scope: &str) -> String {
    let mut text = format!("{HEAD}fleet: {{ instances: {{ a: {{}} }} }}\n");
    text.push_str("principals: { alice: { roles: [r0] } }\nroles:\n");
    for role in 0..depth {
        let (next, second) = (role + 1, role + 2);
        writeln!(text, "  r{role}: {{ may: '*', roles: [r{next}, r{second}]{scope} }}").unwrap();
    }
    write!(text, "  r{depth}: {{ may: '*' }}\n  r{}: {{ may: '*' }}\n", depth + 1).unwrap();
    text
}

#[test]
fn nested_roles_of_any_depth_are_read_at_once() {
    for depth in [40, 5_000] {
        let ran = check(&nested_roles(depth, ""));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    // With scopes, each way may give other permissions.
    let ran = check(&nested_roles(40, ", where: { instance: a }"));
    assert_eq!(ran.code, 2);
    let title = "error[E023]: the nested roles give more than 4,000,000 permissions";
    assert!(ran.stderr.contains(title), "{}", ran.stderr);
}

#[test]
fn a_circle_of_roles_is_reported_once() {
    let text = format!(
        "{HEAD}fleet: {{ instances: {{ a: {{}} }} }}\n\
         principals: {{ alice: {{ may: '*', roles: [a] }} }}\n\
         roles: {{ a: {{ roles: [b] }}, b: {{ roles: [a] }}, c: {{ roles: [c] }} }}\n"
    );
    let ran = check(&text);
    assert_eq!((ran.code, ran.stderr.matches("contains itself").count()), (2, 2), "{}", ran.stderr);
}

/// The time of each would be in minutes if it grew with the square.
#[test]
fn many_mistakes_take_time_in_proportion() {
    let many = 20_000;
    let mut keys = format!("{HEAD}fleet: {{ instances: {{ a: {{}} }} }}\n");
    let mut unused = format!("{HEAD}fleet: {{ instances: {{ a: {{}} }} }}\ncases:\n  c:\n");
    let mut missing = format!("{HEAD}cases: {{ c: {{ x: a }} }}\nfleet:\n  instances:\n");
    for number in 0..many {
        writeln!(keys, "key-{number}: 1").unwrap();
        writeln!(unused, "    v{number}: 1").unwrap();
        writeln!(missing, "    a-{number}: {{ zone: $v{number} }}").unwrap();
    }
    // What a mistake hides is collected for each case.
    let mut cases = format!("{HEAD}fleet: {{ instances: {{ a: {{}} }} }}\nevents:\n");
    cases.push_str("  - { at: +1h, id: x, stop: { instance: a, by: ann, via: api } }\ncases:\n");
    (0..2_000).for_each(|number| writeln!(cases, "  c{number}: {{ v: 1 }}").unwrap());
    for text in [keys, unused, missing] {
        let ran = check(&text);
        assert_eq!(ran.code, 2);
        let last = ran.stderr.lines().rfind(|line| line.starts_with('…'));
        assert!(last.is_some_and(|line| line.len() > "… and 9999 more".len()), "{last:?}");
    }
    assert!(check(&cases).stderr.contains("2000 cases give it a value"));
}

#[test]
fn an_overlay_never_removes_the_events_of_a_scenario() {
    let scratch = folder();
    let listed = write(scratch.path(), "s.yaml", SMALL);
    let from = SMALL.find("events:").unwrap();
    let table = format!("{}events: {{ file: e.csv }}\n", &SMALL[..from]);
    let table = write(scratch.path(), "t.yaml", table);
    let head = "at,id,verb,instance,by,via\n";
    write(scratch.path(), "e.csv", format!("{head}+1h,one,stop,db-1,ann,api\n"));
    let overlay = "stayput: overlay/1\nevents: { file: e.csv }\n";
    let overlay = write(scratch.path(), "o.yaml", overlay);
    for scenario in [&listed, &table] {
        let ran = stayput(&["run", scenario, "--with", &overlay]);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("an overlay cannot add a table of events"), "{}", ran.stderr);
        assert!(ran.stderr.contains("o.yaml:2:9"), "{}", ran.stderr);
    }
    // Nothing is added, and nothing is removed.
    let nothing = write(scratch.path(), "n.yaml", "stayput: overlay/1\nevents:\n");
    let ran = stayput(&["test", &listed, "--with", &nothing]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    // Without events of the scenario, the table is taken.
    let from = SMALL.find("events:").unwrap();
    let none = write(scratch.path(), "none.yaml", &SMALL[..from]);
    let ran = stayput(&["run", &none, "--with", &overlay]);
    assert!(ran.code == 0 && ran.stdout.contains("stop"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_table_in_an_overlay_does_not_mix_with_what_a_scenario_states() {
    let scratch = folder();
    let scenario = write(scratch.path(), "s.yaml", SMALL);
    let table = "stayput: overlay/1\nfleet: { instances: { file: f.csv } }\n";
    let table = write(scratch.path(), "o.yaml", table);
    write(scratch.path(), "f.csv", "instance\ndb-2\n");
    let ran = stayput(&["run", &scenario, "--with", &table]);
    assert_eq!(ran.code, 2);
    let title = "a table of instances cannot be merged with instances in a file";
    assert!(ran.stderr.contains(title) && ran.stderr.contains("o.yaml:2:"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("unknown key"), "{}", ran.stderr);
}

#[test]
fn the_limit_on_created_members_stops_the_run() {
    let text = format!(
        "{HEAD}fleet: {{ groups: {{ g: {{ min: 0, max: 4294967295 }} }}, instances: {{}} }}\n\
         events: [{{ at: +1h, scale-out: {{ group: g, add: 1000001 }} }}]\n"
    );
    let scratch = folder();
    let path = write(scratch.path(), "s.yaml", text);
    let out = scratch.path().join("out");
    let ran = stayput(&["run", &path, "--out", &out.to_string_lossy()]);
    assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("more than 1,000,000 members"), "{}", ran.stderr);
    let file = fs::read_to_string(out.join("run.json")).unwrap();
    assert!(file.contains("\"stop\": \"limit-members\""), "{file}");
}

#[test]
fn a_metric_has_one_value_at_an_instant() {
    let metrics = "metrics: { cpu: [{ at: +1h, value: 72 }, { at: +60m, value: 10 }] }\n";
    let fleet = "fleet: { instances: { a: {} } }\n";
    let ran = check(&format!("{HEAD}{metrics}{fleet}"));
    assert_eq!(ran.code, 2);
    let title = "error[E002]: the metric `cpu` has two values at the same instant";
    assert!(ran.stderr.contains(title), "{}", ran.stderr);
    assert!(ran.stderr.contains("first value"), "{}", ran.stderr);
    let scratch = folder();
    write(scratch.path(), "m.csv", "metric,at,value\ncpu,+1h,72\nmem,+1h,1\ncpu,+1h,10\n");
    let text = format!("{HEAD}metrics: {{ file: m.csv }}\n{fleet}");
    let ran = stayput(&["check", &write(scratch.path(), "s.yaml", text)]);
    assert!(ran.code == 2 && ran.stderr.contains(title), "{}", ran.stderr);
    assert!(ran.stderr.contains("m.csv:4:"), "{}", ran.stderr);
}

/// What no terminal and no log may receive.
fn assert_harmless(ran: &Ran, what: &str) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{what}: {text:?}");
        let begins = |line: &str| line.trim_start().starts_with("::");
        let is_command = |line: &str| begins(line) && !line.contains(":::");
        assert!(!text.lines().any(is_command), "{what}: {text:?}");
        assert!(!text.contains("##[") && !text.contains("##vso["), "{what}: {text:?}");
    }
}

#[test]
fn stored_decisions_are_not_printed_as_they_are() {
    let scratch = folder();
    let path = write(scratch.path(), "s.yaml", SMALL);
    assert_eq!(stayput(&["bless", &path]).code, 0);
    let stored = scratch.path().join("s.decisions.csv");
    let text = fs::read_to_string(&stored).unwrap();
    fs::write(&stored, text.replace("held", "\"\u{1b}[31mhe\u{7}\n::error::ld\"")).unwrap();
    let ran = stayput(&["test", &path]);
    assert!(ran.code == 2 && ran.stderr.contains("invisible characters"), "{}", ran.stderr);
    assert_harmless(&ran, "test");
}

#[test]
fn recorded_runs_are_not_printed_as_they_are() {
    let scratch = folder();
    let path = write(scratch.path(), "s.yaml", SMALL);
    let [one, two] = ["one", "two"].map(|name| scratch.path().join(name).display().to_string());
    for out in [&one, &two] {
        assert_eq!(stayput(&["run", "-q", &path, "--out", out]).code, 0);
    }
    let table = scratch.path().join("two/decisions.csv");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replace(",held,", ",\"he\u{1b}[31m\nld\",")).unwrap();
    fs::remove_file(scratch.path().join("two/run.json")).unwrap();
    let ran = stayput(&["diff", &one, &two]);
    assert!(ran.code == 2 && ran.stderr.contains("invisible characters"), "{}", ran.stderr);
    assert_harmless(&ran, "diff");
}

#[test]
fn a_damaged_shard_gets_a_message_without_types_of_the_program() {
    let scratch = folder();
    let path = write(scratch.path(), "s.yaml", SMALL);
    let shard = |number: u32| {
        let out = scratch.path().join(format!("s{number}")).display().to_string();
        let part = format!("{number}/2");
        let arguments = ["run", &path, "--replications", "4", "--shard", &part, "--out", &out];
        assert_eq!(stayput(&arguments).code, 0);
        out
    };
    let (one, two) = (shard(1), shard(2));
    let file = scratch.path().join("s2/run.json");
    let text = fs::read_to_string(&file).unwrap();
    let sources = text.find("\"sources\": [").unwrap() + "\"sources\": [".len();
    let mut in_sources = text.clone();
    in_sources.insert_str(sources, "17,");
    for (damaged, what) in [
        (text.replacen("\"level\": 95.0", "\"level\": \"x\"", 1), "run.json is not valid"),
        (in_sources, "run.json is not valid"),
        (text.replacen("\"scenario\": \"small\"", "\"scenario\": \"\\u001b[31m\"", 1), "invisible"),
    ] {
        assert_ne!(damaged, text);
        fs::write(&file, damaged).unwrap();
        let ran = stayput(&["merge", &one, &two]);
        assert!(ran.code == 2 && ran.stderr.contains(what), "{}", ran.stderr);
        for word in ["f64", "struct", "Written", "expected"] {
            assert!(!ran.stderr.contains(word), "{}", ran.stderr);
        }
        assert_harmless(&ran, "merge");
    }
}

#[test]
fn what_events_of_a_listing_are_called_is_escaped() {
    let scratch = folder();
    let text = fs::read_to_string(root().join(EVENTS)).unwrap();
    let named = text.replacen("SystemMaintenance", "\\u001b[31m\\n::error::x\\u202e", 9);
    assert_ne!(named, text);
    let events = write(scratch.path(), "events.json", named);
    let fleet = root().join(LISTING).display().to_string();
    let ran = stayput(&["import", &fleet, &events]);
    assert!(ran.stderr.contains("read ") && ran.code == 0, "{}", ran.stderr);
    assert_harmless(&ran, "import");
}

#[test]
fn no_line_is_a_command_of_a_ci_server() {
    let scratch = folder();
    let policy = "stayput: policy/1\npolicy: house\nedition: 2026-11\n\
        title: \"::error::x ##[add-mask]y ##vso[task.setvariable variable=A]z\"\n\
        extends: alibaba-ecs@2026-05-15\n";
    let policy = write(scratch.path(), "house.yaml", policy);
    let ran = stayput(&["matrix", &policy]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains(": :error::x") && ran.stdout.contains("# # [add-mask]"));
    assert_harmless(&ran, "matrix");
    for name in ["' ::error::x'", "'a ##[add-mask]b'", "'a##VSO[task.x]b'"] {
        let ran = check(&SMALL.replace("db-1", name));
        assert!(ran.code == 2 && ran.stderr.contains("E008"), "{}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_are_escaped_wherever_they_are_printed() {
    let scratch = folder();
    let evil = "x\n::error::pwn\u{1b}[31m\u{202e}.yaml";
    let path = write(scratch.path(), evil, SMALL);
    let policy = "stayput: policy/1\npolicy: house\nedition: 2026-11\ntitle: House\n\
        extends: alibaba-ecs@2026-05-15\n";
    let policy = write(scratch.path(), &format!("p{evil}"), policy);
    let page = scratch.path().join("page.html").display().to_string();
    let old = "alibaba-ecs@2026-05-15";
    let of = format!("{path}#mis-click/db-1");
    for arguments in [
        vec!["check", &path],
        vec!["check", &policy],
        vec!["test", &path],
        vec!["run", &path, "--html", &page],
        vec!["explain", &path],
        vec!["explain", &of],
        vec!["diff", old, &policy, &path],
        vec!["diff", "alibaba-ecs@2019-01-15", &policy],
        vec!["bless", &path],
        vec!["bless", "--diff", "alibaba-ecs@2019-01-15", &policy, "--reason", "x"],
        vec!["hunt", &path, "--target", "db-1"],
    ] {
        let ran = stayput(&arguments);
        assert!(ran.code < 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert_harmless(&ran, &format!("{arguments:?}"));
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(!page.contains(['\u{1b}', '\u{202e}']));
    // What belongs to the file is written beside it, under its own name.
    assert!(scratch.path().join(evil.replace(".yaml", ".decisions.csv")).is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn folders_whose_names_are_shown_alike_are_kept_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let scratch = folder();
    let folders = [b"d\xff", b"d\xfe"].map(|name| scratch.path().join(OsStr::from_bytes(name)));
    let policy = "stayput: policy/1\npolicy: house\nedition: 2026-11\ntitle: House\n\
        extends: alibaba-ecs@2026-05-15\n";
    for folder in &folders {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("house.yaml"), policy).unwrap();
        let text = SMALL.replace("alibaba-ecs@2026-05-15", "./house.yaml");
        fs::write(folder.join("s.yaml"), text).unwrap();
    }
    let all = |verb: &str| {
        let paths = folders.iter().map(|folder| folder.join("s.yaml"));
        ran(command(&[verb]).args(paths).output().unwrap())
    };
    let ran = all("bless");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(folders.iter().all(|folder| folder.join("s.decisions.csv").is_file()));
    assert_eq!(all("test").code, 0);
    fs::write(folders[1].join("s.decisions.csv"), "").unwrap();
    let ran = all("test");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

/// Imports what comes from a pipe.
fn import_piped(bytes: &[u8]) -> Ran {
    let mut import = command(&["import", "/dev/stdin"]);
    let import = import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = import.spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    ran(child.wait_with_output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_may_hold_a_large_or_compressed_listing() {
    let text = fs::read_to_string(root().join(LISTING)).unwrap();
    // Blanks between values count for the size alone.
    let large = text.replacen('{', &format!("{{{}", " ".repeat(17 << 20)), 1);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    for bytes in [large.into_bytes(), packed.finish().unwrap()] {
        let ran = import_piped(&bytes);
        assert!(ran.code == 0 && ran.stdout.contains("instances:"), "{}", ran.stderr);
    }
}

#[test]
fn a_token_of_a_further_page_is_reported() {
    let scratch = folder();
    let text = fs::read_to_string(root().join(LISTING)).unwrap();
    let reply: serde_json::Value = serde_json::from_str(&text).unwrap();
    let import = |total: Option<u32>| {
        let mut reply = reply.clone();
        let object = reply.as_object_mut().unwrap();
        object.insert("NextToken".into(), "AAAA".into());
        object.remove("TotalCount");
        object.extend(total.map(|total| ("TotalCount".to_owned(), total.into())));
        let path = write(scratch.path(), "instances.json", reply.to_string());
        stayput(&["import", &path])
    };
    let rows = reply["Instances"]["Instance"].as_array().unwrap().len();
    for total in [None, Some(0)] {
        let ran = import(total);
        let title = "the reply is one page of several, and the last one is not here";
        assert!(ran.stderr.contains("W120") && ran.stderr.contains(title), "{}", ran.stderr);
    }
    // The total says that nothing is missing; the service may return a token nevertheless.
    let ran = import(Some(u32::try_from(rows).unwrap()));
    assert!(!ran.stderr.contains("one page"), "{}", ran.stderr);
}

#[test]
fn two_formats_on_standard_output_are_refused() {
    let scratch = folder();
    let path = write(scratch.path(), "s.yaml", SMALL);
    let ran = stayput(&["test", &path, "-f", "text", "-f", "json"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""), "{}", ran.stderr);
    let file = format!("json={}", scratch.path().join("r.json").display());
    assert_eq!(stayput(&["test", &path, "-f", "text", "-f", &file]).code, 0);
}

#[test]
fn a_house_rule_is_reported_once_for_all_cases() {
    let text = format!(
        "{HEAD}cases: {{ one: {{ p: [] }}, two: {{ p: [] }}, three: {{ p: [release-protection] }} }}\n\
         fleet: {{ instances: {{ a: {{ protect: $p }}, b: {{}} }} }}\n\
         house: {{ kept: {{ in-force: [release-protection] }} }}\n"
    );
    let ran = check(&text);
    let of = |subject: &str| {
        let is = |line: &&str| line.contains(&format!(": {subject}: "));
        ran.stdout.lines().filter(is).map(str::to_owned).collect::<Vec<_>>()
    };
    let (one, all) = (of("a"), of("b"));
    assert_eq!((one.len(), all.len()), (1, 1), "{}{}", ran.stdout, ran.stderr);
    assert!(one[0].contains(" [one, two]: ") && !all[0].contains('['), "{}", ran.stdout);
}

#[test]
fn the_longest_name_of_an_instance_has_files_of_its_ways() {
    let scratch = folder();
    let text = SMALL.replace("db-1", &"é".repeat(127));
    let path = write(scratch.path(), "s.yaml", text);
    let ways = scratch.path().join("ways").display().to_string();
    let ran = stayput(&["hunt", &path, "--target", "*", "--write", &ways]);
    assert!(ran.code < 2, "{}", ran.stderr);
    assert!(fs::read_dir(&ways).unwrap().count() > 0);
}

/// A listing of instances, and the history of their events.
const LISTING: &str = "scenarios/data/aliyun/ecs-describe-instances-cn-hongkong.json";
const EVENTS: &str = "scenarios/data/aliyun/ecs-doc-event-notifications.json";
