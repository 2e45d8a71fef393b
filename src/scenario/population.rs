//! The fleet of a plan: from parts told by name to dense tables.

use super::resolve::{Resolver, protection_of};
use super::selector::{LONGEST, expand, not_a_range};
use crate::fleet::{
    Account, AccountPart, Fleet, Group, GroupPart, Instance, InstancePart, Property, ProtectPart,
};
use crate::policy::{Column, Facts, Rulebook};
use crate::text::{Code, Map, Name, Place, Problem, Spanned, When};
use crate::time::{SimSpan, SimTime};
use crate::vocab::{
    AccountId, Action, Billing, ClockAction, ClockKind, GroupId, HealthCheck, InstanceId, Lead,
    Lifecycle, Lock, Membership, PolicyId, ProtectionId, ProtectionSet, Renewal, StoppedBy,
    Subject, Trigger,
};

/// The most instances of a fleet: twice a range of the greatest length.
const MOST_INSTANCES: u64 = 2 * LONGEST;

/// The account of a fleet that names none.
const DEFAULT_ACCOUNT: &str = "default";

/// Fills the tables of a fleet, and the resolver's names beside them.
pub struct Population<'r, 'p> {
    /// Names to ids.
    pub resolver: &'r mut Resolver<'p>,
    /// The tables.
    pub fleet: Fleet,
    /// What holds where an instance does not say otherwise.
    pub defaults: InstancePart,
}

