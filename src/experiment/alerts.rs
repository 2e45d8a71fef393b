//! Raises the alerts of a scenario's watches from the calls and changes of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::plan::{Plan, Watcher};
use crate::policy::Basis;
use crate::record::{Alert, CallAbout, Change, Decision, Record, Request, What};
use crate::run_header::RunHeader;
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AlertKind, Confidence, InstanceId, Lifecycle, PolicyId, ProtectionId, Recording, RequestResult,
    RuleId, TrailEvent, WatchedChange,
};
use crate::world::{NotedCall, World};

/// The state of the watches during a run.
pub struct AlertWatch {
    watchers: Arc<[Watcher]>,
    /// Whether a watch or an expectation needs calls.
    is_needed: bool,
    /// The first alert about each instance: its latest instant, and the index of the watch.
    first: BTreeMap<InstanceId, (SimTime, usize)>,
    /// The first alert about each instance that comes if a protection was on, which is unknown.
    perhaps: BTreeMap<InstanceId, (SimTime, usize)>,
    /// The calls about each instance.
    calls: BTreeMap<InstanceId, Vec<CallAbout>>,
}

/// An event that a trail may contain, about one instance.
struct Seen<'s> {
    kind: AlertKind,
    seq: u64,
    at: SimTime,
    instance: InstanceId,
    policy: PolicyId,
    of: TrailEvent,
    request: Option<&'s Request>,
    event: &'s str,
}

/// The calls and alerts of a step.
#[derive(Default)]
struct StepAlerts<'s> {
    /// The requests, by number.
    requests: BTreeMap<u64, &'s Request>,
    /// The numbers of the requests that are calls.
    called: BTreeSet<u64>,
    /// The first call about each instance.
    calls: BTreeMap<InstanceId, &'s NotedCall>,
    /// The alerts: index of the watch, request and instance.
    raised: BTreeSet<(usize, u64, InstanceId)>,
}

impl AlertWatch {
    /// The watches of a plan.
    pub fn new(plan: &Plan) -> Self {
        Self {
            watchers: plan.watch.clone(),
            is_needed: plan.needs_calls(),
            first: BTreeMap::new(),
            perhaps: BTreeMap::new(),
            calls: BTreeMap::new(),
        }
    }

    /// The alerts about the records of a step, and the losses in it.
    #[inline] // most runs have no watch
    pub fn after(&mut self, records: &[Record], world: &World) -> Vec<Record> {
        if self.is_needed { self.look_at(records, world) } else { Vec::new() }
    }

    fn look_at(&mut self, records: &[Record], world: &World) -> Vec<Record> {
        let mut found = Vec::new();
        let requests = records.iter().filter_map(|record| match record {
            Record::Request(request) => Some((request.seq, request)),
            Record::Decision(_)
            | Record::Change(_)
            | Record::Loss(_)
            | Record::Finding(_)
            | Record::Alert(_) => None,
        });
        let mut step = StepAlerts { requests: requests.collect(), ..StepAlerts::default() };
        self.note_calls(&mut step, world, &mut found);
        for record in records {
            if let Record::Change(change) = record {
                self.change(change, &mut step, world, &mut found);
            }
        }
        for record in records {
            if let Record::Decision(decision) = record
                && decision.effect.takes_the_instance()
            {
                found.push(self.loss(decision));
            }
        }
        found
    }

