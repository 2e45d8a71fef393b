//! The table of calls that are read. A further call is one row here and one file that reads it.

use super::aliyun::event_counts::{notifications, system_events};
use super::aliyun::names::{CLOUD as ALIBABA, LISTING};
use super::azure::join::CLOUD as AZURE;
use super::call::{Keys, ListedCall, RowPlace, no_summary};

/// The words of the key `from:`.
pub const PROVIDERS: &[&str] = &["aliyun", "azure", "terraform"];

const fn keys(
    all: &'static [&'static str],
    any: &'static [&'static str],
    none: &'static [&'static str],
) -> Keys {
    Keys { all, any, none }
}

/// A type of resource in the state of Terraform, which no function reads yet.
const fn in_state(
    cloud: &'static str,
    one: &'static str,
    order: u8,
    resource: &'static str,
) -> ListedCall {
    ListedCall {
        from: "terraform",
        cloud,
        one,
        order,
        command: "terraform show -json",
        found: RowPlace::StateOf(resource),
        gives: &[],
        read: |_, _| {},
        summary: no_summary,
    }
}

/// The calls, in the order in which a bare row is compared with them.
#[rustfmt::skip]
pub(super) const CALLS: &[ListedCall] = &[
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "a disk", order: 3,
        command: "aliyun ecs DescribeDisks --pager",
        found: RowPlace::Wrapped { list: "Disks", item: "Disk", row: keys(&["DiskId"], &["InstanceId", "DeleteWithInstance", "Category"], &["EnsRegionId", "SnapshotId"]) },
        gives: &["disks"], read: |reader, row| reader.ecs_disk(row), summary: no_summary,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "a group member", order: 4,
        command: "aliyun ess DescribeScalingInstances --ScalingGroupId {group} --pager",
        found: RowPlace::Wrapped { list: "ScalingInstances", item: "ScalingInstance", row: keys(&["InstanceId", "ScalingGroupId"], &["LifecycleState", "CreationType", "HealthStatus"], &[]) },
        gives: &["ProtectedFromScaleIn", "Standby", "membership", "members"], read: |reader, row| reader.ess_member(row), summary: no_summary,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "a scaling group", order: 2,
        command: "aliyun ess DescribeScalingGroups --pager",
        found: RowPlace::Wrapped { list: "ScalingGroups", item: "ScalingGroup", row: keys(&["ScalingGroupId"], &["MinSize", "MaxSize", "RemovalPolicies", "GroupDeletionProtection"], &["InstanceId"]) },
        gives: &["GroupDeletionProtection"], read: |reader, row| reader.ess_group(row), summary: no_summary,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "a renewal setting", order: 5,
        command: "aliyun ecs DescribeInstanceAutoRenewAttribute --InstanceId {instances}",
        found: RowPlace::Wrapped { list: "InstanceRenewAttributes", item: "InstanceRenewAttribute", row: keys(&["InstanceId"], &["RenewalStatus", "AutoRenewEnabled"], &["InstanceChargeType"]) },
        gives: &["renewal"], read: |reader, row| reader.ecs_renewal(row), summary: no_summary,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "an instance state", order: 6,
        command: "aliyun ecs DescribeInstancesFullStatus --pager",
        found: RowPlace::Wrapped { list: "InstanceFullStatusSet", item: "InstanceFullStatusType", row: keys(&["InstanceId"], &["ScheduledSystemEventSet"], &[]) },
        gives: &[], read: |reader, row| reader.ecs_status(row), summary: no_summary,
    },
    // Events do not change the fleet. They are counted.
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "a system event", order: 7,
        command: "aliyun ecs DescribeInstanceHistoryEvents --pager",
        found: RowPlace::Wrapped { list: "InstanceSystemEventSet", item: "InstanceSystemEventType", row: keys(&["EventId"], &["EventType", "EventCycleStatus"], &[]) },
        gives: &[], read: |_, _| {}, summary: system_events,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "an event notification", order: 7,
        command: "lists of event notifications",
        found: RowPlace::Bare(keys(&["product"], &["eventTime", "name", "content"], &[])),
        gives: &[], read: |_, _| {}, summary: notifications,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "an instance", order: 0,
        command: LISTING,
        found: RowPlace::Wrapped { list: "Instances", item: "Instance", row: keys(&["InstanceId"], &["InstanceChargeType", "DeletionProtection", "AutoReleaseTime", "OperationLocks", "SpotStrategy", "StoppedMode"], &["EnsRegionId", "InstanceState", "PlanId", "RequestId"]) },
        gives: &["instances", "DeletionProtection", "auto-release", "billing", "lock"], read: |reader, row| reader.ecs_instance(row), summary: no_summary,
    },
    ListedCall {
        from: "aliyun", cloud: ALIBABA, one: "an instance attribute", order: 1,
        command: "aliyun ecs DescribeInstanceAttribute --InstanceId {instance}",
        found: RowPlace::Bare(keys(&["InstanceId", "RequestId"], &["InstanceChargeType", "OperationLocks", "StoppedMode", "Status"], &["EnsRegionId", "InstanceState", "PlanId"])),
        gives: &[], read: |reader, row| reader.ecs_attribute(row), summary: no_summary,
    },
    ListedCall {
        from: "azure", cloud: AZURE, one: "a scale set", order: 0,
        command: "az vmss list",
        found: RowPlace::Resource("microsoft.compute/virtualmachinescalesets", Some(keys(&["sku", "name"], &["upgradePolicy", "virtualMachineProfile", "orchestrationMode"], &["instanceId"]))),
        gives: &["set-billing"], read: |reader, row| reader.az_set(row), summary: no_summary,
    },
    ListedCall {
        from: "azure", cloud: AZURE, one: "a set member", order: 1,
        command: "az vmss list-instances --expand instanceView --resource-group {place} --name {group}",
        found: RowPlace::Resource("microsoft.compute/virtualmachinescalesets/virtualmachines", Some(keys(&["instanceId", "name"], &["latestModelApplied", "protectionPolicy", "modelDefinitionApplied"], &[]))),
        gives: &["protectFromScaleIn", "protectFromScaleSetActions", "members", "member-state"], read: |reader, row| reader.az_member(row), summary: no_summary,
    },
    ListedCall {
        from: "azure", cloud: AZURE, one: "a virtual machine", order: 2,
        command: "az vm list -d",
        found: RowPlace::Resource("microsoft.compute/virtualmachines", Some(keys(&["name", "vmId"], &["hardwareProfile", "storageProfile", "powerState"], &["instanceId", "platformFaultDomainCount"]))),
        gives: &["instances", "state"], read: |reader, row| reader.az_machine(row), summary: no_summary,
    },
    ListedCall {
        from: "azure", cloud: AZURE, one: "a lock", order: 3,
        command: "az lock list",
        found: RowPlace::Resource("microsoft.authorization/locks", Some(keys(&["level", "id"], &["notes", "owners", "resourceGroup", "type"], &[]))),
        gives: &["CanNotDelete", "ReadOnly", "CanNotDelete on a VM"], read: |reader, row| reader.az_lock(row), summary: no_summary,
    },
    ListedCall {
        from: "azure", cloud: AZURE, one: "an autoscale setting", order: 3,
        command: "az monitor autoscale list",
        found: RowPlace::Bare(keys(&["targetResourceUri"], &["profiles"], &[])),
        gives: &[], read: |reader, row| reader.az_autoscale(row), summary: no_summary,
    },
    ListedCall {
        from: "azure", cloud: AZURE, one: "a subscription", order: 3,
        command: "az account list",
        found: RowPlace::Bare(keys(&["state", "id"], &["tenantId", "subscriptionId", "isDefault", "subscriptionPolicies"], &[])),
        gives: &[], read: |reader, row| reader.az_account(row), summary: no_summary,
    },
    ListedCall { read: |reader, row| reader.tf_alicloud_instance(row), ..in_state(ALIBABA, "an instance", 1, "alicloud_instance") },
    ListedCall { read: |reader, row| reader.tf_alicloud_group(row), ..in_state(ALIBABA, "a scaling group", 2, "alicloud_ess_scaling_group") },
    ListedCall { read: |reader, row| reader.tf_machine(row), ..in_state(AZURE, "a virtual machine", 2, "azurerm_linux_virtual_machine") },
    ListedCall { read: |reader, row| reader.tf_machine(row), ..in_state(AZURE, "a virtual machine", 2, "azurerm_windows_virtual_machine") },
    ListedCall { read: |reader, row| reader.tf_machine(row), ..in_state(AZURE, "a virtual machine", 2, "azurerm_virtual_machine") },
    ListedCall { read: |reader, row| reader.tf_uniform_set(row), ..in_state(AZURE, "a scale set", 0, "azurerm_linux_virtual_machine_scale_set") },
    ListedCall { read: |reader, row| reader.tf_uniform_set(row), ..in_state(AZURE, "a scale set", 0, "azurerm_windows_virtual_machine_scale_set") },
    ListedCall { read: |reader, row| reader.tf_flexible_set(row), ..in_state(AZURE, "a scale set", 0, "azurerm_orchestrated_virtual_machine_scale_set") },
    ListedCall { read: |reader, row| reader.tf_lock(row), ..in_state(AZURE, "a lock", 3, "azurerm_management_lock") },
];

/// The call that lists the instances of a cloud, as a line to paste.
pub fn listing_call(cloud: &str) -> Option<&'static str> {
    let lists = |call: &&ListedCall| call.cloud == cloud && call.gives.contains(&"instances");
    CALLS.iter().find(lists).map(|call| call.command)
}

/// The calls of a provider, or all.
pub(super) fn calls_of(from: Option<&str>) -> impl Iterator<Item = &'static ListedCall> {
    CALLS.iter().filter(move |call| from.is_none_or(|from| call.from == from))
}
