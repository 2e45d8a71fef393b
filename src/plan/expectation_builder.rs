//! Resolves expectations: names become ids, times become instants.

use super::expectations::{
    AlertedLine, DecisionLine, Expectation, Expectations, LossLine, RequestLine, TotalLine,
    TwoPersonLine, Watch,
};
use super::names::{NameTable, with_known};
use super::protections::unknown_protection;
use super::resolver::Resolver;
use super::script_builder::Events;
use super::watch_builder::members;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::format::expect::{
    AnyOf, WrittenAlerted, WrittenDecision, WrittenExpect, WrittenLoss, WrittenRequest,
    WrittenTotal, WrittenTwoPerson, WrittenWatch,
};
use crate::format::{Map, Name, OneOrMany, Selector, VERBS, When as WrittenWhen, WrittenHouseRule};
use crate::policy::Policy;
use crate::record::Cause;
use crate::time::SimTime;
use crate::words::{
    Action, DecidingFactor, EventId, InstanceId, Metric, Outcome, RuleSeverity, SHARE, TimerName,
    Word,
};

/// The mistake has been reported.
pub(super) struct AlreadyReported;

/// The value of an optional key; `Ok(None)` if it is not given.
pub(super) type Given<T> = Result<Option<T>, AlreadyReported>;

/// Resolves the lines of one case.
pub struct Expecting<'r, 'p> {
    /// Resolves names to ids.
    pub resolver: &'r mut Resolver<'p>,
    /// The case that is being compiled.
    pub case: &'r str,
    /// The names of all cases of the file.
    pub cases: &'r [String],
    /// The names of events that happen in this case.
    pub events: &'r Events,
    /// The names of events that this case leaves out.
    pub left_out: &'r NameTable,
    /// The last instant.
    pub end: SimTime,
    /// The house rules of the scenario.
    pub house: &'r Map<WrittenHouseRule>,
}

impl Expecting<'_, '_> {
    /// Resolves the expectations of this case.
    pub fn resolve(&mut self, part: &WrittenExpect) -> Expectations {
        Expectations {
            decisions: self.lines(&part.decisions.0, |p| &p.within, Self::decision),
            requests: self.lines(&part.requests.0, |p| &p.within, Self::request),
            losses: self.lines(&part.losses.0, |p| &p.within, Self::loss),
            states: self.lines(&part.states.0, |p| &p.within, Self::state),
            never: self.lines(&part.never.0, |p| &p.within, Self::watch),
            always: self.lines(&part.always.0, |p| &p.within, Self::watch),
            totals: self.lines(&part.totals.0, |p| &p.within, Self::total),
            two_person: self.lines(&part.two_person.0, |p| &p.within_cases, Self::two_person),
            alerted: self.lines(&part.alerted.0, |p| &p.within_cases, Self::alerted),
            house: self.house(&part.findings),
            exact: part.exact,
        }
    }

    /// Each house rule that is expected to be broken, and each that is an error otherwise.
    fn house(&mut self, broken: &OneOrMany<Spanned<Name>>) -> Vec<Expectation<(String, bool)>> {
        let mut lines = Vec::new();
        for name in &broken.0 {
            if !self.house.0.iter().any(|(known, _)| known.value == name.value) {
                let known = self.house.0.iter().map(|(known, _)| &*known.value.0);
                let title = format!("unknown house rule `{}`", name.value);
                let problem = Problem::at(Code::UnknownName, name.span, title, "not under `house`");
                self.resolver.problems.add(problem.did_you_mean(&closest(&name.value, known)));
            }
            let line = (name.value.to_string(), true);
            lines.push(Expectation { line, span: name.span });
        }
        for (name, rule) in &self.house.0 {
            let is_error = rule.severity != Some(RuleSeverity::Warning);
            if is_error && !broken.0.iter().any(|other| other.value == name.value) {
                let line = (name.value.to_string(), false);
                lines.push(Expectation { line, span: name.span });
            }
        }
        lines
    }

