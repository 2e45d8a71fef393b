//! A run: the handlers of events and timers, and the iterator over its records.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::origins::Origins;
use super::pool::Pool;
use super::random_sources::RandomSourceState;
use super::request::Call;
use super::step::{Step, World};
use super::timer::Timer;
use crate::fleet::Instance;
use crate::kernel::{EventBatches, Flow, FutureEvents, Limits, Model, Simulation, Stop, Streams};
use crate::plan::{Event, NextEvent, Plan, Play, RandomSource, Script, Unread};
use crate::policy::Rulebook;
use crate::record::Record;
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{Action, Channel, EventId, GroupId, HookResult, PolicyId, SwitchSet};

impl Model for World {
    type Event = Result<(EventId, Event), Unread>;
    type Timer = Timer;
    type Record = Record;

    fn prefetch_event(&self, event: &Result<(EventId, Event), Unread>) {
        let Ok((_, event)) = event else { return };
        let targets = event.targets().instances.map(|targets| targets.of(&self.targets));
        if let Some([first, ..]) = targets {
            self.prefetch(*first);
        }
    }

    fn prefetch_timer(&self, timer: Timer) {
        match timer {
            Timer::TermStep(instance)
            | Timer::ReclaimStep(instance)
            | Timer::ScheduledRelease(instance)
            | Timer::Hook(instance)
            | Timer::HealthCheck(instance) => self.prefetch(instance),
            Timer::RandomSource(_)
            | Timer::BillingStep(_)
            | Timer::Refill(_)
            | Timer::UpgradeBatch(_)
            | Timer::Autoscale(_) => {}
        }
    }

    fn clear(&mut self, records: &mut Vec<Record>) {
        while let Some(last) = records.last() {
            // Others are dropped where they are: a copy of what was just written waits for all
            // earlier writes.
            if !matches!(last, Record::Decision(_) | Record::Loss(_)) {
                records.truncate(records.len() - 1);
                continue;
            }
            match records.pop() {
                Some(Record::Decision(decision)) => self.decisions.keep(decision),
                Some(Record::Loss(loss)) => self.losses.keep(loss),
                Some(
                    Record::Request(_) | Record::Change(_) | Record::Finding(_) | Record::Alert(_),
                )
                | None => {}
            }
        }
    }

    fn handle_event(
        &mut self,
        event: &Result<(EventId, Event), Unread>,
        future_events: &mut FutureEvents<Timer>,
        out: &mut Vec<Record>,
    ) -> Flow {
        match event {
            Ok((id, event)) => Step::new(self, future_events, out).dispatch(*id, event),
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
            Timer::RandomSource(source) => {
                let (id, event) = step.next_occurrence(source);
                return step.dispatch(id, &event);
            }
            Timer::BillingStep(account) => step.billing_step(account),
            Timer::TermStep(instance) => step.term_step(instance),
            Timer::ReclaimStep(instance) => step.reclaim_step(instance),
            Timer::ScheduledRelease(instance) => step.scheduled_release(instance),
            Timer::Hook(instance) => step.hook_step(instance),
            Timer::HealthCheck(instance) => step.health_check(instance),
            Timer::Refill(group) => step.refill(group),
            Timer::UpgradeBatch(group) => step.upgrade_batch(group),
            Timer::Autoscale(group) => step.autoscale(group),
        }
        step.finish()
    }
}

