//! The tables of a run: losses, triggers, decisions, assumptions, sources.

use maud::{Markup, html};

use super::collect::Collected;
use super::decisions::{Key, Lost, Row};
use super::marks::{decided_by, outcome, row_id};
use super::page::{heads, number_heads};
use super::ticks::{Axis, span};
use super::windows::remedy;
use crate::policy::{Policy, Rule, Source};
use crate::record::Cause;
use crate::report::figures::{between, many, number};
use crate::report::money::money_lines;
use crate::report::run_file::WrittenAssumption;
use crate::run_header::RunHeader;
use crate::words::{Channel, Confidence, Effect, Outcome, ResourceKind, Word};

/// Number of rows up to which each row spells out the title of its first source.
const FEW_ROWS: usize = 60;

fn rule_of<'h>(key: &Key, header: &'h RunHeader) -> Option<&'h Rule> {
    key.rule.map(|rule| header.rulebook(key.policy).policy.rule(rule))
}

/// A confidence with the mark that other reports give it.
pub(super) fn confidence(confidence: Confidence) -> String {
    let mark = match confidence {
        Confidence::Documented => "",
        Confidence::Observed => "+ ",
        Confidence::Inferred => "* ",
        Confidence::Unconfirmed => "? ",
        Confidence::Assumed => "! ",
    };
    format!("{mark}{confidence}")
}

/// The losses as text; empty if there are none.
pub(super) fn lost_words(lost: &Lost) -> String {
    let mut parts = Vec::new();
    if lost.gib > 0 {
        parts.push(format!("{} GiB", number(lost.gib)));
    }
    let known = if lost.gib > 0 && lost.unknown > 0 { " known" } else { "" };
    parts.iter_mut().for_each(|part| part.push_str(known));
    if lost.unknown > 0 {
        parts.push(format!("{} of unknown size", many(lost.unknown, "disk")));
    }
    for kind in ResourceKind::ALL.iter().filter(|kind| !kind.has_size()) {
        let count = lost.kinds[usize::from(kind.index())];
        if count > 0 {
            parts.push(many(count.into(), kind.word()));
        }
    }
    parts.join(", ")
}

/// Cause, caller and channel in words.
fn by(row: &Row, header: &RunHeader) -> Markup {
    let actor = row.by.actor.map(|actor| header.actor(actor));
    html! {
        @if row.mixed {
            "several events"
        } @else {
            @match row.by.cause {
                Cause::Event(id) => code { (header.event(id)) },
                Cause::Timer(name) => { "timer " code { (name) } }
                Cause::Start => "the start of the run",
            }
            @if let Some(actor) = actor { " by " (actor) }
            @match row.by.channel {
                Some(Channel::None) => {},
                Some(channel) => { " via " (channel) }
                None => { " via an unknown channel" }
            }
            @if let (Cause::Timer(_), Some(event)) = (row.by.cause, row.by.origin.0) {
                ", set off by " code { (header.event(event)) }
                @if let Some(actor) = row.by.origin.1 { " by " (header.actor(actor)) }
            }
        }
    }
}

/// Names of the instances of a row.
fn names(row: &Row, header: &RunHeader) -> Markup {
    let names = row.ids.names(header);
    html! {
        (names.label())
        @if !names.remark().is_empty() { " " span.nl { (names.remark()) } }
    }
}

/// The time of a row: an instant, or the first and the last one.
fn when(row: &Row, axis: &Axis) -> Markup {
    html! {
        (axis.time(row.first))
        @if row.last > row.first { " to " (axis.time(row.last)) }
        @if row.count > row.ids.count() { br; span.nl { (many(row.count, "decision")) } }
    }
}

