//! Counts of events by kind. Events do not change the imported fleet.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::diagnostics::{Problems, visible};
use crate::import::fields::ReplyObject;
use crate::import::json::Piece;

/// The kinds and states of events of a history: `: 7 Reboot, 1 Delete; 8 Executed`.
pub(in crate::import) fn system_events(rows: &[Piece<'_>], problems: &mut Problems) -> String {
    by_kind(rows, problems, |row, problems| {
        let mut name_of = |key| {
            let name = row.object(key, problems)?.text("Name", problems)?;
            Some(name.value.into_owned())
        };
        (name_of("EventType"), name_of("EventCycleStatus"))
    })
}

/// The kinds of notifications: `: 2 Instance:SystemMaintenance.Reboot:Scheduled`.
pub(in crate::import) fn notifications(rows: &[Piece<'_>], problems: &mut Problems) -> String {
    by_kind(rows, problems, |row, problems| {
        (row.text("name", problems).map(|name| name.value.into_owned()), None)
    })
}

/// Numbers of events by kind and state.
fn by_kind(
    rows: &[Piece<'_>],
    problems: &mut Problems,
    of: impl Fn(&ReplyObject<'_>, &mut Problems) -> (Option<String>, Option<String>),
) -> String {
    let (mut names, mut states) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let Some(row) = ReplyObject::open(*row, "an event", problems) else { continue };
        let (name, state) = of(&row, problems);
        *names.entry(name.unwrap_or_else(|| "without a kind".to_owned())).or_default() += 1;
        if let Some(state) = state {
            *states.entry(state).or_default() += 1;
        }
    }
    let [names, states] = [names, states].map(listed);
    let states = if states.is_empty() { states } else { format!("; {states}") };
    if names.is_empty() { names } else { format!(": {names}{states}") }
}

/// `7 Reboot, 1 Delete`, the most frequent first.
fn listed(counts: BTreeMap<String, usize>) -> String {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts.iter().map(|(name, n)| format!("{n} {}", visible(name))).collect::<Vec<_>>().join(", ")
}
