//! Judges one instance: verdicts of protections, refusals, and the permit to act.
//!
//! Facts can be unknown. The instance is then judged in every position that they can have, and
//! [`super::unknown`] combines the results.

use smallvec::{SmallVec, smallvec};

use super::domain::SituationStatus;
use super::edition::{SET, UNDECIDED, UNSET};
use super::facts::{Column, Facts};
use super::rulebook::{Answer, Basis, Rulebook};
use super::ruling::{Finding, Ruling};
use super::space::Over;
use super::table::TableRow;
use super::unknown::{Position, PositionOutcome, Undecided, Unknown};
use crate::words::{
    Action, CheckedFirst, Confidence, InstanceId, Lifecycle, Outcome, ProtectionId, ProtectionSet,
    RuleId, SwitchSet, Trigger, Upgrade, Verdict, Word, YesNo,
};

/// Proof that nothing blocks an action on one instance.
///
/// Every function that takes an instance, its data, its address or its membership needs a permit by
/// value. Only [`Rulebook::judge`] makes permits; they are neither `Clone` nor `Copy`.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    instance: InstanceId,
    action: Action,
}

impl Permit {
    /// Instance that the permit is for.
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Action that the permit allows.
    pub const fn action(&self) -> Action {
        self.action
    }
}

/// One instance to judge: its facts, its protections and the requested action.
#[derive(Debug, Clone, Copy)]
pub struct InstanceCase {
    /// Id of the instance.
    pub instance: InstanceId,
    /// Facts of the instance and of the request.
    pub facts: Facts,
    /// Requested action.
    pub requested: Requested,
    /// Protections that are on.
    pub on: ProtectionSet,
    /// Protections whose setting is unknown.
    pub unknown: ProtectionSet,
}

/// The action requested for an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requested {
    /// This action.
    This(Action),
    /// The action that the `members` table states for its membership.
    ByMembership,
}

/// The result of judging one instance.
#[derive(Debug)]
pub struct InstanceJudgement {
    /// The judged facts; if some are unknown, the first of their positions.
    pub facts: Facts,
    /// Answer of the `members` table; `None` if the action was given.
    pub asked: Option<Answer<Action>>,
    /// Verdicts of all protections that are on.
    pub ruling: Ruling,
    /// Outcome for the instance alone.
    pub outcome: JudgedOutcome,
    /// Switches that the outcome depends on, and its confidence.
    pub basis: Basis,
}

/// The outcome for an instance alone, before its batch is considered.
#[derive(Debug)]
pub enum JudgedOutcome {
    /// Nothing blocks the action.
    Goes(Permit),
    /// A protection blocks the action.
    Held,
    /// A precondition refuses the action.
    Denied(RuleId),
    /// The action would change nothing.
    Idle,
}

/// The result of one position of the facts.
#[derive(Debug, Clone, Copy)]
struct PositionResult {
    facts: Facts,
    asked: Option<Answer<Action>>,
    ruling: Ruling,
    kind: OutcomeKind,
    basis: Basis,
}

/// A [`JudgedOutcome`] without its permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OutcomeKind {
    Goes,
    Held,
    Denied(RuleId),
    Idle,
}

/// A position of the facts, the assumed state of an unknown protection, and the result.
type FactsResult = (Facts, Option<(ProtectionId, bool)>, PositionResult);

/// Results by the assumed state of an unknown protection; `None` if no state was assumed.
type PositionResults = SmallVec<[(Option<(ProtectionId, bool)>, PositionResult); 2]>;

impl PositionResult {
    /// The result for messages.
    fn outcome(&self) -> PositionOutcome {
        let (says, rule) = match self.kind {
            OutcomeKind::Goes => (self.facts.action.effect().word(), None),
            OutcomeKind::Held => {
                (Outcome::Held.word(), self.ruling.deciding().and_then(|finding| finding.rule))
            }
            OutcomeKind::Denied(rule) => (Outcome::Denied.word(), Some(rule)),
            OutcomeKind::Idle => (Outcome::NoOp.word(), None),
        };
        PositionOutcome { says, rule }
    }
}