impl Step<'_> {
    /// Calls the handler of an event.
    fn dispatch(mut self, id: EventId, event: &Event) -> Flow {
        let verb = event.verb();
        let call = |by, via| Call { event: id, verb, by, via };
        // Events of the platform have no actor and are known to use no channel.
        let platform = call(None, Some(Channel::None));
        let step = &mut self;
        match *event {
            Event::Create(e) => step.create(call(e.by, e.via), e.instance),
            Event::Release(e) => step.release_call(call(e.by, e.via), e),
            Event::Stop(e) => step.stop(call(e.by, e.via), e),
            Event::Start(e) => step.each(call(e.by, e.via), Action::Start, e.instance),
            Event::Restart(e) => step.each(call(e.by, e.via), Action::Restart, e.instance),
            Event::SetProtection(e) => step.set_protection(call(e.by, e.via), e),
            Event::ScheduleRelease(e) => step.schedule_release(call(e.by, e.via), e),
            Event::CancelScheduledRelease(e) => {
                step.each(call(e.by, e.via), Action::CancelScheduledRelease, e.instance);
            }
            Event::ConvertBilling(e) => step.convert_billing(call(e.by, e.via), e),
            Event::Renew(e) => step.renew(call(e.by, e.via), e),
            Event::Snapshot(e) => step.each(call(e.by, e.via), Action::Snapshot, e.instance),
            Event::CreateImage(e) => step.each(call(e.by, e.via), Action::CreateImage, e.instance),
            Event::ConvertAddress(e) => {
                step.each(call(e.by, e.via), Action::ConvertAddress, e.instance);
            }
            Event::Attach(e) => step.attach(call(e.by, e.via), e),
            Event::Detach(e) => step.detach(call(e.by, e.via), e),
            Event::ScaleIn(e) => step.scale_in(call(e.by, e.via), e),
            Event::ScaleOut(e) => step.scale_out(call(e.by, e.via), e),
            Event::SetCapacity(e) => step.set_capacity(call(e.by, e.via), e),
            Event::GroupAction(e) => step.group_action(call(e.by, e.via), e),
            Event::UpdateModel(e) => step.update_model(call(e.by, e.via), e),
            Event::Upgrade(e) => step.upgrade(call(e.by, e.via), e),
            Event::Reimage(e) => {
                let all = e.all_disks.unwrap_or(false);
                let action = if all { Action::ReimageAll } else { Action::Reimage };
                step.each(call(e.by, e.via), action, e.instance);
            }
            Event::Deallocate(e) => step.each(call(e.by, e.via), Action::Deallocate, e.instance),
            Event::Redeploy(e) => step.each(call(e.by, e.via), Action::Redeploy, e.instance),
            Event::EnterStandby(e) => step.standby(call(e.by, e.via), e.group, e.instance, true),
            Event::ExitStandby(e) => step.standby(call(e.by, e.via), e.group, e.instance, false),
            Event::Suspend(e) => step.suspend(call(e.by, e.via), e.group, e.process, true),
            Event::Resume(e) => step.suspend(call(e.by, e.via), e.group, e.process, false),
            Event::CompleteHook(e) => {
                let result = e.result.unwrap_or(HookResult::Continue);
                step.complete_hook(call(e.by, e.via), e.instance, result);
            }
            Event::Heartbeat(e) => step.heartbeat(call(e.by, e.via), e.instance),
            Event::DeleteMembers(e) => step.delete_members(call(e.by, e.via), e),
            Event::DeleteGroup(e) => step.delete_group(call(e.by, e.via), e),
            Event::Settle(e) => step.settle(call(e.by, e.via), e.account),
            Event::Overdue(e) => step.overdue(platform, e.account),
            Event::Cancel(e) => step.cancel(platform, e.account),
            Event::SetHealth(e) => step.set_health(platform, e),
            Event::BalanceZones(e) => step.balance_zones(platform, e.group),
            Event::Maintenance(e) => step.maintenance(platform, e.instance),
            Event::SecurityLock(e) => step.security_lock(platform, e.instance, true),
            Event::SecurityUnlock(e) => step.security_lock(platform, e.instance, false),
            Event::SecurityRelease(e) => step.security_release(platform, e.instance),
            Event::SpotReclaim(e) => step.spot_reclaim(platform, e.instance),
        }
        self.finish()
    }

    /// Ends the event: members that waited only for members that have left continue.
    fn finish(mut self) -> Flow {
        while let (None, Some(group)) = (&self.world.halt, self.world.freed.pop_front()) {
            self.free_approved(group);
        }
        if self.world.halt.is_some() { Flow::Halt } else { Flow::Continue }
    }
}

