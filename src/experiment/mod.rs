//! Experiments: runs of a plan, with expectations, summaries, coverage and estimates.
//!
//! This module never uses files or terminals. A run emits records one by one; its caller passes
//! each to the [`Judge`], to the [`Summary`], and to the reports.

mod affected;
mod alerts;
mod coverage;
mod decision_watch;
mod estimate;
mod expectations;
mod filter;
mod fix;
mod house;
mod paired;
mod precision;
mod replication;
mod run;
mod suggest;
mod summary;
mod two_person;
mod worker_pool;

pub use affected::affected_instances;
pub use coverage::{Coverage, PolicyCoverage, Reach, Reached, Share};
pub use decision_watch::{DecisionWatch, ExplainedDecision};
pub use estimate::{Estimate, Estimator, Method, estimates};
pub use expectations::failure::{ClosestRecord, Failure, Judgement, KeyMismatch};
pub use expectations::judge::Judge;
pub use filter::{CaseProperties, Filter};
pub use fix::{ChangedPlan, Fix, FixChange, FixQuestion, Fixed, FoundBy, OpenWay, fix};
pub use house::house_at_start;
pub use paired::{Paired, count_incomplete, paired};
pub use precision::PrecisionTarget;
pub use replication::{Observed, ObservedRun, ReplicatedPlan, Replications, StudyEnd};
pub use run::{Ending, Stopped, carry_out, carry_out_while};
pub use suggest::suggest;
pub use summary::{MoneySum, Summary};
pub use two_person::two_person;
pub use worker_pool::WorkerPool;
