//! An output folder, written whole or not at all.
//!
//! The result is staged in a folder beside its target path, and moved to that path in one step
//! when it is complete. At any instant the path holds the old or the new result.
//!
//! The target must be missing, an empty folder, or the result of an earlier run with no other
//! file. This is checked before the run, and again right before the exchange. A partial result
//! never replaces a complete one; it goes to `DIR.partial`.

use std::fs::{self, Metadata};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::file_thread::{FileThread, StagedFile};
use super::files::{DANGLING, shown};
use super::paths_in_use::{Claim, folder_of};
use super::staging::{RUN_FILE, Staged, StagedKind, clear_leftovers, is_result};
use super::system_calls::{AllCalls, Gate, SystemCalls};
use super::terminal::{self, cannot_write};
use crate::report::{
    DATA_PACKAGE, Input, RunFile, WrittenTable, count_names, data_package, run_json,
};

/// Highest number that is tried in the name of a result that could not be moved to its target.
const KEPT: u32 = 1000;

/// A folder that is staged beside its target path.
pub struct OutputFolder<G: Gate = AllCalls> {
    calls: SystemCalls<G>,
    /// The target path as the user wrote it.
    named: PathBuf,
    /// The target path with every link and every `..` resolved.
    target: PathBuf,
    /// Dropped before `staged`, which removes the files.
    files: FileThread,
    staged: Staged<G>,
    /// `None` if no other output can be there.
    _claim: Option<Claim>,
}

impl<G: Gate + Copy> OutputFolder<G> {
    /// Checks the target path and creates the staged folder.
    ///
    /// # Errors
    /// If the target may not be replaced, or its parent folder cannot be written.
    pub fn begin(named: &Path, calls: SystemCalls<G>) -> io::Result<Self> {
        let target = resolve(named, calls)?;
        let parent = target.parent().ok_or_else(|| refusal("it has no folder above it"))?;
        match existing_at(&target)? {
            Existing::Nothing => {}
            Existing::Folder { .. } => check_movable(&target, parent)?,
            Existing::Foreign(why) => return Err(refusal(&why)),
        }
        for line in clear_leftovers(parent) {
            terminal::print_stderr(&format!("stayput: {line}"));
        }
        let staged = Staged::create(StagedKind::Folder, parent, calls)?;
        // Without a trailing slash, so that a suffix can be added to the name.
        let named = named.components().collect();
        Ok(Self { calls, named, target, files: FileThread::start()?, staged, _claim: None })
    }

    /// Creates a file in the staged folder.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(&self, name: &str) -> io::Result<StagedFile> {
        Ok(self.files.add(name, self.calls.create_file(&self.staged.path.join(name))?))
    }

    /// Writes the run file with a digest of every table, moves the folder to its target, and
    /// returns its path.
    ///
    /// # Errors
    /// If writing or moving fails. The target is then unchanged, and the error names the folder in
    /// which the result was kept, if it could be kept.
    pub fn finish(self, run: &mut RunFile) -> io::Result<PathBuf> {
        self.describe(run)?;
        let digest = |table: WrittenTable| Input { name: table.file, sha256: table.sha256 };
        run.outputs = self.files.written()?.into_iter().map(digest).collect();
        run_json(run, BufWriter::new(self.open(RUN_FILE)?))?;
        self.files.close()?;
        for entry in fs::read_dir(&self.staged.path)? {
            self.calls.sync(&entry?.path())?;
        }
        self.calls.sync(&self.staged.path)?;
        let complete =
            matches!(existing_at(&self.target), Ok(Existing::Folder { complete: true, .. }));
        let beside = complete && !run.complete;
        let suffix = if beside { ".partial" } else { "" };
        let (target, named) = (with_suffix(&self.target, suffix), with_suffix(&self.named, suffix));
        match place(self.calls, &self.staged.path, &target) {
            Ok(()) => {
                self.staged.placed();
                Ok(named)
            }
            Err(error) => Err(self.keep(&error, &named)),
        }
    }

    /// Writes the description of the tables.
    fn describe(&self, run: &RunFile) -> io::Result<()> {
        let counts = count_names(run.runs.iter().map(|run| run.counts.as_slice()));
        data_package(
            &self.files.written()?,
            &counts,
            run.complete,
            BufWriter::new(self.open(DATA_PACKAGE)?),
        )
    }

    /// Keeps a result that could not be moved to `wanted` under another name beside its target.
    fn keep(self, error: &io::Error, wanted: &Path) -> io::Error {
        let named = |error: String| {
            // The caller names the target.
            if wanted == self.named { error } else { format!("{}: {error}", shown(wanted)) }
        };
        for number in 1..KEPT {
            let suffix = if number == 1 { ".result".into() } else { format!(".result-{number}") };
            let path = with_suffix(&self.target, &suffix);
            match self.calls.rename_to_nothing(&self.staged.path, &path) {
                Ok(()) => {
                    self.staged.placed();
                    let kept = shown(&with_suffix(&self.named, &suffix));
                    let why = named(format!("{error}; the result is in {kept}"));
                    return io::Error::new(error.kind(), why);
                }
                Err(taken) if taken.kind() == ErrorKind::AlreadyExists => {}
                Err(_) => break,
            }
        }
        io::Error::new(error.kind(), named(error.to_string()))
    }
}

