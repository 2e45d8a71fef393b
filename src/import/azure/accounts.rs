//! Subscriptions and their states.

use crate::diagnostics::Spanned;
use crate::format::Name;
use crate::import::azure_state::{SubscriptionRow, SubscriptionState};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;

const STATES: &[(&str, SubscriptionState)] = &[
    ("Enabled", SubscriptionState::Enabled),
    ("Warned", SubscriptionState::Warned),
    ("PastDue", SubscriptionState::PastDue),
    ("Disabled", SubscriptionState::Disabled),
];

impl FleetReader<'_> {
    pub(in crate::import) fn az_account(&mut self, row: &ReplyObject<'_>) {
        let id = row.text("subscriptionId", self.problems).or(row.text("id", self.problems));
        let name = row.name("displayName", self.problems).or(row.name("name", self.problems));
        let state = self.word(row, "state", STATES);
        let (Some(id), Some(state)) = (id, state) else { return };
        let id = id.rsplit('/').next().unwrap_or_default().to_lowercase();
        let key = Spanned::new(Name(id.as_str().into()), state.span);
        if self.is_first("subscription", &key, row.facts(&["state", "displayName", "name"])) {
            self.azure.subscriptions.push(SubscriptionRow { id, name, state });
        }
    }
}
