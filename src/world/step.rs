//! The state of a run, and one event in progress.

use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;

use rand_chacha::ChaCha8Rng;

use super::group::state::{Held, Leaving, Rolling};
use super::random_sources::Source;
use super::timer::Timer;
use crate::fleet::{Arrears, Fleet};
use crate::kernel::{FutureEvents, Streams};
use crate::plan::{Flags, FlagsRef, Unread};
use crate::policy::{Remedy, Rulebook, Undecided};
use crate::record::{Cause, Record, Target};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{AccountId, GroupId, InstanceId, PolicyId, RuleId, SwitchSet, Trigger};

/// Why a run could not be decided to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// When.
    pub at: SimTime,
    /// What asked.
    pub cause: Cause,
    /// Of what.
    pub about: Target,
    /// Its policy.
    pub policy: PolicyId,
    /// What the answer depends on.
    pub on: Undecided,
}

/// Everything that a run is about.
pub struct World {
    pub(super) fleet: Fleet,
    pub(super) header: RunHeader,
    pub(super) targets: Vec<InstanceId>,
    pub(super) flags: Vec<Flags>,
    pub(super) streams: Streams,
    /// What is left to chance.
    pub(super) sources: Vec<Source>,
    pub(super) ties: BTreeMap<GroupId, ChaCha8Rng>,
    /// What hooks hold up.
    pub(super) held: BTreeMap<InstanceId, Held>,
    /// The members of each group that are held up on their way out.
    pub(super) leaving: BTreeMap<GroupId, Leaving>,
    /// New models on their way to members.
    pub(super) rolling: BTreeMap<GroupId, Rolling>,
    /// How many members groups have created.
    pub(super) created: u32,
    /// Since when instances are locked for security, if that began in this run.
    pub(super) locked: BTreeMap<InstanceId, SimTime>,
    /// The remedy of the decision that is being carried out.
    pub(super) remedy: Option<Remedy>,
    /// The bill that the event under way has settled.
    pub(super) settled: Option<Settled>,
    /// When each account last settled a bill.
    pub(super) settled_at: BTreeMap<AccountId, SimTime>,
    pub(super) relied: Vec<SwitchSet>,
    /// For each policy, the rules that have had something to say.
    pub(super) reached: Vec<Vec<bool>>,
    pub(super) seq: u64,
    /// What the event under way makes happen at once to others.
    pub(super) followups: VecDeque<Followup>,
    /// How many members each group has lost by it, and by what cause.
    pub(super) gone: VecDeque<(GroupId, Trigger, u32)>,
    pub(super) halt: Option<Box<Halt>>,
    pub(super) unread: Option<Unread>,
}

impl World {
    /// The fleet as it stands.
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// What ids mean.
    pub const fn header(&self) -> &RunHeader {
        &self.header
    }

    /// The switches that anything has relied on so far, for each policy.
    pub fn relied(&self) -> &[SwitchSet] {
        &self.relied
    }

    /// The rules that have had something to say so far, besides those that decisions,
    /// requests and losses name.
    pub fn reached(&self) -> impl Iterator<Item = (PolicyId, RuleId)> {
        self.reached.iter().enumerate().flat_map(|(policy, rules)| {
            let reached = rules.iter().enumerate().filter(|(_, reached)| **reached);
            reached.map(move |(rule, _)| (PolicyId::at(policy), RuleId::at(rule)))
        })
    }

    /// Why the run could not go on, if it could not.
    pub fn halt(&self) -> Option<&Halt> {
        self.halt.as_deref()
    }

    /// What became of the table of events, if it could not be read to its end.
    pub const fn unread(&self) -> Option<&Unread> {
        self.unread.as_ref()
    }

    /// The protections that an order switches, by the ids of a policy.
    pub(super) fn flags_of(&self, flags: FlagsRef, policy: PolicyId) -> Flags {
        self.flags[flags.0 as usize + policy.index()]
    }

    pub(super) fn book(&self, account: AccountId) -> &Rulebook {
        self.header.rulebook(self.fleet.account(account).policy)
    }

    /// Has an instance fetched from memory, most of it.
    pub(super) fn touch(&self, instance: InstanceId) {
        let instance = self.fleet.instance(instance);
        black_box((instance.created, instance.state));
    }
}

/// One event under way: the world, the future event list, and where records go.
pub(super) struct Step<'w> {
    pub(super) world: &'w mut World,
    pub(super) future_events: &'w mut FutureEvents<Timer>,
    pub(super) out: &'w mut Vec<Record>,
    pub(super) now: SimTime,
}

/// What a request makes happen at once to others.
#[derive(Debug, Clone, Copy)]
pub(super) enum Followup {
    /// A member of a group no longer runs.
    HealthCheck(InstanceId),
    /// A release that has waited may fire.
    Schedule(InstanceId),
}

/// A bill that was settled by the event under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    /// The account.
    pub account: AccountId,
    /// The arrears that it was in.
    pub arrears: Arrears,
}

impl<'w> Step<'w> {
    pub(super) fn new(
        world: &'w mut World,
        future_events: &'w mut FutureEvents<Timer>,
        out: &'w mut Vec<Record>,
    ) -> Self {
        let now = future_events.now();
        Self { world, future_events, out, now }
    }
}