    /// Resolves the decisions that this case counts, by name.
    pub fn counts(&mut self, parts: &Map<WrittenDecision>) -> Vec<(String, DecisionLine)> {
        let mut counts = Vec::new();
        for (name, part) in &parts.0 {
            let taken = Metric::spelled(name).is_some() || name.starts_with(SHARE);
            if taken || name.contains([';', '=']) {
                let title = format!("`{}` cannot be the name of a count", **name);
                let problem = Problem::at(Code::BadName, name.span, title, "reserved");
                let known: Vec<&str> = Metric::ALL.iter().map(|metric| metric.word()).collect();
                let note = format!("built-in metrics: {}", known.join(", "));
                let help =
                    "choose a name that does not start with `any-` and contains no `;` or `=`";
                self.resolver.problems.add(problem.note(note).help(help));
                continue;
            }
            if self.concerns(part.within.as_ref(), name.span) {
                let line = self.decision(part, name.span);
                counts.extend(line.map(|line| (name.to_string(), line)));
            }
        }
        counts
    }

    fn lines<P, L>(
        &mut self,
        parts: &[Spanned<P>],
        within: impl Fn(&P) -> &Option<OneOrMany<Spanned<Name>>>,
        resolve: impl Fn(&mut Self, &P, Span) -> Option<L>,
    ) -> Vec<Expectation<L>> {
        let mut lines = Vec::new();
        for part in parts {
            if !self.concerns(within(&part.value).as_ref(), part.span) {
                continue;
            }
            if let Some(line) = resolve(self, &part.value, part.span) {
                lines.push(Expectation { line, span: part.span });
            }
        }
        lines
    }

    /// Whether a line applies to this case.
    fn concerns(&mut self, within: Option<&OneOrMany<Spanned<Name>>>, span: Span) -> bool {
        let Some(OneOrMany(names)) = within else { return true };
        if names.is_empty() {
            let title = "an empty list of cases: this line is never checked";
            let problem = Problem::at(Code::NeverReached, span, title, "an empty `in:`");
            self.resolver.problems.add(problem.help("name the cases, or leave out `in:`"));
        }
        for name in names {
            if !self.cases.contains(&name.to_string()) {
                // A scenario without cases has one without a name.
                let known = self.cases.iter().map(String::as_str).filter(|case| !case.is_empty());
                let title = format!("there is no case `{}`", **name);
                let problem = Problem::at(Code::UnknownCase, name.span, title, "unknown case");
                let problem = if known.clone().next().is_none() {
                    problem.help("leave `in` out: there are no cases")
                } else {
                    problem.did_you_mean(&closest(name, known))
                };
                self.resolver.problems.add(problem);
            }
        }
        names.iter().any(|name| *name.0 == *self.case)
    }

    fn event(&mut self, name: Option<&Spanned<Name>>) -> Given<EventId> {
        let Some(name) = name else { return Ok(None) };
        if let Some(id) = self.events.get(name) {
            return Ok(Some(id));
        }
        if self.resolver.mentioned.event(name) && self.left_out.get(name).is_none() {
            return Err(AlreadyReported);
        }
        let problem = if self.left_out.get(name).is_some() {
            let title = format!("`{}` does not happen in every case of this line", **name);
            Problem::at(Code::NeverReached, name.span, title, "left out by `never`")
                .help("list the cases of this line under `in:`, or remove the line")
        } else {
            let title = format!("unknown event `{}`", **name);
            let known = self.events.suggestions();
            Problem::at(Code::UnknownName, name.span, title, "no such event")
                .did_you_mean(&closest(name, known.iter().map(String::as_str)))
        };
        self.resolver.problems.add(problem);
        Err(AlreadyReported)
    }

