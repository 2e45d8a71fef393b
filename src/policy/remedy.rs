//! What would have prevented a loss, and until when.
//!
//! Rules propose ways and the cause of a loss has its own. A way counts only if it applies in the
//! situation, is not in place already, is accepted by the same policy, and changes the outcome.

use super::facts::{Column, Facts};
use super::rulebook::Rulebook;
use super::{FlagChange, Policy};
use crate::text::Place;
use crate::time::SimTime;
use crate::vocab::{
    Act, Action, Billing, Capacity, Channel, Fate, Initiator, Lead, Lock, Membership, Occasion,
    ProtectionId, ProtectionSet, RuleId, ScheduleFate, Subject, Thing, Trigger, Upgrade, Verdict,
    YesNo,
};

/// A way to prevent a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Setting this protection, on the instance or on its group.
    Set(ProtectionId),
    /// Doing this.
    Do(Act),
}

/// What a rule says against the loss that it lets pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Ways to prevent it, the preferred one first.
    pub means: Vec<Proposal>,
    /// Advice outside of the policy, which nothing checks.
    pub text: Option<String>,
    /// All of it in one line, as reports print it; `None` if the rule says nothing.
    pub line: Option<String>,
}

/// A way to prevent a loss, as a rule proposes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The way.
    pub means: Means,
    /// The rule's words for it, if it has some of its own.
    pub says: Option<String>,
    /// Where it stands.
    pub place: Place,
}

impl Advice {
    /// Advice with the line that reports print; `names` are those of the protections.
    pub fn new(means: Vec<Proposal>, text: Option<String>, names: &[&str]) -> Self {
        let wordings = means.iter().map(|proposal| match (&proposal.says, proposal.means) {
            (Some(says), _) => says.clone(),
            (None, Means::Do(act)) => act.wording().to_owned(),
            (None, Means::Set(id)) => {
                format!("set {}", names.get(id.index()).copied().unwrap_or_default())
            }
        });
        let line: Vec<String> = wordings.chain(text.clone()).collect();
        let line = (!line.is_empty()).then(|| line.join(", or "));
        Self { means, text, line }
    }
}

/// What would have prevented a loss, and until when. Its words are those of its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remedy {
    /// The last instant at which it helps; it comes before whatever else happens then. `None` if
    /// nothing helps.
    pub until: Option<SimTime>,
    /// What has to be done before, so that the policy accepts it.
    pub first: Option<Act>,
    /// The way; `None` if nothing in the policy helps.
    pub means: Option<Means>,
    /// The rule whose words these are, and the place of the proposal among those of the rule.
    pub words_of: Option<(RuleId, u8)>,
    /// Whether the loss was a call of somebody, who could have left it.
    pub called: bool,
}

/// A loss that is about to happen, as the policy of the instance sees it.
#[derive(Debug, Clone, Copy)]
pub struct Danger<'a> {
    /// The situation.
    pub facts: Facts,
    /// The protections that are on.
    pub on: ProtectionSet,
    /// The rules that let it pass or asked for it, the deciding one first.
    pub rules: [Option<RuleId>; 2],
    /// The moments before which calls may be accepted, the last one first.
    pub moments: &'a [Moment],
    /// Whether the instance is in a group.
    pub in_group: bool,
    /// Where detaching the instance would leave the size of its group.
    pub size_without: Capacity,
    /// Whether a release of the instance waits for the account to settle.
    pub waiting: bool,
    /// Whether it was a call of somebody.
    pub called: bool,
}

/// A moment before which a call may be accepted: that of the loss, or an earlier one at which
/// the situation changed.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The instant.
    pub until: SimTime,
    /// The situation before it.
    pub facts: Facts,
    /// Whether the owner may settle first without bringing the loss about.
    pub may_settle: bool,
}

/// A way, and whose words it has.
type Candidate = (Means, Option<(RuleId, u8)>);

