//! Resources of Alibaba Cloud.

use crate::diagnostics::Spanned;
use crate::format::{
    Known, Map, Name, OneOrMany, WrittenInstance, WrittenProtect, WrittenResource,
};
use crate::import::aliyun::names::{CLOUD, DELETION_PROTECTION, PROTECTED};
use crate::import::fields::{ReplyObject, text};
use crate::import::reader::{FleetReader, Missing, RowIs};
use crate::words::{Billing, ResourceKind};

impl FleetReader<'_> {
    pub(in crate::import) fn tf_alicloud_instance(&mut self, row: &ReplyObject<'_>) {
        let Some(id) = row.id("id", self.problems) else { return };
        let shown = Spanned::new(format!("`{}`", id.value), id.span);
        let mut written = WrittenInstance::blank();
        let billing = self.billing(row, &shown);
        written.billing = Some(billing);
        written.state = self.state(row, &shown);
        let mode = row.text("stopped_mode", self.problems);
        written.economical = mode.map(|mode| *mode == "StopCharging");
        written.zone = row.name("availability_zone", self.problems).map(|zone| zone.value);
        written.created = crate::import::azure::values::instant(row, "create_time", self.problems);
        written.expires = self.expires(row, &shown, billing.value.0);
        // A key without a value means that no time is set; a version of the provider without the
        // key does not state the time.
        let is_set = row.piece("auto_release_time").is_none() || !row.is_blank("auto_release_time");
        if is_set {
            written.auto_release = self.release_time(row, &shown, billing);
        }
        let mut protect = WrittenProtect::default();
        let attribute = |span| Spanned::new(DELETION_PROTECTION.to_owned(), span);
        match row.flag("deletion_protection", self.problems) {
            Some(flag) if flag.value => protect.on.push(attribute(flag.span)),
            Some(_) => {}
            None => protect.unknown.push(attribute(id.span)),
        }
        written.protect = Some(protect);
        if billing.value == Known(Some(Billing::Subscription)) {
            self.renewal_of(row, &mut written);
        }
        written.tags = self.az_tags(row);
        written.lock = Some(OneOrMany(vec![Spanned::new(Known::UNKNOWN, id.span)]));
        let mut resources = self.tf_disks(row);
        if let Some(address) = row.name("public_ip", self.problems) {
            let title =
                format!("the state does not show the kind of the address of {}", shown.value);
            self.left_out(address.span, title, "taken as lost with the instance");
            resources.push((address, WrittenResource::new(ResourceKind::StaticIp, None, None)));
        }
        written.resources = Some(Map(resources));
        self.list_or_join(CLOUD, id, written);
    }

    fn tf_disks(&mut self, row: &ReplyObject<'_>) -> Vec<(Spanned<Name>, WrittenResource)> {
        let mut disks = Vec::new();
        let resource = |kind, gib: Option<Spanned<u32>>, with_instance| {
            let gib = gib.map(|gib| u64::from(gib.value));
            WrittenResource::new(kind, gib, with_instance)
        };
        if let Some(gib) = row.number("system_disk_size", self.problems).filter(|gib| gib.value > 0)
        {
            let name = row.name("system_disk_id", self.problems);
            let name = name.unwrap_or_else(|| Spanned::new(Name("system-disk".into()), gib.span));
            disks.push((name, resource(ResourceKind::SystemDisk, Some(gib), None)));
        }
        for (at, disk) in
            row.list("data_disks", "data_disks", self.problems).into_iter().enumerate()
        {
            let Some(disk) = ReplyObject::open(disk, "a disk", self.problems) else { continue };
            let with_instance = disk.flag("delete_with_instance", self.problems);
            let category = disk.text("category", self.problems);
            let is_local = category.is_some_and(|category| category.starts_with("local"));
            let kind = if is_local { ResourceKind::LocalDisk } else { ResourceKind::DataDisk };
            let gib = disk.number("size", self.problems);
            let name = Spanned::new(Name(format!("data-disk-{}", at + 1).into()), disk.span);
            disks.push((name, resource(kind, gib, with_instance.map(|with| with.value))));
        }
        disks
    }

    pub(in crate::import) fn tf_alicloud_group(&mut self, row: &ReplyObject<'_>) {
        let Some(group) = row.id("id", self.problems) else { return };
        if self.ess_group_called(row, group.clone()) == RowIs::First
            && let Some((_, written)) = self.out.groups.last_mut()
        {
            // Its members are not in the state, so their number is not used.
            written.desired = None;
            self.missing(Missing::members_of(CLOUD, &group.value, ""));
        }
        for member in row.list("protected_instances", "protected_instances", self.problems) {
            if let Some(member) = text("protected_instances", member, self.problems) {
                self.tf_protected(&member.map(|name| Name(name.as_ref().into())), &group);
            }
        }
    }

    /// A member that the resource of its group states to be protected.
    fn tf_protected(&mut self, name: &Spanned<Name>, group: &Spanned<Name>) {
        let Some(index) = self.known(name, "a protection") else { return };
        let written = &mut self.out.instances[index].1;
        if let Some(known) = written.group.as_ref().filter(|known| known.value != group.value) {
            let title = format!("`{}` is a member of the group `{}`", name.value, known.value);
            let label = format!("its protection in the group `{}` is left out", group.value);
            return self.left_out(name.span, title, &label);
        }
        written.group = Some(group.clone());
        written.membership = Some(Spanned::new(Known::UNKNOWN, name.span));
        let protect = written.protect.get_or_insert_default();
        let is_other = |one: &Spanned<String>| one.value != PROTECTED;
        protect.unknown.retain(is_other);
        protect.on.retain(is_other);
        protect.on.push(Spanned::new(PROTECTED.to_owned(), name.span));
    }
}
