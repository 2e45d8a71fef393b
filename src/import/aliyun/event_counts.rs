//! Counts of events by kind. Events do not change the imported fleet.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::reply_kind::ReplyKind;
use crate::diagnostics::Problems;
use crate::import::fields::ReplyObject;
use crate::import::json::Piece;

/// Numbers of events by kind and state: `: 7 Reboot, 1 Delete; 8 Executed`.
pub(super) fn by_kind(kind: ReplyKind, rows: &[Piece<'_>], problems: &mut Problems) -> String {
    let (mut names, mut states) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let Some(row) = ReplyObject::open(*row, kind.one(), problems) else { continue };
        let (name, state) = if kind == ReplyKind::Notifications {
            (row.text("name", problems), None)
        } else {
            let mut name_of = |key| row.object(key, problems)?.text("Name", problems);
            (name_of("EventType"), name_of("EventCycleStatus"))
        };
        let name = name.map_or_else(|| "without a kind".to_owned(), |name| name.value.into_owned());
        *names.entry(name).or_default() += 1;
        if let Some(state) = state {
            *states.entry(state.value.into_owned()).or_default() += 1;
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
    counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
}
