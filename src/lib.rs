//! Replays the ways a cloud instance gets released and shows which protections held.

pub mod kernel;
pub mod time;
