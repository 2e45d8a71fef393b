//! The timeline of a run, as rows. Adjacent rows that differ only in their instance become one row,
//! so that a fleet of thousands needs few rows.

use std::sync::Arc;

use super::names::InstanceIds;
use crate::record::{
    Alert, Cause, Change, DecidedBy, Decision, HouseFinding, Record, Refusal, Request, Subject,
    What,
};
use crate::time::SimTime;
use crate::words::{
    AccountId, ActorId, AlertKind, Confidence, Effect, GroupId, Lifecycle, LimitedBy, Outcome,
    PolicyId, RequestResult, RuleId, RuleSeverity, Trigger, Word,
};

/// Most rows that are shown; the CSV files contain all records.
const MOST_ROWS: usize = 2_000;

/// Collects the rows of one run.
#[derive(Default)]
pub(super) struct Timeline {
    rows: Vec<Row>,
    /// Number of rows with losses, and of other rows.
    kept: [usize; 2],
    omitted: Omitted,
    /// The current request; `None` before the first and after it was closed.
    request: Option<Request>,
    /// Reported changes of the current request.
    parts: Vec<ChangedPart>,
    /// Whether the current request has a decision.
    decided: bool,
    /// Whether a decision of the current request shows why the request was not fully carried out.
    explained: bool,
}

/// A row: its instant and its content.
pub(super) struct Row {
    pub(super) at: SimTime,
    pub(super) content: Content,
}

/// A decision about one or more instances, or a request without decisions.
pub(super) enum Content {
    Decision(DecidedRow, InstanceIds),
    Request(Acted),
    Note(Note, InstanceIds),
}

/// A broken house rule or an alert, apart from its instances.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// A house rule, its severity, what is wrong, and the caller.
    Finding(Arc<str>, RuleSeverity, Box<str>, Option<ActorId>),
    /// A watch, the call in the audit trail, the caller, and the latest instant of the alert.
    Alert(Option<Arc<str>>, Box<str>, Option<ActorId>, Option<SimTime>),
}

/// A decision in a row, without its instance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct DecidedRow {
    pub(super) policy: PolicyId,
    pub(super) trigger: Trigger,
    pub(super) outcome: Outcome,
    pub(super) effect: Effect,
    pub(super) decided_by: DecidedBy,
    pub(super) rule: Option<RuleId>,
    pub(super) confidence: Confidence,
    /// Whether the decision took nothing; see [`Decision::is_allowed`].
    pub(super) allowed: bool,
    /// Whether the instance was already released.
    pub(super) was_released: bool,
}

/// A request in a row: its refusal or shortfall, and its changes.
pub(super) struct Acted {
    pub(super) cause: Cause,
    pub(super) refused: Option<Refused>,
    pub(super) parts: Vec<ChangedPart>,
    /// Number of equal requests.
    pub(super) times: u64,
}

/// Why a request was not fully carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) verb: &'static str,
    pub(super) result: RequestResult,
    pub(super) got: u32,
    pub(super) wanted: u32,
    pub(super) refusal: Option<Refusal>,
    pub(super) limited_by: Option<LimitedBy>,
}

/// A change and its subject.
pub(super) struct ChangedPart {
    pub(super) what: What,
    pub(super) who: Who,
}

pub(super) enum Who {
    Account(AccountId),
    Group(GroupId),
    Instances(InstanceIds),
}

/// Rows that are not shown.
#[derive(Default)]
pub(super) struct Omitted {
    /// The instant of the first one; `None` if all rows are shown.
    pub(super) from: Option<SimTime>,
    /// Number of decisions, by the index of the outcome.
    pub(super) outcomes: [u64; Outcome::ALL.len()],
    /// Number of requests without decisions.
    pub(super) requests: u64,
    /// Number of broken house rules.
    pub(super) findings: u64,
    /// Number of alerts.
    pub(super) alerts: u64,
}

impl DecidedRow {
    fn of(d: &Decision) -> Self {
        Self {
            policy: d.policy,
            trigger: d.trigger,
            outcome: d.outcome,
            effect: d.effect,
            decided_by: d.decided_by,
            rule: d.rule,
            confidence: d.basis.confidence,
            allowed: d.is_allowed(),
            was_released: d.facts.state == Lifecycle::Released,
        }
    }
}

