//! A proved edition of a policy: protections, rules, preconditions, switches, sources.

use super::advice::Advice;
use super::clock::Clock;
use super::defaults::Defaults;
use super::domain::Domain;
use super::facts::{Column, Columns, Condition};
use super::order::Order;
use super::table::Table;
use crate::diagnostics::Span;
use crate::time::{ApiVersion, CalendarSpan, SimSpan, UtcOffset};
use crate::words::{
    Action, AfterSettling, Batch, Billing, BoundFate, CheckedFirst, ClockKind, Confidence,
    DesiredAfter, EconomicalStop, Fate, FlagEffect, FlagFate, HealthFate, HookFate, HookResult,
    Numbering, Occasion, ProtectionId, ProtectionSet, Refill, RollOut, RuleId, ScheduleFate,
    Shortfall, Subject, SwitchId, SwitchSet, TermFrom, TieBreak, Verdict, Word, ZoneHeld, ZoneRule,
};

/// Switch of every policy about protections whose setting is unknown.
pub const UNKNOWN_PROTECTION: &str = "unknown-protection";

/// Switch of every policy about members whose membership is unknown.
pub const UNKNOWN_MEMBERSHIP: &str = "unknown-membership";

/// Switch of every policy about locks that are unknown.
pub const UNKNOWN_LOCK: &str = "unknown-lock";

/// Switch of every policy about instances that may be spot capacity.
pub const UNKNOWN_BILLING: &str = "unknown-billing";

/// Switch of every policy about scheduled releases that are unknown.
pub const UNKNOWN_SCHEDULE: &str = "unknown-schedule";

/// Position in which an answer that depends on the switch is undecided.
pub(super) const UNDECIDED: &str = "undecided";

/// Position in which an unknown protection counts as on.
pub(super) const SET: &str = "set";

/// Position in which an unknown protection counts as off.
pub(super) const UNSET: &str = "unset";

/// Position in which no release is scheduled.
pub(super) const NO_SCHEDULE: &str = "none";

/// The switches about unknown facts, which every policy has.
#[derive(Debug, Clone, Copy)]
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
}

impl Unknowns {
    /// Number of these switches.
    pub(super) const COUNT: usize = 5;

    /// Those of a policy, which are the last of its switches.
    pub(super) const fn last_of(switches: usize) -> Self {
        Self {
            protection: SwitchId::at(switches - 5),
            membership: SwitchId::at(switches - 4),
            lock: SwitchId::at(switches - 3),
            billing: SwitchId::at(switches - 2),
            schedule: SwitchId::at(switches - 1),
        }
    }

    /// Whether a switch is one of them.
    pub fn contains(self, switch: SwitchId) -> bool {
        switch >= self.protection
    }

    /// The switch about a column.
    pub fn switch_for(self, column: Column) -> Option<SwitchId> {
        let switches = [
            (Column::Membership, self.membership),
            (Column::Lock, self.lock),
            (Column::Billing, self.billing),
            (Column::Scheduled, self.schedule),
        ];
        switches.into_iter().find(|(of, _)| *of == column).map(|(_, switch)| switch)
    }
}

/// A proved edition.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `POLICY@EDITION`.
    pub name: String,
    /// Title, in one line.
    pub title: String,
    /// The SHA-256 of its text and of those that it extends, in hexadecimal digits.
    pub digest: String,
    /// UTC offset in which days and months are counted.
    pub calendar: UtcOffset,
    /// Documents that rules cite.
    pub sources: Vec<Source>,
    /// Switches in the order of their names, then those that every policy has.
    pub switches: Vec<Switch>,
    /// Ids of the switches about unknown facts.
    pub unknown: Unknowns,
    /// All rules, indexed by `RuleId`.
    pub rules: Vec<Rule>,
    /// Protections in the order of their names, indexed by `ProtectionId`.
    pub protections: Vec<Protection>,
    /// Preconditions, in the order in which they are checked.
    pub preconditions: Vec<Precondition>,
    /// Tables of all other answers of the provider.
    pub tables: Tables,
    /// Limits on scheduled releases.
    pub schedule: Schedule,
    /// Clocks, by kind.
    pub clocks: Vec<(ClockKind, Clock)>,
    /// The orders by which a group may shrink.
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

