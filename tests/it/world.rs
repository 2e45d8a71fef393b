//! The rules of the world. Each test compares lines: one for each change of a state or a term, and
//! one for each request that was not carried out completely.

use std::ops::RangeInclusive;

use stayput::record::{Record, Refusal, Subject, What};
use stayput::words::{InstanceId, RequestResult};
use stayput::world::{Branch, Run};

use crate::support::plan;

const ALIBABA: &str = "alibaba-ecs@2026-05-15";
const CHINA: &str = "alibaba-ecs-cn@2026-05-15";
const INTERNATIONAL: &str = "alibaba-ecs-intl@2026-05-15";
const AZURE: &str = "azure-vmss@2026-05-19";

/// The result of a scenario that starts on the first of June, Beijing time.
fn run_lines(policy: &str, length: &str, rest: &str) -> Vec<String> {
    run_lines_from("2026-06-01T00:00:00+08:00", policy, length, rest)
}

fn run_lines_from(start: &str, policy: &str, length: &str, rest: &str) -> Vec<String> {
    let text = format!(
        "stayput: scenario/1\nname: story\npolicy: {policy}\nstart: {start}\nfor: {length}\n{rest}"
    );
    let mut run = Run::start(plan(&text));
    let records: Vec<Record> = run.by_ref().collect();
    assert_eq!(run.world().halt(), None, "undecided\n{text}");
    let header = run.world().header();
    let mut lines = Vec::new();
    for record in &records {
        let at = header.elapsed(record.at());
        match record {
            Record::Request(request) if request.result != RequestResult::Accepted => {
                let why = match request.refusal {
                    Some(Refusal::Rule(policy, rule)) => {
                        header.rulebook(policy).policy.rule(rule).id.clone()
                    }
                    Some(Refusal::Obstacle(obstacle)) => obstacle.to_string(),
                    None => "-".to_owned(),
                };
                let what = header.cause(request.cause);
                lines.push(format!("+{at} {what}: {} {why}", request.result));
            }
            Record::Change(change) => match (change.subject, change.what) {
                (Subject::Instance(id), What::State(_, to)) => {
                    lines.push(format!("+{at} {} {to}", header.instance(id)));
                }
                (Subject::Instance(id), What::Term(_, to)) => {
                    lines.push(format!("+{at} {} until {to}", header.instance(id)));
                }
                _ => {}
            },
            Record::Request(_)
            | Record::Decision(_)
            | Record::Loss(_)
            | Record::Finding(_)
            | Record::Alert(_) => {}
        }
    }
    lines
}

/// A line for each number of a range.
fn lines(numbers: RangeInclusive<u32>, line: impl Fn(u32) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().concat()
}

/// An account's clocks.
mod arrears {
    use super::*;

    const ONE: &str = "fleet: { instances: { a: {} } }\n";

    #[test]
    fn each_step_counts_from_its_own_start_and_the_grace_period_is_added() {
        let owes = "events: [{ at: +1d, overdue: { account: default } }]\n";
        let plain = run_lines(CHINA, "30d", &format!("{ONE}{owes}"));
        assert_eq!(plain, ["+1d a stopped", "+3d a reclaimed", "+16d a released"]);
        let graced = "fleet: { accounts: { shop: { grace: 5d } }, instances: { a: {} } }\n";
        let owes = "events: [{ at: +1d, overdue: { account: shop } }]\n";
        let story = run_lines(CHINA, "30d", &format!("{graced}{owes}"));
        assert_eq!(story, ["+6d a stopped", "+8d a reclaimed", "+16d a released"]);
    }

    #[test]
    fn an_account_that_is_already_overdue_starts_no_second_clock() {
        let events = "events:
  - { at: +1d, overdue: { account: default } }
  - { at: +5d, overdue: { account: default } }
";
        let story = run_lines(CHINA, "30d", &format!("{ONE}{events}"));
        assert_eq!(story, ["+1d a stopped", "+3d a reclaimed", "+16d a released"]);
    }

    #[test]
    fn settling_ends_a_clock_and_the_next_arrears_begin_a_new_one() {
        let events = "events:
  - { at: +1d, overdue: { account: default } }
  - { at: +1d12h, settle: { account: default } }
  - { at: +10d, overdue: { account: default } }
";
        let story = run_lines(CHINA, "30d", &format!("{ONE}{events}"));
        let reported = ["+1d a stopped", "+1d12h a running", "+10d a stopped", "+12d a reclaimed"];
        assert_eq!(story[..4], reported);
        assert_eq!(story[4..], ["+25d a released"]);
    }

