//! From a file to plans, one for each case; every mistake of every case at once.

use std::collections::BTreeMap;

use super::cases;
use super::expect::Expecting;
use super::plan::{Assumption, Plan, Scripted};
use super::population::{Population, unknown_trigger};
use super::resolve::{Names, Resolver};
use super::surface::{EventPart, EventsPart, FleetPart, InstancesPart, Written};
use super::verbs::{Order, VERBS, WrittenVerb, verb_keys};
use crate::fleet::{AccountPart, Fleet, InstancePart};
use crate::import;
use crate::policy::{Column, Policy, Rulebook, load};
use crate::record::Legend;
use crate::text::{
    Code, Entry, FileId, Files, Name, Node, Place, Problem, Problems, Read, Sources, Spanned,
    Value, When, closest, parse_yaml, rows,
};
use crate::time::{SimTime, UtcOffset};
use crate::vocab::{EventId, Membership, PolicyId, SwitchSet, Trigger, Word};

/// What the command line may replace in a scenario.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The policy of accounts that name none.
    pub policy: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
}

/// What comes of a scenario file.
#[derive(Debug)]
pub struct Compiled {
    /// Its name.
    pub name: String,
    /// A plan for each case.
    pub plans: Vec<Plan>,
    /// The warnings that are meant.
    pub allow: Vec<Code>,
    /// What real fleets were read, a line for each file.
    pub read: Vec<String>,
}

/// Compiles a scenario file; what is wrong with it goes to `problems`.
pub fn compile(
    file: FileId,
    options: &Options,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Compiled> {
    let node = parse_yaml(sources, file, problems)?;
    check_format(&node, problems)?;
    let mut compiler = Compiler {
        options,
        files,
        sources,
        problems,
        policies: BTreeMap::new(),
        tables: BTreeMap::new(),
    };
    compiler.all(&node)
}

/// Says early what the file is, so that a policy given by mistake is told as that.
fn check_format(node: &Node, problems: &mut Problems) -> Option<()> {
    let format = node.get("stayput").and_then(Node::scalar);
    match format {
        Some("scenario/1") | None => Some(()),
        Some(other) => {
            let place = node.get("stayput").map_or(node.place, |node| node.place);
            let title = format!("this program reads `scenario/1` here, and this is `{other}`");
            problems.add(Problem::at(Code::BadFormat, place, title, "not a scenario it knows"));
            None
        }
    }
}

struct Compiler<'a> {
    options: &'a Options,
    files: &'a dyn Files,
    sources: &'a mut Sources,
    problems: &'a mut Problems,
    /// Policies by the name under which they were asked for.
    policies: BTreeMap<String, Option<Policy>>,
    /// Files that were read, by path: the cases of a scenario share them.
    tables: BTreeMap<String, Option<FileId>>,
}

