//! Resources of Azure.

use crate::diagnostics::Spanned;
use crate::format::{Known, Map, Name, OneOrMany, WrittenGroup, WrittenInstance, WrittenResource};
use crate::import::azure::sets::{
    EVICTIONS, ORDERS, PRIORITIES, REPAIRS, UPGRADES, set_of_unknown_locks,
};
use crate::import::azure_state::{MachineRow, ResourcePath, SetRow};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;
use crate::words::{Billing, HealthCheck, Orchestration, ResourceKind};

impl FleetReader<'_> {
    pub(in crate::import) fn tf_lock(&mut self, row: &ReplyObject<'_>) {
        let level = self.word(row, "lock_level", &[("CanNotDelete", false), ("ReadOnly", true)]);
        if let Some(scope) = row.text("scope", self.problems) {
            self.lock(&scope.to_lowercase(), level.map(|level| level.value), scope.span);
        }
    }

    pub(in crate::import) fn tf_uniform_set(&mut self, row: &ReplyObject<'_>) {
        self.tf_set(row, Orchestration::Uniform);
    }

    pub(in crate::import) fn tf_flexible_set(&mut self, row: &ReplyObject<'_>) {
        self.tf_set(row, Orchestration::Flexible);
    }

    fn tf_set(&mut self, row: &ReplyObject<'_>, orchestration: Orchestration) {
        let Some(name) = row.id("name", self.problems) else { return };
        let at = row.text("id", self.problems).map(|id| ResourcePath::of(&id)).unwrap_or_default();
        let mut written = set_of_unknown_locks(name.span);
        written.desired = row.number("instances", self.problems);
        written.orchestration = Some(Spanned::new(orchestration, name.span));
        written.zones = self.az_zones(row);
        written.upgrade_mode = self.word(row, "upgrade_mode", UPGRADES);
        let batches = self.block(row, "rolling_upgrade_policy");
        if let Some(batches) = batches {
            written.batch_percent = batches.number("max_batch_instance_percent", self.problems);
            let pause = self.az_duration(&batches, "pause_time_between_batches");
            written.batch_pause = pause.map(|pause| pause.value);
            self.az_surge(&batches, "maximum_surge_instances_enabled", &mut written);
        }
        self.tf_scale_in(row, &mut written);
        self.tf_repairs(row, &mut written);
        let billing = self.tf_billing(row, name.span);
        let eviction = self.word(row, "eviction_policy", EVICTIONS).map(|word| word.value);
        for key in ["termination_notification", "terminate_notification"] {
            let Some(notice) = self.block(row, key) else { continue };
            let hook = self.az_notice(&notice, ("enabled", "timeout"), billing);
            written.terminate_hook = hook.or(written.terminate_hook);
        }
        self.set(SetRow { at, name, written, billing, eviction });
    }

    fn tf_scale_in(&mut self, row: &ReplyObject<'_>, written: &mut WrittenGroup) {
        let rule = match self.block(row, "scale_in") {
            Some(block) => {
                self.without_effect(&block, "force_deletion_enabled");
                self.word(&block, "rule", ORDERS)
            }
            None => self.word(row, "scale_in_policy", ORDERS),
        };
        written.removal = rule.map(|rule| OneOrMany(vec![rule.map(str::to_owned)]));
    }

    fn tf_repairs(&mut self, row: &ReplyObject<'_>, written: &mut WrittenGroup) {
        let Some(repair) = self.block(row, "automatic_instance_repair") else { return };
        let on = repair.flag("enabled", self.problems).is_some_and(|on| on.value);
        written.health_check = Some(if on { HealthCheck::Application } else { HealthCheck::None });
        if on {
            written.repair = self.word(&repair, "action", REPAIRS).map(|word| word.value);
            written.repair_grace = self.az_duration(&repair, "grace_period");
        }
    }

    /// The billing; pay-as-you-go if the key has no value.
    fn tf_billing(
        &mut self,
        row: &ReplyObject<'_>,
        span: crate::diagnostics::Span,
    ) -> Option<Spanned<Billing>> {
        let found = self.word(row, "priority", PRIORITIES);
        let unset = row.piece("priority").is_some() && row.is_blank("priority");
        found.or_else(|| unset.then_some(Spanned::new(Billing::PayAsYouGo, span)))
    }

    pub(in crate::import) fn tf_machine(&mut self, row: &ReplyObject<'_>) {
        let Some(name) = row.id("name", self.problems) else { return };
        let at = row.text("id", self.problems).map(|id| ResourcePath::of(&id)).unwrap_or_default();
        let mut written = WrittenInstance::blank();
        let zone = row.name("zone", self.problems);
        written.zone = zone.or_else(|| self.az_zones(row).into_iter().next()).map(|z| z.value);
        let billing = self.tf_billing(row, name.span);
        // The older resource for machines has no spot capacity.
        let older = row.piece("storage_os_disk").is_some();
        let by_use = Spanned::new(Billing::PayAsYouGo, name.span);
        let billing = billing.or(older.then_some(by_use)).map(|billing| Known(Some(billing.value)));
        written.billing = Some(Spanned::new(billing.unwrap_or(Known::UNKNOWN), name.span));
        written.eviction = self.word(row, "eviction_policy", EVICTIONS).map(|word| word.value);
        written.tags = self.az_tags(row);
        written.resources = Some(Map(self.tf_machine_disks(row)));
        let set = row.text("virtual_machine_scale_set_id", self.problems);
        let mut machine = MachineRow::new(at, name, written, self.from);
        machine.set = set.and_then(|id| self.set_of(&id));
        self.machine(machine);
    }

    fn tf_machine_disks(&mut self, row: &ReplyObject<'_>) -> Vec<(Spanned<Name>, WrittenResource)> {
        let mut disks = Vec::new();
        for (key, kind) in [
            ("os_disk", ResourceKind::SystemDisk),
            ("storage_os_disk", ResourceKind::SystemDisk),
            ("storage_data_disk", ResourceKind::DataDisk),
        ] {
            for disk in row.list(key, key, self.problems) {
                let Some(disk) = ReplyObject::open(disk, "a disk", self.problems) else { continue };
                let gib = disk.number("disk_size_gb", self.problems);
                let gib = gib.map(|gib| u64::from(gib.value));
                let name = disk.name("name", self.problems);
                let name = name.unwrap_or_else(|| Spanned::new(Name(key.into()), disk.span));
                disks.push((name, WrittenResource::new(kind, gib, None)));
            }
        }
        disks
    }

    /// A block of a resource, which a state keeps as a list with one item.
    fn block<'t>(&mut self, row: &ReplyObject<'t>, key: &str) -> Option<ReplyObject<'t>> {
        let first = row.list(key, key, self.problems).into_iter().next()?;
        ReplyObject::open(first, "a block", self.problems)
    }
}
