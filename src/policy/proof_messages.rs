//! What is wrong with a table, told so that one can mend it.

use super::facts::Condition;
use super::space::{Block, Over, Space};
use super::table::{Fault, Table, Unproved};
use super::written_rule::WrittenRule;
use crate::diagnostics::{Code, Problem, Span};

/// The table that is being told about.
pub struct Subject<'t> {
    /// Its name: the protection, or the section.
    pub name: &'t str,
    /// Where it begins.
    pub span: Span,
    /// Its rules, in the order of its rows.
    pub parts: &'t [WrittenRule],
    /// The names of the values of each switch.
    pub switches: &'t [(String, Vec<String>)],
}

/// A message for each fault; the first one carries the mend, if one word mends all.
pub fn tell<C: Clone>(
    unproved: &Unproved<C>,
    subject: &Subject<'_>,
    possible: &[bool],
) -> Vec<Problem> {
    let told = unproved.faults.iter().map(|fault| tell_one(fault, subject, &unproved.space));
    let mut problems: Vec<Problem> = told.collect();
    if let Some(mend) = mend(unproved, possible, subject)
        && let Some(first) = problems.first_mut()
    {
        first.helps.insert(0, mend);
    }
    problems
}

fn tell_one(fault: &Fault, subject: &Subject<'_>, space: &Space) -> Problem {
    let part = |at: usize| &subject.parts[at];
    match fault {
        Fault::Open(cells) => {
            let count = cells.len();
            let (cells_have, name) =
                (if count == 1 { "cell has" } else { "cells have" }, subject.name);
            let title = format!("{count} {cells_have} no rule in `{name}`");
            let mut problem =
                Problem::at(Code::OpenCell, subject.span, title, "each cell needs exactly one");
            let blocks = some_blocks(space, cells);
            for block in blocks.iter().take(TOLD) {
                problem = problem.note(format!("open: {}", describe(space, block, subject)));
            }
            if blocks.len() > TOLD {
                problem = problem.note("and more of this kind");
            }
            problem
        }
        Fault::Twice(a, b, cells) => {
            let title = format!(
                "`{}` and `{}` both cover {} of `{}`",
                *part(*a).id,
                *part(*b).id,
                if cells.len() == 1 { "one cell".into() } else { format!("{} cells", cells.len()) },
                subject.name
            );
            let both = some_blocks(space, cells).into_iter().next();
            let both = both.map(|block| describe(space, &block, subject)).unwrap_or_default();
            Problem::at(Code::CoveredTwice, part(*b).span, title, "this one")
                .and_at(part(*a).span, "and this one")
                .note(format!("both: {both}"))
                .help("narrow one of them; the order of rules means nothing")
        }
        Fault::Dead(at) => {
            let title = format!("`{}` covers no cell of `{}`", *part(*at).id, subject.name);
            Problem::at(Code::DeadRule, part(*at).span, title, "never decides anything").help(
                "remove it, or check its words against `space`, `impossible` and `works-when`",
            )
        }
    }
}

/// How many sets of open cells are told.
const TOLD: usize = 3;

/// The first few blocks that some cells make up.
fn some_blocks(space: &Space, cells: &[usize]) -> Vec<Block> {
    let mut among = vec![false; space.cells()];
    cells.iter().for_each(|cell| among[*cell] = true);
    space.blocks_up_to(TOLD + 1, |cell| among[cell], |_| false)
}

/// A block in words: `trigger manual, billing spot`; axes that it takes whole are left out.
fn describe(space: &Space, block: &Block, subject: &Subject<'_>) -> String {
    let parts: Vec<String> = (0..space.axes().len())
        .filter(|axis| !space.is_whole(block, *axis))
        .map(|axis| {
            let words: Vec<u8> = space.words_of(block, axis).collect();
            let names: Vec<String> = match space.axes()[axis].over {
                Over::Column(column) => column.describe(words.into_iter()),
                Over::Switch(switch) => {
                    let values = &subject.switches[switch.index()].1;
                    words.into_iter().map(|word| values[usize::from(word)].clone()).collect()
                }
            };
            let axis = match space.axes()[axis].over {
                Over::Column(column) => column.name(),
                Over::Switch(switch) => &subject.switches[switch.index()].0,
            };
            format!("{axis} {}", names.join(" or "))
        })
        .collect();
    if parts.is_empty() { "every cell".into() } else { parts.join(", ") }
}

/// The one word that somebody may have mistaken for another: with it the table is whole.
///
/// A rule is never widened: that would put a verdict where nobody has stated one.
fn mend<C: Clone>(
    Unproved { space, rows, faults }: &Unproved<C>,
    possible: &[bool],
    subject: &Subject<'_>,
) -> Option<String> {
    // A mistaken word leaves its own cells open. Every candidate is proved anew, and only
    // small tables are worth that.
    let is_open = faults.iter().any(|fault| matches!(fault, Fault::Open(_)));
    if !is_open || space.cells() * rows.len() > 50_000 {
        return None;
    }
    let heals = |at: usize, when: Condition| {
        let mut changed = rows.clone();
        changed[at].when = when;
        Table::prove(space.clone(), changed, possible).is_ok()
    };
    // What the file at hand says is doubted before what it extends says.
    let own = |at: &usize| subject.parts[*at].span.file != subject.span.file;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(own);
    for (at, row) in order.iter().map(|at| (*at, &rows[*at])) {
        for axis in space.axes() {
            let Over::Column(column) = axis.over else { continue };
            let Some(mask) = row.when.words(column) else { continue };
            for new in axis.words.iter().filter(|word| mask >> **word & 1 == 0) {
                for old in axis.words.iter().filter(|word| mask >> **word & 1 == 1) {
                    if heals(at, row.when.with(column, mask & !(1 << old) | 1 << new)) {
                        let word = |at: &u8| column.words()[usize::from(*at)];
                        return Some(format!(
                            "did you mean `{}` instead of `{}` in `{}`? that would make the table whole",
                            word(new),
                            word(old),
                            *subject.parts[at].id
                        ));
                    }
                }
            }
        }
    }
    None
}
