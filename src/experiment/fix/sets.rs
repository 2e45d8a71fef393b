//! The search for the smallest sets of changes.

use std::collections::BTreeSet;

use super::change::FixChange;
use super::check::{AcceptedWays, Check, ClosedOrOpen, OpenWay};
use super::found::{FoundBy, found_by};
use super::question::{ChangedPlan, FixQuestion};
use crate::search::Incomplete;
use crate::time::{SimSpan, SimTime};

/// Largest number of sets that are searched.
const MOST_SETS: usize = 2_000;

/// Largest number of searches with all changes together. Each of them includes the changes that the
/// searches before it found.
const MOST_ROUNDS: usize = 8;

/// A set of changes that closes the ways.
#[derive(Debug)]
pub struct Fix {
    /// The changes.
    pub changes: Vec<FixChange>,
    /// Number of branches whose course depends on an unknown fact; zero if the set is proved.
    pub undecided: u64,
    /// The ways that are open within the whole time of the search, including slower ones.
    pub left: Vec<OpenWay>,
}

/// The result of a search for changes.
#[derive(Debug)]
pub struct Fixed {
    /// The ways that are to be closed.
    pub ways: Vec<OpenWay>,
    /// The ways that all changes together leave open.
    pub open: Vec<OpenWay>,
    /// The smallest sets that close the other ways, ordered by the number of ways that they leave
    /// open.
    pub fixes: Vec<Fix>,
    /// The size up to which every set was searched.
    pub searched: usize,
    /// Number of sets that were searched.
    pub sets: usize,
    /// Number of changes that were considered.
    pub changes: usize,
    /// Number of states that were searched.
    pub states: u64,
    /// Whether the largest number of sets was reached.
    pub at_limit: bool,
    /// Why the search ended early.
    pub incomplete: Option<Incomplete>,
    /// Number of branches without changes whose course depends on an unknown fact.
    pub undecided: u64,
    /// The house rules that find a way, or the state that allows it.
    pub found_by: Vec<FoundBy>,
}

/// A set of changes that leaves a way open.
struct Failed {
    changes: Vec<FixChange>,
    open: OpenWay,
}

/// Searches for the smallest sets of changes that close the ways. `may_continue` is called for each
/// state.
pub fn fix(
    question: FixQuestion<'_>,
    changed: &mut ChangedPlan<'_>,
    may_continue: &dyn Fn() -> bool,
) -> Fixed {
    let mut search = SetSearch {
        question,
        changed,
        may_continue,
        protections: Vec::new(),
        considered: BTreeSet::new(),
        accepted: Vec::new(),
        result: Fixed {
            ways: Vec::new(),
            open: Vec::new(),
            fixes: Vec::new(),
            searched: 0,
            sets: 0,
            changes: 0,
            states: 0,
            at_limit: false,
            incomplete: None,
            undecided: 0,
            found_by: Vec::new(),
        },
    };
    if let Err(why) = search.all() {
        search.result.incomplete = Some(why);
    }
    search.result.changes = search.considered.len();
    search.result
}

struct SetSearch<'q, 'c, 'd> {
    question: FixQuestion<'q>,
    changed: &'c mut ChangedPlan<'d>,
    may_continue: &'c dyn Fn() -> bool,
    protections: Vec<FixChange>,
    /// The changes that can be made.
    considered: BTreeSet<FixChange>,
    accepted: AcceptedWays,
    result: Fixed,
}

impl<'q> SetSearch<'q, '_, '_> {
    fn all(&mut self) -> Result<(), Incomplete> {
        if self.question.faster_than == Some(SimSpan::ZERO) {
            // No way takes less time than zero seconds.
            return Ok(());
        }
        let Some(base) = Check::new(self.question, self.question.plan.clone()) else {
            return Ok(());
        };
        (self.result.ways, self.result.undecided) =
            base.all_open(false, &mut self.result.states, self.may_continue)?;
        if self.result.ways.is_empty() {
            return Ok(());
        }
        self.protections = base.protections();
        self.all_together(&base)?;
        let first = self.first_open(&base)?;
        if let ClosedOrOpen::Open(open) = first {
            self.by_size(*open)?;
            self.rank()?;
        }
        let changes = self.result.fixes.first().map(|fix| fix.changes.clone());
        let changes = changes.unwrap_or_default();
        let fixed = self.with(&changes);
        let fixed = fixed.as_ref().map(|check| (check, changes.as_slice()));
        self.result.found_by = found_by(&base, &self.result.ways, fixed);
        Ok(())
    }

    fn first_open(&mut self, check: &Check<'_>) -> Result<ClosedOrOpen, Incomplete> {
        let states = &mut self.result.states;
        check.first_open(&self.accepted, states, self.may_continue)
    }

