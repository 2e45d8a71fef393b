use stayput::import::Imported;
use stayput::time::{CalendarSpan, SimTime, Term};
use stayput::words::{Billing, Renewal, ResourceKind};

use crate::imports::{instances, read_texts};
use crate::support::{folder, stayput, write};

/// Imports one reply; returns the result and the rendered problems.
fn read(text: &str) -> (Imported, String) {
    read_texts(&[("reply.json".to_owned(), text.to_owned())])
}

/// Imports replies as the files `1.json`, `2.json` and so on.
fn read_all(texts: &[String]) -> (Imported, String) {
    let named = texts.iter().enumerate().map(|(n, text)| (format!("{}.json", n + 1), text.clone()));
    read_texts(&named.collect::<Vec<_>>())
}

/// The problems of each text, in order. They must not contain type names or messages of libraries.
fn problems_of(texts: &[&str]) -> String {
    let reported = texts.iter().map(|text| {
        let (_, reported) = read(text);
        for word in ["expected `", "u64", "invalid type", "missing field", "EOF", "struct"] {
            assert!(!reported.contains(word), "{reported}");
        }
        assert!(
            reported.contains("reply.json:"),
            "every message has a location: {text}\n{reported}"
        );
        reported
    });
    reported.collect::<Vec<_>>().join("\n\n\n")
}

/// A reply with one pay-as-you-go instance, with further fields.
fn instance(more: &str) -> String {
    format!(
        r#"{{"Instances":{{"Instance":[
  {{"InstanceId":"i-1","Status":"Running","InstanceChargeType":"PostPaid","AutoReleaseTime":"","DeletionProtection":false{more}}}]}}}}"#
    )
}

/// A reply with one subscription, with further fields.
fn subscription(more: &str) -> String {
    instance(more).replace("PostPaid", "PrePaid")
}

#[test]
fn syntax_errors_are_reported_in_plain_words() {
    insta::assert_snapshot!(problems_of(&[
        "",
        " \n ",
        "{\"Instances\":",
        "{\"Instances\": {\"Instance\": [\n  {\"InstanceId\": \"i-1\",}\n]}}",
        "{'Instances': {}}",
        "InstanceId | Status\ni-1 | Running",
        "{\"Instances\": {\"Instance\": []}} and more",
    ]));
}

#[test]
fn a_malformed_page_is_reported_at_its_location() {
    insta::assert_snapshot!(problems_of(&[
        "[]",
        "12",
        r#"{"Objects":{}}"#,
        r#"{"Instancs":{"Instance":[]}}"#,
        r#"{"Code":"Forbidden.RAM","Message":"User not authorized to operate on the specified resource."}"#,
        r#"{"Instances":{}}"#,
        r#"{"Instances":{"Instances":[]}}"#,
        r#"{"Instances":{"Instance":{"InstanceId":"i-1"}}}"#,
        r#"{"Disks":null}"#,
        r#"{"ScalingInstances":"none"}"#,
        r#"{"Instances":{"Instance":[]},"TotalCount":"many"}"#,
    ]));
}

#[test]
fn a_malformed_row_is_reported_at_its_location() {
    insta::assert_snapshot!(problems_of(&[r#"{"Instances":{"Instance":[
  "i-1",
  null,
  ["i-2"],
  {"Status":"Running"},
  {"InstanceId":"","InstanceChargeType":"PostPaid"},
  {"InstanceId":null,"InstanceChargeType":"PostPaid"},
  {"InstanceId":7,"InstanceChargeType":"PostPaid"},
  {"InstanceId":"i-3","InstanceId":"i-4","InstanceChargeType":"PostPaid"}]}}"#,]));
}

#[test]
fn all_fields_of_a_wrong_type_are_reported_at_once() {
    let fields = [
        r#""DeletionProtection":"yes""#,
        r#""ExpiredTime":20991231"#,
        r#""AutoReleaseTime":"2026-06-01T00:00:00""#,
        r#""CreationTime":"yesterday""#,
        r#""InstanceChargeType":"PrePayed""#,
        r#""SpotStrategy":true"#,
        r#""LocalStorageCapacity":-5"#,
        r#""ZoneId":["cn-a"]"#,
        r#""Tags":{"Tags":[]}"#,
        r#""OperationLocks":{"LockReason":["security"]}"#,
        r#""PublicIpAddress":{"IpAddress":[203]}"#,
        r#""EipAddress":"eip-1""#,
    ];
    let row = format!("{{\"InstanceId\":\"i-1\",\n   {}}}", fields.join(",\n   "));
    let text = format!("{{\"Instances\":{{\"Instance\":[\n  {row}]}}}}");
    let reported = problems_of(&[&text]);
    // An unknown word causes a warning, and the fact counts as unknown.
    assert_eq!(reported.matches("error[").count(), fields.len() - 1, "{reported}");
    insta::assert_snapshot!(reported);
}

