//! Records and headers with names in place of ids, for programs that store or send them.
//!
//! A [`Record`] holds ids, which only the [`RunHeader`] of its run resolves to names. A
//! [`NamedRecord`] holds their names; with any format of serde it can be written and read again.
//! Words are spelled as in files and reports, instants as RFC 3339 in UTC.
//!
//! ```
//! use stayput::named::NamedRecord;
//! use stayput::{Catalog, Run, Scenario};
//!
//! let text = include_str!("../scenarios/two-ways-to-go.yaml");
//! for plan in Scenario::parse(text)?.compile(&Catalog::default())? {
//!     let mut run = Run::start(plan);
//!     while let Some(record) = run.next() {
//!         let named = NamedRecord::new(&record, run.world().header());
//!         let line = serde_json::to_string(&named).unwrap();
//!         assert_eq!(serde_json::from_str::<NamedRecord>(&line).unwrap(), named);
//!     }
//! }
//! # Ok::<(), stayput::Mistakes>(())
//! ```

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::Currency;
use crate::policy::Remedy;
use crate::record::{
    Alert, Cause, Change, Decision, HouseFinding, Loss, Origin, Record, Request, Subject, Target,
    What,
};
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{
    Action, AlertKind, Billing, Channel, Confidence, Effect, Fate, Health, Lifecycle, LimitedBy,
    Membership, ModelId, Outcome, PolicyId, ProtectionSet, RequestResult, ResourceKind,
    RuleSeverity, SwitchId, Trigger, Verdict, Word,
};

/// The header of a run: its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedHeader {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the case; empty if the scenario has no cases.
    pub case: String,
    /// Number of the replication, from 0.
    pub replication: u64,
    /// Seed of all random streams.
    pub seed: u64,
    /// Start of the run.
    pub start: Instant,
    /// End of the run, inclusive.
    pub end: Instant,
    /// UTC offset in which the scenario states its start, such as `+08:00`.
    pub offset: String,
    /// Currency of all prices; `None` if the scenario has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Policies in use; the first is that of the scenario.
    pub policies: Vec<NamedPolicy>,
}

/// A policy with its switches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPolicy {
    /// Name and edition.
    pub name: String,
    /// SHA-256 of its text, in hexadecimal digits.
    pub digest: String,
    /// The positions of all switches: name and value, in the order of the policy.
    pub switches: Vec<(String, String)>,
}

/// A record with names in place of ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum NamedRecord {
    /// A call of an event, or a timer that was due, and its result.
    Request(NamedRequest),
    /// The decision about one instance of a request.
    Decision(Box<NamedDecision>),
    /// A change of state.
    Change(NamedChange),
    /// A resource that was lost, or that stays and is still billed.
    Loss(NamedLoss),
    /// A house rule that is broken.
    Finding(NamedFinding),
    /// A watched call or change, or a lost instance with the first alert about it.
    Alert(NamedAlert),
}

/// A house rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFinding {
    /// Instant of the record.
    pub at: Instant,
    /// Number of the request that broke it; `None` at the start and at the end of a term.
    pub seq: Option<u64>,
    /// Name of the rule.
    pub rule: String,
    /// How serious it is.
    pub severity: RuleSeverity,
    /// The subject of the finding.
    pub subject: NamedSubject,
    /// The caller who broke it; `None` if no caller is known.
    pub actor: Option<String>,
    /// The violation, as a sentence.
    pub text: String,
}

/// A watched call or change about an instance, or its loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAlert {
    /// Instant of the call, the change or the loss.
    pub at: Instant,
    /// Number of the request.
    pub seq: u64,
    /// What the record states.
    pub kind: AlertKind,
    /// The watch; `None` for a loss without an alert.
    pub watch: Option<String>,
    /// The instance.
    pub instance: String,
    /// The names that the call can have in the audit trail.
    pub event: String,
    /// The caller; `None` if none is known.
    pub actor: Option<String>,
    /// When the alert comes, at the earliest and at the latest; `None` if none comes.
    pub seen: Option<(Instant, Instant)>,
    /// Seconds from the alert to the loss; `None` unless the record is of a loss with an alert.
    pub notice: Option<i64>,
}

/// Where a record stands in its run, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Number of the request in the run, from 0.
    pub seq: u64,
    /// Instant of the record.
    pub at: Instant,
}

/// The event with which the chain of causes of a record began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedOrigin {
    /// The event; `None` if the chain began before the run.
    pub event: Option<String>,
    /// Caller of that event; `None` if it had none.
    pub actor: Option<String>,
    /// Number of the request from which the record follows; `None` for a call.
    pub seq: Option<u64>,
}

