//! Tests every fact that is read from a listing or a state file: what the imported scenario
//! contains if the key of the fact is on, off and absent. The rows are made by hand after the API
//! references.

use serde_json::{Value as Json, json};
use stayput::Scenario;
use stayput::diagnostics::{Problems, Severity, Sources};
use stayput::import::import;
use stayput::policy::Catalog;
use stayput::report::{ImportedAs, imported_scenario};
use stayput::time::SimTime;

use crate::support::{folder, stayput, write};

const SCOPE: &str = "/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute";

/// The imported scenario.
fn written(files: &[(&str, String)]) -> String {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let texts: Vec<_> = files.iter().map(|(name, text)| sources.add(*name, text.clone())).collect();
    let imported = import(None, &texts, &sources, &mut problems);
    let errors = problems.sorted().into_iter().filter(|p| p.code.severity() == Severity::Error);
    let errors: Vec<_> = errors.map(|problem| problem.title.clone()).collect();
    assert!(errors.is_empty(), "{files:?}: {errors:?}");
    let newest = |cloud: &&'static str| Some((*cloud, Catalog::newest_for(cloud)?.to_owned()));
    imported_scenario(
        &imported,
        &ImportedAs {
            files: &[],
            policies: &imported.clouds.iter().filter_map(newest).collect(),
            account: None,
            captured: SimTime::parse("2026-06-01T00:00:00Z").unwrap(),
        },
    )
}

