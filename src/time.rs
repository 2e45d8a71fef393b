//! Simulated time: whole seconds, counted from the Unix epoch.
//!
//! The one clock of the program. It must never know what time it is outside: a
//! run on a laptop and a run in CI must agree to the byte, so a written time
//! carries its offset and nothing is read from the machine.
//!
//! Whole seconds are enough for everything the providers document (the finest
//! figure is a minute). All arithmetic saturates at the ends of the calendar;
//! the reader refuses figures that could get there.

use std::fmt;

use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The longest duration a file may state: a thousand years of 365 days [s].
const LONGEST: i64 = 365_000 * DAY;

/// An instant: whole seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

/// A length of time: whole seconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimSpan(i64);

/// A length of time on the calendar: months of their own length, then seconds.
///
/// Providers count terms and limits so ("at most 3 years from now", "renewed
/// for one month"); how many seconds that is depends on where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CalendarSpan {
    months: i32,
    rest: SimSpan,
}

/// A fixed distance from UTC in which a provider counts days and months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UtcOffset(i32);

/// Why a text is not a time or a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// A wall-clock time that does not say where on Earth. Fatal for the value.
    NoOffset,
    /// Digits without a unit. Fatal for the value.
    NoUnit,
    /// Finer than a whole second. Fatal for the value.
    Fraction,
    /// Beyond the years 1 to 9999, or longer than a thousand years.
    OutOfRange,
    /// Not of the form at all.
    Malformed,
}

impl SimTime {
    /// Later than everything: what an unset deadline compares as.
    pub const NEVER: Self = Self(i64::MAX);

    /// Whether it lies on the calendar, which ends with the year 9999.
    pub fn is_on_calendar(self) -> bool {
        Timestamp::from_second(self.0).is_ok()
    }

