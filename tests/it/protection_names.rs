use crate::support::{folder, stayput, write};

/// A place in a file where a protection can be named. In its texts, `FLAG` stands for the
/// protection of an instance and `GROUP` for the protection of a group.
struct Position {
    about: &'static str,
    fleet: &'static str,
    random: &'static str,
    events: &'static str,
    expect: &'static str,
}

const BLANK: Position = Position { about: "", fleet: "", random: "", events: "", expect: "" };

/// A call that releases `db-1`; release protection holds against it.
const CLICK: &str =
    "{ at: +2h, id: click, release: { instance: db-1, force: true, by: ann, via: api } }";
const HELD: &str = "decisions: [ { event: click, instance: db-1, outcome: held } ]";
const WENT: &str = "decisions: [ { event: click, instance: db-1, outcome: unprotected } ]";

const POSITIONS: &[Position] = &[
    Position {
        about: "`protect` of an instance",
        fleet: "instances: { db-1: { protect: [FLAG] } }",
        events: CLICK,
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "an unknown setting",
        fleet: "instances: { db-1: { protect: [FLAG=unknown] } }",
        events: "{ at: +1h, set-protection: { instance: db-1, flags: { release-protection: true }, by: ann, via: api } }, \
                 { at: +2h, id: click, release: { instance: db-1, force: true, by: ann, via: api } }",
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "the defaults of a fleet",
        fleet: "{ defaults: { protect: [FLAG] }, instances: { db-1: {} } }",
        events: CLICK,
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "a fleet from a table",
        fleet: "instances: { file: fleet.csv }",
        events: CLICK,
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "`protect` of a group",
        fleet: "groups: { g: { min: 0, max: 9, health-check: none, protect: [GROUP] } }",
        events: "{ at: +2h, id: gone, delete-group: { group: g, force: true, by: ann, via: api } }",
        expect: "{ requests: [ { event: gone, result: refused, rule: GP1 } ], states: [ { at: end, group: g, protect: [GROUP] } ] }",
        ..BLANK
    },
    Position {
        about: "members that a group creates",
        fleet: "groups: { g: { min: 0, max: 9, health-check: none, new-members: { protect: [FLAG] }, new-names: [db-1] } }",
        events: "{ at: +1h, id: grow, scale-out: { group: g, add: 1 } }, \
                 { at: +2h, id: click, release: { instance: db-1, force: true, by: ann, via: api } }",
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "an instance that an event creates",
        fleet: "accounts: { default: {} }",
        events: "{ at: +1h, create: { instance: db-1, like: { protect: [FLAG] }, by: ann, via: api } }, \
                 { at: +2h, id: click, release: { instance: db-1, force: true, by: ann, via: api } }",
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "`set-protection` on",
        fleet: "instances: { db-1: {} }",
        events: "{ at: +1h, set-protection: { instance: db-1, flags: { FLAG: true }, by: ann, via: api } }, \
                 { at: +2h, id: click, release: { instance: db-1, force: true, by: ann, via: api } }",
        expect: HELD,
        ..BLANK
    },
    Position {
        about: "`set-protection` off",
        fleet: "instances: { db-1: { protect: [release-protection] } }",
        events: "{ at: +1h, set-protection: { instance: db-1, flags: { FLAG: false }, by: ann, via: api } }, \
                 { at: +2h, id: click, release: { instance: db-1, force: true, by: ann, via: api } }",
        expect: WENT,
        ..BLANK
    },
    Position {
        about: "`set-protection` of a group",
        fleet: "groups: { g: { min: 0, max: 9, health-check: none } }",
        events: "{ at: +1h, set-protection: { group: g, flags: { GROUP: true }, by: ann, via: api } }, \
                 { at: +2h, id: gone, delete-group: { group: g, force: true, by: ann, via: api } }",
        expect: "requests: [ { event: gone, result: refused, rule: GP1 } ]",
        ..BLANK
    },
    Position {
        about: "events from a table",
        fleet: "instances: { db-1: {} }",
        events: "FILE",
        expect: "decisions: [ { event: click, instance: db-1, outcome: held } ]",
        ..BLANK
    },
    Position {
        about: "an action of a random source",
        fleet: "instances: { db-1: {} }",
        random: "flags: { every: 1h, until: +90m, set-protection: { instance: db-1, flags: { FLAG: true }, by: ann, via: api } }",
        events: CLICK,
        expect: HELD,
    },
    Position {
        about: "an expected verdict",
        fleet: "instances: { db-1: { protect: [release-protection] } }",
        events: CLICK,
        expect: "decisions: [ { event: click, instance: db-1, outcome: held, verdicts: { FLAG: held } } ]",
        ..BLANK
    },
    Position {
        about: "what an expectation says decides",
        fleet: "instances: { db-1: { protect: [release-protection] } }",
        events: CLICK,
        expect: "decisions: [ { event: click, instance: db-1, decided-by: FLAG } ]",
        ..BLANK
    },
    Position {
        about: "an expected state",
        fleet: "instances: { db-1: { protect: [release-protection] } }",
        events: CLICK,
        expect: "states: [ { at: end, instance: db-1, protect: [FLAG] } ]",
        ..BLANK
    },
];

