use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use stayput::diagnostics::{Files, Problems, ReadFailure, Sources, Stream, render};
use stayput::plan::{Compiled, Options, Plan, Script, Scripted, compile};
use stayput::record::{Cause, Record};
use stayput::world::Run;

use crate::support::{folder, stayput, write};

/// Files in memory, whose tables are read row by row, or whole.
struct Shelf {
    texts: BTreeMap<String, String>,
    /// The prefix of the names of tables that are read row by row.
    streams: &'static str,
    /// Number of rows of these tables that are kept.
    keep: usize,
}

impl Files for Shelf {
    fn read(&self, _: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let text = self.texts.get(path).cloned();
        let failure = ReadFailure { what: "no such file".into(), help: None };
        text.map(|text| (path.to_owned(), text)).ok_or(failure)
    }

    fn stream(&self, _: &str, path: &str) -> Option<Stream> {
        let text: Arc<[u8]> = self.texts.get(path)?.as_bytes().into();
        let open = move || Ok(Box::new(Cursor::new(text.clone())) as Box<dyn std::io::Read + Send>);
        let streamed = path.starts_with(self.streams);
        let (open, keep) = (Arc::new(open), self.keep);
        let piece = if keep == IN_ONE_PIECE { 1 << 16 } else { 40 + keep as u64 % 7 };
        streamed.then(|| Stream { path: path.into(), open, keep, piece })
    }
}

const SCENARIO: &str = "\
stayput: scenario/1
name: streams
policy: alibaba-ecs@2026-05-15
start: 2026-06-01T00:00:00Z
for: 60d
fleet:
  accounts: { shop: { grace: 0h }, lab: { grace: 1d }, az: { policy: azure-vmss@2026-05-19 } }
  groups:
    web: { account: shop, max: 30 }
    ss: { account: az, max: 30 }
  instances: { file: fleet.csv }
events: { file: events.csv }
expect:
  never: [{ instance: i-1, is: released }]
";

/// The result of pairs of tables, one case for each: the plans, or the reported problems.
fn compiled(pairs: &[(&str, &str)], streams: &'static str, keep: usize) -> Made {
    let (mut texts, mut scenario) = (BTreeMap::new(), SCENARIO.to_owned());
    scenario = scenario.replace("fleet.csv", "$fleet").replace("events.csv", "$events");
    scenario.push_str("cases:\n");
    for (at, (fleet, events)) in pairs.iter().enumerate() {
        texts.insert(format!("fleet-{at}.csv"), (*fleet).to_owned());
        texts.insert(format!("events-{at}.csv"), (*events).to_owned());
        scenario
            .push_str(&format!("  c{at}: {{ fleet: fleet-{at}.csv, events: events-{at}.csv }}\n"));
    }
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("streams.yaml", scenario);
    let shelf = Shelf { texts, streams, keep };
    let compiled = compile(file, &Options::default(), &shelf, &mut sources, &mut problems);
    let reported = render(&problems, &sources, false);
    // A row with a quote that is not closed has no end, so a second piece begins with it.
    let is_closed = |text: &str| text.matches('"').count().is_multiple_of(2);
    let in_one_piece = pairs.iter().all(|(fleet, table)| is_closed(fleet) && is_closed(table));
    let whole = streams == "none of them" || keep == IN_ONE_PIECE && in_one_piece;
    // Valid tables can have warnings too: both ways must report the same.
    let mut each: Vec<String> = (problems.sorted().into_iter())
        .map(|p| {
            let labels = p.labels.iter().map(|(at, label)| (sources.locate(*at), label));
            format!("{} {:?} {:?} {:?}", p.title, labels.collect::<Vec<_>>(), p.notes, p.helps)
        })
        .collect();
    each.sort();
    let shown = whole.then(|| reported.clone());
    let reported = (!reported.is_empty()).then_some(Reported { each, shown });
    match (compiled, reported) {
        (Some(compiled), None) => Ok((compiled, sources)),
        (_, reported) => Err(reported.unwrap()),
    }
}

/// The reported problems of tables. Two places of one mistake are shown together if one piece of
/// the table has both.
#[derive(Debug, Clone)]
struct Reported {
    each: Vec<String>,
    shown: Option<String>,
}

