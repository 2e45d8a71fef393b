//! Differences between two editions: their classes, keys and citations.

use std::collections::BTreeMap;

use crate::words::{Word, words};

words! {
    /// The kind of property that differs, the most important class first.
    Class: "a class of difference" {
        /// The verdict or conclusion.
        Verdict = "verdict",
        /// The time at which something is due.
        Timing = "timing",
        /// Only one of the two editions has it.
        Presence = "presence",
        /// A default, a position, an order or an attribute.
        Setting = "setting",
        /// The answer of the provider.
        Answer = "answer",
        /// The confidence.
        Confidence = "confidence",
        /// The source.
        Source = "source",
        /// The id of the rule.
        Rule = "rule",
        /// Only the wording.
        Wording = "wording",
    }
}

impl Class {
    /// Whether a change of this class changes a result, not only the evidence for it.
    pub const fn changes_result(self) -> bool {
        match self {
            Self::Verdict | Self::Timing | Self::Presence | Self::Setting => true,
            Self::Answer | Self::Confidence | Self::Source | Self::Rule | Self::Wording => false,
        }
    }
}

words! {
    /// The effect of a difference on the owner of an instance.
    Direction: "a direction" {
        /// Something is kept less well or for a shorter time.
        Worse = "worse",
        /// Something is kept better or for a longer time.
        Better = "better",
        /// Only the new edition covers the situation.
        Covered = "newly-covered",
        /// Only the old edition covers the situation.
        Uncovered = "no-longer-covered",
        /// Neither.
        Neutral = "neutral",
    }
}

words! {
    /// The part of a policy that a difference is in.
    Part: "a part of a policy" {
        /// The title of the edition.
        Title = "title",
        /// The decision space: its columns and words.
        Space = "space",
        /// A protection and its verdicts.
        Protection = "protection",
        /// A precondition.
        Refusal = "refusal",
        /// A clock.
        Clock = "clock",
        /// Scheduled releases.
        Schedule = "schedule",
        /// Another table.
        Table = "table",
        /// The fate of attached resources.
        Effect = "effect",
        /// The selection of members at a scale-in.
        Order = "order",
        /// A default.
        Default = "default",
        /// A switch.
        Switch = "switch",
        /// A document.
        Source = "source",
        /// A note, which is not a rule.
        Note = "note",
        /// A rule that no other difference shows.
        Rule = "rule",
    }
}

/// A rule as a difference cites it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Its id.
    pub id: String,
    /// The confidence.
    pub confidence: crate::words::Confidence,
    /// The keys of its documents.
    pub sources: Vec<String>,
    /// Those documents in full.
    pub documents: Vec<String>,
    /// The addresses of those documents, in the same order; `None` where there is none.
    pub addresses: Vec<Option<String>>,
    /// The answer of the provider; `None` if it is not known.
    pub answer: Option<String>,
    /// The reason; `None` if the rule gives none.
    pub because: Option<String>,
    /// The remedies; `None` if the rule proposes none.
    pub remedy: Option<String>,
}

/// The name of a text of a rule, with the texts of two rules.
type TextChange<'r> = (&'static str, Option<&'r str>, Option<&'r str>);

impl Cited {
    /// The texts in which two rules differ.
    pub fn texts<'r>(&'r self, other: &'r Self) -> Vec<TextChange<'r>> {
        let because = ("because", self.because.as_deref(), other.because.as_deref());
        let remedy = ("remedy", self.remedy.as_deref(), other.remedy.as_deref());
        [because, remedy].into_iter().filter(|(_, this, other)| this != other).collect()
    }
}

words! {
    /// The statement about what an edition does not have.
    Absence: "an absence" {
        /// It has no protection of this name.
        Protection = "no such protection",
        /// It has no such refusal.
        Refusal = "no such refusal",
        /// It has no order of this name.
        Order = "no such order",
        /// It has no document with this key.
        Source = "no such source",
        /// It has no rule with this id.
        Rule = "no such rule",
        /// It has no switch of this name.
        Switch = "not open",
        /// It does not state a text.
        Text = "not stated",
        /// Its decision space does not have the situation.
        Situation = "not known",
        /// Its decision space does not have the column.
        Column = "not tested",
        /// None of its clocks makes the request.
        Request = "never",
    }
}

/// The statement of one edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement as a short text.
    pub says: String,
    /// Whether it states that the edition has no such part.
    pub is_absence: bool,
    /// The rule that states it; `None` if it is not stated by a rule.
    pub rule: Option<Cited>,
}

impl From<Absence> for Statement {
    fn from(absence: Absence) -> Self {
        Self { says: absence.to_string(), is_absence: true, rule: None }
    }
}

impl From<String> for Statement {
    fn from(says: String) -> Self {
        Self { says, is_absence: false, rule: None }
    }
}

impl From<&str> for Statement {
    fn from(says: &str) -> Self {
        says.to_owned().into()
    }
}

/// A column, switch or property with the words that a difference applies to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tested {
    /// Its name.
    pub name: String,
    /// The words.
    pub words: Vec<String>,
    /// The words that the difference does not apply to.
    pub except: Vec<String>,
}

/// The separator between the columns of a situation in keys.
pub(super) const PLACES: &str = " · ";

impl Tested {
    /// `manual expiry`, or `not manual` if it contains most words.
    fn brief(&self) -> String {
        if self.except.len() * 2 < self.words.len() {
            format!("not {}", self.except.join(" "))
        } else {
            self.words.join(" ")
        }
    }

    /// `trigger: manual expiry`.
    fn named(&self) -> String {
        format!("{}: {}", self.name, self.brief())
    }
}

