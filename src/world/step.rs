//! The state of a run, and one event in progress.

use super::request::Call;
use crate::fleet::Fleet;
use crate::kernel::{
    Flow, FutureEvents, Limits, Model, Priority, Simulation, Stop, Streams, TimerId,
};
use crate::plan::{Event, Flags, FlagsRef, Plan, Play, Unread};
use crate::policy::{Remedy, Rulebook, Undecided};
use crate::record::{Cause, Record, Target};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{
    AccountId, Action, Channel, EventId, GroupId, HookResult, InstanceId, PolicyId, RuleId,
    SourceId, SwitchSet, Trigger,
};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;

/// What the world schedules itself, named by what it is about.
///
/// At one instant they fire in the order written here, and among each other by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// What a random source does next: a deed like an event of the script, so it comes
    /// before what falls due.
    Chance(SourceId),
    /// The next step of an account's arrears.
    BillingStep(AccountId),
    /// The next step of a subscription whose term ends.
    TermStep(InstanceId),
    /// The next step of a spot instance that is being taken back.
    ReclaimStep(InstanceId),
    /// The release for which a time was set.
    ScheduledRelease(InstanceId),
    /// The time-out of a hook that holds an instance up.
    Hook(InstanceId),
    /// A group looks at a member that it has found unhealthy.
    HealthCheck(InstanceId),
    /// The next batch of a group's upgrade.
    UpgradeBatch(GroupId),
    /// Autoscale looks at a group again.
    Autoscale(GroupId),
}

impl TimerId for Timer {
    const RANKS: u8 = 9;

    fn priority(&self) -> Priority {
        Priority(match self {
            Self::Chance(_) => 0,
            Self::BillingStep(_) => 1,
            Self::TermStep(_) => 2,
            Self::ReclaimStep(_) => 3,
            Self::ScheduledRelease(_) => 4,
            Self::Hook(_) => 5,
            Self::HealthCheck(_) => 6,
            Self::UpgradeBatch(_) => 7,
            Self::Autoscale(_) => 8,
        })
    }

