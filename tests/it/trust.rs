use std::fs;

use crate::support::{folder, root, stayput, write};

const HEAD: &str = "stayput: scenario/1\nname: t\nstart: 2026-06-01T00:00:00Z\nfor: 1d\n\
    fleet: { instances: { db-1: {} } }\n";

fn policy() -> String {
    fs::read_to_string(root().join("policies/alibaba-ecs@2026-05-15.yaml")).unwrap()
}

#[test]
fn a_scenario_reads_beside_itself_and_elsewhere_only_if_it_is_allowed() {
    let span = folder();
    let inner = span.path().join("inner");
    fs::create_dir(&inner).unwrap();
    write(&inner, "near.yaml", policy());
    let far = write(span.path(), "far.yaml", policy());
    let near = write(&inner, "near-scenario.yaml", format!("{HEAD}policy: ./near.yaml\n"));
    assert_eq!(stayput(&["check", &near]).code, 0);
    let outside = write(&inner, "far-scenario.yaml", format!("{HEAD}policy: ../far.yaml\n"));
    let ran = stayput(&["check", &outside]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("outside the folder of this file"), "{}", ran.stderr);
    assert_eq!(stayput(&["check", &outside, "--allow-outside"]).code, 0);
    assert_eq!(stayput(&["check", &outside, &far]).code, 0, "named on the command line");
    let all = span.path().to_string_lossy().into_owned();
    assert_eq!(stayput(&["check", &all]).code, 0, "in a folder named on the command line");
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_outside_and_pipes_are_refused() {
    let span = folder();
    let elsewhere = folder();
    let far = write(elsewhere.path(), "far.yaml", policy());
    std::os::unix::fs::symlink(&far, span.path().join("link.yaml")).unwrap();
    let path = write(span.path(), "s.yaml", format!("{HEAD}policy: ./link.yaml\n"));
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("outside the folder of this file"), "{}", ran.stderr);
    let path = write(span.path(), "s.yaml", format!("{HEAD}policy: /dev/zero.yaml/../zero\n"));
    assert_eq!(stayput(&["check", &path, "--allow-outside"]).code, 2);
    let text = format!("{HEAD}policy: alibaba-ecs@2026-05-15\nevents: {{ file: /dev/zero }}\n");
    let path = write(span.path(), "s.yaml", text);
    let ran = stayput(&["check", &path, "--allow-outside"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a device, a pipe or a socket"), "{}", ran.stderr);
}

#[test]
fn nothing_is_quoted_from_a_file_of_another_kind() {
    let span = folder();
    for (name, secret) in [
        ("secrets.env", "TOKEN=hunter2\nOTHER=1\n"),
        ("secrets.json", "{\"token\": \"hunter2\"}\n"),
        ("secrets.yaml", "token: hunter2\n"),
        ("secrets.csv", "user,password\nroot,hunter2\n"),
    ] {
        write(span.path(), name, secret);
        let known = "policy: alibaba-ecs@2026-05-15\n";
        for (what, text) in [
            ("policy", format!("{HEAD}policy: ./{name}\n")),
            ("events", format!("{HEAD}{known}events: {{ file: {name} }}\n")),
            (
                "instances",
                format!("{HEAD}{known}").replace("{ db-1: {} }", &format!("{{ file: {name} }}")),
            ),
            (
                "import",
                format!("{HEAD}{known}").replace(
                    "fleet: { instances: { db-1: {} } }",
                    &format!("fleet: {{ import: [ {{ from: aliyun, files: [{name}] }} ] }}"),
                ),
            ),
        ] {
            let path = write(span.path(), "s.yaml", text);
            let ran = stayput(&["check", &path]);
            let out = ran.stdout + &ran.stderr;
            assert_eq!(ran.code, 2, "{what} {name}: {out}");
            assert!(!out.contains("hunter2"), "{what} {name}: {out}");
        }
    }
}
