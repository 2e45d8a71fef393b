//! The documents of an edition, with checks of their dates and addresses.

use crate::diagnostics::{Code, Problem, Problems, Spanned};
use crate::policy::dated::{Dated, FORMS};
use crate::policy::edition::Source;
use crate::policy::file::PolicyFile;

/// The documents of an edition, as written.
pub(super) fn sources(file: &PolicyFile, problems: &mut Problems) -> Vec<Source> {
    let edition = read_edition(&file.edition, problems);
    let all = file.sources.0.iter();
    all.map(|(key, part)| {
        let dated = part.dated.as_ref().and_then(|dated| read_date(dated, problems));
        read_address(part.at.as_ref(), problems);
        Source {
            key: key.to_string(),
            title: part.title.clone(),
            section: part.section.clone(),
            dated: part.dated.as_ref().map(|dated| dated.value.clone()),
            at: part.at.as_ref().map(|at| at.value.clone()),
            answers: part.answers.clone(),
            is_late: dated.zip(edition).is_some_and(|(dated, edition)| dated.is_after(edition)),
        }
    })
    .collect()
}

/// The date of the edition, with which documents are compared. It may have another name instead,
/// such as a number; then no document is later than it. A name that begins as a date must be one.
fn read_edition(edition: &Spanned<String>, problems: &mut Problems) -> Option<Dated> {
    let read = Dated::parse_plain(edition);
    let begins_as_date = edition.split_once('-').is_some_and(|(year, _)| {
        year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit())
    });
    if read.is_none() && begins_as_date {
        let title = format!("the edition `{}` is not a date", edition.escape_debug());
        let problem = Problem::at(Code::BadTime, edition.span, title, "not a date");
        let problem = problem.note("documents that are later than the edition are reported");
        problems.add(problem.help("write a day, a month or a year, such as `2026-05-15`"));
    }
    read
}

fn read_date(dated: &Spanned<String>, problems: &mut Problems) -> Option<Dated> {
    let read = Dated::parse(dated);
    if read.is_none() {
        let title = format!("`{}` is not a date", **dated);
        let problem = Problem::at(Code::BadTime, dated.span, title, "not a date");
        problems.add(problem.note(format!("accepted forms: {FORMS}")));
    }
    read
}

fn read_address(at: Option<&Spanned<String>>, problems: &mut Problems) {
    let Some(at) = at else { return };
    let rest = at.strip_prefix("https://").unwrap_or_default();
    if rest.is_empty() || rest.contains(char::is_whitespace) {
        let title = format!("`{}` is not an address", **at);
        let problem = Problem::at(Code::NoAddress, at.span, title, "readers cannot look this up");
        problems.add(problem.help("an address starts with `https://` and contains no space"));
    }
}
