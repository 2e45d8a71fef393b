use std::fs;

use crate::support::{SMALL, files, folder, root, shown, stayput, write};

/// The files of `tests/broken`, each with one kind of mistake, and their messages.
#[test]
fn every_stored_mistake_gets_its_stored_message() {
    let all = files(&root().join("tests/broken"), &["yaml"]);
    let numbered: Vec<_> = all
        .iter()
        .filter(|path| {
            path.file_name().unwrap().to_string_lossy().starts_with(|c: char| c.is_ascii_digit())
        })
        .collect();
    assert!(numbered.len() >= 14);
    for path in numbered {
        let ran = stayput(&["check", &shown(path)]);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let warns = ran.stderr.starts_with("warning");
        assert_eq!(ran.code, if warns { 0 } else { 2 }, "{name}");
        insta::assert_snapshot!(name, ran.stderr);
    }
}

/// A list of words or names contains each once, wherever it is.
#[test]
fn an_entry_that_a_list_has_twice_is_refused() {
    let base = "\
stayput: scenario/1
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 1d
fleet:
  groups: { web: { zones: [z1, z2], suspended: [remove], removal: [oldest-instance] } }
  instances: { a: { protect: [release-protection], lock: [security] } }
principals: { bob: { may: [\"*\"] } }
house: { kept: { in-force: [release-protection], against: [manual] } }
allow: [W050]
events:
  - { at: +1h, id: x, by: bob, release: { instance: [a] } }
expect:
  decisions: [{ event: [x], instance: [a] }]
";
    let scratch = folder();
    let lists = ["z1", "remove", "oldest-instance", "release-protection", "security", "\"*\""];
    for word in lists.into_iter().chain(["manual", "W050", "x", "a"]) {
        for (found, _) in base.match_indices(&format!("[{word}")) {
            let mut text = base.to_owned();
            text.insert_str(found + 1, &format!("{word}, "));
            let path = write(scratch.path(), "twice.yaml", &text);
            let ran = stayput(&["check", &path]);
            let title = format!("error[E002]: `{}` is listed twice", word.trim_matches('"'));
            assert!(ran.code == 2 && ran.stderr.contains(&title), "{word}: {}", ran.stderr);
            assert_eq!(ran.stderr.matches("listed twice").count(), 1, "{}", ran.stderr);
        }
    }
    let policy = fs::read_to_string(root().join("policies/alibaba-ecs@2026-05-15.yaml")).unwrap();
    let space = "membership: [none, ";
    assert!(policy.contains(space));
    let policy = policy.replacen(space, "membership: [none, none, ", 1);
    let path = write(scratch.path(), "policy.yaml", policy);
    let ran = stayput(&["check", &path]);
    assert!(ran.stderr.contains("error[E002]: `none` is listed twice"), "{}", ran.stderr);
}

fn check(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let scratch = folder();
    let path = write(scratch.path(), name, bytes);
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    ran.stderr.replace(&*scratch.path().to_string_lossy(), "DIR")
}

#[test]
fn files_that_are_not_text_are_reported() {
    insta::assert_snapshot!("empty-file", check("empty.yaml", ""));
    insta::assert_snapshot!("binary-file", check("binary.yaml", b"\x7fELF\x02\x01\x01\0\0"));
    insta::assert_snapshot!("latin-1", check("latin.yaml", b"name: caf\xe9\n"));
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let scratch = folder();
    let path = scratch.path().join("large.yaml");
    fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
    let ran = stayput(&["check", &path.to_string_lossy()]);
    assert_eq!(ran.code, 2);
    let said = ran.stderr.replace(&*scratch.path().to_string_lossy(), "DIR");
    insta::assert_snapshot!("large-file", said);
}

#[test]
fn deep_nesting_and_alias_bombs_are_refused_at_once() {
    let flow = format!("stayput: scenario/1\nname: {}", "[".repeat(10_000));
    insta::assert_snapshot!("deep-nesting", check("flow.yaml", flow));
    let mut block = String::from("stayput: scenario/1\n");
    for depth in 0..4_000 {
        block.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    assert!(check("block.yaml", block).contains("more than 64 levels of lists and mappings"));
    let mut bomb = String::from("stayput: scenario/1\na: &a [x, x]\n");
    for (from, to) in ('a'..='y').zip('b'..='z') {
        bomb.push_str(&format!("{to}: &{to} [*{from}, *{from}]\n"));
    }
    assert!(check("bomb.yaml", bomb).contains("anchors (`&name`) are not allowed here"));
}

#[test]
fn paths_that_do_not_exist_are_reported() {
    let scratch = folder();
    let missing = stayput(&["run", "no-such-file.yaml"]);
    insta::assert_snapshot!("missing-file", missing.stderr);
    let folder = stayput(&["run", "no-such-folder/x.yaml"]);
    assert_eq!((missing.code, folder.code), (2, 2));
    let text = SMALL.replace(
        "instances:\n    db-1: { protect: [release-protection] }",
        "instances: { file: . }",
    );
    let path = write(scratch.path(), "directory.yaml", text);
    let ran = stayput(&["check", &path]);
    let said = ran.stderr.replace(&*scratch.path().to_string_lossy(), "DIR");
    insta::assert_snapshot!("directory", said);
}

#[cfg(unix)]
#[test]
fn a_file_without_read_permission_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = folder();
    let path = write(scratch.path(), "secret.yaml", SMALL);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // A user who can read every file does not get this message; a folder gives the same one.
        return;
    }
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("permission denied"), "{}", ran.stderr);
}

#[test]
fn parts_of_yaml_that_read_differently_elsewhere_are_refused() {
    for (text, reported) in [
        ("a: 1\n\tb: 2\n", "a tab is used for indentation"),
        ("a: &x 1\n", "anchors (`&name`) are not allowed here"),
        ("a: *x\n", "aliases (`*name`) are not allowed here"),
        ("a: !!str 1\n", "tags (`!name`) are not allowed here"),
        ("<<: { a: 1 }\n", "merge keys (`<<`) are not allowed here"),
        ("a: 1\n---\nb: 2\n", "a second document begins here"),
        ("a: 1\na: 2\n", "`a` is defined twice"),
        ("a: [1, 2\nb: 3\n", "a `[` or `{` was opened on a line above and is not closed there"),
        ("a: \"x\nb: 3\n", "a quote was opened on a line above and is not closed there"),
        ("? [x]\n: 1\n", "a key must be a single value, and this is a list"),
    ] {
        let said = check("yaml.yaml", text);
        assert!(said.contains(reported), "{text}\n{said}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once_and_in_order() {
    let text = SMALL
        .replace("protect: [release-protection]", "protect: [release-protektion], bilingx: spot")
        .replace("via: api", "via: apy")
        .replace("instance: db-1, outcome: held", "instance: db-2, outcome: held")
        .replace("for: 10d", "for: 10");
    let said = check("many.yaml", text);
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("error[")).collect();
    assert_eq!(lines.len(), 3, "{said}");
    let text = text_with_every_name_wrong();
    let said = check("names.yaml", text);
    let codes: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("error["))
        .map(|line| &line[..4])
        .collect();
    assert_eq!(codes, ["E012", "E010", "E010"], "{said}");
}

fn text_with_every_name_wrong() -> String {
    SMALL
        .replace("protect: [release-protection]", "protect: [release-protektion]")
        .replace("release: { instance: db-1,", "release: { instance: db-9,")
        .replace("event: mis-click, instance", "event: mis-klick, instance")
}

#[test]
fn a_mistake_in_a_csv_fleet_is_reported_by_row_and_cell() {
    let scratch = folder();
    let text = SMALL.replace(
        "instances:\n    db-1: { protect: [release-protection] }",
        "instances: { file: fleet.csv }",
    );
    let path = write(scratch.path(), "csv.yaml", text);
    let check = |rows: &str| {
        write(scratch.path(), "fleet.csv", rows);
        let ran = stayput(&["check", &path]);
        ran.stderr.replace(&*scratch.path().to_string_lossy(), "DIR")
    };
    assert_eq!(check("instance,protect\ndb-1,release-protection\n"), "");
    for (rows, reported) in [
        ("instance,protekt\ndb-1,x\n", "fleet.csv:1:10"),
        ("instance,billing\ndb-1,monthly\n", "fleet.csv:2:6"),
        ("instance,billing\ndb-1,spot,x\n", "this row has 3 cells, and the header has 2"),
        ("instance,instance\ndb-1,db-2\n", "the column `instance` appears twice"),
        ("instance\ndb-1\ndb-1\n", "fleet.csv:3:1"),
        ("instance\n=1+1\n", "a spreadsheet would run"),
        ("billing\nspot\n", "the file has no column `instance`, and every row needs it"),
        ("instance,billing\n,spot\n", "this row names no instance"),
        ("", "a CSV file begins with a line of column names"),
        (
            "instance,tags\ndb-1,production\n",
            "a mapping in a cell is written `key=value;key=value`",
        ),
    ] {
        let said = check(rows);
        assert!(said.contains(reported), "{rows}\n{said}");
    }
}

#[test]
fn a_hundred_thousand_mistakes_are_counted_and_twenty_are_shown() {
    let scratch = folder();
    let mut rows = String::from("instance,billing\n");
    for n in 0..100_000 {
        rows.push_str(&format!("db-{n},weekly\n"));
    }
    write(scratch.path(), "fleet.csv", rows);
    let text = SMALL.replace(
        "instances:\n    db-1: { protect: [release-protection] }",
        "instances: { file: fleet.csv }",
    );
    let path = write(scratch.path(), "csv.yaml", text);
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stderr.matches("error[").count(), 20);
    assert!(ran.stderr.ends_with("100000 errors\n"), "{}", &ran.stderr[ran.stderr.len() - 80..]);
}

