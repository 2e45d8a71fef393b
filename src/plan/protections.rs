//! The lookup of a protection by its name or by the provider's attribute.

use crate::diagnostics::{Code, Problem, Span, closest};
use crate::policy::{Policy, Rulebook};
use crate::words::{ProtectionId, SubjectKind, Word};

/// A protection of a policy by its name or by the provider's attribute. It must belong to subjects
/// of this kind.
///
/// # Errors
/// If there is no such protection; the error is the problem to report.
pub fn protection_of(
    book: &Rulebook,
    name: &str,
    span: Span,
    kind: SubjectKind,
) -> Result<ProtectionId, Box<Problem>> {
    let policy = &book.policy;
    let Some(id) = policy.protection(name) else {
        return Err(Box::new(unknown_protection(name, span, &[policy])));
    };
    let of = policy.protections[id.index()].of;
    if of == kind {
        return Ok(id);
    }
    let title = format!("`{name}` is set on {}, not on {}", a(of), a(kind));
    Err(Box::new(Problem::at(Code::UnknownRule, span, title, "wrong subject")))
}

fn a(subject: SubjectKind) -> String {
    match subject {
        SubjectKind::Account | SubjectKind::Instance => format!("an {}", subject.word()),
        SubjectKind::Group => format!("a {}", subject.word()),
    }
}

/// The problem that no policy of the scenario has a protection with this name.
pub fn unknown_protection(name: &str, span: Span, policies: &[&Policy]) -> Problem {
    let all = || policies.iter().flat_map(|policy| &policy.protections);
    let mut known: Vec<&str> = all().map(|protection| protection.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let attributes = all().filter_map(|protection| protection.attribute.as_deref());
    let mut close = closest(name, known.iter().copied());
    if close.is_empty() {
        close = closest(name, attributes);
    }
    let policies: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    let title = format!("{} has no protection `{name}`", policies.join(", "));
    let problem = Problem::at(Code::UnknownRule, span, title, "unknown protection");
    problem.did_you_mean(&close).note(format!("protections: {}", known.join(", ")))
}
