//! The rows of a timeline in words.

use anstyle::Style;
use indexmap::IndexMap;

use super::csv::rows;
use super::names::NameRanges;
use super::text_table::Paint;
use super::timeline::{Acted, ChangedPart, Content, DecidedRow, Note, Omitted, Refused, Row, Who};
use super::timeline_layout::{PlacedRow, PlacedText, RowCells};
use crate::diagnostics::many;
use crate::record::{DecidedBy, What};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{ActorId, Confidence, LimitedBy, Obstacle, Outcome, RequestResult, Word};

/// Outcome of a decision that took nothing: see [`Decision::is_allowed`].
///
/// [`Decision::is_allowed`]: crate::record::Decision::is_allowed
pub(super) const ALLOWED: &str = "ALLOWED";

/// An instant for people, with the year unless the run and the instant are in the same one.
pub(super) fn instant(at: SimTime, header: &RunHeader) -> String {
    let year = |at: SimTime| at.civil(header.offset).map(|civil| civil.year);
    if [header.end, at].into_iter().all(|other| year(other) == year(header.start)) {
        return at.for_people(header.offset);
    }
    at.for_people_with_year(header.offset)
}

/// The smallest number of consecutive names that share a row.
const FOLDED: u64 = 3;

/// The rows in words.
pub(super) fn lines(rows: Vec<Row>, header: &RunHeader) -> Vec<PlacedRow> {
    let mut lines = Vec::with_capacity(rows.len());
    for Row { at, content } in rows {
        let at = [instant(at, header), format!("+{}", header.elapsed(at))];
        let mut add = |text| lines.push(PlacedRow { at: at.clone(), text });
        match content {
            Content::Decision(decided, ids) if ids.count() < FOLDED => {
                let each = ids.each().map(|id| header.instance(id).to_owned());
                each.for_each(|who| add(PlacedText::Decision(decision(&decided, who, header))));
            }
            Content::Decision(decided, mut ids) => {
                ids.tidy();
                let who = ids.names(header).text();
                add(PlacedText::Decision(decision(&decided, who, header)));
            }
            Content::Note(note, mut ids) => {
                ids.tidy();
                let (label, text) = noted(&note, &ids.names(header).label(), header);
                add(PlacedText::Request(label, text));
            }
            Content::Request(acted) => {
                let cause = header.cause(acted.cause).into_owned();
                add(PlacedText::Request(cause, request(acted, header)));
            }
        }
    }
    lines
}

fn decision(d: &DecidedRow, who: String, header: &RunHeader) -> RowCells {
    let policy = &header.rulebook(d.policy).policy;
    let rule = d.rule.map(|rule| policy.rule(rule));
    let mark = match d.confidence {
        Confidence::Documented => "",
        Confidence::Observed => "+",
        Confidence::Inferred => "*",
        Confidence::Unconfirmed => "?",
        Confidence::Assumed => "!",
    };
    let answer = rule.and_then(|rule| rule.answer.as_deref());
    let because = rule.and_then(|rule| rule.because.as_deref());
    let effect = match d.outcome {
        Outcome::Overridden | Outcome::Unprotected | Outcome::Undetermined => {
            d.effect.word().to_owned()
        }
        Outcome::Held => answer.or(because).unwrap_or("kept").to_owned(),
        Outcome::Denied if rule.is_none() => Obstacle::NotThere.meaning().to_owned(),
        Outcome::Denied | Outcome::Deferred => {
            let texts: Vec<&str> = [answer, because].into_iter().flatten().collect();
            if texts.is_empty() { "refused".to_owned() } else { texts.join(": ") }
        }
        Outcome::Skipped => "skipped without an error".to_owned(),
        Outcome::Spared => "kept because another instance of the request was protected".to_owned(),
        Outcome::NoOp if d.was_released => "already released".to_owned(),
        Outcome::NoOp => "nothing to do".to_owned(),
    };
    let by = match d.decided_by {
        DecidedBy::None => "-",
        DecidedBy::Protection(id) => &policy.protections[id.index()].name,
        DecidedBy::Other(word) => word.word(),
    };
    let style: Style = Paint::of(d.outcome);
    RowCells {
        who,
        trigger: d.trigger.word().to_owned(),
        outcome: if d.allowed { ALLOWED.to_owned() } else { d.outcome.word().to_uppercase() },
        style,
        by: by.to_owned(),
        rule: format!("{}{mark}", rule.map_or("-", |rule| rule.id.as_str())),
        effect,
    }
}

/// The label and the text of a note.
fn noted(note: &Note, who: &str, header: &RunHeader) -> (String, String) {
    let by = |actor: Option<ActorId>| {
        actor.map(|actor| format!(" by {}", header.actor(actor))).unwrap_or_default()
    };
    match note {
        Note::Finding(rule, severity, text, actor) => {
            let by = broken_by(text, *actor, header);
            (rule.to_string(), format!("house rule ({severity}): {who}: {text}{by}"))
        }
        Note::Alert(watch, event, actor, seen) => {
            let label = watch.as_deref().unwrap_or("-").to_owned();
            let event = if event.is_empty() { "without a call" } else { event };
            let what = format!("{who}: {event}{}", by(*actor));
            let text = match seen {
                Some(seen) => format!("alert by +{}: {what}", header.elapsed(*seen)),
                None => format!("no alert, the audit trail does not record it: {what}"),
            };
            (label, text)
        }
    }
}

