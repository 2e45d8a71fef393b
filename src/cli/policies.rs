//! `stayput policies`: the built-in editions. `stayput rules`: the rules of one edition.

use anstream::ColorChoice;

use super::shared::exit::Exit;
use super::shared::load::Loader;
use super::shared::messages::print_problem;
use super::shared::terminal;
use crate::diagnostics::{Code, Problem, closest};
use crate::policy::{Catalog, Policy, Rule};
use crate::report::{
    Edition, editions_json, editions_text, rule_text, rules_json, rules_text, shell_command,
};

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Readable text.
    Text,
    /// JSON.
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct PoliciesArguments {
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct RulesArguments {
    /// Policy: NAME@EDITION or a file.
    policy: String,
    /// Id of a rule (default: list all rules).
    id: Option<String>,
    /// Output format.
    #[arg(short, long, default_value = "text")]
    format: Format,
}

/// Prints the built-in editions.
pub(super) fn policies(arguments: &PoliciesArguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let mut editions = Vec::new();
    for name in Catalog::names() {
        if let Some(policy) = loader.policy(name) {
            editions.push(Edition { policy, extends: Catalog::extends(name) });
        }
    }
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    match arguments.format {
        Format::Text => terminal::print(&editions_text(&editions, terminal::page(colour).width)),
        Format::Json => terminal::print(&format!("{:#}", editions_json(&editions))),
    }?;
    Ok(Exit::Success)
}

/// Prints all rules of an edition, or one rule in full.
pub(super) fn rules(arguments: &RulesArguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let policy = loader.policy(&arguments.policy);
    loader.refuse_or_continue(terminal::stderr_paint(colour))?;
    let Some(policy) = policy else { return Err(Exit::BadInput) };
    let one =
        arguments.id.as_deref().map(|id| named(&policy, &arguments.policy, id)).transpose()?;
    let page = terminal::page(colour);
    match (arguments.format, one) {
        (Format::Json, one) => {
            let chosen: Vec<&Rule> = match one {
                Some(rule) => vec![rule],
                None => policy.rules.iter().collect(),
            };
            terminal::print(&format!("{:#}", rules_json(&policy, &chosen, &loader.sources)))
        }
        (Format::Text, Some(rule)) => {
            terminal::print(&rule_text((&policy, rule), &policy.name, &loader.sources, page))
        }
        (Format::Text, None) => terminal::print(&rules_text(&policy, page)),
    }?;
    Ok(Exit::Success)
}

fn named<'p>(policy: &'p Policy, name: &str, id: &str) -> Result<&'p Rule, Exit> {
    policy.rules.iter().find(|rule| rule.id == id).ok_or_else(|| {
        let known = policy.rules.iter().map(|rule| rule.id.as_str());
        let title = format!("{} has no rule `{id}`", policy.name);
        let problem = Problem::bare(Code::UnknownRule, title).did_you_mean(&closest(id, known));
        print_problem(
            problem.help(format!("run `{}` to list them", shell_command(["rules", name]))),
        );
        Exit::BadInput
    })
}
