//! The fuzz targets: one function for each kind of input, for `cargo fuzz` and for the tests.
//!
//! Each must end without a panic on any input and returns whether the input was valid. A refusal
//! must name a place in the input, or the file.

use std::io::{self, Cursor};
use std::sync::Arc;

use stayput::Run;
use stayput::diagnostics::{Files, Problems, ReadFailure, Severity, Sources, Stream, render};
use stayput::experiment::{CaseProperties, Filter};
use stayput::import::import;
use stayput::kernel::Limits;
use stayput::plan::{Options, Plan, compile_with};
use stayput::policy::{Catalog, Library};
use stayput::report::{ImportedAs, RunFile, imported_scenario, read_accepted, read_replications};
use stayput::time::SimTime;

/// Whether an input was valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Valid,
    Refused,
}

/// A kind of input: its name, its function, and the least share of valid mutated seeds that the
/// tests expect, in percent.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&str) -> Input,
    pub valid_share: usize,
}

pub const TARGETS: &[Target] = &[
    Target { name: "scenario", run: scenario, valid_share: 25 },
    Target { name: "policy", run: policy, valid_share: 25 },
    Target { name: "fleet_csv", run: fleet_csv, valid_share: 25 },
    Target { name: "event_csv", run: event_csv, valid_share: 25 },
    Target { name: "provider_json", run: provider_json, valid_share: 25 },
    Target { name: "filter", run: filter, valid_share: 25 },
    Target { name: "accepted", run: accepted, valid_share: 25 },
    Target { name: "merge_part", run: merge_part, valid_share: 25 },
];

/// A source with one text, which is read whole or row by row.
struct Beside<'t> {
    text: &'t str,
    streamed: bool,
}

impl Files for Beside<'_> {
    fn read(&self, _: &str, path: &str) -> Result<(String, String), ReadFailure> {
        if path == "input" || path == "./input.yaml" {
            return Ok((path.to_owned(), self.text.to_owned()));
        }
        Err(ReadFailure { what: "no such file".into(), help: None })
    }

    fn stream(&self, _: &str, path: &str) -> Option<Stream> {
        let text: Arc<[u8]> = self.text.as_bytes().into();
        let open = move || Ok(Box::new(Cursor::new(text.clone())) as Box<dyn io::Read + Send>);
        (self.streamed && path == "input").then(|| Stream {
            path: path.into(),
            open: Arc::new(open),
            keep: 2,
            piece: 128,
        })
    }
}

/// Compiles a scenario and runs its plans up to a limit.
fn compiled(text: &str, files: &dyn Files) -> (Input, Vec<String>) {
    thread_local! {
        // The built-in editions are compiled once; their places point into this store of texts.
        static LOADED: std::cell::RefCell<(Library, Sources)> = std::cell::RefCell::default();
    }
    LOADED.with_borrow_mut(|(library, loaded)| {
        for edition in ["alibaba-ecs@2026-05-15", "azure-vmss@2026-05-19"] {
            let mut none = Problems::default();
            library.load(edition, None, files, loaded, &mut none);
        }
        let (mut sources, mut problems) = (loaded.clone(), Problems::default());
        let file = sources.add("scenario.yaml", text);
        let options = Options::default();
        let made = compile_with(library, file, &options, files, &mut sources, &mut problems);
        let refused = check(&problems, &sources);
        assert_eq!(
            made.is_none(),
            refused == Input::Refused,
            "{}",
            render(&problems, &sources, false)
        );
        let plans = made.map(|made| made.plans).unwrap_or_default();
        plans.into_iter().take(4).for_each(run);
        let each = problems.sorted().into_iter().map(|p| format!("{} {:?}", p.title, p.helps));
        let mut each: Vec<String> = each.collect();
        each.sort();
        (refused, each)
    })
}

fn run(plan: Plan) {
    let limits = Limits { events: 2_000, events_at_once: 500 };
    let mut run = Run::start_within(plan, limits);
    while run.step() {
        // Names of ids are looked up as the reports do it.
        for record in run.records() {
            assert!(!format!("{record:?}").is_empty());
        }
    }
}

/// Whether errors were reported; each must have a place and must render without a panic.
fn check(problems: &Problems, sources: &Sources) -> Input {
    for problem in problems.sorted() {
        let has_place = !problem.labels.is_empty() || problem.path.is_some();
        // A file of another kind is named in the title, and its contents are not shown.
        let names_file = problem.title.contains("`input");
        assert!(has_place || names_file, "without a place: {problem:?}");
        for (span, _) in &problem.labels {
            assert!(!sources.locate(*span).is_empty());
        }
    }
    let shown = render(problems, sources, false);
    let is_shown = |c: char| c == '\n' || !c.is_control();
    assert!(shown.chars().all(is_shown), "{shown:?}");
    assert!(!shown.lines().any(|line| line.starts_with("::")), "{shown}");
    if problems.count(Severity::Error) > 0 { Input::Refused } else { Input::Valid }
}

