//! The differences that two editions can have, and how each is classed, named and cited.

use crate::words::{Word, words};

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
        /// The confidence is higher or lower.
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
        /// The old edition does not know the case, and the new one says what happens in it.
        Covered = "newly-covered",
        /// The new edition does not know the case any more.
        Uncovered = "no-longer-covered",
        /// Neither.
        Neutral = "neutral",
    }
}

words! {
    /// The part of a policy that a difference is in.
    Part: "a part of a policy" {
        /// What the edition is called in a sentence.
        Title = "title",
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
    /// The confidence.
    pub confidence: crate::words::Confidence,
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

/// A kind of text of a rule, and what two rules say there.
type Texts<'r> = (&'static str, Option<&'r str>, Option<&'r str>);

impl Cited {
    /// The texts in which two rules differ.
    pub fn texts<'r>(&'r self, other: &'r Self) -> Vec<Texts<'r>> {
        let because = ("because", self.because.as_deref(), other.because.as_deref());
        let remedy = ("remedy", self.remedy.as_deref(), other.remedy.as_deref());
        [because, remedy].into_iter().filter(|(_, this, other)| this != other).collect()
    }
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

/// Between the columns of a place.
pub(super) const PLACES: &str = " · ";

impl Tested {
    /// `manual expiry`, or `not manual` where it is about most words.
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
    /// The switches that must stand at a position which is the default of neither edition.
    pub off_default: Vec<String>,
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

    /// Whether it can only be met where a switch stands at a position that is no default.
    pub const fn is_off_default(&self) -> bool {
        !self.off_default.is_empty()
    }

    /// Where it applies, in a line; empty where it applies everywhere.
    pub fn place(&self) -> String {
        let words = self.situation.iter().map(|tested| {
            let bare = crate::policy::facts::Column::named(&tested.name)
                .is_some_and(|column| !is_yes_or_no(&column.words()));
            if bare { tested.brief() } else { tested.named() }
        });
        words.collect::<Vec<_>>().join(" · ")
    }

    /// What names this difference for good: a person who accepts it writes this. Every column is
    /// named in it, so that it can be read again without doubt.
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

/// What a rule is in a class of difference; of words, why it says so.
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

/// Whether the words of a column say nothing without its name.
fn is_yes_or_no(words: &[&str]) -> bool {
    words == crate::words::YesNo::ALL.iter().map(|word| word.word()).collect::<Vec<_>>()
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
    /// Every difference: by part, and within it the gravest first; last those that can only be met
    /// where a switch stands at a position that is no default.
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
