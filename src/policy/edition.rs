//! A proved edition of a policy: protections, rules, preconditions, switches, sources.

use serde::{Deserialize, Serialize};

use super::advice::Advice;
use super::clock::Clock;
use super::defaults::Defaults;
use super::domain::Domain;
use super::facts::{Column, Columns, Condition};
use super::order::Order;
use super::permission::Permissions;
use super::questions::questions;
use super::says::Says;
use super::table::DecisionTable;
use super::trail::Trail;
use crate::diagnostics::{FileId, Span};
use crate::time::{ApiVersion, CalendarSpan, SimSpan, UtcOffset};
use crate::words::{
    Billing, ClockKind, Confidence, HookResult, Occasion, ProtectionId, ProtectionSet, RuleId,
    SubjectKind, SwitchId, SwitchSet, Verdict, Word,
};

/// The switch about protections whose setting is unknown, which every policy has.
pub const UNKNOWN_PROTECTION: &str = "unknown-protection";

/// The switch about members whose membership is unknown, which every policy has.
pub const UNKNOWN_MEMBERSHIP: &str = "unknown-membership";

/// The switch about unknown locks, which every policy has.
pub const UNKNOWN_LOCK: &str = "unknown-lock";

/// The switch about instances that may be spot capacity, which every policy has.
pub const UNKNOWN_BILLING: &str = "unknown-billing";

/// The switch about unknown scheduled releases, which every policy has.
pub const UNKNOWN_SCHEDULE: &str = "unknown-schedule";

/// The switch about unknown renewals of subscriptions, which every policy has.
pub const UNKNOWN_RENEWAL: &str = "unknown-renewal";

/// Position in which an answer that depends on the switch is undecided.
pub(super) const UNDECIDED: &str = "undecided";

/// Position in which an unknown protection counts as on.
pub(super) const SET: &str = "set";

/// Position in which an unknown protection counts as off.
pub(super) const UNSET: &str = "unset";

/// Position in which no release is scheduled.
pub(super) const NO_SCHEDULE: &str = "none";

/// The switches about unknown facts, which every policy has.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Unknowns {
    /// The switch called [`UNKNOWN_PROTECTION`].
    pub protection: SwitchId,
    /// The switch called [`UNKNOWN_MEMBERSHIP`].
    pub membership: SwitchId,
    /// The switch called [`UNKNOWN_LOCK`].
    pub lock: SwitchId,
    /// The switch called [`UNKNOWN_BILLING`].
    pub billing: SwitchId,
    /// The switch called [`UNKNOWN_SCHEDULE`].
    pub schedule: SwitchId,
    /// The switch called [`UNKNOWN_RENEWAL`].
    pub renewal: SwitchId,
}

impl Unknowns {
    /// Number of these switches.
    pub(super) const COUNT: usize = 6;

    /// Most switches that a policy can have besides these.
    pub(super) const MOST_OTHERS: usize = SwitchSet::MOST - Self::COUNT;

    /// The ids of these switches in a policy with this many switches, of which they are the last.
    pub(super) const fn last_of(switches: usize) -> Self {
        let first = switches - Self::COUNT;
        Self {
            protection: SwitchId::from_index(first),
            membership: SwitchId::from_index(first + 1),
            lock: SwitchId::from_index(first + 2),
            billing: SwitchId::from_index(first + 3),
            schedule: SwitchId::from_index(first + 4),
            renewal: SwitchId::from_index(first + 5),
        }
    }

    /// Whether a switch is about unknown facts.
    pub fn contains(self, switch: SwitchId) -> bool {
        switch >= self.protection
    }

    /// The columns whose unknown word a switch can set.
    pub const COLUMNS: Columns = Columns::NONE
        .with(Column::Membership)
        .with(Column::Lock)
        .with(Column::Billing)
        .with(Column::Scheduled)
        .with(Column::Renewal);

    /// The switch about an unknown column; `None` if it is not one of [`Self::COLUMNS`].
    pub fn switch_for(self, column: Column) -> Option<SwitchId> {
        let switches = [
            (Column::Membership, self.membership),
            (Column::Lock, self.lock),
            (Column::Billing, self.billing),
            (Column::Scheduled, self.schedule),
            (Column::Renewal, self.renewal),
        ];
        switches.into_iter().find(|(known, _)| *known == column).map(|(_, switch)| switch)
    }
}

