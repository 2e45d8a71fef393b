//! Problems in files: a stable code, a sentence, labelled spans, notes and replacements.

use std::collections::BTreeSet;

use super::files::ReadFailure;
use super::span::Span;
use super::suggest::{Suggestion, closest};
use crate::words::Word;

crate::words::words! {
    /// The codes of messages. They are part of the public interface: a code never changes its
    /// meaning. Codes that start with `E` refuse the input; codes that start with `W` warn.
    Code: "a code" {
        /// A file cannot be read.
        Unreadable = "E000",
        /// An unknown key.
        UnknownKey = "E001",
        /// The same name or key twice.
        Twice = "E002",
        /// A required key is missing.
        MissingKey = "E003",
        /// A value of the wrong kind, such as a list where a string is expected.
        WrongKind = "E004",
        /// Text that is not valid YAML, CSV or JSON.
        Syntax = "E005",
        /// A YAML feature that these files do not allow.
        Refused = "E006",
        /// A word that is not in the closed list.
        UnknownWord = "E007",
        /// A name that is not safe in a report.
        BadName = "E008",
        /// A format or version that this program does not read.
        BadFormat = "E009",
        /// An unknown name.
        UnknownName = "E010",
        /// A selector that matches nothing.
        MatchesNothing = "E011",
        /// A rule, protection, policy or switch that does not exist.
        UnknownRule = "E012",
        /// A case or a value of a case that does not exist.
        UnknownCase = "E013",
        /// A duration without a unit.
        NoUnit = "E020",
        /// A time without an offset.
        NoOffset = "E021",
        /// Text that is neither a time nor a duration.
        BadTime = "E022",
        /// A number out of range.
        BadNumber = "E023",
        /// A setting or call that the policy refuses.
        ProviderRefuses = "E030",
        /// An event with two verbs, or with none.
        OneVerb = "E040",
        /// Statements that contradict each other.
        Contradiction = "E050",
        /// A switch without a default that the scenario does not set.
        OpenQuestion = "E060",
        /// The policy's decision space does not contain this trigger, or not with this action.
        UnknownTrigger = "E062",
        /// Principals under a policy that states no permissions.
        NoPermissions = "E063",
        /// An expectation, or a decision to explain, that the run never reaches.
        NeverReached = "E070",
        /// No scenario was found.
        NothingFound = "E080",
        /// A filter or a case that matches nothing.
        FilterMatchesNone = "E081",
        /// A scenario without expectations.
        NothingExpected = "E082",
        /// An accepted change that has expired.
        AcceptanceExpired = "E083",
        /// An accepted change that does not occur.
        AcceptanceIdle = "E084",
        /// Stored outcomes of a run that no scenario defines any more.
        StoredIdle = "E085",
        /// A shard that belongs to a different study than the other shards.
        PartDiffers = "E086",
        /// Replications that no shard contains, or that two shards contain.
        PartsDoNotAddUp = "E087",
        /// A cell of the decision space without a rule.
        OpenCell = "E101",
        /// A rule that matches no cell.
        DeadRule = "E102",
        /// A cell that two rules match.
        CoveredTwice = "E103",
        /// A documented or observed statement without a source.
        NoSource = "E110",
        /// A remedy that never helps where its rule applies.
        IdleRemedy = "E111",
        /// A confidence that is based on a document later than the edition.
        SourceLater = "E112",
        /// An address of a document that is not valid.
        NoAddress = "E113",
        /// A switch whose default is not the cautious position and has no source.
        NotCautious = "E115",
        /// An unconfirmed rule that tests no switch.
        NoSwitch = "E116",
        /// A provider's reply with values that contradict each other or cannot be read.
        BadReply = "E120",
        /// A file in a folder that is not a scenario, and is ignored.
        PassedOver = "W000",
        /// Seconds of a time that the provider ignores.
        SecondsCut = "W021",
        /// A protection that is on but has no effect.
        Inert = "W050",
        /// An assumption that neither a decision nor a judged rule relied on.
        UnusedAssumption = "W061",
        /// An allowed warning that does not occur.
        UnusedAllowance = "W062",
        /// The name of an action that no call needs.
        UnknownAction = "W063",
        /// A watch that names only some of the names that a call can have in the audit trail.
        PartlyWatched = "W064",
        /// A call whose caller is not named, so that its permission is not checked.
        NoCaller = "W065",
        /// An accepted change that the old policy already contains.
        AcceptanceSpent = "W084",
        /// A source in a user's edition without an address or a section.
        Unaddressed = "W113",
        /// An answer in a user's edition that no cited source lists.
        AnswerUnlisted = "W114",
        /// A switch in a user's edition without the key `cautious`.
        NoCautious = "W115",
        /// A file with the name of a built-in edition and another text.
        SharedName = "W116",
        /// A part of a provider's reply that is not used.
        LeftOut = "W120",
        /// The time at which a fleet was listed is not stated.
        ListedWhen = "W121",
    }
}

