//! The README and `docs/` agree with the program: transcripts are real output, complete files are
//! valid, links lead to files, and the reference pages are generated.
//!
//! `STAYPUT_DOCS=write cargo test --test it docs::` writes the pages anew; read the difference.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use stayput::diagnostics::Code;
use stayput::words::{
    AlertKind, DecidingFactor, LimitedBy, RequestResult, TimerName, Verdict, Word,
};

use crate::support::{command, files, folder, ran, root, shown, stayput, write};

fn writes() -> bool {
    std::env::var_os("STAYPUT_DOCS").is_some_and(|value| value == "write")
}

/// The pages outside of `docs/`.
const OTHER_PAGES: [&str; 9] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "README.md",
    "SECURITY.md",
    "THIRD-PARTY.md",
    "benches/README.md",
    "examples/batch/README.md",
    "examples/ci/README.md",
    "policies/README.md",
];

/// Every page for readers.
fn pages() -> Vec<PathBuf> {
    let mut pages = files(&root().join("docs"), &["md"]);
    pages.extend(OTHER_PAGES.map(|page| root().join(page)));
    pages
}

/// The arguments of a transcript's command, if its first line is one.
fn arguments(block: &str) -> Option<Vec<&str>> {
    let line = block.lines().next()?.strip_prefix("$ ")?;
    // Before the program is installed, `cargo run` runs it.
    let line = line.strip_prefix("stayput ").or(line.split(" -- ").nth(1))?;
    Some(line.split_whitespace().collect())
}

/// The expected transcript: the whole output, or as many lines as the page has before `…`.
fn transcript(block: &str, arguments: &[&str]) -> String {
    let ran = ran(command(arguments).output().unwrap());
    let shown: Vec<&str> = block.lines().skip(1).collect();
    let cut = shown.iter().position(|line| *line == "…");
    let mut lines = vec![block.lines().next().unwrap()];
    lines.extend(ran.stdout.lines().take(cut.unwrap_or(usize::MAX)));
    lines.extend(cut.map(|_| "…"));
    lines.join("\n")
}

/// Every fenced block that begins with a command is run and must show its output.
#[test]
fn transcripts_are_real_output() {
    let (mut found, mut stale) = (0, Vec::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let mut new = text.clone();
        for block in text.split("```console\n").skip(1) {
            let block = block.split("\n```").next().unwrap();
            let Some(arguments) = arguments(block) else { continue };
            let real = transcript(block, &arguments);
            found += 1;
            if real != block {
                stale.push(format!("{}: {}\n{real}", shown(&page), arguments.join(" ")));
                new = new.replace(block, &real);
            }
        }
        if writes() && new != text {
            fs::write(&page, new).unwrap();
        }
    }
    assert!(found >= 8, "only {found} transcripts were found");
    assert!(stale.is_empty() || writes(), "{}", stale.join("\n\n"));
}

/// Every complete scenario and policy on a page is valid. Files that a scenario names are missing.
#[test]
fn files_on_pages_are_valid() {
    let folder = folder();
    let mut found = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let blocks =
            text.split("```yaml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
        for block in blocks.filter(|block| block.starts_with("stayput: ")) {
            found += 1;
            let path = write(folder.path(), &format!("{found}.yaml"), block);
            let ran = stayput(&["check", &path]);
            let mistakes = ran.stderr.matches("error[").count();
            let absent = ran.stderr.matches("cannot read").count();
            assert_eq!(mistakes, absent, "{}\n{block}\n{}", shown(&page), ran.stderr);
        }
    }
    assert!(found >= 3, "only {found} files were found");
}