impl PartialEq for Reported {
    fn eq(&self, other: &Self) -> bool {
        let both = self.shown.as_ref().zip(other.shown.as_ref());
        self.each == other.each && both.is_none_or(|(one, other)| one == other)
    }
}

/// The value of `keep` with which tables are checked in one piece, not in several small ones.
const IN_ONE_PIECE: usize = 4;

/// Every event with its name.
fn events(plan: &Plan) -> Vec<(Scripted, String)> {
    let events = plan.script.listed().expect("the file does not change");
    let named = |scripted: &Scripted| (*scripted, plan.header.event(scripted.id).into_owned());
    events.iter().map(named).collect()
}

fn is_streamed(plan: &Plan) -> bool {
    matches!(plan.script, Script::Streamed(_))
}

/// Both readers must give the same result, however many rows are kept. Returns the number of event
/// tables that were read row by row.
fn both_agree(pairs: &[(&str, &str)], tables: &'static str) -> Option<usize> {
    let whole = compiled(pairs, "none of them", 0);
    let taken =
        [0, 4, usize::MAX].map(|keep| are_alike(&whole, &compiled(pairs, tables, keep), pairs));
    assert!(taken.iter().all(|rows| *rows == taken[0]), "{taken:?}");
    taken[0]
}

type Made = Result<(Compiled, Sources), Reported>;

fn are_alike(whole: &Made, rows: &Made, pairs: &[(&str, &str)]) -> Option<usize> {
    let reported = |made: &Made| made.as_ref().err().cloned();
    assert_eq!(reported(rows), reported(whole), "the same mistakes are reported: {pairs:?}");
    let (Ok((whole, kept)), Ok((rows, streamed))) = (whole, rows) else { return None };
    assert_eq!(kept.digests(), streamed.digests(), "the digests of the inputs are the same");
    for ((whole, rows), (fleet, table)) in whole.plans.iter().zip(&rows.plans).zip(pairs) {
        assert!(!is_streamed(whole), "this one was read whole");
        assert_eq!(events(rows), events(whole), "{table}");
        assert_eq!((&rows.targets, &rows.flags), (&whole.targets, &whole.flags));
        assert!(rows.header.instances.iter().eq(whole.header.instances.iter()));
        assert!(rows.header.actors.iter().eq(whole.header.actors.iter()));
        assert_eq!(format!("{:?}", rows.fleet), format!("{:?}", whole.fleet), "{fleet}");
        let records = |plan: &Plan| Run::start(plan.clone()).map(|r| format!("{r:?}")).collect();
        let (of_rows, of_whole): (Vec<String>, Vec<String>) = (records(rows), records(whole));
        assert_eq!(of_rows, of_whole, "{table}");
    }
    assert_eq!(rows.plans.len(), pairs.len());
    Some(rows.plans.iter().filter(|plan| is_streamed(plan)).count())
}

const EVENTS: &str = "events";

const FLEET: &str = "instance,account,group,billing,auto-release\n\
    i-1,shop,web,,\ni-2,shop,web,,\ni-3,shop,,,+20d\ni-4,lab,,subscription,\n\
    i-5,lab,,,\nvm-1,az,ss,,\nvm-2,az,ss,,\n";

/// One of `good`; with mistakes allowed, also one of `bad`.
fn pick(
    faulty: bool,
    good: &'static [&'static str],
    bad: &'static [&'static str],
) -> impl Strategy<Value = &'static str> {
    let bad = if faulty { bad } else { &[] };
    prop::sample::select([good, bad].concat())
}