impl Compiler<'_> {
    fn all(&mut self, node: &Node) -> Option<Compiled> {
        let trees = cases::split(node, self.problems);
        let names: Vec<String> = trees.iter().map(|(name, _)| name.clone()).collect();
        let mut compiled = Compiled {
            name: String::new(),
            plans: Vec::new(),
            allow: Vec::new(),
            read: Vec::new(),
        };
        let written: Vec<(String, Option<Written>)> = trees
            .into_iter()
            .map(|(case, tree)| (case, Written::read(&tree, self.problems)))
            .collect();
        let left_out = events_left_out(&written);
        for (case, written) in &written {
            let Some(written) = written else { continue };
            compiled.name = written.name.to_string();
            compiled.allow.clone_from(&written.allow);
            let mut read = Vec::new();
            compiled.plans.extend(self.case(case, &names, &left_out, written, &mut read));
            compiled.read = read;
        }
        (!self.problems.refuse()).then_some(compiled)
    }

    /// The text of a file that the scenario names.
    fn table(&mut self, path: &Spanned<String>) -> Option<FileId> {
        if let Some(known) = self.tables.get(&path.value) {
            return *known;
        }
        let found = match self.files.read(self.sources.path(path.place.file), path) {
            Ok((shown, text)) => Some(self.sources.add(shown, text)),
            Err(failure) => {
                let mut problem = Problem::unreadable(path, failure);
                problem.labels.push((path.place, "named here".into()));
                self.problems.add(problem);
                None
            }
        };
        self.tables.insert(path.value.clone(), found);
        found
    }

    fn policy(&mut self, name: &str, at: Option<Place>) -> Option<Policy> {
        if !self.policies.contains_key(name) {
            let policy = load(name, at, self.files, self.sources, self.problems);
            self.policies.insert(name.to_owned(), policy);
        }
        self.policies.get(name).cloned().flatten()
    }

    /// The policies in use, the scenario's own first, and the place of each account's.
    fn policies(&mut self, written: &Written) -> Option<(Vec<Policy>, Vec<String>)> {
        let mut asked: Vec<(String, Option<Place>)> = Vec::new();
        match (&self.options.policy, &written.policy) {
            (Some(name), _) => asked.push((name.clone(), None)),
            (None, Some(name)) => asked.push((name.value.clone(), Some(name.place))),
            (None, None) => {}
        }
        let accounts = &written.fleet.accounts.0;
        if asked.is_empty() && accounts.iter().all(|(_, part)| part.policy.is_none()) {
            let title = "nothing says which policy holds";
            let problem = Problem::at(Code::MissingKey, written.name.place, title, "no `policy`");
            let known: Vec<&str> = crate::policy::Catalog::names().collect();
            self.problems.add(
                problem
                    .help("add `policy:` to the scenario, or to each account")
                    .note(format!("the program has: {}", known.join(", "))),
            );
            return None;
        }
        for (name, part) in accounts {
            match &part.policy {
                Some(policy) if asked.iter().all(|(known, _)| *known != policy.value) => {
                    asked.push((policy.value.clone(), Some(policy.place)));
                }
                None if self.options.policy.is_none() && written.policy.is_none() => {
                    let title = format!("the account `{}` has no policy", **name);
                    let problem = Problem::at(Code::MissingKey, name.place, title, "no `policy`");
                    self.problems.add(problem.help("add `policy:` to it, or to the scenario"));
                }
                _ => {}
            }
        }
        let loaded: Vec<Option<Policy>> =
            asked.iter().map(|(name, at)| self.policy(name, *at)).collect();
        let policies: Option<Vec<Policy>> = loaded.into_iter().collect();
        Some((policies?, asked.into_iter().map(|(name, _)| name).collect()))
    }

    fn case(
        &mut self,
        case: &str,
        cases: &[String],
        left_out: &Names,
        written: &Written,
        read: &mut Vec<String>,
    ) -> Option<Plan> {
        self.check_header(written);
        let start = match written.start.value {
            When::At(at) => at,
            When::After(_) => {
                let title = "the start cannot be counted from the start";
                let problem =
                    Problem::at(Code::BadTime, written.start.place, title, "not an instant");
                self.problems.add(problem);
                return None;
            }
        };
        let offset = UtcOffset::of_time(self.sources.quote(written.start.place).trim_matches('"'));
        let end = start.after(written.length.value);
        let (policies, asked) = self.policies(written)?;
        let (rulebooks, assumptions) = self.assume(written, policies);
        let texts = self.texts(written);
        let mut resolver = Resolver {
            start,
            accounts: Names::default(),
            groups: Names::default(),
            instances: Names::default(),
            tags: BTreeMap::new(),
            actors: Names::default(),
            rulebooks,
            targets: Vec::new(),
            flags: Vec::new(),
            problems: self.problems,
        };
        let events = texts.events(written, self.sources, resolver.problems);
        let policy_of = |part: &AccountPart| {
            let at = part.policy.as_ref().and_then(|p| asked.iter().position(|a| *a == p.value));
            PolicyId::at(at.unwrap_or(0))
        };
        let fleet =
            populate(&mut resolver, &written.fleet, &events, &texts, self.sources, policy_of, read);
        let mut script = script(&mut resolver, &fleet, &events, end);
        script.events.sort_by_key(|event| event.at);
        let expectations = Expecting {
            resolver: &mut resolver,
            case,
            cases,
            events: &script.names,
            left_out,
            end,
        }
        .resolve(&written.expect);
        let legend = Legend {
            scenario: written.name.to_string(),
            case: case.to_owned(),
            replication: 0,
            start,
            end,
            offset,
            seed: self.options.seed.or(written.seed).unwrap_or(0),
            rulebooks: resolver.rulebooks,
            accounts: resolver.accounts.into_names(),
            groups: resolver.groups.into_names(),
            instances: resolver.instances.into_names(),
            actors: resolver.actors.into_names(),
            events: script.names.into_names(),
        };
        Some(Plan {
            legend,
            fleet,
            script: script.events,
            targets: resolver.targets,
            flags: resolver.flags,
            expectations,
            assumptions,
            event_places: script.places,
        })
    }

    fn check_header(&mut self, written: &Written) {
        if written.length.value.seconds() == 0 {
            let title = "a scenario runs for some time";
            let problem = Problem::at(Code::BadTime, written.length.place, title, "no time at all");
            self.problems.add(problem);
        }
    }

    /// Settles every switch: as assumed, else as the policy says by default.
    fn assume(
        &mut self,
        written: &Written,
        policies: Vec<Policy>,
    ) -> (Vec<Rulebook>, Vec<Assumption>) {
        let mut settings: Vec<Vec<Option<u8>>> =
            policies.iter().map(|policy| vec![None; policy.switches.len()]).collect();
        let mut assumptions = Vec::new();
        let mut membership = None;
        for (name, value) in &written.assume.0 {
            if &*name.value.0 == UNKNOWN_MEMBERSHIP {
                membership = self.assumed_membership(value);
                continue;
            }
            let mut settles = Vec::new();
            for (policy, settings) in policies.iter().zip(&mut settings) {
                let Some(switch) = policy.switch(&name.value) else { continue };
                let values = &policy.switches[switch.index()].values;
                if let Some(at) = values.iter().position(|known| *known == value.value) {
                    settings[switch.index()] = u8::try_from(at).ok();
                    settles.push((PolicyId::at(assumptions_policy(&policies, policy)), switch));
                } else {
                    let title = format!("`{}` is not a position of `{}`", **value, **name);
                    let problem =
                        Problem::at(Code::UnknownWord, value.place, title, "unknown position");
                    let problem =
                        problem.did_you_mean(&closest(value, values.iter().map(String::as_str)));
                    self.problems.add(problem.note(format!("one of: {}", values.join(", "))));
                }
            }
            if policies.iter().all(|policy| policy.switch(&name.value).is_none()) {
                self.unknown_switch(name, &policies);
            }
            assumptions.push(Assumption {
                name: name.to_string(),
                value: value.value.clone(),
                place: name.place,
                settles,
            });
        }
        let books = policies
            .into_iter()
            .zip(settings)
            .map(|(policy, settings)| self.settle(policy, &settings, membership, written));
        (books.collect(), assumptions)
    }

    fn assumed_membership(&mut self, value: &Spanned<String>) -> Option<Membership> {
        let found = Membership::spelled(value);
        if found.is_none() {
            let words: Vec<&str> = Membership::ALL.iter().map(|word| word.word()).collect();
            let title = format!("`{}` is not a membership", **value);
            let problem = Problem::at(Code::UnknownWord, value.place, title, "unknown word");
            self.problems.add(problem.note(format!("one of: {}", words.join(", "))));
        }
        found
    }

    fn unknown_switch(&mut self, name: &Spanned<Name>, policies: &[Policy]) {
        let known: Vec<&str> =
            policies.iter().flat_map(|p| &p.switches).map(|s| s.name.as_str()).collect();
        let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        let title = format!("{} leaves no question `{}` open", names.join(", "), **name);
        // Under another policy than its own, a scenario may well assume too much.
        let code = match self.options.policy {
            Some(_) => Code::UnusedAssumption,
            None => Code::UnknownRule,
        };
        let problem = Problem::at(code, name.place, title, "unknown switch");
        let problem = problem.did_you_mean(&closest(&name.value, known.iter().copied()));
        self.problems.add(problem.note(format!("switches: {}", known.join(", "))));
    }

    fn settle(
        &mut self,
        policy: Policy,
        settings: &[Option<u8>],
        membership: Option<Membership>,
        written: &Written,
    ) -> Rulebook {
        let mut taken = SwitchSet::EMPTY;
        let mut values = Vec::with_capacity(settings.len());
        for (at, (switch, setting)) in policy.switches.iter().zip(settings).enumerate() {
            if setting.is_some() {
                taken = taken.with(crate::vocab::SwitchId::at(at));
            }
            let value = setting.or(switch.default);
            if value.is_none() {
                let title = format!(
                    "{} leaves `{}` open, and nobody took a position",
                    policy.name, switch.name
                );
                let mut problem = Problem::at(
                    Code::OpenQuestion,
                    written.name.place,
                    title,
                    "this scenario must",
                );
                if let Some(because) = &switch.because {
                    problem = problem.note(format!("the question: {because}"));
                }
                for value in &switch.values {
                    problem =
                        problem.help(format!("under `assume:` write `{}: {value}`", switch.name));
                }
                self.problems.add(problem);
            }
            values.push(value.unwrap_or(0));
        }
        Rulebook::new(policy, values, taken, membership)
    }

    /// Loads the files that the fleet and the events name.
    fn texts(&mut self, written: &Written) -> Texts {
        let instances = match &written.fleet.instances {
            Some(InstancesPart::File(path)) => self.table(path),
            Some(InstancesPart::Here(_)) | None => None,
        };
        let events = match &written.events {
            EventsPart::File(path) => self.table(path),
            EventsPart::Here(_) => None,
        };
        let imports = written
            .fleet
            .import
            .iter()
            .map(|part| part.files.iter().filter_map(|path| self.table(path)).collect());
        Texts { instances, events, imports: imports.collect() }
    }
}

