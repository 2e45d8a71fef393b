use stayput::diagnostics::{Problems, Sources, Spanned, render};
use stayput::import::{Imported, import};
use stayput::time::SimTime;
use stayput::words::{Billing, Lifecycle, Membership, ResourceKind};

use crate::support::{files, folder, root, stayput, write};

/// Imports files of `scenarios/data/aliyun`; returns the result and the rendered problems.
pub(crate) fn read(names: &[&str]) -> (Imported, String) {
    let texts: Vec<(String, String)> = names
        .iter()
        .map(|name| {
            let path = root().join("scenarios/data/aliyun").join(name);
            (name.to_string(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    read_texts(&texts)
}

pub(crate) fn read_texts(texts: &[(String, String)]) -> (Imported, String) {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let files: Vec<_> = texts.iter().map(|(name, text)| sources.add(name, text)).collect();
    let span = sources.whole(files[0]);
    let provider = Spanned::new("aliyun".to_owned(), span);
    let imported = import(Some(&provider), &files, &sources, &mut problems);
    (imported, render(&problems, &sources, false))
}

fn states(imported: &Imported, state: Lifecycle) -> usize {
    imported.instances.iter().filter(|(_, part)| part.state.unwrap().value == state).count()
}

#[test]
fn the_instances_of_a_region_have_the_counts_made_by_hand() {
    let (heyuan, reported) = read(&["ecs-describe-instances-cn-heyuan.json"]);
    assert_eq!(reported, "");
    assert_eq!(heyuan.instances.len(), 12);
    assert_eq!((states(&heyuan, Lifecycle::Running), states(&heyuan, Lifecycle::Stopped)), (9, 3));
    let economical = heyuan.instances.iter().filter(|(_, part)| part.economical == Some(true));
    assert_eq!(economical.count(), 1, "one stopped instance has no compute");
    for (_, part) in &heyuan.instances {
        assert_eq!(part.billing.unwrap().value.0, Some(Billing::PayAsYouGo));
        assert!(part.auto_release.is_none() && part.expires.is_none(), "the year 2099 means none");
        let protect = part.protect.as_ref().unwrap();
        assert!(
            protect.on.is_empty() && protect.unknown.is_empty(),
            "no instance is protected, and that is known"
        );
    }
}

#[test]
fn several_regions_form_one_fleet() {
    let (all, reported) = read(&[
        "ecs-describe-instances-cn-heyuan.json",
        "ecs-describe-instances-cn-beijing.json",
        "ecs-describe-instances-cn-shanghai.json",
        "ecs-describe-instances-cn-hongkong.json",
        "ecs-describe-instances-empty.json",
    ]);
    assert_eq!(reported, "");
    assert_eq!(all.instances.len(), 12 + 2 + 4 + 1);
    let protected: Vec<&str> = all
        .instances
        .iter()
        .filter(|(_, part)| !part.protect.as_ref().unwrap().on.is_empty())
        .map(|(name, _)| name.value.as_str())
        .collect();
    assert_eq!(protected, ["i-2zebej68ipknxhx10qy0"]);
    let resources = |kind: ResourceKind| {
        let all = all.instances.iter().flat_map(|(_, part)| &part.resources.as_ref().unwrap().0);
        all.filter(|(_, resource)| resource.0.kind == kind).count()
    };
    assert_eq!(
        (
            resources(ResourceKind::Eip),
            resources(ResourceKind::StaticIp),
            resources(ResourceKind::LocalDisk)
        ),
        (3, 2, 1)
    );
}

/// The counts were made by hand from each file of `scenarios/data/aliyun`.
#[test]
fn every_sample_is_imported_without_an_error() {
    let counts = [
        ("ecs-describe-instance-history-events-cn-beijing.json", "10 system events"),
        ("ecs-describe-instances-cn-beijing.json", "2 instances"),
        ("ecs-describe-instances-cn-heyuan.json", "12 instances"),
        ("ecs-describe-instances-cn-hongkong.json", "1 instance"),
        ("ecs-describe-instances-cn-shanghai.json", "4 instances"),
        ("ecs-describe-instances-empty.json", "0 instances"),
        ("ecs-describe-instances-full-status-cn-heyuan.json", "12 instance states of 16"),
        ("ecs-doc-auto-renew-attribute.json", "1 renewal setting"),
        ("ecs-doc-describe-disks.json", "1 disk of 76"),
        ("ecs-doc-describe-instances.json", "1 instance"),
        ("ecs-doc-event-notifications.json", "4 event notifications"),
        ("ecs-doc-full-status-expiring.json", "2 instance states"),
        ("ess-doc-describe-scaling-groups.json", "1 scaling group"),
        ("ess-doc-describe-scaling-instances.json", "1 group member"),
    ];
    let folder = root().join("scenarios/data/aliyun");
    let samples = files(&folder, &["json"]);
    let samples = samples.iter().map(|path| path.file_name().unwrap().to_string_lossy());
    let samples: Vec<_> = samples.filter(|name| name.starts_with('e')).collect();
    assert_eq!(samples, counts.map(|(name, _)| name));
    for (name, count) in counts {
        let (imported, reported) = read(&[name]);
        assert!(!reported.contains("error["), "{reported}");
        let line = &imported.read[0];
        assert!(line.starts_with(&format!("{name}: {count}")), "{line}");
    }
}

#[test]
fn a_scheduled_release_is_imported_with_its_instance() {
    let (imported, reported) = read(&["ecs-doc-describe-instances.json"]);
    assert!(!reported.contains("error["), "{reported}");
    let (_, part) = &imported.instances[0];
    let (release, created) =
        (part.auto_release.unwrap().value.0.unwrap().at, part.created.unwrap());
    assert_eq!(release, created.value, "the sample has the same time for both");
    assert_eq!(release.from(SimTime::NEVER).to_string(), "2017-12-10T04:04:00Z");
}

#[test]
fn an_overdue_schedule_fires_at_the_start() {
    let scratch = folder();
    let reply = root().join("scenarios/data/aliyun/ecs-doc-describe-instances.json");
    let text = format!(
        "stayput: scenario/1\nname: due\nabout: x\npolicy: alibaba-ecs@2026-05-15\nstart: 2026-06-01T00:00:00Z\nfor: 1d\n\
         fleet:\n  import: [{{ from: aliyun, files: [{reply:?}] }}]\n\
         expect:\n  decisions:\n    - {{ trigger: scheduled-release, at: +0s, outcome: unprotected, effect: released }}\n  exact: true\n",
    );
    let path = write(scratch.path(), "due.yaml", text);
    let ran = stayput(&["test", &path]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_disk_of_an_unknown_instance_is_reported_and_left_out() {
    let (imported, reported) = read(&["ecs-doc-describe-disks.json"]);
    assert!(imported.instances.is_empty());
    assert!(reported.contains("warning[W120]: a disk of `i-bp1j4i2jdf3owlhe****`"), "{reported}");
    assert!(
        reported.contains("warning[W120]: the reply is one page of 76 disks, of which 1 are here"),
        "{reported}"
    );
    assert_eq!(imported.read, ["ecs-doc-describe-disks.json: 1 disk of 76"]);
}

#[test]
fn missing_rows_are_counted_from_the_total() {
    let files = [
        "ecs-describe-instances-cn-heyuan.json",
        "ecs-describe-instances-full-status-cn-heyuan.json",
    ];
    let (imported, reported) = read(&files);
    assert_eq!(
        reported.matches("warning[").count(),
        1,
        "all rows are about instances of the region"
    );
    assert!(
        reported.contains("the reply is one page of 16 instance states, of which 12 are here"),
        "{reported}"
    );
    assert_eq!(imported.instances.len(), 12);
    assert_eq!(
        imported.read[1],
        "ecs-describe-instances-full-status-cn-heyuan.json: 12 instance states of 16"
    );
}

#[test]
fn events_are_counted_by_kind() {
    let (imported, _) = read(&["ecs-describe-instance-history-events-cn-beijing.json"]);
    assert_eq!(
        imported.read,
        ["ecs-describe-instance-history-events-cn-beijing.json: 10 system events: \
          7 SystemFailure.Reboot, 1 SystemFailure.Delete, 1 SystemMaintenance.Reboot, \
          1 SystemMaintenance.Redeploy; 8 Executed, 1 Avoided, 1 Inquiring"]
    );
    let (imported, _) = read(&["ecs-doc-event-notifications.json"]);
    assert_eq!(
        imported.read,
        [
            "ecs-doc-event-notifications.json: 4 event notifications: 2 Instance:SystemMaintenance.Reboot:Scheduled, \
          1 Instance:PreemptibleInstanceInterruption, 1 Instance:StateChange"
        ]
    );
    let (imported, reported) = read(&["ecs-doc-full-status-expiring.json"]);
    assert_eq!(imported.read, ["ecs-doc-full-status-expiring.json: 2 instance states"]);
    assert!(reported.contains("i-instance1") && reported.contains("i-instance2"), "{reported}");
}

#[test]
fn rows_about_unknown_instances_are_reported() {
    let (_, reported) =
        read(&["ecs-doc-auto-renew-attribute.json", "ess-doc-describe-scaling-instances.json"]);
    assert!(reported.contains("a renewal setting of `i-bp18x3z4hc7bixhx****`"), "{reported}");
    assert!(reported.contains("a membership of `i-m5e3z5l951fibnd9****`"), "{reported}");
}

#[test]
fn a_group_is_imported_with_its_bounds_and_orders() {
    let (imported, reported) = read(&["ess-doc-describe-scaling-groups.json"]);
    let (name, group) = &imported.groups[0];
    assert_eq!(name.value, "asg-bp14wlu85wrpchm0****");
    assert_eq!((group.min, group.max), (Some(1), Some(2)));
    let orders: Vec<&str> =
        group.removal.as_ref().unwrap().0.iter().map(|o| o.value.as_str()).collect();
    assert_eq!(orders, ["oldest-scaling-configuration", "oldest-instance"]);
    assert!(
        reported.contains("is inactive") && reported.contains("has no `HealthCheckType`"),
        "{reported}"
    );
    assert_eq!(group.protect.unknown.len(), 1, "an absent flag is unknown, never off");
}

/// Written by hand: no public reply of a partly protected scaling group was found.
const MEMBERS: &str = r#"{"ScalingInstances":{"ScalingInstance":[
  {"InstanceId":"i-1","ScalingGroupId":"asg-1","CreationType":"AutoCreated","LifecycleState":"Protected","CreatedTime":"2026-01-01T00:00:00Z"},
  {"InstanceId":"i-2","ScalingGroupId":"asg-1","CreationType":"Attached","Entrusted":true,"LifecycleState":"InService","CreatedTime":"2026-01-02T00:00:00Z"},
  {"InstanceId":"i-3","ScalingGroupId":"asg-1","CreationType":"Attached","Entrusted":false,"LifecycleState":"Standby","CreatedTime":"2026-01-03T00:00:00Z"}]}}"#;

pub(crate) fn instances(ids: &[&str], rest: &str) -> String {
    let rows: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"InstanceId":"{id}","Status":"Running","InstanceChargeType":"PostPaid","SpotStrategy":"NoSpot","AutoReleaseTime":"","OperationLocks":{{"LockReason":[]}}{rest}}}"#))
        .collect();
    format!(r#"{{"Instances":{{"Instance":[{}]}}}}"#, rows.join(","))
}

#[test]
fn members_are_joined_with_instances_in_any_order_of_files() {
    let fleet = instances(&["i-1", "i-2", "i-3"], r#","DeletionProtection":false"#);
    for order in [[0, 1], [1, 0]] {
        let texts = [
            ("members.json".to_owned(), MEMBERS.to_owned()),
            ("fleet.json".to_owned(), fleet.clone()),
        ];
        let texts: Vec<_> = order.iter().map(|index| texts[*index].clone()).collect();
        let (imported, reported) = read_texts(&texts);
        let instance = |n: usize| &imported.instances[n].1;
        let memberships: Vec<_> =
            (0..3).map(|n| instance(n).membership.unwrap().value.0.unwrap()).collect();
        assert_eq!(
            memberships,
            [Membership::AutoCreated, Membership::Entrusted, Membership::Attached]
        );
        let on = |n: usize| {
            instance(n)
                .protect
                .as_ref()
                .unwrap()
                .on
                .iter()
                .map(|p| p.value.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!((on(0), on(1), on(2)), (vec!["ProtectedFromScaleIn"], vec![], vec!["Standby"]));
        assert!(
            reported.contains("no DescribeScalingGroups reply lists the group `asg-1`"),
            "{reported}"
        );
    }
}

#[test]
fn an_absent_flag_is_unknown_and_stops_a_run_that_depends_on_it() {
    let scratch = folder();
    write(scratch.path(), "fleet.json", instances(&["i-1"], ""));
    let scenario = |assume: &str| {
        format!(
            "stayput: scenario/1\nname: unknown\npolicy: alibaba-ecs@2026-05-15\nstart: 2026-06-01T00:00:00Z\nfor: 40d\n{assume}\
             fleet:\n  import: [{{ from: aliyun, files: [fleet.json] }}]\n\
             events:\n  - {{ at: +1d, id: unpaid, overdue: {{ account: default }} }}\n  - {{ at: +2d, id: click, release: {{ instance: i-1, via: console }} }}\n"
        )
    };
    let run = |assume: &str| {
        let path = write(scratch.path(), "s.yaml", scenario(assume));
        stayput(&["run", &path, "-f", "csv"])
    };
    let ran = run("");
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("depends on whether release-protection is on"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("click"), "an undecided request has no decision");
    let held = run("assume: { unknown-protection: set }\n");
    assert!(
        held.stdout.contains(",held,none,release-protection,RP1,unconfirmed,"),
        "{}",
        held.stdout
    );
    let released = run("assume: { unknown-protection: unset }\n");
    assert!(
        released.stdout.contains("release-protection=unknown,,unprotected,released,"),
        "{}",
        released.stdout
    );
    assert!(
        released.stdout.contains("unknown-protection=unset"),
        "the report repeats the assumption"
    );
}

/// Published samples have masked ids; events can name such a group.
#[test]
fn a_masked_group_can_be_named_by_an_event() {
    let scratch = folder();
    let group =
        r#"{"ScalingGroupId":"asg-bp1****","MinSize":0,"MaxSize":5,"HealthCheckType":"NONE"}"#;
    let reply = format!(r#"{{"ScalingGroups":{{"ScalingGroup":[{group}]}},"TotalCount":1}}"#);
    write(scratch.path(), "groups.json", reply);
    let text = "stayput: scenario/1\nname: masked\npolicy: alibaba-ecs@2026-05-15\n\
        start: 2026-06-01T00:00:00Z\nfor: 1d\nassume: { unknown-protection: unset }\n\
        fleet: { import: [{ from: aliyun, files: [groups.json] }] }\n\
        events: [{ at: +1h, id: night, scale-in: { group: 'asg-bp1****', remove: 1 } }]\n\
        expect: { states: [{ at: end, group: 'asg-bp1****', size: 0 }] }\n";
    let path = write(scratch.path(), "masked.yaml", text);
    let ran = stayput(&["test", &path]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// A reply of another provider than the one that `from` names is recognised.
#[test]
fn a_reply_of_another_provider_is_named() {
    let file = "scenarios/data/aliyun/ecs-describe-instances-cn-beijing.json";
    let import = |from: &str, path: &str| {
        stayput(&["import", "--from", from, path, "--captured", "2026-06-01T00:00:00Z"])
    };
    for from in ["azure", "terraform"] {
        let ran = import(from, file);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        let title = "the file is a reply of aliyun ecs DescribeInstances, and `from` is";
        assert!(ran.stderr.contains(title), "{}", ran.stderr);
        assert!(ran.stderr.contains("write `aliyun` instead"), "{}", ran.stderr);
    }
    let scratch = folder();
    let other = write(scratch.path(), "other.json", "{\"Objects\": {}}");
    let ran = import("azure", &other);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("`az vm list -d > machines.json`"), "{}", ran.stderr);
}
