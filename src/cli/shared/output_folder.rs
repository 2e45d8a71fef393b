//! A folder of results, written whole or not at all.
//!
//! The result is written to a folder beside the place where it will stand, and takes that place
//! in one step when it is complete. At any instant the old result or the new one stands there.
//!
//! What the place may hold is looked at before the run, and again right before the exchange:
//! nothing, an empty folder, or a result of an earlier run and no other file. A partial result
//! never replaces a complete one; it goes to `DIR.partial`.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::files::shown;
use super::staging::{RUN_FILE, Staged, What, clear_leftovers, is_result};
use super::system_calls::{Gate, Open, SystemCalls};
use super::terminal;
use crate::report::{Input, RunFile, run_json};

/// The highest number that is tried for the name of a result that could not take its place.
const KEPT: u32 = 1000;

/// A folder that is being written beside the place where it will stand.
pub struct OutputFolder<G: Gate = Open> {
    calls: SystemCalls<G>,
    /// As the user named it.
    named: PathBuf,
    /// The same, with every link and every `..` resolved.
    target: PathBuf,
    staged: Staged<G>,
}

impl<G: Gate + Copy> OutputFolder<G> {
    /// Begins a folder that will stand at `target`, and tries the place.
    ///
    /// # Errors
    /// If something stands there that may not be replaced, or nothing can be written beside it.
    pub fn begin(named: &Path, calls: SystemCalls<G>) -> io::Result<Self> {
        let target = resolve(named, calls)?;
        let parent = target.parent().ok_or_else(|| refused("it has no folder above it"))?;
        match what_stands_at(&target)? {
            Standing::Nothing => {}
            Standing::Folder { .. } => can_be_moved(&target, parent)?,
            Standing::Foreign(why) => return Err(refused(&why)),
        }
        for line in clear_leftovers(parent) {
            terminal::print_stderr(&format!("stayput: {line}"));
        }
        let staged = Staged::create(What::Folder, parent, calls)?;
        // Without a trailing slash, so that a suffix can be added to the name.
        Ok(Self { calls, named: named.components().collect(), target, staged })
    }

    /// Opens a file in it.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(&self, name: &str) -> io::Result<File> {
        self.calls.create_file(&self.staged.path.join(name))
    }

    /// Writes the run file, with a digest of every table, and moves the folder to its place.
    /// Gives the path at which it stands.
    ///
    /// # Errors
    /// If that cannot be done. The place is then as it was before, and the error names the
    /// folder in which the result was kept, if it could be kept.
    pub fn finish(self, run: &mut RunFile) -> io::Result<PathBuf> {
        run.outputs = digests(&self.staged.path)?;
        run_json(run, BufWriter::new(self.open(RUN_FILE)?))?;
        for entry in fs::read_dir(&self.staged.path)? {
            self.calls.sync(&entry?.path())?;
        }
        self.calls.sync(&self.staged.path)?;
        let complete =
            matches!(what_stands_at(&self.target), Ok(Standing::Folder { complete: true, .. }));
        let beside = complete && !run.complete;
        let suffix = if beside { ".partial" } else { "" };
        let (target, named) = (with_suffix(&self.target, suffix), with_suffix(&self.named, suffix));
        match place(self.calls, &self.staged.path, &target) {
            Ok(()) => {
                self.staged.placed();
                Ok(named)
            }
            Err(error) => Err(self.keep(&error)),
        }
    }

    /// Keeps a result that could not take its place under a name beside it.
    fn keep(self, error: &io::Error) -> io::Error {
        for number in 1..KEPT {
            let suffix = if number == 1 { ".result".into() } else { format!(".result-{number}") };
            let path = with_suffix(&self.target, &suffix);
            match self.calls.rename_to_nothing(&self.staged.path, &path) {
                Ok(()) => {
                    self.staged.placed();
                    let named = shown(&with_suffix(&self.named, &suffix));
                    let why = format!("{error}; the result is in {named}");
                    return io::Error::new(error.kind(), why);
                }
                Err(taken) if taken.kind() == ErrorKind::AlreadyExists => {}
                Err(_) => break,
            }
        }
        io::Error::new(error.kind(), error.to_string())
    }
}

/// What stands at a place.
enum Standing {
    Nothing,
    /// An empty folder, or a result: it may be replaced.
    Folder {
        meta: Metadata,
        /// Whether it is a result that holds everything that was to happen.
        complete: bool,
    },
    /// Anything else, and why it may not be replaced.
    Foreign(String),
}

fn what_stands_at(target: &Path) -> io::Result<Standing> {
    let foreign = |why: &str| Ok(Standing::Foreign(format!("{why}; nothing was changed")));
    let meta = match fs::symlink_metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Standing::Nothing),
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
        return Ok(Standing::Folder { meta, complete: false });
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
    Ok(Standing::Folder { meta, complete })
}

