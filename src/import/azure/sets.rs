//! Scale sets.

use super::names::{DELETE_LOCK, READ_ONLY};
use crate::diagnostics::{Span, Spanned};
use crate::format::{
    Known, OneOrMany, WrittenGroup, WrittenHook, WrittenInstance, WrittenProtect, group_facts,
};
use crate::import::azure_state::{ResourcePath, SetRow};
use crate::import::fields::{ReplyObject, text};
use crate::import::reader::FleetReader;
use crate::words::{Billing, Eviction, HealthCheck, Orchestration, Repair, Upgrade};

/// The words of a priority.
pub(in crate::import) const PRIORITIES: &[(&str, Billing)] =
    &[("Regular", Billing::PayAsYouGo), ("Low", Billing::Spot), ("Spot", Billing::Spot)];

/// The words of an eviction policy.
pub(in crate::import) const EVICTIONS: &[(&str, Eviction)] =
    &[("Deallocate", Eviction::Deallocate), ("Delete", Eviction::Delete)];

/// The words of an upgrade mode.
pub(in crate::import) const UPGRADES: &[(&str, Upgrade)] = &[
    ("Manual", Upgrade::Manual),
    ("Automatic", Upgrade::Automatic),
    ("Rolling", Upgrade::Rolling),
];

/// The words of a repair.
pub(in crate::import) const REPAIRS: &[(&str, Repair)] =
    &[("Replace", Repair::Replace), ("Reimage", Repair::Reimage), ("Restart", Repair::Restart)];

/// Keys of a row with the settings of a set. In such a row, an absent setting is not set.
const SETTINGS: [&str; 4] =
    ["upgradePolicy", "virtualMachineProfile", "orchestrationMode", "automaticRepairsPolicy"];

const ORCHESTRATIONS: &[(&str, Orchestration)] =
    &[("Uniform", Orchestration::Uniform), ("Flexible", Orchestration::Flexible)];

/// The words of a rule of a scale-in policy, as the policies name these orders.
pub(in crate::import) const ORDERS: &[(&str, &str)] =
    &[("Default", "default"), ("OldestVM", "oldest-vm"), ("NewestVM", "newest-vm")];

