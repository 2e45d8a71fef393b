//! The origin of decisions: for each timer the event that started it and its caller, and the
//! instant from which a remedy helps.

use stayput::plan::Plan;
use stayput::record::{Origin, Record, Subject};
use stayput::run_header::RunHeader;
use stayput::world::Run;

const ALIBABA: &str = "alibaba-ecs@2026-05-15";
const CHINA: &str = "alibaba-ecs-cn@2026-05-15";
const AZURE: &str = "azure-vmss@2026-05-19";

fn plan(policy: &str, rest: &str) -> Plan {
    let text = format!(
        "stayput: scenario/1\nname: story\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\nfor: 60d\n{rest}"
    );
    crate::support::plan(&text)
}

fn run(policy: &str, rest: &str) -> (Vec<Record>, Run) {
    let mut run = Run::start(plan(policy, rest));
    let records: Vec<Record> = run.by_ref().collect();
    assert_eq!(run.world().halt(), None, "undecided\n{rest}");
    (records, run)
}

fn origin(origin: Origin, header: &RunHeader) -> String {
    let event = origin.event().map_or("-".into(), |event| header.event(event));
    let actor = origin.actor().map_or("-", |actor| header.actor(actor));
    let seq = origin.seq().map_or("-".to_owned(), |seq| seq.to_string());
    format!("{event} by {actor} after {seq}")
}

/// A line for each decision: its cause, its instance, its outcome, and its origin.
fn decisions(policy: &str, rest: &str) -> Vec<String> {
    let (records, run) = run(policy, rest);
    let header = run.world().header();
    let decisions = records.iter().filter_map(|record| match record {
        Record::Decision(d) => Some(format!(
            "{} {} {}: {}",
            header.cause(d.cause),
            header.instance(d.instance),
            d.outcome,
            origin(d.origin, header),
        )),
        Record::Request(_)
        | Record::Change(_)
        | Record::Loss(_)
        | Record::Finding(_)
        | Record::Alert(_) => None,
    });
    decisions.collect()
}

/// A line for each decision that releases, with the first and the last instant of its remedy.
fn windows(policy: &str, rest: &str) -> Vec<String> {
    let (records, run) = run(policy, rest);
    let header = run.world().header();
    let windows = records.iter().filter_map(|record| match record {
        Record::Decision(d) if d.remedy.is_some() => {
            let remedy = d.remedy?;
            let time = |at: Option<stayput::time::SimTime>| {
                at.map_or("-".to_owned(), |at| format!("+{}", header.elapsed(at)))
            };
            let words = remedy.text(&header.rulebook(d.policy).policy);
            let name = header.instance(d.instance);
            Some(format!("{name} {words}: {} to {}", time(d.remedy_from), time(remedy.until)))
        }
        Record::Request(_)
        | Record::Decision(_)
        | Record::Change(_)
        | Record::Loss(_)
        | Record::Finding(_)
        | Record::Alert(_) => None,
    });
    windows.collect()
}

#[test]
fn each_step_of_a_clock_has_the_unpaid_bill_as_its_origin() {
    let story = "\
fleet: { instances: { db-1: { protect: [release-protection] } } }
events:
  - { at: +1d, id: card-declined, overdue: { account: default } }
";
    assert_eq!(
        decisions(CHINA, story),
        ["timer:payment-overdue db-1 overridden: card-declined by - after 0"]
    );
    assert_eq!(windows(CHINA, story), ["db-1 settle the bill: +1d to +16d"]);
}

#[test]
fn a_scheduled_release_has_the_caller_who_set_it_as_its_origin() {
    let story = "\
fleet:
  instances: { a: {}, b: { auto-release: +2d }, c: {} }
events:
  - { at: +1h, id: plan, schedule-release: { instance: [a, c], time: +3d, by: alice, via: api } }
  - { at: +2h, id: again, schedule-release: { instance: c, time: +4d, by: bob, via: api } }
  - { at: +5d, id: by-hand, release: { instance: [a, b], by: eve, via: api } }
";
    let lines = decisions(ALIBABA, story);
    assert_eq!(
        lines,
        [
            "timer:scheduled-release b unprotected: - by - after -",
            "timer:scheduled-release a unprotected: plan by alice after 0",
            "timer:scheduled-release c unprotected: again by bob after 1",
            "by-hand a no-op: by-hand by eve after -",
            "by-hand b no-op: by-hand by eve after -",
        ]
    );
    assert_eq!(
        windows(ALIBABA, story),
        [
            "b cancel the schedule: +0s to +2d",
            "a cancel the schedule: +1h to +3d",
            "c cancel the schedule: +2h to +4d",
        ]
    );
}

