//! A folder of reports, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::report::{RunFile, STUDY_TABLES, TABLES};

/// The file by which a folder of ours is known.
const RUN: &str = "run.json";

/// A folder that is being written beside the place where it will stand.
pub struct OutDir {
    target: PathBuf,
    temporary: TempDir,
}

impl OutDir {
    /// Begins a folder that will stand at `target`.
    ///
    /// An existing folder of ours, or an empty one, will be replaced.
    ///
    /// # Errors
    /// If anything else stands there, or if nothing can be written beside it.
    pub fn begin(target: &Path) -> io::Result<Self> {
        if let Some(why) = obstacle(target)? {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(parent)?;
        let temporary = tempfile::Builder::new().prefix(".stayput-").tempdir_in(parent)?;
        Ok(Self { target: target.to_path_buf(), temporary })
    }

    /// Opens a file in it.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(&self, name: &str) -> io::Result<File> {
        File::create(self.temporary.path().join(name))
    }

    /// Writes the account of the run and moves the folder to its place.
    ///
    /// # Errors
    /// If that cannot be done; then the place is as it was before.
    pub fn finish(self, run: &RunFile) -> io::Result<()> {
        crate::report::run_json(run, BufWriter::new(self.open(RUN)?))?;
        let done = self.temporary.keep();
        let moved = replace(&done, &self.target);
        if moved.is_err() {
            let _ = fs::remove_dir_all(&done);
        }
        moved
    }
}

/// Why what stands at a place may not be replaced, if it may not.
fn obstacle(target: &Path) -> io::Result<Option<String>> {
    let foreign = "it exists, and no earlier run wrote it; it is left as it is";
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(meta) if !meta.is_dir() => return Ok(Some(foreign.to_owned())),
        Ok(_) => {}
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(target)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    if names.is_empty() {
        return Ok(None);
    }
    let run = fs::read_to_string(target.join(RUN)).unwrap_or_default();
    let run: serde_json::Value = serde_json::from_str(&run).unwrap_or_default();
    if run.get("program").and_then(serde_json::Value::as_str) != Some("stayput") {
        return Ok(Some(foreign.to_owned()));
    }
    // What lies beside our files is somebody's, and would be lost.
    let ours = |name: &str| TABLES.iter().chain(STUDY_TABLES).any(|table| table.file == name);
    names.retain(|name| name != RUN && !ours(name));
    names.sort();
    let told = names
        .first()
        .map(|first| format!("it holds `{first}`, which no run wrote; it is left as it is"));
    Ok(told)
}

/// Moves `done` to `target`; an old folder there goes last.
fn replace(done: &Path, target: &Path) -> io::Result<()> {
    if !target.exists() {
        return fs::rename(done, target);
    }
    let aside = done.with_extension("old");
    fs::rename(target, &aside)?;
    if let Err(error) = fs::rename(done, target) {
        // Put it back: nothing must be lost.
        fs::rename(&aside, target)?;
        return Err(error);
    }
    fs::remove_dir_all(&aside)
}
