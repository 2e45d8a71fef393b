//! Chooses the lanes: one for each instance, one for equal instances, or one for each kind, with
//! shares of states.

use std::cmp::Reverse;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::courses::{Courses, FEW, Happened, Step};
use super::decisions::{Rows, SINGLE};
use crate::record::InstanceRow;
use crate::report::names::InstanceIds;
use crate::words::{AccountId, InstanceId, Lifecycle, PolicyId, ProtectionSet, Word};

/// Number of steps in which shares of states are drawn.
pub(super) const STEPS: usize = 120;
const STEPS_I64: i64 = 120;

/// Number of states.
pub(super) const STATES: usize = Lifecycle::ALL.len();

/// The highest number of lanes of instances.
const MOST_LANES: usize = FEW;

/// The highest number of kinds that are distinguished.
const MOST_KINDS: usize = 4_000;

/// The highest number of marks of a kind.
const MOST_MARKS: usize = 12;

/// The state of an instance at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Beginning {
    pub(super) account: AccountId,
    pub(super) policy: PolicyId,
    pub(super) on: ProtectionSet,
    pub(super) unknown: ProtectionSet,
    pub(super) state: Lifecycle,
}

impl Beginning {
    fn of(row: &InstanceRow, steps: &[Step]) -> Self {
        if let Some(start) = &row.start {
            return Self {
                account: start.account,
                policy: start.policy,
                on: start.on,
                unknown: start.unknown,
                state: start.state,
            };
        }
        // A group created the instance in the run, so no plan states its first state.
        let first_state = steps.iter().find_map(|step| step.what.state());
        let first_set = steps.iter().find_map(|step| step.what.protections());
        Self {
            account: row.account,
            policy: row.policy,
            on: first_set.map_or(row.on, |(from, _)| from),
            unknown: row.unknown,
            state: first_state.map_or(row.state, |(from, _)| from),
        }
    }
}

/// One lane: instances with the same course.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) ids: InstanceIds,
    pub(super) begins: Beginning,
    pub(super) steps: Vec<Step>,
    pub(super) lost: bool,
}

/// Seconds in each state, for each step of the axis.
pub(super) type Shares = Vec<[u64; STATES]>;

/// One kind: instances with the same sequence at different times.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) ids: InstanceIds,
    pub(super) begins: Beginning,
    pub(super) shares: Shares,
    pub(super) marks: Vec<Mark>,
    /// Number of further decisions in the sequence.
    pub(super) marks_left_out: usize,
    pub(super) lost: bool,
}

/// The decisions at one place of the sequence of a kind.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// Index of the kind of decision.
    pub(super) coarse: u32,
    pub(super) count: u64,
    /// First and last instant, in seconds since the start.
    pub(super) first: u32,
    pub(super) last: u32,
    /// Number of decisions in each step of the axis.
    places: Vec<u32>,
}

impl Mark {
    /// The middle of all instants, in seconds since the start.
    pub(super) fn middle(&self, seconds: i64) -> u32 {
        let mut passed = 0;
        for (place, count) in (0_i64..).zip(&self.places) {
            passed += u64::from(*count);
            if passed * 2 >= self.count {
                let middle = seconds * (2 * place + 1) / (2 * STEPS_I64);
                let middle = u32::try_from(middle).unwrap_or(u32::MAX);
                return middle.clamp(self.first, self.last);
            }
        }
        self.last
    }
}

/// The lanes of a run.
#[derive(Debug)]
pub(super) enum Lanes {
    /// A lane for each instance, or for instances that are equal in everything.
    Exact { lanes: Vec<Lane>, folded: bool },
    /// A lane for each kind.
    Kinds { kinds: Vec<Kind>, rest: Rest },
}

/// Instances without a lane of their own.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) kinds: usize,
    pub(super) instances: u64,
    pub(super) lost: u64,
}

/// Chooses the lanes.
pub(super) fn fold<'r>(
    courses: &Courses,
    instances: &dyn Fn() -> Box<dyn Iterator<Item = InstanceRow> + 'r>,
    rows: &Rows,
    seconds: i64,
) -> Lanes {
    let releases = |steps: &[Step]| steps.iter().any(|step| is_release(step.what, rows));
    let lane = |begins, steps: &[Step], ids| Lane {
        ids,
        begins,
        steps: steps.to_vec(),
        lost: releases(steps),
    };
    if courses.len() <= SINGLE {
        let each = instances().map(|row| {
            let steps = courses.of(row.instance);
            lane(Beginning::of(&row, steps), steps, std::iter::once(row.instance).collect())
        });
        return Lanes::Exact { lanes: each.collect(), folded: false };
    }
    let mut lanes: IndexMap<(Beginning, &[Step]), InstanceIds, FxBuildHasher> = IndexMap::default();
    let mut count = 0;
    for row in instances() {
        let steps = courses.of(row.instance);
        lanes.entry((Beginning::of(&row, steps), steps)).or_default().add(row.instance);
        count += 1;
        if lanes.len() > MOST_LANES {
            return kinds(courses, instances, rows, seconds);
        }
    }
    let folded = lanes.len() < count;
    let mut lanes: Vec<Lane> =
        lanes.into_iter().map(|((begins, steps), ids)| lane(begins, steps, ids)).collect();
    if folded {
        lanes.sort_by_key(|lane| (!lane.lost, Reverse(lane.ids.count())));
    }
    Lanes::Exact { lanes, folded }
}

