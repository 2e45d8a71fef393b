//! Words of a command line that a person can paste into a shell.

use std::borrow::Cow;

use crate::diagnostics::visible;

/// A word of a command: in quotes if a shell would read it as anything but one plain word.
/// Invisible characters are escaped, so that the word is what a person sees.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    let is_plain = |c: char| c.is_alphanumeric() || "@%+=:,./_-#".contains(c);
    if !text.is_empty() && !text.starts_with('#') && text.chars().all(is_plain) {
        return text;
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

/// A command of this program that a person can paste into a shell: `stayput` and its words.
pub fn shell_command<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words = words.into_iter().map(shell_word);
    std::iter::once("stayput".into()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{shell_command, shell_word};

    #[test]
    fn each_word_of_a_command_is_quoted_by_itself() {
        assert_eq!(shell_command(["bless", "a b/x.yaml"]), "stayput bless 'a b/x.yaml'");
    }

    #[test]
    fn a_word_that_a_shell_would_read_otherwise_is_quoted() {
        for plain in ["scenarios/a.yaml#go/web-1", "house@2026-05-15", "名-1"] {
            assert_eq!(shell_word(plain), plain);
        }
        for (text, word) in [
            ("two|x", "'two|x'"),
            ("one]]>", "'one]]>'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("a b", "'a b'"),
            ("#x", "'#x'"),
            ("", "''"),
            ("a\nb\u{1b}[31m", r"'a\nb\u{1b}[31m'"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
