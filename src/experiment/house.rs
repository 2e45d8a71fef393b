//! Judges the house rules of a scenario at the start of a run and after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alerts::unseen_lift;
use crate::plan::{HouseDemand, HouseRule, Plan, Watcher};
use crate::policy::{Flags, SETS};
use crate::record::{Change, Decision, HouseFinding, Record, Request, Subject, Target, What};
use crate::run_header::RunHeader;
use crate::time::{SimSpan, SimTime};
use crate::words::{
    Action, ActorId, Effect, Fate, InstanceId, ProtectionId, ProtectionSet, ResourceKind, Trigger,
};
use crate::world::{Run, World};

/// The findings about the fleet of a plan at its start, with the names of its ids.
pub fn house_at_start(plan: Plan) -> (RunHeader, Vec<HouseFinding>) {
    if plan.house.is_empty() {
        return (plan.header, Vec::new());
    }
    let mut watch = HouseWatch::new(plan.house.clone(), plan.watch.clone());
    let run = Run::start(plan);
    let found = watch.begin(run.world()).into_iter().filter_map(|record| match record {
        Record::Finding(finding) => Some(finding),
        Record::Request(_)
        | Record::Decision(_)
        | Record::Change(_)
        | Record::Loss(_)
        | Record::Alert(_) => None,
    });
    let found = found.collect();
    (run.world().header().clone(), found)
}

/// The state of the house rules during a run.
pub struct HouseWatch {
    rules: Arc<[HouseRule]>,
    watchers: Arc<[Watcher]>,
    /// The rules that are broken for an instance, so that each break is reported once.
    broken: BTreeSet<(usize, InstanceId)>,
    /// The last snapshot of each instance in this run; `None` if its snapshots were deleted.
    snapshots: BTreeMap<InstanceId, Option<SimTime>>,
    /// The callers who scheduled the release of each instance, and its time.
    schedules: BTreeMap<InstanceId, (SimTime, BTreeSet<Option<ActorId>>)>,
}

/// The record that a finding follows.
#[derive(Clone, Copy)]
struct FindingPlace {
    /// Its request; `None` at the start and at the end of a term.
    seq: Option<u64>,
    at: SimTime,
    actor: Option<ActorId>,
}

/// The verb of a call that schedules a release.
const SCHEDULES: &str = "schedule-release";

impl HouseWatch {
    /// A watch over some rules, with the watches of the plan.
    pub const fn new(rules: Arc<[HouseRule]>, watchers: Arc<[Watcher]>) -> Self {
        Self {
            rules,
            watchers,
            broken: BTreeSet::new(),
            snapshots: BTreeMap::new(),
            schedules: BTreeMap::new(),
        }
    }

    /// Whether a rule is broken now, for any instance.
    pub fn is_broken(&self, rule: usize) -> bool {
        self.broken.iter().any(|(number, _)| *number == rule)
    }

    /// The findings about the fleet at the start.
    pub fn begin(&mut self, world: &World) -> Vec<Record> {
        let place = FindingPlace { seq: None, at: world.header().start, actor: None };
        let mut found = Vec::new();
        for (number, rule) in self.rules.clone().iter().enumerate() {
            for id in rule.instances.at_start() {
                self.look(number, rule, id, world, place, &mut found);
            }
        }
        found
    }

    /// The findings about the records of a step and the alerts that they raised.
    #[inline] // most runs have no house rule
    pub fn after(&mut self, records: &[Record], raised: &[Record], world: &World) -> Vec<Record> {
        let is_needed = !self.rules.is_empty();
        if is_needed { self.find(records, raised, world) } else { Vec::new() }
    }

