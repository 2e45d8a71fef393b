//! Remedies: acts that would have prevented a loss, and the last instants at which they help.

use super::advice::Means;
use super::edition::Policy;
use super::facts::Facts;
use crate::time::SimTime;
use crate::words::{Act, Capacity, Membership, ProtectionSet, RuleId, SubjectKind};

/// The act that would have prevented a loss, and the last instant at which it helps.
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
    pub proposed_by: Option<(RuleId, u8)>,
    /// Whether a call caused the loss.
    pub called: bool,
}

/// A loss for which a remedy is searched.
#[derive(Debug, Clone, Copy)]
pub struct Danger<'a> {
    /// The situation.
    pub facts: Facts,
    /// The situations of other requests that would take the instance at the same instant, as they
    /// wait for the same hook. A remedy keeps the instance from all of them.
    pub others: &'a [Facts],
    /// The protections that are on.
    pub on: ProtectionSet,
    /// The protections whose state is unknown.
    pub unknown: ProtectionSet,
    /// The protections that the event which causes the loss has removed; to set them before it
    /// does not help.
    pub removed: ProtectionSet,
    /// The rules that allowed or requested it, the deciding one first.
    pub rules: [Option<RuleId>; 2],
    /// The moments before which a call could be made, the last one first.
    pub moments: &'a [Moment],
    /// Whether the instance is in a group.
    pub in_group: bool,
    /// The size of the group after detaching the instance, compared with its bounds.
    pub size_without: Capacity,
    /// Whether a release of the instance is deferred until the account settles.
    pub waiting: bool,
    /// Whether a call causes the loss.
    pub called: bool,
}

/// A moment before which a call could be made: that of the loss, or an earlier one at which the
/// situation changed.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The instant.
    pub until: SimTime,
    /// The situation before it.
    pub facts: Facts,
    /// Whether arrears or a cancellation of the account had begun before it, which a call could
    /// end.
    pub closing: bool,
    /// Whether the account may have been in arrears that were settled since then.
    pub perhaps_owing: bool,
}

impl Remedy {
    /// Calls `write` with each piece of its text, with the names of its policy.
    pub fn pieces<'p>(&self, policy: &'p Policy, mut write: impl FnMut(&'p str)) {
        let rule = self.proposed_by.map(|(rule, index)| (&policy.rule(rule).remedy, index));
        let Some(means) = self.means else {
            write("nothing in this policy");
            match rule.and_then(|(advice, _)| advice.text.as_deref()) {
                Some(text) => {
                    write("; ");
                    write(text);
                }
                None if self.called => write("; do not make the call"),
                None => {}
            }
            return;
        };
        if let Some(first) = self.first {
            write(first.wording());
            write(", then ");
        }
        let says = rule.and_then(|(advice, index)| advice.means.get(usize::from(index)));
        match (says.and_then(|proposal| proposal.says.as_deref()), means) {
            (Some(says), _) => write(says),
            (None, Means::Do(act)) => write(act.wording()),
            (None, Means::Set(id)) => {
                let protection = &policy.protections[id.index()];
                write("set ");
                write(&protection.name);
                if protection.of == SubjectKind::Group {
                    write(" on its group");
                }
            }
        }
    }

    /// Its text.
    pub fn text(&self, policy: &Policy) -> String {
        let mut text = String::new();
        self.pieces(policy, |piece| text.push_str(piece));
        text
    }
}

impl<'a> Danger<'a> {
    /// A loss in a situation without a run. Its past and the group of the instance are unknown.
    pub const fn new(moment: &'a Moment, on: ProtectionSet, rule: Option<RuleId>) -> Self {
        let facts = moment.facts;
        Self {
            facts,
            others: &[],
            on,
            unknown: ProtectionSet::EMPTY,
            removed: ProtectionSet::EMPTY,
            rules: [rule, None],
            moments: std::slice::from_ref(moment),
            in_group: !matches!(facts.membership, Membership::None),
            size_without: Capacity::Within,
            waiting: false,
            called: facts.trigger.is_call(facts.initiator),
        }
    }
}

impl Moment {
    /// The moment of a loss in a situation without a run.
    pub const fn new(facts: Facts) -> Self {
        Self { until: SimTime::NEVER, facts, closing: true, perhaps_owing: false }
    }
}
