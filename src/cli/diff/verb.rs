//! `stayput diff`: compares and prints the result.

use std::path::Path;

use anstream::ColorChoice;

use super::arguments::{Arguments, Format};
use super::cases::{case_named, cases};
use super::overlays::{compares_overlays, overlays};
use super::recorded::{Recording, recorded};
use crate::cli::args::Overrides;
use crate::cli::shared::accepted_files::read_accepted_file;
use crate::cli::shared::exit::Exit;
use crate::cli::shared::format_target::ReportTarget;
use crate::cli::shared::load::{Loader, refuse_overlays};
use crate::cli::shared::paths_in_use::note_read;
use crate::cli::shared::policy_pair::{PairOptions, policies};
use crate::cli::shared::terminal;
use crate::cli::shared::today::today;
use crate::policy::Catalog;
use crate::report::{
    DiffResult, Paint, diff_page, diff_result_csv, diff_result_json, diff_result_markdown,
    diff_result_text,
};
use crate::time::SimTime;

pub fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let paint = terminal::stderr_paint(colour);
    let today = arguments.today.map_or_else(today, |day| day.start);
    let with_overlays = compares_overlays(arguments);
    check_replication_options(arguments, with_overlays)?;
    check_policy_options(arguments, with_overlays)?;
    let named = [Some(&arguments.old), arguments.new.as_ref()];
    named.into_iter().flatten().for_each(|name| note_read(Path::new(name)));
    arguments.paths.iter().chain(&arguments.accepted).for_each(|path| note_read(path));
    let html = arguments.html.as_deref().map(|path| ReportTarget::begin(Some(path))).transpose()?;
    let result = if with_overlays {
        overlays(arguments, paint)?
    } else {
        of_two_names(arguments, today, paint)?
    };
    // The day by which acceptances were checked decides the exit code.
    let day = result.comparison.is_some().then(|| today.to_string());
    let page = || diff_page(&result, day.as_deref().and_then(|day| day.get(..10)));
    if let Some(target) = html {
        target.finish(&page())?;
    }
    let text = match arguments.format {
        Format::Html => page(),
        Format::Text => diff_result_text(&result, terminal::page(colour)),
        Format::Json => diff_result_json(&result),
        Format::Markdown => diff_result_markdown(&result),
        Format::Csv => diff_result_csv(&result).map_err(|error| {
            terminal::could_not_write("standard output", &error).unwrap_or(Exit::Success)
        })?,
    };
    terminal::print(&text)?;
    // Rows that are missing from an incomplete recording may differ, and so may replications that
    // did not complete.
    let same = if result.incomplete.is_empty() { Exit::Success } else { Exit::Undecided };
    Ok(if result.is_same() { same } else { Exit::Failure })
}

/// Compares two cases, two recordings or two policies.
fn of_two_names(arguments: &Arguments, today: SimTime, paint: Paint) -> Result<DiffResult, Exit> {
    let names = [arguments.old.as_str(), arguments.new_name()?];
    match names.map(case_named) {
        [Some(old), Some(new)] => cases(arguments, [old, new], paint),
        [None, None] => of_folders_or_policies(arguments, names, today, paint),
        [Some(_), None] | [None, Some(_)] => {
            terminal::print_stderr(
                "stayput: cannot compare a case with something else; give two cases",
            );
            Err(Exit::BadInput)
        }
    }
}

/// Compares two recordings or two policies.
fn of_folders_or_policies(
    arguments: &Arguments,
    names: [&str; 2],
    today: SimTime,
    paint: Paint,
) -> Result<DiffResult, Exit> {
    let folders = names.map(Recording::named);
    match folders {
        [Some(old), Some(new)] => recorded(arguments, &[old, new]),
        [None, None] => {
            if arguments.paths.is_empty() {
                refuse_overlays("a comparison of policies")?;
            }
            let mut loader = Loader::new();
            let names = (names[0], names[1]);
            let file = read_accepted_file(names.1, arguments.accepted.as_deref(), &mut loader);
            let pairing = arguments.pairing()?;
            let options = PairOptions { pairing: pairing.as_ref(), accepted: file.as_ref() };
            let found = policies(names, &arguments.paths, &options, &mut loader);
            loader.refuse_or_continue(paint)?;
            let mut found = found?;
            found.options = Overrides::default().words();
            if let Some(file) = &arguments.accepted {
                let file = file.to_string_lossy().into_owned();
                found.options.extend(["--accepted".to_owned(), file]);
            }
            let before = loader.problems.len();
            if let Some(file) = &file {
                found.accept(file, today, &mut loader.problems);
            }
            if loader.problems.len() > before {
                loader.print_problems(paint);
            }
            Ok(found)
        }
        [old, _] => {
            let other = if old.is_none() { names[0] } else { names[1] };
            // The name of a policy without its edition has no `@`.
            let is_known =
                Path::new(other).exists() || Catalog::names().any(|n| n.starts_with(other));
            let why = if is_known {
                "cannot compare a recorded run with a policy".to_owned()
            } else {
                format!("there is no folder `{other}`")
            };
            terminal::print_stderr(&format!("stayput: {why}; give two folders or two policies"));
            Err(Exit::BadInput)
        }
    }
}

/// Refuses options about accepted changes where no policies are compared.
fn check_policy_options(arguments: &Arguments, with_overlays: bool) -> Result<(), Exit> {
    let compares_policies = !with_overlays
        && case_named(&arguments.old).is_none()
        && Recording::named(&arguments.old).is_none();
    let given =
        [("--accepted", arguments.accepted.is_some()), ("--today", arguments.today.is_some())];
    match given.into_iter().find(|(_, is_given)| *is_given && !compares_policies) {
        None => Ok(()),
        Some((option, _)) => {
            let line =
                format!("stayput: `{option}` has an effect only if two policies are compared");
            terminal::print_stderr(&line);
            Err(Exit::BadInput)
        }
    }
}

/// Refuses options that need `--replications`, and `--replications` without scenarios.
fn check_replication_options(arguments: &Arguments, with_overlays: bool) -> Result<(), Exit> {
    let csv = matches!(arguments.format, Format::Csv);
    let is_recorded = Recording::named(&arguments.old).is_some();
    let why = match arguments.replicated.replications {
        None if csv && !is_recorded => {
            "`-f csv` prints differences between replications; add `--replications N`"
        }
        None if arguments.replicated.jobs.is_some() => "`--jobs` needs `--replications N`",
        Some(_) if arguments.paths.is_empty() && !with_overlays => {
            "`--replications` needs at least one scenario"
        }
        None | Some(_) => return Ok(()),
    };
    terminal::print_stderr(&format!("stayput: {why}"));
    Err(Exit::BadInput)
}