#[test]
fn wrong_fields_of_disks_members_groups_and_renewals_are_reported() {
    insta::assert_snapshot!(problems_of(&[
        r#"{"Disks":{"Disk":[{"DiskId":"d-1","InstanceId":"i-1","Type":"systm","Size":"40 GiB","DeleteWithInstance":1}]}}"#,
        r#"{"ScalingInstances":{"ScalingInstance":[{"InstanceId":"i-1","CreationType":"Auto","Entrusted":"on","CreatedTime":"x"}]}}"#,
        r#"{"ScalingGroups":{"ScalingGroup":[{"ScalingGroupId":"asg-1","MinSize":1.5,"MaxSize":99999999999,"RemovalPolicies":["OldestInstance",3]}]}}"#,
        r#"{"InstanceRenewAttributes":{"InstanceRenewAttribute":[{"InstanceId":"i-1","RenewalStatus":"AutoRenew","PeriodUnit":"Fortnight","Duration":-1}]}}"#,
    ]));
}

#[test]
fn numbers_and_flags_are_read_in_quotes_and_without() {
    for (flag, size) in [("true", "40"), ("\"true\"", "\"40\"")] {
        let fleet = instance("")
            .replace("\"DeletionProtection\":false", &format!("\"DeletionProtection\":{flag}"));
        let disks = format!(
            r#"{{"Disks":{{"Disk":[{{"DiskId":"d-1","InstanceId":"i-1","Type":"data","Size":{size},"DeleteWithInstance":{flag}}}]}},"TotalCount":"1"}}"#
        );
        let (imported, reported) = read_all(&[fleet, disks]);
        assert_eq!(reported, "");
        let written = &imported.instances[0].1;
        assert_eq!(written.protect.as_ref().unwrap().on[0].value, "DeletionProtection");
        let disk = &written.resources.as_ref().unwrap().0[0].1.0;
        assert_eq!((disk.gib, disk.with_instance), (Some(40), Some(true)));
    }
}

#[test]
fn a_null_or_empty_flag_is_unknown() {
    for nothing in ["null", "\"\""] {
        let text = instance("").replace(":false", &format!(":{nothing}"));
        let (imported, reported) = read(&text);
        assert_eq!(reported, "");
        let protect = imported.instances[0].1.protect.as_ref().unwrap();
        assert!(protect.on.is_empty());
        assert_eq!(protect.unknown[0].value, "DeletionProtection");
    }
    let members = r#"{"ScalingInstances":{"ScalingInstance":[{"InstanceId":"i-1","ScalingGroupId":"asg-1","CreationType":"AutoCreated"}]}}"#;
    let (imported, _) = read_all(&[instance(""), members.to_owned()]);
    let protect = imported.instances[0].1.protect.as_ref().unwrap();
    let unknown: Vec<&str> = protect.unknown.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(unknown, ["ProtectedFromScaleIn", "Standby"], "without a state, both are unknown");
}

