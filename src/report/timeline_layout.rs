//! The rows of a timeline, laid out for a width.
//!
//! As the width shrinks: texts wrap within their column; the time since the start is dropped; each
//! instant gets a line of its own, above its rows; long names are shortened in the middle; the
//! rest of a row goes below its first line.

use anstyle::Style;

use super::text_table::{Page, columns, hanging, padded, shortened};

/// A row to lay out.
pub(super) struct PlacedRow {
    /// The instant, and the time since the start of the run.
    pub(super) at: [String; 2],
    pub(super) text: PlacedText,
}

pub(super) enum PlacedText {
    Decision(RowCells),
    /// The cause of a request, and its result.
    Request(String, String),
}

/// The cells of a decision.
pub(super) struct RowCells {
    pub(super) who: String,
    pub(super) trigger: String,
    pub(super) outcome: String,
    pub(super) style: Style,
    pub(super) by: String,
    pub(super) rule: String,
    pub(super) effect: String,
}

/// Space between two columns.
const GAP: usize = 2;

/// Indentation of a timeline.
const INDENT: usize = 2;

/// Fewest columns of the text of an effect beside the other columns.
const LEAST_TEXT: usize = 24;

/// Names are shortened to no less than this before a row takes several lines.
const LEAST_NAME: usize = 12;

/// The width of the widest common effect of one word, such as `released`.
const EFFECT: usize = 8;

/// Widths of the columns of decisions.
#[derive(Clone, Copy)]
struct Widths {
    at: usize,
    elapsed: usize,
    who: usize,
    trigger: usize,
    outcome: usize,
    by: usize,
    rule: usize,
    /// Width of the widest effect.
    effect: usize,
    /// Width of the longest word of an effect.
    word: usize,
}

impl Widths {
    fn of(lines: &[PlacedRow]) -> Self {
        let decisions = || lines.iter().filter_map(PlacedRow::decision);
        let widest = |cell: fn(&RowCells) -> &str| {
            decisions().map(|one| columns(cell(one))).max().unwrap_or(0)
        };
        let words = decisions().flat_map(|one| one.effect.split(' ')).map(columns);
        Self {
            at: lines.iter().map(|line| columns(&line.at[0])).max().unwrap_or(0),
            elapsed: lines.iter().map(|line| columns(&line.at[1])).max().unwrap_or(0),
            who: widest(|one| &one.who),
            trigger: widest(|one| &one.trigger),
            outcome: widest(|one| &one.outcome),
            by: widest(|one| &one.by),
            rule: widest(|one| &one.rule),
            effect: widest(|one| &one.effect),
            word: words.max().unwrap_or(0),
        }
    }

    /// Columns from the instance to the gap after the rule.
    const fn decision(&self) -> usize {
        self.who + self.trigger + self.outcome + self.by + self.rule + 5 * GAP
    }
}

/// The arrangement of the parts of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// One line, with the instant and the time since the start.
    Full,
    /// One line, with the instant.
    Timed,
    /// The instant on a line of its own.
    Below,
    /// The instant on a line of its own, and the rest of a row below its instances and outcome.
    /// Names are whole, on several lines if need be.
    Stacked,
}

impl Layout {
    /// The first layout that fits. [`Self::Below`] also fits if it fits with shorter names; the
    /// names are then shortened.
    fn choose(widths: &mut Widths, width: usize) -> Self {
        let text = widths.effect.min(LEAST_TEXT.max(widths.word));
        let timed = INDENT + widths.at + GAP + widths.decision() + text;
        if timed + widths.elapsed + GAP <= width {
            return Self::Full;
        }
        if timed <= width {
            return Self::Timed;
        }
        let below = 2 * INDENT + widths.decision() + widths.effect.min(EFFECT);
        let over = below.saturating_sub(width);
        if over == 0 || widths.who.saturating_sub(over) >= LEAST_NAME {
            widths.who -= over;
            return Self::Below;
        }
        Self::Stacked
    }
}

impl PlacedRow {
    const fn decision(&self) -> Option<&RowCells> {
        match &self.text {
            PlacedText::Decision(one) => Some(one),
            PlacedText::Request(..) => None,
        }
    }
}