/// Whether a policy accepts the call that a way needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepted {
    /// It refuses it.
    No,
    /// It accepts it as things stand.
    AsIs,
    /// It accepts it once this has been done.
    After(Act),
}

impl Rulebook {
    /// What would have prevented a loss of an instance.
    pub fn remedy(&self, danger: &Danger<'_>) -> Remedy {
        let proposed = self.speaking(danger).flat_map(|rule| self.proposals(rule));
        let of_cause = cause(&danger.facts).map(|act| (Means::Do(act), None));
        let protections = (0..self.policy.protections.len()).map(ProtectionId::at);
        let protections = protections.map(|protection| (Means::Set(protection), None));
        let rest = [Act::Detach, Act::Renew].map(|act| (Means::Do(act), None));
        let candidates = proposed.chain(of_cause).chain(protections).chain(rest);
        let helps = |(means, _): &Candidate| self.helps(danger, *means);
        self.last_accepted(danger, &candidates.filter(helps))
            .unwrap_or_else(|| self.nothing(danger, self.speaking(danger)))
    }

    /// What would have saved a resource: what its rule proposes, or else what would have prevented
    /// the loss of the instance. `lost` is the situation of the resource; `None` if `rule` says
    /// nothing of one that stays.
    pub fn remedy_of_resource(
        &self,
        danger: &Danger<'_>,
        lost: &Facts,
        rule: RuleId,
        instance: impl FnOnce() -> Remedy,
    ) -> Remedy {
        let saves = |(means, _): &Candidate| match means {
            Means::Do(act) if act.saves_a_resource() => self.saves(lost, *act),
            Means::Do(_) | Means::Set(_) => self.helps(danger, *means),
        };
        let proposed = self.proposals(rule).filter(saves);
        if let Some(remedy) = self.last_accepted(danger, &proposed) {
            return remedy;
        }
        let remedy = instance();
        if remedy.means.is_some() {
            return remedy;
        }
        let rules = std::iter::once(rule).chain(self.speaking(danger));
        self.nothing(danger, rules)
    }

