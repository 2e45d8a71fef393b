//! `verb_list!`: the code that is the same for every verb.

/// Generates, from the list of verbs, the enum of verbs and the functions that look one up.
macro_rules! verb_list {
    ($($verb:literal => $name:ident,)+) => {
        /// The names of all verbs.
        pub const VERBS: &[&str] = &[$($verb),+];

        /// A verb with its keys, as a file states them.
        #[derive(Debug, Clone)]
        pub enum WrittenVerb {
            $(#[doc = concat!("`", $verb, "`, with its keys.")] $name(Box<$name>),)+
        }

        impl WrittenVerb {
            /// Reads the value of the key `verb`; `None` if it has a mistake, which is reported.
            pub fn read(verb: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
                match verb {
                    $($verb => $name::read(node, problems).map(Box::new).map(Self::$name),)+
                    _ => None,
                }
            }
        }

        /// A reference to the schema of a verb; `None` if there is no such verb.
        pub fn verb_definition(verb: &str, schemas: &mut Schemas) -> Option<Json> {
            match verb {
                $($verb => Some($name::schema(schemas)),)+
                _ => None,
            }
        }

        /// The keys of a verb, including `by` and `via`.
        pub fn verb_keys(verb: &str) -> &'static [&'static str] {
            match verb {
                $($verb => $name::KEYS,)+
                _ => &[],
            }
        }

        /// The required keys of a verb.
        pub fn verb_needs(verb: &str) -> Vec<&'static str> {
            match verb {
                $($verb => $name::required_keys(),)+
                _ => Vec::new(),
            }
        }
    };
}

pub(super) use verb_list;
