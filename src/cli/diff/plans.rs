//! Adds the differences of two plans to the result of a comparison.

use std::path::PathBuf;

use crate::cli::shared::exit::Exit;
use crate::cli::shared::files;
use crate::cli::shared::policy_pair::{Pairing, compare_replications};
use crate::cli::shared::run_cases::decisions;
use crate::plan::Plan;
use crate::report::{DecisionRow, DiffResult, changed};

/// A result without differences, of two sides with these names.
pub(super) fn empty_result(names: [String; 2], paths: &[PathBuf]) -> DiffResult {
    let paths = paths.iter().map(|path| files::shown(path)).collect();
    DiffResult { names, paths, ..DiffResult::default() }
}

/// Adds the differences of two plans to a result. With a `pairing`, it compares their replications
/// with common random numbers, otherwise their decisions. `align` changes the rows so that those of
/// the same decision have the same key.
///
/// # Errors
/// [`Exit`], after the reason was reported.
pub(super) fn compare_plans(
    pairing: Option<&Pairing>,
    [old, new]: [&Plan; 2],
    align: impl FnOnce(&mut [DecisionRow], &mut [DecisionRow]),
    result: &mut DiffResult,
) -> Result<(), Exit> {
    if let Some(pairing) = pairing {
        return compare_replications(pairing, old, new, result);
    }
    let (mut old, mut new) = (decisions(old.clone())?, decisions(new.clone())?);
    *result.compared.get_or_insert(0) += old.len().max(new.len());
    align(&mut old, &mut new);
    result.changed.extend(changed(&old, &new));
    Ok(())
}
