//! HTML: one self-contained file for each page, readable without script and style.
//!
//! `page.rs` is the frame of every page, with `page.css`, `page.js` and `page.svg`. Every text goes
//! through maud, which escapes by type. A page depends only on its inputs: the same inputs give the
//! same bytes.

mod accounts;
mod by_trigger;
mod cases;
mod chance;
mod changed;
mod charts;
mod collect;
mod courses;
mod decisions;
mod diff;
mod differences;
mod kinds;
mod lanes;
mod legend;
mod marks;
mod notices;
mod page;
mod pairs;
mod run;
mod study;
mod tables;
mod test;
mod ticks;
mod windows;

pub use chance::study_page;
pub use diff::diff_page;
pub use page::Made;
pub use run::RunPage;
pub use study::{Study, StudyRun};
pub use test::{TestExtras, test_page};