/// The assumption about instances of which nobody knows how they came into their group.
const UNKNOWN_MEMBERSHIP: &str = "unknown-membership";

fn assumptions_policy(policies: &[Policy], policy: &Policy) -> usize {
    policies.iter().position(|known| known.name == policy.name).unwrap_or(0)
}

/// The events that `at: never` leaves out of some case.
fn events_left_out(written: &[(String, Option<Written>)]) -> Names {
    let mut names = Names::default();
    for written in written.iter().filter_map(|(_, written)| written.as_ref()) {
        if let EventsPart::Here(events) = &written.events {
            for event in events.iter().filter(|event| event.at.is_none()) {
                if let Some(id) = &event.id {
                    names.intern(&id.value);
                }
            }
        }
    }
    names
}

/// The files that a case needs.
struct Texts {
    instances: Option<FileId>,
    events: Option<FileId>,
    imports: Vec<Vec<FileId>>,
}

impl Texts {
    /// The events, from here or from their file.
    fn events(
        &self,
        written: &Written,
        sources: &Sources,
        problems: &mut Problems,
    ) -> Vec<EventPart> {
        if let EventsPart::Here(events) = &written.events {
            return events.clone();
        }
        let Some(file) = self.events else { return Vec::new() };
        let mut known = vec!["at", "id", "verb"];
        known.extend(VERBS.iter().flat_map(|verb| verb_keys(verb)));
        known.sort_unstable();
        known.dedup();
        let mut events = Vec::new();
        let Some(mut rows) = rows(sources, file, &known, problems) else { return events };
        while let Some(row) = rows.next_row(problems) {
            if let Some(event) = event_of_row(row, problems) {
                events.push(event);
            }
        }
        events
    }
}

