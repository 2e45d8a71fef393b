//! Reads prices and currencies.

use serde_json::{Value as Json, json};

use super::read::{Read, scalar};
use super::schema::Schemas;
use super::tree::Node;
use crate::diagnostics::{Code, Problem, Problems};
use crate::money::{AmountError, Currency, Money};

impl Read for Money {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "an amount of money", problems)?;
        match Self::parse(text) {
            Ok(amount) => Some(amount),
            Err(why) => {
                problems.add(refusal(text, why, node));
                None
            }
        }
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>("an amount of money", |schemas| {
            schemas.number("number", Some(0), Self::PATTERN)
        })
    }
}

fn refusal(text: &str, why: AmountError, node: &Node) -> Problem {
    let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let at = |title: String, label: &str| Problem::at(Code::BadNumber, node.span, title, label);
    match why {
        AmountError::Negative => at(format!("`{shown}` is less than zero"), "not a price")
            .help(format!("write `{}`", shown.trim_start_matches('-'))),
        AmountError::TooLarge => {
            at(format!("`{shown}` has more than twelve digits before the point"), "too large")
                .help("state all prices of the scenario in thousands or millions")
        }
        AmountError::TooManyDecimals => {
            at(format!("`{shown}` has more than six digits after the point"), "too fine")
                .help("round it to millionths, such as `0.000125`")
        }
        AmountError::NotANumber => {
            let problem = at(format!("`{shown}` is not an amount of money"), "not a number");
            let code = text.split_whitespace().find_map(Currency::parse);
            let number = text.split_whitespace().find(|part| Money::parse(part).is_ok());
            match (number, code) {
                (Some(number), Some(code)) => problem.help(format!(
                    "write `{number}`, and `currency: {code}` once for the scenario"
                )),
                (Some(number), None) => problem.help(format!("write `{number}`")),
                (None, _) => problem.help("write digits and a point, such as `12` or `0.085`"),
            }
        }
    }
}

impl Read for Currency {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = scalar(node, "the code of a currency", problems)?;
        let found = Self::parse(text);
        if found.is_none() {
            let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
            let title = format!("`{shown}` is not the code of a currency");
            let problem = Problem::at(Code::BadName, node.span, title, "not three capital letters");
            let meant = Self::parse(&text.to_ascii_uppercase());
            problems.add(match meant {
                Some(code) => problem.help(format!("write `{code}`")),
                None => problem.help("write its code of ISO 4217, such as `EUR`"),
            });
        }
        found
    }

    fn schema(schemas: &mut Schemas) -> Json {
        schemas.define::<Self>(
            "a currency",
            |schemas| json!({ "type": "string", "pattern": schemas.whole("[A-Z]{3}") }),
        )
    }
}
