//! Compares a simulated year of a fleet, with its log, with other programs for this task, for
//! fleets of several sizes.
//!
//! ```console
//! $ cargo bench --bench peers -- [ROUNDS [LARGEST [CURVE.svg]]]
//! ```
//!
//! Every program reads the same files (`examples/fleet_year.rs`) and writes its decisions. The
//! programs take turns; the table contains wall times, the median of the rounds. Programs that are
//! not installed, and sizes that would take a program many minutes, are left out.

#![expect(clippy::float_arithmetic, reason = "figures of a benchmark")]

mod curve;
mod floor;
#[path = "../measure/year_files.rs"]
mod year_files;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use curve::Line;

/// Numbers of instances.
const SIZES: [u32; 5] = [10, 1_000, 100_000, 1_000_000, 10_000_000];

/// Number of events of each year.
const EVENTS: u64 = 1_000_000;

/// A program that simulates the year.
struct Peer {
    name: &'static str,
    /// The largest fleet that it simulates.
    largest: u32,
    command: fn(&Path) -> Command,
}

const PEERS: [Peer; 5] = [
    Peer { name: "stayput run", largest: u32::MAX, command: |folder| stayput(folder, false) },
    Peer { name: "stayput run --out", largest: u32::MAX, command: |folder| stayput(folder, true) },
    Peer {
        name: "heapq + csv",
        largest: 1_000_000,
        command: |folder| python(folder, "fleet_year_heapq", &[]),
    },
    Peer {
        name: "heapq + polars",
        largest: 1_000_000,
        command: |folder| python(folder, "fleet_year_heapq", &["polars"]),
    },
    Peer { name: "SimPy", largest: 100_000, command: |folder| python(folder, "fleet_year", &[]) },
];

fn stayput(folder: &Path, log: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stayput"));
    command.arg("run").arg(folder.join("scenario.yaml")).arg("--quiet");
    if log {
        command.arg("--out").arg(folder.join("out"));
    }
    command
}

/// The interpreter is `$PYTHON`, or `python3`.
fn interpreter() -> Command {
    Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
}

fn python(folder: &Path, model: &str, reader: &[&str]) -> Command {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut command = interpreter();
    command.arg(examples.join(model).with_extension("py"));
    command.arg(folder).arg(folder.join("decisions.csv")).args(reader);
    command
}

fn is_installed(module: &str) -> bool {
    let mut command = interpreter();
    command.args(["-c", &format!("import {module}")]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Wall time of a call, in seconds.
#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn seconds<T>(call: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let start = std::time::Instant::now();
    call()?;
    Ok(start.elapsed().as_secs_f64())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds a flag of its own; `cargo test --benches` runs this program without that
    // flag.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let number = |index: usize| arguments.get(index).map(|text| text.parse::<u32>()).transpose();
    let (rounds, largest) = (number(0)?.unwrap_or(3), number(1)?.unwrap_or(1_000_000));
    let peers = PEERS.iter().filter(|peer| match peer.name {
        "SimPy" => is_installed("simpy"),
        "heapq + csv" => is_installed("heapq"),
        "heapq + polars" => is_installed("polars"),
        _ => true,
    });
    let peers: Vec<&Peer> = peers.collect();
    let mut lines: Vec<Line> =
        peers.iter().map(|peer| peer.name).chain(["floor"]).map(Line::new).collect();
    println!("Wall time of a year with {EVENTS} events, and its ratio to the floor\n");
    let names: Vec<&str> = lines.iter().map(|line| line.name).collect();
    println!("| instances | {} |\n|{}", names.join(" | "), "---|".repeat(names.len() + 1));
    let folder = std::env::temp_dir().join(format!("stayput-peers-{}", std::process::id()));
    for size in SIZES.into_iter().filter(|size| *size <= largest) {
        year_files::write(&folder, size, EVENTS, 7)?;
        let times = measure(&folder, size, rounds, &peers)?;
        let floor = times.last().copied().flatten();
        let cell = |time: &Option<f64>| match (time, floor) {
            (Some(time), Some(floor)) => format!("{time:.3} s ({:.1})", time / floor),
            _ => "–".to_owned(),
        };
        let cells: Vec<String> = times.iter().map(cell).collect();
        println!("| {size} | {} |", cells.join(" | "));
        for (line, time) in lines.iter_mut().zip(times) {
            line.points.extend(time.map(|time| (size, time)));
        }
        fs::remove_dir_all(&folder)?;
    }
    if let Some(path) = arguments.get(2).map(PathBuf::from) {
        fs::write(&path, curve::svg(&lines))?;
        println!("\nThe curve is in {}", path.display());
    }
    Ok(())
}

/// The median time of each peer and of the floor; `None` for a size that a peer does not simulate.
fn measure(
    folder: &Path,
    size: u32,
    rounds: u32,
    peers: &[&Peer],
) -> Result<Vec<Option<f64>>, Box<dyn Error>> {
    let mut times = vec![Vec::new(); peers.len() + 1];
    // The floor writes as many rows and bytes as a real run.
    run(&mut stayput(folder, true))?;
    let tables = floor::tables(&folder.join("out"))?;
    for _ in 0..rounds {
        for (peer, times) in peers.iter().zip(&mut times) {
            if size <= peer.largest {
                let _ = fs::remove_dir_all(folder.join("out"));
                times.push(seconds(|| run(&mut (peer.command)(folder)))?);
            }
        }
        let floor = seconds(|| Ok(floor::copy(folder, &tables)?))?;
        times.last_mut().into_iter().for_each(|times| times.push(floor));
    }
    Ok(times.into_iter().map(median).collect())
}
