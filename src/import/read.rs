//! From texts to a fleet: every value of every text, whatever it is wrapped in, in any order.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{CALLS, POLICIES, PROVIDERS};
use super::fields::ReplyObject;
use super::imported::{Imported, ImportedAccount, Unseen};
use super::json::ReplyText;
use super::pages::{SAVE, Unwrapping, report_missing};
use super::reader::{FleetReader, Missing};
use crate::diagnostics::{Code, FileId, Problem, Problems, Sources, Span, Spanned, closest};
use crate::format::Name;

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
    let replies: Vec<_> = texts.iter().map(|file| ReplyText::new(*file, sources, SAVE)).collect();
    let mut pages = Vec::new();
    let mut out = Imported::default();
    for (text, file) in replies.iter().zip(texts) {
        let path = sources.path(*file);
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
        for value in text.values(problems) {
            let from = from.map(|from| from.value.as_str());
            let found = Unwrapping { from, file: &name, problems }.open(value);
            let lines = found.iter().map(|page| format!("{path}: {}", page.summary(problems)));
            out.read.extend(lines);
            pages.extend(found);
        }
    }
    report_missing(&pages, problems);
    let clouds: BTreeSet<&str> = pages.iter().map(|page| page.call.cloud).collect();
    out.policies = POLICIES.into_iter().filter(|(cloud, _)| clouds.contains(cloud)).collect();
    let mut reader = FleetReader::new(out, problems);
    pages.sort_by_key(|page| page.call.order);
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
    let of_first = (reader.out.instances.len(), reader.out.groups.len());
    reader.az_join();
    place(&mut reader.out, of_first);
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

/// Gives each cloud an account with its policy, if there are several: instances and groups before
/// `of_first` are of the first cloud.
fn place(out: &mut Imported, of_first: (usize, usize)) {
    let mut clouds: Vec<_> = out.policies.iter().map(|(cloud, policy)| (*cloud, *policy)).collect();
    if clouds.len() < 2 {
        return;
    }
    let second = clouds.split_off(1);
    for (_, account) in &mut out.accounts {
        account.policy = second.first().map(|(_, policy)| *policy);
    }
    let mut used = BTreeMap::new();
    let mut account_of = |own: &mut Option<Spanned<Name>>, is_first: bool, span: Span| {
        let (cloud, policy) = if is_first { clouds[0] } else { second[0] };
        if own.is_none() {
            *own = Some(Spanned::new(Name(cloud.into()), span));
            used.entry(cloud).or_insert((policy, span));
        }
    };
    for (at, (name, written)) in out.instances.iter_mut().enumerate() {
        account_of(&mut written.account, at < of_first.0, name.span);
    }
    for (at, (name, written)) in out.groups.iter_mut().enumerate() {
        account_of(&mut written.account, at < of_first.1, name.span);
    }
    for (cloud, (policy, span)) in used {
        let account = ImportedAccount { policy: Some(policy), arrears_since: None };
        out.accounts.push((Spanned::new(cloud.to_owned(), span), account));
    }
}

/// Facts that no reply shows, counted by the call that would show them.
fn unseen(out: &Imported, missing: BTreeMap<Missing, usize>) -> Vec<Unseen> {
    let line = |(missing, count): (Missing, usize)| {
        let Missing { cloud, subject, fact, group, place } = missing;
        let call = CALLS.iter().find(|call| call.cloud == cloud && call.gives.contains(&fact));
        let call = call.map_or("", |call| call.command);
        let call = call.replace("{group}", &group).replace("{place}", &place);
        let of = if subject == "group" { out.groups.len() } else { out.instances.len() };
        Unseen { count, of, subject, fact, call }
    };
    missing.into_iter().map(line).collect()
}
