use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use crate::imports_of_files::Imports;
use crate::support::{files, root, shown};

/// The rows of the layer table in ARCHITECTURE.md: a module and what it may import.
fn table() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| module "))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = |cell: &str| {
            let names = cell.split(',').map(|name| name.trim().trim_matches('`').to_owned());
            names.filter(|name| !name.is_empty() && name != "–").collect::<Vec<_>>()
        };
        (names(cells[0]).swap_remove(0), names(cells[1]))
    })
    .collect()
}

/// The top-level module of a file: the first part of its path below `src`.
fn module(path: &str) -> String {
    let step = path.trim_start_matches("src/").split('/').next().unwrap();
    step.trim_end_matches(".rs").to_owned()
}

/// The modules that each module names with `crate::`, without its tests.
fn imports() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut imports: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for path in files(&root().join("src"), &["rs"]) {
        let shown = shown(&path);
        let text = fs::read_to_string(&path).unwrap();
        let (code, tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        // Code after the tests would not be read.
        let is_of_tests = |line: &str| {
            let is_inside = line.is_empty() || line.starts_with([' ', '}', '#', '/']);
            is_inside || line.starts_with("mod tests")
        };
        assert!(tests.lines().all(is_of_tests), "{shown}: tests are at the end of a file");
        assert!(tests.matches("\nmod ").count() <= 1, "{shown}: a file has one module of tests");
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for piece in code.split("crate::").skip(1) {
            let name: String =
                piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(!name.is_empty(), "{shown}: `use crate::{{…}}` hides the modules it names");
            imports.entry(module(&shown)).or_default().entry(name).or_insert_with(|| shown.clone());
        }
    }
    imports
}

#[test]
fn modules_import_only_what_the_layer_table_allows() {
    let table = table();
    assert!(table.len() > 10, "the table was found: {table:?}");
    let mut wrong = Vec::new();
    for (importer, imported) in imports() {
        if ["lib", "main"].contains(&importer.as_str()) {
            continue;
        }
        let Some((_, allowed)) = table.iter().find(|(module, _)| *module == importer) else {
            wrong.push(format!("the module `{importer}` is not in the table"));
            continue;
        };
        for (name, file) in imported {
            // Macros of this crate are named by their module as well.
            if name != importer && !allowed.contains(&name) {
                wrong.push(format!("{file} imports `{name}`, and `{importer}` may not"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layer_table_is_acyclic_and_lists_existing_modules() {
    let table = table();
    let mut above: Vec<&str> = Vec::new();
    for (module, allowed) in &table {
        for name in allowed {
            assert!(
                above.contains(&name.as_str()),
                "`{module}` may import only modules above it, not `{name}`"
            );
        }
        above.push(module);
        let path = root().join("src").join(module);
        assert!(
            path.is_dir() || path.with_extension("rs").is_file(),
            "there is no module `{module}`"
        );
    }
}

#[test]
fn every_import_that_the_table_allows_is_made() {
    let imports = imports();
    for (module, allowed) in table() {
        for name in allowed {
            let made = imports.get(&module).is_some_and(|made| made.contains_key(&name));
            assert!(made, "`{module}` does not import `{name}`; take it out of the table");
        }
    }
}

/// The imports between files; parsing all of `src` takes time, so the tests share them.
static IMPORTS: LazyLock<Imports> = LazyLock::new(Imports::of_source);

/// Import cycles between files: each group with one pair of files and the imported name.
fn cycles() -> Vec<String> {
    let edges = IMPORTS.edges();
    let reaches = |start: &str| {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![start.to_owned()];
        while let Some(file) = open.pop() {
            for next in edges.get(file.as_str()).into_iter().flat_map(BTreeMap::keys) {
                if seen.insert((*next).to_owned()) {
                    open.push((*next).to_owned());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<String>> =
        edges.keys().map(|file| (*file, reaches(file))).collect();
    let mut found = Vec::new();
    for (from, imported) in &edges {
        for (to, name) in imported {
            if reached.get(to).is_some_and(|back| back.contains(*from)) {
                found.push(format!("{from} imports {to} ({name}), which leads back to it"));
            }
        }
    }
    found
}

#[test]
fn no_file_imports_a_file_that_imports_it_back() {
    let found = cycles();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A `mod.rs` has docs, `mod` and `pub use` lines: a child never has to import its parent.
#[test]
fn a_mod_file_defines_nothing() {
    let modules = IMPORTS.modules.values().filter(|one| one.file.ends_with("/mod.rs"));
    let defining: Vec<String> = modules
        .filter(|one| !one.defines.is_empty() && one.file != "src/cli/mod.rs")
        .map(|one| format!("{}: {:?}", one.file, one.defines))
        .collect();
    assert!(defining.is_empty(), "{}", defining.join("\n"));
}

/// Verbs of the command line share `cli/shared` and `cli/args.rs`; `cli/dispatch.rs` enters them.
#[test]
fn no_verb_imports_a_verb() {
    let common = ["src/cli/mod.rs", "src/cli/args.rs", "src/cli/dispatch.rs"];
    let verb = |file: &str| {
        let below = file.strip_prefix("src/cli/").filter(|_| !common.contains(&file))?;
        let name = below.split('/').next()?.trim_end_matches(".rs");
        (name != "shared").then(|| name.to_owned())
    };
    let mut found = Vec::new();
    for (from, imported) in IMPORTS.edges() {
        if from.starts_with("src/cli/") && from != "src/cli/dispatch.rs" {
            let verbs =
                imported.iter().filter(|(to, _)| verb(to).is_some() && verb(to) != verb(from));
            found.extend(verbs.map(|(to, name)| format!("{from} imports {to} ({name})")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// `plan/bulk` can be deleted if the feature `bulk` is off: only two files name it.
#[test]
fn the_reader_of_large_tables_has_one_entry_point() {
    let allowed = ["src/plan/compile.rs", "src/plan/mod.rs"];
    let mut found = Vec::new();
    for (from, imported) in IMPORTS.edges() {
        for (to, name) in imported {
            let inside = from.starts_with("src/plan/bulk/");
            if to.starts_with("src/plan/bulk/") && !inside && !allowed.contains(&from) {
                found.push(format!("{from} imports {to} ({name})"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
