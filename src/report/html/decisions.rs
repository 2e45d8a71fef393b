//! Decisions as rows: equal ones together, counted while records pass.
//!
//! Two lists are kept. *Fine* rows are decisions of one request, or single decisions where the
//! fleet is small; they are dropped when there are too many. *Coarse* rows are kinds of decision,
//! of which there are few.

use crate::policy::Remedy;
use crate::record::{Cause, DecidedBy, Decision, Loss};
use crate::report::names::InstanceIds;
use crate::time::SimTime;
use crate::words::{
    Action, ActorId, Channel, Confidence, Effect, EventId, Fate, InstanceId, Outcome, PolicyId,
    ProtectionSet, ResourceKind, RuleId, Trigger, Word,
};

/// The highest number of kinds of decision, and therefore of coarse rows.
const MOST_KINDS: usize = 500;

/// The highest number of rows of single decisions, or of requests.
const MOST_ROWS: usize = 300;

/// Number of instances up to which each decision has a row of its own.
pub(super) const SINGLE: usize = 12;

/// The properties that equal decisions have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) trigger: Trigger,
    pub(super) action: Action,
    pub(super) outcome: Outcome,
    pub(super) effect: Effect,
    pub(super) decided_by: DecidedBy,
    pub(super) rule: Option<RuleId>,
    pub(super) policy: PolicyId,
    pub(super) confidence: Confidence,
    pub(super) on: ProtectionSet,
    pub(super) unknown: ProtectionSet,
    /// The remedy without its last instant.
    pub(super) remedy: Option<Remedy>,
}

impl Key {
    fn of(d: &Decision) -> Self {
        Self {
            trigger: d.trigger,
            action: d.action,
            outcome: d.outcome,
            effect: d.effect,
            decided_by: d.decided_by,
            rule: d.rule,
            policy: d.policy,
            confidence: d.basis.confidence,
            on: d.on,
            unknown: d.unknown,
            remedy: d.remedy.map(|remedy| Remedy { until: None, ..remedy }),
        }
    }

    /// Whether the instance is released.
    pub(super) fn releases(&self) -> bool {
        self.effect == Effect::Released
    }
}

/// The resources that were lost with the instances of a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lost {
    /// Known size in GiB.
    pub(super) gib: u64,
    /// Number of resources, by kind.
    pub(super) kinds: [u32; ResourceKind::ALL.len()],
    /// Number of disks whose size is unknown.
    pub(super) unknown: u64,
}

impl Lost {
    /// Adds a resource that was lost.
    pub(super) fn add(&mut self, loss: &Loss) {
        self.kinds[usize::from(loss.resource.index())] += 1;
        match loss.gib {
            Some(gib) => self.gib += gib,
            None => self.unknown += u64::from(loss.resource.has_size()),
        }
    }

    /// Adds the losses of another row.
    pub(super) fn add_all(&mut self, other: &Self) {
        self.gib += other.gib;
        self.unknown += other.unknown;
        self.kinds.iter_mut().zip(other.kinds).for_each(|(all, more)| *all += more);
    }

    /// Number of resources.
    pub(super) fn count(&self) -> u64 {
        self.kinds.iter().map(|count| u64::from(*count)).sum()
    }
}

/// A row: equal decisions.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) first: SimTime,
    pub(super) last: SimTime,
    pub(super) count: u64,
    pub(super) ids: InstanceIds,
    /// The cause, caller and channel of the first decision.
    pub(super) by: By,
    /// Whether other decisions of the row have another cause, caller or channel.
    pub(super) mixed: bool,
    pub(super) lost: Lost,
    /// First and last of the last instants at which the remedy helps.
    pub(super) until: Option<(SimTime, SimTime)>,
    /// The earliest instant from which the remedy was open.
    pub(super) open: SimTime,
    /// Index of the coarse row.
    pub(super) coarse: usize,
}

/// Cause, caller and channel of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct By {
    pub(super) cause: Cause,
    pub(super) actor: Option<ActorId>,
    pub(super) channel: Option<Channel>,
    /// The event with which the chain of causes began, and its caller.
    pub(super) origin: (Option<EventId>, Option<ActorId>),
}

impl By {
    fn of(d: &Decision) -> Self {
        let origin = (d.origin.event(), d.origin.actor());
        Self { cause: d.cause, actor: d.actor, channel: d.channel, origin }
    }
}

impl Row {
    fn new(d: &Decision, key: Key, open: SimTime, coarse: usize) -> Self {
        let by = By::of(d);
        let mut row = Self {
            key,
            first: d.at,
            last: d.at,
            count: 0,
            ids: InstanceIds::default(),
            by,
            mixed: false,
            lost: Lost::default(),
            until: None,
            open,
            coarse,
        };
        row.add(d, open);
        row
    }

    fn add(&mut self, d: &Decision, open: SimTime) {
        self.last = d.at;
        self.count += 1;
        self.ids.add(d.instance);
        self.mixed |= self.by != By::of(d);
        self.open = self.open.min(open);
        if let Some(until) = d.remedy.and_then(|remedy| remedy.until) {
            let (first, last) = self.until.get_or_insert((until, until));
            *first = until.min(*first);
            *last = until.max(*last);
        }
    }