/// Decision tables for everything that a provider decides besides verdicts. A table that the file
/// does not contain has no rows; the world then uses the simplest answer.
#[derive(Debug, Clone)]
pub struct Tables {
    /// What a group asks of a member.
    pub members: Table<Action>,
    /// Which counts where a protection holds and a refusal fits as well.
    pub check_order: Table<CheckedFirst>,
    /// How the instances of one request hang together.
    pub batches: Table<Batch>,
    /// What becomes of a scheduled release that is due.
    pub due: Table<ScheduleFate>,
    /// What becomes of one that has waited, once the account settles.
    pub settled: Table<ScheduleFate>,
    /// What settling does to an instance that the arrears had stopped.
    pub settling: Table<AfterSettling>,
    /// What a conversion of the billing does to protections.
    pub conversions: Table<FlagFate>,
    /// What a health check does to a member that does not run.
    pub health: Table<HealthFate>,
    /// What a stop that is to save money does.
    pub economical: Table<EconomicalStop>,
    /// From when a renewed term counts.
    pub renewals: Table<TermFrom>,
    /// What becomes of an instance's things.
    pub effects: Table<Fate>,
    /// What setting a protection does to an instance besides.
    pub flag_changes: Table<FlagEffect>,
    /// How the members of a group are numbered.
    pub numbers: Table<Numbering>,
    /// Which of several equal members goes.
    pub ties: Table<TieBreak>,
    /// What happens when too few members may go.
    pub shortfall: Table<Shortfall>,
    /// What a group is meant to have after that.
    pub desired_after: Table<DesiredAfter>,
    /// What becomes of a request that would take a group across one of its bounds.
    pub bounds: Table<BoundFate>,
    /// What zones have to do with the order by which a group shrinks.
    pub zones: Table<ZoneRule>,
    /// What happens when all members of a zone are protected.
    pub zone_held: Table<ZoneHeld>,
    /// How a new model reaches the members of a group.
    pub roll_outs: Table<RollOut>,
    /// How a group makes up for members that have gone.
    pub refills: Table<Refill>,
    /// Whether a member that comes or goes waits for its group's hook.
    pub hooks: Table<HookFate>,
    /// Defaults of the provider.
    pub defaults: Defaults,
}

/// A document.
#[derive(Debug, Clone)]
pub struct Source {
    /// The key by which rules and reports name it.
    pub key: String,
    /// Its title.
    pub title: String,
    /// The part of it.
    pub section: Option<String>,
    /// Its date, as far as it is known.
    pub dated: Option<String>,
    /// Where it is.
    pub at: Option<String>,
    /// The answers that are known to stand in it.
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

/// A question that the documents leave open.
#[derive(Debug, Clone)]
pub struct Switch {
    /// Its name.
    pub name: String,
    /// The positions that one may take.
    pub values: Vec<String>,
    /// The position of a scenario that takes none.
    pub default: Option<u8>,
    /// The position at which protections are worth least.
    pub cautious: Option<u8>,
    /// Confidence of the default position.
    pub confidence: Confidence,
    /// The question.
    pub because: Option<String>,
    /// What speaks for it, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
}

/// A rule: the statement behind a row, a refusal or a step.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id, unique in the policy.
    pub id: String,
    /// The documents that state it, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
    /// The table that it is in.
    pub part: String,
    /// What it tests and what it concludes, as written: keys and words.
    pub says: Vec<(Box<str>, String)>,
    /// Confidence of the statement.
    pub confidence: Confidence,
    /// Why.
    pub because: Option<String>,
    /// What would have prevented the loss that it lets pass.
    pub remedy: Advice,
    /// What the provider answers.
    pub answer: Option<String>,
    /// On what that answer rests, if not on what the rule rests on.
    pub answer_basis: Option<AnswerBasis>,
    /// Why no run reaches the rule; `None` if runs can. Some rules only make a table total.
    pub unreachable: Option<String>,
    /// The switches that it rests on.
    pub switches: SwitchSet,
    /// Where it stands.
    pub span: Span,
}

/// On what an answer rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerBasis {
    /// The documents that have it, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
    /// Confidence of the statement.
    pub confidence: Confidence,
}

/// A setting meant to keep an instance.
#[derive(Debug, Clone)]
pub struct Protection {
    /// Its name.
    pub name: String,
    /// Its place in the file: where protections are shown side by side, the author chose the order.
    pub written: usize,
    /// What the provider calls it.
    pub attribute: Option<String>,
    /// What it is, in a sentence.
    pub about: Option<String>,
    /// What it is set on: an instance or a group.
    pub of: Subject,
    /// Whether it is the state of standing by.
    pub standby: bool,
    /// Whether it is a part of the instance's own model.
    pub in_model: bool,
    /// When it can be switched.
    pub occasions: Vec<Occasion>,
    /// The documents that say when, as indices into [`Policy::sources`].
    pub settable: Vec<usize>,
    /// Where it can work, and the rule that says so; everywhere if there is none.
    pub works_when: Option<(RuleId, Condition)>,
    /// Its verdicts.
    pub table: Table<Verdict>,
}

impl Protection {
    /// Whether a file may call it so.
    pub fn has_name(&self, name: &str) -> bool {
        self.name == name || self.attribute.as_deref() == Some(name)
    }
}

