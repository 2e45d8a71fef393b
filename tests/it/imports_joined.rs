//! Rows of several replies about one fleet: what each of them states is used, a listing counts
//! before a state file, and what none of them states is unknown.

use stayput::format::{Known, WrittenProtect};
use stayput::import::Imported;
use stayput::words::{Lock, ResourceKind, Upgrade};

use crate::azure_imports::read;
use crate::support::{folder, stayput, write};

/// A listing of instances with these rows.
fn instances(rows: &[String]) -> String {
    format!(r#"{{"Instances":{{"Instance":[{}]}}}}"#, rows.join(","))
}

/// A row of an instance with further fields.
fn instance(id: &str, more: &str) -> String {
    format!(
        r#"{{"InstanceId":"{id}","InstanceChargeType":"PostPaid","SpotStrategy":"NoSpot","Status":"Running","AutoReleaseTime":"","OperationLocks":{{"LockReason":[]}}{more}}}"#
    )
}

fn group(id: &str) -> String {
    format!(
        r#"{{"ScalingGroups":{{"ScalingGroup":[{{"ScalingGroupId":"{id}","MinSize":0,"MaxSize":5,"DesiredCapacity":1,"HealthCheckType":"ECS","GroupDeletionProtection":true}}]}}}}"#
    )
}

fn member(id: &str, group: &str, more: &str) -> String {
    format!(
        r#"{{"ScalingInstances":{{"ScalingInstance":[{{"InstanceId":"{id}","ScalingGroupId":"{group}","CreationType":"AutoCreated"{more}}}]}}}}"#
    )
}

/// A state with resources, each a type and its values.
fn state(resources: &[(&str, &str)]) -> String {
    let one = |(kind, values): &(&str, &str)| {
        format!(r#"{{"mode":"managed","type":"{kind}","values":{{{values}}}}}"#)
    };
    let resources: Vec<String> = resources.iter().map(one).collect();
    format!(
        r#"{{"format_version":"1.0","terraform_version":"1.9.5","values":{{"root_module":{{"resources":[{}]}}}}}}"#,
        resources.join(",")
    )
}

const PROTECTED_IN_STATE: (&str, &str) = (
    "alicloud_ess_scaling_group",
    r#""id":"asg-1","min_size":0,"max_size":5,"desired_capacity":1,"health_check_type":"ECS","protected_instances":["i-1"]"#,
);

fn names(protect: &WrittenProtect) -> (Vec<&str>, Vec<&str>) {
    let on = protect.on.iter().map(|name| name.value.as_str()).collect();
    (on, protect.unknown.iter().map(|name| name.value.as_str()).collect())
}

/// The protections of an instance: those that are on, and those that are unknown.
fn flags(imported: &Imported, at: usize) -> (Vec<&str>, Vec<&str>) {
    names(imported.instances[at].1.protect.as_ref().unwrap())
}

#[test]
fn what_follows_a_warning_in_a_list_is_read() {
    let vm = r#"{"id":"/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1","name":"vm1","vmId":"x"}"#;
    let (imported, reported) = read(&[("all.json", &format!("[[],[{vm}]]"))]);
    assert_eq!(imported.instances.len(), 1, "{reported}");
    let states = [state(&[("aws_instance", "")]), state(&[("alicloud_instance", r#""id":"i-1""#)])];
    let (imported, reported) = read(&[("all.json", &format!("[{}]", states.join(",")))]);
    assert_eq!(imported.instances.len(), 1, "{reported}");
    // One mistake is enough for a list.
    let (_, reported) = read(&[("all.json", r#"[{"a":1},{"a":2},{"a":3}]"#)]);
    assert_eq!(reported.matches("error[").count(), 1, "{reported}");
}

/// A state of a group that a listing has changes no other group, whatever the order of the groups.
#[test]
fn a_state_of_a_listed_group_changes_no_other_group() {
    let groups = [group("asg-1"), group("asg-2")];
    let texts = [
        ("i.json", instances(&[instance("i-1", ""), instance("i-2", "")])),
        ("g1.json", groups[0].clone()),
        ("g2.json", groups[1].clone()),
        ("m1.json", member("i-1", "asg-1", r#","LifecycleState":"InService""#)),
        ("m2.json", member("i-2", "asg-2", r#","LifecycleState":"InService""#)),
        ("state.json", state(&[PROTECTED_IN_STATE])),
    ];
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, &**text)).collect();
    let (imported, reported) = read(&texts);
    let desired: Vec<_> =
        imported.groups.iter().map(|(_, one)| one.desired.unwrap().value).collect();
    assert_eq!(desired, [1, 1], "{reported}");
    assert!(!imported.unseen.iter().any(|one| one.fact == "members"), "{:?}", imported.unseen);
    // The members of a group that only the state has may be listed.
    let without_groups: Vec<_> = [0, 3, 5].map(|at| texts[at]).to_vec();
    let imported = read(&without_groups).0;
    assert!(!imported.unseen.iter().any(|one| one.fact == "members"), "{:?}", imported.unseen);
    let imported = read(&[texts[0], texts[5]]).0;
    assert!(imported.unseen.iter().any(|one| one.fact == "members"), "{:?}", imported.unseen);
    assert!(imported.groups[0].1.desired.is_none());
}

/// What a listing of members states counts before an older state file.
#[test]
fn the_listed_state_of_a_member_counts_before_a_state_file() {
    let tagged = r#","DeletionProtection":false,"Tags":{"Tag":[{"TagKey":"acs:autoscaling:scalingGroupId","TagValue":"asg-1"}]}"#;
    let listing = instances(&[instance("i-1", tagged)]);
    let of_state = state(&[PROTECTED_IN_STATE]);
    let files = [("i.json", &*listing), ("a.json", &*of_state), ("b.json", &*of_state)];
    // Two states, and no list of members.
    assert_eq!(flags(&read(&files).0, 0), (vec!["ProtectedFromScaleIn"], vec!["Standby"]));
    let expected: [(&str, Vec<&str>, Vec<&str>); 4] = [
        (r#","LifecycleState":"InService""#, vec![], vec![]),
        (r#","LifecycleState":"Protected""#, vec!["ProtectedFromScaleIn"], vec![]),
        (r#","LifecycleState":"Standby""#, vec!["Standby"], vec![]),
        ("", vec!["ProtectedFromScaleIn"], vec!["Standby"]),
    ];
    for (more, on, unknown) in expected {
        let listed = member("i-1", "asg-1", more);
        let imported = read(&[files[0], files[1], ("m.json", &listed)]).0;
        assert_eq!(flags(&imported, 0), (on, unknown), "{more}");
    }
    // A member of another group by now.
    let moved = listing.replace("asg-1", "asg-2");
    let (imported, reported) = read(&[("i.json", &*moved), files[1]]);
    assert!(reported.contains("`i-1` is a member of the group `asg-2`"), "{reported}");
    assert_eq!(flags(&imported, 0), (vec![], vec!["ProtectedFromScaleIn", "Standby"]));
}

/// A row that is left out gives no warning about an unknown schedule.
#[test]
fn only_listed_instances_have_unknown_schedules() {
    let of_state = state(&[(
        "alicloud_instance",
        r#""id":"i-1","instance_charge_type":"PostPaid","spot_strategy":"NoSpot","status":"Running","deletion_protection":true"#,
    )]);
    let listing = instances(&[instance("i-1", r#","DeletionProtection":true"#)]);
    let (_, reported) = read(&[("i.json", &listing), ("state.json", &of_state)]);
    assert_eq!(reported, "");
    let (_, reported) = read(&[("state.json", &of_state)]);
    assert!(reported.contains("whether a release of `i-1` is scheduled"), "{reported}");
}

/// A value that one row does not state is the one that the other row states.
#[test]
fn an_unknown_protection_takes_the_value_that_another_row_states() {
    const FLAG: &str = "DeletionProtection";
    type Flags = (Vec<&'static str>, Vec<&'static str>);
    let row = |more: &str| instances(&[instance("i-1", more)]);
    let [on, off, open] =
        [r#","DeletionProtection":true"#, r#","DeletionProtection":false"#, ""].map(row);
    let [is_on, is_off, is_open]: [Flags; 3] =
        [(vec![FLAG], vec![]), (vec![], vec![]), (vec![], vec![FLAG])];
    for (files, expected, differ) in [
        ([&open, &open, &on], &is_on, false),
        ([&open, &on, &open], &is_on, false),
        ([&on, &open, &open], &is_on, false),
        ([&open, &off, &open], &is_off, false),
        ([&off, &open, &off], &is_off, false),
        // Rows that contradict each other leave it unknown, whatever the order.
        ([&on, &off, &on], &is_open, true),
        ([&on, &on, &off], &is_open, true),
        ([&off, &on, &off], &is_open, true),
        ([&off, &off, &on], &is_open, true),
        ([&open, &on, &off], &is_open, true),
    ] {
        let [a, b, c] = files;
        let (imported, reported) = read(&[("a.json", a), ("b.json", b), ("c.json", c)]);
        assert_eq!(&flags(&imported, 0), expected, "{files:?}");
        let warned = reported.contains("two replies state different protections");
        assert_eq!(warned, differ, "{files:?}: {reported}");
    }
}

/// A row of `DescribeInstanceAttribute` beside a listing is reported, and refused if it contradicts
/// the listing.
#[test]
fn a_row_of_attributes_beside_a_listing_is_reported() {
    let attribute = |status: &str, lock: &str| {
        format!(
            r#"{{"RequestId":"r","InstanceId":"i-1","InstanceChargeType":"PostPaid","Status":"{status}","OperationLocks":{{"LockReason":[{lock}]}}}}"#
        )
    };
    let listing = instances(&[instance("i-1", r#","DeletionProtection":true"#)]);
    let read = |text: &str| read(&[("i.json", &listing), ("a.json", text)]);
    let (imported, reported) = read(&attribute("Running", ""));
    assert!(reported.contains("`i-1` appears a second time"), "{reported}");
    assert!(!reported.contains("error[") && !reported.contains("unknown"), "{reported}");
    assert_eq!(flags(&imported, 0).0, ["DeletionProtection"]);
    let (_, reported) = read(&attribute("Stopped", ""));
    assert!(reported.contains("states `state: stopped`"), "{reported}");
    let (_, reported) = read(&attribute("Running", r#"{"LockReason":"security"}"#));
    assert!(reported.contains("states `lock: none`"), "{reported}");
}

#[test]
fn a_local_disk_is_counted_once() {
    let listing =
        instances(&[instance("i-1", r#","DeletionProtection":true,"LocalStorageCapacity":100"#)]);
    let sizes = |texts: &[(&str, &str)]| -> Vec<Option<u64>> {
        let imported = read(texts).0;
        let resources = &imported.instances[0].1.resources.as_ref().unwrap().0;
        let local = resources.iter().filter(|(_, one)| one.0.kind == ResourceKind::LocalDisk);
        local.map(|(_, one)| one.0.gib).collect()
    };
    assert_eq!(sizes(&[("i.json", &listing)]), [Some(100)]);
    let disk = |id: u32, category: &str| {
        format!(
            r#"{{"DiskId":"d-{id}","InstanceId":"i-1","Type":"data","Category":"{category}","Size":50,"DeleteWithInstance":true}}"#
        )
    };
    let disks = |rows: &[String]| format!(r#"{{"Disks":{{"Disk":[{}]}}}}"#, rows.join(","));
    let local = disks(&[disk(1, "local_ssd_pro"), disk(2, "local_ssd_pro")]);
    assert_eq!(sizes(&[("i.json", &listing), ("d.json", &local)]), [Some(50), Some(50)]);
    let cloud = disks(&[disk(1, "cloud_essd")]);
    assert_eq!(sizes(&[("i.json", &listing), ("d.json", &cloud)]), [Some(100)]);
}

/// A renewal whose status is missing or not known is unknown, and the call is named that shows it.
#[test]
fn a_renewal_without_a_known_status_is_unknown() {
    let listing = instances(&[instance("i-1", r#","DeletionProtection":true"#)
        .replace("PostPaid", "PrePaid")
        .replace(r#""AutoReleaseTime":"","#, r#""ExpiredTime":"2027-01-01T00:00Z","#)]);
    for (more, warned) in [
        (r#","RenewalStatus":"Other""#, "`Other` is not a known word of `RenewalStatus`"),
        (r#","AutoRenewEnabled":true"#, "the reply has no `RenewalStatus` for `i-1`"),
    ] {
        let renewal = format!(
            r#"{{"InstanceRenewAttributes":{{"InstanceRenewAttribute":[{{"InstanceId":"i-1"{more}}}]}}}}"#
        );
        let (imported, reported) = read(&[("i.json", &listing), ("r.json", &renewal)]);
        assert!(reported.contains(warned), "{reported}");
        assert_eq!(reported.matches("warning[").count(), 1, "{reported}");
        assert!(imported.unseen.iter().any(|one| one.fact == "renewal"), "{:?}", imported.unseen);
    }
}

/// The state of an instance and its address in a state file.
#[test]
fn a_state_file_with_an_open_state_or_an_address_gives_a_warning() {
    let text = |more: &str| {
        let values = format!(
            r#""id":"i-1","instance_charge_type":"PostPaid","spot_strategy":"NoSpot","deletion_protection":true,"auto_release_time":""{more}"#
        );
        state(&[("alicloud_instance", &values)])
    };
    for more in ["", r#","status":null"#] {
        let (_, reported) = read(&[("state.json", &text(more))]);
        assert!(reported.contains("`i-1` is in an unknown state"), "{reported}");
    }
    let (imported, reported) =
        read(&[("state.json", &text(r#","status":"Running","public_ip":"203.0.113.4""#))]);
    assert!(reported.contains("the kind of the address of `i-1`"), "{reported}");
    let resources = &imported.instances[0].1.resources.as_ref().unwrap().0;
    assert_eq!(resources[0].1.0.kind, ResourceKind::StaticIp);
    assert_eq!(read(&[("state.json", &text(r#","status":"Running","public_ip":"""#))]).1, "");
}

/// A fact that one call shows for all groups is one line.
#[test]
fn a_missing_fact_is_counted_once_for_each_call() {
    let tag = |group: &str| {
        format!(
            r#","DeletionProtection":true,"Tags":{{"Tag":[{{"TagKey":"acs:autoscaling:scalingGroupId","TagValue":"{group}"}}]}}"#
        )
    };
    let listing = instances(&[instance("i-1", &tag("asg-1")), instance("i-2", &tag("asg-2"))]);
    let unseen = read(&[("i.json", &listing)]).0.unseen;
    let counts = |fact: &str| -> Vec<usize> {
        unseen.iter().filter(|one| one.fact == fact).map(|one| one.count).collect()
    };
    assert_eq!(counts("disks"), [2], "{unseen:?}");
    assert_eq!(counts("Standby"), [1, 1], "{unseen:?}");
}

#[test]
fn a_key_that_occurs_twice_in_properties_is_refused() {
    let row = r#"[{"id":"/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/w","name":"w","properties":{"orchestrationMode":"Uniform","orchestrationMode":"Flexible"}}]"#;
    let (_, reported) = read(&[("sets.json", row)]);
    assert!(reported.contains("the key `orchestrationMode` occurs twice"), "{reported}");
    assert_eq!(reported.matches("error[").count(), 1, "{reported}");
}

fn vm(subscription: &str, name: &str, more: &str) -> String {
    format!(
        r#"[{{"id":"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/{name}","name":"{name}","vmId":"x","powerState":"VM running"{more}}}]"#
    )
}

fn lock(subscription: &str, level: &str) -> String {
    format!(
        r#"[{{"id":"/subscriptions/{subscription}/providers/Microsoft.Authorization/locks/keep","level":"{level}","name":"keep"}}]"#
    )
}

/// Subscriptions may have the same name: their accounts then have their ids.
#[test]
fn subscriptions_of_the_same_name_have_their_ids() {
    let scratch = folder();
    let account = |id: &str, name: &str, state: &str| {
        format!(r#"{{"id":"{id}","name":"{name}","state":"{state}","tenantId":"t"}}"#)
    };
    let rows = [
        account("aaaa-1", "Azure subscription 1", "Enabled"),
        account("bbbb-2", "Azure subscription 1", "PastDue"),
        account("cccc-3", "other", "Enabled"),
    ];
    let files = [
        ("a.json", vm("aaaa-1", "vm1", "")),
        ("b.json", vm("bbbb-2", "vm2", "")),
        ("c.json", vm("cccc-3", "vm3", "")),
        ("accounts.json", format!("[{}]", rows.join(","))),
    ];
    let paths = files.each_ref().map(|(name, text)| write(scratch.path(), name, text));
    let mut arguments = vec!["import", "--captured", "2026-06-01T00:00:00Z"];
    arguments.extend(paths.iter().map(String::as_str));
    let ran = stayput(&arguments);
    assert!(ran.stdout.contains("bbbb-2: { arrears-since: unknown }"), "{}", ran.stdout);
    assert!(ran.stdout.contains("vm1: { account: aaaa-1"), "{}", ran.stdout);
    assert!(ran.stdout.contains("vm3: { account: other"), "{}", ran.stdout);
    let fleet = write(scratch.path(), "fleet.yaml", &ran.stdout);
    assert_eq!(stayput(&["check", &fleet]).code, 0, "{}", ran.stdout);
}

/// A list of locks is of one subscription.
#[test]
fn locks_of_subscriptions_that_no_list_names_are_unknown() {
    const LOCK: &str = "CanNotDelete on a VM";
    let [one, two] = [vm("s-1", "vm1", ""), vm("s-2", "vm2", "")];
    let both = |locks: &str| read(&[("1.json", &one), ("2.json", &two), ("locks.json", locks)]);
    let (imported, reported) = both(&lock("s-1", "CanNotDelete"));
    assert_eq!(flags(&imported, 0), (vec![LOCK], vec![]));
    assert_eq!(flags(&imported, 1), (vec![], vec![LOCK]));
    assert!(reported.contains("az lock list --subscription s-2"), "{reported}");
    let (imported, _) = both("[]");
    assert_eq!(flags(&imported, 0), (vec![], vec![LOCK]));
    // With one subscription, an empty list is of it.
    let imported = read(&[("1.json", &one), ("locks.json", "[]")]).0;
    assert_eq!(flags(&imported, 0), (vec![], vec![]));
    let imported = read(&[("1.json", &one), ("locks.json", &lock("s-2", "ReadOnly"))]).0;
    assert_eq!(flags(&imported, 0), (vec![], vec![LOCK]));
}

/// Nothing about deletion follows from a lock whose level is not known.
#[test]
fn a_lock_of_an_unknown_level_is_unknown() {
    let set = r#"[{"id":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/w","name":"w","sku":{"capacity":0},"upgradePolicy":{"mode":"Manual"}}]"#;
    let vm = vm("s-1", "vm1", "");
    let (imported, reported) =
        read(&[("s.json", set), ("v.json", &vm), ("l.json", &lock("s-1", "DenyAll"))]);
    assert!(reported.contains("`DenyAll` is not a known word of `level`"), "{reported}");
    let group = names(&imported.groups[0].1.protect);
    assert_eq!(group, (vec![], vec!["CanNotDelete", "ReadOnly"]));
    assert_eq!(flags(&imported, 0), (vec![], vec!["CanNotDelete on a VM"]));
}

/// Rows of one machine: the set that one of them names is the set of the machine, and two sets
/// contradict each other.
#[test]
fn the_set_of_a_machine_is_joined_with_its_name() {
    let set = |name: &str| {
        format!(
            r#","virtualMachineScaleSet":{{"id":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/{name}"}}"#
        )
    };
    let [none, one, other] =
        ["", &set("MySet"), &set("OtherSet")].map(|more| vm("s-1", "vm1", more));
    for files in [[&none, &one], [&one, &none]] {
        let imported = read(&[("a.json", files[0]), ("b.json", files[1])]).0;
        assert_eq!(imported.groups[0].0.value, "MySet");
        assert_eq!(&*imported.instances[0].1.group.as_ref().unwrap().value.0, "MySet");
    }
    for files in [[&one, &other], [&other, &one]] {
        let reported = read(&[("a.json", files[0]), ("b.json", files[1])]).1;
        assert!(reported.contains("two replies describe `vm1` differently"), "{reported}");
    }
    let (imported, reported) = read(&[("a.json", &vm("s-1", "vm1", &set("")))]);
    assert!(reported.contains("used without its set"), "{reported}");
    assert!(imported.groups.is_empty());
}

/// A member without a path is in the subscription of its set.
#[test]
fn members_of_a_disabled_subscription_are_locked() {
    let set = r#"[{"id":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/w","name":"w","sku":{"capacity":1},"upgradePolicy":{"mode":"Manual"}}]"#;
    let member =
        r#"[{"name":"w_0","instanceId":"0","latestModelApplied":true,"protectionPolicy":null}]"#;
    let account = r#"[{"id":"s-1","name":"pay","state":"Disabled","tenantId":"t"}]"#;
    let imported = read(&[("s.json", set), ("m.json", member), ("a.json", account)]).0;
    let written = &imported.instances[0].1;
    assert_eq!(&*written.account.as_ref().unwrap().value.0, "pay");
    let locks = written.lock.as_ref().unwrap();
    assert_eq!(locks.0[0].value, Known(Some(Lock::Financial)));
}

/// A state file states surge upgrades, and has no notice for spot capacity.
#[test]
fn a_set_of_a_state_file_is_read_like_a_listed_one() {
    let read_set = |priority: &str| {
        let values = format!(
            r#""id":"/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/w","name":"w","instances":3,"priority":"{priority}","upgrade_mode":"Rolling","rolling_upgrade_policy":[{{"max_batch_instance_percent":20,"maximum_surge_instances_enabled":true}}],"termination_notification":[{{"enabled":true,"timeout":"PT5M"}}]"#
        );
        read(&[("state.json", &state(&[("azurerm_linux_virtual_machine_scale_set", &values)]))]).0
    };
    let spot = &read_set("Spot").groups[0].1;
    assert_eq!(spot.upgrade_mode.unwrap().value, Upgrade::Surge);
    assert!(spot.terminate_hook.is_none());
    assert!(read_set("Regular").groups[0].1.terminate_hook.is_some());
}

/// A row of a general list of resources states no settings of a set.
#[test]
fn a_row_without_settings_leaves_them_unknown() {
    let row = |more: &str| {
        format!(
            r#"[{{"id":"/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/w","name":"w","sku":{{"capacity":3}}{more}}}]"#
        )
    };
    let (imported, reported) = read(&[("r.json", &row(""))]);
    assert_eq!(imported.groups[0].1.health_check, None);
    assert!(reported.contains("the row of `w` has no settings of a scale set"), "{reported}");
    let imported = read(&[("r.json", &row(r#","upgradePolicy":null"#))]).0;
    assert!(imported.groups[0].1.health_check.is_some());
}