/// Arguments of a verb; some are invalid in a faulty table.
fn keys(faulty: bool) -> impl Strategy<Value = (&'static str, Vec<(&'static str, String)>)> {
    let target = pick(
        faulty,
        &["i-1", "i-2", "i-3", "i-5", " i-3", "i-1..3", "i-*", "i-5;i-1", "\"i-2\"", "i-2..3"],
        &["vm-1", "vm-*", "i-9", "i-1..9", "$who", "*", "i-1;i-9"],
    );
    let word = pick(faulty, &["true", "false", ""], &["yes"]);
    let account = pick(faulty, &["shop", "lab"], &["az", "no-account"]);
    let time = pick(
        faulty,
        &["+30d", "2026-06-20T00:00:00Z", "2026-06-20T08:00:00+08:00"],
        &["2026-06-20T00:00:30Z", "soon"],
    );
    let flags = pick(
        faulty,
        &[
            "release-protection=true",
            "release-protection=false",
            "release-protection=true;standby=false",
        ],
        &["release-protection", "DeletionProtection=true", "nonsense=true"],
    );
    let by = pick(faulty, &["", "alice", "bob"], &["=alice", "-"]);
    let via = pick(faulty, &["", "api", "console"], &["fax"]);
    (0_u8..14, target, word, account, (time, flags), (by, via)).prop_map(
        |(verb, target, word, account, (time, flags), (by, via))| {
            let target = ("instance", target.to_owned());
            let group = ("group", if account == "az" { "ss" } else { "web" }.to_owned());
            let (verb, mut keys) = match verb {
                0..=2 => ("release", vec![target, ("force", word.to_owned())]),
                3 | 4 => ("schedule-release", vec![target, ("time", time.to_owned())]),
                5 => ("cancel-scheduled-release", vec![target]),
                6 | 7 => ("set-protection", vec![target, ("flags", flags.to_owned())]),
                8 => (
                    "set-protection",
                    vec![group, ("flags", "group-deletion-protection=true".into())],
                ),
                9 => ("overdue", vec![("account", account.to_owned())]),
                10 => ("settle", vec![("account", account.to_owned())]),
                11 => ("scale-in", vec![group, ("remove", account.len().to_string())]),
                12 => ("stop", vec![target, ("economical", word.to_owned())]),
                _ => ("suspend", vec![group, ("process", "scale-in;health-check".to_owned())]),
            };
            if verb != "overdue" {
                keys.push(("by", by.to_owned()));
                keys.push(("via", via.to_owned()));
            }
            (verb, keys)
        },
    )
}

/// A table of events; most faulty ones have mistakes.
fn table(faulty: bool) -> impl Strategy<Value = String> {
    let id = pick(faulty, &["", "", "a", "b", "c", "d"], &["event-2", "event-99", "+a"]);
    let row = ((0_u32..50, 0_u8..40), id, keys(faulty), 0_u8..40);
    let sorted = if faulty { 0_u8..8 } else { 1..8 };
    let parts = (prop::collection::vec(row, 1..9), 0_u8..4, sorted);
    parts.prop_map(move |(mut rows, ids, sorted)| {
        if sorted > 0 {
            rows.sort_by_key(|row| row.0.0);
        }
        let columns =
            "at,verb,instance,group,account,time,flags,force,remove,economical,process,by,via";
        let ids = ids == 0;
        let mut text = format!("x-note,{columns}{}\r\n", if ids { ",id" } else { "" });
        for (number, ((day, how), id, (verb, keys), odd)) in rows.iter().enumerate() {
            let at = match how {
                0 if faulty => "never".to_owned(),
                1 if faulty => "2026-06-01".to_owned(),
                2..=20 => format!("+{day}d{number}h"),
                _ if *day < 30 => format!("2026-06-{:02}T{number:02}:00:00Z", day + 1),
                _ => format!("2026-07-{:02}T{number:02}:00:00Z", day - 29),
            };
            let cells = columns.split(',').skip(2).map(|column| {
                keys.iter().find(|(key, _)| *key == column).map_or("", |(_, cell)| cell)
            });
            let cells: Vec<&str> = cells.collect();
            text.push_str(&format!("{},{at},{verb},{}", "é".repeat(number), cells.join(",")));
            if ids {
                text.push_str(&format!(",{id}"));
            }
            text.push_str(match odd {
                0 => "\n\n",
                1 if faulty => ",\n",
                2 if faulty => "\"\n",
                3 => " \n",
                _ => "\r\n",
            });
        }
        text
    })
}

/// The number of rounds of random tables; each round compiles them twice, with their policies.
const CASES: u32 = 6;

fn few() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..Default::default() }
}

/// The least number of random tables that must be read row by row.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

proptest! {
    #![proptest_config(few())]

    fn random_tables_are_read_alike(
        faulty in table(true),
        tables in prop::collection::vec(table(false), 16),
    ) {
        both_agree(&[(FLEET, &faulty)], EVENTS);
        // A mistake in one table hides those of the others, so few are compiled at a time.
        for table in tables.chunks(4) {
            let pairs: Vec<_> = table.iter().map(|table| (FLEET, table.as_str())).collect();
            TAKEN.fetch_add(both_agree(&pairs, EVENTS).unwrap_or(0), Ordering::Relaxed);
        }
    }
}

