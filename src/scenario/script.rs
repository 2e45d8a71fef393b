//! The script: events as written become orders with ids, each at its instant.

use std::collections::BTreeSet;

use super::plan::Scripted;
use super::population::{seconds_cut, unknown_trigger};
use super::resolve::{Names, Resolver, protection_of};
use super::surface::{Due, EventPart};
use super::verbs::{Order, Targets, WrittenVerb};
use crate::fleet::Fleet;
use crate::policy::Column;
use crate::text::{Code, Place, Problem};
use crate::time::SimTime;
use crate::vocab::{AccountId, EventId, GroupId, Subject, Trigger};

/// The script of a plan.
pub struct Script {
    /// What happens, in the order written.
    pub events: Vec<Scripted>,
    /// The names of the events.
    pub names: Names,
    /// The names of those that this case leaves out.
    pub left_out: Names,
    /// Where each stands.
    pub places: Vec<Place>,
}

/// Resolves the events of a scenario, which ends at `end`.
pub fn script(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    events: &[EventPart],
    (end, length): (SimTime, Place),
) -> Script {
    let mut script = Script {
        events: Vec::new(),
        names: Names::default(),
        left_out: Names::default(),
        places: Vec::new(),
    };
    let taken: BTreeSet<&str> =
        events.iter().filter_map(|e| e.id.as_ref()).map(|id| &***id).collect();
    for (number, event) in events.iter().enumerate() {
        let (name, place) = match &event.id {
            Some(id) => (id.to_string(), id.place),
            None => (name_of_unnamed(number + 1, &taken), event.place),
        };
        if matches!(event.at, Due::Never) {
            script.left_out.intern(&name);
            continue;
        }
        if let Err(first) = script.names.define(&name, Some(place)) {
            let title = format!("the event `{name}` is defined twice");
            let mut problem = Problem::at(Code::Twice, place, title, "second definition");
            if let Some(first) = first {
                problem = problem.and_at(first, "first definition");
            }
            resolver.problems.add(problem.help("give one of them another `id`"));
            continue;
        }
        script.places.push(event.place);
        let Due::At(at) = event.at else { continue };
        let instant = at.from(resolver.start);
        if instant < resolver.start || instant > end {
            resolver.problems.add(outside(at.place, instant, (resolver.start, end), length));
        }
        let Some(written) = &event.verb else { continue };
        let Some(order) = written.resolve(resolver) else { continue };
        check_flags(resolver, fleet, written, &order, event.place);
        check_order(resolver, fleet, &order, event.place);
        let event = EventId::at(script.names.len() - 1);
        script.events.push(Scripted { at: instant, event, order });
    }
    script
}

/// What an event without an id is called: by its place in the list.
fn name_of_unnamed(number: usize, taken: &BTreeSet<&str>) -> String {
    let mut name = format!("event-{number}");
    while taken.contains(name.as_str()) {
        name.push('+');
    }
    name
}

/// The message that something would happen outside the scenario.
fn outside(
    place: Place,
    instant: SimTime,
    (start, end): (SimTime, SimTime),
    length: Place,
) -> Problem {
    let title = "this event would happen outside the scenario";
    if instant < start {
        let label = format!("{} before the start", start.since(instant));
        return Problem::at(Code::NeverReached, place, title, label)
            .help("let the scenario begin earlier, or use `at: never`");
    }
    let label = format!("{} after the end", instant.since(end));
    Problem::at(Code::NeverReached, place, title, label)
        .and_at(length, "the end is set here")
        .help(format!("write `for: {}` or more, or use `at: never`", instant.since(start)))
}

/// Every protection that is set must be one of that policy, for that kind of thing.
pub fn check_flags(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    written: &WrittenVerb,
    order: &Order,
    place: Place,
) {
    let (WrittenVerb::SetProtection(written), Order::SetProtection(order)) = (written, order)
    else {
        return;
    };
    if written.flags.0.is_empty() {
        let title = "`set-protection` without a protection would change nothing";
        let problem = Problem::at(Code::MissingKey, place, title, "sets nothing");
        resolver.problems.add(problem.help("write `flags: { NAME: true }`"));
    }
    let (kind, accounts) = match (order.instance, order.group) {
        (Some(targets), None) => (Subject::Instance, of_targets(resolver, fleet, targets)),
        (None, Some(group)) => (Subject::Group, vec![fleet.group(group).account]),
        _ => {
            let title = "`set-protection` is about instances or about a group";
            let problem = Problem::at(Code::MissingKey, place, title, "give one of the two");
            return resolver.problems.add(problem);
        }
    };
    for account in accounts {
        let book = &resolver.rulebooks[fleet.account(account).policy.index()];
        let wrong: Vec<_> = written
            .flags
            .0
            .iter()
            .filter_map(|(name, _)| protection_of(book, &name.value, name.place, kind).err())
            .collect();
        wrong.into_iter().for_each(|problem| resolver.problems.add(*problem));
    }
}

