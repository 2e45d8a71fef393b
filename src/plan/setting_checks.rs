//! Settings that a policy cannot judge, that it refuses, or that have no effect.

use super::events::Event;
use super::fleet_builder::{Existence, FleetBuilder, Named};
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::fleet::Instance;
use crate::format::{WrittenInstance, WrittenProtect};
use crate::policy::{Column, Columns, Facts, Rulebook};
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AccountId, Action, Billing, GroupId, Lead, Membership, Orchestration, ResourceKind, RuleId,
    Trigger, Upgrade, Word,
};

impl FleetBuilder<'_, '_> {
    /// Reports an orchestration mode that the policy does not know. A policy that lists no mode
    /// accepts only the default mode.
    pub(super) fn demand_orchestration(
        &mut self,
        account: AccountId,
        mode: Spanned<Orchestration>,
    ) {
        let policy = &self.book(account).policy;
        let known = policy.words(Column::Orchestration);
        let unnamed = Facts::default().orchestration;
        if policy.knows(Column::Orchestration, mode.value)
            || known.is_empty() && mode.value == unnamed
        {
            return;
        }
        let title = format!("{} does not cover `orchestration: {}`", policy.name, mode.value);
        let modes = known.iter().map(|word| Orchestration::ALL[usize::from(*word)].word());
        let modes: Vec<&str> = modes.collect();
        let problem = Problem::at(Code::UnknownTrigger, mode.span, title, "not in this policy");
        self.resolver.problems.add(if modes.is_empty() {
            problem.help(format!(
                "leave it out, or use a policy whose `space:` lists `orchestration: {}`",
                mode.value
            ))
        } else {
            problem.help(format!("write `orchestration: {}`", modes.join("` or `orchestration: ")))
        });
    }

    /// Reports an upgrade mode that the policy does not know.
    pub(super) fn demand_mode(&mut self, account: AccountId, mode: Spanned<Upgrade>) {
        let policy = &self.book(account).policy;
        if policy.knows(Column::Upgrade, mode.value) {
            return;
        }
        let title = format!("{} does not cover the upgrade mode `{}`", policy.name, mode.value);
        let modes =
            policy.words(Column::Upgrade).iter().map(|word| Upgrade::ALL[usize::from(*word)]);
        let modes = modes.filter(|mode| *mode != Upgrade::OsImage);
        let known: Vec<&str> = modes.map(Word::word).collect();
        let problem = Problem::at(Code::UnknownTrigger, mode.span, title, "not in this policy");
        self.resolver.problems.add(if known.is_empty() {
            problem.help("leave it out, or use a policy that has upgrade modes")
        } else {
            problem.help(format!("use one of its modes: {}", known.join(", ")))
        });
    }

    /// Reports a length outside of the policy's limits, which are inclusive; `None` is no limit.
    pub(super) fn within(
        &mut self,
        span: Span,
        length: SimSpan,
        shortest: Option<SimSpan>,
        longest: Option<SimSpan>,
    ) {
        if shortest.is_some_and(|least| length < least) || longest.is_some_and(|most| length > most)
        {
            let bound = |span: Option<SimSpan>| span.map_or("any".to_owned(), |s| s.to_string());
            let title =
                format!("the policy accepts {} to {} here", bound(shortest), bound(longest));
            let problem = Problem::at(Code::ProviderRefuses, span, title, format!("{length}"));
            self.resolver.problems.add(problem);
        }
    }

    /// Checks the disks that snapshots name: each must be a disk of the same instance.
    pub(super) fn disks(&mut self, part: &WrittenInstance) {
        let resources =
            part.resources.as_ref().map(|resources| resources.0.as_slice()).unwrap_or_default();
        let is_disk = |kind| {
            matches!(
                kind,
                ResourceKind::SystemDisk | ResourceKind::DataDisk | ResourceKind::LocalDisk
            )
        };
        for (name, resource) in resources {
            let Some(disk) = &resource.0.disk else { continue };
            if !matches!(resource.0.kind, ResourceKind::AutoSnapshot | ResourceKind::Snapshot) {
                self.contradicts(
                    disk.span,
                    &format!("`{}` has a `disk` but is not a snapshot", **name),
                );
                continue;
            }
            let found = resources.iter().find(|(other, _)| *other.value.0 == *disk.value.0);
            if found.is_some_and(|(_, other)| is_disk(other.0.kind)) {
                continue;
            }
            let disks: Vec<&str> = resources
                .iter()
                .filter(|(_, other)| is_disk(other.0.kind))
                .map(|(name, _)| &*name.value.0)
                .collect();
            let title = format!("the instance has no disk `{}`", **disk);
            let problem = Problem::at(Code::UnknownName, disk.span, title, "unknown disk");
            let problem = problem.did_you_mean(&closest(disk, disks.iter().copied()));
            let known = if disks.is_empty() { "none".to_owned() } else { disks.join(", ") };
            self.resolver.problems.add(problem.note(format!("its disks: {known}")));
        }
    }

