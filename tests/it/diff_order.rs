//! `diff` ignores the order of a policy's keys, except where the policy itself depends on it: of
//! several preconditions that apply, the first one decides.

use std::fs;

use serde_json::Value as Json;
use stayput::diagnostics::{Files, Problems, ReadFailure, Sources};
use stayput::format::{Entry, Node, Value, parse_yaml};
use stayput::policy::{Catalog, Policy, compare, load};
use stayput::report::diff_json;

use crate::support::{folder, root, stayput, write};

/// A small policy.
const POLICY: &str = "\
stayput: policy/1
policy: small
edition: '1'
title: a small policy
sources:
  a:
    title: A page
    section: One
    at: 'https://a.example/'
    dated: '2026'
    answers: [First, Second]
  b: { title: Another, section: One, at: 'https://example.org/', dated: '2026' }
space: { trigger: [manual, expiry], action: [release, stop] }
impossible:
  - { trigger: expiry, action: stop, because: it is released }
switches:
  one: { one-of: [x, y], cautious: x, default: x, confidence: inferred, because: no page says }
  two: { one-of: [p, q], cautious: p, default: p, confidence: inferred, because: no page says }
protections:
  lock:
    settable: { at: [create, later] }
    rules:
      L1: { trigger: manual, if: { one: x }, verdict: overridden, source: [a, b] }
      L2: { trigger: manual, if: { one: y }, verdict: held, source: a }
      L3: { trigger: expiry, verdict: overridden, source: a }
  bolt:
    rules:
      B1: { if: { two: p }, verdict: overridden, source: b, confidence: inferred }
      B2: { if: { two: q }, verdict: held, source: b }
preconditions:
  PC1: { action: release, trigger: manual, answer: First, source: a }
  PC2: { action: release, trigger: manual, answer: Second, source: a }
clocks:
  expiry:
    - { id: EX1, after: 1d, action: release, source: a }
";

/// The same policy with its keys, and the lists whose order has no meaning, in another order.
const TURNED: &str = "\
stayput: policy/1
title: a small policy
edition: '1'
policy: small
clocks:
  expiry:
    - { source: a, action: release, after: 1d, id: EX1 }
preconditions:
  PC1: { source: a, answer: First, trigger: manual, action: release }
  PC2: { source: a, answer: Second, trigger: manual, action: release }
protections:
  bolt:
    rules:
      B2: { source: b, verdict: held, if: { two: q } }
      B1: { confidence: inferred, source: b, verdict: overridden, if: { two: p } }
  lock:
    rules:
      L3: { source: a, verdict: overridden, trigger: expiry }
      L2: { source: a, verdict: held, if: { one: y }, trigger: manual }
      L1: { source: [b, a], verdict: overridden, if: { one: x }, trigger: manual }
    settable: { at: [later, create] }
switches:
  two: { because: no page says, confidence: inferred, default: p, one-of: [q, p], cautious: p }
  one: { because: no page says, confidence: inferred, default: x, one-of: [y, x], cautious: x }
impossible:
  - { because: it is released, action: stop, trigger: expiry }
space: { action: [stop, release], trigger: [expiry, manual] }
sources:
  b: { dated: '2026', at: 'https://example.org/', section: One, title: Another }
  a:
    answers: [Second, First]
    dated: '2026'
    at: 'https://a.example/'
    section: One
    title: A page
";

