//! Problems in files: spans, messages, suggestions, and their rendering with source lines.

mod files;
mod problem;
mod render;
mod span;
mod suggest;
mod visible;

pub use files::{Files, NoFiles, Opener, ReadFailure, Stream, is_yaml};
pub use problem::{Code, Problem, Problems, Severity};
pub use render::{by_count, many, render, summary};
pub use span::{FileId, Sources, Span, Spanned, digest_of, hex_digest};
pub use suggest::{Suggestion, closest};
pub use visible::visible;

pub(crate) use span::in_hex;
pub(crate) use visible::{is_ci_command, is_unseen};