#[test]
fn events_read_row_by_row_equal_those_of_the_whole_table() {
    random_tables_are_read_alike();
    let taken = TAKEN.load(Ordering::Relaxed);
    assert!(taken > 10, "{taken} tables were plainly right");
}

#[test]
fn a_row_is_checked_though_similar_ones_have_passed() {
    let table = |rows: [&str; 3]| {
        let lines = rows.map(|row| format!("+1d,{row}\n")).concat();
        format!("at,verb,instance,group,time,flags,do,all-disks\n{lines}")
    };
    let pairs = [
        ("schedule-release,i-1,,2026-06-20T00:00:00Z,,,", "schedule-release,i-1,,+30s,,,"),
        ("set-protection,i-1,,,release-protection=true,,", "set-protection,i-1,,,,,"),
        ("set-protection,i-1,,,release-protection=true,,", "set-protection,i-1,,,nonsense=true,,"),
        (
            "set-protection,i-1,,,release-protection=true,,",
            "set-protection,i-1,,,release-protection=true;nonsense=true,,",
        ),
        (
            "set-protection,i-1,,,release-protection=true,,",
            "set-protection,i-1,,,release-protection=true;DeletionProtection=true,,",
        ),
        (
            "set-protection,i-1,,,release-protection=true,,",
            "set-protection,i-1,web,,release-protection=true,,",
        ),
        (
            "set-protection,i-1,,,release-protection=true,,",
            "set-protection,,web,,release-protection=true,,",
        ),
        (
            "set-protection,i-1,,,release-protection=true,,",
            "set-protection,vm-1,,,release-protection=true,,",
        ),
        ("set-protection,i-1,,,release-protection=true,,", "set-protection,*,,,standby=false,,"),
        ("reimage,vm-1,,,,,true", "reimage,i-1,,,,,true"),
        ("reimage,vm-1,,,,,true", "reimage,*,,,,,"),
        ("group-action,vm-1,ss,,,reimage,", "group-action,i-1,web,,,restart,"),
        ("upgrade,,ss,,,,", "upgrade,,web,,,,"),
        ("enter-standby,i-1,web,,,,", "enter-standby,vm-1,ss,,,,"),
        ("security-release,i-1,,,,,", "security-release,vm-1,,,,,"),
        ("stop,vm-1,,,,,", "deallocate,i-1,,,,,"),
    ];
    for (right, wrong) in pairs {
        assert_eq!(both_agree(&[(FLEET, &table([right; 3]))], EVENTS), Some(1), "{right}");
        assert_eq!(both_agree(&[(FLEET, &table([right, right, wrong]))], EVENTS), None, "{wrong}");
    }
}

/// The scenario with one policy, whose table of events can be checked during the run, and with
/// random events of a caller whom the table need not name.
fn under_one_policy() -> String {
    let scenario = SCENARIO
        .replace(", az: { policy: azure-vmss@2026-05-19 }", "")
        .replace("    ss: { account: az, max: 30 }\n", "    ss: { account: lab, max: 30 }\n");
    scenario
        + "random:\n  restarts:\n    every: { exponential: { mean: 20d } }\n    \
           one-of: [{ weight: 1, restart: { instance: i-1, by: zed } }]\n"
}

