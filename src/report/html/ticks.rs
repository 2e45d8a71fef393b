//! The time axis: places on it, its ticks, and how instants are written.

use std::fmt;

use maud::{Markup, html};

use crate::time::{Civil, SimSpan, SimTime, UtcOffset};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A share of the width, in thousandths of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Percent(pub(super) i64);

impl Percent {
    /// The whole width.
    pub(super) const WHOLE: i64 = 100_000;
}

/// `12.5%`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1_000, self.0 % 1_000);
        if rest == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{rest:03}").trim_end_matches('0'))
    }
}

/// The time axis of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Its left end.
    pub(super) start: SimTime,
    /// Its right end.
    pub(super) end: SimTime,
    /// UTC offset in which instants are written.
    pub(super) offset: UtcOffset,
}

/// A tick: its place and its label.
pub(super) struct Tick {
    pub(super) at: Percent,
    pub(super) label: String,
}

/// Distance between ticks.
#[derive(Clone, Copy)]
enum Step {
    Seconds(i64),
    Months(i8),
    Years(i16),
}

impl Axis {
    /// Length of the axis in seconds, at least one.
    pub(super) fn seconds(&self) -> i64 {
        self.end.since(self.start).seconds().max(1)
    }

    /// The place of an instant; instants beyond an end are at the end.
    pub(super) fn place(&self, at: SimTime) -> Percent {
        let elapsed = at.since(self.start).seconds().clamp(0, self.seconds());
        let share = i128::from(elapsed) * i128::from(Percent::WHOLE) / i128::from(self.seconds());
        Percent(i64::try_from(share).unwrap_or(Percent::WHOLE))
    }

    /// Whether instants are written with their year.
    fn has_years(&self) -> bool {
        self.seconds() > 300 * DAY
    }

    /// An instant for people, in local time: `2 Jun 10:00`, with the year on a long axis.
    pub(super) fn local(&self, at: SimTime) -> String {
        let Some(civil) = at.civil(self.offset) else { return "never".to_owned() };
        let clock = format!("{:02}:{:02}", civil.hour, civil.minute);
        format!("{} {clock}", date(civil, self.has_years()))
    }

    /// As [`Self::local`], but always with the year.
    pub(super) fn local_in_full(&self, at: SimTime) -> String {
        let Some(civil) = at.civil(self.offset) else { return "never".to_owned() };
        format!("{} {:02}:{:02}", date(civil, true), civil.hour, civil.minute)
    }

    /// An instant as an element: local time to read, UTC for machines.
    pub(super) fn time(&self, at: SimTime) -> Markup {
        html! { time datetime=(at) { (self.local(at)) } }
    }

    /// Key by which a table sorts an instant.
    pub(super) fn sort_key(&self, at: SimTime) -> String {
        format!("{:010}", at.since(self.start).seconds())
    }

    /// The ticks from left to right.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let step = self.step();
        let Some(mut civil) = self.first(step) else { return Vec::new() };
        let mut ticks = Vec::new();
        while let Some(at) = civil.instant(self.offset) {
            if at > self.end || ticks.len() > 60 {
                break;
            }
            let label = label(civil, step, ticks.is_empty());
            ticks.push(Tick { at: self.place(at), label });
            let Some(next) = self.next(civil, at, step) else { break };
            civil = next;
        }
        ticks
    }

    fn step(&self) -> Step {
        let seconds = self.seconds();
        if seconds < 2 * DAY {
            let steps = [1, 5, 10, 15, 30, 60, 120, 180, 240, 360].map(|minutes| minutes * MINUTE);
            let step = steps.into_iter().find(|step| seconds / step <= 12);
            return Step::Seconds(step.unwrap_or(6 * HOUR));
        }
        match seconds / DAY {
            ..=10 => Step::Seconds(DAY),
            11..=24 => Step::Seconds(2 * DAY),
            25..=60 => Step::Seconds(7 * DAY),
            61..=500 => Step::Months(1),
            501..=1_461 => Step::Months(3),
            days => Step::Years(i16::try_from(days / 365 / 14).unwrap_or(i16::MAX - 1) + 1),
        }
    }

    /// The first tick: the first whole step of the calendar that is not before the start.
    fn first(&self, step: Step) -> Option<Civil> {
        let civil = self.start.civil(self.offset)?;
        let midnight = Civil { hour: 0, minute: 0, ..civil };
        let mut first = match step {
            Step::Seconds(seconds) if seconds < DAY => {
                let start = midnight.instant(self.offset)?;
                let passed = self.start.since(start).seconds();
                let whole = (passed + seconds - 1) / seconds * seconds;
                return start.after(SimSpan::from_seconds(whole)).civil(self.offset);
            }
            Step::Seconds(_) => midnight,
            Step::Months(3) => Civil { day: 1, month: (civil.month - 1) / 3 * 3 + 1, ..midnight },
            Step::Months(_) => Civil { day: 1, ..midnight },
            Step::Years(_) => Civil { day: 1, month: 1, ..midnight },
        };
        while first.instant(self.offset)? < self.start {
            let day = if matches!(step, Step::Seconds(_)) { Step::Seconds(DAY) } else { step };
            first = self.next(first, first.instant(self.offset)?, day)?;
        }
        Some(first)
    }

    fn next(&self, civil: Civil, at: SimTime, step: Step) -> Option<Civil> {
        match step {
            Step::Seconds(seconds) => at.after(SimSpan::from_seconds(seconds)).civil(self.offset),
            Step::Months(months) => {
                let month = civil.month - 1 + months;
                let year = civil.year.checked_add(i16::from(month / 12))?;
                Some(Civil { year, month: month % 12 + 1, ..civil })
            }
            Step::Years(years) => Some(Civil { year: civil.year.checked_add(years)?, ..civil }),
        }
    }

    /// The axis as the head of a table of lanes, with the grid that lanes refer to by `grid`.
    pub(super) fn head(&self, grid: &str) -> Markup {
        let ticks = self.ticks();
        html! {
            span.vh {
                "from " (self.local_in_full(self.start)) " to " (self.local_in_full(self.end))
            }
            svg.ax width="100%" height="20" aria-hidden="true" focusable="false" {
                defs { g id=(grid) {
                    @for tick in &ticks {
                        line x1=(tick.at) x2=(tick.at) y1="0" y2="100%" class="g" stroke="#ccc" {}
                    }
                } }
                @for (index, tick) in ticks.iter().enumerate() {
                    text x=(tick.at) y="14" text-anchor=(anchor(tick.at)) class=[rank(index)] {
                        (tick.label)
                    }
                }
            }
        }
    }
}

