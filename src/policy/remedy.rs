//! Remedies: what would have prevented a loss, and until when.

use super::advice::Means;
use super::edition::Policy;
use super::facts::Facts;
use crate::time::SimTime;
use crate::words::{Act, Capacity, Initiator, Membership, ProtectionSet, RuleId, Subject, Trigger};

/// What would have prevented a loss, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remedy {
    /// Last instant at which it helps, before all other events of that instant; `None` if nothing
    /// helps.
    pub until: Option<SimTime>,
    /// An act that must come first, so that the policy accepts the remedy; `None` if none is
    /// needed.
    pub first: Option<Act>,
    /// The remedy; `None` if nothing in the policy helps.
    pub means: Option<Means>,
    /// Rule that proposes it, and the index of the proposal in the rule; `None` if no rule does.
    pub words_of: Option<(RuleId, u8)>,
    /// Whether the loss followed from a call, which could have been left out.
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
    /// Whether the loss follows from a call.
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
    /// Whether the account may have been in arrears then that have been settled since.
    pub perhaps_owing: bool,
}

impl Remedy {
    /// Its words, piece by piece, in the words of its policy.
    pub fn pieces<'p>(&self, policy: &'p Policy, mut put: impl FnMut(&'p str)) {
        let rule = self.words_of.map(|(rule, index)| (&policy.rule(rule).remedy, index));
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
        let says = rule.and_then(|(advice, index)| advice.means.get(usize::from(index)));
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
            called: is_call(&facts),
        }
    }
}

impl Moment {
    /// The moment of a loss without a run.
    pub const fn of(facts: Facts) -> Self {
        Self { until: SimTime::NEVER, facts, may_settle: true, perhaps_owing: false }
    }
}

/// Whether the trigger of a situation is a call.
pub const fn is_call(facts: &Facts) -> bool {
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
