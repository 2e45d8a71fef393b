//! Checks of the evidence of an edition: addresses of documents, the confidence of rules and
//! answers, and the defaults of switches.

use super::compiler::Compiler;
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::policy::edition::AnswerBasis;
use crate::policy::file::{PolicyFile, WrittenCitation, WrittenSwitch};
use crate::policy::written_rule::{WrittenAnswer, WrittenRule};
use crate::words::{Confidence, RuleId, SwitchSet};

impl Compiler<'_> {
    /// Requires the address and the section of every document.
    pub(super) fn demand_addresses(&mut self, file: &PolicyFile) {
        for (key, part) in &file.sources.0 {
            let lacks = lacking(part);
            if !lacks.is_empty() {
                let (code, lacks) = (Code::Unaddressed, lacks.join(" and "));
                let title = format!("the source `{}` has no {lacks}", **key);
                let problem = Problem::at(code, key.span, title, "readers cannot look this up");
                self.problems.add(problem.help(
                    "write `at: https://…` and `section: …`, so that readers can check the rule",
                ));
            }
        }
    }

    /// Confidence of a statement: the stated one, limited by the dates of its documents.
    pub(super) fn confidence_of(
        &mut self,
        (name, span): (&str, Span),
        stated: Option<Spanned<Confidence>>,
        sources: &[usize],
    ) -> Confidence {
        let claim = stated.as_ref().map_or(Confidence::Documented, |stated| stated.value);
        if claim <= Confidence::Observed && sources.is_empty() {
            let title = format!("`{name}` has `confidence: {claim}` but no `source`");
            self.problems.add(Problem::at(Code::NoSource, span, title, "no source").help(
                "add `source:`, or write `confidence: inferred` or `confidence: unconfirmed`",
            ));
        }
        let late = sources.iter().map(|index| &self.sources[*index]).find(|source| source.is_late);
        let Some(late) = late.filter(|_| claim < Confidence::Inferred) else { return claim };
        // Only the edition itself is reported; an extended edition has its own date.
        if let Some(stated) = stated.filter(|stated| stated.span.file == self.edition.file) {
            let title = format!(
                "`{name}` has `confidence: {claim}`, but its document is later than the edition"
            );
            let dated = late.dated.as_deref().unwrap_or_default();
            self.problems.add(
                Problem::at(Code::SourceLater, stated.span, title, "too high for this edition")
                    .and_at(self.edition, "the edition")
                    .note(format!("the source `{}` is dated {dated}", late.key))
                    .help("write `confidence: inferred`, or remove the key"),
            );
        }
        Confidence::Inferred
    }

    /// Requires that an unconfirmed rule tests a switch, so that scenarios can choose another
    /// answer.
    pub(super) fn demand_switch(&mut self, part: &WrittenRule, has: Confidence, on: SwitchSet) {
        // A rule that replaces a rule of an extended edition needs no switch, because scenarios can
        // choose the extended edition.
        let replaces = self.read.replaces(part.span);
        if has != Confidence::Unconfirmed || !on.is_empty() || replaces {
            return;
        }
        let title = format!("rule `{}` is unconfirmed but tests no switch", *part.id);
        self.problems.add(
            Problem::at(Code::NoSwitch, part.span, title, "scenarios cannot choose another answer")
                .help("test a switch under `if:`, and write one rule for each of its positions")
                .help("or write `confidence: inferred` with the source of the inference, or `confidence: assumed`"),
        );
    }

    /// The basis of an answer; `None` if it has the basis of its rule. Reports an answer that is
    /// claimed to be documented or observed but is not listed under a cited source.
    pub(super) fn answer(
        &mut self,
        answer: &WrittenAnswer,
        (confidence, sources): (Confidence, &[usize]),
    ) -> Option<AnswerBasis> {
        let own = self.find_sources(&answer.sources);
        let stands_alone = !own.is_empty() || answer.confidence.is_some();
        let own_claim = if stands_alone {
            self.confidence_of((&answer.code, answer.span), answer.confidence, &own)
        } else {
            confidence
        };
        let cited = if own.is_empty() { sources } else { &own };
        let has = |at: &usize| self.sources[*at].answers.contains(&answer.code);
        if own_claim <= Confidence::Observed && !cited.iter().any(has) {
            let code = Code::AnswerUnlisted;
            let title = format!("no cited document lists the answer `{}`", answer.code);
            let keys: Vec<&str> = cited.iter().map(|at| self.sources[*at].key.as_str()).collect();
            self.problems.add(
                Problem::at(code, answer.span, title, "not under `answers` of a cited source")
                    .note(format!("cited sources: {}", keys.join(", ")))
                    .help(format!(
                        "add `answers: [{}]` to the source that contains it, and cite this source: `answer: {{ code: {}, source: … }}`",
                        answer.code, answer.code
                    ))
                    .help("or write `answer: { code: …, confidence: inferred }`"),
            );
        }
        stands_alone.then_some(AnswerBasis { sources: own, confidence: own_claim })
    }

    /// The default and the cautious position of a switch. The two must be equal, unless a source or
    /// `confidence: assumed` supports another default.
    pub(super) fn positions(
        &mut self,
        name: &Spanned<crate::format::Name>,
        part: &WrittenSwitch,
        is_supported: bool,
    ) -> (Option<u8>, Option<u8>) {
        let cautious = self.position(name, part, part.cautious.as_ref());
        let default = self.position(name, part, part.default.as_ref());
        let assumed = part.confidence.as_ref().is_some_and(|c| c.value == Confidence::Assumed);
        if let (Some(stated), Some(cautious), Some(default)) = (&part.default, cautious, default)
            && cautious != default
            && !is_supported
            && !assumed
        {
            let title = format!(
                "the default of the switch `{}` is `{}`, which is not the cautious position and has no source",
                **name, **stated
            );
            let side = &part.one_of[usize::from(cautious)].value;
            self.problems.add(
                Problem::at(Code::NotCautious, stated.span, title, "not cautious")
                    .note(format!("the cautious position is `{side}`"))
                    .help(format!("write `default: {side}`, or a `source:` for `{}`", **stated)),
            );
        }
        // Each scenario must set a switch that has neither a default nor a cautious position.
        if part.cautious.is_none() && part.default.is_some() {
            let code = Code::NoCautious;
            let title = format!("missing key `cautious` in the switch `{}`", **name);
            let problem = Problem::at(code, name.span, title, "no `cautious`");
            self.problems.add(problem.help(
                "write `cautious: POSITION`, the position in which protections hold least; it becomes the default",
            ));
        }
        (default.or(cautious), cautious)
    }

    fn position(
        &mut self,
        name: &Spanned<crate::format::Name>,
        part: &WrittenSwitch,
        stated: Option<&Spanned<String>>,
    ) -> Option<u8> {
        let stated = stated?;
        let at = part.one_of.iter().position(|value| value.value == **stated);
        if at.is_none() {
            let title = format!("unknown position `{}` of the switch `{}`", **stated, **name);
            let known: Vec<&str> = part.one_of.iter().map(|value| value.as_str()).collect();
            let problem = Problem::at(Code::UnknownWord, stated.span, title, "unknown position");
            self.problems.add(problem.note(format!("one of: {}", known.join(", "))));
        }
        at.and_then(|at| u8::try_from(at).ok())
    }

    /// Limits the confidence of rules to that of the figures that they use.
    pub(super) fn lean(&mut self, rules: &[RuleId], on: Option<Confidence>) {
        let Some(figures) = on else { return };
        for rule in rules {
            let rule = &mut self.rules[rule.index()];
            rule.confidence = rule.confidence.max(figures);
        }
    }
}

/// The parts that a citation lacks.
fn lacking(part: &WrittenCitation) -> Vec<&'static str> {
    let lacks = [(part.at.is_none(), "address"), (part.section.is_none(), "section")];
    lacks.into_iter().filter(|(lacks, _)| *lacks).map(|(_, what)| what).collect()
}
