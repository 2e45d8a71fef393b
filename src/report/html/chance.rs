//! The page of replications: the losses of each case, with their probabilities and times.

use indexmap::IndexMap;
use maud::{Markup, html};

use super::by_trigger::losses_by_trigger;
use super::charts::{
    COLOURS, Curve, Scale, Survival, bins, highest, histogram, interval, style, style_name,
    survival,
};
use super::page::{Made, made, page};
use super::pairs::paired_runs;
use super::study::{Study, StudyRun, in_currency, is_first, name};
use super::ticks::span;
use crate::experiment::{Estimate, Replications};
use crate::report::estimates::{from_to, mean_or_bounds, shown};
use crate::report::figures::{many, number};
use crate::stats::ConfidenceLevel;
use crate::time::SimSpan;
use crate::words::{Metric, SHARE, Unit, Word};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Number of ticks of the time axis.
const TICKS: i64 = 6;

/// The page of a study.
pub fn study_page(study: &Study<'_>, how: &Made) -> String {
    let names = subjects(study);
    let count = study.runs.iter().map(|run| run.replications.rows.len()).max().unwrap_or(0);
    let title = format!("stayput run: {names}, {}", many(count as u64, "replication"));
    page(
        &title,
        &html! {
            h1 { (title) }
            @for line in identity(study) { p.m { (line) } }
            (headline(study))
            nav aria-label="On this page" { ul {
                li { a href="#intervals" { "Intervals" } }
                li { a href="#survival" { "Until the first loss" } }
                li { a href="#histogram" { "How many are lost" } }
                li { a href="#causes" { "What causes the losses" } }
                @if !study.paired.is_empty() { li { a href="#pairs" { "Cases compared" } } }
                li { a href="#look" { "Replications to look at" } }
                li { a href="#assume" { "Assumptions" } }
            } }
            (legend(study))
            h2 #intervals { "Each case, with its interval" }
            (intervals(study))
            (curves(study))
            (histograms(study))
            (losses_by_trigger(study))
            @if !study.paired.is_empty() {
                h2 #pairs { "Cases compared, replication by replication" }
                (paired_runs(study.paired))
            }
            (look(study))
            h2 #assume { "Assumptions" }
            @if study.assumptions.is_empty() {
                p { "No decision depends on a question that the documents leave open." }
            } @else { ul { @for line in study.assumptions { li { (line) } } } }
            (made(how))
        },
    )
}

fn subjects(study: &Study<'_>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for run in study.runs {
        if !names.contains(&run.replications.scenario.as_str()) {
            names.push(&run.replications.scenario);
        }
    }
    names.join(", ")
}

/// A line for all runs, or lines that name the runs that they are about.
fn identity(study: &Study<'_>) -> Vec<String> {
    let mut lines: IndexMap<String, Vec<&str>> = IndexMap::new();
    let is_common = study.runs.iter().all(|run| run.seed == study.runs[0].seed);
    for (run, length) in study.runs.iter().zip(study.spans) {
        let line = format!(
            "{} · {} · seed {}{} · {} % intervals · stayput {}",
            run.replications.policy.replace(';', ", "),
            span(*length),
            run.seed,
            if is_common { " · the same random numbers in every case" } else { "" },
            run.level,
            env!("CARGO_PKG_VERSION")
        );
        lines.entry(line).or_default().push(name(run.replications));
    }
    let is_one = lines.len() == 1;
    let named = |(line, names): (String, Vec<&str>)| {
        if is_one { line } else { format!("{}: {line}", names.join(", ")) }
    };
    lines.into_iter().map(named).collect()
}

fn estimate<'e>(run: &'e StudyRun<'_>, metric: &str) -> Option<&'e Estimate> {
    run.estimates.iter().find(|one| one.metric == metric)
}

/// An estimate with its interval in words.
fn words(one: &Estimate) -> String {
    let mean = mean_or_bounds(one).unwrap_or_else(|| "—".to_owned());
    match one.range() {
        Some(range) => {
            format!("{mean} ({})", from_to(range, |number| shown(number, one.unit)))
        }
        None if one.incomplete > 0 => "no figure".to_owned(),
        None if one.n == 0 => "no observation".to_owned(),
        None => format!("{mean} (all alike)"),
    }
}

