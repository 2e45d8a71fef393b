//! The page of `diff`: what is not accepted, where it stands, and which decisions it changes.

use maud::{Markup, html};

use super::chance::paired_table;
use super::marks::symbol;
use super::page::{heads, number_heads, page};
use super::tables::{confidence, prose};
use crate::policy::{Difference, Direction, Part, Statement};
use crate::report::decision_diff::{Changed, DecisionRow};
use crate::report::diff_result::DiffResult;
use crate::report::figures::{many, number};
use crate::words::{Outcome, Trigger, Word};

/// The highest number of rows of a table, and of cards.
const MOST: usize = 500;

/// Number of cards that are open when the page opens.
const OPEN: usize = 8;

/// The page of a comparison; `judged_on` is the day by which acceptances were checked.
pub fn diff_page(result: &DiffResult, judged_on: Option<&str>) -> String {
    let title = format!("stayput diff: {} → {}", result.names[0], result.names[1]);
    let differences = result.comparison.as_ref().map_or(&[][..], |c| c.differences.as_slice());
    page(
        &title,
        &html! {
            h1 { (title) }
            p.m {
                @if !result.paths.is_empty() { (result.paths.join(", ")) ", run under both · " }
                @if let Some(day) = judged_on { "acceptances checked as of " (day) " · " }
                "stayput " (env!("CARGO_PKG_VERSION"))
            }
            (headline(result))
            (tiles(result))
            nav aria-label="On this page" { ul {
                @if !result.accepted.stale.is_empty() { li { a href="#stale" {
                    "Acceptances out of date" } } }
                @if !differences.is_empty() {
                    li { a href="#grid" { "Trigger against protection" } }
                    li { a href="#parts" { "Other parts" } }
                }
                @if result.compared.is_some() { li { a href="#decisions" { "Changed decisions" } } }
                @if !result.paired.is_empty() { li { a href="#paired" { "Replications" } } }
                li { a href="#accepted" { "Accepted" } }
                @if !differences.is_empty() { li { a href="#differences" { "All differences" } } }
            } }
            (stale(result))
            @if result.comparison.is_some() {
                (grid(differences))
                (parts(differences))
            }
            (affected(result))
            (decisions(result))
            @if !result.paired.is_empty() {
                h2 #paired { "Replications with common random numbers" }
                @for run in &result.paired { (paired_table(run)) }
            }
            (accepted(result))
            @if !differences.is_empty() {
                h2 #differences { "All differences that are not accepted" }
                @for (index, difference) in differences.iter().take(MOST).enumerate() {
                    (card(difference, index))
                }
                @if differences.len() > MOST {
                    p.m { "and " (differences.len() - MOST) " more; " code { "-f json" }
                        " has all of them" }
                }
                (command(result))
            }
        },
    )
}

/// A symbol and a word for a direction; differences of the evidence alone have their own.
fn direction(d: &Difference) -> (&'static str, &'static str) {
    match d.direction {
        Direction::Worse => ("▼ worse", "d-worse"),
        Direction::Better => ("▲ better", "d-better"),
        Direction::Covered => ("+ newly covered", "d-evid"),
        Direction::Uncovered => ("− no longer covered", "d-evid"),
        Direction::Neutral if !d.class.changes_result() => ("≈ evidence", "d-evid"),
        Direction::Neutral => ("≈ other", "d-evid"),
    }
}

fn headline(result: &DiffResult) -> Markup {
    let count = |of: Direction| result.comparison.as_ref().map_or(0, |c| c.count(of)) as u64;
    let (worse, better) = (count(Direction::Worse), count(Direction::Better));
    let taken = result.accepted.taken.len() as u64;
    let left = result.keys().len() as u64;
    html! {
        @for why in &result.incomplete { p.lead { b { (why) } } }
        p.lead {
            b {
                @if result.comparison.is_some() {
                    (many(worse, "difference")) " that " @if worse == 1 { "is" } @else { "are" }
                    " not accepted make" @if worse == 1 { "s" } " a fleet worse off, "
                    (number(better)) " better. "
                }
                @if result.is_same() { "Nothing differs that is not accepted." }
            }
            @if left > 0 { " " (many(left, "change")) " in all " @if left == 1 { "is" } @else {
                "are" } " not accepted." }
            @if taken > 0 { " " (many(taken, "change")) " accepted." }
            @if let Some(compared) = result.compared {
                " Of " (many(compared as u64, "compared decision")) ", "
                (number(result.changed.len() as u64)) " differ, "
                (number(result.changed.iter().filter(|c| c.direction == Direction::Worse).count()
                    as u64))
                " for the worse."
            }
        }
    }
}