    /// The plan with some changes; `None` if they cannot be made.
    fn with(&mut self, changes: &[FixChange]) -> Option<Check<'q>> {
        let plan = (self.changed)(changes)?;
        Check::new(self.question, plan)
    }

    /// The changes that could close a way and can be made.
    fn candidates(&mut self, check: &Check<'_>, open: &OpenWay) -> Vec<FixChange> {
        let mut all = self.protections.clone();
        all.extend(check.others(open));
        all.retain(|change| {
            self.considered.contains(change)
                || (self.changed)(std::slice::from_ref(change)).is_some()
        });
        self.considered.extend(all.iter().cloned());
        all
    }

    /// Searches with all changes together, until this shows no further change. The ways that are
    /// still open are accepted.
    fn all_together(&mut self, base: &Check<'_>) -> Result<(), Incomplete> {
        let ways = std::mem::take(&mut self.result.ways);
        for open in &ways {
            self.candidates(base, open);
        }
        self.result.ways = ways;
        for _ in 0..MOST_ROUNDS {
            let all = strongest(&self.considered);
            let Some(check) = self.with(&all) else { break };
            let (open, _) = check.all_open(false, &mut self.result.states, self.may_continue)?;
            let before = self.considered.len();
            for way in &open {
                self.candidates(&check, way);
            }
            self.result.open = open;
            if self.considered.len() == before {
                break;
            }
        }
        for open in &self.result.open {
            for id in open.alike.iter().chain([&open.target]) {
                match self.accepted.iter_mut().find(|(known, _)| known == id) {
                    Some((_, ways)) => ways.push(open.way.clone()),
                    None => self.accepted.push((*id, vec![open.way.clone()])),
                }
            }
        }
        Ok(())
    }

    /// Extends the sets that leave a way open, sets of one change first, until a set closes all
    /// ways.
    fn by_size(&mut self, open: OpenWay) -> Result<(), Incomplete> {
        let mut failed = vec![Failed { changes: Vec::new(), open }];
        let mut seen: BTreeSet<Vec<FixChange>> = BTreeSet::new();
        for size in 1..=self.question.most_changes {
            let mut next = Vec::new();
            for parent in failed {
                let Some(check) = self.with(&parent.changes) else { continue };
                for change in self.candidates(&check, &parent.open) {
                    let mut changes = parent.changes.clone();
                    if !add(&mut changes, change) || !seen.insert(changes.clone()) {
                        continue;
                    }
                    if self.result.sets == MOST_SETS {
                        self.result.at_limit = true;
                        return Ok(());
                    }
                    self.result.sets += 1;
                    next.extend(self.try_set(changes, &parent.open)?);
                }
            }
            self.result.searched = size;
            if !self.result.fixes.is_empty() {
                break;
            }
            failed = next;
        }
        Ok(())
    }

    /// Searches with a set of changes, to find out whether it closes the ways.
    fn try_set(
        &mut self,
        changes: Vec<FixChange>,
        before: &OpenWay,
    ) -> Result<Option<Failed>, Incomplete> {
        let Some(check) = self.with(&changes) else { return Ok(None) };
        if let Some(open) = check.still(before) {
            return Ok(Some(Failed { changes, open }));
        }
        Ok(match self.first_open(&check)? {
            ClosedOrOpen::Open(open) => Some(Failed { changes, open: *open }),
            ClosedOrOpen::Closed(undecided) => {
                self.result.fixes.push(Fix { changes, undecided, left: Vec::new() });
                None
            }
        })
    }

    /// Searches for the ways that each set leaves open within the whole time, and sorts the sets by
    /// their number.
    fn rank(&mut self) -> Result<(), Incomplete> {
        let mut fixes = std::mem::take(&mut self.result.fixes);
        let mut done = Ok(());
        for fix in &mut fixes {
            let Some(check) = self.with(&fix.changes) else { continue };
            match check.all_open(true, &mut self.result.states, self.may_continue) {
                Ok((left, undecided)) => {
                    fix.left = left;
                    fix.undecided = fix.undecided.max(undecided);
                }
                Err(why) => done = Err(why),
            }
        }
        fixes.sort_by_cached_key(|fix| {
            let first = fix.left.iter().map(|open| open.way.lost).min();
            let first = std::cmp::Reverse(first.unwrap_or(SimTime::NEVER));
            (fix.undecided > 0, fix.left.len(), first, fix.changes.clone())
        });
        self.result.fixes = fixes;
        done
    }
}

/// Adds a change to a set; `false` if the set has it already, or has a change that replaces it.
fn add(changes: &mut Vec<FixChange>, change: FixChange) -> bool {
    let replaces = |known: &FixChange| match (known, &change) {
        (FixChange::Grace { account, .. }, FixChange::Grace { account: other, .. }) => {
            account == other
        }
        _ => *known == change,
    };
    if changes.iter().any(replaces) {
        return false;
    }
    changes.push(change);
    changes.sort();
    true
}

/// All changes, with only the longest of several grace periods of an account.
fn strongest(all: &BTreeSet<FixChange>) -> Vec<FixChange> {
    let mut changes: Vec<FixChange> = Vec::new();
    // The longest grace period of an account is the last one in the order of the set.
    for change in all.iter().rev() {
        add(&mut changes, change.clone());
    }
    changes
}