    fn find(&mut self, records: &[Record], raised: &[Record], world: &World) -> Vec<Record> {
        let mut found = Vec::new();
        records.iter().for_each(|record| self.forget_lost_snapshot(record));
        let (alerts, watchers) = (first_alerts(raised), self.watchers.clone());
        for record in records {
            match record {
                Record::Change(change) => {
                    if let Subject::Instance(id) = change.subject {
                        self.note(id, change.what, change.at);
                    }
                    let (seq, actor) = (Some(change.seq), change.origin.actor());
                    let place = FindingPlace { seq, at: change.at, actor };
                    for (number, rule) in self.rules.clone().iter().enumerate() {
                        for id in touched(change.subject, rule, world) {
                            unannounced(rule, id, change, (&alerts, &watchers, world), &mut found);
                            self.look(number, rule, id, world, place, &mut found);
                        }
                    }
                }
                Record::Decision(decision) => self.release(decision, world, &mut found),
                Record::Request(request) => self.scheduled(request, world, &mut found),
                Record::Loss(_) | Record::Finding(_) | Record::Alert(_) => {}
            }
        }
        // The end of a term lets a release pass, even if it changes nothing else.
        for (id, at) in world.ended_terms() {
            let place = FindingPlace { seq: None, at: *at, actor: None };
            for (number, rule) in self.rules.clone().iter().enumerate() {
                if rule.instances.contains(*id, world.header()) {
                    self.look(number, rule, *id, world, place, &mut found);
                }
            }
        }
        found
    }

    fn note(&mut self, id: InstanceId, what: What, at: SimTime) {
        if let What::Property(_, ResourceKind::Snapshot) = what {
            self.snapshots.insert(id, Some(at));
        }
        if let What::Schedule(_, SimTime::NEVER) = what {
            self.schedules.remove(&id);
        }
    }

    /// Forgets the last snapshot of an instance if it is lost. All snapshots of an instance have
    /// the same fate. The losses of a release follow its decision, so they are read first.
    fn forget_lost_snapshot(&mut self, record: &Record) {
        if let Record::Loss(loss) = record
            && (loss.resource, loss.fate) == (ResourceKind::Snapshot, Fate::Lost)
        {
            self.snapshots.entry(loss.instance).and_modify(|taken| *taken = None);
        }
    }

    /// Notes the caller of each release that a call scheduled. A call for the time that is set
    /// already changes nothing, but its caller has scheduled the release as well.
    fn scheduled(&mut self, request: &Request, world: &World, found: &mut Vec<Record>) {
        let rules = self.rules.clone();
        let is_about = |rule: &HouseRule| matches!(rule.demand, HouseDemand::TwoToSchedule);
        if request.verb != SCHEDULES || request.got == 0 || !rules.iter().any(is_about) {
            return;
        }
        let (seq, at, actor) = (Some(request.seq), request.at, request.actor);
        let ids: Vec<InstanceId> = if let Target::Instance(id) = request.target {
            vec![id]
        } else {
            world.fleet().instances().map(|(id, _)| id).collect()
        };
        for id in ids.into_iter().filter(|id| world.scheduled_by(*id) == seq) {
            let to = world.fleet().instance(id).auto_release;
            let (time, callers) = self.schedules.entry(id).or_insert((to, BTreeSet::new()));
            if std::mem::replace(time, to) != to {
                callers.clear();
            }
            callers.insert(actor);
            for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| is_about(rule)) {
                if rule.instances.contains(id, world.header()) {
                    self.look(number, rule, id, world, FindingPlace { seq, at, actor }, found);
                }
            }
        }
    }

    /// Checks the requirement of a rule on the state of an instance.
    fn look(
        &mut self,
        number: usize,
        rule: &HouseRule,
        id: InstanceId,
        world: &World,
        place: FindingPlace,
        found: &mut Vec<Record>,
    ) {
        let exists = world.fleet().instance(id).exists();
        let wrong = match &rule.demand {
            _ if !exists => None,
            HouseDemand::InForce(sets, against) => {
                let set = sets[world.policy_of(id).index()];
                against.iter().find_map(|trigger| not_in_force(world, id, set, *trigger))
            }
            HouseDemand::TwoToRelease => one_can_release(world, id),
            HouseDemand::TwoToSchedule => self.one_scheduled(world, id),
            HouseDemand::SnapshotWithin(_) => None,
            HouseDemand::AlertWithin(within) => self.one_unseen(world, id, *within),
        };
        let Some(text) = wrong else {
            self.broken.remove(&(number, id));
            return;
        };
        if self.broken.insert((number, id)) {
            found.push(finding(rule, id, place, text));
        }
    }

    /// The violation, if a protection of an instance is on or may be on, and no alert would come in
    /// time after it is switched off.
    fn one_unseen(&self, world: &World, id: InstanceId, within: SimSpan) -> Option<String> {
        let (on, unknown) = world.protections(id);
        let mut all = on.union(unknown).iter();
        all.find_map(|protection| unseen_lift(&self.watchers, world, id, protection, within))
    }

    /// The violation, if one person alone has scheduled the release of an instance that is or may
    /// be protected.
    fn one_scheduled(&self, world: &World, id: InstanceId) -> Option<String> {
        let at = world.fleet().instance(id).auto_release;
        if at == SimTime::NEVER {
            return None;
        }
        let holding = Holding::of(world, id);
        let protected = match (holding.on.is_empty(), holding.unknown.is_empty()) {
            (false, _) => "it is protected".to_owned(),
            (true, false) => {
                let names = names(world, id, holding.unknown);
                format!("it is unknown whether {names} is on")
            }
            (true, true) => return None,
        };
        let header = world.header();
        let when = at.for_people_in_full(header.offset);
        let who = match self.schedules.get(&id).map(|(_, callers)| callers) {
            Some(callers) if callers.iter().flatten().count() > 1 => return None,
            Some(callers) => callers.iter().flatten().next().map(|by| header.actor(*by).to_owned()),
            None => None,
        };
        let who = who.map_or("no known caller".to_owned(), |who| format!("{who} alone"));
        Some(format!("{protected}, and {who} scheduled its release at {when}"))
    }

    /// Checks the rules about releases.
    fn release(&self, decision: &Decision, world: &World, found: &mut Vec<Record>) {
        if decision.effect != Effect::Released {
            return;
        }
        let id = decision.instance;
        let header = world.header();
        for rule in self.rules.iter().filter(|rule| rule.instances.contains(id, header)) {
            let HouseDemand::SnapshotWithin(within) = rule.demand else { continue };
            let Some(text) = self.without_snapshot(id, decision.at, within) else { continue };
            let (seq, actor) = (Some(decision.seq), decision.origin.actor());
            let place = FindingPlace { seq, at: decision.at, actor };
            found.push(finding(rule, id, place, text));
        }
    }

    fn without_snapshot(&self, id: InstanceId, at: SimTime, within: SimSpan) -> Option<String> {
        match self.snapshots.get(&id) {
            Some(Some(taken)) if at.since(*taken) <= within => None,
            Some(Some(taken)) => Some(format!(
                "it was released {} after its last snapshot; at most {within} is allowed",
                at.since(*taken)
            )),
            Some(None) => Some(format!(
                "it was released without a snapshot of the last {within}; those that the run took were deleted"
            )),
            None => Some(format!(
                "it was released without a snapshot of the last {within}; the run took none"
            )),
        }
    }
}

