//! Disks: each belongs to an instance that another reply lists.

use super::Reader;
use super::pages::Kind;
use crate::fleet::{ThingPart, ThingRecord};
use crate::import::row::Row;
use crate::text::{Name, Spanned};
use crate::vocab::Thing;

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
            let title = format!("the disk `{}` is attached to nothing", disk.value);
            return self.left_out(disk.place, title, "left out");
        };
        let Some(at) = self.known(&instance, "a disk") else { return };
        let is_local = category.is_some_and(|category| category.starts_with("local"));
        let kind = match (is_system.map(|is| is.value), is_local) {
            (Some(true), _) => Thing::SystemDisk,
            (_, true) => Thing::LocalDisk,
            (Some(false), false) => Thing::DataDisk,
            (None, false) => {
                let title = format!("the disk `{}` does not say what it is for", disk.value);
                self.left_out(disk.place, title, "taken as a data disk");
                Thing::DataDisk
            }
        };
        if goes.is_none() {
            let title =
                format!("the disk `{}` does not say whether it goes with its instance", disk.value);
            self.left_out(disk.place, title, "taken as going with it");
        }
        let gib = gib.map(|gib| u64::from(gib.value));
        let thing = thing(disk, kind, gib, goes.map(|goes| goes.value));
        self.out.instances[at].1.things.get_or_insert_default().0.push(thing);
    }
}

/// A thing of an instance, by its name.
pub(super) fn thing(
    name: Spanned<Name>,
    kind: Thing,
    gib: Option<u64>,
    with_instance: Option<bool>,
) -> (Spanned<Name>, ThingPart) {
    (name, ThingPart(ThingRecord { kind, gib, with_instance, disk: None }))
}
