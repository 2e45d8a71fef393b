//! The remedies that a rule proposes: acts that the program checks, or a sentence.

use serde::{Deserialize, Serialize};

use crate::diagnostics::Span;
use crate::words::{Act, ProtectionId};

/// A way to prevent a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Means {
    /// Set this protection on the instance or on its group.
    Set(ProtectionId),
    /// Perform this act.
    Do(Act),
}

/// The remedies that a rule proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// Remedies that the program checks, the preferred one first.
    pub means: Vec<Proposal>,
    /// Advice in a sentence, which is not checked; `None` if there is none.
    pub text: Option<String>,
    /// All of it in one line for reports; `None` if the rule proposes nothing.
    pub line: Option<String>,
}

/// A remedy that a rule proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The act or protection.
    pub means: Means,
    /// The wording of the rule; `None` for the default wording.
    pub says: Option<String>,
    /// Its location.
    pub span: Span,
}

impl Advice {
    /// Builds the advice with its line; `names` are the names of the protections by their index.
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
