//! Reads disks. Their instances are listed by another reply.

use crate::diagnostics::Spanned;
use crate::format::{Name, WrittenResource};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;
use crate::words::ResourceKind;

/// The name for the local disks of an instance of which only the size of all is known.
pub(super) const LOCAL_STORAGE: &str = "local-storage";

impl FleetReader<'_> {
    pub(in crate::import) fn ecs_disk(&mut self, row: &ReplyObject<'_>) {
        let disk = row.id("DiskId", self.problems);
        let instance = row.name("InstanceId", self.problems);
        let is_system = self.word(row, "Type", &[("system", true), ("data", false)]);
        let category = row.text("Category", self.problems);
        let gib = row.number("Size", self.problems);
        let with_instance = row.flag("DeleteWithInstance", self.problems);
        let facts = row.facts(&["InstanceId", "Type", "Category", "Size", "DeleteWithInstance"]);
        let Some(disk) = disk.filter(|disk| self.is_first("disk", disk, facts)) else { return };
        let Some(instance) = instance else {
            let title = format!("the disk `{}` is not attached to an instance", disk.value);
            return self.left_out(disk.span, title, "left out");
        };
        let Some(index) = self.known(&instance, "a disk") else { return };
        let is_local = category.is_some_and(|category| category.starts_with("local"));
        let kind = match (is_system.map(|is| is.value), is_local) {
            (Some(true), _) => ResourceKind::SystemDisk,
            (_, true) => ResourceKind::LocalDisk,
            (Some(false), false) => ResourceKind::DataDisk,
            (None, false) => {
                let title = format!("the disk `{}` has no `Type`", disk.value);
                self.left_out(disk.span, title, "treated as a data disk");
                ResourceKind::DataDisk
            }
        };
        if with_instance.is_none() {
            let title = format!("the disk `{}` has no `DeleteWithInstance`", disk.value);
            self.left_out(disk.span, title, "treated as released with its instance");
        }
        let gib = gib.map(|gib| u64::from(gib.value));
        let resource = resource(disk, kind, gib, with_instance.map(|is| is.value));
        let resources = &mut self.out.instances[index].1.resources.get_or_insert_default().0;
        if kind == ResourceKind::LocalDisk {
            // The list of instances states only the size of all local disks together.
            resources.retain(|(name, _)| &*name.value.0 != LOCAL_STORAGE);
        }
        resources.push(resource);
    }
}

/// A resource of an instance. `gib` is its size in GiB; `with_instance` is whether it is released
/// with the instance; each is `None` if unknown.
pub(super) fn resource(
    name: Spanned<Name>,
    kind: ResourceKind,
    gib: Option<u64>,
    with_instance: Option<bool>,
) -> (Spanned<Name>, WrittenResource) {
    (name, WrittenResource::new(kind, gib, with_instance))
}
