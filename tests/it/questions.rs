//! The questions of `docs/questions.md`, asked of real tables, and the tables as pandas and
//! frictionless read them.
//!
//! They need Python with duckdb, pandas and frictionless: `STAYPUT_PYTHON`, the environment in
//! `target/questions` that `.ci/run` makes, or `python3`. Without them the tests print a note and
//! pass. `STAYPUT_DOCS=write` writes the answers anew; read the difference.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use crate::support::{folder, root, stayput};

/// A Python that has some modules; `None` if there is none.
fn python(modules: &str) -> Option<String> {
    let own = root().join("target/questions/bin/python").to_string_lossy().into_owned();
    let named = std::env::var("STAYPUT_PYTHON").ok();
    named.into_iter().chain([own, "python3".to_owned()]).find(|python| {
        let mut import = Command::new(python);
        import.args(["-c", &format!("import {modules}")]);
        let ran = import.stdout(Stdio::null()).stderr(Stdio::null()).status();
        ran.is_ok_and(|status| status.success())
    })
}

/// The output of a Python program.
fn run(python: &str, program: &str, arguments: &[&str]) -> String {
    let ran = Command::new(python).args(["-c", program]).args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{arguments:?}\n{error}");
    String::from_utf8(ran.stdout).unwrap()
}

/// Prints the answers of queries, each in its folder, as Markdown tables in a list of JSON; all
/// cells are texts of `DuckDB`.
const ASK: &str = r#"
import duckdb, json, os, sys
answers = []
for folder, query in zip(sys.argv[1::2], sys.argv[2::2]):
    os.chdir(folder)
    base = duckdb.connect()
    base.sql("SET TimeZone = 'UTC'")
    answer = base.sql(f"SELECT COLUMNS(*)::VARCHAR FROM ({query})")
    lines = [answer.columns, ["-"] * len(answer.columns)]
    lines += [["" if cell is None else cell for cell in row] for row in answer.fetchall()]
    answers.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
print(json.dumps(answers))
"#;

/// The commands, queries and answers of the page, in order. A question without its own
/// command uses the folder of the question before.
fn questions(page: &str) -> Vec<(String, String, Option<String>)> {
    let block = |text: &str, language: &str| {
        let from = text.split(&format!("```{language}\n")).nth(1)?;
        Some(from.split("\n```").next()?.to_owned())
    };
    let mut command = None;
    let mut found = Vec::new();
    for part in page.split("\n## ") {
        command = block(part, "sh").or(command);
        let Some(query) = block(part, "sql") else { continue };
        let after = part.split("```sql\n").nth(1).unwrap().split_once("\n```").unwrap().1;
        let answer = after.find('|').map(|at| after[at..].trim_end().to_owned());
        found.push((command.clone().unwrap(), query, answer));
    }
    found
}

#[test]
fn every_question_has_the_answer_that_its_page_shows() {
    let path = root().join("docs/questions.md");
    let page = fs::read_to_string(&path).unwrap();
    let questions = questions(&page);
    assert!(questions.len() >= 10, "{} questions", questions.len());
    let python = python("duckdb");
    let mut folders: BTreeMap<&String, tempfile::TempDir> = BTreeMap::new();
    let mut asked = Vec::new();
    for (command, query, _) in &questions {
        let out = folders.entry(command).or_insert_with(|| {
            let out = folder();
            let mut arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
            assert_eq!(arguments.pop(), Some("result"), "{command}");
            let place = out.path().join("result").to_string_lossy().into_owned();
            arguments.push(&place);
            let ran = stayput(&arguments);
            assert_eq!(ran.code, 0, "{command}\n{}", ran.stderr);
            out
        });
        asked.push(out.path().join("result").to_string_lossy().into_owned());
        asked.push(query.clone());
    }
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let real = python.as_ref().map(|python| run(python, ASK, &asked));
    let real: Vec<String> = real.map_or(Vec::new(), |real| serde_json::from_str(&real).unwrap());
    assert!(python.is_none() || real.len() == questions.len());
    let (mut new, mut stale) = (page.clone(), Vec::new());
    for ((_, query, answer), real) in questions.iter().zip(&real) {
        if answer.as_ref() != Some(real) {
            stale.push(format!("{query}\n{real}"));
            let block = format!("```sql\n{query}\n```\n");
            let before =
                answer.as_ref().map_or(block.clone(), |answer| format!("{block}\n{answer}\n"));
            new = new.replace(&before, &format!("{block}\n{real}\n"));
        }
    }
    if python.is_none() {
        println!("skipped: no Python with duckdb can be had here");
    }
    if std::env::var_os("STAYPUT_DOCS").is_some_and(|value| value == "write") {
        fs::write(&path, new).unwrap();
    } else {
        assert!(stale.is_empty(), "{}", stale.join("\n\n"));
    }
}

/// Reads every table of folders with pandas, without any option, and prints every column of a
/// wrong type.
const READ: &str = r#"
import json, os, pandas, sys
for folder in sys.argv[1:]:
    os.chdir(folder)
    for table in json.load(open("datapackage.json"))["resources"]:
        frame = pandas.read_csv(table["path"], low_memory=False)
        fields = table["schema"]["fields"]
        if list(frame.columns) != [field["name"] for field in fields]:
            print(folder, table["path"], "has other columns")
        for field in fields:
            column = frame[field["name"]]
            is_number = pandas.api.types.is_numeric_dtype(column)
            if field["type"] in ("integer", "number") and not is_number:
                print(folder, table["path"], field["name"], column.dtype, "is no number")
            if field.get("constraints", {}).get("required") and column.isna().any():
                print(folder, table["path"], field["name"], "is a key, and empty")
"#;

/// Validates folders with frictionless: types, keys, references, sizes, digests.
const VALIDATE: &str = r#"
import frictionless, os, sys
for folder in sys.argv[1:]:
    os.chdir(folder)
    report = frictionless.Package("datapackage.json").validate()
    for row in report.flatten(["name", "rowNumber", "fieldNumber", "type", "message"])[:20]:
        print(folder, row)
    if not report.valid:
        print(folder, report.errors[:20])
"#;

#[test]
fn pandas_and_frictionless_read_every_table() {
    let out = folder();
    let place = |name: &str| out.path().join(name).to_string_lossy().into_owned();
    let scenarios = [
        "what-it-costs",
        "unpaid-fortnight",
        "two-clouds",
        "real-fleet",
        "night-shift",
        "house-rules",
        "alert-on-both",
    ];
    let paths = scenarios.map(|name| format!("scenarios/{name}.yaml"));
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (one, many) = (place("one"), place("many"));
    let study =
        ["run", paths[0], "scenarios/random-ties.yaml", "--replications", "5", "--out", &many];
    for arguments in [&[&["run"][..], &paths, &["--out", &one]].concat(), &study[..]] {
        let ran = stayput(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    for (modules, program) in [("pandas", READ), ("frictionless", VALIDATE)] {
        let Some(python) = python(modules) else {
            println!("skipped: no Python with {modules} can be had here");
            continue;
        };
        let found = run(&python, program, &[&one, &many]);
        assert_eq!(found, "", "{modules}");
    }
}
