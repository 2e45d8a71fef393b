//! Resolves random sources: replaces names by ids and times by instants.

use super::events::Event;
use super::random::{Alternative, Among, FollowUp, RandomSource, Same};
use super::resolver::Resolver;
use super::script_builder::{EventChecks, Listed, written_flags};
use super::targets::EventTargets;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::fleet::Fleet;
use crate::format::random::{Several, left_open, with};
use crate::format::{
    Map, Name, Node, Pick, Since, SpanDistribution, SpanFiles, WrittenAlternative, WrittenCall,
    WrittenDistribution, WrittenRandomSource, WrittenThen, WrittenVerb, check_gaps, expand, glob,
    not_a_range,
};
use crate::time::{SimSpan, SimTime};
use crate::words::{AccountId, EventId, GroupId};

/// The files that the distributions of some sources name.
pub fn files(sources: &Map<WrittenRandomSource>) -> impl Iterator<Item = &Spanned<String>> {
    sources.0.iter().flat_map(|(_, part)| part.files())
}

/// Resolves the random sources of a case.
pub struct Sourcing<'s, 'p> {
    resolver: &'s mut Resolver<'p>,
    fleet: &'s Fleet,
    tables: SpanFiles<'s>,
    script: &'s mut Listed,
}

impl<'s, 'p> Sourcing<'s, 'p> {
    /// Prepares to resolve sources. Each source gets the id of an event; these ids follow those of
    /// the script.
    pub fn new(
        resolver: &'s mut Resolver<'p>,
        fleet: &'s Fleet,
        tables: SpanFiles<'s>,
        script: &'s mut Listed,
    ) -> Self {
        Self { resolver, fleet, tables, script }
    }

    /// The sources of this case, in the order of the file. `end` is the last instant, with the span
    /// that sets it.
    pub fn sources(
        &mut self,
        parts: &Map<WrittenRandomSource>,
        end: (SimTime, Span),
    ) -> Vec<RandomSource> {
        parts.0.iter().filter_map(|(name, part)| self.source(name, part, end)).collect()
    }