/// The file or folder that exists at a target path.
enum Existing {
    Nothing,
    /// An empty folder or a result, which may be replaced.
    Folder {
        meta: Metadata,
        /// Whether it is a complete result.
        complete: bool,
    },
    /// Something else, with the reason why it may not be replaced.
    Foreign(String),
}

fn existing_at(target: &Path) -> io::Result<Existing> {
    let foreign = |why: &str| Ok(Existing::Foreign(format!("{why}; nothing was changed")));
    let meta = match fs::symlink_metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Existing::Nothing),
        Err(error) => return Err(error),
        Ok(meta) if !meta.is_dir() => return foreign("it exists and was not written by stayput"),
        Ok(meta) => meta,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(target)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    if names.is_empty() {
        return Ok(Existing::Folder { meta, complete: false });
    }
    let run = fs::read_to_string(target.join(RUN_FILE)).unwrap_or_default();
    let run: serde_json::Value = serde_json::from_str(&run).unwrap_or_default();
    if run.get("program").and_then(serde_json::Value::as_str) != Some("stayput") {
        return foreign("it exists and was not written by stayput");
    }
    if let Some(other) = names.iter().find(|name| !is_result(name)) {
        let other = crate::diagnostics::visible(other);
        return foreign(&format!(
            "the folder contains `{other}`, which was not written by stayput"
        ));
    }
    let complete = run.get("complete").and_then(serde_json::Value::as_bool) == Some(true);
    Ok(Existing::Folder { meta, complete })
}

/// Moves a finished folder to its target. The target is checked right before and right after the
/// exchange, so that a file that was created there in the meantime is never removed.
fn place<G: Gate + Copy>(calls: SystemCalls<G>, done: &Path, target: &Path) -> io::Result<()> {
    let parent = target.parent().unwrap_or(target);
    match existing_at(target)? {
        Existing::Foreign(why) => return Err(refusal(&why)),
        Existing::Nothing => calls.rename_to_nothing(done, target)?,
        Existing::Folder { meta, .. } => {
            calls.take_after(done, &meta)?;
            if calls.exchange(done, target)? {
                // From here on, `done` is the old contents of the target.
                if let Existing::Foreign(why) = existing_at(done)? {
                    calls.exchange(done, target)?;
                    return Err(refusal(&why));
                }
                // The new result is in place, whether or not the old one can be removed.
                if calls.remove_folder(done).is_err() {
                    terminal::print_stderr(&format!("stayput: cannot remove {}", shown(done)));
                }
            } else {
                replace_in_steps(calls, done, target)?;
            }
        }
    }
    // A failure to flush the directory entry is not an error, because the result is in place.
    let _ = calls.sync(parent);
    Ok(())
}

/// Replaces the target on systems that cannot exchange two folders: the old folder is moved aside
/// first. If the process dies between the two steps, the old result stays beside the target, and
/// the next run reports it.
fn replace_in_steps<G: Gate + Copy>(
    calls: SystemCalls<G>,
    done: &Path,
    target: &Path,
) -> io::Result<()> {
    let aside = with_suffix(done, ".old");
    calls.rename_to_nothing(target, &aside)?;
    let moved = match existing_at(&aside)? {
        Existing::Foreign(why) => Err(refusal(&why)),
        Existing::Nothing | Existing::Folder { .. } => calls.rename_to_nothing(done, target),
    };
    if let Err(error) = moved {
        calls.rename_to_nothing(&aside, target)?;
        return Err(error);
    }
    if calls.remove_folder(&aside).is_err() {
        terminal::print_stderr(&format!("stayput: cannot remove {}", shown(&aside)));
    }
    Ok(())
}

