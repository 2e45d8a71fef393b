//! Records as rows of cells, in the order of their columns.

use super::cells::Cell;
use super::columns::{
    DECISION_COLUMNS, INSTANCE_COLUMNS, LOSS_COLUMNS, REQUEST_COLUMNS, TIMELINE_COLUMNS,
    VERDICT_COLUMNS,
};
use super::csv::{InstanceRow, Tally};
use crate::policy::{Finding, Remedy};
use crate::record::{Cause, Change, Decision, Legend, Loss, Request, Subject, Target, What};
use crate::time::SimTime;
use crate::vocab::{Channel, GroupId, PolicyId, ProtectionSet};

const EMPTY: Cell<'static> = Cell::EMPTY;
/// What nobody knows.
const UNKNOWN: Cell<'static> = Cell::Word("unknown");

fn head(legend: &Legend) -> [Cell<'_>; 3] {
    [Cell::Text(&legend.scenario), Cell::Text(&legend.case), Cell::Number(legend.replication)]
}

fn channel(channel: Option<Channel>) -> Cell<'static> {
    match channel {
        Some(Channel::None) => EMPTY,
        Some(channel) => Cell::word(channel),
        None => UNKNOWN,
    }
}

fn cause(cause: Cause, legend: &Legend) -> Cell<'_> {
    match cause {
        Cause::Event(id) => Cell::Event(&legend.events, id),
        Cause::Timer(name) => Cell::Timer(name),
    }
}

fn group(group: Option<GroupId>, legend: &Legend) -> Cell<'_> {
    Cell::text(group.map(|group| legend.group(group)))
}

/// The words of a remedy.
fn remedy(remedy: Option<Remedy>, policy: PolicyId, legend: &Legend) -> Cell<'_> {
    remedy.map_or(EMPTY, |remedy| Cell::Remedy(&legend.rulebook(policy).policy, remedy))
}

/// The last instant at which a remedy helps.
fn until(remedy: Option<Remedy>) -> Cell<'static> {
    remedy.and_then(|remedy| remedy.until).map_or(EMPTY, Cell::Time)
}

/// A request as a row.
pub(super) fn request<'l>(r: &Request, legend: &'l Legend) -> [Cell<'l>; REQUEST_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let rule = r.refusal.and_then(|refusal| legend.rule_of(refusal));
    [
        scenario,
        case,
        replication,
        Cell::Number(r.seq),
        Cell::Time(r.at),
        Cell::seconds(legend.elapsed(r.at)),
        cause(r.cause, legend),
        r.trigger.map_or(EMPTY, Cell::word),
        Cell::Word(r.verb),
        Cell::text(r.actor.map(|actor| legend.actor(actor))),
        channel(r.channel),
        match r.target {
            Target::Instance(id) => Cell::Text(legend.instance(id)),
            Target::Group(id) => Cell::Text(legend.group(id)),
            Target::Account(id) => Cell::Text(legend.account(id)),
            Target::Instances => EMPTY,
        },
        Cell::word(r.result),
        Cell::Number(r.wanted.into()),
        Cell::Number(r.got.into()),
        Cell::text(rule.and_then(|rule| rule.answer.as_deref())),
        Cell::text(rule.map(|rule| rule.id.as_str())),
        Cell::text(r.refusal.map(|refusal| legend.reason(refusal))),
    ]
}

/// A decision as a row.
pub(super) fn decision<'l>(d: &Decision, legend: &'l Legend) -> [Cell<'l>; DECISION_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let book = legend.rulebook(d.policy);
    let rule = d.rule.map(|rule| book.policy.rule(rule));
    [
        scenario,
        case,
        replication,
        Cell::Number(d.seq),
        Cell::Time(d.at),
        Cell::seconds(legend.elapsed(d.at)),
        cause(d.cause, legend),
        Cell::word(d.trigger),
        Cell::word(d.action),
        Cell::text(d.actor.map(|actor| legend.actor(actor))),
        channel(d.channel),
        Cell::Text(legend.account(d.account)),
        group(d.group, legend),
        Cell::Text(legend.instance(d.instance)),
        d.billing.map_or(UNKNOWN, Cell::word),
        d.membership.map_or(UNKNOWN, Cell::word),
        Cell::Protections(&book.policy, d.on, d.unknown),
        Cell::Protections(&book.policy, d.inert, ProtectionSet::EMPTY),
        Cell::word(d.outcome),
        Cell::word(d.effect),
        Cell::Text(legend.decided_by(d)),
        Cell::text(rule.map(|rule| rule.id.as_str())),
        Cell::word(d.basis.confidence),
        d.rule.map_or(EMPTY, |rule| Cell::Sources(&book.policy, rule)),
        Cell::text(rule.and_then(|rule| rule.answer.as_deref())),
        Cell::Switches(book, d.basis.switches),
        remedy(d.remedy, d.policy, legend),
        until(d.remedy),
        Cell::Text(&book.policy.name),
    ]
}

/// One verdict of a decision as a row.
pub(super) fn verdict<'l>(
    d: &Decision,
    finding: Finding,
    legend: &'l Legend,
) -> [Cell<'l>; VERDICT_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let book = legend.rulebook(d.policy);
    [
        scenario,
        case,
        replication,
        Cell::Number(d.seq),
        Cell::Text(legend.instance(d.instance)),
        Cell::Text(&book.policy.protections[finding.protection.index()].name),
        Cell::word(finding.verdict),
        finding.rule.map_or(EMPTY, |rule| Cell::Text(&book.policy.rule(rule).id)),
        finding.rule.map_or(EMPTY, |rule| Cell::word(book.basis(rule).confidence)),
        finding.rule.map_or(EMPTY, |rule| Cell::Sources(&book.policy, rule)),
    ]
}