/// A row `at,id,verb,…` as the event that YAML would write `{ at, id, <verb>: {…} }`.
fn event_of_row(row: Node, problems: &mut Problems) -> Option<EventPart> {
    let place = row.place;
    let Value::Map(entries) = row.value else { return None };
    let (mut outer, mut inner, mut verb) = (Vec::new(), Vec::new(), None);
    for entry in entries {
        match &*entry.key.value {
            "at" | "id" => outer.push(entry),
            "verb" => verb = Some(entry),
            _ => inner.push(entry),
        }
    }
    let Some(verb) = verb else {
        let title = "this row has no verb";
        problems.add(Problem::at(Code::OneVerb, place, title, "the cell `verb` is empty"));
        return None;
    };
    let name = verb.value.scalar().unwrap_or_default();
    if !VERBS.contains(&name) {
        let title = format!("`{name}` is not a verb");
        let problem = Problem::at(Code::OneVerb, verb.value.place, title, "unknown verb");
        let problem = problem.did_you_mean(&closest(name, VERBS.iter().copied()));
        problems.add(problem.note(format!("verbs: {}", VERBS.join(", "))));
        return None;
    }
    outer.push(Entry {
        key: Spanned::new(name.into(), verb.value.place),
        value: Node { value: Value::Map(inner), place },
    });
    EventPart::read(&Node { value: Value::Map(outer), place }, problems)
}

