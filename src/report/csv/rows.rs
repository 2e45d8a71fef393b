//! Records as rows of cells, in the order of their columns.

use super::cells::Cell;
use super::columns::{
    ALERT_COLUMNS, DECISION_COLUMNS, FINDING_COLUMNS, INSTANCE_COLUMNS, LOSS_COLUMNS,
    REQUEST_COLUMNS, TIMELINE_COLUMNS, VERDICT_COLUMNS,
};
use crate::money::Currency;
use crate::policy::{Finding, Remedy};
use crate::record::{
    Alert, Cause, Change, Decision, HouseFinding, InstanceRow, Loss, Origin, Request, Subject,
    Target, What,
};
use crate::run_header::{RunHeader, START};
use crate::time::SimTime;
use crate::words::{
    Channel, GroupId, Lifecycle, PolicyId, ProtectionSet, SetProtections, Trigger, Word,
};

const EMPTY: Cell<'static> = Cell::EMPTY;
/// The cell of an unknown value.
const UNKNOWN: Cell<'static> = Cell::Word("unknown");

pub(super) fn head(header: &RunHeader) -> [Cell<'_>; 3] {
    [Cell::Text(&header.scenario), case(&header.case), Cell::Number(header.replication)]
}

/// The name of a case, as a key: never empty.
pub(in crate::report) const fn case(case: &str) -> Cell<'_> {
    if case.is_empty() { Cell::Word(NO_CASE) } else { Cell::Text(case) }
}

/// The name of the case of a scenario without cases. No case can have this name.
pub(in crate::report) const NO_CASE: &str = "-";

/// The event with which the chain of causes began, and its caller.
fn root(origin: Origin, header: &RunHeader) -> [Cell<'_>; 2] {
    [
        origin.event().map_or(EMPTY, |event| Cell::Event(&header.events, event)),
        Cell::text(origin.actor().map(|actor| header.actor(actor))),
    ]
}

/// The currency of the scenario; empty if it has none.
pub(super) fn currency(header: &RunHeader) -> Cell<'_> {
    Cell::text(header.currency.as_ref().map(Currency::code))
}

fn time(at: Option<SimTime>) -> Cell<'static> {
    at.map_or(EMPTY, Cell::Time)
}

fn channel(channel: Option<Channel>) -> Cell<'static> {
    match channel {
        Some(Channel::None) => EMPTY,
        Some(channel) => Cell::word(channel),
        None => UNKNOWN,
    }
}

pub(in crate::report) fn cause(cause: Cause, header: &RunHeader) -> Cell<'_> {
    match cause {
        Cause::Event(id) => Cell::Event(&header.events, id),
        Cause::Timer(name) => Cell::Timer(name),
        Cause::Start => Cell::Word(START),
    }
}

fn group(group: Option<GroupId>, header: &RunHeader) -> Cell<'_> {
    Cell::text(group.map(|group| header.group(group)))
}

/// A remedy; empty for `None`.
pub(super) fn remedy(remedy: Option<Remedy>, policy: PolicyId, header: &RunHeader) -> Cell<'_> {
    remedy.map_or(EMPTY, |remedy| Cell::Remedy(&header.rulebook(policy).policy, remedy))
}

/// The last instant at which a remedy helps; empty if there is none.
fn until(remedy: Option<Remedy>) -> Cell<'static> {
    time(remedy.and_then(|remedy| remedy.until))
}

/// A request as a row.
pub(in crate::report) fn request<'l>(
    r: &Request,
    header: &'l RunHeader,
) -> [Cell<'l>; REQUEST_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let rule = r.refusal.and_then(|refusal| header.rule_of(refusal));
    let [root_event, root_actor] = root(r.origin, header);
    [
        scenario,
        case,
        replication,
        Cell::Number(r.seq),
        Cell::Time(r.at),
        Cell::seconds(header.elapsed(r.at)),
        cause(r.cause, header),
        r.trigger.map_or(EMPTY, Cell::word),
        Cell::Word(r.verb),
        Cell::text(r.actor.map(|actor| header.actor(actor))),
        channel(r.channel),
        match r.target {
            Target::Instance(id) => Cell::Text(header.instance(id)),
            Target::Group(id) => Cell::Text(header.group(id)),
            Target::Account(id) => Cell::Text(header.account(id)),
            Target::Instances => EMPTY,
        },
        Cell::word(r.result),
        Cell::Number(r.wanted.into()),
        Cell::Number(r.got.into()),
        Cell::text(rule.and_then(|rule| rule.answer.as_deref())),
        Cell::text(r.refusal.map(|refusal| header.reason(refusal))),
        Cell::text(rule.map(|rule| rule.id.as_str())),
        r.limited_by.map_or(EMPTY, Cell::word),
        root_event,
        root_actor,
        r.origin.seq().map_or(EMPTY, Cell::Number),
    ]
}

