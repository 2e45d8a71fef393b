//! The state of a run ([`World`]), and one event or timer in progress (`Step`).

use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::group::ranking::Ranking;
use super::group::state::{Delayed, Held, Rolling};
use super::noted_call::NotedCall;
use super::origins::Origins;
use super::pool::Pool;
use super::random_sources::RandomSourceState;
use super::timer::Timer;
use crate::fleet::{Arrears, Fleet};
use crate::kernel::{FutureEvents, Streams};
use crate::plan::{FlagsRef, Principals, Starts, Unread};
use crate::policy::{Facts, Flags, Remedy, Rulebook, Undecided};
use crate::record::{Cause, Decision, InstanceRow, Loss, Origin, Record, Subject, Target};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{
    AccountId, GroupId, InstanceId, Lifecycle, PolicyId, RuleId, SwitchSet, Trigger,
};

/// Why a run stopped early: its further course depends on an unknown fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The instant of the request.
    pub at: SimTime,
    /// The event or timer that caused the request.
    pub cause: Cause,
    /// The target of the request.
    pub about: Target,
    /// The policy that was consulted.
    pub policy: PolicyId,
    /// The positions of the unknown facts, with the result of each.
    pub on: Undecided,
}

/// The complete state of a run between two events.
#[derive(Clone)]
pub struct World {
    pub(super) fleet: Fleet,
    pub(super) header: RunHeader,
    pub(super) targets: Arc<Vec<InstanceId>>,
    pub(super) flags: Arc<[Flags]>,
    /// The permissions of callers; `None` if everybody may do everything.
    pub(super) principals: Option<Arc<Principals>>,
    /// The calls of the last step; `None` if nothing watches them.
    pub(super) calls: Option<Vec<NotedCall>>,
    /// The instances whose terms ended in the last step, each with the end of its term.
    pub(super) ended_terms: Vec<(InstanceId, SimTime)>,
    /// Random streams by name, for this seed and this replication.
    pub(super) streams: Streams,
    /// Random sources, indexed by `SourceId`.
    pub(super) sources: Vec<RandomSourceState>,
    /// The stream of each group that breaks ties at random, since its first draw.
    pub(super) ties: BTreeMap<GroupId, ChaCha8Rng>,
    /// The members of groups in their scale-in order, since the last scale-in.
    pub(super) rankings: BTreeMap<GroupId, Ranking>,
    /// Members that a lifecycle hook delays.
    pub(super) held: BTreeMap<InstanceId, Held>,
    /// For each group, the members that a hook delays.
    pub(super) delayed: BTreeMap<GroupId, Delayed>,
    /// The situations of the requests that would take an instance beside the one in progress, as
    /// the same hook has delayed them. Empty between decisions.
    pub(super) also_due: Vec<Facts>,
    /// Rolling upgrades in progress.
    pub(super) rolling: BTreeMap<GroupId, Rolling>,
    /// Number of members that groups have created in this run.
    pub(super) created: u32,
    /// Start of each security lock that began in this run.
    pub(super) locked: BTreeMap<InstanceId, SimTime>,
    /// Remedy of the decision that is being applied; `None` between decisions.
    pub(super) remedy: Option<Remedy>,
    /// The last arrears that each account settled in this run.
    pub(super) settled: BTreeMap<AccountId, Settled>,
    /// The instant at which a protection was last removed; `None` if none was.
    pub(super) removed_at: Option<SimTime>,
    /// Origins of timers and of removed protections.
    pub(super) origins: Origins,
    /// For each policy, the switches that an answer has relied on.
    pub(super) relied: Vec<SwitchSet>,
    /// For each policy, whether each of its rules has been used, indexed by `RuleId`.
    pub(super) reached: Vec<Vec<bool>>,
    /// Number of the next request.
    pub(super) seq: u64,
    /// Groups that a member left in the event in progress, for which others may have waited.
    pub(super) freed: VecDeque<GroupId>,
    /// Members that each group has lost since its last refill, by trigger, and those that it may
    /// replace later.
    pub(super) lost_members: BTreeMap<GroupId, Vec<LostMembers>>,
    /// Boxes for the decisions of a step.
    pub(super) decisions: Pool<Decision>,
    /// Boxes for the losses of a step.
    pub(super) losses: Pool<Loss>,
    /// Why the run stops before its end; `None` if it does not.
    pub(super) halt: Option<Box<Halt>>,
    /// Why the table of events could not be read to its end; `None` if it could.
    pub(super) unread: Option<Unread>,
}

impl World {
    /// The current state of the fleet.
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Header of the run, with the names of all ids.
    pub const fn header(&self) -> &RunHeader {
        &self.header
    }