    /// The instant that lies `seconds` after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time with an offset; minutes alone will do, as the
    /// providers' own replies print them (`2017-12-10T04:04Z`).
    ///
    /// # Errors
    /// Everything that is not one instant, see [`TimeError`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if let Some(plain) = Self::plain(text) {
            return Ok(plain);
        }
        // A name of a zone in brackets would be a second opinion on the offset.
        if let Some(found) = (!text.contains('[')).then(|| text.parse::<Timestamp>().ok()).flatten()
        {
            return if found.subsec_nanosecond() == 0 {
                Ok(Self(found.as_second()))
            } else {
                Err(TimeError::Fraction)
            };
        }
        // The last day of the calendar is how people write that something never happens.
        if is_last_day(text) {
            return Ok(Self::NEVER);
        }
        Err(if text.parse::<DateTime>().is_ok() {
            TimeError::NoOffset
        } else {
            TimeError::Malformed
        })
    }

    /// The form that tables of millions of rows are written in, `2026-06-01T00:00:00Z`, read
    /// without a detour; nothing for any other, and for what is no day of the calendar.
    ///
    /// Days are counted by the formula of H. Hinnant, "chrono-compatible low-level date
    /// algorithms": the year begins in March, so that the day that may be missing is its last.
    fn plain(text: &str) -> Option<Self> {
        let text: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let shape = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
        if shape.iter().any(|(at, mark)| text[*at] != *mark) {
            return None;
        }
        // The digits stand in pairs; all are looked at, so that nothing branches for each.
        let is_digit = |at: usize| text[at].is_ascii_digit();
        let is_pair = |at: usize| is_digit(at) & is_digit(at + 1);
        let is_date = is_pair(0) & is_pair(2) & is_pair(5) & is_pair(8);
        if !(is_date & is_pair(11) & is_pair(14) & is_pair(17)) {
            return None;
        }
        let pair = |at: usize| i64::from(text[at] & 15) * 10 + i64::from(text[at + 1] & 15);
        let (year, month, day) = (pair(0) * 100 + pair(2), pair(5), pair(8));
        let (hour, minute, second) = (pair(11), pair(14), pair(17));
        // Day 29 to 31 need a calendar in some months; the first 28 are in all of them.
        let days = match month {
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if !(1..=9998).contains(&year)
            || !(1..=12).contains(&month)
            || !(1..=days).contains(&day)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
        let day = of_era * 365 + of_era / 4 - of_era / 100 + of_year + era * 146_097 - 719_468;
        Some(Self(day * DAY + hour * HOUR + minute * MINUTE + second))
    }

    /// This instant and `span` more.
    #[must_use]
    pub const fn after(self, span: SimSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// This instant and `span` more, counted on the calendar at `offset`.
    #[must_use]
    pub fn after_on_calendar(self, span: CalendarSpan, offset: UtcOffset) -> Self {
        if span.months == 0 {
            return self.after(span.rest);
        }
        let moved =
            offset.civil(self).and_then(|civil| civil.checked_add(span.months.months()).ok());
        moved.and_then(|civil| offset.instant(civil)).unwrap_or(Self::NEVER).after(span.rest)
    }

    /// Whether this is later than `span` after `start`, counted on the calendar at `offset`.
    pub fn is_later_than(self, start: Self, span: CalendarSpan, offset: UtcOffset) -> bool {
        // No month is shorter than 28 days, so most comparisons need no calendar.
        let least = start.after(SimSpan(i64::from(span.months).saturating_mul(28 * 86_400)));
        self > least.after(span.rest) && self > start.after_on_calendar(span, offset)
    }

    /// How long after `earlier` this is; nothing if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> SimSpan {
        let span = self.0.saturating_sub(earlier.0);
        SimSpan(if span < 0 { 0 } else { span })
    }

    /// The last multiple of `step` seconds, counted from the epoch, that is not after this.
    #[must_use]
    pub const fn floor_to(self, step: SimSpan) -> Self {
        if step.0 <= 1 { self } else { Self(self.0 - self.0.rem_euclid(step.0)) }
    }

    /// Midnight at the start of this instant's day at `offset`.
    #[must_use]
    pub const fn day_start(self, offset: UtcOffset) -> Self {
        let shift = offset.0 as i64;
        let days = self.0.saturating_add(shift).div_euclid(DAY);
        Self(days.saturating_mul(DAY).saturating_sub(shift))
    }

    /// Month, day, hour and minute at `offset`, for people: `06-01 02:00`.
    pub fn for_people(self, offset: UtcOffset) -> String {
        offset.civil(self).map_or_else(|| "never".into(), |c| c.strftime("%m-%d %H:%M").to_string())
    }

    /// Date and time of day at `offset`; `None` if the calendar does not reach that far.
    pub fn civil(self, offset: UtcOffset) -> Option<Civil> {
        offset.civil(self).map(|at| Civil {
            year: at.year(),
            month: at.month(),
            day: at.day(),
            hour: at.hour(),
            minute: at.minute(),
        })
    }

    /// Date, hour, minute and offset, for people: `2026-06-01 00:00 +08:00`.
    pub fn for_people_in_full(self, offset: UtcOffset) -> String {
        let civil = offset.civil(self).map(|c| c.strftime("%Y-%m-%d %H:%M").to_string());
        format!("{} {offset}", civil.unwrap_or_else(|| "never".into()))
    }
}

/// RFC 3339 in UTC: `2026-06-01T02:00:00Z`.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => f.write_str("never"),
        }
    }
}

/// A date and a time of day, without seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year.
    pub year: i16,
    /// Month, from 1.
    pub month: i8,
    /// Day of the month, from 1.
    pub day: i8,
    /// Hour, from 0.
    pub hour: i8,
    /// Minute, from 0.
    pub minute: i8,
}

impl Civil {
    /// The instant at `offset`; `None` if there is no such date or time of day.
    pub fn instant(self, offset: UtcOffset) -> Option<SimTime> {
        let date = DateTime::new(self.year, self.month, self.day, self.hour, self.minute, 0, 0);
        date.ok().and_then(|date| offset.instant(date))
    }
}

