//! The only module that reads files.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::paths_in_use::note_read;
use crate::diagnostics::{Files, ReadFailure, Sources, Stream, is_yaml, visible};
use crate::format::LARGEST_YAML as LARGEST_YAML_TEXT;
use crate::time::SimTime;

/// Largest file with the ending of a scenario or policy, in bytes.
const LARGEST_YAML: u64 = LARGEST_YAML_TEXT as u64;

/// Largest table or reply of a provider, in bytes.
const LARGEST_TABLE: u64 = Sources::LARGEST;

/// Smallest table that is read row by row, in bytes. A smaller table is read whole, so that
/// `explain` can quote its events.
const STREAMED: u64 = 1 << 20;

/// Most events of such a table that are kept in memory, so that the table is read only once. All
/// cases of a scenario share them.
const KEPT: usize = 1 << 20;

/// The first bytes of a compressed file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Bytes of a large table that are in memory while its mistakes are sought.
const PIECE: u64 = 1 << 16;

/// Most bytes that are read from a pipe or a device, which has no known size, and from a file
/// without an ending, whose kind is not known.
const LARGEST_STREAM: u64 = 1 << 28;

/// Reads files from the disk, and restricts which files a file may name.
///
/// A file that a scenario or a policy names must be a regular file, after links are resolved, in
/// the folder of the naming file or in the working directory, or below one of them. The user can
/// allow other files with `--allow-outside`, or by naming them on the command line.
#[derive(Debug, Clone, Default)]
pub struct DiskFiles {
    /// Files and folders named on the command line, with links resolved.
    named: BTreeSet<PathBuf>,
}

/// Whether `--allow-outside` was given.
static OUTSIDE: AtomicBool = AtomicBool::new(false);

/// Allows files to name any other file until the program ends.
pub fn allow_outside() {
    OUTSIDE.store(true, Ordering::Relaxed);
}

/// Whether files may name any other file.
pub fn is_outside_allowed() -> bool {
    OUTSIDE.load(Ordering::Relaxed)
}

impl DiskFiles {
    /// Allows a file or folder because the command line names it.
    pub fn allow(&mut self, path: &Path) {
        self.named.extend(fs::canonicalize(path));
    }

    /// The path of the file at `path` beside the file `from`, as messages show it, and its text.
    ///
    /// # Errors
    /// If it cannot be read, or `from` may not name it.
    pub fn read_beside(&self, from: &str, path: &OsStr) -> Result<(String, String), ReadFailure> {
        let path = self.resolve(from, Path::new(path))?;
        read_text(&path).map(|text| (shown(&path), text))
    }

    /// Resolves `path`, which the file `from` names.
    ///
    /// # Errors
    /// If `from` may not name that file.
    fn resolve(&self, from: &str, path: &Path) -> Result<PathBuf, ReadFailure> {
        let path = beside(from, path);
        let target = fs::canonicalize(&path).map_err(|error| failure_at(&path, &error))?;
        if self.named.iter().any(|named| target.starts_with(named)) {
            return Ok(path);
        }
        let from = real(from);
        let folder = from.parent().filter(|folder| !folder.as_os_str().is_empty());
        let roots = [folder.unwrap_or_else(|| Path::new(".")), Path::new(".")];
        let inside =
            |root: &Path| fs::canonicalize(root).is_ok_and(|root| target.starts_with(root));
        if !is_outside_allowed() && !roots.into_iter().any(inside) {
            return Err(ReadFailure {
                what: "it is outside the folder of this file and the working directory".into(),
                help: Some("run with `--allow-outside`, or name it on the command line".into()),
            });
        }
        match fs::metadata(&target) {
            Ok(meta) if meta.is_dir() || meta.is_file() => Ok(path),
            Ok(_) => Err(special_file()),
            Err(error) => Err(failure_at(&path, &error)),
        }
    }
}

impl Files for DiskFiles {
    fn read(&self, from: &str, path: &str) -> Result<(String, String), ReadFailure> {
        self.read_beside(from, OsStr::new(path))
    }

    fn modified(&self, from: &str, path: &str) -> Option<i64> {
        self.resolve(from, Path::new(path)).ok().and_then(|path| seconds(&path))
    }

    fn stream(&self, from: &str, path: &str) -> Option<Stream> {
        let file = self.resolve(from, Path::new(path)).ok()?;
        let meta = fs::metadata(&file).ok().filter(fs::Metadata::is_file)?;
        note_read(&file);
        let shown = shown(&file).into();
        let open = move || Ok(Box::new(File::open(&file)?) as Box<dyn Read + Send>);
        let open = Arc::new(open);
        (meta.len() >= STREAMED).then(|| Stream { path: shown, open, keep: KEPT, piece: PIECE })
    }
}

