use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use stayput::diagnostics::NoFiles;
use stayput::experiment::{Summary, carry_out};
use stayput::kernel::Limits;
use stayput::plan::{Plan, Starts};
use stayput::record::{InstanceRow, Record};
use stayput::report::{
    BufferedCsv, CsvTables, CsvThread, EndOfRun, ReferenceCsv, Report, RowCounts, RunItem,
};
use stayput::world::World;

use crate::support::{Repository, files, folder, plan, plans, root, shown, stayput, write};

/// A file that a thread may write and a test may read.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    /// The bytes that were written to it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Texts = Vec<(String, Shared)>;

fn open(texts: &mut Texts, name: &str) -> Shared {
    let file = Shared::default();
    texts.push((name.to_owned(), file.clone()));
    file
}

pub(crate) fn instances(world: &World, plan: &Plan) -> Vec<InstanceRow> {
    let starts: Starts = plan.starting_values().collect();
    let expected = plan.starting_values().map(Some);
    assert!(plan.starting_values().map(|s| starts.of(s.instance, s.created)).eq(expected));
    world.instance_rows(&starts).collect()
}

/// The tables by the model: one record after the other.
fn plain(plans: &[Plan]) -> (Texts, RowCounts) {
    let mut texts = Vec::new();
    let mut tables =
        CsvTables::<ReferenceCsv<Shared>>::new(|name| Ok(open(&mut texts, name))).unwrap();
    for plan in plans {
        let starts: Vec<Record> = plan.starting_changes().map(Record::Change).collect();
        tables.write(&starts, &plan.header).unwrap();
        let take = |record: &Record, world: &World| {
            tables.write(std::slice::from_ref(record), world.header())
        };
        let (_, run) = carry_out(plan.clone(), Limits::default(), None, take).unwrap();
        tables.instances(&instances(run.world(), plan), run.world().header()).unwrap();
        tables.end_of_run();
    }
    let counts = tables.finish().unwrap();
    (texts, counts)
}

/// Runs a plan and writes its records.
fn write_run(report: &mut impl for<'r> Report<RunItem<'r>>, plan: &Plan) -> std::io::Result<()> {
    report.write(&RunItem::Start(plan))?;
    let mut summary = Summary::default();
    let take = |record: &Record, world: &World| {
        summary.add(record);
        report.write(&RunItem::Record(record, world.header()))
    };
    let (ending, run) = carry_out(plan.clone(), Limits::default(), None, take)?;
    let rows = || -> Box<dyn Iterator<Item = InstanceRow>> {
        Box::new(instances(run.world(), plan).into_iter())
    };
    let (header, stop) = (run.world().header(), ending.word());
    let end = EndOfRun {
        header,
        summary: &summary,
        stop,
        early: None,
        expectations: 0,
        instances: &rows,
    };
    report.write(&RunItem::End(&end))
}

/// The same tables, written as in a run.
fn by_thread(plans: &[Plan]) -> (Texts, RowCounts) {
    let mut texts = Vec::new();
    let tables = CsvTables::<BufferedCsv<Shared>>::new(|name| Ok(open(&mut texts, name))).unwrap();
    let mut thread = CsvThread::start(tables).unwrap();
    for plan in plans {
        write_run(&mut thread, plan).unwrap();
    }
    thread.finish().unwrap();
    (texts, thread.counts().clone())
}

/// Checks that both writers give the same bytes, and returns the number of rows of each file.
fn same_bytes(plans: &[Plan]) -> RowCounts {
    let ((expected, counts), (found, counted)) = (plain(plans), by_thread(plans));
    assert_eq!(counts, counted);
    assert_eq!(expected.len(), 8);
    for ((name, expected), (_, found)) in expected.iter().zip(&found) {
        let text = |file: &Shared| String::from_utf8(file.0.lock().unwrap().clone()).unwrap();
        let (expected, found) = (text(expected), text(found));
        let differ = || expected.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert!(expected == found, "{name}: {:?}", differ());
    }
    counts
}

