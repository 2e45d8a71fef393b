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
