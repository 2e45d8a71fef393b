//! One run, collected while its records pass: memory is bounded by the number of instances.

use super::courses::{AccountChange, Courses, Happened};
use super::decisions::{Decisions, Lost, Rows};
use super::kinds::{Lanes, fold};
use super::notices::Notices;
use super::ticks::Axis;
use crate::experiment::MoneySum;
use crate::plan::Plan;
use crate::record::{Change, Decision, Loss, Record, Subject, What};
use crate::report::item::EndOfRun;
use crate::report::run_file::WrittenAssumption;
use crate::run_header::RunHeader;
use crate::time::SimTime;
use crate::words::{
    Effect, Fate, InstanceId, PolicyId, ProtectionSet, ResourceKind, Trigger, Word,
};

/// Losses of one trigger.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ByTrigger {
    /// Instances that were released.
    pub(super) released: u64,
    /// Lower and upper bound of the number of those with a protection on.
    pub(super) protected: (u64, u64),
    /// Resources that were lost.
    pub(super) lost: Lost,
    /// The worth of the instances.
    pub(super) money: MoneySum,
}

/// A run in progress.
#[derive(Debug)]
pub(super) struct Collector {
    start: SimTime,
    courses: Courses,
    decisions: Decisions,
    triggers: [ByTrigger; Trigger::ALL.len()],
    first_loss: Option<SimTime>,
    /// For each instance, the index of the kind of decision that released it, plus one; 0 if it was
    /// not released.
    released_by: Vec<u32>,
    notices: Notices,
}

/// A run at its end, with everything that a page shows of it.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) header: RunHeader,
    pub(super) axis: Axis,
    pub(super) rows: Rows,
    pub(super) lanes: Lanes,
    pub(super) accounts: Vec<AccountChange>,
    pub(super) accounts_left_out: u64,
    pub(super) triggers: Vec<(Trigger, ByTrigger)>,
    pub(super) first_loss: Option<SimTime>,
    pub(super) released_by: Vec<u32>,
    /// Number of instances.
    pub(super) instances: u64,
    /// Instances that were released.
    pub(super) released: u64,
    /// Lower and upper bound of the number of those with a protection on.
    pub(super) protected: (u64, u64),
    pub(super) lost: Lost,
    /// The worth of losses, and the cost that is still billed.
    pub(super) money: MoneySum,
    /// The resources that stay and are still billed: kind, number, known GiB.
    pub(super) billed: Vec<(ResourceKind, u64, u64)>,
    pub(super) assumptions: Vec<WrittenAssumption>,
    /// Protections that were on and had no effect.
    pub(super) inert: Vec<(InstanceId, PolicyId, ProtectionSet)>,
    /// Number of further instances with such protections.
    pub(super) inert_left_out: usize,
    /// Broken house rules and alerts.
    pub(super) notices: Notices,
    /// Why the run stopped before its end; `None` if it did not.
    pub(super) early: Option<String>,
}

/// Number of instances with inert protections that are named.
const MOST_INERT: usize = 20;

impl Collector {
    pub(super) fn new(plan: &Plan) -> Self {
        let header = &plan.header;
        let instances = header.instances.len();
        let mut courses = Courses::new(header.start, instances);
        let shown = |change: &Change| match change.subject {
            Subject::Account(_) => true,
            Subject::Instance(_) => matches!(change.what, What::Term(..)),
            Subject::Group(_) => false,
        };
        plan.starting_changes().filter(shown).for_each(|change| courses.take(&change));
        Self {
            start: header.start,
            courses,
            decisions: Decisions::new(instances),
            triggers: [ByTrigger::default(); Trigger::ALL.len()],
            first_loss: None,
            released_by: vec![0; instances],
            notices: Notices::default(),
        }
    }

    pub(super) fn take(&mut self, record: &Record) {
        match record {
            Record::Request(_) => {}
            Record::Finding(finding) => self.notices.finding(finding),
            Record::Alert(alert) => self.notices.alert(alert),
            Record::Decision(decision) => self.decision(decision),
            Record::Change(change) => self.courses.take(change),
            Record::Loss(loss) => self.loss(loss),
        }
    }

    fn decision(&mut self, d: &Decision) {
        let coarse = self.decisions.take(d, self.start);
        if let Some(coarse) = coarse {
            self.courses.push(d.instance, d.at, Happened::Decision(coarse));
        }
        if d.effect != Effect::Released {
            return;
        }
        self.first_loss = self.first_loss.or(Some(d.at));
        let of = &mut self.triggers[usize::from(d.trigger.index())];
        of.released += 1;
        of.money.decision(d);
        let (certainly, possibly) = d.protected();
        of.protected.0 += u64::from(certainly);
        of.protected.1 += u64::from(possibly);
        let index = d.instance.index();
        if self.released_by.len() <= index {
            self.released_by.resize(index + 1, 0);
        }
        self.released_by[index] = coarse.map_or(u32::MAX, |coarse| coarse + 1);
    }

    fn loss(&mut self, loss: &Loss) {
        if loss.fate == Fate::Lost {
            self.triggers[usize::from(loss.trigger.index())].lost.add(loss);
            self.decisions.lost(loss);
        }
    }

    pub(super) fn finish(self, end: &EndOfRun<'_>) -> Collected {
        let header = end.header.clone();
        let axis = Axis { start: header.start, end: header.end, offset: header.offset };
        let rows = self.decisions.finish();
        let lanes = fold(&self.courses, end.instances, &rows, axis.seconds());
        let triggers = Trigger::ALL.iter().copied().zip(self.triggers);
        let triggers: Vec<(Trigger, ByTrigger)> =
            triggers.filter(|(_, of)| of.released > 0 || of.lost.count() > 0).collect();
        let mut lost = Lost::default();
        triggers.iter().for_each(|(_, of)| lost.add_all(&of.lost));
        let mut assumptions = Vec::new();
        for (policy, switches) in end.summary.switches() {
            let book = header.rulebook(policy);
            assumptions.extend(switches.iter().map(|switch| WrittenAssumption::of(book, switch)));
        }
        let mut inert: Vec<_> = end.summary.inert().collect();
        let inert_left_out = inert.len().saturating_sub(MOST_INERT);
        inert.truncate(MOST_INERT);
        Collected {
            axis,
            rows,
            lanes,
            accounts: self.courses.accounts,
            accounts_left_out: self.courses.accounts_left_out,
            triggers,
            first_loss: self.first_loss,
            released_by: self.released_by,
            instances: (end.instances)().count() as u64,
            released: end.summary.released,
            protected: end.summary.protected_lost,
            lost,
            money: end.summary.money,
            billed: end.summary.resources(Fate::KeptBilled).collect(),
            assumptions,
            inert,
            inert_left_out,
            notices: self.notices,
            early: end.early.map(str::to_owned),
            header,
        }
    }
}
