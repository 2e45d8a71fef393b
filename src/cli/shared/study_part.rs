//! A folder of replications that `run --out` wrote: its run file, and its table, which is read row
//! by row.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::memrchr;
use sha2::{Digest, Sha256};

use super::files;
use super::staging::RUN_FILE;
use crate::diagnostics::{Code, Problem, Problems, in_hex};
use crate::report::{ReplicationRow, ReplicationRows, RunEnd, RunFile, WrittenStudy};
use crate::run_header::run_name;
use crate::stats::ConfidenceLevel;

/// The table of a part.
pub const TABLE: &str = "replications.csv";

/// Most replications of a study.
pub(in crate::cli) const LARGEST: u64 = 10_000_000;

/// Largest run file, in bytes.
const LARGEST_RUN_FILE: u64 = 64 << 20;

/// Longest row of a table, in bytes.
const LONGEST_ROW: usize = 1 << 20;

/// What a folder of replications is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartUse {
    /// To combine it with other shards.
    Shard,
    /// To continue a run from it.
    Progress,
}

/// A part as its run file describes it.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its folder, as messages show it.
    pub path: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its run file.
    pub file: RunFile,
    /// The settings of the study.
    pub study: WrittenStudy,
    /// What it is read for.
    pub used_as: PartUse,
}

impl Part {
    /// Reads the run file of a folder; reports why that fails.
    pub fn read(folder: &Path, used_as: PartUse, problems: &mut Problems) -> Option<Self> {
        let path = files::shown(folder);
        if fs::metadata(folder).is_ok_and(|meta| !meta.is_dir()) {
            problems.add(used_as.not_one(&path, "it is not a folder"));
            return None;
        }
        let run_file = folder.join(RUN_FILE);
        let is_small = fs::metadata(&run_file).map_or(true, |meta| meta.len() <= LARGEST_RUN_FILE);
        if !is_small {
            let why = format!("run.json is larger than {} MiB", LARGEST_RUN_FILE >> 20);
            problems.add(used_as.not_one(&path, &why));
            return None;
        }
        let text = match files::read_text(&run_file) {
            Ok(text) => text,
            Err(failure) => {
                problems.add(Problem::unreadable(&files::shown(&run_file), failure));
                return None;
            }
        };
        let part = RunFile::parse(&text).and_then(|file| {
            let study = file.study.clone().filter(|study| study.until_halfwidth.is_empty());
            let study = study.ok_or("it was not written by `run --replications`")?;
            possible(&study)?;
            let (path, folder) = (path.clone(), folder.to_path_buf());
            Ok(Self { path, folder, file, study, used_as })
        });
        part.map_err(|why| problems.add(used_as.not_one(&path, &why))).ok()
    }

    /// Begins to read the table.
    ///
    /// # Errors
    /// The problem, if the table cannot be read.
    pub fn table(&self) -> Result<PartTable, Box<Problem>> {
        let path = self.folder.join(TABLE);
        let unreadable = |error: io::Error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let what = if is_missing { "no such file".to_owned() } else { error.to_string() };
            let failure = crate::diagnostics::ReadFailure { what, help: None };
            Box::new(Problem::unreadable(&files::shown(&path), failure))
        };
        if !fs::metadata(&path).map_err(unreadable)?.is_file() {
            return Err(unreadable(io::Error::other("it is not a regular file")));
        }
        let file = File::open(&path).map_err(unreadable)?;
        let from = Hashed { file, digest: Sha256::new(), row: 0 };
        match ReplicationRows::new(from) {
            Ok(rows) => Ok(PartTable { rows: Some(rows) }),
            Err(why) => Err(Box::new(self.bad_table(&why))),
        }
    }

    /// The problem of a table that cannot be read. If the table was changed after the run wrote it,
    /// the problem says so; otherwise it states `why`.
    fn bad_table(&self, why: &str) -> Problem {
        let file = File::open(self.folder.join(TABLE));
        let digest = file.and_then(crate::diagnostics::digest_of);
        let why = match digest {
            Ok(digest) => self.check_digest(&digest).err().unwrap_or(format!("in {TABLE}, {why}")),
            Err(error) => error.to_string(),
        };
        self.used_as.not_one(&self.path, &why)
    }

    fn check_digest(&self, digest: &str) -> Result<(), String> {
        match self.file.outputs.iter().find(|output| output.name == TABLE) {
            Some(output) if output.sha256 == digest => Ok(()),
            Some(_) => Err(format!("{TABLE} was changed after the run wrote it")),
            None => Err(format!("run.json has no digest of {TABLE}")),
        }
    }
}

/// The table of a part while it is read.
pub struct PartTable {
    /// `None` once it was read to its end.
    rows: Option<ReplicationRows<Hashed>>,
}

