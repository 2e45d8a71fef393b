//! The whole engine: the same kind of year as a plan, through policy, fleet and records.
//!
//! The events are those of [`super::fleet`], in the format of scenarios and judged by a built-in
//! policy. The model is more complete in three respects: a released instance stays released, so
//! nine of ten are protected and schedules are up to three years ahead; a subscription has a term
//! instead of a schedule, so every fourth instance is one; and an unpaid bill is a clock of several
//! steps on the account.

use stayput::diagnostics::{NoFiles, Problems, Sources, render};
use stayput::fleet::{Account, Instance};
use stayput::kernel::{Limits, Streams};
use stayput::plan::{Event, FlagsRef, Options, Plan, Script, Scripted, Targets, compile, verb};
use stayput::policy::Flags;
use stayput::record::Record;
use stayput::time::{SimSpan, SimTime};
use stayput::words::{AccountId, Billing, Channel, EventId, InstanceId, PolicyId, ProtectionSet};
use stayput::world::Run;

use rand::{Rng, RngExt};

const DAY: i64 = 86_400;
const PER_ACCOUNT: u32 = 1_000;
const SCENARIO: &str = "\
stayput: scenario/1
name: fleet-year
policy: alibaba-ecs@2026-05-15
start: 2026-01-01T00:00:00Z
for: 365d
fleet: {}
";

/// The result of a run; two runs agree if their results are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineCounts {
    pub events: u64,
    pub requests: u64,
    pub decisions: u64,
    pub changes: u64,
    pub losses: u64,
    /// Digest of all decisions, in the order in which they were made.
    pub fingerprint: u64,
}

/// Runs a plan to its end with a sink that only counts.
pub fn run(plan: Plan) -> EngineCounts {
    let mut reported = EngineCounts::default();
    let mut run = Run::start_within(plan, Limits::default());
    while run.step() {
        for record in run.records() {
            match record {
                Record::Request(_) => reported.requests += 1,
                Record::Decision(decision) => {
                    reported.decisions += 1;
                    let who = u64::from(decision.instance.0);
                    let word = who << 8 | (decision.outcome as u64) << 4 | decision.effect as u64;
                    reported.fingerprint = (reported.fingerprint ^ word)
                        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                        .rotate_left(29);
                }
                Record::Change(_) => reported.changes += 1,
                Record::Loss(_) => reported.losses += 1,
                Record::Finding(_) | Record::Alert(_) => {}
            }
        }
    }
    reported.events = run.events();
    reported
}

/// A fleet of that size and a year of events.
pub fn plan(instances: u32, events: usize) -> Plan {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("fleet-year.yaml", SCENARIO.to_owned());
    let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
    let reported = render(&problems, &sources, false);
    let mut plan = compiled.and_then(|mut compiled| compiled.plans.pop()).expect(&reported);
    let policy = &plan.header.rulebooks[0].policy;
    let protection = policy.protection("release-protection").expect("the policy has it");
    let flag = ProtectionSet::EMPTY.with(protection);
    plan.flags = vec![
        Flags { on: flag, off: ProtectionSet::EMPTY },
        Flags { on: ProtectionSet::EMPTY, off: flag },
    ];
    let start = plan.header.start;
    let mut stream = Streams::new(7, 0).named("fleet-year/engine");
    for account in 1..instances.div_ceil(PER_ACCOUNT) {
        plan.header.accounts.push(&format!("account-{account}"));
        plan.fleet.add_account(Account::new(PolicyId(0), SimSpan::ZERO, None));
    }
    for index in 0..instances {
        let bits = stream.next_u64();
        let mut instance = Instance::new(AccountId(index / PER_ACCOUNT), start);
        if bits.is_multiple_of(4) {
            instance.billing = Billing::Subscription;
            instance.expires = later(start, bits, 730 * DAY);
        } else {
            instance.auto_release = later(start, bits, 1_000 * DAY);
        }
        if !(bits / 4).is_multiple_of(16) {
            instance.protections.on = flag;
        }
        plan.fleet.add_instance(instance);
        plan.header.instances.push(&format!("i-{index:010}"));
    }
    plan.header.instances = std::mem::take(&mut plan.header.instances).shared();
    plan.targets = (0..instances).map(InstanceId).collect();
    plan.script = Script::Listed(script(start, instances, events, &mut stream).into());
    plan
}

/// A time after `from`: at least a minute later, evenly spread over `span` seconds.
fn later(from: SimTime, bits: u64, span: i64) -> SimTime {
    let share = (u128::from(bits) * u128::from(span.unsigned_abs())) >> 64;
    let seconds = i64::try_from(share).unwrap_or(0);
    from.after(SimSpan::from_seconds(seconds / 60 * 60 + 3_600))
}

fn script(start: SimTime, instances: u32, events: usize, stream: &mut impl Rng) -> Vec<Scripted> {
    let mut times: Vec<i64> = (0..events).map(|_| stream.random_range(0..365 * DAY)).collect();
    times.sort_unstable();
    let via = Some(Channel::Console);
    let scripted = |(number, second): (usize, i64)| {
        let at = start.after(SimSpan::from_seconds(second));
        let (kind, index) = (stream.random_range(0..20), stream.random_range(0..instances));
        let instance = Targets { start: index, len: 1 };
        let account = AccountId(index / PER_ACCOUNT);
        let event = match kind {
            0..8 => Event::ScheduleRelease(verb::ScheduleRelease {
                instance,
                time: later(at, stream.next_u64(), 1_000 * DAY),
                by: None,
                via,
            }),
            8..12 => Event::CancelScheduledRelease(verb::CancelScheduledRelease {
                instance,
                by: None,
                via,
            }),
            12..16 => Event::Release(verb::Release {
                instance,
                force: None,
                terminate_subscription: None,
                by: None,
                via,
            }),
            16..18 => Event::SetProtection(verb::SetProtection {
                instance: Some(instance),
                group: None,
                flags: FlagsRef(u32::from(stream.random_range(0..16) == 0)),
                api_version: None,
                by: None,
                via,
            }),
            18 => Event::Overdue(verb::Overdue { account }),
            _ => Event::Settle(verb::Settle { account, by: None, via }),
        };
        Scripted { at, id: EventId::from_index(number), event }
    };
    times.into_iter().enumerate().map(scripted).collect()
}