impl Row {
    /// Whether something was lost. Such rows are omitted last.
    const fn is_loss(&self) -> bool {
        match &self.content {
            Content::Decision(decided, _) => decided.outcome.went_ahead() && !decided.allowed,
            Content::Request(_) | Content::Note(..) => false,
        }
    }
}

impl Timeline {
    /// Adds a record.
    pub(super) fn add(&mut self, record: &Record) {
        if self.request.is_some_and(|request| record.seq() != Some(request.seq)) {
            // The record belongs to another request, so the current one is reported first.
            self.close();
        }
        match record {
            Record::Request(request) => {
                self.close();
                self.request = Some(*request);
                self.decided = false;
                self.explained = false;
            }
            Record::Decision(decision) => {
                self.decided = true;
                let why = self.request.and_then(|request| request.refusal);
                let here = decision.rule.map(|rule| Refusal::Rule(decision.policy, rule));
                self.explained |= why.is_none() || why == here;
                self.decision(decision);
            }
            Record::Change(change) => self.change(change),
            Record::Finding(finding) => {
                let HouseFinding { rule, severity, text, actor, .. } = finding;
                let note = Note::Finding(rule.clone(), *severity, text.clone(), *actor);
                self.note(finding.at, note, finding.subject);
            }
            Record::Alert(alert) if alert.kind != AlertKind::Loss => {
                let seen = alert.seen.map(|(_, seen)| seen);
                let Alert { watch, event, actor, .. } = &**alert;
                let note = Note::Alert(watch.clone(), event.clone(), *actor, seen);
                self.note(alert.at, note, Subject::Instance(alert.instance));
            }
            Record::Loss(_) | Record::Alert(_) => {}
        }
    }

    fn decision(&mut self, decision: &Decision) {
        let decided = DecidedRow::of(decision);
        if let Some(Row { at, content: Content::Decision(last, ids) }) = self.rows.last_mut()
            && *at == decision.at
            && *last == decided
        {
            ids.add(decision.instance);
            return;
        }
        let ids = InstanceIds::from_iter([decision.instance]);
        self.push(Row { at: decision.at, content: Content::Decision(decided, ids) });
    }

    /// Adds a note after the request that it is about.
    fn note(&mut self, at: SimTime, note: Note, subject: Subject) {
        self.close();
        let ids = InstanceIds::from(subject);
        if let Some(Row { at: then, content: Content::Note(last, all) }) = self.rows.last_mut()
            && *then == at
            && *last == note
        {
            ids.each().for_each(|id| all.add(id));
            return;
        }
        self.push(Row { at, content: Content::Note(note, ids) });
    }

    /// The size of a group is not reported, because it follows from its members.
    fn change(&mut self, change: &Change) {
        let who = match (change.subject, change.what) {
            (Subject::Group(_), What::Size(..)) => return,
            (Subject::Group(id), _) => Who::Group(id),
            (Subject::Account(id), _) => Who::Account(id),
            (Subject::Instance(id), what) => {
                if let Some(ChangedPart { what: last, who: Who::Instances(ids) }) =
                    self.parts.last_mut()
                    && *last == what
                {
                    ids.add(id);
                    return;
                }
                Who::Instances(InstanceIds::from_iter([id]))
            }
        };
        self.parts.push(ChangedPart { what: change.what, who });
    }

    /// Ends the current request. A request without a decision is reported by its changes; a
    /// request that was cut short is reported with the reason.
    fn close(&mut self) {
        let mut parts = std::mem::take(&mut self.parts);
        let Some(request) = self.request.take() else { return };
        let refused = request.result != RequestResult::Accepted;
        let short = request.limited_by.is_some() && request.wanted > 1;
        let partial = request.result == RequestResult::Partial;
        let cut = self.decided && refused && (!self.explained || partial || short);
        if !(cut || !self.decided && (refused || !parts.is_empty())) {
            // The allocation is reused by the next request.
            parts.clear();
            self.parts = parts;
            return;
        }
        if cut {
            parts.clear();
        }
        let refused = refused.then_some(Refused {
            verb: request.verb,
            result: request.result,
            got: request.got,
            wanted: request.wanted,
            refusal: request.refusal,
            limited_by: request.limited_by,
        });
        self.acted(request.at, Acted { cause: request.cause, refused, parts, times: 1 });
    }

