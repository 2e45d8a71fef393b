use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::support::{folder, stayput, write};

/// Texts in every field that try to end an element, begin a command of a CI server, notify
/// a person, or link.
const HOSTILE: &str = r#"stayput: scenario/1
name: "fails <b> ]]> &"
about: "@team https://example.org/x ![i](https://example.org) ::error::x"
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 9d
fleet: { instances: { b-2: { auto-release: +2d } } }
cases: { "one]]>": {}, "two|::warning::@x": {} }
events:
  - { at: +1h, id: "go%0A]]>@team", release: { instance: b-2, by: "x@team.org", via: api } }
expect:
  decisions:
    - { instance: b-2, event: "go%0A]]>@team", outcome: held, answer: "::error::x @team ]]> </failure> https://example.org %0A::error::y" }
"#;

/// The name of an element, its required and its optional attributes, and its children.
type Element = (&'static str, Words, Words, Words);
type Words = &'static [&'static str];

/// The elements that the `JUnit` schema of Jenkins allows, and `file` and `line` of a test case,
/// which CI servers read as well.
const ELEMENTS: &[Element] = &[
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["time", "skipped"],
        &["testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name", "classname", "time", "file", "line"],
        &[],
        &["skipped", "error", "failure"],
    ),
    ("error", &["type", "message"], &[], &[]),
    ("failure", &["type", "message"], &[], &[]),
];

fn name_of(start: &BytesStart<'_>) -> String {
    String::from_utf8(start.name().as_ref().to_vec()).unwrap()
}

/// Reads a report, checks each element, and returns how many of each name there are below each
/// suite: cases, failures, errors, beside the numbers that the suite states.
fn assert_junit(text: &str) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<String> = Vec::new();
    let mut stated = [0; 3];
    let mut counted = [0; 3];
    loop {
        let event = reader.read_event().expect(text);
        let (start, is_empty) = match &event {
            Event::Eof => break,
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(end) => {
                if end.name().as_ref() == b"testsuite" {
                    assert_eq!(stated, counted, "{text}");
                }
                open.pop();
                continue;
            }
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => continue,
        };
        let name = name_of(start);
        let (_, required, optional, _) =
            ELEMENTS.iter().find(|(known, ..)| *known == name).expect(&name);
        if let Some(parent) = open.last() {
            let of = ELEMENTS.iter().find(|(known, ..)| known == parent).unwrap();
            assert!(of.3.contains(&name.as_str()), "{name} in {parent}");
        } else {
            assert_eq!(name, "testsuites");
        }
        let attributes: Vec<(String, String)> = start
            .attributes()
            .map(|attribute| {
                let attribute = attribute.unwrap();
                let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                (key, String::from_utf8(attribute.value.into_owned()).unwrap())
            })
            .collect();
        let has = |key: &str| attributes.iter().any(|(known, _)| known == key);
        assert!(required.iter().all(|key| has(key)), "{name}: {attributes:?}");
        for (key, value) in &attributes {
            let allowed = required.contains(&key.as_str()) || optional.contains(&key.as_str());
            assert!(allowed, "{key} of {name}");
            assert!(!value.contains('<') && !value.contains('\u{1b}'), "{key}: {value}");
        }
        let number = |key: &str| -> u64 {
            let value = attributes.iter().find(|(known, _)| known == key);
            value.map_or(0, |(_, value)| value.parse().unwrap())
        };
        match name.as_str() {
            "testsuite" => {
                stated = ["tests", "failures", "errors"].map(number);
                counted = [0; 3];
            }
            "testcase" => counted[0] += 1,
            "failure" => counted[1] += 1,
            "error" => counted[2] += 1,
            _ => {}
        }
        if !is_empty {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn junit_has_the_elements_and_attributes_of_its_schema() {
    let span = folder();
    let hostile = write(span.path(), "hostile.yaml", HOSTILE);
    for paths in [
        vec!["scenarios/two-editions.yaml"],
        vec!["tests/broken"],
        vec![hostile.as_str(), "scenarios/unpaid-fortnight.yaml", "tests/broken"],
    ] {
        let ran = stayput(&[&["test"], &paths[..], &["-f", "junit"]].concat());
        assert_junit(&ran.stdout);
    }
    let ran =
        stayput(&["test", "scenarios/two-editions.yaml", "--coverage-floor", "100", "-f", "junit"]);
    assert_junit(&ran.stdout);
}

#[test]
fn texts_of_a_file_have_no_effect_in_annotations_and_comments() {
    let span = folder();
    let path = write(span.path(), "hostile.yaml", HOSTILE);
    let ran = stayput(&["test", &path, "-f", "github"]);
    let (commands, others): (Vec<&str>, Vec<&str>) =
        ran.stdout.lines().partition(|line| line.starts_with("::"));
    assert_eq!(commands.len(), 2, "{}", ran.stdout);
    assert!(others.iter().all(|line| !line.contains("::")), "{others:?}");
    // A command that is printed can be pasted into a shell.
    let text = stayput(&["test", &path]).stdout;
    assert!(text.contains("--case 'two|::warning::@x'"), "{text}");
    for command in commands {
        let properties = command.split("::").nth(1).unwrap();
        assert!(properties.starts_with("error file=") && properties.contains(",line=13,"));
        assert!(command.contains("%250A"), "a text cannot write a line break: {command}");
    }
    let markdown = stayput(&["test", &path, "-f", "markdown"]).stdout;
    let rows: Vec<&str> = markdown.lines().filter(|line| line.starts_with("| FAIL")).collect();
    assert_eq!(rows.len(), 2, "{markdown}");
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
        // The text outside of code, where mentions and links have an effect.
        let plain: String = row.split('`').step_by(2).collect();
        for active in ["@team", "https://", "<b>", "</failure>"] {
            assert!(!plain.contains(active), "{active}: {row}");
        }
    }
}
