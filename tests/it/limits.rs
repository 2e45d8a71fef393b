use std::fmt::Write as _;
use std::process::Command;

use crate::support::{folder, ran, root, stayput, write};

const HEAD: &str = "stayput: scenario/1\nname: t\npolicy: alibaba-ecs@2026-05-15\n\
    start: 2026-06-01T00:00:00Z\nfor: 1d\n";

/// Checks a file with at most this much memory.
#[cfg(unix)]
fn check_within(kilobytes: u32, path: &str) -> crate::support::Ran {
    let line = format!("ulimit -v {kilobytes}; exec \"$0\" check \"$1\"");
    let program = env!("CARGO_BIN_EXE_stayput");
    let mut shell = Command::new("sh");
    ran(shell.args(["-c", &line, program, path]).current_dir(root()).output().unwrap())
}

#[cfg(unix)]
#[test]
fn memory_grows_with_the_number_of_cases_and_not_with_its_square() {
    let scratch = folder();
    let mut text = format!("{HEAD}cases:\n");
    for case in 0..3_000 {
        writeln!(text, "  c{case}: {{ x: web-1 }}").unwrap();
    }
    text.push_str("fleet: { instances: { web-1: {} } }\n");
    text.push_str("events: [{ at: +1h, stop: { instance: $x, by: ann, via: api } }]\n");
    let path = write(scratch.path(), "s.yaml", text);
    let ran = check_within(1_000_000, &path);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn ranges_that_are_too_long_together_are_refused_before_they_take_memory() {
    let scratch = folder();
    let instances = "{ a-1..9999999: {}, b-1..9999999: {}, c-1..9999999: {} }";
    let text = format!("{HEAD}fleet: {{ instances: {instances} }}\n");
    let path = write(scratch.path(), "s.yaml", text);
    let ran = check_within(500_000, &path);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("a fleet has at most 20000000 instances"), "{}", ran.stderr);
}

#[test]
fn suggestions_are_computed_only_for_the_first_mistakes() {
    let scratch = folder();
    let mut text =
        format!("{HEAD}fleet: {{ instances: {{ web-server-1..20000: {{}} }} }}\nevents:\n");
    for event in 1..=300 {
        let stop = format!("stop: {{ instance: wbe-server-{event}, by: ann, via: api }}");
        writeln!(text, "  - {{ at: +1h, {stop} }}").unwrap();
    }
    let path = write(scratch.path(), "s.yaml", text);
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stderr.matches("did you mean").count(), 20);
    assert!(ran.stderr.contains("… and 280 more"), "{}", ran.stderr);
}

/// A large table with one mistake in its last row, and a table that is one long line, are reported
/// without their text in memory.
#[cfg(unix)]
#[test]
fn a_mistake_in_a_large_table_takes_no_memory_for_the_table() {
    let scratch = folder();
    let scenario = format!(
        "{HEAD}fleet: {{ instances: {{ web-1: {{}} }} }}\nevents: {{ file: events.csv }}\n"
    );
    let path = write(scratch.path(), "s.yaml", scenario);
    let mut rows = "at,verb,instance,by,via,x-note\n".to_owned();
    let note = "n".repeat(1_000);
    for second in 0..80_000 {
        writeln!(rows, "+{second}s,release,web-1,a,api,{note}").unwrap();
    }
    rows.push_str("+80000s,release,web-9,a,api,\n");
    write(scratch.path(), "events.csv", rows);
    // The table has 80 MB.
    let ran = check_within(70_000, &path);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("events.csv:80002:17"), "{}", ran.stderr);
    let mut line = "at,verb,instance,by,via\n+1h,release,web-1,a,".to_owned();
    line.push_str(&"x".repeat(80_000_000));
    write(scratch.path(), "events.csv", line);
    let ran = check_within(70_000, &path);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("events.csv:2:"), "{}", ran.stderr);
}