/// A decision as a row.
pub(in crate::report) fn decision<'l>(
    d: &Decision,
    header: &'l RunHeader,
) -> [Cell<'l>; DECISION_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let book = header.rulebook(d.policy);
    let rule = d.rule.map(|rule| book.policy.rule(rule));
    let [root_event, root_actor] = root(d.origin, header);
    [
        scenario,
        case,
        replication,
        Cell::Number(d.seq),
        Cell::Time(d.at),
        Cell::seconds(header.elapsed(d.at)),
        cause(d.cause, header),
        root_event,
        root_actor,
        Cell::word(d.trigger),
        Cell::word(d.action),
        Cell::text(d.actor.map(|actor| header.actor(actor))),
        channel(d.channel),
        Cell::Text(header.account(d.account)),
        group(d.group, header),
        Cell::Text(header.instance(d.instance)),
        d.billing.map_or(UNKNOWN, Cell::word),
        d.membership.map_or(UNKNOWN, Cell::word),
        Cell::Protections(&book.policy, d.on, d.unknown),
        Cell::Protections(&book.policy, d.inert, ProtectionSet::EMPTY),
        Cell::word(d.outcome),
        Cell::word(d.effect),
        Cell::Text(header.decided_by(d)),
        Cell::text(rule.map(|rule| rule.id.as_str())),
        Cell::word(d.basis.confidence),
        d.rule.map_or(EMPTY, |rule| Cell::Sources(&book.policy, rule)),
        Cell::text(rule.and_then(|rule| rule.answer.as_deref())),
        Cell::Switches(book, d.basis.switches),
        remedy(d.remedy, d.policy, header),
        until(d.remedy),
        Cell::Text(&book.policy.name),
        time(d.remedy_from),
        Cell::money(d.worth),
    ]
}

/// One verdict of a decision as a row.
pub(in crate::report) fn verdict<'l>(
    d: &Decision,
    finding: Finding,
    header: &'l RunHeader,
) -> [Cell<'l>; VERDICT_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let book = header.rulebook(d.policy);
    [
        scenario,
        case,
        replication,
        Cell::Number(d.seq),
        Cell::Text(header.instance(d.instance)),
        Cell::Text(&book.policy.protections[finding.protection.index()].name),
        Cell::word(finding.verdict),
        finding.rule.map_or(EMPTY, |rule| Cell::Text(&book.policy.rule(rule).id)),
        finding.rule.map_or(EMPTY, |rule| Cell::word(book.basis(rule).confidence)),
        finding.rule.map_or(EMPTY, |rule| Cell::Sources(&book.policy, rule)),
    ]
}

/// Counts over a run for the row of one instance.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstanceTally {
    /// Instant and trigger of its release; `None` if it was not released.
    pub(in crate::report) released: Option<(SimTime, Trigger)>,
    /// Number of decisions in which a protection held.
    pub(in crate::report) held: u32,
    /// Number of decisions in which protections were overridden.
    pub(in crate::report) overridden: u32,
    /// The act that would have prevented its release, or else the last loss of its data.
    pub(in crate::report) remedy: Option<Remedy>,
    /// First instant at which the remedy helps.
    pub(in crate::report) remedy_from: Option<SimTime>,
    /// Its group in the last decision about it.
    pub(in crate::report) group: Option<GroupId>,
}