impl SimSpan {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `seconds`; a negative figure counts as none.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(if seconds < 0 { 0 } else { seconds })
    }

    /// The length in seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads `1d12h`, `30m`, `45s`: digits with a unit, largest unit first.
    ///
    /// # Errors
    /// Months and years have no fixed length and are refused as malformed; see
    /// [`TimeError`] for the rest.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let mut left = text;
        let mut total = 0_i64;
        for (unit, seconds) in [('d', DAY), ('h', HOUR), ('m', MINUTE), ('s', 1)] {
            let digits = left.len() - left.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 || !left[digits..].starts_with(unit) {
                continue;
            }
            let count: i64 = left[..digits].parse().map_err(|_| TimeError::OutOfRange)?;
            let part = count.checked_mul(seconds).ok_or(TimeError::OutOfRange)?;
            total = total.checked_add(part).ok_or(TimeError::OutOfRange)?;
            left = &left[digits + 1..];
        }
        if total > LONGEST {
            return Err(TimeError::OutOfRange);
        }
        match left {
            "" if !text.is_empty() => Ok(Self(total)),
            _ if !left.is_empty() && left.bytes().all(|b| b.is_ascii_digit()) => {
                Err(TimeError::NoUnit)
            }
            _ => Err(TimeError::Malformed),
        }
    }

    /// This span and `more`.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

/// Whether a text is an instant, with an offset, of the last two days of the year 9999: those
/// that may lie behind the last instant of a [`Timestamp`].
fn is_last_day(text: &str) -> bool {
    let Ok(pieces) = Pieces::parse(text) else { return false };
    let date = pieces.date();
    let whole = pieces.time().is_some() && pieces.offset().is_some();
    whole && (date.year(), date.month()) == (9999, 12) && date.day() >= 30
}

/// The shortest form that [`SimSpan::parse`] reads back: `1d12h`, `0s`.
impl fmt::Display for SimSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut left = self.0;
        for (unit, seconds) in [('d', DAY), ('h', HOUR), ('m', MINUTE), ('s', 1)] {
            if left >= seconds {
                write!(f, "{}{unit}", left / seconds)?;
                left %= seconds;
            }
        }
        Ok(())
    }
}

impl CalendarSpan {
    /// A span of months.
    pub const fn from_months(months: i32) -> Self {
        Self { months, rest: SimSpan::ZERO }
    }

    /// A span of days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self { months: 0, rest: SimSpan::from_seconds(days.saturating_mul(DAY)) }
    }

    /// This span and `more`.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        let months = self.months.saturating_add(more.months);
        Self { months, rest: self.rest.plus(more.rest) }
    }

    /// Reads `3y`, `1mo`, or any [`SimSpan`].
    ///
    /// # Errors
    /// As [`SimSpan::parse`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        for (unit, months) in [("mo", 1_i32), ("y", 12)] {
            if let Some(digits) = text.strip_suffix(unit) {
                if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(TimeError::Malformed);
                }
                let count: i32 = digits.parse().map_err(|_| TimeError::Malformed)?;
                return match count.checked_mul(months) {
                    Some(months @ 0..=12_000) => Ok(Self { months, rest: SimSpan::ZERO }),
                    _ => Err(TimeError::OutOfRange),
                };
            }
        }
        SimSpan::parse(text).map(|rest| Self { months: 0, rest })
    }
}

/// How long a subscription runs: a span that is not nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term(CalendarSpan);

impl Term {
    /// A term; `None` if it would be no time at all.
    pub fn new(span: CalendarSpan) -> Option<Self> {
        (span != CalendarSpan::default()).then_some(Self(span))
    }

    /// A month.
    pub const MONTH: Self = Self(CalendarSpan::from_months(1));

    /// How long it is.
    pub const fn span(self) -> CalendarSpan {
        self.0
    }
}

impl From<SimSpan> for CalendarSpan {
    fn from(rest: SimSpan) -> Self {
        Self { months: 0, rest }
    }
}

