//! The key `stayput`, which states the format of a file.

use serde_json::{Value as Json, json};

use super::read::{Read, scalar};
use super::schema::Schemas;
use super::tree::Node;
use crate::diagnostics::Problems;

/// Declares a type for the key `stayput` of each format, and the list of all formats.
macro_rules! formats {
    ($($(#[doc = $doc:literal])+ $name:ident = $format:literal,)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $name {
                /// The value of the key.
                pub const NAME: &'static str = $format;
            }

            /// Another format is refused before the keys of a file are read.
            impl Read for $name {
                fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
                    scalar(node, "a format", problems).map(|_| Self)
                }

                fn schema(_: &mut Schemas) -> Json {
                    json!({ "const": Self::NAME })
                }
            }
        )+

        /// The formats of all files that people write.
        pub(super) const FORMATS: &[&str] = &[$($name::NAME),+];
    };
}

formats! {
    /// The format of a scenario.
    ScenarioFormat = "scenario/1",
    /// The format of an overlay.
    OverlayFormat = "overlay/1",
    /// The format of a policy.
    PolicyFormat = "policy/1",
    /// The format of a file of accepted changes.
    AcceptedFormat = "accepted/1",
}
