//! `stayput diff`: what does another edition change?

use anstream::ColorChoice;

use super::load::Loader;
use super::{Exit, terminal};
use crate::policy::compare;
use crate::report::{diff_json, diff_markdown, diff_text};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The old policy: NAME@EDITION, or a file.
    old: String,
    /// The new one.
    new: String,
    /// How to print it.
    #[arg(short, long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For machines; `schema diff` describes it.
    Json,
    /// For a pull request.
    Markdown,
}

pub(super) fn run(arguments: &Arguments, colour: ColorChoice) -> Result<Exit, Exit> {
    let mut loader = Loader::new();
    let policies = (loader.policy(&arguments.old), loader.policy(&arguments.new));
    loader.refuse_or_go_on(terminal::paint_talk(colour))?;
    let (Some(old), Some(new)) = policies else { return Err(Exit::BadInput) };
    let comparison = compare(&old, &new);
    let text = match arguments.format {
        Format::Text => diff_text(&comparison, terminal::paint(colour)),
        Format::Json => format!("{:#}", diff_json(&comparison)),
        Format::Markdown => diff_markdown(&comparison),
    };
    super::print(&text)?;
    Ok(if comparison.is_same() { Exit::Yes } else { Exit::No })
}