    /// Whether an instance or a resource of it is lost.
    pub(super) fn loses(&self) -> bool {
        self.key.releases() || self.lost.count() > 0
    }
}

/// All decisions of a run.
#[derive(Debug)]
pub(super) struct Decisions {
    single: bool,
    /// `None` once there were too many rows.
    fine: Option<Vec<Row>>,
    coarse: Vec<Row>,
    /// Index of the last coarse row that was used.
    recent: usize,
    /// Index of the first fine row of the request in progress, and its number.
    request: (usize, u64),
    /// Number of decisions.
    pub(super) count: u64,
    /// Number of decisions that are in no coarse row.
    pub(super) left_out: u64,
    /// Request and instance of the last decision, with its fine and coarse rows.
    pending: Option<(u64, InstanceId, Option<usize>, Option<usize>)>,
}

impl Decisions {
    pub(super) fn new(instances: usize) -> Self {
        Self {
            single: instances <= SINGLE,
            fine: Some(Vec::new()),
            coarse: Vec::new(),
            recent: 0,
            request: (0, u64::MAX),
            count: 0,
            left_out: 0,
            pending: None,
        }
    }

    /// Takes a decision; the index of its coarse row is returned, or `None` if it has none.
    pub(super) fn take(&mut self, d: &Decision, start: SimTime) -> Option<u32> {
        self.count += 1;
        let key = Key::of(d);
        let open = d.remedy_from.map_or(start, |open| open.max(start));
        let coarse = self.coarse(d, key, open);
        self.left_out += u64::from(coarse.is_none());
        let fine = coarse.and_then(|coarse| self.fine(d, key, open, coarse));
        self.pending = Some((d.seq, d.instance, fine, coarse));
        coarse.and_then(|coarse| u32::try_from(coarse).ok())
    }

    fn coarse(&mut self, d: &Decision, key: Key, open: SimTime) -> Option<usize> {
        if self.coarse.get(self.recent).is_none_or(|row| row.key != key) {
            self.recent = match self.coarse.iter().position(|row| row.key == key) {
                Some(index) => index,
                None if self.coarse.len() < MOST_KINDS => {
                    self.coarse.push(Row::new(d, key, open, self.coarse.len()));
                    self.recent = self.coarse.len() - 1;
                    return Some(self.recent);
                }
                None => return None,
            };
        }
        self.coarse[self.recent].add(d, open);
        Some(self.recent)
    }

    fn fine(&mut self, d: &Decision, key: Key, open: SimTime, coarse: usize) -> Option<usize> {
        let rows = self.fine.as_mut()?;
        if self.request.1 != d.seq {
            self.request = (rows.len(), d.seq);
        }
        let same = |row: &Row| row.coarse == coarse && row.until_is(d);
        let begin = if self.single { rows.len() } else { self.request.0 };
        if let Some(index) = rows[begin..].iter().position(same) {
            rows[begin + index].add(d, open);
            return Some(begin + index);
        }
        if rows.len() == MOST_ROWS {
            self.fine = None;
            return None;
        }
        rows.push(Row::new(d, key, open, coarse));
        Some(rows.len() - 1)
    }

    /// Takes a resource that was lost with the last decision; `false` if it was not, or if the
    /// decision has no coarse row.
    pub(super) fn lost(&mut self, loss: &Loss) -> bool {
        let Some((seq, instance, fine, coarse)) = self.pending else { return false };
        if loss.fate != Fate::Lost || seq != loss.seq || instance != loss.instance {
            return false;
        }
        let fine = self.fine.as_mut().zip(fine).and_then(|(rows, index)| rows.get_mut(index));
        let coarse = coarse.and_then(|index| self.coarse.get_mut(index));
        let known = coarse.is_some();
        fine.into_iter().chain(coarse).for_each(|row| row.lost.add(loss));
        known
    }

    /// The rows: fine ones if they were kept, else coarse ones. Fine rows come first.
    pub(super) fn finish(mut self) -> Rows {
        let is_fine = self.fine.is_some();
        let mut rows = self.fine.take().unwrap_or_else(|| self.coarse.clone());
        rows.iter_mut().for_each(|row| row.ids.tidy());
        Rows { rows, coarse: self.coarse, is_fine, count: self.count, left_out: self.left_out }
    }
}

impl Row {
    /// Whether the remedy of the first decision of the row ends at the same instant as the remedy
    /// of `d`.
    fn until_is(&self, d: &Decision) -> bool {
        let until = d.remedy.and_then(|remedy| remedy.until);
        self.until.map(|(first, _)| first) == until
    }
}

/// All decisions of a run, at its end.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Kinds of decision; a step of a course has their index.
    pub(super) coarse: Vec<Row>,
    /// Whether `rows` has a row for each request; if not, a row for each kind.
    pub(super) is_fine: bool,
    pub(super) count: u64,
    pub(super) left_out: u64,
}

impl Rows {
    /// The row of a decision of one instance.
    pub(super) fn of(&self, coarse: u32, at: Option<SimTime>, id: InstanceId) -> Option<usize> {
        let coarse = coarse as usize;
        if !self.is_fine {
            return Some(coarse);
        }
        let fits = |row: &Row| {
            row.coarse == coarse && at.is_none_or(|at| row.first == at) && row.ids.contains(id)
        };
        self.rows.iter().position(fits)
    }
}
