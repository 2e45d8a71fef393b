//! What a rule says against the loss that it lets pass: acts, or a sentence.

use crate::diagnostics::Span;
use crate::words::{Act, ProtectionId};

/// A way to prevent a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Setting this protection, on the instance or on its group.
    Set(ProtectionId),
    /// Doing this.
    Do(Act),
}

/// What a rule says against the loss that it lets pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Ways to prevent it, the preferred one first.
    pub means: Vec<Proposal>,
    /// Advice outside of the policy, which nothing checks.
    pub text: Option<String>,
    /// All of it in one line, as reports print it; `None` if the rule says nothing.
    pub line: Option<String>,
}

/// A way to prevent a loss, as a rule proposes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The way.
    pub means: Means,
    /// The rule's words for it, if it has some of its own.
    pub says: Option<String>,
    /// Where it stands.
    pub span: Span,
}

impl Advice {
    /// Advice with the line that reports print; `names` are those of the protections.
    pub fn new(means: Vec<Proposal>, text: Option<String>, names: &[&str]) -> Self {
        let wordings = means.iter().map(|proposal| match (&proposal.says, proposal.means) {
            (Some(says), _) => says.clone(),
            (None, Means::Do(act)) => act.wording().to_owned(),
            (None, Means::Set(id)) => {
                format!("set {}", names.get(id.index()).copied().unwrap_or_default())
            }
        });
        let line: Vec<String> = wordings.chain(text.clone()).collect();
        let line = (!line.is_empty()).then(|| line.join(", or "));
        Self { means, text, line }
    }
}