/// Whether a folder is a result that is not complete, and nothing else.
pub fn is_partial_result(folder: &Path) -> bool {
    let has_run = folder.join(RUN_FILE).is_file();
    has_run && matches!(existing_at(folder), Ok(Existing::Folder { complete: false, .. }))
}

/// The path with every link and every `..` resolved. Missing parent folders are created.
fn resolve<G: Gate + Copy>(named: &Path, calls: SystemCalls<G>) -> io::Result<PathBuf> {
    if fs::symlink_metadata(named).is_ok() {
        return fs::canonicalize(named).map_err(|error| {
            let is_dangling = error.kind() == ErrorKind::NotFound;
            if is_dangling { io::Error::new(ErrorKind::NotFound, DANGLING) } else { error }
        });
    }
    let parent = folder_of(named);
    calls.create_parents(parent)?;
    match named.file_name() {
        Some(name) => Ok(fs::canonicalize(parent)?.join(name)),
        // A path that ends in `..` exists once its parent folders exist.
        None => fs::canonicalize(named),
    }
}

/// Refuses a folder that could not be moved away at the end of the run.
fn check_movable(target: &Path, parent: &Path) -> io::Result<()> {
    let here = std::env::current_dir().and_then(fs::canonicalize);
    if here.is_ok_and(|here| here.starts_with(target)) {
        return Err(refusal("it is the current folder or contains it; name a folder inside it"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (folder, above) = (fs::metadata(target)?, fs::metadata(parent)?);
        if folder.dev() != above.dev() || is_mount_point(target) {
            return Err(refusal("a file system is mounted there; name a folder inside it"));
        }
        let user = rustix::process::geteuid().as_raw();
        let sticky = above.mode() & 0o1000 != 0;
        if sticky && user != 0 && user != folder.uid() && user != above.uid() {
            return Err(refusal("it belongs to another user, and only the owner can move it"));
        }
    }
    Ok(())
}

/// Whether a folder is in the system's list of mounts. Device numbers do not suffice, because a
/// folder can be mounted at another path of the same device.
#[cfg(unix)]
fn is_mount_point(folder: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let folder = folder.to_string_lossy();
    mounts.lines().filter_map(|line| line.split(' ').nth(4)).any(|at| {
        let at = at.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
        *at == *folder
    })
}

fn refusal(why: &str) -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, why.to_owned())
}

pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Begins an output folder if a path is given.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if it cannot be written; [`Exit::BadInput`] if the command reads a file
/// in it, or writes another output there.
pub fn begin(path: Option<&Path>) -> Result<Option<OutputFolder>, Exit> {
    let begin = |path: &Path| {
        let folder = OutputFolder::begin(path, SystemCalls::default());
        let folder = folder.map_err(|error| cannot_write(path, &error))?;
        Ok(OutputFolder { _claim: Some(Claim::of(path)?), ..folder })
    };
    path.map(begin).transpose()
}