/// The caller who broke a house rule, as the end of its text; empty if the text names the caller.
pub(super) fn broken_by(text: &str, actor: Option<ActorId>, header: &RunHeader) -> String {
    let name = actor.map_or("", |actor| header.actor(actor));
    if name.is_empty() || text.split([' ', ',', ';', ':']).any(|word| word == name) {
        return String::new();
    }
    format!("; broken by {name}")
}

fn request(acted: Acted, header: &RunHeader) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(acted.refused.map(|refused| refusal(&refused, header)));
    parts.extend(changes(acted.parts, header));
    let mut text = parts.join("; ");
    if acted.times > 1 {
        text.push_str(&format!(" ({} times)", acted.times));
    }
    text
}

fn refusal(refused: &Refused, header: &RunHeader) -> String {
    let mut text = format!("{} {}", refused.verb, refused.result);
    if refused.result == RequestResult::Partial || refused.limited_by.is_some() {
        text.push_str(&format!(", {} of {}", refused.got, refused.wanted));
    }
    if let Some(rule) = refused.refusal.and_then(|refusal| header.rule_of(refusal)) {
        let answer = rule.answer.iter().map(String::as_str);
        let named: Vec<&str> = std::iter::once(rule.id.as_str()).chain(answer).collect();
        text.push_str(&format!(" ({})", named.join(", ")));
    }
    let reason = refused.refusal.map(|refusal| header.reason(refusal));
    let limited = || refused.limited_by.map(|by| limit(by, refused.got));
    let reason = reason.filter(|reason| !reason.is_empty()).or_else(limited);
    text + &reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

const fn limit(by: LimitedBy, got: u32) -> &'static str {
    match by {
        LimitedBy::Protection if got == 0 => "protections hold all of them",
        LimitedBy::Bound => "the group is at its minimum or maximum",
        LimitedBy::Protection => "protections hold the others",
        LimitedBy::NoCandidate => "the group has no further member to choose",
    }
}

/// Changes as texts; equal changes share a text that lists their subjects.
fn changes(parts: Vec<ChangedPart>, header: &RunHeader) -> Vec<String> {
    let mut kinds: IndexMap<String, NameRanges<'_>> = IndexMap::new();
    for ChangedPart { what, who } in parts {
        match who {
            Who::Account(id) => {
                kinds.entry(in_words(&what, header)).or_default().add(header.account(id));
            }
            Who::Group(id) => {
                kinds.entry(in_words(&what, header)).or_default().add(header.group(id));
            }
            Who::Instances(ids) => {
                let names = kinds.entry(in_words(&what, header)).or_default();
                ids.each().for_each(|id| names.add(header.instance(id)));
            }
        }
    }
    kinds.into_iter().map(|(kind, names)| format!("{} {kind}", names.text())).collect()
}

fn in_words(what: &What, header: &RunHeader) -> String {
    match what {
        What::State(_, to) => to.word().into(),
        What::Arrears(true) => "is overdue".into(),
        What::Arrears(false) => "has paid its bill".into(),
        What::Cancelled(true) => "is cancelled".into(),
        What::Cancelled(false) => "is active again".into(),
        What::Schedule(_, to) | What::Term(_, to) if *to != SimTime::NEVER => {
            format!("{}: {}", rows::what(what, header).0, instant(*to, header))
        }
        What::Group(..)
        | What::Schedule(..)
        | What::Protections(..)
        | What::Billing(..)
        | What::Term(..)
        | What::Lock(..)
        | What::Size(..)
        | What::Deleted
        | What::Model(..)
        | What::Health(..)
        | What::Probed(..)
        | What::Suspended(..)
        | What::Property(..) => {
            let (name, _, to) = rows::what(what, header);
            let to = to.to_string();
            format!("{name}: {}", if to.is_empty() { "none" } else { &to })
        }
    }
}

/// The rows that the timeline leaves out, as text; `None` if it is complete.
pub(super) fn omission(omitted: &Omitted, header: &RunHeader) -> Option<String> {
    let from = instant(omitted.from?, header);
    let mut parts: Vec<String> = Outcome::ALL
        .iter()
        .zip(omitted.outcomes)
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| format!("{count} {}", outcome.word().to_uppercase()))
        .collect();
    for (count, what) in [
        (omitted.requests, "other request"),
        (omitted.findings, "broken house rule"),
        (omitted.alerts, "alert"),
    ] {
        parts.extend((count > 0).then(|| many(count, what)));
    }
    Some(format!(
        "left out, from {from} on: {}; use `--out DIR` to write all of them",
        parts.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protections_that_hold_all_leave_no_others() {
        assert_eq!(limit(LimitedBy::Protection, 0), "protections hold all of them");
        assert_eq!(limit(LimitedBy::Protection, 1), "protections hold the others");
    }
}
