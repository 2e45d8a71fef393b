//! Messages about tables that the proof rejects.

use super::edition::Switch;
use super::facts::Condition;
use super::space::{Block, Over, Space};
use super::table::{DecisionTable, TableFault, Unproved};
use super::written_rule::WrittenRule;
use crate::diagnostics::{Code, Problem, Span, by_count, many};

/// The table that the messages are about.
pub struct TableContext<'t> {
    /// Name of the protection or of the section.
    pub name: &'t str,
    /// Start of the table in the file.
    pub span: Span,
    /// The rules, in the order of the table's rows.
    pub parts: &'t [WrittenRule],
    /// The switches of the policy.
    pub switches: &'t [Switch],
}

/// One problem for each fault; the first has a help line if changing one word repairs the table.
pub fn report<C: Clone>(
    unproved: &Unproved<C>,
    subject: &TableContext<'_>,
    possible: &[bool],
) -> Vec<Problem> {
    let reports = unproved.faults.iter().map(|fault| report_fault(fault, subject, &unproved.space));
    let mut problems: Vec<Problem> = reports.collect();
    if let Some(help) = replacement(unproved, possible, subject)
        && let Some(first) = problems.first_mut()
    {
        first.helps.insert(0, help);
    }
    problems
}

fn report_fault(fault: &TableFault, subject: &TableContext<'_>, space: &Space) -> Problem {
    let part = |index: usize| &subject.parts[index];
    match fault {
        TableFault::Open(open) => {
            let count = open.len();
            let name = subject.name;
            let have = by_count(count, "has", "have");
            let title = format!("{} of `{name}` {have} no rule", many(count, "cell"));
            let mut problem =
                Problem::at(Code::OpenCell, subject.span, title, "each cell needs exactly one");
            let blocks = some_blocks(space, open);
            for block in blocks.iter().take(MOST_BLOCKS) {
                problem = problem.note(format!("no rule for: {}", describe(space, block, subject)));
            }
            if blocks.len() > MOST_BLOCKS {
                problem = problem.note("and more cells");
            }
            problem
        }
        TableFault::Twice(a, b, cells) => {
            let title = format!(
                "rules `{}` and `{}` both match {} of `{}`",
                *part(*a).id,
                *part(*b).id,
                if cells.len() == 1 { "one cell".into() } else { format!("{} cells", cells.len()) },
                subject.name
            );
            let both = some_blocks(space, cells).into_iter().next();
            let both = both.map(|block| describe(space, &block, subject)).unwrap_or_default();
            Problem::at(Code::CoveredTwice, part(*b).span, title, "second rule")
                .and_at(part(*a).span, "first rule")
                .note(format!("both match: {both}"))
                .help("narrow one of the rules; their order has no effect")
        }
        TableFault::Dead(at) => {
            let title = format!("rule `{}` matches no cell of `{}`", *part(*at).id, subject.name);
            Problem::at(Code::DeadRule, part(*at).span, title, "never used").help(
                "remove the rule, or compare its conditions with `space`, `impossible` and `works-when`",
            )
        }
    }
}

/// Most blocks of open cells in one message.
const MOST_BLOCKS: usize = 3;

/// Blocks that together cover `cells`, at most one more than a message lists.
fn some_blocks(space: &Space, cells: &[usize]) -> Vec<Block> {
    let mut among = vec![false; space.cells()];
    cells.iter().for_each(|cell| among[*cell] = true);
    space.blocks_up_to(MOST_BLOCKS + 1, |cell| among[cell], |_| false)
}

/// A block as text: `trigger manual, billing spot`. Axes that it covers completely are left out.
fn describe(space: &Space, block: &Block, subject: &TableContext<'_>) -> String {
    let parts: Vec<String> = (0..space.axes().len())
        .filter(|axis| !space.is_whole(block, *axis))
        .map(|axis| {
            let words: Vec<u8> = space.words_of(block, axis).collect();
            let names: Vec<String> = match space.axes()[axis].over {
                Over::Column(column) => column.describe(words.into_iter()),
                Over::Switch(switch) => {
                    let values = &subject.switches[switch.index()].values;
                    words.into_iter().map(|word| values[usize::from(word)].clone()).collect()
                }
            };
            let axis = match space.axes()[axis].over {
                Over::Column(column) => column.name(),
                Over::Switch(switch) => &subject.switches[switch.index()].name,
            };
            format!("{axis} {}", names.join(" or "))
        })
        .collect();
    if parts.is_empty() { "every cell".into() } else { parts.join(", ") }
}

/// The replacement of one word that repairs the whole table; `None` if there is none.
///
/// A replacement never widens a rule, because that would invent a verdict for a cell.
fn replacement<C: Clone>(
    Unproved { space, rows, faults }: &Unproved<C>,
    possible: &[bool],
    subject: &TableContext<'_>,
) -> Option<String> {
    // A wrong word leaves its own cells open. Each candidate is proved again, which takes too long
    // for large tables.
    let is_open = faults.iter().any(|fault| matches!(fault, TableFault::Open(_)));
    if !is_open || space.cells() * rows.len() > 50_000 {
        return None;
    }
    let repairs = |index: usize, when: Condition| {
        let mut changed = rows.clone();
        changed[index].when = when;
        DecisionTable::prove(space.clone(), changed, possible).is_ok()
    };
    // Rules of the extending file are tried before rules of the extended one.
    let own = |at: &usize| subject.parts[*at].span.file != subject.span.file;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(own);
    for (at, row) in order.iter().map(|at| (*at, &rows[*at])) {
        for axis in space.axes() {
            let Over::Column(column) = axis.over else { continue };
            let Some(mask) = row.when.words(column) else { continue };
            for new in axis.words.iter().filter(|word| mask >> **word & 1 == 0) {
                for old in axis.words.iter().filter(|word| mask >> **word & 1 == 1) {
                    if repairs(at, row.when.with(column, mask & !(1 << old) | 1 << new)) {
                        let word = |at: &u8| column.words()[usize::from(*at)];
                        return Some(format!(
                            "did you mean `{}` instead of `{}` in `{}`? then each cell has exactly one rule",
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
