//! Azure listings: each row is read with its key on, off and absent. The rows are made by hand in
//! the shapes of the API reference; the recorded replies are in `scenarios/data/azure`.

use stayput::import::{Imported, import};
use stayput::words::{
    Billing, Eviction, HealthCheck, Lifecycle, Membership, Orchestration, ResourceKind, Upgrade,
};

use stayput::diagnostics::{Problems, Sources, render};

use crate::support::{folder, root, stayput, write};

/// Imports texts without `from:`; returns the result and the rendered problems.
pub(crate) fn read(texts: &[(&str, &str)]) -> (Imported, String) {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let files: Vec<_> = texts.iter().map(|(name, text)| sources.add(*name, *text)).collect();
    let imported = import(None, &files, &sources, &mut problems);
    (imported, render(&problems, &sources, false))
}

const SCOPE: &str = "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute";

/// A set with further fields.
fn set(more: &str) -> String {
    format!(
        r#"{{"id":"{SCOPE}/virtualMachineScaleSets/web","name":"web","sku":{{"capacity":2,"name":"x"}},"upgradePolicy":{{"mode":"Manual"}}{more}}}"#
    )
}

/// A member of a uniform set with further fields.
fn member(number: u32, more: &str) -> String {
    format!(
        r#"{{"id":"{SCOPE}/virtualMachineScaleSets/web/virtualMachines/{number}","name":"web_{number}","instanceId":"{number}","timeCreated":"2026-01-01T00:00:00.123+00:00","instanceView":{{"statuses":[{{"code":"PowerState/running"}}]}}{more}}}"#
    )
}

/// A machine outside of any set, with further fields.
fn machine(name: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{SCOPE}/virtualMachines/{name}","name":"{name}","vmId":"v","hardwareProfile":{{}},"powerState":"VM running"{more}}}"#
    )
}

fn lock(scope: &str, level: &str) -> String {
    format!(
        r#"{{"id":"{scope}/providers/Microsoft.Authorization/locks/keep","level":"{level}","name":"keep","notes":null,"type":"Microsoft.Authorization/locks"}}"#
    )
}

fn list(rows: &[String]) -> String {
    format!("[{}]", rows.join(","))
}

/// The protections of an instance: those that are on, and those that are unknown.
fn flags(imported: &Imported, at: usize) -> (Vec<&str>, Vec<&str>) {
    let protect = imported.instances[at].1.protect.as_ref().unwrap();
    let on = protect.on.iter().map(|name| name.value.as_str()).collect();
    (on, protect.unknown.iter().map(|name| name.value.as_str()).collect())
}

