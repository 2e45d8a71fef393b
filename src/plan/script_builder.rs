//! Resolves the events of a scenario to the script: names become ids, times become instants.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::events::{Event, VERBS, verb};
use super::name_lookup::CellCache;
use super::names::NameTable;
use super::protections::protection_of;
use super::resolver::Resolver;
use super::script::Scripted;
use super::setting_checks::{seconds_cut, unjudged};
use super::targets::Targets;
use crate::diagnostics::{Code, Problem, Problems, Span};
use crate::fleet::Fleet;
use crate::format::{Due, Map, WrittenEvent, WrittenVerb, verb_keys};
use crate::policy::{Column, Rulebook};
use crate::run_header::{EventIds, EventNames, UNNAMED};
use crate::time::SimTime;
use crate::words::{
    AccountId, EventId, HookResult, Initiator, InstanceId, PolicyId, ProtectionSet, SubjectKind,
    TimerName, Upgrade, Word,
};

/// The events of a plan by their names.
#[derive(Debug, Default)]
pub struct Events {
    ids: EventIds,
    /// The names of events with an `id`.
    names: NameTable,
}

/// Why an event cannot have a name.
pub enum NotNamed {
    /// Another event has the name. The span is that of the other event; `None` if it is unknown.
    Taken(Option<Span>),
    /// The name starts like that of a timer.
    Reserved,
}

impl NotNamed {
    /// The problem with the name of an event.
    pub fn problem(&self, name: &str, span: Span) -> Problem {
        let first = match self {
            Self::Taken(first) => *first,
            Self::Reserved => {
                let title = format!(
                    "`{name}` is reserved: names of timers start with `{}`",
                    TimerName::PREFIX
                );
                let label = format!("starts with `{}`", TimerName::PREFIX);
                return Problem::at(Code::BadName, span, title, label).help("choose another name");
            }
        };
        let title = format!("the event `{name}` is defined twice");
        let mut problem = Problem::at(Code::Twice, span, title, "second definition");
        if let Some(first) = first {
            problem = problem.and_at(first, "first definition");
        }
        problem.help("give one of them another name")
    }
}

impl Events {
    /// Adds the next event, which is named by its position.
    pub const fn unnamed(&mut self) -> EventId {
        self.ids.add()
    }

    /// Adds the next event with a given name.
    ///
    /// # Errors
    /// If the name is taken or reserved.
    pub fn named(&mut self, name: &str, span: Option<Span>) -> Result<EventId, NotNamed> {
        if name.starts_with(TimerName::PREFIX) {
            return Err(NotNamed::Reserved);
        }
        if self.ids.unnamed(name).is_some() {
            return Err(NotNamed::Taken(None));
        }
        self.names.define(name, span).map_err(NotNamed::Taken)?;
        Ok(self.ids.add_named())
    }

    /// Adds the next event; `given` states whether its name is given by `id`. `None` if the name is
    /// taken or reserved, which is reported.
    fn next(
        &mut self,
        name: &str,
        given: bool,
        span: Span,
        problems: &mut Problems,
    ) -> Option<EventId> {
        if !given && name == format!("{UNNAMED}{}", self.len() + 1) {
            return Some(self.unnamed());
        }
        let named = self.named(name, Some(span));
        named.map_err(|why| problems.add(why.problem(name, span))).ok()
    }

    /// Adds events until there are `count`, all of which are named by their position.
    pub fn fill(&mut self, count: usize) {
        self.ids.fill(count);
    }

    /// The number of events.
    pub const fn len(&self) -> usize {
        self.ids.len()
    }

    /// The event with this name; `None` if there is none.
    pub fn get(&self, name: &str) -> Option<EventId> {
        let own = self.names.get(name).and_then(|at| self.ids.named(at));
        own.or_else(|| self.ids.unnamed(name))
    }

    /// Names for suggestions, at most 100,000 given ones and 100,000 by position.
    pub fn suggestions(&self) -> Vec<String> {
        let own = self.names.iter().map(str::to_owned);
        let by_position = (1..=self.len()).map(|number| format!("{UNNAMED}{number}"));
        let by_position = by_position.filter(|name| self.ids.unnamed(name).is_some());
        own.take(100_000).chain(by_position.take(100_000)).collect()
    }