#[test]
fn the_thread_writes_every_scenario_of_the_repository_as_the_model_does() {
    let mut all = Vec::new();
    for path in files(&root().join("scenarios"), &["yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        all.extend(plans(&shown(&path), &text, &Repository));
    }
    // All go through one thread, one after the other.
    let counts = same_bytes(&all);
    assert!(all.len() > 50 && counts.iter().all(|(_, rows)| *rows > 0), "{counts:?}");
}

#[test]
fn names_made_during_a_run_are_sent_with_their_records() {
    let text = "\
stayput: scenario/1
name: many, \"many\"
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
fleet:
  groups: { \"we,b\": { min: 0, max: 90000 } }
events:
  - { at: +1h, scale-out: { group: \"we,b\", add: 9000 } }
  - { at: +2h, scale-in: { group: \"we,b\", remove: 5000 } }
  - { at: +3h, scale-out: { group: \"we,b\", add: 3000 } }
  - { at: +4h, delete-group: { group: \"we,b\", force: true } }
";
    let counts = same_bytes(&plans("many.yaml", text, &NoFiles));
    assert_eq!(counts.iter().find(|(file, _)| *file == "instances.csv").unwrap().1, 12_000);
    let rows: u64 = counts.iter().map(|(_, rows)| rows).sum();
    assert!(rows > 30_000, "several batches: {counts:?}");
}

/// Names with all characters that need quotes, and with others.
fn odd_name() -> impl Strategy<Value = String> {
    let any = "[a-z\",' ä中\u{1f600}|\\\\#:.<-]{1,12}";
    any.prop_filter("a name", |name| stayput::format::Name::fault(name).is_none())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn unusual_names_are_written_as_the_model_writes_them(
        names in prop::collection::btree_set(odd_name(), 6..12),
        ids in prop::collection::btree_set(odd_name(), 3),
        (scenario, by) in (odd_name(), odd_name()),
    ) {
        let quoted = |text: &String| serde_json::to_string(text).unwrap();
        let mut text = format!(
            "stayput: scenario/1\nname: {}\npolicy: alibaba-ecs@2026-05-15\n\
             start: 2026-06-01T00:00:00Z\nfor: 60d\nfleet:\n  groups: {{ {}: {{ max: 99 }} }}\n  instances:\n",
            quoted(&scenario), quoted(&by)
        );
        for (at, name) in names.iter().enumerate() {
            let protect = ["", "release-protection"][at % 2];
            let group = if at % 3 == 0 { format!(", group: {}", quoted(&by)) } else { String::new() };
            let keys = format!("protect: [{protect}]{group}");
            text.push_str(&format!("    {}: {{ {keys} }}\n", quoted(name)));
        }
        let ids: Vec<String> = ids.iter().map(quoted).collect();
        text.push_str(&format!(
            "events:\n  - {{ at: +1h, id: {}, release: {{ instance: \"*\", by: {} }} }}\n  \
             - {{ at: +2h, id: {}, scale-out: {{ group: {}, add: 3 }} }}\n  \
             - {{ at: +3h, id: {}, overdue: {{ account: default }} }}\n",
            ids[0], quoted(&by), ids[1], quoted(&by), ids[2]
        ));
        same_bytes(&plans("odd.yaml", &text, &NoFiles));
    }
}

/// A disk with room for a number of bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.0.checked_sub(bytes.len());
        self.0 = left.ok_or_else(|| io::Error::new(ErrorKind::StorageFull, "no room"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_cannot_be_written_ends_the_run_and_says_why() {
    let text = "\
stayput: scenario/1
name: full
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
fleet: { groups: { web: { min: 0, max: 90000 } } }
events:
  - { at: +1h, scale-out: { group: web, add: 20000 } }
";
    let plan = plan(text);
    for room in [0, 100, 70_000, 300_000] {
        let tables = CsvTables::<BufferedCsv<Full>>::new(|_| Ok(Full(room))).unwrap();
        let mut thread = CsvThread::start(tables).unwrap();
        // The error is reported at the latest at the end, and only once.
        let error = write_run(&mut thread, &plan).and_then(|()| thread.finish()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::StorageFull, "no room"));
    }
}

#[test]
fn text_shows_the_first_rows_and_preventable_losses() {
    let scratch = folder();
    let mut text = "\
stayput: scenario/1
name: long
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 90d
fleet:
  instances:
    kept-1..50: { protect: [release-protection] }
"
    .to_owned();
    for day in 1..=12 {
        let keys = format!("protect: [release-protection], auto-release: +{day}d");
        text.push_str(&format!("    late-{day}: {{ {keys} }}\n"));
    }
    text.push_str("events:\n");
    for hour in 0..60 {
        text.push_str(&format!(
            "  - {{ at: +{}d, release: {{ instance: \"kept-*\", force: true }} }}\n",
            20 + hour
        ));
    }
    let path = write(scratch.path(), "long.yaml", text);
    let out = scratch.path().join("out");
    let ran = stayput(&["run", &path, "--out", &out.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // 12 releases were due. 60 times 50 releases were refused, each time in one row.
    assert_eq!(ran.stdout.matches("kept-1 … kept-50 (50)").count(), 60);
    assert!(ran.stdout.contains("3012 decisions   3000 HELD · 12 OVERRIDDEN"), "{}", ran.stdout);
    let reported = |line: &&str| line.contains("cancel the schedule");
    let prevented: Vec<&str> = ran.stdout.lines().filter(reported).collect();
    assert_eq!(prevented.len(), 10);
    assert!(
        prevented[0].contains("(late-1)") && prevented[9].contains("(late-10)"),
        "{prevented:?}"
    );
    let rows = std::fs::read_to_string(out.join("decisions.csv")).unwrap();
    assert_eq!(rows.lines().count(), 3_013);
}

#[test]
fn text_says_allowed_where_only_the_power_state_changes() {
    let path = "scenarios/rules/alibaba/al-stopping.yaml";
    let ran = stayput(&["run", path, "--case", "page-of-2019"]);
    assert!(ran.stdout.contains("thrifty-1  manual  ALLOWED  "), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 decision   1 ALLOWED\n"), "{}", ran.stdout);
    let csv = stayput(&["run", path, "--case", "page-of-2019", "-f", "csv"]);
    assert!(csv.stdout.contains(",unprotected,stopped,"), "{}", csv.stdout);
}