fn tiles(result: &DiffResult) -> Markup {
    let tile = |figure: String, words: &str| html! { li { b { (figure) } (words) } };
    let exit =
        if result.is_same() { "nothing open: exit code 0" } else { "not accepted: exit code 1" };
    html! {
        ul.tiles {
            @if let Some(c) = &result.comparison {
                @let cells = c.cell_counts();
                (tile(number(c.cells as u64), "cells of both policies compared"))
                (tile(number(cells.unchanged as u64), "cells are unchanged"))
                (tile(number(cells.changed as u64), "cells differ, most often in their evidence"))
                @if cells.accepted > 0 {
                    (tile(number(cells.accepted as u64), "cells differ, which is accepted"))
                }
                (tile(format!("▼ {}", c.count(Direction::Worse)), "worse"))
                (tile(format!("▲ {}", c.count(Direction::Better)), "better"))
            }
            (tile(number(result.keys().len() as u64), exit))
            (tile(number(result.accepted.taken.len() as u64), "accepted"))
        }
    }
}

fn stale(result: &DiffResult) -> Markup {
    html! {
        @if !result.accepted.stale.is_empty() {
            h2 #stale { "Acceptances out of date" }
            ul { @for (key, why) in &result.accepted.stale { li { code { (key) } ": " (why) } } }
        }
    }
}

/// Id of the card of a difference.
fn card_id(index: usize) -> String {
    format!("x{}", index + 1)
}

/// Whether a difference applies to a trigger.
fn applies(d: &Difference, trigger: Trigger) -> bool {
    let tested = d.situation.iter().find(|tested| tested.name == "trigger");
    tested.is_none_or(|tested| tested.words.iter().any(|word| word == trigger.word()))
}

/// Triggers against protections: a cell links to the differences that it has.
fn grid(differences: &[Difference]) -> Markup {
    let of_protections: Vec<(usize, &Difference)> =
        differences.iter().enumerate().filter(|(_, d)| d.part == Part::Protection).collect();
    let mut protections: Vec<&str> = Vec::new();
    for (_, d) in &of_protections {
        if !protections.contains(&d.subject.as_str()) {
            protections.push(&d.subject);
        }
    }
    let triggers: Vec<Trigger> = Trigger::ALL
        .iter()
        .copied()
        .filter(|trigger| of_protections.iter().any(|(_, d)| applies(d, *trigger)))
        .collect();
    html! {
        h2 #grid { "Trigger against protection" }
        @if of_protections.is_empty() {
            p { "No verdict, and no evidence of one, differs that is not accepted." }
        } @else {
            p.m {
                "A cell links to the differences that touch it: ▼ worse, ▲ better, ≈ decided \
                as before on other evidence, = unchanged. Triggers and protections that are not \
                listed are unchanged."
            }
            div.wrap { table.grid {
                caption.vh { "Differences by trigger and protection" }
                thead { tr {
                    th scope="col" { "trigger" }
                    @for protection in &protections { th scope="col" { (protection) } }
                } }
                tbody { @for trigger in &triggers { tr {
                    th scope="row" { (trigger) }
                    @for protection in &protections {
                        (grid_cell(&of_protections, protection, *trigger))
                    }
                } } }
            } }
        }
    }
}

fn grid_cell(all: &[(usize, &Difference)], protection: &str, trigger: Trigger) -> Markup {
    let mut kinds: Vec<((&str, &str), Vec<usize>)> = Vec::new();
    for (index, d) in all.iter().filter(|(_, d)| d.subject == protection && applies(d, trigger)) {
        let kind = direction(d);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, indices)) => indices.push(*index),
            None => kinds.push((kind, vec![*index])),
        }
    }
    kinds.sort_by_key(|((_, class), _)| (*class != "d-worse", *class != "d-better"));
    let class = ["d-worse", "d-better", "d-evid"]
        .into_iter()
        .find(|class| kinds.iter().any(|((_, known), _)| known == class));
    html! {
        td class=(class.unwrap_or("d-same")) {
            @if kinds.is_empty() { "=" }
            @for ((word, _), indices) in &kinds {
                div {
                    a href={ "#" (card_id(indices[0])) } { (word) }
                    @for index in indices.iter().skip(1).take(7) {
                        " " a href={ "#" (card_id(*index)) } { (index + 1) }
                    }
                    @if indices.len() > 8 { " +" (indices.len() - 8) }
                }
            }
        }
    }
}

