//! The parts that marks and rows have in common: symbols, ids, deciding factors.

use maud::{Markup, html};

use super::decisions::Key;
use crate::record::DecidedBy;
use crate::run_header::RunHeader;
use crate::words::{Outcome, Word};

/// Id of a row of the table of decisions.
pub(super) fn row_id(run: usize, row: usize) -> String {
    format!("d{run}-{}", row + 1)
}

/// The factor that decided; empty if there was none.
pub(super) fn decided_by<'h>(key: &Key, header: &'h RunHeader) -> &'h str {
    match key.decided_by {
        DecidedBy::None => "",
        DecidedBy::Protection(id) => {
            &header.rulebook(key.policy).policy.protections[id.index()].name
        }
        DecidedBy::Other(word) => word.word(),
    }
}

/// A symbol of an outcome with its word.
pub(super) fn outcome(outcome: Outcome) -> Markup {
    html! {
        span class={ "o o-" (outcome) } {
            (symbol(outcome))
            (outcome.word().to_uppercase())
        }
    }
}

/// A symbol of an outcome.
pub(super) fn symbol(outcome: Outcome) -> Markup {
    html! {
        svg.ic viewBox="-11 -11 22 22" width="18" height="18" aria-hidden="true" focusable="false" {
            use href={ "#m-" (outcome) } {}
        }
    }
}