    /// The names of all events, by id.
    pub fn into_names(mut self) -> EventNames {
        EventNames::new(self.ids, self.names.share())
    }
}

/// The events of a scenario that are kept in memory.
#[derive(Default)]
pub struct Listed {
    /// Number of events in the file so far.
    seen: usize,
    /// The resolved events, in the order of the file.
    pub events: Vec<Scripted>,
    /// The names of the events.
    pub names: Events,
    /// The names of events that this case leaves out.
    pub left_out: NameTable,
    /// The span of each event.
    pub spans: Vec<Span>,
}

/// Resolves the events of a scenario. `end` is its last instant, with the span that sets it.
pub fn script(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    events: &[WrittenEvent],
    end: (SimTime, Span),
) -> Listed {
    let mut script = Listed::default();
    let taken: BTreeSet<&str> =
        events.iter().filter_map(|e| e.id.as_ref()).map(|id| &***id).collect();
    for event in events {
        script.take(resolver, fleet, event, |name| taken.contains(name), end);
    }
    script
}

impl Listed {
    /// Resolves the next event; `taken` states whether an event has this id.
    pub fn take(
        &mut self,
        resolver: &mut Resolver<'_>,
        fleet: &Fleet,
        event: &WrittenEvent,
        taken: impl Fn(&str) -> bool,
        (end, length): (SimTime, Span),
    ) {
        self.seen += 1;
        let (name, span) = match &event.id {
            Some(id) => (id.to_string(), id.span),
            None => (name_of_unnamed(self.seen, taken), event.span),
        };
        if matches!(event.at, Due::Never) {
            self.left_out.intern(&name);
            return;
        }
        let Some(id) = self.names.next(&name, event.id.is_some(), span, resolver.problems) else {
            return;
        };
        self.spans.push(event.span);
        let Due::At(at) = event.at else { return };
        let instant = at.from(resolver.start);
        if instant < resolver.start || instant > end {
            resolver.problems.add(outside(at.span, instant, (resolver.start, end), length));
        }
        let Some(written) = &event.verb else { return };
        let Some(resolved) = Event::resolve(written, resolver) else { return };
        EventChecks::of(resolver, fleet).all(&resolved, written_flags(written), event.span);
        check_caller(resolver, &resolved, event.span);
        self.events.push(Scripted { at: instant, id, event: resolved });
    }
}

/// Warns of a call without a caller where callers have permissions.
fn check_caller(resolver: &mut Resolver<'_>, event: &Event, span: Span) {
    let initiator = if let Event::ScaleIn(verb::ScaleIn { initiator, .. })
    | Event::ScaleOut(verb::ScaleOut { initiator, .. })
    | Event::SetCapacity(verb::SetCapacity { initiator, .. }) = event
    {
        *initiator
    } else {
        None
    };
    let is_call = verb_keys(event.verb()).contains(&"by");
    let by_a_person = initiator.is_none_or(|initiator| initiator == Initiator::User);
    let is_named = event.targets().caller.is_some();
    if resolver.principals.is_none() || !is_call || !by_a_person || is_named {
        return;
    }
    let title = format!("`{}` has no `by`, so its permission is not checked", event.verb());
    let problem = Problem::at(Code::NoCaller, span, title, "by an unknown caller");
    let first = resolver.actors.iter().next();
    let name = first.unwrap_or("NAME");
    let help = format!("write `by: {name}`, or another principal");
    resolver.problems.add(problem.help(help));
}

/// The name of an event without an `id`: its position in the list.
fn name_of_unnamed(number: usize, taken: impl Fn(&str) -> bool) -> String {
    let mut name = format!("{UNNAMED}{number}");
    while taken(&name) {
        name.push('+');
    }
    name
}

