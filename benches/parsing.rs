//! Reading tables: events and instances, row by row and whole. `cargo bench --bench parsing`

#![expect(clippy::panic, reason = "a measurement; what it reads is of its own making")]

use std::fmt::Write;
use std::io::{self, Cursor};
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use stayput::diagnostics::{Files, Problems, ReadFailure, Sources, Stream, render};
use stayput::plan::{Options, Plan, Script, compile};

/// Number of rows of a table.
const ROWS: u32 = 200_000;

/// Number of instances.
const INSTANCES: u32 = 100_000;

/// Two tables in memory.
struct Shelf {
    fleet: Arc<str>,
    events: Arc<str>,
    streams: bool,
}

impl Shelf {
    fn text(&self, path: &str) -> Arc<str> {
        Arc::clone(if path == "fleet.csv" { &self.fleet } else { &self.events })
    }
}

struct Shared(Arc<str>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Files for Shelf {
    fn read(&self, _: &str, path: &str) -> Result<(String, String), ReadFailure> {
        Ok((path.to_owned(), self.text(path).to_string()))
    }

    fn stream(&self, _: &str, path: &str) -> Option<Stream> {
        let text = self.text(path);
        let open = move || {
            Ok(Box::new(Cursor::new(Shared(Arc::clone(&text)))) as Box<dyn io::Read + Send>)
        };
        self.streams.then(|| Stream {
            path: path.into(),
            open: Arc::new(open),
            keep: 0,
            piece: 1 << 16,
        })
    }
}

fn fleet(rows: u32) -> Arc<str> {
    let mut text = "instance,account,billing,expires,auto-release,protect\n".to_owned();
    for row in 0..rows {
        let (minute, account) = (row % 60, row / 1_000 % 10);
        let due = format!("2027-03-{:02}T05:{minute:02}:00Z", row % 28 + 1);
        let _ = match row % 5 {
            0 => writeln!(text, "i-{row},a-{account},subscription,{due},,"),
            _ => writeln!(text, "i-{row},a-{account},,,{due},release-protection"),
        };
    }
    text.into()
}

fn events(rows: u32) -> Arc<str> {
    let mut text = "at,verb,instance,time,flags,force,account,by,via\n".to_owned();
    for row in 0..rows {
        let at =
            format!("2026-{:02}-{:02}T03:04:05Z", row * 12 / rows + 1, row * 336 / rows % 28 + 1);
        let who = row.wrapping_mul(2_654_435_761) % INSTANCES;
        let _ = match row % 10 {
            0..4 => writeln!(text, "{at},schedule-release,i-{who},2027-06-01T03:04:00Z,,,,,"),
            4..6 => writeln!(text, "{at},cancel-scheduled-release,i-{who},,,,,,"),
            6..8 => writeln!(text, "{at},release,i-{who},,,true,,ops,api"),
            8 => writeln!(text, "{at},set-protection,i-{who},,release-protection=true,,,,"),
            _ => writeln!(text, "{at},settle,,,,,a-{},,", who % 10),
        };
    }
    text.into()
}

fn plan(shelf: &Shelf) -> Plan {
    let mut scenario = "stayput: scenario/1\nname: parsing\npolicy: alibaba-ecs@2026-05-15\n\
        start: 2026-01-01T00:00:00Z\nfor: 365d\nfleet:\n  instances: { file: fleet.csv }\n  accounts:\n"
        .to_owned();
    for account in 0..10 {
        let _ = writeln!(scenario, "    a-{account}: {{ grace: 0h }}");
    }
    scenario.push_str("events: { file: events.csv }\n");
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("parsing.yaml", scenario);
    let compiled = compile(file, &Options::default(), shelf, &mut sources, &mut problems);
    let mut compiled = compiled.unwrap_or_else(|| panic!("{}", render(&problems, &sources, false)));
    compiled.plans.swap_remove(0)
}

/// A fleet without events.
#[divan::bench(args = [true, false], sample_count = 10)]
fn instances(bencher: Bencher, streams: bool) {
    let shelf = Shelf { fleet: fleet(ROWS), events: events(1), streams };
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| plan(&shelf));
}

/// The first reading of events, which checks them; includes the fleet of a hundred thousand.
#[divan::bench(args = [true, false], sample_count = 10)]
fn events_checked(bencher: Bencher, streams: bool) {
    let shelf = Shelf { fleet: fleet(INSTANCES), events: events(ROWS), streams };
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| plan(&shelf));
}

/// The second reading of events, during the run.
#[divan::bench(sample_count = 10)]
fn events_played(bencher: Bencher) {
    let shelf = Shelf { fleet: fleet(INSTANCES), events: events(ROWS), streams: true };
    let plan = plan(&shelf);
    assert!(matches!(plan.script, Script::Streamed(_)), "the table is plainly right");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let (mut events, mut batch, mut count) = (plan.script.play(), Vec::new(), 0);
        loop {
            events.read(32, &mut batch);
            if batch.is_empty() {
                break;
            }
            count += batch.drain(..).filter(|(_, event)| event.is_ok()).count();
        }
        assert_eq!(u32::try_from(count), Ok(ROWS));
    });
}

fn main() {
    divan::main();
}
