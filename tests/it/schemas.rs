//! The schemas accept every file that the program accepts, here and in the pages, and refuse
//! everything that a schema can refuse.

use std::fs;

use jsonschema::Validator;
use serde_json::{Map, Value as Json, json};
use stayput::diagnostics::{Problems, Sources};
use stayput::format::{Node, Style, Value, parse_yaml};

use crate::support::{files, folder, root, shown, stayput, write};

/// A file as an editor sees it: scalars are typed by their look (the core schema of YAML 1.2).
fn as_json(node: &Node) -> Json {
    match &node.value {
        Value::Empty => Json::Null,
        Value::Scalar(text, Style::Plain) => plain(text),
        Value::Scalar(text, Style::Quoted | Style::Cell) => json!(text),
        Value::List(items) => items.iter().map(as_json).collect(),
        Value::Map(entries) => {
            let pairs = entries.iter().map(|e| (e.key.to_string(), as_json(&e.value)));
            Json::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

fn plain(text: &str) -> Json {
    match text {
        "null" | "Null" | "NULL" | "~" => return Json::Null,
        "true" | "True" | "TRUE" => return json!(true),
        "false" | "False" | "FALSE" => return json!(false),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>() {
        return json!(number);
    }
    let looks = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let is_number = text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(looks);
    match text.parse::<f64>() {
        Ok(number) if is_number => json!(number),
        _ => json!(text),
    }
}

/// The tree of a text; `None` if it is no YAML that the program reads.
fn parsed(text: &str) -> Option<Json> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("file.yaml", text);
    let node = parse_yaml(&sources, file, &mut problems)?;
    (!problems.refuse()).then(|| as_json(&node))
}

struct Schemas {
    scenario: Validator,
    policy: Validator,
    accepted: Validator,
}

impl Schemas {
    fn new() -> Self {
        let of = |name: &str| {
            let schema: Json = serde_json::from_str(&stayput(&["schema", name]).stdout).unwrap();
            jsonschema::meta::validate(&schema).expect("a schema of the draft that it names");
            jsonschema::draft202012::new(&schema).unwrap()
        };
        Self { scenario: of("scenario"), policy: of("policy"), accepted: of("accepted") }
    }

    /// The mistakes that a schema reports in a file; `None` if the format of the file has no
    /// schema.
    fn mistakes(&self, file: &Json) -> Option<Vec<String>> {
        let schema = match file["stayput"].as_str()?.split('/').next()? {
            "scenario" => &self.scenario,
            "policy" => &self.policy,
            "accepted" => &self.accepted,
            _ => return None,
        };
        let mistakes = schema.iter_errors(file);
        Some(mistakes.map(|one| format!("  {}: {one}", one.instance_path())).collect())
    }
}

/// Every file of a format below some folders, and every whole file in README and docs.
fn right_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in ["scenarios", "policies", "examples", "tests/remedies", "../shared/contract"] {
        let path = root().join(name);
        if !path.exists() {
            continue;
        }
        for path in files(&path, &["yaml"]) {
            found.push((shown(&path), fs::read_to_string(&path).unwrap()));
        }
    }
    let mut pages = files(&root().join("docs"), &["md"]);
    pages.push(root().join("README.md"));
    pages.push(root().join("policies/README.md"));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
            found.push((shown(&page), block.to_owned()));
        }
    }
    found
}

#[test]
fn valid_files_are_accepted() {
    let schemas = Schemas::new();
    let (mut counted, mut refused) = (0, Vec::new());
    for (name, text) in right_files() {
        let Some(file) = parsed(&text) else { panic!("{name} is no YAML\n{text}") };
        let Some(mistakes) = schemas.mistakes(&file) else { continue };
        counted += 1;
        if !mistakes.is_empty() {
            refused.push(format!("{name}:\n{}", mistakes.join("\n")));
        }
    }
    assert!(counted > 100, "only {counted} files");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// The reason why the schema refuses or accepts a file of `tests/broken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// The schema refuses it.
    Refused,
    /// It is no YAML that the program reads, so no schema sees it.
    NotRead,
    /// The mistake is in a table that the file names.
    InATable,
    /// Each statement is valid alone; they contradict each other or the policy.
    Meaning,
    /// The file is valid, perhaps with a warning.
    Right,
}

use Broken::{InATable, Meaning, NotRead, Refused, Right};