#[test]
fn a_list_is_read_whether_it_is_wrapped_once_or_twice() {
    let row = r#"[{"ScalingGroupId":"asg-1","HealthCheckType":"ECS","GroupDeletionProtection":true,"RemovalPolicies":["NewestInstance"]}]"#;
    let wrapped = format!(r#"{{"ScalingGroups":{{"ScalingGroup":{row}}}}}"#);
    for text in [format!(r#"{{"ScalingGroups":{row}}}"#), wrapped] {
        let (imported, reported) = read(&text);
        assert_eq!(reported, "");
        assert_eq!(imported.groups[0].1.removal.as_ref().unwrap().0[0].value, "newest-instance");
    }
}

#[test]
fn a_term_that_ends_in_2099_never_ends() {
    let expires = |time: &str| {
        let (imported, reported) = read(&subscription(&format!(r#","ExpiredTime":"{time}""#)));
        (
            imported
                .instances
                .first()
                .map(|(_, written)| written.expires.map(|at| at.from(SimTime::NEVER))),
            reported,
        )
    };
    let june = SimTime::parse("2026-06-30T16:00:00Z").unwrap();
    assert_eq!(expires("2026-06-30T16:00Z"), (Some(Some(june)), String::new()));
    assert_eq!(
        expires("2098-12-31T15:59Z").0.unwrap().unwrap().to_string(),
        "2098-12-31T15:59:00Z"
    );
    assert_eq!(expires("2099-12-31T15:59Z"), (Some(None), String::new()));
    assert_eq!(expires("2999-09-08T16:00Z"), (Some(None), String::new()));
    let (_, reported) = expires("zzz");
    assert!(
        reported.contains("error[E120]: `ExpiredTime` must be a time, found the text `zzz`"),
        "{reported}"
    );
    let (_, reported) = read(&subscription(""));
    assert!(reported.contains("the reply has no `ExpiredTime` for `i-1`"), "{reported}");
}

#[test]
fn the_term_of_a_renewal_is_read_or_refused() {
    let renewal = |more: &str| {
        let row = format!(r#"{{"InstanceId":"i-1"{more}}}"#);
        let text = format!(r#"{{"InstanceRenewAttributes":{{"InstanceRenewAttribute":[{row}]}}}}"#);
        let (imported, reported) =
            read_all(&[subscription(r#","ExpiredTime":"2026-06-30T16:00Z""#), text]);
        let written = &imported.instances[0].1;
        (written.renewal.and_then(|renewal| renewal.value.0), written.renews_for, reported)
    };
    let term = |text: &str| Term::new(CalendarSpan::parse(text).unwrap());
    let auto = Some(Renewal::Automatic);
    for (more, expected) in [
        (r#","RenewalStatus":"AutoRenewal","Duration":2,"PeriodUnit":"Week""#, (auto, term("14d"))),
        (
            r#","RenewalStatus":"AutoRenewal","Duration":"3","PeriodUnit":"Month""#,
            (auto, term("3mo")),
        ),
        (r#","RenewalStatus":"AutoRenewal","Duration":1,"PeriodUnit":"Year""#, (auto, term("1y"))),
        (r#","RenewalStatus":"AutoRenewal","Duration":6"#, (auto, term("6mo"))),
        (r#","RenewalStatus":"Normal","Duration":0,"PeriodUnit":"""#, (Some(Renewal::None), None)),
    ] {
        let (renewal, renews_for, reported) = renewal(more);
        assert_eq!((renewal, renews_for), expected, "{more}");
        assert_eq!(reported, "");
    }
    for (more, expected) in [
        (
            r#","RenewalStatus":"AutoRenewal","Duration":0"#,
            "error[E120]: the term of the renewal must be at least 1",
        ),
        (
            r#","RenewalStatus":"AutoRenewal","Duration":4294967295"#,
            "error[E120]: the term of the renewal is more than a thousand years",
        ),
        (
            r#","RenewalStatus":"Normal","Duration":-1"#,
            "error[E120]: `Duration` must be a whole number",
        ),
        (
            r#","RenewalStatus":"Normal","PeriodUnit":"Fortnight""#,
            "warning[W120]: `Fortnight` is not a known word of `PeriodUnit`",
        ),
        (
            r#","RenewalStatus":"AutoRenewal""#,
            "warning[W120]: the reply has no `Duration` of the renewal",
        ),
        (r#","Duration":1"#, "warning[W120]: the reply has no `RenewalStatus` for `i-1`"),
    ] {
        let (_, _, reported) = renewal(more);
        assert!(
            reported.contains(expected) && reported.contains("2.json:1:"),
            "{more}\n{reported}"
        );
    }
}

#[test]
fn a_duplicate_row_is_left_out_and_reported_with_both_locations() {
    let disk =
        r#"{"DiskId":"d-1","InstanceId":"i-1","Type":"data","Size":40,"DeleteWithInstance":false}"#;
    let disks = format!("{{\"Disks\":{{\"Disk\":[\n  {disk},\n  {disk}]}}}}");
    let fleet = instances(&["i-1", "i-1", "i-2****", "i-2****"], r#","DeletionProtection":false"#)
        .replace("},{", "},\n{");
    let (imported, reported) = read_all(&[fleet, disks]);
    assert_eq!(imported.instances.len(), 2);
    let resources = &imported.instances[0].1.resources.as_ref().unwrap().0;
    assert_eq!(resources.len(), 1);
    insta::assert_snapshot!(reported);
}

/// Whatever their order, two rows that contradict each other are refused with both locations.
#[test]
fn rows_that_contradict_each_other_are_refused_in_any_order() {
    let protected = instances(&["i-1"], r#","DeletionProtection":true"#);
    let open = protected.replace("true", "false");
    let disk =
        r#"{"Disks":{"Disk":[{"DiskId":"d-1","InstanceId":"i-1","Type":"data","Size":40}]}}"#;
    let group = r#"{"ScalingGroups":{"ScalingGroup":[{"ScalingGroupId":"g-1","HealthCheckType":"ECS","GroupDeletionProtection":true}]}}"#;
    let member = r#"{"ScalingInstances":{"ScalingInstance":[{"InstanceId":"i-1","ScalingGroupId":"g-1","CreationType":"AutoCreated","LifecycleState":"Protected"}]}}"#;
    let renewal = r#"{"InstanceRenewAttributes":{"InstanceRenewAttribute":[{"InstanceId":"i-1","RenewalStatus":"AutoRenewal","Duration":1}]}}"#;
    let second = [
        (protected.as_str(), "i-1", ("Running", "Stopped")),
        (disk, "d-1", ("40", "80")),
        (group, "g-1", ("ECS", "NONE")),
        (member, "i-1", ("Protected", "InService")),
        (renewal, "i-1", ("AutoRenewal", "Normal")),
    ];
    for (first, id, (one, other)) in second {
        let second = first.replace(one, other);
        for [a, b] in [[first, &second], [&second, first]] {
            let with = if id == "i-1" && a.contains("Instances") { &protected } else { &open };
            let (_, reported) = read_all(&[with.clone(), a.to_owned(), b.to_owned()]);
            let expected = format!("error[E120]: two replies describe `{id}` differently");
            assert!(reported.contains(&expected), "{reported}");
            let places = ["1.json:", "2.json:", "3.json:"];
            assert!(places.iter().filter(|place| reported.contains(**place)).count() >= 2);
        }
    }
    // Protections that differ are unknown.
    let mut reported = String::new();
    for files in [[open.clone(), protected.clone()], [protected, open]] {
        let (imported, warnings) = read_all(&files);
        let protect = imported.instances[0].1.protect.as_ref().unwrap();
        assert!(protect.on.is_empty() && protect.unknown[0].value == "DeletionProtection");
        reported.push_str(&warnings);
    }
    insta::assert_snapshot!(reported);
}

#[test]
fn names_that_are_not_safe_in_reports_are_refused_in_every_field() {
    let more = r#",
   "ZoneId":"@zone",
   "Tags":{"Tag":[{"TagKey":"=cmd()","TagValue":"x"},{"TagKey":"acs:autoscaling:scalingGroupId","TagValue":"-asg"}]},
   "EipAddress":{"AllocationId":"+eip"},
   "PublicIpAddress":{"IpAddress":["203.0.113.1\u0007"]}"#;
    let rows = [
        instance(more),
        instance("").replace("i-1", "=cmd()"),
        r#"{"Disks":{"Disk":[{"DiskId":"-d","InstanceId":"i-1"}]}}"#.to_owned(),
        r#"{"ScalingGroups":{"ScalingGroup":[{"ScalingGroupId":"asg\u2028","HealthCheckType":"ECS"}]}}"#.to_owned(),
        r#"{"ScalingInstances":{"ScalingInstance":[{"InstanceId":"i-1","ScalingGroupId":"@asg"}]}}"#.to_owned(),
    ];
    let (_, reported) = read_all(&rows);
    assert_eq!(reported.matches("error[E008]").count(), 9, "{reported}");
    insta::assert_snapshot!(reported);
}

/// A page of instances of a region, with the number of instances on all pages.
fn page(region: &str, ids: &[&str], total: usize) -> String {
    let text = instances(ids, &format!(r#","DeletionProtection":false,"RegionId":"{region}""#));
    format!("{},\"TotalCount\":{total}}}", text.strip_suffix('}').unwrap())
}

#[test]
fn missing_pages_are_reported() {
    let reported = |pages: &[String]| read_all(pages).1;
    let (first, second) = (page("cn-a", &["i-1", "i-2"], 3), page("cn-a", &["i-3"], 3));
    let empty = r#"{"Instances":{"Instance":[]},"TotalCount":3}"#.to_owned();
    assert_eq!(reported(&[first.clone(), second.clone()]), "");
    assert_eq!(reported(&[second.clone(), first.clone(), empty]), "");
    let both = format!("{first}\n{second}");
    assert_eq!(reported(&[both]), "", "a file may contain several pages");
    assert_eq!(
        reported(&[page("cn-a", &["i-1", "i-2"], 1)]),
        "",
        "a total that is too small is ignored"
    );
    assert_eq!(reported(&[page("cn-a", &[], 0)]), "");
    // Rows of another region with the same total do not count.
    let elsewhere = page("cn-b", &["i-4", "i-5", "i-6"], 3);
    insta::assert_snapshot!(reported(&[first, elsewhere]));
    let none = r#"{"Disks":{"Disk":[]},"TotalCount":2}"#.to_owned();
    assert!(reported(&[none]).contains("the reply is one page of 2 disks, of which 0 are here"));
}

#[test]
fn a_member_that_only_its_tag_shows_is_imported_with_a_warning() {
    let tag = r#","Tags":{"Tag":[{"TagKey":"acs:autoscaling:scalingGroupId","TagValue":"asg-1"}]}"#;
    let (imported, reported) = read(&instance(tag));
    assert_eq!(imported.groups[0].0.value, "asg-1");
    assert!(reported.contains("no DescribeScalingInstances reply lists `i-1`"), "{reported}");
    assert!(
        reported.contains("no DescribeScalingGroups reply lists the group `asg-1`"),
        "{reported}"
    );
    let attached = r#"{"ScalingInstances":{"ScalingInstance":[{"InstanceId":"i-1","ScalingGroupId":"asg-1","CreationType":"Attached","LifecycleState":"InService"}]}}"#;
    let (imported, reported) = read_all(&[instance(tag), attached.to_owned()]);
    assert_eq!(imported.instances[0].1.membership.unwrap().value.0, None);
    assert!(reported.contains("the member `i-1` has no `Entrusted`"), "{reported}");
}

#[test]
fn a_spot_instance_and_its_resources_have_spans() {
    let more = r#","SpotStrategy":"SpotAsPriceGo","EipAddress":{"AllocationId":"eip-1"}"#;
    let (imported, reported) = read(&instance(more));
    assert_eq!(reported, "");
    let (id, written) = &imported.instances[0];
    assert_eq!(written.billing.unwrap().value.0, Some(Billing::Spot));
    let text = instance(more);
    assert_eq!(&text[id.span.start as usize..id.span.end as usize], "\"i-1\"");
    let (eip, resource) = &written.resources.as_ref().unwrap().0[0];
    assert_eq!(&text[eip.span.start as usize..eip.span.end as usize], "\"eip-1\"");
    assert_eq!(resource.0.kind, ResourceKind::Eip);
}

/// Checks a scenario whose fleet is in `fleet.json`.
fn check(fleet: &str, more: &str) -> (i32, String) {
    let scratch = folder();
    write(scratch.path(), "fleet.json", fleet);
    let text = format!(
        "stayput: scenario/1\nname: imported\npolicy: alibaba-ecs@2026-05-15\nstart: 2026-06-01T00:00:00Z\nfor: 1d\n\
         fleet:\n  import: [{{ from: aliyun, files: [fleet.json] }}]\n{more}"
    );
    let path = write(scratch.path(), "imported.yaml", text);
    let ran = stayput(&["check", &path]);
    (ran.code, ran.stderr.replace(&*scratch.path().to_string_lossy(), "DIR"))
}

#[test]
fn a_protection_without_effect_is_reported_for_an_imported_instance() {
    let fleet = subscription(",\n   \"ExpiredTime\":\"2026-12-31T16:00Z\"")
        .replace("\"DeletionProtection\":false", "\n   \"DeletionProtection\":true");
    let (code, reported) = check(&fleet, "");
    assert_eq!(code, 0, "{reported}");
    insta::assert_snapshot!(reported);
    assert_eq!(check(&fleet, "allow: [W050]\n"), (0, String::new()));
}

#[test]
fn masked_ids_of_groups_and_instances_are_accepted() {
    let fleet = instances(&["i-bp1****"], r#","DeletionProtection":false"#);
    let groups = r#"{"ScalingGroups":{"ScalingGroup":[{"ScalingGroupId":"asg-bp1****","MinSize":0,"HealthCheckType":"NONE","GroupDeletionProtection":false}]}}"#;
    let members = r#"{"ScalingInstances":{"ScalingInstance":[{"InstanceId":"i-bp1****","ScalingGroupId":"asg-bp1****","CreationType":"AutoCreated","LifecycleState":"InService"}]}}"#;
    let (code, reported) = check(&format!("{fleet}\n{groups}\n{members}"), "");
    assert_eq!((code, reported), (0, String::new()));
    // A name in a scenario must not contain `*`, because a selector would read it as a pattern.
    let written = "  groups: { \"web-*\": {} }\n";
    let (code, reported) = check(&fleet, written);
    assert_eq!(code, 2);
    assert!(reported.contains("error[E008]: `web-*` is not a usable name"), "{reported}");
}

#[test]
fn deep_nesting_and_broken_escapes_are_reported() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let (imported, reported) = read(&instance(&format!(r#","Tags":{deep}"#)));
    assert!(imported.instances.len() <= 1);
    assert!(reported.contains("a tag must be an object, found a list"), "{reported}");
    let (_, reported) = read(&instance(r#","ZoneId":"\ud800""#));
    assert!(
        reported.contains("`ZoneId` must be a text, found a text whose `\\u` escapes"),
        "{reported}"
    );
    let (_, reported) = read(r#"{"Instances":{"Instance":[{"\ud800":1}]}}"#);
    assert!(reported.contains("an instance must be an object"), "{reported}");
}

/// A page of `rows` instances, and a page of their disks, each in one line.
fn large(rows: usize) -> [String; 2] {
    let ids: Vec<String> = (0..rows).map(|n| format!("i-{n:06}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let fleet = page("cn-a", &ids, rows);
    let disks: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"DiskId":"d-{id}","InstanceId":"{id}","Type":"system","Size":40,"DeleteWithInstance":true}}"#))
        .collect();
    [fleet, format!(r#"{{"Disks":{{"Disk":[{}]}}}}"#, disks.join(","))]
}

#[test]
fn work_grows_linearly_with_the_rows() {
    let work = |rows: usize| {
        let texts = large(rows);
        let (imported, reported) = read_all(&texts);
        assert_eq!(reported, "");
        assert_eq!(imported.instances.len(), rows);
        let (last, written) = imported.instances.last().unwrap();
        assert_eq!(
            &texts[0][last.span.start as usize..last.span.end as usize],
            format!("\"i-{:06}\"", rows - 1)
        );
        assert_eq!(written.resources.as_ref().unwrap().0.len(), 1);
        (imported.work, texts.iter().map(String::len).sum::<usize>() as u64)
    };
    let ((small, short), (large, long)) = (work(5_000), work(50_000));
    assert!(small < 10 * short, "each byte is parsed a few times: {small} of {short}");
    assert!(large * short <= small * long + small * short, "{large} of {long}, {small} of {short}");
}

#[test]
fn only_the_concerned_part_of_a_long_line_is_quoted() {
    let [fleet, _] = large(5_000);
    let wrong =
        fleet.replacen("false,\"RegionId\":\"cn-a\"}]", "\"no\",\"RegionId\":\"cn-a\"}]", 1);
    let column = wrong.find("\"no\"").unwrap() + 1;
    let (_, reported) = read(&wrong);
    assert!(reported.contains(&format!("--> reply.json:1:{column}\n")), "{reported}");
    assert!(reported.len() < 1_000, "{reported}");
    let twice = fleet.replacen("i-004999", "i-000000", 1);
    let (first, second) = (twice.find("i-000000").unwrap(), twice.rfind("i-000000").unwrap());
    let (_, reported) = read(&twice);
    assert!(reported.contains(&format!("--> reply.json:1:{second}\n")), "{reported}");
    assert!(reported.contains(&format!("::: reply.json:1:{first}\n")), "{reported}");
    assert!(reported.len() < 1_000, "{reported}");
}
