//! From a file to plans, one for each case; every mistake of every case at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bulk::events::{Checked, Streamed, check};
use super::bulk::instances::read_instances;
use super::compiled::{Assumption, Plan};
use super::expectation_builder::Expecting;
use super::random;
use super::random::Source;
use super::random_builder::Sourcing;
use super::resolver::Resolver;
use super::script::Script;
use super::script_builder::{Listed, script};
use super::switches::Assuming;
use super::tables::{NeedsFullRead, Table, Texts, populate};
use super::written::{WrittenEvents, WrittenScenario};
use crate::diagnostics::{
    Code, FileId, Files, Problem, Problems, Severity, Sources, Span, Spanned, Stream,
};
use crate::fleet::{Fleet, Series};
use crate::format::{MetricStep, WrittenAccount, WrittenInstances, WrittenMetrics, cases};
use crate::format::{Node, Read, When, parse_yaml};
use crate::policy::{Library, Policy, Rulebook};
use crate::run_header::RunHeader;
use crate::time::{SimTime, UtcOffset};
use crate::words::PolicyId;

/// The most policies that a scenario may have.
const MOST_POLICIES: usize = 64;

/// What the command line may replace in a scenario.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The policy of accounts that name none.
    pub policy: Option<String>,
    /// Further policies of the same command: the scenario may assume for them too.
    pub beside: Vec<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// Leaves out what is expected: under another policy its rules may not exist.
    pub unjudged: bool,
}

/// What comes of a scenario file.
#[derive(Debug)]
pub struct Compiled {
    /// Its name.
    pub name: String,
    /// A plan for each case.
    pub plans: Vec<Plan>,
    /// The warnings that are meant; none of them is among the problems.
    pub allow: Vec<Spanned<Code>>,
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
    compile_with(&mut Library::default(), file, options, files, sources, problems)
}

