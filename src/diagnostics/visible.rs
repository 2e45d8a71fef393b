//! Text of a file in a form that is safe for terminals, logs and reports.

use std::borrow::Cow;

/// Whether a character controls a terminal, begins a line, or reorders or hides the text around it.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with every such character escaped, as `\n` or `\u{202e}`, so that it stays on one line
/// and has no effect.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unseen(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn text_without_hidden_characters_is_borrowed() {
        assert!(matches!(visible("größer: 東京"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn hidden_characters_are_escaped() {
        assert_eq!(visible("a\n::error::b"), "a\\n::error::b");
        assert_eq!(visible("\u{1b}[31m\u{202e}x\u{feff}"), "\\u{1b}[31m\\u{202e}x\\u{feff}");
    }
}