/// A table that is checked while its run is in progress gives what a table gives that is checked
/// before it, or an error that is seen after the run. Returns which of them.
fn checked_during_run(table: &str, first: usize) -> Option<bool> {
    let fleet = FLEET.replace("vm-1,az", "vm-1,lab").replace("vm-2,az", "vm-2,lab");
    let made = |first_rows| {
        let texts = [("fleet.csv", &*fleet), ("events.csv", table)];
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let shelf = Shelf { texts, streams: EVENTS, keep: usize::MAX };
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("streams.yaml", under_one_policy());
        let options = Options { first_rows, ..Options::default() };
        let compiled = compile(file, &options, &shelf, &mut sources, &mut problems);
        let plan = compiled.map(|mut compiled| compiled.plans.swap_remove(0));
        (plan, sources.digests(), render(&problems, &sources, false))
    };
    let records = |plan: &Plan| -> Vec<String> {
        Run::start(plan.clone()).map(|record| format!("{record:?}")).collect()
    };
    let (before, digests, messages) = made(None);
    let (during, read, same) = made(Some(first));
    let Some((plan, unchecked)) =
        during.as_ref().and_then(|plan| Some((plan, plan.script.unchecked()?)))
    else {
        assert_eq!((read, same), (digests, messages), "it was checked before the run: {table}");
        return None;
    };
    let ran = records(plan);
    if unchecked.settle().is_err() {
        assert_eq!(unchecked.sha256(), None);
        return Some(false);
    }
    assert_eq!((before.is_some(), &*messages), (true, ""), "{table}");
    let before = before.unwrap();
    assert_eq!(ran, records(&before), "{table}");
    assert_eq!((&plan.targets, &plan.flags), (&before.targets, &before.flags));
    assert!(plan.header.actors.iter().eq(before.header.actors.iter()), "{table}");
    assert_eq!(plan.header.events.len(), before.header.events.len());
    let digest = ("events.csv".to_owned(), unchecked.sha256().unwrap().to_owned());
    assert!(digests.contains(&digest), "{digest:?} in {digests:?}");
    Some(true)
}