/// Moves a finished folder to its target and prints its path.
///
/// # Errors
/// [`Exit::CouldNotWrite`] if that fails.
pub fn finish(folder: OutputFolder, run: &mut RunFile) -> Result<(), Exit> {
    let named = folder.named.clone();
    let wanted = named.clone();
    let path = folder.finish(run).map_err(|error| cannot_write(&named, &error))?;
    let partial = match (run.complete, path == wanted) {
        (true, _) => String::new(),
        (false, true) => "; it is partial (see run.json)".to_owned(),
        (false, false) => {
            format!("; it is partial, and the complete result in {} was kept", shown(&wanted))
        }
    };
    terminal::print_stderr(&format!("wrote {}{partial}", shown(&path)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs::File;

    use super::*;

    /// The failure of one system call.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum DiskFault {
        /// The call fails, and the program continues.
        Fails,
        /// The process dies: this call and all later calls fail.
        Dies,
        /// Another process creates a file at the target.
        Intrusion,
    }

    /// A disk with one fault, at the system call with number `faulty`, counted from 1.
    struct FaultyDisk<'a> {
        target: &'a Path,
        fault: DiskFault,
        faulty: u32,
        calls: Cell<u32>,
    }

    impl Gate for &FaultyDisk<'_> {
        fn pass(&self, call: &'static str) -> io::Result<()> {
            let number = self.calls.get() + 1;
            self.calls.set(number);
            let wrong = match self.fault {
                DiskFault::Fails => number == self.faulty,
                DiskFault::Dies => number >= self.faulty,
                DiskFault::Intrusion => {
                    if number == self.faulty {
                        let _ = fs::create_dir(self.target);
                        fs::write(self.target.join("notes.txt"), "precious").unwrap();
                    }
                    false
                }
            };
            if wrong { Err(io::Error::other(format!("no more {call}"))) } else { Ok(()) }
        }
    }

    /// The digests of all files of a result except the run file, in the order of their names.
    fn digests(folder: &Path) -> io::Result<Vec<Input>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| name != RUN_FILE);
        names.sort();
        let digest = |name: String| -> io::Result<Input> {
            let sha256 = crate::diagnostics::digest_of(File::open(folder.join(&name))?)?;
            Ok(Input { name, sha256 })
        };
        names.into_iter().map(digest).collect()
    }

    fn run_file(version: &str) -> RunFile {
        RunFile { version: version.into(), ..RunFile::new(Vec::new(), Vec::new()) }
    }

    fn write<G: Gate + Copy>(target: &Path, version: &str, gate: G) -> io::Result<PathBuf> {
        let folder = OutputFolder::begin(target, SystemCalls(gate))?;
        let mut table = folder.open("decisions.csv")?;
        io::Write::write_all(&mut table, format!("seq\n{version}\n").as_bytes())?;
        folder.finish(&mut run_file(version))
    }

    /// The version of the result in a folder; `None` if there is no result.
    fn version(folder: &Path) -> Option<String> {
        let text = fs::read_to_string(folder.join(RUN_FILE)).ok()?;
        let run: RunFile = serde_json::from_str(&text).unwrap();
        let mut found = digests(folder).unwrap();
        found.retain(|file| is_result(&file.name));
        assert_eq!(run.outputs, found, "the tables are not those of the run");
        Some(run.version)
    }

    fn staged(parent: &Path) -> usize {
        let names = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".stayput-")).count()
    }

    /// Each system call fails in turn, or is the last one. Afterwards the target holds the old or
    /// the new result, and the next run succeeds and removes the leftovers.
    #[test]
    fn a_fault_at_any_call_leaves_the_old_or_the_new_result() {
        for fault in [DiskFault::Fails, DiskFault::Dies, DiskFault::Intrusion] {
            for old in [None, Some("old")] {
                let mut faulty = 1;
                loop {
                    let parent = tempfile::tempdir().unwrap();
                    let target = parent.path().join("out");
                    if let Some(old) = old {
                        write(&target, old, AllCalls).unwrap();
                    }
                    let disk = FaultyDisk { target: &target, fault, faulty, calls: Cell::new(0) };
                    let written = write(&target, "new", &disk);
                    let reached = disk.calls.get() >= faulty;
                    let found = version(&target);
                    let what = format!("{fault:?} at call {faulty}: {written:?}");
                    if fault == DiskFault::Intrusion && reached {
                        assert!(target.join("notes.txt").exists(), "{what}");
                    } else {
                        assert!(
                            found.as_deref() == old || found.as_deref() == Some("new"),
                            "{what}"
                        );
                        if written.is_ok() {
                            assert_eq!(found.as_deref(), Some("new"), "{what}");
                        }
                        write(&target, "next", AllCalls).unwrap();
                        assert_eq!(version(&target).as_deref(), Some("next"), "{what}");
                        assert_eq!(staged(parent.path()), 0, "{what}");
                    }
                    if !reached {
                        assert!(written.is_ok());
                        break;
                    }
                    faulty += 1;
                }
                assert!(faulty > 6, "{fault:?} was tried at {faulty} calls only");
            }
        }
    }

    #[test]
    fn a_result_that_cannot_be_moved_to_its_target_is_kept_beside_it() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        let folder = OutputFolder::begin(&target, SystemCalls(AllCalls)).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("notes.txt"), "precious").unwrap();
        let error = folder.finish(&mut run_file("new")).unwrap_err().to_string();
        assert!(error.contains("out.result"), "{error}");
        assert_eq!(version(&parent.path().join("out.result")).as_deref(), Some("new"));
        assert!(target.join("notes.txt").exists());
    }

    #[test]
    fn concurrent_writers_leave_one_whole_result() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for name in ["one", "two", "three"] {
                    let target = &target;
                    scope.spawn(move || {
                        // A writer that loses the race for an empty target gets an error.
                        let _ = write(target, name, AllCalls);
                    });
                }
            });
            assert!(version(&target).is_some());
            assert_eq!(staged(parent.path()), 0);
        }
    }
}
