//! The script: events as written become orders with ids, each at its instant.

use super::plan::Scripted;
use super::population::{seconds_cut, unknown_trigger};
use super::resolve::{Names, Resolver};
use super::surface::EventPart;
use super::verbs::{Order, Targets};
use crate::fleet::Fleet;
use crate::policy::Column;
use crate::text::{Code, Place, Problem};
use crate::time::SimTime;
use crate::vocab::{AccountId, EventId, Trigger};

/// The script of a plan.
pub struct Script {
    /// What happens, in the order written.
    pub events: Vec<Scripted>,
    /// The names of the events.
    pub names: Names,
    /// Where each stands.
    pub places: Vec<Place>,
}

/// Resolves the events of a scenario.
pub fn script(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    events: &[EventPart],
    end: SimTime,
) -> Script {
    let mut script = Script { events: Vec::new(), names: Names::default(), places: Vec::new() };
    for (number, event) in events.iter().enumerate() {
        let Some(at) = event.at else { continue };
        let (name, place) = match &event.id {
            Some(id) => (id.to_string(), id.place),
            None => (format!("event-{}", number + 1), event.place),
        };
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
        let instant = at.from(resolver.start);
        if instant < resolver.start || instant > end {
            let title = "this event would happen outside the scenario";
            let label = if instant > end {
                format!("{} after the end", instant.since(end))
            } else {
                format!("{} before the start", resolver.start.since(instant))
            };
            let problem = Problem::at(Code::NeverReached, at.place, title, label);
            resolver
                .problems
                .add(problem.help("let the scenario run longer with `for:`, or use `at: never`"));
        }
        let Some(order) = event.verb.as_ref().and_then(|verb| verb.resolve(resolver)) else {
            continue;
        };
        check_order(resolver, fleet, &order, event.place);
        let event = EventId::at(script.names.len() - 1);
        script.events.push(Scripted { at: instant, event, order });
    }
    script
}

/// What can be said of an order before it runs: its policy must know its cause.
fn check_order(resolver: &mut Resolver<'_>, fleet: &Fleet, order: &Order, place: Place) {
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
        Order::SetProtection(o) => {
            if o.instance.is_some() == o.group.is_some() {
                let title = "`set-protection` is about instances or about a group";
                let problem = Problem::at(Code::MissingKey, place, title, "give one of the two");
                resolver.problems.add(problem);
            }
            return;
        }
        Order::Create(_)
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

fn of_targets(resolver: &Resolver<'_>, fleet: &Fleet, targets: Targets) -> Vec<AccountId> {
    let mut accounts: Vec<_> =
        targets.of(&resolver.targets).iter().map(|id| fleet.instance(*id).account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}