fn headline(study: &Study<'_>) -> Markup {
    let broken: u64 = study.runs.iter().map(StudyRun::incomplete).sum();
    html! {
        @if !study.complete {
            p.lead { b { "The study is not complete: not every requested replication was carried \
                out to its end." } }
        }
        @if broken > 0 {
            p.lead { b { (many(broken, "replication")) " did not reach the end." }
                " A share is given from none of them to all of them, with the interval around \
                both; other figures of these cases are left out." }
        }
        p.lead {
            b { @for (index, run) in study.runs.iter().enumerate() {
                @if let Some(any) = estimate(run, "any-released") {
                    @if index == 0 { "The share of replications that lose an instance is " } @else
                        { "; " }
                    (words(any)) " in " (name(run.replications))
                }
            } "." }
            " An instance counts whether or not a protection was on."
            @for run in study.runs {
                @let released = estimate(run, Metric::Released.word());
                @if let Some(released) = released.filter(|one| one.mean.is_some()) {
                    " " (name(run.replications)) " loses " (words(released))
                        " instances on average."
                }
            }
        }
    }
}

fn legend(study: &Study<'_>) -> Markup {
    html! {
        ul.leg aria-label="Cases" { @for (index, run) in study.runs.iter().enumerate() {
            li {
                svg width="40" height="12" aria-hidden="true" {
                    line.{ "c" (style(index)) } x1="0" x2="40" y1="6" y2="6" stroke=(COLOURS[index
                        % 3])
                        stroke-width="2.4" {}
                }
                b { (name(run.replications)) } " (" (style_name(index)) ")"
            }
        } }
    }
}

fn intervals(study: &Study<'_>) -> Markup {
    let mut all: IndexMap<&str, &Estimate> = IndexMap::new();
    for one in study.runs.iter().flat_map(|run| run.estimates) {
        all.entry(&one.metric).or_insert(one);
    }
    let (first, others): (Vec<&Estimate>, Vec<&Estimate>) =
        all.into_values().partition(|one| is_first(&one.metric));
    html! {
        (interval_table(study, &first))
        @if !others.is_empty() {
            details { summary { (many(others.len() as u64, "more metric")) }
                (interval_table(study, &others)) }
        }
    }
}

fn interval_table(study: &Study<'_>, metrics: &[&Estimate]) -> Markup {
    html! {
        table.ivt {
            caption.vh { "Estimates by metric and case" }
            thead { tr {
                th scope="col" { "case" }
                th scope="col" { span.vh { "interval on a common scale" } }
                th.n scope="col" { "mean and interval" }
            } }
            @for metric in metrics {
                @let rows = study.runs.iter().filter_map(|run| Some((run, estimate(run,
                    &metric.metric)?)));
                @let rows: Vec<_> = rows.collect();
                @let scale = Scale::of(rows.iter().flat_map(|(_, one)| {
                    let range = one.range().map(|range| [range.low, range.high]);
                    range.into_iter().flatten().chain(one.mean)
                }));
                tbody {
                    tr { th scope="rowgroup" colspan="3" { (metric.metric) (in_currency(metric.unit,
                        rows.first().and_then(|(run, _)| run.replications.currency))) " " span.nl {
                        (about(&metric.metric).trim_end_matches('.')) } } }
                    @for (index, (run, one)) in rows.iter().enumerate() { tr {
                        th scope="row" { (name(run.replications)) }
                        td.iv { @if one.mean.is_some() || one.bounds.is_some() {
                            (interval(scale, one.mean, one.range(), style(index))) } }
                        td.n data-l="" { (words(one)) }
                    } }
                    tr { td {} td.iv { (ends(scale, metric.unit)) } td {} }
                }
            }
        }
    }
}

/// The numbers at the ends of a scale.
fn ends(scale: Scale, unit: Unit) -> Markup {
    let [low, high] = scale.ends();
    html! {
        svg width="100%" height="16" aria-hidden="true" focusable="false" {
            text x="2%" y="12" text-anchor="start" { (shown(low, unit)) }
            text x="98%" y="12" text-anchor="end" { (shown(high, unit)) }
        }
    }
}

/// The meaning of a metric; empty for counts that the scenario defines.
fn about(metric: &str) -> &'static str {
    let base = metric.strip_prefix(SHARE).unwrap_or(metric);
    Metric::spelled(base).map(Word::meaning).unwrap_or_default()
}

/// The instant of the first loss in each replication; all of them completed.
fn first_losses(of: &Replications) -> Survival {
    let index = usize::from(Metric::FirstLoss.index());
    Survival::new(of.rows.iter().map(|row| row.values[index]))
}

