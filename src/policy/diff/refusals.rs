//! Comparison of refusals. The first refusal that applies answers, so refusals are compared by
//! their effect.
//!
//! Each action has its own grid, with only the columns that a refusal of that action tests.

use super::difference::{Absence, Class, Difference, Part, Tested};
use super::found::Found;
use super::grid::{Axes, CellAnswer, Conclusion, Grid, GridSubject};
use super::grid_words::WordTest;
use super::pair::Pair;
use crate::policy::edition::{FlagTest, Policy, Precondition};
use crate::policy::facts::Column;
use crate::words::{Action, ProtectionSet, RuleId, Word};

/// The refusals of one action in one edition.
struct ActionRefusals<'p> {
    policy: &'p Policy,
    /// The refusals that may apply, in order, each with its test of a request to set protections.
    list: Vec<(&'p Precondition, Option<String>)>,
}

impl<'p> ActionRefusals<'p> {
    fn new(policy: &'p Policy, action: Action) -> Self {
        let fits = |p: &&Precondition| {
            let words = p.when.words(Column::Action);
            words.is_none_or(|words| words >> action.index() & 1 == 1)
        };
        let list = policy.preconditions.iter().filter(fits);
        let list = list.map(|p| (p, flag_test(policy, &p.flags)));
        Self { policy, list: list.collect() }
    }

    fn axes(&self, axes: &mut Axes) {
        for (precondition, flags) in &self.list {
            for column in precondition.when.columns() {
                axes.column(column, words(self.policy, column));
            }
            for (switch, _) in precondition.when.switches() {
                axes.switch(self.policy, *switch);
            }
            if let Some(flags) = flags {
                axes.question(flags, ["no", "yes"].into_iter());
            }
        }
    }

    /// The tests that its answers depend on.
    fn tests(&self, grid: &Grid) -> Vec<WordTest> {
        let of = |(precondition, flags): &(&Precondition, Option<String>)| {
            let mut tests = grid.tests_of(self.policy, &precondition.when);
            let flags = flags.as_ref();
            tests.extend(flags.and_then(|flags| grid.test(flags, |word| word == "yes")));
            tests
        };
        let impossible = grid.tests_of_impossible(self.policy);
        self.list.iter().flat_map(of).chain(impossible).collect()
    }

    /// The refusals in the cells of a grid.
    fn in_cells(&self, grid: &Grid) -> RefusalCells<'_> {
        let fits = |(precondition, flags): &(&Precondition, Option<String>)| {
            let mut fits = grid.meeting(self.policy, &precondition.when);
            if let Some(flags) = flags {
                fits.iter_mut().zip(grid.having(flags)).for_each(|(fits, has)| *fits &= has);
            }
            (precondition.rule, fits)
        };
        RefusalCells {
            policy: self.policy,
            never: grid.impossible(self.policy),
            fits: self.list.iter().map(fits).collect(),
        }
    }
}

/// The refusals of one action of one edition in each cell of a grid.
struct RefusalCells<'p> {
    policy: &'p Policy,
    /// Whether the edition marks the cell as impossible.
    never: Vec<bool>,
    /// The refusals in order, each with the cells in which it applies.
    fits: Vec<(RuleId, Vec<bool>)>,
}

impl RefusalCells<'_> {
    /// The refusals that apply in a cell, in order. The first of them answers.
    fn fitting(&self, cell: usize) -> impl Iterator<Item = RuleId> {
        self.fits.iter().filter(move |(_, fits)| fits[cell]).map(|(rule, _)| *rule)
    }

    fn has(&self, cell: usize, id: &str) -> bool {
        self.fitting(cell).any(|rule| self.policy.rule(rule).id == id)
    }
}

/// The answers of both editions in a cell.
///
/// Often an old refusal follows a removed one in the list and now applies instead; this counts as a
/// removal only. A new refusal may precede an old one that still applies; this counts as an
/// addition only. Therefore each refusal is reported once, with all situations in which it was
/// added or removed.
fn both(
    cell: usize,
    action: Action,
    old: &RefusalCells<'_>,
    new: &RefusalCells<'_>,
) -> (CellAnswer, CellAnswer) {
    let (mut first, mut second) = (old.fitting(cell).next(), new.fitting(cell).next());
    if let (Some(a), Some(b)) = (first, second) {
        let (removed, added) = (&old.policy.rule(a).id, &new.policy.rule(b).id);
        let stays = new.has(cell, removed);
        let was = old.has(cell, added);
        match (stays, was) {
            (false, true) => second = None,
            (true, false) => first = None,
            (true, true) | (false, false) => {}
        }
    }
    let answers = |never, rule| {
        if never { CellAnswer::Never } else { CellAnswer::Conclusion(conclusion(action, rule)) }
    };
    (answers(old.never[cell], first), answers(new.never[cell], second))
}