/// One difference: a block of situations, or an entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part of the policy.
    pub part: Part,
    /// The subject in that part: a protection, a clock with its action, a switch.
    pub subject: String,
    /// The situation that it applies to; columns that are not listed do not matter.
    pub situation: Vec<Tested>,
    /// The statement of the old edition.
    pub old: Statement,
    /// The statement of the new edition.
    pub new: Statement,
    /// The class of the difference.
    pub class: Class,
    /// Whether it is better or worse for the owner.
    pub direction: Direction,
    /// Number of its cells that no earlier difference covers. No cell is counted twice, so these
    /// numbers can be added. 0 if the part has no cells.
    pub cells: usize,
    /// The switches that must be at a position that is the default of neither edition.
    pub off_default: Vec<String>,
}

impl Difference {
    /// All aspects in which the two rules differ besides their conclusions, the most important
    /// first.
    pub fn aspects(&self) -> Vec<Class> {
        let (Some(old), Some(new)) = (&self.old.rule, &self.new.rule) else { return Vec::new() };
        let differs = [
            (Class::Answer, old.answer != new.answer),
            (Class::Confidence, old.confidence != new.confidence),
            // A document with another key is the same document.
            (Class::Source, old.sources != new.sources && old.documents != new.documents),
            (Class::Rule, old.id != new.id),
            (Class::Wording, (&old.because, &old.remedy) != (&new.because, &new.remedy)),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(class, _)| class).collect()
    }

    /// The text of one edition that differs.
    pub fn detail(&self, side: &Statement) -> String {
        self.detail_of(self.class, side)
    }

    /// The text of one edition for an aspect.
    pub fn detail_of(&self, class: Class, side: &Statement) -> String {
        match &side.rule {
            None => side.says.clone(),
            Some(rule) if class == Class::Wording => {
                let other = if side == &self.old { &self.new } else { &self.old };
                let texts = other.rule.as_ref().map_or_else(Vec::new, |other| rule.texts(other));
                let texts = texts.into_iter().map(|(_, text, _)| text.unwrap_or("nothing"));
                texts.collect::<Vec<_>>().join(" · ")
            }
            Some(rule) => detail(class, &side.says, rule),
        }
    }

    /// Whether it applies only with a switch at a position that is not a default.
    pub const fn is_off_default(&self) -> bool {
        !self.off_default.is_empty()
    }

    /// The situation as one line; empty if it applies everywhere.
    pub fn place(&self) -> String {
        let words = self.situation.iter().map(|tested| {
            let bare = crate::policy::facts::Column::named(&tested.name)
                .is_some_and(|column| !is_yes_or_no(&column.words()));
            if bare { tested.brief() } else { tested.named() }
        });
        words.collect::<Vec<_>>().join(" · ")
    }

    /// The stable key of the difference, which a file of accepted changes contains. It names every
    /// column, so that it can be parsed.
    pub fn key(&self) -> String {
        let place: Vec<String> = self.situation.iter().map(Tested::named).collect();
        let place = place.join(PLACES);
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

/// The text of a rule for a class of difference; for wording, its reason.
pub(super) fn detail(class: Class, says: &str, rule: &Cited) -> String {
    match class {
        Class::Verdict | Class::Timing | Class::Presence | Class::Setting => says.to_owned(),
        Class::Answer => rule.answer.clone().unwrap_or_else(|| "no answer known".into()),
        Class::Confidence => rule.confidence.to_string(),
        Class::Source if rule.sources.is_empty() => "none".to_owned(),
        Class::Source => rule.sources.join(", "),
        Class::Rule => rule.id.clone(),
        Class::Wording => rule.because.clone().unwrap_or_else(|| "nothing".into()),
    }
}

/// Whether the words of a column are `true` and `false`, which need its name.
fn is_yes_or_no(words: &[&str]) -> bool {
    words == crate::words::YesNo::ALL.iter().map(|word| word.word()).collect::<Vec<_>>()
}

/// Two editions, compared.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Name of the old edition.
    pub old: String,
    /// Name of the new edition.
    pub new: String,
    /// Number of compared cells, over all tables.
    pub cells: usize,
    /// The differences that are not accepted, by part and then by class. Differences that apply
    /// only if a switch is not at its default come last.
    pub differences: Vec<Difference>,
    /// The differences that are accepted, in the order of their acceptances.
    pub accepted: Vec<Difference>,
}

/// Numbers of compared cells of two editions. Each cell is counted in one of the three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellCounts {
    /// Both editions state the same, on the same evidence.
    pub unchanged: usize,
    /// They differ, and the difference is not accepted.
    pub changed: usize,
    /// They differ, and the difference is accepted.
    pub accepted: usize,
}

impl Comparison {
    /// Whether no difference is left.
    pub const fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    /// The compared cells, counted.
    pub fn cell_counts(&self) -> CellCounts {
        let sum = |list: &[Difference]| list.iter().map(|d| d.cells).sum();
        let (changed, accepted): (usize, usize) = (sum(&self.differences), sum(&self.accepted));
        CellCounts { unchanged: self.cells.saturating_sub(changed + accepted), changed, accepted }
    }

    /// Moves the differences with these keys to the accepted ones, in the order of the keys.
    pub fn accept(&mut self, keys: &[&str]) {
        let order: BTreeMap<&str, usize> = keys.iter().copied().zip(0..).collect();
        let mut moved = Vec::new();
        for difference in std::mem::take(&mut self.differences) {
            match order.get(difference.key().as_str()) {
                Some(at) => moved.push((*at, difference)),
                None => self.differences.push(difference),
            }
        }
        moved.sort_by_key(|(at, _)| *at);
        self.accepted.extend(moved.into_iter().map(|(_, difference)| difference));
    }

    /// Number of differences that are not accepted, with a direction.
    pub fn count(&self, direction: Direction) -> usize {
        self.differences.iter().filter(|d| d.direction == direction).count()
    }
}
