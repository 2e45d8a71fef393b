//! The floor: a lower bound of the time of any program that reads and writes the same bytes.
//!
//! It reads both tables, splits every field, parses every time, and writes as many rows and bytes
//! as the tables of a run, without simulating anything.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use csv::ByteRecord;
use stayput::time::SimTime;

/// A table of a run: its rows and bytes.
pub struct Table {
    rows: usize,
    bytes: usize,
}

/// The tables in the folder of a run.
pub fn tables(folder: &Path) -> io::Result<Vec<Table>> {
    let files = fs::read_dir(folder)?.filter_map(Result::ok).map(|file| file.path());
    let tables = files.filter(|path| path.extension().is_some_and(|end| end == "csv"));
    tables
        .map(|path| {
            let text = fs::read(path)?;
            Ok(Table { rows: memchr::memchr_iter(b'\n', &text).count(), bytes: text.len() })
        })
        .collect()
}

/// Reads the tables of a year and writes as much as a run does.
pub fn copy(folder: &Path, tables: &[Table]) -> io::Result<()> {
    for file in ["fleet.csv", "events.csv"] {
        let mut reader = csv::Reader::from_path(folder.join(file))?;
        let mut row = ByteRecord::new();
        while reader.read_byte_record(&mut row)? {
            for cell in &row {
                // A time is the only cell of 20 bytes.
                if let (20, Ok(text)) = (cell.len(), std::str::from_utf8(cell)) {
                    black_box(SimTime::parse(text).is_ok());
                }
            }
        }
    }
    let mut out = BufWriter::with_capacity(1 << 20, File::create(folder.join("floor.csv"))?);
    for table in tables {
        let row = vec![b'x'; table.bytes / table.rows.max(1)];
        (0..table.rows).try_for_each(|_| out.write_all(&row))?;
    }
    out.flush()
}