/// Fills the fleet: accounts, groups, instances written here or in a file, real
/// ones, and those that events create.
fn populate(
    resolver: &mut Resolver<'_>,
    part: &FleetPart,
    events: &[EventPart],
    texts: &Texts,
    sources: &Sources,
    policy_of: impl Fn(&AccountPart) -> PolicyId,
    read: &mut Vec<String>,
) -> Fleet {
    let defaults = part.defaults.clone().unwrap_or_else(InstancePart::blank);
    let mut population = Population { resolver, fleet: Fleet::default(), defaults };
    population.accounts(&part.accounts, policy_of);
    for (name, group) in &part.groups.0 {
        population.group(&name.value, name.place, group);
    }
    match &part.instances {
        Some(InstancesPart::Here(instances)) => {
            for (name, instance) in &instances.0 {
                population.instances(name, instance);
            }
        }
        Some(InstancesPart::File(_)) => {
            instances_of_file(&mut population, texts.instances, sources);
        }
        None => {}
    }
    for (import, texts) in part.import.iter().zip(&texts.imports) {
        let found = import::import(&import.from, texts, sources, population.resolver.problems);
        read.extend(found.read);
        for (name, mut group) in found.groups {
            group.account = group.account.or_else(|| import.account.clone());
            population.group(&name, name.place, &group);
        }
        for (name, mut instance) in found.instances {
            instance.account = instance.account.or_else(|| import.account.clone());
            population.imported(&name, &instance);
        }
    }
    for event in events {
        if let WrittenVerb::Create(create) = &event.verb {
            let blank = InstancePart::blank();
            let like = create.like.as_ref().unwrap_or(&blank);
            let name = &create.instance;
            population.instance(&name.value, name.place, like, true);
        }
    }
    population.fleet
}

fn instances_of_file(population: &mut Population<'_, '_>, file: Option<FileId>, sources: &Sources) {
    let Some(file) = file else { return };
    let mut known = vec!["instance"];
    known.extend(InstancePart::KEYS);
    let Some(mut rows) = rows(sources, file, &known, population.resolver.problems) else { return };
    while let Some(mut row) = rows.next_row(population.resolver.problems) {
        let Value::Map(entries) = &mut row.value else { continue };
        let Some(at) = entries.iter().position(|entry| &*entry.key.value == "instance") else {
            let title = "this row does not say which instance it is about";
            let problem =
                Problem::at(Code::MissingKey, row.place, title, "the cell `instance` is empty");
            population.resolver.problems.add(problem);
            continue;
        };
        let name = entries.remove(at).value;
        let text = name.scalar().unwrap_or_default().to_owned();
        if let Some(part) = InstancePart::read(&row, population.resolver.problems) {
            population.instance(&text, name.place, &part, false);
        }
    }
}

/// The script of a plan while it is being made.
struct Script {
    events: Vec<Scripted>,
    names: Names,
    places: Vec<Place>,
}