/// See [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of Request, with names")]
pub struct NamedRequest {
    #[serde(flatten)]
    pub place: Place,
    /// Id of the event, `timer:` and a name, or `start:fleet`.
    pub cause: String,
    pub trigger: Option<Trigger>,
    pub verb: String,
    pub actor: Option<String>,
    pub via: Option<Channel>,
    /// Instance, group or account; `None` for several instances.
    pub target: Option<String>,
    pub result: RequestResult,
    pub wanted: u32,
    pub got: u32,
    /// Rule of the refusal; `None` if nothing was refused, or no rule was needed.
    pub rule: Option<String>,
    /// Reason of the refusal; `None` if nothing was refused.
    pub reason: Option<String>,
    pub limited_by: Option<LimitedBy>,
    pub origin: NamedOrigin,
}

/// See [`Decision`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of Decision, with names")]
pub struct NamedDecision {
    #[serde(flatten)]
    pub place: Place,
    pub cause: String,
    pub trigger: Trigger,
    pub action: Action,
    pub actor: Option<String>,
    pub via: Option<Channel>,
    pub account: String,
    pub group: Option<String>,
    pub instance: String,
    pub billing: Option<Billing>,
    pub membership: Option<Membership>,
    pub on: Vec<String>,
    pub unknown: Vec<String>,
    pub inert: Vec<String>,
    pub outcome: Outcome,
    pub effect: Effect,
    /// A protection or another factor; `None` if nothing blocked the call.
    pub decided_by: Option<String>,
    pub rule: Option<String>,
    pub confidence: Confidence,
    /// Switches that the decision depends on, with their positions.
    pub assumptions: Vec<(String, String)>,
    /// Verdicts of the protections that were on.
    pub verdicts: Vec<(String, Verdict)>,
    pub policy: String,
    pub remedy: Option<NamedRemedy>,
    /// In the currency of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<String>,
    pub origin: NamedOrigin,
}

/// The act that would have prevented a loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedRemedy {
    /// The act, in words.
    pub text: String,
    /// First instant at which it helps; `None` if nothing helps.
    pub from: Option<Instant>,
    /// Last instant at which it helps, before all other events of that instant; `None` if nothing
    /// helps.
    pub until: Option<Instant>,
}

/// See [`Change`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of Change, with names")]
pub struct NamedChange {
    #[serde(flatten)]
    pub place: Place,
    pub subject: NamedSubject,
    pub what: NamedWhat,
    pub cause: String,
    pub origin: NamedOrigin,
}

/// The subject of a change or a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants of Subject, with names")]
pub enum NamedSubject {
    Instance(String),
    Group(String),
    Account(String),
}

/// A changed property: the old value, then the new one. See [`What`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants of What, with names")]
pub enum NamedWhat {
    State(Lifecycle, Lifecycle),
    Group(Option<String>, Option<String>),
    /// `None`: no release is scheduled.
    Schedule(Option<Instant>, Option<Instant>),
    Protections(Vec<String>, Vec<String>),
    Billing(Billing, Billing),
    /// `None`: the instance has no term.
    Term(Option<Instant>, Option<Instant>),
    /// Locks joined with `;`.
    Lock(String, String),
    Size(u32, u32),
    Exists(bool, bool),
    Arrears(bool, bool),
    Cancelled(bool, bool),
    Model(String, String),
    Probed(bool, bool),
    Health(Health, Health),
    /// Processes joined with `;`.
    Suspended(String, String),
    Property(Option<ResourceKind>, ResourceKind),
}

/// See [`Loss`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of Loss, with names")]
pub struct NamedLoss {
    #[serde(flatten)]
    pub place: Place,
    pub instance: String,
    pub trigger: Trigger,
    pub resource: ResourceKind,
    pub name: Option<String>,
    pub fate: Fate,
    pub gib: Option<u64>,
    /// In the currency of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hourly: Option<String>,
    /// In the currency of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed_until_end: Option<String>,
    pub policy: String,
    pub rule: String,
    pub remedy: Option<NamedRemedy>,
}

impl NamedHeader {
    /// The header with names.
    pub fn new(header: &RunHeader) -> Self {
        let policies = header.rulebooks.iter().map(|book| {
            let switches = book.policy.switches.iter().enumerate();
            NamedPolicy {
                name: book.policy.name.clone(),
                digest: book.policy.digest.clone(),
                switches: switches
                    .map(|(index, switch)| {
                        (switch.name.clone(), book.setting(SwitchId::from_index(index)).to_owned())
                    })
                    .collect(),
            }
        });
        Self {
            scenario: header.scenario.clone(),
            case: header.case.clone(),
            replication: header.replication,
            seed: header.seed,
            start: Instant(header.start),
            end: Instant(header.end),
            offset: header.offset.to_string(),
            currency: header.currency,
            policies: policies.collect(),
        }
    }
}

