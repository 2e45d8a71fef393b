//! What a scenario expects: as written, and with names resolved.

use serde_json::{Value as Json, json};

use super::resolve::Resolver;
use super::selector::Selector;
use crate::text::{
    Code, Name, Node, OneOrMany, Place, Problem, Problems, Read, Spanned, When as Written, closest,
    record,
};
use crate::time::SimTime;
use crate::vocab::{
    AccountId, Action, Billing, Channel, Confidence, Effect, EventId, GroupId, InstanceId,
    Lifecycle, Lock, Membership, Outcome, RequestResult, Trigger, Word, words,
};

record! {
    /// What is expected. A line that matches nothing fails.
    #[derive(Default)]
    ExpectPart: "`expect`" {
        /// Decisions: what became of an instance in a request.
        default "decisions" => decisions: Vec<Spanned<DecisionPart>>,
        /// Requests: what became of a call or of a due timer.
        default "requests" => requests: Vec<Spanned<RequestPart>>,
        /// States, just after everything that is due at an instant.
        default "states" => states: Vec<Spanned<StatePart>>,
        /// States that must never be seen, after any event.
        default "never" => never: Vec<Spanned<WatchPart>>,
        /// States that must be seen after every event.
        default "always" => always: Vec<Spanned<WatchPart>>,
        /// How many decisions of each outcome there are.
        default "totals" => totals: Vec<Spanned<TotalPart>>,
        /// Whether a decision that no line lists fails the test.
        default "exact" => exact: bool,
    }
}

record! {
    /// An expected decision. With several instances, each must have one.
    DecisionPart: "an expected decision" {
        /// The cases in which it is expected; all, if it does not say.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The event that made it.
        optional "event" => event: Spanned<Name>,
        /// The cause that asked.
        optional "trigger" => trigger: Trigger,
        /// What was asked.
        optional "action" => action: Action,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group that they were in.
        optional "group" => group: Spanned<Name>,
        /// When.
        optional "at" => at: Spanned<Written>,
        /// The way by which the call came in.
        optional "channel" => channel: Channel,
        /// What became of them.
        optional "outcome" => outcome: Outcome,
        /// What happened to them.
        optional "effect" => effect: Effect,
        /// The provider's answer; `~text` for one that contains the text.
        optional "answer" => answer: Spanned<String>,
        /// The rule that decided.
        optional "rule" => rule: Spanned<String>,
        /// The protection that decided.
        optional "decided-by" => decided_by: Spanned<String>,
        /// How well the decision is founded.
        optional "confidence" => confidence: Confidence,
        /// How they were paid for.
        optional "billing" => billing: Billing,
        /// How they had come into their group.
        optional "membership" => membership: Membership,
    }
}

record! {
    /// An expected request.
    RequestPart: "an expected request" {
        /// The cases in which it is expected; all, if it does not say.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The event that made it.
        optional "event" => event: Spanned<Name>,
        /// The cause that asked.
        optional "trigger" => trigger: Trigger,
        /// The verb.
        optional "verb" => verb: Spanned<String>,
        /// When.
        optional "at" => at: Spanned<Written>,
        /// What became of it.
        optional "result" => result: RequestResult,
        /// The provider's answer; `~text` for one that contains the text.
        optional "answer" => answer: Spanned<String>,
        /// How many instances it was to change.
        optional "wanted" => wanted: u32,
        /// How many it changed.
        optional "got" => got: u32,
    }
}

record! {
    /// An expected state: of instances, of a group or of an account.
    StatePart: "an expected state" {
        /// The cases in which it is expected; all, if it does not say.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// When: a time, or `end`.
        required "at" => at: Spanned<At>,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The group.
        optional "group" => group: Spanned<Name>,
        /// The account.
        optional "account" => account: Spanned<Name>,
        /// The state: of an instance, or `there` and `deleted` of a group, `paid` and `overdue` of an account.
        optional "is" => is: Spanned<String>,
        /// The number of members of the group.
        optional "size" => size: u32,
        /// How the instances are paid for.
        optional "billing" => billing: Billing,
        /// What bars their owner.
        optional "lock" => lock: Lock,
        /// The protections that are set on them, all of them.
        optional "protect" => protect: Vec<Spanned<String>>,
        /// When they are to be released: a time, or `never`.
        optional "auto-release" => auto_release: Spanned<Until>,
        /// When their terms end: a time, or `never`.
        optional "expires" => expires: Spanned<Until>,
        /// Whether they are in the group named by `group`.
        optional "member" => member: bool,
    }
}

