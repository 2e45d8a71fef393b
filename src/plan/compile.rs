//! Compiles a scenario file to plans, one for each case, and reports every mistake of every case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bulk::events::{Checked, check, event_table};
use super::bulk::instances::read_instances;
use super::compiled::{Assumption, Plan};
use super::compiler::{Options, ScenarioCompiler, UnreadKeys};
use super::expectation_builder::Expecting;
use super::house_builder::house_rules;
use super::mentioned::Mentioned;
use super::prices::{Pricing, one_currency};
use super::principals_builder::{name_principals, principals};
use super::random::RandomSource;
use super::random_builder::{self, Sourcing};
use super::resolver::Resolver;
use super::script::Script;
use super::script_builder::{Listed, script};
use super::switches::Assuming;
use super::tables::{Ahead, InputTable, LeftOver, Texts, populate, script_in_pieces};
use super::watch_builder::watchers;
use crate::diagnostics::{
    Code, FileId, Files, Problem, Problems, Sources, Span, Spanned, Stream, Suggestion,
};
use crate::fleet::{Fleet, Series};
use crate::format::cases::{self, CaseTrees};
use crate::format::{
    Entry, Node, Read, SpanFiles, VERBS, Value, When, WrittenEvents, WrittenScenario, check_format,
    not_an_instant, overlaid, parse_yaml, without_events, without_format,
};
use crate::format::{MetricStep, ScenarioFormat, WrittenAccount, WrittenInstances, WrittenMetrics};
use crate::policy::{Library, Policy, Rulebook};
use crate::run_header::RunHeader;
use crate::time::{SimTime, UtcOffset};
use crate::words::PolicyId;

/// A compiled scenario file.
#[derive(Debug)]
pub struct Compiled {
    /// The name of the scenario.
    pub name: String,
    /// A plan for each case.
    pub plans: Vec<Plan>,
    /// The warnings that the scenario allows; they are not among the problems.
    pub allow: Vec<Spanned<Code>>,
    /// One line about each imported file.
    pub read: Vec<String>,
}