impl EventBatches for Play {
    type Event = Result<(EventId, Event), Unread>;

    fn read(&mut self, most: usize, batch: &mut Vec<NextEvent>) {
        Self::read(self, most, batch);
    }
}

/// A run of a plan: an iterator over its records.
///
/// A run cannot fail, with one exception: a table of events that changes on disk while it is read
/// ends the run; see [`World::unread`].
pub struct Run {
    simulation: Simulation<World, Play>,
}

impl Run {
    /// Starts a run with the usual limits.
    pub fn start(plan: Plan) -> Self {
        Self::start_within(plan, Limits::default())
    }

    /// Starts a run that stops when it exceeds `limits`.
    pub fn start_within(plan: Plan, limits: Limits) -> Self {
        let script = plan.script.play();
        let end = plan.header.end;
        let (world, future_events) = World::begin(plan);
        Self { simulation: Simulation::new(world, script, future_events, end, limits) }
    }

    /// The world between two steps.
    pub const fn world(&self) -> &World {
        self.simulation.model()
    }

    /// Adds switches on which a judgement of the run depends, although the run itself does not.
    pub fn rely(&mut self, policy: PolicyId, switches: SwitchSet) {
        let relied = &mut self.simulation.model_mut().relied[policy.index()];
        *relied = relied.union(switches);
    }

    /// Why the run ended; `None` while it is in progress.
    pub const fn stop(&self) -> Option<Stop> {
        self.simulation.stop()
    }

    /// Number of events and timers handled so far.
    pub const fn events(&self) -> u64 {
        self.simulation.events()
    }

    /// Instant of the next event or timer; `None` if there is none before the end.
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.simulation.next_at()
    }

    /// Handles the next event or timer, whose records are then in [`Self::records`]; `false` if the
    /// run has ended.
    pub fn step(&mut self) -> bool {
        self.simulation.step()
    }

    /// Records of the last step, in the order in which they were made.
    pub fn records(&self) -> &[Record] {
        self.simulation.records()
    }
}

/// The start of the replications of a plan: the fleet and its first timers. It is computed once,
/// and each replication copies the parts that it changes.
pub struct StartingPoint {
    /// The world before the start of the random sources.
    world: World,
    future_events: FutureEvents<Timer>,
    script: Script,
    random: Vec<RandomSource>,
}

impl StartingPoint {
    /// The start of the replications of `plan`.
    pub fn new(plan: Plan) -> Self {
        let script = plan.script.clone();
        let (mut world, mut future_events, random) = World::prepare(plan);
        // Replications raise no alerts.
        world.calls = None;
        world.fleet.share();
        future_events.share();
        Self { world, future_events, script, random }
    }

    /// Header of the replications, apart from their numbers.
    pub const fn header(&self) -> &RunHeader {
        &self.world.header
    }

    /// Starts replication `number`.
    pub fn replication(&self, number: u64, limits: Limits) -> Run {
        let (mut world, mut future_events) = (self.world.clone(), self.future_events.clone());
        world.header.replication = number;
        world.start_random_sources(&self.random, &mut future_events);
        let (script, end) = (self.script.play(), world.header.end);
        Run { simulation: Simulation::new(world, script, future_events, end, limits) }
    }
}

impl Iterator for Run {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.simulation.next()
    }
}

impl World {
    /// The world of a plan at its start, and its first timers. The script stays with the caller.
    pub(super) fn begin(plan: Plan) -> (Self, FutureEvents<Timer>) {
        let (mut world, mut future_events, random) = Self::prepare(plan);
        world.start_random_sources(&random, &mut future_events);
        (world, future_events)
    }

