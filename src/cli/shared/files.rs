//! The disk: the only place where files are read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diagnostics::{Files, ReadFailure, Sources, Stream};

/// The largest file that is taken for a scenario or a policy [bytes].
const LARGEST_YAML: u64 = 16 << 20;

/// The largest file that is taken for a table or a provider's reply [bytes].
const LARGEST_TABLE: u64 = Sources::LARGEST;

/// The smallest table that is read row by row [bytes]. One that is smaller is read whole: its
/// events can then be quoted by `explain`.
const STREAMED: u64 = 1 << 20;

/// How many events of such a table are kept, so that it is read once: they take 64 MiB at most,
/// in all cases of a scenario together.
const KEPT: usize = 1 << 20;

/// The most that is taken from a pipe or a device, whose size nobody knows [bytes].
const LARGEST_STREAM: u64 = 1 << 28;

/// Reads files where they are, and, on behalf of a file, only where that file may read.
///
/// What a scenario or a policy names must be a regular file in the folder of that file or below
/// it, or in the working directory or below it, links resolved. Other places have to be allowed
/// by the person who runs the program: with `--allow-outside`, or by naming the file on the
/// command line.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// The files and folders named on the command line, links resolved.
    named: BTreeSet<PathBuf>,
}

/// Whether `--allow-outside` was given.
static OUTSIDE: AtomicBool = AtomicBool::new(false);

/// Allows files to name others anywhere, for as long as the program runs.
pub fn allow_outside() {
    OUTSIDE.store(true, Ordering::Relaxed);
}

impl Disk {
    /// Notes that the command line names a file or a folder.
    pub fn name(&mut self, path: &Path) {
        self.named.extend(fs::canonicalize(path));
    }

    /// The path of a file that the file `from` names.
    ///
    /// # Errors
    /// If it may not be read on behalf of that file.
    fn allowed(&self, from: &str, path: &str) -> Result<PathBuf, ReadFailure> {
        let path = beside(from, path);
        let real = fs::canonicalize(&path).map_err(|error| in_words(&error))?;
        if self.named.iter().any(|named| real.starts_with(named)) {
            return Ok(path);
        }
        let folder = Path::new(from).parent().filter(|folder| !folder.as_os_str().is_empty());
        let roots = [folder.unwrap_or_else(|| Path::new(".")), Path::new(".")];
        let inside = |root: &Path| fs::canonicalize(root).is_ok_and(|root| real.starts_with(root));
        if !OUTSIDE.load(Ordering::Relaxed) && !roots.into_iter().any(inside) {
            return Err(ReadFailure {
                what: "it is outside the folder of this file and the working directory".into(),
                help: Some("run with `--allow-outside`, or name it on the command line".into()),
            });
        }
        match fs::metadata(&real) {
            Ok(meta) if meta.is_dir() || meta.is_file() => Ok(path),
            Ok(_) => Err(ReadFailure {
                what: "it is a device, a pipe or a socket".into(),
                help: Some("save its contents to a file".into()),
            }),
            Err(error) => Err(in_words(&error)),
        }
    }
}

impl Files for Disk {
    fn read(&self, from: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let path = self.allowed(from, path)?;
        read_text(&path).map(|text| (shown(&path), text))
    }

    fn stream(&self, from: &str, path: &str) -> Option<Stream> {
        let file = self.allowed(from, path).ok()?;
        let meta = fs::metadata(&file).ok().filter(fs::Metadata::is_file)?;
        let shown = shown(&file).into();
        let open = move || Ok(Box::new(File::open(&file)?) as Box<dyn Read + Send>);
        (meta.len() >= STREAMED).then(|| Stream { path: shown, open: Arc::new(open), keep: KEPT })
    }
}

/// `path`, which is relative to the folder of the file `from` unless it is absolute.
fn beside(from: &str, path: &str) -> PathBuf {
    let folder = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
    folder.join(path)
}

/// A path as messages show it: on one line, whatever its name contains.
pub fn shown(path: &Path) -> String {
    crate::diagnostics::visible(&path.to_string_lossy()).into_owned()
}

/// The text of a file, or in words why there is none.
pub fn read_text(path: &Path) -> Result<String, ReadFailure> {
    let is_yaml = path.extension().is_none_or(|ending| ending == "yaml" || ending == "yml");
    let fail =
        |what: String, help: Option<&str>| ReadFailure { what, help: help.map(str::to_owned) };
    let meta = fs::metadata(path).map_err(|error| in_words(&error))?;
    if meta.is_dir() {
        return Err(fail("it is a directory".into(), Some("name a file in it")));
    }
    let largest = match is_yaml {
        true => LARGEST_YAML,
        false if meta.is_file() => LARGEST_TABLE,
        false => LARGEST_STREAM,
    };
    let too_large = || {
        let help = "put large fleets and long event lists in CSV files; see `file:`";
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
    let text = String::from_utf8(bytes).map_err(|error| {
        let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = sound.split(|byte| *byte == b'\n').count();
        fail(format!("line {line} is not valid UTF-8"), Some("save it as UTF-8"))
    })?;
    // Some editors mark the beginning of a text; the mark is no part of it.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum, and it grows")]
fn in_words(error: &std::io::Error) -> ReadFailure {
    let what = match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    ReadFailure { what, help: None }
}

/// Every file under `paths` that could be one of ours: a file that is named is
/// taken as it is, a folder is searched for YAML files, in the order of their names.
///
/// What cannot be read goes to `failed`.
pub fn find(paths: &[PathBuf], failed: &mut Vec<(PathBuf, ReadFailure)>) -> Vec<(PathBuf, bool)> {
    let mut found = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => search(path, &mut found, failed),
            Ok(_) => found.push((path.clone(), true)),
            Err(error) => failed.push((path.clone(), in_words(&error))),
        }
    }
    found
}

fn search(
    folder: &Path,
    found: &mut Vec<(PathBuf, bool)>,
    failed: &mut Vec<(PathBuf, ReadFailure)>,
) {
    let entries: std::io::Result<Vec<_>> = fs::read_dir(folder).and_then(Iterator::collect);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return failed.push((folder.to_path_buf(), in_words(&error))),
    };
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // What was accepted stands beside what it is about, and is read with it.
        let hidden = name.starts_with('.') || name.ends_with(".accepted.yaml");
        let yaml = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"));
        // A link to a folder is not followed: it may lead back to where it stands.
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if folder && !hidden {
            search(&path, found, failed);
        } else if yaml && !hidden && path.is_file() {
            found.push((path, false));
        }
    }
}
