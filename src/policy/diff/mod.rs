//! Two editions held against each other: every cell, clock, refusal and list.
//!
//! Nothing is simulated. Both decision spaces are laid over each other, and what the two
//! editions say is compared in every cell of the union, in every position of every switch.
//! Cells that change in the same way are told together, in as few blocks as a greedy search
//! finds. It must never know a scenario: what a change means for a fleet is another question.
//!
//! A document is the same in both editions if it has the same key, or, under another key, the
//! same title, section and date; what changed about it is told once, and not in each rule.

mod clocks;
mod grid;
mod lists;
mod pair;
mod refusals;
mod tables;

use std::collections::BTreeSet;

use super::Policy;
use crate::vocab::{RuleId, Word, words};
use pair::Pair;

words! {
    /// What kind of difference it is, the gravest first.
    Class: "a class of difference" {
        /// Something else is decided.
        Verdict = "verdict",
        /// Something is due at another time.
        Timing = "timing",
        /// Only one of the two knows it.
        Presence = "presence",
        /// A default, a position, an order or an attribute is another one.
        Setting = "setting",
        /// The provider answers something else.
        Answer = "answer",
        /// It is founded better or worse.
        Confidence = "confidence",
        /// It rests on another document.
        Source = "source",
        /// The rule has another id, and says the same.
        Rule = "rule",
        /// Only the words are other ones.
        Wording = "wording",
    }
}

words! {
    /// What a difference means for the owner of an instance.
    Direction: "a direction" {
        /// Something is kept less well, or for less long.
        Worse = "worse",
        /// Something is kept better, or longer.
        Better = "better",
        /// Neither.
        Neutral = "neutral",
    }
}

words! {
    /// The part of a policy that a difference is in.
    Part: "a part of a policy" {
        /// The causes, actions and facts that it knows.
        Space = "space",
        /// A protection and its verdicts.
        Protection = "protection",
        /// A refusal that is no protection.
        Refusal = "refusal",
        /// A clock.
        Clock = "clock",
        /// Scheduled releases.
        Schedule = "schedule",
        /// Another question that a provider answers.
        Table = "table",
        /// What becomes of an instance's things.
        Effect = "effect",
        /// How a group chooses when it shrinks.
        Order = "order",
        /// What is set where nobody says otherwise.
        Default = "default",
        /// A question that the documents leave open.
        Switch = "switch",
        /// A document.
        Source = "source",
        /// A statement that no rule can carry.
        Note = "note",
        /// A rule that no cell shows.
        Rule = "rule",
    }
}

/// A rule, as a difference cites it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Its id.
    pub id: String,
    /// How well it is founded.
    pub confidence: crate::vocab::Confidence,
    /// The keys of its documents.
    pub sources: Vec<String>,
    /// Those documents in full.
    pub documents: Vec<String>,
    /// What the provider answers.
    pub answer: Option<String>,
    /// Why.
    pub because: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// What one edition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// In a word or a few.
    pub says: String,
    /// The rule that says so, if one does.
    pub rule: Option<Cited>,
}

/// A column, switch or property, and the words of it that a difference is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tested {
    /// Its name.
    pub name: String,
    /// The words.
    pub words: Vec<String>,
    /// The words that it is not about.
    pub except: Vec<String>,
}

/// One difference: a block of situations, or an entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part of the policy.
    pub part: Part,
    /// What in that part: a protection, a clock and its action, a switch.
    pub subject: String,
    /// Where it applies; what is not named makes no difference.
    pub situation: Vec<Tested>,
    /// What the old edition says.
    pub old: Statement,
    /// What the new one says.
    pub new: Statement,
    /// What kind of difference it is.
    pub class: Class,
    /// What it means for the owner.
    pub direction: Direction,
    /// How many cells it covers; 0 for what has no cells.
    pub cells: usize,
}

impl Difference {
    /// Everything in which the two rules differ, besides what they decide: the class of the
    /// difference is the gravest of these, unless something else is decided.
    pub fn aspects(&self) -> Vec<Class> {
        let (Some(old), Some(new)) = (&self.old.rule, &self.new.rule) else { return Vec::new() };
        let differs = [
            (Class::Answer, old.answer != new.answer),
            (Class::Confidence, old.confidence != new.confidence),
            // A document under another key is the same one.
            (Class::Source, old.sources != new.sources && old.documents != new.documents),
            (Class::Rule, old.id != new.id),
            (Class::Wording, (&old.because, &old.remedy) != (&new.because, &new.remedy)),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(class, _)| class).collect()
    }

