//! Records as rows of cells, in the order of their columns.

use std::borrow::Cow;

use super::columns::{
    DECISION_COLUMNS, LOSS_COLUMNS, REQUEST_COLUMNS, TIMELINE_COLUMNS, VERDICT_COLUMNS,
};
use crate::policy::Finding;
use crate::record::{Change, Decision, Legend, Loss, Request, Subject, Target, What};
use crate::time::SimTime;
use crate::vocab::{Channel, PolicyId, ProtectionSet, Word};

/// A cell.
pub(super) type Cell<'l> = Cow<'l, str>;

const EMPTY: Cell<'static> = Cow::Borrowed("");

fn head(legend: &Legend) -> [Cell<'_>; 3] {
    [
        legend.scenario.as_str().into(),
        legend.case.as_str().into(),
        legend.replication.to_string().into(),
    ]
}

fn channel(channel: Channel) -> Cell<'static> {
    if channel == Channel::None { EMPTY } else { channel.word().into() }
}

/// A request as a row.
pub(super) fn request<'l>(r: &Request, legend: &'l Legend) -> [Cell<'l>; REQUEST_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let rule = r.refusal.and_then(|refusal| legend.rule_of(refusal));
    [
        scenario,
        case,
        replication,
        r.seq.to_string().into(),
        r.at.to_string().into(),
        legend.elapsed(r.at).seconds().to_string().into(),
        legend.cause(r.cause),
        r.trigger.map_or(EMPTY, |trigger| trigger.word().into()),
        r.verb.into(),
        r.actor.map_or(EMPTY, |actor| legend.actor(actor).into()),
        channel(r.channel),
        match r.target {
            Target::Instance(id) => legend.instance(id).into(),
            Target::Group(id) => legend.group(id).into(),
            Target::Account(id) => legend.account(id).into(),
            Target::Instances => EMPTY,
        },
        r.result.word().into(),
        r.wanted.to_string().into(),
        r.got.to_string().into(),
        rule.and_then(|rule| rule.answer.as_deref()).unwrap_or_default().into(),
        rule.map_or("", |rule| &rule.id).into(),
        r.refusal.map_or("", |refusal| legend.reason(refusal)).into(),
    ]
}

/// The protections that are on, and those of which nobody knows.
pub(super) fn protections(
    legend: &Legend,
    policy: PolicyId,
    on: ProtectionSet,
    unknown: ProtectionSet,
) -> String {
    let mut names: Vec<String> =
        legend.protections(policy, on).into_iter().map(str::to_owned).collect();
    let unknown = legend.protections(policy, unknown).into_iter();
    names.extend(unknown.map(|name| format!("{name}=unknown")));
    names.join(";")
}

/// A decision as a row.
pub(super) fn decision<'l>(d: &Decision, legend: &'l Legend) -> [Cell<'l>; DECISION_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let book = legend.rulebook(d.policy);
    let rule = d.rule.map(|rule| book.policy.rule(rule));
    let assumptions: Vec<String> = d
        .basis
        .switches
        .iter()
        .map(|s| format!("{}={}", book.policy.switches[s.index()].name, book.setting(s)))
        .collect();
    [
        scenario,
        case,
        replication,
        d.seq.to_string().into(),
        d.at.to_string().into(),
        legend.elapsed(d.at).seconds().to_string().into(),
        legend.cause(d.cause),
        d.trigger.word().into(),
        d.action.word().into(),
        d.actor.map_or(EMPTY, |actor| legend.actor(actor).into()),
        channel(d.channel),
        legend.account(d.account).into(),
        d.group.map_or(EMPTY, |group| legend.group(group).into()),
        legend.instance(d.instance).into(),
        d.billing.word().into(),
        d.membership.map_or("unknown", Word::word).into(),
        protections(legend, d.policy, d.on, d.unknown).into(),
        legend.protections(d.policy, d.inert).join(";").into(),
        d.outcome.word().into(),
        d.effect.word().into(),
        legend.decided_by(d).into(),
        rule.map_or(EMPTY, |rule| rule.id.as_str().into()),
        d.basis.confidence.word().into(),
        d.rule.map_or(EMPTY, |rule| book.policy.source_keys(rule).into()),
        rule.and_then(|rule| rule.answer.as_deref()).unwrap_or_default().into(),
        assumptions.join(";").into(),
        book.policy.name.as_str().into(),
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
        d.seq.to_string().into(),
        legend.instance(d.instance).into(),
        book.policy.protections[finding.protection.index()].name.as_str().into(),
        finding.verdict.word().into(),
        finding.rule.map_or(EMPTY, |rule| book.policy.rule(rule).id.as_str().into()),
        finding.rule.map_or(EMPTY, |rule| book.basis(rule).confidence.word().into()),
        finding.rule.map_or(EMPTY, |rule| book.policy.source_keys(rule).into()),
    ]
}

