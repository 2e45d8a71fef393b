//! The world: what reacts to events. One exhaustive match over what a scenario
//! may write, one over what the world schedules itself.
//!
//! It must never know files, names of providers, or how anything is reported.
//! It asks the policy about everything that a provider decides.
//!
//! # Lifecycle of a step
//!
//! `event → instances concerned → facts → policy.judge(facts) → ruling →
//! fleet.apply → record (+ timers)`. What one request makes happen at once to
//! others (a stopped member found unhealthy, a schedule that had waited) follows
//! as a request of its own, after it and at the same instant.

mod apply;
mod ask;
mod autoscale;
mod billing;
mod bounds;
mod calls;
mod chance;
mod decide;
mod grow;
mod health;
mod hooks;
mod members;
mod remedy;
mod schedule;
mod shrink;
mod situation;
mod terms;
mod upgrade;

use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;

use rand_chacha::ChaCha8Rng;

use crate::fleet::Fleet;
use crate::kernel::{Agenda, Flow, Limits, Model, Rank, Simulation, Stop, Streams, Timer as Named};
use crate::policy::{Remedy, Rulebook, Undecided};
use crate::record::{Cause, Legend, Record, Target};
use crate::scenario::{Flags, FlagsRef, Order, Plan, Play, Unread};
use crate::time::SimTime;
use crate::vocab::{
    AccountId, Action, Channel, EventId, GroupId, HookResult, InstanceId, PolicyId, RuleId,
    SourceId, SwitchSet, Trigger,
};
use ask::Call;

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

impl Named for Timer {
    const RANKS: u8 = 9;