/// The losses and their remedies.
pub(super) fn losses(run: &Collected, number_of: usize) -> Markup {
    let header = &run.header;
    let rows = run.rows.rows.iter().enumerate().filter(|(_, row)| row.loses());
    html! {
        div.wrap { table.stack.big data-sort data-filter="Find a loss" {
            caption { "What is lost, and what would have prevented it" }
            thead { tr {
                (heads(&[
                    "lost", "protection on", "lost at", "through", "remedy", "until", "data lost",
                    "caused by",
                ]))
            } }
            tbody { @for (index, row) in rows {
                tr data-names=[row.ids.names(header).for_filter()] {
                    th scope="row" data-l="lost" {
                        span { (names(row, header))
                            @if !row.key.releases() { br; span.nl { "data only" } } }
                    }
                    td data-l="protection on" { span { (protections(&row.key, header)) } }
                    td data-l="lost at" data-k=(run.axis.sort_key(row.first)) { span { (when(row,
                        &run.axis)) } }
                    td data-l="through" { span {
                        (row.key.trigger) br;
                        (outcome(row.key.outcome)) " "
                        @if let Some(rule) = rule_of(&row.key, header) {
                            a href={ "#" (row_id(number_of, index)) } { (rule.id) } " "
                        }
                        @if row.key.confidence != Confidence::Documented {
                            (confidence(row.key.confidence)) }
                    } }
                    td data-l="remedy" { span { b { (remedy(row, header).unwrap_or_else(||
                        NO_REMEDY.to_owned())) } } }
                    td data-l="until" data-k=[row.until.map(|(first, _)|
                        run.axis.sort_key(first))] {
                        span { (until(row, &run.axis)) }
                    }
                    td.dl data-l="data lost" { span { (or_dash(&lost_words(&row.lost))) } }
                    td.wd data-l="caused by" { span { (by(row, header)) } }
                }
            } }
        } }
    }
}

/// The text for a loss without a remedy.
pub(super) const NO_REMEDY: &str = "no remedy is known";

fn until(row: &Row, axis: &Axis) -> Markup {
    let Some((first, last)) = row.until else { return html! { "—" } };
    let open = first.since(row.open);
    html! {
        (axis.time(first))
        @if last > first { " to " (axis.time(last)) }
        @else if open.seconds() > 0 { br; span class="m nw" { "open " (span(open)) } }
    }
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "—" } else { text }
}

