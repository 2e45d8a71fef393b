use std::fs;

use crate::support::{files, root, shown};

const LONGEST_LINE: usize = 100;
const LONGEST_FUNCTION: usize = 70;

#[test]
fn lines_fit_twice_beside_each_other() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let folder = root().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for path in files(&folder, &["rs"]) {
            for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
                // A text for people is not broken for the sake of a column.
                if line.chars().count() > LONGEST_LINE && !line.contains('"') {
                    wrong.push(format!("{}:{}", shown(&path), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "longer than {LONGEST_LINE}:\n{}", wrong.join("\n"));
}

#[test]
fn functions_fit_on_a_screen() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let words = line
                .trim_start()
                .trim_start_matches("pub(super) ")
                .trim_start_matches("pub(crate) ");
            let words = words.trim_start_matches("pub ").trim_start_matches("const ");
            if !words.starts_with("fn ") || line.ends_with("{}") {
                continue;
            }
            // A declaration in a trait has no body.
            let head = lines[start..].iter().find(|l| l.ends_with(['{', ';']));
            if head.is_some_and(|line| line.ends_with(';')) {
                continue;
            }
            let close = format!("{}}}", " ".repeat(indent));
            let length = lines[start..].iter().position(|l| **l == close).unwrap_or(0) + 1;
            if length > LONGEST_FUNCTION {
                wrong.push(format!("{}:{} has {length} lines", shown(&path), start + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "longer than {LONGEST_FUNCTION}:\n{}", wrong.join("\n"));
}

#[test]
fn no_provider_is_named_outside_the_room_that_imports() {
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
fn the_kernel_knows_no_cloud() {
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
fn nothing_is_left_for_later() {
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
fn every_module_says_what_it_is() {
    for path in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not say what it is", shown(&path));
    }
}