/// An instance at the end as a row.
pub(in crate::report) fn instance<'l>(
    row: &InstanceRow,
    tally: &InstanceTally,
    header: &'l RunHeader,
) -> [Cell<'l>; INSTANCE_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let released = tally.released;
    let start = row.start;
    let policy = &header.rulebook(row.policy).policy;
    let first_group = match start {
        Some(start) => start.group,
        None => tally.group.or(row.group),
    };
    [
        scenario,
        case,
        replication,
        Cell::Text(header.instance(row.instance)),
        Cell::Text(header.account(row.account)),
        group(first_group, header),
        start.map_or(row.billing, |start| start.billing).map_or(UNKNOWN, Cell::word),
        Cell::text(row.zone.map(|zone| header.zone(zone))),
        Cell::text(header.tags.of(row.instance)),
        Cell::word(row.state),
        time(released.map(|(at, _)| at)),
        released.map_or(EMPTY, |(_, trigger)| Cell::word(trigger)),
        Cell::Protections(policy, row.on, row.unknown),
        Cell::Number(tally.held.into()),
        Cell::Number(tally.overridden.into()),
        remedy(tally.remedy, row.policy, header),
        until(tally.remedy),
        time(tally.remedy_from),
        Cell::word(start.map_or(Lifecycle::Absent, |start| start.state)),
        start.map_or(EMPTY, |start| start.membership.map_or(UNKNOWN, Cell::word)),
        start.map_or(EMPTY, |start| Cell::Protections(policy, start.on, start.unknown)),
        time(row.created),
        Cell::text(header.imported_from.of(row.instance)),
        group(row.group, header),
        Cell::money(row.hourly),
        Cell::money(row.worth),
        currency(header),
    ]
}

/// A loss as a row.
pub(in crate::report) fn loss<'l>(l: &'l Loss, header: &'l RunHeader) -> [Cell<'l>; LOSS_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let rule = header.rulebook(l.rule.0).policy.rule(l.rule.1);
    [
        scenario,
        case,
        replication,
        Cell::Number(l.seq),
        Cell::Text(header.instance(l.instance)),
        Cell::word(l.resource),
        Cell::word(l.fate),
        Cell::Time(l.at),
        Cell::word(l.trigger),
        Cell::Text(&rule.id),
        l.gib.map_or(EMPTY, Cell::Number),
        match (l.resource.has_size(), l.gib) {
            (false, _) => EMPTY,
            (true, None) => Cell::Word("false"),
            (true, Some(_)) => Cell::Word("true"),
        },
        match l.remedy {
            Some(_) => remedy(l.remedy, l.rule.0, header),
            // A resource that is still billed has only the advice of its rule.
            None => Cell::text(rule.remedy.text.as_deref()),
        },
        Cell::text(l.name.as_deref()),
        until(l.remedy),
        time(l.remedy_from),
        Cell::money(l.hourly),
        Cell::money(l.billed_until_end),
        currency(header),
    ]
}

/// The name of a changed property, and its values before and after.
pub(in crate::report) fn what<'l>(
    what: &What,
    header: &'l RunHeader,
) -> (&'static str, Cell<'l>, Cell<'l>) {
    let time = |at: &SimTime| if *at == SimTime::NEVER { EMPTY } else { Cell::Time(*at) };
    let either = |is: bool, a: &'static str, b: &'static str| Cell::Word(if is { a } else { b });
    match what {
        What::State(a, b) => ("state", Cell::word(*a), Cell::word(*b)),
        What::Group(a, b) => ("group", group(*a, header), group(*b, header)),
        What::Schedule(a, b) => ("scheduled-release", time(a), time(b)),
        What::Protections(policy, a, b) => {
            let policy = &header.rulebook(*policy).policy;
            let list = |set: &SetProtections| Cell::Protections(policy, set.on, set.unknown);
            ("protections", list(a), list(b))
        }
        What::Billing(a, b) => ("billing", Cell::word(*a), Cell::word(*b)),
        What::Term(a, b) => ("term", time(a), time(b)),
        What::Lock(a, b) => ("lock", Cell::word(*a), Cell::word(*b)),
        What::Size(a, b) => ("size", Cell::Number((*a).into()), Cell::Number((*b).into())),
        What::Deleted => ("group-state", Cell::Word("there"), Cell::Word("deleted")),
        What::Arrears(to) => {
            ("bill", either(!*to, "overdue", "paid"), either(*to, "overdue", "paid"))
        }
        What::Cancelled(to) => (
            "subscription",
            either(!*to, "cancelled", "active"),
            either(*to, "cancelled", "active"),
        ),
        What::Model(a, b) => ("model", Cell::Text(header.model(*a)), Cell::Text(header.model(*b))),
        What::Probed(to) => ("health-probe", either(!*to, "on", "off"), either(*to, "on", "off")),
        What::Health(a, b) => ("health", Cell::word(*a), Cell::word(*b)),
        What::Suspended(a, b) => ("suspended", Cell::Processes(*a), Cell::Processes(*b)),
        What::Property(a, b) => ("resource", a.map_or(EMPTY, Cell::word), Cell::word(*b)),
    }
}

