use std::collections::BTreeMap;
use std::fs;

use crate::support::{files, root, shown};

const LONGEST_LINE: usize = 100;
const LONGEST_FUNCTION: usize = 70;

#[test]
fn lines_are_at_most_100_characters_long() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let folder = root().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for path in files(&folder, &["rs"]) {
            for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
                // A text that the program prints is not split.
                if line.chars().count() > LONGEST_LINE && !line.contains('"') {
                    wrong.push(format!("{}:{}", shown(&path), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "longer than {LONGEST_LINE}:\n{}", wrong.join("\n"));
}

#[test]
fn functions_have_at_most_70_lines() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let words = without_visibility(line.trim_start()).trim_start_matches("const ");
            if !words.starts_with("fn ") || line.ends_with("{}") {
                continue;
            }
            // A declaration in a trait has no body.
            let head = lines[start..].iter().find(|l| l.ends_with(['{', ';']));
            if head.is_some_and(|line| line.ends_with(';')) {
                continue;
            }
            let close = format!("{}}}", " ".repeat(indent));
            let end = lines[start..].iter().position(|l| **l == close);
            let place = format!("{}:{}", shown(&path), start + 1);
            let length = end.unwrap_or_else(|| panic!("{place}: no end of the function")) + 1;
            if length > LONGEST_FUNCTION {
                wrong.push(format!("{place} has {length} lines"));
            }
        }
    }
    assert!(wrong.is_empty(), "longer than {LONGEST_FUNCTION}:\n{}", wrong.join("\n"));
}

/// A line without `pub` or `pub(…)` at its beginning.
fn without_visibility(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("pub") else { return line };
    let inside = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    inside.map_or(rest, |(_, rest)| rest).strip_prefix(' ').unwrap_or(line)
}

