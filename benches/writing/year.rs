//! The benchmarked work: a fleet with a year of events, as a scenario with two tables.
//!
//! Accounts have a thousand instances, and every other instance is protected. 40 % of the events
//! set a scheduled release, 20 % cancel one, 20 % are release calls, 10 % switch the protection,
//! and in 10 % an account falls into arrears or settles.

use rand::RngExt;
use stayput::diagnostics::{Files, Problems, ReadFailure, Sources};
use stayput::kernel::{Limits, Streams};
use stayput::plan::{Options, Plan, compile};
use stayput::time::{SimSpan, SimTime};

const DAY: i64 = 86_400;
const START: &str = "2026-06-01T00:00:00Z";

/// Limits that no measurement reaches.
pub fn limits() -> Limits {
    Limits { events: u64::MAX, events_at_once: u64::MAX }
}

/// The tables beside the scenario.
struct Beside {
    fleet: String,
    events: String,
}

impl Files for Beside {
    fn read(&self, _: &str, path: &str) -> Result<(String, String), ReadFailure> {
        let text = if path == "fleet.csv" { &self.fleet } else { &self.events };
        Ok((path.to_owned(), text.clone()))
    }
}

/// The plan of a year.
pub fn plan(instances: u32, events: u32) -> Plan {
    let accounts = instances.div_ceil(1_000);
    let mut text = format!(
        "stayput: scenario/1\nname: year\npolicy: alibaba-ecs@2026-05-15\nstart: {START}\nfor: 365d\n\
         fleet:\n  instances: {{ file: fleet.csv }}\n  accounts:\n"
    );
    (0..accounts).for_each(|at| text.push_str(&format!("    account-{at}: {{}}\n")));
    text.push_str("events: { file: events.csv }\n");
    let mut fleet = "instance,account,protect\n".to_owned();
    for at in 0..instances {
        let protect = if at % 2 == 0 { "release-protection" } else { "" };
        fleet.push_str(&format!("web-{at},account-{},{protect}\n", at / 1_000));
    }
    let beside = Beside { fleet, events: orders(instances, events) };
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("year.yaml", text);
    let compiled = compile(file, &Options::default(), &beside, &mut sources, &mut problems);
    compiled.and_then(|compiled| compiled.plans.into_iter().next()).expect("a sound scenario")
}

fn orders(instances: u32, events: u32) -> String {
    let mut stream = Streams::new(7, 0).named("writing");
    let start = SimTime::parse(START).expect("a time");
    let mut times: Vec<i64> = (0..events).map(|_| stream.random_range(1..364 * DAY)).collect();
    times.sort_unstable();
    let mut text = "at,verb,instance,account,time,flags,force\n".to_owned();
    for at in times {
        let (instance, yes) = (stream.random_range(0..instances), stream.random::<bool>());
        let account = instance / 1_000;
        let due = SimSpan::from_seconds(at + stream.random_range(3_600..150 * DAY));
        let due = start.after(due).floor_to(SimSpan::from_seconds(60));
        text.push_str(&match stream.random_range(0..10) {
            0..4 => format!("+{at}s,schedule-release,web-{instance},,{due},,\n"),
            4..6 => format!("+{at}s,cancel-scheduled-release,web-{instance},,,,\n"),
            6..8 => format!("+{at}s,release,web-{instance},,,,true\n"),
            8 => format!("+{at}s,set-protection,web-{instance},,,release-protection={yes},\n"),
            _ => {
                let verb = if yes { "overdue" } else { "settle" };
                format!("+{at}s,{verb},,account-{account},,,\n")
            }
        });
    }
    text
}
