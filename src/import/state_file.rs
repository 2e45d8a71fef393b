//! State files: `*.tfstate` of version 4, and the output of the command `show -json` for a state or
//! a plan. This file finds their resources, and the functions in the table of calls read them.

use super::fields::ReplyObject;
use super::json::Piece;
use crate::diagnostics::{Code, Problem, Problems};

/// Largest depth to which modules are searched.
const DEEPEST: u8 = 32;

/// Whether an object is a state, or a plan.
pub(super) fn is_state(reply: &ReplyObject<'_>) -> bool {
    let has = |key: &str| reply.piece(key).is_some();
    has("terraform_version")
        || (has("format_version") && (has("values") || has("prior_state") || has("planned_values")))
        || (has("lineage") && has("serial"))
}

/// Gives the type and the attributes of every managed resource to `each`; `false` if the state
/// cannot be read, or is a plan without a state, which is reported.
pub(super) fn resources<'t>(
    state: &ReplyObject<'t>,
    problems: &mut Problems,
    each: &mut dyn FnMut(&str, Piece<'t>),
) -> bool {
    if let Some(prior) = state.object("prior_state", problems) {
        return resources(&prior, problems, each);
    }
    if let Some(values) = state.object("values", problems) {
        if let Some(root) = values.object("root_module", problems) {
            module(&root, 0, problems, each);
        }
        return true;
    }
    let version = state.number("version", problems);
    if state.piece("planned_values").is_some() {
        let title = "the plan holds no prior state: nothing exists yet";
        let problem = Problem::at(Code::LeftOut, state.span, title, "a plan");
        problems.add(problem.help("save `terraform show -json` of the state"));
        return false;
    }
    if let Some(version) = version.filter(|version| version.value != 4) {
        let title = format!("a state of version {} is not read", version.value);
        let problem = Problem::at(Code::BadReply, version.span, title, "not version 4");
        let help = "save the output of `terraform show -json`";
        let newer = if version.value < 4 { ", or let a newer version write it" } else { "" };
        problems.add(problem.help(format!("{help}{newer}")));
        return false;
    }
    for resource in state.list("resources", "resources", problems) {
        let Some(resource) = ReplyObject::open(resource, "a resource", problems) else { continue };
        let Some(kind) = managed(&resource, problems) else { continue };
        for instance in resource.list("instances", "instances", problems) {
            let one = ReplyObject::open(instance, "an instance of a resource", problems);
            // An instance that is marked as deposed has a successor, and is about to be destroyed.
            if let Some(one) = one.filter(|one| one.is_blank("deposed"))
                && let Some(attributes) = one.piece("attributes")
            {
                each(&kind, attributes);
            }
        }
    }
    true
}

fn module<'t>(
    module_: &ReplyObject<'t>,
    depth: u8,
    problems: &mut Problems,
    each: &mut dyn FnMut(&str, Piece<'t>),
) {
    for resource in module_.list("resources", "resources", problems) {
        let Some(resource) = ReplyObject::open(resource, "a resource", problems) else { continue };
        if let Some(kind) = managed(&resource, problems)
            && let Some(values) = resource.piece("values")
        {
            each(&kind, values);
        }
    }
    for child in module_.list("child_modules", "child_modules", problems) {
        if depth == DEEPEST {
            let title = format!("modules are nested more than {DEEPEST} deep");
            problems.add(Problem::at(Code::LeftOut, child.span(), title, "left out"));
            return;
        }
        if let Some(child) = ReplyObject::open(child, "a module", problems) {
            module(&child, depth + 1, problems, each);
        }
    }
}

/// The type of a resource, unless it only looks something up.
fn managed(resource: &ReplyObject<'_>, problems: &mut Problems) -> Option<String> {
    let mode = resource.text("mode", problems);
    let kind = resource.text("type", problems)?;
    mode.is_none_or(|mode| *mode == "managed").then(|| kind.value.into_owned())
}