/// Members can stand by only where the policy has such a state.
fn check_standby(resolver: &mut Resolver<'_>, fleet: &Fleet, group: GroupId, place: Place) {
    let account = fleet.account(fleet.group(group).account);
    let policy = &resolver.rulebooks[account.policy.index()].policy;
    if policy.standby().is_none() {
        let title = format!("{} has no state of standing by", policy.name);
        let problem = Problem::at(Code::UnknownTrigger, place, title, "not known there");
        resolver.problems.add(problem);
    }
}

/// What can be said of an order before it runs: its policy must know its cause.
pub fn check_order(resolver: &mut Resolver<'_>, fleet: &Fleet, order: &Order, place: Place) {
    let (trigger, accounts): (Trigger, Vec<_>) = match order {
        Order::Release(o) => (Trigger::Manual, of_targets(resolver, fleet, o.instance)),
        Order::SecurityRelease(o) => {
            (Trigger::SecurityRelease, of_targets(resolver, fleet, o.instance))
        }
        Order::SpotReclaim(o) => (Trigger::SpotReclaim, of_targets(resolver, fleet, o.instance)),
        Order::ScheduleRelease(o) => {
            (Trigger::ScheduledRelease, of_targets(resolver, fleet, o.instance))
        }
        Order::Overdue(o) => (Trigger::BillingOverdue, vec![o.account]),
        Order::ScaleIn(o) => (Trigger::ScaleIn, vec![fleet.group(o.group).account]),
        Order::DeleteMembers(o) => (Trigger::DeleteMembers, vec![fleet.group(o.group).account]),
        Order::Detach(o) => (Trigger::Detach, vec![fleet.group(o.group).account]),
        Order::DeleteGroup(o) => (Trigger::GroupDelete, vec![fleet.group(o.group).account]),
        Order::SetCapacity(o) => (Trigger::ScaleIn, vec![fleet.group(o.group).account]),
        Order::GroupAction(o) => (Trigger::GroupAction, vec![fleet.group(o.group).account]),
        Order::UpdateModel(o) => (Trigger::ModelUpdate, vec![fleet.group(o.group).account]),
        Order::Upgrade(o) => (Trigger::ModelUpdate, vec![fleet.group(o.group).account]),
        Order::BalanceZones(o) => (Trigger::ZoneBalance, vec![fleet.group(o.group).account]),
        Order::Maintenance(o) => (Trigger::Maintenance, of_targets(resolver, fleet, o.instance)),
        Order::Cancel(o) => (Trigger::Cancellation, vec![o.account]),
        Order::EnterStandby(o) => return check_standby(resolver, fleet, o.group, place),
        Order::ExitStandby(o) => return check_standby(resolver, fleet, o.group, place),
        Order::SetProtection(_)
        | Order::Create(_)
        | Order::Stop(_)
        | Order::Start(_)
        | Order::Restart(_)
        | Order::CancelScheduledRelease(_)
        | Order::ConvertBilling(_)
        | Order::Renew(_)
        | Order::Snapshot(_)
        | Order::CreateImage(_)
        | Order::ConvertAddress(_)
        | Order::Attach(_)
        | Order::ScaleOut(_)
        | Order::Reimage(_)
        | Order::Deallocate(_)
        | Order::Redeploy(_)
        | Order::Suspend(_)
        | Order::Resume(_)
        | Order::CompleteHook(_)
        | Order::Heartbeat(_)
        | Order::SetHealth(_)
        | Order::Settle(_)
        | Order::SecurityLock(_)
        | Order::SecurityUnlock(_) => return,
    };
    for account in accounts {
        if let Order::ScheduleRelease(o) = order {
            let book = &resolver.rulebooks[fleet.account(account).policy.index()];
            let at = o.time.floor_to(book.policy.schedule.granularity);
            if at != o.time {
                resolver.problems.add(seconds_cut(place, o.time, at));
            }
        }
        let policy = &resolver.rulebooks[fleet.account(account).policy.index()].policy;
        if !policy.knows(Column::Trigger, trigger) {
            let problem = unknown_trigger(&policy.name, trigger, place);
            resolver.problems.add(problem);
            return;
        }
    }
}

pub fn of_targets(resolver: &Resolver<'_>, fleet: &Fleet, targets: Targets) -> Vec<AccountId> {
    let mut accounts: Vec<_> =
        targets.of(&resolver.targets).iter().map(|id| fleet.instance(*id).account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}
