//! The result of a study: its tables written, its estimates printed.

use std::io::{self, Write};
use std::path::Path;

use anstream::ColorChoice;

use super::exit::Exit;
use super::output_folder::{self, OutputFolder};
use super::terminal::{self, cannot_write};
use crate::cli::args::RunFormat;
use crate::experiment::{Estimate, Replications};
use crate::report::{
    Estimated, RunFile, estimates_csv, estimates_jsonl, estimates_text, replications_csv,
};

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

/// Writes the tables of replications and prints the estimates. `file` is complete except for the
/// row counts and digests.
pub(in crate::cli) fn finish(
    file: RunFile,
    (all, figures): (&[&Replications], Vec<Vec<Estimate>>),
    out: Option<OutputFolder>,
    (path, format): (Option<&Path>, Option<RunFormat>),
    colour: ColorChoice,
) -> Result<(), Exit> {
    let merged = |(one, estimates): (&&Replications, Vec<Estimate>)| Merged {
        policy: one.policy.clone(),
        complete: one.complete() as u64,
        incomplete: (one.rows.len() - one.complete()) as u64,
        estimates,
    };
    let results: Vec<Merged> = all.iter().zip(figures).map(merged).collect();
    let mut rows = None;
    if let (Some(out), Some(path)) = (&out, path) {
        let written = out.open("replications.csv").and_then(|file| replications_csv(all, file));
        rows = Some(written.map_err(|error| cannot_write(path, &error))?);
    }
    publish(file, &results, (out, rows), (path, format), colour)
}

/// Writes the estimates into a folder that has `rows` replications already, moves it to its place,
/// and prints the estimates. `file` is complete except for the row counts and digests.
pub(in crate::cli) fn publish(
    mut file: RunFile,
    all: &[Merged],
    (out, rows): (Option<OutputFolder>, Option<u64>),
    (path, format): (Option<&Path>, Option<RunFormat>),
    colour: ColorChoice,
) -> Result<(), Exit> {
    let runs = file.runs.clone();
    let level = file.study.as_ref().map_or(95.0, |study| study.level);
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
            level,
            seed: run.seed,
            currency: run.currency,
        })
        .collect();
    file.complete &= all.iter().all(|one| one.incomplete == 0);
    if let (Some(out), Some(path)) = (out, path) {
        let estimates = out.open("estimates.csv").and_then(|file| estimates_csv(&figures, file));
        let estimates = estimates.map_err(|error| cannot_write(path, &error))?;
        file.rows.insert("replications.csv".into(), rows.unwrap_or_default().into());
        file.rows.insert("estimates.csv".into(), estimates.into());
        output_folder::finish(out, &mut file)?;
    }
    match format {
        // The caller writes the page, because only the caller has the replications.
        None | Some(RunFormat::Html | RunFormat::Markdown) => Ok(()),
        Some(format) => print(&figures, format, colour),
    }
}

fn print(figures: &[Estimated<'_>], format: RunFormat, colour: ColorChoice) -> Result<(), Exit> {
    if format == RunFormat::Text {
        let page = terminal::page(colour);
        let texts: Vec<String> = figures.iter().map(|one| estimates_text(one, page)).collect();
        return terminal::print(&texts.join("\n\n")).map(|_| ());
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = if format == RunFormat::Csv {
        estimates_csv(figures, &mut out).map(|_| ())
    } else {
        figures.iter().try_for_each(|one| estimates_jsonl(one, &mut out))
    };
    let written = written.and_then(|()| out.flush());
    written
        .or_else(|error| terminal::could_not_write("standard output", &error).map_or(Ok(()), Err))
}
