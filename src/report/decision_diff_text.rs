//! Changed decisions as text for people.

use indexmap::{IndexMap, IndexSet};

use super::decision_diff::{Changed, DecisionRow, differing, is_plain, worse_off};
use super::policy_diff::{ARROW, direction_word, painted};
use super::text_table::{Page, folded, hanging};
use crate::diagnostics::many;
use crate::policy::{Class, Direction};
use crate::words::Word;

/// Changed decisions as text, run by run: first those with another result, then those with the
/// same result by another rule. `compared` is the number of decisions that were compared.
pub fn changed_text(list: &[Changed], compared: usize, page: Page) -> Vec<String> {
    if list.is_empty() {
        return vec![format!("{} compared, no differences", many(compared, "decision"))];
    }
    let mut out = Vec::new();
    let mut runs: IndexMap<String, Vec<&Changed>> = IndexMap::new();
    for one in list {
        runs.entry(one.row().run()).or_default().push(one);
    }
    for (run, in_run) in runs {
        let (plain, other): (Vec<&Changed>, Vec<&Changed>) =
            in_run.into_iter().partition(|one| is_plain(one.class));
        out.push(page.paint.bold(&run));
        out.extend(plain_rows(&plain, page));
        out.extend(other_rows(&other, page.width));
        out.extend(cause_rows(&plain, page));
        out.push(String::new());
    }
    let counts = Class::ALL.iter().filter_map(|class| {
        let count = list.iter().filter(|one| one.class == *class).count();
        let numbered = || format!("{class} {count}");
        (count > 0).then(|| if count == list.len() { class.to_string() } else { numbered() })
    });
    let counts: Vec<String> = counts.collect();
    let [worse, better] = [Direction::Worse, Direction::Better]
        .map(|direction| list.iter().filter(|one| one.direction == direction).count());
    let sum = format!(
        "{} compared, {}: {} · {worse} worse, {better} better",
        many(compared, "decision"),
        differing(list.len()),
        counts.join(", ")
    );
    out.extend(hanging("", &sum, page.width));
    let mut worse: IndexMap<String, Vec<String>> = IndexMap::new();
    for (run, name) in worse_off(list) {
        worse.entry(run).or_default().push(name);
    }
    let rows: Vec<Vec<String>> =
        worse.into_iter().map(|(run, names)| vec![run, names.join(" ")]).collect();
    if !rows.is_empty() {
        out.push(page.paint.bad("instances with a worse decision:"));
        out.extend(folded(&rows, &[], 1, page.width).concat());
    }
    out
}

fn plain_rows(list: &[&Changed], page: Page) -> Vec<String> {
    let rows = list.iter().map(|one| {
        let row = one.row();
        let [old, new] = one.change();
        vec![
            direction_word(one.direction).to_owned(),
            format!("+{}", crate::time::SimSpan::from_seconds(row.seconds())),
            row.get("instance").to_owned(),
            row.get("trigger").to_owned(),
            row.get("event").to_owned(),
            old,
            format!("{ARROW} {new}"),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut rows = folded(&rows, &[], 5, page.width);
    for (lines, one) in rows.iter_mut().zip(list) {
        if let Some(first) = lines.first_mut() {
            *first = painted(one.direction, first, page.paint);
        }
    }
    rows.concat()
}

fn joined(names: &IndexSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(" ")
}

/// One row for each difference of the policies that caused changes, with the instances.
fn cause_rows(list: &[&Changed], page: Page) -> Vec<String> {
    let mut rows: IndexMap<&str, IndexSet<&str>> = IndexMap::new();
    for one in list {
        for cause in &one.causes {
            rows.entry(cause).or_default().insert(one.row().get("instance"));
        }
    }
    let lines = rows.iter().flat_map(|(cause, names)| {
        hanging("  caused by  ", &format!("{cause}: {}", joined(names)), page.width)
    });
    lines.map(|line| page.paint.dim(&line)).collect()
}

/// One row for each change of a rule, source or confidence, with all instances that it concerns.
fn other_rows(list: &[&Changed], width: usize) -> Vec<String> {
    let mut rows: IndexMap<(Class, String), IndexSet<&str>> = IndexMap::new();
    for one in list {
        let [old, new] = one.change();
        let rule = |row: &Option<DecisionRow>| {
            row.as_ref().map(|row| row.get("rule").to_owned()).unwrap_or_default()
        };
        let rules = match (rule(&one.old), rule(&one.new)) {
            (a, b) if a == b => a,
            (a, b) => format!("{a} {ARROW} {b}"),
        };
        let change = if one.class == Class::Rule {
            format!("{old} {ARROW} {new}")
        } else {
            format!("{rules}: {old} {ARROW} {new}")
        };
        rows.entry((one.class, change)).or_default().insert(one.row().get("instance"));
    }
    let rows = rows.into_iter().map(|((class, change), names)| {
        vec!["=".to_owned(), class.word().to_owned(), change, joined(&names)]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    folded(&rows, &[], 2, width).concat()
}
