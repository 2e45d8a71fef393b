//! Simulated time: whole seconds, counted from the Unix epoch.
//!
//! No clock of the machine is read, so that a run gives the same bytes everywhere. A time in a file
//! therefore has an offset.
//!
//! The documents of providers state nothing finer than a minute, so whole seconds are enough.
//! Arithmetic saturates at the ends of the calendar; readers refuse values that could reach them.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The longest duration in a file, in seconds: a thousand years of 365 days.
const LONGEST: i64 = 365_000 * DAY;

/// An instant: whole seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

/// The days of a year, a month or one day, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarDays {
    /// The instant at which the first day begins.
    pub start: SimTime,
    /// The instant at which the last day ends.
    pub end: SimTime,
}

impl CalendarDays {
    /// Reads `2026`, `2026-05` or `2026-05-15`; `None` for every other text.
    pub fn parse(text: &str) -> Option<Self> {
        let whole = match text.len() {
            4 => format!("{text}-01-01"),
            7 => format!("{text}-01"),
            _ => text.to_owned(),
        };
        let first: Date = whole.parse().ok()?;
        let last = match text.len() {
            4 => first.last_of_year(),
            7 => first.last_of_month(),
            _ => first,
        };
        let start_of = |day: Date| SimTime::parse(&format!("{day}T00:00:00Z")).ok();
        let days = Self { start: start_of(first)?, end: start_of(last)?.after(SimSpan(DAY)) };
        (first.to_string() == whole).then_some(days)
    }

    /// Reads one day, such as `2026-05-15`; `None` for every other text.
    pub fn parse_day(text: &str) -> Option<Self> {
        Self::parse(text).filter(|_| text.len() == 10)
    }
}

/// A span of time: whole seconds, never negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct SimSpan(i64);

/// A span of time on the calendar: months, then seconds.
///
/// Providers state terms and limits in months and years ("at most 3 years from now", "renewed for
/// one month"); the number of seconds depends on the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CalendarSpan {
    months: i32,
    rest: SimSpan,
}

/// A fixed offset from UTC, at which a provider counts days and months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UtcOffset(i32);

/// The reason why a text is not a time or a duration. Each of them refuses the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// A time without an offset.
    NoOffset,
    /// Digits without a unit.
    NoUnit,
    /// A fraction of a second.
    Fraction,
    /// Second 60 of a minute.
    LeapSecond,
    /// An offset of a day or more, or one with seconds; RFC 3339 has neither.
    Offset,
    /// The name of a time zone beside the offset, which could contradict it.
    ZoneName,
    /// Outside the years 1 to 9999, or longer than a thousand years.
    OutOfRange,
    /// Another form.
    Malformed,
}

/// Reads times most of which are of the same day as the time before them, as in a sorted table.
#[derive(Debug)]
pub struct TimeReader {
    /// The text of the last day: its first and its last eight bytes up to `T`, as numbers.
    day: [u64; 2],
    /// The seconds from the epoch to its start.
    start: i64,
}

impl Default for TimeReader {
    fn default() -> Self {
        Self { day: halves_of_day(b"1970-01-01T00:00:00Z"), start: 0 }
    }
}

impl TimeReader {
    /// Reads the form `2026-06-01T00:00:00Z`; `None` for every other form, and for a day that only
    /// the calendar can check.
    pub fn plain(&mut self, text: &[u8]) -> Option<SimTime> {
        let text: &[u8; 20] = text.try_into().ok()?;
        let seconds = seconds_of_day(text)?;
        let day = halves_of_day(text);
        if day != self.day {
            (self.start, self.day) = (start_of_day(day)?, day);
        }
        Some(SimTime(self.start + seconds))
    }
}

