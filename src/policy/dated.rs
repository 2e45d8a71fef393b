//! Dates of documents, which may be known only roughly.
/// The accepted forms of a date, for messages.
pub const FORMS: &str =
    "a day, a month or a year, `A to B`, `A or earlier`, `A or later`, or `undated`";

/// The first and the last possible day of a document, as numbers `yyyymmdd`, inclusive.
///
/// A document is later than an edition only if all of its possible days are. A document of 2026 is
/// therefore not later than an edition of May 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    first: u32,
    last: u32,
}

impl Dated {
    /// A document without a known date, which is later than no edition.
    const UNDATED: Self = Self { first: 0, last: u32::MAX };

    /// Parses a date; `None` if it has none of the [`FORMS`].
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

    /// Whether all possible days are after all possible days of `edition`.
    pub const fn is_after(self, edition: Self) -> bool {
        self.first > edition.last
    }
}

/// The first and last day of `2026`, `2026-05` or `2026-05-15`.
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
    let number = |month: u32, day: u32| year * 10_000 + month * 100 + day;
    let span = match (month, day) {
        (None, _) => Dated { first: number(1, 1), last: number(12, 31) },
        (Some(month), None) => Dated { first: number(month, 1), last: number(month, 31) },
        (Some(month), Some(day)) => Dated { first: number(month, day), last: number(month, day) },
    };
    parts.next().is_none().then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_later_if_all_of_its_possible_days_are() {
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
    fn invalid_dates_are_refused() {
        for text in ["", "soon", "2026-13", "2026-1-1", "26", "2026-01-01-01", "2026 to 2025", "1"]
        {
            assert_eq!(Dated::parse(text), None, "{text}");
        }
    }
}
