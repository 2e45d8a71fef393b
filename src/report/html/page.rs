//! The frame of every page: style, script, symbols, and what a browser may load, which is nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::diagnostics::hex_digest;
use crate::report::run_file::Input;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const SYMBOLS: &str = include_str!("page.svg");

/// What a page was made from.
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

/// How a page was made: the command and the digests of its inputs.
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

/// SHA-256 in base64, as content security policies write it.
fn digest(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let hex = hex_digest(&[text]);
    let bytes: Vec<u32> = (0..hex.len())
        .step_by(2)
        .filter_map(|at| u32::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect();
    let mut base64 = String::new();
    for three in bytes.chunks(3) {
        let group = three.iter().enumerate().fold(0, |all, (at, byte)| all | byte << (16 - 8 * at));
        for at in 0..4 {
            let digit = DIGITS.get((group >> (18 - 6 * at) & 63) as usize).copied();
            base64.push(if at <= three.len() { digit.map_or('=', char::from) } else { '=' });
        }
    }
    base64
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
