//! Prices: the worth that is lost with an instance, and the cost that is still billed after its
//! release.

use std::fs;

use crate::support::{Row, folder, rows, stayput, table, write};

/// Runs a scenario that ends with this text and returns its folder.
fn run(rest: &str) -> (tempfile::TempDir, String) {
    let scratch = folder();
    let text = format!(
        "stayput: scenario/1\nname: prices\npolicy: azure-vmss@2026-05-19\nstart: 2026-06-01T00:00:00Z\nfor: 10d\n{rest}"
    );
    let path = write(scratch.path(), "prices.yaml", text);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let ran = stayput(&["run", &path, "--out", &out]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // Where a line breaks depends on the width.
    (scratch, ran.stdout.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn cells<'r>(rows: &'r [Row], columns: &[&str]) -> Vec<Vec<&'r str>> {
    rows.iter().map(|row| columns.iter().map(|column| row[*column].as_str()).collect()).collect()
}

#[test]
fn what_is_left_behind_is_billed_from_its_release_to_the_end() {
    let (scratch, said) = run("currency: EUR\n\
         fleet:\n  instances:\n    vm-1: { worth: 12.5, hourly: 0.1, resources: {\n      \
         os: { kind: system-disk, gib: 30, hourly: 0.002 },\n      \
         data: { kind: data-disk, gib: 64, with-instance: false, hourly: 0.0100 },\n      \
         more: { kind: data-disk, gib: 64, with-instance: false },\n      \
         odd: { kind: data-disk, with-instance: false, hourly: 0.000001 } } }\n    \
         vm-2: { hourly: 0.2 }\n    vm-3: { worth: 0 }\nevents:\n  \
         - { at: +1h20m, id: bye, release: { instance: [vm-1, vm-2], by: ann, via: cli } }\n");
    let rows = table(&scratch.path().join("out/losses.csv"));
    let shown =
        cells(&rows, &["instance", "name", "fate", "hourly", "billed_until_end", "currency"]);
    // 238 h 40 min are left.
    let expected = [
        ["vm-1", "os", "lost", "0.002", "", "EUR"],
        ["vm-1", "data", "kept-billed", "0.01", "2.386667", "EUR"],
        ["vm-1", "more", "kept-billed", "", "", "EUR"],
        ["vm-1", "odd", "kept-billed", "0.000001", "0.000239", "EUR"],
        ["vm-2", "", "lost", "", "", "EUR"],
    ];
    assert_eq!(shown, expected);
    let rows = table(&scratch.path().join("out/decisions.csv"));
    assert_eq!(cells(&rows, &["instance", "worth"]), [["vm-1", "12.5"], ["vm-2", ""]]);
    let rows = table(&scratch.path().join("out/instances.csv"));
    let shown = cells(&rows, &["instance", "hourly", "worth", "currency"]);
    let expected =
        [["vm-1", "0.1", "12.5", "EUR"], ["vm-2", "0.2", "", "EUR"], ["vm-3", "", "0", "EUR"]];
    assert_eq!(shown, expected);
    assert!(said.contains("worth lost: 12.50 EUR (1 released instance without `worth`)"), "{said}");
    let billed =
        "billed to the end for what is left behind: 2.39 EUR (1 resource without `hourly`)";
    assert!(said.contains(billed), "{said}");
}

/// Prices of instances that an event or a group creates are those that the file states for them.
#[test]
fn created_instances_have_prices() {
    let (scratch, said) = run(
        "currency: USD\nfleet:\n  groups:\n    set: { min: 0, max: 4, orchestration: flexible,\n      \
         new-names: vm-9, new-members: { worth: 7, hourly: 0.5, resources: {\n        \
         data: { kind: data-disk, gib: 8, with-instance: false, hourly: 1 } } } }\n  \
         instances:\n    vm-1: { worth: 1 }\nevents:\n  \
         - { at: +1h, scale-out: { group: set, add: 2, by: ann, via: cli } }\n  \
         - { at: +2h, create: { instance: vm-2, like: { worth: 100 }, by: ann, via: cli } }\n  \
         - { at: +9d, scale-in: { group: set, remove: 2, by: ann, via: cli } }\n  \
         - { at: +9d, id: bye, release: { instance: vm-2, by: ann, via: cli } }\n",
    );
    let rows = table(&scratch.path().join("out/instances.csv"));
    let shown = cells(&rows, &["instance", "hourly", "worth", "state"]);
    let mut shown: Vec<_> = shown.into_iter().map(|row| row.join(" ")).collect();
    shown.sort();
    let expected = [
        "set-new-1 0.5 7 released",
        "vm-1  1 running",
        "vm-2  100 released",
        "vm-9 0.5 7 released",
    ];
    assert_eq!(shown, expected);
    assert!(said.contains("worth lost: 114.00 USD"), "{said}");
    assert!(said.contains("left behind: 48.00 USD (1 resource without `hourly`)"), "{said}");
}

/// A table of instances may have columns with prices, whichever way it is read.
#[test]
fn prices_stand_in_columns_of_a_fleet() {
    for count in [3_usize, 32_000] {
        let scratch = folder();
        let mut fleet = "instance,worth,hourly,tags\n".to_owned();
        for number in 1..=count {
            fleet.push_str(&format!(
                "vm-{number},{}.25,0.0{},note={number:010}\n",
                number % 7,
                number % 3
            ));
        }
        // Tables of 1 MiB and more are read row by row.
        assert_eq!(fleet.len() > 1 << 20, count > 3);
        write(scratch.path(), "fleet.csv", &fleet);
        let text = "stayput: scenario/1\nname: prices\npolicy: azure-vmss@2026-05-19\nstart: 2026-06-01T00:00:00Z\n\
             for: 10d\ncurrency: EUR\nfleet: { instances: { file: fleet.csv } }\nevents:\n  \
             - { at: +1h, id: bye, release: { instance: [vm-1, vm-2], by: ann, via: cli } }\n";
        let path = write(scratch.path(), "prices.yaml", text);
        let out = scratch.path().join("out");
        let ran = stayput(&["run", &path, "--out", &out.to_string_lossy()]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("\nworth lost: 3.50 EUR\n"), "{}", ran.stdout);
        let written = fs::read_to_string(out.join("instances.csv")).unwrap();
        assert_eq!(written.lines().count(), 1 + count);
        let rows = rows(&written.split_inclusive('\n').take(4).collect::<String>());
        assert_eq!((rows[2]["worth"].as_str(), rows[1]["hourly"].as_str()), ("3.25", "0.02"));
        // Without a currency the first price is reported, with its line.
        let path = write(scratch.path(), "none.yaml", text.replace("currency: EUR\n", ""));
        let ran = stayput(&["check", &path]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("error[E003]: a price needs a currency"), "{}", ran.stderr);
        assert!(ran.stderr.contains("fleet.csv:2:"), "{}", ran.stderr);
    }
}

/// Merged parts of a study have the figures of the whole, money included.
#[test]
fn replications_estimate_money_and_parts_give_the_same_bytes() {
    let scratch = folder();
    let out = |name: &str| scratch.path().join(name).to_string_lossy().into_owned();
    let both = ["run", "scenarios/what-it-costs.yaml", "scenarios/random-ties.yaml"];
    let study = [&both[..], &["--replications", "6"]].concat();
    let ran = stayput(&[&study[..], &["--out", &out("whole")]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("  worth-lost (EUR)"), "{}", ran.stdout);
    let note = "worth-lost: stated prices only; some released instances have no `worth`";
    assert!(ran.stdout.contains(note), "{}", ran.stdout);
    assert!(!ran.stdout.contains("  billed-without-price"), "{}", ran.stdout);
    for part in ["1/2", "2/2"] {
        let folder = out(&part[..1]);
        let ran = stayput(&[&study[..], &["--shard", part, "--out", &folder]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let ran = stayput(&["merge", &out("2"), &out("1"), "--out", &out("merged")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for name in ["replications.csv", "estimates.csv", "datapackage.json"] {
        let read =
            |folder: &str| fs::read_to_string(scratch.path().join(folder).join(name)).unwrap();
        assert_eq!(read("merged"), read("whole"), "{name}");
    }
    let rows = table(&scratch.path().join("whole/replications.csv"));
    let late = rows.iter().find(|row| row["case"] == "pays-late").unwrap();
    let first = ["first_loss_of_any_s", "first_loss_of_any_trigger", "count_mis-clicks-held"];
    assert_eq!(first.map(|column| late[column].as_str()), ["7200", "manual", "1"]);
    assert_eq!((late["worth_lost"].as_str(), late["currency"].as_str()), ("66900", "EUR"));
    let plain = rows.iter().find(|row| row["scenario"] == "random-ties").unwrap();
    let empty = ["worth_lost", "billed_until_end", "currency", "count_mis-clicks-held"];
    assert_eq!(empty.map(|column| plain[column].as_str()), [""; 4]);
    assert!(!plain["count_prod-1-lost"].is_empty());
    let estimates = table(&scratch.path().join("whole/estimates.csv"));
    let money: Vec<&Row> = estimates.iter().filter(|row| row["unit"] == "money").collect();
    assert_eq!(money.len(), 4, "two metrics of two cases");
    let unknown = estimates.iter().find(|row| row["metric"] == "lost-without-worth").unwrap();
    assert_eq!((unknown["mean"].as_str(), unknown["unit"].as_str()), ("1", "instances"));
    let still = money.iter().find(|row| row["metric"] == "billed-until-end").unwrap();
    assert_eq!(
        (still["mean"].parse(), &still["mean"]),
        (still["min"].parse::<f64>(), &still["max"])
    );
    assert_eq!(still["min"], late["billed_until_end"]);
}

/// The sum of two amounts can have more digits than an amount of a scenario.
#[test]
fn a_study_with_a_large_sum_is_read_back() {
    let scratch = folder();
    let text = "\
stayput: scenario/1
name: dear
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 10d
currency: EUR
fleet:
  defaults: { worth: 999999999999 }
  instances: { a: {}, b: {} }
events:
  - { at: +1d, release: { instance: \"*\", force: true, by: ann, via: api } }
";
    let path = write(scratch.path(), "dear.yaml", text);
    let out = scratch.path().join("out").to_string_lossy().into_owned();
    let ran = stayput(&["run", &path, "--replications", "3", "--out", &out]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = table(&scratch.path().join("out/replications.csv"));
    assert_eq!(rows[0]["worth_lost"], "1999999999998");
    let ran = stayput(&["diff", &out, &out]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn pages_have_money_only_where_there_are_prices() {
    let page = stayput(&["run", "scenarios/what-it-costs.yaml", "-f", "html"]).stdout;
    assert!(page.contains("Worth lost: 66900.00 EUR"), "the headline");
    assert!(page.contains("worth lost (EUR)") && page.contains("still billed"), "the tables");
    let page = stayput(&["run", "scenarios/random-ties.yaml", "-f", "html"]).stdout;
    assert!(!page.to_lowercase().contains("worth lost"));
}