impl NamedRecord {
    /// The record with the names of its run.
    pub fn new(record: &Record, header: &RunHeader) -> Self {
        match record {
            Record::Request(request) => Self::Request(named_request(request, header)),
            Record::Decision(decision) => {
                Self::Decision(Box::new(named_decision(decision, header)))
            }
            Record::Change(change) => Self::Change(named_change(change, header)),
            Record::Loss(loss) => Self::Loss(named_loss(loss, header)),
            Record::Finding(finding) => Self::Finding(named_finding(finding, header)),
            Record::Alert(alert) => Self::Alert(named_alert(alert, header)),
        }
    }
}

fn named_origin(origin: Origin, header: &RunHeader) -> NamedOrigin {
    NamedOrigin {
        event: origin.event().map(|event| header.event(event).into_owned()),
        actor: origin.actor().map(|actor| header.actor(actor).to_owned()),
        seq: origin.seq(),
    }
}

fn named_cause(cause: Cause, header: &RunHeader) -> String {
    header.cause(cause).into_owned()
}

fn names(header: &RunHeader, policy: PolicyId, set: ProtectionSet) -> Vec<String> {
    header.protections(policy, set).into_iter().map(str::to_owned).collect()
}

fn named_remedy(
    (remedy, from): (Option<Remedy>, Option<SimTime>),
    policy: PolicyId,
    header: &RunHeader,
) -> Option<NamedRemedy> {
    let remedy = remedy?;
    let mut text = String::new();
    remedy.pieces(&header.rulebook(policy).policy, |piece| text.push_str(piece));
    Some(NamedRemedy { text, from: from.map(Instant), until: remedy.until.map(Instant) })
}

fn named_request(request: &Request, header: &RunHeader) -> NamedRequest {
    let rule = request.refusal.and_then(|refusal| header.rule_of(refusal));
    NamedRequest {
        place: Place { seq: request.seq, at: Instant(request.at) },
        cause: named_cause(request.cause, header),
        trigger: request.trigger,
        verb: request.verb.to_owned(),
        actor: request.actor.map(|actor| header.actor(actor).to_owned()),
        via: request.channel,
        target: match request.target {
            Target::Instance(id) => Some(header.instance(id).to_owned()),
            Target::Group(id) => Some(header.group(id).to_owned()),
            Target::Account(id) => Some(header.account(id).to_owned()),
            Target::Instances => None,
        },
        result: request.result,
        wanted: request.wanted,
        got: request.got,
        rule: rule.map(|rule| rule.id.clone()),
        reason: request.refusal.map(|refusal| header.reason(refusal).to_owned()),
        limited_by: request.limited_by,
        origin: named_origin(request.origin, header),
    }
}

fn named_decision(decision: &Decision, header: &RunHeader) -> NamedDecision {
    let book = header.rulebook(decision.policy);
    let policy = &book.policy;
    let decided_by = header.decided_by(decision);
    let switches = decision.basis.switches.iter();
    NamedDecision {
        place: Place { seq: decision.seq, at: Instant(decision.at) },
        cause: named_cause(decision.cause, header),
        trigger: decision.trigger,
        action: decision.action,
        actor: decision.actor.map(|actor| header.actor(actor).to_owned()),
        via: decision.channel,
        account: header.account(decision.account).to_owned(),
        group: decision.group.map(|group| header.group(group).to_owned()),
        instance: header.instance(decision.instance).to_owned(),
        billing: decision.billing,
        membership: decision.membership,
        on: names(header, decision.policy, decision.on),
        unknown: names(header, decision.policy, decision.unknown),
        inert: names(header, decision.policy, decision.inert),
        outcome: decision.outcome,
        effect: decision.effect,
        decided_by: (!decided_by.is_empty()).then(|| decided_by.to_owned()),
        rule: decision.rule.map(|rule| policy.rule(rule).id.clone()),
        confidence: decision.basis.confidence,
        assumptions: switches
            .map(|id| (policy.switches[id.index()].name.clone(), book.setting(id).to_owned()))
            .collect(),
        verdicts: decision
            .ruling
            .findings()
            .map(|one| (policy.protections[one.protection.index()].name.clone(), one.verdict))
            .collect(),
        policy: policy.name.clone(),
        remedy: named_remedy((decision.remedy, decision.remedy_from), decision.policy, header),
        worth: decision.worth.map(|amount| amount.to_string()),
        origin: named_origin(decision.origin, header),
    }
}