    /// The rules that may have something to say on a loss: those that let it pass, and those of
    /// protections that would not have held it.
    fn speaking<'r>(
        &'r self,
        danger: &Danger<'_>,
    ) -> impl Iterator<Item = RuleId> + Clone + use<'r> {
        let facts = danger.facts;
        let rows = self.verdicts().iter().filter_map(move |table| table.decide(&facts));
        let passing = rows.filter(|row| row.says == Verdict::Overridden).map(|row| row.rule);
        danger.rules.into_iter().flatten().chain(passing)
    }

    /// What a rule proposes.
    fn proposals(&self, rule: RuleId) -> impl Iterator<Item = Candidate> + Clone {
        let proposals = self.policy.rule(rule).remedy.means.iter().zip(0_u8..);
        proposals.map(move |(proposal, place)| (proposal.means, Some((rule, place))))
    }

    /// The remedy of a loss that nothing in the policy prevents; a rule may have a word for it.
    fn nothing(&self, danger: &Danger<'_>, rules: impl Iterator<Item = RuleId>) -> Remedy {
        let mut rules = rules.filter(|rule| self.policy.rule(*rule).remedy.text.is_some());
        Remedy {
            until: None,
            first: None,
            means: None,
            words_of: rules.next().map(|rule| (rule, 0)),
            called: danger.called,
        }
    }

    /// Of ways that help, the first that the policy accepts at the last moment; or else at an
    /// earlier one.
    fn last_accepted(
        &self,
        danger: &Danger<'_>,
        candidates: &(impl Iterator<Item = Candidate> + Clone),
    ) -> Option<Remedy> {
        danger.moments.iter().find_map(|moment| {
            candidates.clone().find_map(|(means, words_of)| {
                let first = match self.accepted(danger, moment, means) {
                    Accepted::No => return None,
                    Accepted::AsIs => None,
                    Accepted::After(act) => Some(act),
                };
                let until = Some(moment.until);
                let called = danger.called;
                Some(Remedy { until, first, means: Some(means), words_of, called })
            })
        })
    }

    /// Whether the policy accepts a way before a moment.
    fn accepted(&self, danger: &Danger<'_>, moment: &Moment, means: Means) -> Accepted {
        let Moment { facts, may_settle, .. } = moment;
        let after = |act, accepts| if accepts { Accepted::After(act) } else { Accepted::No };
        if means == Means::Do(Act::Settle) {
            // Before the arrears there is nothing to settle.
            if facts.overdue == YesNo::No {
                return Accepted::No;
            }
            if danger.waiting && self.would_fire(facts) {
                let cancel = Means::Do(Act::CancelSchedule);
                return after(Act::CancelSchedule, self.takes(danger, facts, cancel));
            }
        }
        if self.takes(danger, facts, means) {
            return Accepted::AsIs;
        }
        match pays(facts).filter(|_| *may_settle) {
            Some(pays) => after(pays, self.takes(danger, &paid(facts), means)),
            None => Accepted::No,
        }
    }

    /// Whether a release that waits would fire once the account has settled.
    fn would_fire(&self, facts: &Facts) -> bool {
        let settled = self.ask(&self.tables.settled, &paid(facts));
        settled.is_none_or(|answer| answer.says != ScheduleFate::Dropped)
    }

    /// Whether the policy accepts the call that a way needs.
    fn takes(&self, danger: &Danger<'_>, facts: &Facts, means: Means) -> bool {
        match means {
            Means::Set(protection) => {
                let on = ProtectionSet::EMPTY.with(protection);
                let change = FlagChange { on, after: danger.on.and(on), ..FlagChange::default() };
                self.refusal_to_set(&call(facts, Action::SetProtection), &change).is_none()
            }
            Means::Do(act) => {
                let Some(action) = action(act) else { return true };
                let mut asked = call(facts, action);
                if act == Act::Detach {
                    asked.trigger = Trigger::Detach;
                    asked.capacity = danger.size_without;
                    asked.named = YesNo::Yes;
                }
                self.refusal(&asked).is_none()
            }
        }
    }

    /// Whether a way applies, is not in place already, and changes the outcome.
    fn helps(&self, danger: &Danger<'_>, means: Means) -> bool {
        let facts = &danger.facts;
        match means {
            Means::Set(id) => {
                let protection = &self.policy.protections[id.index()];
                let of_group = protection.of == Subject::Group || protection.standby;
                let works = protection.works_when.as_ref();
                let says = self.verdicts()[id.index()].decide(facts).map(|row| row.says);
                !danger.on.has(id)
                    && protection.occasions.contains(&Occasion::Later)
                    && (danger.in_group || !of_group)
                    && works.is_none_or(|(_, when)| when.meets(facts))
                    && says == Some(Verdict::Held)
            }
            Means::Do(Act::Detach) => {
                danger.in_group && is_about_members(facts.trigger) && self.lets_go(danger)
            }
            Means::Do(Act::Renew) => self.renewal_helps(facts),
            Means::Do(act) => cause(facts) == Some(act),
        }
    }

    /// Whether a renewal ends the cause of a loss, or has the policy refuse the call.
    fn renewal_helps(&self, facts: &Facts) -> bool {
        let renewed = Facts { expired: YesNo::No, ..*facts };
        let is_refused = || {
            let by_hand = facts.trigger == Trigger::Manual && facts.expired == YesNo::Yes;
            by_hand && self.refusal(&renewed).is_some()
        };
        facts.billing == Billing::Subscription && (facts.trigger == Trigger::Expiry || is_refused())
    }

    /// Whether a member may be detached: nothing holds it, and the policy knows of it.
    fn lets_go(&self, danger: &Danger<'_>) -> bool {
        let mut asked = call(&danger.facts, Action::Remove);
        asked.trigger = Trigger::Detach;
        asked.named = YesNo::Yes;
        let knows = self.policy.knows(Column::Trigger, Trigger::Detach)
            && self.policy.knows(Column::Action, Action::Remove);
        let never = self.policy.impossible.iter().any(|(when, _)| when.meets(&asked));
        let held = danger.on.iter().any(|protection| {
            let row = self.verdicts()[protection.index()].decide(&asked);
            row.is_some_and(|row| row.says == Verdict::Held)
        });
        knows && !never && !held
    }

    /// Whether an act would have saved a resource that is lost.
    fn saves(&self, lost: &Facts, act: Act) -> bool {
        let is_disk = matches!(lost.thing, Thing::SystemDisk | Thing::DataDisk);
        let copy = |thing| Facts { thing, with_instance: YesNo::No, ..*lost };
        let stays = |facts: Facts| {
            let row = self.tables.effects.decide(&facts);
            row.is_none_or(|row| row.says != Fate::Lost)
        };
        match act {
            Act::Snapshot => is_disk && stays(copy(Thing::Snapshot)),
            Act::CreateImage => is_disk && stays(copy(Thing::Image)),
            Act::ConvertAddress => {
                lost.thing == Thing::StaticIp && stays(Facts { thing: Thing::Eip, ..*lost })
            }
            Act::Keep => {
                lost.with_instance == YesNo::Yes
                    && stays(Facts { with_instance: YesNo::No, ..*lost })
            }
            Act::CancelSchedule
            | Act::Settle
            | Act::Renew
            | Act::Detach
            | Act::CompleteHook
            | Act::Reactivate => false,
        }
    }
}

