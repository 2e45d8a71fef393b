//! Numbers with at most three decimals, as files write them.

use serde_json::Value as Json;

use super::read::{Read, expected_kind};
use super::schema::Schemas;
use super::tree::Node;
use crate::decimal::Decimal;
use crate::diagnostics::{Code, Problem, Problems};

/// A decimal that is not negative and has at most six digits before the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnsignedDecimal(u32);

impl UnsignedDecimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(1_000);

    fn parse(text: &str) -> Option<Self> {
        let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
        let number = Decimal::parse(text).filter(|_| whole.len() <= 6)?;
        u32::try_from(number.thousandths()).ok().map(Self)
    }

    /// The number in thousandths.
    pub const fn thousandths(self) -> u32 {
        self.0
    }
}

impl Read for Decimal {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        read(node, Self::parse, problems)
    }

    /// No `multipleOf`: validators compute it with binary fractions, and 0.7 fails.
    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a decimal", |schemas| {
            schemas.number("number", None, r"-?[0-9]{1,12}(\.[0-9]{1,3})?")
        })
    }
}

impl Read for UnsignedDecimal {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        read(node, Self::parse, problems)
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("a positive decimal", |schemas| {
            schemas.number("number", Some(0), r"[0-9]{1,6}(\.[0-9]{1,3})?")
        })
    }
}

fn read<D>(node: &Node, parse: fn(&str) -> Option<D>, problems: &mut Problems) -> Option<D> {
    let Some(text) = node.scalar() else {
        problems.add(expected_kind(node, "a number"));
        return None;
    };
    let number = parse(text);
    if number.is_none() {
        let title = format!("`{text}` is not a number with at most three decimals");
        let problem = Problem::at(Code::BadNumber, node.span, title, "not a number");
        // Its display has no exponent.
        let plain = text.parse::<f64>().ok().map(|number| number.to_string());
        problems.add(match plain.filter(|plain| parse(plain).is_some()) {
            Some(plain) => problem.help(format!("write `{plain}`")),
            None => problem.help("write digits and a point, such as `0.8`"),
        });
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsigned_decimal_has_at_most_six_digits_and_three_decimals() {
        let cases = [
            ("0.7", Some(700)),
            ("1", Some(1_000)),
            ("12.345", Some(12_345)),
            ("0.05", Some(50)),
            ("0", Some(0)),
            ("0.0001", None),
            ("-1", None),
            (".5", None),
            ("1.", None),
            ("1e3", None),
            ("NaN", None),
            ("1000000", None),
        ];
        for (text, wanted) in cases {
            let number = UnsignedDecimal::parse(text).map(UnsignedDecimal::thousandths);
            assert_eq!(number, wanted, "{text}");
        }
    }
}