/// The instances of a rule that a change affects.
fn touched(subject: Subject, rule: &HouseRule, world: &World) -> Vec<InstanceId> {
    let mut all = world.instances_of(subject);
    all.retain(|id| rule.instances.contains(*id, world.header()));
    all
}

/// For each request and instance, the instant by which the first alert comes.
type FirstAlerts = BTreeMap<(u64, InstanceId), SimTime>;

fn first_alerts(raised: &[Record]) -> FirstAlerts {
    let mut first = FirstAlerts::new();
    for record in raised {
        if let Record::Alert(alert) = record
            && let Some((_, latest)) = alert.seen
        {
            let known = first.entry((alert.seq, alert.instance)).or_insert(latest);
            *known = latest.min(*known);
        }
    }
    first
}

/// Reports a protection that was switched off without an alert in time. If it is unknown whether
/// it was on, the alerts count that come if it was.
fn unannounced(
    rule: &HouseRule,
    id: InstanceId,
    change: &Change,
    (alerts, watchers, world): (&FirstAlerts, &[Watcher], &World),
    found: &mut Vec<Record>,
) {
    let HouseDemand::AlertWithin(within) = rule.demand else { return };
    let What::Protections(policy, from, to) = change.what else { return };
    let (lifted, perhaps) = from.lifted(to);
    let seen = alerts.get(&(change.seq, id)).map(|latest| latest.since(change.at));
    if seen.is_some_and(|after| after <= within) {
        return;
    }
    let names = |set| world.header().protections(policy, set).join(" and ");
    let text = if lifted.is_empty() {
        let unseen = |one| unseen_lift(watchers, world, id, one, within).is_some();
        let unseen: ProtectionSet = perhaps.iter().filter(|one| unseen(*one)).collect();
        if unseen.is_empty() {
            return;
        }
        let names = names(unseen);
        format!("{names}, which may have been on, was switched off without an alert in time")
    } else if let Some(after) = seen {
        format!(
            "{} was switched off, and the alert comes up to {after} later; at most {within} is allowed",
            names(lifted)
        )
    } else {
        format!("{} was switched off without an alert", names(lifted))
    };
    let (seq, actor) = (Some(change.seq), change.origin.actor());
    let place = FindingPlace { seq, at: change.at, actor };
    found.push(finding(rule, id, place, text));
}