    fn index(&self) -> u32 {
        match self {
            Self::Chance(source) => source.0,
            Self::BillingStep(account) => account.0,
            Self::TermStep(instance)
            | Self::ReclaimStep(instance)
            | Self::ScheduledRelease(instance)
            | Self::Hook(instance)
            | Self::HealthCheck(instance) => instance.0,
            Self::UpgradeBatch(group) | Self::Autoscale(group) => group.0,
        }
    }
}

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
    flags: Vec<Flags>,
    pub(super) streams: Streams,
    /// What is left to chance.
    pub(super) sources: Vec<super::random_events::Source>,
    pub(super) ties: BTreeMap<GroupId, ChaCha8Rng>,
    /// What hooks hold up.
    pub(super) held: BTreeMap<InstanceId, super::group::hooks::Held>,
    /// The members of each group that are held up on their way out.
    pub(super) leaving: BTreeMap<GroupId, super::group::hooks::Leaving>,
    /// New models on their way to members.
    pub(super) rolling: BTreeMap<GroupId, super::group::upgrade::Rolling>,
    /// How many members groups have created.
    pub(super) created: u32,
    /// Since when instances are locked for security, if that began in this run.
    pub(super) locked: BTreeMap<InstanceId, SimTime>,
    /// The remedy of the decision that is being carried out.
    pub(super) remedy: Option<Remedy>,
    /// The bill that the event under way has settled.
    pub(super) settled: Option<super::remedy::Settled>,
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
    unread: Option<Unread>,
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
    fn touch(&self, instance: InstanceId) {
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

impl Model for World {
    type Event = Result<(EventId, Event), Unread>;
    type Timer = Timer;
    type Record = Record;

    fn prefetch_event(&self, order: &Result<(EventId, Event), Unread>) {
        let Ok((_, order)) = order else { return };
        let targets = order.aim().instances.map(|targets| targets.of(&self.targets));
        if let Some([first, ..]) = targets {
            self.touch(*first);
        }
    }

    fn prefetch_timer(&self, timer: Timer) {
        match timer {
            Timer::TermStep(instance)
            | Timer::ReclaimStep(instance)
            | Timer::ScheduledRelease(instance)
            | Timer::Hook(instance)
            | Timer::HealthCheck(instance) => self.touch(instance),
            Timer::Chance(_)
            | Timer::BillingStep(_)
            | Timer::UpgradeBatch(_)
            | Timer::Autoscale(_) => {}
        }
    }

    fn handle_event(
        &mut self,
        order: &Result<(EventId, Event), Unread>,
        future_events: &mut FutureEvents<Timer>,
        out: &mut Vec<Record>,
    ) -> Flow {
        match order {
            Ok((event, order)) => Step::new(self, future_events, out).dispatch(*event, *order),
            Err(unread) => {
                self.unread = Some(unread.clone());
                Flow::Halt
            }
        }
    }

    fn handle_timer(
        &mut self,
        timer: Timer,
        future_events: &mut FutureEvents<Timer>,
        out: &mut Vec<Record>,
    ) -> Flow {
        let mut step = Step::new(self, future_events, out);
        match timer {
            Timer::Chance(source) => {
                let (event, order) = step.next_occurrence(source);
                return step.dispatch(event, order);
            }
            Timer::BillingStep(account) => step.billing_step(account),
            Timer::TermStep(instance) => step.term_step(instance),
            Timer::ReclaimStep(instance) => step.reclaim_step(instance),
            Timer::ScheduledRelease(instance) => step.scheduled_release(instance),
            Timer::Hook(instance) => step.hook_step(instance),
            Timer::HealthCheck(instance) => step.health_check(instance),
            Timer::UpgradeBatch(group) => step.upgrade_batch(group),
            Timer::Autoscale(group) => step.autoscale(group),
        }
        step.finish()
    }
}

impl<'w> Step<'w> {
    fn new(
        world: &'w mut World,
        future_events: &'w mut FutureEvents<Timer>,
        out: &'w mut Vec<Record>,
    ) -> Self {
        let now = future_events.now();
        Self { world, future_events, out, now }
    }

    /// Does what somebody ordered.
    fn dispatch(mut self, event: EventId, order: Event) -> Flow {
        let verb = order.verb();
        let call = |by, via| Call { event, verb, by, via };
        // What nobody calls comes in by no channel, and that is known.
        let nobody = call(None, Some(Channel::None));
        let step = &mut self;
        match order {
            Event::Create(o) => step.create(call(o.by, o.via), o.instance),
            Event::Release(o) => step.release_call(call(o.by, o.via), o),
            Event::Stop(o) => step.stop(call(o.by, o.via), o),
            Event::Start(o) => step.each(call(o.by, o.via), Action::Start, o.instance),
            Event::Restart(o) => step.each(call(o.by, o.via), Action::Restart, o.instance),
            Event::SetProtection(o) => step.set_protection(call(o.by, o.via), o),
            Event::ScheduleRelease(o) => step.schedule_release(call(o.by, o.via), o),
            Event::CancelScheduledRelease(o) => {
                step.each(call(o.by, o.via), Action::CancelScheduledRelease, o.instance);
            }
            Event::ConvertBilling(o) => step.convert_billing(call(o.by, o.via), o),
            Event::Renew(o) => step.renew(call(o.by, o.via), o),
            Event::Snapshot(o) => step.each(call(o.by, o.via), Action::Snapshot, o.instance),
            Event::CreateImage(o) => step.each(call(o.by, o.via), Action::CreateImage, o.instance),
            Event::ConvertAddress(o) => {
                step.each(call(o.by, o.via), Action::ConvertAddress, o.instance);
            }
            Event::Attach(o) => step.attach(call(o.by, o.via), o),
            Event::Detach(o) => step.detach(call(o.by, o.via), o),
            Event::ScaleIn(o) => step.scale_in(call(o.by, o.via), o),
            Event::ScaleOut(o) => step.scale_out(call(o.by, o.via), o),
            Event::SetCapacity(o) => step.set_capacity(call(o.by, o.via), o),
            Event::GroupAction(o) => step.group_action(call(o.by, o.via), o),
            Event::UpdateModel(o) => step.update_model(call(o.by, o.via), o),
            Event::Upgrade(o) => step.upgrade(call(o.by, o.via), o),
            Event::Reimage(o) => {
                let all = o.all_disks.unwrap_or(false);
                let action = if all { Action::ReimageAll } else { Action::Reimage };
                step.each(call(o.by, o.via), action, o.instance);
            }
            Event::Deallocate(o) => step.each(call(o.by, o.via), Action::Deallocate, o.instance),
            Event::Redeploy(o) => step.each(call(o.by, o.via), Action::Redeploy, o.instance),
            Event::EnterStandby(o) => step.stand_by(call(o.by, o.via), o.group, o.instances, true),
            Event::ExitStandby(o) => step.stand_by(call(o.by, o.via), o.group, o.instances, false),
            Event::Suspend(o) => step.suspend(call(o.by, o.via), o.group, o.process, true),
            Event::Resume(o) => step.suspend(call(o.by, o.via), o.group, o.process, false),
            Event::CompleteHook(o) => {
                let result = o.result.unwrap_or(HookResult::Continue);
                step.complete_hook(call(o.by, o.via), o.instance, result);
            }
            Event::Heartbeat(o) => step.heartbeat(call(o.by, o.via), o.instance),
            Event::DeleteMembers(o) => step.delete_members(call(o.by, o.via), o),
            Event::DeleteGroup(o) => step.delete_group(call(o.by, o.via), o),
            Event::Settle(o) => step.settle(call(o.by, o.via), o.account),
            Event::Overdue(o) => step.overdue(nobody, o.account),
            Event::Cancel(o) => step.cancel(nobody, o.account),
            Event::SetHealth(o) => step.set_health(nobody, o),
            Event::BalanceZones(o) => step.balance_zones(nobody, o.group),
            Event::Maintenance(o) => step.maintenance(nobody, o.instance),
            Event::SecurityLock(o) => step.security_lock(nobody, o.instance, true),
            Event::SecurityUnlock(o) => step.security_lock(nobody, o.instance, false),
            Event::SecurityRelease(o) => step.security_release(nobody, o.instance),
            Event::SpotReclaim(o) => step.spot_reclaim(nobody, o.instance),
        }
        self.finish()
    }

    /// Does what the event made happen at once to others.
    fn finish(mut self) -> Flow {
        while self.world.halt.is_none() {
            match self.world.followups.pop_front() {
                Some(Followup::HealthCheck(instance)) => self.health_check(instance),
                Some(Followup::Schedule(instance)) => self.fire_waiting(instance),
                None => match self.world.gone.pop_front() {
                    Some((group, trigger, lost)) => self.refill(group, trigger, lost),
                    None => break,
                },
            }
        }
        self.world.settled = None;
        if self.world.halt.is_some() { Flow::Halt } else { Flow::Continue }
    }
}

/// A plan under way: an iterator over its records. Nothing can fail from here on, unless
/// somebody changes a table of events while it is read; see [`World::unread`].
pub struct Run {
    simulation: Simulation<World, Play>,
}

impl Run {
    /// Starts a plan.
    pub fn start(plan: Plan) -> Self {
        Self::start_within(plan, Limits::default())
    }

    /// Starts a plan that may not exceed some limits.
    pub fn start_within(plan: Plan, limits: Limits) -> Self {
        let Plan { header, fleet, script, random, targets, flags, defaults, .. } = plan;
        let mut future_events = FutureEvents::starting_at(header.start);
        let end = header.end;
        let streams = Streams::new(header.seed, header.replication);
        let mut relied = vec![SwitchSet::EMPTY; header.rulebooks.len()];
        let books = header.rulebooks.iter();
        let mut reached: Vec<Vec<bool>> =
            books.map(|book| vec![false; book.policy.rules.len()]).collect();
        for (policy, rule) in defaults {
            let switches = header.rulebook(policy).basis(rule).switches;
            relied[policy.index()] = relied[policy.index()].union(switches);
            reached[policy.index()][rule.index()] = true;
        }
        // No release comes due of which nobody knows whether it is scheduled.
        for (_, instance) in fleet.instances().filter(|(_, instance)| !instance.schedule_known) {
            let policy = fleet.account(instance.account).policy;
            let switch = header.rulebook(policy).policy.unknown.schedule;
            relied[policy.index()] = relied[policy.index()].with(switch);
        }
        let mut world = World {
            fleet,
            header,
            targets,
            flags,
            streams,
            sources: random
                .into_iter()
                .map(|s| super::random_events::Source::new(s, &streams))
                .collect(),
            ties: BTreeMap::new(),
            held: BTreeMap::new(),
            leaving: BTreeMap::new(),
            created: 0,
            locked: BTreeMap::new(),
            remedy: None,
            settled: None,
            settled_at: BTreeMap::new(),
            rolling: BTreeMap::new(),
            relied,
            reached,
            seq: 0,
            followups: VecDeque::new(),
            gone: VecDeque::new(),
            halt: None,
            unread: None,
        };
        world.schedule_initial_timers(&mut future_events);
        world.schedule_random_sources(&mut future_events);
        Self { simulation: Simulation::new(world, script.play(), future_events, end, limits) }
    }

    /// The world as it stands between two steps.
    pub const fn world(&self) -> &World {
        self.simulation.model()
    }

    /// Why the run ended; `None` while it is under way.
    pub const fn stop(&self) -> Option<Stop> {
        self.simulation.stop()
    }

    /// How many events have happened.
    pub const fn events(&self) -> u64 {
        self.simulation.events()
    }

    /// The instant of the next event, if one comes before the end.
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.simulation.next_at()
    }

    /// Takes the next event; what it made the world record is then in [`Self::records`].
    pub fn step(&mut self) -> bool {
        self.simulation.step()
    }

    /// What the last event made the world record, in order.
    pub fn records(&self) -> &[Record] {
        self.simulation.records()
    }
}