record! {
    /// A state to watch for.
    WatchPart: "a watched state" {
        /// The cases in which it is watched; all, if it does not say.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// The instances.
        required "instance" => instance: Selector,
        /// The state.
        required "is" => is: Lifecycle,
    }
}

record! {
    /// How many decisions there are, by outcome.
    TotalPart: "totals" {
        /// The cases in which they are expected; all, if it does not say.
        optional "in" => within: OneOrMany<Spanned<Name>>,
        /// Only those of this event.
        optional "event" => event: Spanned<Name>,
        /// Only those of this cause.
        optional "trigger" => trigger: Trigger,
        /// Kept by a protection.
        optional "held" => held: Spanned<u64>,
        /// Went ahead in spite of one.
        optional "overridden" => overridden: Spanned<u64>,
        /// Went ahead without one.
        optional "unprotected" => unprotected: Spanned<u64>,
        /// Refused for another reason.
        optional "denied" => denied: Spanned<u64>,
        /// Waiting.
        optional "deferred" => deferred: Spanned<u64>,
        /// Passed over.
        optional "skipped" => skipped: Spanned<u64>,
        /// Kept by a neighbour's protection.
        optional "spared" => spared: Spanned<u64>,
        /// Nothing to do.
        optional "no-op" => no_op: Spanned<u64>,
    }
}

/// An instant to look at: a time, or `end`.
#[derive(Debug, Clone, Copy)]
pub enum At {
    /// A time.
    Time(Written),
    /// The end of the run.
    End,
}

impl Read for At {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("end") => Some(Self::End),
            _ => Written::read(node, problems).map(Self::Time),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "end" }, Written::schema()] })
    }
}

/// A deadline: a time, or `never`.
#[derive(Debug, Clone, Copy)]
pub struct Until(Option<Written>);

impl Read for Until {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match node.scalar() {
            Some("never") => Some(Self(None)),
            _ => Written::read(node, problems).map(|at| Self(Some(at))),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": "never" }, Written::schema()] })
    }
}

/// What is expected of one case.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// Decisions.
    pub decisions: Vec<Expectation<DecisionLine>>,
    /// Requests.
    pub requests: Vec<Expectation<RequestLine>>,
    /// States.
    pub states: Vec<Expectation<StateLine>>,
    /// States that must never be seen.
    pub never: Vec<Expectation<Watch>>,
    /// States that must always be seen.
    pub always: Vec<Expectation<Watch>>,
    /// Counts.
    pub totals: Vec<Expectation<TotalLine>>,
    /// Whether unlisted decisions fail.
    pub exact: bool,
}

impl Expectations {
    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.decisions.len()
            + self.requests.len()
            + self.states.len()
            + self.never.len()
            + self.always.len()
            + self.totals.len()
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && !self.exact
    }
}

/// A line and where it stands.
#[derive(Debug, Clone)]
pub struct Expectation<L> {
    /// The line.
    pub line: L,
    /// Where it stands.
    pub place: Place,
}

/// An expected decision.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of DecisionPart, resolved")]
pub struct DecisionLine {
    pub event: Option<EventId>,
    pub trigger: Option<Trigger>,
    pub action: Option<Action>,
    pub instances: Option<Vec<InstanceId>>,
    pub group: Option<GroupId>,
    pub at: Option<SimTime>,
    pub channel: Option<Channel>,
    pub outcome: Option<Outcome>,
    pub effect: Option<Effect>,
    pub answer: Option<String>,
    pub rule: Option<String>,
    pub decided_by: Option<String>,
    pub confidence: Option<Confidence>,
    pub billing: Option<Billing>,
    pub membership: Option<Membership>,
}

/// An expected request.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of RequestPart, resolved")]
pub struct RequestLine {
    pub event: Option<EventId>,
    pub trigger: Option<Trigger>,
    pub verb: Option<String>,
    pub at: Option<SimTime>,
    pub result: Option<RequestResult>,
    pub answer: Option<String>,
    pub wanted: Option<u32>,
    pub got: Option<u32>,
}

/// When to look at a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Just after everything due at that instant.
    At(SimTime),
    /// At the end of the run.
    End,
}

/// An expected state.
#[derive(Debug, Clone)]
pub struct StateLine {
    /// When to look.
    pub at: When,
    /// At what, and what must be seen.
    pub of: StateOf,
}