/// Every file of `tests/broken` by its number and name.
const BROKEN: &[(&str, Broken)] = &[
    ("01-a-misspelt-key", Refused),
    ("02-an-instance-that-does-not-exist", Meaning),
    ("03-a-selector-that-matches-nothing", Meaning),
    ("04-a-rule-that-is-not-in-the-policy", Meaning),
    ("05-a-time-without-a-unit", Refused),
    ("06-a-time-without-an-offset", Refused),
    ("07-a-schedule-that-the-provider-would-refuse", Meaning),
    ("08-two-verbs-in-one-event", Refused),
    ("09-a-protection-that-cannot-work-where-it-is-set", Right),
    ("10-a-question-that-the-documents-do-not-answer", Meaning),
    ("11-an-expectation-that-is-never-reached", Meaning),
    ("12-the-same-name-twice", NotRead),
    ("13-an-open-cell-and-a-rule-covered-twice", Meaning),
    ("14-a-documented-rule-without-a-source", Meaning),
    ("15-a-notice-that-the-provider-does-not-give", Meaning),
    ("16-a-random-source-with-gaps-of-zero", Meaning),
    ("17-an-unknown-distribution", Refused),
    ("18-a-random-source-without-a-verb-or-with-two", Refused),
    ("19-a-random-source-without-a-target", Meaning),
    ("20-an-unknown-caller-and-an-unknown-zone", Meaning),
    ("21-a-remedy-that-is-not-an-action", Refused),
    ("22-upgrades-that-an-early-edition-does-not-know", Meaning),
    ("23-an-order-by-numbers-without-a-numbering", Meaning),
    ("24-a-clock-step-outside-the-space", Meaning),
    ("26-a-remedy-that-never-helps", Meaning),
    ("25-an-event-outside-the-space", Meaning),
    ("30-texts-with-control-characters", NotRead),
    ("31-files-of-another-kind", Meaning),
    ("32-a-file-outside", Meaning),
    ("33-a-mapping-in-a-cell", InATable),
    ("40-a-default-that-depends-on-a-later-fact", Refused),
    ("50-a-snapshot-of-a-disk-that-is-not-there", Meaning),
    ("51-an-overlay-without-its-own-source", Meaning),
    ("52-an-unconfirmed-rule-without-a-switch", Meaning),
    ("53-a-document-later-than-the-edition", Meaning),
    ("54-a-document-without-an-address", Right),
    ("55-a-switch-whose-default-is-not-cautious", Meaning),
    ("56-words-of-other-tools", Refused),
    ("57-an-unknown-verb-hides-nothing", Refused),
    ("58-names-of-timers", Refused),
    ("60-a-price-that-is-less-than-zero", Refused),
    ("61-a-price-without-a-currency", Meaning),
    ("62-two-currencies", Meaning),
    ("63-prices-outside-the-range-of-amounts", Refused),
    ("64-prices-whose-sum-is-out-of-range", Meaning),
    ("65-principals-that-are-not-what-they-seem", Meaning),
    ("66-a-policy-without-permissions", Meaning),
    ("67-calls-without-a-permission", Meaning),
    ("68-rows-that-are-no-permissions", Refused),
    ("69-a-protection-without-a-permission", Meaning),
    ("70-house-rules-without-a-demand", Meaning),
    ("71-watches-that-raise-no-alert", Refused),
    ("72-a-policy-without-a-trail", Meaning),
    ("73-rows-that-are-not-of-the-trail", Refused),
    ("74-a-trail-with-an-open-kind", Meaning),
    ("trail-missing", Meaning),
    ("80-an-overlay-with-a-misspelt-key", NotRead),
    ("81-an-overlay-of-a-later-format", NotRead),
    ("82-a-two-person-rule-about-nothing", Refused),
    ("83-a-call-without-a-caller", Right),
    ("84-a-two-person-rule-that-matches-nothing", Meaning),
    ("85-settings-of-instances-that-are-created", Meaning),
    ("permission-missing", Meaning),
    ("permissions-missing", Meaning),
    ("house-policy", Meaning),
];

#[test]
fn invalid_files_are_refused_as_far_as_a_schema_can() {
    let schemas = Schemas::new();
    let mut other = Vec::new();
    for path in files(&root().join("tests/broken"), &["yaml"]) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let listed = BROKEN.iter().find(|(known, _)| *known == name).map(|(_, broken)| *broken);
        let Some(listed) = listed else {
            other.push(format!("{name} is not in the list"));
            continue;
        };
        let mistakes =
            parsed(&fs::read_to_string(&path).unwrap()).and_then(|file| schemas.mistakes(&file));
        let fits = match (listed, &mistakes) {
            (NotRead, None) => true,
            (Refused, Some(mistakes)) => !mistakes.is_empty(),
            (InATable | Meaning | Right, Some(mistakes)) => mistakes.is_empty(),
            _ => false,
        };
        if !fits {
            other.push(format!("{name} is {listed:?}: {mistakes:?}"));
        }
    }
    for (name, _) in BROKEN {
        if !root().join(format!("tests/broken/{name}.yaml")).exists() {
            other.push(format!("{name} does not exist"));
        }
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
}

