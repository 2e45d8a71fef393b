//! Alibaba Cloud: replies of ECS and Auto Scaling as the command-line client prints them.
//!
//! Each list is wrapped twice (`Instances.Instance[]`), times have minute
//! precision, and a missing term is a date far in the future. Field names are
//! those of the API references of the calls that `pages` lists. It must never
//! stop at the first mistake, nor pass over a row without a word.

mod disks;
mod event_counts;
mod groups;
mod instances;
mod pages;
mod reader;
mod renewals;
mod reply_kind;

pub use reader::import;