/// Eight bytes of a text as a number; 0 if the text is shorter.
fn eight_at(text: &[u8; 20], at: usize) -> u64 {
    text[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// The day of `2026-06-01T00:00:00Z`: `2026-06-` and `6-06-01T`.
fn halves_of_day(text: &[u8; 20]) -> [u64; 2] {
    [eight_at(text, 0), eight_at(text, 3)]
}

/// The seconds from the epoch to a day of [`halves_of_day`]; `None` for every other form, and for a
/// day that only the calendar can check.
///
/// Days are counted by the formula of H. Hinnant, "chrono-compatible low-level date algorithms":
/// the year begins in March, so that the leap day is its last.
#[inline(never)] // so that a time of the same day as the last one is read without its work
fn start_of_day([first, last]: [u64; 2]) -> Option<i64> {
    let year = values(first, *b"0000-00-")?;
    let year = pair(year, 0) * 100 + pair(year, 2);
    let rest = values(last, *b"0-00-00T")?;
    let (month, day) = (pair(rest, 2), pair(rest, 5));
    // February is checked up to day 28; the 29th needs the calendar.
    let days = match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_date = (1..=9998).contains(&year) && (1..=12).contains(&month);
    if !is_date || !(1..=days).contains(&day) {
        return None;
    }
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468;
    Some(days * DAY)
}

/// The seconds from midnight to the time of day of a text that ends in `00:00:00Z`; `None` for
/// every other form.
fn seconds_of_day(text: &[u8; 20]) -> Option<i64> {
    let clock = values(eight_at(text, 11), *b"00:00:00")?;
    let (hour, minute, second) = (pair(clock, 0), pair(clock, 3), pair(clock, 6));
    let is_clock = hour < 24 && minute < 60 && second < 60 && text[19] == b'Z';
    is_clock.then_some(hour * HOUR + minute * MINUTE + second)
}

/// The values of the digits among eight bytes, which are checked together; `None` unless they are
/// as in `form`: a digit for each `0`, and the same byte for every other.
const fn values(bytes: u64, form: [u8; 8]) -> Option<u64> {
    const ONES: u64 = u64::MAX / 255;
    let form = u64::from_le_bytes(form);
    // Of the bytes of a form, only `0` has bits 4 and 5 and lacks bit 3.
    let digits = form >> 4 & form >> 5 & !(form >> 3) & ONES;
    // A digit becomes its value, and a mark 0. Then a byte beyond 9, or 0, reaches its highest bit.
    let values = bytes ^ form;
    let checked = values.wrapping_add(ONES * 0x7f - digits * 9) | values;
    if checked & (ONES * 128) == 0 { Some(values) } else { None }
}

/// The number that two digits write, the first of which is at a position.
fn pair(values: u64, at: u32) -> i64 {
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    i64::from((pairs >> (at * 8)).to_le_bytes()[0])
}

impl SimTime {
    /// Later than every other instant; the value of a deadline that is not set.
    pub const NEVER: Self = Self(i64::MAX);

    /// Whether it is on the calendar, which ends at 9999-12-30T22:00:00Z.
    pub fn is_on_calendar(self) -> bool {
        Timestamp::from_second(self.0).is_ok()
    }

    /// The instant `seconds` after 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 time with an offset. Seconds may be missing, as in replies of providers
    /// (`2017-12-10T04:04Z`). A time after the last [`Timestamp`], on one of the last two days of
    /// the year 9999, is [`Self::NEVER`].
    ///
    /// # Errors
    /// If the text does not state one instant; see [`TimeError`].
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if let Some(plain) = Self::plain(text) {
            return Ok(plain);
        }
        let at = Self::parse_reply(text)?;
        if is_leap_second(text) { Err(TimeError::LeapSecond) } else { Ok(at) }
    }

    /// Reads a time as [`Self::parse`] does. Second 60, which a provider's reply may contain, is
    /// read as second 59.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_reply(text: &str) -> Result<Self, TimeError> {
        if let Some((time, _)) = text.split_once('[') {
            let is_time = Self::parse(time).is_ok();
            return Err(if is_time { TimeError::ZoneName } else { TimeError::Malformed });
        }
        if let Ok(found) = text.parse::<Timestamp>() {
            return if found.subsec_nanosecond() != 0 {
                Err(TimeError::Fraction)
            } else if is_offset(clock_and_offset(text).1) {
                Ok(Self(found.as_second()))
            } else {
                Err(TimeError::Offset)
            };
        }
        // The last day of the calendar stands for "never".
        if is_last_day(text) {
            return Ok(Self::NEVER);
        }
        Err(if text.parse::<DateTime>().is_ok() {
            TimeError::NoOffset
        } else {
            TimeError::Malformed
        })
    }

    /// Reads the form `2026-06-01T00:00:00Z`, which large tables have, without the general parser;
    /// `None` for every other form, and for a day that only the calendar can check.
    fn plain(text: &str) -> Option<Self> {
        let text: &[u8; 20] = text.as_bytes().try_into().ok()?;
        let seconds = seconds_of_day(text)?;
        Some(Self(start_of_day(halves_of_day(text))? + seconds))
    }

    /// The instant `span` after this one.
    #[must_use]
    pub const fn after(self, span: SimSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The instant `span` after this one, counted on the calendar at `offset`.
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

    /// The next midnight on the calendar at `offset`: this instant if it is one.
    #[must_use]
    pub fn next_midnight(self, offset: UtcOffset) -> Self {
        if self == Self::NEVER {
            return self;
        }
        let start = self.day_start(offset);
        if start == self { self } else { start.after(SimSpan(DAY)) }
    }

    /// The span from `earlier` to this instant; zero if this instant is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> SimSpan {
        let span = self.0.saturating_sub(earlier.0);
        SimSpan(if span < 0 { 0 } else { span })
    }

    /// The last multiple of `step`, counted from the epoch, that is not after this instant.
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

    /// Month, day, hour and minute at `offset`, for people: `06-01 02:00`, or `never`.
    pub fn for_people(self, offset: UtcOffset) -> String {
        offset.civil(self).map_or_else(|| "never".into(), |c| c.strftime("%m-%d %H:%M").to_string())
    }

    /// Year, date, hour and minute at `offset`, for people: `2026-06-01 02:00`.
    pub fn for_people_with_year(self, offset: UtcOffset) -> String {
        let civil = offset.civil(self);
        civil.map_or_else(|| "never".into(), |c| c.strftime("%Y-%m-%d %H:%M").to_string())
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

    /// Date, hour, minute and offset, for people: `2026-06-01 00:00 +08:00`, or `never` instead of
    /// the date.
    pub fn for_people_in_full(self, offset: UtcOffset) -> String {
        format!("{} {offset}", self.for_people_with_year(offset))
    }
}

/// RFC 3339 in UTC: `2026-06-01T02:00:00Z`, or `never`.
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
    /// Year, from 1 to 9999.
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
    /// The empty span.
    pub const ZERO: Self = Self(0);

    /// A span of `seconds`; zero if that is negative.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(if seconds < 0 { 0 } else { seconds })
    }

    /// Its length in seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads `1d12h`, `30m`, `45s`: digits with a unit, largest unit first.
    ///
    /// # Errors
    /// For another form; months and years are malformed because they have no fixed length. See
    /// [`TimeError`].
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

