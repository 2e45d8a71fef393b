//! Replays the ways a cloud instance gets released and shows which protections held.

pub mod fleet;
pub mod import;
pub mod kernel;
pub mod policy;
pub mod record;
pub mod scenario;
pub mod text;
pub mod time;
pub mod vocab;
pub mod world;
