//! Lanes: bars of states, and marks of decisions that link to their rows.

use maud::{Markup, html};

use super::courses::{Happened, Step};
use super::decisions::{Row, Rows};
use super::kinds::{Kind, Lane, Mark, STATES, STEPS, Shares, add_shares, ends};
use super::marks::{decided_by, row_id};
use super::ticks::{Axis, Percent};
use crate::report::figures::{many, number};
use crate::run_header::RunHeader;
use crate::time::{SimSpan, SimTime};
use crate::words::{Effect, Lifecycle, PolicyId, ProtectionSet, Word};

/// Height of a lane, of its bar, and of the line of its protections [px].
const HEIGHT: u32 = 36;
const BAR_TOP: u32 = 4;
const BAR: u32 = 24;
const LINE_TOP: u32 = 30;

/// The highest number of marks on all lanes together.
const MOST_MARKS: usize = 700;

/// The highest number of bars of a lane; a lane with more bars is drawn as shares of states.
const MOST_BARS: usize = 60;

/// The inputs for drawing lanes.
pub(super) struct Canvas<'a> {
    pub(super) axis: Axis,
    pub(super) header: &'a RunHeader,
    pub(super) rows: &'a Rows,
    /// Number of the run on the page, from 1.
    pub(super) run: usize,
}

/// Fills and edges of a state: a class, a colour for pages without a style sheet, and the pattern
/// that distinguishes the states for readers who do not see colours.
pub(super) fn fill(state: &str) -> &'static str {
    match state {
        "running" => "#a5dccb",
        "paid" | "active" => "#cfe3f5",
        "stopped" => "url(#h-stopped)",
        "reclaimed" => "url(#h-reclaimed)",
        "deallocated" => "url(#h-deallocated)",
        "removing" => "url(#h-removing)",
        "pending" => "url(#h-pending)",
        _ => "url(#h-overdue)",
    }
}

/// As [`fill`], but without a pattern, for shares.
fn plain_fill(state: Lifecycle) -> &'static str {
    match state {
        Lifecycle::Running => "#a5dccb",
        Lifecycle::Stopped => "#f5dc8c",
        Lifecycle::Reclaimed => "#f2b48c",
        Lifecycle::Deallocated => "#d7d2ee",
        Lifecycle::Removing => "#e3e6ea",
        Lifecycle::Pending => "#f5f7f9",
        Lifecycle::Absent | Lifecycle::Released => "none",
    }
}

/// A bar from one instant to another, with its word where there is room.
pub(super) struct Bar {
    pub(super) word: &'static str,
    pub(super) from: Percent,
    pub(super) to: Percent,
}

impl Bar {
    /// The bar; nothing is drawn for a state in which there is no instance.
    pub(super) fn draw(&self, top: u32, height: u32, marks: &[DrawnMark]) -> Markup {
        let width = Percent(self.to.0 - self.from.0);
        let middle = top + height / 2;
        html! {
            @match self.word {
                "absent" => {}
                "released" => line x1=(self.from) x2=(self.to) y1=(middle) y2=(middle)
                    class="gone" stroke="#888" stroke-dasharray="2 5" {},
                word => {
                    rect x=(self.from) width=(width) y=(top) height=(height)
                        class={ "s s-" (word) } fill=(fill(word)) stroke="#666" {}
                    @if let Some((dx, class)) = self.label(marks) {
                        text x=(self.from) dx=(dx) y=(middle + 4) class=(class) { (word) }
                    }
                }
            }
        }
    }

    /// Where the word of the bar begins, and the classes that hide it where it has no room; `None`
    /// if it has none in any window.
    fn label(&self, marks: &[DrawnMark]) -> Option<(i64, String)> {
        let has_room = |dx: i64, (least, most): (i64, i64)| {
            (least..=most).step_by(15).all(|lane| self.fits(dx, lane, marks))
        };
        let shown = |dx: i64| WINDOWS.map(|(lanes, _)| has_room(dx, lanes));
        let count = |dx: i64| shown(dx).iter().filter(|shown| **shown).count();
        // A word that would stand below a mark moves aside.
        let dx = [6, 20].into_iter().max_by_key(|dx| (count(*dx), -dx))?;
        if count(dx) == 0 {
            return None;
        }
        let hidden = shown(dx).into_iter().zip(WINDOWS).filter(|(shown, _)| !shown);
        let classes = std::iter::once("st").chain(hidden.map(|(_, (_, class))| class));
        Some((dx, classes.collect::<Vec<_>>().join(" ")))
    }

