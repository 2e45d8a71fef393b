//! The disk: the only place where files are read.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::text::{Files, ReadFailure};

/// The largest file that is taken for a scenario or a policy [bytes].
const LARGEST_YAML: u64 = 16 << 20;

/// The largest file that is taken for a table or a provider's reply [bytes].
const LARGEST_TABLE: u64 = 4 << 30;

/// Reads files where they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, from: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let shown = beside(from, path);
        read_text(&shown).map(|text| (shown.to_string_lossy().into_owned(), text))
    }
}

/// `path`, which is relative to the folder of the file `from` unless it is absolute.
fn beside(from: &str, path: &str) -> PathBuf {
    let folder = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
    folder.join(path)
}

/// The text of a file, or in words why there is none.
pub fn read_text(path: &Path) -> Result<String, ReadFailure> {
    let is_yaml = path.extension().is_none_or(|ending| ending == "yaml" || ending == "yml");
    let largest = if is_yaml { LARGEST_YAML } else { LARGEST_TABLE };
    let fail =
        |what: String, help: Option<&str>| ReadFailure { what, help: help.map(str::to_owned) };
    let meta = fs::metadata(path).map_err(|error| in_words(&error))?;
    if meta.is_dir() {
        return Err(fail("it is a directory".into(), Some("name a file in it")));
    }
    let too_large = || {
        let help = "large fleets and long lists of events belong into CSV files; see `file:`";
        fail(format!("it is larger than {} MiB", largest >> 20), is_yaml.then_some(help))
    };
    if meta.len() > largest {
        return Err(too_large());
    }
    let file = File::open(path).map_err(|error| in_words(&error))?;
    let mut bytes = Vec::new();
    // A pipe or a device has no size of its own: the limit holds for what comes out of it.
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| in_words(&error))?;
    if bytes.len() as u64 > largest {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        fail(format!("it is not UTF-8 text (byte {at} is not)"), Some("save it as UTF-8"))
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
fn in_words(error: &std::io::Error) -> ReadFailure {
    let what = match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => error.to_string(),
    };
    ReadFailure { what, help: None }
}

/// Every file under `paths` that could be one of ours: a file that is named is
/// taken as it is, a folder is searched for YAML files, in the order of their names.
///
/// # Errors
/// The path that cannot be read, and why.
pub fn find(paths: &[PathBuf]) -> Result<Vec<(PathBuf, bool)>, (PathBuf, ReadFailure)> {
    let mut found = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).map_err(|error| (path.clone(), in_words(&error)))?;
        if meta.is_dir() {
            search(path, &mut found)?;
        } else {
            found.push((path.clone(), true));
        }
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<(PathBuf, bool)>) -> Result<(), (PathBuf, ReadFailure)> {
    let fail = |error: std::io::Error| (folder.to_path_buf(), in_words(&error));
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if path.is_dir() && !hidden {
            search(&path, found)?;
        } else if yaml && !hidden {
            found.push((path, false));
        }
    }
    Ok(())
}