impl Rulebook {
    /// The verdicts and the outcome for an instance, with a permit if nothing blocks the action.
    ///
    /// Pure and total. Unknown facts are judged in every position that they can have.
    ///
    /// # Errors
    /// If the positions lead to different outcomes, or the policy has no answer for these facts.
    pub fn judge(&self, case: &InstanceCase) -> Result<InstanceJudgement, Undecided> {
        let facts = match case.requested {
            Requested::This(action) => self.reduced(&case.facts, self.judged_columns(action)),
            Requested::ByMembership => case.facts,
        };
        if facts.unknown.is_empty() && case.unknown.is_empty() {
            let mut result = self.judge_position(case, facts, case.on, ProtectionSet::EMPTY)?;
            result.facts.unknown = case.facts.unknown;
            return Ok(settle(case, result));
        }
        let (positions, basis) = self.positions(&facts);
        let mut all: SmallVec<[FactsResult; 4]> = SmallVec::new();
        let mut never = None;
        for facts in positions {
            match self.with_unknown_protections(case, facts) {
                Ok(results) => {
                    all.extend(results.into_iter().map(|(flag, one)| (facts, flag, one)));
                }
                // The facts exclude this position.
                Err(impossible) => never = never.or(Some(impossible)),
            }
        }
        let Some((_, _, first)) = all.first() else {
            return Err(never.unwrap_or(Undecided::Outside(Column::Trigger)));
        };
        let goes = |result: &PositionResult| result.kind == OutcomeKind::Goes;
        let alike = |result: &PositionResult| {
            goes(result) == goes(first)
                && (!goes(first) || result.facts.action == first.facts.action)
        };
        if !all.iter().all(|(_, _, result)| alike(result)) {
            let courses = all.iter().map(|(facts, flag, result)| {
                let mut position = Position::new(case.facts.unknown, facts);
                position.extend(flag.map(|(protection, set)| {
                    (Unknown::Protection(protection), if set { SET } else { UNSET })
                }));
                (position, result.outcome())
            });
            return Err(Undecided::differs(courses.collect()));
        }
        let results = || all.iter().map(|(_, _, result)| result);
        // If several results keep the instance, one that needs no protection is chosen.
        let is = |kind: fn(OutcomeKind) -> bool| results().find(|result| kind(result.kind));
        let denied = is(|kind| matches!(kind, OutcomeKind::Denied(_)));
        let chosen = denied.or_else(|| is(|kind| kind == OutcomeKind::Idle)).unwrap_or(first);
        let mut common = *chosen;
        if goes(chosen) {
            common.ruling = results().fold(chosen.ruling, |ruling, one| ruling.common(&one.ruling));
        }
        common.basis = results().fold(basis, |basis, result| basis.union(result.basis));
        common.facts.unknown = case.facts.unknown;
        Ok(settle(case, common))
    }

    /// Judges one position of the facts, for every possible state of the unknown protections.
    fn with_unknown_protections(
        &self,
        case: &InstanceCase,
        facts: Facts,
    ) -> Result<PositionResults, Undecided> {
        let off = self.judge_position(case, facts, case.on, case.unknown)?;
        if case.unknown.is_empty() {
            return Ok(smallvec![(None, off)]);
        }
        let verdict = |p: ProtectionId| self.find(&off.facts, p).map(|finding| finding.verdict);
        let asked = |p: &ProtectionId| verdict(*p).is_some_and(|v| v != Verdict::NotConsulted);
        let switch = self.policy.unknown.protection;
        let set = match self.setting(switch) {
            UNDECIDED => None,
            setting => Some(setting == SET),
        };
        if let Some(set) = set {
            let on = if set { case.on.union(case.unknown) } else { case.on };
            let mut result = self.judge_position(case, facts, on, ProtectionSet::EMPTY)?;
            if case.unknown.iter().any(|p| asked(&p)) && result.kind != OutcomeKind::Idle {
                result.basis = result.basis.union(self.assumed(switch));
            }
            return Ok(smallvec![(None, result)]);
        }
        let holds = case.unknown.iter().find(|p| verdict(*p) == Some(Verdict::Held));
        let Some(protection) = holds.filter(|_| off.kind != OutcomeKind::Held) else {
            return Ok(smallvec![(None, off)]);
        };
        let on = self.judge_position(case, facts, case.on.with(protection), case.unknown)?;
        Ok(smallvec![(Some((protection, false)), off), (Some((protection, true)), on)])
    }