fn curves(study: &Study<'_>) -> Markup {
    let curve = |(index, run): (usize, &StudyRun<'_>)| {
        let name = name(run.replications).to_owned();
        Curve { index, name, of: first_losses(run.replications) }
    };
    let all: Vec<Curve> = study.counted().into_iter().map(curve).collect();
    let seconds = study.spans.iter().map(|length| length.seconds()).max().unwrap_or(1).max(1);
    let level = study.runs.first().and_then(|run| ConfidenceLevel::per_cent(run.level));
    let level = level.unwrap_or(ConfidenceLevel::P95);
    let ticks: Vec<(i64, String)> = (0..=TICKS)
        .map(|tick| {
            let at = seconds * tick / TICKS;
            // Ticks are at whole days, unless they would then be at the same place.
            let at = if tick == TICKS || seconds < 2 * TICKS * DAY { at } else { at - at % DAY };
            (at, if tick == 0 { "start".to_owned() } else { span(SimSpan::from_seconds(at)) })
        })
        .collect();
    html! {
        h2 #survival { "How long until the first loss of anything" }
        p.m { "Share of replications in which nothing is lost yet, with exact limits at each \
            moment (the shaded band). Every instance counts, with a protection or without." }
        (study.uncounted())
        (survival(&all, seconds, level, &ticks))
        div.wrap { table.stack {
            caption { "Replications without a loss so far, and the limits of their share" }
            thead { tr {
                th scope="col" { "case" }
                @for (_, label) in &ticks { th.n scope="col" { (label) } }
                th.n scope="col" { "half have a loss by" }
            } }
            tbody { @for Curve { name, of, .. } in &all { tr {
                th scope="row" data-l="case" { (name) }
                @for (at, label) in &ticks {
                    td.n data-l=(label) { span { (number(of.without(*at))) br;
                        span.nl { (of.limits_in_words(*at, level)) } } }
                }
                td.n data-l="half by" {
                    @match of.half() {
                        Some(at) => (span(SimSpan::from_seconds(at))),
                        None => "not within the run",
                    }
                }
            } } }
        } }
    }
}

/// Instances that are released in each replication.
fn released(of: &Replications) -> Vec<i64> {
    let index = usize::from(Metric::Released.index());
    of.rows.iter().filter_map(|row| row.values[index]).collect()
}

fn histograms(study: &Study<'_>) -> Markup {
    let runs = study.counted();
    let values: Vec<Vec<i64>> = runs.iter().map(|(_, run)| released(run.replications)).collect();
    let top = values.iter().flatten().copied().max().unwrap_or(0);
    let all: Vec<Vec<(i64, u64)>> = values.iter().map(|values| bins(values, top)).collect();
    let most = all
        .iter()
        .zip(&values)
        .map(|(bins, values)| highest(bins, values.len() as u64))
        .fold(0.0, f64::max);
    html! {
        h2 #histogram { "How many instances are lost" }
        p.m { "Per cent of the replications that lose this number; the same scale for every case." }
        (study.uncounted())
        div.tri { @for ((index, run), (bins, values)) in runs.iter().zip(all.iter().zip(&values)) {
            figure {
                (histogram(bins, values.len() as u64, most, *index, name(run.replications)))
                figcaption { b { (name(run.replications)) }
                    @if let Some(one) = estimate(run, Metric::Released.word()) {
                        ": mean " (one.mean.map(|mean| shown(mean, one.unit)).unwrap_or_default())
                        @if let Some([_, _, _, median, _, high, most]) = one.observed {
                            ", median " (median) ", in 95 % at most " (high) ", highest "
                                (most)
                        }
                    }
                }
            }
        } }
    }
}

/// The replications that lose most, and the one that loses first.
fn look(study: &Study<'_>) -> Markup {
    let value =
        |row: &crate::experiment::Observed, metric: Metric| row.values[usize::from(metric.index())];
    html! {
        h2 #look { "Replications to look at" }
        p.m { "The option " code { "--replication K" } " runs one replication alone, with all of \
            its records." }
        ul { @for run in study.runs {
            @let rows = &run.replications.rows;
            @let most = rows.iter().rev().max_by_key(|row| value(row,
                Metric::Released).unwrap_or(-1));
            @let first = rows.iter().filter(|row| value(row, Metric::FirstLoss).is_some())
                .min_by_key(|row| value(row, Metric::FirstLoss));
            @let released = most.and_then(|row| value(row, Metric::Released));
            @if let Some((row, lost)) = most.zip(released) {
                li { (name(run.replications)) ": "
                    @if lost == 0 { "no replication loses an instance" } @else {
                        "replication " (row.replication) " loses most (" (lost) ")"
                    }
                    @if run.incomplete() > 0 { " among those that completed" }
                    @if let Some(first) = first {
                        ", replication " (first.replication) " loses first (after "
                        (span(SimSpan::from_seconds(value(first,
                            Metric::FirstLoss).unwrap_or(0)))) ")"
                    }
                }
            }
        } }
    }
}
