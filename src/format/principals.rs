//! Principals and roles as a file states them: the actions that callers are allowed.

use super::read::{Map, Name, OneOrMany, TagValue};
use super::record::record;
use super::selector::Selector;
use crate::diagnostics::Spanned;

record! {
    /// A principal or a role: the actions that it is allowed, and those that it is denied.
    #[derive(Default)]
    WrittenPrincipal: "a principal" {
        /// The actions that are allowed, by the provider's names. `*` and `?` are wildcards, and
        /// case is ignored.
        default "may" => may: OneOrMany<Spanned<String>>,
        /// The actions that are denied. A denied action is denied even if it is allowed elsewhere.
        default "not" => not: OneOrMany<Spanned<String>>,
        /// The roles whose actions are allowed and denied as well.
        default "roles" => roles: OneOrMany<Spanned<Name>>,
        /// The instances, groups and accounts to which this applies; everything if not given.
        optional "where" => scope: Spanned<WrittenScope>,
    }
}

record! {
    /// The instances, groups and accounts that a permission is about. A call must match every key.
    WrittenScope: "a scope" {
        /// Tags. Every instance that the call names must have all of them. A list of values means
        /// any one of them.
        optional "tags" => tags: Map<OneOrMany<TagValue>>,
        /// The instances.
        optional "instance" => instance: Selector,
        /// The groups, or the groups of which an instance is a member.
        default "group" => group: OneOrMany<Spanned<String>>,
        /// The accounts.
        default "account" => account: OneOrMany<Spanned<Name>>,
    }
}
