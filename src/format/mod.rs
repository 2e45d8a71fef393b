//! Reads texts into typed values with spans.
//!
//! Every file format is read in the same way: a file becomes a tree of [`Node`]s, each with its
//! span. A `record!` states once which keys a mapping may have; the reader, the messages and the
//! JSON schema come from that statement. Reading collects every problem and never stops at the
//! first one.
//!
//! This room never knows what a file is about (policies, scenarios) and never opens one: texts
//! are handed in.

pub(crate) mod cases;
mod csv;
mod read;
mod read_time;
mod record;
mod tree;
mod yaml;

pub use csv::{Rows, rows};
pub use read::{Map, Name, OneOrMany, Read, expected_kind, read_cell, read_word};
pub use read_time::When;
pub use record::{Fields, object_schema};
pub use tree::{Entry, Node, Style, Value};
pub use yaml::parse_yaml;

pub(crate) use cases::value_name;
pub(crate) use record::record;