    /// Reports a member whose group has a hook that the policy does not offer for the billing of
    /// the member.
    pub(super) fn hook_of(
        &mut self,
        group: Option<GroupId>,
        part: &WrittenInstance,
        billing: Billing,
        span: Span,
    ) {
        let Some(group) = group.map(|group| self.fleet.group(group)) else { return };
        let limits = self.book(group.account).policy.hooks.as_ref();
        let offered = limits.is_none_or(|limits| limits.offered_for(billing));
        if group.terminate_hook.is_some() && !offered {
            let title = format!("the policy offers no hook for members on {billing}");
            let span = part.billing.map_or(span, |billing| billing.span);
            let problem = Problem::at(Code::ProviderRefuses, span, title, "its group has one");
            self.resolver.problems.add(problem);
        }
    }

    pub(super) fn same_account(
        &mut self,
        part: &WrittenInstance,
        account: AccountId,
        group: Option<GroupId>,
    ) {
        let (Some(name), Some(group)) = (&part.group, group) else { return };
        let of_group = self.fleet.group(group).account;
        if of_group != account {
            let names: Vec<&str> = self.resolver.accounts.iter().collect();
            let title = format!(
                "the group `{}` belongs to the account `{}`, not to `{}`",
                name.value,
                names[of_group.index()],
                names[account.index()]
            );
            let problem = Problem::at(Code::Contradiction, name.span, title, "another account");
            self.resolver.problems.add(problem);
        }
    }

