//! The cases of a study in pairs, with common random numbers.

use anstream::ColorChoice;

use super::exit::Exit;
use super::terminal;
use crate::cli::args::RunFormat;
use crate::experiment::Replications;
use crate::report::{
    PairedRun, RunEnd, RunFile, WrittenStudy, paired_csv, paired_json, paired_markdown, paired_text,
};

/// The differences of each case from the first case of its scenario. Two cases are compared only if
/// they have the same seed and the same replications, since then they use common random numbers.
pub(super) fn paired_cases(
    file: &RunFile,
    all: &[&Replications],
    settings: &WrittenStudy,
) -> Vec<PairedRun> {
    let runs: Vec<_> = all.iter().zip(&file.runs).collect();
    let pair = |(index, (new, run)): (usize, &(&&Replications, &RunEnd))| {
        let same = |(old, before): &&(&&Replications, &RunEnd)| {
            old.scenario == new.scenario && before.seed == run.seed
        };
        let (old, _) = runs.iter().take(index).find(same)?;
        let numbers = |one: &Replications| -> Vec<u64> {
            one.rows.iter().map(|row| row.replication).collect()
        };
        let equal = numbers(old) == numbers(new);
        // The cases of a scenario have one currency.
        let pair = || PairedRun::new(old, new, settings.level, settings.confidence()).ok();
        if equal { pair() } else { None }
    };
    runs.iter().enumerate().filter_map(pair).collect()
}

/// Prints the differences of cases, if they were requested.
pub(super) fn print_paired(
    paired: Option<&[PairedRun]>,
    format: Option<RunFormat>,
    colour: ColorChoice,
) -> Result<(), Exit> {
    let Some(paired) = paired.filter(|paired| !paired.is_empty()) else { return Ok(()) };
    let text = match format {
        Some(RunFormat::Text) => {
            format!("\n{}", paired_text(paired, terminal::page(colour)).join("\n"))
        }
        Some(RunFormat::Jsonl) => {
            let all = paired_json(paired);
            let lines = all.as_array().into_iter().flatten().map(ToString::to_string);
            lines.collect::<Vec<_>>().join("\n")
        }
        Some(RunFormat::Csv) => {
            let mut out = Vec::new();
            terminal::printed(paired_csv(paired, &mut out))?;
            String::from_utf8_lossy(&out).trim_end().to_owned()
        }
        Some(RunFormat::Markdown) => paired_markdown(paired).join("\n"),
        Some(RunFormat::Html) | None => return Ok(()),
    };
    terminal::print(&text)
}
