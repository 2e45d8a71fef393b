//! What a rule says, as written.

use serde::{Deserialize, Serialize};

/// The conditions and conclusions of a rule as written: keys and words. They are one text, because
/// every command reads all rules of its edition and few print them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says(String);

/// Control characters, which no text of a file contains.
const AFTER_KEY: char = '\u{1f}';
const AFTER_WORDS: char = '\u{1e}';

impl Says {
    /// The keys, each with its words.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.split_terminator(AFTER_WORDS);
        pairs.filter_map(|pair| pair.split_once(AFTER_KEY))
    }
}

impl<'t, K: AsRef<str> + 't, W: AsRef<str> + 't> FromIterator<&'t (K, W)> for Says {
    fn from_iter<I: IntoIterator<Item = &'t (K, W)>>(pairs: I) -> Self {
        let mut text = String::new();
        for (key, words) in pairs {
            text.push_str(key.as_ref());
            text.push(AFTER_KEY);
            text.push_str(words.as_ref());
            text.push(AFTER_WORDS);
        }
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_back() {
        for pairs in [&[][..], &[("a", "")], &[("trigger", "manual expiry"), ("if", "x: y, z")]] {
            let says: Says = pairs.iter().collect();
            assert_eq!(says.iter().collect::<Vec<_>>(), pairs);
        }
    }
}