    /// Whether the word fits between its bar's ends and beside all marks, in a lane of this width.
    fn fits(&self, dx: i64, lane: i64, marks: &[DrawnMark]) -> bool {
        let place = |at: Percent| at.0 * lane / Percent::WHOLE;
        let begin = place(self.from) + dx;
        let end = begin + LETTER * i64::try_from(self.word.len()).unwrap_or(i64::MAX / LETTER);
        let is_free = |(at, shift): &DrawnMark| {
            let middle = place(*at) + shift;
            middle + HALF_MARK < begin || end < middle - HALF_MARK
        };
        end < place(self.to) && marks.iter().all(is_free)
    }
}

/// Place of a mark, and its shift in pixels.
type DrawnMark = (Percent, i64);

/// Half of the width of a mark in pixels.
const HALF_MARK: i64 = 11;

/// Width of a letter of a word in pixels, at most.
const LETTER: i64 = 7;

/// For windows of up to 700 pixels, up to 1,100, and more: the widths of a lane in pixels, and the
/// class that hides a word there.
const WINDOWS: [((i64, i64), &str); 3] =
    [((300, 665), "nar"), ((535, 885), "mid"), ((880, 1_435), "wid")];

/// A mark of a decision.
struct Placed<'r> {
    row: Option<usize>,
    key: &'r Row,
    at: SimTime,
    last: SimTime,
    count: u64,
}