/// A scenario with these lines at its end, as `check` reports it.
fn check_scenario(start: &str, more: &str) -> String {
    let head = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n";
    let fleet = if more.contains("fleet:") { "" } else { "fleet: { instances: { a-1: {} } }\n" };
    let start = if start.is_empty() { String::new() } else { format!("start: {start}\n") };
    check("s.yaml", format!("{head}{start}for: 10d\n{fleet}{more}\n"))
}

/// A bad time has one message, which names the cause and what to write.
#[test]
fn a_bad_time_is_reported_once_with_its_cause() {
    for (start, contained) in [
        ("2026-06-01", "write `2026-06-01T00:00:00Z` for UTC"),
        ("2026-13-01T00:00:00Z", "note: `2026-13-01` is not a day of the calendar\n"),
        ("2026-06-31T00:00:00Z", "note: `2026-06-31` is not a day of the calendar\n"),
        ("-0001-01-01T00:00:00Z", "note: `-0001-01-01` is not a day of the calendar\n"),
        ("10000-01-01T00:00:00Z", "note: `10000-01-01` is not a day of the calendar\n"),
        ("2026-06-01T24:00:00Z", "`2026-06-01T24:00:00Z` is not a time"),
        ("2026-06-01T00:00:60Z", "help: write second 59, or second 00 of the next minute"),
        ("2026-06-01T00:00:00.5Z", "help: write the time without the fraction"),
        ("2026-06-01T00:00:00+25:00", "help: write an offset of less than 24 hours"),
        ("2026-06-01T00:00:00+08:00[Asia/Shanghai]", "help: write `2026-06-01T00:00:00+08:00`\n"),
        ("1780272000", "`1780272000` is not a time"),
    ] {
        let said = check_scenario(start, "");
        assert!(said.contains(contained), "{start}: {said}");
        assert!(said.ends_with("\n1 error\n"), "{start}: {said}");
        let event = format!("events: [{{ at: \"{start}\", stop: {{ instance: a-1 }} }}]");
        let said = check_scenario("2026-06-01T00:00:00Z", &event);
        assert!(said.contains(contained) && said.ends_with("\n1 error\n"), "{start}: {said}");
        let captured = format!("fleet: {{ captured: \"{start}\", instances: {{ a-1: {{}} }} }}");
        let said = check_scenario("", &captured);
        assert!(said.contains(contained) && said.ends_with("\n1 error\n"), "{start}: {said}");
    }
}