/// Differences outside of protections, by part and subject.
fn parts(differences: &[Difference]) -> Markup {
    let mut rows: Vec<(Part, &str, Vec<usize>)> = Vec::new();
    for (index, d) in differences.iter().enumerate().filter(|(_, d)| d.part != Part::Protection) {
        match rows.iter_mut().find(|(part, of, _)| *part == d.part && *of == d.subject) {
            Some((_, _, indices)) => indices.push(index),
            None => rows.push((d.part, &d.subject, vec![index])),
        }
    }
    let count = |indices: &[usize], of: Option<Direction>| {
        let is = |index: &&usize| match of {
            Some(of) => differences[**index].direction == of,
            None => !matches!(differences[**index].direction, Direction::Worse | Direction::Better),
        };
        indices.iter().filter(is).count()
    };
    html! {
        h2 #parts { "Other parts of the policy" }
        @if rows.is_empty() { p { "No other part differs." } } @else {
            div.wrap { table.stack data-sort {
                caption.vh { "Differences by part" }
                thead { tr {
                    (heads(&["part", "what"]))
                    (number_heads(&["▼ worse", "▲ better", "≈ other"]))
                    th scope="col" { "opens" }
                } }
                tbody { @for (part, subject, indices) in rows.iter().take(MOST) { tr {
                    td data-l="part" { (part) }
                    th scope="row" data-l="what" { span { (subject) } }
                    td.n data-l="worse" { (count(indices, Some(Direction::Worse))) }
                    td.n data-l="better" { (count(indices, Some(Direction::Better))) }
                    td.n data-l="other" { (count(indices, None)) }
                    td data-l="opens" { span { @for index in indices.iter().take(20) {
                        a href={ "#" (card_id(*index)) } { (link_word(&differences[*index])) } " "
                    } @if indices.len() > 20 { "+" (indices.len() - 20) } } }
                } } }
            } }
        }
    }
}

fn link_word(d: &Difference) -> &str {
    let rule = d.new.rule.as_ref().or(d.old.rule.as_ref());
    rule.map_or(d.class.word(), |rule| rule.id.as_str())
}

fn card(d: &Difference, index: usize) -> Markup {
    let (word, class) = direction(d);
    html! {
        details id=(card_id(index)) open[index < OPEN && d.direction == Direction::Worse] {
            summary {
                span class={ "tag " (class) } { (word) }
                b { (d.part) " " (d.subject) } ": " (d.place()) " "
                span.m { @if d.cells > 0 { (many(d.cells as u64, "cell")) ", " } (d.class) }
            }
            div.pair { (side("old", &d.old)) (side("new", &d.new)) }
            @if !d.off_default.is_empty() {
                p.m { "Only with a switch at a position other than its default: "
                    (d.off_default.join(", ")) }
            }
            p.m { "Key: " code { (d.key()) } }
        }
    }
}

fn side(name: &str, statement: &Statement) -> Markup {
    html! {
        div {
            p { b { (name) } }
            dl {
                dt { "says" } dd { b { (statement.says) } }
                @if let Some(rule) = &statement.rule {
                    dt { "rule" } dd { (rule.id) }
                    @if let Some(because) = &rule.because { dt { "because" } dd { (prose(because))
                        } }
                    @if let Some(answer) = &rule.answer { dt { "answer" } dd { code { (answer) } } }
                    dt { "confidence" } dd { (confidence(rule.confidence)) }
                    @if let Some(remedy) = &rule.remedy { dt { "remedy" } dd { (remedy) } }
                    @for (document, address) in rule.documents.iter().zip(&rule.addresses) {
                        dt { "source" }
                        dd { (document_link(document, address.as_deref())) }
                    }
                }
            }
        }
    }
}

fn document_link(title: &str, address: Option<&str>) -> Markup {
    html! {
        @match address.filter(|address| address.starts_with("https://")) {
            Some(address) => a href=(address) rel="noreferrer" { (title) },
            None => (title),
        }
    }
}

/// Instances to which a changed verdict applies before anything happens.
fn affected(result: &DiffResult) -> Markup {
    let Some(comparison) = &result.comparison else { return html! {} };
    let all = &result.affected_instances;
    html! {
        @if !all.is_empty() {
            h2 { "Instances that are affected at the start" }
            ul { @for (index, scenario, names) in all.iter().take(MOST) {
                @let d = &comparison.differences[*index];
                li {
                    (direction(d).0) ": " a href={ "#" (card_id(*index)) } { (d.subject) " at "
                        (d.place()) } ": "
                    (names.iter().take(12).cloned().collect::<Vec<_>>().join(", "))
                    @if names.len() > 12 { " and " (names.len() - 12) " more" }
                    " (" (scenario) ")"
                }
            } }
            @if all.len() > MOST { p.m { "and " (all.len() - MOST) " more" } }
        }
    }
}