/// Whether a problem refuses the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input is refused and nothing runs.
    Error,
    /// The input is accepted.
    Warning,
}

impl Code {
    /// [`Severity::Warning`] for codes that start with `W`, [`Severity::Error`] for all others.
    pub fn severity(self) -> Severity {
        if self.word().starts_with('W') { Severity::Warning } else { Severity::Error }
    }
}

/// One problem in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// One plain sentence about the user's file; user input in backticks.
    pub title: String,
    /// Places with their labels, the main one first; a label may be empty.
    pub labels: Vec<(Span, String)>,
    /// Facts that explain it.
    pub notes: Vec<String>,
    /// Proposed remedies.
    pub helps: Vec<String>,
    /// The file, if the problem has no place in it.
    pub path: Option<String>,
    /// Whether only the place is shown, without its line, because the file is of another kind and
    /// its contents must not be quoted.
    pub unquoted: bool,
}

impl Problem {
    /// A problem with a file as a whole.
    pub fn unreadable(path: &str, failure: ReadFailure) -> Self {
        let mut problem = Self::bare(Code::Unreadable, format!("cannot read `{path}`: {failure}"));
        problem.path = Some(path.to_owned());
        problem.helps.extend(failure.help);
        problem
    }

    /// A problem at a place; `label` describes the error there.
    pub fn at(code: Code, span: Span, title: impl Into<String>, label: impl Into<String>) -> Self {
        let mut problem = Self::bare(code, title);
        problem.labels.push((span, label.into()));
        problem
    }

    /// A problem without a place.
    pub fn bare(code: Code, title: impl Into<String>) -> Self {
        Self {
            code,
            title: title.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
            path: None,
            unquoted: false,
        }
    }

    /// Shows only the place, without its line.
    #[must_use]
    pub const fn unquoted(mut self) -> Self {
        self.unquoted = true;
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn and_at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Adds a fact that explains it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a proposed remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// Adds the suggested words, and the full text to write where a word alone is not enough.
    #[must_use]
    pub fn suggest(self, suggestion: &Suggestion<'_>) -> Self {
        let problem = self.did_you_mean(&suggestion.words);
        match suggestion.write {
            "" => problem,
            write => problem.help(format!("write `{write}`")),
        }
    }

    /// Adds "did you mean", if a word is close.
    #[must_use]
    pub fn did_you_mean(self, close: &[&str]) -> Self {
        match close {
            [] => self,
            [one] => self.help(format!("did you mean `{one}`?")),
            [one, two] => self.help(format!("did you mean `{one}`? (`{two}` is also close)")),
            [one, two, three, ..] => {
                self.help(format!("did you mean `{one}`? (`{two}` and `{three}` are also close)"))
            }
        }
    }
}

impl Problem {
    /// Adds the names that are close to an unknown one as suggestions, and a note with all of them;
    /// `what` says what they are.
    #[must_use]
    pub fn known_names<'n>(
        self,
        name: &str,
        what: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Self {
        let problem = self.did_you_mean(&closest(name, known.clone()));
        let all: Vec<&str> = known.collect();
        if all.is_empty() { problem } else { problem.note(format!("{what}: {}", all.join(", "))) }
    }
}

/// The most problems that are shown; the others are counted.
pub(crate) const SHOWN: usize = 20;

/// The most problems that are kept; further ones are only counted.
const KEPT: usize = 1_000;

/// The problems found so far.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    /// Errors and warnings beyond those that are kept.
    more: [usize; 2],
    /// Places whose value is not known because of a mistake that was reported.
    unknown: BTreeSet<Span>,
    /// The keys and values beside a key with a mistake. It is not known whether they contradict
    /// each other, or which key is missing.
    doubtful: Vec<Span>,
}