/// The end of a label that is at its tick, chosen so that the label stays within the drawing.
pub(super) const fn anchor(at: Percent) -> &'static str {
    match at.0 {
        ..3_000 => "start",
        96_001.. => "end",
        _ => "middle",
    }
}

/// The class of a label: narrow pages show every second or every fourth one.
pub(super) const fn rank(index: usize) -> Option<&'static str> {
    match index % 4 {
        0 => None,
        2 => Some("t2"),
        _ => Some("t3"),
    }
}

fn date(civil: Civil, year: bool) -> String {
    let day = format!("{} {}", civil.day, month(civil));
    if year { format!("{day} {}", civil.year) } else { day }
}

fn month(civil: Civil) -> &'static str {
    let index = usize::try_from(civil.month - 1).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or_default()
}

fn label(civil: Civil, step: Step, first: bool) -> String {
    match step {
        Step::Seconds(seconds) if seconds < DAY => {
            let clock = format!("{:02}:{:02}", civil.hour, civil.minute);
            if first || civil.hour == 0 && civil.minute == 0 {
                return format!("{} {clock}", date(civil, first));
            }
            clock
        }
        Step::Seconds(_) => date(civil, first || civil.month == 1 && civil.day <= 7),
        Step::Months(_) if first || civil.month == 1 => format!("{} {}", month(civil), civil.year),
        Step::Months(_) => month(civil).to_owned(),
        Step::Years(_) => civil.year.to_string(),
    }
}

/// A span for people, with its two largest units: `1 d 10 h`.
pub(super) fn span(span: SimSpan) -> String {
    let seconds = span.seconds();
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        let count = left / size;
        left %= size;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(start: &str, end: &str) -> Axis {
        let offset = UtcOffset::of_time(start).unwrap();
        Axis { start: SimTime::parse(start).unwrap(), end: SimTime::parse(end).unwrap(), offset }
    }

    fn labels(start: &str, end: &str) -> Vec<String> {
        axis(start, end).ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_whole_steps_of_the_calendar() {
        let from = "2026-06-01T00:00+08:00";
        assert_eq!(labels(from, "2026-06-01T06:00+08:00")[..2], ["1 Jun 2026 00:00", "00:30"]);
        assert_eq!(labels(from, "2026-06-05T00:00+08:00")[..2], ["1 Jun 2026", "2 Jun"]);
        let fortnight = labels(from, "2026-06-21T00:00+08:00");
        assert_eq!((fortnight.len(), fortnight[1].as_str()), (11, "3 Jun"));
        assert_eq!(labels(from, "2026-07-15T00:00+08:00")[1], "8 Jun");
        let year = labels("2026-06-10T00:00+08:00", "2027-07-06T00:00+08:00");
        assert_eq!((year[0].as_str(), year[6].as_str()), ("Jul 2026", "Jan 2027"));
        assert_eq!(labels(from, "2029-06-01T00:00+08:00")[..2], ["Jul 2026", "Oct"]);
        assert_eq!(labels(from, "2036-06-01T00:00+08:00")[..2], ["2027", "2028"]);
    }

    #[test]
    fn instants_have_a_place_and_a_year_where_one_is_needed() {
        let short = axis("2026-06-01T00:00+08:00", "2026-06-21T00:00+08:00");
        let at = SimTime::parse("2026-06-02T12:00+08:00").unwrap();
        assert_eq!(short.place(at).to_string(), "7.5%");
        assert_eq!(short.local(at), "2 Jun 12:00");
        let long = axis("2026-06-01T00:00+08:00", "2027-06-21T00:00+08:00");
        assert_eq!(long.local(at), "2 Jun 2026 12:00");
        assert_eq!(
            short.time(at).into_string(),
            "<time datetime=\"2026-06-02T04:00:00Z\">2 Jun 12:00</time>"
        );
        assert_eq!(span(SimSpan::from_seconds(34 * HOUR)), "1 d 10 h");
    }
}