/// The problem with an event outside of the scenario's time span.
fn outside(
    span: Span,
    instant: SimTime,
    (start, end): (SimTime, SimTime),
    length: Span,
) -> Problem {
    let title = "this event is outside the scenario's time span";
    if instant < start {
        let label = format!("{} before the start", start.since(instant));
        return Problem::at(Code::NeverReached, span, title, label)
            .help("let the scenario start earlier, or use `at: never`");
    }
    let label = format!("{} after the end", instant.since(end));
    Problem::at(Code::NeverReached, span, title, label)
        .and_at(length, "the end is set here")
        .help(format!("write `for: {}` or more, or use `at: never`", instant.since(start)))
}

/// The protections that a call switches; `None` for any other verb.
pub const fn written_flags(written: &WrittenVerb) -> Option<&Map<bool>> {
    if let WrittenVerb::SetProtection(call) = written { Some(&call.flags) } else { None }
}

/// The checks of an event against the policies of its targets.
pub struct EventChecks<'c> {
    /// The policies of the scenario.
    rulebooks: &'c [Arc<Rulebook>],
    /// The fleet and the list of targets; `None` if the scenario has one policy.
    owners: Option<(&'c Fleet, &'c [InstanceId])>,
    problems: &'c mut Problems,
}

impl<'c> EventChecks<'c> {
    /// The checks of a scenario.
    pub fn of(resolver: &'c mut Resolver<'_>, fleet: &'c Fleet) -> Self {
        let Resolver { rulebooks, targets, problems, .. } = resolver;
        Self { rulebooks, owners: Some((fleet, targets)), problems }
    }

    /// The same for a row of a streamed table, with the values of its cells.
    pub fn of_row(resolver: &'c mut Resolver<'_>, fleet: &'c Fleet) -> (Self, &'c CellCache) {
        let Resolver { rulebooks, targets, problems, memo, .. } = resolver;
        (Self { rulebooks, owners: Some((fleet, targets)), problems }, memo)
    }

    /// The checks of a scenario with one policy, which need no fleet.
    pub const fn under(policy: &'c Arc<Rulebook>, problems: &'c mut Problems) -> Self {
        Self { rulebooks: std::slice::from_ref(policy), owners: None, problems }
    }

    /// Checks an event; `flags` are the protections that it switches, as a file states them.
    pub fn all(&mut self, event: &Event, flags: Option<&Map<bool>>, span: Span) {
        if let (Event::SetProtection(call), Some(flags)) = (event, flags) {
            self.flags(flags, call, span);
        }
        self.event(event, span);
    }