impl Canvas<'_> {
    fn instant(&self, elapsed: u32) -> SimTime {
        self.axis.start.after(SimSpan::from_seconds(elapsed.into()))
    }

    /// Name of the grid of the run.
    pub(super) fn grid(&self) -> String {
        format!("g{}", self.run)
    }

    /// A lane of one instance, or of equal ones; `lanes` is the number of all lanes.
    pub(super) fn lane(&self, lane: &Lane, lanes: usize) -> Markup {
        let names = lane.ids.names(self.header);
        let bars = self.bars(lane);
        let said = self.said(lane);
        let marks = self.marks(lane, (MOST_MARKS / lanes.max(1)).clamp(6, 60));
        let places = self.places(&marks);
        html! {
            tr data-names=[names.for_filter()] {
                th scope="row" {
                    (names.label()) " " span.nl { (names.remark()) } br;
                    span.nl { (self.protections(lane.begins.policy, lane.begins.on,
                        lane.begins.unknown)) }
                }
                td {
                    svg.lane width="100%" height=(HEIGHT) role="group"
                        aria-label={ (names.label()) ": " (said) } {
                        use href={ "#" (self.grid()) } {}
                        @match bars {
                            Ok(bars) => @for bar in &bars { (bar.draw(BAR_TOP, BAR, &places)) },
                            Err(shares) => (Self::areas(&shares, BAR_TOP, BAR)),
                        }
                        (self.protection_line(lane))
                        (self.term_ends(lane))
                        (self.draw_marks(&names.label(), &marks, &places))
                    }
                }
            }
        }
    }

    /// The bars of a lane, or shares of states if there are too many bars.
    fn bars(&self, lane: &Lane) -> Result<Vec<Bar>, Shares> {
        let changes = lane.steps.iter().filter(|step| matches!(step.what, Happened::State(..)));
        if changes.count() > MOST_BARS {
            let mut shares = vec![[0; STATES]; STEPS];
            let ends = ends(self.axis.seconds());
            add_shares(&mut shares, lane.begins.state, &lane.steps, &ends);
            return Err(shares);
        }
        let mut bars = Vec::new();
        let (mut state, mut since) = (lane.begins.state, Percent(0));
        let mut close = |state: Lifecycle, from: Percent, to: Percent| {
            if to > from {
                bars.push(Bar { word: state.word(), from, to });
            }
        };
        for step in &lane.steps {
            if let Happened::State(_, to) = step.what {
                let at = self.axis.place(self.instant(step.at));
                close(state, since, at);
                (state, since) = (to, at);
            }
        }
        close(state, since, Percent(Percent::WHOLE));
        Ok(bars)
    }

    /// The course of a lane in words.
    fn said(&self, lane: &Lane) -> String {
        let mut parts =
            vec![format!("{} from {}", lane.begins.state, self.axis.local(self.axis.start))];
        for step in &lane.steps {
            let at = self.axis.local(self.instant(step.at));
            match step.what {
                Happened::State(_, to) => parts.push(format!("{to} from {at}")),
                Happened::Protections(policy, _, to) => {
                    let on = self.protections(policy, to, ProtectionSet::EMPTY);
                    parts.push(format!("{on} from {at}"));
                }
                Happened::Scheduled(true) => parts.push(format!("release scheduled at {at}")),
                Happened::Scheduled(false) => parts.push(format!("schedule cancelled at {at}")),
                Happened::Term(_) | Happened::Group(_) | Happened::Decision(_) | Happened::More => {
                }
            }
        }
        let more = parts.len().saturating_sub(12);
        parts.truncate(12);
        if more > 0 {
            parts.push(format!("and {more} more changes"));
        }
        parts.join(", ")
    }

    /// Protections that are on, in words.
    fn protections(&self, policy: PolicyId, on: ProtectionSet, unknown: ProtectionSet) -> String {
        let mut words: Vec<String> =
            self.header.protections(policy, on).into_iter().map(str::to_owned).collect();
        let unknown = self.header.protections(policy, unknown).into_iter();
        words.extend(unknown.map(|name| format!("{name} unknown")));
        if words.is_empty() { "no protection".to_owned() } else { words.join(", ") }
    }

    /// A line below the bar as long as a protection is on.
    fn protection_line(&self, lane: &Lane) -> Markup {
        let mut lines: Vec<(Percent, Percent)> = Vec::new();
        let mut since = (!lane.begins.on.is_empty()).then_some(Percent(0));
        for step in &lane.steps {
            let at = self.axis.place(self.instant(step.at));
            let on = if let Some((_, to)) = step.what.protections() {
                !to.is_empty()
            } else if step.what.state().is_some_and(|(_, to)| to == Lifecycle::Released) {
                false
            } else {
                continue;
            };
            match (since, on) {
                (Some(from), false) => {
                    lines.push((from, at));
                    since = None;
                }
                (None, true) => since = Some(at),
                (Some(_), true) | (None, false) => {}
            }
        }
        lines.extend(since.map(|from| (from, Percent(Percent::WHOLE))));
        lines.truncate(MOST_BARS);
        html! {
            @for (from, to) in lines {
                rect.pr x=(from) width=(Percent(to.0 - from.0)) y=(LINE_TOP) height="3"
                    fill="#00664f" {}
            }
        }
    }

    /// A stroke at the end of the term, where one is known.
    fn term_ends(&self, lane: &Lane) -> Markup {
        let last =
            lane.steps.iter().rev().find_map(|step| {
                if let Happened::Term(end) = step.what { Some(end) } else { None }
            });
        let end = last.flatten().map(|end| self.instant(end)).filter(|end| *end < self.axis.end);
        html! {
            @if let Some(end) = end {
                line.te x1=(self.axis.place(end)) x2=(self.axis.place(end)) y1="0" y2=(HEIGHT)
                    stroke="#1b1e22" stroke-dasharray="3 2" {
                    title { "the term ends at " (self.axis.local(end)) }
                }
            }
        }
    }

    /// The marks of a lane; if there are many, equal marks that lie close together become one mark.
    fn marks(&self, lane: &Lane, most: usize) -> Vec<Placed<'_>> {
        let decisions: Vec<(u32, &Step)> = lane
            .steps
            .iter()
            .filter_map(|step| step.what.decision().map(|coarse| (coarse, step)))
            .collect();
        let Some(id) = lane.ids.first() else { return Vec::new() };
        let count = |coarse: u32, step: &Step| {
            let at = self.instant(step.at);
            Placed {
                row: self.rows.of(coarse, Some(at), id),
                key: &self.rows.coarse[coarse as usize],
                at,
                last: at,
                count: 1,
            }
        };
        if decisions.len() <= most {
            return decisions.into_iter().map(|(coarse, step)| count(coarse, step)).collect();
        }
        // Equal decisions of one stretch of the axis are one mark; stretches grow until few are
        // left.
        let most = most.min(24);
        let mut stretch = self.axis.seconds() / i64::try_from(most).unwrap_or(1).max(1);
        loop {
            let mut marks: Vec<(i64, u32, Placed<'_>)> = Vec::new();
            for (coarse, step) in &decisions {
                let place = i64::from(step.at) / stretch.max(1);
                match marks.iter_mut().rev().find(|(at, of, _)| *at == place && of == coarse) {
                    Some((_, _, mark)) => {
                        mark.count += 1;
                        mark.last = self.instant(step.at);
                    }
                    None => marks.push((place, *coarse, count(*coarse, step))),
                }
            }
            if marks.len() <= most || stretch >= self.axis.seconds() {
                marks.truncate(most);
                return marks.into_iter().map(|(_, _, mark)| mark).collect();
            }
            stretch = (stretch * 2).max(1);
        }
    }

    /// The places of marks. Marks that lie close together are shifted, so that each is seen.
    fn places(&self, marks: &[Placed<'_>]) -> Vec<DrawnMark> {
        let mut before = Percent(-Percent::WHOLE);
        let mut fan = 0;
        let place = |mark: &Placed<'_>| {
            let at = self.axis.place(mark.at);
            fan = if at.0 - before.0 < 1_200 { (fan + 1) % 4 } else { 0 };
            before = at;
            (at, fan * 13)
        };
        marks.iter().map(place).collect()
    }

    fn draw_marks(&self, name: &str, marks: &[Placed<'_>], places: &[DrawnMark]) -> Markup {
        let middle = BAR_TOP + BAR / 2;
        html! {
            @for (mark, (at, shift)) in marks.iter().zip(places) {
                @if mark.last > mark.at {
                    line.rg x1=(at) x2=(self.axis.place(mark.last)) y1=(middle) y2=(middle)
                        stroke="#50565d" {}
                }
                (self.mark(name, mark, *at, middle, *shift))
            }
        }
    }

    fn mark(&self, name: &str, mark: &Placed<'_>, at: Percent, y: u32, shift: i64) -> Markup {
        let when = if mark.count == 1 {
            self.axis.local(mark.at)
        } else {
            format!(
                "{} times from {} to {}",
                number(mark.count),
                self.axis.local(mark.at),
                self.axis.local(mark.last)
            )
        };
        let label = format!("{name}, {when}: {}", self.decided(mark.key));
        let symbol = html! {
            svg.mk x=(at) y=(y) overflow="visible" {
                use href={ "#m-" (mark.key.key.outcome) } x=[(shift > 0).then_some(shift)] {}
            }
        };
        html! {
            @match mark.row {
                Some(row) => a href={ "#" (row_id(self.run, row)) } aria-label=(label) { (symbol) },
                None => g role="img" aria-label=(label) { (symbol) },
            }
        }
    }

    /// A decision in words: `manual, HELD by release-protection RP1`.
    fn decided(&self, row: &Row) -> String {
        let key = &row.key;
        let book = self.header.rulebook(key.policy);
        let mut text = format!("{}, {}", key.trigger, key.outcome.word().to_uppercase());
        let decided_by = decided_by(key, self.header);
        if !decided_by.is_empty() {
            text.push_str(" by ");
            text.push_str(decided_by);
        }
        if let Some(rule) = key.rule {
            text.push(' ');
            text.push_str(&book.policy.rule(rule).id);
        }
        if key.outcome.went_ahead() && key.effect != Effect::None {
            text.push_str(", ");
            text.push_str(key.effect.word());
        }
        text
    }

    /// A lane of a kind: shares of states, with marks below them.
    pub(super) fn kind(&self, kind: &Kind) -> Markup {
        let names = kind.ids.names(self.header);
        html! {
            tr data-names=[names.for_filter()] {
                th scope="row" {
                    (names.label()) " " span.nl { (names.remark()) } br;
                    span.nl { (self.protections(kind.begins.policy, kind.begins.on,
                        kind.begins.unknown)) }
                }
                td {
                    svg.lane width="100%" height="50" role="group"
                        aria-label={ (many(kind.ids.count(), "instance"))
                            ": share in each state over time" } {
                        use href={ "#" (self.grid()) } {}
                        (Self::areas(&kind.shares, BAR_TOP, 26))
                        @for mark in &kind.marks { (self.kind_mark(mark, &kind.ids)) }
                    }
                    @if kind.marks_left_out > 0 {
                        span.wl { "and " (many(kind.marks_left_out as u64, "later decision"))
                            " of each" }
                    }
                }
            }
        }
    }

    fn kind_mark(&self, mark: &Mark, ids: &crate::report::names::InstanceIds) -> Markup {
        let row = &self.rows.coarse[mark.coarse as usize];
        let (first, last) = (self.instant(mark.first), self.instant(mark.last));
        let middle = self.instant(mark.middle(self.axis.seconds()));
        let link = ids.first().and_then(|id| self.rows.of(mark.coarse, None, id));
        let label = format!(
            "{} times {}, from {} to {}",
            number(mark.count),
            self.decided(row),
            self.axis.local(first),
            self.axis.local(last)
        );
        let symbol = html! {
            svg.mk x=(self.axis.place(middle)) y="40" overflow="visible" {
                use href={ "#m-" (row.key.outcome) } {}
            }
        };
        html! {
            @if last > first {
                line.rg x1=(self.axis.place(first)) x2=(self.axis.place(last)) y1="40" y2="40"
                    stroke="#50565d" {}
            }
            @match link {
                Some(row) => a href={ "#" (row_id(self.run, row)) } aria-label=(label) { (symbol) },
                None => g role="img" aria-label=(label) { (symbol) },
            }
        }
    }

    /// Shares of states as stacked areas.
    fn areas(shares: &Shares, top: u32, height: u32) -> Markup {
        // One unit of height is a thousandth of all instances.
        let rows: Vec<[u64; STATES]> = shares
            .iter()
            .map(|step| {
                let all: u64 = step.iter().sum::<u64>().max(1);
                step.map(|seconds| (seconds * 1_000 + all / 2) / all)
            })
            .collect();
        let mut base = vec![0_u64; STEPS];
        let mut areas = Vec::new();
        for state in Lifecycle::ALL {
            let index = usize::from(state.index());
            if matches!(state, Lifecycle::Absent | Lifecycle::Released)
                || rows.iter().all(|row| row[index] == 0)
            {
                continue;
            }
            let tops: Vec<u64> =
                base.iter().zip(&rows).map(|(base, row)| (base + row[index]).min(1_000)).collect();
            areas.push((*state, area(&base, &tops)));
            base = tops;
        }
        html! {
            svg x="0" y=(top) width="100%" height=(height) viewBox={ "0 0 " (STEPS) " 1000" }
                preserveAspectRatio="none" {
                @for (state, path) in areas {
                    path.{ "a-" (state) } fill=(plain_fill(state)) d=(path) {}
                }
            }
        }
    }
}

