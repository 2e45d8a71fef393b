//! Differences with common random numbers: drawn on one scale, and in figures.

use maud::{Markup, html};

use super::charts::{Scale, interval, style};
use super::study::{in_currency, is_first};
use crate::diagnostics::by_count;
use crate::experiment::Paired;
use crate::report::estimates::{from_to, shown, signed};
use crate::report::figures::{many, number};
use crate::report::paired::{PairedRun, difference_or_bounds};

/// The names of both sides: the cases, or the policies if the cases are equal.
fn sides(run: &PairedRun) -> &[String; 2] {
    if is_equal(run) { &run.policies } else { &run.cases }
}

/// All comparisons side by side for the most important metrics, then every figure of each.
pub(super) fn paired_runs(all: &[PairedRun]) -> Markup {
    let first = all.first().map_or(&[][..], |run| run.figures.as_slice());
    let metrics: Vec<&Paired> = first.iter().filter(|one| is_first(&one.metric)).collect();
    html! {
        p.m { "Each replication uses the same random numbers on both sides, and the interval is \
            that of the difference. The broken line is no difference. Pairs in which the new side \
            has fewer, as many or more are counted." }
        table.ivt {
            caption.vh { "Differences by metric" }
            thead { tr {
                th scope="col" { "new compared with old" }
                th scope="col" { span.vh { "difference on a common scale" } }
                th.n scope="col" { "difference" }
                th.n scope="col" { "fewer" }
                th.n scope="col" { "alike" }
                th.n scope="col" { "more" }
            } }
            @for metric in metrics { (metric_rows(all, metric)) }
        }
        @for run in all {
            details {
                summary { "All figures of " (heading(run)) }
                (paired_table(run))
            }
        }
    }
}

fn metric_rows(all: &[PairedRun], metric: &Paired) -> Markup {
    let figure =
        |run: &PairedRun| run.figures.iter().find(|one| one.metric == metric.metric).cloned();
    let rows: Vec<(&PairedRun, Paired)> =
        all.iter().filter_map(|run| Some((run, figure(run)?))).collect();
    let numbers = rows.iter().flat_map(|(_, one)| {
        let range = one.range().map(|range| [range.low, range.high]);
        range.into_iter().flatten().chain(one.difference)
    });
    let scale = Scale::around_zero(numbers);
    let currency = all.first().and_then(|run| run.currency);
    html! {
        tbody {
            tr { th scope="rowgroup" colspan="6" {
                (metric.metric) (in_currency(metric.unit, currency)) } }
            @for (index, (run, one)) in rows.iter().enumerate() { tr {
                @let [old, new] = sides(run);
                th scope="row" { (new) " compared with " (old)
                    @if is_equal(run) && !run.cases[0].is_empty() { " " span.nl { (run.cases[0]) } } }
                td.iv { (interval(scale, one.difference, one.range(),
                    style(index + usize::from(!is_equal(run))))) }
                td.n data-l="difference" { (difference(one)) " " span.nl {
                    (range(one)) } }
                td.n data-l="fewer" { (number(one.fewer)) }
                td.n data-l="alike" { (number(one.alike())) }
                td.n data-l="more" { (number(one.more)) }
            } }
        }
    }
}

fn is_equal(run: &PairedRun) -> bool {
    run.cases[0] == run.cases[1]
}

/// The mean difference with its sign, or its bounds.
fn difference(one: &Paired) -> String {
    difference_or_bounds(one).unwrap_or_else(|| "—".to_owned())
}

/// The interval of a difference in words.
fn range(one: &Paired) -> String {
    match one.range() {
        Some(range) => from_to(range, |number| signed(number, one.unit)),
        None if one.incomplete > 0 => "no figure".to_owned(),
        None if one.n == 0 => "no observation".to_owned(),
        None => "all alike".to_owned(),
    }
}

fn heading(run: &PairedRun) -> String {
    let [old, new] = sides(run);
    let mut text = format!(
        "{new} compared with {old} ({}): {}, {} {}",
        run.scenario,
        many(run.replications as u64, "pair"),
        number(run.differ as u64),
        by_count(run.differ, "differs", "differ")
    );
    if run.incomplete > 0 {
        text.push_str(&format!(", {} did not complete", number(run.incomplete)));
    }
    text
}

/// Every figure of a comparison.
fn paired_table(run: &PairedRun) -> Markup {
    let [old, new] = sides(run);
    html! {
        div.wrap { table.stack {
            caption { (heading(run)) }
            thead { tr {
                th scope="col" { "metric" }
                @for head in [old.as_str(), new.as_str(), "difference"] { th.n scope="col" { (head) } }
                th.n scope="col" { (run.level) " % interval" }
                @for head in ["fewer", "alike", "more"] { th.n scope="col" { (head) } }
            } }
            tbody { @for one in &run.figures { tr {
                @let show = |number: Option<f64>| number.map_or("—".to_owned(), |n| shown(n,
                    one.unit));
                th scope="row" data-l="metric" { (one.metric) (in_currency(one.unit, run.currency)) }
                td.n data-l="old" { (show(one.means.map(|means| means[0]))) }
                td.n data-l="new" { (show(one.means.map(|means| means[1]))) }
                td.n data-l="difference" { (difference(one)) }
                td.n data-l="interval" { (range(one)) }
                td.n data-l="fewer" { (number(one.fewer)) }
                td.n data-l="alike" { (number(one.alike())) }
                td.n data-l="more" { (number(one.more)) }
            } } }
        } }
    }
}
