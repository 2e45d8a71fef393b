//! `verbs!`: from one statement of a verb, its record, its resolved struct and its parsers.

macro_rules! verbs {
    (
        api_calls { $(
            $(#[doc = $about:literal])+
            $verb:literal => $name:ident {
                $($(#[doc = $doc:literal])+ $mode:ident $key:literal => $field:ident: $part:ty,)+
            }
        )+ }
        platform_events { $($rest:tt)+ }
    ) => {
        // Every API call has the keys `by` and `via`.
        verbs! { $(
            $(#[doc = $about])+
            $verb => $name {
                $($(#[doc = $doc])+ $mode $key => $field: $part,)+
                /// The name of the caller.
                optional "by" => by: Actor,
                /// The way by which the call comes in.
                optional "via" => via: Channel,
            }
        )+ $($rest)+ }
    };
    ($(
        $(#[doc = $about:literal])+
        $verb:literal => $name:ident {
            $($(#[doc = $doc:literal])+ $mode:ident $key:literal => $field:ident: $part:ty,)+
        }
    )+) => {
        /// The verbs.
        pub const VERBS: &[&str] = &[$($verb),+];

        /// Each verb as written.
        pub mod written {
            use super::*;
            $(crate::format::record! {
                $(#[doc = $about])+
                $name: $verb {
                    $($(#[doc = $doc])+ $mode $key => $field: <$part as VerbKey>::Written,)+
                }
            })+
        }

        /// Each verb with ids in place of names.
        pub mod resolved {
            use super::*;
            $(
                $(#[doc = $about])+
                #[derive(Debug, Clone, Copy, PartialEq, Eq)]
                pub struct $name {
                    $(
                        $(#[doc = $doc])+
                        pub $field: verbs!(@type $mode <$part as VerbKey>::Resolved),
                    )+
                }
            )+
        }

        /// A verb as written.
        #[derive(Debug, Clone)]
        pub enum WrittenVerb {
            $($(#[doc = $about])+ $name(Box<written::$name>),)+
        }

        /// A verb with every name resolved.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($(#[doc = $about])+ $name(resolved::$name),)+
        }

        impl WrittenVerb {
            /// Reads the mapping behind the key `verb`.
            pub fn read(verb: &str, node: &Node, problems: &mut Problems) -> Option<Self> {
                match verb {
                    $($verb => {
                        written::$name::read(node, problems).map(Box::new).map(Self::$name)
                    })+
                    _ => None,
                }
            }

            /// Resolves its names.
            pub fn resolve(&self, resolver: &mut Resolver<'_>) -> Option<Event> {
                match self {
                    $(Self::$name(written) => {
                        $(let $field = verbs!(@resolve $mode $part, written.$field, resolver);)+
                        Some(Event::$name(resolved::$name {
                            $($field: verbs!(@take $mode $field),)+
                        }))
                    })+
                }
            }
        }

        /// The parser of a verb's cells; `None` for a word that is not a verb.
        pub fn cell_parser(verb: &str) -> Option<ParseCells> {
            match verb {
                $($verb => Some(|cells, names| {
                    $(let $field = verbs!(@cell $mode $part, cells.next().flatten(), names)?;)+
                    Some(Event::$name(resolved::$name { $($field,)+ }))
                }),)+
                _ => None,
            }
        }

        impl Event {
            /// Its verb.
            pub const fn verb(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $verb,)+
                }
            }

            /// The instances, the group and the account that it names.
            pub fn targets(&self) -> EventTargets {
                let mut targets = EventTargets::default();
                match self {
                    $(Self::$name(event) => {
                        $(verbs!(@targets $mode $part, &event.$field, &mut targets);)+
                    })+
                }
                targets
            }

            /// The same event with other targets: each of its keys that `targets` names is
            /// replaced.
            #[must_use]
            pub fn retargeted(mut self, targets: &EventTargets) -> Self {
                match &mut self {
                    $(Self::$name(event) => {
                        $(verbs!(@retarget $mode $part, &mut event.$field, targets);)+
                    })+
                }
                self
            }
        }

        /// A reference to the definition of a verb.
        pub fn verb_definition(verb: &str, schemas: &mut Schemas) -> Option<Json> {
            match verb {
                $($verb => Some(written::$name::schema(schemas)),)+
                _ => None,
            }
        }

        /// The keys of a verb, `by` and `via` included.
        pub fn verb_keys(verb: &str) -> &'static [&'static str] {
            match verb {
                $($verb => written::$name::KEYS,)+
                _ => &[],
            }
        }

        /// The keys that a verb needs.
        pub fn verb_needs(verb: &str) -> Vec<&'static str> {
            match verb {
                $($verb => [$(verbs!(@need $mode $key)),+].into_iter().flatten().collect(),)+
                _ => Vec::new(),
            }
        }
    };
    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@resolve required $part:ty, $written:expr, $resolver:ident) => {
        <$part as VerbKey>::resolve(&$written, $resolver)
    };
    (@resolve optional $part:ty, $written:expr, $resolver:ident) => {
        match &$written {
            Some(written) => <$part as VerbKey>::resolve(written, $resolver).map(Some),
            None => Some(None),
        }
    };
    (@take $mode:ident $field:ident) => { $field? };
    (@targets required $part:ty, $resolved:expr, $targets:expr) => {
        <$part as VerbKey>::add_targets($resolved, $targets)
    };
    (@targets optional $part:ty, $resolved:expr, $targets:expr) => {
        if let Some(resolved) = $resolved {
            <$part as VerbKey>::add_targets(resolved, $targets);
        }
    };
    (@retarget required $part:ty, $resolved:expr, $targets:expr) => {
        <$part as VerbKey>::retarget($resolved, $targets)
    };
    (@retarget optional $part:ty, $resolved:expr, $targets:expr) => {
        if let Some(resolved) = $resolved {
            <$part as VerbKey>::retarget(resolved, $targets);
        }
    };
    (@need required $key:literal) => { Some($key) };
    (@need optional $key:literal) => { None };
    (@cell required $part:ty, $cell:expr, $names:ident) => {
        $cell.and_then(|cell| <$part as VerbKey>::parse_cell(cell, $names))
    };
    (@cell optional $part:ty, $cell:expr, $names:ident) => {
        match $cell {
            Some(cell) => <$part as VerbKey>::parse_cell(cell, $names).map(Some),
            None => Some(None),
        }
    };
}

pub(super) use verbs;
