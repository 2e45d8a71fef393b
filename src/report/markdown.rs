//! Text in Markdown reports: it is shown as it is and does nothing.
//!
//! A report is posted as a comment on a pull request, and much of its text comes from the files of
//! that pull request: names, titles, reasons, expected answers. Such a text must not notify anybody
//! (`@name`), link anywhere or add markup. The platform looks for mentions and links after it has
//! read the markup, so that a backslash does not stop them; only code does. Therefore each word
//! that could become one is shown as code.

/// A text of any origin, as part of a line. The text between two backticks is code, as in the
/// messages of this program.
pub fn text(text: &str) -> String {
    formatted(text, code)
}

/// As [`text`], as part of a cell of a table.
pub fn cell(text: &str) -> String {
    formatted(text, code_cell)
}

/// A text whose code is formatted by `code`.
fn formatted(text: &str, code: fn(&str) -> String) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let mut out = String::with_capacity(text.len());
    for (at, part) in parts.iter().enumerate() {
        match at % 2 {
            1 if at < last => out.push_str(&code(part)),
            // A backtick without a second one.
            1 => {
                out.push_str("\\`");
                plain(part, code, &mut out);
            }
            _ => plain(part, code, &mut out),
        }
    }
    out
}

/// A text of any origin as code, as part of a cell of a table: there a `|` would end the cell, and
/// only there a backslash before it is not shown.
pub fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A text of any origin as code, as part of a line.
pub fn code(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let text = text.replace(['\n', '\r'], " ");
    // Code that begins or ends with a backtick, or is empty, needs blanks; the first and the last
    // are not shown.
    let pad = if text.is_empty() || text.contains('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text without backticks.
fn plain(text: &str, code: fn(&str) -> String, out: &mut String) {
    for (at, word) in text.split([' ', '\n', '\r', '\t']).enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if is_active(word) {
            out.push_str(&code(word));
            continue;
        }
        for c in word.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '&' => out.push_str("&amp;"),
                '\\' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
                _ => out.push(c),
            }
        }
    }
}

/// Whether a word could be taken for a mention, an address, an issue or a commit.
fn is_active(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let is_commit = |part: &str| part.len() >= 7 && part.bytes().all(|b| b.is_ascii_hexdigit());
    word.contains(['@', '#'])
        || ["://", "www.", "mailto:", "xmpp:", "gh-"].iter().any(|start| lower.contains(start))
        || word.split(|c: char| !c.is_ascii_alphanumeric()).any(is_commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_origin_has_no_markup() {
        for (from, to) in [
            ("web-1 was released", "web-1 was released"),
            ("`web-1` is `held`", "`web-1` is `held`"),
            ("ask @ops-team, please", "ask `@ops-team,` please"),
            ("see https://x.example/a_b", "see `https://x.example/a_b`"),
            ("(www.x.example)", "`(www.x.example)`"),
            ("mail a@b.example", "mail `a@b.example`"),
            ("fixes #12 and GH-13", "fixes `#12` and `GH-13`"),
            (
                "at 0123456789abcdef0123456789abcdef01234567",
                "at `0123456789abcdef0123456789abcdef01234567`",
            ),
            ("[x](y) ![i](j)", "\\[x\\](y) !\\[i\\](j)"),
            ("<img src=x> a<b && c", "&lt;img src=x> a&lt;b &amp;&amp; c"),
            ("*a* __b__ ~~c~~ \\d", "\\*a\\* \\_\\_b\\_\\_ \\~\\~c\\~\\~ \\\\d"),
            ("a|b\nc", "a\\|b c"),
            // A text that closes the code in which a message quotes it.
            ("`a` @team `b`", "`a` `@team` `b`"),
            ("one ` @team", "one \\` `@team`"),
            ("`a|b`", "`a|b`"),
            ("``", "`  `"),
        ] {
            assert_eq!(text(from), to, "{from}");
        }
        // A cell of a table needs a backslash before each bar, and a line shows it in code.
        assert_eq!(cell("`a|b` c|d @e|f"), "`a\\|b` c\\|d `@e\\|f`");
        assert_eq!(text("`a|b` c|d @e|f"), "`a|b` c\\|d `@e|f`");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(code("@team"), "`@team`");
    }
}
