use std::fs;

use crate::support::{folder, root, stayput, write};

const HEAD: &str = "stayput: scenario/1\nname: t\nstart: 2026-06-01T00:00:00Z\nfor: 1d\n\
    fleet: { instances: { db-1: {} } }\n";

fn policy() -> String {
    fs::read_to_string(root().join("policies/alibaba-ecs@2026-05-15.yaml")).unwrap()
}

#[test]
fn a_scenario_reads_its_own_folder_and_others_only_if_allowed() {
    let scratch = folder();
    let inner = scratch.path().join("inner");
    fs::create_dir(&inner).unwrap();
    write(&inner, "near.yaml", policy());
    let far = write(scratch.path(), "far.yaml", policy());
    let near = write(&inner, "near-scenario.yaml", format!("{HEAD}policy: ./near.yaml\n"));
    assert_eq!(stayput(&["check", &near]).code, 0);
    let outside = write(&inner, "far-scenario.yaml", format!("{HEAD}policy: ../far.yaml\n"));
    let ran = stayput(&["check", &outside]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("outside the folder of this file"), "{}", ran.stderr);
    assert_eq!(stayput(&["check", &outside, "--allow-outside"]).code, 0);
    assert_eq!(stayput(&["check", &outside, &far]).code, 0, "named on the command line");
    let all = scratch.path().to_string_lossy().into_owned();
    assert_eq!(stayput(&["check", &all]).code, 0, "in a folder named on the command line");
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_outside_and_pipes_are_refused() {
    let scratch = folder();
    let elsewhere = folder();
    let far = write(elsewhere.path(), "far.yaml", policy());
    std::os::unix::fs::symlink(&far, scratch.path().join("link.yaml")).unwrap();
    let path = write(scratch.path(), "s.yaml", format!("{HEAD}policy: ./link.yaml\n"));
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("outside the folder of this file"), "{}", ran.stderr);
    let path = write(scratch.path(), "s.yaml", format!("{HEAD}policy: /dev/zero.yaml/../zero\n"));
    assert_eq!(stayput(&["check", &path, "--allow-outside"]).code, 2);
    let text = format!("{HEAD}policy: alibaba-ecs@2026-05-15\nevents: {{ file: /dev/zero }}\n");
    let path = write(scratch.path(), "s.yaml", text);
    let ran = stayput(&["check", &path, "--allow-outside"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a device, a pipe or a socket"), "{}", ran.stderr);
}

#[test]
fn nothing_is_quoted_from_a_file_of_another_kind() {
    let scratch = folder();
    for (name, secret) in [
        ("secrets.env", "TOKEN=hunter2\nOTHER=1\n"),
        ("secrets.json", "{\"token\": \"hunter2\"}\n"),
        ("secrets.yaml", "token: hunter2\n"),
        ("secrets.csv", "user,password\nroot,hunter2\n"),
    ] {
        write(scratch.path(), name, secret);
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
            let path = write(scratch.path(), "s.yaml", text);
            let ran = stayput(&["check", &path]);
            let out = ran.stdout + &ran.stderr;
            assert_eq!(ran.code, 2, "{what} {name}: {out}");
            assert!(!out.contains("hunter2"), "{what} {name}: {out}");
        }
    }
}

/// The rest of a Markdown report without its code, its own markup and escaped characters.
fn outside_of_code(markdown: &str) -> String {
    let mut out = String::new();
    for line in markdown.lines() {
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            if rest[..start].ends_with('\\') {
                out.push_str(&rest[..=start]);
                rest = &rest[start + 1..];
                continue;
            }
            out.push_str(&rest[..start]);
            let fence: String = rest[start..].chars().take_while(|c| *c == '`').collect();
            let inside = &rest[start + fence.len()..];
            let end = inside.find(&fence).expect("code has an end on its line");
            rest = &inside[end + fence.len()..];
        }
        out.push_str(rest);
        out.push('\n');
    }
    for own in ["<br>", "<details>", "</details>", "<summary>", "</summary>"] {
        out = out.replace(own, "");
    }
    for escaped in ["\\[", "\\]", "\\|", "\\*", "\\_", "\\`", "\\~"] {
        out = out.replace(escaped, "");
    }
    out
}