    #[test]
    fn settling_before_the_first_step_touches_nothing() {
        let events = "events:
  - { at: +1d, overdue: { account: default } }
  - { at: +15d, settle: { account: default } }
";
        assert!(run_lines(INTERNATIONAL, "60d", &format!("{ONE}{events}")).is_empty());
    }

    /// A settlement changes neither instances that their owner stopped nor running ones.
    #[test]
    fn settling_restarts_only_what_the_arrears_had_stopped() {
        let fleet = "fleet: { instances: { a: {}, b: { state: stopped } } }\n";
        let events = "events:
  - { at: +1d, overdue: { account: default } }
  - { at: +2d, settle: { account: default } }
";
        let story = run_lines(CHINA, "30d", &format!("{fleet}{events}"));
        assert_eq!(story, ["+1d a stopped", "+2d a running"]);
    }

    /// A step of a clock concerns only the instances that meet its conditions.
    #[test]
    fn arrears_leave_subscriptions_running() {
        let fleet = "fleet:
  instances:
    a: {}
    s: { billing: subscription, expires: 2027-01-01T00:00:00Z }
";
        let owes = "events: [{ at: +1d, overdue: { account: default } }]\n";
        let story = run_lines(CHINA, "30d", &format!("{fleet}{owes}"));
        assert_eq!(story, ["+1d a stopped", "+3d a reclaimed", "+16d a released"]);
    }

    #[test]
    fn a_cancelled_subscription_is_not_cancelled_again() {
        let events = "events:
  - { at: +1d, cancel: { account: default } }
  - { at: +20d, cancel: { account: default } }
";
        let story = run_lines(AZURE, "200d", &format!("{ONE}{events}"));
        assert_eq!(story, ["+1d a deallocated", "+31d a released"]);
    }
}

/// Terms of subscriptions: their ends, and renewals.
mod terms {
    use super::*;

    fn subscription(expires: &str, more: &str) -> String {
        format!(
            "fleet: {{ instances: {{ a: {{ billing: subscription, expires: \"{expires}\"{more} }} }} }}\n"
        )
    }

    /// Midnight of the sixteenth day in the time zone of the provider, and not in UTC.
    #[test]
    fn days_end_where_the_provider_counts_them() {
        for (expires, released) in [
            // 10:00 in Beijing, 02:00 in UTC.
            ("2026-06-03T10:00:00+08:00", "+18d a released"),
            // 05:00 in Beijing is on the day before in UTC.
            ("2026-06-03T05:00:00+08:00", "+18d a released"),
            // The last second of a day, and the first.
            ("2026-06-02T23:59:59+08:00", "+17d a released"),
            ("2026-06-03T00:00:00+08:00", "+18d a released"),
        ] {
            let story = run_lines(CHINA, "40d", &subscription(expires, ""));
            assert_eq!(story.last().map(String::as_str), Some(released), "{expires}");
            assert_eq!(story.len(), 3, "{story:?}");
        }
    }

    #[test]
    fn a_term_that_ends_at_the_last_second_has_ended_then() {
        let fleet = subscription("2026-06-02T00:00:00+08:00", "");
        let events = "events:
  - { at: +23h59m59s, id: early, release: { instance: a, by: b, via: console, force: true } }
  - { at: +1d,        id: late,  release: { instance: a, by: b, via: console, force: true } }
  - { at: +1d1s,      id: ended, release: { instance: a, by: b, via: console, force: true } }
";
        let story = run_lines(CHINA, "3d", &format!("{fleet}{events}"));
        // At one instant the events of users come before timers.
        let reported = ["+23h59m59s early: refused PC1", "+1d late: refused PC1", "+1d a stopped"];
        assert_eq!(story[..3], reported);
        assert_eq!(story[3..], ["+1d1s a released"]);
    }