/// Lanes of kinds, those with losses first, then by number of instances.
fn kinds<'r>(
    courses: &Courses,
    instances: &dyn Fn() -> Box<dyn Iterator<Item = InstanceRow> + 'r>,
    rows: &Rows,
    seconds: i64,
) -> Lanes {
    let mut known: FxHashMap<Beginning, FxHashMap<Vec<Happened>, usize>> = FxHashMap::default();
    let mut kinds: Vec<Kind> = Vec::new();
    let mut rest = Rest::default();
    let mut sequence = Vec::new();
    let ends = ends(seconds);
    for row in instances() {
        let steps = courses.of(row.instance);
        let begins = Beginning::of(&row, steps);
        let is_lost = steps.iter().any(|step| is_release(step.what, rows));
        sequence.clear();
        sequence.extend(steps.iter().filter_map(|step| kind_of(step.what)));
        sequence.dedup_by(|next, before| next == before && matches!(next, Happened::Decision(_)));
        let of_beginning = known.entry(begins).or_default();
        let index = match of_beginning.get(sequence.as_slice()) {
            Some(index) => *index,
            None if kinds.len() < MOST_KINDS => {
                of_beginning.insert(sequence.clone(), kinds.len());
                kinds.push(Kind::new(begins, is_lost, &sequence));
                kinds.len() - 1
            }
            None => {
                rest.instances += 1;
                rest.lost += u64::from(is_lost);
                continue;
            }
        };
        kinds[index].add(row.instance, steps, &ends);
    }
    kinds.sort_by_key(|kind| (!kind.lost, Reverse(kind.ids.count())));
    for kind in kinds.drain(kinds.len().min(MOST_LANES)..) {
        rest.kinds += 1;
        rest.instances += kind.ids.count();
        rest.lost += if kind.lost { kind.ids.count() } else { 0 };
    }
    Lanes::Kinds { kinds, rest }
}

fn is_release(what: Happened, rows: &Rows) -> bool {
    what.decision().is_some_and(|coarse| rows.coarse[coarse as usize].key.releases())
}

/// The part of a step that all instances of one kind share; `None` if they share nothing of it.
fn kind_of(what: Happened) -> Option<Happened> {
    match what {
        Happened::Term(_) | Happened::Scheduled(_) => None,
        Happened::State(..)
        | Happened::Protections(..)
        | Happened::Group(_)
        | Happened::Decision(_)
        | Happened::More => Some(what),
    }
}

impl Kind {
    fn new(begins: Beginning, lost: bool, sequence: &[Happened]) -> Self {
        let decisions = sequence.iter().filter_map(|what| what.decision());
        let marks: Vec<Mark> = decisions
            .map(|coarse| Mark { coarse, count: 0, first: u32::MAX, last: 0, places: Vec::new() })
            .collect();
        let marks_left_out = marks.len().saturating_sub(MOST_MARKS);
        let shares = vec![[0; STATES]; STEPS];
        let marks = marks.into_iter().take(MOST_MARKS).collect();
        Self { ids: InstanceIds::default(), begins, shares, marks, marks_left_out, lost }
    }

    fn add(&mut self, id: InstanceId, steps: &[Step], ends: &[i64]) {
        let seconds = ends.last().copied().unwrap_or(1);
        self.ids.add(id);
        add_shares(&mut self.shares, self.begins.state, steps, ends);
        // Equal decisions in a row are one mark.
        let (mut index, mut before) = (0_usize, None);
        for step in steps {
            let Some(what) = kind_of(step.what) else { continue };
            if let Happened::Decision(_) = what {
                index += usize::from(before != Some(what));
                if let Some(mark) = self.marks.get_mut(index - 1) {
                    mark.add(step.at, seconds);
                }
            }
            before = Some(what);
        }
    }
}

impl Mark {
    fn add(&mut self, at: u32, seconds: i64) {
        self.count += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        if self.places.is_empty() {
            self.places = vec![0; STEPS];
        }
        let place = i64::from(at) * STEPS_I64 / seconds.max(1);
        let place = usize::try_from(place).unwrap_or(0).min(STEPS - 1);
        self.places[place] += 1;
    }
}

/// The ends of the steps of an axis, in seconds since the start.
pub(super) fn ends(seconds: i64) -> Vec<i64> {
    (1..=STEPS_I64).map(|step| (step * seconds + STEPS_I64 - 1) / STEPS_I64).collect()
}

/// Adds the seconds that one instance spends in each state in each step of the axis.
pub(super) fn add_shares(shares: &mut Shares, begins: Lifecycle, steps: &[Step], ends: &[i64]) {
    let last = ends.last().copied().unwrap_or(0);
    let (mut state, mut since, mut place) = (begins, 0, 0);
    let states = steps
        .iter()
        .filter_map(|step| step.what.state().map(|(_, to)| (to, i64::from(step.at).min(last))));
    for (next, until) in states.chain(std::iter::once((state, last))) {
        let index = usize::from(state.index());
        while since < until && place < ends.len() {
            let to = until.min(ends[place]);
            shares[place][index] += (to - since).unsigned_abs();
            since = to;
            place += usize::from(since == ends[place]);
        }
        state = next;
    }
}
