//! Filter expressions that select cases: `name(unpaid-*) and not case(pays-*)`.
//!
//! | condition | text that must match |
//! |---|---|
//! | `name(…)` | the name of the scenario |
//! | `case(…)` | the name of the case; empty if the scenario has no cases |
//! | `file(…)` | the path of the file |
//! | `policy(…)` | the name of any policy in use |
//! | `all()` | nothing; it is always met |
//!
//! The parentheses contain a name or a pattern with `*`, `?` and `[…]`. `not` binds tighter than
//! `and`, and `and` binds tighter than `or`.

use globset::{Glob, GlobMatcher};

use crate::diagnostics::closest;

/// The property of a case that a condition tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CaseProperty {
    Name,
    Case,
    File,
    Policy,
}

const PROPERTIES: &[(&str, CaseProperty)] = &[
    ("name", CaseProperty::Name),
    ("case", CaseProperty::Case),
    ("file", CaseProperty::File),
    ("policy", CaseProperty::Policy),
];

/// A filter expression.
#[derive(Debug, Clone)]
pub enum Filter {
    /// Always met.
    All,
    /// Met if a property matches a pattern.
    Matches(PropertyPattern),
    /// Met if the filter is not met.
    Not(Box<Filter>),
    /// Met if both filters are met.
    And(Box<Filter>, Box<Filter>),
    /// Met if at least one of the filters is met.
    Or(Box<Filter>, Box<Filter>),
}

/// A property and the pattern that it must match.
#[derive(Debug, Clone)]
pub struct PropertyPattern(CaseProperty, GlobMatcher);

/// The properties of a case.
#[derive(Debug, Clone, Copy)]
pub struct CaseProperties<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// Name of the case; empty if the scenario has no cases.
    pub case: &'a str,
    /// Path of the file.
    pub file: &'a str,
    /// Names of the policies in use.
    pub policies: &'a [&'a str],
}

impl Filter {
    /// Parses an expression.
    ///
    /// # Errors
    /// The first mistake in the expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a filter has at most {LONGEST} characters"));
        }
        let mut parser = FilterParser { rest: text.trim() };
        let filter = parser.disjunction()?;
        if parser.rest.is_empty() {
            return Ok(filter);
        }
        Err(format!("unexpected `{}`; join two conditions with `and` or `or`", parser.rest))
    }

    /// Whether a case meets the filter.
    pub fn matches(&self, case: &CaseProperties<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Matches(PropertyPattern(property, glob)) => match property {
                CaseProperty::Name => glob.is_match(case.name),
                CaseProperty::Case => glob.is_match(case.case),
                CaseProperty::File => glob.is_match(case.file),
                CaseProperty::Policy => case.policies.iter().any(|policy| glob.is_match(policy)),
            },
            Self::Not(filter) => !filter.matches(case),
            Self::And(a, b) => a.matches(case) && b.matches(case),
            Self::Or(a, b) => a.matches(case) || b.matches(case),
        }
    }
}

/// Most bytes of an expression. This also bounds its nesting.
const LONGEST: usize = 500;

/// A recursive descent parser.
struct FilterParser<'t> {
    /// The text that is not parsed yet.
    rest: &'t str,
}

impl FilterParser<'_> {
    /// Consumes `word` if it comes next as a whole word.
    fn word(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
        if ends {
            self.rest = rest.trim_start();
        }
        ends
    }

    fn disjunction(&mut self) -> Result<Filter, String> {
        let mut filter = self.conjunction()?;
        while self.word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.conjunction()?));
        }
        Ok(filter)
    }

    fn conjunction(&mut self) -> Result<Filter, String> {
        let mut filter = self.operand()?;
        while self.word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.operand()?));
        }
        Ok(filter)
    }

    fn operand(&mut self) -> Result<Filter, String> {
        if self.word("not") {
            return Ok(Filter::Not(Box::new(self.operand()?)));
        }
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest.trim_start();
            let filter = self.disjunction()?;
            let Some(rest) = self.rest.strip_prefix(')') else {
                return Err("missing `)`".to_owned());
            };
            self.rest = rest.trim_start();
            return Ok(filter);
        }
        self.condition()
    }

    fn condition(&mut self) -> Result<Filter, String> {
        let names: Vec<&str> = PROPERTIES.iter().map(|(name, _)| *name).chain(["all"]).collect();
        let expected = format!("expected one of {}, each with (…)", names.join(", "));
        let Some((name, rest)) = self.rest.split_once('(') else {
            return Err(format!("{expected}, found `{}`", self.rest));
        };
        let name = name.trim();
        let Some((pattern, rest)) = rest.split_once(')') else {
            return Err(format!("missing `)` after `{name}(`"));
        };
        self.rest = rest.trim_start();
        let property = PROPERTIES.iter().find(|(known, _)| *known == name);
        let Some((_, property)) = property else {
            if name == "all" && pattern.trim().is_empty() {
                return Ok(Filter::All);
            }
            let close = closest(name, names.iter().copied());
            let hint = close.first().map_or(expected, |close| format!("did you mean `{close}`?"));
            return Err(format!("unknown condition `{name}(…)`; {hint}"));
        };
        let glob = Glob::new(pattern.trim());
        let glob =
            glob.map_err(|error| format!("`{pattern}` is not a valid pattern: {}", error.kind()))?;
        Ok(Filter::Matches(PropertyPattern(*property, glob.compile_matcher())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str) -> bool {
        let case = CaseProperties {
            name: "unpaid-fortnight",
            case: "never-pays",
            file: "scenarios/unpaid-fortnight.yaml",
            policies: &["x@1", "y@2"],
        };
        Filter::parse(text).unwrap().matches(&case)
    }

    #[test]
    fn not_binds_tighter_than_and_and_tighter_than_or() {
        for (text, expected) in [
            ("all()", true),
            ("name(unpaid-*)", true),
            ("name(unpaid)", false),
            ("not name(unpaid-*) or case(never-pays)", true),
            ("not (name(unpaid-*) or case(never-pays))", false),
            ("name(a) and name(b) or policy(y@*)", true),
            ("name(a) and (name(b) or policy(y@*))", false),
            ("file(scenarios/*) and not policy(z*)", true),
        ] {
            assert_eq!(matches(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_in_a_filter_is_reported() {
        for (text, reported) in [
            ("nam(x)", "unknown condition `nam(…)`; did you mean `name`?"),
            ("name(x", "missing `)` after `name(`"),
            ("(name(x)", "missing `)`"),
            ("name(x) name(y)", "unexpected `name(y)`; join two conditions with `and` or `or`"),
            ("", "expected one of name, case, file, policy, all, each with (…), found ``"),
        ] {
            assert_eq!(Filter::parse(text).unwrap_err(), reported);
        }
        assert!(Filter::parse("name([)").unwrap_err().contains("is not a valid pattern"));
        assert!(Filter::parse(&"(".repeat(1000)).is_err());
    }
}