impl PartTable {
    /// The next row; at the end, checks that the table is the one that the run wrote.
    ///
    /// # Errors
    /// The problem, if the table is not valid.
    pub fn next(&mut self, of: &Part) -> Result<Option<ReplicationRow>, Box<Problem>> {
        let Some(rows) = &mut self.rows else { return Ok(None) };
        match rows.next() {
            Some(Ok(row)) => return Ok(Some(row)),
            Some(Err(why)) => return Err(Box::new(of.bad_table(&why))),
            None => {}
        }
        let digest = self.rows.take().map(|rows| in_hex(rows.into_inner().digest));
        match of.check_digest(&digest.unwrap_or_default()) {
            Ok(()) => Ok(None),
            Err(why) => Err(Box::new(of.used_as.not_one(&of.path, &why))),
        }
    }
}

/// The problem of a row in the wrong order.
pub fn misplaced(part: &Part, row: &ReplicationRow) -> Problem {
    part.bad_table(&format!("line {} is not in the order of the runs and their numbers", row.line))
}

/// A reader that computes the digest of the table and refuses rows that are too long.
struct Hashed {
    file: File,
    digest: Sha256,
    /// Bytes since the last end of a line.
    row: usize,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let bytes = &buffer[..read];
        self.digest.update(bytes);
        self.row = memrchr(b'\n', bytes).map_or(self.row + read, |at| read - at - 1);
        if self.row > LONGEST_ROW {
            return Err(io::Error::other("a row is longer than 1 MiB"));
        }
        Ok(read)
    }
}

impl PartUse {
    /// The problem of a folder that cannot be used.
    fn not_one(self, path: &str, why: &str) -> Problem {
        match self {
            Self::Shard => {
                let title = format!("`{path}` is not a shard of a study: {why}");
                let help = "create shards with `stayput run SCENARIO --replications N --shard K/N --out DIR`";
                Problem::bare(Code::BadFormat, title).help(help)
            }
            Self::Progress => {
                let title = format!("`{path}` cannot be continued: {why}");
                Problem::bare(Code::BadFormat, title)
            }
        }
    }
}

/// Checks that the numbers are possible in a run of this program.
fn possible(study: &WrittenStudy) -> Result<(), String> {
    if !(1..=LARGEST).contains(&study.replications) {
        let most = format!("a study has 1 to {LARGEST}");
        return Err(format!("run.json states {} replications; {most}", study.replications));
    }
    if ConfidenceLevel::per_cent(study.level).is_none() {
        return Err(format!("run.json states a confidence level of {:e} percent", study.level));
    }
    Ok(())
}

/// Reports how the study of a part differs from that of the first part.
pub fn compare(first: &Part, other: &Part, problems: &mut Problems) {
    let digests = |part: &Part| {
        part.file.inputs.iter().map(|input| input.sha256.clone()).collect::<BTreeSet<_>>()
    };
    let plans = |part: &Part| {
        let names = part.file.runs.iter().map(|run| run_name(&run.scenario, &run.case));
        names.collect::<Vec<_>>().join(", ")
    };
    let policies = |part: &Part| {
        let names = part.file.policies.iter().map(|policy| policy.name.clone());
        names.collect::<Vec<_>>().join(", ")
    };
    let mut differ = |what: &str, [one, two]: [String; 2]| {
        let title =
            format!("`{}` belongs to a different study than `{}`: {what}", other.path, first.path);
        let note = if one == two { None } else { Some(format!("expected {one}, found {two}")) };
        let mut problem = Problem::bare(Code::PartDiffers, title);
        problem.notes.extend(note);
        problems.add(problem);
    };
    let pair = |of: &dyn Fn(&Part) -> String| [of(first), of(other)];
    for (what, of) in [
        (
            "the versions of stayput differ",
            &(|p: &Part| p.file.version.clone()) as &dyn Fn(&Part) -> String,
        ),
        ("the seeds differ", &|p: &Part| seeds(&p.file.runs)),
        ("the numbers of replications differ", &|p: &Part| p.study.replications.to_string()),
        ("the confidence levels differ", &|p: &Part| p.study.level.to_string()),
        ("the event limits differ", &|p: &Part| p.study.max_events.to_string()),
        ("the scenarios or cases differ", &plans),
        ("the policies differ", &policies),
    ] {
        let both = pair(of);
        if both[0] != both[1] {
            differ(what, both);
        }
    }
    let (ours, theirs) = (digests(first), digests(other));
    if ours != theirs {
        // The same file may have another path on another machine, so only contents are compared.
        let strange = other.file.inputs.iter().filter(|input| !ours.contains(&input.sha256));
        let names: Vec<&str> = strange.map(|input| input.name.as_str()).collect();
        let what = format!("the input files differ: {}", names.join(", "));
        differ(&what, [String::new(), String::new()]);
    }
    if policies(first) == policies(other) && first.file.policies != other.file.policies {
        differ("the contents of the policies differ", [String::new(), String::new()]);
    }
}

/// The seeds of some runs, each once.
fn seeds(runs: &[RunEnd]) -> String {
    let seeds: BTreeSet<u64> = runs.iter().map(|run| run.seed).collect();
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
