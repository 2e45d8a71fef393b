//! The page of `run`: the courses of the instances, the losses, and their remedies.

use std::io;

use maud::{Markup, html};

use super::accounts::accounts;
use super::cases::{cases, section_id};
use super::collect::{Collected, Collector};
use super::kinds::{Kind, Lanes};
use super::lanes::Canvas;
use super::legend::legend;
use super::notices::notices;
use super::page::{Made, made, page};
use super::tables::{self, NO_REMEDY, case_name, lost_words};
use super::ticks::{Axis, span};
use super::windows::{Window, windows};
use crate::diagnostics::by_count;
use crate::report::figures::{between, many, number};
use crate::report::item::{Report, RunItem};
use crate::time::SimTime;

/// Number of runs that are shown in full; the others are in the table of cases.
const MOST_RUNS: usize = 12;

/// The page of `run`. It counts records as they arrive and does not keep them.
#[derive(Debug, Default)]
pub struct RunPage {
    current: Option<Collector>,
    runs: Vec<Collected>,
}

impl Report<RunItem<'_>> for RunPage {
    fn write(&mut self, item: &RunItem<'_>) -> io::Result<()> {
        self.add(item);
        Ok(())
    }
}

impl RunPage {
    /// Takes the next item.
    pub fn add(&mut self, item: &RunItem<'_>) {
        match item {
            RunItem::Start(plan) => self.current = Some(Collector::new(plan)),
            RunItem::Record(record, _) => {
                if let Some(current) = &mut self.current {
                    current.take(record);
                }
            }
            RunItem::End(end) => {
                if let Some(current) = self.current.take() {
                    self.runs.push(current.finish(end));
                }
            }
        }
    }

    /// The page as text.
    pub fn page(&self, how: &Made) -> String {
        let title = format!("stayput run: {}", subjects(&self.runs));
        let shown = &self.runs[..self.runs.len().min(MOST_RUNS)];
        page(
            &title,
            &html! {
                h1 { (title) }
                @for line in identity(&self.runs) { p.m { (line) } }
                (headline(&self.runs))
                nav aria-label="On this page" { ul {
                    @if self.runs.len() > 1 { li { a href="#cases" { "Cases side by side" } } }
                    @for (index, run) in shown.iter().enumerate() {
                        li { a href={ "#" (section_id(index)) } { (case_name(&run.header)) } }
                    }
                    li { a href="#assume" { "Assumptions" } }
                    li { a href="#sources" { "Sources" } }
                } }
                @if self.runs.len() > 1 { (cases(&self.runs, MOST_RUNS)) }
                @for (index, run) in shown.iter().enumerate() { (section(run, index,
                    self.runs.len())) }
                h2 #assume { "Assumptions and sources" }
                (tables::assumptions(&self.runs))
                (tables::inert(&self.runs))
                h3 #sources { "Sources" }
                (tables::sources(shown))
                (made(how))
            },
        )
    }
}

impl RunPage {
    /// Lanes and decisions of the runs, as a part of another page; ids begin after `offset`.
    pub(super) fn courses(&self, offset: usize) -> Markup {
        html! {
            @for (index, run) in self.runs.iter().enumerate() {
                (legend(run))
                (chart(run, offset + index))
                @if run.rows.count > 0 { (tables::decisions(run, offset + index, false)) }
            }
        }
    }
}

/// The scenarios of a page, each once.
fn subjects(runs: &[Collected]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for run in runs {
        if !names.contains(&run.header.scenario.as_str()) {
            names.push(&run.header.scenario);
        }
    }
    names.join(", ")
}