/// What ends the cause of a loss, if anything does.
const fn cause(facts: &Facts) -> Option<Act> {
    match facts.trigger {
        Trigger::ScheduledRelease => Some(Act::CancelSchedule),
        Trigger::BillingOverdue => Some(Act::Settle),
        Trigger::Cancellation => Some(Act::Reactivate),
        Trigger::Expiry => Some(Act::Renew),
        Trigger::LaunchHook => Some(Act::CompleteHook),
        Trigger::Manual
        | Trigger::SecurityRelease
        | Trigger::SpotReclaim
        | Trigger::ScaleIn
        | Trigger::HealthCheck
        | Trigger::DeleteMembers
        | Trigger::Detach
        | Trigger::GroupDelete
        | Trigger::GroupAction
        | Trigger::ModelUpdate
        | Trigger::ZoneBalance
        | Trigger::Maintenance => None,
    }
}

/// Whether a trigger reaches an instance because it is a member of a group.
const fn is_about_members(trigger: Trigger) -> bool {
    match trigger {
        Trigger::ScaleIn
        | Trigger::HealthCheck
        | Trigger::DeleteMembers
        | Trigger::GroupDelete
        | Trigger::GroupAction
        | Trigger::ModelUpdate
        | Trigger::ZoneBalance => true,
        Trigger::Manual
        | Trigger::ScheduledRelease
        | Trigger::BillingOverdue
        | Trigger::Expiry
        | Trigger::SecurityRelease
        | Trigger::SpotReclaim
        | Trigger::Detach
        | Trigger::Maintenance
        | Trigger::LaunchHook
        | Trigger::Cancellation => false,
    }
}

/// The action that an act asks for, if the policy is asked about it.
const fn action(act: Act) -> Option<Action> {
    match act {
        Act::CancelSchedule => Some(Action::CancelScheduledRelease),
        Act::Renew => Some(Action::Renew),
        Act::Detach => Some(Action::Detach),
        Act::Snapshot => Some(Action::Snapshot),
        Act::CreateImage => Some(Action::CreateImage),
        Act::ConvertAddress => Some(Action::ConvertAddress),
        Act::Settle | Act::Reactivate | Act::CompleteHook | Act::Keep => None,
    }
}