/// Compiles one of several scenario files, with the policies that others have loaded already.
pub fn compile_with(
    library: &mut Library,
    file: FileId,
    options: &Options,
    files: &dyn Files,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Option<Compiled> {
    let node = parse_yaml(sources, file, problems)?;
    check_format(&node, problems)?;
    let mut compiler = Compiler {
        library,
        options,
        files,
        sources,
        problems,
        policies: BTreeMap::new(),
        doubtful: false,
        tables: BTreeMap::new(),
        whole: BTreeMap::new(),
    };
    compiler.all(&node)
}

/// Says early what the file is, so that a policy given by mistake is told as that.
pub(super) fn check_format(node: &Node, problems: &mut Problems) -> Option<()> {
    let format = node.get("stayput").and_then(Node::scalar);
    match format {
        Some("scenario/1") | None => Some(()),
        Some(other) => {
            let span = node.get("stayput").map_or(node.span, |node| node.span);
            let title = format!("this program reads `scenario/1` here, and this is `{other}`");
            problems.add(Problem::at(Code::BadFormat, span, title, "not a scenario it knows"));
            None
        }
    }
}

struct Compiler<'a> {
    library: &'a mut Library,
    options: &'a Options,
    files: &'a dyn Files,
    sources: &'a mut Sources,
    problems: &'a mut Problems,
    /// Policies by the name under which they were asked for.
    policies: BTreeMap<String, Option<Arc<Policy>>>,
    /// Whether something could not be read, so that names may be missing.
    doubtful: bool,
    /// Files that were read, by path: the cases of a scenario share them.
    tables: BTreeMap<String, Option<FileId>>,
    /// Tables that have to be read whole, by path, with the row that is to blame.
    whole: BTreeMap<String, usize>,
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
        let before = self.problems.count(Severity::Error);
        let written: Vec<(String, Option<WrittenScenario>)> = trees
            .into_iter()
            .map(|(case, tree)| (case, WrittenScenario::read(&tree, self.problems)))
            .collect();
        self.doubtful = self.problems.count(Severity::Error) > before;
        let assumed = written.iter().flat_map(|(_, written)| written);
        let beside = if assumed.clone().all(|written| written.assume.0.is_empty()) {
            Vec::new()
        } else {
            self.beside(&assumed.collect::<Vec<_>>())
        };
        for (case, written) in &written {
            let Some(written) = written else { continue };
            compiled.name = written.name.to_string();
            compiled.allow.clone_from(&written.allow);
            let mut read = Vec::new();
            compiled.plans.extend(self.case((case, &names), written, &beside, &mut read));
            compiled.read = read;
        }
        self.allow(&compiled.allow);
        (!self.problems.refuse()).then_some(compiled)
    }

    /// Drops the warnings that are meant; to mean one that nobody gives is a mistake.
    fn allow(&mut self, allowed: &[Spanned<Code>]) {
        let codes: Vec<Code> = allowed.iter().map(|code| code.value).collect();
        let dropped = self.problems.allow(&codes);
        // With another policy other warnings are given, and some only once it has run.
        if self.options.policy.is_some() || self.problems.refuse() {
            return;
        }
        for code in allowed.iter().filter(|code| code.severity() == Severity::Error) {
            let title = format!("{} is no warning: it refuses the file", code.value);
            let problem = Problem::at(Code::UnknownWord, code.span, title, "cannot be allowed");
            self.problems.add(problem.help("warnings begin with `W`"));
        }
        let idle = |code: &&Spanned<Code>| {
            code.severity() == Severity::Warning
                && code.value != Code::UnusedAssumption
                && !dropped.contains(&code.value)
        };
        for code in allowed.iter().filter(idle) {
            let title = format!("nothing here gives the warning {}", code.value);
            let problem = Problem::at(Code::UnusedAllowance, code.span, title, "has no effect");
            self.problems.add(problem.help("remove it from `allow:`"));
        }
    }

    /// The text of a file that the scenario names.
    fn table(&mut self, path: &Spanned<String>) -> Option<FileId> {
        if let Some(known) = self.tables.get(&path.value) {
            return *known;
        }
        let found = match self.files.read(self.sources.path(path.span.file), path) {
            Ok((shown, text)) => Some(self.sources.add(shown, text)),
            Err(failure) => {
                let mut problem = Problem::unreadable(path, failure);
                problem.labels.push((path.span, "named here".into()));
                if let Some(row) = self.whole.get(&path.value).filter(|row| **row > 0) {
                    let why = format!("row {row} cannot be taken as it is, or is out of order");
                    problem = problem.note(why);
                }
                self.problems.add(problem);
                None
            }
        };
        self.tables.insert(path.value.clone(), found);
        found
    }

    /// A table that the scenario names: a large one is to be read row by row, unless it turned
    /// out that there is something to be told about it.
    fn large_table(&mut self, path: &Spanned<String>) -> Option<Table> {
        if !self.whole.contains_key(&path.value)
            && let Some(stream) = self.files.stream(self.sources.path(path.span.file), path)
        {
            return Some(Table::Stream(stream));
        }
        self.table(path).map(Table::Text)
    }

    fn policy(&mut self, name: &str, at: Option<Span>) -> Option<Arc<Policy>> {
        if !self.policies.contains_key(name) {
            let policy = self.library.load(name, at, self.files, self.sources, self.problems);
            self.policies.insert(name.to_owned(), policy);
        }
        self.policies.get(name).cloned().flatten()
    }

    /// Every policy that any case names, or the command: an assumption that one of them knows
    /// is right. What cannot be read is left out; where it is needed, that is told.
    fn beside(&mut self, cases: &[&WrittenScenario]) -> Vec<Arc<Policy>> {
        let accounts = cases.iter().flat_map(|written| &written.fleet.accounts.0);
        let of_accounts = accounts.filter_map(|(_, part)| part.policy.as_ref());
        let of_cases = cases.iter().filter_map(|written| written.policy.as_ref());
        let mut names: Vec<(&str, Option<Span>)> = of_cases
            .chain(of_accounts)
            .map(|name| (name.value.as_str(), Some(name.span)))
            .collect();
        names.extend(self.options.beside.iter().map(|name| (name.as_str(), None)));
        let mut seen: Vec<Arc<Policy>> = Vec::new();
        for (name, at) in names {
            let mut scratch = Problems::default();
            let known = self.policies.get(name).cloned();
            let policy = known.unwrap_or_else(|| {
                self.library.load(name, at, self.files, self.sources, &mut scratch)
            });
            if let Some(policy) = policy {
                if scratch.is_empty() {
                    self.policies.insert(name.to_owned(), Some(Arc::clone(&policy)));
                }
                if seen.iter().all(|known| known.name != policy.name) {
                    seen.push(policy);
                }
            }
        }
        seen
    }

    /// The policies in use, the scenario's own first, and the place of each account's.
    fn policies(&mut self, written: &WrittenScenario) -> Option<(Vec<Arc<Policy>>, Vec<String>)> {
        let mut asked: Vec<(String, Option<Span>)> = Vec::new();
        match (&self.options.policy, &written.policy) {
            (Some(name), _) => asked.push((name.clone(), None)),
            (None, Some(name)) => asked.push((name.value.clone(), Some(name.span))),
            (None, None) => {}
        }
        let accounts = &written.fleet.accounts.0;
        if asked.is_empty() && accounts.iter().all(|(_, part)| part.policy.is_none()) {
            let title = "nothing says which policy holds";
            let problem = Problem::at(Code::MissingKey, written.name.span, title, "no `policy`");
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
                    asked.push((policy.value.clone(), Some(policy.span)));
                }
                None if self.options.policy.is_none() && written.policy.is_none() => {
                    let title = format!("the account `{}` has no policy", **name);
                    let problem = Problem::at(Code::MissingKey, name.span, title, "no `policy`");
                    self.problems.add(problem.help("add `policy:` to it, or to the scenario"));
                }
                _ => {}
            }
        }
        if asked.len() > MOST_POLICIES {
            let title = format!("a scenario has at most {MOST_POLICIES} policies");
            let span = asked[MOST_POLICIES].1.unwrap_or(written.name.span);
            self.problems.add(Problem::at(Code::BadNumber, span, title, "one too many"));
            return None;
        }
        let loaded: Vec<Option<Arc<Policy>>> =
            asked.iter().map(|(name, at)| self.policy(name, *at)).collect();
        let policies: Option<Vec<Arc<Policy>>> = loaded.into_iter().collect();
        Some((policies?, asked.into_iter().map(|(name, _)| name).collect()))
    }

    fn case(
        &mut self,
        (case, cases): (&str, &[String]),
        written: &WrittenScenario,
        beside: &[Arc<Policy>],
        read: &mut Vec<String>,
    ) -> Option<Plan> {
        let (start, end) = self.span(written)?;
        let start_text = self.sources.quote(written.start.span).trim_matches(['"', '\'']);
        let offset = UtcOffset::of_time(start_text).unwrap_or_default();
        let (policies, asked) = self.policies(written)?;
        let (rulebooks, assumptions) =
            Assuming { policies, scenario: written.name.span, beside, problems: self.problems }
                .settle(&written.assume);
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
        };
        // What has to be told about a large table is told by whoever reads it whole; then the
        // case is made once more, without what was told meanwhile.
        loop {
            let texts = self.texts(written);
            let told = std::mem::take(self.problems);
            read.clear();
            match self.plan(&case, &texts, read) {
                Ok(plan) => {
                    let more = std::mem::replace(self.problems, told);
                    self.problems.extend(more);
                    return Some(plan);
                }
                Err((path, NeedsFullRead(row))) => {
                    *self.problems = told;
                    self.whole.insert(path, row);
                }
            }
        }
    }

    /// The plan of a case.
    ///
    /// # Errors
    /// The path of a table that has to be read whole.
    fn plan(
        &mut self,
        case: &Case<'_>,
        texts: &Texts,
        read: &mut Vec<String>,
    ) -> Result<Plan, (String, NeedsFullRead)> {
        let Case { written, end, .. } = *case;
        let mut resolver = Resolver::new(case.start, case.rulebooks.clone(), self.problems);
        resolver.doubtful = self.doubtful;
        let events = texts.events(written, self.sources, resolver.problems);
        let policy_of = |part: &WrittenAccount| {
            let asked = &case.asked;
            let at = part.policy.as_ref().and_then(|p| asked.iter().position(|a| *a == p.value));
            PolicyId::at(at.unwrap_or(0))
        };
        let metrics = texts.metrics(written, self.sources, resolver.problems);
        let metrics = series(&mut resolver, metrics);
        let filled =
            populate(&mut resolver, &written.fleet, &events, texts, self.sources, policy_of, read);
        let path_of =
            |path: Option<&Spanned<String>>| path.map_or(String::new(), |p| p.value.clone());
        let (mut fleet, of_fleet) = match (filled, &written.fleet.instances) {
            (Ok(filled), _) => filled,
            (Err(whole), Some(WrittenInstances::File(path))) => {
                return Err((path_of(Some(path)), whole));
            }
            (Err(whole), _) => return Err((path_of(None), whole)),
        };
        fleet.metrics = metrics;
        resolver.all_are_targets();
        let mut listed = script(&mut resolver, &fleet, &events, (end, written.length.span));
        listed.events.sort_by_key(|event| event.at);
        let mut streamed = None;
        if let (Some(Table::Stream(table)), WrittenEvents::File(path)) =
            (&texts.events, &written.events)
        {
            // All cases of a scenario are there at once, and share what may be kept.
            let keep = table.keep / case.all.len();
            let checked = check(&mut resolver, &fleet, table, keep, end);
            let (names, checked) = checked.map_err(|whole| (path_of(Some(path)), whole))?;
            listed.names = names;
            streamed = Some((table.clone(), checked));
        }
        let tables = random::Tables { files: &self.tables, sources: self.sources };
        let random = Sourcing::new(&mut resolver, &fleet, tables, &mut listed)
            .sources(&written.random, (end, written.length.span));
        let plan = finish(case, resolver, fleet, (listed, streamed, random), self.options.unjudged);
        self.note_streams(&plan, texts, of_fleet);
        Ok(plan)
    }

    /// Takes note of the tables that were read row by row: reports name every input.
    fn note_streams(&mut self, plan: &Plan, texts: &Texts, of_fleet: Option<String>) {
        if let (Some(Table::Stream(table)), Some(sha256)) = (&texts.instances, of_fleet) {
            self.sources.add_streamed(&*table.path, sha256);
        }
        if let Script::Streamed(streamed) = &plan.script {
            self.sources.add_streamed(streamed.path(), streamed.sha256());
        }
    }

    /// When the scenario begins, and when it ends.
    fn span(&mut self, written: &WrittenScenario) -> Option<(SimTime, SimTime)> {
        let span = written.start.span;
        let When::At(start) = written.start.value else {
            let title = "the start cannot be counted from the start";
            self.problems.add(Problem::at(Code::BadTime, span, title, "not an instant"));
            return None;
        };
        if written.length.value.seconds() == 0 {
            let title = "a scenario runs for some time";
            let problem = Problem::at(Code::BadTime, written.length.span, title, "no time at all");
            self.problems.add(problem);
        }
        let end = start.after(written.length.value);
        if !end.is_on_calendar() {
            let title = "the scenario would end after the year 9999";
            let problem = Problem::at(Code::BadTime, written.length.span, title, "too long");
            self.problems.add(problem);
            return None;
        }
        Some((start, end))
    }

    /// Loads the files that the fleet and the events name.
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
        for path in random::files(&written.random) {
            self.table(path);
        }
        Texts { instances, read_instances, events, metrics, imports }
    }
}