/// A proved edition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    /// `POLICY@EDITION`.
    pub name: String,
    /// Title, in one line.
    pub title: String,
    /// The SHA-256 of its text and of those that it extends, in hexadecimal digits.
    pub digest: String,
    /// The cloud whose listings describe fleets under this policy; `None` for any cloud.
    pub listings: Option<String>,
    /// UTC offset in which days and months are counted.
    pub calendar: UtcOffset,
    /// Documents that rules cite.
    pub sources: Vec<Source>,
    /// Switches in the order of their names, then those that every policy has.
    pub switches: Vec<Switch>,
    /// Ids of the switches about unknown facts.
    pub unknown: Unknowns,
    /// The parts of the file that contain rules, such as `protections.release-protection`.
    pub parts: Vec<String>,
    /// All rules, indexed by `RuleId`.
    pub rules: Vec<Rule>,
    /// Protections in the order of their names, indexed by `ProtectionId`.
    pub protections: Vec<Protection>,
    /// Preconditions, in the order in which they are checked.
    pub preconditions: Vec<Precondition>,
    /// The permissions that callers need; `None` if the edition states none.
    pub permissions: Option<Permissions>,
    /// The audit trail; `None` if the edition states none.
    pub trail: Option<Trail>,
    /// Tables of all other answers of the provider.
    pub tables: DecisionTables,
    /// Limits on scheduled releases.
    pub schedule: Schedule,
    /// Clocks, by kind.
    pub clocks: Vec<(ClockKind, Clock)>,
    /// The orders in which a scale-in may select members.
    pub orders: Vec<Order>,
    /// Limits on repairs.
    pub repairs: Repairs,
    /// Limits on lifecycle hooks; `None` if the provider has none.
    pub hooks: Option<Hooks>,
    /// Statements that no rule expresses, with indices into [`Policy::sources`].
    pub notes: Vec<(String, Vec<usize>)>,
    /// Reasons why cells cannot occur, with their conditions.
    pub impossible: Vec<(Condition, String)>,
    /// The decision space.
    pub domain: Domain,
    /// Columns that at least one rule tests.
    pub(super) tested: Columns,
}

/// Declares the tables of the questions.
macro_rules! tables {
    ($($section:ident { $(
        $(#[doc = $doc:literal])+
        $key:literal $(as $name:literal)? => $field:ident: $word:ident in $space:ident, $part:ident;
    )* })*) => {
        /// Decision tables for everything that a provider decides besides verdicts. A table that
        /// the file does not contain has no rows; the world then uses the simplest answer.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub struct DecisionTables {
            $($($(#[doc = $doc])+ pub $field: DecisionTable<$crate::words::$word>,)*)*
            /// Defaults of the provider.
            pub defaults: Defaults,
        }

        impl DecisionTables {
            /// The tables with every switch set; `known` are those under other settings.
            pub(super) fn under(&self, settings: &[u8], known: Option<(&Self, &[u8])>) -> Self {
                Self {
                    $($($field: self.$field.under(
                        settings,
                        known.map(|(tables, others)| (&tables.$field, others)),
                    ),)*)*
                    defaults: self.defaults.under(
                        settings,
                        known.map(|(tables, others)| (&tables.defaults, others)),
                    ),
                }
            }
        }
    };
}

questions!(tables);

/// A document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its key in the file, which reports use.
    pub key: String,
    /// Its title.
    pub title: String,
    /// The section that is cited; `None` for the whole document.
    pub section: Option<String>,
    /// Its date as written; `None` if no date is stated.
    pub dated: Option<String>,
    /// Its address; `None` if none is stated.
    pub at: Option<String>,
    /// The provider answers that it contains.
    pub answers: Vec<String>,
    /// Whether it is later than the edition.
    pub is_late: bool,
}

/// `Elastic Compute Service: Release an instance (Release protection), 2026-05-15`.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)?;
        if let Some(section) = &self.section {
            write!(f, " ({section})")?;
        }
        write!(f, ", {}", self.dated.as_deref().unwrap_or("undated"))
    }
}

/// A switch: a question on which the documents are silent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Switch {
    /// Its name.
    pub name: String,
    /// Its positions.
    pub values: Vec<String>,
    /// Index of the default position; `None` if each scenario must set the switch.
    pub default: Option<u8>,
    /// Index of the position in which protections hold least; `None` if it is not stated.
    pub cautious: Option<u8>,
    /// Confidence of the default position.
    pub confidence: Confidence,
    /// The question, and why it is open; `None` if it is not stated.
    pub because: Option<String>,
    /// The sources of the default, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
}

