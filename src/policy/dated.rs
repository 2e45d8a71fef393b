//! The date of a document, as far as it is known, and whether that is after an edition's.

/// How a date is written, for messages.
pub const FORMS: &str =
    "a day, a month or a year, `A to B`, `A or earlier`, `A or later`, or `undated`";

/// The first and the last day that a document may be of, as numbers `yyyymmdd`.
///
/// A document is after an edition if every day that it may be of is: of one that is known to be
/// of 2026, nobody knows whether it is after May of that year, and it is not said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    first: u32,
    last: u32,
}

impl Dated {
    /// A document of which no date is known: it is after nothing.
    const UNDATED: Self = Self { first: 0, last: u32::MAX };

    /// Reads a date; `None` if it has none of the [`FORMS`].
    pub fn parse(text: &str) -> Option<Self> {
        if text == "undated" {
            return Some(Self::UNDATED);
        }
        if let Some(from) = text.strip_suffix(" or later") {
            return Some(Self { last: u32::MAX, ..span(from)? });
        }
        if let Some(to) = text.strip_suffix(" or earlier") {
            return Some(Self { first: 0, ..span(to)? });
        }
        let Some((from, to)) = text.split_once(" to ") else { return span(text) };
        let both = Self { first: span(from)?.first, last: span(to)?.last };
        (both.first <= both.last).then_some(both)
    }

    /// Whether this is after all of `edition`.
    pub const fn is_after(self, edition: Self) -> bool {
        self.first > edition.last
    }
}

/// The days of a year, of a month, or the one day.
fn span(text: &str) -> Option<Dated> {
    let mut parts = text.split('-');
    let mut number = |digits: usize, low: u32, high: u32| -> Option<Option<u32>> {
        let Some(part) = parts.next() else { return Some(None) };
        let right = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        let value: u32 = part.parse().ok().filter(|_| right)?;
        (low..=high).contains(&value).then_some(Some(value))
    };
    let year = number(4, 1970, 9999)??;
    let month = number(2, 1, 12)?;
    let day = number(2, 1, 31)?;
    let at = |month: u32, day: u32| year * 10_000 + month * 100 + day;
    let span = match (month, day) {
        (None, _) => Dated { first: at(1, 1), last: at(12, 31) },
        (Some(month), None) => Dated { first: at(month, 1), last: at(month, 31) },
        (Some(month), Some(day)) => Dated { first: at(month, day), last: at(month, day) },
    };
    parts.next().is_none().then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_after_an_edition_if_every_day_it_may_be_of_is() {
        let edition = Dated::parse("2026-05-15").unwrap();
        for (text, after) in [
            ("2026-05-15", false),
            ("2026-05-16", true),
            ("2026-05", false),
            ("2026-06", true),
            ("2026", false),
            ("2027", true),
            ("2025 or later", false),
            ("2026-06-01 or later", true),
            ("2021-07-09 or earlier", false),
            ("2027 or earlier", false),
            ("2025 to 2026", false),
            ("2026-06 to 2026-08", true),
            ("undated", false),
        ] {
            let dated = Dated::parse(text).unwrap();
            assert_eq!(dated.is_after(edition), after, "{text}");
        }
        let month = Dated::parse("2026-05").unwrap();
        assert!(!Dated::parse("2026-05-31").unwrap().is_after(month));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "soon", "2026-13", "2026-1-1", "26", "2026-01-01-01", "2026 to 2025", "1"]
        {
            assert_eq!(Dated::parse(text), None, "{text}");
        }
    }
}
