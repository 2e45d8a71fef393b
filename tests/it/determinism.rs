use std::fs;
use std::path::Path;

use crate::support::{folder, root, shown, stayput, write};

fn tables(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<_> = crate::support::files(folder, &["csv"])
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_same_inputs_and_seed_give_the_same_bytes() {
    let scratch = folder();
    let (a, b) = (scratch.path().join("a"), scratch.path().join("b"));
    for out in [&a, &b] {
        let ran = stayput(&["run", "scenarios", "--seed", "7", "--out", &out.to_string_lossy()]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let run = |folder: &Path| {
        let text = fs::read_to_string(folder.join("run.json")).unwrap();
        text.replace(&*folder.to_string_lossy(), "OUT")
    };
    let (written, again) = (run(&a), run(&b));
    for path in crate::support::files(&root().join("scenarios"), &["yaml"]) {
        assert!(written.contains(&shown(&path)), "{}", shown(&path));
    }
    assert!(written == again);
    assert!(tables(&a) == tables(&b));
}

const TWO_ACCOUNTS: &str = "\
stayput: scenario/1
name: neighbours
policy: alibaba-ecs-cn@2026-05-15
start: 2026-06-01T00:00:00+08:00
for: 40d
assume: { scale-in-ties: at-random }
fleet:
  accounts: { shop: {}, STRANGER }
  groups:
    web: { account: shop, min: 0, max: 9, removal: [oldest-instance] }
  instances:
    web-1..6: { group: web, joined: 2026-01-01T00:00:00Z, protect: [release-protection] }
    db-1: { account: shop, auto-release: 2026-06-20T00:00:00Z }
    EXTRA
events:
  - { at: +1h, id: a, scale-in: { group: web, remove: 2 } }
  - { at: +1h, id: b, overdue: { account: shop } }
  - { at: +2h, id: c, scale-in: { group: web, remove: 1 } }
  - { at: +3d, id: d, settle: { account: shop } }
";

#[test]
fn an_unrelated_instance_changes_no_row_of_others() {
    let scratch = folder();
    let alone =
        TWO_ACCOUNTS.replace("STRANGER", "bank: {}").replace("EXTRA", "bank-1: { account: bank }");
    let extra = "bank-1: { account: bank }\n    bank-2: { account: bank, auto-release: 2026-06-01T17:00:00Z }";
    let with = TWO_ACCOUNTS.replace("STRANGER", "bank: {}").replace("EXTRA", extra);
    let decisions = |name: &str, text: &str| {
        let path = write(scratch.path(), name, text);
        let ran = stayput(&["run", &path, "-f", "csv"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        // The number of a request counts unrelated requests too; everything else must stay the
        // same.
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (!line.contains("bank")).then(|| [&cells[..3], &cells[4..]].concat().join(","))
        };
        ran.stdout.lines().filter_map(row).collect::<Vec<_>>()
    };
    let (alone, with) = (decisions("alone.yaml", &alone), decisions("with.yaml", &with));
    assert_eq!(alone.len(), 8);
    assert_eq!(alone, with);
}

#[test]
fn the_seed_moves_only_what_is_random() {
    let scratch = folder();
    let text =
        TWO_ACCOUNTS.replace("STRANGER", "bank: {}").replace("EXTRA", "bank-1: { account: bank }");
    let path = write(scratch.path(), "random.yaml", &text);
    let fixed = write(scratch.path(), "fixed.yaml", text.replace("at-random", "by-name"));
    let run = |path: &str, seed: &str| stayput(&["run", path, "--seed", seed, "-f", "csv"]).stdout;
    let seeds: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    assert!(seeds.iter().all(|seed| run(&fixed, seed) == run(&fixed, "0")));
    assert!(seeds.iter().any(|seed| run(&path, seed) != run(&path, "0")), "ties are drawn");
}

/// The order of names decides which instances are drawn, and nothing else: the number of removed
/// instances stays the same, and each instance is drawn under some seed in either order.
#[test]
fn renaming_instances_changes_only_the_targets_of_draws() {
    let scratch = folder();
    let text =
        TWO_ACCOUNTS.replace("STRANGER", "bank: {}").replace("EXTRA", "bank-1: { account: bank }");
    let member = "{ group: web, joined: 2026-01-01T00:00:00Z, protect: [release-protection] }";
    let other = text.replace(
        &format!("web-1..6: {member}"),
        &format!("web-4..6: {member}\n    web-1..3: {member}"),
    );
    assert_ne!(text, other);
    let paths = [write(scratch.path(), "a.yaml", text), write(scratch.path(), "b.yaml", other)];
    let gone = |path: &str, seed: u32| {
        let ran = stayput(&["run", path, "--seed", &seed.to_string(), "-f", "csv"]);
        let rows = ran.stdout.lines().filter(|row| row.contains(",scale-in,"));
        let names = rows.flat_map(|row| row.split(',').filter(|cell| cell.starts_with("web-")));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut met = [std::collections::BTreeSet::new(), std::collections::BTreeSet::new()];
    let mut differ = false;
    for seed in 0..12 {
        let [one, two] = paths.each_ref().map(|path| gone(path, seed));
        assert_eq!(one.len(), two.len());
        differ |= one != two;
        met[0].extend(one);
        met[1].extend(two);
    }
    assert!(differ && met[0].len() == 6 && met[1].len() == 6, "{met:?}");
}

/// No output depends on the locale, the time zone or `COLUMNS` without a terminal.
#[test]
fn the_environment_changes_no_byte() {
    let run = |envs: &[(&str, &str)]| {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_stayput"))
            .args(["run", "scenarios/two-sites.yaml"])
            .current_dir(root())
            .envs(envs.iter().copied())
            .output()
            .unwrap();
        (ran.status.code(), ran.stdout, ran.stderr)
    };
    let plain = run(&[("LC_ALL", "C"), ("TZ", "UTC")]);
    assert_eq!(plain.0, Some(0));
    for envs in [
        [("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Kiritimati")],
        [("LC_ALL", "de_DE.UTF-8"), ("TZ", "America/St_Johns")],
        [("LANG", "zh_CN.GB18030"), ("TZ", "nowhere")],
    ] {
        assert_eq!(run(&envs), plain, "{envs:?}");
    }
}