impl Position {
    /// The outcome of its scenario under `stayput test`, with these names.
    fn test(&self, policy: &str, flag: &str, group: &str) -> (i32, String) {
        let scratch = folder();
        let put = |text: &str| text.replace("FLAG", flag).replace("GROUP", group);
        write(scratch.path(), "fleet.csv", format!("instance,protect\ndb-1,{flag}\n"));
        write(
            scratch.path(),
            "events.csv",
            format!(
                "at,id,verb,instance,flags,force,by,via\n\
                 +1h,on,set-protection,db-1,{flag}=true,,ann,api\n\
                 +2h,click,release,db-1,,true,ann,api\n"
            ),
        );
        let events = match self.events {
            "FILE" => "events: { file: events.csv }".to_owned(),
            events => format!("events: [ {} ]", put(events)),
        };
        let braced = |text: &str| {
            let text = put(text);
            if text.starts_with('{') { text } else { format!("{{ {text} }}") }
        };
        let random = match self.random {
            "" => String::new(),
            random => format!("random: {}\n", braced(random)),
        };
        let text = format!(
            "stayput: scenario/1\nname: s\npolicy: {policy}\nstart: 2026-06-01T00:00:00Z\nfor: 1d\n\
             fleet: {}\n{random}{events}\nexpect: {}\n",
            braced(self.fleet),
            braced(self.expect),
        );
        let ran = stayput(&["test", &write(scratch.path(), "s.yaml", text)]);
        (ran.code, format!("{}{}", ran.stdout, ran.stderr))
    }
}

#[test]
fn a_protection_is_known_by_its_name_and_by_its_attribute_wherever_it_stands() {
    for position in POSITIONS {
        for (flag, group) in [
            ("release-protection", "group-deletion-protection"),
            ("DeletionProtection", "GroupDeletionProtection"),
        ] {
            let (code, said) = position.test("alibaba-ecs@2026-05-15", flag, group);
            assert_eq!(code, 0, "{} with {flag}: {said}", position.about);
        }
        let (code, said) = position.test("alibaba-ecs@2026-05-15", "Deletion", "Deletion");
        assert_eq!(code, 2, "{} with an unknown name: {said}", position.about);
        assert!(said.contains("has no protection `Deletion`"), "{}: {said}", position.about);
    }
}

#[test]
fn a_situation_is_explained_by_either_name() {
    let explained = |name: &str| {
        let on = format!("on={name}");
        stayput(&[
            "explain",
            "alibaba-ecs@2026-05-15",
            "trigger=scale-in",
            "membership=entrusted",
            &on,
        ])
    };
    let by_name = explained("release-protection");
    assert_eq!(by_name.code, 0, "{}", by_name.stderr);
    assert_eq!(by_name.stdout, explained("DeletionProtection").stdout);
}

/// Two protections of a policy must not have the same name.
#[test]
fn a_policy_gives_no_name_to_two_protections() {
    let scratch = folder();
    for attribute in ["ProtectedFromScaleIn", "standby"] {
        let text = format!(
            "stayput: policy/1\npolicy: house\nedition: one\ntitle: t\nextends: alibaba-ecs@2026-05-15\n\
             protections: {{ release-protection: {{ attribute: {attribute} }} }}\n"
        );
        let ran = stayput(&["check", &write(scratch.path(), "house.yaml", text)]);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains("E002"), "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("the name `{attribute}` is ambiguous")),
            "{}",
            ran.stderr
        );
    }
}

/// A precondition about setting protections may use either name.
#[test]
fn a_policy_names_its_protections_either_way_in_a_refusal() {
    let scratch = folder();
    let text = "stayput: policy/1\npolicy: house\nedition: one\ntitle: t\nextends: alibaba-ecs@2026-05-15\n\
                preconditions: { PC90: { action: set-protection, flags: DeletionProtection, confidence: inferred, because: a house rule } }\n";
    write(scratch.path(), "house.yaml", text);
    let text = "stayput: scenario/1\nname: s\npolicy: ./house.yaml\nfleet: { instances: { a: {} } }\n\
                start: 2026-06-01T00:00:00Z\nfor: 1d\n\
                events:\n\
                \x20 - { at: +1h, id: on, set-protection: { instance: a, by: ann, via: api,\n\
                \x20     flags: { release-protection: true } } }\n\
                expect: { requests: [ { event: on, result: refused, rule: PC90 } ] }\n";
    let ran = stayput(&["test", &write(scratch.path(), "s.yaml", text)]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn one_protection_is_not_set_twice_under_two_names() {
    let position = Position {
        about: "both names in one call",
        fleet: "instances: { db-1: {} }",
        events: "{ at: +1h, set-protection: { instance: db-1, flags: { FLAG: true, DeletionProtection: false }, by: ann, via: api } }",
        expect: "states: [ { at: end, instance: db-1, is: running } ]",
        ..BLANK
    };
    let (code, said) = position.test("alibaba-ecs@2026-05-15", "release-protection", "");
    assert_eq!(code, 2, "{}: {said}", position.about);
    assert!(
        said.contains("`DeletionProtection` is set twice: it is `release-protection`"),
        "{said}"
    );
}