impl Population<'_, '_> {
    /// Takes in the accounts; `policy_of` knows which policy each is under.
    pub fn accounts(
        &mut self,
        accounts: &Map<AccountPart>,
        policy_of: impl Fn(&AccountPart) -> PolicyId,
    ) {
        for (name, part) in &accounts.0 {
            if self.define(Subject::Account, &name.value, name.place).is_some() {
                self.fleet.add_account(Account {
                    policy: policy_of(part),
                    grace: part.grace.unwrap_or(SimSpan::ZERO),
                    arrears: None,
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

    /// Gives a name its id; told, if it is taken or no name at all.
    fn define(&mut self, kind: Subject, name: &str, place: Place) -> Option<usize> {
        if kind == Subject::Instance && self.resolver.instances.len() as u64 >= MOST_INSTANCES {
            let title = format!("a fleet has at most {MOST_INSTANCES} instances");
            self.resolver.problems.add(Problem::at(Code::BadNumber, place, title, "too many"));
            return None;
        }
        if let Some(fault) = Name::fault(name) {
            self.resolver.problems.add(Name::problem(name, &fault, place));
            return None;
        }
        let names = match kind {
            Subject::Account => &mut self.resolver.accounts,
            Subject::Group => &mut self.resolver.groups,
            Subject::Instance => &mut self.resolver.instances,
        };
        let first = match names.define(name, Some(place)) {
            Ok(id) => return Some(id),
            Err(first) => first,
        };
        let title = format!("{kind} `{name}` is defined twice");
        let mut problem = Problem::at(Code::Twice, place, title, "second definition");
        if let Some(first) = first {
            problem = problem.and_at(first, "first definition");
        }
        self.resolver.problems.add(problem.help("give one of them another name"));
        None
    }

    /// The account that something names; the only one, if it names none.
    fn account(&mut self, named: Option<&Spanned<Name>>, of: Place) -> Option<AccountId> {
        if let Some(name) = named {
            return self.resolver.account(&name.value, name.place);
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

    fn book(&self, account: AccountId) -> &Rulebook {
        &self.resolver.rulebooks[self.fleet.account(account).policy.index()]
    }

    /// The protections that a part names, set and unknown, which must be of that kind.
    fn protections(
        &mut self,
        part: &ProtectPart,
        account: AccountId,
        kind: Subject,
    ) -> (ProtectionSet, ProtectionSet) {
        let mut sets = [ProtectionSet::EMPTY; 2];
        for (at, names) in [&part.on, &part.unknown].into_iter().enumerate() {
            for name in names {
                let Some(id) = self.protection(name, account, kind) else { continue };
                if sets.iter().any(|set| set.has(id)) {
                    let title = format!("`{}` is listed twice", **name);
                    let problem = Problem::at(Code::Twice, name.place, title, "once more");
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
        match protection_of(self.book(account), name, name.place, kind) {
            Ok(id) => Some(id),
            Err(problem) => {
                self.resolver.problems.add(*problem);
                None
            }
        }
    }

    /// Takes in a group.
    pub fn group(&mut self, name: &str, place: Place, part: &GroupPart) {
        // What it lacks has been told; its name is known all the same.
        let account = self.account(part.account.as_ref(), place).unwrap_or(AccountId(0));
        if self.define(Subject::Group, name, place).is_none() {
            return;
        }
        let (min, max) = (part.min.unwrap_or(0), part.max.unwrap_or(u32::MAX));
        if min > max {
            let title = format!("the group `{name}` has a minimum above its maximum");
            let problem = Problem::at(Code::Contradiction, place, title, format!("{min} > {max}"));
            self.resolver.problems.add(problem);
        }
        let orders = self.orders(part, account);
        let (on, unknown) = self.protections(&part.protect, account, Subject::Group);
        self.fleet.add_group(Group {
            account,
            min,
            max,
            orders,
            health_check: part.health_check.unwrap_or(HealthCheck::None),
            on,
            unknown,
            members: Vec::new(),
            deleted: false,
        });
    }

    fn orders(&mut self, part: &GroupPart, account: AccountId) -> Vec<usize> {
        let policy = &self.book(account).policy;
        let Some(named) = &part.removal else { return policy.default_orders.clone() };
        let mut orders = Vec::new();
        let mut problems = Vec::new();
        for name in &named.0 {
            if let Some(at) = policy.orders.iter().position(|order| order.name == **name) {
                orders.push(at);
                continue;
            }
            let known: Vec<&str> = policy.orders.iter().map(|order| order.name.as_str()).collect();
            let title = format!("{} has no order `{}`", policy.name, **name);
            let problem = Problem::at(Code::UnknownRule, name.place, title, "unknown order");
            let close = crate::text::closest(name, known.iter().copied());
            problems
                .push(problem.did_you_mean(&close).note(format!("orders: {}", known.join(", "))));
        }
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
        orders
    }

    /// Takes in every instance that a name, perhaps a range, stands for.
    pub fn instances(&mut self, name: &Spanned<Name>, part: &InstancePart) {
        match expand(&name.value) {
            Ok(names) => self.instances_called(&names, name.place, part),
            Err(fault) => {
                self.resolver.problems.add(not_a_range(&name.value, &fault, name.place));
                self.resolver.doubtful = true;
            }
        }
    }

    /// Takes in the instances of a range. Their names differ and nothing else, so whatever
    /// is wrong is told once.
    fn instances_called(&mut self, names: &[String], place: Place, part: &InstancePart) {
        if self.resolver.instances.len() as u64 + names.len() as u64 > MOST_INSTANCES {
            let title = format!("a fleet has at most {MOST_INSTANCES} instances");
            self.resolver.problems.add(Problem::at(Code::BadNumber, place, title, "too many"));
            self.resolver.doubtful = true;
            return;
        }
        let Some((first, rest)) = names.split_first() else { return };
        self.instance(first, place, part, false);
        let taken = rest.iter().filter(|name| self.resolver.instances.get(name).is_some()).count();
        if taken > 1 {
            let title = format!("{taken} instances of this range are defined already");
            let problem = Problem::at(Code::Twice, place, title, "second definition");
            self.resolver.problems.add(problem.help("give one of the ranges other names"));
            return;
        }
        rest.iter().for_each(|name| self.instance(name, place, part, false));
    }

    /// Takes in an instance that somebody wrote; `absent` if an event creates it.
    pub fn instance(&mut self, name: &str, place: Place, part: &InstancePart, absent: bool) {
        let part = part.clone().or(&self.defaults);
        let settled = self.settle(&part, place, absent);
        if self.define(Subject::Instance, name, place).is_none() {
            return;
        }
        // What cannot be settled has been told; its name is known all the same.
        let mut instance = settled.unwrap_or_else(|| self.stand_in());
        if absent {
            instance.state = Lifecycle::Absent;
        }
        let id = self.fleet.add_instance(instance);
        self.belongings(id, &part);
    }

    /// An instance in place of one of which something is wrong: no plan is made of it.
    fn stand_in(&self) -> Instance {
        Instance::new(AccountId(0), self.resolver.start)
    }

    /// Takes in an instance that a provider's reply lists. Its id may hold what a
    /// name may not (masked ids hold `*`), and nothing is added by default.
    pub fn imported(&mut self, name: &Spanned<String>, part: &InstancePart) {
        let settled = self.settle(part, name.place, false);
        let instance = settled.unwrap_or_else(|| self.stand_in());
        match self.resolver.instances.define(name, Some(name.place)) {
            Ok(_) => {
                let id = self.fleet.add_instance(instance);
                self.belongings(id, part);
            }
            Err(first) => {
                let title = format!("instance `{}` is defined twice", **name);
                let mut problem = Problem::at(Code::Twice, name.place, title, "second definition");
                if let Some(first) = first {
                    problem = problem.and_at(first, "first definition");
                }
                self.resolver.problems.add(problem);
            }
        }
    }

    fn belongings(&mut self, id: InstanceId, part: &InstancePart) {
        if let Some(things) = &part.things {
            let properties = things.0.iter().map(|(name, thing)| Property {
                name: name.value.0.clone(),
                thing: thing.0.kind,
                gib: thing.0.gib,
                with_instance: thing.0.with_instance.unwrap_or(true),
            });
            let properties: Vec<Property> = properties.collect();
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

    /// From what is said of an instance to its row in the table.
    fn settle(&mut self, part: &InstancePart, place: Place, absent: bool) -> Option<Instance> {
        let start = self.resolver.start;
        let group = match &part.group {
            Some(name) => Some(self.resolver.group(&name.value, name.place)?),
            None => None,
        };
        let account = match (&part.account, group) {
            (None, Some(group)) => self.fleet.group(group).account,
            (named, _) => self.account(named.as_ref(), place)?,
        };
        self.same_account(part, account, group);
        let billing = part.billing.map_or(Billing::PayAsYouGo, |billing| billing.value);
        let time = |at: Option<Spanned<When>>| at.map(|at| at.from(start));
        let created = time(part.created).unwrap_or(start);
        if let Some(written) = part.created.filter(|_| created > start && !absent) {
            self.contradicts(written.place, "it is there at the start, and is created later");
        }
        let mut instance = Instance::new(account, created);
        instance.group = group;
        instance.billing = billing;
        instance.joined = time(part.joined).unwrap_or(created);
        instance.expires = time(part.expires).unwrap_or(SimTime::NEVER);
        instance.configuration = part.configuration.unwrap_or(u32::MAX);
        instance.economical = part.economical.unwrap_or(false);
        instance.lock = part.lock.map_or(Lock::None, |lock| lock.value);
        instance.renewal = part.renewal.map_or(Renewal::None, |renewal| renewal.value);
        instance.state = part.state.map_or(Lifecycle::Running, |state| state.value);
        if matches!(instance.state, Lifecycle::Stopped | Lifecycle::Reclaimed) {
            instance.stopped_by = StoppedBy::User;
        }
        if let Some(state) = part.state.filter(|_| !instance.is_there()) {
            self.contradicts(state.place, &format!("a fleet has it, and it is {}", state.value));
        }
        if let Some(renewal) = part.renewal.filter(|_| billing != Billing::Subscription) {
            self.contradicts(renewal.place, &format!("a renewal and {billing}"));
        }
        self.membership(&mut instance, part, place);
        self.term(&mut instance, part, place);
        if let Some(protect) = &part.protect {
            let (on, unknown) = self.protections(protect, account, Subject::Instance);
            (instance.on, instance.unknown) = (on, unknown);
            self.occasions(&instance, protect, absent);
            self.inert(&instance, part, place);
        }
        self.schedule(&mut instance, part);
        Some(instance)
    }

    fn same_account(&mut self, part: &InstancePart, account: AccountId, group: Option<GroupId>) {
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
            let problem = Problem::at(Code::Contradiction, name.place, title, "another account");
            self.resolver.problems.add(problem);
        }
    }

    fn membership(&mut self, instance: &mut Instance, part: &InstancePart, place: Place) {
        let said = part.membership.map(|membership| membership.value);
        instance.membership = match (instance.group, said) {
            (None, None | Some(Membership::None)) => Membership::None,
            (Some(_), Some(said)) if said != Membership::None => said,
            // Only the owner of a subscription manages it.
            (Some(_), None) if instance.billing == Billing::Subscription => Membership::Attached,
            (Some(_), None) => Membership::AutoCreated,
            (None, Some(said)) => {
                self.contradicts(
                    part.membership.map_or(place, |m| m.place),
                    &format!("a membership (`{said}`) without a group"),
                );
                said
            }
            (Some(_), Some(said)) => {
                self.contradicts(
                    part.membership.map_or(place, |m| m.place),
                    "a group, and no membership of it",
                );
                said
            }
        };
        let facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
            ..Facts::default()
        };
        let impossible = self.book(instance.account).policy.impossible.iter().find(|(when, _)| {
            when.columns().all(|column| [Column::Billing, Column::Membership].contains(&column))
                && when.meets(&facts)
        });
        if let Some((_, because)) = impossible {
            let what = format!("{} and {}: {because}", instance.billing, instance.membership);
            self.contradicts(part.membership.map_or(place, |m| m.place), &what);
        }
    }

    fn contradicts(&mut self, place: Place, what: &str) {
        let title = format!("this does not fit together: {what}");
        self.resolver.problems.add(Problem::at(Code::Contradiction, place, title, "see here"));
    }

    /// A term that has ended before the start has had its effects.
    fn term(&mut self, instance: &mut Instance, part: &InstancePart, place: Place) {
        let Some(expires) = part.expires else { return };
        if instance.billing != Billing::Subscription {
            self.contradicts(expires.place, &format!("a term and {}", instance.billing));
            return;
        }
        let start = self.resolver.start;
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
                ClockAction::Release => released = Some((due, step.rule)),
                ClockAction::Renew => {}
            }
            instance.stopped_by = StoppedBy::Expiry;
        }
        if let Some((due, rule)) = released {
            let rule = &book.policy.rule(rule).id;
            let what = format!("by rule `{rule}` it was released at {due}, before the start");
            self.contradicts(place, &what);
        }
        if let Some(state) = part.state {
            instance.state = state.value;
        }
    }

    /// A protection that cannot be set at creation cannot come with it.
    fn occasions(&mut self, instance: &Instance, part: &ProtectPart, absent: bool) {
        if !absent {
            return;
        }
        for id in instance.on.iter() {
            let protection = &self.book(instance.account).policy.protections[id.index()];
            if !protection.occasions.contains(&crate::vocab::Occasion::Create) {
                let title =
                    format!("`{}` cannot be set with the creation of an instance", protection.name);
                let place =
                    part.on.iter().find(|name| *name.value == protection.name).map(|n| n.place);
                if let Some(place) = place {
                    let problem = Problem::at(Code::ProviderRefuses, place, title, "only later");
                    self.resolver
                        .problems
                        .add(problem.help("create it without, and set it by an event"));
                }
            }
        }
    }

    /// Warns of protections that are on and can do nothing.
    fn inert(&mut self, instance: &Instance, part: &InstancePart, place: Place) {
        let facts = Facts {
            billing: instance.billing,
            membership: instance.membership,
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
            let mut problem = Problem::at(Code::Inert, place, title, why);
            let set = part.protect.iter().flat_map(|protect| &protect.on);
            if let Some(set) = set.into_iter().find(|name| *name.value == protection.name) {
                problem = problem.and_at(set.place, "set here");
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
            problems
                .push(problem.help("take it away with `protect: []`, or list W050 under `allow:`"));
        }
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
    }

    /// A schedule that the provider would refuse is told, unless it was set before the start.
    fn schedule(&mut self, instance: &mut Instance, part: &InstancePart) {
        let Some(auto) = part.auto_release else { return };
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
            let mut problem = Problem::at(Code::ProviderRefuses, auto.place, title, label);
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
            problems.push(seconds_cut(auto.place, written, at));
        }
        instance.auto_release = at;
        problems.into_iter().for_each(|problem| self.resolver.problems.add(problem));
        if !self.book(instance.account).policy.knows(Column::Trigger, Trigger::ScheduledRelease) {
            let name = self.book(instance.account).policy.name.clone();
            let problem = unknown_trigger(&name, Trigger::ScheduledRelease, auto.place);
            self.resolver.problems.add(problem);
        }
    }
}

/// The message that a release is scheduled more finely than the provider keeps it.
pub fn seconds_cut(place: Place, written: SimTime, at: SimTime) -> Problem {
    let title = format!("the provider cuts this time down to {at}");
    Problem::at(Code::SecondsCut, place, title, format!("{} too fine", written.since(at)))
}

/// How far ahead a release is set, by the limits of a policy.
pub fn lead(book: &Rulebook, at: SimTime, now: SimTime) -> Lead {
    let limits = &book.policy.schedule;
    let from_now = |span| now.after_on_calendar(span, book.policy.calendar);
    if limits.earliest.is_some_and(|earliest| at < from_now(earliest)) {
        Lead::TooSoon
    } else if limits.latest.is_some_and(|latest| at > from_now(latest)) {
        Lead::TooLate
    } else {
        Lead::Within
    }
}

/// The message that a policy says nothing about a cause.
pub fn unknown_trigger(policy: &str, trigger: Trigger, place: Place) -> Problem {
    let title = format!("{policy} says nothing about `{trigger}`");
    Problem::at(Code::UnknownTrigger, place, title, "not in its decision space")
        .help("take a policy whose `space:` lists this trigger")
}

fn membership_in_words(membership: Membership) -> String {
    match membership {
        Membership::None => "in no group".into(),
        Membership::AutoCreated | Membership::Entrusted | Membership::Attached => {
            format!("an {membership} member")
        }
    }
}