/// The time at which a file was last written.
pub fn modified(path: &Path) -> Option<SimTime> {
    seconds(path).map(SimTime::from_seconds)
}

fn seconds(path: &Path) -> Option<i64> {
    let written = fs::metadata(path).and_then(|meta| meta.modified()).ok()?;
    let since = written.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// `path`, relative to the folder of the file `from` unless it is absolute.
fn beside(from: &str, path: &Path) -> PathBuf {
    if from.is_empty() {
        // The command names the file.
        return path.to_str().map_or_else(|| path.to_path_buf(), real);
    }
    let from = real(from);
    let folder = from.parent().unwrap_or_else(|| Path::new(""));
    folder.join(path.strip_prefix(".").unwrap_or(path))
}

/// The paths that messages show in another form, by that form.
static SHOWN: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// A path as messages show it: in one line, with control characters made visible. No two paths are
/// shown alike, so that [`real`] can return the path.
pub fn shown(path: &Path) -> String {
    let text = visible(&path.to_string_lossy()).into_owned();
    // Only a form with these characters can stand for another path.
    if !text.contains(['\\', char::REPLACEMENT_CHARACTER]) {
        return text;
    }
    let mut all = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut name = text.clone();
    let mut number = 1;
    while all.get(&name).is_some_and(|known| known != path) {
        number += 1;
        name = format!("{text} ({number})");
    }
    all.insert(name.clone(), path.to_path_buf());
    name
}

/// The path that [`shown`] has shown in this form.
pub fn real(shown: &str) -> PathBuf {
    let all = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(shown).map_or_else(|| PathBuf::from(shown), Clone::clone)
}

/// Reads the text of a file.
///
/// # Errors
/// If the file cannot be read, is too large, or is neither UTF-8 nor UTF-16 with a byte
/// order mark.
pub fn read_text(path: &Path) -> Result<String, ReadFailure> {
    let is_yaml = is_yaml(path);
    let fail =
        |what: String, help: Option<&str>| ReadFailure { what, help: help.map(str::to_owned) };
    let meta = fs::metadata(path).map_err(|error| failure_at(path, &error))?;
    if meta.is_dir() {
        return Err(fail("it is a directory".into(), Some("name a file in it")));
    }
    let largest = match is_yaml {
        true => LARGEST_YAML,
        false if meta.is_file() && path.extension().is_some() => LARGEST_TABLE,
        false => LARGEST_STREAM,
    };
    let too_large = || {
        let help = "put large fleets and long event lists in CSV files; see `file:`";
        fail(format!("it is larger than {} MiB", largest >> 20), is_yaml.then_some(help))
    };
    if meta.len() > largest {
        return Err(too_large());
    }
    let file = File::open(path).map_err(|error| failure_at(path, &error))?;
    note_read(path);
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    // A pipe or a device has no size, so the limit is applied while reading.
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| failure_at(path, &error))?;
    if bytes.len() as u64 > largest {
        return Err(too_large());
    }
    let bytes = if bytes.starts_with(&GZIP) && !is_yaml {
        unpacked(&bytes, largest).map_err(|what| fail(what, None))?
    } else {
        bytes
    };
    if let Some(unit) = utf16(&bytes) {
        let text = from_utf16(bytes.get(2..).unwrap_or_default(), unit);
        return text.ok_or_else(|| fail("it is not valid UTF-16".into(), Some("save it as UTF-8")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        fail(format!("line {line} is not valid UTF-8"), Some("save it as UTF-8"))
    })?;
    // Some editors write a byte order mark, which is not part of the text.
    let Some(rest) = text.strip_prefix('\u{feff}') else { return Ok(text) };
    if rest.starts_with('\u{feff}') {
        let help = Some("save it again, with one byte order mark or none");
        return Err(fail("it begins with two byte order marks".into(), help));
    }
    Ok(rest.to_owned())
}

/// The first line of a file, up to 200 bytes; `None` if it cannot be read. The file does not count
/// as one that the command reads.
pub fn first_line(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(200).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().next().map(str::to_owned)
}

/// The conversion of two bytes to a unit of UTF-16; `None` if the file does not begin with a byte
/// order mark of UTF-16. Some shells write UTF-16 when output is redirected into a file.
fn utf16(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match bytes.first_chunk()? {
        [0xff, 0xfe] => Some(u16::from_le_bytes),
        [0xfe, 0xff] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// The text of units of UTF-16; `None` if it is not valid.
fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    text.collect::<Result<String, _>>().ok().filter(|_| odd.is_empty())
}

/// Most bytes that a compressed file may hold for each of its own. Listings hold about twenty.
const MOST_FOR_EACH: u64 = 100;

/// The size in bytes up to which a compressed file may hold any number for each of its own.
const SMALL_UNPACKED: u64 = 64 << 20;

/// The contents of a compressed file, which may hold at most `largest` bytes. A file that holds far
/// more than its own size is refused before it fills the memory.
fn unpacked(bytes: &[u8], largest: u64) -> Result<Vec<u8>, String> {
    let fair = (bytes.len() as u64).saturating_mul(MOST_FOR_EACH).max(SMALL_UNPACKED);
    let most = fair.min(largest);
    let mut unpacked = Vec::new();
    let mut from = flate2::read::MultiGzDecoder::new(bytes).take(most + 1);
    from.read_to_end(&mut unpacked).map_err(|_| "it is a broken gzip file".to_owned())?;
    if unpacked.len() as u64 <= most {
        return Ok(unpacked);
    }
    Err(if fair < largest {
        format!("it holds more than {MOST_FOR_EACH} times its own size; unpack it")
    } else {
        format!("it holds more than {} MiB", largest >> 20)
    })
}

/// Why a file cannot be read.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows")]
fn failure_at(path: &Path, error: &std::io::Error) -> ReadFailure {
    let what = match error.kind() {
        ErrorKind::NotFound if path.is_symlink() => DANGLING.to_owned(),
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    ReadFailure { what, help: None }
}

/// Why a link without a target is of no use.
pub const DANGLING: &str = "it is a link to a file that does not exist";

/// The failure to read something that is neither a file nor a folder.
fn special_file() -> ReadFailure {
    ReadFailure {
        what: "it is a device, a pipe or a socket".into(),
        help: Some("save its contents to a file".into()),
    }
}

/// Paths without those that lead to the same file or folder as an earlier one, and these others.
pub fn each_once(paths: &[PathBuf]) -> (Vec<&PathBuf>, Vec<&PathBuf>) {
    let mut seen = BTreeSet::new();
    paths.iter().partition(|path| seen.insert(without_links(path)))
}

/// A path without its links; one that leads nowhere stays as it is.
fn without_links(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Every file under `paths` that may be a scenario or a policy, and whether `paths` contains it
/// itself. A folder is searched for YAML files, in the order of their names. Hidden files and files
/// of accepted changes are left out. A file that `paths` contain several times is listed once.
///
/// Paths that cannot be read are added to `failed`.
pub fn find(paths: &[PathBuf], failed: &mut Vec<(PathBuf, ReadFailure)>) -> Vec<(PathBuf, bool)> {
    let mut found = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => search(path, &mut found, failed),
            Ok(_) => found.push((path.clone(), true)),
            Err(error) => failed.push((path.clone(), failure_at(path, &error))),
        }
    }
    listed_once(found)
}

/// The files, each at its first place. A file that is also named by itself counts as named.
fn listed_once(files: Vec<(PathBuf, bool)>) -> Vec<(PathBuf, bool)> {
    let mut known: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut found: Vec<(PathBuf, bool)> = Vec::with_capacity(files.len());
    for (path, is_named) in files {
        match known.entry(without_links(&path)) {
            Entry::Vacant(slot) => {
                slot.insert(found.len());
                found.push((path, is_named));
            }
            Entry::Occupied(first) => {
                let first = found.get_mut(*first.get());
                first.into_iter().for_each(|(_, first)| *first |= is_named);
            }
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
        Err(error) => return failed.push((folder.to_path_buf(), failure_at(folder, &error))),
    };
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // A file of accepted changes is read together with its policy.
        let hidden = name.starts_with('.') || name.ends_with(".accepted.yaml");
        // A link to a folder is not followed, because it may lead to a parent folder.
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if folder && !hidden {
            search(&path, found, failed);
        } else if is_yaml(&path) && !hidden {
            match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => found.push((path, false)),
                // A link to a folder.
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => failed.push((path, special_file())),
                Err(error) => {
                    let failure = failure_at(&path, &error);
                    failed.push((path, failure));
                }
            }
        }
    }
}