/// The files of a listing, with `more` fields in the row in question.
type Listing = fn(&str) -> Vec<(&'static str, String)>;

/// A key with a value, a text that the scenario then has, and a text that it then does not have.
type Case = (&'static str, &'static str, &'static str);

fn check(listing: Listing, facts: &[&[Case]]) {
    for (more, has, lacks) in facts.iter().copied().flatten() {
        let text = written(&listing(more));
        assert!(text.contains(has), "{more:?} must give {has:?}:\n{text}");
        assert!(
            lacks.is_empty() || !text.contains(lacks),
            "{more:?} must not give {lacks:?}:\n{text}"
        );
    }
}

const ECS: &str = r#""InstanceId":"i-1","Status":"Running""#;

fn instances(rows: &str) -> String {
    format!(r#"{{"Instances":{{"Instance":[{{{rows}}}]}}}}"#)
}

#[test]
fn describe_instances() {
    let listing: Listing = |more| vec![("i.json", instances(&format!("{ECS}{more}")))];
    check(
        listing,
        &[
            &[
                (r#","DeletionProtection":true"#, "protect: [DeletionProtection]", ""),
                (r#","DeletionProtection":false"#, "i-1:", "protect"),
                ("", r#"protect: ["DeletionProtection=unknown"]"#, ""),
            ],
            &[
                (
                    r#","AutoReleaseTime":"2026-07-01T00:00Z""#,
                    "{ at: 2026-07-01T00:00:00Z, set: earlier }",
                    "",
                ),
                (r#","AutoReleaseTime":"""#, "i-1:", "auto-release"),
                ("", "auto-release: unknown", ""),
            ],
            &[
                (
                    r#","InstanceChargeType":"PrePaid","ExpiredTime":"2026-09-01T00:00Z""#,
                    "billing: subscription, expires: 2026-09-01T00:00:00Z",
                    "auto-release",
                ),
                (
                    r#","InstanceChargeType":"PostPaid","SpotStrategy":"NoSpot""#,
                    "billing: pay-as-you-go",
                    "",
                ),
                (
                    r#","InstanceChargeType":"PostPaid","SpotStrategy":"SpotAsPriceGo""#,
                    "billing: spot",
                    "",
                ),
                (r#","InstanceChargeType":"PostPaid""#, "billing: unknown", ""),
                (r#","InstanceChargeType":"Leased""#, "billing: unknown", ""),
                ("", "billing: unknown", ""),
            ],
            &[
                (
                    r#","OperationLocks":{"LockReason":[{"LockReason":"financial"}]}"#,
                    "lock: [financial]",
                    "",
                ),
                (
                    r#","OperationLocks":{"LockReason":[{"LockReason":"security"}]}"#,
                    "lock: [security]",
                    "",
                ),
                (
                    r#","OperationLocks":{"LockReason":[{"LockReason":"Recycling"}]}"#,
                    "lock: [recycling]",
                    "billing: unknown",
                ),
                (
                    r#","OperationLocks":{"LockReason":[{"LockReason":"refunded"}]}"#,
                    "lock: unknown",
                    "",
                ),
                (
                    r#","OperationLocks":{"LockReason":[{"LockReason":"refunded"},{"LockReason":"security"},{"LockReason":"dedicatedhostfinancial"}]}"#,
                    "lock: [unknown, security]",
                    "",
                ),
                (r#","OperationLocks":{"LockReason":[]}"#, "i-1:", "lock"),
                ("", "lock: unknown", ""),
            ],
            &[
                (r#","StoppedMode":"StopCharging""#, "economical: true", ""),
                (r#","StoppedMode":"KeepCharging""#, "i-1:", "economical"),
                ("", "i-1:", "economical"),
            ],
            &[
                (
                    r#","Tags":{"Tag":[{"TagKey":"env","TagValue":"prod"}]}"#,
                    "tags: { env: prod }",
                    "",
                ),
                (r#","Tags":{"Tag":[]}"#, "i-1:", "tags"),
            ],
        ],
    );
    let states: Listing = |state| {
        let row = ECS.replace("Running", state);
        vec![("i.json", instances(&format!(r#"{row},"SpotStrategy":"NoSpot""#)))]
    };
    check(
        states,
        &[&[
            ("Stopped", "state: stopped", ""),
            ("Starting", "state: pending", ""),
            ("Odd", "i-1:", "state:"),
        ]],
    );
}

#[test]
fn describe_instance_attribute() {
    let listing: Listing = |more| {
        vec![(
            "a.json",
            format!(r#"{{"RequestId":"r",{ECS},"InstanceChargeType":"PostPaid"{more}}}"#),
        )]
    };
    check(
        listing,
        &[
            // Facts that this call never returns are unknown.
            &[
                ("", "billing: unknown", ""),
                ("", r#"["DeletionProtection=unknown"]"#, ""),
                ("", "auto-release: unknown", ""),
            ],
            &[
                (
                    r#","OperationLocks":{"LockReason":[{"LockReason":"security"}]}"#,
                    "lock: [security]",
                    "",
                ),
                (r#","OperationLocks":{"LockReason":[]}"#, "i-1:", "lock"),
                ("", "lock: unknown", ""),
            ],
        ],
    );
}

#[test]
fn disks_and_renewals() {
    let disks: Listing = |more| {
        let disk = format!(
            r#"{{"Disks":{{"Disk":[{{"DiskId":"d-1","InstanceId":"i-1","Type":"data","Size":40{more}}}]}}}}"#
        );
        vec![("d.json", disk), ("i.json", instances(ECS))]
    };
    check(
        disks,
        &[&[
            (
                r#","DeleteWithInstance":true"#,
                "d-1: { kind: data-disk, gib: 40, with-instance: true }",
                "",
            ),
            (r#","DeleteWithInstance":false"#, "with-instance: false", ""),
            ("", "d-1: { kind: data-disk, gib: 40 }", "with-instance"),
        ]],
    );
    let renewals: Listing = |more| {
        let renewal = format!(
            r#"{{"InstanceRenewAttributes":{{"InstanceRenewAttribute":[{{"InstanceId":"i-1","Duration":2,"PeriodUnit":"Month"{more}}}]}}}}"#
        );
        let prepaid =
            format!(r#"{ECS},"InstanceChargeType":"PrePaid","ExpiredTime":"2026-09-01T00:00Z""#);
        vec![("i.json", instances(&prepaid)), ("r.json", renewal)]
    };
    check(
        renewals,
        &[&[
            (r#","RenewalStatus":"AutoRenewal""#, "renewal: automatic, renews-for: 2mo", ""),
            (r#","RenewalStatus":"Normal""#, "renewal: none", "renews-for"),
            (r#","RenewalStatus":"NotRenewal""#, "renewal: none", "renews-for"),
            ("", "renewal: unknown", "renews-for"),
        ]],
    );
}

#[test]
fn scaling_groups_and_their_members() {
    let groups: Listing = |more| {
        vec![(
            "g.json",
            format!(
                r#"{{"ScalingGroups":{{"ScalingGroup":[{{"ScalingGroupId":"asg-1"{more}}}]}}}}"#
            ),
        )]
    };
    check(
        groups,
        &[
            &[
                (r#","GroupDeletionProtection":true"#, "protect: [GroupDeletionProtection]", ""),
                (r#","GroupDeletionProtection":false"#, "asg-1:", "protect"),
                ("", r#"["GroupDeletionProtection=unknown"]"#, ""),
            ],
            &[
                (
                    r#","MinSize":1,"MaxSize":3,"DesiredCapacity":2"#,
                    "min: 1, max: 3, desired: 2",
                    "",
                ),
                ("", "asg-1:", "min:"),
            ],
            &[
                (r#","MultiAZPolicy":"PRIORITY""#, "zone-policy: priority", ""),
                (r#","MultiAZPolicy":"BALANCE""#, "zone-policy: balance", ""),
                (r#","MultiAZPolicy":"COST_OPTIMIZED""#, "asg-1:", "zone-policy"),
                ("", "asg-1:", "zone-policy"),
            ],
            &[(r#","DefaultCooldown":300"#, "cooldown: 5m", ""), ("", "asg-1:", "cooldown")],
            &[
                (r#","HealthCheckType":"NONE""#, "health-check: none", ""),
                (r#","HealthCheckType":"ECS""#, "health-check: instance", ""),
                (r#","HealthCheckType":"LOAD_BALANCER""#, "health-check: instance", ""),
                (r#","HealthCheckType":"none""#, "health-check: none", ""),
                (r#","HealthCheckType":"OTHER""#, "asg-1:", "health-check"),
                ("", "asg-1:", "health-check"),
            ],
            &[
                (
                    r#","RemovalPolicies":{"RemovalPolicy":["NewestInstance"]}"#,
                    "removal: [newest-instance]",
                    "",
                ),
                ("", "asg-1:", "removal"),
            ],
        ],
    );
    let members: Listing = |more| {
        let member = format!(
            r#"{{"ScalingInstances":{{"ScalingInstance":[{{"InstanceId":"i-1","ScalingGroupId":"asg-1"{more}}}]}}}}"#
        );
        let known = format!(r#"{ECS},"DeletionProtection":false"#);
        vec![("m.json", member), ("i.json", instances(&known))]
    };
    check(
        members,
        &[
            &[
                (r#","LifecycleState":"Protected""#, "protect: [ProtectedFromScaleIn]", ""),
                (r#","LifecycleState":"Standby""#, "protect: [Standby]", ""),
                (r#","LifecycleState":"InService""#, "i-1:", "ProtectedFromScaleIn"),
                ("", r#"["ProtectedFromScaleIn=unknown", "Standby=unknown"]"#, ""),
            ],
            &[
                (r#","CreationType":"AutoCreated""#, "membership: auto-created", ""),
                (r#","CreationType":"Attached","Entrusted":true"#, "membership: entrusted", ""),
                (r#","CreationType":"Attached","Entrusted":false"#, "membership: attached", ""),
                (r#","CreationType":"Attached""#, "membership: unknown", ""),
                ("", "membership: unknown", ""),
            ],
        ],
    );
}

#[test]
fn scale_sets() {
    let listing: Listing = |more| {
        vec![(
            "sets.json",
            format!(r#"[{{"id":"{SCOPE}/virtualMachineScaleSets/web","name":"web"{more}}}]"#),
        )]
    };
    check(
        listing,
        &[
            // An empty set is known to be empty; the members of any other set are not in this
            // reply.
            &[
                (r#","sku":{"capacity":0}"#, "desired: 0", ""),
                (r#","sku":{"capacity":3}"#, "web:", "desired"),
                ("", "web:", "desired"),
            ],
            &[
                (r#","orchestrationMode":"Flexible""#, "orchestration: flexible", ""),
                (r#","orchestrationMode":"Uniform""#, "orchestration: uniform", ""),
                ("", "web:", "orchestration"),
            ],
            &[
                (r#","upgradePolicy":{"mode":"Automatic"}"#, "upgrade-mode: automatic", ""),
                (
                    r#","upgradePolicy":{"mode":"Rolling","rollingUpgradePolicy":{"maxSurge":true}}"#,
                    "upgrade-mode: surge",
                    "",
                ),
                (r#","upgradePolicy":null"#, "web:", "upgrade-mode"),
                ("", "web:", "upgrade-mode"),
            ],
            &[
                (
                    r#","scaleInPolicy":{"rules":["OldestVM"],"forceDeletion":true}"#,
                    "removal: [oldest-vm]",
                    "",
                ),
                (r#","scaleInPolicy":{"rules":["Default"]}"#, "removal: [default]", ""),
                (r#","scaleInPolicy":null"#, "web:", "removal"),
                ("", "web:", "removal"),
            ],
            &[
                (
                    r#","automaticRepairsPolicy":{"enabled":true,"gracePeriod":"PT30M","repairAction":"Reimage"}"#,
                    "health-check: application, repair: reimage, repair-grace: 30m",
                    "",
                ),
                (r#","automaticRepairsPolicy":{"enabled":false}"#, "health-check: none", "repair"),
                (r#","upgradePolicy":null"#, "health-check: none", "repair"),
                // A row of `az resource list` has no settings of a set.
                ("", "web:", "health-check"),
            ],
            &[
                (
                    r#","virtualMachineProfile":{"priority":"Spot","evictionPolicy":"Delete"}"#,
                    "new-members: { billing: spot, eviction: delete }",
                    "",
                ),
                (
                    r#","virtualMachineProfile":{"priority":"Low"}"#,
                    "new-members: { billing: spot }",
                    "",
                ),
                (r#","virtualMachineProfile":{}"#, "new-members: { billing: pay-as-you-go }", ""),
                ("", "web:", "new-members"),
            ],
            &[
                (
                    r#","virtualMachineProfile":{"scheduledEventsProfile":{"terminateNotificationProfile":{"enable":true,"notBeforeTimeout":"PT10M"}}}"#,
                    "terminate-hook: { timeout: 10m }",
                    "",
                ),
                (
                    r#","virtualMachineProfile":{"scheduledEventsProfile":{"terminateNotificationProfile":{"enable":false}}}"#,
                    "web:",
                    "terminate-hook",
                ),
                // Spot capacity has no such notice.
                (
                    r#","virtualMachineProfile":{"priority":"Spot","scheduledEventsProfile":{"terminateNotificationProfile":{"enable":true}}}"#,
                    "web:",
                    "terminate-hook",
                ),
                (
                    r#","virtualMachineProfile":{"scheduledEventsProfile":{"terminateNotificationProfile":{"enable":true}}}"#,
                    "web:",
                    "terminate-hook",
                ),
                (r#","virtualMachineProfile":{}"#, "web:", "terminate-hook"),
            ],
            &[
                (r#","zones":["1","3"]"#, "zones: [1, 3]", ""),
                (r#","zones":null"#, "web:", "zones"),
                ("", "web:", "zones"),
            ],
        ],
    );
}

#[test]
fn bounds_of_autoscale() {
    let bounds: Listing = |more| {
        let set = format!(r#"[{{"id":"{SCOPE}/virtualMachineScaleSets/web","name":"web"}}]"#);
        let setting = format!(
            r#"[{{"targetResourceUri":"{SCOPE}/virtualMachineScaleSets/web","profiles":[{{"capacity":{{"minimum":"1","maximum":"4","default":"2"}},"rules":[]}}]{more}}}]"#
        );
        vec![("sets.json", set), ("autoscale.json", setting)]
    };
    check(
        bounds,
        &[&[
            (r#","enabled":true"#, "autoscale: { min: 1, max: 4, default: 2 }", ""),
            ("", "autoscale: { min: 1, max: 4, default: 2 }", ""),
            (r#","enabled":false"#, "web:", "autoscale"),
        ]],
    );
}

/// The files of a set with members; `locks` is the list of locks.
fn member_of(more: &str, locks: Option<&str>) -> Vec<(&'static str, String)> {
    let set = format!(
        r#"[{{"id":"{SCOPE}/virtualMachineScaleSets/web","name":"web","virtualMachineProfile":{{}}}}]"#
    );
    let member = format!(
        r#"[{{"id":"{SCOPE}/virtualMachineScaleSets/web/virtualMachines/0","name":"web_0","instanceId":"0"{more}}}]"#
    );
    let mut files = vec![("sets.json", set), ("members.json", member)];
    files.extend(locks.map(|locks| ("locks.json", locks.to_owned())));
    files
}

#[test]
fn members_of_scale_sets() {
    let listing: Listing = |more| member_of(more, Some("[]"));
    check(
        listing,
        &[
            &[
                (
                    r#","protectionPolicy":{"protectFromScaleIn":true}"#,
                    "protect: [protectFromScaleIn]",
                    "",
                ),
                (
                    r#","protectionPolicy":{"protectFromScaleSetActions":true}"#,
                    "protect: [protectFromScaleIn, protectFromScaleSetActions]",
                    "",
                ),
                (
                    r#","protectionPolicy":{"protectFromScaleIn":false,"protectFromScaleSetActions":false}"#,
                    "web_0:",
                    "protect:",
                ),
                // The version of the reply has the key, so that nothing is set.
                (r#","modelDefinitionApplied":"VirtualMachineScaleSet""#, "web_0:", "protect:"),
                ("", r#"["protectFromScaleIn=unknown", "protectFromScaleSetActions=unknown"]"#, ""),
            ],
            &[
                (
                    r#","instanceView":{"statuses":[{"code":"ProvisioningState/succeeded"},{"code":"PowerState/deallocated"}]}"#,
                    "state: deallocated",
                    "",
                ),
                (
                    r#","instanceView":{"statuses":[{"code":"PowerState/running"}]}"#,
                    "state: running",
                    "",
                ),
                ("", "web_0:", "state:"),
            ],
            &[
                (r#","latestModelApplied":false"#, "model: earlier", ""),
                (r#","latestModelApplied":true"#, "web_0:", "model:"),
                ("", "web_0:", "model:"),
            ],
            &[(r#","zones":["2"]"#, "zone: 2", ""), ("", "web_0:", "zone:")],
            &[
                (
                    r#","instanceView":{"vmHealth":{"status":{"code":"HealthState/unhealthy"}}}"#,
                    "health: unhealthy",
                    "",
                ),
                (
                    r#","instanceView":{"vmHealth":{"status":{"code":"HealthState/healthy"}}}"#,
                    "health: healthy",
                    "",
                ),
                ("", "web_0:", "health:"),
            ],
        ],
    );
}

#[test]
fn virtual_machines() {
    let listing: Listing = |more| {
        vec![
            ("vms.json", format!(r#"[{{"id":"{SCOPE}/virtualMachines/vm","name":"vm"{more}}}]"#)),
            ("locks.json", "[]".to_owned()),
        ]
    };
    check(
        listing,
        &[
            &[
                (r#","powerState":"VM stopped""#, "state: stopped", ""),
                (r#","powerState":"VM running""#, "state: running", ""),
                ("", "vm:", "state:"),
            ],
            &[
                (r#","priority":"Spot","evictionPolicy":"Deallocate""#, "billing: spot", ""),
                (r#","priority":"Regular""#, "billing: pay-as-you-go", ""),
                (r#","priority":null"#, "billing: pay-as-you-go", ""),
                (r#","vmId":"v""#, "billing: pay-as-you-go", ""),
                (r#","priority":"Odd""#, "billing: unknown", ""),
                // A row of `az resource list` has no properties of a machine.
                ("", "billing: unknown", ""),
            ],
            &[
                (
                    r#","virtualMachineScaleSet":{"id":"/x/virtualMachineScaleSets/web"}"#,
                    "group: web",
                    "",
                ),
                (r#","virtualMachineScaleSet":null"#, "vm:", "group:"),
                ("", "vm:", "group:"),
            ],
            &[
                (
                    r#","storageProfile":{"osDisk":{"name":"os","deleteOption":"Delete"}}"#,
                    "os: { kind: system-disk, with-instance: true }",
                    "",
                ),
                (
                    r#","storageProfile":{"osDisk":{"name":"os","deleteOption":"Detach"}}"#,
                    "with-instance: false",
                    "",
                ),
                (
                    r#","storageProfile":{"osDisk":{"name":"os"}}"#,
                    "os: { kind: system-disk }",
                    "with-instance",
                ),
            ],
            &[
                (r#","publicIps":"203.0.113.4""#, "203.0.113.4: { kind: eip }", ""),
                (r#","publicIps":"""#, "vm:", "eip"),
            ],
        ],
    );
}

#[test]
fn locks_and_subscriptions() {
    let lock = |scope: &str, level: &str| {
        format!(
            r#"[{{"id":"{scope}/providers/Microsoft.Authorization/locks/keep","level":"{level}","name":"keep"}}]"#
        )
    };
    let text = |locks: Option<&str>| written(&member_of(r#","protectionPolicy":null"#, locks));
    let group = "/subscriptions/s-1/resourceGroups/rg";
    assert!(text(Some(&lock(group, "CanNotDelete"))).contains("protect: [CanNotDelete] }"));
    assert!(text(Some(&lock("/subscriptions/S-1", "ReadOnly"))).contains("protect: [ReadOnly] }"));
    // A list of locks is of one subscription.
    let unknown = r#"protect: ["CanNotDelete=unknown", "ReadOnly=unknown"]"#;
    assert!(text(Some(&lock("/subscriptions/s-2", "ReadOnly"))).contains(unknown));
    assert!(!text(Some("[]")).contains("protect"));
    assert!(text(None).contains(unknown));

    let accounts: Listing = |state| {
        let vm = format!(r#"[{{"id":"{SCOPE}/virtualMachines/vm","name":"vm","vmId":"v"}}]"#);
        let account = format!(r#"[{{"id":"s-1","name":"pay","tenantId":"t"{state}}}]"#);
        vec![("vms.json", vm), ("account.json", account)]
    };
    check(
        accounts,
        &[&[
            (r#","state":"PastDue""#, "pay: { arrears-since: unknown }", "lock:"),
            (r#","state":"Warned""#, "pay: { arrears-since: unknown }", "lock:"),
            (r#","state":"Disabled""#, "lock: [financial]", ""),
            (r#","state":"Enabled""#, "vm:", "arrears"),
        ]],
    );
}

/// A state with one resource.
fn state(kind: &str, values: &str) -> Vec<(&'static str, String)> {
    vec![(
        "state.json",
        format!(
            r#"{{"format_version":"1.0","terraform_version":"1.9.5","values":{{"root_module":{{"resources":[{{"mode":"managed","type":"{kind}","values":{{{values}}}}}]}}}}}}"#
        ),
    )]
}

#[test]
fn states_of_alibaba_cloud() {
    let listing: Listing = |more| state("alicloud_instance", &format!(r#""id":"i-1"{more}"#));
    check(
        listing,
        &[
            &[
                (r#","deletion_protection":true"#, "protect: [DeletionProtection]", ""),
                (r#","deletion_protection":false"#, "i-1:", "protect"),
                ("", r#"["DeletionProtection=unknown"]"#, ""),
            ],
            &[
                (r#","auto_release_time":"2026-07-01T00:00:00Z""#, "at: 2026-07-01T00:00:00Z", ""),
                (r#","auto_release_time":"""#, "i-1:", "auto-release"),
                (r#","auto_release_time":null"#, "i-1:", "auto-release"),
                ("", "auto-release: unknown", ""),
            ],
            &[
                (
                    r#","instance_charge_type":"PrePaid","renewal_status":"AutoRenewal","auto_renew_period":1,"period_unit":"Month""#,
                    "renewal: automatic, renews-for: 1mo",
                    "",
                ),
                (
                    r#","instance_charge_type":"PrePaid","renewal_status":"Normal""#,
                    "billing: subscription, renewal: none",
                    "",
                ),
                (r#","instance_charge_type":"PrePaid""#, "renewal: unknown", "renews-for"),
                (
                    r#","instance_charge_type":"PostPaid","spot_strategy":"NoSpot","renewal_status":null"#,
                    "billing: pay-as-you-go",
                    "renewal",
                ),
                (
                    r#","instance_charge_type":"PostPaid","spot_strategy":"SpotWithPriceLimit""#,
                    "billing: spot",
                    "",
                ),
                (r#","instance_charge_type":"PostPaid""#, "billing: unknown", ""),
            ],
            &[
                (
                    r#","data_disks":[{"size":20,"category":"cloud_essd","delete_with_instance":true}]"#,
                    "gib: 20, with-instance: true",
                    "",
                ),
                (
                    r#","data_disks":[{"size":20,"category":"cloud_essd","delete_with_instance":false}]"#,
                    "with-instance: false",
                    "",
                ),
                (
                    r#","data_disks":[{"size":20,"category":"local_ssd"}]"#,
                    "{ kind: local-disk, gib: 20 }",
                    "with-instance",
                ),
                (r#","data_disks":[]"#, "i-1:", "disk"),
            ],
            &[
                (r#","tags":{"env":"prod"}"#, "tags: { env: prod }", ""),
                (r#","tags":{}"#, "i-1:", "tags"),
                (r#","tags":null"#, "i-1:", "tags"),
            ],
            // No state file contains the setting `prevent_destroy` of the configuration.
            &[(r#","lifecycle":{"prevent_destroy":true}"#, "i-1:", "prevent")],
            &[("", "lock: unknown", "")],
        ],
    );
    let groups: Listing =
        |more| state("alicloud_ess_scaling_group", &format!(r#""id":"asg-1"{more}"#));
    check(
        groups,
        &[
            &[(r#","min_size":1,"max_size":3,"desired_capacity":2"#, "min: 1, max: 3", "desired")],
            &[
                (
                    r#","removal_policies":["OldestInstance","NewestInstance"]"#,
                    "removal: [oldest-instance, newest-instance]",
                    "",
                ),
                ("", "asg-1:", "removal"),
            ],
            &[
                (r#","group_deletion_protection":true"#, "protect: [GroupDeletionProtection]", ""),
                (r#","group_deletion_protection":false"#, "asg-1:", "protect"),
                ("", r#"["GroupDeletionProtection=unknown"]"#, ""),
            ],
            &[
                (r#","multi_az_policy":"BALANCE""#, "zone-policy: balance", ""),
                ("", "asg-1:", "zone-policy"),
            ],
        ],
    );
}

#[test]
fn states_of_azure() {
    let id = |kind: &str| format!(r#""id":"{SCOPE}/{kind}/one","name":"one""#);
    for kind in ["azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"] {
        let text = |more: &str| written(&state(kind, &format!("{}{more}", id("virtualMachines"))));
        assert!(
            text(r#","priority":"Spot","eviction_policy":"Delete""#).contains("eviction: delete")
        );
        assert!(text(r#","priority":"Regular""#).contains("billing: pay-as-you-go"));
        assert!(text("").contains("billing: unknown"));
        assert!(
            text(r#","virtual_machine_scale_set_id":"/x/virtualMachineScaleSets/web""#)
                .contains("group: web")
        );
        assert!(!text(r#","virtual_machine_scale_set_id":"""#).contains("group:"));
        assert!(
            text(r#","os_disk":[{"name":"os","disk_size_gb":30}]"#)
                .contains("os: { kind: system-disk, gib: 30 }")
        );
        // A state file need not contain all locks.
        assert!(text("").contains(r#"["CanNotDelete on a VM=unknown"]"#));
    }
    let old = written(&state(
        "azurerm_virtual_machine",
        &format!(r#"{},"storage_os_disk":[{{"name":"os"}}]"#, id("virtualMachines")),
    ));
    assert!(old.contains("billing: pay-as-you-go"), "{old}");
    for (kind, orchestration) in [
        ("azurerm_linux_virtual_machine_scale_set", "uniform"),
        ("azurerm_windows_virtual_machine_scale_set", "uniform"),
        ("azurerm_orchestrated_virtual_machine_scale_set", "flexible"),
    ] {
        let text =
            |more: &str| written(&state(kind, &format!("{}{more}", id("virtualMachineScaleSets"))));
        for (more, has, lacks) in [
            ("", orchestration, "new-members"),
            (
                r#","scale_in":[{"rule":"NewestVM","force_deletion_enabled":true}]"#,
                "removal: [newest-vm]",
                "",
            ),
            (r#","scale_in_policy":"OldestVM""#, "removal: [oldest-vm]", ""),
            (r#","scale_in":[]"#, "one:", "removal"),
            (
                r#","termination_notification":[{"enabled":true,"timeout":"PT5M"}]"#,
                "terminate-hook: { timeout: 5m }",
                "",
            ),
            (r#","termination_notification":[{"enabled":false}]"#, "one:", "terminate-hook"),
            (
                r#","terminate_notification":[{"enabled":true,"timeout":"PT5M"}]"#,
                "terminate-hook",
                "",
            ),
            // Documents state no default for the timeout.
            (r#","terminate_notification":[{"enabled":true}]"#, "one:", "terminate-hook"),
            (
                r#","automatic_instance_repair":[{"enabled":true,"grace_period":"PT30M","action":"Restart"}]"#,
                "health-check: application, repair: restart, repair-grace: 30m",
                "",
            ),
            (r#","automatic_instance_repair":[{"enabled":false}]"#, "health-check: none", "repair"),
            (
                r#","priority":"Spot","eviction_policy":"Deallocate""#,
                "new-members: { billing: spot, eviction: deallocate }",
                "",
            ),
            (
                r#","upgrade_mode":"Rolling","rolling_upgrade_policy":[{"max_batch_instance_percent":20,"pause_time_between_batches":"PT1M"}]"#,
                "upgrade-mode: rolling, batch-percent: 20, batch-pause: 1m",
                "",
            ),
            (r#","zones":["1"]"#, "zones: [1]", ""),
        ] {
            let text = text(more);
            assert!(text.contains(has), "{more:?} must give {has:?}:\n{text}");
            assert!(lacks.is_empty() || !text.contains(lacks), "{more:?}:\n{text}");
        }
    }
}

#[test]
fn states_with_deep_modules_say_what_is_left_out() {
    let nest = |depth: usize| {
        let resource = r#"{"resources":[{"mode":"managed","type":"alicloud_instance","values":{"id":"i-1"}}]}"#;
        let module = r#"{"child_modules":["#.repeat(depth) + resource + &"]}".repeat(depth);
        format!(
            r#"{{"format_version":"1.0","terraform_version":"1.9.5","values":{{"root_module":{module}}}}}"#
        )
    };
    assert!(written(&[("state.json", nest(32))]).contains("i-1:"));
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("state.json", nest(40));
    assert!(import(None, &[file], &sources, &mut problems).instances.is_empty());
    assert!(problems.sorted().iter().any(|one| one.title.contains("nested more than 32 deep")));
}

#[test]
fn rows_of_other_services_are_refused() {
    let refused = |text: &str| {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("reply.json", text);
        import(None, &[file], &sources, &mut problems);
        problems.sorted().iter().map(|one| one.title.clone()).collect::<Vec<_>>().join("\n")
    };
    for row in [
        // Elastic machines at the edge, simple servers, and the machines of another provider.
        r#"{"InstanceId":"i-1","EnsRegionId":"x","Status":"Running","InstanceChargeType":"PostPaid"}"#,
        r#"{"InstanceId":"ins-1","InstanceState":"RUNNING","InstanceChargeType":"POSTPAID_BY_HOUR"}"#,
    ] {
        for text in [row.to_owned(), format!("[{row}]"), format!(r#"{{"Instances":[{row}]}}"#)] {
            assert!(refused(&text).contains("of another service"), "{text}: {}", refused(&text));
        }
    }
    for (text, title) in [
        (
            r#"{"Response":{"Error":{"Code":"AuthFailure","Message":"no"}}}"#,
            "refused the call: `AuthFailure`",
        ),
        (
            r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#,
            "refused the call: `AuthorizationFailed`",
        ),
        (r#"{"Response":{"InstanceSet":[{"InstanceId":"ins-1"}]}}"#, "not a known reply"),
        (r#"{"servers":[{"id":"u"}]}"#, "not a known reply"),
    ] {
        assert!(refused(text).contains(title), "{text}: {}", refused(text));
    }
}

#[test]
fn a_file_has_one_line_for_each_call_in_what_was_read() {
    let lines: Vec<String> = (0..3)
        .map(|n| ECS.replace("i-1", &format!("i-{n}")))
        .map(|row| format!(r#"{{{row},"SpotStrategy":"NoSpot"}}"#))
        .collect();
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("lines.json", lines.join("\n"));
    let imported = import(None, &[file], &sources, &mut problems);
    assert_eq!(imported.read, ["lines.json: 3 instances"]);
}

/// Some shells write UTF-16 into a file to which an output is redirected.
#[test]
fn a_listing_in_utf_16_is_read() {
    let folder = crate::support::folder();
    let text = format!(r#"[{{"id":"{SCOPE}/virtualMachines/vm","name":"vm","vmId":"v"}}]"#);
    let path = folder.path().join("vms.json");
    let import = |bytes: Vec<u8>| {
        std::fs::write(&path, bytes).unwrap();
        let file = path.to_string_lossy().into_owned();
        crate::support::stayput(&["import", &file, "--captured", "2026-06-01T00:00:00Z"])
    };
    let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
    for bytes in [
        units().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
        units().flat_map(u16::to_be_bytes).collect(),
    ] {
        let ran = import(bytes.clone());
        assert!(ran.code == 0 && ran.stdout.contains("vm:"), "{}", ran.stderr);
        let ran = import(bytes[..bytes.len() - 1].to_vec());
        assert!(ran.code == 2 && ran.stderr.contains("not valid UTF-16"), "{}", ran.stderr);
    }
}

#[test]
fn what_no_listing_shows_is_named_with_its_call() {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let row = format!(r#"{ECS},"InstanceChargeType":"PrePaid","ExpiredTime":"2026-09-01T00:00Z""#);
    let file = sources.add("i.json", instances(&row));
    let unseen = import(None, &[file], &sources, &mut problems).unseen;
    let call = |fact: &str| unseen.iter().find(|one| one.fact == fact).map(|one| one.call.as_str());
    assert_eq!(call("disks"), Some("aliyun ecs DescribeDisks --pager"));
    let renewals = "aliyun ecs DescribeInstanceAutoRenewAttribute --InstanceId i-1";
    assert_eq!(call("renewal"), Some(renewals));
    assert_eq!(call("lock"), Some("aliyun ecs DescribeInstances --pager"));
    assert_eq!(call("billing"), None, "it is a subscription");
}

/// The imported scenario of one instance with these fields, and the titles of the warnings; `None`
/// if the listing is refused.
fn imported_row(more: &str) -> Option<(String, Vec<String>)> {
    imported_listing(&instances(&format!("{ECS}{more}")))
}

/// As [`imported_row`], of a whole listing.
fn imported_listing(text: &str) -> Option<(String, Vec<String>)> {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("i.json", text.to_owned());
    let imported = import(None, &[file], &sources, &mut problems);
    if problems.count(Severity::Error) > 0 {
        return None;
    }
    let titles = problems.sorted().into_iter().map(|problem| problem.title.clone()).collect();
    let newest = |cloud: &&'static str| Some((*cloud, Catalog::newest_for(cloud)?.to_owned()));
    let written = ImportedAs {
        files: &[],
        policies: &imported.clouds.iter().filter_map(newest).collect(),
        account: None,
        captured: SimTime::parse("2026-06-01T00:00:00Z").unwrap(),
    };
    Some((imported_scenario(&imported, &written), titles))
}

fn tags(tags: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| json!({ "TagKey": key, "TagValue": value });
    let tags: Vec<Json> = tags.iter().map(tag).collect();
    format!(",\"Tags\":{}", json!({ "Tag": tags }))
}

/// Tags are read back as the provider states them: empty values, and texts that begin with `$`.
#[test]
fn tags_are_read_back_as_they_were_listed() {
    let listed = [
        ("owner", ""),
        ("cost$", "$x"),
        ("$key", "$$x"),
        ("a", "$"),
        ("b", "$$$y"),
        ("c", "null"),
        ("d", "  "),
    ];
    let (text, _) = imported_row(&tags(&listed)).unwrap();
    let scenario = Scenario::parse(&text).expect(&text);
    let plan = scenario.compile(&stayput::Catalog::default()).expect(&text).swap_remove(0);
    let read = plan.header.tags.of(stayput::words::InstanceId(0)).unwrap();
    assert_eq!(read, "$key=$$x;a=$;b=$$$y;c=null;cost$=$x;d=;owner=", "{text}");
}

#[test]
fn hidden_characters_of_tags_become_spaces_with_a_warning() {
    for hidden in ['\0', '\n', '\u{1b}', '\u{9b}', '\u{202e}'] {
        let (text, titles) = imported_row(&tags(&[("k", &format!("a{hidden}b"))])).unwrap();
        assert!(text.contains("tags: { k: \"a b\" }"), "{text}");
        let warned = "the value of the tag `k` contains hidden characters".to_owned();
        assert!(titles.contains(&warned), "{titles:?}");
    }
}

/// Whatever a listing contains, it is refused, or the written scenario is valid.
#[test]
fn an_odd_listing_is_refused_or_gives_a_valid_scenario() {
    let long = "x".repeat(256);
    let mut odd = vec![
        r#","ZoneId":"a..b""#.to_owned(),
        r#","ZoneId":"z-****;$x?""#.to_owned(),
        format!(r#","ZoneId":"{long}""#),
        r#","ZoneId":"=1+1""#.to_owned(),
        tags(&[("acs:autoscaling:scalingGroupId", "a..b*$;")]),
        tags(&[("acs:autoscaling:scalingGroupId", &long)]),
        tags(&[("acs:autoscaling:scalingGroupId", "")]),
        tags(&[("k", "a"), ("k", "b"), ("", "c")]),
        tags(&[("k", "a"), ("k", "b")]),
        tags(&[("*", "?"), ("a;b", "=c"), ("a..b", "::d"), (" ", "e")]),
        tags(&[(&long, &long)]),
        r#","EipAddress":{"AllocationId":"eip-1"},"PublicIpAddress":{"IpAddress":["1","1"]}"#
            .into(),
    ];
    let times = [
        "9999-12-31T00:00Z",
        "9999-12-29T00:00Z",
        "2099-01-01T00:00Z",
        "2026-06-01T00:01Z",
        "2016-12-31T23:59:60Z",
        "1970-01-01T00:00Z",
        "0001-01-01T00:00Z",
        "0000-01-01T00:00Z",
        "2026-06-01T00:00+25:00",
    ];
    for time in times {
        for key in ["AutoReleaseTime", "CreationTime", "ExpiredTime"] {
            for charge in ["PostPaid", "PrePaid"] {
                let field = format!(r#","InstanceChargeType":"{charge}","{key}":"{time}""#);
                odd.push(format!("{field},\"SpotStrategy\":\"NoSpot\""));
                odd.push(format!("{field},\"SpotStrategy\":\"SpotAsPriceGo\""));
            }
        }
    }
    let mut accepted = 0;
    for more in &odd {
        let Some((text, _)) = imported_row(more) else { continue };
        accepted += 1;
        let scenario = Scenario::parse(&text).expect(&text);
        if let Err(problems) = scenario.compile(&stayput::Catalog::default()) {
            panic!("{more}\n{text}\n{problems}");
        }
    }
    assert!(accepted > odd.len() / 2, "{accepted} of {}", odd.len());
}

/// An order that no policy has is left out with a warning.
#[test]
fn an_unknown_removal_policy_is_left_out() {
    let group = r#"{"ScalingGroups":{"ScalingGroup":[{"ScalingGroupId":"asg-1","MinSize":0,
        "MaxSize":3,"RemovalPolicies":{"RemovalPolicy":["2026-06-01T00:00Z","OldestInstance"]}}]}}"#;
    let text = written(&[("g.json", group.to_owned())]);
    assert!(text.contains("removal: [oldest-instance]"), "{text}");
}

/// A health check that is not known is unknown, not on, and a warning says so.
#[test]
fn an_unknown_health_check_gives_a_warning() {
    let group = r#"{"ScalingGroups":{"ScalingGroup":[{"ScalingGroupId":"asg-1","HealthCheckType":"OTHER"}]}}"#;
    let (text, titles) = imported_listing(group).unwrap();
    assert!(!text.contains("health-check"), "{text}");
    let warned = "`OTHER` is not a known word of `HealthCheckType`".to_owned();
    assert!(titles.contains(&warned), "{titles:?}");
    assert!(!titles.iter().any(|title| title.contains("has no `HealthCheckType`")), "{titles:?}");
}

/// A fault domain that a fleet cannot have is left out with a warning.
#[test]
fn a_fault_domain_over_255_is_left_out() {
    for (domain, is_read) in [(255, true), (256, false)] {
        let id = format!("{SCOPE}/virtualMachineScaleSets/web/virtualMachines/0");
        let view = format!(r#"{{"platformFaultDomain":{domain}}}"#);
        let member = format!(
            r#"[{{"id":"{id}","name":"web_0","instanceId":"0","latestModelApplied":true,"instanceView":{view}}}]"#
        );
        let (text, titles) = imported_listing(&member).unwrap();
        assert_eq!(text.contains("fault-domain: 255"), is_read, "{text}");
        let warned = titles.contains(&"`web_0` is in fault domain 256".to_owned());
        assert_eq!(warned, !is_read, "{titles:?}");
    }
}

/// An account or a time that the written scenario could not contain is refused.
#[test]
fn options_that_a_scenario_cannot_contain_are_refused() {
    let scratch = folder();
    let path = write(scratch.path(), "i.json", instances(ECS));
    for (option, value, reason) in [
        ("--account", "=x", "a spreadsheet would run text that starts with `=`"),
        ("--account", "", "a name has at least one character"),
        ("--account", "a..b", "have a special meaning in selectors"),
        ("--captured", "9999-12-31T00:00:00Z", "the scenario would end after 9999-12-30T22:00:00Z"),
        ("--captured", "2026-06-01T00:00:00+25:00", "expected a time with its offset"),
    ] {
        for verb in ["import", "init"] {
            let ran = stayput(&[verb, &path, option, value]);
            assert_eq!(ran.code, 2, "{verb} {option} {value}: {}", ran.stderr);
            assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        }
    }
}
