//! The cards of differences: both statements with their rules, and the list of sources that they
//! refer to.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::tables::{confidence, prose};
use crate::policy::{Difference, Direction, Statement};
use crate::report::accepted_changes::Acceptance;
use crate::report::diff_result::DiffResult;
use crate::report::figures::many;
use crate::words::Confidence;

/// Number of cards that are open when the page opens.
const OPEN: usize = 8;

/// A difference with the id of its card.
pub(super) struct Card<'r> {
    pub(super) id: String,
    pub(super) difference: &'r Difference,
    /// The acceptance; `None` if the difference is not accepted.
    pub(super) accepted: Option<&'r Acceptance>,
}

/// All differences, those that are not accepted first, and the documents of their rules.
pub(super) struct Cards<'r> {
    pub(super) all: Vec<Card<'r>>,
    /// The index of the card of each key.
    of_key: BTreeMap<String, usize>,
    /// Title and address of each document, in the order in which the cards refer to them.
    sources: Vec<(&'r str, Option<&'r str>)>,
    numbers: BTreeMap<(&'r str, Option<&'r str>), usize>,
}

/// A line of a statement.
#[derive(PartialEq, Eq)]
enum Line<'r> {
    Says(&'r str),
    Rule(&'r str),
    Because(&'r str),
    Answer(&'r str),
    Confidence(Confidence),
    Remedy(&'r str),
    /// A document with its number in the list of sources.
    Source(&'r str, usize),
}

impl Line<'_> {
    fn shown(&self) -> Markup {
        match self {
            Self::Says(text) => html! { dt { "says" } dd { b { (text) } } },
            Self::Rule(id) => html! { dt { "rule" } dd { (id) } },
            Self::Because(text) => html! { dt { "because" } dd { (prose(text)) } },
            Self::Answer(text) => html! { dt { "answer" } dd { code { (text) } } },
            Self::Confidence(word) => html! { dt { "confidence" } dd { (confidence(*word)) } },
            Self::Remedy(text) => html! { dt { "remedy" } dd { (text) } },
            Self::Source(title, number) => html! {
                dt { "source" } dd { a href={ "#s" (number) } { (title) } }
            },
        }
    }
}

/// A symbol and a word for a direction; differences of the evidence alone have their own.
pub(super) fn direction(d: &Difference) -> (&'static str, &'static str) {
    match d.direction {
        Direction::Worse => ("▼ worse", "d-worse"),
        Direction::Better => ("▲ better", "d-better"),
        Direction::Covered => ("+ newly covered", "d-evid"),
        Direction::Uncovered => ("− no longer covered", "d-evid"),
        Direction::Neutral if !d.class.changes_result() => ("≈ evidence", "d-evid"),
        Direction::Neutral => ("≈ other", "d-evid"),
    }
}

impl<'r> Cards<'r> {
    pub(super) fn new(result: &'r DiffResult) -> Self {
        let comparison = result.comparison.as_ref();
        let taken = result.accepted.taken.iter().map(|one| (one.change.as_str(), one));
        let taken: BTreeMap<&str, &Acceptance> = taken.rev().collect();
        let open = comparison.into_iter().flat_map(|c| &c.differences).enumerate();
        let open = open.map(|(at, difference)| Card {
            id: format!("x{}", at + 1),
            difference,
            accepted: None,
        });
        let accepted = comparison.into_iter().flat_map(|c| &c.accepted).enumerate();
        let accepted = accepted.map(|(at, difference)| {
            let accepted = taken.get(difference.key().as_str()).copied();
            Card { id: format!("a{}", at + 1), difference, accepted }
        });
        let all: Vec<Card<'r>> = open.chain(accepted).collect();
        let cards = all.iter().enumerate();
        let of_key = cards.rev().map(|(index, card)| (card.difference.key(), index)).collect();
        let (mut sources, mut numbers) = (Vec::new(), BTreeMap::new());
        let sides = all.iter().flat_map(|card| [&card.difference.old, &card.difference.new]);
        for rule in sides.filter_map(|side| side.rule.as_ref()) {
            let addresses = rule.addresses.iter().map(Option::as_deref);
            for document in rule.documents.iter().map(String::as_str).zip(addresses) {
                numbers.entry(document).or_insert_with(|| {
                    sources.push(document);
                    sources.len()
                });
            }
        }
        Self { all, of_key, sources, numbers }
    }

    /// The cards of the differences that are not accepted.
    pub(super) fn open(&self) -> impl Iterator<Item = &Card<'r>> {
        self.all.iter().filter(|card| card.accepted.is_none())
    }

    /// The card of a key; `None` if no difference has it.
    pub(super) fn of(&self, key: &str) -> Option<&Card<'r>> {
        self.of_key.get(key).and_then(|at| self.all.get(*at))
    }

    /// Cards; differences with the same statements share a card.
    pub(super) fn shown<'c>(
        &'c self,
        cards: impl Iterator<Item = &'c Card<'r>>,
        most: usize,
    ) -> Markup {
        let mut groups: Vec<Vec<&Card<'r>>> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for card in cards {
            let d = card.difference;
            let alike = (d.part, &d.subject, d.class, d.direction, &d.off_default, &d.old, &d.new);
            let alike = format!("{alike:?} {:?}", card.accepted);
            let at = *known.entry(alike).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(card),
                None => groups.push(vec![card]),
            }
        }
        let left: usize = groups.iter().skip(most).map(Vec::len).sum();
        html! {
            @for (index, group) in groups.iter().take(most).enumerate() {
                (self.card(group, index < OPEN))
            }
            @if left > 0 {
                p.m { "and " (left) " more; " code { "-f json" } " has all of them" }
            }
        }
    }

    /// A card: the class and the place of a difference, both statements, and the acceptance.
    fn card(&self, group: &[&Card<'r>], is_open: bool) -> Markup {
        let Some(first) = group.first() else { return html! {} };
        let d = first.difference;
        let (word, class) = direction(d);
        let cells: usize = group.iter().map(|card| card.difference.cells).sum();
        let is_single = group.len() == 1;
        html! {
            details id=[is_single.then_some(&first.id)]
                open[is_open && first.accepted.is_none() && d.direction == Direction::Worse]
            {
                summary {
                    @if is_single { span.m { (first.id) } " " }
                    span class={ "tag " (class) } { (word) }
                    @if first.accepted.is_some() { span.tag { "✓ accepted" } }
                    b { (d.part) " " (d.subject) } ": "
                    @if is_single { (d.place()) } @else { (group.len()) " situations" } " "
                    span.m { @if cells > 0 { (many(cells as u64, "cell")) ", " } (d.class) }
                }
                @if let Some(accepted) = first.accepted {
                    p { "Accepted: " (accepted.reason)
                        @if let Some(until) = &accepted.until { ", until " (until) } }
                }
                (self.statements(d))
                @if !d.off_default.is_empty() {
                    p.m { "Only with a switch at a position other than its default: "
                        (d.off_default.join(", ")) }
                }
                @if is_single { p.m { "Key: " code { (first.difference.key()) } } } @else {
                    p.m { "Keys:" }
                    ul.m { @for card in group { li id=(card.id) {
                        (card.id) " " code { (card.difference.key()) }
                    } } }
                }
            }
        }
    }

    /// The contents of a statement, line by line.
    fn lines(&self, statement: &'r Statement) -> Vec<Line<'r>> {
        let mut lines = vec![Line::Says(&statement.says)];
        let Some(rule) = &statement.rule else { return lines };
        lines.push(Line::Rule(&rule.id));
        lines.extend(rule.because.as_deref().map(Line::Because));
        lines.extend(rule.answer.as_deref().map(Line::Answer));
        lines.push(Line::Confidence(rule.confidence));
        lines.extend(rule.remedy.as_deref().map(Line::Remedy));
        let addresses = rule.addresses.iter().map(Option::as_deref);
        let documents = rule.documents.iter().map(String::as_str).zip(addresses);
        let known =
            documents.filter_map(|document| Some((document.0, self.numbers.get(&document)?)));
        lines.extend(known.map(|(title, number)| Line::Source(title, *number)));
        lines
    }

    /// Both statements: their common lines, then the other lines of each.
    fn statements(&self, d: &'r Difference) -> Markup {
        let [old, new] = [&d.old, &d.new].map(|statement| self.lines(statement));
        let (both, old): (Vec<Line<'_>>, Vec<Line<'_>>) =
            old.into_iter().partition(|line| new.contains(line));
        let new: Vec<Line<'_>> = new.into_iter().filter(|line| !both.contains(line)).collect();
        html! {
            div.pair { @for (name, lines) in [("both", both), ("old", old), ("new", new)] {
                @if !lines.is_empty() {
                    div { p { b { (name) } } dl { @for line in lines { (line.shown()) } } }
                }
            } }
        }
    }

    /// The documents of all rules on the page, each once, with its address.
    pub(super) fn sources(&self) -> Markup {
        html! {
            @if !self.sources.is_empty() {
                h2 #sources { "Sources" }
                ol { @for (index, (title, address)) in self.sources.iter().enumerate() {
                    li id={ "s" (index + 1) } {
                        @match address.filter(|address| address.starts_with("https://")) {
                            Some(address) => a href=(address) rel="noreferrer" { (title) },
                            None => (title),
                        }
                    }
                } }
            }
        }
    }
}
