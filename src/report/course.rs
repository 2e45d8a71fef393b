//! What a run did besides its decisions, as far as a later decision can follow from it: calls that
//! a rule refused, changes of state by requests that make no decision, and the rules that it used.

use std::collections::BTreeSet;

use super::csv::rows;
use super::refused_call::{ChangedRefusal, RefusedCall, changed_refusals};
use crate::experiment::Reached;
use crate::record::{Change, Record, Request, Subject};
use crate::run_header::{RunHeader, run_name};
use crate::words::PolicyId;

/// A change of state by a request that makes no decision, such as a stop by a clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StateChange {
    /// Its time since the start of the run, in seconds.
    pub(super) seconds: i64,
    /// What changed, such as `instance db-1`.
    pub(super) subject: String,
    /// The event, or `timer:` and the name of the timer.
    pub(super) cause: String,
    /// Verb of the event, or action of the timer.
    pub(super) verb: &'static str,
    /// The property, with its old and new value.
    values: [String; 3],
}

/// The course of a run under one policy.
#[derive(Debug, Default)]
pub struct RunCourse {
    refused: BTreeSet<RefusedCall>,
    states: BTreeSet<StateChange>,
    /// The ids of the rules that it used; set at the end.
    rules: BTreeSet<String>,
    /// The number and the verb of the last request that makes no decision.
    quiet: Option<(u64, &'static str)>,
}

impl RunCourse {
    /// Adds a record.
    pub fn add(&mut self, record: &Record, header: &RunHeader) {
        match record {
            Record::Request(request) => self.request(request, header),
            Record::Change(change) => {
                let verb = self.quiet.filter(|(seq, _)| *seq == change.seq).map(|(_, verb)| verb);
                self.states.extend(verb.map(|verb| StateChange::new(change, verb, header)));
            }
            Record::Decision(_) | Record::Loss(_) | Record::Alert(_) | Record::Finding(_) => {}
        }
    }

    fn request(&mut self, request: &Request, header: &RunHeader) {
        self.refused.extend(RefusedCall::new(request, header));
        self.quiet = request.trigger.is_none().then_some((request.seq, request.verb));
    }

    /// Ends the course. `reached` are the parts that it used, by the index of the policy.
    pub fn finish(&mut self, header: &RunHeader, reached: &[Reached]) {
        for (index, reached) in reached.iter().enumerate() {
            let policy = &header.rulebook(PolicyId::from_index(index)).policy;
            self.rules.extend(reached.rules.iter().map(|rule| policy.rule(*rule).id.clone()));
        }
    }
}

impl StateChange {
    fn new(change: &Change, verb: &'static str, header: &RunHeader) -> Self {
        let subject = match change.subject {
            Subject::Instance(id) => format!("instance {}", header.instance(id)),
            Subject::Group(id) => format!("group {}", header.group(id)),
            Subject::Account(id) => format!("account {}", header.account(id)),
        };
        let (what, from, to) = rows::what(&change.what, header);
        Self {
            seconds: header.elapsed(change.at).seconds(),
            subject,
            cause: rows::cause(change.cause, header).to_string(),
            verb,
            values: [what.to_owned(), from.to_string(), to.to_string()],
        }
    }
}

/// The differences of the courses of a run under two policies.
#[derive(Debug)]
pub struct ChangedCourse {
    /// `SCENARIO` or `SCENARIO [CASE]`.
    pub(super) run: String,
    /// Calls that only one side refused.
    pub(super) refusals: Vec<ChangedRefusal>,
    /// Changes of state that only one side has, in the order of their times.
    pub(super) states: Vec<StateChange>,
    /// The ids of the rules that each side used.
    pub(super) rules: [BTreeSet<String>; 2],
}

impl ChangedCourse {
    /// Compares two courses of the run with this header.
    pub fn new(header: &RunHeader, old: RunCourse, new: RunCourse) -> Self {
        Self {
            run: run_name(&header.scenario, &header.case),
            refusals: changed_refusals(&old.refused, &new.refused),
            states: old.states.symmetric_difference(&new.states).cloned().collect(),
            rules: [old.rules, new.rules],
        }
    }
}