#[test]
fn only_the_import_module_names_a_provider() {
    let names = ["alibaba", "aliyun", "azure", "vmss", "amazon", "google"];
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), &["rs"]) {
        let shown = shown(&path);
        if shown.starts_with("src/import/") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        let found = names.iter().filter(|name| text.contains(**name));
        wrong.extend(found.map(|name| format!("{shown} names {name}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_kernel_has_no_words_of_clouds() {
    let words = ["instance", "account", "group", "policy", "release", "cloud", "protect"];
    for path in files(&root().join("src/kernel"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in words {
            let found = code.iter().find(|line| line.to_lowercase().contains(word));
            assert!(found.is_none(), "{}: {found:?}", shown(&path));
        }
    }
}

#[test]
fn no_unfinished_work_is_left() {
    let marks = ["TODO", "FIXME", "XXX", "HACK"];
    for folder in ["src", "tests", "policies", "scenarios"] {
        for path in files(&root().join(folder), &["rs", "yaml", "md"]) {
            if path.ends_with("tidy.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let found = marks.iter().find(|mark| text.contains(**mark));
            assert!(found.is_none(), "{} holds {found:?}", shown(&path));
        }
    }
}

#[test]
fn every_module_has_a_doc_comment() {
    for path in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not say what it is", shown(&path));
    }
}

/// Words and phrases that are hard to read. Each has a standard term instead, such
/// as "unknown" for something that nobody knows, or "resource" for a thing.
const HARD_WORDS: &[&str] = &[
    "told",
    "tells",
    "untold",
    "nobody",
    "somebody",
    "whoever",
    "founded",
    "obey",
    "obeys",
    "obeyed",
    "heard",
    "befall",
    "befalls",
    "befell",
    "deed",
    "deeds",
    "thing",
    "things",
    "twin",
    "twins",
    "ghost",
    "ghosts",
    "newcomer",
    "newcomers",
    "agenda",
    "way out",
    "of ours",
    "so many",
    "makes no sense",
    "the same luck",
    "hangs on",
    "hang on",
    "come to the same",
    "comes to the same",
    "as it were",
    "for good",
    "own fate",
    "puts by",
    "nowhere said",
    "behind its back",
    "no time at all",
    "stands behind",
    "stand behind",
    "comes of it",
    "come of it",
    "goes without saying",
    "hangs together",
    "in vain",
    "heeds",
    "strangers",
    "passed over",
    "passes over",
    "pass over",
    "lives on",
    "live on",
    "stands in the way",
    "stand in the way",
    "put by",
    "vouch",
    "vouches",
    "what this rests on",
];

/// Files that contain a former word, and why.
const HARD_WORDS_ALLOWED: &[(&str, &str, &str)] = &[
    ("src/diagnostics/suggest.rs", "thing", "a suggestion for a former key"),
    ("src/diagnostics/suggest.rs", "things", "a suggestion for a former key"),
    ("src/diagnostics/suggest.rs", "way out", "a suggestion for a former key"),
    ("tests/broken/56-words-of-other-tools.yaml", "things", "a former key that is refused"),
    ("CHANGELOG.md", "thing", "a former key that was renamed"),
    ("CHANGELOG.md", "things", "a former key that was renamed"),
    (
        "src/world/random_sources.rs",
        "deeds",
        "the name of a stream; another would change all draws",
    ),
];

#[test]
fn former_words_do_not_come_back() {
    let mut paths: Vec<_> = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"]
        .map(|name| root().join(name))
        .into();
    for folder in ["src", "policies", "docs", "scenarios", "tests", "benches", "examples", "fuzz"] {
        paths.extend(files(&root().join(folder), &["rs", "yaml", "md"]));
    }
    let mut wrong = Vec::new();
    for path in paths {
        let name = shown(&path);
        // Files of others, and this list.
        if name.starts_with("scenarios/data/") || name == "tests/it/tidy.rs" {
            continue;
        }
        let text = words_of(&fs::read_to_string(&path).unwrap());
        for word in HARD_WORDS {
            let is_allowed = HARD_WORDS_ALLOWED
                .iter()
                .any(|(file, allowed, _)| *file == name && allowed == word);
            match (text.contains(&format!(" {word} ")), is_allowed) {
                (true, false) => wrong.push(format!("{name} contains \"{word}\"")),
                (false, true) => wrong.push(format!("{name} no longer contains \"{word}\"")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sizes and times that somebody measured are in `benches/README.md` alone, where they can be
/// measured again.
#[test]
fn measured_figures_are_in_one_file() {
    const UNITS: &[&str] = &["kB", "MB", "GB", "ns", "\u{b5}s", "ms"];
    let mut paths: Vec<_> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root().join(name)).into();
    for folder in ["src", "docs", "policies", "examples"] {
        paths.extend(files(&root().join(folder), &["rs", "yaml", "md"]));
    }
    let mut wrong = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
        for pair in words.windows(2) {
            let is_number = pair[0].starts_with(|c: char| c.is_ascii_digit());
            if is_number && UNITS.contains(&pair[1].trim_end_matches('.')) {
                wrong.push(format!("{}: {} {}", shown(&path), pair[0], pair[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words of a text in lower case, each between spaces; a phrase may continue on the next line.
fn words_of(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    format!(" {} ", words.join(" "))
}

/// Names of types that are defined in more than one file, and why. Two types with different
/// meanings need different names.
const SHARED_TYPE_NAMES: &[(&str, &str)] = &[
    ("Arguments", "the arguments of a verb of the command line, in the file of the verb"),
    ("Format", "the output formats of a verb of the command line, private to its file"),
];

#[test]
fn type_names_are_defined_once() {
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        // The types of a page are private to their files.
        if shown(&path).starts_with("src/report/html/") {
            continue;
        }
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for line in text.lines().filter(|line| !line.starts_with(' ')) {
            let line = without_visibility(line);
            let name = ["struct ", "enum ", "trait ", "type "]
                .iter()
                .find_map(|word| line.strip_prefix(word));
            if let Some(name) = name {
                let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                defined.entry(name.to_owned()).or_default().push(shown(&path));
            }
        }
    }
    let wrong: Vec<String> = defined
        .into_iter()
        .filter(|(name, paths)| {
            (paths.len() > 1) != SHARED_TYPE_NAMES.iter().any(|(shared, _)| shared == name)
        })
        .map(|(name, paths)| format!("{name}: {}", paths.join(", ")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
