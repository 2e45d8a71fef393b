//! The fleet of a plan: from parts told by name to dense tables.

use super::autoscale_builder::Scaling;
use super::protections::protection_of;
use super::resolver::Resolver;
use crate::diagnostics::{Code, Problem, Span, Spanned, closest};
use crate::fleet::{
    AUTOSCALE, Account, Arrears, Care, Fleet, Group, Hook, Instance, Property, Upgrades,
};
use crate::format::{
    Known, LONGEST, Map, Name, OneOrMany, When, WrittenAccount, WrittenGroup, WrittenHook,
    WrittenInstance, WrittenProtect, count, expand, not_a_range,
};
use crate::policy::{Column, Columns, Condition, Defaults, Facts, Orders, Rulebook, Step, Table};
use crate::time::{SimSpan, SimTime, Term};
use crate::words::{
    AccountId, Action, Billing, Channel, ClockAction, ClockKind, Eviction, GroupId, Health,
    HookResult, InstanceId, Lead, Lifecycle, Lock, Locks, Membership, ModelId, Orchestration,
    PolicyId, ProtectionId, ProtectionSet, Renewal, ResourceKind, StoppedBy, Subject, Trigger,
    Upgrade, Word, YesNo, ZoneId,
};

/// The most instances of a fleet: twice a range of the greatest length.
const MOST_INSTANCES: u64 = 2 * LONGEST;

/// The account of a fleet that names none.
const DEFAULT_ACCOUNT: &str = "default";

/// Who gave a thing its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Whoever wrote the scenario: selectors must be able to tell names apart.
    Here,
    /// A provider, whose ids may hold what selectors read otherwise (masked ones hold
    /// `*`); a report must be able to carry them all the same.
    Elsewhere,
}

/// Fills the tables of a fleet, and the resolver's names beside them.
pub struct FleetBuilder<'r, 'p> {
    /// Names to ids.
    pub resolver: &'r mut Resolver<'p>,
    /// The tables.
    pub fleet: Fleet,
    /// What holds where an instance does not say otherwise.
    pub defaults: WrittenInstance,
    /// The way by which an event creates the next instances, if it says.
    pub created_via: Channel,
}

impl FleetBuilder<'_, '_> {
    /// Takes in the accounts; `policy_of` knows which policy each is under.
    pub fn accounts(
        &mut self,
        accounts: &Map<WrittenAccount>,
        policy_of: impl Fn(&WrittenAccount) -> PolicyId,
    ) {
        for (name, part) in &accounts.0 {
            if self.define(Subject::Account, &name.value, name.span, Named::Here).is_some() {
                let policy = policy_of(part);
                let grace = part.grace.unwrap_or(SimSpan::ZERO);
                let arrears = self.arrears(policy, grace, part.arrears_since);
                self.fleet.add_account(Account {
                    policy,
                    grace,
                    arrears,
                    instances: Vec::new(),
                    waiting: 0,
                });
            }
        }
        if self.fleet.accounts().next().is_none() {
            self.resolver.accounts.intern(DEFAULT_ACCOUNT);
            self.fleet.add_account(Account {
                policy: PolicyId(0),
                grace: SimSpan::ZERO,
                arrears: None,
                instances: Vec::new(),
                waiting: 0,
            });
        }
    }

    /// The arrears of an account that owes at the start: the steps of its clock that were due by
    /// then have been taken.
    fn arrears(
        &mut self,
        policy: PolicyId,
        grace: SimSpan,
        since: Option<Spanned<Known<When>>>,
    ) -> Option<Arrears> {
        let written = since?;
        let kind = ClockKind::PaymentOverdue;
        let start = self.resolver.start;
        let book = &self.resolver.rulebooks[policy.index()];
        if !book.policy.knows(Column::Trigger, Trigger::BillingOverdue) {
            let problem = unjudged(book, Trigger::BillingOverdue, None, written.span);
            problem.into_iter().for_each(|problem| self.resolver.problems.add(problem));
            return None;
        }
        let Some(since) = written.0.map(|since| since.from(start)) else {
            return Some(Arrears { clock: kind, since: start, since_known: false, taken: 0 });
        };
        if since > start {
            let title = "these arrears begin after the start";
            let problem = Problem::at(Code::Contradiction, written.span, title, "too late");
            let help = "let an event say it: `overdue: { account: … }`";
            self.resolver.problems.add(problem.help(help));
            return None;
        }
        let clock = book.policy.clock(kind);
        let timetable = clock.map(|clock| clock.timetable(since, grace, book.policy.calendar));
        let due = timetable.unwrap_or_default().into_iter().filter(|(due, _)| *due <= start);
        let taken = due.fold(0, |taken, (_, step)| taken | 1 << step);
        Some(Arrears { clock: kind, since, since_known: true, taken })
    }