    fn acted(&mut self, at: SimTime, mut acted: Acted) {
        if let Some(Row { at: then, content: Content::Request(last) }) = self.rows.last_mut()
            && *then == at
            && last.cause == acted.cause
            && last.refused == acted.refused
        {
            match (&mut *last.parts, &mut *acted.parts) {
                ([], []) => {
                    last.times += 1;
                    return;
                }
                (
                    [ChangedPart { what: before, who: Who::Instances(ids) }],
                    [ChangedPart { what, who: Who::Instances(more) }],
                ) if before == what => {
                    more.each().for_each(|id| ids.add(id));
                    return;
                }
                _ => {}
            }
        }
        self.push(Row { at, content: Content::Request(acted) });
    }

    fn push(&mut self, row: Row) {
        let kept = &mut self.kept[usize::from(row.is_loss())];
        if *kept >= MOST_ROWS {
            self.omitted.add(&row);
        } else {
            *kept += 1;
            self.rows.push(row);
        }
    }

    /// The rows, and the counts of the omitted rows. Rows with losses are omitted last.
    pub(super) fn finish(mut self) -> (Vec<Row>, Omitted) {
        self.close();
        let mut excess = self.rows.len().saturating_sub(MOST_ROWS);
        let mut omitted = self.omitted;
        let mut rows: Vec<Row> = Vec::with_capacity(self.rows.len() - excess);
        for row in self.rows.into_iter().rev() {
            if excess > 0 && !row.is_loss() {
                omitted.add(&row);
                excess -= 1;
            } else {
                rows.push(row);
            }
        }
        rows.reverse();
        (rows, omitted)
    }
}

impl Omitted {
    fn add(&mut self, row: &Row) {
        self.from = Some(self.from.map_or(row.at, |from| from.min(row.at)));
        match &row.content {
            Content::Decision(decided, ids) => {
                self.outcomes[usize::from(decided.outcome.index())] += ids.count();
            }
            Content::Request(acted) => self.requests += acted.times,
            // A note about a group or an account has no instances.
            Content::Note(Note::Finding(..), ids) => self.findings += ids.count().max(1),
            Content::Note(Note::Alert(..), ids) => self.alerts += ids.count().max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::InstanceId;

    fn row(seconds: i64, outcome: Outcome) -> Row {
        let decided = DecidedRow {
            policy: PolicyId(0),
            trigger: Trigger::Manual,
            outcome,
            effect: Effect::None,
            decided_by: DecidedBy::None,
            rule: None,
            confidence: Confidence::Documented,
            allowed: false,
            was_released: false,
        };
        let ids = InstanceIds::from_iter([InstanceId(7)]);
        Row { at: SimTime::from_seconds(seconds), content: Content::Decision(decided, ids) }
    }

    #[test]
    fn losses_are_kept_before_all_else() {
        let mut timeline = Timeline::default();
        let most = i64::try_from(MOST_ROWS).unwrap();
        (0..most).for_each(|at| timeline.push(row(at, Outcome::Held)));
        (most..most + 10).for_each(|at| timeline.push(row(at, Outcome::Overridden)));
        timeline.push(row(most + 10, Outcome::Denied));
        let (rows, omitted) = timeline.finish();
        assert_eq!(rows.len(), MOST_ROWS);
        assert_eq!(rows.iter().filter(|row| row.is_loss()).count(), 10);
        assert_eq!(omitted.outcomes[usize::from(Outcome::Held.index())], 10);
        assert_eq!(omitted.outcomes[usize::from(Outcome::Denied.index())], 1);
        assert_eq!(omitted.from, Some(SimTime::from_seconds(most - 10)));
    }

    #[test]
    fn omitted_notes_are_counted() {
        let mut timeline = Timeline::default();
        (0..MOST_ROWS).for_each(|_| timeline.push(row(0, Outcome::Held)));
        let finding = Note::Finding("rule".into(), RuleSeverity::Warning, "text".into(), None);
        let alert = Note::Alert(None, "".into(), None, None);
        let two = InstanceIds::from_iter([InstanceId(7), InstanceId(8)]);
        for (note, ids) in [(&finding, &two), (&finding, &InstanceIds::default()), (&alert, &two)] {
            let content = Content::Note(note.clone(), ids.clone());
            timeline.push(Row { at: SimTime::from_seconds(1), content });
        }
        let (_, omitted) = timeline.finish();
        assert_eq!((omitted.findings, omitted.alerts), (3, 2));
    }
}