/// Names, reasons, titles, answers and messages in a Markdown report mention no user, link nowhere
/// and add no markup.
#[test]
fn markdown_reports_have_no_mentions_links_or_foreign_markup() {
    const EVIL: &str = "ask @team https://evil.example [a](b) <img src=x> ` @others ` #12 |";
    let scratch = folder();
    let policy = write(
        scratch.path(),
        "p.yaml",
        format!(
            "stayput: policy/1\npolicy: titled\nedition: 2026-11\ntitle: \"{EVIL}\"\n\
             extends: alibaba-ecs@2026-05-15\nsources:\n  zz: {{ title: \"{EVIL}\", \
             section: \"{EVIL}\", dated: 2026-05-15, at: \"https://docs.example/x\" }}\n\
             protections: {{ release-protection: {{ rules: {{ RP2: {{ trigger: scheduled-release, \
             verdict: held, source: zz, answer: \"Ask@team#1\", because: \"{EVIL}\" }} }} }} }}\n"
        ),
    );
    let scenario = write(
        scratch.path(),
        "s.yaml",
        format!(
            "{HEAD}policy: alibaba-ecs@2026-05-15\nevents:\n  - {{ at: +1h, release: {{ instance: db-1, \
             by: \"ann@team\", via: api }} }}\nexpect:\n  decisions:\n    - {{ instance: db-1, \
             answer: \"{EVIL}\" }}\n"
        ),
    );
    let broken = write(scratch.path(), "b.yaml", format!("{HEAD}policy: \"x {EVIL}\"\n"));
    let old = "alibaba-ecs@2026-05-15";
    let reason = ["bless", "--diff", old, &policy, "--reason", EVIL, "--even-in-ci"];
    let runs: [&[&str]; 4] = [
        &["test", &scenario, &broken, "-f", "markdown"],
        &["diff", old, &policy, "-f", "markdown"],
        &["diff", old, &policy, &scenario, "-f", "markdown"],
        &reason,
    ];
    for arguments in runs {
        let ran = stayput(arguments);
        if arguments[0] == "bless" {
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            continue;
        }
        assert!(ran.stdout.contains("**stayput**"), "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("@team"), "{}", ran.stdout);
        let text = outside_of_code(&ran.stdout);
        for active in ["@", "://", "www.", "[", "<", "#1"] {
            assert!(!text.contains(active), "{active} in {text}");
        }
    }
    // What was accepted is shown with its reason.
    let ran = stayput(&["diff", old, &policy, "-f", "markdown"]);
    let text = outside_of_code(&ran.stdout);
    assert!(ran.stdout.contains("accepted") && !text.contains('@'), "{}", ran.stdout);
}

/// Characters that control a terminal, or that hide or reorder the text around them.
const HIDDEN: [char; 6] = ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}'];

/// A hidden character in a cell is refused, as in YAML, and no message contains it.
#[test]
fn hidden_characters_in_tables_and_messages_have_no_effect() {
    let scratch = folder();
    let scenario = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n\
        start: 2026-06-01T00:00:00Z\nfor: 1d\nfleet: { instances: { file: fleet.csv } }\n\
        events: { file: events.csv }\n";
    let path = write(scratch.path(), "s.yaml", scenario);
    let check = |fleet: &str, events: &str| {
        write(scratch.path(), "fleet.csv", format!("instance,tags\n{fleet}\n"));
        write(scratch.path(), "events.csv", format!("at,id,verb,instance\n{events}\n"));
        stayput(&["check", &path])
    };
    assert_eq!(check("a,k=v", "+1h,e,stop,a").code, 0);
    for hidden in HIDDEN.into_iter().chain(['\n']) {
        let cell = format!("\"k=a{hidden}b\"");
        let id = format!("\"e{hidden}\u{8}1\"");
        for ran in [
            check(&format!("a,{cell}"), "+1h,e,stop,a"),
            check(&format!("\"a{hidden}b\",k=v"), ""),
            check("a,k=v", &format!("+1h,{id},stop,a")),
        ] {
            assert_eq!(ran.code, 2, "{hidden:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("error[E006]: a text contains a"), "{}", ran.stderr);
            assert!(hidden == '\n' || !ran.stderr.contains(hidden), "{:?}", ran.stderr);
        }
    }
    for hidden in HIDDEN {
        let text = scenario.replace("name: t", &format!("name: t{hidden}31m"));
        let ran = stayput(&["check", &write(scratch.path(), "hidden.yaml", text)]);
        assert_eq!(ran.code, 2, "{hidden:?}");
        assert!(!ran.stderr.contains(hidden), "{:?}", ran.stderr);
    }
}
