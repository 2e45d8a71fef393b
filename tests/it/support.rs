use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use stayput::diagnostics::{Files, NoFiles, Problems, ReadFailure, Sources, render};
use stayput::plan::{Options, Plan, compile};

/// The folder of the repository; the program runs there, so that paths are short.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The result of a run of the program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, without the environment variables of the caller that change its output.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stayput"));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command.env_remove("CLICOLOR_FORCE").env_remove("CI").env_remove("COLUMNS");
    command.env("NO_COLOR", "1");
    command
}

/// Runs the program.
pub(crate) fn stayput(arguments: &[&str]) -> Ran {
    ran(command(arguments).output().expect("the program starts"))
}

pub(crate) fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("what it writes is UTF-8");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A temporary folder of one test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file into a folder and gives its path as text.
pub(crate) fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("a test may write");
    path.to_string_lossy().into_owned()
}

/// Whether the program has begun to write a result to this folder.
#[cfg(unix)]
pub(crate) fn has_begun(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).expect("a folder");
    entries.any(|entry| {
        entry.expect("an entry").file_name().to_string_lossy().starts_with(".stayput-")
    })
}

/// Interrupts the program, as Ctrl-C does.
#[cfg(unix)]
pub(crate) fn interrupt(child: &std::process::Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("`kill` is there").success());
}

/// Every file below a folder with one of these endings, sorted.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| endings.contains(&&*e.to_string_lossy())) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A row of a table: its cells by the names of their columns.
pub(crate) type Row = BTreeMap<String, String>;

/// The rows of a table.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// The rows of a table in a file.
pub(crate) fn table(path: &Path) -> Vec<Row> {
    rows(&fs::read_to_string(path).expect("a table"))
}

/// Files of the repository.
pub(crate) struct Repository;

impl Files for Repository {
    fn read(&self, from: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let beside = Path::new(from).parent().expect("a file is in a folder").join(path);
        let text = fs::read_to_string(root().join(&beside));
        let text = text.map_err(|error| ReadFailure { what: error.to_string(), help: None })?;
        Ok((beside.to_string_lossy().into_owned(), text))
    }
}

/// The plans of a scenario, one for each case.
pub(crate) fn plans(name: &str, text: &str, files: &dyn Files) -> Vec<Plan> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add(name, text);
    let compiled = compile(file, &Options::default(), files, &mut sources, &mut problems);
    assert!(compiled.is_some(), "{text}\n{}", render(&problems, &sources, false));
    compiled.expect("it was valid").plans
}

/// The only plan of a scenario that names no files.
pub(crate) fn plan(text: &str) -> Plan {
    plans("story.yaml", text, &NoFiles).swap_remove(0)
}

/// A path relative to the repository, with `/` between its parts.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// A scenario with one protected instance, for tests that need any scenario at all.
pub(crate) const SMALL: &str = "\
stayput: scenario/1
name: small
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
fleet:
  instances:
    db-1: { protect: [release-protection] }
events:
  - { at: +1h, id: mis-click, release: { instance: db-1, force: true, by: alice, via: api } }
expect:
  decisions:
    - { event: mis-click, instance: db-1, outcome: held }
";
