//! Text in; typed values with their places, and well-told mistakes, out.
//!
//! Every format of ours is read here in the same way: a file becomes a tree of
//! [`Node`]s, each with its [`Place`]; a [`record!`](crate::text) states once what a mapping
//! may say, and from that statement come the reader, the messages and the JSON
//! schema. Reading never stops at the first mistake: it collects [`Problems`].
//!
//! It must never know what a file is about (policies, scenarios), nor open one:
//! texts are handed in.

mod cells;
mod lines;
mod node;
mod place;
mod problem;
mod read;
mod record;
mod render;
mod suggest;
mod visible;
mod when;
mod yaml;

pub use cells::{Rows, rows};
pub use lines::{Given, Lines, Row};
pub use node::{Entry, Node, Style, Value};
pub use place::{
    FileId, Files, NoFiles, Opener, Place, ReadFailure, Sources, Spanned, Stream, digest_of,
    hex_digest,
};
pub use problem::{Code, Problem, Problems, Severity};
pub use read::{Map, Name, OneOrMany, Read, expected_kind, read_cell, read_word};
pub use record::{Fields, object_schema};
pub use render::{many, render, summary};
pub use suggest::closest;
pub use visible::visible;
pub use when::When;
pub use yaml::parse_yaml;

pub(crate) use record::record;
