//! The trait of closed lists of words, and the macro that declares them as enums.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

/// A word of a closed list, as files and reports spell it.
pub trait Word: Copy + Eq + 'static {
    /// Name of the list in messages, with its article: "a trigger".
    const WHAT: &'static str;
    /// Every word, in the order in which lists show them.
    const ALL: &'static [Self];

    /// The spelling in files and reports.
    fn word(self) -> &'static str;

    /// The meaning, in one sentence; schemas print it.
    fn meaning(self) -> &'static str;

    /// Index in [`Self::ALL`].
    fn index(self) -> u8;

    /// The word with this spelling; `None` if the list has no such word.
    fn spelled(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.word() == text)
    }

    /// The spellings that a condition of a rule may use, each with a mask of the words that it
    /// matches: one bit for each index in [`Self::ALL`]. A spelling matches only its own word,
    /// unless the words are sets.
    fn choices() -> Vec<(&'static str, u32)> {
        Self::ALL.iter().map(|word| (word.word(), 1 << word.index())).collect()
    }

    /// The condition that matches exactly the words of a mask; `None` if a plain list of words is
    /// enough.
    fn describe(words: u32) -> Option<String> {
        let _ = words;
        None
    }
}

/// Writes a word: its spelling in a text format, its index in a binary format.
pub(crate) fn serialize_word<S: Serializer>(word: impl Word, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        to.serialize_str(word.word())
    } else {
        to.serialize_u8(word.index())
    }
}

/// The word that [`serialize_word`] wrote.
pub(crate) fn deserialize_word<'de, D: Deserializer<'de>, W: Word>(from: D) -> Result<W, D::Error> {
    if !from.is_human_readable() {
        let index = u8::deserialize(from)?;
        let word = W::ALL.get(usize::from(index)).copied();
        return word.ok_or_else(|| D::Error::custom(format!("{index} is not {}", W::WHAT)));
    }
    let text = String::deserialize(from)?;
    W::spelled(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not {}", W::WHAT)))
}

/// Declares an enum that is a [`Word`]: variant, spelling and meaning in one place.
macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident: $what:literal {
        $($(#[doc = $meaning:literal])+ $variant:ident = $spelling:literal,)+
    }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl $crate::words::Word for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $spelling,)+
                }
            }

            fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($meaning),+).trim_ascii(),)+
                }
            }

            fn index(self) -> u8 {
                self as u8
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::words::serialize_word(*self, to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::words::deserialize_word(from)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::words::Word::word(*self))
            }
        }
    };
}

pub(crate) use words;