/// A loss as a row.
pub(super) fn loss<'l>(l: &Loss, legend: &'l Legend) -> [Cell<'l>; LOSS_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let rule = legend.rulebook(l.rule.0).policy.rule(l.rule.1);
    [
        scenario,
        case,
        replication,
        l.seq.to_string().into(),
        legend.instance(l.instance).into(),
        l.thing.word().into(),
        l.name.as_deref().unwrap_or_default().to_owned().into(),
        l.fate.word().into(),
        l.at.to_string().into(),
        l.trigger.word().into(),
        rule.id.as_str().into(),
        match l.gib {
            Some(gib) => gib.to_string().into(),
            None if l.thing.has_size() => "unknown".into(),
            None => EMPTY,
        },
        rule.way_out.as_deref().unwrap_or_default().into(),
    ]
}

/// What changed, before and after.
pub(super) fn what<'l>(what: &What, legend: &'l Legend) -> (&'static str, Cell<'l>, Cell<'l>) {
    let time = |at: &SimTime| if *at == SimTime::NEVER { EMPTY } else { at.to_string().into() };
    let yes = |yes: bool, a: &'static str, b: &'static str| Cow::Borrowed(if yes { a } else { b });
    match what {
        What::State(a, b) => ("state", a.word().into(), b.word().into()),
        What::Group(a, b) => {
            let name = |group: &Option<_>| group.map_or(EMPTY, |group| legend.group(group).into());
            ("group", name(a), name(b))
        }
        What::Schedule(a, b) => ("scheduled-release", time(a), time(b)),
        What::Protections(policy, a, b) => {
            let list = |set: &ProtectionSet| legend.protections(*policy, *set).join(";").into();
            ("protections", list(a), list(b))
        }
        What::Billing(a, b) => ("billing", a.word().into(), b.word().into()),
        What::Term(a, b) => ("term", time(a), time(b)),
        What::Lock(a, b) => ("lock", a.word().into(), b.word().into()),
        What::Size(a, b) => ("size", a.to_string().into(), b.to_string().into()),
        What::Exists(a, b) => {
            ("group-state", yes(*a, "there", "deleted"), yes(*b, "there", "deleted"))
        }
        What::Arrears(a, b) => ("bill", yes(*a, "overdue", "paid"), yes(*b, "overdue", "paid")),
        What::Cancelled(a, b) => {
            ("subscription", yes(*a, "cancelled", "active"), yes(*b, "cancelled", "active"))
        }
        What::Model(a, b) => ("model", legend.model(*a).into(), legend.model(*b).into()),
        What::Health(a, b) => ("health", a.word().into(), b.word().into()),
        What::Suspended(a, b) => {
            ("suspended", legend.processes(*a).into(), legend.processes(*b).into())
        }
        What::Property(a, b) => {
            ("thing", a.map_or(EMPTY, |thing| thing.word().into()), b.word().into())
        }
    }
}

/// A change of state as a row.
pub(super) fn change<'l>(c: &Change, legend: &'l Legend) -> [Cell<'l>; TIMELINE_COLUMNS] {
    let [scenario, case, replication] = head(legend);
    let (what, from, to) = what(&c.what, legend);
    let (mut account, mut group, mut instance) = (EMPTY, EMPTY, EMPTY);
    match c.subject {
        Subject::Account(id) => account = legend.account(id).into(),
        Subject::Group(id) => group = legend.group(id).into(),
        Subject::Instance(id) => instance = legend.instance(id).into(),
    }
    [
        scenario,
        case,
        replication,
        c.at.to_string().into(),
        legend.elapsed(c.at).seconds().to_string().into(),
        c.seq.to_string().into(),
        account,
        group,
        instance,
        what.into(),
        from,
        to,
        legend.cause(c.cause),
    ]
}
