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
        return Err(Box::new(unknown_protection(name, span, &[policy], Some(kind))));
    };
    let of = policy.protections[id.index()].of;
    if of == kind {
        return Ok(id);
    }
    let title = format!("`{name}` is set on {}, not on {}", a(of), a(kind));
    let problem = Problem::at(Code::UnknownRule, span, title, "wrong subject");
    Err(Box::new(propose(problem, name, &[policy], Some(kind))))
}

fn a(subject: SubjectKind) -> String {
    match subject {
        SubjectKind::Account | SubjectKind::Instance => format!("an {}", subject.word()),
        SubjectKind::Group => format!("a {}", subject.word()),
    }
}

/// The problem that no policy of the scenario has a protection with this name. Those of the subject
/// are proposed; all, if it is `None`.
pub fn unknown_protection(
    name: &str,
    span: Span,
    policies: &[&Policy],
    of: Option<SubjectKind>,
) -> Problem {
    let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    let title = format!("{} has no protection `{name}`", names.join(", "));
    let problem = Problem::at(Code::UnknownRule, span, title, "unknown protection");
    propose(problem, name, policies, of)
}

/// Adds the protections that are possible instead of `name`.
fn propose(problem: Problem, name: &str, policies: &[&Policy], of: Option<SubjectKind>) -> Problem {
    let all = policies.iter().flat_map(|policy| &policy.protections);
    let fits = all.filter(|protection| of.is_none_or(|of| protection.of == of));
    let (mut known, mut attributes) = (Vec::new(), Vec::new());
    for protection in fits {
        known.push(protection.name.as_str());
        attributes.extend(protection.attribute.as_deref());
    }
    known.sort_unstable();
    known.dedup();
    let mut close = closest(name, known.iter().copied());
    if close.is_empty() {
        close = closest(name, attributes);
    }
    let of = of.map(|of| format!(" of {}", a(of))).unwrap_or_default();
    let note = if known.is_empty() {
        format!("there are no protections{of}")
    } else {
        format!("protections{of}: {}", known.join(", "))
    };
    problem.did_you_mean(&close).note(note)
}
