//! Disks: each belongs to an instance that another reply lists.

use super::reader::Reader;
use super::reply_kind::Kind;
use crate::diagnostics::Spanned;
use crate::format::{Name, WrittenResource, WrittenResourceRecord};
use crate::import::fields::Row;
use crate::words::ResourceKind;

impl Reader<'_> {
    pub(super) fn disk(&mut self, row: &Row<'_>) {
        let disk = row.id("DiskId", self.problems);
        let instance = row.name("InstanceId", self.problems);
        let is_system = row.word("Type", &[("system", true), ("data", false)], self.problems);
        let category = row.text("Category", self.problems);
        let gib = row.number("Size", self.problems);
        let goes = row.flag("DeleteWithInstance", self.problems);
        let Some(disk) = disk.filter(|disk| self.is_first(Kind::Disks, disk)) else { return };
        let Some(instance) = instance else {
            let title = format!("the disk `{}` is not attached to an instance", disk.value);
            return self.left_out(disk.span, title, "left out");
        };
        let Some(at) = self.known(&instance, "a disk") else { return };
        let is_local = category.is_some_and(|category| category.starts_with("local"));
        let kind = match (is_system.map(|is| is.value), is_local) {
            (Some(true), _) => ResourceKind::SystemDisk,
            (_, true) => ResourceKind::LocalDisk,
            (Some(false), false) => ResourceKind::DataDisk,
            (None, false) => {
                let title = format!("the disk `{}` does not say what it is for", disk.value);
                self.left_out(disk.span, title, "taken as a data disk");
                ResourceKind::DataDisk
            }
        };
        if goes.is_none() {
            let title =
                format!("the disk `{}` does not say whether it goes with its instance", disk.value);
            self.left_out(disk.span, title, "taken as going with it");
        }
        let gib = gib.map(|gib| u64::from(gib.value));
        let resource = resource(disk, kind, gib, goes.map(|goes| goes.value));
        self.out.instances[at].1.resources.get_or_insert_default().0.push(resource);
    }
}

/// A thing of an instance, by its name.
pub(super) fn resource(
    name: Spanned<Name>,
    kind: ResourceKind,
    gib: Option<u64>,
    with_instance: Option<bool>,
) -> (Spanned<Name>, WrittenResource) {
    (name, WrittenResource(WrittenResourceRecord { kind, gib, with_instance, disk: None }))
}
