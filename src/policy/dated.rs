//! Dates of documents, which may be known only roughly.

use crate::time::{CalendarDays, SimTime};

/// The accepted forms of a date, for messages.
pub const FORMS: &str =
    "a day, a month or a year, `A to B`, `A or earlier`, `A or later`, or `undated`";

/// The possible days of a document.
///
/// A document is later than an edition only if all of its possible days are. A document of 2026 is
/// therefore not later than an edition of May 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated(CalendarDays);

/// An instant before every day that a text can state.
const EARLIEST: SimTime = SimTime::from_seconds(i64::MIN);

impl Dated {
    /// Parses a date; `None` if it has none of the [`FORMS`].
    pub fn parse(text: &str) -> Option<Self> {
        let days = CalendarDays::parse;
        let possible = if text == "undated" {
            CalendarDays { start: EARLIEST, end: SimTime::NEVER }
        } else if let Some(from) = text.strip_suffix(" or later") {
            CalendarDays { end: SimTime::NEVER, ..days(from)? }
        } else if let Some(to) = text.strip_suffix(" or earlier") {
            CalendarDays { start: EARLIEST, ..days(to)? }
        } else if let Some((from, to)) = text.split_once(" to ") {
            CalendarDays { start: days(from)?.start, end: days(to)?.end }
        } else {
            days(text)?
        };
        (possible.start < possible.end).then_some(Self(possible))
    }

    /// Parses a day, a month or a year.
    pub fn parse_plain(text: &str) -> Option<Self> {
        CalendarDays::parse(text).map(Self)
    }

    /// Whether all possible days are after all possible days of `edition`.
    pub fn is_after(self, edition: Self) -> bool {
        self.0.start >= edition.0.end
    }
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
        for text in [
            "",
            "soon",
            "2026-13",
            "2026-1-1",
            "26",
            "2026-01-01-01",
            "2026 to 2025",
            "1",
            "2026-02-30",
        ] {
            assert_eq!(Dated::parse(text), None, "{text}");
        }
    }
}