/// A change of state as a row.
pub(in crate::report) fn change<'l>(
    c: &Change,
    header: &'l RunHeader,
) -> [Cell<'l>; TIMELINE_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let (what, from, to) = what(&c.what, header);
    let is_start = c.cause == Cause::Start;
    let [root_event, root_actor] = root(c.origin, header);
    let (mut account, mut group, mut instance) = (EMPTY, EMPTY, EMPTY);
    match c.subject {
        Subject::Account(id) => account = Cell::Text(header.account(id)),
        Subject::Group(id) => group = Cell::Text(header.group(id)),
        Subject::Instance(id) => instance = Cell::Text(header.instance(id)),
    }
    [
        scenario,
        case,
        replication,
        Cell::Time(c.at),
        Cell::seconds(header.elapsed(c.at)),
        if is_start { EMPTY } else { Cell::Number(c.seq) },
        account,
        group,
        instance,
        Cell::Word(what),
        if is_start { EMPTY } else { from },
        to,
        cause(c.cause, header),
        root_event,
        root_actor,
    ]
}

/// The row of a finding.
pub(in crate::report) fn finding<'r>(
    finding: &'r HouseFinding,
    header: &'r RunHeader,
) -> [Cell<'r>; FINDING_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let instance = match finding.subject {
        Subject::Instance(id) => Cell::Text(header.instance(id)),
        Subject::Group(_) | Subject::Account(_) => EMPTY,
    };
    [
        scenario,
        case,
        replication,
        Cell::Time(finding.at),
        finding.seq.map_or(EMPTY, Cell::Number),
        Cell::Text(&finding.rule),
        Cell::Word(finding.severity.word()),
        instance,
        Cell::text(finding.actor.map(|actor| header.actor(actor))),
        Cell::Text(&finding.text),
    ]
}

/// The row of an alert.
pub(in crate::report) fn alert<'r>(
    alert: &'r Alert,
    header: &'r RunHeader,
) -> [Cell<'r>; ALERT_COLUMNS] {
    let [scenario, case, replication] = head(header);
    let rule = alert.basis.map(|(policy, rule, basis)| {
        let rule = header.rulebook(policy).policy.rule(rule);
        [Cell::Text(&rule.id), Cell::word(basis.confidence)]
    });
    let [rule, confidence] = rule.unwrap_or([EMPTY; 2]);
    [
        scenario,
        case,
        replication,
        Cell::Time(alert.at),
        Cell::Number(alert.seq),
        Cell::word(alert.kind),
        Cell::text(alert.watch.as_deref()),
        Cell::Text(header.instance(alert.instance)),
        Cell::text(alert.verb),
        Cell::Text(&alert.event),
        Cell::text(alert.actor.map(|actor| header.actor(actor))),
        alert.trigger.map_or(EMPTY, Cell::word),
        time(alert.seen.map(|(from, _)| from)),
        time(alert.seen.map(|(_, seen)| seen)),
        alert.notice.map_or(EMPTY, Cell::Signed),
        rule,
        confidence,
        Cell::text(alert.perhaps.as_ref().map(|(watch, _)| &**watch)),
        time(alert.perhaps.as_ref().map(|(_, seen)| *seen)),
    ]
}
