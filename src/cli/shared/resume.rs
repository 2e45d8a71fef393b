//! Saves the progress of a study while it runs, and continues from it with `--resume`.
//!
//! A study that is interrupted leaves a partial result in `DIR`, or beside it in `DIR.partial`
//! where `DIR` is complete. With `--resume` the rows so far are also written to `DIR.partial` from
//! time to time, so that a killed run loses only its last rows. Both are ordinary results:
//! `merge --partial` reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anstream::ColorChoice;

use super::exit::Exit;
use super::load::print_problems;
use super::output_folder::{OutputFolder, is_partial_result, with_suffix};
use super::staging::RUN_FILE;
use super::study_part::{Part, PartUse, TABLE, compare, misplaced};
use super::system_calls::{AllCalls, SystemCalls};
use super::terminal::{self, cannot_write};
use crate::diagnostics::{Code, Problem, Problems, Sources};
use crate::experiment::{Observed, Replications};
use crate::report::{RunFile, WrittenAssumption, replications_csv};

/// Shortest time between two saves.
const PAUSE: Duration = Duration::from_secs(5);

/// Time before the first save.
const FIRST: Duration = Duration::from_secs(1);

/// Saving takes at most 1/`SHARE` of the time.
const SHARE: u32 = 20;

/// The current time, which is used only to measure pauses; no result depends on it.
#[expect(clippy::disallowed_methods, reason = "progress is saved every few seconds")]
pub fn now() -> Instant {
    Instant::now()
}

/// The results of an earlier run of the same study.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The rows of each plan, from the first replication on.
    pub rows: Vec<Vec<Observed>>,
    /// The assumptions that it relied on.
    pub assumptions: Vec<WrittenAssumption>,
}

/// Reads the results that an earlier run left in `out` or beside it. `file` is the run file of the
/// current run, and `from` is its first replication.
///
/// # Errors
/// [`Exit::BadInput`] if they belong to another study or were changed.
pub fn earlier(
    out: &Path,
    file: &RunFile,
    from: u64,
    colour: ColorChoice,
) -> Result<Earlier, Exit> {
    let mut problems = Problems::default();
    let mut best = Earlier::default();
    let mut unusable = Vec::new();
    for folder in [out.to_path_buf(), partial(out)] {
        if !folder.join(RUN_FILE).is_file() {
            continue;
        }
        let before = problems.len();
        if let Some(found) = read(&folder, file, from, &mut problems)
            && found.count() > best.count()
        {
            best = found;
        }
        if problems.len() > before {
            unusable.push(format!("`{}`", super::files::shown(&folder)));
        }
    }
    if problems.refuse() {
        print_problems(&problems, &Sources::default(), terminal::stderr_paint(colour));
        let folders = unusable.join(" and ");
        let line = format!("stayput: remove {folders}, or run without `--resume`");
        terminal::print_stderr(&line);
        return Err(Exit::BadInput);
    }
    if best.count() > 0 {
        let count = crate::diagnostics::many(best.count(), "replication");
        terminal::print_stderr(&format!("resumed after {count}"));
    }
    Ok(best)
}

impl Earlier {
    fn count(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }
}

fn read(folder: &Path, file: &RunFile, from: u64, problems: &mut Problems) -> Option<Earlier> {
    let part = Part::read(folder, PartUse::Progress, problems)?;
    let study = file.study.clone()?;
    let path = "this run".to_owned();
    let ours = Part {
        path,
        folder: folder.to_path_buf(),
        file: file.clone(),
        study,
        used_as: PartUse::Progress,
    };
    let before = problems.len();
    compare(&ours, &part, problems);
    if ours.study.shard != part.study.shard {
        let title = format!("`{}` belongs to a different shard", part.path);
        problems.add(Problem::bare(Code::PartDiffers, title));
    }
    if problems.len() > before {
        return None;
    }
    let mut rows: Vec<Vec<Observed>> = file.runs.iter().map(|_| Vec::new()).collect();
    let mut table = part.table().map_err(|problem| problems.add(*problem)).ok()?;
    loop {
        let row = match table.next(&part) {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(problem) => {
                problems.add(*problem);
                return None;
            }
        };
        let of = file.runs.iter().position(|r| r.scenario == row.scenario && r.case == row.case);
        let counts = of.and_then(|of| file.runs.get(of)).map(|run| run.counts.as_slice());
        let one = counts.and_then(|counts| row.in_order_of(counts));
        let of = of.and_then(|of| rows.get_mut(of));
        let of = of.filter(|rows| from + rows.len() as u64 == row.one.replication);
        let (Some(rows), Some(one)) = (of, one) else {
            problems.add(misplaced(&part, &row));
            return None;
        };
        rows.push(one);
    }
    Some(Earlier { rows, assumptions: part.file.assumptions })
}

fn partial(out: &Path) -> PathBuf {
    with_suffix(&out.components().collect::<PathBuf>(), ".partial")
}

/// Saves the progress of a study from time to time.
pub struct Checkpoints {
    folder: PathBuf,
    next: Instant,
}

impl Checkpoints {
    /// Saves beside `out`.
    pub fn new(out: &Path) -> Self {
        Self { folder: partial(out), next: now() + FIRST }
    }

    /// Whether it is time to save.
    pub fn is_due(&self) -> bool {
        now() >= self.next
    }

    /// Saves the replications so far.
    ///
    /// # Errors
    /// [`Exit::CouldNotWrite`] if that fails.
    pub fn save(&mut self, mut file: RunFile, all: &[&Replications]) -> Result<(), Exit> {
        let start = now();
        file.complete = false;
        let mut write = || {
            let out = OutputFolder::<AllCalls>::begin(&self.folder, SystemCalls::default())?;
            let rows = replications_csv(all, out.open(TABLE)?)?;
            file.rows.insert(TABLE.into(), rows.into());
            out.finish(&mut file)
        };
        write().map_err(|error| cannot_write(&self.folder, &error))?;
        self.next = now() + PAUSE.max(start.elapsed() * SHARE);
        Ok(())
    }

    /// Removes the saved progress, after the result has been written.
    pub fn clear(self) {
        if is_partial_result(&self.folder) && fs::remove_dir_all(&self.folder).is_err() {
            let folder = super::files::shown(&self.folder);
            terminal::print_stderr(&format!("stayput: cannot remove {folder}"));
        }
    }
}
