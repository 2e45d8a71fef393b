//! Real state: providers' replies turned into the parts of a fleet.
//!
//! The only room that knows providers by name, a folder for each. It must never
//! invent: what a reply does not say is *unknown*, what cannot be placed is
//! reported. It knows no policy: a protection is named by the provider's
//! attribute, and the policy's own `attribute:` says which protection that is.
//!
//! Three layers: `json` knows where each value stands, `row` reads fields as
//! what they have to be, and the provider's folder knows what they mean.

pub mod aliyun;
mod fields;
mod imported;
mod json;
mod providers;

pub use imported::Imported;
pub use providers::{PROVIDERS, import};
