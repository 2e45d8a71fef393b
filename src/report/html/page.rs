//! The frame of every page: style, script, symbols, and the rule that a browser may load nothing
//! else.

use base64::prelude::{BASE64_STANDARD, Engine};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::report::run_file::Input;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const SYMBOLS: &str = include_str!("page.svg");

/// The inputs of a page.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// The command that makes it again.
    pub command: String,
    /// Files and policies, with their digests.
    pub inputs: Vec<Input>,
}

/// A whole page. The texts of style, script and symbols are constants of the program; they are the
/// only ones that are not escaped.
pub(super) fn page(title: &str, main: &Markup) -> String {
    let rules = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
            form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(rules);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "stayput " (env!("CARGO_PKG_VERSION")) };
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (PreEscaped(SYMBOLS))
                main id="main" { (main) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// The part of a page that states its command and the digests of its inputs.
pub(super) fn made(made: &Made) -> Markup {
    html! {
        details {
            summary { "How this page was made" }
            pre {
                (made.command) "\n"
                @for input in &made.inputs { (input.sha256) "  " (input.name) "\n" }
            }
        }
    }
}

/// Heads of the columns of a table.
pub(super) fn heads(names: &[&str]) -> Markup {
    html! { @for name in names { th scope="col" { (name) } } }
}

/// Heads of columns that hold numbers.
pub(super) fn number_heads(names: &[&str]) -> Markup {
    html! { @for name in names { th.n scope="col" { (name) } } }
}

/// SHA-256 in base64, as content security policies write it.
fn digest(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_policies_write_it() {
        // echo -n '' | openssl dgst -sha256 -binary | base64
        assert_eq!(digest(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn nothing_closes_style_or_script_early() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</"));
        assert!(!STYLE.contains("url(") && !SYMBOLS.contains("http"));
    }
}