/// What ends the arrears of a situation, or the cancellation, if it is in any.
const fn pays(facts: &Facts) -> Option<Act> {
    match facts.overdue {
        YesNo::Yes => Some(Act::Settle),
        YesNo::No if facts.lock.has(Lock::Financial) => Some(Act::Reactivate),
        YesNo::No => None,
    }
}

/// The same situation after the account has settled.
const fn paid(facts: &Facts) -> Facts {
    Facts { overdue: YesNo::No, lock: facts.lock.without(Lock::Financial), ..*facts }
}

/// The situation of an instance in a call of its owner: the columns that a request fills are empty.
fn call(facts: &Facts, action: Action) -> Facts {
    let Facts { force, terminate_subscription, .. } = Facts::default();
    Facts {
        trigger: Trigger::Manual,
        action,
        channel: Channel::Api,
        force,
        terminate_subscription,
        lead: Lead::None,
        capacity: Capacity::Within,
        named: YesNo::No,
        upgrade: Upgrade::Manual,
        initiator: Initiator::User,
        ..*facts
    }
}

impl Remedy {
    /// Its words, piece by piece, in the words of its policy.
    pub fn pieces<'p>(&self, policy: &'p Policy, mut put: impl FnMut(&'p str)) {
        let rule = self.words_of.map(|(rule, place)| (&policy.rule(rule).remedy, place));
        let Some(means) = self.means else {
            put("nothing in this policy");
            match rule.and_then(|(advice, _)| advice.text.as_deref()) {
                Some(text) => {
                    put("; ");
                    put(text);
                }
                None if self.called => put("; do not make the call"),
                None => {}
            }
            return;
        };
        if let Some(first) = self.first {
            put(first.wording());
            put(", then ");
        }
        let says = rule.and_then(|(advice, place)| advice.means.get(usize::from(place)));
        match (says.and_then(|proposal| proposal.says.as_deref()), means) {
            (Some(says), _) => put(says),
            (None, Means::Do(act)) => put(act.wording()),
            (None, Means::Set(id)) => {
                let protection = &policy.protections[id.index()];
                put("set ");
                put(&protection.name);
                if protection.of == Subject::Group {
                    put(" on its group");
                }
            }
        }
    }

    /// Its words in one text.
    pub fn text(&self, policy: &Policy) -> String {
        let mut text = String::new();
        self.pieces(policy, |piece| text.push_str(piece));
        text
    }
}

impl<'a> Danger<'a> {
    /// A situation that is looked at without a run: nothing is known of its past or of its group.
    pub const fn of(moment: &'a Moment, on: ProtectionSet, rule: Option<RuleId>) -> Self {
        let facts = moment.facts;
        Self {
            facts,
            on,
            rules: [rule, None],
            moments: std::slice::from_ref(moment),
            in_group: !matches!(facts.membership, Membership::None),
            size_without: Capacity::Within,
            waiting: false,
            called: is_called(&facts),
        }
    }
}

impl Moment {
    /// The moment of a loss without a run.
    pub const fn of(facts: Facts) -> Self {
        Self { until: SimTime::NEVER, facts, may_settle: true }
    }
}

/// Whether a situation is a call of somebody.
pub const fn is_called(facts: &Facts) -> bool {
    match facts.trigger {
        Trigger::Manual
        | Trigger::DeleteMembers
        | Trigger::Detach
        | Trigger::GroupDelete
        | Trigger::GroupAction
        | Trigger::ModelUpdate => true,
        Trigger::ScaleIn => matches!(facts.initiator, Initiator::User),
        Trigger::ScheduledRelease
        | Trigger::BillingOverdue
        | Trigger::Expiry
        | Trigger::SecurityRelease
        | Trigger::SpotReclaim
        | Trigger::HealthCheck
        | Trigger::ZoneBalance
        | Trigger::Maintenance
        | Trigger::LaunchHook
        | Trigger::Cancellation => false,
    }
}
