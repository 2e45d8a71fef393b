//! Which cases to run: `name(unpaid-*) and not case(pays-*)`.
//!
//! | word | what it is held against |
//! |---|---|
//! | `name(…)` | the name of the scenario |
//! | `case(…)` | the name of the case; empty if there is none |
//! | `file(…)` | the path of the file |
//! | `policy(…)` | each policy that is in use |
//! | `all()` | nothing: it is always met |
//!
//! In parentheses stands a name or a pattern with `*`, `?` and `[…]`. `not` binds closest, then
//! `and`, then `or`.

use globset::{Glob, GlobMatcher};

use crate::diagnostics::closest;

/// What a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    Name,
    Case,
    File,
    Policy,
}

const FACTS: &[(&str, Fact)] =
    &[("name", Fact::Name), ("case", Fact::Case), ("file", Fact::File), ("policy", Fact::Policy)];

/// A filter expression.
#[derive(Debug, Clone)]
pub enum Filter {
    /// Met by everything.
    All,
    /// Met by what is called so.
    #[doc(hidden)]
    Is(Held),
    /// Met by what does not meet it.
    Not(Box<Filter>),
    /// Met by what meets both.
    And(Box<Filter>, Box<Filter>),
    /// Met by what meets either.
    Or(Box<Filter>, Box<Filter>),
}

/// A fact and the pattern that it is held against.
#[derive(Debug, Clone)]
pub struct Held(Fact, GlobMatcher);

/// What is known of a case before it runs.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The scenario.
    pub name: &'a str,
    /// The case; empty if there is none.
    pub case: &'a str,
    /// The file.
    pub file: &'a str,
    /// The policies in use.
    pub policies: &'a [&'a str],
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("a filter has at most {LONGEST} characters"));
        }
        let mut reader = Reader { left: text.trim() };
        let filter = reader.either()?;
        if reader.left.is_empty() {
            return Ok(filter);
        }
        Err(format!("unexpected `{}`; join two conditions with `and` or `or`", reader.left))
    }

    /// Whether a case is to be run.
    pub fn takes(&self, case: &Candidate<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Is(Held(fact, glob)) => match fact {
                Fact::Name => glob.is_match(case.name),
                Fact::Case => glob.is_match(case.case),
                Fact::File => glob.is_match(case.file),
                Fact::Policy => case.policies.iter().any(|policy| glob.is_match(policy)),
            },
            Self::Not(filter) => !filter.takes(case),
            Self::And(a, b) => a.takes(case) && b.takes(case),
            Self::Or(a, b) => a.takes(case) || b.takes(case),
        }
    }
}

/// The longest expression that is read: with it, its nesting is bounded.
const LONGEST: usize = 500;

struct Reader<'t> {
    left: &'t str,
}

impl Reader<'_> {
    fn word(&mut self, word: &str) -> bool {
        let Some(rest) = self.left.strip_prefix(word) else { return false };
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
        if ends {
            self.left = rest.trim_start();
        }
        ends
    }

    fn either(&mut self) -> Result<Filter, String> {
        let mut filter = self.both()?;
        while self.word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both(&mut self) -> Result<Filter, String> {
        let mut filter = self.part()?;
        while self.word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.part()?));
        }
        Ok(filter)
    }

    fn part(&mut self) -> Result<Filter, String> {
        if self.word("not") {
            return Ok(Filter::Not(Box::new(self.part()?)));
        }
        if let Some(rest) = self.left.strip_prefix('(') {
            self.left = rest.trim_start();
            let filter = self.either()?;
            let Some(rest) = self.left.strip_prefix(')') else {
                return Err("missing `)`".to_owned());
            };
            self.left = rest.trim_start();
            return Ok(filter);
        }
        self.fact()
    }

    fn fact(&mut self) -> Result<Filter, String> {
        let names: Vec<&str> = FACTS.iter().map(|(name, _)| *name).chain(["all"]).collect();
        let expected = format!("expected one of {}, each with (…)", names.join(", "));
        let Some((name, rest)) = self.left.split_once('(') else {
            return Err(format!("{expected}, found `{}`", self.left));
        };
        let name = name.trim();
        let Some((pattern, rest)) = rest.split_once(')') else {
            return Err(format!("missing `)` after `{name}(`"));
        };
        self.left = rest.trim_start();
        let fact = FACTS.iter().find(|(known, _)| *known == name);
        let Some((_, fact)) = fact else {
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
        Ok(Filter::Is(Held(*fact, glob.compile_matcher())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(text: &str) -> bool {
        let case = Candidate {
            name: "unpaid-fortnight",
            case: "never-pays",
            file: "scenarios/unpaid-fortnight.yaml",
            policies: &["x@1", "y@2"],
        };
        Filter::parse(text).unwrap().takes(&case)
    }

    #[test]
    fn not_binds_closest_then_and_then_or() {
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
            assert_eq!(takes(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_told_in_words() {
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
