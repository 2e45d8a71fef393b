//! Replies of providers, converted to instances and groups as scenarios write them.
//!
//! The only module that contains names of providers, with a folder for each. Nothing is invented: a
//! value that a reply does not contain is *unknown*, and a row that cannot be used is reported.
//! Policies are not used here: a protection is named by the provider's attribute, which the
//! `attribute:` of a protection in the policy refers to.
//!
//! There are three layers: `json` gives values with spans, `fields` gives typed fields, and the
//! folder of the provider interprets them.

pub mod aliyun;
mod fields;
mod imported;
mod json;
mod providers;

pub use imported::Imported;
pub use providers::{PROVIDERS, import};