/// Whether an added or removed refusal applies in a cell but does not answer there, because an
/// earlier refusal applies too. The block of a difference may contain such cells.
fn applies_after_another(
    cell: usize,
    old: &RefusalCells<'_>,
    new: &RefusalCells<'_>,
    rules: [Option<RuleId>; 2],
) -> bool {
    let fits = |refusals: &RefusalCells<'_>, rule: RuleId| {
        refusals.fitting(cell).skip(1).any(|known| known == rule)
    };
    match rules {
        [Some(removed), None] => fits(old, removed),
        [None, Some(added)] => fits(new, added),
        _ => false,
    }
}

fn conclusion(action: Action, rule: Option<RuleId>) -> Conclusion {
    let word = if rule.is_some() { "refused" } else { Absence::Refusal.word() };
    let good = if rule.is_some() { worth(action) } else { 0 };
    Conclusion { word: word.into(), rule, good, loses: false }
}

/// The value of a refusal for the owner: 1 if the action takes something from the owner, -1 if it
/// gives the owner something, 0 otherwise.
const fn worth(action: Action) -> i64 {
    let takes = matches!(
        action,
        Action::Release
            | Action::Remove
            | Action::ScaleIn
            | Action::DeleteMembers
            | Action::Detach
            | Action::DeleteGroup
    );
    let gives = matches!(
        action,
        Action::Start
            | Action::Renew
            | Action::Snapshot
            | Action::CreateImage
            | Action::CancelScheduledRelease
    );
    if takes {
        1
    } else if gives {
        -1
    } else {
        0
    }
}

/// The words of a column in the decision space, or all words if the space does not have it.
fn words(policy: &Policy, column: Column) -> Vec<u8> {
    let words = policy.words(column).to_vec();
    if words.is_empty() || column == Column::Action {
        let all = (0_u8..).take(column.words().len());
        return all.collect();
    }
    words
}

/// The test of a request to set protections as text; `None` if there is none.
fn flag_test(policy: &Policy, test: &FlagTest) -> Option<String> {
    if *test == FlagTest::default() {
        return None;
    }
    let names = |set: ProtectionSet| {
        let names = set.iter().map(|id| policy.protections[id.index()].name.as_str());
        names.collect::<Vec<_>>().join(" ")
    };
    let mut parts = Vec::new();
    for (word, set) in [("sets", test.any), ("sets off", test.off), ("leaves on", test.left_on)] {
        if !set.is_empty() {
            parts.push(format!("{word} {}", names(set)));
        }
    }
    parts.extend(test.before.map(|version| format!("interface before {version}")));
    Some(parts.join(", "))
}

/// Every refusal of every action.
pub(super) fn refusals(pair: &Pair<'_>, found: &mut Found<'_>) {
    let from = found.differences.len();
    for action in Action::ALL {
        let (old, new) =
            (ActionRefusals::new(pair.old, *action), ActionRefusals::new(pair.new, *action));
        if old.list.is_empty() && new.list.is_empty() {
            continue;
        }
        let mut axes = Axes::default();
        axes.column(Column::Action, [action.index()]);
        old.axes(&mut axes);
        new.axes(&mut axes);
        axes.columns.retain(|(column, _)| *column != Column::Action);
        axes.column(Column::Action, [action.index()]);
        let about =
            GridSubject { part: Part::Refusal, subject: action.word(), class: Class::Verdict };
        let grid = match Grid::new(axes) {
            Ok(grid) => grid,
            Err(why) => {
                found.not_compared(about.part, about.subject, &why);
                continue;
            }
        };
        let tests = [old.tests(&grid), new.tests(&grid), found.places(&grid, &about)].concat();
        let grid = grid.joined(tests);
        let (old, new) = (old.in_cells(&grid), new.in_cells(&grid));
        let answer_in = |cell| both(cell, *action, &old, &new);
        let free = |cell, rules| applies_after_another(cell, &old, &new, rules);
        grid.compare_over(pair, &about, answer_in, free, found);
    }
    join_actions(&mut found.differences, from);
}

/// The same difference under several actions is reported once, if it has the same direction.
fn join_actions(differences: &mut Vec<Difference>, from: usize) {
    let mut joined: Vec<(Difference, Vec<String>)> = Vec::new();
    for difference in differences.drain(from..) {
        let same = joined.iter_mut().find(|(known, _)| {
            let Difference { situation, old, new, class, direction, .. } = known;
            (situation, old, new) == (&difference.situation, &difference.old, &difference.new)
                && (*class, *direction) == (difference.class, difference.direction)
        });
        if let Some((known, actions)) = same {
            known.cells += difference.cells;
            actions.push(difference.subject);
        } else {
            let actions = vec![difference.subject.clone()];
            joined.push((difference, actions));
        }
    }
    differences.extend(joined.into_iter().map(|(mut difference, actions)| {
        difference.subject = actions.join(" ");
        difference.situation.retain(|tested: &Tested| tested.name != Column::Action.name());
        difference
    }));
}
