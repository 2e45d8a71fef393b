use crate::pages::assert_sound;
use crate::support::{Row, SMALL, folder, rows, stayput, write};

const SCENARIO: &str = "scenarios/random-year.yaml";
const REPLICATIONS: &str = "40";

fn sum(rows: &[&Row], column: &str) -> f64 {
    rows.iter().map(|row| row[column].parse::<f64>().unwrap_or(0.0)).sum()
}

/// The text of a page without its tags, of one section.
fn section(page: &str, id: &str) -> String {
    let section = page.split(&format!("<h2 id=\"{id}\"")).nth(1).unwrap();
    let section = section.split("<h2").next().unwrap();
    let pieces = section.split('<').skip(1).map(|piece| piece.split_once('>').unwrap().1);
    pieces.collect::<Vec<_>>().join(" ")
}

#[test]
fn losses_by_trigger_are_those_of_the_table() {
    let out = folder();
    let path = out.path().join("out").to_string_lossy().into_owned();
    let arguments = ["run", SCENARIO, "--replications", REPLICATIONS, "--out", &path];
    let page = stayput(&[&arguments[..], &["-f", "html"]].concat()).stdout;
    assert_sound(&page);
    let text = section(&page, "causes");
    let table = std::fs::read_to_string(out.path().join("out/replications.csv")).unwrap();
    let all = rows(&table);
    for case in ["nothing-set", "protected", "direct-debit"] {
        let of_case: Vec<&Row> = all.iter().filter(|row| row["case"] == case).collect();
        for trigger in ["manual", "billing-overdue"] {
            let runs: f64 = REPLICATIONS.parse().unwrap();
            assert_eq!(of_case.len().to_string(), REPLICATIONS);
            let mean = sum(&of_case, &format!("released_{}", trigger.replace('-', "_"))) / runs;
            let mean = format!("{mean:.3}");
            assert!(text.contains(&mean[..4]), "{case} {trigger} {mean}: {text}");
        }
    }
    assert!(text.contains("Triggers compete"), "{text}");
    for trigger in ["scale-in", "spot-reclaim"] {
        assert!(!text.contains(trigger), "{trigger} causes nothing: {text}");
    }
}

#[test]
fn pairs_with_fewer_as_many_and_more_add_up_on_the_page_and_in_the_table() {
    let arguments = ["run", SCENARIO, "--replications", REPLICATIONS, "--compare"];
    let page = stayput(&[&arguments[..], &["-f", "html"]].concat()).stdout;
    assert_sound(&page);
    let text = section(&page, "pairs");
    let lines = stayput(&[&arguments[..], &["-f", "jsonl"]].concat()).stdout;
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let differences: Vec<_> = lines.iter().filter(|line| line["old_case"].is_string()).collect();
    assert!(!differences.is_empty());
    for one in differences {
        let count = |key: &str| one[key].as_u64().unwrap();
        assert_eq!(count("fewer") + count("alike") + count("more"), count("n"), "{one}");
        if one["metric"] == "released" {
            for key in ["fewer", "alike", "more"] {
                assert!(text.contains(&one[key].to_string()), "{one}: {text}");
            }
            let difference = one["difference"].as_f64().unwrap();
            assert!(text.contains(&format!("{difference:+.3}")[..5]), "{one}: {text}");
        }
    }
    for words in ["protected compared with nothing-set", "fewer", "alike", "more"] {
        assert!(text.contains(words), "{words}");
    }
}

/// The page has the counts of every scenario, and the seed of each.
#[test]
fn every_scenario_has_its_counts_and_its_seed_on_the_page() {
    let scratch = folder();
    let of = |name: &str, seed: u64| {
        let counts = format!("seed: {seed}\ncounts: {{ of-{name}: {{ outcome: held }} }}\nfleet:");
        let text = SMALL.replace("name: small", &format!("name: {name}"));
        let text = text.replace("fleet:", &counts);
        write(scratch.path(), &format!("{name}.yaml"), text.split("expect:").next().unwrap())
    };
    let (one, two) = (of("one", 1), of("two", 2));
    let page = |paths: &[&str]| {
        let ran = stayput(&[&["run"], paths, &["--replications", "3", "-f", "html"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    let both = page(&[&one, &two]);
    assert_sound(&both);
    for text in ["of-one", "of-two", "one: alibaba-ecs@2026-05-15 · ", "seed 1", "seed 2"] {
        assert!(both.contains(text), "{text}: {both}");
    }
    let common = "the same random numbers in every case";
    assert!(!both.contains(common) && page(&[&one]).contains(common));
}