    /// The same for a row of a table; false if the row has a problem. A row that differs from one
    /// in `passed` only in what no check reads is not checked again. `cell` is the text of the
    /// protections, and `flags` reads them.
    #[inline]
    pub fn pass<'f>(
        &mut self,
        (event, cell): (&Event, &str),
        flags: impl FnOnce() -> Option<&'f Map<bool>>,
        passed: &mut PassedEvents,
    ) -> bool {
        let policies = self.policies(event);
        let bit = passed.bit(event, cell).unwrap_or_default();
        let is_known =
            |policy| passed.of(event, policy) & bit != 0 && self.cuts(event, policy).is_none();
        if policies.0 != 0 && policies.iter().all(is_known) {
            return true;
        }
        self.pass_new((event, cell), flags(), policies, passed)
    }

    /// The same for a row that is not known to pass.
    #[cold]
    fn pass_new(
        &mut self,
        (event, cell): (&Event, &str),
        flags: Option<&Map<bool>>,
        policies: Policies,
        passed: &mut PassedEvents,
    ) -> bool {
        let known = self.problems.len();
        self.all(event, flags, Span::NOWHERE);
        let is_good = self.problems.len() == known;
        if is_good {
            passed.add(event, cell, policies);
        }
        is_good
    }

    /// The time that a policy makes of the time of a scheduled release, if that is another one.
    fn cuts(&self, event: &Event, policy: PolicyId) -> Option<(SimTime, SimTime)> {
        let Event::ScheduleRelease(o) = event else { return None };
        let granularity = self.rulebooks[policy.index()].policy.schedule.granularity;
        let at = o.time.floor_to(granularity);
        (at != o.time).then_some((o.time, at))
    }

    /// Checks that each protection belongs to the policies of the targets and to their kind.
    fn flags(&mut self, flags: &Map<bool>, call: &verb::SetProtection, span: Span) {
        if flags.0.is_empty() {
            let title = "`set-protection` needs at least one protection";
            let problem = Problem::at(Code::MissingKey, span, title, "sets nothing");
            self.problems.add(problem.help("write `flags: { NAME: true }`"));
        }
        let kind = match (call.instance, call.group) {
            (Some(_), None) => SubjectKind::Instance,
            (None, Some(_)) => SubjectKind::Group,
            _ => {
                let title = "`set-protection` needs exactly one of `instance` and `group`";
                let problem = Problem::at(Code::MissingKey, span, title, "write one of them");
                return self.problems.add(problem);
            }
        };
        for policy in self.policies(&Event::SetProtection(*call)).iter() {
            let mut named = ProtectionSet::EMPTY;
            for (name, _) in &flags.0 {
                let book = &self.rulebooks[policy.index()];
                match protection_of(book, &name.value, name.span, kind) {
                    Err(problem) => self.problems.add(*problem),
                    Ok(id) if named.contains(id) => {
                        let called = &book.policy.protections[id.index()].name;
                        let title = format!("`{}` is set twice: it is `{called}`", name.value);
                        let problem = Problem::at(Code::Twice, name.span, title, "second setting");
                        self.problems.add(problem.help("keep one of them"));
                    }
                    Ok(id) => named = named.with(id),
                }
            }
        }
    }

    /// Checks that the policies of the targets can judge the trigger and the action of an event.
    fn event(&mut self, event: &Event, span: Span) {
        let policies = self.policies(event);
        if let Event::EnterStandby(_) | Event::ExitStandby(_) = event {
            return self.standby(policies, span);
        }
        if let Event::CompleteHook(o) = event {
            return self.hook_result(policies, o.result, span);
        }
        let Some((trigger, action)) = event.requests() else { return };
        for policy in policies.iter() {
            if let Some((written, at)) = self.cuts(event, policy) {
                self.problems.add(seconds_cut(span, written, at));
            }
            let book = &self.rulebooks[policy.index()];
            let policy = &book.policy;
            if let Some(problem) = unjudged(book, trigger, action, span) {
                self.problems.add(problem);
                return;
            }
            let of_image = matches!(event, Event::Upgrade(o) if o.os_image == Some(true));
            if of_image && !policy.knows(Column::Upgrade, Upgrade::OsImage) {
                self.problems.add(unknown_image_upgrade(&policy.name, span));
                return;
            }
        }
    }

    /// Checks that the policy of a group has a standby state.
    fn standby(&mut self, policies: Policies, span: Span) {
        for policy in policies.iter() {
            let policy = &self.rulebooks[policy.index()].policy;
            if policy.standby().is_none() {
                let title = format!("{} has no standby state", policy.name);
                let problem = Problem::at(Code::UnknownTrigger, span, title, "not in this policy");
                self.problems.add(problem);
            }
        }
    }

    /// Checks that the provider offers the result of a hook.
    fn hook_result(&mut self, policies: Policies, result: Option<HookResult>, span: Span) {
        let result = result.unwrap_or(HookResult::Continue);
        for policy in policies.iter() {
            let policy = &self.rulebooks[policy.index()].policy;
            let Some(hooks) = policy.hooks.as_ref() else { continue };
            if !hooks.results.contains(&result) {
                let known: Vec<&str> = hooks.results.iter().map(|result| result.word()).collect();
                let title = format!("under {} a hook cannot end in `{result}`", policy.name);
                let problem = Problem::at(Code::ProviderRefuses, span, title, "not offered");
                let problem = problem.help(format!("offered: {}", known.join(", ")));
                return self.problems.add(problem);
            }
        }
    }

    /// The policies of the targets of an event.
    #[inline]
    fn policies(&self, event: &Event) -> Policies {
        if self.rulebooks.len() > 1 { self.policies_of_targets(event) } else { Policies(1) }
    }

    /// The same for a scenario with more than one policy.
    #[inline(never)]
    fn policies_of_targets(&self, event: &Event) -> Policies {
        let Some((fleet, listed)) = self.owners else { return Policies(1) };
        let targets = event.targets();
        match (targets.instances, targets.group, targets.account) {
            (_, Some(group), _) => Policies::one(fleet, fleet.group(group).account),
            (Some(targets), None, _) => Policies::of(listed, fleet, targets),
            (None, None, Some(account)) => Policies::one(fleet, account),
            (None, None, None) => Policies(0),
        }
    }
}

