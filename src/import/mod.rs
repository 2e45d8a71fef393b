//! Real state: providers' replies turned into the parts of a fleet.
//!
//! The only room that knows providers by name, one file for each. It must never
//! invent: what a reply does not say is *unknown*, what cannot be placed is
//! reported. It knows no policy: a protection is named by the provider's
//! attribute, and the policy's own `attribute:` says which protection that is.

pub mod aliyun;

use crate::fleet::{GroupPart, InstancePart};
use crate::text::{Code, FileId, Place, Problem, Problems, Sources, Spanned, closest};

/// What some replies say.
#[derive(Debug, Default)]
pub struct Imported {
    /// Instances by their ids, in the order in which they were read.
    pub instances: Vec<(Spanned<String>, InstancePart)>,
    /// Groups by their ids.
    pub groups: Vec<(Spanned<String>, GroupPart)>,
    /// One line for each file: what it held.
    pub read: Vec<String>,
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

/// The place where an id stands in a reply: where it first appears in quotes.
fn place_of(id: &str, file: FileId, sources: &Sources) -> Place {
    let quoted = format!("\"{id}\"");
    let whole = sources.whole(file);
    match sources.text(file).find(&quoted) {
        Some(at) => {
            let start = u32::try_from(at + 1).unwrap_or(u32::MAX);
            Place { start, end: start + u32::try_from(id.len()).unwrap_or(0), ..whole }
        }
        None => Place { end: 1.min(whole.end), ..whole },
    }
}
