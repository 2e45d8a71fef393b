//! The page of `diff`: the differences that are not accepted, their places, and the decisions that
//! they change.

use maud::{Markup, html};

use super::changed::changed_decisions;
use super::differences::{Card, Cards, direction};
use super::page::{heads, number_heads, page};
use super::pairs::paired_runs;
use crate::policy::{Class, Difference, Direction, Part};
use crate::report::diff_result::DiffResult;
use crate::report::figures::{many, number};
use crate::words::{Trigger, Word};

/// The highest number of rows of a table, and of cards.
const MOST: usize = 500;

/// The page of a comparison; `judged_on` is the day by which acceptances were checked.
pub fn diff_page(result: &DiffResult, judged_on: Option<&str>) -> String {
    let title = format!("stayput diff: {} → {}", result.names[0], result.names[1]);
    let cards = Cards::new(result);
    let is_open = cards.open().next().is_some();
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
                @if !cards.all.is_empty() {
                    li { a href="#grid" { "Trigger and protection" } }
                    li { a href="#parts" { "Other parts" } }
                }
                @if result.compared.is_some() { li { a href="#decisions" { "Changed decisions" } } }
                @if !result.paired.is_empty() { li { a href="#paired" { "Replications" } } }
                li { a href="#accepted" { "Accepted" } }
                @if is_open { li { a href="#differences" { "All differences" } } }
                @if !cards.all.is_empty() { li { a href="#sources" { "Sources" } } }
            } }
            (stale(result))
            @if result.comparison.is_some() {
                (grid(&cards))
                (parts(&cards))
            }
            (affected(result, &cards))
            (decisions(result, &cards))
            @if !result.paired.is_empty() {
                h2 #paired { "Replications with common random numbers" }
                (paired_runs(&result.paired))
            }
            (accepted(result, &cards))
            @if is_open {
                h2 #differences { "All differences that are not accepted" }
                (open_differences(&cards))
                (command(result))
            }
            (cards.sources())
        },
    )
}

/// The cards of the differences that are not accepted: worse, better, other, evidence alone.
fn open_differences(cards: &Cards<'_>) -> Markup {
    let (mut results, evidence): (Vec<&Card<'_>>, Vec<&Card<'_>>) =
        cards.open().partition(|card| card.difference.class.changes_result());
    results.sort_by_key(|card| rank(direction(card.difference).1));
    html! {
        (cards.shown(results.into_iter(), MOST))
        @if !evidence.is_empty() {
            h3 #evidence { "Same verdict, different evidence" }
            (cards.shown(evidence.into_iter(), MOST))
        }
    }
}

/// The position of a class of differences: worse, better, all others.
fn rank(class: &str) -> usize {
    ["d-worse", "d-better"].iter().position(|one| *one == class).unwrap_or(2)
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
                @if result.is_same() {
                    @if result.incomplete.is_empty() { "Nothing differs that is not accepted." }
                    @else { "Nothing differs in what was compared." }
                }
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
    let exit = match (result.is_same(), result.incomplete.is_empty()) {
        (true, true) => "nothing open: exit code 0",
        (true, false) => "incomplete: exit code 5",
        (false, _) => "not accepted: exit code 1",
    };
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

/// Whether a difference applies to a trigger.
fn applies(d: &Difference, trigger: Trigger) -> bool {
    let tested = d.situation.iter().find(|tested| tested.name == "trigger");
    tested.is_none_or(|tested| tested.words.iter().any(|word| word == trigger.word()))
}

/// Triggers and protections: a cell links to the differences that it has.
fn grid(cards: &Cards<'_>) -> Markup {
    let all = || cards.all.iter().filter(|card| card.difference.part == Part::Protection);
    let mut protections: Vec<&str> = Vec::new();
    for card in all() {
        if !protections.contains(&card.difference.subject.as_str()) {
            protections.push(&card.difference.subject);
        }
    }
    let triggers = Trigger::ALL.iter().copied();
    let touching = |trigger: Trigger| all().filter(move |card| applies(card.difference, trigger));
    let mut triggers: Vec<Trigger> =
        triggers.filter(|trigger| touching(*trigger).next().is_some()).collect();
    let open = |card: &&Card<'_>| card.accepted.is_none();
    triggers.sort_by_key(|trigger| {
        touching(*trigger).filter(open).map(|card| rank(direction(card.difference).1)).min()
    });
    html! {
        h2 #grid { "Trigger and protection" }
        @if protections.is_empty() {
            p { "No verdict differs, and no evidence of one." }
        } @else {
            p.m {
                "A cell links to the differences that touch it: ▼ worse and ▲ better by their \
                numbers x1, x2, …; ≈ same verdict, different evidence, and ✓ accepted, as numbers \
                of differences; = unchanged. Triggers with worse or better cells come first. \
                Triggers and protections that are not listed are unchanged."
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
                        (grid_cell(all().filter(|card| {
                            card.difference.subject == *protection
                                && applies(card.difference, *trigger)
                        })))
                    }
                } } }
            } }
        }
    }
}

