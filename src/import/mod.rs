//! Replies of providers, converted to instances and groups as scenarios write them.
//!
//! The only module that contains names of providers, with a folder for each. Nothing is invented: a
//! value that a reply does not contain is *unknown*, and a row that cannot be used is reported.
//! Policies are not used here: a protection is named by the provider's attribute, which the
//! `attribute:` of a protection in the policy refers to.
//!
//! `json` gives values with spans, `fields` gives typed fields, `pages` finds the rows in their
//! wrappings, `calls` is the table of the calls whose rows are read, and the folder of a provider
//! interprets them; `facts` compares rows about one object. `read` uses these parts to import a
//! fleet.

mod aliyun;
mod azure;
mod azure_state;
mod call;
mod calls;
mod facts;
mod fields;
mod imported;
mod json;
mod pages;
mod read;
mod reader;
mod state_file;
mod terraform;

pub use calls::{PROVIDERS, listing_call};
pub use imported::{Imported, ImportedAccount, RowOrigin, Unseen};
pub use read::{import, unknown_provider};
