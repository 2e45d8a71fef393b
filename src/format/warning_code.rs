//! The codes of warnings, which a scenario can allow.

use serde_json::Value as Json;

use super::read::{Read, read_word_of};
use super::schema::Schemas;
use super::tree::Node;
use crate::diagnostics::{Code, Problem, Problems, Severity};
use crate::words::Word;

/// A code that does not refuse the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarningCode(pub Code);

impl Read for WarningCode {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let code = read_word_of(node, &warnings(), problems)?;
        if code.severity() == Severity::Warning {
            return Some(Self(code));
        }
        let title = format!("{code} is not a warning: it refuses the file");
        let problem = Problem::at(Code::UnknownWord, node.span, title, "cannot be allowed");
        problems.add(problem.help("codes of warnings start with `W`"));
        None
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("the code of a warning", |schemas| {
            schemas.words(warnings().iter().map(|code| (code.word(), code.meaning())))
        })
    }
}

fn warnings() -> Vec<Code> {
    let is_warning = |code: &Code| code.severity() == Severity::Warning;
    Code::ALL.iter().copied().filter(is_warning).collect()
}