fn grid_cell<'c, 'r: 'c>(touching: impl Iterator<Item = &'c Card<'r>>) -> Markup {
    // Word, class, and the list to which a mere number links.
    type Kind = (&'static str, &'static str, Option<&'static str>);
    let mut kinds: Vec<(Kind, Vec<&str>)> = Vec::new();
    for card in touching {
        let (word, class) = direction(card.difference);
        let kind = match card.accepted {
            Some(_) => ("✓", "d-same", Some("#accepted")),
            None if card.difference.class.changes_result() => (word, class, None),
            None => ("≈", class, Some("#evidence")),
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, ids)) => ids.push(&card.id),
            None => kinds.push((kind, vec![&card.id])),
        }
    }
    kinds.sort_by_key(|((_, class, list), _)| (rank(class), list.is_some(), *list));
    let class = kinds.first().map_or("d-same", |((_, class, _), _)| class);
    html! {
        td class=(class) {
            @if kinds.is_empty() { "=" }
            @for ((word, _, list), ids) in &kinds {
                div {
                    @if let Some(list) = list { a href=(list) { (word) " " (ids.len()) } }
                    @else {
                        (word)
                        @for id in ids.iter().take(8) { " " a href={ "#" (id) } { (id) } }
                        @if ids.len() > 8 { " +" (ids.len() - 8) }
                    }
                }
            }
        }
    }
}