/// Policies, span, seed and offset; one line for all runs that have them in common.
fn identity(runs: &[Collected]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for run in runs {
        let header = &run.header;
        let policies: Vec<&str> =
            header.rulebooks.iter().map(|book| book.policy.name.as_str()).collect();
        let replication = match header.replication {
            0 => String::new(),
            other => format!(" · replication {other}"),
        };
        let line = format!(
            "{} · {} from {} {} · seed {}{replication} · stayput {} · all times {} (the \
                machine-readable ones UTC)",
            policies.join(", "),
            span(header.end.since(header.start)),
            run.axis.local_in_full(header.start),
            header.offset,
            header.seed,
            env!("CARGO_PKG_VERSION"),
            header.offset,
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.truncate(4);
    lines
}

/// The verdict in words: of the first run in full, of the others in a sentence.
fn headline(runs: &[Collected]) -> Markup {
    let early: Vec<String> = runs
        .iter()
        .filter_map(|run| {
            let why = run.early.as_ref()?;
            Some(if runs.len() == 1 {
                format!("The run did not reach its end: {why}.")
            } else {
                format!("{} did not reach its end: {why}.", case_name(&run.header))
            })
        })
        .collect();
    let Some(first) = runs.first() else { return html! { p.lead { "Nothing was run." } } };
    let name =
        if runs.len() > 1 { format!("Case {}: ", case_name(&first.header)) } else { String::new() };
    html! {
        @for line in &early { p.lead { b { (line) } } }
        p.lead { (name) (verdict(first)) }
        @if runs.len() > 1 { p.lead { (others(&runs[1..])) } }
    }
}

/// The results of a run, in a paragraph.
fn verdict(run: &Collected) -> Markup {
    let ways = windows(&run.rows, &run.header, |row| row.key.releases());
    let lost = lost_words(&run.lost);
    html! {
        b { (lost_sentence(run)) }
        @if !ways.is_empty() {
            " Remedies: "
            @for (index, way) in ways.iter().take(8).enumerate() {
                @if index > 0 { "; " } (way_words(way, &run.axis))
            }
            @if ways.len() > 8 { "; and " (ways.len() - 8) " more, below" }
            "."
        }
        @if !lost.is_empty() { " Data lost: " (lost) "." }
        @if let Some(currency) = run.header.currency {
            " Worth lost: " (run.money.lost) " " (currency) "."
        }
    }
}

/// `7 of 8 instances are lost, 6 of them with a protection on.`
fn lost_sentence(run: &Collected) -> String {
    let (all, lost) = (number(run.instances), run.released);
    let noun = by_count(run.instances, "instance", "instances");
    if run.instances == 0 && run.early.is_some() {
        return "The number of lost instances at its end is not known.".to_owned();
    }
    if lost == 0 {
        return format!("No instance is lost, of {}.", number(run.instances));
    }
    let verb = by_count(lost, "is", "are");
    let on = between(run.protected.0, run.protected.1);
    format!("{} of {all} {noun} {verb} lost, {on} of them with a protection on.", number(lost))
}

fn way_words(way: &Window, axis: &Axis) -> Markup {
    let kept = number(way.ids.count());
    html! {
        @match (&way.text, way.until) {
            (Some(text), Some((first, last))) if first == last => {
                "“" (text) "” until " (axis.time(first)) " keeps " (kept)
            }
            (Some(text), Some((first, last))) => {
                "“" (text) "” keeps " (kept) ", each until its own moment, from "
                (axis.time(first)) " to " (axis.time(last))
            }
            (Some(text), None) => { (text) " for " (kept) }
            (None, _) => { (NO_REMEDY) " for " (kept) }
        }
    }
}

/// The other cases in a sentence.
fn others(runs: &[Collected]) -> Markup {
    if runs.len() <= 4 {
        return html! {
            @for (index, run) in runs.iter().enumerate() {
                @if index > 0 { " " }
                "Case " (case_name(&run.header)) ": " (lost_sentence(run))
            }
        };
    }
    let least = runs.iter().map(|run| run.released).min().unwrap_or(0);
    let most = runs.iter().map(|run| run.released).max().unwrap_or(0);
    html! { "The other " (runs.len()) " cases lose " (between(least, most)) " each." }
}

/// Everything about one run.
fn section(run: &Collected, index: usize, all: usize) -> Markup {
    let number_of = index + 1;
    let body = html! {
        (legend(run))
        (chart(run, number_of))
        @if run.rows.rows.iter().any(super::decisions::Row::loses) { (tables::losses(run,
            number_of)) }
        @if !run.triggers.is_empty() { (tables::triggers(run)) }
        (notices(&run.notices, &run.axis, &run.header))
        @if run.rows.count > 0 { (tables::decisions(run, number_of, true)) }
        @else { p { "No decision was made." } }
    };
    html! {
        section id=(section_id(index)) {
            h2 { @if all > 1 { "Case " } (case_name(&run.header)) }
            @if let Some(why) = &run.early { p { b { "Stopped before its end: " (why) "." } } }
            @if index == 0 { (body) } @else {
                details {
                    summary { (lost_sentence(run)) " Lanes, tables and decisions" }
                    (body)
                }
            }
        }
    }
}

/// Lanes of accounts, instances and remedies over one axis.
fn chart(run: &Collected, number_of: usize) -> Markup {
    let canvas = Canvas { axis: run.axis, header: &run.header, rows: &run.rows, run: number_of };
    let ways = windows(&run.rows, &run.header, super::decisions::Row::loses);
    let (lanes, folds) = match &run.lanes {
        Lanes::Exact { lanes, folded } => (lanes.len(), *folded),
        Lanes::Kinds { kinds, .. } => (kinds.len(), true),
    };
    html! {
        table.lanes data-filter=[(lanes > 12 || folds).then_some("Find an instance in the lanes")] {
            caption.m { (about(run)) }
            thead { tr {
                th scope="col" { span.m { "name" } }
                th scope="col" { (run.axis.head(&canvas.grid())) }
            } }
            (accounts(run, &canvas))
            tbody {
                tr { th scope="rowgroup" colspan="2" { "Instances: states, and each decision" } }
                @match &run.lanes {
                    Lanes::Exact { lanes, .. } => {
                        @for lane in lanes { (canvas.lane(lane, lanes.len())) }
                    }
                    Lanes::Kinds { kinds, rest } => {
                        @for kind in kinds { (canvas.kind(kind)) }
                        @if rest.instances > 0 { tr { th scope="row" colspan="2" { span.nl {
                            @if rest.kinds > 0 { (many(rest.kinds as u64, "more kind")) ", " }
                            (many(rest.instances, "instance")) ", "
                            @if rest.lost == 0 { "none lost" } @else { (number(rest.lost)) " lost" }
                            "; " code { "timeline.csv" } " of " code { "--out" } " has them"
                        } } } }
                    }
                }
            }
            @if !ways.is_empty() { tbody {
                tr { th scope="rowgroup" colspan="2" {
                    "Remedies: as long as the bar runs, the act would still have prevented the loss"
                } }
                @for way in &ways { (window(way, run, &canvas)) }
            } }
        }
    }
}

fn about(run: &Collected) -> String {
    match &run.lanes {
        Lanes::Exact { folded: false, .. } => {
            "Hover over, touch or focus a mark for the rule, its source and the remedy; the \
                arrow keys go from mark to mark."
                .to_owned()
        }
        Lanes::Exact { folded: true, .. } => {
            "Instances that are equal in every state, decision and protection are one lane; lost \
                ones first, then by number."
                .to_owned()
        }
        Lanes::Kinds { kinds, rest } => {
            let shown: u64 = kinds.iter().map(|kind: &Kind| kind.ids.count()).sum();
            format!(
                "{} in {}: the height of a colour is the share in that state; a mark stands at \
                    the middle one of its times, the line below it runs from the first to the
                    last.",
                many(shown + rest.instances, "instance"),
                many((kinds.len() + rest.kinds) as u64, "kind"),
            )
        }
    }
}

fn window(way: &Window, run: &Collected, canvas: &Canvas<'_>) -> Markup {
    let names = way.ids.names(&run.header);
    let text = way.text.as_deref().unwrap_or(NO_REMEDY);
    let Some((first, last)) = way.until else {
        return html! { tr data-names=[names.for_filter()] {
            th scope="row" { (text) }
            td { span.wl { "for " (names.text()) } }
        } };
    };
    let place = |at: SimTime| run.axis.place(at);
    let (from, until) = (place(way.from), place(last));
    html! {
        tr data-names=[names.for_filter()] {
            th scope="row" { (text) }
            td {
                svg.lane width="100%" height="20" role="img"
                    aria-label={ (text) ": until " (run.axis.local(last)) } {
                    use href={ "#" (canvas.grid()) } {}
                    rect.w x=(from) width=(super::ticks::Percent(until.0 - from.0)) y="6"
                        height="8" fill="#0b62a8" {}
                    @if first < last {
                        line.we x1=(place(first)) x2=(place(first)) y1="4" y2="16"
                            stroke="#0b62a8" stroke-width="2" {}
                    }
                    line.we x1=(until) x2=(until) y1="2" y2="18" stroke="#0b62a8" stroke-width="3"
                        {}
                }
                span.wl {
                    b { "until " @if first < last { (run.axis.time(first)) " to " }
                        (run.axis.time(last)) }
                    @if first == last && first > way.from { " (open for "
                        (span(first.since(way.from))) ")" }
                    " prevents the loss of " (names.text())
                }
            }
        }
    }
}
