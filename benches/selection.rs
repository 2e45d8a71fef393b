//! The cost of a scale-in that removes half of a group: members are chosen, judged and removed
//! one by one. `cargo bench --bench selection`
//!
//! The important figure is the cost for each removal at three sizes: it should grow only with the
//! logarithm of the size, because the group is sorted.

#![expect(clippy::expect_used, reason = "a measurement of a scenario that is known to be sound")]

use divan::Bencher;
use divan::counter::ItemsCount;
use stayput::diagnostics::{NoFiles, Problems, Sources};
use stayput::plan::{Options, Plan, compile};
use stayput::world::Run;

/// A group of that many members, in nine zones or in none, one in ten of them protected.
fn plan(members: u32, policy: &str, group: &str, protection: &str, zones: bool) -> Plan {
    let mut text = format!(
        "stayput: scenario/1\nname: half\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\nfor: 1d\n\
         fleet:\n  groups: {{ web: {{ {group} }} }}\n  defaults: {{ group: web }}\n  instances:\n"
    );
    for number in 0..members {
        // Ages are unordered.
        let age = number.wrapping_mul(7_919) % 31_536_000;
        let at = format!("2025-{:02}-{:02}T{:02}:00:00Z", age % 12 + 1, age % 28 + 1, age % 24);
        let zone = if zones { format!(", zone: z{}", number % 9) } else { String::new() };
        let protect = if number % 10 == 0 { protection } else { "" };
        let line = format!("created: {at}, joined: {at}, protect: [{protect}]{zone}");
        text.push_str(&format!("    web-{number}: {{ {line} }}\n"));
    }
    let half = members / 2;
    text.push_str(&format!(
        "events:\n  - {{ at: +1h, scale-in: {{ group: web, remove: {half} }} }}\n"
    ));
    compiled(text)
}

fn compiled(text: String) -> Plan {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("half.yaml", text);
    let options = Options::default();
    let compiled = compile(file, &options, &NoFiles, &mut sources, &mut problems);
    compiled.and_then(|compiled| compiled.plans.into_iter().next()).expect("a sound scenario")
}

fn lose_half(bencher: Bencher<'_, '_>, members: u32, plan: &Plan) {
    bencher
        .counter(ItemsCount::new(members / 2))
        .with_inputs(|| Run::start(plan.clone()))
        .bench_values(Iterator::count);
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
fn by_age(bencher: Bencher<'_, '_>, members: u32) {
    let policy = "alibaba-ecs@2026-05-15";
    let plan = plan(members, policy, "removal: [oldest-instance]", "scale-in-protection", false);
    lose_half(bencher, members, &plan);
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
fn by_zone_then_age(bencher: Bencher<'_, '_>, members: u32) {
    let policy = "azure-vmss@2026-05-19";
    let plan = plan(members, policy, "scale-in-policy: oldest-vm", "protect-from-scale-in", true);
    lose_half(bencher, members, &plan);
}

/// A hundred successive scale-ins of 40 members.
#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn forty_at_a_time(bencher: Bencher<'_, '_>, members: u32) {
    let mut text = format!(
        "stayput: scenario/1\nname: forty\npolicy: alibaba-ecs@2026-05-15\n\
         start: 2026-06-01T00:00:00Z\nfor: 10d\n\
         fleet:\n  groups: {{ web: {{ removal: [oldest-instance] }} }}\n  \
         defaults: {{ group: web, membership: auto-created }}\n  \
         instances: {{ web-1..{members}: {{}} }}\nevents:\n"
    );
    for hour in 1..=100 {
        let by = "by: ops, via: api";
        let event = format!("scale-in: {{ group: web, remove: 40, {by} }}");
        text.push_str(&format!("  - {{ at: +{hour}h, {event} }}\n"));
    }
    let plan = compiled(text);
    bencher
        .counter(ItemsCount::new(4_000_u32))
        .with_inputs(|| Run::start(plan.clone()))
        .bench_values(Iterator::count);
}

fn main() {
    divan::main();
}