/// Every relative link leads to a file.
#[test]
fn links_lead_to_files() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            if !page.parent().unwrap().join(path).exists() {
                broken.push(format!("{}: {link}", shown(&page)));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The page on testing lists the names of timers that an expectation may contain.
#[test]
fn the_page_on_testing_lists_every_timer() {
    let page = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let missing: Vec<&str> = TimerName::ALL
        .iter()
        .map(|timer| timer.word())
        .filter(|word| !page.contains(&format!("`timer:{word}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_readme_fits_on_a_few_screens() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 250, "{lines} lines");
}

/// Every page of the book is in its table of contents.
#[test]
fn the_summary_lists_every_page() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for page in files(&docs, &["md"]) {
        let path = page.strip_prefix(&docs).unwrap().to_str().unwrap().to_owned();
        assert!(
            path == "SUMMARY.md" || summary.contains(&format!("({path})")),
            "{path} is missing"
        );
    }
}

/// Compares a reference page with the generated text.
fn hold(page: &str, title: &str, generated: &str) {
    let path = root().join("docs/reference").join(page);
    let text = format!(
        "# {title}\n\n<!-- Generated from the program; `STAYPUT_DOCS=write cargo test --test it docs::` writes \
         it. -->\n\n{}\n",
        generated.trim_end()
    );
    if writes() {
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "docs/reference/{page} is not what the program states");
}

/// Every table with its key and columns, in the page on reports.
#[test]
fn the_page_on_reports_lists_every_table_and_column() {
    let mut table =
        "| table | one row for each | key | further columns |\n|---|---|---|---|\n".to_owned();
    for resource in schema("csv")["resources"].as_array().unwrap() {
        let texts = |list: &Json| -> Vec<String> {
            let list = list.as_array().into_iter().flatten();
            list.map(|text| format!("`{}`", text.as_str().unwrap())).collect()
        };
        let key = texts(&resource["schema"]["primaryKey"]);
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<String> =
            fields.iter().map(|field| format!("`{}`", field["name"].as_str().unwrap())).collect();
        let further: Vec<&str> =
            names.iter().filter(|name| !key.contains(name)).map(String::as_str).collect();
        let row = resource["description"].as_str().unwrap().trim_start_matches("one row per ");
        let key = if key.is_empty() { "none".to_owned() } else { key.join(", ") };
        let path = resource["path"].as_str().unwrap();
        let _ = writeln!(table, "| `{path}` | {row} | {key} | {} |", further.join(", "));
    }
    let path = root().join("docs/reports.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("docs::` writes it. -->\n\n").unwrap();
    let (_, after) = rest.split_once("<!-- The end of what is generated. -->").unwrap();
    let new = format!(
        "{before}docs::` writes it. -->\n\n{table}\n<!-- The end of what is generated. -->{after}"
    );
    if writes() {
        fs::write(&path, &new).unwrap();
    }
    assert!(page == new || writes(), "docs/reports.md is not what the program states");
}

fn schema(name: &str) -> Json {
    let ran = stayput(&["schema", name]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A schema with its reference resolved; keys beside the reference take precedence.
fn followed(schema: &Json, whole: &Json) -> Json {
    let Some(path) = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) else {
        return schema.clone();
    };
    let mut found = whole.pointer(path).unwrap().clone();
    for (key, value) in schema.as_object().unwrap().iter().filter(|(key, _)| *key != "$ref") {
        match (key.as_str(), value) {
            ("properties", Json::Object(keys)) => {
                for (key, one) in keys {
                    let about = found["properties"][key]["description"].clone();
                    found["properties"][key] = one.clone();
                    found["properties"][key]["description"] = about;
                }
            }
            ("required", Json::Array(keys)) => {
                let mut all = found["required"].as_array().cloned().unwrap_or_default();
                all.extend(keys.iter().cloned());
                found["required"] = all.into();
            }
            _ => found[key] = value.clone(),
        }
    }
    found
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a key tests a column: it accepts a word, a list of words, or `{ not: … }`.
fn is_condition(schema: &Json) -> bool {
    schema["$ref"].as_str().is_some_and(|path| path.starts_with("#/$defs/when-"))
}

/// A short description of a value, without the `$name` that may replace it.
fn kind(schema: &Json, whole: &Json, depth: usize) -> String {
    if schema["$ref"] == "#/$defs/selector" {
        return "[selector](../scenarios.md#values)".to_owned();
    }
    let is_condition = is_condition(schema);
    let schema = followed(schema, whole);
    if is_condition {
        return kind(&schema["anyOf"][0], whole, depth + 1);
    }
    if schema["properties"].is_object() {
        return "mapping".to_owned();
    }
    let one_of = |of: &[Json]| {
        let mut kinds: Vec<String> = of.iter().map(|one| kind(one, whole, depth + 1)).collect();
        kinds.retain(|kind| !kind.is_empty());
        kinds.dedup();
        kinds.join(", ")
    };
    if schema["then"].is_object() {
        return one_of(&[schema["then"].clone(), schema["else"].clone()]);
    }
    if let Some(of) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return one_of(of);
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("`{word}`");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().filter_map(Json::as_str).map(|word| format!("`{word}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    match schema["type"].as_str().or(schema["type"][0].as_str()) {
        Some("array") if depth < 3 => {
            format!("list of {}", kind(&schema["items"], whole, depth + 1))
        }
        Some("array") => "list".to_owned(),
        Some("object") => "mapping".to_owned(),
        Some("string") => match (examples(&schema), schema["pattern"].as_str()) {
            (Some(examples), _) => format!("text such as {examples}"),
            (None, Some(pattern)) if pattern.starts_with(r"^\$") => String::new(),
            (None, Some(" ")) => "a sentence".to_owned(),
            _ => "text".to_owned(),
        },
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

/// The examples of a text; `None` if there is none.
fn examples(schema: &Json) -> Option<String> {
    let examples = schema["examples"].as_array()?.iter().filter_map(Json::as_str);
    let examples: Vec<String> = examples.map(|example| format!("`{example}`")).collect();
    (!examples.is_empty()).then(|| examples.join(" or "))
}

/// The required keys of a mapping, however its schema expresses them.
fn required(name: &str, object: &Json, whole: &Json) -> BTreeSet<String> {
    let complete = &whole["$defs"][format!("complete-{name}")];
    let root = if name.is_empty() { &whole["else"] } else { &Json::Null };
    // A key with two spellings is required in either.
    let either = &object["anyOf"][0];
    let lists = [object, complete, root, either].map(|schema| schema["required"].clone());
    let names = lists.iter().filter_map(Json::as_array).flatten().filter_map(Json::as_str);
    names.map(str::to_owned).collect()
}

/// The keys of a mapping as a table.
fn keys(name: &str, object: &Json, whole: &Json) -> String {
    let Some(properties) = object["properties"].as_object() else { return String::new() };
    let required = required(name, object, whole);
    let mut table = "| key | required | value | meaning |\n|---|---|---|---|\n".to_owned();
    // The columns are listed once, with the keys of a rule.
    let all = ["rule", "decision-space"].contains(&name);
    let shown = properties.iter().filter(|(_, schema)| all || !is_condition(schema));
    for (key, schema) in shown {
        let must = if required.contains(key.as_str()) { "yes" } else { "" };
        let followed = followed(schema, whole);
        let meaning = followed["description"].as_str().unwrap_or("");
        let kind = cell(&kind(schema, whole, 0));
        let _ = writeln!(table, "| `{key}` | {must} | {kind} | {} |", cell(meaning));
    }
    if !all && properties.values().any(is_condition) {
        table.push_str("| … | | | conditions, as in a rule |\n");
    }
    if let Some(shared) = object["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let shared = shared.replace('-', " ");
        let _ = writeln!(table, "| … | | | the keys of a {shared} |");
    }
    table
}

/// A part of a schema: the name of its definition, or an empty name, and its contents.
type Mapping = (String, Json);

/// Every part of a schema, each definition once.
fn mappings(schema: &Json, whole: &Json, found: &mut Vec<Mapping>) {
    let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"));
    let name = name.unwrap_or_default().to_owned();
    let own = if name.is_empty() { schema.clone() } else { whole["$defs"][&name].clone() };
    if !name.is_empty() && found.iter().any(|(known, _)| *known == name) {
        return;
    }
    found.push((name.clone(), own.clone()));
    let below = own.as_object().into_iter().flatten();
    for (key, value) in below.filter(|(key, _)| !["$defs", "if", "not"].contains(&key.as_str())) {
        match value {
            Json::Object(map) if key == "properties" => {
                map.values().for_each(|one| mappings(one, whole, found));
            }
            Json::Object(_) => mappings(value, whole, found),
            Json::Array(list) => list.iter().for_each(|one| mappings(one, whole, found)),
            Json::String(_) if key == "$ref" && !name.is_empty() => {
                mappings(&serde_json::json!({ "$ref": value }), whole, found);
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}

#[test]
fn the_page_of_verbs_agrees_with_the_program() {
    let whole = schema("scenario");
    let event = &whole["$defs"]["event"];
    let mut page = String::new();
    for verb in stayput::plan::VERBS {
        let schema = followed(&event["properties"][verb], &whole);
        let about = schema["description"].as_str().unwrap_or("");
        let _ = write!(page, "## `{verb}`\n\n{about}\n\n{}\n", keys(verb, &schema, &whole));
    }
    hold("verbs.md", "Verbs", &page);
}

/// The text above the keys of a rule.
const CONDITIONS: &str = "A column of a rule is a condition: a word, a list of words of which one \
                          must match, or `{ not: … }`.\n\n";

#[test]
fn the_page_of_keys_agrees_with_the_program() {
    let mut page = String::new();
    for (name, title) in [("scenario", "Scenario files"), ("policy", "Policy files")] {
        let whole = schema(name);
        let mut found = Vec::new();
        mappings(&whole, &whole, &mut found);
        let _ = write!(page, "## {title}\n\n");
        // Verbs have a page of their own.
        found.retain(|(name, _)| !stayput::plan::VERBS.contains(&name.as_str()));
        found.retain(|(name, _)| !name.starts_with("complete-"));
        found.retain(|(name, one)| {
            one["properties"].is_object() && (one["description"].is_string() || !name.is_empty())
        });
        for (name, object) in found {
            let about = object["description"].as_str().map_or_else(
                || format!("The keys of a {}", name.replace('-', " ")),
                |about| about.trim_end_matches('.').to_owned(),
            );
            if name == "rule" {
                page.push_str(CONDITIONS);
            }
            let _ = write!(page, "### {about}\n\n{}\n", keys(&name, &object, &whole));
        }
    }
    hold("keys.md", "Keys", &page);
}

#[test]
fn the_page_of_columns_agrees_with_the_program() {
    let whole = schema("csv");
    let mut page = String::new();
    for table in whole["resources"].as_array().unwrap() {
        let name = table["path"].as_str().unwrap();
        let about = table["description"].as_str().unwrap_or("");
        let _ =
            write!(page, "## `{name}`\n\n{about}\n\n| column | type | meaning |\n|---|---|---|\n");
        for field in table["schema"]["fields"].as_array().unwrap() {
            let text = |key: &str| cell(field[key].as_str().unwrap_or(""));
            let _ = writeln!(
                page,
                "| `{}` | {} | {} |",
                text("name"),
                text("type"),
                text("description")
            );
        }
        page.push('\n');
    }
    hold("columns.md", "Columns", &page);
}

/// A column whose description lists its words lists all of them.
#[test]
fn descriptions_of_columns_list_every_word() {
    fn words<W: Word>() -> Vec<&'static str> {
        W::ALL.iter().map(|word| word.word()).collect()
    }
    let whole = schema("csv");
    let lists = [
        ("requests.csv", "result", words::<RequestResult>()),
        ("requests.csv", "limited_by", words::<LimitedBy>()),
        ("decisions.csv", "decided_by", words::<DecidingFactor>()),
        ("verdicts.csv", "verdict", words::<Verdict>()),
        ("alerts.csv", "kind", words::<AlertKind>()),
    ];
    for (table, column, words) in lists {
        let tables = whole["resources"].as_array().unwrap();
        let table = tables.iter().find(|one| one["path"] == table).unwrap();
        let fields = table["schema"]["fields"].as_array().unwrap();
        let field = fields.iter().find(|one| one["name"] == column).unwrap();
        let about = field["description"].as_str().unwrap();
        let missing: Vec<&str> = words.into_iter().filter(|word| !about.contains(*word)).collect();
        assert!(missing.is_empty(), "{column}: {about}: {missing:?}");
    }
}

#[test]
fn the_page_of_message_codes_agrees_with_the_program() {
    let mut page = "`stayput explain E010` prints the line of a code. `E` is a mistake, which ends the \
                    command; `W` is a warning.\nA scenario that lists a warning under \
                    `allow:` does not report it: `allow: [W050]`.\n\n| code | meaning |\n|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        let _ = writeln!(page, "| `{}` | {} |", code.word(), cell(code.meaning()));
    }
    hold("messages.md", "Message codes", &page);
}

/// The exit codes are an enum in the source; the comment at each is its meaning.
#[test]
fn the_page_of_exit_codes_agrees_with_the_program() {
    let source = fs::read_to_string(root().join("src/cli/shared/exit.rs")).unwrap();
    let body = source.split("pub enum Exit {").nth(1).unwrap().split("\n}").next().unwrap();
    let mut page = "| code | meaning |\n|---|---|\n".to_owned();
    let mut about = String::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            about.push_str(text);
        } else if let Some((_, code)) = line.split_once(" = ") {
            let _ = writeln!(page, "| {} | {} |", code.trim_end_matches(','), cell(&about));
            about.clear();
        }
    }
    hold("exit-codes.md", "Exit codes", &page);
}

#[test]
fn the_version_has_its_entry_in_the_changelog() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(text.contains(&format!("## {version}")), "no entry for {version}");
}

#[test]
fn architecture_fits_into_one_reading() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() <= 170, "{} lines", text.lines().count());
}

/// A file named in ARCHITECTURE.md exists.
#[test]
fn architecture_names_files_that_exist() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named = text.split('`').skip(1).step_by(2).filter(|name| {
        name.contains('/')
            && Path::new(name).extension().is_some()
            && !name.contains(['*', '{', ' '])
    });
    let absent: Vec<&str> = named
        .filter(|name| !root().join(name).exists() && !root().join("src").join(name).exists())
        .collect();
    assert!(absent.is_empty(), "{absent:?}");
}