/// An instance at the end as a row.
pub(super) fn instance<'l>(
    row: &InstanceRow,
    tally: &Tally,
    legend: &'l Legend,
) -> [Cell<'l>; INSTANCE_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let released = tally.released;
    [
        scenario,
        case,
        replication,
        Cell::Text(legend.instance(row.instance)),
        Cell::Text(legend.account(row.account)),
        group(row.group, legend),
        Cell::word(row.state),
        released.map_or(EMPTY, |(at, _)| Cell::Time(at)),
        released.map_or(EMPTY, |(_, trigger)| Cell::word(trigger)),
        Cell::Protections(&legend.rulebook(row.policy).policy, row.on, row.unknown),
        Cell::Number(tally.held.into()),
        Cell::Number(tally.overridden.into()),
        remedy(tally.remedy, row.policy, legend),
        until(tally.remedy),
    ]
}

/// A loss as a row.
pub(super) fn loss<'l>(l: &'l Loss, legend: &'l Legend) -> [Cell<'l>; LOSS_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let rule = legend.rulebook(l.rule.0).policy.rule(l.rule.1);
    [
        scenario,
        case,
        replication,
        Cell::Number(l.seq),
        Cell::Text(legend.instance(l.instance)),
        Cell::word(l.thing),
        Cell::text(l.name.as_deref()),
        Cell::word(l.fate),
        Cell::Time(l.at),
        Cell::word(l.trigger),
        Cell::Text(&rule.id),
        match l.gib {
            Some(gib) => Cell::Number(gib),
            None if l.thing.has_size() => Cell::Word("unknown"),
            None => EMPTY,
        },
        match l.remedy {
            Some(_) => remedy(l.remedy, l.rule.0, legend),
            // What stays has advice that nothing checks.
            None => Cell::text(rule.remedy.text.as_deref()),
        },
        until(l.remedy),
    ]
}

/// What changed, before and after.
pub(super) fn what<'l>(what: &What, legend: &'l Legend) -> (&'static str, Cell<'l>, Cell<'l>) {
    let time = |at: &SimTime| if *at == SimTime::NEVER { EMPTY } else { Cell::Time(*at) };
    let yes = |yes: bool, a: &'static str, b: &'static str| Cell::Word(if yes { a } else { b });
    match what {
        What::State(a, b) => ("state", Cell::word(*a), Cell::word(*b)),
        What::Group(a, b) => ("group", group(*a, legend), group(*b, legend)),
        What::Schedule(a, b) => ("scheduled-release", time(a), time(b)),
        What::Protections(policy, a, b) => {
            let policy = &legend.rulebook(*policy).policy;
            let list = |set: &ProtectionSet| Cell::Protections(policy, *set, ProtectionSet::EMPTY);
            ("protections", list(a), list(b))
        }
        What::Billing(a, b) => ("billing", Cell::word(*a), Cell::word(*b)),
        What::Term(a, b) => ("term", time(a), time(b)),
        What::Lock(a, b) => ("lock", Cell::word(*a), Cell::word(*b)),
        What::Size(a, b) => ("size", Cell::Number((*a).into()), Cell::Number((*b).into())),
        What::Exists(a, b) => {
            ("group-state", yes(*a, "there", "deleted"), yes(*b, "there", "deleted"))
        }
        What::Arrears(a, b) => ("bill", yes(*a, "overdue", "paid"), yes(*b, "overdue", "paid")),
        What::Cancelled(a, b) => {
            ("subscription", yes(*a, "cancelled", "active"), yes(*b, "cancelled", "active"))
        }
        What::Model(a, b) => ("model", Cell::Text(legend.model(*a)), Cell::Text(legend.model(*b))),
        What::Probed(a, b) => ("health-probe", yes(*a, "on", "off"), yes(*b, "on", "off")),
        What::Health(a, b) => ("health", Cell::word(*a), Cell::word(*b)),
        What::Suspended(a, b) => ("suspended", Cell::Processes(*a), Cell::Processes(*b)),
        What::Property(a, b) => ("thing", a.map_or(EMPTY, Cell::word), Cell::word(*b)),
    }
}

/// A change of state as a row.
pub(super) fn change<'l>(c: &Change, legend: &'l Legend) -> [Cell<'l>; TIMELINE_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let (what, from, to) = what(&c.what, legend);
    let (mut account, mut group, mut instance) = (EMPTY, EMPTY, EMPTY);
    match c.subject {
        Subject::Account(id) => account = Cell::Text(legend.account(id)),
        Subject::Group(id) => group = Cell::Text(legend.group(id)),
        Subject::Instance(id) => instance = Cell::Text(legend.instance(id)),
    }
    [
        scenario,
        case,
        replication,
        Cell::Time(c.at),
        Cell::seconds(legend.elapsed(c.at)),
        Cell::Number(c.seq),
        account,
        group,
        instance,
        Cell::Word(what),
        from,
        to,
        cause(c.cause, legend),
    ]
}
