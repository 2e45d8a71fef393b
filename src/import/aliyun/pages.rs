//! Pages of replies: their calls, their rows, and missing pages.

use super::event_counts;
use super::reply_kind::{ReplyKind, SAVE};
use crate::diagnostics::{Code, Problem, Problems, Span, Spanned, closest};
use crate::import::fields::{ReplyObject, items};
use crate::import::json::{JsonValue, Piece, shown};
use std::collections::{BTreeMap, BTreeSet};

/// An API call whose reply is read: `{"<list>": {"<item>": [ … ]}}`.
struct ListCall {
    kind: ReplyKind,
    name: &'static str,
    list: &'static str,
    item: &'static str,
}

#[rustfmt::skip]
const CALLS: [ListCall; 7] = [
    ListCall { kind: ReplyKind::Instances, name: "DescribeInstances", list: "Instances", item: "Instance" },
    ListCall { kind: ReplyKind::Disks, name: "DescribeDisks", list: "Disks", item: "Disk" },
    ListCall { kind: ReplyKind::Members, name: "DescribeScalingInstances", list: "ScalingInstances", item: "ScalingInstance" },
    ListCall { kind: ReplyKind::Groups, name: "DescribeScalingGroups", list: "ScalingGroups", item: "ScalingGroup" },
    ListCall { kind: ReplyKind::Renewals, name: "DescribeInstanceAutoRenewAttribute", list: "InstanceRenewAttributes", item: "InstanceRenewAttribute" },
    ListCall { kind: ReplyKind::States, name: "DescribeInstancesFullStatus", list: "InstanceFullStatusSet", item: "InstanceFullStatusType" },
    ListCall { kind: ReplyKind::SystemEvents, name: "DescribeInstanceHistoryEvents", list: "InstanceSystemEventSet", item: "InstanceSystemEventType" },
];

/// The rows of one kind in one reply.
pub(super) struct ReplyPage<'t> {
    pub(super) kind: ReplyKind,
    pub(super) rows: Vec<Piece<'t>>,
    /// Number of rows on all pages, `TotalCount`; `None` if the reply does not contain it.
    total: Option<Spanned<u32>>,
    /// The region; `None` if the reply does not contain it.
    region: Option<String>,
}

impl<'t> ReplyPage<'t> {
    /// The pages of a reply; empty, with an error, if it cannot be read.
    pub(super) fn open(piece: Piece<'t>, problems: &mut Problems) -> Vec<Self> {
        let shape = piece.shape();
        if !matches!(shape, JsonValue::Object(_)) {
            let kind = shape.kind();
            if let JsonValue::List(rows) = shape
                && !rows.is_empty()
                && rows.iter().all(|row| is_notification(*row))
            {
                return vec![Self {
                    kind: ReplyKind::Notifications,
                    rows,
                    total: None,
                    region: None,
                }];
            }
            problems.add(unknown_reply(piece.span(), &format!("found {kind}")));
            return Vec::new();
        }
        let Some(reply) = ReplyObject::open(piece, "a reply", problems) else { return Vec::new() };
        let listed: Vec<_> =
            CALLS.iter().filter_map(|call| Some((call, reply.piece(call.list)?))).collect();
        if listed.is_empty() && CALLS.iter().all(|call| reply.piece(call.item).is_none()) {
            let problem = unreadable(&reply, problems);
            problems.add(problem);
        }
        let total = reply.number("TotalCount", problems);
        let mut pages = Vec::new();
        // Inventories keep single objects: `{"Instance": { … }, "Disks": { … }}`.
        for call in CALLS.iter().filter(|call| call.item != call.list) {
            let Some(one) = reply.piece(call.item) else { continue };
            let rows = match one.shape() {
                JsonValue::List(rows) => rows,
                JsonValue::Null
                | JsonValue::Flag(_)
                | JsonValue::Number(_)
                | JsonValue::Text(_)
                | JsonValue::Object(_)
                | JsonValue::Broken => vec![one],
            };
            pages.push(Self { kind: call.kind, rows, total: None, region: None });
        }
        for (call, list) in listed {
            let Some(rows) = items(call.list, list, call.item, problems) else { continue };
            let region = region(&reply, rows.first().copied());
            pages.push(Self { kind: call.kind, rows, total, region });
        }
        pages
    }