#[test]
fn replications_of_many_cases_are_limited_together() {
    let scratch = folder();
    let mut text = format!("{HEAD}cases:\n");
    for case in 0..50 {
        writeln!(text, "  c{case}: {{ x: web-1 }}").unwrap();
    }
    text.push_str("fleet: { instances: { web-1: {} } }\n");
    text.push_str("events: [{ at: +1h, stop: { instance: $x, by: ann, via: api } }]\n");
    let path = write(scratch.path(), "s.yaml", text);
    let ran = stayput(&["run", &path, "--replications", "200001"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("50 cases are 10000050"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--shard"), "{}", ran.stderr);
}

/// A small policy with further text; the last section is `protections.p.rules`.
fn policy(sections: &str, rules: &str) -> String {
    format!(
        "stayput: policy/1\npolicy: house\nedition: 2026-01-01\ntitle: T\n\
         sources: {{ a: {{ title: A, at: \"https://example.com\", dated: 2020-01-01 }} }}\n\
         space: {{ trigger: [manual, expiry], action: [release] }}\n{sections}\
         protections:\n  p:\n    rules:\n\
         \x20     R: {{ verdict: held, source: a }}\n{rules}"
    )
}

/// The messages about a policy that has mistakes.
fn mistakes(policy: &str) -> String {
    let scratch = folder();
    let path = write(scratch.path(), "policy.yaml", policy);
    let ran = stayput(&["check", &path]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    ran.stderr
}

#[test]
fn the_rules_and_the_switches_of_a_policy_are_limited() {
    let scratch = folder();
    let path = write(scratch.path(), "policy.yaml", policy("", ""));
    let small = stayput(&["check", &path]);
    assert_eq!(small.code, 0, "{}", small.stderr);

    let mut rules = String::new();
    for rule in 1..=70_000 {
        writeln!(rules, "      R{rule}: {{ verdict: held, source: a }}").unwrap();
    }
    let said = mistakes(&policy("", &rules));
    assert!(said.contains("a policy has at most 4096 rules"), "{said}");
    assert!(said.contains("policy.yaml:4106:"), "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");

    let cells = "  - { trigger: expiry, because: none }\n".repeat(66_000);
    let said = mistakes(&policy(&format!("impossible:\n{cells}"), ""));
    assert!(said.contains("a policy has at most 4096 impossible cells"), "{said}");

    let remedies = vec!["detach"; 256].join(", ");
    let rule = format!("      S: {{ verdict: overridden, source: a, remedy: [{remedies}] }}\n");
    let said = mistakes(&policy("", &rule));
    assert!(said.contains("a rule has at most 255 remedies"), "{said}");

    let mut switches = "switches:\n".to_owned();
    for switch in 1..=59 {
        let positions = "one-of: [a, b], default: a, cautious: a";
        writeln!(switches, "  s{switch}: {{ {positions}, because: b }}").unwrap();
    }
    let said = mistakes(&policy(&switches, ""));
    assert!(said.contains("a policy at most 58 switches"), "{said}");
    assert!(said.contains("out of range at `s59`") && !said.contains("`s58`"), "{said}");
}

/// A small file that holds very much is refused before it fills the memory.
#[test]
fn a_compressed_file_that_holds_far_more_than_its_size_is_refused() {
    use std::io::Write as _;
    let scratch = crate::support::folder();
    let path = scratch.path().join("bomb.json.gz");
    let file = std::fs::File::create(&path).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::best());
    let spaces = vec![b' '; 1 << 20];
    (0..80).for_each(|_| packed.write_all(&spaces).unwrap());
    packed.finish().unwrap();
    let ran = crate::support::stayput(&["import", &path.to_string_lossy()]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("it holds more than 100 times its own size"), "{}", ran.stderr);
}

/// A term that was renewed each second since 1900 is not walked second by second.
#[test]
fn short_terms_that_were_renewed_before_the_start_are_counted_at_once() {
    let scratch = folder();
    let policy = "stayput: policy/1\npolicy: house\nedition: 2026-06-01\ntitle: House\n\
        extends: alibaba-ecs@2026-05-15\nsources:\n  \
        me: { title: mine, section: s, at: \"https://example.com/x\", dated: 2026-05-15 }\n\
        terms:\n  TE1: { ends: exact, source: me }\n";
    write(scratch.path(), "exact.yaml", policy);
    let text = "stayput: scenario/1\nname: t\npolicy: exact.yaml\nstart: 2026-06-01T00:00:00Z\n\
        for: 2s\nfleet:\n  instances:\n    a: { billing: subscription, \
        expires: 1900-01-01T00:00:00Z, renewal: automatic, renews-for: 1s }\n";
    let path = write(scratch.path(), "s.yaml", text);
    let ran = stayput(&["run", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("timer:expiry").count(), 2, "{}", ran.stdout);
}
