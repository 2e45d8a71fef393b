//! Reports losses without an alert in time, with the watch that would have raised one.

use super::failure::Failure;
use crate::plan::{AlertedLine, Expectation};
use crate::record::{Alert, CallAbout};
use crate::run_header::RunHeader;
use crate::time::{SimSpan, SimTime};

/// The failures of the expected lines that a loss does not meet.
pub(super) fn unalerted(
    lines: &[Expectation<AlertedLine>],
    loss: &Alert,
    header: &RunHeader,
) -> Vec<Failure> {
    let broken = lines.iter().filter(|expected| {
        let line = &expected.line;
        let least = line.before_loss.seconds();
        line.instances.contains(loss.instance, header)
            && loss.notice.is_none_or(|notice| notice < least)
    });
    broken
        .map(|Expectation { line, span }| {
            let name = header.instance(loss.instance);
            let (after, before) = (header.elapsed(loss.at), line.before_loss);
            let trigger = loss.trigger.map(|trigger| format!(" ({trigger})")).unwrap_or_default();
            // It is unknown whether an alert came in time.
            let may_come = |(_, seen): &(_, SimTime)| in_time(*seen, loss, before);
            let unclear = loss.perhaps.as_ref().is_some_and(may_come);
            let perhaps = if unclear { "perhaps " } else { "" };
            let title = format!(
                "{name} was lost at +{after}{trigger}, {perhaps}without an alert at least {before} before"
            );
            let instead = explanation(loss, before, header);
            Failure::new(Some(*span), title, instead)
        })
        .collect()
}

/// The first alert that came, the last call that could have raised one in time, and what to write.
fn explanation(loss: &Alert, before: SimSpan, header: &RunHeader) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match (&loss.watch, loss.seen) {
        (Some(watch), Some((_, seen))) if seen <= loss.at => format!(
            "the first alert came from `{watch}` by +{}, {} before the loss",
            header.elapsed(seen),
            loss.at.since(seen)
        ),
        (Some(watch), Some((_, seen))) => format!(
            "the first alert comes from `{watch}` by +{}, {} after the loss",
            header.elapsed(seen),
            seen.since(loss.at)
        ),
        _ if loss.perhaps.is_some() => "no other watch raised an alert about it".into(),
        _ => "no watch raised an alert about it".into(),
    });
    if let Some((watch, seen)) = &loss.perhaps {
        let seen = header.elapsed(*seen);
        lines.insert(
            0,
            format!(
                "the alert of `{watch}` came by +{seen} if the protection was on, which is unknown"
            ),
        );
    }
    let in_time = |seen: SimTime| in_time(seen, loss, before);
    let mut calls = loss.calls.iter().rev();
    let Some(call) = calls.find(|call| call.seen.is_some_and(in_time)) else {
        lines.push(match loss.calls.first() {
            Some(first) => format!("no call about it was early enough; the first was {}", shown(first, header)),
            None => "no call is about it: an alert from the audit trail cannot come before the loss, so watch the cause instead".into(),
        });
        return lines;
    };
    lines.push(format!("the last call that could have been seen in time: {}", shown(call, header)));
    let event = call.event.replace(" or ", ", ");
    lines.push(format!("write `watch: {{ NAME: {{ calls: [{event}] }} }}`"));
    lines
}

/// Whether an alert that comes at an instant comes in time before a loss.
fn in_time(seen: SimTime, loss: &Alert, before: SimSpan) -> bool {
    seen <= loss.at && loss.at.since(seen) >= before
}

fn shown(call: &CallAbout, header: &RunHeader) -> String {
    let by = call.actor.map(|actor| format!(" by {}", header.actor(actor))).unwrap_or_default();
    format!("{}{by} at +{}", call.event, header.elapsed(call.at))
}
