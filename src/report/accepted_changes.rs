//! Accepted changes: differences that a person has reviewed, kept in a file with a reason.
//!
//! An accepted change may have a last day. An acceptance that has expired, or whose change no
//! longer occurs, is reported as an error, so that the file never contains stale entries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::decision_diff::{Changed, DECISION};
use super::markdown;
use super::text_table::hanging;
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Spanned, many};
use crate::format::{AcceptedFormat, Read, check_format, parse_yaml, record};
use crate::policy::{Comparison, Difference};
use crate::time::{CalendarDays, SimTime};

record! {
    /// A file of accepted policy changes.
    AcceptedFile: "accepted changes" {
        /// The format: `accepted/1`.
        required "stayput" => format: AcceptedFormat,
        /// The changes.
        default "accepted" => accepted: Vec<WrittenAccepted>,
    }
}

record! {
    /// An accepted change, as written.
    WrittenAccepted: "an accepted change" {
        /// The old edition, `NAME@EDITION`.
        required "from" => from: Spanned<String>,
        /// The `key` that `diff -f json` prints for the change.
        required "change" => change: Spanned<String>,
        /// Why the change is accepted.
        required "reason" => reason: Spanned<String>,
        /// Last day on which the acceptance is valid, such as `2026-12-31`.
        optional "until" => until: Spanned<String>,
    }
}

/// An accepted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The old edition, `NAME@EDITION`.
    pub from: String,
    /// The key of the change.
    pub change: String,
    /// Why the change is accepted.
    pub reason: String,
    /// Last day on which the acceptance is valid, in UTC; `None` if it does not expire.
    pub until: Option<String>,
}

impl From<&WrittenAccepted> for Acceptance {
    fn from(written: &WrittenAccepted) -> Self {
        Self {
            from: written.from.value.clone(),
            change: written.change.value.clone(),
            reason: written.reason.value.clone(),
            until: written.until.as_ref().map(|until| until.value.clone()),
        }
    }
}

/// Reads a file of accepted changes; adds its mistakes to `problems`.
pub fn read_accepted(
    file: FileId,
    sources: &Sources,
    problems: &mut Problems,
) -> Option<AcceptedFile> {
    let node = parse_yaml(sources, file, problems)?;
    check_format(&node, AcceptedFormat::NAME, problems)?;
    let read = AcceptedFile::read(&node, problems)?;
    for until in read.accepted.iter().filter_map(|part| part.until.as_ref()) {
        if CalendarDays::parse_day(until).is_none() {
            let title = format!("`{}` is not a calendar day", **until);
            let problem = Problem::at(Code::BadTime, until.span, title, "invalid day");
            problems.add(problem.help("write it as `2026-12-31`"));
        }
    }
    Some(read)
}

/// The input of [`accept`] besides the changes.
pub struct Accepting<'a> {
    /// Whether decisions were compared. If not, acceptances of decisions are not checked.
    pub ran: bool,
    /// Now. An acceptance has expired if its last day ended at or before this instant.
    pub today: SimTime,
    /// Keys of the changes that the old policy already contains.
    pub spent: &'a BTreeSet<String>,
}

/// The result of [`accept`].
#[derive(Debug, Default)]
pub struct Accepted {
    /// Acceptances that apply. Their differences are in [`Comparison::accepted`].
    pub taken: Vec<Acceptance>,
    /// Changed decisions that are accepted: by their own key, or because every difference that
    /// caused them is accepted.
    pub decisions: Vec<Changed>,
    /// Indices of the accepted decisions by the change with which they are listed: their own key,
    /// or else their first cause.
    of_change: BTreeMap<String, Vec<usize>>,
    /// Acceptances that have expired or whose changes do not occur: key and reason.
    pub stale: Vec<(String, String)>,
}

impl Accepted {
    /// Removes the accepted decisions from the list of changed decisions: those whose key, or each
    /// of whose causes, is the change of an acceptance.
    fn take_decisions(&mut self, changed: &mut Vec<Changed>) {
        let taken: BTreeSet<&str> = self.taken.iter().map(|one| one.change.as_str()).collect();
        let is_taken = |key: &String| taken.contains(key.as_str());
        let is_accepted = |one: &mut Changed| {
            is_taken(&one.key()) || !one.causes.is_empty() && one.causes.iter().all(is_taken)
        };
        self.decisions = changed.extract_if(.., is_accepted).collect();
        for (index, one) in self.decisions.iter().enumerate() {
            let key = one.key();
            let change = if is_taken(&key) { Some(key) } else { one.causes.first().cloned() };
            self.of_change.entry(change.unwrap_or_default()).or_default().push(index);
        }
    }

    /// The accepted decisions of an acceptance, each listed once: with the acceptance of its own
    /// key, or else with that of its first cause.
    pub fn decisions_of(&self, acceptance: &Acceptance) -> impl Iterator<Item = &Changed> {
        let indices = self.of_change.get(&acceptance.change).into_iter().flatten();
        indices.filter_map(|index| self.decisions.get(*index))
    }

    /// The number of decisions that are accepted because this difference is accepted, as text;
    /// `None` if there are none.
    pub(super) fn caused_by(&self, acceptance: &Acceptance) -> Option<String> {
        // A decision under its own key is the change itself.
        let caused = self.decisions_of(acceptance).filter(|one| one.key() != acceptance.change);
        let count = caused.count();
        (count > 0).then(|| format!("with {} that it changes", many(count, "decision")))
    }
}