impl Iterator for Run {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.simulation.next()
    }
}

impl World {
    /// Sets the timers that the fleet brings with it.
    fn schedule_initial_timers(&mut self, future_events: &mut FutureEvents<Timer>) {
        let start = future_events.now();
        let mut due = Vec::new();
        let mut joined: Vec<Option<SimTime>> = vec![None; self.fleet.groups().count()];
        for (id, instance) in self.fleet.instances() {
            if !instance.is_there() {
                continue;
            }
            // A member of which nobody says when it joined is as old as the start.
            if let Some(group) = instance.group.filter(|_| instance.joined < start) {
                let last = &mut joined[group.index()];
                *last = (*last).max(Some(instance.joined));
            }
            if instance.auto_release < SimTime::NEVER {
                due.push((Timer::ScheduledRelease(id), instance.auto_release));
            }
            if let Some(at) = super::subscription::next_term_step(self, id) {
                due.push((Timer::TermStep(id), at));
            }
        }
        for (group, last) in joined.into_iter().enumerate() {
            if let Some(last) = last {
                self.fleet.cool_down(GroupId::at(group), last);
            }
        }
        for (id, account) in self.fleet.accounts() {
            due.extend(
                super::billing::next_step(self, account).map(|at| (Timer::BillingStep(id), at)),
            );
        }
        for (id, group) in self.fleet.groups() {
            if group.autoscale.is_some() {
                due.push((Timer::Autoscale(id), start));
            }
        }
        for (timer, at) in due {
            future_events.set(timer, at.max(start));
        }
    }
}
