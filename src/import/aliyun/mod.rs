//! Alibaba Cloud: replies of ECS and Auto Scaling as the command-line client prints them.
//!
//! Each list is wrapped in two objects (`Instances.Instance[]`), times have minute precision, and
//! a missing term is a date far in the future. Field names are those of the API references of the
//! calls in the table of calls. All mistakes are reported, and every row that is not used is
//! reported.

mod disks;
pub(super) mod event_counts;
mod groups;
pub(super) mod instances;
pub(super) mod names;
mod renewals;
