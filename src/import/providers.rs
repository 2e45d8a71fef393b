//! The providers whose replies can be imported.
use super::aliyun;
use super::imported::Imported;
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Spanned, closest};

/// The words of the key `from:`.
pub const PROVIDERS: &[&str] = &["aliyun"];

/// Imports the replies of a provider. `texts` are files of `sources`.
pub fn import(
    provider: &Spanned<String>,
    texts: &[FileId],
    sources: &Sources,
    problems: &mut Problems,
) -> Imported {
    if &*provider.value == "aliyun" {
        return aliyun::import(texts, sources, problems);
    }
    let title = format!("replies of `{}` cannot be imported", **provider);
    let problem = Problem::at(Code::UnknownWord, provider.span, title, "unknown provider");
    let problem = problem.did_you_mean(&closest(provider, PROVIDERS.iter().copied()));
    problems.add(problem.note(format!("one of: {}", PROVIDERS.join(", "))));
    Imported::default()
}