/// What a case is made of.
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
    /// The policies, as they were asked for.
    asked: Vec<String>,
    assumptions: Vec<Assumption>,
}

/// What is expected is resolved, and everything is put in its place.
fn finish(
    case: &Case<'_>,
    mut resolver: Resolver<'_>,
    fleet: Fleet,
    (listed, streamed, random): (Listed, Option<(Stream, Checked)>, Vec<Source>),
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
        Some((table, checked)) => Script::Streamed(Arc::new(Streamed::new(table, known, checked))),
        None => Script::Listed(listed.events.into()),
    };
    Plan {
        header,
        fleet,
        script,
        random,
        targets,
        flags,
        expectations,
        counts,
        defaults,
        assumptions: case.assumptions.clone(),
        event_places: listed.spans,
    }
}

/// The metrics by name; their names become known.
fn series(resolver: &mut Resolver<'_>, steps: Vec<(Spanned<String>, MetricStep)>) -> Vec<Series> {
    let mut of_metric: Vec<Vec<_>> = Vec::new();
    for (name, step) in steps {
        let at = resolver.metrics.intern(&name);
        if at == of_metric.len() {
            of_metric.push(Vec::new());
        }
        of_metric[at].push((step.at.from(resolver.start), step.value.0));
    }
    of_metric.into_iter().map(Series::new).collect()
}