fn protections(key: &Key, header: &RunHeader) -> String {
    let mut words: Vec<String> =
        header.protections(key.policy, key.on).into_iter().map(str::to_owned).collect();
    let unknown = header.protections(key.policy, key.unknown).into_iter();
    words.extend(unknown.map(|name| format!("{name} unknown")));
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Losses by trigger.
pub(super) fn triggers(run: &Collected) -> Markup {
    let mut rows = run.triggers.clone();
    rows.sort_by_key(|(_, of)| std::cmp::Reverse(of.released));
    let most = rows.first().map_or(1, |(_, of)| of.released).max(1);
    html! {
        div.wrap { table.stack {
            caption { "Losses by trigger" }
            thead { tr {
                th scope="col" { "trigger" }
                th.n scope="col" { "instances" }
                td aria-hidden="true" {}
                (number_heads(&[
                    "with a protection on", "resources", "GiB known", "disks of unknown size",
                ]))
                @if let Some(currency) = run.header.currency {
                    th.n scope="col" { "worth lost (" (currency) ")" }
                }
            } }
            tbody { @for (trigger, of) in &rows {
                tr {
                    th scope="row" data-l="trigger" { (trigger) }
                    td.n data-l="instances" { (number(of.released)) }
                    td { svg width="150" height="14" aria-hidden="true" {
                        rect.bar0 width="150" height="14" fill="#e3e6ea" {}
                        rect.bar width=(of.released * 150 / most) height="14" fill="#a8320a" {}
                    } }
                    td.n data-l="with protection" { (between(of.protected.0, of.protected.1)) }
                    td.n data-l="resources" { (number(of.lost.count())) }
                    td.n data-l="GiB known" { (number(of.lost.gib)) }
                    td.n data-l="unknown size" { (number(of.lost.unknown)) }
                    @if run.header.currency.is_some() {
                        td.n data-l="worth lost" { (of.money.lost) }
                    }
                }
            } }
        } }
        @for line in money_lines(&run.money, run.header.currency) {
            p.m { (sentence(&line)) }
        }
        @if !run.billed.is_empty() {
            p.m { "Left behind and still billed: " (billed(run)) "." }
        }
    }
}

/// A line of a text report as a sentence.
fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

fn billed(run: &Collected) -> String {
    let words = run.billed.iter().map(|(kind, count, gib)| {
        let size = if *gib > 0 { format!(" ({} GiB known)", number(*gib)) } else { String::new() };
        format!("{}{size}", many(*count, kind.word()))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Every decision, or every kind of decision. Sources are links if the page `lists` them.
pub(super) fn decisions(run: &Collected, number_of: usize, lists: bool) -> Markup {
    let (header, rows) = (&run.header, &run.rows);
    let full = rows.rows.len() <= FEW_ROWS;
    let caption = if rows.is_fine && rows.rows.len() as u64 == rows.count {
        format!("All {}", many(rows.count, "decision"))
    } else if rows.is_fine {
        format!("{}; equal ones of one request are one row", many(rows.count, "decision"))
    } else {
        format!("{} in {}", many(rows.count, "decision"), many(rows.rows.len() as u64, "kind"))
    };
    html! {
        div.wrap { table.stack.big data-sort data-filter="Find a decision" {
            caption { (caption) }
            thead { tr {
                (heads(&[
                    "when", "instance", "trigger", "outcome", "decided by", "the rule says",
                    "source", "confidence", "remedy",
                ]))
            } }
            tbody { @for (index, row) in rows.rows.iter().enumerate() {
                tr id=(row_id(number_of, index)) data-names=[row.ids.names(header).for_filter()] {
                    td data-l="when" data-k=(run.axis.sort_key(row.first)) { span { (when(row,
                        &run.axis)) } }
                    th scope="row" data-l="instance" { span { (names(row, header)) } }
                    td data-l="trigger" { span { (row.key.trigger) br; span.nl { (by(row, header))
                        } } }
                    td data-l="outcome" { span {
                        (outcome(row.key.outcome))
                        @if row.key.outcome.went_ahead() && row.key.effect != Effect::None { br;
                            span.nl { (row.key.effect) } }
                    } }
                    td data-l="decided by" { span { (or_dash(decided_by(&row.key, header)))
                        @if let Some(rule) = rule_of(&row.key, header) { " " b { (rule.id) } } } }
                    td data-l="the rule says" { span { (says(&row.key, header)) } }
                    td data-l="source" { span { (sources_of(&row.key, header, full, lists)) } }
                    td data-l="confidence" { (confidence(row.key.confidence)) }
                    td data-l="remedy" { span { (remedy_of(row, header)) } }
                }
            } }
        } }
        @if rows.left_out > 0 {
            p.m { "Not shown: " (many(rows.left_out, "decision")) " of further kinds; "
                code { "decisions.csv" } " of " code { "--out" } " has all of them." }
        } @else if !rows.is_fine {
            p.m { code { "decisions.csv" } " of " code { "--out" } " has a row for each decision." }
        }
    }
}

fn remedy_of(row: &Row, header: &RunHeader) -> String {
    match remedy(row, header) {
        Some(text) => text,
        None if row.key.releases() => NO_REMEDY.to_owned(),
        None => "—".to_owned(),
    }
}

/// The wording of the rule of a decision, and the answer to the caller.
fn says(key: &Key, header: &RunHeader) -> Markup {
    let rule = rule_of(key, header);
    let because = rule.and_then(|rule| rule.because.as_deref());
    let answer = rule.and_then(|rule| rule.answer.as_deref());
    html! {
        @match (because, rule, key.outcome) {
            (Some(because), _, _) => (prose(because)),
            (None, Some(rule), _) => (rule_words(rule)),
            (None, None, Outcome::NoOp) => "nothing to do",
            (None, None, Outcome::Spared) => "another instance of the request was protected",
            (None, None, Outcome::Skipped) => "skipped without an error",
            (None, None, _) => "—",
        }
        @if let Some(answer) = answer { " " code { (answer) } }
    }
}

/// A text in which backticks mark code.
pub(super) fn prose(text: &str) -> Markup {
    let is_paired = text.matches('`').count().is_multiple_of(2);
    html! {
        @if is_paired {
            @for (index, piece) in text.split('`').enumerate() {
                @if index % 2 == 1 { code { (piece) } } @else { (piece) }
            }
        } @else { (text) }
    }
}

/// The tests and the conclusion of a rule that has no wording of its own.
fn rule_words(rule: &Rule) -> String {
    rule.says.iter().map(|(key, words)| format!("{key}: {words}")).collect::<Vec<_>>().join("; ")
}

fn sources_of(key: &Key, header: &RunHeader, full: bool, lists: bool) -> Markup {
    let policy = &header.rulebook(key.policy).policy;
    let sources = rule_of(key, header).map_or(&[][..], |rule| rule.sources.as_slice());
    html! {
        @if sources.is_empty() { "—" }
        @for (index, source) in sources.iter().enumerate() {
            @if index == 1 && full { " and " } @else if index > 0 { ", " }
            @let source = &policy.sources[*source];
            @let name = if index == 0 && full { source.to_string() } else { source.key.clone() };
            @if lists { a href={ "#" (source_id(policy, sources[index])) } { (name) } }
            @else { (name) }
        }
    }
}

/// Id of a source in the list of sources.
fn source_id(policy: &Policy, source: usize) -> String {
    // The digest of a policy needs no escaping; its name, which comes from a file, could.
    format!("s-{}-{}", policy.digest.get(..8).unwrap_or_default(), source + 1)
}

/// The assumptions of all runs: each with the runs that depend on it.
pub(super) fn assumptions(runs: &[Collected]) -> Markup {
    let mut all: Vec<(&WrittenAssumption, Vec<String>)> = Vec::new();
    for run in runs {
        for assumption in &run.assumptions {
            let name = case_name(&run.header);
            match all.iter_mut().find(|(known, _)| *known == assumption) {
                Some((_, names)) => names.push(name),
                None => all.push((assumption, vec![name])),
            }
        }
    }
    html! {
        @if all.is_empty() {
            p { "No decision depends on a question that the documents leave open." }
        } @else { div.wrap { table.stack {
            caption { "Assumptions of the results" }
            thead { tr {
                (heads(&[
                    "question that the documents leave open", "taken as", "chosen by",
                    "confidence", "policy",
                ]))
                @if runs.len() > 1 { th scope="col" { "cases" } }
            } }
            tbody { @for (assumption, names) in &all { tr {
                td data-l="question" { span { code { (assumption.switch) }
                    @if let Some(question) = &assumption.question { ": " (prose(question)) } } }
                td data-l="taken as" { span { (assumption.value) } }
                td data-l="chosen by" { span { @if assumption.chosen_by == "scenario" { "the scenario" }
                    @else { "default" } } }
                td data-l="confidence" { span { (confidence(assumption.confidence)) } }
                td data-l="policy" { span { (assumption.policy) } }
                @if runs.len() > 1 { td data-l="cases" { span { (names.join(", ")) } } }
            } } }
        } } }
    }
}

/// The name of a run among the runs of a page.
pub(super) fn case_name(header: &RunHeader) -> String {
    if header.case.is_empty() { header.scenario.clone() } else { header.case.clone() }
}

/// Protections that are on and have no effect.
pub(super) fn inert(runs: &[Collected]) -> Markup {
    let mut lines: Vec<String> = Vec::new();
    for run in runs {
        for (id, policy, set) in &run.inert {
            let names = run.header.protections(*policy, *set).join(", ");
            let line = format!("{names} on {}", run.header.instance(*id));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    let more = runs.iter().map(|run| run.inert_left_out).max().unwrap_or(0);
    html! {
        @if !lines.is_empty() {
            p { "On without effect: " (lines.join("; "))
                @if more > 0 { "; and on " (many(more as u64, "more instance")) } "." }
        }
    }
}

/// Every source that a decision of the page cites, with the number of such decisions.
pub(super) fn sources(runs: &[Collected]) -> Markup {
    let mut cited: Vec<(&Policy, usize, u64)> = Vec::new();
    for run in runs {
        for row in &run.rows.coarse {
            let policy = &run.header.rulebook(row.key.policy).policy;
            let rule = row.key.rule.map(|rule| policy.rule(rule));
            for source in rule.map_or(&[][..], |rule| rule.sources.as_slice()) {
                let same = |(of, at, _): &&mut (&Policy, usize, u64)| {
                    of.digest == policy.digest && at == source
                };
                match cited.iter_mut().find(same) {
                    Some((_, _, count)) => *count += row.count,
                    None => cited.push((policy, *source, row.count)),
                }
            }
        }
    }
    cited.sort_by_key(|(policy, source, _)| (policy.name.clone(), *source));
    html! {
        @if cited.is_empty() { p { "No decision cites a source." } }
        ol.src { @for (policy, source, count) in cited {
            li id=(source_id(policy, source)) {
                (document(&policy.sources[source])) " "
                span.m { "(" (policy.name) ", " code { (policy.sources[source].key) } "; "
                    (many(count, "decision")) ")" }
            }
        } }
    }
}

/// A document with its address. Only `https:` addresses are links.
pub(super) fn document(source: &Source) -> Markup {
    let link = source.at.as_deref().filter(|at| at.starts_with("https://"));
    html! {
        @match link {
            Some(at) => a href=(at) rel="noreferrer" { (source) },
            None => (source),
        }
    }
}