/// A refusal that is no protection.
#[derive(Debug, Clone)]
pub struct Precondition {
    /// The rule that states it.
    pub rule: RuleId,
    /// When it refuses.
    pub when: Condition,
    /// What it asks of a request to set protections, besides that.
    pub flags: FlagTest,
}

/// What a refusal asks of a request to set protections. Nothing, if it is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlagTest {
    /// At least one of these is set, on or off.
    pub any: ProtectionSet,
    /// All of these are set off.
    pub off: ProtectionSet,
    /// All of these are on afterwards.
    pub left_on: ProtectionSet,
    /// The request comes in by an older version of the interface than this.
    pub before: Option<ApiVersion>,
}

/// A request to set protections on and off.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlagChange {
    /// Those that it sets on.
    pub on: ProtectionSet,
    /// Those that it sets off.
    pub off: ProtectionSet,
    /// Those that are on afterwards.
    pub after: ProtectionSet,
    /// API version of the request; `None` if it is not stated.
    pub version: Option<ApiVersion>,
}

impl FlagTest {
    /// Whether a request is of this kind.
    pub(super) fn matches(&self, change: &FlagChange) -> bool {
        let named = change.on.union(change.off);
        (self.any.is_empty() || !self.any.intersection(named).is_empty())
            && self.off.difference(change.off).is_empty()
            && self.left_on.difference(change.after).is_empty()
            && self.before.is_none_or(|before| change.version.is_some_and(|v| v < before))
    }
}

/// Limits on scheduled releases.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    /// Times are cut down to a multiple of this.
    pub granularity: SimSpan,
    /// How soon one may be set.
    pub earliest: Option<CalendarSpan>,
    /// How far ahead one may be set.
    pub latest: Option<CalendarSpan>,
    /// Documents of these figures, as indices into [`Policy::sources`].
    pub sources: Vec<usize>,
}

/// Limits on how long a group waits before it repairs a member.
#[derive(Debug, Clone, Default)]
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
#[derive(Debug, Clone)]
pub struct Hooks {
    /// Shortest time-out that the provider accepts, inclusive; `None` if it states no limit.
    pub shortest: Option<SimSpan>,
    /// Longest time-out, inclusive; `None` if the provider states no limit.
    pub longest: Option<SimSpan>,
    /// Results that a hook can have.
    pub results: Vec<HookResult>,
    /// Whether those of a group that may go wait for those that may not yet.
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

impl Policy {
    /// A rule.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// The protections in the order of the file.
    pub fn as_written(&self) -> Vec<(ProtectionId, &Protection)> {
        let all = self.protections.iter().enumerate();
        let mut all: Vec<_> = all.map(|(at, one)| (ProtectionId::at(at), one)).collect();
        all.sort_by_key(|(_, protection)| protection.written);
        all
    }

    /// The protection with this name or provider attribute; `None` if there is none. Loading proves
    /// that no name is ambiguous.
    pub fn protection(&self, name: &str) -> Option<ProtectionId> {
        self.protections.iter().position(|p| p.has_name(name)).map(ProtectionId::at)
    }

    /// The protections that are a part of the instance's own model.
    pub fn in_model(&self) -> ProtectionSet {
        let protections = self.protections.iter().enumerate();
        protections.filter(|(_, p)| p.in_model).map(|(at, _)| ProtectionId::at(at)).collect()
    }

    /// The protection that is the state of standing by.
    pub fn standby(&self) -> Option<ProtectionId> {
        self.protections.iter().position(|p| p.standby).map(ProtectionId::at)
    }

    /// The switch of that name.
    pub fn switch(&self, name: &str) -> Option<SwitchId> {
        self.switches.iter().position(|switch| switch.name == name).map(SwitchId::at)
    }

    /// A clock.
    pub fn clock(&self, kind: ClockKind) -> Option<&Clock> {
        self.clocks.iter().find(|(k, _)| *k == kind).map(|(_, clock)| clock)
    }

    /// The keys of a rule's documents, joined as reports join lists.
    pub fn source_keys(&self, id: RuleId) -> String {
        let keys: Vec<&str> =
            self.rule(id).sources.iter().map(|source| self.sources[*source].key.as_str()).collect();
        keys.join(";")
    }

    /// The words that the decision space has in a column; empty if it has no such column.
    pub fn words(&self, column: Column) -> &[u8] {
        self.domain.words(column)
    }

    /// Whether any of its rules tests a column.
    pub const fn tests(&self, column: Column) -> bool {
        self.tested.contains(column)
    }

    /// Whether the decision space has a word.
    pub fn knows<W: Word>(&self, column: Column, word: W) -> bool {
        self.words(column).contains(&word.index())
    }
}
