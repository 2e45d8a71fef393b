//! Tests of the latest model of an instance, which can be unknown.

use crate::support::{folder, stayput, write};

const HEAD: &str = "stayput: scenario/1\nname: t\npolicy: azure-vmss@2026-05-19\n\
    start: 2026-06-01T00:00:00Z\nfor: 1d\n\
    fleet:\n  groups: { g: { orchestration: uniform, model: v1 } }\n  defaults: { group: g }\n  \
    instances: { g_1: {}, g_2: {} }\n";

/// A call through the portal changes only the protection; through another channel it also changes
/// the model. Without `via` it is unknown whether an upgrade is needed.
#[test]
fn a_protection_set_through_an_unknown_channel_leaves_the_model_unknown() {
    let set = |via: &str| {
        format!(
            "{HEAD}events:\n  - {{ at: +1h, id: set, set-protection: {{ instance: g_1, flags: {{ \
             protect-from-scale-in: true }}, by: ann{via} }} }}\n"
        )
    };
    let upgrade =
        "  - { at: +2h, id: mend, upgrade: { group: g, instance: g_1, by: ann, via: cli } }\n";
    let scratch = folder();
    let run = |name: &str, text: String| stayput(&["run", &write(scratch.path(), name, text)]);
    // Nothing depends on it as long as no rule tests the model.
    let ran = run("set.yaml", set(""));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = run("unknown.yaml", set("") + upgrade);
    assert_eq!(ran.code, 5, "{}", ran.stdout);
    assert!(ran.stderr.contains("upgraded") && ran.stderr.contains("no-op"), "{}", ran.stderr);
    assert!(ran.stderr.contains("add `via: ` to the event that set"), "{}", ran.stderr);
    for (via, says) in [(", via: console", "NO-OP"), (", via: cli", "OVERRIDDEN")] {
        let ran = run("known.yaml", set(via) + upgrade);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains(says), "{}", ran.stdout);
    }
    // A system image is an upgrade in either case.
    let image = "  - { at: +2h, upgrade: { group: g, os-image: true, by: ann, via: cli } }\n";
    let ran = run("image.yaml", set("") + image);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