/// The numbers of tables that were checked during a run, without and with an error.
static DURING: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..few() })]

    fn random_tables_are_checked_during_the_run(
        tables in (table(true), table(false)),
        left in 1_usize..4,
    ) {
        for table in [tables.0, tables.1] {
            let first = table.lines().count().saturating_sub(1 + left).max(1);
            if let Some(is_right) = checked_during_run(&table, first) {
                DURING[usize::from(!is_right)].fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[test]
fn a_table_that_is_checked_during_a_run_gives_the_same_or_an_error_after_it() {
    random_tables_are_checked_during_the_run();
    let counts = DURING.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
    let head = "at,verb,instance,by\n+1d,stop,i-1,ann\n+2d,start,i-1,\n";
    for (rows, is_right) in [
        ("+3d,stop,i-2,ann\n", true),
        ("+3d,stop,i-2,", true),
        ("+3d,stop,i-2,bob\n", false),
        ("+3d,stop,i-99,ann\n", false),
        ("+3d,stop,i-1..3,\n", false),
        ("+3d,relase,i-1,\n", false),
        ("\n+3d,stop,i-2,ann\n", false),
        ("+1d,stop,i-2,ann\n", false),
        ("+61d,stop,i-2,ann\n", false),
        ("+3d,stop,i-2\n", false),
    ] {
        let table = format!("{head}{rows}");
        assert_eq!(checked_during_run(&table, 2), Some(is_right), "{rows}");
    }
    // With names, or as many rows as are checked first, the table is checked before the run.
    assert_eq!(checked_during_run("at,verb,instance,id\n+1d,stop,i-1,x\n", 1), None);
    assert_eq!(checked_during_run(head, 3), None);
}

/// `run -q` begins when the first rows are checked. A mistake in a later row is reported as if
/// nothing had run, and a caller that only a later row names changes nothing.
#[test]
fn a_late_row_that_stops_a_run_leaves_nothing_behind() {
    let folder = folder();
    let row = |at: usize| format!("+{at}m,cancel-scheduled-release,i-{},\n", at % 5 + 1);
    let head = "at,verb,instance,by\n".to_owned() + &(0..70_000).map(row).collect::<String>();
    write(folder.path(), "fleet.csv", FLEET.replace(",az,", ",lab,"));
    let scenario = write(folder.path(), "late.yaml", under_one_policy());
    let out = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    write(folder.path(), "events.csv", format!("{head}+69999m,stop,i-99,\n"));
    let ran = stayput(&["run", &scenario, "-q", "--out", &out("late")]);
    let checked = stayput(&["check", &scenario]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert_eq!(ran.stderr, checked.stderr);
    assert!(ran.stderr.contains("unknown instance `i-99`"), "{}", ran.stderr);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.count(), 3, "nothing was written");
    write(folder.path(), "events.csv", format!("{head}+69999m,stop,i-2,zoe\n"));
    let quiet = stayput(&["run", &scenario, "-q", "--out", &out("quiet")]);
    let printed = stayput(&["run", &scenario, "-f", "csv", "--out", &out("printed")]);
    assert_eq!((quiet.code, printed.code), (0, 0), "{}{}", quiet.stderr, printed.stderr);
    for name in ["requests.csv", "timeline.csv", "datapackage.json"] {
        let read = |of: &str| std::fs::read(folder.path().join(of).join(name)).unwrap();
        assert_eq!(read("quiet"), read("printed"), "{name}");
    }
}

/// A row of a fleet.
fn instance() -> impl Strategy<Value = String> {
    let pick = |words: &'static [&'static str]| pick(false, words, &[]);
    let owner =
        pick(&["shop,", "lab,", "shop,web", ",web", "az,", "az,ss", "no-account,", "lab,web", ","]);
    let billing = pick(&["", "", "", "", "", "spot", "spot", "subscription"]);
    let times = (
        pick(&[
            "",
            "",
            "",
            "2026-01-01T00:00:00Z",
            "2026-02-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
            "+1d",
        ]),
        pick(&["", "", "2026-02-01T00:00:00Z", "soon"]),
        pick(&["", "", "2027-01-01T00:00:00Z", "2026-05-31T00:00:00Z", "2020-01-01T00:00:00Z"]),
        pick(&["", "", "+20d", "+9999d", "+10m", "2026-06-20T00:00:00Z", "2026-06-20T00:00:30Z"]),
    );
    let protect = pick(&["", "", "release-protection", "standby", "nonsense"]);
    let tags = pick(&["", "", "env=production", "env=test;tier=1", "$env"]);
    (owner, billing, times, protect, tags, 0_u8..8).prop_map(
        |(owner, billing, (created, joined, expires, release), protect, tags, plain)| {
            if plain > 0 {
                return format!("shop,,{billing},{created},,,+{plain}d,,");
            }
            format!("{owner},{billing},{created},{joined},{expires},{release},{protect},{tags}")
        },
    )
}

static FILLED: AtomicUsize = AtomicUsize::new(0);

proptest! {
    #![proptest_config(few())]

    fn random_fleets_are_read_alike(fleets in prop::collection::vec(
        prop::collection::vec(instance(), 1..5), 6,
    )) {
        let columns = "account,group,billing,created,joined,expires,auto-release,protect,tags";
        let fleets: Vec<String> = fleets.iter().map(|rows| {
            let mut text = format!("instance,{columns}\n");
            for (number, row) in rows.iter().chain(rows.iter().rev()).enumerate() {
                text.push_str(&format!("i-{},{row}\n", number + 1));
            }
            text
        }).collect();
        let stop = "at,verb,instance\n+1d,stop,i-1\n";
        for fleet in &fleets {
            let good = both_agree(&[(fleet, stop)], "fleet").is_some();
            FILLED.fetch_add(usize::from(good), Ordering::Relaxed);
        }
    }
}

#[test]
fn fleets_read_row_by_row_equal_those_of_the_whole_table() {
    random_fleets_are_read_alike();
    let filled = FILLED.load(Ordering::Relaxed);
    assert!(filled > 2, "{filled} fleets were plainly right");
}

#[test]
fn a_table_with_a_doubtful_row_is_read_whole() {
    let head = "at,verb,instance,id";
    let taken = [
        "+1d,stop,i-1,\n+1d,start,i-1,\n",
        "\n\"+1d\",stop,\"i-1\",x\r\n\r\n+2d,start,i-1..3,y",
        "+1d,stop,i-1;i-2,web-restart\n",
    ];
    for rows in taken {
        let table = format!("{head}\n{rows}");
        assert_eq!(both_agree(&[(FLEET, &table)], EVENTS), Some(1), "{rows}");
    }
    let left = [
        ("+2d,stop,i-1,\n+1d,start,i-1,\n", "out of order"),
        ("never,stop,i-1,\n", "left out"),
        ("+1d,stop,\"i-1\ni-2\",\n", "a line in a cell"),
        ("+1d,create,i-99,\n", "it makes the fleet larger"),
        ("+1d,stop,i-1,event-7\n", "a name that a place could have"),
        ("+1d,stop,i-1,a\u{7f}b\n", "a control character"),
        ("+1d,stop,i-1,a\u{9b}b\n", "a control character beyond ASCII"),
    ];
    for (rows, why) in left {
        let whole = both_agree(&[(FLEET, &format!("{head}\n{rows}"))], EVENTS);
        assert_ne!(whole, Some(1), "{why}");
    }
    for tags in ["k=a\u{7f}b", "k=a\u{1b}b", "k=\u{202e}", "\"k=a\u{9b}b\"", "k=;l=a", "=a", "k="] {
        let fleet = format!("instance,account,tags\ni-1,shop,{tags}\n");
        let rows = both_agree(&[(&fleet, EVENTS_ONE)], "");
        assert_eq!(rows, ["k=;l=a", "k="].contains(&tags).then_some(1), "{tags:?}");
    }
}

/// A large table beside a scenario that names it.
fn large(folder: &Path) -> (String, String) {
    let mut rows = "at,verb,instance\n".to_owned();
    for minute in 0..40_000 {
        rows.push_str(&format!("+{minute}m,cancel-scheduled-release,i-{}\n", minute % 5 + 1));
    }
    write(folder, "fleet.csv", FLEET);
    let table = write(folder, "events.csv", rows);
    (write(folder, "large.yaml", SCENARIO), table)
}

#[test]
fn a_large_table_gives_the_same_reports_whichever_way_it_is_read() {
    let folder = folder();
    let (scenario, table) = large(folder.path());
    let out = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let run = |name: &str| stayput(&["run", &scenario, "--out", &out(name), "-f", "csv"]);
    let streamed = run("streamed");
    assert_eq!(streamed.code, 0, "{}", streamed.stderr);
    // A cell with a line break is left to the other reader.
    let text = std::fs::read_to_string(&table).unwrap();
    let text = text.replacen("at,verb", "x-note,at,verb", 1).replace("\n+", "\n,+");
    let text = text.replacen("\n,+0m", "\n\"one\nand two\",+0m", 1);
    std::fs::write(&table, text).unwrap();
    let whole = run("whole");
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    for name in ["requests.csv", "decisions.csv", "timeline.csv", "instances.csv"] {
        let read = |of: &str| std::fs::read(folder.path().join(of).join(name)).unwrap();
        assert_eq!(read("streamed"), read("whole"), "{name}");
    }
    let account = std::fs::read_to_string(folder.path().join("streamed/run.json")).unwrap();
    assert!(account.contains("events.csv"), "{account}");
}

#[test]
fn a_mistake_in_a_large_table_is_reported_at_its_place() {
    let folder = folder();
    let (scenario, table) = large(folder.path());
    let mut text = std::fs::read_to_string(&table).unwrap();
    text.push_str("+39999m,relase,i-1\n");
    std::fs::write(&table, text).unwrap();
    let ran = stayput(&["run", &scenario]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("events.csv:40002:9"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `release`?"), "{}", ran.stderr);
}

/// A reader that holds one piece of the table at a time reports every mistake, wherever it is, in
/// both tables at once, and once in each case of a scenario.
#[test]
fn mistakes_of_large_tables_are_reported_without_reading_them_whole() {
    let row = |rows: std::ops::Range<usize>, text: &str| {
        rows.map(|at| text.replace('#', &at.to_string())).collect::<String>()
    };
    let fleet = FLEET.to_owned()
        + &row(100..400, "i-#,shop,web,,\n")
        + "i-7,no-account,,,\ni-100,shop,,,\n"
        + &row(400..700, "i-#,lab,,,\n");
    let events = "at,verb,instance,id,account\n".to_owned()
        + &row(1..300, "+#m,stop,i-1,,\n")
        + "+300m,relase,i-1,,\n+301m,stop,i-99999,,\n+302m,create,i-7000,,shop\n"
        + "+303m,stop,i-7000,x,\n"
        + &row(304..600, "+#m,start,i-1,,\n")
        + "+600m,stop,i-1,x,\n+601m,stop,\"i-1\n i-2\",,\n+602m,stop,i-1\n"
        + "+603m,stop,i-1,event-2,\n+604m,\"st\"op,i-1,,\n";
    for pairs in [&[(&*fleet, EVENTS_ONE)][..], &[(FLEET, &*events)], &[(&*fleet, &*events); 2]] {
        assert_eq!(both_agree(pairs, ""), None);
    }
    let reported = |pair| compiled(&[pair], "", 0).err().unwrap().each.join("\n");
    let all = reported((&fleet, &events));
    for place in ["fleet-0.csv:309:", "fleet-0.csv:310:", "events-0.csv:301:", "events-0.csv:601:"]
    {
        assert!(all.contains(place), "{place} in {all}");
    }
    let all = reported((FLEET, &events));
    assert!(all.contains("`x` is defined twice") && all.contains("events-0.csv:304:"), "{all}");
    assert!(all.contains("unknown instance `i-99999`"), "{all}");
    assert!(!all.contains("`i-7000`"), "what the table creates is known: {all}");
}

const EVENTS_ONE: &str = "at,verb,instance\n+1d,stop,i-1\n";

/// A table with other contents at each reading.
struct ChangingFiles(Vec<&'static str>, Arc<AtomicUsize>, usize);

impl Files for ChangingFiles {
    fn read(&self, _: &str, _: &str) -> Result<(String, String), ReadFailure> {
        Ok(("fleet.csv".into(), FLEET.into()))
    }

    fn stream(&self, _: &str, path: &str) -> Option<Stream> {
        let (texts, turn) = (self.0.clone(), self.1.clone());
        let open = move || {
            let text = texts.get(turn.fetch_add(1, Ordering::Relaxed)).copied().map(str::as_bytes);
            let text = text.ok_or_else(|| std::io::Error::other("it is gone"))?;
            Ok(Box::new(Cursor::new(text)) as Box<dyn std::io::Read + Send>)
        };
        let keep = self.2;
        (path == "events.csv").then(|| Stream {
            path: path.into(),
            open: Arc::new(open),
            keep,
            piece: 64,
        })
    }
}

#[test]
fn a_table_that_changes_during_a_run_ends_the_run() {
    let first = "at,verb,instance\n+1d,stop,i-1\n+2d,start,i-1\n";
    let later = [
        (Some("at,verb,instance\n+1d,stop,i-1\n+2d,start,i-2\n"), "it changed"),
        (Some("at,verb,instance\n+1d,stop,i-1\n"), "it changed"),
        (Some("at,verb,instance\n+1d,stop,i-1\n+2d,start,i-1\n+2d,start,i-1\n"), "it changed"),
        (Some("at,verb,instance\n+1d,stop,i-1\n+2d,start,i-77\n"), "it changed"),
        (Some("at,verb,instance\n+1d,stop,i-1\n+0d,start,i-1\n"), "it changed"),
        (Some(""), "it changed"),
        (None, "it is gone"),
    ];
    for (later, why) in later {
        let texts: Vec<&'static str> = [Some(first), later].into_iter().flatten().collect();
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("streams.yaml", SCENARIO);
        let changing = ChangingFiles(texts, Arc::default(), 1);
        let compiled = compile(file, &Options::default(), &changing, &mut sources, &mut problems);
        let plan = compiled.expect("it was right at first").plans.swap_remove(0);
        let mut run = Run::start(plan);
        let records: Vec<Record> = run.by_ref().collect();
        let unread = run.world().unread().expect("it is noticed");
        assert!(unread.why.starts_with(why), "{unread:?}");
        assert_eq!(&*unread.path, "events.csv");
        assert!(records.len() < 10 && run.stop().is_some());
    }
}

#[test]
fn a_table_that_is_kept_is_read_once() {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("streams.yaml", SCENARIO);
    let changing =
        ChangingFiles(vec!["at,verb,instance\n+1d,stop,i-1\n+2d,start,i-1\n"], Arc::default(), 2);
    let compiled = compile(file, &Options::default(), &changing, &mut sources, &mut problems);
    let plan = compiled.expect("it is right").plans.swap_remove(0);
    assert!(is_streamed(&plan));
    for _ in 0..2 {
        let mut run = Run::start(plan.clone());
        let is_ordered = |record: &Record| {
            let Record::Request(request) = record else { return false };
            matches!(request.cause, Cause::Event(_))
        };
        assert_eq!(run.by_ref().filter(is_ordered).count(), 2);
        assert_eq!(run.world().unread(), None);
    }
    assert_eq!(changing.1.load(Ordering::Relaxed), 1);
}