/// A file that cannot be read is the only mistake; names that it may contain are not reported.
#[test]
fn a_missing_file_hides_no_name() {
    let start = "2026-06-01T00:00:00Z";
    let uses = "events: [{ at: +1h, id: e, release: { instance: b-1, by: bob, via: api } }]\n\
                expect: { decisions: [{ event: e, instance: b-1, outcome: held }] }\n";
    let expects = "expect: { decisions: [{ event: e, instance: b-1, by: bob, outcome: held }] }\n";
    for more in [
        format!("fleet: {{ instances: {{ file: none.csv }} }}\n{uses}"),
        format!("fleet: {{ import: [{{ captured: {start}, files: [none.json] }}] }}\n{uses}"),
        format!("events: {{ file: none.csv }}\n{expects}"),
        "fleet: { groups: { g: { min: 0, max: 2, autoscale: { min: 0, max: 2, rules: [{ metric: \
         cpu, above: 5, add: 1 }] } } } }\nmetrics: { file: none.csv }\n"
            .to_owned(),
    ] {
        let said = check_scenario(start, &more);
        assert!(said.contains("E000") && said.ends_with("\n1 error\n"), "{more}: {said}");
    }
}

/// The same for a table of events whose header or whose rows have mistakes.
#[test]
fn a_table_with_mistakes_hides_no_name() {
    let scratch = folder();
    let scenario = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n\
        start: 2026-06-01T00:00:00Z\nfor: 10d\nfleet: { instances: { a-1: {} } }\n\
        events: { file: events.csv }\n\
        expect: { decisions: [{ event: e, instance: a-1, by: bob, outcome: held }] }\n";
    let path = write(scratch.path(), "s.yaml", scenario);
    for table in [
        "at,id,verb,instance,by,zoo\n+1h,e,release,a-1,bob,\n",
        "at,id,verb,instance,by\n+1h,e,relaese,a-1,bob\n",
        "at,id,verb,instance,by\n+1h,e,release,[a-1],bob\n",
    ] {
        write(scratch.path(), "events.csv", table);
        let ran = stayput(&["check", &path]);
        assert!(ran.stderr.ends_with("\n1 error\n"), "{}", ran.stderr);
    }
}

