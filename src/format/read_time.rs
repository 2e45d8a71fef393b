//! A time as files write it: an instant, or so long after the start.

use serde_json::{Value as Json, json};

use super::read::{Read, bad_span, bad_time, scalar};
use super::tree::Node;
use crate::diagnostics::Problems;
use crate::time::{SimSpan, SimTime};

/// A time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// An instant: `2026-06-01T00:00:00+08:00`.
    At(SimTime),
    /// So long after the start: `+1d12h`.
    After(SimSpan),
}

impl When {
    /// Reads a text that is plainly a time; nothing else comes of any other.
    pub fn plain(text: &str) -> Option<Self> {
        match text.strip_prefix('+') {
            Some(span) => SimSpan::parse(span).ok().map(Self::After),
            None => SimTime::parse(text).ok().map(Self::At),
        }
    }

    /// The instant, in a scenario that starts at `start`.
    pub const fn from(self, start: SimTime) -> SimTime {
        match self {
            Self::At(at) => at,
            Self::After(span) => start.after(span),
        }
    }
}

impl Read for When {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "a time", problems)?;
        if let Some(span) = text.strip_prefix('+') {
            return match SimSpan::parse(span) {
                Ok(span) => Some(Self::After(span)),
                Err(fault) => {
                    problems.add(bad_span(span, node, fault));
                    None
                }
            };
        }
        match SimTime::parse(text) {
            Ok(at) => Some(Self::At(at)),
            Err(fault) => {
                problems.add(bad_time(text, node, fault));
                None
            }
        }
    }

    fn schema() -> Json {
        json!({
            "type": "string",
            "description": "a time with an offset, or `+1d12h` after the start",
            "examples": ["2026-06-01T00:00:00+08:00", "+1d12h"],
        })
    }
}