/// The time of day in an instant, and the offset with its sign; each is empty if there is none.
fn clock_and_offset(text: &str) -> (&str, &str) {
    let Some((_, clock)) = text.split_once(['T', 't', ' ']) else { return ("", "") };
    clock.split_at(clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len()))
}

/// Whether an instant is in second 60 of its minute.
fn is_leap_second(text: &str) -> bool {
    let digits: String = clock_and_offset(text).0.split(':').collect();
    digits.get(4..6) == Some("60")
}

/// Whether an offset, which is well formed, is less than a day and has no seconds.
fn is_offset(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours = digits.get(..2).unwrap_or_default();
    hours < "24" && digits.get(4..).unwrap_or_default().bytes().all(|digit| digit == b'0')
}

/// Whether a text is an instant with an offset on one of the last two days of the year 9999, which
/// can be after the last [`Timestamp`].
fn is_last_day(text: &str) -> bool {
    let Ok(pieces) = Pieces::parse(text) else { return false };
    let date = pieces.date();
    let whole = pieces.time().is_some() && pieces.offset().is_some();
    whole && (date.year(), date.month()) == (9999, 12) && date.day() >= 30
}

/// The shortest form that [`SimSpan::parse`] reads: `1d12h`, `0s`.
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

    /// Its length, if that is the same from every instant; `None` if it contains months.
    pub fn fixed(self) -> Option<SimSpan> {
        (self.months == 0).then_some(self.rest)
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
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(TimeError::Malformed);
                }
                let count: i32 = digits.parse().map_err(|_| TimeError::OutOfRange)?;
                return match count.checked_mul(months) {
                    Some(months @ 0..=12_000) => Ok(Self { months, rest: SimSpan::ZERO }),
                    _ => Err(TimeError::OutOfRange),
                };
            }
        }
        SimSpan::parse(text).map(|rest| Self { months: 0, rest })
    }
}

/// The term of a subscription: a span that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term(CalendarSpan);

impl Term {
    /// A term; `None` if the span is empty.
    pub fn new(span: CalendarSpan) -> Option<Self> {
        (span != CalendarSpan::default()).then_some(Self(span))
    }

    /// One month.
    pub const MONTH: Self = Self(CalendarSpan::from_months(1));

    /// Its length.
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
        if !text.starts_with(['+', '-', 'Z', 'z']) || !is_offset(text) {
            return Err(TimeError::Malformed);
        }
        Self::of_time(&format!("2000-01-01T00:00:00{text}")).ok_or(TimeError::Malformed)
    }

    /// Seconds ahead of UTC; negative if it is behind.
    pub const fn seconds(self) -> i64 {
        self.0 as i64
    }

    /// The offset of an RFC 3339 time; `None` if the text is not one.
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

/// The version of a provider's API, which is named by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApiVersion(jiff::civil::Date);

impl ApiVersion {
    /// Reads `2019-03-01`, and ignores a suffix such as in `2019-03-01-preview`; `None` for any
    /// other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, suffix) = text.split_at_checked(10)?;
        let is_suffix = suffix.is_empty() || (suffix.starts_with('-') && suffix.len() > 1);
        if is_suffix { date.parse().ok().map(Self) } else { None }
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
#[path = "time/tests.rs"] // the build script names this file by its path, too
mod tests;
