//! Writes a fleet and a year of its events as files, of any size.
//!
//! ```console
//! $ cargo run --release --example fleet_year -- DIR INSTANCES EVENTS SEED
//! $ stayput run DIR/scenario.yaml --out OUT
//! ```
//!
//! `fleet_year.py` is the same model in `SimPy`, and `fleet_year_heapq.py` is one without a
//! library.

use std::error::Error;
use std::path::Path;

#[path = "../benches/measure/year_files.rs"]
mod year_files;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, instances, events, seed] = arguments.as_slice() else {
        return Err(
            "the arguments are a folder, numbers of instances and events, and a seed".into()
        );
    };
    year_files::write(Path::new(folder), instances.parse()?, events.parse()?, seed.parse()?)?;
    Ok(())
}
