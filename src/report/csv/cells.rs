//! Cells of reports: typed values with two equivalent encoders.
//!
//! A cell borrows what it shows and owns nothing, so that a row needs no allocation.
//! A cell never knows its column.

use std::fmt;
use std::io::Write as _;

use crate::money::Money;
use crate::policy::{Policy, Remedy, Rulebook};
use crate::run_header::{EventNames, UNNAMED};
use crate::time::{SimSpan, SimTime};
use crate::words::{
    AS_UNKNOWN, EventId, Process, ProtectionSet, RuleId, SwitchSet, TimerName, Word,
};

/// The value of a cell.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'l> {
    /// A text from outside the program, which may need quotes.
    Text(&'l str),
    /// A word of the program, which never needs quotes.
    Word(&'static str),
    /// A whole number.
    Number(u64),
    /// A whole number that may be negative.
    Signed(i64),
    /// A number, written as the shortest text that reads back as the same number.
    Decimal(f64),
    /// An amount of money, written as an exact decimal.
    Money(Money),
    /// Names, in their order.
    Names(&'l [String]),
    /// An instant.
    Time(SimTime),
    /// An event, written as its name.
    Event(&'l EventNames, EventId),
    /// A timer, written as `timer:` and its name.
    Timer(TimerName),
    /// Protections that are on, and those whose state is unknown.
    Protections(&'l Policy, ProtectionSet, ProtectionSet),
    /// Switches with their positions.
    Switches(&'l Rulebook, SwitchSet),
    /// A remedy, written with the names of its policy.
    Remedy(&'l Policy, Remedy),
    /// The documents that state a rule.
    Sources(&'l Policy, RuleId),
    /// Suspended processes of a group: bit `i` is the process with index `i`.
    Processes(u8),
}

impl<'l> Cell<'l> {
    /// An empty cell.
    pub const EMPTY: Self = Self::Word("");

    /// A word of a closed list.
    pub fn word(word: impl Word) -> Self {
        Self::Word(word.word())
    }

    /// A text; an empty cell for `None`.
    pub fn text(text: Option<&'l str>) -> Self {
        text.map_or(Self::EMPTY, Self::Text)
    }

    /// An amount of money; an empty cell for `None`.
    pub fn money(amount: Option<Money>) -> Self {
        amount.map_or(Self::EMPTY, Self::Money)
    }

    /// The length of a span in seconds.
    pub const fn seconds(span: SimSpan) -> Self {
        Self::Number(span.seconds().unsigned_abs())
    }

    /// Appends the text to another one.
    pub fn add_to(&self, text: &mut String) {
        self.pieces(|piece| text.push_str(piece));
    }

    /// Calls `write` with each piece of the text, in order.
    fn pieces(&self, mut write: impl FnMut(&str)) {
        let mut listed = 0;
        let mut list = |pieces: &[&str]| {
            if listed > 0 {
                write(";");
            }
            listed += 1;
            pieces.iter().for_each(|piece| write(piece));
        };
        match *self {
            Self::Text(text) => list(&[text]),
            Self::Word(word) => list(&[word]),
            Self::Number(number) => list(&[itoa::Buffer::new().format(number)]),
            Self::Signed(number) => list(&[itoa::Buffer::new().format(number)]),
            Self::Decimal(number) => list(&[&number.to_string()]),
            Self::Money(amount) => list(&[amount.text(&mut [0; 24])]),
            Self::Names(names) => names.iter().for_each(|name| list(&[name])),
            Self::Time(at) => list(&[&at.to_string()]),
            Self::Event(names, id) => match names.own(id) {
                Some(name) => list(&[name]),
                None => list(&[UNNAMED, itoa::Buffer::new().format(id.0 + 1)]),
            },
            Self::Timer(name) => list(&[TimerName::PREFIX, name.word()]),
            Self::Protections(policy, on, unknown) => {
                let name = |index: usize| policy.protections[index].name.as_str();
                on.iter().for_each(|id| list(&[name(id.index())]));
                unknown.iter().for_each(|id| list(&[name(id.index()), AS_UNKNOWN]));
            }
            Self::Switches(book, set) => set.iter().for_each(|id| {
                let name = &book.policy.switches[id.index()].name;
                list(&[name.as_str(), "=", book.setting(id)]);
            }),
            Self::Sources(policy, rule) => {
                let sources = policy.rule(rule).sources.iter();
                sources.for_each(|source| list(&[&policy.sources[*source].key]));
            }
            Self::Remedy(policy, remedy) => remedy.pieces(policy, &mut write),
            Self::Processes(set) => {
                Process::in_mask(set).for_each(|process| list(&[process.word()]));
            }
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut done = Ok(());
        self.pieces(|piece| done = done.and_then(|()| f.write_str(piece)));
        done
    }
}

/// Number of slots in the date cache of a [`FieldEncoder`].
const DAYS: i64 = 2_048; // a power of two

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Writes cells as bytes, with quotes where CSV requires them, and caches the texts of dates.
pub struct FieldEncoder {
    days: Box<[Day]>,
    scratch: Vec<u8>,
}

/// A day as its number since the epoch, and its date: `2026-06-01`.
#[derive(Clone, Copy)]
struct Day {
    number: i64,
    date: [u8; 10],
}

impl Default for FieldEncoder {
    fn default() -> Self {
        let nothing = Day { number: i64::MAX, date: [0; 10] };
        Self { days: (0..DAYS).map(|_| nothing).collect(), scratch: Vec::new() }
    }
}

impl FieldEncoder {
    /// Appends a cell to `out` as a field of RFC 4180: in quotes, with quotes doubled, if it
    /// contains a comma, a quote or a line end.
    #[inline]
    pub fn write(&mut self, cell: &Cell<'_>, out: &mut Vec<u8>) {
        match *cell {
            Cell::Word("") | Cell::Text("") => {}
            Cell::Word(word) => out.extend_from_slice(word.as_bytes()),
            Cell::Text(text) => {
                let start = out.len();
                out.extend_from_slice(text.as_bytes());
                if needs_quotes(text.as_bytes()) {
                    self.quote(start, out);
                }
            }
            Cell::Number(number) => write_number(number, out),
            Cell::Time(at) => self.time(at, out),
            Cell::Signed(_)
            | Cell::Decimal(_)
            | Cell::Money(_)
            | Cell::Names(_)
            | Cell::Event(..)
            | Cell::Timer(_)
            | Cell::Protections(..)
            | Cell::Switches(..)
            | Cell::Remedy(..)
            | Cell::Sources(..)
            | Cell::Processes(_) => self.list(cell, out),
        }
    }

    /// Appends a cell of several pieces.
    fn list(&mut self, cell: &Cell<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        cell.pieces(|piece| out.extend_from_slice(piece.as_bytes()));
        if needs_quotes(&out[start..]) {
            self.quote(start, out);
        }
    }

    /// Quotes the bytes of `out` from index `start` on.
    fn quote(&mut self, start: usize, out: &mut Vec<u8>) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&out[start..]);
        out.truncate(start);
        out.push(b'"');
        for part in self.scratch.split_inclusive(|byte| *byte == b'"') {
            out.extend_from_slice(part);
            if part.ends_with(b"\"") {
                out.push(b'"');
            }
        }
        out.push(b'"');
    }

    /// Appends cells, with a comma after each.
    pub(super) fn fields(&mut self, cells: &[Cell<'_>], out: &mut Vec<u8>) {
        for cell in cells {
            self.write(cell, out);
            out.push(b',');
        }
    }

    /// Appends an instant as [`SimTime`] displays it; the text of a date is computed once.
    pub(super) fn time(&mut self, at: SimTime, out: &mut Vec<u8>) {
        match self.plain_time(at) {
            Some(text) => out.extend_from_slice(&text[..20]),
            None => {
                let _ = write!(out, "{at}");
            }
        }
    }

    /// An instant and a comma; `None` if the general encoder is needed.
    #[inline]
    pub(super) fn plain_time(&mut self, at: SimTime) -> Option<[u8; 21]> {
        let (number, second) = (at.seconds().div_euclid(DAY), at.seconds().rem_euclid(DAY));
        // The remainder of a division by a power of two needs no sign.
        let slot = (number & (DAYS - 1)).unsigned_abs();
        let day = self.days.get_mut(usize::try_from(slot).ok()?)?;
        if day.number != number {
            *day = Day { number, date: date_of(number)? };
        }
        let date = u64::from_le_bytes(*day.date.first_chunk()?);
        let (clock, last) = clock(second.unsigned_abs());
        let mut text = *b"0000-00-00T00:00:00Z,";
        text[..8].copy_from_slice(&date.to_le_bytes());
        text[8..10].copy_from_slice(&day.date[8..]);
        text[10..18].copy_from_slice(&clock);
        text[18] = last;
        Some(text)
    }
}

/// The time of a second of a day from the `T` on: `T02:04:0` and the last digit.
#[inline]
pub(super) const fn clock(second: u64) -> ([u8; 8], u8) {
    // Lanes of 16 bits: hours, minutes, seconds.
    let lanes = (second / 3_600) | ((second / 60 % 60) << 16) | ((second % 60) << 32);
    let tens = lanes.wrapping_mul(103) >> 10 & 0x000f_000f_000f;
    let digits = tens | lanes.wrapping_sub(tens.wrapping_mul(10)) << 8 | 0x3030_3030_3030;
    let clock = 0x003a_0000_3a00_0054
        | digits << 8 & 0x00ff_ff00
        | digits << 16 & 0xffff_0000_0000
        | digits << 24 & 0xff00_0000_0000_0000;
    (clock.to_le_bytes(), digits.to_le_bytes()[5])
}

/// The date of a day since the epoch; `None` if its year has not four digits.
fn date_of(number: i64) -> Option<[u8; 10]> {
    let mut text = *b"0000-00-00T00:00:00Z ";
    let mut after = text.as_mut_slice();
    write!(after, "{}", SimTime::from_seconds(number.checked_mul(DAY)?)).ok()?;
    let has_four_digits = after == b" ";
    text.first_chunk().copied().filter(|_| has_four_digits)
}

/// Appends the first `length` bytes of a text. It is copied whole and then cut, because a copy of
/// a fixed length needs no call.
#[inline]
fn append_cut<const N: usize>(out: &mut Vec<u8>, text: &[u8; N], length: usize) {
    let end = out.len().wrapping_add(length);
    out.extend_from_slice(text);
    out.truncate(end);
}

/// Appends a number in decimal digits.
#[inline]
fn write_number(number: u64, out: &mut Vec<u8>) {
    match digits_and_comma(number) {
        Some((text, length)) => {
            append_cut(out, &text, length);
        }
        None => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

/// The digits of a number with a comma after them, and their length with the comma.
#[inline]
pub(super) fn number_text(number: u64) -> ([u8; 24], usize) {
    let mut text = [0; 24];
    if let Some((digits, length)) = digits_and_comma(number) {
        text[..16].copy_from_slice(&digits);
        return (text, length + 1);
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number).as_bytes();
    text[..digits.len()].copy_from_slice(digits);
    text[digits.len()] = b',';
    (text, digits.len() + 1)
}

/// The digits of a number below 10⁸, with a comma after them, and the number of digits. `None` for
/// a larger number.
///
/// The digits are computed in one register, and a copy of sixteen bytes needs no call.
#[inline]
const fn digits_and_comma(number: u64) -> Option<([u8; 16], usize)> {
    if number >= 100_000_000 {
        return None;
    }
    let digits = eight_digits(number);
    // The bit keeps the last digit of zero.
    let zeros = (digits | 1 << 56).trailing_zeros() / 8;
    let text = (digits | (u64::MAX / 255 * b'0' as u64)) >> (zeros * 8);
    let length = 8 - zeros;
    let text = text as u128 | (b',' as u128) << (length * 8);
    Some((text.to_le_bytes(), length as usize))
}

/// The eight digits of a number below 10⁸, one in each byte, the first in the lowest.
///
/// Source: the division of several lanes by a constant in Granlund and Montgomery, *Division by
/// Invariant Integers using Multiplication*, with lanes of 32, 16 and 8 bits.
const fn eight_digits(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = fours.wrapping_mul(10_486) >> 20 & 0x7f_0000_007f;
    let pairs = hundreds | fours.wrapping_sub(hundreds.wrapping_mul(100)) << 16;
    let tens = pairs.wrapping_mul(103) >> 10 & 0x000f_000f_000f_000f;
    tens | pairs.wrapping_sub(tens.wrapping_mul(10)) << 8
}

/// Whether a field must be quoted.
pub(super) fn needs_quotes(field: &[u8]) -> bool {
    let special = |byte: &u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    let is_suspect = if let Some(last) = field.last_chunk::<8>() {
        // The last eight bytes overlap those before them.
        let (eights, _) = field.as_chunks::<8>();
        eights.iter().chain([last]).any(|eight| has_byte_below_hyphen(*eight))
    } else if let (Some(first), Some(last)) = (field.first_chunk::<4>(), field.last_chunk::<4>()) {
        let first = u64::from(u32::from_le_bytes(*first));
        let both = first | (u64::from(u32::from_le_bytes(*last)) << 32);
        has_byte_below_hyphen(both.to_le_bytes())
    } else {
        field.iter().any(|byte| *byte < b'-')
    };
    is_suspect && field.iter().any(special)
}

/// Whether one of the first `length` bytes may require quotes; `length` is at most 16.
#[inline]
pub(super) const fn may_need_quotes(sixteen: [u8; 16], length: usize) -> bool {
    const ONES: u128 = u128::MAX / 255;
    let word = u128::from_le_bytes(sixteen);
    // The lowest bit that is found belongs to the first such byte.
    let found = word.wrapping_sub(ONES * b'-' as u128) & !word & (ONES * 128);
    ((found.trailing_zeros() / 8) as usize) < length
}

/// Whether any of eight bytes is less than `-`. All bytes that require quotes are; few other bytes
/// of names are, so this test quickly excludes most fields.
///
/// Source: the test for a byte less than n, n ≤ 128, in Anderson, *Bit Twiddling Hacks*.
const fn has_byte_below_hyphen(eight: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(eight);
    word.wrapping_sub(ONES * b'-' as u64) & !word & (ONES * 128) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[Cell<'_>]) -> Vec<u8> {
        let (mut encoder, mut out) = (FieldEncoder::default(), Vec::new());
        for cell in cells {
            encoder.write(cell, &mut out);
            out.push(b'|');
        }
        out
    }

    #[test]
    fn encoded_times_equal_displayed_times() {
        let mut encoder = FieldEncoder::default();
        let first = SimTime::parse("-009999-01-02T01:59:59Z").unwrap().seconds();
        let last = SimTime::parse("9999-12-30T22:00:00Z").unwrap().seconds();
        let spread = (0..20_000).map(|n| first + (last - first) / 20_000 * n);
        let near = (-200_000..200_000).step_by(7).map(|n| n * 13);
        let ends = [i64::MAX, i64::MIN, i64::MIN / 2, first, last, 0, -1, 86_399, 86_400];
        let mut out = Vec::new();
        for seconds in spread.chain(near).chain(ends) {
            let at = SimTime::from_seconds(seconds);
            out.clear();
            encoder.write(&Cell::Time(at), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), at.to_string(), "{seconds}");
        }
    }

    #[test]
    fn numbers_are_written_as_they_are_displayed() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        let near =
            powers.flat_map(|power| power.saturating_sub(1_100)..power.saturating_add(1_100));
        let spread = (0..200_000).map(|n| n * 997 % 100_000_000);
        let mut out = Vec::new();
        for number in near.chain(spread).chain(0..20_000).chain([u64::MAX]) {
            out.clear();
            write_number(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_byte_that_needs_quotes_is_found_anywhere() {
        for length in 0..40 {
            let plain = vec![b'-'; length];
            assert!(!needs_quotes(&plain) && !needs_quotes(&vec![b' '; length]));
            for (at, byte) in (0..length).flat_map(|at| b"\",\n\r".map(|byte| (at, byte))) {
                let mut field = plain.clone();
                field[at] = byte;
                assert!(needs_quotes(&field), "{length} {at}");
            }
        }
    }

    #[test]
    fn numbers_of_any_size_have_a_comma() {
        for number in [0, 7, 10, 99_999_999, 100_000_000, u64::MAX] {
            let (text, length) = number_text(number);
            assert_eq!(&text[..length], format!("{number},").as_bytes());
        }
    }

    #[test]
    fn bytes_behind_a_name_do_not_matter() {
        for (at, byte) in (0..16).flat_map(|at| b"\",\n\r".map(|byte| (at, byte))) {
            let mut text = *b"web-\xc3\xb6~_abcdefgz";
            text[at] = byte;
            for length in 0..=16 {
                assert_eq!(may_need_quotes(text, length), at < length, "{at} {length}");
            }
        }
    }

    #[test]
    fn only_fields_that_need_quotes_are_quoted() {
        let cells = ["plain", "", " ", "a,b", "say \"x\"", "\"", "two\nlines", "cr\r", "größe;"];
        let text = written(&cells.map(Cell::Text));
        let expected =
            "plain|| |\"a,b\"|\"say \"\"x\"\"\"|\"\"\"\"|\"two\nlines\"|\"cr\r\"|größe;|";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        let others =
            [Cell::Number(0), Cell::Number(u64::MAX), Cell::Timer(TimerName::Refill), Cell::EMPTY];
        assert_eq!(written(&others), b"0|18446744073709551615|timer:refill||");
        let processes: Vec<&str> = Process::ALL.iter().map(|process| process.word()).collect();
        let all = Cell::Processes(u8::MAX);
        assert_eq!(all.to_string(), processes.join(";"));
    }
}