    /// An event by its id, or a timer as `timer:` and its name.
    fn cause(&mut self, name: Option<&Spanned<Name>>) -> Given<Cause> {
        let Some(name) = name else { return Ok(None) };
        let Some(word) = name.strip_prefix(TimerName::PREFIX) else {
            return Ok(self.event(Some(name))?.map(Cause::Event));
        };
        if let Some(timer) = TimerName::spelled(word) {
            return Ok(Some(Cause::Timer(timer)));
        }
        let written = |timer: &TimerName| format!("{}{}", TimerName::PREFIX, timer.word());
        let known: Vec<String> = TimerName::ALL.iter().map(written).collect();
        let title = format!("unknown timer `{word}`");
        let problem = Problem::at(Code::UnknownName, name.span, title, "no such timer")
            .did_you_mean(&closest(name, known.iter().map(String::as_str)))
            .note(format!("the timers are {}", known.join(", ")));
        self.resolver.problems.add(problem);
        Err(AlreadyReported)
    }

    /// The instant of a line, as [`Self::time`], where `at: end` is possible as well.
    pub(super) fn time_or_end(&mut self, at: &Spanned<WrittenWhen>) -> Given<SimTime> {
        self.instant(at, ", or use `at: end`")
    }

    fn time(&mut self, at: Option<&Spanned<WrittenWhen>>) -> Given<SimTime> {
        at.map_or(Ok(None), |at| self.instant(at, ""))
    }

    /// An instant of the run; `or` is what else can be written instead of one after its end.
    fn instant(&mut self, at: &Spanned<WrittenWhen>, or: &str) -> Given<SimTime> {
        let instant = at.from(self.resolver.start);
        let start = self.resolver.start;
        if instant > self.end || instant < start {
            self.resolver.problems.add(never_reached(at.span, instant, (start, self.end), or));
            return Err(AlreadyReported);
        }
        Ok(Some(instant))
    }

    fn rule(&mut self, rule: Option<&Spanned<String>>) {
        let Some(rule) = rule else { return };
        let books = &self.resolver.rulebooks;
        let known = || books.iter().flat_map(|book| &book.policy.rules).map(|r| r.id.as_str());
        if !known().any(|id| id == **rule) {
            let policies: Vec<&str> = books.iter().map(|book| book.policy.name.as_str()).collect();
            let have = if policies.len() > 1 { "have" } else { "has" };
            let title = format!("{} {have} no rule `{}`", policies.join(", "), **rule);
            let problem = Problem::at(Code::UnknownRule, rule.span, title, "unknown rule");
            let problem = problem.did_you_mean(&closest(rule, known()));
            let problem = problem.note("`stayput rules POLICY` prints every rule");
            self.resolver.problems.add(problem);
        }
    }

