//! The targets of `fuzz/` on mutated seeds, with a fixed seed: no panic, every refusal has a place,
//! and a good share of the inputs is valid.

use std::fs;
use std::path::PathBuf;

use crate::support::{files, root};

#[path = "../../fuzz/targets.rs"]
mod targets;

use targets::{Input, TARGETS};

/// A random number generator that never changes.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// A text split into words, spaces and punctuation.
fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || "-_.@$".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        let end = if is_word(first) { end } else { first.len_utf8() };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

/// Texts that are often handled incorrectly.
const ODD: &[&str] = &[
    "0",
    "-1",
    "99999999999999999999",
    "+1d",
    "9999-12-31T23:59:59Z",
    "\"",
    "{",
    "}",
    "[",
    ",",
    ":",
    "$x",
    "\n",
    "\u{202e}",
    "::",
    "\u{0}",
    "web-1..9",
    "*",
    "true",
    "null",
    "é",
    "1e309",
    "- ",
    "|",
    "#",
    "&a",
    "=1",
];

/// A mutation that keeps the structure: it replaces a word or a digit by another one of its kind,
/// or repeats or deletes a line, and in rare cases makes another change.
fn mutated(text: &str, numbers: &mut Numbers) -> String {
    let mut parts: Vec<String> = tokens(text).into_iter().map(str::to_owned).collect();
    for _ in 0..=numbers.below(3) / 2 {
        if parts.is_empty() {
            break;
        }
        let at = numbers.below(parts.len());
        match numbers.below(16) {
            0..=5 => {
                let is_word = parts[at].chars().all(char::is_alphanumeric);
                let alike: Vec<usize> = (0..parts.len())
                    .filter(|other| parts[*other].chars().all(char::is_alphanumeric) == is_word)
                    .collect();
                let other = *numbers.one(&alike);
                let word = parts[other].clone();
                parts[at] = word;
            }
            6..=11 => {
                let digit =
                    char::from_digit(u32::try_from(numbers.below(10)).unwrap(), 10).unwrap();
                let with = numbers.below(parts.len());
                let Some(found) = (0..parts.len())
                    .map(|step| (with + step) % parts.len())
                    .find(|at| parts[*at].bytes().any(|byte| byte.is_ascii_digit()))
                else {
                    continue;
                };
                let place = parts[found].find(|c: char| c.is_ascii_digit()).unwrap();
                parts[found].replace_range(place..=place, &digit.to_string());
            }
            12..=14 => {
                let text = parts.concat();
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                let line = numbers.below(lines.len());
                if numbers.below(2) == 0 {
                    lines.insert(line, lines[line]);
                } else {
                    lines.remove(line);
                }
                let text = lines.concat();
                parts = tokens(&text).into_iter().map(str::to_owned).collect();
            }
            _ => (*numbers.one(ODD)).clone_into(&mut parts[at]),
        }
    }
    parts.concat()
}

fn texts(folder: &str, ending: &str) -> Vec<String> {
    let mut paths: Vec<PathBuf> = files(&root().join(folder), &[ending]);
    paths.sort();
    let mut texts: Vec<String> =
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    // Large seeds are for `cargo fuzz`.
    texts.retain(|text| text.len() < 20_000);
    texts
}