/// Marks accepted changes in a comparison, and removes accepted decisions from the list of changed
/// decisions.
///
/// A change whose acceptance has expired stays and is reported. An acceptance whose change does
/// not occur is reported too, as a warning if the old policy already contains the change (as it
/// does after a merge) and as an error otherwise.
pub fn accept(
    file: &AcceptedFile,
    comparison: &mut Comparison,
    changed: &mut Vec<Changed>,
    terms: &Accepting<'_>,
    problems: &mut Problems,
) -> Accepted {
    let mut accepted = Accepted::default();
    let old = comparison.old.clone();
    let mut of_policy: BTreeSet<String> =
        comparison.differences.iter().map(Difference::key).collect();
    let of_runs: BTreeSet<String> = changed.iter().map(Changed::key).collect();
    let mut taken = Vec::new();
    for part in file.accepted.iter().filter(|part| part.from.value == old) {
        let key = part.change.value.as_str();
        if !of_policy.contains(key) && !of_runs.contains(key) {
            if terms.ran || !key.starts_with(DECISION) {
                accepted.stale.extend(no_change(part, terms.spent.contains(key), problems));
            }
            continue;
        }
        let end = part.until.as_ref().and_then(|until| CalendarDays::parse_day(until));
        if let (Some(until), true) = (&part.until, end.is_some_and(|day| day.end <= terms.today)) {
            let title = format!("this change was accepted until {}", **until);
            accepted.stale.push((key.to_owned(), format!("accepted until {}", **until)));
            let problem = Problem::at(Code::AcceptanceExpired, until.span, title, "expired");
            problems.add(
                problem
                    .and_at(part.change.span, "the change")
                    .help("undo the change, or accept it again with `stayput bless --diff`"),
            );
            continue;
        }
        of_policy.remove(key);
        taken.push(key);
        accepted.taken.push(Acceptance::from(part));
    }
    comparison.accept(&taken);
    accepted.take_decisions(changed);
    accepted
}

/// Reports an acceptance whose change does not occur; `None` if it only warns.
fn no_change(
    part: &WrittenAccepted,
    is_spent: bool,
    problems: &mut Problems,
) -> Option<(String, String)> {
    let span = part.change.span;
    if is_spent {
        let title = "the old policy already contains this accepted change";
        let problem = Problem::at(Code::AcceptanceSpent, span, title, "already made");
        problems.add(problem.help("remove it, or run `stayput bless --diff` to rewrite the file"));
        return None;
    }
    let title = "this accepted change no longer occurs";
    let problem = Problem::at(Code::AcceptanceIdle, span, title, "no longer occurs");
    problems.add(problem.help("remove it, or run `stayput bless --diff` to rewrite the file"));
    Some((part.change.value.clone(), "no longer occurs".to_owned()))
}

/// Stale acceptances as Markdown.
pub fn stale_markdown(stale: &[(String, String)]) -> Vec<String> {
    if stale.is_empty() {
        return Vec::new();
    }
    let head = format!("**{} no longer valid**", many(stale.len(), "acceptance"));
    let line = |(change, why): &(String, String)| {
        format!("* {}: {}", markdown::text(change), markdown::text(why))
    };
    [String::new(), head, String::new()].into_iter().chain(stale.iter().map(line)).collect()
}

/// Stale acceptances as JSON.
pub fn stale_json(stale: &[(String, String)]) -> Json {
    stale.iter().map(|(change, why)| json!({ "key": change, "why": why })).collect()
}

/// The text of a file of accepted changes.
pub fn accepted_yaml(list: &[Acceptance]) -> String {
    let none = if list.is_empty() { " []" } else { "" };
    let mut out = format!("stayput: accepted/1\naccepted:{none}\n");
    // A JSON string is a quoted text of YAML as well.
    let quote = |text: &str| Json::from(text).to_string();
    for one in list {
        out.push_str(&format!("  - from: {}\n", quote(&one.from)));
        out.push_str(&format!("    change: {}\n", quote(&one.change)));
        out.push_str(&format!("    reason: {}\n", quote(&one.reason)));
        if let Some(until) = &one.until {
            out.push_str(&format!("    until: {until}\n"));
        }
    }
    out
}

/// Whether a file of accepted changes can contain this reason: it is read as it was written.
pub fn is_reason(text: &str) -> bool {
    let (from, change) = ("old".to_owned(), "change".to_owned());
    let one = Acceptance { from, change, reason: text.to_owned(), until: None };
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("accepted", accepted_yaml(std::slice::from_ref(&one)));
    let read = read_accepted(file, &sources, &mut problems);
    !problems.refuse() && read.is_some_and(|read| read.accepted.iter().any(|w| one == w.into()))
}

/// Accepted changes as lines of text.
pub fn accepted_text(accepted: &Accepted, width: usize) -> Vec<String> {
    let lines = |one: &Acceptance| {
        let until = one.until.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
        let mut lines = hanging("  ", &one.change, width);
        lines.extend(hanging("         ", &format!("{}{until}", one.reason), width));
        if let Some(caused) = accepted.caused_by(one) {
            lines.extend(hanging("         ", &caused, width));
        }
        lines
    };
    accepted.taken.iter().flat_map(lines).collect()
}
