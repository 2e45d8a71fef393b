//! HTML pages are complete, safe and small, and agree with the tables.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::{Row, folder, root, rows, shown, stayput, table, write};

/// The page of a command.
pub(crate) fn page(arguments: &[&str]) -> String {
    let ran = stayput(&[arguments, &["-f", "html"]].concat());
    assert!(
        ran.stdout.starts_with("<!DOCTYPE html>"),
        "{arguments:?}: {}{}",
        ran.stdout,
        ran.stderr
    );
    ran.stdout
}

/// A start tag: its name and its attributes. The reader knows only what maud writes: attributes in
/// double quotes, `<` and `>` escaped in texts and attributes.
struct Tag<'p> {
    name: &'p str,
    attributes: Vec<(&'p str, &'p str)>,
}

fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, after) = rest.split_at(end);
        rest = after;
        if tag.starts_with(['/', '!']) {
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        let mut attributes = Vec::new();
        let mut left = &tag[name.len()..];
        while let Some(equals) = left.find("=\"") {
            let key = left[..equals].trim();
            let value = &left[equals + 2..];
            let quote = value.find('"').expect("an attribute ends");
            attributes.push((key, &value[..quote]));
            left = &value[quote + 1..];
        }
        // Style and script are constants, and their texts are no tags.
        if ["style", "script"].contains(&name) {
            let close = format!("</{name}>");
            rest = &rest[rest.find(&close).expect("it ends")..];
        }
        tags.push(Tag { name, attributes });
    }
    tags
}

/// Checks that hold for every page.
pub(crate) fn assert_sound(page: &str) {
    let tags = tags(page);
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    assert_eq!((count("script"), count("style"), count("h1")), (1, 1, 1));
    for absent in ["img", "link", "iframe", "base", "form", "object", "embed"] {
        assert_eq!(count(absent), 0, "{absent}");
    }
    let mut ids = BTreeSet::new();
    let mut targets = BTreeSet::new();
    for tag in &tags {
        for (key, value) in &tag.attributes {
            assert!(*key != "style" && !key.starts_with("on"), "{}: {key}", tag.name);
            match *key {
                "id" => assert!(ids.insert(*value), "the id {value} occurs twice"),
                "href" if value.starts_with('#') => {
                    targets.insert(&value[1..]);
                }
                "href" => assert!(value.starts_with("https://"), "{value}"),
                "src" => assert_eq!(*value, "", "{} has a source", tag.name),
                _ => {}
            }
        }
    }
    let missing: Vec<_> = targets.difference(&ids).collect();
    assert!(missing.is_empty(), "links without a target: {missing:?}");
    let policy =
        tags.iter().find(|tag| tag.attributes.contains(&("http-equiv", "Content-Security-Policy")));
    let rules = policy.and_then(|tag| tag.attributes.iter().find(|(key, _)| *key == "content"));
    assert!(
        rules.unwrap().1.starts_with("default-src &#39;none&#39;; style-src &#39;sha256-")
            || rules.unwrap().1.starts_with("default-src 'none'; style-src 'sha256-")
    );
}