/// The events of a table that have passed the checks, by everything that a check reads of them
/// except the time of a scheduled release.
#[derive(Debug, Default)]
pub struct PassedEvents {
    /// For each policy and verb, a mask with a bit for each shape of an event.
    shapes: Vec<[u64; VERBS]>,
    /// The first texts of protections that occurred.
    switches: Vec<Box<str>>,
}

/// Largest number of texts of protections that are compared: four shapes of each fit into a mask.
const MOST_SWITCHES: usize = 16;

impl PassedEvents {
    /// The bit of an event among those of its verb; `None` for protections that are not known.
    #[inline]
    fn bit(&self, event: &Event, cell: &str) -> Option<u64> {
        let shape = if let Event::SetProtection(call) = event {
            let text = self.switches.iter().position(|known| **known == *cell)?;
            text * 4 + usize::from(call.instance.is_some()) * 2 + usize::from(call.group.is_some())
        } else if let Event::CompleteHook(call) = event {
            call.result.map_or(0, |result| usize::from(result.index()) + 1)
        } else if let Event::Upgrade(call) = event {
            usize::from(call.os_image == Some(true))
        } else {
            // The verb and the action decide the trigger.
            let action = event.requests().and_then(|(_, action)| action);
            action.map_or(0, |action| usize::from(action.index()) + 1)
        };
        1_u64.checked_shl(u32::try_from(shape).ok()?)
    }

    /// The events of the same verb that have passed under a policy.
    fn of(&self, event: &Event, policy: PolicyId) -> u64 {
        self.shapes.get(policy.index()).map_or(0, |verbs| verbs[event.verb_index()])
    }

    /// Adds an event that has passed under each of the policies.
    fn add(&mut self, event: &Event, cell: &str, policies: Policies) {
        let is_switch = matches!(event, Event::SetProtection(_));
        if is_switch
            && self.switches.len() < MOST_SWITCHES
            && self.switches.iter().all(|known| **known != *cell)
        {
            self.switches.push(cell.into());
        }
        let Some(bit) = self.bit(event, cell) else { return };
        for policy in policies.iter() {
            if self.shapes.len() <= policy.index() {
                self.shapes.resize(policy.index() + 1, [0; VERBS]);
            }
            self.shapes[policy.index()][event.verb_index()] |= bit;
        }
    }
}

fn unknown_image_upgrade(policy: &str, span: Span) -> Problem {
    let title = format!("{policy} does not cover OS image upgrades");
    Problem::at(Code::UnknownTrigger, span, title, "not in this policy")
        .help("leave out `os-image`, or use an edition that has the upgrade `os-image`")
}

/// The policies of some instances, as a mask with one bit for each policy.
#[derive(Debug, Clone, Copy)]
struct Policies(u64);

impl Policies {
    /// The policy of an account.
    fn one(fleet: &Fleet, account: AccountId) -> Self {
        Self(1 << fleet.account(account).policy.index())
    }

    /// The policies of some instances.
    fn of(listed: &[InstanceId], fleet: &Fleet, targets: Targets) -> Self {
        let accounts = targets.of(listed).iter().map(|id| fleet.instance(*id).account);
        Self(accounts.fold(0, |set, account| set | Self::one(fleet, account).0))
    }

    fn iter(self) -> impl Iterator<Item = PolicyId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let index = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (index < 64).then(|| PolicyId::from_index(index))
        })
    }
}
