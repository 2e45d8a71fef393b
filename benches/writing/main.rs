//! The cost of the log: of a row, and of a whole run with and without it.
//!
//! Rows are written to a sink, by the writer that runs use and by the reference writer. Whole runs
//! use the real engine, and their log goes to files. Rounds are interleaved, because other work on
//! the machine affects all of them; the result is the ratio within a round. If two cores are free,
//! the wall-clock time of a run with a writer thread is that of the busier thread.
//! `benches/README.md` has the results.
//!
//! `cargo bench --bench writing -- [rounds] [instances] [events]`

#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::expect_used,
    reason = "a measurement, not the model"
)]

#[path = "../measure/mod.rs"]
mod measure;
mod year;

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::path::Path;

use measure::{CLOCKS, clocks, spread};
use stayput::experiment::{Ending, Summary, carry_out};
use stayput::plan::{Plan, Starts};
use stayput::record::{InstanceRow, Record};
use stayput::report::{
    BufferedCsv, CsvTables, CsvThread, EndOfRun, ReferenceCsv, Report as _, Rows, RunItem,
};
use stayput::run_header::RunHeader;
use stayput::world::Run;

const HEAD: &str = "\
| all threads: ns | times | engine's thread: ns | times | on the wall: ns | times |
|---|---|---|---|---|---|---|";

/// Runs every design in every round; prints a line for each, against the first.
fn measure(rounds: usize, per: f64, designs: &[(&str, &dyn Fn())]) {
    let mut spent = vec![[const { Vec::new() }; CLOCKS]; designs.len()];
    for _ in 0..rounds {
        for ((_, run), spent) in designs.iter().zip(&mut spent) {
            let before = clocks();
            run();
            let after = clocks();
            let passed = after.iter().zip(before).map(|(after, before)| after - before);
            for (spent, passed) in spent.iter_mut().zip(passed) {
                spent.push(passed as f64 / per);
            }
        }
    }
    for (at, (name, _)) in designs.iter().enumerate() {
        let mut line = format!("| {name} |");
        for (times, firsts) in spent[at].iter().zip(&spent[0]) {
            let [time, low, high] = spread(times);
            let ratios: Vec<f64> =
                times.iter().zip(firsts).map(|(one, first)| one / first).collect();
            let [ratio, least, most] = spread(&ratios);
            line.push_str(&format!(
                " {time:.0} ({low:.0} to {high:.0}) | {ratio:.2} ({least:.2} to {most:.2}) |"
            ));
        }
        println!("{line}");
    }
}

/// Runs a plan and gives every record to `take`.
fn run(plan: &Plan, mut take: impl FnMut(&Record, &RunHeader)) -> Run {
    let mut summary = Summary::default();
    let carried = carry_out(plan.clone(), year::limits(), None, |record, world| {
        summary.add(record);
        take(record, world.header());
        Ok::<(), io::Error>(())
    });
    black_box(&summary);
    carried.expect("nothing is written").1
}

fn without(plan: &Plan) {
    black_box(run(plan, |record, _| {
        black_box(record);
    }));
}

fn beside<T: Rows<Out = File>>(plan: &Plan, folder: &Path) {
    let mut tables = tables::<T>(folder);
    let run = run(plan, |record, header| {
        tables.write(std::slice::from_ref(record), header).expect("a disk");
    });
    let rows: Vec<InstanceRow> = run.world().instance_rows(&Starts::default()).collect();
    tables.instances(&rows, run.world().header()).expect("a disk");
    tables.finish().expect("a disk");
}

fn by_thread(plan: &Plan, folder: &Path) {
    let mut thread = CsvThread::start(tables::<BufferedCsv<File>>(folder)).expect("a thread");
    thread.write(&RunItem::Start(plan)).expect("a disk");
    let run = run(plan, |record, header| {
        thread.write(&RunItem::Record(record, header)).expect("a disk");
    });
    let summary = Summary::default();
    let starts = Starts::default();
    let instances = || -> Box<dyn Iterator<Item = InstanceRow>> {
        Box::new(run.world().instance_rows(&starts))
    };
    let (header, stop) = (run.world().header(), Ending::of(&run).word());
    let end = EndOfRun {
        header,
        summary: &summary,
        stop,
        early: None,
        expectations: 0,
        instances: &instances,
    };
    thread.write(&RunItem::End(&end)).expect("a disk");
    thread.finish().expect("a disk");
}

fn tables<T: Rows<Out = File>>(folder: &Path) -> CsvTables<T> {
    CsvTables::new(|name| File::create(folder.join(name))).expect("a disk")
}

fn to_nowhere<T: Rows<Out = io::Sink>>(records: &[Record], header: &RunHeader) {
    let mut tables = CsvTables::<T>::new(|_| Ok(io::sink())).expect("nowhere");
    for batch in records.chunks(2_048) {
        tables.write(batch, header).expect("nowhere");
    }
    black_box(tables.finish().expect("nowhere"));
}

fn main() {
    let numbers: Vec<u32> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, or: u32| numbers.get(at).copied().unwrap_or(or);
    let (rounds, instances, events) = (number(0, 5), number(1, 100_000), number(2, 500_000));
    let plan = year::plan(instances, events);
    let mut records = Vec::new();
    let ran = run(&plan, |record, _| records.push(record.clone()));
    let header = ran.world().header();
    let rows: u64 = {
        let mut tables =
            CsvTables::<BufferedCsv<io::Sink>>::new(|_| Ok(io::sink())).expect("nowhere");
        tables.write(&records, header).expect("nowhere");
        tables.finish().expect("nowhere").iter().map(|(_, rows)| rows).sum()
    };
    println!(
        "{instances} instances, {} events, {rows} rows; a record has {} bytes\n",
        ran.events(),
        size_of::<Record>()
    );
    println!("| a row, to nowhere {HEAD}");
    let rounds = rounds.max(1) as usize;
    measure(
        rounds,
        rows as f64,
        &[
            ("plain", &|| to_nowhere::<ReferenceCsv<io::Sink>>(&records, header)),
            ("quick", &|| to_nowhere::<BufferedCsv<io::Sink>>(&records, header)),
        ],
    );
    drop(records);
    let folder = tempfile::tempdir().expect("a disk");
    let folder = folder.path();
    println!("\n| a run, per event {HEAD}");
    measure(
        rounds,
        ran.events() as f64,
        &[
            ("without the log", &|| without(&plan)),
            ("plain, in between", &|| beside::<ReferenceCsv<File>>(&plan, folder)),
            ("quick, in between", &|| beside::<BufferedCsv<File>>(&plan, folder)),
            ("quick, by a thread", &|| by_thread(&plan, folder)),
        ],
    );
}