/// Lays out a timeline.
pub(super) fn lay_out(lines: &[PlacedRow], page: Page) -> Vec<String> {
    let mut widths = Widths::of(lines);
    let layout = Layout::choose(&mut widths, page.width);
    let mut out = Vec::new();
    let mut last: Option<&[String; 2]> = None;
    for line in lines {
        let is_first = last != Some(&line.at);
        last = Some(&line.at);
        let [at, elapsed] = if is_first { line.at.each_ref() } else { [&NOTHING; 2] };
        let (at, since) = (padded(at, widths.at), padded(elapsed, widths.elapsed));
        let head = match layout {
            Layout::Full => format!("  {at}  {since}  "),
            Layout::Timed => format!("  {at}  "),
            Layout::Below | Layout::Stacked => {
                if is_first {
                    out.push(format!("  {at}  {since}").trim_end().to_owned());
                }
                "    ".to_owned()
            }
        };
        match &line.text {
            PlacedText::Request(cause, text) => {
                let head = format!("{head}·  {cause}  ");
                if columns(&head) + LEAST_TEXT.min(columns(text)) <= page.width {
                    out.extend(hanging(&head, text, page.width));
                } else {
                    out.extend(hanging("    ·  ", cause, page.width));
                    out.extend(hanging("      ", text, page.width));
                }
            }
            PlacedText::Decision(one) => out.extend(decision(&head, one, &widths, layout, page)),
        }
    }
    out
}

static NOTHING: String = String::new();

fn decision(
    head: &str,
    one: &RowCells,
    widths: &Widths,
    layout: Layout,
    page: Page,
) -> Vec<String> {
    let outcome = |width| {
        let rest = " ".repeat(padded(&one.outcome, width).len() - one.outcome.len());
        format!("{}{rest}", page.paint.style(one.style, &one.outcome))
    };
    if layout == Layout::Stacked {
        let room = page.width.saturating_sub(columns(head) + GAP + widths.outcome);
        let mut lines = hanging(head, &one.who, columns(head) + room);
        if let Some(line) = lines.last_mut() {
            let whole = padded(line, columns(head) + widths.who.min(room));
            *line = format!("{whole}  {}", outcome(0));
        }
        let by = format!("{} {}", one.by, one.rule);
        let cells = [one.trigger.as_str(), by.trim_matches(['-', ' ']), one.effect.as_str()];
        let rest: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        lines.extend(hanging("      ", &rest.join(" · "), page.width));
        return lines;
    }
    let cells = [
        padded(&shortened(&one.who, widths.who), widths.who),
        padded(&one.trigger, widths.trigger),
        outcome(widths.outcome),
        padded(&one.by, widths.by),
        padded(&one.rule, widths.rule),
    ];
    let first = format!("{head}{}  ", cells.join("  "));
    let indent = columns(head) + widths.decision();
    if layout == Layout::Below && indent + columns(&one.effect) > page.width {
        let mut lines = vec![first.trim_end().to_owned()];
        lines.extend(hanging("      ", &one.effect, page.width));
        return lines;
    }
    // The first line contains styles, which take no columns.
    let mut lines = hanging(&" ".repeat(indent), &one.effect, page.width);
    if let Some(line) = lines.first_mut() {
        let whole = format!("{first}{}", line.trim_start());
        whole.trim_end().clone_into(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text_table::Paint;

    fn line(who: &str, effect: &str) -> PlacedRow {
        let text = PlacedText::Decision(RowCells {
            who: who.to_owned(),
            trigger: "scale-in".to_owned(),
            outcome: "HELD".to_owned(),
            style: Style::new(),
            by: "scale-in-protection".to_owned(),
            rule: "SP1".to_owned(),
            effect: effect.to_owned(),
        });
        PlacedRow { at: ["06-01 02:00".to_owned(), "+2h".to_owned()], text }
    }

    #[test]
    fn a_row_takes_as_many_lines_as_it_needs() {
        let lines = [line("web-1", "kept"), line("an-instance-with-a-long-name", "none of them")];
        let at = |width| lay_out(&lines, Page { paint: Paint(false), width }).join("\n");
        assert_eq!(
            at(110),
            "  06-01 02:00  +2h  web-1                         scale-in  HELD  scale-in-protection  SP1  kept
                    an-instance-with-a-long-name  scale-in  HELD  scale-in-protection  SP1  none of them"
        );
        assert_eq!(
            at(80),
            "  06-01 02:00  +2h
    web-1                     scale-in  HELD  scale-in-protection  SP1  kept
    an-instance-…a-long-name  scale-in  HELD  scale-in-protection  SP1
      none of them"
        );
        assert_eq!(
            at(40),
            "  06-01 02:00  +2h
    web-1                         HELD
      scale-in · scale-in-protection SP1
      · kept
    an-instance-with-a-long-name  HELD
      scale-in · scale-in-protection SP1
      · none of them"
        );
    }
}
