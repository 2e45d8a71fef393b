//! Events and rows allocate no memory. The tests count allocations instead of measuring time.
//!
//! This is a separate program because the counter covers all threads of the process.

#![cfg(test)]

use std::alloc::System;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{sleep, yield_now};
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use stayput::diagnostics::{NoFiles, Problems, Sources};
use stayput::plan::{Options, Plan, compile};
use stayput::record::Record;
use stayput::report::{BufferedCsv, CsvTables, CsvThread, Report as _, RunItem};
use stayput::world::Run;

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A fleet with the same events on each day: refused, held and due releases, and quoted names.
fn plan() -> Plan {
    let mut text = "\
stayput: scenario/1
name: every, day
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 400d
currency: EUR
fleet:
  instances:
    \"db, 1..20\": { protect: [release-protection] }
    web-1..200: { worth: 12.34, hourly: 0.05 }
events:
"
    .to_owned();
    for day in 0..200 {
        for (hour, verb) in [
            (1, "release: { instance: \"db, *\", by: \"a, b\" }".to_owned()),
            (2, format!("schedule-release: {{ instance: \"web-*\", time: +{}d }}", day + 300)),
            (
                3,
                "set-protection: { instance: \"web-*\", flags: { release-protection: true } }"
                    .to_owned(),
            ),
            (4, "stop: { instance: \"web-*\" }".to_owned()),
            (5, "start: { instance: \"web-*\" }".to_owned()),
            (
                6,
                "set-protection: { instance: \"web-*\", flags: { release-protection: false } }"
                    .to_owned(),
            ),
            (7, "overdue: { account: default }".to_owned()),
            (8, "settle: { account: default }".to_owned()),
            (9, format!("release: {{ instance: web-{}, force: true }}", day + 1)),
        ] {
            text.push_str(&format!("  - {{ at: +{day}d{hour}h, {verb} }}\n"));
        }
    }
    compiled(&text)
}

fn compiled(text: &str) -> Plan {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("plan.yaml", text.to_owned());
    let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
    let reported = stayput::diagnostics::render(&problems, &sources, false);
    compiled.unwrap_or_else(|| panic!("{reported}")).plans.swap_remove(0)
}

/// Many events, each of which is about one instance.
fn one_by_one() -> Plan {
    let mut text = "\
stayput: scenario/1
name: one-by-one
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 400d
currency: EUR
fleet:
  defaults: { protect: [release-protection] }
  instances: { web-1..100: {} }
events:
"
    .to_owned();
    for day in 0..24 {
        for web in 1..=100 {
            for verb in [
                format!("schedule-release: {{ instance: web-{web}, time: +{}d }}", day + 300),
                format!("release: {{ instance: web-{web}, by: ann }}"),
                format!("cancel-scheduled-release: {{ instance: web-{web} }}"),
                format!("restart: {{ instance: web-{web} }}"),
            ] {
                text.push_str(&format!("  - {{ at: +{day}d{web}m, {verb} }}\n"));
            }
        }
    }
    compiled(&text)
}

/// A writer that counts the bytes that are written to it, and is slow while its flag is set.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicU64>, Arc<AtomicBool>);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(1));
        }
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn in_the_steady_state_nothing_takes_memory() {
    events();
    rows();
    scale_ins();
}

/// The cost of a scale-in depends on the number of removed members, and not on the size of the
/// group, because the order of the group is kept. Every comparison of two members allocates, so
/// the test counts comparisons.
fn scale_ins() {
    let cost = |members: u32| {
        let mut text = format!(
            "stayput: scenario/1\nname: many\npolicy: alibaba-ecs@2026-05-15\n\
             start: 2026-06-01T00:00:00Z\nfor: 10d\nfleet:\n  \
             groups: {{ web: {{ removal: [oldest-instance], cooldown: 0s }} }}\n  \
             defaults: {{ group: web, membership: auto-created }}\n  \
             instances: {{ web-1..{members}: {{}} }}\nevents:\n"
        );
        for hour in 1..=20 {
            let by = "by: ops, via: api";
            text.push_str(&format!(
                "  - {{ at: +{hour}h, scale-in: {{ group: web, remove: 10, {by} }} }}\n"
            ));
        }
        let mut run = Run::start(compiled(&text));
        // The first scale-in sorts all members.
        assert!(run.step());
        let region = Region::new(COUNTED);
        let mut decisions = 0;
        while run.step() {
            decisions += run.records().iter().filter(|r| matches!(r, Record::Decision(_))).count();
        }
        assert_eq!(decisions, 190);
        region.change().allocations
    };
    let (few, many) = (cost(1_000), cost(50_000));
    assert!(many < few * 2, "{few} allocations with 1,000 members, {many} with 50,000");
}

fn events() {
    let mut run = Run::start(one_by_one());
    let mut step = |steps: usize| {
        let mut records = 0;
        for _ in 0..steps {
            assert!(run.step());
            records += run.records().len();
        }
        records
    };
    step(4_800);
    let region = Region::new(COUNTED);
    let records = step(4_800);
    let change = region.change();
    assert!(records > 4_800, "{records}");
    // Each of twelve new days gets a page, which doubles its size up to a hundred notes.
    assert!(change.allocations + change.reallocations <= 12 * 7, "{change:?}");
}

fn rows() {
    let plan = plan();
    let mut run = Run::start(plan.clone());
    let records: Vec<Record> = run.by_ref().collect();
    let header = run.world().header();
    // Half of the records are more than two batches of each kind of row.
    let half = records.len() / 2;
    assert!(half > 40_000, "{half}");

    let written = Counted::default();
    let mut tables = CsvTables::<BufferedCsv<Counted>>::new(|_| Ok(written.clone())).unwrap();
    records[..half].chunks(2_048).for_each(|batch| tables.write(batch, header).unwrap());
    let before = written.0.load(Ordering::Relaxed);
    let region = Region::new(COUNTED);
    records[half..].chunks(2_048).for_each(|batch| tables.write(batch, header).unwrap());
    let change = region.change();
    assert!(written.0.load(Ordering::Relaxed) > before + 1_000_000);
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
    tables.finish().unwrap();

    // The same with the thread, which returns the buffers that it receives.
    let written = Counted::default();
    let tables = CsvTables::<BufferedCsv<Counted>>::new(|_| Ok(written.clone())).unwrap();
    let mut thread = CsvThread::start(tables).unwrap();
    // The first wait of each thread for the other takes memory: the run waits for the slow writer,
    // and then the writer waits for the run.
    written.1.store(true, Ordering::Relaxed);
    thread.write(&RunItem::Start(&plan)).unwrap();
    records[..half]
        .iter()
        .for_each(|record| thread.write(&RunItem::Record(record, header)).unwrap());
    written.1.store(false, Ordering::Relaxed);
    sleep(Duration::from_millis(100));
    let before = written.0.load(Ordering::Relaxed);
    let region = Region::new(COUNTED);
    records[half..]
        .iter()
        .for_each(|record| thread.write(&RunItem::Record(record, header)).unwrap());
    while written.0.load(Ordering::Relaxed) < before + 1_000_000 {
        yield_now();
    }
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
    thread.finish().unwrap();
}