/// Compiles a scenario file; `None` if it has mistakes, which are added to `problems`.
pub fn compile(
    file: FileId,
    options: &Options,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Compiled> {
    compile_with(&mut Library::default(), file, options, files, sources, problems)
}

/// Compiles one of several scenario files, which share loaded policies.
pub fn compile_with(
    library: &mut Library,
    file: FileId,
    options: &Options,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Compiled> {
    let tree = parse(file, sources, problems)?;
    compile_tree(library, &tree, options, files, sources, problems)
}

/// Parses a scenario file; `None` if it is not valid YAML, or a file of another kind.
pub fn parse(file: FileId, sources: &Sources, problems: &mut Problems) -> Option<Node> {
    let tree = parse_yaml(sources, file, problems)?;
    check_is_scenario(&tree, problems).map(|()| tree)
}

/// Compiles a parsed scenario file.
pub fn compile_tree(
    library: &mut Library,
    tree: &Node,
    options: &Options,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Compiled> {
    let cases = read_cases(tree, options, problems)?;
    compile_cases(library, &cases, options, files, sources, problems)
}

/// The cases of a scenario as they are written. They are the same under every policy, so that a
/// comparison of policies reads them once.
pub struct ReadCases {
    /// The tree of the file, with the overlays.
    tree: Node,
    /// Each case by its name; `None` if it has a mistake.
    written: Vec<(String, Option<WrittenScenario>)>,
    /// Whether a part of the fleet could not be read, so that names may be missing.
    doubtful: bool,
    /// Keys of the scenario that could not be read.
    unread: UnreadKeys,
    /// What events and random sources name; empty if every event was read.
    mentioned: Mentioned,
}

/// Reads the cases of a parsed scenario file with the overlays of some options; `None` if an
/// overlay has a mistake.
pub fn read_cases(tree: &Node, options: &Options, problems: &mut Problems) -> Option<ReadCases> {
    let tree = WrittenScenario::sections_as_meant(tree, problems);
    let mut tree = if options.without_events { without_events(&tree) } else { tree.into_owned() };
    for (overlay, events) in &options.with {
        let overlay = WrittenScenario::sections_as_meant(overlay, problems);
        tree = overlaid(&tree, &overlay, *events, problems)?;
    }
    let CaseTrees { trees, are_read } = cases::split(&tree, problems);
    let read = trees.iter().map(|(case, tree)| {
        // Without the values of its cases a scenario is only searched for further mistakes.
        let written = WrittenScenario::read(tree, problems).filter(|_| are_read);
        (case.clone(), written)
    });
    let written: Vec<_> = read.collect();
    let currencies = written.iter().filter_map(|(_, written)| written.as_ref()?.currency.as_ref());
    one_currency(currencies, problems);
    let doubtful = trees.iter().any(|(_, tree)| lacks_names(tree, problems));
    let unread = UnreadKeys::of(&trees, problems);
    let mut mentioned = Mentioned::default();
    if doubtful {
        trees.iter().for_each(|(_, tree)| mentioned.collect_fleet(tree));
        // A key that is written twice may have been meant as another name.
        let mut fleets = trees.iter().filter_map(|(_, tree)| tree.get("fleet"));
        mentioned.fleet.is_open |= fleets.any(|fleet| problems.has_twice_in(fleet.span));
    }
    if problems.refuse() {
        for key in ["events", "random"] {
            let parts = trees.iter().filter_map(|(_, tree)| tree.get(key));
            for part in parts {
                mentioned.is_open |= part.scalar().is_some();
                mentioned.collect(part);
            }
        }
    }
    Some(ReadCases { tree, written, doubtful, unread, mentioned })
}

/// Compiles the cases of a scenario file; `None` if there are mistakes. The overlays of the options
/// are not read, because the cases have them.
pub fn compile_cases(
    library: &mut Library,
    cases: &ReadCases,
    options: &Options,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Compiled> {
    let mut compiler = ScenarioCompiler {
        library,
        options,
        files,
        sources,
        problems,
        policies: BTreeMap::new(),
        doubtful: cases.doubtful,
        unread: cases.unread,
        mentioned: cases.mentioned.clone(),
        tables: BTreeMap::new(),
        unclear: BTreeMap::new(),
    };
    compiler.all(&cases.tree, &cases.written)
}

/// The codes of problems that another policy may not have.
const OF_POLICIES: &[Code] = &[
    Code::UnknownRule,
    Code::ProviderRefuses,
    Code::Contradiction,
    Code::OpenQuestion,
    Code::UnknownTrigger,
    Code::NoPermissions,
    Code::SecondsCut,
    Code::Inert,
    Code::UnknownAction,
    Code::PartlyWatched,
    Code::NoCaller,
];

impl UnreadKeys {
    fn of(trees: &[(String, Node)], problems: &Problems) -> Self {
        let any = |lacks: &dyn Fn(&Node) -> bool| trees.iter().any(|(_, tree)| lacks(tree));
        let accounts = |tree: &Node| {
            let accounts = tree.get("fleet").and_then(|fleet| fleet.get("accounts"));
            let all = accounts.and_then(Node::entries).unwrap_or_default().iter();
            all.clone().any(|account| lacks(&account.value, "policy", problems))
        };
        Self {
            start: any(&|tree| {
                let in_fleet = tree.get("fleet").is_some_and(|f| problems.has_error_in(f.span));
                in_fleet || lacks(tree, "start", problems)
            }),
            policy: any(&|tree| lacks(tree, "policy", problems) || accounts(tree)),
            currency: any(&|tree| lacks(tree, "currency", problems)),
        }
    }
}

/// Whether the value of a key could not be read, or an unknown key was reported that may have been
/// meant as this one. What follows from the lack of the key is not reported.
fn lacks(part: &Node, key: &str, problems: &Problems) -> bool {
    if let Some(value) = part.get(key) {
        return problems.has_error_in(value.span);
    }
    let is_meant = |written: &str| !Suggestion::of(written, None, [key]).words.is_empty();
    let entries = part.entries().unwrap_or_default();
    entries.iter().any(|entry| problems.has_error_in(entry.key.span) && is_meant(&entry.key))
}

/// Checks the format first, so that a policy that is given as a scenario gets one clear message.
fn check_is_scenario(tree: &Node, problems: &mut Problems) -> Option<()> {
    let has = |key: &str| tree.get(key).is_some();
    if !has("stayput") && has("policy") && has("edition") {
        problems.add(without_format(tree));
        return None;
    }
    check_format(tree, ScenarioFormat::NAME, problems)
}

/// Whether a mistake may have hidden the name of an instance, a group or an account. This can be a
/// mistake in the fleet, in an event that creates an instance, or in one that was probably meant to
/// create one.
fn lacks_names(tree: &Node, problems: &Problems) -> bool {
    let creates = |entry: &Entry| {
        let key: &str = &entry.key;
        key == "create"
            || (!VERBS.contains(&key)
                && Suggestion::of(key, None, VERBS.iter().copied()).words.contains(&"create"))
    };
    let Value::Map(entries) = &tree.value else { return true };
    entries.iter().any(|Entry { key, value }| match (&*key.value, &value.value) {
        ("fleet", _) => problems.has_error_in(value.span),
        ("events", Value::List(items)) => items.iter().any(|item| {
            problems.has_error_in(item.span)
                && item.entries().is_some_and(|entries| entries.iter().any(creates))
        }),
        _ => false,
    })
}

impl ScenarioCompiler<'_> {
    fn all(
        &mut self,
        node: &Node,
        written: &[(String, Option<WrittenScenario>)],
    ) -> Option<Compiled> {
        let names: Vec<String> = written.iter().map(|(name, _)| name.clone()).collect();
        let mut compiled = Compiled {
            name: String::new(),
            plans: Vec::new(),
            allow: Vec::new(),
            read: Vec::new(),
        };
        let assumed = written.iter().flat_map(|(_, written)| written);
        let beside = if assumed.clone().all(|written| written.assume.0.is_empty()) {
            Vec::new()
        } else {
            self.beside(&assumed.collect::<Vec<_>>())
        };
        for (case, written) in written {
            if self.options.first_mistake && self.problems.refuse() {
                return None;
            }
            let Some(written) = written else { continue };
            compiled.name = written.name.to_string();
            compiled.allow = written.allow.iter().map(|code| code.map(|code| code.0)).collect();
            let mut read = Vec::new();
            let values = cases::values(node, case);
            let values = values.map(|(key, span)| (key, self.sources.quote(span).to_owned()));
            let values: Vec<_> = values.collect();
            let case = (case.as_str(), names.as_slice(), values.as_slice());
            let reported = std::mem::take(self.problems);
            compiled.plans.extend(self.case(case, written, &beside, &mut read));
            let mut more = std::mem::replace(self.problems, reported);
            if self.unread.policy {
                more.leave_out(OF_POLICIES);
            }
            self.problems.extend(more);
            compiled.read = read;
        }
        self.allow(&compiled.allow);
        (!self.problems.refuse()).then_some(compiled)
    }

    /// Removes the allowed warnings. An allowed warning that does not occur is reported.
    fn allow(&mut self, allowed: &[Spanned<Code>]) {
        let codes: Vec<Code> = allowed.iter().map(|code| code.value).collect();
        let dropped = self.problems.allow(&codes);
        // Another policy gives other warnings, and some warnings only occur in a run.
        if self.options.policy.is_some() || self.problems.refuse() {
            return;
        }
        let idle = |code: &&Spanned<Code>| {
            code.value != Code::UnusedAssumption && !dropped.contains(&code.value)
        };
        for code in allowed.iter().filter(idle) {
            let title = format!("the warning {} does not occur", code.value);
            let problem = Problem::at(Code::UnusedAllowance, code.span, title, "has no effect");
            self.problems.add(problem.help("remove it from `allow:`"));
        }
    }

    fn case(
        &mut self,
        (case, cases, values): (&str, &[String], &[(String, String)]),
        written: &WrittenScenario,
        beside: &[Arc<Policy>],
        read: &mut Vec<String>,
    ) -> Option<Plan> {
        let (start, end, began) = self.span(written)?;
        let start_text = self.sources.quote(began).trim_matches(['"', '\'']);
        let offset = UtcOffset::of_time(start_text).unwrap_or_default();
        let (policies, asked) = self.policies(written)?;
        let assuming = Assuming {
            policies,
            scenario: written.name.span,
            beside,
            library: self.library,
            problems: self.problems,
        };
        let (rulebooks, assumptions) = assuming.settle(&written.assume);
        let case = Case {
            name: case,
            all: cases,
            written,
            start,
            end,
            offset,
            seed: self.options.seed.or(written.seed).unwrap_or(0),
            rulebooks,
            asked,
            assumptions,
            values,
        };
        // If the fast reader cannot read a large table, the next reader is used: the plan is
        // made again, without the problems that were reported meanwhile.
        loop {
            let texts = self.texts(written);
            let reported = std::mem::take(self.problems);
            read.clear();
            let plan = self.plan(&case, &texts, read);
            let more = std::mem::replace(self.problems, reported);
            match plan {
                Err(table) => self.is_unclear(table),
                Ok(_) if !more.refuse() && self.read_whole() => {}
                Ok(plan) => {
                    self.problems.extend(more);
                    self.restore_pieces();
                    return Some(plan);
                }
            }
        }
    }

    /// The plan of a case.
    ///
    /// # Errors
    /// If a table must be read by the next reader; the error is the table.
    fn plan(
        &mut self,
        case: &Case<'_>,
        texts: &Texts,
        read: &mut Vec<String>,
    ) -> Result<Plan, LeftOver> {
        let Case { written, end, .. } = *case;
        let mut resolver = Resolver::new(case.start, case.rulebooks.clone(), self.problems);
        resolver.doubtful = self.doubtful;
        resolver.mentioned = self.mentioned.clone();
        let currency = written.currency.map(|currency| currency.value);
        resolver.pricing = Pricing::new(currency, written.length.value);
        resolver.pricing.is_unread = self.unread.currency;
        name_principals(&mut resolver, written);
        texts.note_unread(written, &mut resolver);
        let mut events = texts.events(written, self.sources, &mut resolver);
        let mut taken = BTreeSet::new();
        if let Some(InputTable::Pieces(pieces)) = &texts.events {
            let ahead = Ahead::of(pieces, self.sources);
            resolver.doubtful |= ahead.is_unread;
            (events, taken) = (ahead.creating, ahead.taken);
        }
        let policy_of = |part: &WrittenAccount| {
            let asked = &case.asked;
            let named = part.policy.as_ref().and_then(|p| asked.iter().position(|a| *a == p.value));
            PolicyId::from_index(named.unwrap_or(0))
        };
        let metrics = texts.metrics(written, self.sources, &mut resolver);
        let metrics = series(&mut resolver, metrics);
        let filled =
            populate(&mut resolver, &written.fleet, &events, texts, self.sources, policy_of, read);
        let (mut fleet, of_fleet) = filled?;
        fleet.metrics = metrics.into();
        resolver.all_are_targets();
        let principals = principals(&mut resolver, written).map(Arc::new);
        let house = house_rules(&mut resolver, &written.house);
        let watch = watchers(&mut resolver, &written.watch);
        let span = (end, written.length.span);
        let mut streamed = None;
        let mut listed = match &texts.events {
            Some(InputTable::Pieces(pieces)) => {
                script_in_pieces(&mut resolver, &fleet, pieces, &taken, self.sources, span)
            }
            Some(InputTable::Stream(_) | InputTable::Text(_)) | None => {
                script(&mut resolver, &fleet, &events, span)
            }
        };
        listed.events.sort_by_key(|event| event.at);
        if let Some(InputTable::Stream(table)) = &texts.events {
            // All cases of a scenario are in memory at the same time, so they share the limit.
            let keep = table.keep / case.all.len();
            let first = self.options.first_rows.filter(|_| case.all.len() == 1);
            let checked = check(&mut resolver, &fleet, table, (keep, first), end);
            resolver.note_names_of_table();
            let (names, checked) = checked.map_err(|whole| LeftOver::of(table, whole))?;
            listed.names = names;
            streamed = Some((table.clone(), checked));
        }
        let tables = SpanFiles { files: &self.tables, sources: self.sources };
        let random = Sourcing::new(&mut resolver, &fleet, tables, &mut listed)
            .sources(&written.random, span);
        let plan = finish(case, resolver, fleet, (listed, streamed, random), self.options.unjudged);
        let plan = Plan { principals, house, watch, ..plan };
        self.note_streams(&plan, texts, of_fleet);
        Ok(plan)
    }

    /// Adds the digests of tables that were read row by row, because reports list every input.
    fn note_streams(&mut self, plan: &Plan, texts: &Texts, of_fleet: Option<String>) {
        if let (Some(InputTable::Stream(table)), Some(sha256)) = (&texts.instances, of_fleet) {
            self.sources.add_streamed(&*table.path, sha256);
        }
        if let Script::Streamed(streamed) = &plan.script
            && let Some(sha256) = streamed.sha256()
        {
            self.sources.add_streamed(streamed.path(), sha256);
        }
    }

    /// The first and the last instant of the scenario, and the place that states the first.
    fn span(&mut self, written: &WrittenScenario) -> Option<(SimTime, SimTime, Span)> {
        let began = self.start(written)?;
        let When::At(start) = began.value else {
            self.problems.add(not_an_instant(began.span));
            return None;
        };
        if written.length.value.seconds() == 0 {
            let title = "`for` must be longer than zero";
            let problem = Problem::at(Code::BadTime, written.length.span, title, "zero");
            self.problems.add(problem);
        }
        let end = start.after(written.length.value);
        if !end.is_on_calendar() {
            let title =
                "the scenario would end after 9999-12-30T22:00:00Z, the last time on the calendar";
            let problem = Problem::at(Code::BadTime, written.length.span, title, "too long");
            self.problems.add(problem);
            return None;
        }
        Some((start, end, began.span))
    }

    /// The start of the scenario: the stated start, else the time at which its fleet was listed.
    fn start(&mut self, written: &WrittenScenario) -> Option<Spanned<When>> {
        let fleet = &written.fleet;
        let listed = fleet.import.iter().filter_map(|import| import.captured);
        let listed = listed.max_by_key(|at| at.from(SimTime::NEVER));
        let stated = written.start.map(|start| start.map(When::At));
        if let Some(start) = stated.or(fleet.captured).or(listed) {
            return Some(start);
        }
        if self.unread.start {
            return None;
        }
        let files = fleet.import.iter().flat_map(|import| &import.files);
        let times = files.filter_map(|path| {
            let from = self.sources.path(path.span.file);
            let at = self.files.modified(from, &path.value)?;
            Some(Spanned::new(SimTime::from_seconds(at), path.span))
        });
        let Some(newest) = times.max_by_key(|at| at.value) else {
            let title = "missing key `start` in a scenario";
            let span = written.name.span;
            let problem = Problem::at(Code::MissingKey, span, title, "no `start` beside it");
            self.problems.add(problem.help("add `start: 2026-06-01T00:00:00Z`, or another time"));
            return None;
        };
        let title = format!(
            "the fleet is taken as listed at {}, the time of the newest file",
            newest.value
        );
        let problem = Problem::at(Code::ListedWhen, newest.span, title, "the newest file");
        self.problems.add(problem.help("write `captured:` beside `files:`, or `start:`"));
        Some(newest.map(When::At))
    }

    /// Loads the files that the scenario names.
    fn texts(&mut self, written: &WrittenScenario) -> Texts {
        let instances = match &written.fleet.instances {
            Some(WrittenInstances::File(path)) => self.large_table(path),
            Some(WrittenInstances::Here(_)) | None => None,
        };
        let events = match &written.events {
            WrittenEvents::File(path) => self.large_table(path),
            WrittenEvents::Here(_) => None,
        };
        let metrics = match &written.metrics {
            WrittenMetrics::File(path) => self.table(path),
            WrittenMetrics::Here(_) => None,
        };
        let imports = written
            .fleet
            .import
            .iter()
            .map(|part| part.files.iter().filter_map(|path| self.table(path)).collect());
        let imports = imports.collect();
        for path in random_builder::files(&written.random) {
            self.table(path);
        }
        Texts { instances, read_instances, events, metrics, imports }
    }
}

/// The parts of a case.
struct Case<'c> {
    name: &'c str,
    /// The names of all cases.
    all: &'c [String],
    written: &'c WrittenScenario,
    start: SimTime,
    end: SimTime,
    offset: UtcOffset,
    seed: u64,
    rulebooks: Vec<Arc<Rulebook>>,
    /// The policies, by the names in the scenario.
    asked: Vec<String>,
    assumptions: Vec<Assumption>,
    /// The values that replace `$name`.
    values: &'c [(String, String)],
}

/// Resolves the expectations and completes the plan.
fn finish(
    case: &Case<'_>,
    mut resolver: Resolver<'_>,
    fleet: Fleet,
    (listed, streamed, random): (Listed, Option<(Stream, Checked)>, Vec<RandomSource>),
    unjudged: bool,
) -> Plan {
    let nothing = crate::format::expect::WrittenExpect::default();
    let mut expecting = Expecting {
        resolver: &mut resolver,
        case: case.name,
        cases: case.all,
        events: &listed.names,
        left_out: &listed.left_out,
        end: case.end,
        house: &case.written.house,
    };
    let counts = expecting.counts(&case.written.counts);
    let expectations = expecting.resolve(if unjudged { &nothing } else { &case.written.expect });
    let (targets, flags) =
        (std::mem::take(&mut resolver.targets), std::mem::take(&mut resolver.flags));
    let defaults = std::mem::take(&mut resolver.defaults);
    let (header, known) = resolver.finish(listed.names.into_names());
    let header = RunHeader {
        scenario: case.written.name.to_string(),
        case: case.name.to_owned(),
        replication: 0,
        start: case.start,
        end: case.end,
        offset: case.offset,
        seed: case.seed,
        ..header
    };
    let script = match streamed {
        Some((table, checked)) => Script::Streamed(event_table(table, known, checked)),
        None => Script::Listed(listed.events.into()),
    };
    Plan {
        header,
        fleet,
        script,
        random,
        targets,
        flags,
        principals: None,
        house: [].into(),
        watch: [].into(),
        expectations: expectations.into(),
        counts,
        defaults,
        assumptions: case.assumptions.clone(),
        values: case.values.to_vec(),
        event_spans: listed.spans,
    }
}

/// The metrics, in the order of their ids.
fn series(resolver: &mut Resolver<'_>, steps: Vec<(Spanned<String>, MetricStep)>) -> Vec<Series> {
    let mut of_metric: Vec<(Spanned<String>, Vec<_>)> = Vec::new();
    for (name, step) in steps {
        let index = resolver.metrics.intern(&name);
        if index == of_metric.len() {
            of_metric.push((name, Vec::new()));
        }
        of_metric[index].1.push((step.at.from(resolver.start), step.at.span, step.value.0));
    }
    let mut all = Vec::with_capacity(of_metric.len());
    for (name, mut steps) in of_metric {
        steps.sort_by_key(|(at, ..)| *at);
        for two in steps.windows(2) {
            let [(first_at, first, _), (second_at, second, _)] = two else { continue };
            if first_at == second_at {
                let title = format!("the metric `{}` has two values at the same instant", *name);
                let problem = Problem::at(Code::Twice, *second, title, "second value");
                resolver.problems.add(problem.and_at(*first, "first value"));
            }
        }
        all.push(Series::new(steps.into_iter().map(|(at, _, level)| (at, level)).collect()));
    }
    all
}
