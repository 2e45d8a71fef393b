//! Text of a file in a form that is safe for terminals, logs and reports.

use std::borrow::Cow;

/// Whether a character controls a terminal, begins a line, reorders or hides the text around it, or
/// is not visible itself, so that two texts that differ in it look alike.
pub fn is_unseen(c: char) -> bool {
    c.is_control() || (c >= '\u{ad}' && (is_ignorable(c) || is_blank(c) || is_no_character(c)))
}

/// The property `Default_Ignorable_Code_Point` of the Unicode Character Database, file
/// `DerivedCoreProperties.txt`, version 14.0.
const fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}')
        || matches!(c, '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(c, '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}

/// Separators of lines and paragraphs, the empty Braille pattern, and marks of annotations.
const fn is_blank(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{2029}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}')
}

/// Code points that Unicode reserves: the last two of each plane, and 32 others.
const fn is_no_character(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || c as u32 & 0xfffe == 0xfffe
}

/// Whether a CI server would read a line as a command: some do if `::` and a word follow its
/// leading blanks, others if it contains `##[` or `##vso[`. Messages have lines that begin with
/// `:::`.
pub fn is_ci_command(line: &str) -> bool {
    let is_bracket = |rest: &str| {
        rest.starts_with('[') || rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("vso["))
    };
    let mut after =
        line.match_indices('#').filter_map(|(at, _)| line.get(at..)?.strip_prefix("##"));
    let begins = line.trim_start().strip_prefix("::").is_some_and(|rest| !rest.starts_with(':'));
    begins || after.any(is_bracket)
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
    fn a_character_that_is_not_visible_is_escaped() {
        let unseen = [
            0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180f, 0x200d, 0x2028, 0x202e,
            0x2065, 0x2800, 0x3164, 0xfdd0, 0xfe0f, 0xffa0, 0xfff9, 0xfffb, 0xffff, 0x1bca0,
            0x1d173, 0x1fffe, 0xe0001, 0xe0fff, 0x10_ffff,
        ];
        for code in unseen {
            let c = char::from_u32(code).unwrap();
            assert_eq!(visible(&format!("a{c}b")), format!("a\\u{{{code:x}}}b"));
        }
        for seen in ["a\u{a0}b", "é", "e\u{301}", "東", "\u{fffd}", "😀"] {
            assert_eq!(visible(seen), seen);
        }
    }

    #[test]
    fn hidden_characters_are_escaped() {
        assert_eq!(visible("a\n::error::b"), "a\\n::error::b");
        assert_eq!(visible("\u{1b}[31m\u{202e}x\u{feff}"), "\\u{1b}[31m\\u{202e}x\\u{feff}");
    }
}