    /// The permissions of callers; `None` if everybody may do everything.
    pub fn principals(&self) -> Option<&Principals> {
        self.principals.as_deref()
    }

    /// The calls of people in the last step, one for each instance that they are about; empty if
    /// nothing watches them.
    pub fn calls(&self) -> &[NotedCall] {
        self.calls.as_deref().unwrap_or_default()
    }

    /// Switches that any answer has relied on so far, indexed by `PolicyId`.
    pub fn relied(&self) -> &[SwitchSet] {
        &self.relied
    }

    /// Rules that have been used so far, apart from those that decisions, requests and losses name.
    pub fn reached(&self) -> impl Iterator<Item = (PolicyId, RuleId)> {
        self.reached.iter().enumerate().flat_map(|(policy, rules)| {
            let reached = rules.iter().enumerate().filter(|(_, reached)| **reached);
            reached.map(move |(rule, _)| (PolicyId::from_index(policy), RuleId::from_index(rule)))
        })
    }

    /// The instances of a subject: one instance, or all instances of a group or an account that
    /// exist.
    pub fn instances_of(&self, subject: Subject) -> Vec<InstanceId> {
        match subject {
            Subject::Instance(id) => vec![id],
            Subject::Group(group) => self.fleet.group(group).members.to_vec(),
            Subject::Account(account) => {
                let all = self.fleet.account(account).instances.iter().copied();
                all.filter(|id| self.fleet.instance(*id).exists()).collect()
            }
        }
    }

    /// Whether a lifecycle hook delays an instance.
    pub fn is_delayed(&self, id: InstanceId) -> bool {
        self.held.contains_key(&id)
    }

    /// The instances whose terms ended in the last step, each with the end of its term. The end of
    /// a term is no change of the instance: the clock of its policy can let it run on.
    pub fn ended_terms(&self) -> &[(InstanceId, SimTime)] {
        &self.ended_terms
    }

    /// Why the run stopped early; `None` if it did not.
    pub fn halt(&self) -> Option<&Halt> {
        self.halt.as_deref()
    }

    /// Why the table of events could not be read to its end; `None` if it could.
    pub const fn unread(&self) -> Option<&Unread> {
        self.unread.as_ref()
    }

    /// The instances as they stand now, in the order of their ids. `starts` are those of the plan.
    pub fn instance_rows<'w>(
        &'w self,
        starts: &'w Starts,
    ) -> impl Iterator<Item = InstanceRow> + 'w {
        self.fleet.instances().map(|(id, instance)| {
            let (on, unknown) = self.protections(id);
            let prices = self.fleet.prices(id);
            InstanceRow {
                instance: id,
                account: instance.account,
                group: instance.group,
                state: instance.state,
                policy: self.policy_of(id),
                on,
                unknown,
                billing: instance.billing_known.then_some(instance.billing),
                zone: instance.zone,
                created: (instance.state != Lifecycle::Absent).then_some(instance.created),
                hourly: prices.hourly,
                worth: prices.worth,
                start: starts.of(id, instance.created),
            }
        })
    }

    /// The protections that an event sets, as ids of `policy`.
    pub(super) fn flags_of(&self, flags: FlagsRef, policy: PolicyId) -> Flags {
        self.flags[flags.0 as usize + policy.index()]
    }

    pub(super) fn book(&self, account: AccountId) -> &Rulebook {
        self.header.rulebook(self.fleet.account(account).policy)
    }

    /// Prefetches an instance from memory.
    pub(super) fn prefetch(&self, instance: InstanceId) {
        // The whole row, which can be in three lines of the cache.
        black_box(*self.fleet.instance(instance));
    }
}

/// One event or timer in progress: the world, the future event list, and the output of records.
pub(super) struct Step<'w> {
    pub(super) world: &'w mut World,
    pub(super) future_events: &'w mut FutureEvents<Timer>,
    pub(super) out: &'w mut Vec<Record>,
    pub(super) now: SimTime,
}

/// Members that a group has lost for one reason.
#[derive(Debug, Clone, Copy)]
pub(super) struct LostMembers {
    pub trigger: Trigger,
    pub lost: u32,
    pub origin: Origin,
}

/// Arrears that an account has settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    /// When it settled them.
    pub at: SimTime,
    /// The origin of what follows from it.
    pub by: Origin,
    /// The arrears before they were settled.
    pub arrears: Arrears,
}

impl<'w> Step<'w> {
    pub(super) fn new(
        world: &'w mut World,
        future_events: &'w mut FutureEvents<Timer>,
        out: &'w mut Vec<Record>,
    ) -> Self {
        let now = future_events.now();
        if let Some(calls) = &mut world.calls {
            calls.clear();
        }
        world.ended_terms.clear();
        Self { world, future_events, out, now }
    }
}