fn decisions(result: &DiffResult) -> Markup {
    let Some(compared) = result.compared else { return html! {} };
    let mut rows: Vec<&Changed> = result.changed.iter().collect();
    rows.sort_by_key(|changed| match changed.direction {
        Direction::Worse => 0,
        Direction::Better => 1,
        Direction::Covered | Direction::Uncovered | Direction::Neutral => 2,
    });
    html! {
        h2 #decisions { "Changed decisions" }
        p { (number(rows.len() as u64)) " of " (many(compared as u64, "decision")) " differ." }
        @if !rows.is_empty() {
            div.wrap { table.stack data-sort data-filter="Find a decision" {
                caption.vh { "Changed decisions" }
                thead { tr {
                    (heads(&["change", "scenario", "instance", "trigger, event", "old", "new"]))
                } }
                tbody { @for changed in rows.iter().take(MOST) { (changed_row(changed)) } }
            } }
            @if rows.len() > MOST {
                p.m { "and " (rows.len() - MOST) " more; " code { "-f json" } " has all of them" }
            }
        }
    }
}

fn changed_row(changed: &Changed) -> Markup {
    let row = changed.new.as_ref().or(changed.old.as_ref());
    let cell = |column| row.map_or("", |row| row.get(column));
    let (word, class) = match changed.direction {
        Direction::Worse => ("▼ worse", Some("d-worse")),
        Direction::Better => ("▲ better", Some("d-better")),
        Direction::Covered | Direction::Uncovered | Direction::Neutral => ("≈", None),
    };
    html! {
        tr class=[class] {
            td data-l="change" { span { (word) " " (changed.class) } }
            th scope="row" data-l="scenario" {
                span { (row.map(DecisionRow::run).unwrap_or_default()) }
            }
            td data-l="instance" { span { (cell("instance")) } }
            td data-l="trigger" { span { (cell("trigger")) br; span.nl { code { (cell("event")) }
                } } }
            td data-l="old" { span { (decided(changed.old.as_ref())) } }
            td data-l="new" { span { (decided(changed.new.as_ref())) } }
        }
    }
}

fn decided(row: Option<&DecisionRow>) -> Markup {
    let Some(row) = row else { return html! { "did not happen" } };
    let outcome = Outcome::spelled(row.get("outcome"));
    let details: Vec<&str> = ["rule", "confidence", "answer", "at"]
        .into_iter()
        .map(|column| row.get(column))
        .filter(|text| !text.is_empty())
        .collect();
    html! {
        @if let Some(outcome) = outcome {
            span class={ "o o-" (outcome) } { (symbol(outcome)) (outcome.word().to_uppercase()) }
        }
        @if !matches!(row.get("effect"), "none" | "") { " " (row.get("effect")) }
        br; span.nl { (details.join(", ")) }
    }
}

fn accepted(result: &DiffResult) -> Markup {
    let mut taken: Vec<_> = result.accepted.taken.iter().collect();
    taken.sort_by_key(|one| (one.until.is_none(), one.until.clone()));
    html! {
        h2 #accepted { "Accepted" }
        @if taken.is_empty() { p { "No change is accepted." } } @else {
            div.wrap { table.stack data-sort data-filter="Find an accepted change" {
                caption { (many(taken.len() as u64, "accepted change")) ", the soonest end first" }
                thead { tr {
                    (heads(&["until", "change", "reason"]))
                } }
                tbody { @for one in taken.iter().take(MOST) { tr {
                    td data-l="until" { (one.until.as_deref().unwrap_or("no end")) }
                    th scope="row" data-l="change" { span { code { (one.change) } } }
                    td data-l="reason" { span { (one.reason) } }
                } } }
            } }
            @if taken.len() > MOST { p.m { "and " (taken.len() - MOST) " more" } }
        }
    }
}

/// The command that accepts what is left.
fn command(result: &DiffResult) -> Markup {
    let words: Vec<&str> = result.names.iter().chain(&result.paths).map(String::as_str).collect();
    html! {
        p { "To accept all of them:" }
        pre { "stayput bless --diff " (words.join(" ")) " --reason \"…\" --until 2026-12-31" }
    }
}