impl fmt::Display for CalendarSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.months, self.rest) {
            (0, rest) => rest.fmt(f),
            (months, SimSpan::ZERO) if months % 12 == 0 => write!(f, "{}y", months / 12),
            (months, SimSpan::ZERO) => write!(f, "{months}mo"),
            (months, rest) => write!(f, "{months}mo{rest}"),
        }
    }
}

impl UtcOffset {
    /// Reads `+08:00`, `-03:30` or `Z`.
    ///
    /// # Errors
    /// [`TimeError::Malformed`] for anything else.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if !text.starts_with(['+', '-', 'Z', 'z']) {
            return Err(TimeError::Malformed);
        }
        Self::of_time(&format!("2000-01-01T00:00:00{text}")).ok_or(TimeError::Malformed)
    }

    /// How far it is ahead of UTC, in seconds.
    pub const fn seconds(self) -> i64 {
        self.0 as i64
    }

    /// The offset that an RFC 3339 time is written in.
    pub fn of_time(text: &str) -> Option<Self> {
        let instant: Timestamp = text.parse().ok()?;
        let date_end = text.find(['T', 't', ' '])?;
        let clock_end = text[date_end..].find(['Z', 'z', '+', '-']).map(|at| date_end + at)?;
        let local: DateTime = text[..clock_end].parse().ok()?;
        let ahead = Offset::UTC.to_timestamp(local).ok()?.as_second() - instant.as_second();
        i32::try_from(ahead).ok().map(Self)
    }

    fn offset(self) -> Offset {
        Offset::from_seconds(self.0).unwrap_or(Offset::UTC)
    }

    fn civil(self, at: SimTime) -> Option<DateTime> {
        Timestamp::from_second(at.0).ok().map(|instant| self.offset().to_datetime(instant))
    }

    fn instant(self, civil: DateTime) -> Option<SimTime> {
        self.offset().to_timestamp(civil).ok().map(|instant| SimTime(instant.as_second()))
    }
}

/// The version of a provider's interface, which is named by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion(jiff::civil::Date);