/// A scenario that uses much of the format.
const SCENARIO: &str = include_str!("../schemas/scenario.yaml");

/// A whole policy that uses much of the format.
const POLICY: &str = include_str!("../schemas/policy.yaml");

/// The keys under which the keys are names, which a schema does not know.
const NAMES: &[&str] = &[
    "accounts",
    "batches",
    "counts",
    "due",
    "flags",
    "groups",
    "if",
    "instances",
    "metrics",
    "notes",
    "preconditions",
    "protections",
    "payment-overdue",
    "random",
    "resources",
    "rules",
    "sources",
    "switches",
    "tags",
    "verdicts",
    "with-instance",
];

/// Whether the program refuses a file.
fn is_refused(text: &str) -> bool {
    let folder = folder();
    let ran = stayput(&["check", &write(folder.path(), "file.yaml", text)]);
    assert!([0, 2].contains(&ran.code), "{}", ran.stderr);
    ran.code == 2
}

/// The places of a file below `at`, as pointers; a value under `cases` can be anything.
fn places(file: &Json, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match file {
        Json::Object(entries) => {
            for (key, value) in entries.iter().filter(|(key, _)| *key != "cases") {
                places(value, &format!("{at}/{key}"), found);
            }
        }
        Json::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{place}"), found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// Every file that differs from a right one by one misspelt key or one value of a wrong kind.
fn variations(file: &Json) -> Vec<(String, Json)> {
    let (mut at, mut found) = (Vec::new(), Vec::new());
    places(file, "", &mut at);
    for place in at {
        let value = file.pointer(&place).unwrap();
        let last = place.rsplit('/').next().unwrap();
        if let (Json::Object(entries), false) = (value, NAMES.contains(&last)) {
            for key in entries.keys().filter(|key| *key != "cases") {
                let mut wrong = file.clone();
                let entries = wrong.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                let value = entries.remove(key).unwrap();
                entries.insert(format!("{key}-wrong"), value);
                found.push((format!("{place}/{key} is misspelt"), wrong));
            }
        }
        if !value.is_object() && !value.is_array() {
            let mut wrong = file.clone();
            *wrong.pointer_mut(&place).unwrap() = json!({ "wrong": [1] });
            found.push((format!("{place} is a mapping"), wrong));
        }
    }
    found
}

/// Every misspelt key and every value of a wrong kind is refused by both, at every depth.
#[test]
fn a_wrong_key_or_value_is_refused_by_the_program_and_by_the_schema() {
    let schemas = Schemas::new();
    let mut accepted = Vec::new();
    for text in [SCENARIO, POLICY] {
        let right = parsed(text).unwrap();
        assert_eq!(schemas.mistakes(&right), Some(Vec::new()));
        assert!(!is_refused(text), "{text}");
        let all = variations(&right);
        assert!(all.len() > 80, "only {}", all.len());
        for (what, wrong) in all {
            if schemas.mistakes(&wrong).is_some_and(|mistakes| mistakes.is_empty()) {
                accepted.push(format!("schema: {what}"));
            }
            if !is_refused(&wrong.to_string()) {
                accepted.push(format!("program: {what}"));
            }
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

/// Replacements in a valid file.
const REPLACED: &[(&str, &str)] = &[
    // Not exactly one verb.
    (
        "release: { instance: db-1, force",
        "stop: { instance: db-1 }, release: { instance: db-1, force",
    ),
    (", overdue: { account: default } }", " }"),
    ("pick: one, stop: { instance: \"*\" },", "pick: one,"),
    ("start: {} }]", "start: {}, settle: {} }]"),
    ("one-of: [{ weight: 2, ", "start: { instance: db-1 }, one-of: [{ weight: 2, "),
    ("{ weight: 2, security-lock: { instance: web-1 } }", "{ weight: 2 }"),
    // Times and durations.
    ("start: 2026-06-01T00:00:00+08:00", "start: 2026-06-01T00:00:00"),
    ("start: 2026-06-01T00:00:00+08:00", "start: +1d12h"),
    ("start: 2026-06-01T00:00:00+08:00", "start: 2026-06-01T24:00:00+08:00"),
    ("start: 2026-06-01T00:00:00+08:00", "start: 2026-06-01T00:00:00+24:00"),
    ("title: a page", "title: \"\""),
    ("created: 2026-05-01T00:00:00Z", "created: 2026-05-01"),
    ("{ at: +1h, id: mis-click", "{ at: 2026-06-01 01:00, id: mis-click"),
    ("{ at: +2h,", "{ at: +2,"),
    ("{ at: +3h,", "{ at: +1w,"),
    ("for: 30d", "for: 30"),
    ("grace: 15d", "grace: P15D"),
    ("for: 1mo", "for: -1mo"),
    ("every: 9d", "every: 9 d"),
    ("at: \"08:30\"", "at: \"8:30\""),
    // Words of closed lists.
    ("membership: auto-created", "membership: automatic"),
    ("billing: pay-as-you-go", "billing: payg"),
    ("via: api", "via: telephone"),
    ("to: subscription", "to: prepaid"),
    ("outcome: held, verdicts", "outcome: heldd, verdicts"),
    ("verdicts: { release-protection: held }", "verdicts: { release-protection: on }"),
    ("is: deallocated", "is: asleep"),
    ("kind: data-disk", "kind: disk"),
    ("days: [monday]", "days: [mon]"),
    ("pick: one", "pick: some"),
    ("outcome: [held, unprotected]", "outcome: []"),
    // Numbers.
    ("remove: 1", "remove: 0"),
    ("min: 0, max: 9, desired", "min: -1, max: 9, desired"),
    ("above: 80.5", "above: high"),
    ("probability: 0.5", "probability: 1.5"),
    ("seed: 7", "seed: seven"),
    ("force: true", "force: yes"),
    ("by: alice", "by: 3"),
    // Names.
    ("name: everything", "name: =everything"),
    ("id: mis-click, release", "id: \"@mis-click\", release"),
    ("  load: [", "  \"::load\": ["),
    // Missing keys, and keys that are given twice.
    ("release: { instance: db-1, force: true, by: alice, via: api }", "release: { by: alice }"),
    ("release: { instance: db-1, force", "release: { instance: db-1, instances: [db-1], force"),
    ("scale-in: { group: web, remove: 1 }", "scale-in: { remove: 1 }"),
    ("decisions: [{ event", "decisions: [{ in: on }, { event"),
    // Policies.
    ("action: [release]", "action: [relese]"),
    ("expired: [true, false]", "expired: [maybe]"),
    ("trigger: { not: manual }, verdict", "trigger: { nor: manual }, verdict"),
    ("verdict: held", "verdict: keeps"),
    ("verdict: held, ", ""),
    ("mode: each", "then: each"),
    ("at: [create, later]", "at: [creation]"),
    ("do: settle", "do: pay"),
    ("plus: grace", "plus: allowance"),
    ("action: release, trigger: billing-overdue, source", "trigger: billing-overdue, source"),
    ("payment-overdue:\n", "payment-over:\n"),
    ("earliest: 30m", "earliest: 30 minutes"),
    ("calendar: +08:00", "calendar: Beijing"),
    ("then: fires", "then: burns"),
    ("one-of: [\"yes\", \"no\"]", "one-of: \"yes\""),
    ("because: it is paid for by use", "source: page"),
    ("stayput: policy/1", "stayput: policy/2"),
    ("stayput: scenario/1", "stayput: scenario/9"),
];

#[test]
fn invalid_variations_are_refused_by_the_program_and_by_the_schema() {
    let schemas = Schemas::new();
    let mut accepted = Vec::new();
    for (from, to) in REPLACED {
        let base = [SCENARIO, POLICY].into_iter().find(|text| text.contains(from));
        let Some(base) = base else { panic!("nothing says `{from}`") };
        let text = base.replacen(from, to, 1);
        let by_schema = parsed(&text).and_then(|file| schemas.mistakes(&file));
        if by_schema.is_none_or(|mistakes| mistakes.is_empty()) {
            accepted.push(format!("schema: {to}"));
        }
        if !is_refused(&text) {
            accepted.push(format!("program: {to}"));
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

/// `$name` may replace any value, and a quoted value is the same as an unquoted one.
#[test]
fn valid_variations_are_accepted_by_the_program_and_by_the_schema() {
    const RIGHT: &[(&str, &str)] = &[
        (
            "on: { set: true }\n  off: { set: false }",
            "on: { set: true, v: 7 }\n  off: { set: false, v: 8 }",
        ),
        ("name: everything", "name: 2026"),
        ("instance: web-1, to", "instances: [web-1], to"),
        ("{ at: +6h, overdue", "{ at: never, overdue"),
        ("at: +2h", "at: 2026-06-01T02:00:00.000+0800"),
        ("remove: 1", "remove: \"1\""),
        ("zones: [a, b]", "zones: [1, 2]"),
        ("tags: { env: production }", "tags: { env: production, on: true }"),
        ("protect: [release-protection]", "protect: [release-protection=unknown]"),
        ("  - { at: +6h", "  - { x-note: { a: [1] }, at: +6h"),
        ("  totals: [", "  x-note: later\n  totals: ["),
        ("zone: a,", "zone: a, lock: [financial, security],"),
        ("assume: {}", "assume:"),
        ("grace: 15d", "arrears-since: unknown"),
        ("min: 1, max: 5", "min: 1, max: 5, rules: []"),
        ("expired: [true, false]", "expired: [\"true\", \"false\"]"),
        ("title: a page", "x-read: 2026-01-01, title: 7"),
        ("calendar: +08:00", "calendar: Z"),
    ];
    let schemas = Schemas::new();
    let mut refused = Vec::new();
    for (from, to) in RIGHT {
        let base = [SCENARIO, POLICY].into_iter().find(|text| text.contains(from));
        let Some(base) = base else { panic!("nothing says `{from}`") };
        let mut text = base.replacen(from, to, 1);
        if to.contains("v: 7") {
            text = text.replace("seed: 7", "seed: $v");
        }
        let mistakes = parsed(&text).and_then(|file| schemas.mistakes(&file));
        if mistakes.as_ref().is_none_or(|mistakes| !mistakes.is_empty()) {
            refused.push(format!("schema: {to}: {mistakes:?}"));
        }
        if is_refused(&text) {
            refused.push(format!("program: {to}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// A `$name` in place of any value is no mistake for the schema.
#[test]
fn a_value_of_the_case_may_stand_for_any_value() {
    let schemas = Schemas::new();
    let right = parsed(SCENARIO).unwrap();
    let mut at = Vec::new();
    places(&right, "", &mut at);
    for place in at.iter().filter(|place| !["", "/stayput"].contains(&place.as_str())) {
        let mut file = right.clone();
        *file.pointer_mut(place).unwrap() = json!("$v");
        let mistakes = schemas.mistakes(&file).unwrap();
        assert!(mistakes.is_empty(), "{place}:\n{}", mistakes.join("\n"));
    }
}

/// The committed schemas, which shipped files name in their first line.
#[test]
fn the_committed_schemas_are_what_the_program_prints() {
    for name in ["scenario", "policy"] {
        let path = root().join(format!("docs/schemas/{name}.json"));
        let printed = stayput(&["schema", name]).stdout;
        if std::env::var_os("STAYPUT_DOCS").is_some_and(|value| value == "write") {
            fs::write(&path, &printed).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        let how = "`STAYPUT_DOCS=write cargo test --test it schemas::` writes it";
        assert!(kept == printed, "docs/schemas/{name}.json is not what the program prints: {how}");
        assert!(printed.len() < 200_000, "{} bytes", printed.len());
        let schema: Json = serde_json::from_str(&printed).unwrap();
        for key in ["$schema", "$id", "title", "description", "$defs"] {
            assert!(!schema[key].is_null(), "{name} has no {key}");
        }
    }
}

/// Every shipped file begins with the line by which editors find its schema.
#[test]
fn shipped_files_name_their_schema() {
    let mut wrong = Vec::new();
    for folder in ["scenarios", "policies"] {
        for path in files(&root().join(folder), &["yaml"]) {
            let text = fs::read_to_string(&path).unwrap();
            let format = text.lines().find_map(|line| line.strip_prefix("stayput: "));
            let Some(format) = format.and_then(|format| format.split('/').next()) else { continue };
            if format == "accepted" {
                continue;
            }
            let named = text.lines().next().unwrap_or("");
            let named = named.strip_prefix("# yaml-language-server: $schema=").unwrap_or("");
            let real = root().join(format!("docs/schemas/{format}.json")).canonicalize().unwrap();
            if path.parent().unwrap().join(named).canonicalize().ok() != Some(real) {
                wrong.push(shown(&path));
            }
        }
    }
    assert!(wrong.is_empty(), "no editor's line at the top of:\n{}", wrong.join("\n"));
}
