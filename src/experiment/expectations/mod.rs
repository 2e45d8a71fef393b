//! The expectations of a scenario, compared with a run.

mod alerted;
pub(super) mod compare;
pub(super) mod difference;
pub(super) mod failure;
pub(super) mod history;
pub(super) mod judge;
pub(super) mod slots;