    /// The end of a month is the last day that it has, and a renewed term ends at the midnight
    /// after it, where the provider is.
    #[test]
    fn months_end_on_the_calendar_of_the_provider() {
        let renews = ", renewal: automatic";
        // Half past midnight in Beijing is on the day before in UTC.
        let fleet = subscription("2026-01-31T00:30:00+08:00", renews);
        let reported = run_lines_from("2026-01-01T00:00:00+08:00", CHINA, "100d", &fleet);
        assert_eq!(
            reported,
            [
                "+30d30m a until 2026-02-28T16:00:00Z",
                "+59d a until 2026-03-31T16:00:00Z",
                "+90d a until 2026-04-30T16:00:00Z",
            ]
        );
        let fleet = subscription("2028-01-31T12:00:00+08:00", renews);
        let reported = run_lines_from("2028-01-01T00:00:00+08:00", CHINA, "40d", &fleet);
        assert_eq!(reported, ["+30d12h a until 2028-02-29T16:00:00Z"]);
        let fleet = subscription("2026-06-30T23:30:00+08:00", renews);
        let reported = run_lines(CHINA, "31d", &fleet);
        assert_eq!(reported, ["+29d23h30m a until 2026-07-30T16:00:00Z"]);
    }

    #[test]
    fn a_term_is_renewed_by_the_agreed_period() {
        for (agreed, until) in [
            ("", "2026-07-11T16:00:00Z"),
            (", renews-for: 3mo", "2026-09-11T16:00:00Z"),
            (", renews-for: 1y", "2027-06-11T16:00:00Z"),
        ] {
            let renews = format!(", renewal: automatic{agreed}");
            let fleet = subscription("2026-06-11T12:00:00+08:00", &renews);
            let reported = run_lines(CHINA, "20d", &fleet);
            assert_eq!(reported, [format!("+10d12h a until {until}")], "{agreed}");
        }
    }

    /// An early renewal extends the current term. A late one counts from the old end on the China
    /// site, and from the renewal on the international site.
    #[test]
    fn a_renewal_counts_from_the_end_or_from_itself() {
        let fleet = subscription("2026-06-11T12:00:00+08:00", "");
        let renew = |at: &str| {
            format!(
                "events: [{{ at: {at}, renew: {{ instance: a, for: 1mo, by: b, via: console }} }}]\n"
            )
        };
        for policy in [CHINA, INTERNATIONAL] {
            let reported = run_lines(policy, "20d", &format!("{fleet}{}", renew("+5d")));
            assert_eq!(reported, ["+5d a until 2026-07-11T16:00:00Z"], "{policy}");
        }
        let reported = run_lines(CHINA, "30d", &format!("{fleet}{}", renew("+20d")));
        let until = ["+10d12h a stopped", "+20d a until 2026-07-11T16:00:00Z", "+20d a running"];
        assert_eq!(reported, until);
    }

    /// After a renewal the clock of the term starts again with its first step.
    #[test]
    fn a_renewed_term_ends_as_the_first_one_did() {
        let fleet = subscription("2026-06-11T12:00:00+08:00", "");
        let events =
            "events: [{ at: +15d, renew: { instance: a, for: 1mo, by: b, via: console } }]\n";
        let reported = run_lines(CHINA, "70d", &format!("{fleet}{events}"));
        assert_eq!(
            reported,
            [
                "+10d12h a stopped",
                "+15d a until 2026-07-11T16:00:00Z",
                "+15d a running",
                "+41d a stopped",
                "+56d a reclaimed",
                "+57d a released",
            ]
        );
    }

    /// A renewal does not start an instance that its owner stopped.
    #[test]
    fn a_renewal_starts_only_what_the_end_of_the_term_had_stopped() {
        let fleet = subscription("2026-06-11T12:00:00+08:00", ", state: stopped");
        let events =
            "events: [{ at: +5d, renew: { instance: a, for: 1mo, by: b, via: console } }]\n";
        let reported = run_lines(CHINA, "20d", &format!("{fleet}{events}"));
        assert_eq!(reported, ["+5d a until 2026-07-11T16:00:00Z"]);
    }
}

/// Hooks: which members they delay, and for how long.
mod hooks {
    use super::*;

    fn group(policy: &str, hook: &str, members: u32, events: &str) -> Vec<String> {
        let fleet = format!(
            "fleet:
  groups: {{ g: {{ health-check: none, cooldown: 0s, removal: [{}], terminate-hook: {hook} }} }}
  defaults: {{ group: g }}
  instances:
{}",
            if policy == AZURE { "oldest-vm" } else { "oldest-instance" },
            lines(1..=members, |n| format!("    m{n}: {{ created: 2026-05-0{n}T00:00:00Z }}\n"))
        );
        run_lines(policy, "2d", &format!("{fleet}events:\n{events}"))
    }