fn finding(rule: &HouseRule, id: InstanceId, place: FindingPlace, text: String) -> Record {
    let FindingPlace { seq, at, actor } = place;
    Record::Finding(HouseFinding {
        seq,
        at,
        rule: rule.name.clone(),
        severity: rule.severity,
        subject: Subject::Instance(id),
        actor,
        text: text.into(),
    })
}

/// The protections of an instance that would hold against a manual release, whatever the values of
/// other unknown facts are.
struct Holding {
    /// Those that are on.
    on: ProtectionSet,
    /// Those whose setting is unknown.
    unknown: ProtectionSet,
}

impl Holding {
    fn of(world: &World, id: InstanceId) -> Self {
        let (on, unknown) = world.protections(id);
        let holds = |set: ProtectionSet| {
            set.iter().filter(|one| world.would_hold(id, *one, Trigger::Manual)).collect()
        };
        Self { on: holds(on), unknown: holds(unknown) }
    }
}

fn names(world: &World, id: InstanceId, set: ProtectionSet) -> String {
    world.header().protections(world.policy_of(id), set).join(" and ")
}

/// The reason why none of these protections is in force; `None` if one is.
fn not_in_force(
    world: &World,
    id: InstanceId,
    set: ProtectionSet,
    trigger: Trigger,
) -> Option<String> {
    let (on, unknown) = world.protections(id);
    let is_in_force = |protection: &ProtectionId| world.would_hold(id, *protection, trigger);
    if set.intersection(on).iter().any(|protection| is_in_force(&protection)) {
        return None;
    }
    let policy = world.policy_of(id);
    let names = |set| world.header().protections(policy, set).join(" and ");
    let book = world.header().rulebook(policy);
    let given = set.intersection(on);
    if given.is_empty() {
        let unclear = set.intersection(unknown);
        return Some(match (set.is_empty(), unclear.is_empty()) {
            (true, _) => "its policy has no such protection".to_owned(),
            (false, true) => format!("{} is off", names(set)),
            (false, false) => format!("it is unknown whether {} is on", names(unclear)),
        });
    }
    let idle = book.inert(&world.facts_without_request(id), given);
    let first =
        idle.iter().next().and_then(|id| book.policy.protections[id.index()].works_when.as_ref());
    let why = first.and_then(|(rule, _)| book.policy.rule(*rule).because.clone());
    Some(match (idle.is_empty(), why) {
        (false, Some(why)) => format!("{} is on, and has no effect: {why}", names(idle)),
        (false, None) => format!("{} is on, and has no effect", names(idle)),
        (true, _) => format!("{} is on, and does not hold against {trigger}", names(given)),
    })
}

/// The violation, if one caller can release the instance, after switching off the protections that
/// hold. A protection whose setting is unknown may be off.
fn one_can_release(world: &World, id: InstanceId) -> Option<String> {
    if world.refuses_release(id) {
        return None;
    }
    let holding = Holding::of(world, id);
    let lifts = if holding.on.is_empty() {
        String::new()
    } else {
        format!("switch off {} and ", names(world, id, holding.on))
    };
    let unless = if holding.unknown.is_empty() {
        String::new()
    } else {
        format!(" if {} is off, which is unknown", names(world, id, holding.unknown))
    };
    let Some(principals) = world.principals() else {
        return Some(format!(
            "every caller can {lifts}release it{unless}: there are no principals"
        ));
    };
    let off = Flags { off: holding.on, ..Flags::default() };
    let can = |caller: &ActorId| {
        (holding.on.is_empty() || world.may_call(*caller, SETS, Action::SetProtection, off, id))
            && world.may_call(*caller, "release", Action::Release, Flags::default(), id)
    };
    let who: Vec<&str> =
        principals.ids().filter(can).map(|caller| world.header().actor(caller)).collect();
    let who = (!who.is_empty()).then(|| who.join(" and "))?;
    Some(format!("{who} can {lifts}release it{unless}"))
}
