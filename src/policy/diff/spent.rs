//! Search for accepted changes that an edition already contains.
//!
//! The edition is compared with itself by the code that compares two editions. Each statement is
//! compared with the new side of the keys of the changes.

use std::collections::BTreeSet;

use super::difference::{Absence, Class, PLACES, Part};
use super::found::Found;
use super::grid::{CANNOT_OCCUR, CellAnswer, Grid, GridSubject};
use super::grid_words::WordTest;
use super::pair::{Pair, cited};
use super::probe::{AcceptedProbe, ProbedChange};
use crate::policy::edition::Policy;
use crate::words::{Action, RuleId, Word};

/// The part of a key after its subject.
struct KeyTail<'k> {
    /// `trigger: manual · membership: none`; empty if it applies everywhere.
    place: &'k str,
    class: Class,
    /// `held -> overridden`.
    change: &'k str,
}

impl<'k> KeyTail<'k> {
    fn parse(key: &'k str, part: Part, subject: &str) -> Option<Self> {
        let rest = key.strip_prefix(part.word())?.strip_prefix(' ')?;
        let rest = if part == Part::Refusal {
            // A change of a refusal may list several actions.
            let mut rest = rest;
            let mut found = false;
            while let Some((word, more)) = rest.split_once(' ') {
                if Action::spelled(word).is_none() {
                    break;
                }
                found |= word == subject;
                rest = more;
            }
            found.then_some(rest)?
        } else {
            rest.strip_prefix(subject)?.strip_prefix(' ')?
        };
        let (place, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once("] ")?,
            None => ("", rest),
        };
        let (class, change) = rest.split_once(": ")?;
        Some(Self { place, class: Class::spelled(class)?, change })
    }

    fn says(&self, text: &str) -> bool {
        self.change.strip_suffix(text).is_some_and(|rest| rest.ends_with("-> "))
    }

    /// Whether the statement of a rule is the new side of the change.
    fn says_by(&self, policy: &Policy, says: &str, rule: Option<RuleId>) -> bool {
        let Some(rule) = rule else { return self.says(says) };
        let rule = &cited(policy, rule);
        let or_nothing = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
        if self.class != Class::Wording {
            return self.says(&super::difference::detail(self.class, says, rule));
        }
        let (because, remedy) = (or_nothing(&rule.because), or_nothing(&rule.remedy));
        self.says(&because) || self.says(&remedy) || self.says(&format!("{because} · {remedy}"))
    }
}

impl ProbedChange<'_> {
    fn note(&mut self, agrees: bool) {
        self.agrees = Some(self.agrees.unwrap_or(true) && agrees);
    }
}

impl AcceptedProbe<'_> {
    /// An entry of a list.
    pub(super) fn entry(&mut self, (part, subject): (Part, &str), says: &str) {
        for change in &mut self.0 {
            if let Some(tail) = KeyTail::parse(change.key, part, subject) {
                change.is_present = true;
                // A subject may have several entries; the key is about one of them.
                if tail.says(says) {
                    change.agrees = Some(true);
                }
            }
        }
    }

    /// A rule that is not shown by a cell.
    pub(super) fn rule(&mut self, policy: &Policy, rule: RuleId) {
        let id = &policy.rule(rule).id;
        let says = format!("rule {id}");
        for change in &mut self.0 {
            if let Some(tail) = KeyTail::parse(change.key, Part::Rule, id) {
                change.is_present = true;
                change.note(tail.says(&says) || tail.says_by(policy, &says, Some(rule)));
            }
        }
    }

    /// The answers in the cells of a grid.
    pub(super) fn grid(
        &mut self,
        grid: &Grid,
        pair: &Pair<'_>,
        about: &GridSubject<'_>,
        answer_in: &dyn Fn(usize) -> (CellAnswer, CellAnswer),
    ) {
        for change in &mut self.0 {
            let Some(tail) = KeyTail::parse(change.key, about.part, about.subject) else {
                continue;
            };
            change.is_present = true;
            let place = grid.place(tail.place);
            let passes = |cell: &usize| place.iter().all(|test| grid.passes(*cell, *test));
            for cell in (0..grid.cells()).filter(passes) {
                match answer_in(cell).1 {
                    CellAnswer::Conclusion(conclusion) => {
                        let agrees = tail.says_by(pair.new, &conclusion.word, conclusion.rule);
                        // A removed refusal may still apply after another one.
                        let hidden =
                            about.part == Part::Refusal && tail.says(Absence::Refusal.word());
                        change.note(agrees || hidden);
                    }
                    CellAnswer::Never if tail.says(CANNOT_OCCUR) => change.note(true),
                    CellAnswer::Unknown if tail.says(Absence::Situation.word()) => {
                        change.note(true);
                    }
                    // Blocks may contain cells without a statement.
                    CellAnswer::Never | CellAnswer::Unknown => {}
                }
            }
        }
    }
}

impl Found<'_> {
    /// The tests of the situations of all changes that are searched for in a grid.
    pub(super) fn places(&self, grid: &Grid, about: &GridSubject<'_>) -> Vec<WordTest> {
        let changes = self.probe.iter().flat_map(|probe| &probe.0);
        let tails =
            changes.filter_map(|change| KeyTail::parse(change.key, about.part, about.subject));
        tails.flat_map(|tail| grid.place(tail.place)).collect()
    }
}

impl Grid {
    /// The tests of a situation in a key. Axes that the grid does not have are not tested.
    fn place(&self, place: &str) -> Vec<WordTest> {
        let tests = place.split(PLACES).filter_map(|text| text.split_once(": "));
        let test = |(name, words): (&str, &str)| {
            let (positive, words) = match words.strip_prefix("not ") {
                Some(words) => (false, words),
                None => (true, words),
            };
            let words: Vec<&str> = words.split(' ').collect();
            self.test(name, |word| words.contains(&word) == positive)
        };
        tests.filter_map(test).collect()
    }
}

/// Keys of the changes whose new side the edition already states.
pub fn already(policy: &Policy, keys: &[String]) -> BTreeSet<String> {
    let changes = keys.iter().map(|key| ProbedChange { key, is_present: false, agrees: None });
    let mut found = Found { probe: Some(AcceptedProbe(changes.collect())), ..Found::default() };
    if keys.is_empty() {
        return BTreeSet::new();
    }
    super::compare::compare_parts(&Pair::new(policy, policy), &mut found);
    let changes = found.probe.map(|probe| probe.0).unwrap_or_default();
    let is_absent = |key: &str| {
        let after = |absence: &Absence| {
            key.strip_suffix(absence.word()).is_some_and(|rest| rest.ends_with("-> "))
        };
        Absence::ALL.iter().any(after)
    };
    let spent = changes
        .into_iter()
        .filter(|change| change.agrees.unwrap_or(!change.is_present && is_absent(change.key)));
    spent.map(|change| change.key.to_owned()).collect()
}