fn script(
    resolver: &mut Resolver<'_>,
    fleet: &Fleet,
    events: &[EventPart],
    end: SimTime,
) -> Script {
    let mut script = Script { events: Vec::new(), names: Names::default(), places: Vec::new() };
    for (number, event) in events.iter().enumerate() {
        let Some(at) = event.at else { continue };
        let (name, place) = match &event.id {
            Some(id) => (id.to_string(), id.place),
            None => (format!("event-{}", number + 1), event.place),
        };
        if let Err(first) = script.names.define(&name, Some(place)) {
            let title = format!("the event `{name}` is defined twice");
            let mut problem = Problem::at(Code::Twice, place, title, "second definition");
            if let Some(first) = first {
                problem = problem.and_at(first, "first definition");
            }
            resolver.problems.add(problem.help("give one of them another `id`"));
            continue;
        }
        script.places.push(event.place);
        let instant = at.from(resolver.start);
        if instant < resolver.start || instant > end {
            let title = "this event would happen outside the scenario";
            let label = if instant > end {
                format!("{} after the end", instant.since(end))
            } else {
                format!("{} before the start", resolver.start.since(instant))
            };
            let problem = Problem::at(Code::NeverReached, at.place, title, label);
            resolver
                .problems
                .add(problem.help("let the scenario run longer with `for:`, or use `at: never`"));
        }
        let Some(order) = event.verb.resolve(resolver) else { continue };
        check_order(resolver, fleet, &order, event.place);
        let event = EventId::at(script.names.len() - 1);
        script.events.push(Scripted { at: instant, event, order });
    }
    script
}

/// What can be said of an order before it runs: its policy must know its cause.
fn check_order(resolver: &mut Resolver<'_>, fleet: &Fleet, order: &Order, place: Place) {
    let (trigger, accounts): (Trigger, Vec<_>) = match order {
        Order::Release(o) => (Trigger::Manual, of_targets(resolver, fleet, o.instance)),
        Order::SecurityRelease(o) => {
            (Trigger::SecurityRelease, of_targets(resolver, fleet, o.instance))
        }
        Order::SpotReclaim(o) => (Trigger::SpotReclaim, of_targets(resolver, fleet, o.instance)),
        Order::ScheduleRelease(o) => {
            (Trigger::ScheduledRelease, of_targets(resolver, fleet, o.instance))
        }
        Order::Overdue(o) => (Trigger::BillingOverdue, vec![o.account]),
        Order::ScaleIn(o) => (Trigger::ScaleIn, vec![fleet.group(o.group).account]),
        Order::DeleteMembers(o) => (Trigger::DeleteMembers, vec![fleet.group(o.group).account]),
        Order::Detach(o) => (Trigger::Detach, vec![fleet.group(o.group).account]),
        Order::DeleteGroup(o) => (Trigger::GroupDelete, vec![fleet.group(o.group).account]),
        Order::SetProtection(o) => {
            if o.instance.is_some() == o.group.is_some() {
                let title = "`set-protection` is about instances or about a group";
                let problem = Problem::at(Code::MissingKey, place, title, "give one of the two");
                resolver.problems.add(problem);
            }
            return;
        }
        Order::Create(_)
        | Order::Stop(_)
        | Order::Start(_)
        | Order::Restart(_)
        | Order::CancelScheduledRelease(_)
        | Order::ConvertBilling(_)
        | Order::Renew(_)
        | Order::Snapshot(_)
        | Order::CreateImage(_)
        | Order::ConvertAddress(_)
        | Order::Attach(_)
        | Order::Settle(_)
        | Order::SecurityLock(_)
        | Order::SecurityUnlock(_) => return,
    };
    for account in accounts {
        let policy = &resolver.rulebooks[fleet.account(account).policy.index()].policy;
        if !policy.knows(Column::Trigger, trigger) {
            let problem = unknown_trigger(&policy.name, trigger, place);
            resolver.problems.add(problem);
            return;
        }
    }
}

fn of_targets(
    resolver: &Resolver<'_>,
    fleet: &Fleet,
    targets: super::verbs::Targets,
) -> Vec<crate::vocab::AccountId> {
    let mut accounts: Vec<_> =
        targets.of(&resolver.targets).iter().map(|id| fleet.instance(*id).account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}