    /// What this difference is about, in one edition: the words that changed.
    pub fn detail(&self, side: &Statement) -> String {
        self.detail_of(self.class, side)
    }

    /// The words that changed of one aspect.
    pub fn detail_of(&self, class: Class, side: &Statement) -> String {
        let Some(rule) = &side.rule else { return side.says.clone() };
        let list = |items: &[String]| {
            if items.is_empty() { "none".to_owned() } else { items.join(", ") }
        };
        match class {
            Class::Verdict | Class::Timing | Class::Presence | Class::Setting => side.says.clone(),
            Class::Answer => rule.answer.clone().unwrap_or_else(|| "no answer known".into()),
            Class::Confidence => rule.confidence.to_string(),
            Class::Source => list(&rule.sources),
            Class::Rule => rule.id.clone(),
            Class::Wording => {
                let other = if side == &self.old { &self.new } else { &self.old };
                let same = other.rule.as_ref().is_some_and(|other| other.because == rule.because);
                let text = if same { &rule.remedy } else { &rule.because };
                text.clone().unwrap_or_else(|| "nothing".into())
            }
        }
    }

    /// Where it applies, in a line; empty where it applies everywhere.
    pub fn place(&self) -> String {
        let words = self.situation.iter().map(|tested| {
            let mostly = tested.except.len() * 2 < tested.words.len();
            let words = if mostly {
                format!("not {}", tested.except.join(" "))
            } else {
                tested.words.join(" ")
            };
            let bare = super::Column::named(&tested.name)
                .is_some_and(|column| !is_yes_or_no(&column.words()));
            if bare { words } else { format!("{}: {words}", tested.name) }
        });
        words.collect::<Vec<_>>().join(" · ")
    }

    /// What names this difference for good: whoever accepts it writes this.
    pub fn key(&self) -> String {
        let place = self.place();
        let place = if place.is_empty() { String::new() } else { format!(" [{place}]") };
        format!(
            "{} {}{place} {}: {} -> {}",
            self.part,
            self.subject,
            self.class,
            self.detail(&self.old),
            self.detail(&self.new)
        )
    }
}

/// Whether the words of a column say nothing without its name.
fn is_yes_or_no(words: &[&str]) -> bool {
    words == crate::vocab::YesNo::ALL.iter().map(|word| word.word()).collect::<Vec<_>>()
}

/// Two editions, compared.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The name of the old edition.
    pub old: String,
    /// The name of the new one.
    pub new: String,
    /// How many cells were compared, over all tables.
    pub cells: usize,
    /// How many of them differ in any way.
    pub changed: usize,
    /// Every difference: by part, and within it the gravest first.
    pub differences: Vec<Difference>,
    /// How many were taken out because somebody accepted them.
    pub accepted: usize,
}

impl Comparison {
    /// Whether the two editions say the same.
    pub const fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    /// How many differences point that way.
    pub fn count(&self, direction: Direction) -> usize {
        self.differences.iter().filter(|d| d.direction == direction).count()
    }
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    differences: Vec<Difference>,
    cells: usize,
    changed: usize,
    /// The rules that some difference shows.
    shown: [BTreeSet<RuleId>; 2],
    /// Whether a cell that cannot occur in one edition can in the other.
    occurs: bool,
}

/// Holds two editions against each other.
pub fn compare(old: &Policy, new: &Policy) -> Comparison {
    let pair = Pair::new(old, new);
    let mut found = Found::default();
    tables::protections(&pair, &mut found);
    refusals::refusals(&pair, &mut found);
    clocks::clocks(&pair, &mut found);
    tables::others(&pair, &mut found);
    lists::lists(&pair, &mut found);
    let mut differences = found.differences;
    differences.sort_by(|a, b| {
        let rank = |d: &Difference| (d.part, d.class, d.direction);
        rank(a).cmp(&rank(b))
    });
    Comparison {
        old: old.name.clone(),
        new: new.name.clone(),
        cells: found.cells,
        changed: found.changed,
        differences,
        accepted: 0,
    }
}