fn named_change(change: &Change, header: &RunHeader) -> NamedChange {
    NamedChange {
        place: Place { seq: change.seq, at: Instant(change.at) },
        subject: named_subject(change.subject, header),
        what: named_what(&change.what, header),
        cause: named_cause(change.cause, header),
        origin: named_origin(change.origin, header),
    }
}

fn named_what(what: &What, header: &RunHeader) -> NamedWhat {
    let group = |id| Option::map(id, |id| header.group(id).to_owned());
    let time = |at: SimTime| (at != SimTime::NEVER).then_some(Instant(at));
    let model = |id: ModelId| header.model(id).to_owned();
    match *what {
        What::State(from, to) => NamedWhat::State(from, to),
        What::Group(from, to) => NamedWhat::Group(group(from), group(to)),
        What::Schedule(from, to) => NamedWhat::Schedule(time(from), time(to)),
        What::Protections(policy, from, to) => {
            let list = |set| header.set_protections(policy, set);
            NamedWhat::Protections(list(from), list(to))
        }
        What::Billing(from, to) => NamedWhat::Billing(from, to),
        What::Term(from, to) => NamedWhat::Term(time(from), time(to)),
        What::Lock(from, to) => NamedWhat::Lock(from.word().to_owned(), to.word().to_owned()),
        What::Size(from, to) => NamedWhat::Size(from, to),
        What::Deleted => NamedWhat::Exists(true, false),
        What::Arrears(to) => NamedWhat::Arrears(!to, to),
        What::Cancelled(to) => NamedWhat::Cancelled(!to, to),
        What::Model(from, to) => NamedWhat::Model(model(from), model(to)),
        What::Probed(to) => NamedWhat::Probed(!to, to),
        What::Health(from, to) => NamedWhat::Health(from, to),
        What::Suspended(from, to) => {
            NamedWhat::Suspended(header.processes(from), header.processes(to))
        }
        What::Property(from, to) => NamedWhat::Property(from, to),
    }
}

fn named_finding(finding: &HouseFinding, header: &RunHeader) -> NamedFinding {
    NamedFinding {
        at: Instant(finding.at),
        seq: finding.seq,
        rule: finding.rule.to_string(),
        severity: finding.severity,
        subject: named_subject(finding.subject, header),
        actor: finding.actor.map(|actor| header.actor(actor).to_owned()),
        text: finding.text.to_string(),
    }
}

fn named_alert(alert: &Alert, header: &RunHeader) -> NamedAlert {
    NamedAlert {
        at: Instant(alert.at),
        seq: alert.seq,
        kind: alert.kind,
        watch: alert.watch.as_ref().map(ToString::to_string),
        instance: header.instance(alert.instance).to_owned(),
        event: alert.event.to_string(),
        actor: alert.actor.map(|actor| header.actor(actor).to_owned()),
        seen: alert.seen.map(|(from, to)| (Instant(from), Instant(to))),
        notice: alert.notice,
    }
}

fn named_subject(subject: Subject, header: &RunHeader) -> NamedSubject {
    match subject {
        Subject::Instance(id) => NamedSubject::Instance(header.instance(id).to_owned()),
        Subject::Group(id) => NamedSubject::Group(header.group(id).to_owned()),
        Subject::Account(id) => NamedSubject::Account(header.account(id).to_owned()),
    }
}

fn named_loss(loss: &Loss, header: &RunHeader) -> NamedLoss {
    let (policy, rule) = loss.rule;
    let book = header.rulebook(policy);
    NamedLoss {
        place: Place { seq: loss.seq, at: Instant(loss.at) },
        instance: header.instance(loss.instance).to_owned(),
        trigger: loss.trigger,
        resource: loss.resource,
        name: loss.name.as_deref().map(str::to_owned),
        fate: loss.fate,
        gib: loss.gib,
        hourly: loss.hourly.map(|amount| amount.to_string()),
        billed_until_end: loss.billed_until_end.map(|amount| amount.to_string()),
        policy: book.policy.name.clone(),
        rule: book.policy.rule(rule).id.clone(),
        remedy: named_remedy((loss.remedy, loss.remedy_from), policy, header),
    }
}

/// An instant that is written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub SimTime);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let at = SimTime::parse(&text);
        at.map(Self).map_err(|why| D::Error::custom(format!("`{text}` is not an instant: {why:?}")))
    }
}