    #[test]
    fn a_hook_times_out_exactly_at_its_end() {
        let events = "  - { at: +1h, scale-in: { group: g, remove: 1 } }\n";
        let reported = group(ALIBABA, "{ timeout: 10m }", 1, events);
        assert_eq!(reported, ["+1h m1 removing", "+1h10m m1 released"]);
    }

    #[test]
    fn members_continue_when_completed_and_a_hook_is_completed_once() {
        let events = "  - { at: +1h, scale-in: { group: g, remove: 1 } }
  - { at: +1h3m, id: done, complete-hook: { instance: m1 } }
  - { at: +1h4m, id: twice, complete-hook: { instance: m1 } }
";
        let reported = group(ALIBABA, "{ timeout: 10m }", 1, events);
        assert_eq!(
            reported,
            ["+1h m1 removing", "+1h3m m1 released", "+1h4m twice: refused no-hook"]
        );
    }

    /// `abandon` continues too; only a roll-back keeps the member, in its former state.
    #[test]
    fn only_a_roll_back_keeps_a_member_that_is_being_removed() {
        for (result, end) in
            [("continue", "released"), ("abandon", "released"), ("roll-back", "running")]
        {
            let events = "  - { at: +1h, scale-in: { group: g, remove: 1 } }\n";
            let hook = format!("{{ timeout: 10m, result: {result} }}");
            let reported = group(ALIBABA, &hook, 1, events);
            assert_eq!(reported[..1], ["+1h m1 removing"]);
            assert_eq!(reported.last().unwrap(), &format!("+1h10m m1 {end}"), "{result}");
            let events = format!(
                "{events}  - {{ at: +1h2m, complete-hook: {{ instance: m1, result: {result} }} }}\n"
            );
            let reported = group(ALIBABA, "{ timeout: 10m }", 1, &events);
            assert_eq!(reported.last().unwrap(), &format!("+1h2m m1 {end}"), "{result}");
        }
    }

    #[test]
    fn a_roll_back_gives_a_member_the_state_that_it_had() {
        let events = "  - { at: +30m, stop: { instance: m1, by: b, via: console } }
  - { at: +1h, scale-in: { group: g, remove: 1 } }
  - { at: +1h2m, complete-hook: { instance: m1, result: roll-back } }
";
        let reported = group(ALIBABA, "{ timeout: 10m }", 1, events);
        let kept = "+1h2m event-3: refused -";
        assert_eq!(reported, ["+30m m1 stopped", "+1h m1 removing", kept, "+1h2m m1 stopped"]);
    }

    /// Each heartbeat restarts the timeout, at most twenty times and up to six hours in all.
    #[test]
    fn a_hook_is_prolonged_up_to_its_largest_count_and_span() {
        let beats = |gap: u32, count: u32| -> String {
            lines(1..=count, |n| {
                format!(
                    "  - {{ at: +{}m, id: beat-{n}, heartbeat: {{ instance: m1 }} }}\n",
                    60 + n * gap
                )
            })
        };
        let down = "  - { at: +1h, scale-in: { group: g, remove: 1 } }\n";
        let reported = group(ALIBABA, "{ timeout: 10m }", 1, &format!("{down}{}", beats(5, 1)));
        assert_eq!(reported, ["+1h m1 removing", "+1h15m m1 released"]);
        // The twentieth is accepted; the next one is refused and changes nothing.
        let reported = group(ALIBABA, "{ timeout: 10m }", 1, &format!("{down}{}", beats(5, 21)));
        assert_eq!(
            reported,
            ["+1h m1 removing", "+2h45m beat-21: refused no-more-time", "+2h50m m1 released"]
        );
        // The limit is six hours from the start, whatever the timeout and the number of heartbeats.
        let reported = group(ALIBABA, "{ timeout: 1h }", 1, &format!("{down}{}", beats(30, 13)));
        assert_eq!(
            reported,
            ["+1h m1 removing", "+7h m1 released", "+7h30m beat-13: refused no-hook"]
        );
        let reported = group(AZURE, "{ timeout: 10m }", 1, &format!("{down}{}", beats(5, 1)));
        let refused =
            ["+1h m1 removing", "+1h5m beat-1: refused no-more-time", "+1h10m m1 released"];
        assert_eq!(reported, refused);
    }

