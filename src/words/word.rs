//! Closed lists of words: an enum whose every variant is spelled in one way.

/// A closed list of words, as files and reports spell them.
pub trait Word: Copy + Eq + 'static {
    /// What one of these words is called in a message: "a trigger".
    const WHAT: &'static str;
    /// Every word, in the order in which lists show them.
    const ALL: &'static [Self];

    /// How it is spelled.
    fn word(self) -> &'static str;

    /// What it means, in one sentence.
    fn meaning(self) -> &'static str;

    /// Its place in [`Self::ALL`].
    fn index(self) -> u8;

    /// The word that is spelled so.
    fn spelled(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.word() == text)
    }

    /// What a rule may write to ask for one of these, and the words that it then takes, as a
    /// mask of their places: each word for itself, where a word is no set.
    fn choices() -> Vec<(&'static str, u32)> {
        Self::ALL.iter().map(|word| (word.word(), 1 << word.index())).collect()
    }

    /// What a rule may write to ask for just the words of a mask, where it is not a list of them.
    fn told(words: u32) -> Option<String> {
        let _ = words;
        None
    }
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

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::words::Word::word(*self))
            }
        }
    };
}

pub(crate) use words;
