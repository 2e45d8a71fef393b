//! What a run did besides its decisions, as far as a later decision can follow from it: calls that
//! a rule refused, changes of state by requests that make no decision, and the rules that it used.

use std::collections::BTreeSet;

use super::csv::rows;
use super::refused_call::{ChangedRefusal, RefusedCall, changed_refusals};
use crate::experiment::Reached;
use crate::record::{Change, Record, Refusal, Request, Subject};
use crate::run_header::RunHeader;
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

/// The course of a run under one policy. Names are looked up only if it is compared.
#[derive(Debug, Default)]
pub struct RunCourse {
    /// Requests that a rule refused, at least in part.
    refused: Vec<Request>,
    /// Changes of state by requests that make no decision, with the verbs of the requests.
    states: Vec<(Change, &'static str)>,
    /// The number and the verb of the last request that makes no decision.
    quiet: Option<(u64, &'static str)>,
}

impl RunCourse {
    /// Adds a record.
    pub fn add(&mut self, record: &Record) {
        match record {
            Record::Request(request) => {
                if matches!(request.refusal, Some(Refusal::Rule(..))) {
                    self.refused.push(Request::clone(request));
                }
                self.quiet = request.trigger.is_none().then_some((request.seq, request.verb));
            }
            Record::Change(change) => {
                let verb = self.quiet.filter(|(seq, _)| *seq == change.seq).map(|(_, verb)| verb);
                self.states.extend(verb.map(|verb| (*change, verb)));
            }
            Record::Decision(_) | Record::Loss(_) | Record::Alert(_) | Record::Finding(_) => {}
        }
    }

    fn refused(&self, header: &RunHeader) -> BTreeSet<RefusedCall> {
        self.refused.iter().filter_map(|request| RefusedCall::new(request, header)).collect()
    }

    fn states(&self, header: &RunHeader) -> BTreeSet<StateChange> {
        self.states.iter().map(|(change, verb)| StateChange::new(change, verb, header)).collect()
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

/// The course of a run at its end.
#[derive(Debug, Clone, Copy)]
pub struct CompleteCourse<'r> {
    /// The course.
    pub course: &'r RunCourse,
    /// The header of the run, with the names of all instances.
    pub header: &'r RunHeader,
    /// The parts of each policy that the run used, by the index of the policy.
    pub reached: &'r [Reached],
}

impl<'r> CompleteCourse<'r> {
    /// The ids of the rules that the run used.
    fn rules(self) -> BTreeSet<&'r str> {
        let of_policy = |(index, reached): (usize, &'r Reached)| {
            let policy = &self.header.rulebook(PolicyId::from_index(index)).policy;
            reached.rules.iter().map(|rule| policy.rule(*rule).id.as_str())
        };
        self.reached.iter().enumerate().flat_map(of_policy).collect()
    }
}

/// The differences of the courses of a run under two policies.
#[derive(Debug)]
pub struct ChangedCourse<'r> {
    /// Calls that only one side refused, in the order of their times.
    pub(super) refusals: Vec<ChangedRefusal>,
    /// Changes of state that only one side has, in the order of their times.
    pub(super) states: Vec<StateChange>,
    /// The ids of the rules that each side used.
    pub(super) rules: [BTreeSet<&'r str>; 2],
}

impl<'r> ChangedCourse<'r> {
    /// Compares the courses of a run under two policies.
    pub fn new(sides: [CompleteCourse<'r>; 2]) -> Self {
        let [old, new] = sides.map(|side| side.course.states(side.header));
        let states = old.symmetric_difference(&new).cloned().collect();
        let [old, new] = sides.map(|side| side.course.refused(side.header));
        let refusals = changed_refusals(&old, &new);
        Self { refusals, states, rules: sides.map(CompleteCourse::rules) }
    }
}
