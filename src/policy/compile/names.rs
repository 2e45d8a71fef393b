//! Compilation of sources, switches and rules.

use super::compiler::{Compiler, MOST_RULES};
use crate::diagnostics::{Code, Problem, Spanned, closest};
use crate::format::OneOrMany;
use crate::policy::edition::{
    NO_SCHEDULE, Rule, SET, Switch, UNDECIDED, UNKNOWN_BILLING, UNKNOWN_LOCK, UNKNOWN_MEMBERSHIP,
    UNKNOWN_PROTECTION, UNKNOWN_RENEWAL, UNKNOWN_SCHEDULE, UNSET, Unknowns,
};
use crate::policy::facts::Condition;
use crate::policy::file::PolicyFile;
use crate::policy::written_rule::WrittenRule;
use crate::words::{
    Billing, Confidence, Lock, Membership, Renewal, RuleId, SwitchId, SwitchSet, Word,
};

impl Compiler<'_> {
    pub(super) fn find_sources(&mut self, named: &[Spanned<String>]) -> Vec<usize> {
        let mut found = Vec::new();
        for name in named {
            if let Some(at) = self.sources.iter().position(|source| source.key == **name) {
                found.push(at);
                continue;
            }
            let keys = self.sources.iter().map(|source| source.key.as_str());
            let title = format!("unknown source `{}`; it is not defined under `sources`", **name);
            let problem = Problem::at(Code::NoSource, name.span, title, "unknown source");
            let problem = problem.did_you_mean(&closest(name, keys));
            self.problems.add(problem.help(
                "without a source a rule may only be `inferred` or `unconfirmed`, never `documented`",
            ));
        }
        found
    }

    pub(super) fn read_switches(&mut self, file: &PolicyFile) {
        for (name, part) in &file.switches.0 {
            let sources = self.find_sources(OneOrMany::items(part.source.as_ref()));
            let values: Vec<String> = part.one_of.iter().map(|value| value.value.clone()).collect();
            let (default, cautious) = self.positions(name, part, !sources.is_empty());
            if let Some(twice) = part.one_of.iter().enumerate().find(|(at, value)| {
                part.one_of[..*at].iter().any(|earlier| earlier.value == value.value)
            }) {
                let title =
                    format!("the position `{}` of `{}` is defined twice", **twice.1, **name);
                let problem = Problem::at(Code::Twice, twice.1.span, title, "second definition");
                self.problems.add(problem);
            }
            let most = Unknowns::MOST_OTHERS;
            if values.len() < 2 || values.len() > 32 || self.switches.len() >= most {
                let title =
                    format!("the number of positions or switches is out of range at `{}`", **name);
                let label =
                    format!("a switch has 2 to 32 positions, and a policy at most {most} switches");
                self.problems.add(Problem::at(Code::BadNumber, name.span, title, label));
                continue;
            }
            let confidence = part.confidence.map_or(Confidence::Unconfirmed, |stated| {
                self.confidence_of((name, name.span), Some(stated), &sources)
            });
            self.switches.push(Switch {
                name: name.to_string(),
                values,
                default,
                cautious,
                confidence,
                because: part.because.clone(),
                sources,
            });
        }
        self.switches.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Adds the switches about unknown facts of a fleet, which every policy has.
    pub(super) fn add_unknowns(&mut self) {
        let positions = |words: Vec<&'static str>| [vec![UNDECIDED], words].concat();
        let memberships = Membership::ALL.iter().map(|word| word.word());
        let memberships = memberships.filter(|word| *word != Membership::None.word()).collect();
        let locks = Lock::ALL.iter().map(|word| word.word()).collect();
        let renewals = Renewal::ALL.iter().map(|word| word.word()).collect();
        let billings = vec![Billing::PayAsYouGo.word(), Billing::Spot.word()];
        // The switches are listed in the order of `Unknowns::last_of`.
        for (name, values, because) in [
            (
                UNKNOWN_PROTECTION,
                positions(vec![UNSET, SET]),
                "whether a protection is set, if no reply mentions it",
            ),
            (
                UNKNOWN_MEMBERSHIP,
                positions(memberships),
                "how a member joined its group, if no reply describes it",
            ),
            (
                UNKNOWN_LOCK,
                positions(locks),
                "which locks an instance has, if no reply mentions its locks",
            ),
            (
                UNKNOWN_BILLING,
                positions(billings),
                "whether an instance is spot capacity, if no reply states its billing",
            ),
            (
                UNKNOWN_SCHEDULE,
                positions(vec![NO_SCHEDULE]),
                "whether a release is scheduled, if no reply mentions it",
            ),
            (
                UNKNOWN_RENEWAL,
                positions(renewals),
                "whether a subscription is renewed automatically, if no reply mentions it",
            ),
        ] {
            self.switches.push(Switch {
                name: name.to_owned(),
                values: values.into_iter().map(str::to_owned).collect(),
                default: Some(0),
                cautious: None,
                confidence: Confidence::Unconfirmed,
                because: Some(because.to_owned()),
                sources: Vec::new(),
            });
        }
    }

    /// Adds a rule; returns its id and its condition.
    pub(super) fn rule(&mut self, part: &WrittenRule) -> (RuleId, Condition) {
        let mut when = Condition::default();
        if self.rules.len() == MOST_RULES {
            if std::mem::replace(&mut self.is_provable, false) {
                let title = format!("a policy has at most {MOST_RULES} rules");
                let problem = Problem::at(Code::BadNumber, part.span, title, "one too many");
                self.problems.add(problem);
            }
            return (RuleId(0), when);
        }
        for test in &part.when {
            when.require(test.column, test.words);
            self.tested = self.tested.with(test.column);
        }
        let mut switches = SwitchSet::EMPTY;
        for (name, values) in &part.assuming {
            if let Some((switch, mask)) = self.switch_mask(name, values) {
                when.assume(switch, mask);
                switches = switches.with(switch);
            }
        }
        let sources = self.find_sources(&part.sources);
        // Unknown sources were reported already.
        let is_whole = sources.len() == part.sources.len();
        let confidence = match (is_whole, part.confidence) {
            (true, stated) => self.confidence_of((&part.id, part.span), stated, &sources),
            (false, stated) => stated.map_or(Confidence::Documented, |stated| stated.value),
        };
        self.demand_switch(part, confidence, switches);
        let answer_basis =
            part.answer.as_ref().and_then(|answer| self.answer(answer, (confidence, &sources)));
        let same = self.rules.iter().find(|rule| *rule.id == **part.id);
        if let Some(first) = same {
            let title = format!("the rule `{}` is defined twice", *part.id);
            self.problems.add(
                Problem::at(Code::Twice, part.span, title, "second definition")
                    .and_at(first.span, "first definition")
                    .help("use another id; reports identify rules by their ids"),
            );
        }
        let remedy = self.advice(&part.remedy);
        self.rules.push(Rule {
            id: part.id.to_string(),
            sources,
            part: self.parts.len().saturating_sub(1),
            says: part.says.iter().collect(),
            confidence,
            because: part.because.clone(),
            remedy,
            answer: part.answer.as_ref().map(|answer| answer.code.clone()),
            answer_basis,
            unreachable: part.unreachable.clone(),
            switches,
            span: part.span,
        });
        (RuleId::from_index(self.rules.len() - 1), when)
    }

    pub(super) fn switch_mask(
        &mut self,
        name: &Spanned<Box<str>>,
        values: &[Spanned<Box<str>>],
    ) -> Option<(SwitchId, u32)> {
        let Some(at) = self.switches.iter().position(|switch| *switch.name == ***name) else {
            let known = self.switches.iter().map(|switch| switch.name.as_str());
            let title = format!("unknown switch `{}`; it is not defined under `switches`", **name);
            let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown switch");
            self.problems.add(problem.known_names(name, "switches", known));
            return None;
        };
        let mut mask = 0;
        for value in values {
            let known = &self.switches[at].values;
            if let Some(index) = known.iter().position(|known| **known == ***value) {
                mask |= 1 << index;
            } else {
                let title = format!("unknown position `{}` of the switch `{}`", **value, **name);
                let problem = Problem::at(Code::UnknownWord, value.span, title, "unknown position");
                let problem = problem
                    .did_you_mean(&closest(value, known.iter().map(String::as_str)))
                    .note(format!("one of: {}", known.join(", ")));
                self.problems.add(problem);
            }
        }
        Some((SwitchId::from_index(at), mask))
    }
}
