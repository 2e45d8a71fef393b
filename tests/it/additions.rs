//! The table "To add …" of ARCHITECTURE.md: its files exist, have the words that it names, and are
//! at most three for each addition.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::support::root;

/// The most files that one addition changes; new files are not counted.
const MOST: usize = 3;

/// The texts in backticks of a cell, each with the text that follows it.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// A path of `src/`, or of the folder of the repository.
fn found(name: &str) -> Option<PathBuf> {
    [root().join("src").join(name), root().join(name)].into_iter().find(|path| path.exists())
}

#[test]
fn every_addition_names_files_that_exist_and_what_to_change_in_them() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = text.split("## To add …").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let (mut wrong, mut count) = (Vec::new(), 0);
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, how, reminder] = cells.as_slice() else { panic!("not three cells: {row}") };
        count += 1;
        if reminder.is_empty() {
            wrong.push(format!("{what}: nothing reminds of it"));
        }
        let mut files = BTreeSet::new();
        let mut last: Option<PathBuf> = None;
        for name in quoted(how) {
            let is_path = name.contains('/');
            if !is_path {
                let anchor = format!("(`{name}`)");
                let Some(path) = last.clone().filter(|_| how.contains(&anchor)) else { continue };
                if !fs::read_to_string(&path).unwrap().contains(name) {
                    wrong.push(format!("{what}: {} has no `{name}`", path.display()));
                }
                continue;
            }
            last = found(name);
            match &last {
                None => wrong.push(format!("{what}: {name} does not exist")),
                Some(path) if path.is_file() => {
                    files.insert(path.clone());
                }
                Some(_) => {}
            }
        }
        if files.len() > MOST {
            wrong.push(format!("{what}: {} files", files.len()));
        }
    }
    assert!(count >= 12, "only {count} rows");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