#[test]
fn protections_of_members_are_on_off_or_unknown() {
    const BOTH: [&str; 2] = ["protectFromScaleIn", "protectFromScaleSetActions"];
    for (more, on, unknown) in [
        (
            r#","protectionPolicy":{"protectFromScaleIn":true,"protectFromScaleSetActions":true}"#,
            &BOTH[..],
            &[][..],
        ),
        (r#","protectionPolicy":{"protectFromScaleIn":true}"#, &BOTH[..1], &[]),
        (r#","protectionPolicy":{"protectFromScaleSetActions":true}"#, &BOTH[..], &[]),
        (r#","protectionPolicy":{"protectFromScaleIn":false}"#, &[], &[]),
        (r#","protectionPolicy":null"#, &[], &[]),
        ("", &[], &[]),
    ] {
        let (imported, reported) =
            read(&[("m.json", &list(&[member(0, more)])), ("s.json", &list(&[set("")]))]);
        assert!(!reported.contains("error["), "{reported}");
        assert_eq!(flags(&imported, 0), (on.to_vec(), unknown.to_vec()), "{more}");
    }
    // The row of an old version does not state its protections.
    let old = r#"[{"instanceId":"85","latestModelApplied":true,"location":"westus","name":"nsgvmss_85"}]"#;
    let (imported, _) = read(&[("m.json", old)]);
    assert_eq!(flags(&imported, 0), (vec![], BOTH.to_vec()));
    assert_eq!(imported.instances[0].1.group.as_ref().unwrap().value.to_string(), "nsgvmss");
}

/// Whatever the order of the files, rows about one object that contradict each other are refused.
#[test]
fn rows_of_one_object_that_differ_are_refused_in_any_order() {
    let flag = |on| format!(r#","protectionPolicy":{{"protectFromScaleIn":{on}}}"#);
    let account = |state| format!(r#"[{{"id":"s-1","state":"{state}","tenantId":"t"}}]"#);
    let read_both = |a: &str, b: &str| {
        let orders = [[("a.json", a), ("b.json", b)], [("b.json", b), ("a.json", a)]];
        orders.map(|files| read(&files))
    };
    for (a, b) in [
        (list(&[set("")]), list(&[set(r#","orchestrationMode":"Flexible""#)])),
        (list(&[machine("m", "")]), list(&[machine("m", "").replace("running", "stopped")])),
        (account("Enabled"), account("Disabled")),
    ] {
        for (_, reported) in read_both(&a, &b) {
            assert!(reported.contains("differently"), "{reported}");
            assert!(reported.contains("a.json:") && reported.contains("b.json:"), "{reported}");
        }
        let (_, reported) = read(&[("a.json", a.as_str()), ("b.json", a.as_str())]);
        assert!(!reported.contains("differently"), "{reported}");
    }
    // Protections that differ are unknown.
    let (on, off) = (list(&[member(1, &flag(true))]), list(&[member(1, &flag(false))]));
    for (imported, reported) in read_both(&on, &off) {
        assert!(reported.contains("two replies state different protections"), "{reported}");
        assert_eq!(flags(&imported, 0), (Vec::new(), vec!["protectFromScaleIn"]));
    }
    // What only one of the rows states completes the other one.
    let older = member(1, "").replace(r#""timeCreated":"2026-01-01T00:00:00.123+00:00","#, "");
    for (imported, reported) in read_both(&list(&[older]), &list(&[member(1, &flag(true))])) {
        assert!(!reported.contains("differently"), "{reported}");
        assert_eq!(flags(&imported, 0).0, ["protectFromScaleIn"]);
        assert!(imported.instances[0].1.created.is_some());
    }
}

#[test]
fn a_set_is_read_with_its_settings() {
    let more = r#","orchestrationMode":"Uniform","zones":["1","2"],
      "scaleInPolicy":{"rules":["NewestVM"]},
      "automaticRepairsPolicy":{"enabled":true,"gracePeriod":"PT1H30M","repairAction":"Restart"},
      "virtualMachineProfile":{"priority":"Spot","evictionPolicy":"Delete"}"#;
    let more = more.replace('\n', " ");
    let text = list(&[set(&more).replace(
        r#"{"mode":"Manual"}"#,
        r#"{"mode":"Rolling","rollingUpgradePolicy":{"maxBatchInstancePercent":50,"pauseTimeBetweenBatches":"PT2S","maxSurge":true}}"#,
    )]);
    let (imported, reported) = read(&[("s.json", &text), ("m.json", &list(&[member(0, "")]))]);
    assert_eq!(reported, "");
    let (name, group) = &imported.groups[0];
    assert_eq!(name.value, "web");
    assert_eq!(group.desired.unwrap().value, 2);
    assert_eq!(group.orchestration.unwrap().value, Orchestration::Uniform);
    assert_eq!(group.removal.as_ref().unwrap().0[0].value, "newest-vm");
    assert_eq!(group.upgrade_mode.unwrap().value, Upgrade::Surge);
    assert_eq!(group.batch_percent.unwrap().value, 50);
    assert_eq!(group.health_check, Some(HealthCheck::Application));
    assert_eq!(group.repair_grace.unwrap().value.seconds(), 5_400);
    assert_eq!(group.zones.len(), 2);
    let of_set = &imported.instances[0].1;
    assert_eq!(of_set.billing.unwrap().value.0, Some(Billing::Spot));
    assert_eq!(of_set.eviction, Some(Eviction::Delete));
    assert_eq!(of_set.membership.unwrap().value.0, Some(Membership::AutoCreated));
    // Without settings: no repairs, no rules, and pay-as-you-go.
    let plain = r#","virtualMachineProfile":{}"#;
    let (imported, _) =
        read(&[("s.json", &list(&[set(plain)])), ("m.json", &list(&[member(0, "")]))]);
    let group = &imported.groups[0].1;
    assert_eq!((group.health_check, group.removal.is_none()), (Some(HealthCheck::None), true));
    assert_eq!(imported.instances[0].1.billing.unwrap().value.0, Some(Billing::PayAsYouGo));
    // A member whose set no reply lists may be spot capacity.
    let (imported, reported) = read(&[("m.json", &list(&[member(0, "")]))]);
    assert!(reported.contains("no list of scale sets has the set `web`"), "{reported}");
    assert_eq!(imported.instances[0].1.billing.unwrap().value.0, None);
}

#[test]
fn locks_cover_what_is_below_them() {
    let fleet = [list(&[set("")]), list(&[member(0, "")]), list(&[machine("solo", "")])];
    let read_with = |locks: Option<&str>| {
        let mut texts =
            vec![("s.json", fleet[0].as_str()), ("m.json", &fleet[1]), ("v.json", &fleet[2])];
        texts.extend(locks.map(|locks| ("locks.json", locks)));
        read(&texts).0
    };
    let group = |imported: &Imported| {
        let protect = &imported.groups[0].1.protect;
        let names = |list: &[stayput::diagnostics::Spanned<String>]| -> Vec<String> {
            list.iter().map(|name| name.value.clone()).collect()
        };
        (names(&protect.on), names(&protect.unknown))
    };
    let none: Vec<&str> = Vec::new();
    // If the locks are not listed, they are unknown.
    let imported = read_with(None);
    assert_eq!(group(&imported).1, ["CanNotDelete", "ReadOnly"]);
    assert_eq!(flags(&imported, 1), (none.clone(), vec!["CanNotDelete on a VM"]));
    assert!(imported.unseen.iter().any(|unseen| unseen.call == "az lock list"));
    // If the list of locks is empty, they are off.
    let imported = read_with(Some("[]"));
    assert_eq!(group(&imported), (vec![], vec![]));
    assert_eq!(flags(&imported, 1), (none.clone(), none.clone()));
    // A lock of the resource group covers everything below; upper and lower case do not matter.
    let of_group = list(&[lock("/subscriptions/S-1/resourceGroups/RG", "CanNotDelete")]);
    let imported = read_with(Some(&of_group));
    assert_eq!(group(&imported).0, ["CanNotDelete"]);
    assert_eq!(flags(&imported, 1).0, ["CanNotDelete on a VM"]);
    assert_eq!(flags(&imported, 0).0, none, "a part of a set has no lock of its own");
    // A lock of another group, whose name begins in the same way, covers nothing here.
    let other = list(&[lock("/subscriptions/s-1/resourceGroups/rg-2", "ReadOnly")]);
    assert_eq!(group(&read_with(Some(&other))), (vec![], vec![]));
    let of_set = list(&[lock(&format!("{SCOPE}/virtualMachineScaleSets/web"), "ReadOnly")]);
    let imported = read_with(Some(&of_set));
    assert_eq!(group(&imported).0, ["ReadOnly"]);
    assert_eq!(flags(&imported, 1).0, none);
}

#[test]
fn machines_are_read_with_their_disks_and_their_set() {
    let more = r#","priority":"Spot","evictionPolicy":"Deallocate","zones":["3"],"tags":{"env":"prod"},
      "storageProfile":{"osDisk":{"name":"os","diskSizeGB":30,"deleteOption":"Delete"},"dataDisks":[{"lun":0,"name":"data","diskSizeGb":10,"deleteOption":"Detach"},{"lun":1,"name":"more"}]},
      "publicIps":"203.0.113.4,203.0.113.5","virtualMachineScaleSet":{"id":"ID"}"#;
    let more =
        more.replace('\n', " ").replace("ID\"", &format!("{SCOPE}/virtualMachineScaleSets/flex\""));
    let (imported, reported) = read(&[("v.json", &list(&[machine("flex_ab12cd34", &more)]))]);
    assert!(!reported.contains("error["), "{reported}");
    let written = &imported.instances[0].1;
    assert_eq!(written.group.as_ref().unwrap().value.to_string(), "flex");
    assert_eq!(written.membership.unwrap().value.0, None, "created by the set, or attached");
    assert_eq!(imported.groups[0].1.orchestration.unwrap().value, Orchestration::Flexible);
    assert_eq!(written.billing.unwrap().value.0, Some(Billing::Spot));
    let resources: Vec<_> = (written.resources.as_ref().unwrap().0.iter())
        .map(|(_, one)| (one.0.kind, one.0.gib, one.0.with_instance))
        .collect();
    assert_eq!(
        resources,
        [
            (ResourceKind::SystemDisk, Some(30), Some(true)),
            (ResourceKind::DataDisk, Some(10), Some(false)),
            (ResourceKind::DataDisk, None, None),
            (ResourceKind::Eip, None, None),
            (ResourceKind::Eip, None, None),
        ]
    );
    let unknown = flags(&imported, 0).1;
    assert_eq!(
        unknown,
        ["protectFromScaleIn", "protectFromScaleSetActions", "CanNotDelete on a VM"]
    );
    // The list of members has the protections of the same machine.
    let listed = format!(
        r#"[{{"id":"{SCOPE}/virtualMachineScaleSets/flex/virtualMachines/flex_ab12cd34","name":"flex_ab12cd34","instanceId":"flex_ab12cd34","protectionPolicy":{{"protectFromScaleIn":true}}}}]"#
    );
    let vms = list(&[machine("flex_ab12cd34", &more)]);
    for texts in
        [[("m.json", &*listed), ("v.json", &*vms)], [("v.json", &*vms), ("m.json", &*listed)]]
    {
        let (imported, _) = read(&texts);
        assert_eq!(imported.instances.len(), 1);
        assert_eq!(flags(&imported, 0), (vec!["protectFromScaleIn"], vec!["CanNotDelete on a VM"]));
        assert_eq!(imported.instances[0].1.billing.unwrap().value.0, Some(Billing::Spot));
    }
    // A separate machine: no set, no protections of a set, and pay-as-you-go.
    let (imported, _) = read(&[("v.json", &list(&[machine("solo", "")])), ("locks.json", "[]")]);
    assert_eq!(flags(&imported, 0), (vec![], vec![]));
    assert_eq!(imported.instances[0].1.billing.unwrap().value.0, Some(Billing::PayAsYouGo));
    // Power states; without one it is treated as running, with a warning.
    for (state, expected) in
        [("VM deallocated", Lifecycle::Deallocated), ("VM stopped", Lifecycle::Stopped)]
    {
        let text = list(&[machine("solo", "").replace("VM running", state)]);
        assert_eq!(read(&[("v.json", &text)]).0.instances[0].1.state.unwrap().value, expected);
    }
    let text = list(&[machine("solo", "")
        .replace(r#""powerState":"VM running","#, "")
        .replace(r#","powerState":"VM running""#, "")]);
    assert!(read(&[("v.json", &text)]).1.contains("has no power state"));
}

#[test]
fn a_subscription_that_owes_is_an_account_in_arrears() {
    let fleet = list(&[machine("solo", "")]);
    let state = |state: &str| {
        let text = format!(r#"[{{"id":"S-1","name":"pay","state":"{state}","tenantId":"t"}}]"#);
        read(&[("v.json", &fleet), ("a.json", &text)])
    };
    assert!(state("Enabled").0.accounts.is_empty());
    let (imported, reported) = state("PastDue");
    assert!(reported.contains("does not state when it began"), "{reported}");
    assert_eq!(imported.accounts[0].0.value, "pay");
    assert!(!imported.accounts[0].1.arrears_since.unwrap().value.is_known());
    // It will be disabled as well, unless its arrears are paid.
    let (imported, reported) = state("Warned");
    assert!(reported.contains("treated as past due"), "{reported}");
    assert!(!imported.accounts[0].1.arrears_since.unwrap().value.is_known());
    assert!(state("Disabled").0.instances[0].1.lock.is_some());
    assert!(state("Odd").1.contains("`Odd` is not a known word of `state`"));
}

/// The same rows in different wrappings.
#[test]
fn rows_are_read_whatever_they_are_wrapped_in() {
    let (a, b) = (member(0, ""), member(1, ""));
    let rest = |row: &str| {
        let fields = row.split_once(r#","timeCreated""#).unwrap();
        format!(r#"{},"properties":{{"timeCreated"{}}}"#, fields.0, fields.1)
    };
    for text in [
        format!("[{a},{b}]"),
        format!("{a}\n{b}\n"),
        format!(r#"{{"value":[{a},{b}]}}"#),
        format!(r#"{{"body":{{"value":[{a}]}}}} {{"body":{b}}}"#),
        format!(r#"[{{"value":[{a}]}},{{"value":[{b}]}}]"#),
        format!(r#"{{"value":[{},{}],"nextLink":null}}"#, rest(&a), rest(&b)),
    ] {
        let (imported, reported) = read(&[("m.json", &text), ("s.json", &set(""))]);
        assert!(!reported.contains("error["), "{text}\n{reported}");
        assert_eq!(imported.instances.len(), 2, "{text}");
        assert_eq!(imported.instances[1].1.state.unwrap().value, Lifecycle::Running, "{text}");
    }
    let page = format!(r#"{{"value":[{a}],"nextLink":"https://management.azure.com/more"}}"#);
    assert!(read(&[("m.json", &page)]).1.contains("one page of several"));
    let ecs = r#"{"body":{"instances":{"instance":[{"instanceId":"i-1","instanceChargeType":"PostPaid","status":"Running","spotStrategy":"NoSpot","deletionProtection":true}]}}}"#;
    let (imported, _) = read(&[("e.json", ecs)]);
    assert_eq!(flags(&imported, 0).0, ["DeletionProtection"]);
    let ens = r#"{"Instances":{"Instance":[{"InstanceId":"i-1","EnsRegionId":"cn-x"}]}}"#;
    assert!(read(&[("e.json", ens)]).1.contains("another service"));
    let refused = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    assert!(
        read(&[("e.json", refused)])
            .1
            .contains("the provider refused the call: `AuthorizationFailed`")
    );
}

/// Recorded replies: <https://github.com/Azure/azure-cli> and cloud-custodian.
#[test]
fn recorded_replies_are_read() {
    let text = |name: &str| {
        std::fs::read_to_string(root().join("scenarios/data/azure").join(name)).unwrap()
    };
    let (imported, reported) = read(&[("s.json", &text("vmss-list.json"))]);
    assert!(!reported.contains("error["), "{reported}");
    let (name, group) = &imported.groups[0];
    assert_eq!(
        (name.value.as_str(), group.upgrade_mode.unwrap().value),
        ("cctestvmss", Upgrade::Manual)
    );
    assert!(group.removal.is_none(), "no scale-in policy: the provider's default");
    let members = imported.unseen.iter().find(|unseen| unseen.fact == "members").unwrap();
    assert_eq!(
        members.call,
        "az vmss list-instances --expand instanceView --resource-group TEST_VMSS --name cctestvmss"
    );
    let (before, _) = read(&[("m.json", &text("vmss-vm-get-no-policy.json"))]);
    assert_eq!(flags(&before, 0), (vec![], vec![]));
    let (after, _) = read(&[("m.json", &text("vmss-vm-put-protected-response.json"))]);
    assert_eq!(flags(&after, 0).0, ["protectFromScaleIn", "protectFromScaleSetActions"]);
}

const STATE: &str = r#"{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[
 {"mode":"managed","type":"alicloud_instance","name":"a","provider":"p","instances":[
  {"attributes":{"id":"i-1","instance_charge_type":"PostPaid","spot_strategy":"NoSpot","deletion_protection":true,"auto_release_time":"","status":"Running","availability_zone":"cn-a","tags":{"env":"prod"},"system_disk_size":40,"data_disks":[{"size":20,"delete_with_instance":false,"category":"cloud_essd"}]}},
  {"attributes":{"id":"i-2","instance_charge_type":"PrePaid","renewal_status":"AutoRenewal","auto_renew_period":3,"deletion_protection":false,"status":"Stopped"}},
  {"attributes":{"id":"i-3","instance_charge_type":"PostPaid"}}]},
 {"mode":"managed","type":"alicloud_ess_scaling_group","name":"g","provider":"p","instances":[
  {"attributes":{"id":"asg-1","min_size":1,"max_size":3,"removal_policies":["OldestInstance"],"multi_az_policy":"BALANCE","health_check_type":"ECS","group_deletion_protection":true,"protected_instances":["i-1"]}}]},
 {"mode":"data","type":"alicloud_instance","name":"looked-up","provider":"p","instances":[{"attributes":{"id":"i-9"}}]},
 {"mode":"managed","type":"random_id","name":"r","provider":"p","instances":[{"attributes":{"id":"x"}}]}]}"#;

#[test]
fn state_files_are_read_for_both_clouds() {
    let (imported, reported) = read(&[("terraform.tfstate", STATE)]);
    assert!(!reported.contains("error["), "{reported}");
    assert_eq!(imported.instances.len(), 3);
    assert_eq!(flags(&imported, 0), (vec!["DeletionProtection", "ProtectedFromScaleIn"], vec![]));
    assert_eq!(flags(&imported, 1), (vec![], vec![]));
    assert_eq!(flags(&imported, 2), (vec![], vec!["DeletionProtection"]));
    let schedule =
        |at: usize| imported.instances[at].1.auto_release.map(|one| one.value.is_known());
    assert_eq!((schedule(0), schedule(1), schedule(2)), (None, None, Some(false)));
    assert_eq!(imported.instances[2].1.billing.unwrap().value.0, None, "no `spot_strategy`");
    assert!(imported.instances[0].1.lock.as_ref().is_some_and(|lock| !lock.0[0].is_known()));
    assert_eq!(imported.groups[0].1.protect.on[0].value, "GroupDeletionProtection");

    let azure = format!(
        r#"{{"format_version":"1.0","prior_state":{{"format_version":"1.0","values":{{"root_module":{{"resources":[],"child_modules":[{{"resources":[
  {{"mode":"managed","type":"azurerm_linux_virtual_machine","values":{{"id":"{SCOPE}/virtualMachines/solo","name":"solo","priority":"Regular","zone":"2","os_disk":[{{"name":"os","disk_size_gb":30}}]}}}},
  {{"mode":"managed","type":"azurerm_linux_virtual_machine_scale_set","values":{{"id":"{SCOPE}/virtualMachineScaleSets/web","name":"web","instances":2,"priority":"Spot","eviction_policy":"Delete","upgrade_mode":"Rolling","scale_in":[{{"rule":"OldestVM","force_deletion_enabled":false}}],"automatic_instance_repair":[{{"enabled":true,"grace_period":"PT30M"}}]}}}},
  {{"mode":"managed","type":"azurerm_management_lock","values":{{"id":"x","name":"keep","scope":"{SCOPE}/virtualMachines/solo","lock_level":"CanNotDelete"}}}}]}}]}}}}}},"planned_values":{{}}}}"#
    );
    let (imported, reported) = read(&[("plan.json", &azure)]);
    assert!(!reported.contains("error["), "{reported}");
    assert_eq!(flags(&imported, 0), (vec!["CanNotDelete on a VM"], vec![]));
    let group = &imported.groups[0].1;
    assert_eq!(group.removal.as_ref().unwrap().0[0].value, "oldest-vm");
    assert_eq!(group.protect.unknown.len(), 2, "a state does not have all locks");
    let (_, reported) = read(&[(
        "s.json",
        r#"{"format_version":"0.1","terraform_version":"0.12.31","values":{"root_module":{"resources":[{"type":"aws_instance","mode":"managed","values":{}}]}}}"#,
    )]);
    assert!(
        reported.contains("holds no resource that is read")
            && reported.contains("alicloud_instance"),
        "{reported}"
    );
}

/// A state that is not read gets one message, which states the way to one that is.
#[test]
fn a_state_that_is_not_read_has_one_message() {
    for (text, says, help) in [
        (
            r#"{"version":3,"terraform_version":"0.11.0","serial":1,"modules":[]}"#,
            "error[E120]: a state of version 3 is not read",
            "or let a newer version write it",
        ),
        (
            r#"{"version":5,"terraform_version":"2","resources":[]}"#,
            "error[E120]: a state of version 5 is not read",
            "save the output of `terraform show -json`",
        ),
        (
            r#"{"format_version":"1.1","planned_values":{"root_module":{"resources":[{"mode":"managed","type":"alicloud_instance","values":{}}]}}}"#,
            "warning[W120]: the plan holds no prior state: nothing exists yet",
            "of the state",
        ),
        (
            r#"{"format_version":"1.0","values":{"root_module":{"resources":"none"}}}"#,
            "error[E120]: `resources` must be a list",
            r#"write `"resources": [ … ]`"#,
        ),
    ] {
        let (_, reported) = read(&[("s.json", text)]);
        assert!(reported.contains(says) && reported.contains(help), "{reported}");
        let count = reported.matches("[E120]").count() + reported.matches("[W120]").count();
        assert!(count == 1 || text.contains("none"), "{reported}");
        let is_older = text.contains(r#""version":3"#);
        assert_eq!(reported.contains("newer version"), is_older, "{reported}");
    }
}

/// What `import` prints is a scenario that is read without a mistake.
#[test]
fn what_is_imported_is_a_scenario_that_runs() {
    let scratch = folder();
    let data = root().join("scenarios/data");
    let mut samples: Vec<String> = Vec::new();
    for cloud in ["aliyun", "azure"] {
        let of = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
        samples.extend(crate::support::files(&data.join(cloud), &["json"]).iter().map(of));
    }
    let own = [
        (
            "members.json",
            list(&[
                member(0, r#","tags":{"a b":"$x","=c":"d","e":"x\ny: \"z\""}"#),
                member(1, r#","latestModelApplied":false"#),
            ]),
        ),
        ("sets.json", list(&[set(r#","virtualMachineProfile":{"priority":"Spot"}"#)])),
        ("terraform.tfstate", STATE.to_owned()),
        (
            "accounts.json",
            r#"[{"id":"s-1","name":"pay","state":"PastDue","tenantId":"t"}]"#.to_owned(),
        ),
    ];
    let paths: Vec<String> =
        own.iter().map(|(name, text)| write(scratch.path(), name, text)).collect();
    let captured = ["--captured", "2026-06-01T00:00:00Z"];
    for files in [
        samples,
        paths[..2].to_vec(),
        vec![paths[2].clone()],
        vec![paths[0].clone(), paths[1].clone(), paths[3].clone()],
        paths.clone(),
    ] {
        let mut arguments = vec!["import"];
        arguments.extend(files.iter().map(String::as_str));
        arguments.extend(captured);
        let made = stayput(&arguments);
        assert_eq!(made.code, 0, "{files:?}\n{}", made.stderr);
        let path = write(scratch.path(), "fleet.yaml", &made.stdout);
        let checked = stayput(&["check", &path]);
        assert_eq!(checked.code, 0, "{}{}\n{}", checked.stdout, checked.stderr, made.stdout);
    }
    let made = stayput(&["import", &paths[0], "--from", "gcp"]);
    assert_eq!(made.code, 2);
    assert!(made.stderr.contains("one of: aliyun, azure, terraform"), "{}", made.stderr);
}

/// A large fleet is not written out: a scenario that long would be refused.
#[test]
fn a_large_fleet_is_read_from_its_files_in_each_run() {
    let scratch = folder();
    let rows: Vec<String> = (0..20_001).map(|n| member(n, "")).collect();
    let path = write(scratch.path(), "members.json", list(&rows));
    let made = stayput(&["import", &path, "--captured", "2026-06-01T00:00:00Z"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.len() < 1_000, "{}", made.stdout);
    let path = write(scratch.path(), "fleet.yaml", &made.stdout);
    let checked = stayput(&["check", &path]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stdout.contains("20001 instances"), "{}", checked.stdout);
}

#[test]
fn what_cannot_be_there_at_the_start_is_left_out_with_a_count() {
    let scratch = folder();
    let late = list(&[
        member(0, ""),
        member(1, "").replace("2026-01-01", "2026-07-01"),
        member(2, "").replace("2026-01-01", "2026-08-01"),
    ]);
    write(scratch.path(), "members.json", &late);
    let text = "stayput: scenario/1\nname: late\npolicy: azure-vmss@2026-05-19\nfor: 1d\n\
        fleet: { import: [{ files: [members.json], captured: 2026-06-01T00:00:00Z }] }\n\
        expect: { states: [{ at: end, instance: web_0, is: running }] }\n";
    let path = write(scratch.path(), "late.yaml", text);
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 instances are left out: created after the start"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("1 instance"), "{}", ran.stdout);
    assert_eq!(stayput(&["test", &path]).code, 0);
    // Without a time, the time of the newest file is used, with a warning.
    let path =
        write(scratch.path(), "now.yaml", text.replace(", captured: 2026-06-01T00:00:00Z", ""));
    let ran = stayput(&["check", &path]);
    assert!(ran.stderr.contains("the time of the newest file"), "{}", ran.stderr);
}

#[test]
fn warnings_of_one_kind_fold() {
    let rows: Vec<String> = (0..50)
        .map(|n| {
            member(n, "")
                .replace(r#","instanceView":{"statuses":[{"code":"PowerState/running"}]}"#, "")
        })
        .collect();
    let (imported, reported) = read(&[("m.json", &list(&rows)), ("s.json", &list(&[set("")]))]);
    assert_eq!(imported.instances.len(), 50);
    assert_eq!(reported.matches("has no power state").count(), 3, "{reported}");
    assert!(reported.contains("and 47 more of this kind"), "{reported}");
}

/// A state file with one instance of each cloud.
const BOTH: &str = r#"{"version":4,"terraform_version":"1.5.0","lineage":"x","serial":1,"resources":[
{"mode":"managed","type":"alicloud_instance","instances":[{"attributes":{"id":"i-1","status":"Running","instance_charge_type":"PostPaid","spot_strategy":"NoSpot","deletion_protection":true,"auto_release_time":"","tags":{}}}]},
{"mode":"managed","type":"azurerm_linux_virtual_machine","instances":[{"attributes":{"id":"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1","name":"vm-1","priority":"Regular","zone":"1"}}]}]}"#;

/// The instances with their policies, as a run of a scenario over some files writes them.
fn policies_of(folder: &std::path::Path, scenario: &str) -> Result<Vec<(String, String)>, String> {
    write(folder, "fleet.yaml", scenario);
    let file = folder.join("fleet.yaml").to_string_lossy().into_owned();
    let ran = stayput(&["matrix", &file, "-f", "csv"]);
    if ran.code != 0 {
        return Err(ran.stderr);
    }
    let rows = ran.stdout.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (
            cells[0].to_owned(),
            cells.iter().find(|cell| cell.parse::<usize>().is_ok()).unwrap().to_string(),
        )
    });
    let mut rows: Vec<_> = rows.collect();
    rows.dedup();
    Ok(rows)
}

#[test]
fn two_clouds_in_one_import_have_accounts_with_their_own_policies() {
    let folder = folder();
    write(folder.path(), "both.json", BOTH);
    let file = folder.path().join("both.json").to_string_lossy().into_owned();
    let at = ["--captured", "2026-06-01T00:00:00Z"];
    let ran = stayput(&["import", &file, at[0], at[1]]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("alibaba-cloud: { policy: alibaba-ecs@2026-05-15 }"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("azure: { policy: azure-vmss@2026-05-19 }"), "{}", ran.stdout);
    assert!(ran.stdout.contains("i-1: { account: alibaba-cloud"), "{}", ran.stdout);
    assert!(ran.stdout.contains("vm-1: { account: azure"), "{}", ran.stdout);
    let both = vec![
        ("alibaba-ecs@2026-05-15".to_owned(), "1".to_owned()),
        ("azure-vmss@2026-05-19".to_owned(), "1".to_owned()),
    ];
    assert_eq!(policies_of(folder.path(), &ran.stdout).as_ref(), Ok(&both));
    // A policy for each cloud, in any order.
    let named = ["--policy", "azure-vmss@2019-05-22", "--policy", "alibaba-ecs-cn@2026-05-15"];
    let ran = stayput(&[&["import", &file, at[0], at[1]][..], &named[..]].concat());
    assert!(
        ran.stdout.contains("alibaba-cloud: { policy: alibaba-ecs-cn@2026-05-15 }"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("azure: { policy: azure-vmss@2019-05-22 }"), "{}", ran.stdout);
    // One account cannot have both.
    let ran = stayput(&["import", &file, at[0], at[1], "--account", "shop"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("one account `shop` cannot have"), "{}", ran.stderr);

    let head = "stayput: scenario/1\nname: two\nfor: 1d\n";
    let import = "import: [{ files: [both.json], captured: 2026-06-01T00:00:00Z }]";
    let accounts =
        "accounts: { a: { policy: azure-vmss@2026-05-19 }, b: { policy: alibaba-ecs@2026-05-15 } }";
    let scenario = format!("{head}fleet: {{ {accounts}, {import} }}\n");
    assert_eq!(
        policies_of(folder.path(), &scenario)
            .map(|mut found| {
                found.sort();
                found
            })
            .as_ref(),
        Ok(&both)
    );
    // The policy of the scenario is for one of the two clouds.
    let accounts = "accounts: { a: { policy: azure-vmss@2026-05-19 } }";
    let scenario =
        format!("{head}policy: alibaba-ecs@2026-05-15\nfleet: {{ {accounts}, {import} }}\n");
    assert_eq!(policies_of(folder.path(), &scenario).as_ref(), Ok(&both));
    // There is no policy for the other cloud, or there are several.
    let scenario = format!("{head}policy: alibaba-ecs@2026-05-15\nfleet: {{ {import} }}\n");
    let refused = policies_of(folder.path(), &scenario).unwrap_err();
    assert!(refused.contains("1 instance of azure, and no policy for them"), "{refused}");
    assert!(refused.contains("azure: { policy: azure-vmss@2026-05-19 }"), "{refused}");
    let accounts = "accounts: { a: { policy: azure-vmss@2026-05-19 }, b: { policy: azure-vmss@2019-05-22 }, c: { policy: alibaba-ecs@2026-05-15 } }";
    let refused = policies_of(folder.path(), &format!("{head}fleet: {{ {accounts}, {import} }}\n"))
        .unwrap_err();
    assert!(refused.contains("write `account: a` beside `files:`"), "{refused}");
}

#[test]
fn the_policy_of_a_listing_is_the_newest_edition_that_states_its_cloud() {
    use stayput::policy::Catalog;
    assert_eq!(Catalog::newest_for("alibaba-cloud"), Some("alibaba-ecs@2026-05-15"));
    assert_eq!(Catalog::newest_for("azure"), Some("azure-vmss@2026-05-19"));
    assert_eq!(Catalog::newest_for("nimbus"), None);
    for name in Catalog::names() {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let policy =
            stayput::policy::load(name, None, &Catalog::default(), &mut sources, &mut problems);
        assert!(policy.unwrap().listings.is_some(), "{name}");
    }
}

#[test]
fn a_spot_instance_that_is_listed_with_a_notice_is_reclaimed() {
    // The strategy is absent: the lock itself shows that it is spot capacity.
    let instance = |more: &str| {
        format!(
            r#"{{"Instances":{{"Instance":[{{"InstanceId":"i-1","Status":"Running","InstanceChargeType":"PostPaid","DeletionProtection":true,"AutoReleaseTime":"","CreationTime":"2026-05-01T00:00Z"{more}}}]}}}}"#
        )
    };
    let run = |more: &str, start: &str| {
        let folder = folder();
        write(folder.path(), "i.json", instance(more));
        let scenario = format!(
            "stayput: scenario/1\nname: notice\npolicy: alibaba-ecs@2026-05-15\nfor: 1d\n{start}\
             fleet: {{ import: [{{ files: [i.json], captured: 2026-06-01T00:00:00Z }}] }}\n"
        );
        write(folder.path(), "notice.yaml", &scenario);
        let file = folder.path().join("notice.yaml").to_string_lossy().into_owned();
        let (ran, checked) = (stayput(&["run", &file]), stayput(&["check", &file]));
        (ran.stdout, checked.stderr)
    };
    let noticed = r#","OperationLocks":{"LockReason":[{"LockReason":"recycling"}]}"#;
    let (ran, checked) = run(noticed, "");
    assert!(ran.contains("+5m\n    i-1  spot-reclaim"), "{ran}");
    assert!(checked.contains("`i-1` is about to be reclaimed"), "{checked}");
    // Listed earlier: it is gone before the start.
    let (_, checked) = run(noticed, "start: 2026-06-01T00:05:00Z\n");
    assert!(
        checked.contains("1 instance is left out: by rule `SR1` they were released before it"),
        "{checked}"
    );
    let (ran, _) = run(noticed, "start: 2026-06-01T00:04:00Z\n");
    assert!(ran.contains("+1m\n    i-1  spot-reclaim"), "{ran}");
    let spot = r#","SpotStrategy":"SpotAsPriceGo","OperationLocks":{"LockReason":[]}"#;
    let (ran, _) = run(spot, "");
    assert!(ran.contains("0 of 1 instance released"), "{ran}");
}

#[test]
fn the_matrix_of_a_fleet_has_its_situations_and_counts() {
    let ran = stayput(&["matrix", "scenarios/real-set.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("azure-vmss@2026-05-19\n4 instances"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("protect-from-scale-in           HELD SI2 (on 2)"),
        "{}",
        ran.stdout
    );
    // No instance is spot capacity, and the set is uniform.
    assert!(!ran.stdout.contains("spot-reclaim"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("orchestration flexible"), "{}", ran.stdout);
    let unknown = stayput(&["matrix", "scenarios/data/azure/README.md"]);
    assert_eq!(unknown.code, 2);
    let csv = stayput(&["matrix", "scenarios/two-clouds.yaml", "-f", "csv"]).stdout;
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{csv}");
    let policies: std::collections::BTreeSet<&str> = rows[1..].iter().map(|row| row[0]).collect();
    let both = ["alibaba-ecs-intl@2026-05-15", "azure-vmss@2026-05-19"];
    assert_eq!(policies.into_iter().collect::<Vec<_>>(), both);
}

/// A row without a path in a fleet of several subscriptions is placed so that the scenario is
/// valid, whatever the order of the files.
#[test]
fn a_row_without_a_path_has_an_account() {
    let no_path = |row: String, path: &str| {
        let id = format!(r#""id":"{path}","#);
        assert!(row.contains(&id), "{row}");
        row.replace(&id, "")
    };
    let other = machine("m", "").replace("s-1", "s-2");
    let alone = no_path(machine("n", ""), &format!("{SCOPE}/virtualMachines/n"));
    let part = format!("{SCOPE}/virtualMachineScaleSets/web/virtualMachines/2");
    let of_set = no_path(member(2, r#","latestModelApplied":true"#), &part);
    let scratch = folder();
    let rows = [list(&[member(1, ""), other]), list(&[of_set, alone])];
    let files: Vec<String> =
        (0..2).map(|at| write(scratch.path(), &format!("{at}.json"), &rows[at])).collect();
    for [a, b] in [[0, 1], [1, 0]] {
        let captured = ["--captured", "2026-06-01T00:00:00Z"];
        let ran = stayput(&[&["import", &files[a], &files[b]], &captured[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("n: { account: unknown-subscription"), "{}", ran.stdout);
        let fleet = write(scratch.path(), "fleet.yaml", &ran.stdout);
        let checked = stayput(&["check", &fleet]);
        assert_eq!(checked.code, 0, "{}\n{}", checked.stderr, ran.stdout);
    }
}
