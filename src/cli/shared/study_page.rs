//! The HTML page of a study: pairs its cases and collects what the page names.

use super::run_inputs::{page_inputs, without_folder};
use super::study_pairs::paired_cases;
use crate::experiment::{Replications, estimates};
use crate::report::WrittenAssumption;
use crate::report::{Made, RunEnd, RunFile, Study, StudyRun, study_page};
use crate::stats::Confidence;
use crate::time::{SimSpan, SimTime};

/// The HTML page of a study.
pub(super) fn page_of(file: &RunFile, all: &[&Replications], level: Confidence) -> String {
    let percent = file.study.as_ref().map_or(95.0, |study| study.level);
    let figures: Vec<StudyRun<'_>> = all
        .iter()
        .zip(&file.runs)
        .map(|(one, run)| StudyRun {
            replications: one,
            estimates: estimates(one, level),
            level: percent,
            seed: run.seed,
        })
        .collect();
    let spans: Vec<SimSpan> = file.runs.iter().map(span).collect();
    let paired = paired_cases(file, all, level);
    let assumptions: Vec<String> = file.assumptions.iter().map(WrittenAssumption::line).collect();
    let study = Study {
        runs: &figures,
        spans: &spans,
        paired: &paired,
        complete: file.complete,
        assumptions: &assumptions,
    };
    let inputs = page_inputs(&file.inputs, &file.policies);
    let command: Vec<String> = file.command.iter().map(|word| without_folder(word)).collect();
    study_page(&study, &Made { command: format!("stayput {}", command.join(" ")), inputs })
}

/// Length of a run.
fn span(run: &RunEnd) -> SimSpan {
    let ends = SimTime::parse(&run.start).ok().zip(SimTime::parse(&run.end).ok());
    ends.map_or(SimSpan::ZERO, |(start, end)| end.since(start))
}
