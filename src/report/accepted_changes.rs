//! Accepted changes: differences that somebody has looked at and meant, kept in a file.
//!
//! Each has a reason and may have a day until which it holds. One that has expired, and one
//! that does not occur any more, is a mistake: the file says what is, or it says nothing.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::decision_diff::{Changed, DECISION};
use super::policy_diff::cell;
use super::text_table::hanging;
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Spanned, many};
use crate::format::{Read, parse_yaml, record};
use crate::policy::Comparison;
use crate::time::{SimSpan, SimTime};

record! {
    /// Changes of a policy that are meant.
    AcceptedFile: "accepted changes" {
        /// The format: `accepted/1`.
        required "stayput" => format: Spanned<String>,
        /// The changes.
        default "accepted" => accepted: Vec<WrittenAccepted>,
    }
}

record! {
    /// A change that is meant.
    WrittenAccepted: "an accepted change" {
        /// The edition that it is a change from.
        required "from" => from: Spanned<String>,
        /// The change, as `diff -f json` names it by its key.
        required "change" => change: Spanned<String>,
        /// Why it is meant.
        required "reason" => reason: Spanned<String>,
        /// The last day on which it is accepted: `2026-12-31`.
        optional "until" => until: Spanned<String>,
    }
}

/// A change that somebody accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The edition that it is a change from.
    pub from: String,
    /// The change.
    pub change: String,
    /// Why it is meant.
    pub reason: String,
    /// The last day on which it is accepted.
    pub until: Option<String>,
}

impl From<&WrittenAccepted> for Acceptance {
    fn from(part: &WrittenAccepted) -> Self {
        Self {
            from: part.from.value.clone(),
            change: part.change.value.clone(),
            reason: part.reason.value.clone(),
            until: part.until.as_ref().map(|until| until.value.clone()),
        }
    }
}

/// The end of a day.
pub fn end_of_day(day: &str) -> Option<SimTime> {
    let start = SimTime::parse(&format!("{day}T00:00:00Z")).ok()?;
    Some(start.after(SimSpan::from_seconds(24 * 60 * 60)))
}

/// Reads a file of accepted changes.
pub fn read_accepted(
    file: FileId,
    sources: &Sources,
    problems: &mut Problems,
) -> Option<AcceptedFile> {
    let node = parse_yaml(sources, file, problems)?;
    let read = AcceptedFile::read(&node, problems)?;
    if read.format.value != "accepted/1" {
        let title = format!("unsupported format `{}`; expected `accepted/1`", *read.format);
        problems.add(Problem::at(Code::BadFormat, read.format.span, title, "unsupported format"));
        return None;
    }
    for until in read.accepted.iter().filter_map(|part| part.until.as_ref()) {
        if end_of_day(until).is_none() {
            let title = format!("`{}` is not a calendar day", **until);
            let problem = Problem::at(Code::BadTime, until.span, title, "invalid day");
            problems.add(problem.help("write it as `2026-12-31`"));
        }
    }
    Some(read)
}

/// On what terms acceptances are looked at.
pub struct Accepting<'a> {
    /// Whether decisions were compared at all.
    pub ran: bool,
    /// The day.
    pub today: SimTime,
    /// The changes that the old policy has made already, by their keys.
    pub spent: &'a BTreeSet<String>,
}

/// What came of acceptances.
#[derive(Debug, Default)]
pub struct Accepted {
    /// What was accepted, and is no difference any more.
    pub taken: Vec<Acceptance>,
    /// Acceptances that have expired or do not occur, with the reason: they fail.
    pub stale: Vec<(String, String)>,
}

/// Takes what is accepted out of a comparison and out of changed decisions.
///
/// What has expired stays where it is and is reported, and so is what does not occur. A change
/// that does not occur since the old policy has made it already is spent, which only warns: so
/// it is after a merge.
pub fn accept(
    file: &AcceptedFile,
    comparison: &mut Comparison,
    changed: &mut Vec<Changed>,
    terms: &Accepting<'_>,
    problems: &mut Problems,
) -> Accepted {
    let mut accepted = Accepted::default();
    for part in file.accepted.iter().filter(|part| part.from.value == comparison.old) {
        let key = part.change.value.as_str();
        let in_policy = comparison.differences.iter().any(|d| d.key() == key);
        let in_runs = changed.iter().any(|one| one.key() == key);
        if !in_policy && !in_runs {
            if terms.ran || !key.starts_with(DECISION) {
                accepted.stale.extend(no_change(part, terms.spent.contains(key), problems));
            }
            continue;
        }
        let end = part.until.as_ref().and_then(|until| end_of_day(until));
        if let (Some(until), true) = (&part.until, end.is_some_and(|end| end <= terms.today)) {
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
        let before = comparison.differences.len();
        comparison.differences.retain(|d| d.key() != key);
        comparison.accepted += before - comparison.differences.len();
        changed.retain(|one| one.key() != key);
        accepted.taken.push(Acceptance::from(part));
    }
    accepted
}

/// An acceptance of a change that does not occur: spent, or a mistake.
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

/// Acceptances that fail, for a pull request.
pub fn stale_markdown(stale: &[(String, String)]) -> Vec<String> {
    if stale.is_empty() {
        return Vec::new();
    }
    let head = format!("**{} no longer valid**", many(stale.len(), "acceptance"));
    let line = |(change, why): &(String, String)| format!("* {}: {why}", cell(change));
    [String::new(), head, String::new()].into_iter().chain(stale.iter().map(line)).collect()
}

/// Acceptances that fail, for machines.
pub fn stale_json(stale: &[(String, String)]) -> Json {
    stale.iter().map(|(change, why)| json!({ "key": change, "why": why })).collect()
}

/// A file of accepted changes.
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

/// Accepted changes for people.
pub fn accepted_text(list: &[Acceptance], width: usize) -> Vec<String> {
    let lines = |one: &Acceptance| {
        let until = one.until.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
        let mut lines = hanging("  ", &one.change, width);
        lines.extend(hanging("         ", &format!("{}{until}", one.reason), width));
        lines
    };
    list.iter().flat_map(lines).collect()
}

/// Accepted changes for machines.
pub fn accepted_json(list: &[Acceptance]) -> Json {
    let one =
        |one: &Acceptance| json!({ "key": one.change, "reason": one.reason, "until": one.until });
    list.iter().map(one).collect()
}

/// What a file of accepted changes may say.
pub(super) fn schema() -> Json {
    AcceptedFile::schema()
}