/// The outline between two step functions, measured from the bottom of a box of 1,000.
fn area(base: &[u64], tops: &[u64]) -> String {
    use std::fmt::Write;
    let mut path = String::new();
    let mut before = None;
    for (step, top) in tops.iter().enumerate() {
        let y = 1_000 - top.min(&1_000);
        match before {
            None => {
                let _ = write!(path, "M0 {y}");
            }
            Some(last) if last == y => {}
            Some(_) => {
                let _ = write!(path, "H{step}V{y}");
            }
        }
        before = Some(y);
    }
    let _ = write!(path, "H{}", tops.len());
    let mut before = None;
    for (step, base) in base.iter().enumerate().rev() {
        let y = 1_000 - base.min(&1_000);
        if before != Some(y) {
            if before.is_some() {
                let _ = write!(path, "H{}", step + 1);
            }
            let _ = write!(path, "V{y}");
        }
        before = Some(y);
    }
    path.push_str("H0Z");
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_where_it_fits_beside_every_mark() {
        let bar = |from, to| Bar { word: "stopped", from: Percent(from), to: Percent(to) };
        let class = |bar: &Bar, marks: &[DrawnMark]| bar.label(marks);
        assert_eq!(class(&bar(0, 100_000), &[]), Some((6, "st".to_owned())));
        // A mark at the begin moves it aside; one in the middle of a short bar hides it.
        assert_eq!(class(&bar(0, 100_000), &[(Percent(0), 0)]), Some((20, "st".to_owned())));
        assert_eq!(class(&bar(0, 10_000), &[(Percent(5_000), 0)]), None);
        // A short bar has room for it in a wide window only.
        assert_eq!(class(&bar(0, 7_000), &[]), Some((6, "st nar mid".to_owned())));
        assert_eq!(class(&bar(0, 2_000), &[]), None);
    }
}