    #[test]
    fn a_second_request_does_not_extend_the_hook() {
        let events = "  - { at: +1h, scale-in: { group: g, remove: 1 } }
  - { at: +1h5m, release: { instance: m1, by: b, via: api, force: true } }
";
        let reported = group(AZURE, "{ timeout: 10m }", 1, events);
        assert_eq!(reported, ["+1h m1 removing", "+1h10m m1 released"]);
    }

    /// Members of a scale set continue together, those of a scaling group one by one.
    #[test]
    fn completed_members_wait_for_the_others_where_the_policy_says_so() {
        let events = "  - { at: +1h, scale-in: { group: g, remove: 2 } }
  - { at: +1h2m, complete-hook: { instance: m1 } }
  - { at: +1h6m, complete-hook: { instance: m2 } }
";
        let reported = group(AZURE, "{ timeout: 10m }", 2, events);
        let both = ["+1h m1 removing", "+1h m2 removing", "+1h6m m2 released", "+1h6m m1 released"];
        assert_eq!(reported, both);
        let reported = group(ALIBABA, "{ timeout: 10m }", 2, events);
        let each = ["+1h m1 removing", "+1h m2 removing", "+1h2m m1 released", "+1h6m m2 released"];
        assert_eq!(reported, each);
    }

    /// Members whose hooks are completed leave as soon as no other member delays them.
    #[test]
    fn the_last_timeout_frees_the_members_that_waited() {
        let events = "  - { at: +1h, scale-in: { group: g, remove: 1 } }
  - { at: +1h5m, scale-in: { group: g, remove: 1 } }
  - { at: +1h6m, complete-hook: { instance: m2 } }
";
        let reported = group(AZURE, "{ timeout: 10m }", 2, events);
        let free =
            ["+1h m1 removing", "+1h5m m2 removing", "+1h10m m1 released", "+1h10m m2 released"];
        assert_eq!(reported, free);
        // The hook of the other member is not completed: the first member waits until it times out.
        let events = "  - { at: +1h, scale-in: { group: g, remove: 1 } }
  - { at: +1h5m, scale-in: { group: g, remove: 2 } }
  - { at: +1h6m, complete-hook: { instance: m2 } }
";
        let reported = group(AZURE, "{ timeout: 10m }", 3, events);
        assert_eq!(reported[3], "+1h10m m1 released");
        assert_eq!(reported[4..], ["+1h15m m2 released", "+1h15m m3 released"]);
    }

    #[test]
    fn a_new_member_waits_and_is_abandoned_unless_its_hook_continues() {
        for (result, end) in
            [("continue", "running"), ("abandon", "released"), ("roll-back", "released")]
        {
            let fleet = format!(
                "fleet: {{ groups: {{ g: {{ new-names: n1, launch-hook: {{ timeout: 10m, result: {result} }} }} }} }}\n"
            );
            let up = "events:\n  - { at: +1h, scale-out: { group: g, add: 1 } }\n";
            let reported = run_lines(ALIBABA, "1d", &format!("{fleet}{up}"));
            assert_eq!(reported, ["+1h n1 pending".to_owned(), format!("+1h10m n1 {end}")]);
            let done = format!(
                "  - {{ at: +1h4m, complete-hook: {{ instance: n1, result: {result} }} }}\n"
            );
            let fleet =
                "fleet: { groups: { g: { new-names: n1, launch-hook: { timeout: 10m } } } }\n";
            let reported = run_lines(ALIBABA, "1d", &format!("{fleet}{up}{done}"));
            assert_eq!(reported, ["+1h n1 pending".to_owned(), format!("+1h4m n1 {end}")]);
        }
    }
}

/// Which of several equal members is removed, and in which zone the next one is created.
mod zones {
    use super::*;

    fn goes(policy: &str, group: &str, members: &str, count: u32) -> Vec<String> {
        let fleet = format!(
            "fleet:\n  groups: {{ g: {group} }}\n  defaults: {{ group: g }}\n  instances: {members}\n"
        );
        let events = lines(1..=count, |hour| {
            format!("  - {{ at: +{hour}h, scale-in: {{ group: g, remove: 1 }} }}\n")
        });
        let reported = run_lines(policy, "2d", &format!("{fleet}events:\n{events}"));
        reported.iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
    }

