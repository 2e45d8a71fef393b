//! Reads numbers with three decimals.

use serde_json::Value as Json;

use super::read::{Read, expected_kind};
use super::schema::Schemas;
use super::tree::Node;
use crate::decimal::Decimal;
use crate::diagnostics::{Code, Problem, Problems};

impl Read for Decimal {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Some(text) = node.scalar() else {
            problems.add(expected_kind(node, "a number"));
            return None;
        };
        let number = Self::parse(text);
        if number.is_none() {
            let title = format!("`{text}` is not a number with at most three decimals");
            problems.add(Problem::at(Code::BadNumber, node.span, title, "not a number"));
        }
        number
    }

    /// No `multipleOf`: validators compute it with binary fractions, and 0.7 fails.
    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a decimal", |schemas| {
            schemas.number("number", None, r"-?[0-9]{1,12}(\.[0-9]{1,3})?")
        })
    }
}