/// What a state is of.
#[derive(Debug, Clone)]
pub enum StateOf {
    /// Instances: all of what is given must hold for each.
    Instances(Vec<InstanceId>, Box<InstanceState>),
    /// A group: its size, and whether it exists.
    Group(GroupId, Option<u32>, Option<bool>),
    /// An account: whether it is in arrears.
    Account(AccountId, bool),
}

/// What is expected of an instance.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the keys of StatePart, resolved")]
pub struct InstanceState {
    pub is: Option<Lifecycle>,
    pub billing: Option<Billing>,
    pub lock: Option<Lock>,
    pub protect: Option<Vec<String>>,
    pub auto_release: Option<SimTime>,
    pub expires: Option<SimTime>,
    pub member: Option<(GroupId, bool)>,
}

/// A state to watch for.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The instances.
    pub instances: Vec<InstanceId>,
    /// The state.
    pub is: Lifecycle,
}

/// Expected counts.
#[derive(Debug, Clone)]
pub struct TotalLine {
    /// Only decisions of this event.
    pub event: Option<EventId>,
    /// Only decisions of this cause.
    pub trigger: Option<Trigger>,
    /// The counts, each with its place.
    pub counts: Vec<(Outcome, Spanned<u64>)>,
}

words! {
    /// The state of a group.
    GroupIs: "a state of a group" {
        /// It exists.
        There = "there",
        /// It was deleted.
        Deleted = "deleted",
    }
}

words! {
    /// The state of an account.
    AccountIs: "a state of an account" {
        /// It owes nothing.
        Paid = "paid",
        /// It is in arrears.
        Overdue = "overdue",
    }
}

/// The mistake has been told.
struct Told;

/// What a key says, if it is given at all.
type Given<T> = Result<Option<T>, Told>;

/// Resolves the lines of one case.
pub struct Expecting<'r, 'p> {
    /// Names to ids.
    pub resolver: &'r mut Resolver<'p>,
    /// The case that is being compiled.
    pub case: &'r str,
    /// Every case of the file.
    pub cases: &'r [String],
    /// The names of events that happen in this case.
    pub events: &'r super::resolve::Names,
    /// The names of events that some case leaves out.
    pub left_out: &'r super::resolve::Names,
    /// The last instant.
    pub end: SimTime,
}

impl Expecting<'_, '_> {
    /// Resolves everything that is expected of this case.
    pub fn resolve(&mut self, part: &ExpectPart) -> Expectations {
        Expectations {
            decisions: self.lines(&part.decisions, |p| &p.within, Self::decision),
            requests: self.lines(&part.requests, |p| &p.within, Self::request),
            states: self.lines(&part.states, |p| &p.within, Self::state),
            never: self.lines(&part.never, |p| &p.within, Self::watch),
            always: self.lines(&part.always, |p| &p.within, Self::watch),
            totals: self.lines(&part.totals, |p| &p.within, Self::total),
            exact: part.exact,
        }
    }

    fn lines<P, L>(
        &mut self,
        parts: &[Spanned<P>],
        within: impl Fn(&P) -> &Option<OneOrMany<Spanned<Name>>>,
        resolve: impl Fn(&mut Self, &P, Place) -> Option<L>,
    ) -> Vec<Expectation<L>> {
        let mut lines = Vec::new();
        for part in parts {
            if !self.concerns(within(&part.value).as_ref()) {
                continue;
            }
            if let Some(line) = resolve(self, &part.value, part.place) {
                lines.push(Expectation { line, place: part.place });
            }
        }
        lines
    }

    /// Whether a line is about this case.
    fn concerns(&mut self, within: Option<&OneOrMany<Spanned<Name>>>) -> bool {
        let Some(OneOrMany(names)) = within else { return true };
        for name in names {
            if !self.cases.contains(&name.to_string()) {
                let known = self.cases.iter().map(String::as_str);
                let title = format!("there is no case `{}`", **name);
                let problem = Problem::at(Code::UnknownCase, name.place, title, "unknown case");
                let problem = problem.did_you_mean(&closest(name, known));
                self.resolver.problems.add(problem);
            }
        }
        names.iter().any(|name| *name.0 == *self.case)
    }

