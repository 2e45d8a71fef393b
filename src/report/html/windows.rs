//! Remedies of losses, and the time in which each was open.

use super::decisions::{Row, Rows};
use crate::report::names::InstanceIds;
use crate::run_header::RunHeader;
use crate::time::SimTime;

/// The highest number of windows that are shown; if there are more, the windows of each remedy are
/// joined.
const MOST_WINDOWS: usize = 24;

/// A remedy of losses, and the time in which it could be applied.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// The remedy in words; `None` if none is known.
    pub(super) text: Option<String>,
    pub(super) from: SimTime,
    /// The first and the last of the last instants; `None` if nothing helps.
    pub(super) until: Option<(SimTime, SimTime)>,
    pub(super) ids: InstanceIds,
}

/// Windows of the rows that `is` selects, in the order of their last instants.
pub(super) fn windows(rows: &Rows, header: &RunHeader, is: impl Fn(&Row) -> bool) -> Vec<Window> {
    let selected: Vec<&Row> = rows.rows.iter().filter(|row| is(row)).collect();
    let mut windows = grouped(&selected, header, |a, b| a == b);
    if windows.len() > MOST_WINDOWS {
        windows = grouped(&selected, header, |a, b| a.is_some() == b.is_some());
    }
    windows.sort_by_key(|window| {
        (window.until.is_none(), window.until.map(|until| until.0), window.text.clone())
    });
    windows
}

type Until = Option<(SimTime, SimTime)>;

fn grouped(rows: &[&Row], header: &RunHeader, same: impl Fn(Until, Until) -> bool) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for row in rows {
        let text = remedy(row, header);
        let known = windows.iter_mut().find(|w| w.text == text && same(w.until, row.until));
        if let Some(window) = known {
            window.ids.extend(&row.ids);
            window.from = window.from.min(row.open);
            window.until = match (window.until, row.until) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (until, _) => until,
            };
        } else {
            let ids = row.ids.clone();
            windows.push(Window { text, from: row.open, until: row.until, ids });
        }
    }
    windows
}

/// The remedy of a row in words; `None` if none is known.
pub(super) fn remedy(row: &Row, header: &RunHeader) -> Option<String> {
    let policy = &header.rulebook(row.key.policy).policy;
    row.key.remedy.map(|remedy| remedy.text(policy))
}