/// A rule: the statement behind a row, a refusal or a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    /// Its id, unique in the policy.
    pub id: String,
    /// The documents that state it, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
    /// The part of the file that contains it, as an index into [`Policy::parts`].
    pub part: usize,
    /// Its conditions and conclusions as written: keys and words.
    pub says: Says,
    /// Confidence of the statement.
    pub confidence: Confidence,
    /// The reason; `None` if none is stated.
    pub because: Option<String>,
    /// The remedies that it proposes.
    pub remedy: Advice,
    /// The answer of the provider; `None` if it is not known.
    pub answer: Option<String>,
    /// The basis of that answer; `None` if it has the basis of the rule.
    pub answer_basis: Option<AnswerBasis>,
    /// Why no run reaches the rule; `None` if runs can. Some rules only make a table total.
    pub unreachable: Option<String>,
    /// The switches that it tests.
    pub switches: SwitchSet,
    /// Its location.
    pub span: Span,
}

/// The basis of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerBasis {
    /// The documents that contain it, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
    /// Confidence of the statement.
    pub confidence: Confidence,
}

/// A setting that keeps an instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Protection {
    /// Its name.
    pub name: String,
    /// Its index in the file, which is the order in which reports show protections.
    pub written: usize,
    /// The provider's attribute; `None` if it has none.
    pub attribute: Option<String>,
    /// A sentence about it; `None` if none is stated.
    pub about: Option<String>,
    /// Whether it is set on an instance or on a group.
    pub of: SubjectKind,
    /// Whether it is the standby state.
    pub standby: bool,
    /// Whether it is a part of the model of the instance.
    pub in_model: bool,
    /// The occasions on which it can be set.
    pub occasions: Vec<Occasion>,
    /// The sources of the occasions, as indices into [`Policy::sources`].
    pub settable: Vec<usize>,
    /// Where it has an effect, with the rule that states it; `None` if it has one everywhere.
    pub works_when: Option<(RuleId, Condition)>,
    /// Its verdicts.
    pub table: DecisionTable<Verdict>,
}

impl Protection {
    /// Whether this is its name or its provider attribute.
    pub fn has_name(&self, name: &str) -> bool {
        self.name == name || self.attribute.as_deref() == Some(name)
    }
}

/// A refusal that is not a verdict of a protection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Precondition {
    /// The rule that states it.
    pub rule: RuleId,
    /// When it refuses.
    pub when: Condition,
    /// Further test of a request to set protections.
    pub flags: FlagTest,
}

/// A test of a request to set protections. An empty test matches every request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagTest {
    /// At least one of these is set to on or off.
    pub any: ProtectionSet,
    /// All of these are set to off.
    pub off: ProtectionSet,
    /// All of these are on afterwards.
    pub left_on: ProtectionSet,
    /// The request uses an older API version than this; `None` for any version.
    pub before: Option<ApiVersion>,
}

/// A request to set protections to on or off.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlagChange {
    /// Protections that it sets to on.
    pub on: ProtectionSet,
    /// Protections that it sets to off.
    pub off: ProtectionSet,
    /// Protections that are on afterwards.
    pub after: ProtectionSet,
    /// API version of the request; `None` if it is not stated.
    pub version: Option<ApiVersion>,
}

impl FlagTest {
    /// Whether a request meets the test.
    pub(super) fn matches(&self, change: &FlagChange) -> bool {
        let named = change.on.union(change.off);
        (self.any.is_empty() || !self.any.intersection(named).is_empty())
            && self.off.difference(change.off).is_empty()
            && self.left_on.difference(change.after).is_empty()
            && self.before.is_none_or(|before| change.version.is_some_and(|v| v < before))
    }
}

/// Limits on scheduled releases.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Schedule {
    /// Times are rounded down to a multiple of this span.
    pub granularity: SimSpan,
    /// Shortest lead of a schedule, inclusive; `None` if there is no limit.
    pub earliest: Option<CalendarSpan>,
    /// Longest lead of a schedule, inclusive; `None` if there is no limit.
    pub latest: Option<CalendarSpan>,
    /// Documents of these figures, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
}