    /// What the steps of an account's arrears that were due by the start have done to one of
    /// its instances, unless it says itself in what state it is.
    fn in_arrears(&mut self, instance: &mut Instance, part: &WrittenInstance, span: Span) {
        let account = self.fleet.account(instance.account);
        let Some(arrears) = account.arrears.filter(|_| instance.is_there()) else { return };
        if instance.is_down() && instance.locks.contains(Lock::Financial) {
            instance.stopped_by = StoppedBy::Arrears;
        }
        let facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
            overdue: YesNo::Yes,
            grace: YesNo::from(account.grace > SimSpan::ZERO),
            ..Facts::default()
        };
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(arrears.clock) else { return };
        let timetable = clock.timetable(arrears.since, account.grace, book.policy.calendar);
        let mut released = None;
        for (due, number) in timetable {
            let step = &clock.steps[number];
            let taken = arrears.taken >> number & 1 == 1;
            if !taken || !step.when.meets(&facts) || !book.assumes(&step.when) {
                continue;
            }
            let state = match step.action {
                ClockAction::Stop => Lifecycle::Stopped,
                ClockAction::Reclaim => Lifecycle::Reclaimed,
                ClockAction::Deallocate => Lifecycle::Deallocated,
                ClockAction::Release => {
                    released = Some((due, step.rule));
                    continue;
                }
                ClockAction::Renew | ClockAction::SuspendSnapshots => continue,
            };
            if part.state.is_none() {
                instance.state = state;
            }
            if instance.is_down() {
                instance.stopped_by = StoppedBy::Arrears;
            }
        }
        if let Some((due, rule)) = released {
            let rule = &book.policy.rule(rule).id;
            let what = format!("by rule `{rule}` it was released at {due}, before the start");
            self.contradicts(span, &what);
        }
    }

    /// Gives a name its id; told, if it is taken or no name at all.
    fn define(&mut self, kind: Subject, name: &str, span: Span, by: Named) -> Option<usize> {
        if kind == Subject::Instance && self.resolver.instances.len() as u64 >= MOST_INSTANCES {
            let title = format!("a fleet has at most {MOST_INSTANCES} instances");
            self.resolver.problems.add(Problem::at(Code::BadNumber, span, title, "too many"));
            return None;
        }
        let fault = match by {
            Named::Here => Name::fault(name),
            Named::Elsewhere => Name::harm(name),
        };
        if let Some(fault) = fault {
            self.resolver.problems.add(Name::problem(name, &fault, span));
            return None;
        }
        let names = match kind {
            Subject::Account => &mut self.resolver.accounts,
            Subject::Group => &mut self.resolver.groups,
            Subject::Instance => &mut self.resolver.instances,
        };
        let first = match names.define(name, Some(span)) {
            Ok(id) => return Some(id),
            Err(first) => first,
        };
        let title = format!("{kind} `{name}` is defined twice");
        let mut problem = Problem::at(Code::Twice, span, title, "second definition");
        if let Some(first) = first {
            problem = problem.and_at(first, "first definition");
        }
        self.resolver.problems.add(problem.help("give one of them another name"));
        None
    }

    /// The account that something names; the only one, if it names none.
    fn account(&mut self, named: Option<&Spanned<Name>>, of: Span) -> Option<AccountId> {
        if let Some(name) = named {
            return self.resolver.account(&name.value, name.span);
        }
        if self.resolver.accounts.len() <= 1 {
            return Some(AccountId(0));
        }
        let names: Vec<&str> = self.resolver.accounts.iter().collect();
        let title = "there are several accounts, and this does not say which one pays";
        let problem = Problem::at(Code::MissingKey, of, title, "no `account`");
        self.resolver.problems.add(problem.note(format!("accounts: {}", names.join(", "))));
        None
    }

    pub(super) fn book(&self, account: AccountId) -> &Rulebook {
        &self.resolver.rulebooks[self.fleet.account(account).policy.index()]
    }

    /// What the policy of an account sets where nobody says otherwise, if it says anything.
    fn default_of<V: Copy>(
        &mut self,
        account: AccountId,
        table: impl Fn(&Defaults) -> &Table<V>,
        facts: &Facts,
    ) -> Option<V> {
        let policy = self.fleet.account(account).policy;
        let book = &self.resolver.rulebooks[policy.index()];
        let answer = book.ask(table(&book.tables.defaults), facts)?;
        self.resolver.defaults.insert((policy, answer.rule));
        Some(answer.says)
    }

    /// The protections that a part names, set and unknown, which must be of that kind.
    fn protections(
        &mut self,
        part: &WrittenProtect,
        account: AccountId,
        kind: Subject,
    ) -> (ProtectionSet, ProtectionSet) {
        let mut sets = [ProtectionSet::EMPTY; 2];
        for (at, names) in [&part.on, &part.unknown].into_iter().enumerate() {
            for name in names {
                let Some(id) = self.protection(name, account, kind) else { continue };
                if sets.iter().any(|set| set.contains(id)) {
                    let title = format!("`{}` is listed twice", **name);
                    let problem = Problem::at(Code::Twice, name.span, title, "once more");
                    self.resolver.problems.add(problem.help("keep one of them"));
                }
                sets[at] = sets[at].with(id);
            }
        }
        (sets[0], sets[1])
    }

    /// A protection by its name, or by the provider's attribute.
    fn protection(
        &mut self,
        name: &Spanned<String>,
        account: AccountId,
        kind: Subject,
    ) -> Option<ProtectionId> {
        match protection_of(self.book(account), name, name.span, kind) {
            Ok(id) => Some(id),
            Err(problem) => {
                self.resolver.problems.add(*problem);
                None
            }
        }
    }

    /// Takes in a group.
    pub fn group(&mut self, name: &str, span: Span, part: &WrittenGroup, by: Named) {
        // What it lacks has been told; its name is known all the same.
        let account = self.account(part.account.as_ref(), span).unwrap_or(AccountId(0));
        if self.define(Subject::Group, name, span, by).is_none() {
            return;
        }
        let mut group = Group::new(account, self.resolver.start);
        self.bounds(&mut group, name, span, part);
        self.resolver.models.intern("");
        group.zones = part.zones.iter().map(|zone| self.zone(&zone.value)).collect();
        group.managed_disks = part.managed_disks.unwrap_or(true);
        group.suspended = part.suspended.iter().fold(0, |set, p| set | 1 << p.index());
        self.settings(&mut group, part);
        if let Some(part) = &part.autoscale {
            self.resolver.actors.intern(AUTOSCALE);
            let autoscale = Scaling { resolver: self.resolver }.autoscale(part);
            group.autoscale = Some(Box::new(autoscale));
        }
        (group.on, group.unknown) = self.protections(&part.protect, account, Subject::Group);
        let id = self.fleet.add_group(group);
        self.newcomers(id, name, span, part);
    }

    /// What a group says of itself, and where it says nothing, what its policy sets.
    fn settings(&mut self, group: &mut Group, part: &WrittenGroup) {
        let account = group.account;
        let asked = Facts { channel: part.via.unwrap_or(Channel::None), ..Facts::default() };
        if let Some(orchestration) = part.orchestration {
            self.demand_orchestration(account, orchestration);
        }
        group.orchestration = (part.orchestration.map(|orchestration| orchestration.value))
            .or_else(|| self.default_of(account, |d| &d.orchestration, &asked))
            .unwrap_or(group.orchestration);
        let facts = Facts { orchestration: group.orchestration, ..asked };
        group.orders = self.orders(part, account, &facts);
        group.zone_policy = (part.zone_policy)
            .or_else(|| self.default_of(account, |d| &d.zone_policy, &facts))
            .unwrap_or(group.zone_policy);
        group.reclaim = (part.reclaim)
            .or_else(|| self.default_of(account, |d| &d.reclaim, &facts))
            .unwrap_or(group.reclaim);
        group.cooldown = (part.cooldown)
            .or_else(|| self.default_of(account, |d| &d.cooldown, &facts))
            .unwrap_or(group.cooldown);
        group.upgrades = self.upgrades(group, part, &facts);
        group.care = self.care(group.care, account, part, &facts);
        group.launch_hook = self.hook(account, part.launch_hook.as_ref(), &facts);
        group.terminate_hook = self.hook(account, part.terminate_hook.as_ref(), &facts);
    }

    fn bounds(&mut self, group: &mut Group, name: &str, span: Span, part: &WrittenGroup) {
        group.min = part.min.unwrap_or(group.min);
        group.max = part.max.unwrap_or(group.max);
        group.desired = part.desired.map(|desired| desired.value);
        if group.min > group.max {
            let title = format!("the group `{name}` has a minimum above its maximum");
            let label = format!("{} > {}", group.min, group.max);
            self.resolver.problems.add(Problem::at(Code::Contradiction, span, title, label));
        }
        let within = |desired: &Spanned<u32>| (group.min..=group.max).contains(&desired.value);
        if let Some(desired) = part.desired.filter(|desired| !within(desired)) {
            let title = format!("the group `{name}` is meant to have a size outside its bounds");
            let label = format!("not from {} to {}", group.min, group.max);
            self.resolver.problems.add(Problem::at(
                Code::Contradiction,
                desired.span,
                title,
                label,
            ));
        }
    }

    fn zone(&mut self, name: &str) -> ZoneId {
        ZoneId::at(self.resolver.zones.intern(name))
    }

    fn upgrades(&mut self, group: &Group, part: &WrittenGroup, facts: &Facts) -> Upgrades {
        let mut upgrades = group.upgrades;
        if let Some(mode) = part.upgrade_mode {
            upgrades.mode = mode.value;
            if mode.value == Upgrade::OsImage {
                self.contradicts(mode.span, "an image of the system is no mode of a group");
            } else if mode.value != Upgrade::Manual {
                self.demand_mode(group.account, mode);
            }
        }
        if let Some(percent) = part.batch_percent {
            upgrades.batch_percent = percent.value;
            if !(1..=100).contains(&percent.value) {
                let title = "a batch has 1 to 100 percent of the members";
                let problem = Problem::at(Code::BadNumber, percent.span, title, "out of range");
                self.resolver.problems.add(problem);
            }
        }
        // Only what goes in batches has a size of them.
        let at_once = matches!(upgrades.mode, Upgrade::Manual | Upgrade::Automatic);
        if part.batch_percent.is_none() && !at_once {
            let percent = self.default_of(group.account, |d| &d.batch_percent, facts);
            upgrades.batch_percent = percent.unwrap_or(upgrades.batch_percent);
        }
        upgrades.pause = part.batch_pause.unwrap_or(upgrades.pause);
        if let Some(model) = &part.model {
            upgrades.model = ModelId::at(self.resolver.models.intern(model));
        }
        upgrades
    }

    /// A group keeps its members only in a way that its policy knows. Where a policy knows of no
    /// ways, all of them keep theirs in the one that it does not need to name.
    fn demand_orchestration(&mut self, account: AccountId, way: Spanned<Orchestration>) {
        let policy = &self.book(account).policy;
        let known = policy.words(Column::Orchestration);
        let unnamed = Facts::default().orchestration;
        if policy.knows(Column::Orchestration, way.value)
            || known.is_empty() && way.value == unnamed
        {
            return;
        }
        let title = format!("{} says nothing about `orchestration: {}`", policy.name, way.value);
        let ways = known.iter().map(|word| Orchestration::ALL[usize::from(*word)].word());
        let ways: Vec<&str> = ways.collect();
        let problem = Problem::at(Code::UnknownTrigger, way.span, title, "not known there");
        self.resolver.problems.add(if ways.is_empty() {
            problem.help(format!(
                "leave it out, or take a policy whose `space:` lists `orchestration: {}`",
                way.value
            ))
        } else {
            problem.help(format!("write `orchestration: {}`", ways.join("` or `orchestration: ")))
        });
    }

    /// A group upgrades its members only in a way that its policy knows.
    fn demand_mode(&mut self, account: AccountId, mode: Spanned<Upgrade>) {
        let policy = &self.book(account).policy;
        if policy.knows(Column::Upgrade, mode.value) {
            return;
        }
        let title = format!("{} says nothing about the upgrade mode `{}`", policy.name, mode.value);
        let modes =
            policy.words(Column::Upgrade).iter().map(|word| Upgrade::ALL[usize::from(*word)]);
        let modes = modes.filter(|mode| *mode != Upgrade::OsImage);
        let known: Vec<&str> = modes.map(Word::word).collect();
        let problem = Problem::at(Code::UnknownTrigger, mode.span, title, "not known there");
        self.resolver.problems.add(if known.is_empty() {
            problem.help("leave it out, or take a policy that has upgrade modes")
        } else {
            problem.help(format!("take one of its modes: {}", known.join(", ")))
        });
    }

    /// How a group looks after its members; the policy bounds how long it may wait.
    fn care(&mut self, care: Care, account: AccountId, part: &WrittenGroup, facts: &Facts) -> Care {
        let limits = self.book(account).policy.repairs.clone();
        let check = (part.health_check)
            .or_else(|| self.default_of(account, |d| &d.health_check, facts))
            .unwrap_or(care.check);
        let repair = (part.repair)
            .or_else(|| self.default_of(account, |d| &d.repair, facts))
            .unwrap_or(care.repair);
        let grace = if let Some(grace) = part.repair_grace {
            self.within(grace.span, grace.value, limits.shortest, limits.longest);
            grace.value
        } else {
            self.default_of(account, |d| &d.repair_grace, facts).unwrap_or(care.grace)
        };
        Care { check, repair, grace }
    }

    fn hook(
        &mut self,
        account: AccountId,
        part: Option<&Spanned<WrittenHook>>,
        facts: &Facts,
    ) -> Option<Hook> {
        let part = part?;
        let policy = &self.book(account).policy;
        let name = policy.name.clone();
        let Some(limits) = policy.hooks.clone() else {
            let title = format!("{name} says nothing about hooks");
            let problem = Problem::at(Code::UnknownTrigger, part.span, title, "not known there");
            self.resolver.problems.add(problem.help("take a policy that has `hooks:`"));
            return None;
        };
        let timeout = part.timeout.or_else(|| self.default_of(account, |d| &d.hook_timeout, facts));
        let Some(timeout) = timeout else {
            let title = format!("{name} has no default for how long a hook waits");
            let problem = Problem::at(Code::MissingKey, part.span, title, "no `timeout` here");
            self.resolver.problems.add(problem.help("add `timeout:`, such as `timeout: 10m`"));
            return None;
        };
        self.within(part.span, timeout, limits.shortest, limits.longest);
        let result = (part.result.map(|result| result.value))
            .or_else(|| self.default_of(account, |d| &d.hook_result, facts))
            .or(limits.results.first().copied())
            .unwrap_or(HookResult::Continue);
        if !limits.results.contains(&result) {
            let known: Vec<&str> = limits.results.iter().map(|result| result.word()).collect();
            let title = format!("a hook cannot end in `{result}` there");
            let span = part.result.map_or(part.span, |result| result.span);
            let problem = Problem::at(Code::ProviderRefuses, span, title, "not offered");
            self.resolver.problems.add(problem.note(format!("offered: {}", known.join(", "))));
        }
        Some(Hook { timeout, result })
    }

    /// A span that the provider bounds.
    fn within(
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
                format!("the provider takes {} to {} here", bound(shortest), bound(longest));
            let problem = Problem::at(Code::ProviderRefuses, span, title, format!("{length}"));
            self.resolver.problems.add(problem);
        }
    }

    /// What a member is like that a group creates by itself, and what the first are called.
    fn newcomers(&mut self, group: GroupId, name: &str, span: Span, part: &WrittenGroup) {
        let mut like = part.new_members.clone().unwrap_or_else(WrittenInstance::blank);
        like.group = Name::fault(name).is_none().then(|| Spanned::new(Name(name.into()), span));
        let Some(member_template) = self.settle(&like, span, true) else { return };
        let resources = resources_of(&like).collect();
        let state = self.fleet.group_mut(group);
        state.member_template = member_template;
        (state.member_template.group, state.member_template.state) = (None, Lifecycle::Absent);
        state.newcomer_things = resources;
        for written in &part.new_names.0 {
            let names = match expand(&written.value) {
                Ok(names) => names,
                Err(fault) => {
                    let problem = not_a_range(&written.value, &fault, written.span);
                    self.resolver.problems.add(problem);
                    continue;
                }
            };
            for name in names {
                if self.define(Subject::Instance, &name, written.span, Named::Here).is_some() {
                    let member_template = self.fleet.group(group).member_template;
                    let id = self.fleet.add_instance(member_template);
                    self.fleet.group_mut(group).expected.push_back(id);
                }
            }
        }
    }

    fn orders(&mut self, part: &WrittenGroup, account: AccountId, facts: &Facts) -> Vec<usize> {
        let named = part.removal.as_ref().or(part.scale_in_policy.as_ref());
        let Some(named) = named else {
            let default = self.default_of(account, |d| &d.removal, facts);
            return default.iter().flat_map(Orders::indices).collect();
        };
        let policy = &self.book(account).policy;
        let mut orders = Vec::new();
        let mut problems = Vec::new();
        for name in &named.0 {
            if let Some(at) = policy.orders.iter().position(|order| order.name == **name) {
                orders.push(at);
                continue;
            }
            let known: Vec<&str> = policy.orders.iter().map(|order| order.name.as_str()).collect();
            let title = format!("{} has no order `{}`", policy.name, **name);
            let problem = Problem::at(Code::UnknownRule, name.span, title, "unknown order");
            let close = crate::diagnostics::closest(name, known.iter().copied());
            problems
                .push(problem.did_you_mean(&close).note(format!("orders: {}", known.join(", "))));
        }
        if let (Some(_), Some(OneOrMany(again))) = (&part.removal, &part.scale_in_policy)
            && let Some(again) = again.first()
        {
            let title = "`removal` and `scale-in-policy` say the same";
            problems.push(Problem::at(Code::Twice, again.span, title, "once more"));
        }
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
        orders
    }

    /// Whether a fleet can have as many instances as these names and ranges stand for together.
    /// Asked before any of them is made.
    pub fn has_room<'n>(&mut self, names: impl Iterator<Item = &'n Spanned<Name>>) -> bool {
        let mut all = 0_u64;
        for name in names {
            all = all.saturating_add(count(&name.value));
            if all > MOST_INSTANCES {
                let title = format!("a fleet has at most {MOST_INSTANCES} instances");
                let problem = Problem::at(Code::BadNumber, name.span, title, "too many with these");
                self.resolver.problems.add(problem.help("split it into several scenarios"));
                self.resolver.doubtful = true;
                return false;
            }
        }
        true
    }

    /// Takes in every instance that a name, perhaps a range, stands for.
    pub fn instances(&mut self, name: &Spanned<Name>, part: &WrittenInstance) {
        match expand(&name.value) {
            Ok(names) => self.instances_called(&names, name.span, part),
            Err(fault) => {
                self.resolver.problems.add(not_a_range(&name.value, &fault, name.span));
                self.resolver.doubtful = true;
            }
        }
    }

    /// Takes in the instances of a range. Their names differ and nothing else, so whatever
    /// is wrong is told once.
    fn instances_called(&mut self, names: &[String], span: Span, part: &WrittenInstance) {
        if self.resolver.instances.len() as u64 + names.len() as u64 > MOST_INSTANCES {
            let title = format!("a fleet has at most {MOST_INSTANCES} instances");
            self.resolver.problems.add(Problem::at(Code::BadNumber, span, title, "too many"));
            self.resolver.doubtful = true;
            return;
        }
        let Some((first, rest)) = names.split_first() else { return };
        self.instance(first, span, part, false);
        let taken = rest.iter().filter(|name| self.resolver.instances.get(name).is_some()).count();
        if taken > 1 {
            let title = format!("{taken} instances of this range are defined already");
            let problem = Problem::at(Code::Twice, span, title, "second definition");
            self.resolver.problems.add(problem.help("give one of the ranges other names"));
            return;
        }
        rest.iter().for_each(|name| self.instance(name, span, part, false));
    }

    /// Takes in an instance that somebody wrote; `absent` if an event creates it.
    pub fn instance(&mut self, name: &str, span: Span, part: &WrittenInstance, absent: bool) {
        let part = part.clone().or(&self.defaults);
        self.read_instances(name, span, &part, absent, Named::Here);
    }

    /// Takes in an instance that a provider's reply lists; nothing is added by default.
    pub fn imported(&mut self, name: &Spanned<String>, part: &WrittenInstance) {
        self.owes(part);
        self.read_instances(name, name.span, part, false, Named::Elsewhere);
    }

    /// What a provider has locked for an unpaid bill is of an account that owes. Since when, no
    /// reply says; the scenario may.
    fn owes(&mut self, part: &WrittenInstance) {
        let locks = part.lock.as_ref().and_then(|locks| locks.0.as_ref());
        let is_financial = |lock: &Spanned<Lock>| lock.value == Lock::Financial;
        let by_use = part.billing.is_none_or(|b| b.value != Known(Some(Billing::Subscription)));
        let Some(lock) =
            locks.filter(|_| by_use).and_then(|l| l.0.iter().find(|l| is_financial(l)))
        else {
            return;
        };
        let named = part.account.as_ref().map(|name| self.resolver.accounts.get(&name.value));
        let Some(account) = named.unwrap_or(Some(0)).map(AccountId::at) else { return };
        let state = self.fleet.account(account);
        let (policy, grace, arrears) = (state.policy, state.grace, state.arrears);
        if arrears.is_none() {
            let since = Spanned::new(Known::UNKNOWN, lock.span);
            self.fleet.account_mut(account).arrears = self.arrears(policy, grace, Some(since));
        }
    }

    fn read_instances(
        &mut self,
        name: &str,
        span: Span,
        part: &WrittenInstance,
        absent: bool,
        by: Named,
    ) {
        let settled = self.settle(part, span, absent);
        if let Some(instance) = &settled {
            self.inert(instance, part, span, by);
        }
        if self.define(Subject::Instance, name, span, by).is_none() {
            return;
        }
        // What cannot be settled has been told; its name is known all the same. No plan is
        // made of the instance that stands in its place.
        let stand_in = || Instance::new(AccountId(0), self.resolver.start);
        let mut instance = settled.unwrap_or_else(stand_in);
        if absent {
            instance.state = Lifecycle::Absent;
        }
        let id = self.fleet.add_instance(instance);
        self.belongings(id, part);
    }

    /// Settles an instance of which somebody wrote a row that cannot be quoted.
    pub(super) fn settle_plain(&mut self, part: &WrittenInstance, span: Span) -> Option<Instance> {
        let instance = self.settle(part, span, false)?;
        self.inert(&instance, part, span, Named::Here);
        Some(instance)
    }

    /// Takes in an instance that is settled already; false, if its name will not do.
    pub(super) fn take_in_plain(
        &mut self,
        name: &str,
        instance: Instance,
        part: &WrittenInstance,
    ) -> bool {
        let full = self.resolver.instances.len() as u64 >= MOST_INSTANCES;
        if full || Name::fault(name).is_some() {
            return false;
        }
        if self.resolver.instances.define(name, None).is_err() {
            return false;
        }
        let id = self.fleet.add_instance(instance);
        self.belongings(id, part);
        true
    }

    fn belongings(&mut self, id: InstanceId, part: &WrittenInstance) {
        let mut properties: Vec<Property> = resources_of(part).collect();
        self.set_by_channel(id, &mut properties);
        if !properties.is_empty() {
            self.fleet.properties_mut(id).extend(properties);
        }
        if let Some(term) = part.renews_for {
            self.fleet.set_term(id, term);
        }
        if let Some(tags) = &part.tags {
            let tags = tags.0.iter().map(|(key, value)| (key.value.0.clone(), value.clone()));
            self.resolver.tags.insert(id, tags.collect());
        }
    }

    /// Whether resources go with their instance may depend on the way by which it is created.
    /// Where that makes no difference, the default is asked for when something is lost.
    fn set_by_channel(&mut self, id: InstanceId, properties: &mut Vec<Property>) {
        if self.created_via == Channel::None {
            return;
        }
        let Instance { account, billing, .. } = *self.fleet.instance(id);
        let boots = properties.iter().any(|property| property.resource == ResourceKind::SystemDisk);
        let implied = (!boots).then_some(Property {
            name: None,
            resource: ResourceKind::SystemDisk,
            gib: None,
            with_instance: None,
            disk: None,
        });
        let unsaid = properties.iter_mut().filter(|property| property.with_instance.is_none());
        let mut implied = implied.into_iter().collect::<Vec<_>>();
        for property in unsaid.chain(&mut implied) {
            let facts = Facts { billing, resource: property.resource, ..Facts::default() };
            let here = Facts { channel: self.created_via, ..facts };
            let book = self.book(account);
            let ask = |facts| book.ask(&book.tables.defaults.with_instance, facts);
            if ask(&facts) != ask(&here) {
                let default = self.default_of(account, |d| &d.with_instance, &here);
                property.with_instance = default.map(|says| says == YesNo::Yes);
            }
        }
        implied.retain(|property| property.with_instance.is_some());
        properties.append(&mut implied);
    }

    /// From what is said of an instance to its row in the table.
    fn settle(&mut self, part: &WrittenInstance, span: Span, absent: bool) -> Option<Instance> {
        let start = self.resolver.start;
        let group = match &part.group {
            Some(name) => Some(self.resolver.group(&name.value, name.span)?),
            None => None,
        };
        let account = match (&part.account, group) {
            (None, Some(group)) => self.fleet.group(group).account,
            (named, _) => self.account(named.as_ref(), span)?,
        };
        self.same_account(part, account, group);
        let by_use = Billing::PayAsYouGo;
        let billing = part.billing.map_or(by_use, |billing| billing.0.unwrap_or(by_use));
        let time = |at: Option<Spanned<When>>| at.map(|at| at.from(start));
        let created = time(part.created).unwrap_or(start);
        if let Some(written) = part.created.filter(|_| created > start && !absent) {
            self.contradicts(written.span, "it is there at the start, and is created later");
        }
        let mut instance = Instance::new(account, created);
        instance.group = group;
        instance.billing = billing;
        instance.billing_known = part.billing.is_none_or(|billing| billing.is_known());
        instance.joined = time(part.joined).unwrap_or(created);
        instance.expires = time(part.expires).unwrap_or(SimTime::NEVER);
        instance.configuration = part.configuration.unwrap_or(u32::MAX);
        instance.zone = part.zone.as_ref().map(|zone| self.zone(zone));
        instance.fault_domain = part.fault_domain.unwrap_or(0);
        instance.unhealthy = part.health == Some(Health::Unhealthy);
        instance.eviction = self.eviction(part, &instance);
        instance.model = match (&part.model, group) {
            (Some(model), _) => ModelId::at(self.resolver.models.intern(model)),
            (None, Some(group)) => self.fleet.group(group).upgrades.model,
            (None, None) => ModelId(0),
        };
        instance.economical = part.economical.unwrap_or(false);
        instance.locks = self.locks(part);
        instance.lock_known = part.lock.as_ref().is_none_or(Known::is_known);
        instance.renewal = part.renewal.map_or(Renewal::None, |renewal| renewal.value);
        instance.state = part.state.map_or(Lifecycle::Running, |state| state.value);
        if instance.is_down() {
            // A lock for arrears says who shut it down; a term that has ended says so itself.
            let owing =
                billing != Billing::Subscription && instance.locks.contains(Lock::Financial);
            instance.stopped_by = if owing { StoppedBy::Arrears } else { StoppedBy::User };
        }
        if let Some(state) = part.state.filter(|_| !instance.is_there()) {
            self.contradicts(state.span, &format!("a fleet has it, and it is {}", state.value));
        }
        if let Some(renewal) = part.renewal.filter(|_| billing != Billing::Subscription) {
            self.contradicts(renewal.span, &format!("a renewal and {billing}"));
        }
        self.disks(part);
        self.membership(&mut instance, part, span);
        if matches!(instance.membership, Membership::Attached | Membership::Entrusted) {
            // What was added by hand was made from no configuration of the group.
            instance.configuration = u32::MAX;
        }
        self.hook_of(group, part, billing, span);
        self.term(&mut instance, part, span);
        if let Some(protect) = &part.protect {
            let (on, unknown) = self.protections(protect, account, Subject::Instance);
            (instance.on, instance.unknown) = (on, unknown);
            self.occasions(&instance, protect, absent);
        }
        self.in_arrears(&mut instance, part, span);
        self.schedule(&mut instance, part);
        Some(instance)
    }

    /// A snapshot may say which disk of the same instance it is of.
    fn disks(&mut self, part: &WrittenInstance) {
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
                self.contradicts(disk.span, &format!("`{}` is no snapshot, and of a disk", **name));
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
            let problem = Problem::at(Code::UnknownName, disk.span, title, "not among them");
            let problem = problem.did_you_mean(&closest(disk, disks.iter().copied()));
            let known = if disks.is_empty() { "none".to_owned() } else { disks.join(", ") };
            self.resolver.problems.add(problem.note(format!("its disks: {known}")));
        }
    }

    /// The locks that an instance is under; `none` stands alone.
    fn locks(&mut self, part: &WrittenInstance) -> Locks {
        let written = part.lock.as_ref().and_then(|locks| locks.0.as_ref());
        let written = written.map(|locks| locks.0.as_slice()).unwrap_or_default();
        let none = written.iter().find(|lock| lock.value == Lock::None);
        if let Some(none) = none.filter(|_| written.len() > 1) {
            self.contradicts(none.span, "a lock, and none");
        }
        written.iter().map(|lock| lock.value).collect()
    }

    /// What becomes of spot capacity that is taken back; nothing else can be.
    fn eviction(&mut self, part: &WrittenInstance, instance: &Instance) -> Eviction {
        let default = |population: &mut Self| {
            let facts = Facts { billing: instance.billing, ..Facts::default() };
            population.default_of(instance.account, |d| &d.eviction, &facts)
        };
        let spot = instance.billing == Billing::Spot;
        let said = part.eviction;
        said.or_else(|| spot.then(|| default(self)).flatten()).unwrap_or(instance.eviction)
    }

    /// Whether the group's hook is offered for a member that is paid for like that.
    fn hook_of(
        &mut self,
        group: Option<GroupId>,
        part: &WrittenInstance,
        billing: Billing,
        span: Span,
    ) {
        let Some(group) = group.map(|group| self.fleet.group(group)) else { return };
        let limits = self.book(group.account).policy.hooks.as_ref();
        let offered = limits.is_none_or(|l| l.billing.is_empty() || l.billing.contains(&billing));
        if group.terminate_hook.is_some() && !offered {
            let title = format!("the provider offers no hook for members on {billing}");
            let span = part.billing.map_or(span, |billing| billing.span);
            let problem = Problem::at(Code::ProviderRefuses, span, title, "its group has one");
            self.resolver.problems.add(problem);
        }
    }

    fn same_account(&mut self, part: &WrittenInstance, account: AccountId, group: Option<GroupId>) {
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

    fn membership(&mut self, instance: &mut Instance, part: &WrittenInstance, span: Span) {
        let unknown = part.membership.is_some_and(|membership| !membership.is_known());
        // Only the owner of a subscription manages it.
        let is_open = instance.billing != Billing::Subscription || !instance.billing_known;
        instance.membership_known = !(unknown && instance.group.is_some() && is_open);
        let said = part.membership.and_then(|membership| membership.0);
        let book = self.book(instance.account);
        let assumed = Membership::spelled(book.setting(book.policy.unknown.membership));
        let said = said.or_else(|| assumed.filter(|_| !instance.membership_known));
        instance.membership = match (instance.group, said) {
            (None, None | Some(Membership::None)) => Membership::None,
            (Some(_), Some(said)) if said != Membership::None => said,
            // Only the owner of a subscription manages it.
            (Some(_), None) if instance.billing == Billing::Subscription => Membership::Attached,
            (Some(_), None) => Membership::AutoCreated,
            (None, Some(said)) => {
                self.contradicts(
                    part.membership.map_or(span, |m| m.span),
                    &format!("a membership (`{said}`) without a group"),
                );
                said
            }
            (Some(_), Some(said)) => {
                self.contradicts(
                    part.membership.map_or(span, |m| m.span),
                    "a group, and no membership of it",
                );
                said
            }
        };
        let span = part.membership.map_or(span, |m| m.span);
        self.demand_possible(instance, span);
    }

    /// What an instance is, as far as that never changes by itself, must be something that its
    /// policy can judge.
    fn demand_possible(&mut self, instance: &Instance, span: Span) {
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

    fn contradicts(&mut self, span: Span, what: &str) {
        let title = format!("this does not fit together: {what}");
        self.resolver.problems.add(Problem::at(Code::Contradiction, span, title, "see here"));
    }

    /// A term that has ended before the start has had its effects.
    fn term(&mut self, instance: &mut Instance, part: &WrittenInstance, span: Span) {
        let Some(expires) = part.expires else { return };
        if instance.billing != Billing::Subscription {
            self.contradicts(expires.span, &format!("a term and {}", instance.billing));
            return;
        }
        let start = self.resolver.start;
        self.renewed(instance, part);
        instance.expired = instance.expires <= start;
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry).filter(|_| instance.expired) else {
            return;
        };
        let facts =
            Facts { billing: instance.billing, renewal: instance.renewal, ..Facts::default() };
        let timetable = clock.timetable(instance.expires, SimSpan::ZERO, book.policy.calendar);
        let mut released = None;
        for (due, step) in timetable {
            let step = &clock.steps[step];
            if due > start || step.action == ClockAction::Renew {
                continue;
            }
            instance.term_steps += 1;
            if !step.when.meets(&facts) || !book.assumes(&step.when) {
                continue;
            }
            match step.action {
                ClockAction::Stop => instance.state = Lifecycle::Stopped,
                ClockAction::Reclaim => instance.state = Lifecycle::Reclaimed,
                ClockAction::Deallocate => instance.state = Lifecycle::Deallocated,
                ClockAction::Release => released = Some((due, step.rule)),
                ClockAction::Renew | ClockAction::SuspendSnapshots => {}
            }
            instance.stopped_by = StoppedBy::Expiry;
        }
        if let Some((due, rule)) = released {
            let rule = &book.policy.rule(rule).id;
            let what = format!("by rule `{rule}` it was released at {due}, before the start");
            self.contradicts(span, &what);
        }
        if let Some(state) = part.state {
            instance.state = state.value;
        }
    }

    /// A term that renews itself, and that ended at the start or before, has done so.
    fn renewed(&self, instance: &mut Instance, part: &WrittenInstance) {
        let book = self.book(instance.account);
        let Some(clock) = book.policy.clock(ClockKind::Expiry) else { return };
        let (start, calendar) = (self.resolver.start, book.policy.calendar);
        let facts =
            Facts { billing: instance.billing, renewal: instance.renewal, ..Facts::default() };
        let renews = |due: SimTime, step: &Step| {
            due <= start
                && step.action == ClockAction::Renew
                && step.when.meets(&facts)
                && book.assumes(&step.when)
        };
        let term = part.renews_for.unwrap_or(Term::MONTH).span();
        loop {
            let timetable = clock.timetable(instance.expires, SimSpan::ZERO, calendar);
            let mut steps = timetable.into_iter();
            let next = instance.expires.after_on_calendar(term, calendar);
            let again = steps.any(|(due, step)| renews(due, &clock.steps[step]));
            if !again || next <= instance.expires {
                break;
            }
            instance.expires = next;
        }
    }

    /// A protection that cannot be set at creation cannot come with it.
    fn occasions(&mut self, instance: &Instance, part: &WrittenProtect, absent: bool) {
        if !absent {
            return;
        }
        for id in instance.on.iter() {
            let protection = &self.book(instance.account).policy.protections[id.index()];
            if !protection.occasions.contains(&crate::words::Occasion::Create) {
                let title =
                    format!("`{}` cannot be set with the creation of an instance", protection.name);
                let span = part.on.iter().find(|n| protection.is_called(n)).map(|n| n.span);
                if let Some(span) = span {
                    let problem = Problem::at(Code::ProviderRefuses, span, title, "only later");
                    self.resolver
                        .problems
                        .add(problem.help("create it without, and set it by an event"));
                }
            }
        }
    }

    /// Warns of protections that are on and can do nothing.
    fn inert(&mut self, instance: &Instance, part: &WrittenInstance, span: Span, by: Named) {
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
        for id in book.inert(&facts, instance.on).iter() {
            let protection = &policy.protections[id.index()];
            let title = format!("{} is set here and does nothing", protection.name);
            let why = if instance.billing == Billing::PayAsYouGo {
                format!("this one is {}", membership_in_words(instance.membership))
            } else {
                format!("this one is on {}", instance.billing)
            };
            let mut problem = Problem::at(Code::Inert, span, title, why);
            let mut set = part.protect.iter().flat_map(|protect| &protect.on);
            if let Some(set) = set.find(|name| protection.is_called(name)) {
                problem = problem.and_at(set.span, "set here");
            }
            if let Some((rule, _)) = &protection.works_when {
                let rule = policy.rule(*rule);
                let sources: Vec<String> =
                    rule.sources.iter().map(|source| policy.sources[*source].to_string()).collect();
                let because = rule.because.as_deref().unwrap_or("it works elsewhere only");
                problem = problem.note(format!("{}: {because} ({})", rule.id, sources.join("; ")));
            }
            if instance.expires < SimTime::NEVER && instance.expires > self.resolver.start {
                problem = problem.note(format!(
                    "what stops a release today is that its term has not ended (until {})",
                    instance.expires
                ));
            }
            problems.push(problem.help(match by {
                Named::Here => "take it away with `protect: []`, or list W050 under `allow:`",
                Named::Elsewhere => "list W050 under `allow:`, if this is known",
            }));
        }
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
    }

    /// A schedule that the provider would refuse is told, unless it was set before the start.
    fn schedule(&mut self, instance: &mut Instance, part: &WrittenInstance) {
        let Some(auto) = part.auto_release else { return };
        instance.schedule_known = auto.is_known();
        let Some(Spanned { value: auto, span }) = auto.0.map(|at| Spanned::new(at, auto.span))
        else {
            return;
        };
        let start = self.resolver.start;
        let book = self.book(instance.account);
        let limits = &book.policy.schedule;
        let written = auto.at.from(start);
        let at = written.floor_to(limits.granularity);
        let lead = lead(book, written, start);
        let facts = Facts {
            action: Action::ScheduleRelease,
            billing: instance.billing,
            lead: if auto.set_earlier && lead == Lead::TooSoon { Lead::Within } else { lead },
            ..Facts::default()
        };
        let mut problems = Vec::new();
        if let Some(rule) = book.refusal(&facts) {
            let rule = book.policy.rule(rule);
            let sources: Vec<String> =
                rule.sources.iter().map(|s| book.policy.sources[*s].to_string()).collect();
            let title = format!(
                "the provider refuses this schedule: {}",
                rule.because.as_deref().unwrap_or("see its rule")
            );
            let label = match facts.lead {
                Lead::TooSoon if at < start => format!("{} before the start", start.since(at)),
                Lead::TooSoon | Lead::TooLate => format!("{} after the start", at.since(start)),
                Lead::None | Lead::Within => "not here".to_owned(),
            };
            let mut problem = Problem::at(Code::ProviderRefuses, span, title, label);
            problem = problem.note(format!(
                "rule {} of {}, from {} ({})",
                rule.id,
                book.policy.name,
                sources.join("; "),
                rule.confidence
            ));
            if let (Lead::TooSoon, Some(earliest)) = (facts.lead, limits.earliest) {
                let first = start.after_on_calendar(earliest, book.policy.calendar);
                problem = problem.help(format!("the earliest accepted time is {first}"));
                problem = problem.help(format!(
                    "if it was set before the scenario begins, write `auto-release: {{ at: {written}, set: earlier }}`"
                ));
            }
            problems.push(problem);
        } else if at != written {
            problems.push(seconds_cut(span, written, at));
        }
        instance.auto_release = at;
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
        let pair = (Trigger::ScheduledRelease, Some(Action::Release));
        let problem = unjudged(self.book(instance.account), pair.0, pair.1, span);
        problem.into_iter().for_each(|problem| self.resolver.problems.add(problem));
    }
}

