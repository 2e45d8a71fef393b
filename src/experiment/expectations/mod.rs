//! What a scenario expects, compared with what a run did.

pub(super) mod compare;
pub(super) mod difference;
pub(super) mod failure;
pub(super) mod history;
pub(super) mod judge;
pub(super) mod slots;