/// Another order of keys, and of lists whose order has no meaning, is no difference in any format.
#[test]
fn the_order_of_keys_is_no_difference_but_that_of_refusals_is() {
    let scratch = folder();
    let old = write(scratch.path(), "old.yaml", POLICY);
    let new = write(scratch.path(), "new.yaml", TURNED);
    let scenario = "\
stayput: scenario/1
name: s
policy: ./old.yaml
start: 2026-06-01T00:00:00Z
for: 9d
fleet:
  instances:
    a-1: { protect: [lock, bolt], billing: subscription, expires: +1d }
    b-1: { protect: [bolt] }
events:
  - { at: +1h, release: { instance: b-1, by: ann, via: api } }
  - { at: +2h, stop: { instance: a-1, by: ann, via: api } }
";
    let scenario = write(scratch.path(), "s.yaml", scenario);
    for more in [&[][..], &[scenario.as_str()]] {
        let ran = stayput(&[&["diff", &old, &new], more].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    }
    // Of two preconditions that apply the first one decides, so their order is a difference.
    let swapped = POLICY
        .replace("PC1: {", "PCx: {")
        .replace("PC2: {", "PC1: {")
        .replace("PCx: {", "PC2: {")
        .replace("answer: First", "answer: 2")
        .replace("answer: Second", "answer: First")
        .replace("answer: 2", "answer: Second");
    let new = write(scratch.path(), "new.yaml", swapped);
    for more in [&[][..], &[scenario.as_str()]] {
        let ran = stayput(&[&["diff", &old, &new, "-f", "json"], more].concat());
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        let json: Json = serde_json::from_str(&ran.stdout).unwrap();
        let found = json["differences"].as_array().unwrap();
        let keys: Vec<&str> = found.iter().filter_map(|one| one["key"].as_str()).collect();
        let key = "refusal release [trigger: manual] answer: First -> Second";
        assert_eq!(keys, [key]);
    }
}

/// A policy's text in place of the file that is named.
struct Given(String);

impl Files for Given {
    fn read(&self, _: &str, path: &str) -> Result<(String, String), ReadFailure> {
        Ok((path.to_owned(), self.0.clone()))
    }
}

fn loaded(text: &str) -> Policy {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let files = Given(text.to_owned());
    let policy = load("./given.yaml", None, &files, &mut sources, &mut problems);
    assert!(policy.is_some(), "{problems:#?}");
    policy.unwrap()
}

/// A function that puts the keys of a mapping into another order.
type Event = fn(&mut Vec<&Entry>);

/// Writes a tree with the keys of every mapping in another order. Lists keep their order, and so
/// do preconditions, of which the first that applies decides. Plain scalars are written in quotes,
/// which means the same because the schema types them.
fn turned(node: &Node, order: Event) -> String {
    let quoted = |text: &str| Json::from(text).to_string();
    match &node.value {
        Value::Empty => String::new(),
        Value::Scalar(text, _) => quoted(text),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| turned(item, order)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let mut entries: Vec<&Entry> = entries.iter().collect();
            order(&mut entries);
            let one = |entry: &&Entry| {
                let key = &*entry.key.value;
                let value = match (key, &entry.value.value) {
                    ("preconditions", Value::Map(refusals)) => {
                        let one = |e: &Entry| {
                            format!("{}: {}", quoted(&e.key.value), turned(&e.value, order))
                        };
                        let refusals: Vec<String> = refusals.iter().map(one).collect();
                        format!("{{{}}}", refusals.join(", "))
                    }
                    _ => turned(&entry.value, order),
                };
                format!("{}: {value}", quoted(key))
            };
            format!("{{{}}}", entries.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The text of a policy with all its keys in another order.
fn permuted(text: &str, order: Event) -> String {
    let (mut sources, mut problems) = (Sources::default(), Problems::default());
    let file = sources.add("", text);
    let node = parse_yaml(&sources, file, &mut problems).unwrap();
    turned(&node, order)
}

/// Under any order of keys the differences are the same, in the same words and the same order.
#[test]
fn editions_and_overlays_differ_in_the_same_under_any_order_of_keys() {
    let house = fs::read_to_string(root().join("examples/own-policy.yaml")).unwrap();
    let locks = "\
stayput: policy/1
policy: locks
edition: '1'
title: the locks of a house
extends: azure-vmss@2026-05-19
protections:
  delete-lock: { about: a lock of the house }
  protect-from-scale-in: { about: for the fleet of the house, attribute: keptFromScaleIn }
";
    let edition = |name: &str| Catalog::text(name).unwrap();
    let reversed: Event = |entries| entries.reverse();
    let by_name: Event = |entries| entries.sort_by(|a, b| a.key.value.cmp(&b.key.value));
    for (old, new) in [
        (edition("azure-vmss@2019-05-22"), edition("azure-vmss@2026-05-19")),
        (edition("azure-vmss@2026-05-19"), locks),
        (edition("alibaba-ecs-cn@2026-05-15"), house.as_str()),
    ] {
        let (before, after) = (loaded(old), loaded(new));
        let plain = compare(&before, &after);
        assert!(!plain.is_same(), "{} {}", plain.old, plain.new);
        for order in [reversed, by_name] {
            let [a, b] = [old, new].map(|text| loaded(&permuted(text, order)));
            let turned = compare(&a, &b);
            assert_eq!(turned.differences, plain.differences);
            let said = |one| format!("{:#}", diff_json(one));
            assert_eq!(said(&turned), said(&plain));
            // An edition does not differ from itself.
            assert_eq!(compare(&after, &b).differences, []);
        }
    }
}