    /// Raises the alerts about the calls of a step.
    fn note_calls<'s>(
        &mut self,
        step: &mut StepAlerts<'s>,
        world: &'s World,
        found: &mut Vec<Record>,
    ) {
        let mut rows = BTreeSet::new();
        for call in world.calls() {
            step.called.insert(call.seq);
            step.calls.entry(call.instance).or_insert(call);
            let Some(request) = step.requests.get(&call.seq).copied() else { continue };
            let of = match request.result {
                RequestResult::Accepted | RequestResult::Partial => TrailEvent::Call,
                RequestResult::Refused => TrailEvent::RefusedCall,
                RequestResult::Denied => TrailEvent::DeniedCall,
            };
            let event = names(world.header(), call.policy, call.row);
            let seen = Seen {
                kind: AlertKind::Call,
                seq: call.seq,
                at: request.at,
                instance: call.instance,
                policy: call.policy,
                of,
                request: Some(request),
                event: &event,
            };
            let delay = delay(world.header(), call.policy, of, None);
            self.calls.entry(call.instance).or_default().push(CallAbout {
                at: request.at,
                event: Arc::from(&*event),
                actor: request.actor,
                seen: delay.and_then(|delay| delay.span).map(|(_, most)| request.at.after(most)),
            });
            for index in 0..self.watchers.len() {
                let watcher = &self.watchers[index];
                if watcher.names(call.policy, call.row)
                    && watcher.instances.contains(call.instance, world.header())
                    && rows.insert((index, call.seq, call.instance, call.row))
                {
                    step.raised.insert((index, call.seq, call.instance));
                    found.push(self.raise(index, &seen, world));
                }
            }
        }
    }

    /// Raises the alerts about a change.
    fn change(
        &mut self,
        change: &Change,
        step: &mut StepAlerts<'_>,
        world: &World,
        found: &mut Vec<Record>,
    ) {
        let Some(kind) = kind_of(change.what) else {
            return self.perhaps_lifted(change, step, world);
        };
        if self.watchers.iter().all(|watcher| !watcher.changes.contains(&kind)) {
            return;
        }
        let is_call = step.called.contains(&change.seq);
        let request = step.requests.get(&change.seq).copied().filter(|_| is_call);
        let of = if is_call { TrailEvent::Call } else { TrailEvent::Platform };
        for index in 0..self.watchers.len() {
            if !self.watchers[index].changes.contains(&kind) {
                continue;
            }
            for instance in world.instances_of(change.subject) {
                let watcher = &self.watchers[index];
                if !watcher.instances.contains(instance, world.header())
                    || !step.raised.insert((index, change.seq, instance))
                {
                    continue;
                }
                let policy = world.policy_of(instance);
                let call = step.calls.get(&instance).filter(|_| is_call);
                let event = call.map(|call| names(world.header(), call.policy, call.row));
                let seen = Seen {
                    kind: AlertKind::Change,
                    seq: change.seq,
                    at: change.at,
                    instance,
                    policy,
                    of,
                    request,
                    event: event.as_deref().unwrap_or_default(),
                };
                found.push(self.raise(index, &seen, world));
            }
        }
    }

    /// Notes the alerts that a change raises if a protection was on, which is unknown.
    fn perhaps_lifted(&mut self, change: &Change, step: &StepAlerts<'_>, world: &World) {
        let What::Protections(policy, from, to) = change.what else { return };
        if from.lifted(to).1.is_empty() {
            return;
        }
        let is_call = step.called.contains(&change.seq);
        let of = if is_call { TrailEvent::Call } else { TrailEvent::Platform };
        for (index, watcher) in self.watchers.iter().enumerate() {
            let delay = delay(world.header(), policy, of, watcher.after);
            let Some((_, most)) = delay.and_then(|delay| delay.span) else { continue };
            if !watcher.changes.contains(&WatchedChange::ProtectionLifted) {
                continue;
            }
            let latest = change.at.after(most);
            for instance in world.instances_of(change.subject) {
                if watcher.instances.contains(instance, world.header()) {
                    let first = self.perhaps.entry(instance).or_insert((latest, index));
                    *first = (latest, index).min(*first);
                }
            }
        }
    }

    fn raise(&mut self, index: usize, what: &Seen<'_>, world: &World) -> Record {
        let watcher = &self.watchers[index];
        let delay = delay(world.header(), what.policy, what.of, watcher.after);
        let seen = delay.and_then(|delay| delay.span);
        let seen = seen.map(|(least, most)| (what.at.after(least), what.at.after(most)));
        if let Some((_, latest)) = seen {
            let first = self.first.entry(what.instance).or_insert((latest, index));
            if latest < first.0 {
                *first = (latest, index);
            }
        }
        Record::Alert(Box::new(Alert {
            seq: what.seq,
            at: what.at,
            kind: what.kind,
            watch: Some(watcher.name.clone()),
            instance: what.instance,
            verb: what.request.map(|request| request.verb),
            event: what.event.into(),
            actor: what.request.and_then(|request| request.actor),
            trigger: None,
            seen,
            notice: None,
            basis: delay.map(|delay| (what.policy, delay.rule, delay.basis)),
            perhaps: None,
            calls: Vec::new(),
        }))
    }

    /// The loss of an instance, with the first alert about it.
    fn loss(&self, decision: &Decision) -> Record {
        let id = decision.instance;
        let first = self.first.get(&id);
        let perhaps = self.perhaps.get(&id);
        let perhaps = perhaps.filter(|(seen, _)| first.is_none_or(|(first, _)| seen < first));
        Record::Alert(Box::new(Alert {
            seq: decision.seq,
            at: decision.at,
            kind: AlertKind::Loss,
            watch: first.map(|(_, index)| self.watchers[*index].name.clone()),
            instance: id,
            verb: None,
            event: Box::default(),
            actor: decision.actor,
            trigger: Some(decision.trigger),
            seen: first.map(|(seen, _)| (*seen, *seen)),
            notice: first.map(|(seen, _)| decision.at.seconds() - seen.seconds()),
            basis: None,
            perhaps: perhaps.map(|(seen, index)| (self.watchers[*index].name.clone(), *seen)),
            calls: self.calls.get(&id).cloned().unwrap_or_default(),
        }))
    }
}