    /// Reports an instance whose billing, membership or orchestration its policy cannot judge.
    pub(super) fn demand_possible(&mut self, instance: &Instance, span: Span) {
        let mut facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
            ..Facts::default()
        };
        if let Some(group) = instance.group {
            facts.orchestration = self.fleet.group(group).orchestration;
        }
        let policy = &self.book(instance.account).policy;
        let known = [
            (Column::Billing, instance.billing_known),
            (Column::Membership, instance.membership_known),
            (Column::Orchestration, true),
        ];
        let is_known = |column| known.contains(&(column, true));
        let lacks = known.iter().find(|(column, is_known)| {
            let words = policy.words(*column);
            *is_known && !words.is_empty() && !words.contains(&facts.word(*column))
        });
        let word = |column: Column| column.words()[usize::from(facts.word(column))];
        let what = if let Some((column, _)) = lacks {
            let lists = format!("{} lists no such {}", policy.name, column.name());
            Some(format!("{}: {lists} in its `space:`", word(*column)))
        } else {
            let mut impossible = policy.impossible.iter();
            let line =
                impossible.find(|(when, _)| when.columns().all(is_known) && when.meets(&facts));
            line.map(|(when, because)| {
                let words: Vec<&str> = when.columns().map(word).collect();
                format!("{}: {because}", words.join(" and "))
            })
        };
        if let Some(what) = what {
            self.contradicts(span, &what);
        }
    }

    /// Reports protections that cannot be set when an instance is created.
    pub(super) fn occasions(
        &mut self,
        instance: &Instance,
        part: &WrittenProtect,
        existence: Existence,
    ) {
        if existence == Existence::AtStart {
            return;
        }
        for id in instance.protections.on.iter() {
            let protection = &self.book(instance.account).policy.protections[id.index()];
            if !protection.occasions.contains(&crate::words::Occasion::Create) {
                let title =
                    format!("`{}` cannot be set when an instance is created", protection.name);
                let span = part.on.iter().find(|n| protection.has_name(n)).map(|n| n.span);
                if let Some(span) = span {
                    let problem = Problem::at(Code::ProviderRefuses, span, title, "only later");
                    self.resolver.problems.add(
                        problem.help("create the instance without it, and set it by an event"),
                    );
                }
            }
        }
    }

    /// Warns of protections that are on but have no effect.
    pub(super) fn inert(
        &mut self,
        instance: &Instance,
        part: &WrittenInstance,
        span: Span,
        by: Named,
    ) {
        let facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
            unknown: Columns::NONE
                .with_if(Column::Billing, !instance.billing_known)
                .with_if(Column::Membership, !instance.membership_known),
            ..Facts::default()
        };
        let book = self.book(instance.account);
        let policy = &book.policy;
        let mut problems = Vec::new();
        for id in book.inert(&facts, instance.protections.on).iter() {
            let protection = &policy.protections[id.index()];
            let title = format!("{} has no effect on this instance", protection.name);
            let why = if instance.billing == Billing::PayAsYouGo {
                format!("this one is {}", membership_in_words(instance.membership))
            } else {
                format!("this one is on {}", instance.billing)
            };
            let mut problem = Problem::at(Code::Inert, span, title, why);
            let mut set = part.protect.iter().flat_map(|protect| &protect.on);
            if let Some(set) = set.find(|name| protection.has_name(name)) {
                problem = problem.and_at(set.span, "set here");
            }
            if let Some((rule, _)) = &protection.works_when {
                let rule = policy.rule(*rule);
                let sources: Vec<String> =
                    rule.sources.iter().map(|source| policy.sources[*source].to_string()).collect();
                let because = rule.because.as_deref().unwrap_or("it does not work here");
                problem = problem.note(format!("{}: {because} ({})", rule.id, sources.join("; ")));
            }
            if instance.expires < SimTime::NEVER && instance.expires > self.resolver.start {
                problem = problem.note(format!(
                    "a release is refused until the term ends ({})",
                    instance.expires
                ));
            }
            problems.push(problem.help(match by {
                Named::Here => "remove it with `protect: []`, or list W050 under `allow:`",
                Named::Elsewhere => "list W050 under `allow:` to accept this",
            }));
        }
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
    }

    /// Sets the scheduled release. A schedule that the policy would refuse when the instance begins
    /// to exist is reported, unless it was set before the start.
    pub(super) fn schedule(
        &mut self,
        instance: &mut Instance,
        part: &WrittenInstance,
        existence: Existence,
    ) {
        let Some(auto) = part.auto_release else { return };
        instance.schedule_known = auto.is_known();
        let Some(Spanned { value: auto, span }) = auto.0.map(|at| Spanned::new(at, auto.span))
        else {
            return;
        };
        let begins = match existence {
            Existence::AtStart => self.resolver.start,
            Existence::At(at) => at,
            // The time has been reported.
            Existence::ByGroup => return,
        };
        let book = self.book(instance.account);
        let written = auto.at.from(self.resolver.start);
        let at = written.floor_to(book.policy.schedule.granularity);
        let lead = lead(book, written, begins);
        let facts = Facts {
            action: Action::ScheduleRelease,
            billing: instance.billing,
            lead: if auto.set_earlier { Lead::Within } else { lead },
            ..Facts::default()
        };
        let written_at = (span, [written, at]);
        let refused =
            |rule| refused_schedule(book, rule, facts.lead, written_at, (existence, begins));
        let problem = book.refusal(&facts).map(refused);
        let problem = problem.or_else(|| (at != written).then(|| seconds_cut(span, written, at)));
        instance.auto_release = at;
        problem.into_iter().for_each(|problem| self.resolver.problems.add(problem));
        let pair = (Trigger::ScheduledRelease, Some(Action::Release));
        let problem = unjudged(self.book(instance.account), pair.0, pair.1, span);
        problem.into_iter().for_each(|problem| self.resolver.problems.add(problem));
    }
}