impl ApiVersion {
    /// Reads `2019-03-01`. Whatever follows the date, as in `2019-03-01-preview`, does not count.
    pub fn parse(text: &str) -> Option<Self> {
        text.get(..10)?.parse().ok().map(Self)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SimTime {
        SimTime::parse(text).unwrap()
    }

    #[test]
    fn the_last_day_of_the_calendar_is_never() {
        for text in
            ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-12:00"]
        {
            assert_eq!(SimTime::parse(text), Ok(SimTime::NEVER), "{text}");
        }
        assert!(SimTime::parse("9999-12-29T23:59:59Z").unwrap() < SimTime::NEVER);
        assert_eq!(SimTime::parse("9999-12-31T23:59:59"), Err(TimeError::NoOffset));
        assert_eq!(SimTime::parse("9999-12-32T00:00:00Z"), Err(TimeError::Malformed));
    }

    #[test]
    fn a_time_needs_an_offset_and_whole_seconds() {
        let cases = [
            ("2026-06-01T00:00:00+08:00", Ok("2026-05-31T16:00:00Z")),
            ("2017-12-10T04:04Z", Ok("2017-12-10T04:04:00Z")),
            ("2026-06-01T00:00:00", Err(TimeError::NoOffset)),
            ("2026-06-01", Err(TimeError::NoOffset)),
            ("2026-06-01T00:00:00.5Z", Err(TimeError::Fraction)),
            ("2026-06-31T00:00:00Z", Err(TimeError::Malformed)),
            ("tomorrow", Err(TimeError::Malformed)),
            ("", Err(TimeError::Malformed)),
        ];
        for (text, expected) in cases {
            let read = SimTime::parse(text).map(|t| t.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn the_short_way_to_a_time_ends_where_the_calendar_does() {
        let mut day = at("0001-01-01T00:00:00Z").0;
        let last = at("9998-12-31T00:00:00Z").0;
        while day <= last {
            let written = Timestamp::from_second(day + 86_399).unwrap().to_string();
            let read = SimTime::plain(&written).unwrap_or_else(|| at(&written));
            assert_eq!(read.0, day + 86_399, "{written}");
            day += 997 * DAY;
        }
        let plain = |text| SimTime::plain(text).map(SimTime::seconds);
        assert_eq!(plain("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(plain("2000-03-01T00:00:00Z"), Some(951_868_800));
        assert_eq!(plain("2026-05-31T16:00:00Z"), Some(1_780_243_200));
        for text in ["2026-02-29T00:00:00Z", "2026-06-31T00:00:00Z", "2026-06-01T24:00:00Z"] {
            assert_eq!((plain(text), SimTime::parse(text)), (None, Err(TimeError::Malformed)));
        }
        assert_eq!(plain("2024-02-29T00:00:00Z"), None, "a leap day needs the calendar");
        assert!(SimTime::parse("2024-02-29T00:00:00Z").is_ok());
    }

    #[test]
    fn a_duration_needs_units_from_large_to_small() {
        let cases = [
            ("1d12h", Ok(129_600)),
            ("30m", Ok(1_800)),
            ("1d0h0m1s", Ok(86_401)),
            ("0s", Ok(0)),
            ("16", Err(TimeError::NoUnit)),
            ("1d12", Err(TimeError::NoUnit)),
            ("12h1d", Err(TimeError::Malformed)),
            ("1h1h", Err(TimeError::Malformed)),
            ("3mo", Err(TimeError::Malformed)),
            ("-5m", Err(TimeError::Malformed)),
            ("", Err(TimeError::Malformed)),
            ("9999999999999999999d", Err(TimeError::OutOfRange)),
            ("400000d", Err(TimeError::OutOfRange)),
        ];
        for (text, expected) in cases {
            assert_eq!(SimSpan::parse(text).map(SimSpan::seconds), expected, "{text}");
        }
    }

    #[test]
    fn a_printed_duration_reads_back() {
        for seconds in [0, 1, 59, 60, 3_661, 86_400, 129_600, 31_536_000] {
            let span = SimSpan::from_seconds(seconds);
            assert_eq!(SimSpan::parse(&span.to_string()), Ok(span));
        }
    }

    #[test]
    fn days_and_months_are_counted_at_the_providers_offset() {
        let china = UtcOffset::parse("+08:00").unwrap();
        assert_eq!(china.to_string(), "+08:00");
        assert_eq!(UtcOffset::parse("-03:30").unwrap().to_string(), "-03:30");
        assert_eq!(UtcOffset::parse("Z"), Ok(UtcOffset::default()));
        assert_eq!(UtcOffset::parse("8"), Err(TimeError::Malformed));
        assert_eq!(at("2026-06-01T03:00:00+08:00").day_start(china), at("2026-05-31T16:00:00Z"));
        let month = CalendarSpan::parse("1mo").unwrap();
        let end = at("2026-01-31T00:00:00+08:00").after_on_calendar(month, china);
        assert_eq!(end, at("2026-02-28T00:00:00+08:00"));
        let years = CalendarSpan::parse("3y").unwrap();
        assert_eq!(
            at("2024-02-29T10:00:00Z").after_on_calendar(years, UtcOffset::default()),
            at("2027-02-28T10:00:00Z")
        );
        assert_eq!((month.to_string(), years.to_string()), ("1mo".into(), "3y".into()));
        let start = at("2026-01-31T00:00:00+08:00");
        for (hours, later) in [(-1, false), (0, false), (1, true), (9_999, true)] {
            let then = SimTime(end.0 + hours * 3_600);
            assert_eq!(then.is_later_than(start, month, china), later, "{hours}");
        }
    }

    #[test]
    fn seconds_are_cut_off_and_never_rounded_up() {
        let minute = SimSpan::parse("1m").unwrap();
        assert_eq!(at("2026-06-02T02:00:59Z").floor_to(minute), at("2026-06-02T02:00:00Z"));
        assert_eq!(at("1969-12-31T23:59:30Z").floor_to(minute), at("1969-12-31T23:59:00Z"));
    }
}
