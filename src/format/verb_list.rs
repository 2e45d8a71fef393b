//! `verb_list!`: from the list of verbs, what is the same for each of them.

/// From the list of verbs: the enum of what is written, and what is the same for each verb.
macro_rules! verb_list {
    ($($verb:literal => $name:ident,)+) => {
        /// The verbs.
        pub const VERBS: &[&str] = &[$($verb),+];

        /// A verb as written.
        #[derive(Debug, Clone)]
        #[expect(missing_docs, reason = "each has the docs of its record")]
        pub enum WrittenVerb {
            $($name(Box<$name>),)+
        }

        impl WrittenVerb {
            /// Reads the mapping behind the key `verb`.
            pub fn read(verb: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
                match verb {
                    $($verb => $name::read(node, problems).map(Box::new).map(Self::$name),)+
                    _ => None,
                }
            }
        }

        /// A reference to the definition of a verb.
        pub fn verb_definition(verb: &str, schemas: &mut Schemas) -> Option<Json> {
            match verb {
                $($verb => Some($name::schema(schemas)),)+
                _ => None,
            }
        }

        /// The keys of a verb, `by` and `via` included.
        pub fn verb_keys(verb: &str) -> &'static [&'static str] {
            match verb {
                $($verb => $name::KEYS,)+
                _ => &[],
            }
        }

        /// The keys that a verb needs.
        pub fn verb_needs(verb: &str) -> Vec<&'static str> {
            match verb {
                $($verb => $name::required_keys(),)+
                _ => Vec::new(),
            }
        }
    };
}

pub(super) use verb_list;
