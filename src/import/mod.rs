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
mod json;
mod row;

use crate::fleet::{GroupPart, InstancePart};
use crate::text::{Code, FileId, Problem, Problems, Sources, Spanned, closest};

/// What some replies say.
#[derive(Debug, Default)]
pub struct Imported {
    /// Instances by their ids, in the order in which they were read.
    pub instances: Vec<(Spanned<String>, InstancePart)>,
    /// Groups by their ids.
    pub groups: Vec<(Spanned<String>, GroupPart)>,
    /// One line for each reply: what it held.
    pub read: Vec<String>,
    /// How many bytes were looked at, each counted as often as it was. It grows as the
    /// texts do, whatever they hold.
    pub work: u64,
}

/// The providers whose replies can be read.
pub const PROVIDERS: &[&str] = &["aliyun"];

/// Reads the replies of a provider. `texts` are files of `sources`.
pub fn import(
    provider: &Spanned<String>,
    texts: &[FileId],
    sources: &Sources,
    problems: &mut Problems,
) -> Imported {
    if &*provider.value == "aliyun" {
        return aliyun::import(texts, sources, problems);
    }
    let title = format!("replies of `{}` cannot be read", **provider);
    let problem = Problem::at(Code::UnknownWord, provider.place, title, "unknown provider");
    let problem = problem.did_you_mean(&closest(provider, PROVIDERS.iter().copied()));
    problems.add(problem.note(format!("one of: {}", PROVIDERS.join(", "))));
    Imported::default()
}