    /// A text about its contents: `3 instances of 20`.
    pub(super) fn summary(&self, problems: &mut Problems) -> String {
        let mut words = self.kind.count(self.rows.len());
        if let Some(total) = self.total.filter(|total| **total as usize != self.rows.len()) {
            words.push_str(&format!(" of {}", *total));
        }
        if matches!(self.kind, ReplyKind::SystemEvents | ReplyKind::Notifications) {
            words.push_str(&event_counts::by_kind(self.kind, &self.rows, problems));
        }
        words
    }
}

fn is_notification(piece: Piece<'_>) -> bool {
    matches!(piece.shape(), JsonValue::Object(fields) if fields.first.contains_key("product"))
}

/// The region of a reply, or of its first row, since one call is about one region. Mistakes of the
/// row are ignored here and reported when the row is read.
fn region(reply: &ReplyObject<'_>, first: Option<Piece<'_>>) -> Option<String> {
    let mut ignored = Problems::default();
    let first = first.and_then(|row| ReplyObject::open(row, "a row", &mut ignored));
    let mut rows = [Some(reply), first.as_ref()].into_iter().flatten();
    rows.find_map(|row| row.text("RegionId", &mut ignored)).map(|region| region.value.into_owned())
}

/// The problem for a reply without a known list: a refused call, or an unknown reply.
fn unreadable(reply: &ReplyObject<'_>, problems: &mut Problems) -> Problem {
    if let (Some(code), Some(message)) =
        (reply.text("Code", problems), reply.text("Message", problems))
    {
        let title = format!("the provider refused the call: `{}`", shown(&code));
        let problem = Problem::at(Code::BadReply, code.span, title, "error code");
        let problem = problem.and_at(message.span, "its message");
        return problem
            .help("run the call again with credentials that allow it, and save the output");
    }
    let lists = || CALLS.iter().map(|call| call.list);
    let close = reply.keys().find_map(|key| closest(key, lists()).first().copied());
    unknown_reply(reply.span, "unknown reply").did_you_mean(close.as_slice())
}

fn unknown_reply(span: Span, label: &str) -> Problem {
    let names: Vec<&str> = CALLS.iter().map(|call| call.name).collect();
    let title = "the file is not a known reply";
    // It may be a file of any kind, so its lines are not quoted.
    Problem::at(Code::BadReply, span, title, label).unquoted().help(SAVE).note(format!(
        "known are replies of {}, and lists of event notifications",
        names.join(", ")
    ))
}

/// Reports missing pages: all pages with the same kind, region and total together have fewer rows
/// than the total.
pub(super) fn report_missing(pages: &[ReplyPage<'_>], problems: &mut Problems) {
    let mut found = BTreeMap::new();
    let mut with_rows = BTreeSet::new();
    for page in pages {
        let Some(total) = page.total else { continue };
        let (rows, _) =
            found.entry((page.kind, *total, page.region.as_deref())).or_insert((0, total.span));
        *rows += page.rows.len();
        if !page.rows.is_empty() {
            with_rows.insert((page.kind, *total));
        }
    }
    for ((kind, total, _), (rows, span)) in found {
        // A page after the last one is empty and does not contain the region.
        let after_last = rows == 0 && with_rows.contains(&(kind, total));
        if rows >= total as usize || after_last {
            continue;
        }
        let all = kind.count(total as usize);
        let title = format!("the reply is one page of {all}, of which {rows} are here");
        let problem = Problem::at(Code::LeftOut, span, title, "total of all pages");
        let problem = problem.note("rows on missing pages are not imported");
        problems.add(problem.help("add the other pages, or use `--pager` to fetch all of them"));
    }
}
