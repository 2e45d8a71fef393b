//! Reads a fleet from the replies in some texts, in any order.

use std::collections::{BTreeMap, BTreeSet};

use super::call::ListedCall;
use super::calls::{CALLS, PROVIDERS};
use super::fields::ReplyObject;
use super::imported::{Imported, Unseen};
use super::json::ReplyText;
use super::pages::{Unwrapping, how_to_save, report_missing, summaries};
use super::reader::{FleetReader, Missing};
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Spanned, closest};

/// The word of `from:` for state files.
const STATE_FILES: &str = "terraform";

/// Largest number of instances in one call that lists renewals.
const MOST_IDS: usize = 100;

/// Imports replies, in any order: `texts` are files of `sources`. Without `from` their calls are
/// distinguished by shape alone. Rows about the same instance are joined.
pub fn import(
    from: Option<&Spanned<String>>,
    texts: &[FileId],
    sources: &Sources,
    problems: &mut Problems,
) -> Imported {
    if let Some(from) = from.filter(|from| !PROVIDERS.contains(&from.value.as_str())) {
        let mut problem = unknown_provider(from);
        problem.labels.push((from.span, "unknown provider".into()));
        problems.add(problem);
        return Imported::default();
    }
    let from = from.map(|from| from.value.as_str());
    let save = how_to_save(from);
    let replies: Vec<_> = texts.iter().map(|file| ReplyText::new(*file, sources, save)).collect();
    let mut pages = Vec::new();
    let mut out = Imported::default();
    for (text, file) in replies.iter().zip(texts) {
        let path = sources.path(*file);
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
        let before = pages.len();
        for value in text.values(problems) {
            pages.extend(Unwrapping { from, file: &name, problems }.open(value));
        }
        let lines = summaries(pages.get(before..).unwrap_or_default(), problems);
        out.read.extend(lines.into_iter().map(|line| format!("{path}: {line}")));
    }
    report_missing(&pages, problems);
    let clouds: BTreeSet<&str> = pages.iter().map(|page| page.call.cloud).collect();
    out.clouds = clouds;
    let mut reader = FleetReader::new(out, problems);
    // Within an order, a listing is read before a state file, which is older.
    pages.sort_by_key(|page| (page.call.order, page.call.from == STATE_FILES));
    for page in &pages {
        reader.from = page.call.from;
        for row in &page.rows {
            if let Some(row) = ReplyObject::open(*row, page.call.one, reader.problems) {
                (page.call.read)(&mut reader, &row);
            }
        }
    }
    reader.azure.locks_listed = pages.iter().any(|page| page.call.gives.contains(&"CanNotDelete"));
    reader.complete_groups();
    reader.report_unknown_schedules();
    reader.ecs_unseen();
    reader.az_join();
    reader.drop_duplicates();
    reader.report_folded();
    let missing = std::mem::take(&mut reader.missing);
    let mut out = reader.out;
    out.unseen = unseen(&out, missing);
    out.work = replies.iter().map(ReplyText::work).sum();
    out
}

/// The problem of a provider whose replies are not read.
pub fn unknown_provider(from: &str) -> Problem {
    let title = format!("replies of `{from}` cannot be imported");
    let problem = Problem::bare(Code::UnknownWord, title);
    let problem = problem.did_you_mean(&closest(from, PROVIDERS.iter().copied()));
    problem.note(format!("one of: {}", PROVIDERS.join(", ")))
}

/// Facts that no reply shows, counted by the call that would show them.
fn unseen(out: &Imported, missing: BTreeMap<Missing, usize>) -> Vec<Unseen> {
    let subscriptions = subscriptions_without_renewal(out);
    let command = |missing: &Missing| {
        let gives =
            |call: &&ListedCall| call.cloud == missing.cloud && call.gives.contains(&missing.fact);
        CALLS.iter().find(gives).map_or("", |call| call.command)
    };
    // A call that names no group shows the fact for the members of all groups.
    let mut by_call: BTreeMap<Missing, usize> = BTreeMap::new();
    for (mut one, count) in missing {
        let call = command(&one);
        for (sign, name) in [("{group}", &mut one.group), ("{place}", &mut one.place)] {
            if !call.contains(sign) {
                name.clear();
            }
        }
        *by_call.entry(one).or_default() += count;
    }
    let line = |(missing, count): (Missing, usize)| {
        let call = command(&missing);
        let Missing { cloud, subject, fact, group, place } = missing;
        let or = |text: String, word: &str| if text.is_empty() { word.to_owned() } else { text };
        let (group, place) = (or(group, "NAME"), or(place, "RESOURCE-GROUP"));
        let call = call.replace("{group}", &group).replace("{place}", &place);
        let call = call.replace("{instances}", &subscriptions);
        let of = if subject == "group" {
            out.clouds_of_groups.iter().filter(|of| **of == cloud).count()
        } else {
            out.origins.iter().filter(|origin| origin.cloud == cloud).count()
        };
        Unseen { count, of, subject, fact, call }
    };
    by_call.into_iter().map(line).collect()
}

/// The ids of subscriptions whose renewal no reply contains, joined by commas, at most as many as
/// one call accepts.
fn subscriptions_without_renewal(out: &Imported) -> String {
    let open = out
        .instances
        .iter()
        .filter(|(_, written)| written.renewal.is_some_and(|renewal| !renewal.is_known()));
    let ids = open.take(MOST_IDS).map(|(id, _)| id.value.as_str());
    ids.collect::<Vec<_>>().join(",")
}
