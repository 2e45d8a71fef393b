//! What an import results in, and the list of providers.

use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Spanned, closest};
use crate::format::{WrittenGroup, WrittenInstance};

/// What some replies say.
#[derive(Debug, Default)]
pub struct Imported {
    /// Instances by their ids, in the order in which they were read.
    pub instances: Vec<(Spanned<String>, WrittenInstance)>,
    /// Groups by their ids.
    pub groups: Vec<(Spanned<String>, WrittenGroup)>,
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
        return crate::import::aliyun::reader::import(texts, sources, problems);
    }
    let title = format!("replies of `{}` cannot be read", **provider);
    let problem = Problem::at(Code::UnknownWord, provider.span, title, "unknown provider");
    let problem = problem.did_you_mean(&closest(provider, PROVIDERS.iter().copied()));
    problems.add(problem.note(format!("one of: {}", PROVIDERS.join(", "))));
    Imported::default()
}
