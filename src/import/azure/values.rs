//! Values as Azure writes them: instants with fractions of a second, durations, states, tags.

use crate::diagnostics::{Problems, Spanned};
use crate::format::{Map, Name, TagValue, When};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;
use crate::time::{SimSpan, SimTime};
use crate::words::Lifecycle;

/// An instant; fractions of a second are cut off.
pub(in crate::import) fn instant(
    row: &ReplyObject<'_>,
    key: &str,
    problems: &mut Problems,
) -> Option<Spanned<When>> {
    let text = row.text(key, problems)?;
    let whole = match text.split_once('.') {
        Some((whole, rest)) => {
            let zone = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
            format!("{whole}{zone}")
        }
        None => text.value.to_string(),
    };
    match SimTime::parse_reply(&whole) {
        Ok(at) => Some(Spanned::new(When::At(at), text.span)),
        // The reader of other times reports the mistake.
        Err(_) => row.time(key, problems).map(|at| at.map(When::At)),
    }
}

/// A duration such as `PT10M` or `P1DT2H`.
pub(in crate::import) fn duration(text: &str) -> Option<SimSpan> {
    let rest = text.strip_prefix('P')?;
    let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0_i64;
    for (part, units) in [(days, "D"), (times, "HMS")] {
        let mut digits = String::new();
        for letter in part.chars() {
            if letter.is_ascii_digit() {
                digits.push(letter);
                continue;
            }
            let factor = match letter {
                'D' => 86_400,
                'H' => 3_600,
                'M' => 60,
                'S' => 1,
                _ => return None,
            };
            let count: i64 = digits.parse().ok().filter(|_| units.contains(letter))?;
            seconds = seconds.checked_add(count.checked_mul(factor)?)?;
            digits.clear();
        }
        if !digits.is_empty() {
            return None;
        }
    }
    Some(SimSpan::from_seconds(seconds))
}

impl FleetReader<'_> {
    /// A field as a duration; any other text gives a warning, and the value is unknown.
    pub(in crate::import) fn az_duration(
        &mut self,
        row: &ReplyObject<'_>,
        key: &str,
    ) -> Option<Spanned<SimSpan>> {
        let text = row.text(key, self.problems)?;
        let span = duration(&text);
        if span.is_none() {
            let title = format!("`{}` is not a duration", crate::import::json::shown(&text));
            self.left_out(text.span, title, "the default is used");
        }
        span.map(|span| Spanned::new(span, text.span))
    }

    /// The power state: `PowerState/running` of the instance view, or `VM running`.
    pub(in crate::import) fn az_state(
        &mut self,
        row: &ReplyObject<'_>,
    ) -> Option<Spanned<Lifecycle>> {
        let mut found = row.text("powerState", self.problems);
        if let Some(view) = row.object("instanceView", self.problems) {
            for status in view.list("statuses", "statuses", self.problems) {
                let Some(status) = ReplyObject::open(status, "a status", self.problems) else {
                    continue;
                };
                let code = status.text("code", self.problems);
                found = code.filter(|code| code.starts_with("PowerState/")).or(found);
            }
        }
        let found = found?;
        let word = found.rsplit(['/', ' ']).next().unwrap_or_default().to_lowercase();
        let state = match word.as_str() {
            "running" | "stopping" | "deallocating" => Lifecycle::Running,
            "creating" | "starting" => Lifecycle::Pending,
            "stopped" => Lifecycle::Stopped,
            "deallocated" => Lifecycle::Deallocated,
            _ => {
                let title = format!("`{word}` is not a known power state");
                self.left_out(found.span, title, "taken as running");
                return None;
            }
        };
        Some(Spanned::new(state, found.span))
    }

    /// Tags, which are an object here.
    pub(in crate::import) fn az_tags(&mut self, row: &ReplyObject<'_>) -> Option<Map<TagValue>> {
        let tags = row.object("tags", self.problems)?;
        let mut read = Vec::new();
        for (key, value) in tags.texts() {
            if Name::harm(&key.value).is_none() && !key.value.trim().is_empty() {
                let value = self.tag_value(&key.value, &value, key.span);
                read.push((key.map(|key| Name(key.into())), value));
            } else {
                let title =
                    format!("the tag `{}` is not usable in reports", key.value.escape_debug());
                self.left_out(key.span, title, "left out");
            }
        }
        (!read.is_empty()).then_some(Map(read))
    }

    /// The first zone of a row.
    pub(in crate::import) fn az_zones(&mut self, row: &ReplyObject<'_>) -> Vec<Spanned<Name>> {
        let zones = row.list("zones", "zones", self.problems);
        let texts = zones.into_iter().filter_map(|zone| {
            let shape = zone.shape();
            shape.single().map(|text| Spanned::new(text.to_owned(), zone.span()))
        });
        texts
            .filter(|zone| Name::fault(zone).is_none())
            .map(|zone| zone.map(|z| Name(z.into())))
            .collect()
    }
}