    #[test]
    fn of_equal_members_the_first_by_name_is_removed() {
        let members = "{ b: {}, a: {}, c: {} }";
        assert_eq!(goes(ALIBABA, "{ health-check: none }", members, 3), ["a", "b", "c"]);
    }

    /// Zones of equal size compete by the order of the group, and only then by name.
    #[test]
    fn equal_zones_are_taken_in_the_order_of_the_group() {
        let group = "{ health-check: none, zone-policy: balance, zones: [z1, z2], removal: [oldest-instance] }";
        let members = "{ a: { zone: z1, joined: 2026-05-03T00:00:00Z }, b: { zone: z1, joined: 2026-05-04T00:00:00Z }, \
             c: { zone: z2, joined: 2026-05-01T00:00:00Z }, d: { zone: z2, joined: 2026-05-02T00:00:00Z } }";
        assert_eq!(goes(ALIBABA, group, members, 4), ["c", "a", "d", "b"]);
        let members = "{ b: { zone: z1 }, d: { zone: z1 }, a: { zone: z2 }, c: { zone: z2 } }";
        assert_eq!(goes(ALIBABA, group, members, 4), ["a", "b", "c", "d"]);
    }

    #[test]
    fn zones_are_counted_again_after_each_removal() {
        let group = "{ health-check: none, zone-policy: balance, zones: [z1, z2], removal: [newest-instance] }";
        let members = "{ a1: { zone: z1, joined: 2026-05-01T00:00:00Z }, a2: { zone: z1, joined: 2026-05-02T00:00:00Z }, \
             a3: { zone: z1, joined: 2026-05-03T00:00:00Z }, b1: { zone: z2, joined: 2026-05-09T00:00:00Z } }";
        assert_eq!(goes(ALIBABA, group, members, 3), ["a3", "a2", "b1"]);
    }

    #[test]
    fn a_new_member_is_placed_in_the_emptiest_zone_or_else_the_first() {
        let fleet = "fleet:
  groups: { g: { zones: [z1, z2, z3], new-names: n1..4 } }
  instances: { a: { group: g, zone: z1 } }
events:
  - { at: +1h, scale-out: { group: g, add: 4 } }
  - { at: +2h, scale-in: { group: g, remove: 1, by: b } }
  - { at: +3h, scale-in: { group: g, remove: 1, by: b } }
  - { at: +4h, scale-in: { group: g, remove: 1, by: b } }
";
        let with = |rule: &str| {
            fleet.replace(
                "zones: [z1",
                &format!("removal: [newest-instance], zone-policy: {rule}, zones: [z1"),
            )
        };
        // z1 has a; n1 is created in z2, n2 in z3, n3 in z1 and n4 in z2. The fullest zones lose
        // members first.
        let reported = run_lines(ALIBABA, "1d", &with("balance"));
        let gone = &reported[reported.len() - 3..];
        assert_eq!(gone, ["+2h n1 released", "+3h n3 released", "+4h n2 released"]);
    }
}

/// The digests by which a search recognises a state.
mod digests {
    use super::*;

    /// The digest after the last event of a script.
    fn digest(via: &str) -> u128 {
        let text = format!(
            "stayput: scenario/1
name: story
policy: {ALIBABA}
start: 2026-06-01T00:00:00+08:00
for: 1d
fleet:
  groups: {{ g: {{ min: 0, terminate-hook: {{ timeout: 10m }} }} }}
  instances: {{ a: {{ group: g, membership: auto-created }} }}
events: [{{ at: +1h, scale-in: {{ group: g, remove: 1, by: ann{via} }} }}]
"
        );
        let plan = plan(&text);
        let script = plan.script.listed().unwrap().to_vec();
        let mut branch = Branch::start(plan, script.into());
        while !branch.is_script_over() {
            assert!(branch.step());
        }
        assert!(branch.world().is_delayed(InstanceId(0)), "{text}");
        branch.digest()
    }

    #[test]
    fn a_delayed_request_is_judged_again_so_its_channel_is_a_part_of_the_state() {
        let [api, console, unknown] = [", via: api", ", via: console", ""].map(digest);
        assert_eq!(api, digest(", via: api"));
        assert_ne!(api, console);
        assert_ne!(api, unknown);
    }
}