/// The delay of an alert.
#[derive(Clone, Copy)]
struct Delay {
    /// The shortest and the longest time; `None` if the trail does not contain the event.
    span: Option<(SimSpan, SimSpan)>,
    rule: RuleId,
    basis: Basis,
}

/// The time from an event to its alert; `None` if the policy states no trail. `after` replaces the
/// time of the policy.
fn delay(
    header: &RunHeader,
    policy: PolicyId,
    of: TrailEvent,
    after: Option<SimSpan>,
) -> Option<Delay> {
    let book = header.rulebook(policy);
    let trail = book.policy.trail.as_ref()?;
    let (row, basis) = book.trail_row(of)?;
    let own = Basis { confidence: Confidence::Assumed, ..Basis::NONE };
    let (span, basis) = match after {
        Some(after) => ((after, after), basis.union(own)),
        None => ((trail.shortest, trail.longest), basis),
    };
    let span = (row.says == Recording::Recorded).then_some(span);
    Some(Delay { span, rule: row.rule, basis })
}

/// Why no alert would come in time if a protection of an instance were switched off; `None` if an
/// alert would.
pub fn unseen_lift(
    watchers: &[Watcher],
    world: &World,
    id: InstanceId,
    protection: ProtectionId,
    within: SimSpan,
) -> Option<String> {
    let header = world.header();
    let policy = world.policy_of(id);
    let name = &header.rulebook(policy).policy.protections[protection.index()].name;
    let rows = world.rows_to_lift(id, protection);
    let sees = |watcher: &&Watcher| {
        let by_row = !rows.is_empty() && rows.iter().all(|row| watcher.names(policy, *row));
        watcher.instances.contains(id, header)
            && (by_row || watcher.changes.contains(&WatchedChange::ProtectionLifted))
    };
    let times = watchers.iter().filter(sees).filter_map(|watcher| {
        let span = delay(header, policy, TrailEvent::Call, watcher.after)?.span;
        span.map(|(_, most)| (most, &watcher.name))
    });
    match times.min() {
        Some((most, _)) if most <= within => None,
        Some((most, watch)) => Some(format!(
            "the alert of the watch {watch} comes up to {most} after {name} is switched off; at most {within} is allowed"
        )),
        None => {
            let events: BTreeSet<String> =
                rows.iter().map(|row| names(header, policy, *row)).collect();
            let events: Vec<&str> = events.iter().map(String::as_str).collect();
            let of = if events.is_empty() { "set-protection".into() } else { events.join(" and ") };
            Some(format!("no watch raises an alert when {name} is switched off; watch {of}"))
        }
    }
}

/// The names of a call in the audit trail, joined by ` or `.
fn names(header: &RunHeader, policy: PolicyId, row: RuleId) -> String {
    let permissions = header.rulebook(policy).policy.permissions.as_ref();
    let calls = permissions.map(|permissions| permissions.calls.as_slice()).unwrap_or_default();
    let call = calls.iter().find(|call| call.rule == row);
    call.map(|call| call.events.join(" or ")).unwrap_or_default()
}

/// The kind of a change, if it can be watched.
fn kind_of(what: What) -> Option<WatchedChange> {
    Some(match what {
        What::State(_, Lifecycle::Released) => WatchedChange::Released,
        What::State(Lifecycle::Running | Lifecycle::Pending, to) if to.is_down() => {
            WatchedChange::Stopped
        }
        What::Group(Some(_), None) => WatchedChange::LeftGroup,
        What::Schedule(_, to) if to != SimTime::NEVER => WatchedChange::ReleaseScheduled,
        What::Protections(_, from, to) if !from.lifted(to).0.is_empty() => {
            WatchedChange::ProtectionLifted
        }
        What::Billing(..) => WatchedChange::BillingConverted,
        What::Arrears(true) | What::Cancelled(true) => WatchedChange::AccountClosing,
        What::State(..)
        | What::Group(..)
        | What::Schedule(..)
        | What::Protections(..)
        | What::Term(..)
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