/// Head, label and condition of a column of counts.
type Column = (&'static str, &'static str, fn(&Card<'_>) -> bool);

/// Differences outside of protections, by part and subject.
fn parts(cards: &Cards<'_>) -> Markup {
    let mut rows: Vec<(Part, &str, Vec<&Card<'_>>)> = Vec::new();
    for card in cards.all.iter().filter(|card| card.difference.part != Part::Protection) {
        let d = card.difference;
        let subject = if is_list(d.part) { "" } else { d.subject.as_str() };
        match rows.iter_mut().find(|(part, of, _)| *part == d.part && *of == subject) {
            Some((_, _, cards)) => cards.push(card),
            None => rows.push((d.part, subject, vec![card])),
        }
    }
    let rank_of = |card: &Card<'_>| {
        if card.accepted.is_some() { usize::MAX } else { rank(direction(card.difference).1) }
    };
    rows.iter_mut().for_each(|(_, _, cards)| cards.sort_by_key(|card| rank_of(card)));
    rows.sort_by_key(|(_, _, cards)| cards.first().map(|card| rank_of(card)));
    let count = |cards: &[&Card<'_>], is: fn(&Card<'_>) -> bool| {
        cards.iter().filter(|card| is(card)).count()
    };
    let columns: [Column; 4] = [
        ("▼ worse", "worse", |c| {
            c.accepted.is_none() && c.difference.direction == Direction::Worse
        }),
        ("▲ better", "better", |c| {
            c.accepted.is_none() && c.difference.direction == Direction::Better
        }),
        ("≈ other", "other", |c| {
            c.accepted.is_none()
                && !matches!(c.difference.direction, Direction::Worse | Direction::Better)
        }),
        ("✓ accepted", "accepted", |c| c.accepted.is_some()),
    ];
    html! {
        h2 #parts { "Other parts of the policy" }
        @if rows.is_empty() { p { "No other part differs." } } @else {
            div.wrap { table.stack data-sort {
                caption.vh { "Differences by part" }
                thead { tr {
                    (heads(&["part", "what"]))
                    (number_heads(&columns.map(|(head, ..)| head)))
                    th scope="col" { "differences" }
                } }
                tbody { @for (part, subject, cards) in rows.iter().take(MOST) { tr {
                    td data-l="part" { (part) }
                    th scope="row" data-l="what" { span {
                        @if subject.is_empty() { (many(cards.len() as u64, part.word())) }
                        @else { (subject) }
                    } }
                    @for (_, label, is) in &columns {
                        @let count = count(cards, *is);
                        td.n.z[count == 0] data-l=(label) { (count) }
                    }
                    td data-l="differences" { span { @for card in cards.iter().take(20) {
                        a href={ "#" (card.id) } { (link_word(card)) } " "
                    } @if cards.len() > 20 { "+" (cards.len() - 20) } } }
                } } }
            } }
        }
    }
}

/// Whether the subject of each difference in a part is a whole statement; such subjects are listed
/// together.
const fn is_list(part: Part) -> bool {
    matches!(part, Part::Source | Part::Note)
}

fn link_word<'c>(card: &'c Card<'_>) -> &'c str {
    let d = card.difference;
    if d.part == Part::Note {
        return &card.id;
    }
    if d.part == Part::Source {
        return &d.subject;
    }
    let rule = d.new.rule.as_ref().or(d.old.rule.as_ref());
    match (rule, d.class) {
        (Some(rule), _) => &rule.id,
        (None, Class::Presence) => &card.id,
        (None, class) => class.word(),
    }
}

/// Instances to which a changed verdict applies before anything happens.
fn affected(result: &DiffResult, cards: &Cards<'_>) -> Markup {
    let all = &result.affected_instances;
    html! {
        @if !all.is_empty() {
            h2 { "Instances that are affected at the start" }
            ul { @for (index, scenario, names) in all.iter().take(MOST) {
                @if let Some(card) = cards.all.get(*index) { li {
                    (direction(card.difference).0) ": " a href={ "#" (card.id) } {
                        (card.difference.subject) " at " (card.difference.place()) } ": "
                    (names.iter().take(12).cloned().collect::<Vec<_>>().join(", "))
                    @if names.len() > 12 { " and " (names.len() - 12) " more" }
                    " (" (scenario) ")"
                } }
            } }
            @if all.len() > MOST { p.m { "and " (all.len() - MOST) " more" } }
        }
    }
}

fn decisions(result: &DiffResult, cards: &Cards<'_>) -> Markup {
    let Some(compared) = result.compared else { return html! {} };
    let (open, accepted) = (result.changed.len(), result.accepted.decisions.len());
    html! {
        h2 #decisions { "Changed decisions" }
        p { (number(open as u64)) " of " (many(compared as u64, "decision")) " differ"
            @if accepted > 0 { ", and " (number(accepted as u64)) " more that are accepted" } "." }
        (changed_decisions(&result.changed, cards))
    }
}

fn accepted(result: &DiffResult, cards: &Cards<'_>) -> Markup {
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
                    th scope="row" data-l="change" { span {
                        @match cards.of(&one.change) {
                            Some(card) => a href={ "#" (card.id) } { code { (one.change) } },
                            None => code { (one.change) },
                        }
                    } }
                    td data-l="reason" { span { (one.reason)
                        @if let Some(caused) = result.accepted.caused_by(one) { ", " (caused) }
                    } }
                } } }
            } }
            @if taken.len() > MOST { p.m { "and " (taken.len() - MOST) " more" } }
        }
        (cards.shown(cards.all.iter().filter(|card| card.accepted.is_some()), MOST))
    }
}

/// The command that accepts the remaining differences.
fn command(result: &DiffResult) -> Markup {
    html! {
        p { "To accept all of them:" }
        pre { (result.bless_command()) " --reason \"…\" --until 2026-12-31" }
    }
}
