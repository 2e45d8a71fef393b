//! Locks: each covers its scope and everything below.

use crate::import::azure_state::{LockRow, ResourcePath};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;

const LEVELS: &[(&str, bool)] = &[("CanNotDelete", false), ("ReadOnly", true)];

/// The text after the scope in the path of a lock.
const KIND: &str = "/providers/microsoft.authorization/locks/";

impl FleetReader<'_> {
    pub(in crate::import) fn az_lock(&mut self, row: &ReplyObject<'_>) {
        let level = self.word(row, "level", LEVELS);
        let Some(id) = row.text("id", self.problems) else { return };
        let path = id.to_lowercase();
        let scope = path.rsplit_once(KIND).map_or(path.as_str(), |(scope, _)| scope);
        let subscription = ResourcePath::of(scope).subscription;
        if !subscription.is_empty() {
            self.azure.locks_listed_of.insert(subscription);
        }
        self.lock(scope, level.map(|level| level.value), id.span);
    }

    /// Adds a lock; `read_only` is `None` if its level is unknown.
    pub(in crate::import) fn lock(
        &mut self,
        scope: &str,
        read_only: Option<bool>,
        span: crate::diagnostics::Span,
    ) {
        let scope = scope.trim_end_matches('/').to_owned();
        self.azure.locks.push(LockRow { scope, read_only, span });
    }
}
