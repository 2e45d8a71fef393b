//! Azure: lists of scale sets, machines, locks and subscriptions, as the command line prints them
//! and as the API gives them. A row of the API keeps most of its fields in `properties`; both
//! forms are read alike. Rows are kept until all are read, and then joined by their paths.

mod accounts;
mod autoscale;
pub(super) mod join;
mod locks;
mod machines;
mod names;
pub(super) mod sets;
pub(super) mod values;
