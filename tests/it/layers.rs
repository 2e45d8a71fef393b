use std::collections::BTreeMap;
use std::fs;

use crate::support::{files, root, shown};

/// The rows of the layer table in ARCHITECTURE.md: a room and what it may import.
fn table() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| room "))
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

/// The room that a file belongs to: the first step of its path below `src`.
fn room(path: &str) -> String {
    let step = path.trim_start_matches("src/").split('/').next().unwrap();
    step.trim_end_matches(".rs").to_owned()
}

/// Every room that each room names with `crate::`, the code of its tests aside.
fn imports() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut imports: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for path in files(&root().join("src"), &["rs"]) {
        let shown = shown(&path);
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for piece in code.split("crate::").skip(1) {
            let name: String =
                piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            imports.entry(room(&shown)).or_default().entry(name).or_insert_with(|| shown.clone());
        }
    }
    imports
}

#[test]
fn rooms_import_only_what_the_layer_table_allows() {
    let table = table();
    assert!(table.len() > 10, "the table was found: {table:?}");
    let mut wrong = Vec::new();
    for (importer, imported) in imports() {
        if ["lib", "main"].contains(&importer.as_str()) {
            continue;
        }
        let Some((_, allowed)) = table.iter().find(|(room, _)| *room == importer) else {
            wrong.push(format!("the room `{importer}` is not in the table"));
            continue;
        };
        for (name, file) in imported {
            // Macros of our own are named by their room as well.
            if name != importer && !allowed.contains(&name) {
                wrong.push(format!("{file} imports `{name}`, and `{importer}` may not"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layer_table_has_no_ring_and_names_no_ghost() {
    let table = table();
    let mut above: Vec<&str> = Vec::new();
    for (room, allowed) in &table {
        for name in allowed {
            assert!(
                above.contains(&name.as_str()),
                "`{room}` may import only rooms above it, not `{name}`"
            );
        }
        above.push(room);
        let path = root().join("src").join(room);
        assert!(path.is_dir() || path.with_extension("rs").is_file(), "there is no room `{room}`");
    }
}

#[test]
fn every_import_that_the_table_allows_is_made() {
    let imports = imports();
    for (room, allowed) in table() {
        for name in allowed {
            let made = imports.get(&room).is_some_and(|made| made.contains_key(&name));
            assert!(made, "`{room}` does not import `{name}`; take it out of the table");
        }
    }
}
