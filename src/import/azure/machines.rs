//! Machines, in scale sets and outside of them.

use super::names::{SCALE_IN, SET_ACTIONS};
use super::sets::{EVICTIONS, PRIORITIES};
use super::values::instant;
use crate::diagnostics::Spanned;
use crate::format::{Known, Map, Name, WrittenInstance, WrittenProtect, WrittenResource};
use crate::import::azure_state::{MachineRow, ResourcePath, SetOfMachine};
use crate::import::facts::differing_facts;
use crate::import::fields::{FieldText, ReplyObject, safe_name};
use crate::import::json::shown;
use crate::import::reader::{FleetReader, join_protections};
use crate::words::{Billing, Health, ResourceKind};

/// The words of a delete option, and whether the resource is deleted with the machine.
const DELETE_OPTIONS: &[(&str, bool)] = &[("Delete", true), ("Detach", false)];

/// Keys of rows of API 2019-03-01 and later, where a missing policy means that nothing is set.
const SINCE_PROTECTION: [&str; 5] = [
    "protectionPolicy",
    "modelDefinitionApplied",
    "networkProfileConfiguration",
    "timeCreated",
    "userData",
];

impl FleetReader<'_> {
    /// A row of the members of a set.
    pub(in crate::import) fn az_member(&mut self, row: &ReplyObject<'_>) {
        let Some(name) = row.id("name", self.problems) else { return };
        let Some(mut machine) = self.az_row(row, &name) else { return };
        let number = row.text("instanceId", self.problems);
        let in_path = machine.at.path.split_once("/virtualmachinescalesets/");
        let in_path = in_path.map(|(before, rest)| {
            let set = rest.split('/').next().unwrap_or_default();
            (format!("{before}/virtualmachinescalesets/{set}"), set.to_owned())
        });
        let ending = number.as_ref().map(|number| format!("_{}", number.value));
        let prefix = ending.and_then(|ending| name.strip_suffix(ending.as_str()));
        // Unlike the name of the member, the path has the set's name in its original letter case.
        let original = row.text("id", self.problems).and_then(|id| set_name(&id));
        let set_name = original.or(prefix.map(str::to_owned));
        let set = in_path.map(|(path, _)| path).or_else(|| prefix.map(str::to_lowercase));
        machine.set = set
            .zip(set_name)
            .map(|(path, set_name)| Spanned::new(SetOfMachine { path, name: set_name }, name.span));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        machine.is_part = number.is_none_or(|number| digits(&number));
        if !machine.is_part
            && let Some((before, _)) = machine.at.path.split_once("/virtualmachinescalesets/")
        {
            // A member of a flexible set is a separate machine with its own path.
            machine.at.path = format!("{before}/virtualmachines/{}", name.to_lowercase());
        }
        machine.paid_as_set = row.is_blank("priority");
        if machine.paid_as_set {
            machine.written.billing = None;
        }
        machine.latest = row.flag("latestModelApplied", self.problems).map(|flag| flag.value);
        self.az_flags(row, &mut machine);
        self.machine(machine);
    }

    /// A row of a machine that is not a part of a set.
    pub(in crate::import) fn az_machine(&mut self, row: &ReplyObject<'_>) {
        let Some(name) = row.id("name", self.problems) else { return };
        let Some(mut machine) = self.az_row(row, &name) else { return };
        if let Some(set) = row.object("virtualMachineScaleSet", self.problems)
            && let Some(id) = set.text("id", self.problems)
        {
            machine.set = self.set_of(&id);
        }
        // The list of members of a flexible set has machines, with their protections.
        if !row.is_missing("instanceId") {
            self.az_flags(row, &mut machine);
        }
        self.machine(machine);
    }

    /// The set that a machine names by its path.
    pub(in crate::import) fn set_of(
        &mut self,
        id: &FieldText<'_>,
    ) -> Option<Spanned<SetOfMachine>> {
        let Some(name) = set_name(id) else {
            let title = format!("`{}` is not the path of a scale set", shown(id));
            self.left_out(id.span, title, "used without its set");
            return None;
        };
        Some(Spanned::new(SetOfMachine { path: ResourcePath::of(id).path, name }, id.span))
    }

    /// Adds a machine. Several replies may describe it: each adds the facts that the others do not
    /// state, and two that contradict each other are refused.
    pub(in crate::import) fn machine(&mut self, mut machine: MachineRow) {
        if let Some(fault) = machine.set.as_ref().and_then(|set| Name::harm(&set.name)) {
            let title = format!("the set of `{}` has no usable name: {fault}", machine.name.value);
            self.left_out(machine.name.span, title, "used without its set");
            machine.set = None;
        }
        let key = if machine.at.path.is_empty() { &*machine.name.0 } else { &machine.at.path };
        let at = self.azure.machine_at.get(key).copied();
        let Some(known) = at.and_then(|at| self.azure.machines.get_mut(at)) else {
            self.azure.machine_at.insert(key.to_owned(), self.azure.machines.len());
            return self.azure.machines.push(machine);
        };
        let (ours, theirs) = (known.facts(), machine.facts());
        let [ours, theirs] = differing_facts(&ours, &theirs);
        let sides = [(known.name.span, ours), (machine.name.span, theirs)];
        // A listing is read before a state file, and it is what counts.
        if !sides[0].1.is_empty() && known.origin == machine.origin {
            return self.contradiction(&machine.name.value, sides);
        }
        let joined = known.flags_known && machine.flags_known && known.origin == machine.origin;
        if machine.flags_known && !known.flags_known {
            known.written.protect.clone_from(&machine.written.protect);
            known.flags_known = true;
        }
        known.set = known.set.take().or(machine.set);
        known.latest = known.latest.or(machine.latest);
        known.paid_as_set &= machine.paid_as_set;
        let mut filled = std::mem::replace(&mut known.written, WrittenInstance::blank());
        filled.billing = filled.billing.filter(|billing| billing.is_known());
        let billing = Spanned::new(Known::UNKNOWN, known.name.span);
        known.written = filled.or(&machine.written);
        if !known.paid_as_set {
            known.written.billing.get_or_insert(billing);
        }
        if let (Some(at), Some(other)) = (at.filter(|_| joined), &machine.written.protect) {
            let (known, name) = (&mut self.azure.machines[at], machine.name);
            let protect = (known.name.span, known.written.protect.get_or_insert_default());
            let other = (name.span, other);
            let differ = join_protections(&mut self.disputed, &name.value, protect, other);
            differ.into_iter().for_each(|problem| self.fold(problem));
        }
    }

    /// Reads the fields that rows of members and of machines have in common.
    fn az_row(&mut self, row: &ReplyObject<'_>, name: &Spanned<Name>) -> Option<MachineRow> {
        let at = row.text("id", self.problems).map(|id| ResourcePath::of(&id)).unwrap_or_default();
        let provisioning = row.text("provisioningState", self.problems);
        if let Some(state) = provisioning.filter(|state| state.eq_ignore_ascii_case("Deleting")) {
            let title = format!("`{}` is being deleted", name.value);
            self.left_out(state.span, title, "left out");
            return None;
        }
        let mut written = WrittenInstance::blank();
        written.zone = self.az_zones(row).into_iter().next().map(|zone| zone.value);
        written.created = instant(row, "timeCreated", self.problems);
        written.state = self.az_state(row);
        if let Some(view) = row.object("instanceView", self.problems) {
            written.fault_domain = self.az_fault_domain(&view, name);
            written.health = self.az_health(&view);
        }
        written.tags = self.az_tags(row);
        let regular = Spanned::new(Known(Some(Billing::PayAsYouGo)), name.span);
        written.billing = Some(match self.word(row, "priority", PRIORITIES) {
            Some(billing) => billing.map(|billing| Known(Some(billing))),
            // A row of a general list of resources does not state the priority, so an absent one is
            // unknown there. In a row of the list of machines it means a regular machine.
            None if row.is_blank("priority") && is_full(row) => regular,
            None => Spanned::new(Known::UNKNOWN, name.span),
        });
        written.eviction = self.word(row, "evictionPolicy", EVICTIONS).map(|word| word.value);
        let resources = self.az_resources(row);
        written.resources = (!resources.is_empty()).then_some(Map(resources));
        Some(MachineRow::new(at, name.clone(), written, self.from))
    }

    /// The protections of a member from its set.
    fn az_flags(&mut self, row: &ReplyObject<'_>, machine: &mut MachineRow) {
        let mut protect = WrittenProtect::default();
        let policy = row.object("protectionPolicy", self.problems);
        if let Some(policy) = &policy {
            let set_actions = policy.flag(SET_ACTIONS, self.problems);
            let scale_in = policy.flag(SCALE_IN, self.problems);
            // Protection from the actions of the set includes protection from a scale-in.
            let implied = set_actions.filter(|flag| flag.value);
            for (name, flag) in [(SCALE_IN, implied.or(scale_in)), (SET_ACTIONS, set_actions)] {
                if let Some(flag) = flag.filter(|flag| flag.value) {
                    protect.on.push(Spanned::new(name.to_owned(), flag.span));
                }
            }
        }
        machine.flags_known =
            policy.is_some() || SINCE_PROTECTION.iter().any(|key| row.piece(key).is_some());
        machine.written.protect = Some(protect);
    }

    fn az_fault_domain(&mut self, view: &ReplyObject<'_>, name: &Spanned<Name>) -> Option<u8> {
        let domain = view.number("platformFaultDomain", self.problems)?;
        let found = u8::try_from(domain.value).ok();
        if found.is_none() {
            let title = format!("`{}` is in fault domain {}", name.value, domain.value);
            self.left_out(domain.span, title, "a number over 255, left out");
        }
        found
    }

    fn az_health(&mut self, view: &ReplyObject<'_>) -> Option<Health> {
        let health = view.object("vmHealth", self.problems)?;
        let status = health.object("status", self.problems)?;
        match &*status.text("code", self.problems)?.to_lowercase() {
            "healthstate/healthy" => Some(Health::Healthy),
            "healthstate/unhealthy" => Some(Health::Unhealthy),
            _ => None,
        }
    }

    /// Disks and addresses.
    fn az_resources(&mut self, row: &ReplyObject<'_>) -> Vec<(Spanned<Name>, WrittenResource)> {
        let mut resources = Vec::new();
        if let Some(storage) = row.object("storageProfile", self.problems) {
            if let Some(disk) = storage.object("osDisk", self.problems) {
                resources.extend(self.az_disk(&disk, ResourceKind::SystemDisk));
            }
            for disk in storage.list("dataDisks", "dataDisks", self.problems) {
                let Some(disk) = ReplyObject::open(disk, "a disk", self.problems) else { continue };
                resources.extend(self.az_disk(&disk, ResourceKind::DataDisk));
            }
        }
        // Several addresses are joined by commas. Only a reply about an address states whether it
        // is deleted with the machine.
        if let Some(addresses) = row.text("publicIps", self.problems) {
            for address in addresses.split(',').map(str::trim).filter(|a| !a.is_empty()) {
                let address = Spanned::new(address.to_owned().into(), addresses.span);
                if let Some(name) = safe_name(&address, self.problems) {
                    resources.push((name, WrittenResource::new(ResourceKind::Eip, None, None)));
                }
            }
        }
        resources
    }

    fn az_disk(
        &mut self,
        disk: &ReplyObject<'_>,
        kind: ResourceKind,
    ) -> Option<(Spanned<Name>, WrittenResource)> {
        let name = disk.name("name", self.problems);
        let gib = disk.number("diskSizeGB", self.problems);
        let gib = gib.or(disk.number("diskSizeGb", self.problems));
        let with = self.word(disk, "deleteOption", DELETE_OPTIONS).map(|word| word.value);
        let name = name.or_else(|| {
            let lun = disk.number("lun", self.problems).map(|lun| lun.value);
            let text = lun.map_or_else(|| "os-disk".to_owned(), |lun| format!("disk-{lun}"));
            Some(Spanned::new(Name(text.into()), disk.span))
        })?;
        Some((name, WrittenResource::new(kind, gib.map(|gib| u64::from(gib.value)), with)))
    }
}

/// Whether a row has the properties of a machine. In such a row, an absent property is not set.
fn is_full(row: &ReplyObject<'_>) -> bool {
    ["hardwareProfile", "storageProfile", "vmId", "priority"]
        .iter()
        .any(|key| row.piece(key).is_some())
}

/// The name of the set in a path.
fn set_name(id: &str) -> Option<String> {
    let parts: Vec<&str> = id.split('/').collect();
    let at = parts.iter().position(|part| part.eq_ignore_ascii_case("virtualMachineScaleSets"))?;
    parts.get(at + 1).filter(|name| !name.is_empty()).map(|name| (*name).to_owned())
}
