//! The course of each instance: its states, protections and decisions in order, while records pass.
//!
//! A course is short: a large fleet keeps at most [`MOST_STEPS`] steps of each instance. The memory
//! of a page is therefore bounded by the number of instances.

use smallvec::SmallVec;

use crate::record::{Change, Subject, What};
use crate::time::SimTime;
use crate::words::{AccountId, GroupId, InstanceId, Lifecycle, PolicyId, ProtectionSet};

/// Number of steps that are kept of an instance of a large fleet.
const MOST_STEPS: usize = 48;

/// Number of steps that are kept of an instance of a fleet in which each has a lane.
const MOST_STEPS_OF_FEW: usize = 20_000;

/// Number of instances up to which a fleet is small.
pub(super) const FEW: usize = 60;

/// Number of changes that are kept of all accounts.
const MOST_OF_ACCOUNTS: usize = 2_000;

/// One step of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Step {
    /// Its kind.
    pub(super) what: Happened,
    /// Seconds since the start of the run.
    pub(super) at: u32,
}

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Happened {
    /// The state changed.
    State(Lifecycle, Lifecycle),
    /// The protections that are set changed.
    Protections(PolicyId, ProtectionSet, ProtectionSet),
    /// A release was scheduled, or the schedule was cancelled.
    Scheduled(bool),
    /// The end of the term is now at this second since the start; `None` if there is none.
    Term(Option<u32>),
    /// The instance joined a group, or left its group.
    Group(Option<GroupId>),
    /// A decision of this kind.
    Decision(u32),
    /// Further steps were left out.
    More,
}

impl Happened {
    /// The old and the new state of a change of state.
    pub(super) const fn state(self) -> Option<(Lifecycle, Lifecycle)> {
        if let Self::State(from, to) = self { Some((from, to)) } else { None }
    }

    /// The old and the new set of a change of protections.
    pub(super) const fn protections(self) -> Option<(ProtectionSet, ProtectionSet)> {
        if let Self::Protections(_, from, to) = self { Some((from, to)) } else { None }
    }

    /// The index of the kind of a decision.
    pub(super) const fn decision(self) -> Option<u32> {
        if let Self::Decision(coarse) = self { Some(coarse) } else { None }
    }
}

pub(super) type Steps = SmallVec<[Step; 2]>;

/// A change of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccountChange {
    pub(super) account: AccountId,
    pub(super) at: SimTime,
    /// Whether the change is about a cancellation; otherwise about the bill.
    pub(super) cancels: bool,
    /// Whether it is now in this state; it was not before, or the other way round.
    pub(super) to: bool,
}

/// The courses of all instances and accounts.
#[derive(Debug)]
pub(super) struct Courses {
    start: SimTime,
    /// Indexed by `InstanceId`.
    of: Vec<Steps>,
    most: usize,
    /// Changes of accounts, in order.
    pub(super) accounts: Vec<AccountChange>,
    /// Number of changes of accounts that were left out.
    pub(super) accounts_left_out: u64,
}

impl Courses {
    pub(super) fn new(start: SimTime, instances: usize) -> Self {
        Self {
            start,
            of: vec![Steps::new(); instances],
            most: if instances <= FEW { MOST_STEPS_OF_FEW } else { MOST_STEPS },
            accounts: Vec::new(),
            accounts_left_out: 0,
        }
    }

    /// The course of an instance.
    pub(super) fn of(&self, id: InstanceId) -> &[Step] {
        self.of.get(id.index()).map_or(&[], SmallVec::as_slice)
    }

    /// Seconds since the start.
    pub(super) fn elapsed(&self, at: SimTime) -> u32 {
        u32::try_from(at.since(self.start).seconds().max(0)).unwrap_or(u32::MAX)
    }

    /// Adds a step to the course of an instance.
    pub(super) fn push(&mut self, id: InstanceId, at: SimTime, what: Happened) {
        let at = self.elapsed(at);
        if self.of.len() <= id.index() {
            self.of.resize(id.index() + 1, Steps::new());
        }
        let steps = &mut self.of[id.index()];
        if steps.len() < self.most {
            steps.push(Step { what, at });
            return;
        }
        match (steps.last_mut(), what) {
            (Some(Step { what: Happened::More, .. }), _) => {}
            _ => steps.push(Step { what: Happened::More, at }),
        }
    }

    /// Takes a change of state.
    pub(super) fn take(&mut self, change: &Change) {
        match change.subject {
            Subject::Instance(id) => {
                let Some(what) = self.of_instance(change.what) else { return };
                self.push(id, change.at, what);
            }
            Subject::Account(account) => {
                let (cancels, to) = if let What::Arrears(to) = change.what {
                    (false, to)
                } else if let What::Cancelled(to) = change.what {
                    (true, to)
                } else {
                    return;
                };
                if self.accounts.len() < MOST_OF_ACCOUNTS {
                    let at = change.at;
                    self.accounts.push(AccountChange { account, at, cancels, to });
                } else {
                    self.accounts_left_out += 1;
                }
            }
            Subject::Group(_) => {}
        }
    }

    /// A change of an instance as a step; `None` if no lane shows it.
    fn of_instance(&self, what: What) -> Option<Happened> {
        Some(match what {
            What::State(from, to) => Happened::State(from, to),
            // A lane shows the protections that are certainly on.
            What::Protections(policy, from, to) if from.on != to.on => {
                Happened::Protections(policy, from.on, to.on)
            }
            What::Schedule(_, to) => Happened::Scheduled(to != SimTime::NEVER),
            What::Term(_, to) => Happened::Term((to != SimTime::NEVER).then(|| self.elapsed(to))),
            What::Group(_, to) => Happened::Group(to),
            What::Protections(..)
            | What::Billing(..)
            | What::Lock(..)
            | What::Size(..)
            | What::Deleted
            | What::Arrears(..)
            | What::Cancelled(..)
            | What::Model(..)
            | What::Probed(..)
            | What::Health(..)
            | What::Suspended(..)
            | What::Property(..) => return None,
        })
    }

    /// Number of instances with a course.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }
}