impl Problems {
    /// Notes that the value at a place is not known, because of a mistake that was reported. What
    /// stands there in its stead gets no further problem.
    pub fn value_is_unknown(&mut self, at: Span) {
        self.unknown.insert(at);
    }

    /// Notes the values of a mapping of which a key has a mistake that was reported. A
    /// contradiction between them may follow from it, and so may the lack of a key in the mapping;
    /// neither is reported.
    pub fn doubt(&mut self, values: impl Iterator<Item = Span>) {
        if self.doubtful.len() < KEPT {
            self.doubtful.extend(values);
        }
    }

    /// Adds a problem, unless an equal one is in the list (the cases of a scenario share its text),
    /// or it follows from a mistake that was reported.
    pub fn add(&mut self, problem: Problem) {
        let at = problem.labels.first().map(|(span, _)| span);
        let is_within = |of: &Span| {
            at.is_some_and(|at| at.file == of.file && of.start <= at.start && at.end <= of.end)
        };
        let contains = |of: &Span| {
            at.is_some_and(|at| {
                at.file == of.file && at != of && at.start <= of.start && of.end <= at.end
            })
        };
        let is_doubtful = problem.code == Code::Contradiction
            && self.doubtful.iter().any(is_within)
            || problem.code == Code::MissingKey && self.doubtful.iter().any(contains);
        if is_doubtful || at.is_some_and(|at| self.unknown.contains(at)) {
            return;
        }
        if self.list.len() >= KEPT {
            self.more[problem.code.severity() as usize] += 1;
        } else if !self.list.contains(&problem) {
            self.list.push(problem);
        }
    }

    /// Adds all problems of another list.
    pub fn extend(&mut self, others: Self) {
        others.list.into_iter().for_each(|problem| self.add(problem));
        self.unknown.extend(others.unknown);
        self.doubt(others.doubtful.into_iter());
        for (more, others) in self.more.iter_mut().zip(others.more) {
            *more += others;
        }
    }

    /// Whether any error is reported within a span.
    pub fn has_error_in(&self, span: Span) -> bool {
        self.has_in(span, |code| code.severity() == Severity::Error)
    }

    /// Whether a name or key within a span is reported as written twice.
    pub fn has_twice_in(&self, span: Span) -> bool {
        self.has_in(span, |code| code == Code::Twice)
    }

    fn has_in(&self, span: Span, is: impl Fn(Code) -> bool) -> bool {
        let is_in =
            |at: &Span| at.file == span.file && span.start <= at.start && at.end <= span.end;
        let first = |problem: &Problem| problem.labels.first().map(|(at, _)| *at);
        let mut found = self.list.iter().filter(|problem| is(problem.code));
        found.any(|problem| first(problem).is_some_and(|at| is_in(&at)))
    }

    /// Whether the input is refused.
    pub fn refuse(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Removes the warnings with the given codes and returns the codes that occurred.
    pub fn allow(&mut self, codes: &[Code]) -> Vec<Code> {
        let meant = |p: &Problem| p.code.severity() == Severity::Warning && codes.contains(&p.code);
        let dropped = self.list.iter().filter(|p| meant(p)).map(|p| p.code).collect();
        self.list.retain(|p| !meant(p));
        dropped
    }

    /// Removes the problems with the given codes.
    pub fn leave_out(&mut self, codes: &[Code]) {
        self.list.retain(|problem| !codes.contains(&problem.code));
    }

    /// The kept problems: first errors, then warnings, each in the order of their places.
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut sorted: Vec<_> = self.list.iter().collect();
        sorted.sort_by_key(|problem| {
            (problem.code.severity(), problem.labels.first().map(|(span, _)| *span))
        });
        sorted
    }

    /// The kept problems in the order in which they were found.
    pub fn into_list(self) -> Vec<Problem> {
        self.list
    }

    /// Number of problems of any severity.
    pub fn len(&self) -> usize {
        self.list.len() + self.more.iter().sum::<usize>()
    }

    /// Whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether further problems are no longer shown.
    pub fn is_crowded(&self) -> bool {
        self.list.len() > SHOWN
    }

    /// Number of problems of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        let kept = self.list.iter().filter(|problem| problem.code.severity() == severity);
        kept.count() + self.more[severity as usize]
    }
}