    fn event(&mut self, name: Option<&Spanned<Name>>) -> Given<EventId> {
        let Some(name) = name else { return Ok(None) };
        if let Some(at) = self.events.get(name) {
            return Ok(Some(EventId::at(at)));
        }
        let problem = if self.left_out.get(name).is_some() {
            let title =
                format!("the event `{}` does not happen in the case `{}`", **name, self.case);
            Problem::at(Code::NeverReached, name.place, title, "left out by `at: never`")
                .help("say with `in:` in which cases the line holds")
        } else {
            let title = format!("no event is called `{}`", **name);
            Problem::at(Code::UnknownName, name.place, title, "no such event")
                .did_you_mean(&closest(name, self.events.iter()))
        };
        self.resolver.problems.add(problem);
        Err(Told)
    }

    fn time(&mut self, at: Option<&Spanned<Written>>) -> Given<SimTime> {
        let Some(at) = at else { return Ok(None) };
        let instant = at.from(self.resolver.start);
        if instant > self.end {
            self.resolver.problems.add(never_reached(at.place, instant, self.end));
            return Err(Told);
        }
        Ok(Some(instant))
    }

    fn rule(&mut self, rule: Option<&Spanned<String>>) {
        let Some(rule) = rule else { return };
        let books = &self.resolver.rulebooks;
        let known = || books.iter().flat_map(|book| &book.policy.rules).map(|r| r.id.as_str());
        if !known().any(|id| id == **rule) {
            let policies: Vec<&str> = books.iter().map(|book| book.policy.name.as_str()).collect();
            let title = format!("{} has no rule `{}`", policies.join(", "), **rule);
            let problem = Problem::at(Code::UnknownRule, rule.place, title, "unknown rule");
            let problem = problem.did_you_mean(&closest(rule, known()));
            let problem = problem.note("`stayput matrix POLICY` prints every rule");
            self.resolver.problems.add(problem);
        }
    }

    fn decision(&mut self, part: &DecisionPart, _: Place) -> Option<DecisionLine> {
        let event = self.event(part.event.as_ref());
        let at = self.time(part.at.as_ref());
        self.rule(part.rule.as_ref());
        let instances = match &part.instance {
            Some(selector) => self.resolver.select(selector).map(Some),
            None => Some(None),
        };
        let group = match &part.group {
            Some(name) => self.resolver.group(name, name.place).map(Some),
            None => Some(None),
        };
        if let Some(name) = &part.decided_by {
            let books = &self.resolver.rulebooks;
            if books.iter().all(|book| book.policy.protection(name).is_none()) {
                let problem = super::resolve::unknown_protection(name, name.place, books);
                self.resolver.problems.add(problem);
            }
        }
        Some(DecisionLine {
            event: event.ok()?,
            trigger: part.trigger,
            action: part.action,
            instances: instances?,
            group: group?,
            at: at.ok()?,
            channel: part.channel,
            outcome: part.outcome,
            effect: part.effect,
            answer: part.answer.as_ref().map(|answer| answer.value.clone()),
            rule: part.rule.as_ref().map(|rule| rule.value.clone()),
            decided_by: part.decided_by.as_ref().map(|name| name.value.clone()),
            confidence: part.confidence,
            billing: part.billing,
            membership: part.membership,
        })
    }

    fn request(&mut self, part: &RequestPart, _: Place) -> Option<RequestLine> {
        let event = self.event(part.event.as_ref());
        let at = self.time(part.at.as_ref());
        Some(RequestLine {
            event: event.ok()?,
            trigger: part.trigger,
            verb: part.verb.as_ref().map(|verb| verb.value.clone()),
            at: at.ok()?,
            result: part.result,
            answer: part.answer.as_ref().map(|answer| answer.value.clone()),
            wanted: part.wanted,
            got: part.got,
        })
    }

    fn watch(&mut self, part: &WatchPart, _: Place) -> Option<Watch> {
        let instances = self.resolver.select(&part.instance)?;
        Some(Watch { instances, is: part.is })
    }