    /// The world and the timers of [`Self::begin`] before the random sources are started, with
    /// these sources.
    fn prepare(plan: Plan) -> (Self, FutureEvents<Timer>, Vec<RandomSource>) {
        let calls = plan.needs_calls().then(Vec::new);
        let Plan { header, fleet, random, targets, flags, principals, defaults, .. } = plan;
        let mut future_events = FutureEvents::starting_at(header.start);
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
        for (_, instance) in fleet.instances() {
            let policy = fleet.account(instance.account).policy;
            let relied = &mut relied[policy.index()];
            *relied = relied.union(positions_at_start(instance, header.rulebook(policy)));
        }
        let mut world = Self {
            fleet,
            header,
            targets: Arc::new(targets),
            flags: flags.into(),
            principals,
            calls,
            ended_terms: Vec::new(),
            streams,
            sources: Vec::new(),
            ties: BTreeMap::new(),
            rankings: BTreeMap::new(),
            held: BTreeMap::new(),
            delayed: BTreeMap::new(),
            also_due: Vec::new(),
            created: 0,
            locked: BTreeMap::new(),
            remedy: None,
            settled: BTreeMap::new(),
            rolling: BTreeMap::new(),
            removed_at: None,
            origins: Origins::default(),
            relied,
            reached,
            seq: 0,
            freed: VecDeque::new(),
            lost_members: BTreeMap::new(),
            decisions: Pool::default(),
            losses: Pool::default(),
            halt: None,
            unread: None,
        };
        world.schedule_initial_timers(&mut future_events);
        (world, future_events, random)
    }

    /// Creates the random streams of the replication in the header, and sets the timers of the
    /// random sources.
    fn start_random_sources(
        &mut self,
        random: &[RandomSource],
        future_events: &mut FutureEvents<Timer>,
    ) {
        self.streams = Streams::new(self.header.seed, self.header.replication);
        let sources = random.iter().cloned();
        self.sources = sources.map(|one| RandomSourceState::new(one, &self.streams)).collect();
        self.schedule_random_sources(future_events);
    }

    /// Sets the timers that follow from the initial state of the fleet.
    fn schedule_initial_timers(&mut self, future_events: &mut FutureEvents<Timer>) {
        let start = future_events.now();
        let mut set = |timer, at: SimTime| future_events.set(timer, at.max(start));
        let mut joined: Vec<Option<SimTime>> = vec![None; self.fleet.groups().count()];
        for (id, instance) in self.fleet.instances() {
            if !instance.exists() {
                continue;
            }
            // Without a known time of joining, a member counts as joined at the start.
            if let Some(group) = instance.group.filter(|_| instance.joined < start) {
                let last = &mut joined[group.index()];
                *last = (*last).max(Some(instance.joined));
            }
            self.first_timers(id, start).for_each(|(timer, due)| set(timer, due));
            if let Some(due) = self.first_health_check(id, start) {
                set(Timer::HealthCheck(id), due);
            }
        }
        for (group, last) in joined.into_iter().enumerate() {
            if let Some(last) = last {
                self.fleet.cool_down(GroupId::from_index(group), last, None);
            }
        }
        for (id, account) in self.fleet.accounts() {
            if let Some(at) = super::billing::next_step(self, account) {
                set(Timer::BillingStep(id), at);
            }
        }
        for (id, group) in self.fleet.groups() {
            if group.autoscale.is_some() {
                set(Timer::Autoscale(id), start);
            }
        }
    }
}

/// The switches about unknown facts on which the initial state of an instance depends.
fn positions_at_start(instance: &Instance, book: &Rulebook) -> SwitchSet {
    let unknown = book.policy.unknown;
    let mut switches = SwitchSet::EMPTY;
    if !instance.schedule_known {
        // An unknown schedule is assumed to be empty.
        switches = switches.with(unknown.schedule);
    }
    if !instance.renewal_known && book.is_taken(unknown.renewal) {
        // A term that ended before the start may have been renewed since.
        switches = switches.with(unknown.renewal);
    }
    switches
}