/// Moves a finished folder to its place. What stands there is looked at right before, and once
/// more right after: a file that was put there meanwhile is never removed.
fn place<G: Gate + Copy>(calls: SystemCalls<G>, done: &Path, target: &Path) -> io::Result<()> {
    let parent = target.parent().unwrap_or(target);
    match what_stands_at(target)? {
        Standing::Foreign(why) => return Err(refused(&why)),
        Standing::Nothing => calls.rename_to_nothing(done, target)?,
        Standing::Folder { meta, .. } => {
            calls.take_after(done, &meta)?;
            if calls.exchange(done, target)? {
                // From here on `done` is what stood there before.
                if let Standing::Foreign(why) = what_stands_at(done)? {
                    calls.exchange(done, target)?;
                    return Err(refused(&why));
                }
                // The new result stands, whether the old one can be removed or not.
                if calls.remove_folder(done).is_err() {
                    terminal::print_stderr(&format!("stayput: cannot remove {}", shown(done)));
                }
            } else {
                replace_in_steps(calls, done, target)?;
            }
        }
    }
    // It stands; that the list of names may still be on its way to the disk is no failure.
    let _ = calls.sync(parent);
    Ok(())
}

/// Where the system cannot exchange two folders: the old one goes aside first. If the process
/// dies between the two steps, the old result is beside its place, and is named by the next run.
fn replace_in_steps<G: Gate + Copy>(
    calls: SystemCalls<G>,
    done: &Path,
    target: &Path,
) -> io::Result<()> {
    let aside = with_suffix(done, ".old");
    calls.rename_to_nothing(target, &aside)?;
    let moved = match what_stands_at(&aside)? {
        Standing::Foreign(why) => Err(refused(&why)),
        Standing::Nothing | Standing::Folder { .. } => calls.rename_to_nothing(done, target),
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

/// The path with every link and every `..` in it resolved. Folders above it are created.
fn resolve<G: Gate + Copy>(named: &Path, calls: SystemCalls<G>) -> io::Result<PathBuf> {
    if fs::symlink_metadata(named).is_ok() {
        return fs::canonicalize(named);
    }
    let parent = match named.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    calls.create_parents(parent)?;
    match named.file_name() {
        Some(name) => Ok(fs::canonicalize(parent)?.join(name)),
        // It ends in `..`, which exists now that the folders above it do.
        None => fs::canonicalize(named),
    }
}

/// Refuses a folder that could not be moved out of its place at the end of the run.
fn can_be_moved(target: &Path, parent: &Path) -> io::Result<()> {
    let here = std::env::current_dir().and_then(fs::canonicalize);
    if here.is_ok_and(|here| here.starts_with(target)) {
        return Err(refused("it is the current folder or contains it; name a folder inside it"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (folder, above) = (fs::metadata(target)?, fs::metadata(parent)?);
        if folder.dev() != above.dev() || is_mount_point(target) {
            return Err(refused("a file system is mounted there; name a folder inside it"));
        }
        let user = rustix::process::geteuid().as_raw();
        let sticky = above.mode() & 0o1000 != 0;
        if sticky && user != 0 && user != folder.uid() && user != above.uid() {
            return Err(refused("it belongs to another user, and only the owner can move it"));
        }
    }
    Ok(())
}

/// Whether the system's list of mounts has a folder. A folder of the same device can be mounted
/// somewhere else, so that devices alone do not show it.
#[cfg(unix)]
fn is_mount_point(folder: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let folder = folder.to_string_lossy();
    mounts.lines().filter_map(|line| line.split(' ').nth(4)).any(|at| {
        let at = at.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
        *at == *folder
    })
}

fn refused(why: &str) -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, why.to_owned())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The digest of every file in a folder of results but the run file, by name.
///
/// # Errors
/// If one cannot be read.
pub fn digests(folder: &Path) -> io::Result<Vec<Input>> {
    use rayon::prelude::*;
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
    names.into_par_iter().map(digest).collect()
}

/// Begins the folder, if one is wanted, before any work is done.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn begin(path: Option<&Path>) -> Result<Option<OutputFolder>, Exit> {
    path.map(|path| {
        OutputFolder::begin(path, SystemCalls::default()).map_err(|error| cannot(path, &error))
    })
    .transpose()
}

/// Puts a finished folder in its place, and prints where it stands.
///
/// # Errors
/// [`Exit::CouldNotWrite`]
pub fn finish(folder: OutputFolder, run: &mut RunFile) -> Result<(), Exit> {
    let named = folder.named.clone();
    let wanted = named.clone();
    let path = folder.finish(run).map_err(|error| cannot(&named, &error))?;
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

/// Reports that a file or folder cannot be written.
pub fn cannot(path: &Path, error: &io::Error) -> Exit {
    terminal::print_stderr(&format!("stayput: cannot write {}: {error}", shown(path)));
    Exit::CouldNotWrite
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What goes wrong at the n-th system call.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Fault {
        /// It fails, and the program goes on.
        Fails,
        /// It is not made, and no other is made after it: the process died.
        Dies,
        /// Somebody puts a file into the place.
        Intrusion,
    }

    /// A disk on which one thing goes wrong.
    struct Disk<'a> {
        target: &'a Path,
        fault: Fault,
        at: u32,
        calls: Cell<u32>,
    }

    impl Gate for &Disk<'_> {
        fn pass(&self, call: &'static str) -> io::Result<()> {
            let number = self.calls.get() + 1;
            self.calls.set(number);
            let wrong = match self.fault {
                Fault::Fails => number == self.at,
                Fault::Dies => number >= self.at,
                Fault::Intrusion => {
                    if number == self.at {
                        let _ = fs::create_dir(self.target);
                        fs::write(self.target.join("notes.txt"), "precious").unwrap();
                    }
                    false
                }
            };
            if wrong { Err(io::Error::other(format!("no more {call}"))) } else { Ok(()) }
        }
    }

    fn run_file(version: &str) -> RunFile {
        RunFile {
            program: "stayput".into(),
            version: version.into(),
            format: "run/1".into(),
            command: Vec::new(),
            study: None,
            inputs: Vec::new(),
            policies: Vec::new(),
            assumptions: Vec::new(),
            rows: serde_json::Map::new(),
            outputs: Vec::new(),
            runs: Vec::new(),
            complete: true,
        }
    }

    fn write<G: Gate + Copy>(target: &Path, version: &str, gate: G) -> io::Result<PathBuf> {
        let folder = OutputFolder::begin(target, SystemCalls(gate))?;
        let mut table = folder.open("decisions.csv")?;
        io::Write::write_all(&mut table, format!("seq\n{version}\n").as_bytes())?;
        folder.finish(&mut run_file(version))
    }

    /// The version of the whole result in a folder.
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

    /// Every system call of a write may fail, or be the last: the old or the new result stands
    /// there, and the next run succeeds and cleans up.
    #[test]
    fn a_fault_at_any_call_leaves_the_old_result_or_the_new_one() {
        for fault in [Fault::Fails, Fault::Dies, Fault::Intrusion] {
            for old in [None, Some("old")] {
                let mut at = 1;
                loop {
                    let parent = tempfile::tempdir().unwrap();
                    let target = parent.path().join("out");
                    if let Some(old) = old {
                        write(&target, old, Open).unwrap();
                    }
                    let disk = Disk { target: &target, fault, at, calls: Cell::new(0) };
                    let written = write(&target, "new", &disk);
                    let reached = disk.calls.get() >= at;
                    let found = version(&target);
                    let what = format!("{fault:?} at call {at}: {written:?}");
                    if fault == Fault::Intrusion && reached {
                        assert!(target.join("notes.txt").exists(), "{what}");
                    } else {
                        assert!(
                            found.as_deref() == old || found.as_deref() == Some("new"),
                            "{what}"
                        );
                        if written.is_ok() {
                            assert_eq!(found.as_deref(), Some("new"), "{what}");
                        }
                        write(&target, "next", Open).unwrap();
                        assert_eq!(version(&target).as_deref(), Some("next"), "{what}");
                        assert_eq!(staged(parent.path()), 0, "{what}");
                    }
                    if !reached {
                        assert!(written.is_ok());
                        break;
                    }
                    at += 1;
                }
                assert!(at > 6, "{fault:?} was tried at {at} calls only");
            }
        }
    }

    #[test]
    fn a_result_that_cannot_take_its_place_is_kept_beside_it() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        let folder = OutputFolder::begin(&target, SystemCalls(Open)).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join("notes.txt"), "precious").unwrap();
        let error = folder.finish(&mut run_file("new")).unwrap_err().to_string();
        assert!(error.contains("out.result"), "{error}");
        assert_eq!(version(&parent.path().join("out.result")).as_deref(), Some("new"));
        assert!(target.join("notes.txt").exists());
    }

    #[test]
    fn of_two_writers_one_wins_whole() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("out");
        for _ in 0..20 {
            std::thread::scope(|scope| {
                for name in ["one", "two", "three"] {
                    let target = &target;
                    scope.spawn(move || {
                        // The loser of a race for an empty place gets that error.
                        let _ = write(target, name, Open);
                    });
                }
            });
            assert!(version(&target).is_some());
            assert_eq!(staged(parent.path()), 0);
        }
    }
}