/// A scenario file.
pub fn scenario(text: &str) -> Input {
    compiled(text, &Beside { text: "", streamed: false }).0
}

const HEAD: &str = "stayput: scenario/1\nname: fuzz\nstart: 2026-06-01T00:00:00Z\nfor: 30d\n";

/// A policy file.
pub fn policy(text: &str) -> Input {
    let scenario =
        format!("{HEAD}policy: ./input.yaml\nfleet: {{ instances: {{ web-1: {{}} }} }}\n");
    compiled(&scenario, &Beside { text, streamed: false }).0
}

/// Both readers of a table give the same result.
fn table(scenario: &str, text: &str) -> Input {
    let whole = compiled(scenario, &Beside { text, streamed: false });
    let pieces = compiled(scenario, &Beside { text, streamed: true });
    assert_eq!(whole, pieces, "{text:?}");
    whole.0
}

/// A table of instances.
pub fn fleet_csv(text: &str) -> Input {
    let fleet = "fleet:\n  accounts: { shop: {}, lab: {} }\n  groups: { web: { account: shop } }\n";
    let policy = "policy: alibaba-ecs@2026-05-15\n";
    table(&format!("{HEAD}{policy}{fleet}  instances: {{ file: input }}\n"), text)
}

/// A table of events.
pub fn event_csv(text: &str) -> Input {
    let fleet = "fleet:\n  groups: { web: {} }\n  defaults: { group: web }\n  instances: { web-1..9: {} }\n";
    let policy = "policy: alibaba-ecs@2026-05-15\n";
    table(&format!("{HEAD}{policy}{fleet}events: {{ file: input }}\n"), text)
}

/// A provider's reply.
pub fn provider_json(text: &str) -> Input {
    let accounts =
        "accounts: { a: { policy: alibaba-ecs@2026-05-15 }, b: { policy: azure-vmss@2026-05-19 } }";
    let import = "import: [{ files: [input], captured: 2026-06-01T00:00:00Z }]";
    let scenario = format!("{HEAD}fleet: {{ {accounts}, {import} }}\n");
    let read = compiled(&scenario, &Beside { text, streamed: false }).0;
    if read == Input::Valid {
        written_out(text);
    }
    read
}

/// The scenario that `import` writes for a valid reply is valid.
fn written_out(text: &str) {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("input", text);
    let imported = import(None, &[file], &sources, &mut problems);
    if imported.instances.is_empty() && imported.groups.is_empty() {
        return;
    }
    let newest = |cloud: &&'static str| Some((*cloud, Catalog::newest_for(cloud)?.to_owned()));
    let written = ImportedAs {
        files: &["input".to_owned()],
        policies: &imported.clouds.iter().filter_map(newest).collect(),
        account: None,
        captured: SimTime::parse("2026-06-01T00:00:00Z").unwrap(),
    };
    let scenario = imported_scenario(&imported, &written);
    let made = compiled(&scenario, &Beside { text: "", streamed: false });
    assert_eq!(made.0, Input::Valid, "{text}\n{scenario}\n{:?}", made.1);
}

/// A filter of cases.
pub fn filter(text: &str) -> Input {
    match Filter::parse(text) {
        Ok(filter) => {
            for name in ["unpaid", "web [one]", ""] {
                let case =
                    CaseProperties { name, case: "one", file: "a/b.yaml", policies: &["x@1"] };
                let other = Filter::parse(&format!("not ({text})")).map(|not| not.matches(&case));
                assert!(other.is_err() || other == Ok(!filter.matches(&case)), "{text:?}");
            }
            Input::Valid
        }
        Err(why) => {
            assert!(!why.is_empty());
            Input::Refused
        }
    }
}

/// A file of accepted changes.
pub fn accepted(text: &str) -> Input {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("input", text);
    let read = read_accepted(file, &sources, &mut problems);
    let found = check(&problems, &sources);
    assert!(read.is_some() || found == Input::Refused);
    found
}

/// A part of a study: its run file, a line `---`, and its table.
pub fn merge_part(text: &str) -> Input {
    let (run, table) = text.split_once("\n---\n").unwrap_or((text, ""));
    let run: Result<RunFile, _> = serde_json::from_str(run);
    match read_replications(table) {
        Ok(_) if run.is_ok() => Input::Valid,
        Ok(_) => Input::Refused,
        Err(why) => {
            assert!(
                why.contains("line") || why.contains("columns") || why.contains("record"),
                "{why}"
            );
            Input::Refused
        }
    }
}
