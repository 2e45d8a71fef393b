//! The result of a study: its tables written, its estimates printed.

use std::io::{self, Write};
use std::path::Path;

use anstream::ColorChoice;

use super::exit::Exit;
use super::output_folder::{self, OutputFolder};
use super::study_part::TABLE;
use super::terminal::{self, cannot_write};
use crate::cli::args::RunFormat;
use crate::experiment::{Estimate, Replications};
use crate::report::{
    Estimated, RunFile, WrittenStudy, estimates_csv, estimates_jsonl, estimates_text,
    replications_csv,
};

/// The table of estimates.
const ESTIMATES_TABLE: &str = "estimates.csv";

/// The facts about the replications of a run besides its run file.
pub(in crate::cli) struct Merged {
    /// Names of the policies in use, joined by `;`.
    pub(in crate::cli) policy: String,
    /// Number of complete replications.
    pub(in crate::cli) complete: u64,
    /// Number of replications that did not complete.
    pub(in crate::cli) incomplete: u64,
    pub(in crate::cli) estimates: Vec<Estimate>,
}

/// Where the result of a study goes.
pub(in crate::cli) struct StudyOutput<'a> {
    /// The folder, and its path as the user wrote it; `None` if no tables are written.
    pub(in crate::cli) folder: Option<(OutputFolder, &'a Path)>,
    /// Format of standard output; `None` if nothing is printed.
    pub(in crate::cli) format: Option<RunFormat>,
    pub(in crate::cli) colour: ColorChoice,
}

/// Writes the tables of replications and prints the estimates. `file` is complete except for the
/// row counts and digests.
pub(in crate::cli) fn finish(
    (file, settings): (RunFile, &WrittenStudy),
    all: &[&Replications],
    figures: Vec<Vec<Estimate>>,
    output: StudyOutput<'_>,
) -> Result<(), Exit> {
    let merged = |(one, estimates): (&&Replications, Vec<Estimate>)| Merged {
        policy: one.policy.clone(),
        complete: one.complete() as u64,
        incomplete: (one.rows.len() - one.complete()) as u64,
        estimates,
    };
    let results: Vec<Merged> = all.iter().zip(figures).map(merged).collect();
    let mut rows = 0;
    if let Some((out, path)) = &output.folder {
        let written = out.open(TABLE).and_then(|file| replications_csv(all, file));
        rows = written.map_err(|error| cannot_write(path, &error))?;
    }
    publish((file, settings), &results, rows, output)
}

/// Writes the estimates into a folder that has `rows` replications already, moves it to its place,
/// and prints the estimates. `file` is complete except for the row counts and digests.
pub(in crate::cli) fn publish(
    (mut file, settings): (RunFile, &WrittenStudy),
    all: &[Merged],
    rows: u64,
    output: StudyOutput<'_>,
) -> Result<(), Exit> {
    let runs = file.runs.clone();
    let figures: Vec<Estimated<'_>> = all
        .iter()
        .zip(&runs)
        .map(|(one, run)| Estimated {
            scenario: &run.scenario,
            case: &run.case,
            policy: &one.policy,
            complete: one.complete,
            incomplete: one.incomplete,
            estimates: one.estimates.clone(),
            level: settings.level,
            seed: run.seed,
            currency: run.currency,
        })
        .collect();
    file.complete &= all.iter().all(|one| one.incomplete == 0);
    if let Some((out, path)) = output.folder {
        let estimates = out.open(ESTIMATES_TABLE).and_then(|file| estimates_csv(&figures, file));
        let estimates = estimates.map_err(|error| cannot_write(path, &error))?;
        file.rows.insert(TABLE.into(), rows.into());
        file.rows.insert(ESTIMATES_TABLE.into(), estimates.into());
        output_folder::finish(out, &mut file)?;
    }
    match output.format {
        // The caller writes the page, because only the caller has the replications.
        None | Some(RunFormat::Html | RunFormat::Markdown) => Ok(()),
        Some(format) => print(&figures, format, output.colour),
    }
}

fn print(figures: &[Estimated<'_>], format: RunFormat, colour: ColorChoice) -> Result<(), Exit> {
    if format == RunFormat::Text {
        let page = terminal::page(colour);
        let texts: Vec<String> = figures.iter().map(|one| estimates_text(one, page)).collect();
        return terminal::print(&texts.join("\n\n"));
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = if format == RunFormat::Csv {
        estimates_csv(figures, &mut out).map(|_| ())
    } else {
        figures.iter().try_for_each(|one| estimates_jsonl(one, &mut out))
    };
    terminal::printed(written.and_then(|()| out.flush()))
}