    fn total(&mut self, part: &TotalPart, place: Place) -> Option<TotalLine> {
        let event = self.event(part.event.as_ref()).ok()?;
        let counts: Vec<(Outcome, Spanned<u64>)> = [
            (Outcome::Held, part.held),
            (Outcome::Overridden, part.overridden),
            (Outcome::Unprotected, part.unprotected),
            (Outcome::Denied, part.denied),
            (Outcome::Deferred, part.deferred),
            (Outcome::Skipped, part.skipped),
            (Outcome::Spared, part.spared),
            (Outcome::NoOp, part.no_op),
        ]
        .into_iter()
        .filter_map(|(outcome, count)| count.map(|count| (outcome, count)))
        .collect();
        if counts.is_empty() {
            let title = "a line of totals counts at least one outcome";
            self.resolver.problems.add(Problem::at(
                Code::MissingKey,
                place,
                title,
                "counts nothing",
            ));
        }
        Some(TotalLine { event, trigger: part.trigger, counts })
    }

    fn state(&mut self, part: &StatePart, place: Place) -> Option<StateLine> {
        let at = match part.at.value {
            At::End => When::End,
            At::Time(time) => {
                let at = Spanned::new(time, part.at.place);
                When::At(self.time(Some(&at)).ok()??)
            }
        };
        let of = match (&part.instance, &part.group, &part.account) {
            (Some(selector), group, None) => self.instance_state(part, selector, group.as_ref())?,
            (None, Some(group), None) => self.group_state(part, group)?,
            (None, None, Some(account)) => self.account_state(part, account)?,
            _ => {
                let title = "a state is of instances, of a group, or of an account";
                let problem = Problem::at(Code::MissingKey, place, title, "not clear of what");
                let problem = problem.help("give one of `instance`, `group` and `account`");
                self.resolver.problems.add(problem);
                return None;
            }
        };
        Some(StateLine { at, of })
    }

    fn instance_state(
        &mut self,
        part: &StatePart,
        selector: &Selector,
        group: Option<&Spanned<Name>>,
    ) -> Option<StateOf> {
        let instances = self.resolver.select(selector)?;
        let is = match &part.is {
            Some(is) => Some(self.word::<Lifecycle>(is)?),
            None => None,
        };
        let member = match group {
            Some(name) => {
                let group = self.resolver.group(name, name.place)?;
                Some((group, part.member.unwrap_or(true)))
            }
            None => None,
        };
        for name in part.protect.iter().flatten() {
            let books = &self.resolver.rulebooks;
            if books.iter().all(|book| book.policy.protection(name).is_none()) {
                let problem = super::resolve::unknown_protection(name, name.place, books);
                self.resolver.problems.add(problem);
            }
        }
        let start = self.resolver.start;
        let until = |until: &Option<Spanned<Until>>| {
            until.as_ref().map(|until| until.0.map_or(SimTime::NEVER, |at| at.from(start)))
        };
        let state = InstanceState {
            is,
            billing: part.billing,
            lock: part.lock,
            protect: part.protect.as_ref().map(|names| {
                let mut names: Vec<String> = names.iter().map(|name| name.value.clone()).collect();
                names.sort_unstable();
                names
            }),
            auto_release: until(&part.auto_release),
            expires: until(&part.expires),
            member,
        };
        Some(StateOf::Instances(instances, Box::new(state)))
    }

    fn group_state(&mut self, part: &StatePart, name: &Spanned<Name>) -> Option<StateOf> {
        let group = self.resolver.group(name, name.place)?;
        let there = match &part.is {
            Some(is) => Some(self.word::<GroupIs>(is)? == GroupIs::There),
            None => None,
        };
        Some(StateOf::Group(group, part.size, there))
    }

    fn account_state(&mut self, part: &StatePart, name: &Spanned<Name>) -> Option<StateOf> {
        let account = self.resolver.account(name, name.place)?;
        let Some(is) = &part.is else {
            let title = "a state of an account needs the key `is`";
            self.resolver.problems.add(Problem::at(
                Code::MissingKey,
                name.place,
                title,
                "is what?",
            ));
            return None;
        };
        let overdue = self.word::<AccountIs>(is)? == AccountIs::Overdue;
        Some(StateOf::Account(account, overdue))
    }

    fn word<W: Word>(&mut self, text: &Spanned<String>) -> Option<W> {
        let node = Node {
            value: crate::text::Value::Scalar(
                text.value.as_str().into(),
                crate::text::Style::Plain,
            ),
            place: text.place,
        };
        W::read(&node, self.resolver.problems)
    }
}

fn never_reached(place: Place, at: SimTime, end: SimTime) -> Problem {
    let title = "this expectation is never looked at: the run has ended by then";
    Problem::at(Code::NeverReached, place, title, format!("{} after the end", at.since(end)))
        .help("let the scenario run longer with `for:`, or use `at: end`")
}