    fn source(
        &mut self,
        name: &Spanned<Name>,
        part: &WrittenRandomSource,
        end: (SimTime, Span),
    ) -> Option<RandomSource> {
        if matches!(part.from, Since::Never) {
            self.script.left_out.intern(name);
            return None;
        }
        let event = self.define(name);
        let every = self.distribution(part.every.as_ref());
        let span = self.span(part, every.as_ref(), end);
        let alternatives: Vec<Option<Alternative>> =
            part.alternatives.iter().map(|part| self.alternative(part)).collect();
        let alternatives: Option<Vec<Alternative>> = alternatives.into_iter().collect();
        let (from, until) = span?;
        let alternatives =
            alternatives.filter(|alternatives| part.whole && !alternatives.is_empty())?;
        let then = part
            .then
            .iter()
            .map(|follow| self.follow_up(follow, &part.alternatives, &alternatives));
        let then: Vec<Option<FollowUp>> = then.collect();
        Some(RandomSource {
            name: name.value.0.clone(),
            event: event?,
            every: every?,
            from,
            until,
            at_most: part.at_most.map(std::num::NonZero::get),
            alternatives,
            then: then.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Defines the name of a source, which is the name of its event.
    fn define(&mut self, name: &Spanned<Name>) -> Option<EventId> {
        if let Some(fault) = Name::fault(name) {
            self.resolver.problems.add(Name::problem(name, &fault, name.span));
            return None;
        }
        match self.script.names.named(name, Some(name.span)) {
            Ok(event) => {
                // Events of a large table have no spans; then spans of sources are left out too.
                if self.script.spans.len() == event.index() {
                    self.script.spans.push(name.span);
                }
                Some(event)
            }
            Err(why) => {
                self.resolver.problems.add(why.problem(name, name.span));
                None
            }
        }
    }

    fn distribution(
        &mut self,
        part: Option<&Spanned<WrittenDistribution>>,
    ) -> Option<SpanDistribution> {
        let part = part?;
        let distribution = self.tables.distribution(part, self.resolver.problems)?;
        check_gaps(&distribution, part.span, self.resolver.problems);
        Some(distribution)
    }

    /// The start of the first gap, and the last instant.
    fn span(
        &mut self,
        part: &WrittenRandomSource,
        every: Option<&SpanDistribution>,
        (end, length): (SimTime, Span),
    ) -> Option<(SimTime, SimTime)> {
        let start = self.resolver.start;
        let from = match part.from {
            Since::At(at) => at.from(start),
            Since::Start | Since::Never => start,
        };
        if let Since::At(Spanned { span, .. }) = part.from
            && !(start..end).contains(&from)
        {
            let title = "this source would start outside the scenario's time span";
            let problem = if from < start {
                let label = format!("{} before the start", start.since(from));
                Problem::at(Code::NeverReached, span, title, label)
                    .help("let the scenario start earlier, or use `from: never`")
            } else {
                let label = match from.since(end) {
                    SimSpan::ZERO => "the end".to_owned(),
                    later => format!("{later} after the end"),
                };
                Problem::at(Code::NeverReached, span, title, label)
                    .and_at(length, "the end is set here")
                    .help("let the source start earlier, or use `from: never`")
            };
            self.resolver.problems.add(problem);
            return None;
        }
        let until = part.until.map_or(end, |until| until.from(start));
        let least = every.map_or(SimSpan::ZERO, SpanDistribution::least);
        if let Some(Spanned { span, .. }) = part.until.filter(|_| until <= from) {
            let title = "this source would end before it starts";
            let problem = Problem::at(Code::NeverReached, span, title, "not after `from`");
            self.resolver.problems.add(problem.help("let it end later, or leave out `until`"));
            return None;
        }
        if let (Some(every), true) = (&part.every, from.after(least) > until.min(end)) {
            let title = "this source never occurs: its shortest gap is longer than its time span";
            let label = format!("at least {least}");
            let problem = Problem::at(Code::NeverReached, every.span, title, label);
            let lasts = until.min(end).since(from);
            self.resolver.problems.add(problem.note(format!("its time span is {lasts}")));
            return None;
        }
        Some((from, until.min(end)))
    }

    fn alternative(&mut self, part: &WrittenAlternative) -> Option<Alternative> {
        let WrittenCall { verb, node, several } = &part.call;
        let (mut accounts, mut groups) = (Vec::new(), Vec::new());
        let filled = match several {
            None => node.clone(),
            Some(Several { key: "account", names }) => {
                accounts = self.several("account", names)?;
                with(node, "account", self.account_name(AccountId::from_index(*accounts.first()?)))
            }
            Some(Several { names, .. }) => {
                groups = self.several("group", names)?;
                with(node, "group", self.group_name(GroupId::from_index(*groups.first()?)))
            }
        };
        let written = WrittenVerb::read(verb, &filled, self.resolver.problems)?;
        let event = Event::resolve(&written, self.resolver)?;
        let aim = event.targets();
        let mut among = Among {
            instances: aim.instances,
            all: part.pick.is_some_and(|pick| pick.value == Pick::All),
            accounts: accounts.into_iter().map(AccountId::from_index).collect(),
            groups: groups.into_iter().map(GroupId::from_index).collect(),
        };
        if among.accounts.is_empty() {
            among.accounts.extend(aim.account);
        }
        if among.groups.is_empty() {
            among.groups.extend(aim.group);
        }
        if let Some(pick) = part.pick
            && among.instances.is_none()
        {
            let title = format!("`{}` has no instances to pick from", **verb);
            let problem = Problem::at(Code::Contradiction, pick.span, title, "nothing to pick");
            self.resolver
                .problems
                .add(problem.help("remove `pick`: one account or group is drawn"));
        }
        for aim in self.aims(&among) {
            self.check(&written, &event.retargeted(&aim), verb.span);
        }
        Some(Alternative { weight: part.weight, event, among, is_relative: is_relative(node) })
    }

    /// Checks an event against the policies of its targets.
    fn check(&mut self, written: &WrittenVerb, event: &Event, span: Span) {
        EventChecks::of(self.resolver, self.fleet).all(event, written_flags(written), span);
    }

    /// The possible targets of an alternative: each account, each group, and all of its instances.
    fn aims(&self, among: &Among) -> Vec<EventTargets> {
        let accounts = self.accounts(among);
        let of = |account, group| EventTargets {
            caller: None,
            instances: among.instances,
            account,
            group,
            later: SimSpan::ZERO,
        };
        let by_account = accounts.iter().map(|account| of(Some(*account), None));
        let by_group = among.groups.iter().map(|group| of(None, Some(*group)));
        by_account.chain(by_group).collect()
    }

    /// The accounts that own the possible targets of an alternative.
    fn accounts(&self, among: &Among) -> Vec<AccountId> {
        let mut accounts: Vec<AccountId> = match among.instances {
            _ if !among.accounts.is_empty() => return among.accounts.clone(),
            Some(targets) => {
                let ids = targets.of(&self.resolver.targets).iter();
                ids.map(|id| self.fleet.instance(*id).account).collect()
            }
            None => among.groups.iter().map(|id| self.fleet.group(*id).account).collect(),
        };
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    fn follow_up(
        &mut self,
        part: &WrittenThen,
        written_actions: &[WrittenAlternative],
        alternatives: &[Alternative],
    ) -> Option<FollowUp> {
        let after = self.tables.distribution(&part.after, self.resolver.problems);
        let WrittenCall { verb, node, .. } = &part.call;
        let open = left_open(verb, node, |key| {
            alternatives.iter().all(|alternative| fills(&alternative.among, key))
        });
        let mut filled = node.clone();
        for key in &open {
            let lacking =
                alternatives.iter().position(|alternative| !fills(&alternative.among, key));
            if let Some(index) = lacking {
                let about = written_actions[index].call.verb.span;
                self.resolver.problems.add(not_about(key, verb, about));
                return None;
            }
            filled = with(&filled, key, self.stand_in(key, &alternatives.first()?.among)?);
        }
        let same = Same {
            instances: open.iter().any(|key| key.starts_with("instance")),
            account: open.contains(&"account"),
            group: open.contains(&"group"),
        };
        let whose = |(_, alternative): &(usize, &Alternative)| {
            same.account && alternative.among.all && self.accounts(&alternative.among).len() > 1
        };
        if let Some((index, _)) = alternatives.iter().enumerate().find(whose) {
            let title = "`pick: all` selects instances of several accounts, so the account of this verb is ambiguous";
            let problem = Problem::at(Code::Contradiction, verb.span, title, "no `account`");
            let about = written_actions[index].call.verb.span;
            let problem = problem.and_at(about, "instances of several accounts");
            self.resolver
                .problems
                .add(problem.help("name the account, or write one source for each account"));
            return None;
        }
        let written = WrittenVerb::read(verb, &filled, self.resolver.problems)?;
        let event = Event::resolve(&written, self.resolver)?;
        for alternative in alternatives {
            for aim in self.aims(&alternative.among) {
                self.check(&written, &event.retargeted(&same.of(&aim)), verb.span);
            }
        }
        let is_relative = is_relative(node);
        Some(FollowUp { after: after?, probability: part.probability, event, same, is_relative })
    }

    /// The name of a possible target of an alternative. It stands in for the drawn target.
    fn stand_in(&self, key: &str, among: &Among) -> Option<&str> {
        match key {
            "account" => Some(self.account_name(*self.accounts(among).first()?)),
            "group" => Some(self.group_name(*among.groups.first()?)),
            _ => {
                let first = *among.instances?.of(&self.resolver.targets).first()?;
                Some(self.resolver.instances.name(first.index()))
            }
        }
    }

    fn account_name(&self, id: AccountId) -> &str {
        self.resolver.accounts.name(id.index())
    }

    fn group_name(&self, id: GroupId) -> &str {
        self.resolver.groups.name(id.index())
    }

    /// The accounts or groups that names, ranges and globs select, each once.
    fn several(&mut self, kind: &'static str, texts: &[Spanned<String>]) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        let mut good = true;
        for text in texts {
            match self.some(kind, text) {
                Some(some) => found.extend(some),
                None => good = false,
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|index| seen.insert(*index));
        good.then_some(found)
    }

    fn some(&mut self, kind: &'static str, text: &Spanned<String>) -> Option<Vec<usize>> {
        let names = if kind == "account" { &self.resolver.accounts } else { &self.resolver.groups };
        // Names of an imported fleet may be masked and contain a literal `*`.
        if let Some(index) = names.get(text) {
            return Some(vec![index]);
        }
        if text.contains(['*', '?'])
            && let Some(matcher) = glob(text)
        {
            let all = names.iter().enumerate();
            let found: Vec<usize> =
                all.filter(|(_, name)| matcher.is_match(name)).map(|(index, _)| index).collect();
            if found.is_empty() && !self.resolver.doubtful {
                let title = format!("`{}` matches no {kind}", **text);
                let span = text.span;
                let mut problem = Problem::at(Code::MatchesNothing, span, title, "matches nothing");
                let known: Vec<&str> = names.iter().take(9).collect();
                problem = problem.note(match known.len() {
                    0 => format!("the fleet has no {kind}"),
                    9 => format!("the fleet has {}, …", known[..8].join(", ")),
                    _ => format!("the fleet has {}", known.join(", ")),
                });
                self.resolver.problems.add(problem.did_you_mean(&closest(text, known)));
            }
            return (!found.is_empty()).then_some(found);
        }
        let expanded = match expand(text) {
            Ok(expanded) => expanded,
            Err(fault) => {
                self.resolver.problems.add(not_a_range(text, &fault, text.span));
                return None;
            }
        };
        let ids = expanded.iter().map(|name| match kind {
            "account" => self.resolver.account(name, text.span).map(AccountId::index),
            _ => self.resolver.group(name, text.span).map(GroupId::index),
        });
        let ids: Vec<Option<usize>> = ids.collect();
        ids.into_iter().collect()
    }
}

/// Whether every occurrence of an alternative has a target that can fill a key.
fn fills(among: &Among, key: &str) -> bool {
    match key {
        "account" => true,
        "group" => !among.groups.is_empty(),
        _ => among.instances.is_some(),
    }
}

/// Whether the times of a verb are relative to its occurrence.
fn is_relative(node: &Node) -> bool {
    node.get("time").and_then(Node::scalar).is_some_and(|time| time.starts_with('+'))
}

fn not_about(key: &str, verb: &Spanned<Box<str>>, about: Span) -> Problem {
    let what = if key == "group" { "group" } else { "instance" };
    let title =
        format!("this verb needs the {what} of the occurrence, and the occurrence has none");
    Problem::at(Code::MissingKey, verb.span, title, format!("no `{what}`"))
        .and_at(about, format!("it names no {what}"))
        .help(format!("name it: `{}: {{ {key}: … }}`", **verb))
}