    fn rank(&self) -> Rank {
        Rank(match self {
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
    fleet: Fleet,
    legend: Legend,
    targets: Vec<InstanceId>,
    flags: Vec<Flags>,
    streams: Streams,
    /// What is left to chance.
    sources: Vec<chance::Source>,
    ties: BTreeMap<GroupId, ChaCha8Rng>,
    /// What hooks hold up.
    held: BTreeMap<InstanceId, hooks::Held>,
    /// The members of each group that are held up on their way out.
    leaving: BTreeMap<GroupId, hooks::Leaving>,
    /// New models on their way to members.
    rolling: BTreeMap<GroupId, upgrade::Rolling>,
    /// How many members groups have created.
    created: u32,
    /// Since when instances are locked for security, if that began in this run.
    locked: BTreeMap<InstanceId, SimTime>,
    /// The remedy of the decision that is being carried out.
    remedy: Option<Remedy>,
    /// The bill that the event under way has settled.
    settled: Option<remedy::Settled>,
    /// When each account last settled a bill.
    settled_at: BTreeMap<AccountId, SimTime>,
    relied: Vec<SwitchSet>,
    /// For each policy, the rules that have had something to say.
    reached: Vec<Vec<bool>>,
    seq: u64,
    /// What the event under way makes happen at once to others.
    followups: VecDeque<Followup>,
    /// How many members each group has lost by it, and by what cause.
    gone: VecDeque<(GroupId, Trigger, u32)>,
    halt: Option<Box<Halt>>,
    unread: Option<Unread>,
}

impl World {
    /// The fleet as it stands.
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// What ids mean.
    pub const fn legend(&self) -> &Legend {
        &self.legend
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
    fn flags_of(&self, flags: FlagsRef, policy: PolicyId) -> Flags {
        self.flags[flags.0 as usize + policy.index()]
    }

    fn book(&self, account: AccountId) -> &Rulebook {
        self.legend.rulebook(self.fleet.account(account).policy)
    }

    /// Has an instance fetched from memory, most of it.
    fn touch(&self, instance: InstanceId) {
        let instance = self.fleet.instance(instance);
        black_box((instance.created, instance.state));
    }
}

/// One event under way: the world, the agenda, and where records go.
struct Step<'w> {
    world: &'w mut World,
    agenda: &'w mut Agenda<Timer>,
    out: &'w mut Vec<Record>,
    now: SimTime,
}

/// What a request makes happen at once to others.
#[derive(Debug, Clone, Copy)]
enum Followup {
    /// A member of a group no longer runs.
    HealthCheck(InstanceId),
    /// A release that has waited may fire.
    Schedule(InstanceId),
}

impl Model for World {
    type Order = Result<(EventId, Order), Unread>;
    type Timer = Timer;
    type Record = Record;

    fn foresee_order(&self, order: &Result<(EventId, Order), Unread>) {
        let Ok((_, order)) = order else { return };
        let targets = order.aim().instances.map(|targets| targets.of(&self.targets));
        if let Some([first, ..]) = targets {
            self.touch(*first);
        }
    }

    fn foresee_timer(&self, timer: Timer) {
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

    fn obey(
        &mut self,
        order: &Result<(EventId, Order), Unread>,
        agenda: &mut Agenda<Timer>,
        out: &mut Vec<Record>,
    ) -> Flow {
        match order {
            Ok((event, order)) => Step::new(self, agenda, out).follow(*event, *order),
            Err(unread) => {
                self.unread = Some(unread.clone());
                Flow::Halt
            }
        }
    }

    fn ring(&mut self, timer: Timer, agenda: &mut Agenda<Timer>, out: &mut Vec<Record>) -> Flow {
        let mut step = Step::new(self, agenda, out);
        match timer {
            Timer::Chance(source) => {
                let (event, order) = step.strike(source);
                return step.follow(event, order);
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
    fn new(world: &'w mut World, agenda: &'w mut Agenda<Timer>, out: &'w mut Vec<Record>) -> Self {
        let now = agenda.now();
        Self { world, agenda, out, now }
    }

    /// Does what somebody ordered.
    fn follow(mut self, event: EventId, order: Order) -> Flow {
        let verb = order.verb();
        let call = |by, via| Call { event, verb, by, via };
        // What nobody calls comes in by no channel, and that is known.
        let nobody = call(None, Some(Channel::None));
        let step = &mut self;
        match order {
            Order::Create(o) => step.create(call(o.by, o.via), o.instance),
            Order::Release(o) => step.release_call(call(o.by, o.via), o),
            Order::Stop(o) => step.stop(call(o.by, o.via), o),
            Order::Start(o) => step.each(call(o.by, o.via), Action::Start, o.instance),
            Order::Restart(o) => step.each(call(o.by, o.via), Action::Restart, o.instance),
            Order::SetProtection(o) => step.set_protection(call(o.by, o.via), o),
            Order::ScheduleRelease(o) => step.schedule_release(call(o.by, o.via), o),
            Order::CancelScheduledRelease(o) => {
                step.each(call(o.by, o.via), Action::CancelScheduledRelease, o.instance);
            }
            Order::ConvertBilling(o) => step.convert_billing(call(o.by, o.via), o),
            Order::Renew(o) => step.renew(call(o.by, o.via), o),
            Order::Snapshot(o) => step.each(call(o.by, o.via), Action::Snapshot, o.instance),
            Order::CreateImage(o) => step.each(call(o.by, o.via), Action::CreateImage, o.instance),
            Order::ConvertAddress(o) => {
                step.each(call(o.by, o.via), Action::ConvertAddress, o.instance);
            }
            Order::Attach(o) => step.attach(call(o.by, o.via), o),
            Order::Detach(o) => step.detach(call(o.by, o.via), o),
            Order::ScaleIn(o) => step.scale_in(call(o.by, o.via), o),
            Order::ScaleOut(o) => step.scale_out(call(o.by, o.via), o),
            Order::SetCapacity(o) => step.set_capacity(call(o.by, o.via), o),
            Order::GroupAction(o) => step.group_action(call(o.by, o.via), o),
            Order::UpdateModel(o) => step.update_model(call(o.by, o.via), o),
            Order::Upgrade(o) => step.upgrade(call(o.by, o.via), o),
            Order::Reimage(o) => {
                let all = o.all_disks.unwrap_or(false);
                let action = if all { Action::ReimageAll } else { Action::Reimage };
                step.each(call(o.by, o.via), action, o.instance);
            }
            Order::Deallocate(o) => step.each(call(o.by, o.via), Action::Deallocate, o.instance),
            Order::Redeploy(o) => step.each(call(o.by, o.via), Action::Redeploy, o.instance),
            Order::EnterStandby(o) => step.stand_by(call(o.by, o.via), o.group, o.instances, true),
            Order::ExitStandby(o) => step.stand_by(call(o.by, o.via), o.group, o.instances, false),
            Order::Suspend(o) => step.suspend(call(o.by, o.via), o.group, o.process, true),
            Order::Resume(o) => step.suspend(call(o.by, o.via), o.group, o.process, false),
            Order::CompleteHook(o) => {
                let result = o.result.unwrap_or(HookResult::Continue);
                step.complete_hook(call(o.by, o.via), o.instance, result);
            }
            Order::Heartbeat(o) => step.heartbeat(call(o.by, o.via), o.instance),
            Order::DeleteMembers(o) => step.delete_members(call(o.by, o.via), o),
            Order::DeleteGroup(o) => step.delete_group(call(o.by, o.via), o),
            Order::Settle(o) => step.settle(call(o.by, o.via), o.account),
            Order::Overdue(o) => step.overdue(nobody, o.account),
            Order::Cancel(o) => step.cancel(nobody, o.account),
            Order::SetHealth(o) => step.set_health(nobody, o),
            Order::BalanceZones(o) => step.balance_zones(nobody, o.group),
            Order::Maintenance(o) => step.maintenance(nobody, o.instance),
            Order::SecurityLock(o) => step.security_lock(nobody, o.instance, true),
            Order::SecurityUnlock(o) => step.security_lock(nobody, o.instance, false),
            Order::SecurityRelease(o) => step.security_release(nobody, o.instance),
            Order::SpotReclaim(o) => step.spot_reclaim(nobody, o.instance),
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
        let Plan { legend, fleet, script, random, targets, flags, defaults, .. } = plan;
        let mut agenda = Agenda::starting_at(legend.start);
        let end = legend.end;
        let streams = Streams::new(legend.seed, legend.replication);
        let mut relied = vec![SwitchSet::EMPTY; legend.rulebooks.len()];
        let books = legend.rulebooks.iter();
        let mut reached: Vec<Vec<bool>> =
            books.map(|book| vec![false; book.policy.rules.len()]).collect();
        for (policy, rule) in defaults {
            let switches = legend.rulebook(policy).basis(rule).switches;
            relied[policy.index()] = relied[policy.index()].and(switches);
            reached[policy.index()][rule.index()] = true;
        }
        // No release comes due of which nobody knows whether it is scheduled.
        for (_, instance) in fleet.instances().filter(|(_, instance)| !instance.schedule_known) {
            let policy = fleet.account(instance.account).policy;
            let switch = legend.rulebook(policy).policy.unknown.schedule;
            relied[policy.index()] = relied[policy.index()].with(switch);
        }
        let mut world = World {
            fleet,
            legend,
            targets,
            flags,
            streams,
            sources: random.into_iter().map(|s| chance::Source::new(s, &streams)).collect(),
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
        world.wind_up(&mut agenda);
        world.begin_chance(&mut agenda);
        Self { simulation: Simulation::new(world, script.play(), agenda, end, limits) }
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
    fn wind_up(&mut self, agenda: &mut Agenda<Timer>) {
        let start = agenda.now();
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
            if let Some(at) = terms::next_term_step(self, id) {
                due.push((Timer::TermStep(id), at));
            }
        }
        for (group, last) in joined.into_iter().enumerate() {
            if let Some(last) = last {
                self.fleet.cool_down(GroupId::at(group), last);
            }
        }
        for (id, account) in self.fleet.accounts() {
            due.extend(billing::next_step(self, account).map(|at| (Timer::BillingStep(id), at)));
        }
        for (id, group) in self.fleet.groups() {
            if group.autoscale.is_some() {
                due.push((Timer::Autoscale(id), start));
            }
        }
        for (timer, at) in due {
            agenda.set(timer, at.max(start));
        }
    }
}