/// A message about a cell points at the cell, in quotes or not.
#[test]
fn a_mistake_in_a_row_with_quotes_is_reported_by_cell() {
    let scratch = folder();
    let scenario = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n\
        start: 2026-06-01T00:00:00Z\nfor: 10d\nfleet: { instances: { file: fleet.csv } }\n";
    let path = write(scratch.path(), "s.yaml", scenario);
    for (row, place) in [
        ("a-9,Spot,\"k=z\"", "fleet.csv:2:5\n"),
        ("\"a-9\",\"Spot\",\"k=z\"", "fleet.csv:2:7\n"),
        ("\"a-9\",Spot,k=z", "fleet.csv:2:7\n"),
        ("a-9,spot,\"k=a \"\"b\"\",c;l\"", "fleet.csv:2:10\n"),
        ("a-9,\"sp\"\"ot\",k=z\r", "fleet.csv:2:5\n"),
    ] {
        write(scratch.path(), "fleet.csv", format!("instance,billing,tags\n{row}\n"));
        let said = stayput(&["check", &path]).stderr;
        assert!(said.contains(place) && said.ends_with("\n1 error\n"), "{row}: {said}");
    }
}

/// A list in a cell is joined by `;`, and a message about another form says so.
#[test]
fn a_list_in_a_cell_is_joined_by_semicolons() {
    let scratch = folder();
    let scenario = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n\
        start: 2026-06-01T00:00:00Z\nfor: 10d\nfleet: { instances: { a-1..2: {} } }\n\
        events: { file: events.csv }\n";
    let path = write(scratch.path(), "s.yaml", scenario);
    for (cell, help) in [
        ("a-1;;a-2", "help: remove the `;` that has nothing beside it"),
        ("\"[a-1, a-2]\"", "help: write `a-1;a-2`"),
    ] {
        write(scratch.path(), "events.csv", format!("at,verb,instance\n+1h,stop,{cell}\n"));
        let said = stayput(&["check", &path]).stderr;
        assert!(said.contains(help) && said.contains("joined by `;`"), "{cell}: {said}");
        assert!(said.contains("events.csv:2:10\n"), "{cell}: {said}");
    }
}

/// The help of a syntax error names its cause.
#[test]
fn a_syntax_error_has_a_help_line_about_its_cause() {
    let long = "k".repeat(1_025);
    for (line, help) in [
        (format!("{long}: 1"), "shorten the key: it has at most 1024 characters"),
        ("x-a:\u{a0}b".into(), "followed by the character `\\u{a0}`; write a space instead"),
        ("x-a:b".into(), "write a space after the `:` of `x-a`"),
        ("x-a: [1, 2".into(), "close the bracket that begins here with `]` or `}`"),
        ("x-a: \"b".into(), "a quote was opened on a line above and is not closed there"),
        ("x-a: b\u{1b}".into(), "save the file as UTF-8, without the character `\\u{1b}`"),
        ("x-a: \u{9b}".into(), "save the file as UTF-8, without the character `\\u{9b}`"),
    ] {
        let said = check("s.yaml", format!("stayput: scenario/1\n{line}\n"));
        assert!(said.contains(help), "{line}: {said}");
    }
    let said = check("s.yaml", "%YAML 1.1\n---\nstayput: scenario/1\n");
    assert!(said.contains("help: remove this line: directives"), "{said}");
}

/// A policy is named once, however often the scenario and the command name it.
#[test]
fn an_unknown_switch_names_each_policy_once() {
    let said = check_scenario("2026-06-01T00:00:00Z", "assume: { nope: x }");
    assert!(said.contains("alibaba-ecs@2026-05-15 has no switch `nope`"), "{said}");
}
