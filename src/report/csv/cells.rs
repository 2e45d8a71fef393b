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
use crate::words::{EventId, Process, ProtectionSet, RuleId, SwitchSet, TimerName, Word};

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
    /// Counts by name; both slices have the same length.
    Counts(&'l [String], &'l [i64]),
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
            Self::Counts(names, counts) => names.iter().zip(counts).for_each(|(name, count)| {
                list(&[name, "=", itoa::Buffer::new().format(*count)]);
            }),
            Self::Time(at) => list(&[&at.to_string()]),
            Self::Event(names, id) => match names.own(id) {
                Some(name) => list(&[name]),
                None => list(&[UNNAMED, itoa::Buffer::new().format(id.0 + 1)]),
            },
            Self::Timer(name) => list(&[TimerName::PREFIX, name.word()]),
            Self::Protections(policy, on, unknown) => {
                let name = |index: usize| policy.protections[index].name.as_str();
                on.iter().for_each(|id| list(&[name(id.index())]));
                unknown.iter().for_each(|id| list(&[name(id.index()), "=unknown"]));
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
                let suspended =
                    Process::ALL.iter().filter(|process| set >> process.index() & 1 == 1);
                suspended.for_each(|process| list(&[process.word()]));
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
const DAYS: i64 = 512;

const DAY: i64 = 86_400;

/// Writes cells as bytes, with quotes where CSV requires them, and caches the texts of dates.
pub struct FieldEncoder {
    days: Box<[Day]>,
    scratch: Vec<u8>,
}

/// A day as its number since the epoch, and its date: `2026-06-01`.
#[derive(Clone, Copy)]
struct Day {
    number: i64,
    date: [u8; 15],
    length: u8,
}

impl Default for FieldEncoder {
    fn default() -> Self {
        let nothing = Day { number: i64::MAX, date: [0; 15], length: 0 };
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
            Cell::Number(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Cell::Time(at) => self.time(at, out),
            Cell::Signed(_)
            | Cell::Decimal(_)
            | Cell::Money(_)
            | Cell::Counts(..)
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

    /// Appends an instant as [`SimTime`] displays it; the text of a date is computed once.
    fn time(&mut self, at: SimTime, out: &mut Vec<u8>) {
        let (number, second) = (at.seconds().div_euclid(DAY), at.seconds().rem_euclid(DAY));
        let slot = usize::try_from(number.rem_euclid(DAYS)).unwrap_or(0);
        let day = &mut self.days[slot];
        if day.number != number {
            let midnight = SimTime::from_seconds(number.saturating_mul(DAY));
            let last = SimTime::from_seconds(midnight.seconds().saturating_add(DAY - 1));
            if !midnight.is_on_calendar() || !last.is_on_calendar() {
                // The first and the last day of the calendar are incomplete.
                let _ = write!(out, "{at}");
                return;
            }
            let mut text = [0; 32];
            let mut room = &mut text[..];
            let _ = write!(room, "{midnight}");
            let length = text.iter().position(|byte| *byte == b'T').unwrap_or(0).min(15);
            day.number = number;
            day.length = u8::try_from(length).unwrap_or(0);
            day.date[..length].copy_from_slice(&text[..length]);
        }
        out.extend_from_slice(&day.date[..usize::from(day.length)]);
        let digit = |number: i64| b'0' + u8::try_from(number % 10).unwrap_or(0);
        out.push(b'T');
        for (number, mark) in
            [(second / 3_600, b':'), (second / 60 % 60, b':'), (second % 60, b'Z')]
        {
            out.extend_from_slice(&[digit(number / 10), digit(number), mark]);
        }
    }
}

/// Whether a field must be quoted.
fn needs_quotes(field: &[u8]) -> bool {
    let special = |byte: &u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    let (eights, rest) = field.as_chunks::<8>();
    eights.iter().any(|eight| has_byte_below_hyphen(*eight) && eight.iter().any(special))
        || rest.iter().any(special)
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