/// The text between two marks, without tags.
fn text(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = rest[at..].split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The main part of a page, a line for each block, for golden files.
fn main_part(page: &str) -> String {
    let main = page.split("<main id=\"main\">").nth(1).unwrap().split("</main>").next().unwrap();
    let mut lines = main.to_owned();
    for block in [
        "<h1",
        "<h2",
        "<h3",
        "<p",
        "<tr",
        "<table",
        "<section",
        "<details",
        "<ul",
        "<svg class=\"lane",
        "<rect",
        "<a href",
        "<td",
    ] {
        lines = lines.replace(block, &format!("\n{block}"));
    }
    // A page has digests of its inputs, which any comment in a policy changes.
    let is_digest = |line: &&str| {
        line.bytes().take(64).filter(u8::is_ascii_hexdigit).count() == 64 || line.contains("<pre>")
    };
    let kept: Vec<&str> = lines.lines().filter(|line| !is_digest(line)).collect();
    let mut text = String::new();
    for (index, piece) in kept.join("\n").split("\"#s-").enumerate() {
        text.push_str(if index == 0 { piece } else { "\"#s-…" });
        text.push_str(if index == 0 { "" } else { piece.get(8..).unwrap_or_default() });
    }
    let mut masked = String::new();
    for (index, piece) in text.split("id=\"s-").enumerate() {
        masked.push_str(if index == 0 { piece } else { "id=\"s-…" });
        masked.push_str(if index == 0 { "" } else { piece.get(8..).unwrap_or_default() });
    }
    masked
}

#[test]
fn every_shipped_scenario_has_a_sound_page() {
    for entry in fs::read_dir(crate::support::root().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let text = if path.is_file() { fs::read_to_string(&path).unwrap() } else { continue };
        if !text.contains("random:") {
            assert_sound(&page(&["run", path.to_str().unwrap()]));
        }
    }
}

#[test]
fn small_pages() {
    for name in ["saved-beforehand", "two-ways-to-go", "unpaid-fortnight"] {
        let page = page(&["run", &format!("scenarios/{name}.yaml")]);
        assert_sound(&page);
        insta::assert_snapshot!(format!("page-of-{name}"), main_part(&page));
    }
}

#[test]
fn figures_of_the_headline_agree_with_the_tables() {
    let folder = folder();
    for name in ["unpaid-fortnight", "two-clouds", "night-shift"] {
        let out = folder.path().join(name);
        let scenario = format!("scenarios/{name}.yaml");
        let page = page(&["run", &scenario, "--out", out.to_str().unwrap()]);
        let lead: String = page.split("<p class=\"lead\">").skip(1).map(text).collect();
        let instances = table(&out.join("instances.csv"));
        let first = &instances[0]["case"];
        let of_case = |rows: Vec<Row>| -> Vec<Row> {
            rows.into_iter().filter(|row| row["case"] == *first).collect()
        };
        let all = of_case(instances.clone());
        let lost = all.iter().filter(|row| !row["released_at"].is_empty()).count();
        if lost == 0 {
            assert!(lead.contains(&format!("No instance is lost, of {}.", all.len())), "{lead}");
        } else {
            assert!(lead.contains(&format!("{lost} of {} instance", all.len())), "{name}: {lead}");
        }
        let decisions = of_case(table(&out.join("decisions.csv")));
        let released = decisions.iter().filter(|row| row["effect"] == "released");
        let protected = released.clone().filter(|row| !row["protections_on"].is_empty()).count();
        assert_eq!(released.count(), lost);
        assert!(lost == 0 || lead.contains(&format!("{protected} of them with")), "{name}: {lead}");
        let losses = of_case(table(&out.join("losses.csv")));
        let resources = losses.iter().filter(|row| row["fate"] == "lost").count();
        let section = page.split("Losses by trigger").nth(1).unwrap_or_default();
        let section = section.split("</table>").next().unwrap();
        let sum: usize = section
            .split("data-l=\"resources\">")
            .skip(1)
            .map(|cell| cell.split('<').next().unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!(sum, resources, "{name}: losses by trigger");
    }
}

const HOSTILE: &str =
    "</script><img src=x onerror=alert(1)>\\\" '&amp<script>alert(2)</script> 日本語 🎉";

/// A scenario with a text in every field, and a policy of its own with a text in every field.
fn with_texts(folder: &Path, text: &str, file: &str) -> String {
    let policy = format!(
        r#"stayput: policy/1
policy: house
edition: 2026-06-01
title: "{text}"
extends: alibaba-ecs-cn@2026-05-15
sources:
  own: {{ title: "{text}", section: "{text}", at: "https://example.com/", dated: 2026-05-15 }}
protections:
  release-protection:
    rules:
      RP1: {{ because: "{text}", source: own, confidence: documented }}
"#
    );
    write(folder, "house.yaml", policy);
    let mut scenario = format!(
        r#"stayput: scenario/1
name: "{text}"
about: "{text}"
policy: ./house.yaml
start: 2026-06-01T00:00:00+08:00
for: 20d
cases:
  "{text}": {{ pays: never }}
  other: {{ pays: +5d }}
fleet:
  accounts: {{ "{text}": {{ grace: 0h }} }}
  defaults: {{ account: "{text}" }}
  groups:
    "g{text}":
      {{ account: "{text}", min: 0, max: 9, removal: [oldest-instance], health-check: none }}
  instances:
    "{text}":
      protect: [release-protection]
      resources: {{ "d{text}": {{ kind: data-disk, gib: 3 }} }}
    "m{text}": {{ group: "g{text}", joined: 2026-01-01T00:00:00Z }}
"#
    );
    let _ = write!(
        scenario,
        r#"events:
  - {{ at: +1h, id: "e{text}", release: {{ instance: "{text}", by: "{text}", via: api }} }}
  - at: +2h
    id: "s{text}"
    scale-in: {{ group: "g{text}", remove: 1, by: "{text}", via: api }}
  - {{ at: +3h, id: "o{text}", overdue: {{ account: "{text}" }} }}
  - {{ at: $pays, settle: {{ account: "{text}" }} }}
"#
    );
    write(folder, file, scenario)
}

/// Two scenarios that differ only in their texts: harmless ones and hostile ones.
pub(crate) fn plain_and_hostile(folder: &Path) -> [(std::path::PathBuf, String); 2] {
    [("plain", "plain"), ("hostile", HOSTILE)].map(|(name, text)| {
        let own = folder.join(name);
        fs::create_dir(&own).unwrap();
        let path = with_texts(&own, text, "scenario.yaml");
        (own, path)
    })
}

#[test]
fn hostile_texts_are_only_text() {
    let folder = folder();
    let pages = plain_and_hostile(folder.path()).map(|(_, path)| page(&["run", &path]));
    let [plain, hostile] = pages.each_ref().map(|page| {
        assert_sound(page);
        tags(page).into_iter().map(|tag| tag.name).collect::<Vec<_>>()
    });
    assert_eq!(plain, hostile, "the elements are the same");
    assert!(!pages[1].contains("<img") && pages[1].contains("&lt;img"));
}

#[test]
fn the_same_inputs_give_the_same_bytes_in_any_folder() {
    let folder = folder();
    let text =
        fs::read_to_string(crate::support::root().join("scenarios/unpaid-fortnight.yaml")).unwrap();
    let pages = ["one", "two"].map(|name| {
        let own = folder.path().join(name);
        fs::create_dir(&own).unwrap();
        let path = write(&own, "scenario.yaml", &text);
        let html = own.join("page.html");
        let ran = stayput(&["run", &path, "--html", html.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let written = fs::read_to_string(&html).unwrap();
        assert_eq!(written.trim_end(), page(&["run", &path]).trim_end());
        assert!(!written.contains(folder.path().to_str().unwrap()));
        written
    });
    assert!(pages[0] == pages[1]);
}

fn head(name: &str, days: u32) -> String {
    format!(
        "stayput: scenario/1\nname: {name}\npolicy: alibaba-ecs-cn@2026-05-15\n\
         start: 2026-06-01T00:00:00+08:00\nfor: {days}d\nfleet:\n  \
         accounts: {{ shop: {{ grace: 0h }} }}\n  defaults: {{ account: shop }}\n  instances:\n"
    )
}

/// 500 instances, nearly all with different courses.
pub(crate) fn five_hundred(folder: &Path) -> String {
    let mut text = head("five-hundred", 90);
    for n in 1..=500 {
        let day = n * 37 % 49 + 1;
        let schedule =
            if n % 2 == 0 { format!(", auto-release: +{day}d{}h", n % 24) } else { String::new() };
        let _ = writeln!(text, "    srv-{n}: {{ protect: [release-protection]{schedule} }}");
    }
    text.push_str("events:\n");
    for hour in 8..=2_100 {
        // Each instance appears once, in a particular order.
        if (hour - 8) % 4 == 0 && (hour - 8) / 4 < 500 {
            let n = (hour - 8) / 4 * 139 % 500 + 1;
            let _ = writeln!(
                text,
                "  - {{ at: +{hour}h, release: {{ instance: srv-{n}, by: bob, via: api }} }}"
            );
        }
        if hour == 1_200 {
            text.push_str("  - { at: +1200h, overdue: { account: shop } }\n");
        }
    }
    write(folder, "five-hundred.yaml", text)
}

#[test]
fn a_page_of_a_large_fleet_is_small() {
    let folder = folder();
    let five = page(&["run", &five_hundred(folder.path())]);
    assert_sound(&five);
    assert!(five.len() <= 300_000, "{} bytes for 500 different instances", five.len());
    assert!(five.contains("500 instances in "), "drawn by kind");

    let mut text = head("ten-thousand", 400);
    text.push_str("    web-1..2500: { protect: [release-protection] }\n");
    text.push_str(
        "events:\n  - { at: +5d, release: { instance: \"web-1..500\", by: bob, via: api } }\n",
    );
    text.push_str("  - { at: +300d, overdue: { account: shop } }\n");
    let path = write(folder.path(), "ten-thousand.yaml", text);
    let page_of_many = page(&["run", &path]);
    assert_sound(&page_of_many);
    assert!(page_of_many.len() <= 500_000, "{} bytes", page_of_many.len());
    assert!(page_of_many.contains("data-names=\"web-1..500\""), "equal lanes are one");

    let mut text = head("ten-years", 3_650);
    text.push_str("    db-1..3: { protect: [release-protection] }\nevents:\n");
    for day in 0..3_600 {
        let _ = writeln!(
            text,
            "  - {{ at: +{day}d3h, release: {{ instance: \"db-1..3\", by: cron, via: api }} }}"
        );
    }
    let years = page(&["run", &write(folder.path(), "ten-years.yaml", text)]);
    assert_sound(&years);
    assert!(years.len() <= 500_000, "{} bytes for ten years", years.len());
    assert!(years.contains("10,800 decisions in 1 kind"));
}

#[test]
fn a_run_that_stopped_early_says_so_first() {
    let ran = stayput(&[
        "run",
        "scenarios/unpaid-fortnight.yaml",
        "--case",
        "never-pays",
        "--max-events",
        "3",
        "-f",
        "html",
    ]);
    assert_eq!(ran.code, 5);
    let lead =
        text(ran.stdout.split("<p class=\"lead\">").nth(1).unwrap().split("</p>").next().unwrap());
    assert!(lead.starts_with("The run did not reach its end: stopped after 3 events"), "{lead}");
}

/// A call whose channel is not stated is not shown as one that has no channel.
#[test]
fn an_unknown_channel_is_stated() {
    let scratch = folder();
    let text = crate::support::SMALL.replace(", via: api", "");
    let path = write(scratch.path(), "small.yaml", &text);
    let page = stayput(&["run", &path, "-f", "html"]).stdout;
    assert!(page.contains(" by alice via an unknown channel"), "{page}");
}

#[test]
fn every_loss_has_a_remedy_or_says_that_none_is_known() {
    let page = page(&["run", "scenarios/two-clouds.yaml"]);
    for cell in page.split("data-l=\"remedy\"><span><b>").skip(1) {
        assert!(!text(cell.split("</b>").next().unwrap()).trim().is_empty());
    }
}

/// The result of a command that does not succeed.
fn page_of_failure(arguments: &[&str]) -> String {
    let ran = stayput(&[arguments, &["-f", "html"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn a_page_of_tests_shows_failures_first() {
    let folder = folder();
    let path = write(folder.path(), "failing.yaml", crate::browser::failing());
    let page = page_of_failure(&["test", &path, "scenarios/two-clouds.yaml", "--coverage"]);
    assert_sound(&page);
    let lead = text(page.split("<p class=\"lead\">").nth(1).unwrap().split("</p>").next().unwrap());
    assert!(lead.contains("3 of 4 cases fail."), "{lead}");
    let (failures, rest) = (page.find("id=\"failures\"").unwrap(), page.find("id=\"suites\""));
    assert!(failures < rest.unwrap());
    for part in ["expected", "actual", "What happened", "stayput test ", "id=\"coverage\""] {
        assert!(page.contains(part), "{part}");
    }
    // The keys that differ stand side by side, and the sentence has no raw backticks.
    for part in ["<pre>outcome: overridden\n</pre>", "<pre>outcome: held\n</pre>", ", at +2h"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("about db-1 at <code>mis-click</code>"));
}

#[test]
fn a_page_of_differences_links_each_cell_to_both_rules() {
    let folder = folder();
    let none = write(folder.path(), "none.yaml", "stayput: accepted/1\n");
    let pair = ["alibaba-ecs@2019-01-15", "alibaba-ecs@2026-05-15"];
    let rest = ["scenarios/two-editions.yaml", "--accepted", &none, "--today", "2026-06-01"];
    let page = page_of_failure(&[&["diff"], &pair[..], &rest[..]].concat());
    assert_sound(&page);
    // Evidence alone is a count that links to its list.
    for part in ["<a href=\"#evidence\">≈ ", "id=\"evidence\""] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["▼ worse", "href=\"#x1\"", "id=\"x1\"", "as of 2026-06-01", "exit code 1"] {
        assert!(page.contains(part), "{part}");
    }
    let card = page.split("id=\"x1\"").nth(1).unwrap();
    assert!(card.split("</").next().unwrap().contains("x1"), "the number is not shown");
    let json = stayput(&[&["diff"], &pair[..], &rest[..], &["-f", "json"]].concat()).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let cells = format!("<b>{}</b>cells of both", crate::pages::with_commas(&json["cells"]));
    assert!(page.contains(&cells), "{cells}");
    assert!(page.contains(&format!("<b>▼ {}</b>worse", json["worse"])));
}

fn with_commas(number: &serde_json::Value) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn a_page_of_replications_has_the_figures_of_the_estimates() {
    let arguments = ["run", "scenarios/random-year.yaml", "--replications", "30"];
    let page_of = |jobs| page(&[&arguments[..], &["--jobs", jobs]].concat());
    let page = page_of("1");
    assert_sound(&page);
    assert!(page == page_of("2"), "the page does not depend on the number of workers");
    let table = stayput(&[&arguments[..], &["-f", "csv"]].concat()).stdout;
    let rows = rows(&table);
    let means = rows.iter().filter(|row| row["metric"] == "released" && row["mean"].len() > 1);
    for row in means {
        assert!(page.contains(&row["mean"][..3]), "{}: {}", row["case"], row["mean"]);
    }
    for part in ["id=\"survival\"", "not within the run", "id=\"pairs\"", "--replication K"] {
        assert!(page.contains(part), "{part}");
    }
}

/// A partial page never replaces a page that exists, whether of a run or of a study.
#[test]
fn a_partial_page_is_written_beside_an_existing_one() {
    let scratch = folder();
    let page = scratch.path().join("page.html");
    let partial = scratch.path().join("page.partial.html");
    let path = page.to_string_lossy();
    let scenario = shown(&root().join("scenarios/random-year.yaml"));
    let run = ["run", &scenario, "-q", "--html", &path];
    let early = [&run[..], &["--max-events", "3"]].concat();
    assert_eq!(stayput(&early).code, 5);
    assert!(page.is_file() && !partial.exists(), "nothing was there");
    assert_eq!(stayput(&run).code, 0);
    let complete = std::fs::read_to_string(&page).unwrap();
    let ran = stayput(&early);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("page.partial.html; it is partial, and "), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), complete);
    assert!(std::fs::read_to_string(&partial).unwrap().contains("did not reach its end"));
}