/// Limits on how long a group waits before it repairs a member.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Repairs {
    /// Shortest wait before a repair that the provider accepts, inclusive; `None` if it states no
    /// limit.
    pub shortest: Option<SimSpan>,
    /// Longest wait before a repair, inclusive; `None` if the provider states no limit.
    pub longest: Option<SimSpan>,
    /// Documents of these figures, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
}

/// Limits on lifecycle hooks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hooks {
    /// Shortest timeout that the provider accepts, inclusive; `None` if it states no limit.
    pub shortest: Option<SimSpan>,
    /// Longest timeout, inclusive; `None` if the provider states no limit.
    pub longest: Option<SimSpan>,
    /// Results that a hook can have.
    pub results: Vec<HookResult>,
    /// Whether members of a group whose hooks have ended wait for the others.
    pub together: bool,
    /// Billings of members that hooks apply to; all if it is empty.
    pub billing: Vec<Billing>,
    /// Largest number of heartbeats.
    pub heartbeats: u32,
    /// Longest delay with all heartbeats; `None` if the provider states no limit.
    pub in_all: Option<SimSpan>,
    /// Documents of these figures, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
}

impl Hooks {
    /// Whether hooks apply to members of this billing.
    pub fn offered_for(&self, billing: Billing) -> bool {
        self.billing.is_empty() || self.billing.contains(&billing)
    }
}

impl Policy {
    /// Whether a rule is a row of the permissions.
    pub fn is_permission(&self, rule: RuleId) -> bool {
        let mut rows = self.permissions.iter().flat_map(|permissions| &permissions.calls);
        rows.any(|row| row.rule == rule)
    }

    /// Moves the spans of a stored policy into `files`, which are its files in their order.
    pub(super) fn relocate(&mut self, files: &[FileId]) {
        for rule in &mut self.rules {
            rule.span = rule.span.relocated(files);
            for proposal in &mut rule.remedy.means {
                proposal.span = proposal.span.relocated(files);
            }
        }
    }

    /// A rule.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// The protections in the order of the file.
    pub fn as_written(&self) -> Vec<(ProtectionId, &Protection)> {
        let all = self.protections.iter().enumerate();
        let mut all: Vec<_> =
            all.map(|(index, one)| (ProtectionId::from_index(index), one)).collect();
        all.sort_by_key(|(_, protection)| protection.written);
        all
    }

    /// The protection with this name or provider attribute; `None` if there is none. Loading proves
    /// that no name is ambiguous.
    pub fn protection(&self, name: &str) -> Option<ProtectionId> {
        self.protections.iter().position(|p| p.has_name(name)).map(ProtectionId::from_index)
    }

    /// The protections that are a part of the model of the instance.
    pub fn in_model(&self) -> ProtectionSet {
        let protections = self.protections.iter().enumerate();
        protections
            .filter(|(_, p)| p.in_model)
            .map(|(index, _)| ProtectionId::from_index(index))
            .collect()
    }

    /// The protection that is the standby state; `None` if there is none.
    pub fn standby(&self) -> Option<ProtectionId> {
        self.protections.iter().position(|p| p.standby).map(ProtectionId::from_index)
    }

    /// The switch with this name; `None` if there is none.
    pub fn switch(&self, name: &str) -> Option<SwitchId> {
        self.switches.iter().position(|switch| switch.name == name).map(SwitchId::from_index)
    }

    /// The clock of a kind; `None` if the policy has none.
    pub fn clock(&self, kind: ClockKind) -> Option<&Clock> {
        self.clocks.iter().find(|(k, _)| *k == kind).map(|(_, clock)| clock)
    }

    /// The keys of the documents of a rule, joined by `;`.
    pub fn source_keys(&self, id: RuleId) -> String {
        let keys: Vec<&str> =
            self.rule(id).sources.iter().map(|source| self.sources[*source].key.as_str()).collect();
        keys.join(";")
    }

    /// The words that the decision space has in a column; empty if it has no such column.
    pub fn words(&self, column: Column) -> &[u8] {
        self.domain.words(column)
    }

    /// Whether at least one rule tests a column.
    pub const fn tests(&self, column: Column) -> bool {
        self.tested.contains(column)
    }

    /// Whether the decision space contains a word of a column.
    pub fn knows<W: Word>(&self, column: Column, word: W) -> bool {
        self.words(column).contains(&word.index())
    }
}