    /// Judges known facts with the protections in `on`. The protections in `doubt` may be on as
    /// well; they are judged as if none of them held.
    fn judge_position(
        &self,
        case: &InstanceCase,
        facts: Facts,
        on: ProtectionSet,
        doubt: ProtectionSet,
    ) -> Result<PositionResult, Undecided> {
        let (asked, action) = match case.requested {
            Requested::This(action) => (None, action),
            Requested::ByMembership => {
                let asked = self.answer(&self.tables.members, &facts);
                (asked, asked.map_or(Action::Release, |answer| answer.says))
            }
        };
        let facts = Facts { action, ..facts };
        let refusal = self.refusal(&facts);
        let cell = match self.policy.domain.status(&facts) {
            SituationStatus::Occurs(cell) => Some(cell),
            _ if refusal.is_some() || is_idle(&facts) => None,
            SituationStatus::Outside(Column::Trigger | Column::Action)
                if !self.can_lose(facts.trigger, action) =>
            {
                None
            }
            SituationStatus::Impossible(line) => return Err(Undecided::Impossible(line)),
            SituationStatus::Outside(column) => return Err(Undecided::Outside(column)),
        };
        let ruling = match cell {
            Some(cell) => self.rule(cell, on, doubt),
            None => Ruling::without_verdicts_of(on),
        };
        let result =
            |kind, ruling: Ruling, basis| PositionResult { facts, asked, ruling, kind, basis };
        // Protections are not consulted about a request that is refused first.
        let denied = |rule, basis: Basis| {
            result(
                OutcomeKind::Denied(rule),
                ruling.without_verdicts(),
                basis.union(self.basis(rule)),
            )
        };
        let idle = is_idle(&facts);
        Ok(match (ruling.blocks() && !idle, refusal) {
            (false, Some(rule)) => denied(rule, Basis::NONE),
            (false, None) if idle => {
                result(OutcomeKind::Idle, Ruling::without_verdicts_of(on), Basis::NONE)
            }
            (false, None) => result(OutcomeKind::Goes, ruling, ruling.basis),
            (true, None) => result(OutcomeKind::Held, ruling, ruling.basis),
            (true, Some(rule)) => {
                let order = self.answer(&self.tables.check_order, &facts);
                let basis = order.map_or(Basis::NONE, |order| order.basis);
                match order.map_or(CheckedFirst::Protection, |order| order.says) {
                    CheckedFirst::Refusal => denied(rule, basis),
                    CheckedFirst::Protection => {
                        result(OutcomeKind::Held, ruling, ruling.basis.union(basis))
                    }
                }
            }
        })
    }

    /// The verdicts on known facts with the protections in `on`.
    ///
    /// # Errors
    /// If the policy has no answer for these facts.
    pub fn ruling(&self, facts: &Facts, on: ProtectionSet) -> Result<Ruling, Undecided> {
        match self.policy.domain.status(facts) {
            SituationStatus::Occurs(cell) => Ok(self.rule(cell, on, ProtectionSet::EMPTY)),
            SituationStatus::Impossible(line) => Err(Undecided::Impossible(line)),
            SituationStatus::Outside(column) => Err(Undecided::Outside(column)),
        }
    }

    fn rule(&self, cell: usize, on: ProtectionSet, doubt: ProtectionSet) -> Ruling {
        let mut ruling = Ruling::NONE;
        for protection in on.iter() {
            if let Some(finding) = self.find_at(cell, protection) {
                ruling.add(finding);
            }
        }
        ruling.decisive = [Verdict::Held, Verdict::Overridden].into_iter().find_map(|verdict| {
            let findings = ruling.findings().filter(|finding| finding.verdict == verdict);
            // The finding with the strongest confidence; of equals the first by name.
            findings.min_by_key(|finding| self.basis_of(*finding).confidence).map(|f| f.protection)
        });
        let unsure = doubt.iter().filter_map(|protection| self.find_at(cell, protection));
        let overridden = |finding: &Finding| finding.verdict == Verdict::Overridden;
        ruling.doubtful = unsure.into_iter().find(overridden);
        // One protection is enough to hold; an action that is carried out depends on all verdicts.
        let held = ruling.findings().find(|finding| finding.verdict == Verdict::Held);
        ruling.basis = if let Some(held) = held {
            self.basis_of(held)
        } else {
            let all = ruling.findings().chain(ruling.doubtful);
            all.map(|finding| self.basis_of(finding)).fold(Basis::NONE, Basis::union)
        };
        ruling
    }