#[test]
fn a_loss_has_the_removal_of_its_protection_as_its_origin() {
    // Autoscale has no origin in the run, but a call removed the protection.
    let story = "\
fleet:
  groups:
    web:
      autoscale:
        min: 0
        max: 8
        rules: [{ metric: cpu, above: 60, add: 1 }, { metric: cpu, at-most: 50, remove: 1 }]
  instances:
    web-1..2: { group: web, protect: [protect-from-scale-in] }
metrics: { cpu: [ { at: +0s, value: 10 }, { at: +2h, value: 55 } ] }
events:
  - at: +1h
    id: off
    set-protection:
      instance: web-1
      flags: { protect-from-scale-in: false }
      by: mallory
      via: api
      api-version: 2019-03-01
";
    let lines = decisions(AZURE, story);
    assert_eq!(lines[0], "timer:autoscale web-2 held: - by - after -");
    assert_eq!(
        lines.last().map(String::as_str),
        Some("timer:autoscale web-1 unprotected: off by mallory after 12")
    );
}

#[test]
fn a_health_check_has_the_stop_of_the_member_as_its_origin() {
    let story = "\
fleet:
  groups: { web: { min: 0, max: 5, health-check: instance } }
  instances: { web-1: { group: web } }
events:
  - { at: +1h, id: oops, stop: { instance: web-1, by: carol, via: api } }
";
    let lines = decisions(ALIBABA, story);
    assert_eq!(lines, ["timer:health-check web-1 unprotected: oops by carol after 0"]);
}

#[test]
fn a_hook_has_the_delayed_request_as_its_origin() {
    let story = "\
fleet:
  groups: { web: { min: 0, max: 5, terminate-hook: { timeout: 1h, result: continue } } }
  instances: { web-1: { group: web }, web-2: { group: web } }
events:
  - { at: +1h, id: shrink, scale-in: { group: web, remove: 2, by: dora, via: api } }
  - { at: +90m, id: done, complete-hook: { instance: web-1, by: dan, via: api } }
";
    let lines = decisions(ALIBABA, story);
    assert_eq!(
        lines,
        [
            "shrink web-1 deferred: shrink by dora after -",
            "shrink web-2 deferred: shrink by dora after -",
            "done web-1 unprotected: shrink by dora after 0",
            "timer:hook web-2 unprotected: shrink by dora after 0",
        ]
    );
}

#[test]
fn a_shortfall_names_what_limits_it() {
    let limits = |rest: &str| -> Vec<String> {
        let (records, _) = run(ALIBABA, rest);
        let requests = records.iter().filter_map(|record| match record {
            Record::Request(r) => Some(format!(
                "{} of {}: {}",
                r.got,
                r.wanted,
                r.limited_by.map_or("-".to_owned(), |limit| limit.to_string())
            )),
            Record::Decision(_)
            | Record::Change(_)
            | Record::Loss(_)
            | Record::Finding(_)
            | Record::Alert(_) => None,
        });
        requests.collect()
    };
    let story = "\
fleet:
  groups: { web: { min: 1, max: 4 }, held: { min: 0, max: 4 } }
  instances:
    web-1..3: { group: web }
    held-1: { group: held }
    held-2: { group: held, protect: [scale-in-protection] }
events:
  - { at: +1h, scale-in: { group: web, remove: 5, by: a, via: api } }
  - { at: +2h, scale-out: { group: web, add: 9, by: a, via: api } }
  - { at: +3h, scale-in: { group: held, remove: 2, by: a, via: api } }
  - { at: +4h, set-capacity: { group: web, to: 9, by: a, via: api } }
";
    let expected = ["2 of 5: bound", "3 of 9: bound", "1 of 2: protection", "0 of 5: bound"];
    assert_eq!(limits(story), expected);
}

fn starts(policy: &str, rest: &str) -> Vec<String> {
    let plan = plan(policy, rest);
    let header = &plan.header;
    let values = plan.starting_values().map(|s| {
        format!(
            "{} {} in {}, tags {}",
            header.instance(s.instance),
            s.state,
            s.group.map_or("-", |group| header.group(group)),
            header.tags.of(s.instance).unwrap_or("-"),
        )
    });
    let changes = plan.starting_changes().map(|c| {
        let subject = match c.subject {
            Subject::Instance(id) => header.instance(id),
            Subject::Group(id) => header.group(id),
            Subject::Account(id) => header.account(id),
        };
        let what = format!("{:?}", c.what);
        let what = what.split('(').next().unwrap_or_default();
        format!("{subject} {what}")
    });
    values.chain(changes).collect()
}

#[test]
fn the_fleet_at_the_start_is_read_before_the_first_step() {
    let story = "\
fleet:
  accounts: { default: { arrears-since: 2026-05-31T00:00:00Z } }
  groups: { web: { min: 0, max: 5 } }
  instances:
    a: { group: web, tags: { env: production, team: shop } }
    b: { state: stopped, auto-release: +2d, protect: [release-protection] }
events:
  - { at: +1h, create: { instance: c, like: { group: web } } }
";
    assert_eq!(
        starts(ALIBABA, story),
        [
            "a running in web, tags env=production;team=shop",
            "b stopped in -, tags -",
            "c absent in web, tags -",
            "default Arrears",
            "b State",
            "b Schedule",
            "b Protections",
        ]
    );
}