/// What belongs to an instance of a part.
fn resources_of(part: &WrittenInstance) -> impl Iterator<Item = Property> {
    let resources = part.resources.iter().flat_map(|resources| &resources.0);
    resources.map(|(name, resource)| Property {
        name: Some((*name.value.0).into()),
        resource: resource.0.kind,
        gib: resource.0.gib,
        with_instance: resource.0.with_instance,
        disk: resource.0.disk.as_ref().map(|disk| (*disk.value.0).into()),
    })
}

/// The message that a release is scheduled more finely than the provider keeps it.
pub fn seconds_cut(span: Span, written: SimTime, at: SimTime) -> Problem {
    let title = format!("the provider cuts this time down to {at}");
    Problem::at(Code::SecondsCut, span, title, format!("{} too fine", written.since(at)))
}

/// How far ahead a release is set, by the limits of a policy.
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

/// The message that a policy cannot judge what would be asked, if it cannot: it does not know
/// the cause, or not with an action that may take something of an instance.
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
        && !policy.domain.allows(trigger, action, &Condition::default())
    {
        let title = format!("{name} cannot judge whether to {action} for `{trigger}`");
        let problem = Problem::at(Code::UnknownTrigger, span, title, "not in its decision space");
        let lacks = [
            (Column::Trigger, policy.knows(Column::Trigger, trigger), trigger.word()),
            (Column::Action, policy.knows(Column::Action, action), action.word()),
        ];
        let lacks = lacks.iter().filter(|(_, known, _)| !known);
        let lacks: Vec<String> =
            lacks.map(|(column, _, word)| format!("`{word}` to its `{}`", column.name())).collect();
        let add = if lacks.is_empty() {
            "take this out of its `impossible:`".to_owned()
        } else {
            format!("add {}", lacks.join(" and "))
        };
        return Some(problem.help(format!(
            "take a policy whose `space:` has this, or {add} and give each protection a rule for it"
        )));
    }
    let plain = trigger == Trigger::Manual && losing.is_none();
    (!plain && !policy.knows(Column::Trigger, trigger)).then(|| {
        let title = format!("{name} says nothing about `{trigger}`");
        Problem::at(Code::UnknownTrigger, span, title, "not in its decision space")
            .help("take a policy whose `space:` lists this trigger")
    })
}

fn membership_in_words(membership: Membership) -> String {
    match membership {
        Membership::None => "in no group".into(),
        Membership::AutoCreated | Membership::Entrusted | Membership::Attached => {
            format!("an {membership} member")
        }
    }
}