    fn basis_of(&self, finding: Finding) -> Basis {
        finding.rule.map_or(NO_RULE_BASIS, |rule| self.basis(rule))
    }

    fn find(&self, facts: &Facts, protection: ProtectionId) -> Option<Finding> {
        match self.policy.domain.status(facts) {
            SituationStatus::Occurs(cell) => self.find_at(cell, protection),
            SituationStatus::Impossible(_) | SituationStatus::Outside(_) => None,
        }
    }

    /// The verdict of a protection in a cell of the decision space.
    fn find_at(&self, cell: usize, protection: ProtectionId) -> Option<Finding> {
        // INVARIANT: with its switches settled, a table of verdicts has the axes of the space.
        let TableRow { rule, says, .. } = self.verdicts().get(protection.index())?.row(cell)?;
        Some(Finding { protection, verdict: *says, rule: Some(*rule) })
    }

    /// The protection in `on` that, with this trigger, holds in every situation in which it works;
    /// `None` if there is none.
    pub fn guards(&self, trigger: Trigger, on: ProtectionSet) -> Option<Finding> {
        let guard = |protection: &ProtectionId| {
            let table = &self.verdicts()[protection.index()];
            let works = self.policy.protections[protection.index()].works_when.as_ref();
            let axis = table
                .space()
                .axes()
                .iter()
                .position(|a| a.over == Over::Column(Column::Trigger))?;
            let rows = (0..table.space().cells())
                .filter(|cell| table.space().word(*cell, axis) == trigger.index())
                .filter(|cell| works.is_none_or(|(_, when)| table.space().meets(when, *cell)))
                .filter_map(|cell| table.row(cell));
            let mut held = None;
            for row in rows {
                if row.says != Verdict::Held {
                    return None;
                }
                held = Some(row.rule);
            }
            held
        };
        let holding = on.iter().filter_map(|protection| {
            let rule = guard(&protection)?;
            Some(Finding { protection, verdict: Verdict::Held, rule: Some(rule) })
        });
        holding.min_by_key(|finding| self.basis_of(*finding).confidence)
    }
}

/// The judgement of a case. No other function makes permits.
fn settle(case: &InstanceCase, result: PositionResult) -> InstanceJudgement {
    let PositionResult { facts, asked, ruling, kind, basis } = result;
    let outcome = match kind {
        OutcomeKind::Goes => {
            JudgedOutcome::Goes(Permit { instance: case.instance, action: facts.action })
        }
        OutcomeKind::Held => JudgedOutcome::Held,
        OutcomeKind::Denied(rule) => JudgedOutcome::Denied(rule),
        OutcomeKind::Idle => JudgedOutcome::Idle,
    };
    InstanceJudgement { facts, asked, ruling, outcome, basis }
}

/// Whether an action would change nothing in this state.
fn is_idle(facts: &Facts) -> bool {
    let Facts { action, state, trigger, upgrade, .. } = *facts;
    // A new system image always changes an instance.
    if trigger == Trigger::ModelUpdate
        && upgrade != Upgrade::OsImage
        && facts.latest_model == YesNo::Yes
    {
        return true;
    }
    match state {
        Lifecycle::Running => matches!(action, Action::Start),
        Lifecycle::Stopped => matches!(action, Action::Stop | Action::Recycle),
        Lifecycle::Reclaimed | Lifecycle::Deallocated => {
            matches!(action, Action::Stop | Action::Deallocate)
        }
        Lifecycle::Absent | Lifecycle::Pending | Lifecycle::Removing | Lifecycle::Released => false,
    }
}

/// The basis of a verdict without a rule.
const NO_RULE_BASIS: Basis =
    Basis { confidence: Confidence::Unconfirmed, switches: SwitchSet::EMPTY };