fn seeds(target: &str) -> Vec<String> {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match target {
        "scenario" => {
            let all = texts("scenarios", "yaml").into_iter();
            let own = ["scenario/1"];
            let needs = ["file:", "files:", "./", ".csv"];
            // The line that names the schema for editors is not a part of the input.
            let without = |text: String| match text.strip_prefix("# yaml-language-server:") {
                Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest).to_owned(),
                None => text,
            };
            all.map(without)
                .filter(|text| own.iter().all(|own| text.contains(own)) && text.len() < 6_000)
                .filter(|text| !needs.iter().any(|other| text.contains(other)))
                .collect()
        }
        "policy" => vec![
            fs::read_to_string(root().join("examples/own-policy.yaml")).unwrap(),
            "stayput: policy/1\npolicy: mine\nedition: 2026-11\ntitle: Mine\n\
             extends: azure-vmss@2026-05-19\nswitches: { zone-held-at-scale-in: { default: next-zone } }\n"
                .to_owned(),
        ],
        "fleet_csv" => own(&[
            "instance,account,group,billing,auto-release,x-note\ni-1,shop,web,,,a\ni-2,shop,,,+20d,b\n\
             i-3,lab,,pay-as-you-go,,\n\"i-4\",lab,,,2026-06-20T00:00:00Z,\"c, d\"\n",
            "instance,account,created,joined,group,protect\ni-1,shop,2025-01-01T00:00:00Z,,web,\n\
             i-2,shop,2025-02-01T00:00:00Z,2025-03-01T00:00:00Z,web,release-protection\ni-5,lab,,,,\n",
        ]),
        "event_csv" => own(&[
            "at,verb,instance,by,via,force\n+1d,release,web-1,ann,api,true\n+2d,stop,web-2,ann,console,\n\
             +3d,start,web-2,ann,console,\n2026-06-05T00:00:00Z,release,web-3,bob,api,false\n",
            "at,id,verb,instance,group,remove,time,by,via\n+1h,first,scale-in,,web,2,,ops,api\n\
             +2h,,schedule-release,web-7,,,+20d,ops,api\n+3h,last,cancel-scheduled-release,web-7,,,,ops,api\n",
        ]),
        "provider_json" => ["aliyun", "azure", "terraform"]
            .iter()
            .flat_map(|of| texts(&format!("scenarios/data/{of}"), "json"))
            .collect(),
        "filter" => own(&[
            "name(unpaid*)", "case(one) and not policy(azure-*)", "file(*.yaml) or (name(a) and name(b))",
            "all()", "not (name(x*) or case(y))",
        ]),
        "accepted" => own(&[
            "stayput: accepted/1\naccepted:\n  - from: \"alibaba-ecs@2026-05-15\"\n    change: \"RP2\"\n    \
             reason: \"as agreed\"\n    until: 2026-12-31\n  - from: \"x\"\n    change: \"y\"\n    reason: z\n",
        ]),
        _ => vec![part()],
    }
}

/// A part of a study, as `run` writes it.
fn part() -> String {
    let folder = crate::support::folder();
    let out = folder.path().join("part").to_string_lossy().into_owned();
    let scenario = "scenarios/random-ties.yaml";
    let shard = ["run", scenario, "--replications", "40", "--shard", "2/4", "--out", &out];
    assert_eq!(crate::support::stayput(&shard).code, 0);
    let read = |name: &str| fs::read_to_string(folder.path().join("part").join(name)).unwrap();
    format!("{}\n---\n{}", read("run.json").trim_end(), read("replications.csv"))
}

/// Runs a target on this number of mutated seeds, times `STAYPUT_FUZZ_ROUNDS`.
fn fuzz(name: &str, inputs: usize) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let rounds = std::env::var("STAYPUT_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let inputs = inputs * rounds.unwrap_or(1);
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    for (number, seed) in seeds.iter().enumerate() {
        assert_eq!((target.run)(seed), Input::Valid, "{name}: seed {number} is not valid: {seed}");
    }
    let mut numbers = Numbers(0x5eed);
    let mut valid = 0;
    for _ in 0..inputs {
        let text = mutated(numbers.one(&seeds[..]).clone().as_str(), &mut numbers);
        valid += usize::from((target.run)(&text) == Input::Valid);
    }
    println!("{name}: {valid} of {inputs} inputs were valid");
    assert!(
        valid * 100 >= inputs * target.valid_share,
        "{name}: only {valid} of {inputs} are valid"
    );
}

#[test]
fn scenarios() {
    fuzz("scenario", 250);
}

#[test]
fn policies() {
    fuzz("policy", 60);
}

#[test]
fn fleet_tables() {
    fuzz("fleet_csv", 600);
}

#[test]
fn event_tables() {
    fuzz("event_csv", 600);
}

#[test]
fn provider_replies() {
    fuzz("provider_json", 400);
}

#[test]
fn filters() {
    fuzz("filter", 20_000);
}

#[test]
fn accepted_changes() {
    fuzz("accepted", 3_000);
}

#[test]
fn merge_parts() {
    fuzz("merge_part", 400);
}