impl FleetReader<'_> {
    pub(in crate::import) fn az_set(&mut self, row: &ReplyObject<'_>) {
        let Some(name) = row.id("name", self.problems) else { return };
        let at = row.text("id", self.problems).map(|id| ResourcePath::of(&id)).unwrap_or_default();
        let mut written = set_of_unknown_locks(name.span);
        if let Some(sku) = row.object("sku", self.problems) {
            written.desired = sku.number("capacity", self.problems);
        }
        written.orchestration = self.word(row, "orchestrationMode", ORCHESTRATIONS);
        written.zones = self.az_zones(row);
        self.az_upgrades(row, &mut written);
        self.az_scale_in(row, &mut written);
        // A row of a general list of resources has no settings; an absent one is unknown there.
        if SETTINGS.iter().any(|key| row.piece(key).is_some()) {
            self.az_repairs(row, &mut written);
        } else {
            let title = format!("the row of `{}` has no settings of a scale set", name.value);
            self.left_out(name.span, title, "used without its settings");
        }
        let (billing, eviction) = self.az_profile(row, &mut written);
        self.set(SetRow { at, name, written, billing, eviction });
    }

    /// Adds a set.
    pub(in crate::import) fn set(&mut self, mut set: SetRow) {
        let key = if set.at.path.is_empty() {
            set.name.value.clone()
        } else {
            crate::format::Name(set.at.path.as_str().into())
        };
        if let Some(billing) = set.billing {
            let mut like = WrittenInstance::blank();
            like.billing = Some(billing.map(|billing| Known(Some(billing))));
            like.eviction = set.eviction;
            set.written.new_members = Some(like);
        }
        let facts = group_facts(&set.written);
        if self.is_first("set", &Spanned::new(key, set.name.span), facts) {
            self.azure.sets.push(set);
        }
    }

    fn az_upgrades(&mut self, row: &ReplyObject<'_>, written: &mut WrittenGroup) {
        let Some(policy) = row.object("upgradePolicy", self.problems) else { return };
        written.upgrade_mode = self.word(&policy, "mode", UPGRADES);
        let Some(rolling) = policy.object("rollingUpgradePolicy", self.problems) else { return };
        written.batch_percent = rolling.number("maxBatchInstancePercent", self.problems);
        written.batch_pause =
            self.az_duration(&rolling, "pauseTimeBetweenBatches").map(|pause| pause.value);
        self.az_surge(&rolling, "maxSurge", written);
    }

    /// Rolling upgrades with surge replace members instead of changing them.
    pub(in crate::import) fn az_surge(
        &mut self,
        rolling: &ReplyObject<'_>,
        key: &str,
        written: &mut WrittenGroup,
    ) {
        let surge = rolling.flag(key, self.problems).is_some_and(|surge| surge.value);
        if let Some(mode) = &mut written.upgrade_mode
            && surge
            && mode.value == Upgrade::Rolling
        {
            mode.value = Upgrade::Surge;
        }
    }

    fn az_scale_in(&mut self, row: &ReplyObject<'_>, written: &mut WrittenGroup) {
        let Some(policy) = row.object("scaleInPolicy", self.problems) else { return };
        let rules = policy.list("rules", "rules", self.problems);
        let words = rules.into_iter().filter_map(|rule| text("rules", rule, self.problems));
        let words: Vec<_> = words.collect();
        let mut orders = Vec::new();
        for word in words {
            let order = ORDERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word));
            let Some((_, order)) = order else {
                let title = format!("`{}` is not a known scale-in rule", word.value);
                self.left_out(word.span, title, "left out");
                continue;
            };
            orders.push(word.map(|_| (*order).to_owned()));
        }
        written.removal = (!orders.is_empty()).then_some(OneOrMany(orders));
        for key in ["forceDeletion", "prioritizeUnhealthyVMs"] {
            self.without_effect(&policy, key);
        }
    }

    /// Reports a setting for scale-ins that is on, but has no counterpart in the policies.
    pub(in crate::import) fn without_effect(&mut self, policy: &ReplyObject<'_>, key: &str) {
        if let Some(flag) = policy.flag(key, self.problems).filter(|flag| flag.value) {
            let title = format!("`{key}` has no effect on the selection of instances here");
            self.left_out(flag.span, title, "not simulated");
        }
    }

    fn az_repairs(&mut self, row: &ReplyObject<'_>, written: &mut WrittenGroup) {
        let policy = row.object("automaticRepairsPolicy", self.problems);
        let enabled = policy.as_ref().and_then(|policy| policy.flag("enabled", self.problems));
        let on = enabled.is_some_and(|enabled| enabled.value);
        written.health_check = Some(if on { HealthCheck::Application } else { HealthCheck::None });
        if let Some(policy) = policy.filter(|_| on) {
            written.repair = self.word(&policy, "repairAction", REPAIRS).map(|word| word.value);
            written.repair_grace = self.az_duration(&policy, "gracePeriod");
        }
    }

    /// The notice before a deletion, by the keys of its switch and of its timeout. It cannot be
    /// enabled for spot capacity. Its documents state no default for the timeout, so a notice
    /// without one is left out.
    pub(in crate::import) fn az_notice(
        &mut self,
        notice: &ReplyObject<'_>,
        (enable, key): (&str, &str),
        billing: Option<Spanned<Billing>>,
    ) -> Option<Spanned<WrittenHook>> {
        let is_on = notice.flag(enable, self.problems).is_some_and(|on| on.value);
        if !is_on || billing.is_some_and(|billing| billing.value == Billing::Spot) {
            return None;
        }
        let timeout = self.az_duration(notice, key).map(|span| span.value);
        if timeout.is_none() && notice.is_blank(key) {
            let title = format!("the termination notice has no `{key}`");
            self.left_out(notice.span, title, "left out: members are deleted without a notice");
        }
        let hook = WrittenHook { timeout: Some(timeout?), result: None };
        Some(Spanned::new(hook, notice.span))
    }

    fn az_profile(
        &mut self,
        row: &ReplyObject<'_>,
        written: &mut WrittenGroup,
    ) -> (Option<Spanned<Billing>>, Option<Eviction>) {
        // A flexible set may have no profile: then its members are machines of any kind.
        let Some(profile) = row.object("virtualMachineProfile", self.problems) else {
            return (None, None);
        };
        let regular = Spanned::new(Billing::PayAsYouGo, profile.span);
        let billing = match self.word(&profile, "priority", PRIORITIES) {
            Some(billing) => Some(billing),
            None => profile.is_blank("priority").then_some(regular),
        };
        let eviction = self.word(&profile, "evictionPolicy", EVICTIONS);
        let events = profile.object("scheduledEventsProfile", self.problems);
        let notice =
            events.and_then(|events| events.object("terminateNotificationProfile", self.problems));
        written.terminate_hook = notice
            .and_then(|notice| self.az_notice(&notice, ("enable", "notBeforeTimeout"), billing));
        (billing, eviction.map(|eviction| eviction.value))
    }
}

/// A set of which it is unknown whether it is locked.
pub(in crate::import) fn set_of_unknown_locks(span: Span) -> WrittenGroup {
    let unknown = [DELETE_LOCK, READ_ONLY].map(|name| Spanned::new(name.to_owned(), span));
    WrittenGroup {
        protect: WrittenProtect { on: Vec::new(), unknown: unknown.into() },
        ..WrittenGroup::default()
    }
}