/// The problem of a scheduled release that a rule refuses. `begins` is when its instance begins to
/// exist; `at` is the time that is written, in the steps of the provider.
fn refused_schedule(
    book: &Rulebook,
    rule: RuleId,
    lead: Lead,
    (span, [written, at]): (Span, [SimTime; 2]),
    (existence, begins): (Existence, SimTime),
) -> Problem {
    let rule = book.policy.rule(rule);
    let sources: Vec<String> =
        rule.sources.iter().map(|s| book.policy.sources[*s].to_string()).collect();
    let title = format!(
        "{} refuses this schedule: {}",
        book.policy.name,
        rule.because.as_deref().unwrap_or("see its rule")
    );
    let instant = if existence == Existence::AtStart { "the start" } else { "its creation" };
    let label = match lead {
        Lead::TooSoon if at < begins => format!("{} before {instant}", begins.since(at)),
        Lead::TooSoon | Lead::TooLate => format!("{} after {instant}", at.since(begins)),
        Lead::None | Lead::Within => "refused".to_owned(),
    };
    let problem = Problem::at(Code::ProviderRefuses, span, title, label).note(format!(
        "rule {} of {}, from {} ({})",
        rule.id,
        book.policy.name,
        sources.join("; "),
        rule.confidence
    ));
    let earliest = book.policy.schedule.earliest.filter(|_| lead == Lead::TooSoon);
    let Some(earliest) = earliest else { return problem };
    let first = begins.after_on_calendar(earliest, book.policy.calendar);
    let problem = problem.help(format!("the earliest accepted time is {first}"));
    if existence != Existence::AtStart {
        return problem;
    }
    problem.help(format!(
        "if it was set before the scenario starts, write `auto-release: {{ at: {written}, set: earlier }}`"
    ))
}

/// The warning that the provider rounds the time of a scheduled release.
pub fn seconds_cut(span: Span, written: SimTime, at: SimTime) -> Problem {
    let title = format!("the provider rounds this time down to {at}");
    Problem::at(Code::SecondsCut, span, title, format!("{} more", written.since(at)))
}

/// How far in the future a release is scheduled, compared with the limits of a policy.
pub fn lead(book: &Rulebook, at: SimTime, now: SimTime) -> Lead {
    let limits = &book.policy.schedule;
    let calendar = book.policy.calendar;
    if limits.earliest.is_some_and(|earliest| at < now.after_on_calendar(earliest, calendar)) {
        Lead::TooSoon
    } else if limits.latest.is_some_and(|latest| at.is_later_than(now, latest, calendar)) {
        Lead::TooLate
    } else {
        Lead::Within
    }
}

/// The problem of a request that a policy cannot judge: its decision space lacks the trigger, or
/// has it only without an action that can cause a loss. `None` if the policy can judge the request.
pub fn unjudged(
    book: &Rulebook,
    trigger: Trigger,
    action: Option<Action>,
    span: Span,
) -> Option<Problem> {
    let policy = &book.policy;
    let name = &policy.name;
    let losing = action.filter(|action| book.can_lose(trigger, *action));
    if let Some(action) = losing
        && !policy.domain.occurs(trigger, action)
    {
        let title =
            format!("{name} cannot judge the action `{action}` for the trigger `{trigger}`");
        let problem = Problem::at(Code::UnknownTrigger, span, title, "not in its decision space");
        let lacks = [
            (Column::Trigger, policy.knows(Column::Trigger, trigger), trigger.word()),
            (Column::Action, policy.knows(Column::Action, action), action.word()),
        ];
        let lacks = lacks.iter().filter(|(_, known, _)| !known);
        let lacks: Vec<String> =
            lacks.map(|(column, _, word)| format!("`{word}` to its `{}`", column.name())).collect();
        let add = if lacks.is_empty() {
            "remove this from its `impossible:`".to_owned()
        } else {
            format!("add {}", lacks.join(" and "))
        };
        return Some(problem.help(format!(
            "use a policy whose `space:` contains this, or {add} and add a rule for each protection"
        )));
    }
    let plain = trigger == Trigger::Manual && losing.is_none();
    (!plain && !policy.knows(Column::Trigger, trigger)).then(|| {
        let title = format!("{name} does not cover `{trigger}`");
        Problem::at(Code::UnknownTrigger, span, title, "not in its decision space")
            .help("use a policy whose `space:` lists this trigger")
    })
}

/// Whether a policy can judge an event, so that a scenario may contain it.
pub fn judges(book: &Rulebook, event: &Event) -> bool {
    let span = Span::NOWHERE;
    event.requests().is_none_or(|(trigger, action)| unjudged(book, trigger, action, span).is_none())
}

fn membership_in_words(membership: Membership) -> String {
    match membership {
        Membership::None => "in no group".into(),
        Membership::AutoCreated | Membership::Entrusted | Membership::Attached => {
            format!("an {membership} member")
        }
    }
}