    /// The events and timers that a line names; empty if it names none, which means all.
    fn causes(
        &mut self,
        names: Option<&OneOrMany<Spanned<Name>>>,
    ) -> Result<Vec<Cause>, AlreadyReported> {
        let names = OneOrMany::items(names);
        let found: Vec<_> = names.iter().map(|name| self.cause(Some(name))).collect();
        Ok(found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// The instances that a line names, sorted; empty if it names none, which means all.
    fn instances(
        &mut self,
        selector: Option<&Selector>,
    ) -> Result<Vec<InstanceId>, AlreadyReported> {
        let Some(selector) = selector else { return Ok(Vec::new()) };
        let mut found = self.resolver.select(selector).ok_or(AlreadyReported)?;
        found.sort_unstable();
        Ok(found)
    }

    /// Reports a name that is not a protection of any policy of the scenario.
    pub(super) fn check_protection(&mut self, name: &str, span: Span) {
        let books = self.resolver.rulebooks.iter();
        let policies: Vec<&Policy> = books.map(|book| &*book.policy).collect();
        if policies.iter().all(|policy| policy.protection(name).is_none()) {
            let problem = unknown_protection(name, span, &policies, None);
            self.resolver.problems.add(problem);
        }
    }

    fn decision(&mut self, part: &WrittenDecision, _: Span) -> Option<DecisionLine> {
        let causes = self.causes(part.event.as_ref());
        let at = self.time(part.at.as_ref());
        self.rule(part.rule.as_ref());
        let instances = self.instances(part.instance.as_ref());
        let group = match &part.group {
            Some(name) => self.resolver.group(name, name.span).map(Some),
            None => Some(None),
        };
        if let Some(name) = &part.decided_by
            && DecidingFactor::spelled(name).is_none()
        {
            self.check_protection(name, name.span);
        }
        let verdicts = part.verdicts.as_ref().map(|map| map.0.as_slice()).unwrap_or_default();
        for (name, _) in verdicts {
            self.check_protection(&name.value, name.span);
        }
        let by = self.callers(part.by.as_ref());
        Some(DecisionLine {
            causes: causes.ok()?,
            trigger: AnyOf::values(part.trigger.as_ref()).to_vec(),
            action: AnyOf::values(part.action.as_ref()).to_vec(),
            instances: instances.ok()?,
            group: group?,
            at: at.ok()?,
            by,
            via: AnyOf::values(part.via.as_ref()).to_vec(),
            outcome: AnyOf::values(part.outcome.as_ref()).to_vec(),
            effect: AnyOf::values(part.effect.as_ref()).to_vec(),
            answer: self.answer(part.answer.as_ref()),
            rule: part.rule.as_ref().map(|rule| rule.value.clone()),
            decided_by: part.decided_by.as_ref().map(|name| name.value.clone()),
            verdicts: verdicts.iter().map(|(name, v)| (name.to_string(), *v)).collect(),
            confidence: AnyOf::values(part.confidence.as_ref()).to_vec(),
            billing: AnyOf::values(part.billing.as_ref()).to_vec(),
            membership: AnyOf::values(part.membership.as_ref()).to_vec(),
        })
    }

    fn request(&mut self, part: &WrittenRequest, _: Span) -> Option<RequestLine> {
        if let Some(verb) = &part.verb {
            self.verb(verb);
        }
        let causes = self.causes(part.event.as_ref());
        let at = self.time(part.at.as_ref());
        self.rule(part.rule.as_ref());
        let by = self.callers(part.by.as_ref());
        Some(RequestLine {
            causes: causes.ok()?,
            trigger: AnyOf::values(part.trigger.as_ref()).to_vec(),
            by,
            via: AnyOf::values(part.via.as_ref()).to_vec(),
            verb: part.verb.as_ref().map(|verb| verb.value.clone()),
            at: at.ok()?,
            result: AnyOf::values(part.result.as_ref()).to_vec(),
            answer: self.answer(part.answer.as_ref()),
            rule: part.rule.as_ref().map(|rule| rule.value.clone()),
            wanted: part.wanted,
            got: part.got,
        })
    }

    /// Reports a word that is neither a verb of events nor an action of timers.
    fn verb(&mut self, verb: &Spanned<String>) {
        let words = Action::ALL.iter().map(|action| action.word());
        let mut known: Vec<&str> = VERBS.iter().copied().chain(words).collect();
        known.sort_unstable();
        known.dedup();
        if !known.contains(&verb.as_str()) {
            let title = format!("no request has the verb `{}`", **verb);
            let problem = Problem::at(Code::UnknownWord, verb.span, title, "unknown verb");
            let problem = problem.did_you_mean(&closest(verb, known.iter().copied()));
            self.resolver.problems.add(problem);
        }
    }

    /// The expected answer. `~` without a text is reported, because it would match every answer.
    fn answer(&mut self, answer: Option<&Spanned<String>>) -> Option<String> {
        let answer = answer?;
        if **answer == "~" {
            let title = "`~` without a text matches every answer";
            let problem = Problem::at(Code::MatchesNothing, answer.span, title, "no text");
            self.resolver.problems.add(problem.help("write the text that the answer must contain"));
        }
        Some(answer.value.clone())
    }

    fn loss(&mut self, part: &WrittenLoss, _: Span) -> Option<LossLine> {
        let at = self.time(part.at.as_ref());
        self.rule(part.rule.as_ref());
        let instances = self.instances(part.instance.as_ref());
        Some(LossLine {
            instances: instances.ok()?,
            kind: AnyOf::values(part.kind.as_ref()).to_vec(),
            name: part.name.as_ref().map(ToString::to_string),
            fate: AnyOf::values(part.fate.as_ref()).to_vec(),
            trigger: AnyOf::values(part.trigger.as_ref()).to_vec(),
            at: at.ok()?,
            rule: part.rule.as_ref().map(|rule| rule.value.clone()),
        })
    }

    fn watch(&mut self, part: &WrittenWatch, _: Span) -> Option<Watch> {
        let mut instances = self.resolver.select(&part.instance)?;
        instances.sort_unstable();
        Some(Watch { instances, is: part.is })
    }

    fn two_person(&mut self, part: &WrittenTwoPerson, _: Span) -> Option<TwoPersonLine> {
        let mut instances = self.resolver.select(&part.instance)?;
        instances.sort_unstable();
        let calls = part.calls.map_or(3, usize::from);
        Some(TwoPersonLine { instances, within: part.within, calls })
    }

    fn alerted(&mut self, part: &WrittenAlerted, _: Span) -> Option<AlertedLine> {
        let instances = members(self.resolver, part.instance.as_ref())?;
        Some(AlertedLine { instances, before_loss: part.before_loss })
    }

    fn total(&mut self, part: &WrittenTotal, span: Span) -> Option<TotalLine> {
        let cause = self.cause(part.event.as_ref()).ok()?;
        let counts: Vec<(Outcome, Spanned<u64>)> = [
            (Outcome::Held, part.held),
            (Outcome::Overridden, part.overridden),
            (Outcome::Unprotected, part.unprotected),
            (Outcome::Undetermined, part.undetermined),
            (Outcome::Denied, part.denied),
            (Outcome::Deferred, part.deferred),
            (Outcome::Skipped, part.skipped),
            (Outcome::Spared, part.spared),
            (Outcome::NoOp, part.no_op),
        ]
        .into_iter()
        .filter_map(|(outcome, count)| count.map(|count| (outcome, count)))
        .collect();
        if counts.is_empty() && !self.resolver.problems.has_error_in(span) {
            let title = "a line of totals needs at least one outcome";
            self.resolver.problems.add(Problem::at(Code::MissingKey, span, title, "no outcome"));
        }
        Some(TotalLine { cause, trigger: part.trigger, counts })
    }

    /// The callers that a line names. A caller that no event names is reported.
    fn callers(&mut self, names: Option<&AnyOf<Spanned<Name>>>) -> Vec<String> {
        let names = AnyOf::values(names);
        for name in names {
            if self.resolver.actors.get(name).is_none() && !self.resolver.mentioned.caller(name) {
                let title = format!("no event has `by: {}`", **name);
                let problem = Problem::at(Code::UnknownName, name.span, title, "unknown caller");
                let actors = &self.resolver.actors;
                let problem =
                    with_known(problem, name, actors, "callers", "no event names a caller");
                self.resolver.problems.add(problem);
            }
        }
        names.iter().map(|name| name.to_string()).collect()
    }
}

fn never_reached(span: Span, at: SimTime, (start, end): (SimTime, SimTime), or: &str) -> Problem {
    if at < start {
        let title = "this expectation is never checked: the run starts later";
        let label = format!("{} before the start", start.since(at));
        return Problem::at(Code::NeverReached, span, title, label);
    }
    let title = "this expectation is never checked: the run has ended by then";
    Problem::at(Code::NeverReached, span, title, format!("{} after the end", at.since(end)))
        .help(format!("write `for: {}` or more{or}", at.since(start)))
}
