//! Suggestions for a word that a file does not know: likely guesses first, then similar words.

use rapidfuzz::distance::osa::{Args, BatchComparator};

/// Longest text that is compared, in characters.
const LONGEST: usize = 100;

/// A key, column, verb or word of another vocabulary, or of an earlier version.
struct Guess {
    /// The typed words, in lower case.
    typed: &'static [&'static str],
    /// The value of the key for which the suggestion is right; `None` for any value.
    value: Option<&'static str>,
    /// The words that are probably meant; only those that are allowed at the place are suggested.
    /// Empty if no key replaces it; then `beside` identifies the place.
    meant: &'static [&'static str],
    /// A key that is allowed at the place, if nothing else identifies it; otherwise empty.
    beside: &'static str,
    /// The text to write instead of the key and its value; empty if the word alone is enough.
    write: &'static str,
}

const fn guess(
    typed: &'static [&'static str],
    meant: &'static [&'static str],
    write: &'static str,
) -> Guess {
    Guess { typed, value: None, meant, beside: "", write }
}

/// A key that another notation replaces, where the key `beside` is allowed.
const fn instead(
    typed: &'static [&'static str],
    beside: &'static str,
    write: &'static str,
) -> Guess {
    Guess { typed, value: None, meant: &[], beside, write }
}

/// Former names and likely guesses. None of them is accepted; each gets its suggestion.
const GUESSES: &[Guess] = &[
    // Former names.
    guess(
        &["things", "thing", "disks", "disk", "volumes", "volume", "attachments"],
        &["resources"],
        "resources: { NAME: { kind: data-disk, gib: 40 } }",
    ),
    guess(&["things", "thing"], &["resource"], ""),
    guess(&["channel", "channels", "through", "interface"], &["via"], ""),
    guess(&["way-out", "way_out"], &["remedy"], ""),
    guess(&["none"], &["unspecified"], ""),
    // Verbs of providers and of their tools.
    guess(
        &[
            "delete",
            "terminate",
            "destroy",
            "kill",
            "remove",
            "delete-instance",
            "delete-instances",
            "terminate-instance",
            "terminate-instances",
            "release-instance",
            "release-instances",
        ],
        &["release", "delete-members"],
        "release: { instance: NAME }",
    ),
    guess(
        &["protect", "enable-protection", "enable-deletion-protection", "modify-protection"],
        &["set-protection"],
        "set-protection: { instance: NAME, flags: { PROTECTION: true } }",
    ),
    guess(
        &["unprotect", "disable-protection", "disable-deletion-protection"],
        &["set-protection"],
        "set-protection: { instance: NAME, flags: { PROTECTION: false } }",
    ),
    guess(
        &["pay", "pay-bill", "paid", "payment", "top-up"],
        &["settle"],
        "settle: { account: NAME }",
    ),
    guess(
        &["scale", "scale-to", "resize", "set-desired-capacity", "set-size"],
        &["set-capacity"],
        "set-capacity: { group: NAME, to: 3 }",
    ),
    guess(&["model-update"], &["update-model"], "update-model: { group: NAME, to: MODEL }"),
    guess(&["upgrade-model"], &["update-model", "upgrade"], ""),
    guess(
        &["remove-members", "remove-instances", "remove-member", "delete-member"],
        &["delete-members", "detach"],
        "",
    ),
    guess(&["reboot", "reboot-instance", "reboot-instances"], &["restart"], ""),
    guess(&["halt", "shutdown", "shut-down", "power-off"], &["stop"], ""),
    guess(&["launch", "run-instances", "create-instance"], &["create"], ""),
    guess(&["overdue-payment", "arrears", "unpaid", "bill-overdue"], &["overdue"], ""),
    guess(&["lock"], &["security-lock"], ""),
    guess(&["unlock"], &["security-unlock"], ""),
    guess(&["reclaim", "spot-interruption", "evict"], &["spot-reclaim"], ""),
    guess(
        &["schedule", "auto-release", "set-auto-release"],
        &["schedule-release"],
        "schedule-release: { instance: NAME, time: +2h }",
    ),
    // Keys of verbs.
    guess(&["count", "size", "number", "by"], &["remove"], ""),
    guess(&["count", "size", "number", "by"], &["add"], ""),
    guess(&["count", "size", "number", "capacity", "by"], &["to"], ""),
    guess(&["desired-capacity", "capacity"], &["desired"], ""),
    guess(&["months", "term", "period", "duration"], &["for"], "for: 30d"),
    guess(
        &["vm", "vms", "name", "names", "server", "servers", "node", "nodes", "members"],
        &["instance"],
        "",
    ),
    guess(&["user", "caller", "actor", "who", "principal"], &["by"], ""),
    guess(&["scaling-group", "scale-set", "asg", "pool"], &["group"], ""),
    guess(&["protections"], &["flags", "protect"], ""),
    guess(&["when", "time"], &["at"], ""),
    guess(&["at", "when"], &["time"], ""),
    // Keys of a fleet.
    Guess {
        typed: &["auto-renew", "auto-renewal", "autorenew"],
        value: Some("true"),
        meant: &["renewal"],
        beside: "",
        write: "renewal: automatic",
    },
    Guess {
        typed: &["auto-renew", "auto-renewal", "autorenew"],
        value: Some("false"),
        meant: &["renewal"],
        beside: "",
        write: "renewal: none",
    },
    guess(&["auto-renew", "auto-renewal", "autorenew"], &["renewal"], "renewal: automatic"),
    guess(&["protection", "protected", "flags"], &["protect"], "protect: [PROTECTION]"),
    guess(&["charge-type", "payment", "pay", "pricing"], &["billing"], ""),
    instead(
        &["count", "instances", "number", "copies", "replicas"],
        "auto-release",
        "NAME-1..20: { … }",
    ),
    instead(
        &["by", "via", "user", "caller", "actor", "who"],
        "spot-reclaim",
        "stop: { instance: NAME, by: ops }",
    ),
    instead(&["instance", "instances"], "spot-reclaim", "stop: { instance: NAME }"),
    // Lists of expectations.
    guess(&["lost", "loss"], &["losses"], ""),
    guess(&["decision"], &["decisions"], ""),
    guess(&["request"], &["requests"], ""),
    guess(&["state"], &["states", "is"], ""),
    guess(&["status"], &["is", "state", "result"], ""),
    guess(&["verdict", "result"], &["outcome"], ""),
];

/// The suggestion for an unknown word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion<'w> {
    /// The words, the likeliest first; at most three.
    pub words: Vec<&'w str>,
    /// The full text to write, if the word alone is not enough; otherwise empty.
    pub write: &'static str,
}

impl<'w> Suggestion<'w> {
    /// The suggestion for `typed` where only `words` are allowed. `value` is the value of the key;
    /// `None` if it has none.
    pub fn of(typed: &str, value: Option<&str>, words: impl IntoIterator<Item = &'w str>) -> Self {
        let words: Vec<&'w str> = words.into_iter().collect();
        let lower = typed.to_lowercase().replace(['_', ' '], "-");
        if let Some(same) = words.iter().find(|word| **word == lower) {
            return Self { words: vec![same], write: "" };
        }
        // Few guesses begin with the same letter; only they are compared without hyphens.
        let is = |known: &str| {
            known.as_bytes().first() == lower.as_bytes().first()
                && (known == lower || known.replace('-', "") == lower)
        };
        let fits = |guess: &&Guess| {
            guess.typed.iter().any(|known| is(known))
                && guess.value.is_none_or(|known| value == Some(known))
        };
        for guess in GUESSES.iter().filter(fits) {
            let allowed = |meant: &&str| words.iter().find(|word| *word == meant).copied();
            let meant: Vec<&'w str> = guess.meant.iter().filter_map(allowed).collect();
            let replaced = guess.meant.is_empty() && words.contains(&guess.beside);
            if replaced || !meant.is_empty() {
                return Self { words: meant, write: guess.write };
            }
        }
        Self { words: closest(typed, words), write: "" }
    }
}

/// The words close to `text`, the closest first, three at most.
///
/// A word is close if at most a third of the letters differ, not counting case, and at least one is
/// the same. Two swapped neighbouring letters count once (optimal string alignment distance). Of
/// words at the same distance, those with the same digits come first: the number is what
/// distinguishes machines.
pub fn closest<'w>(text: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<&'w str> {
    let lower = text.to_lowercase();
    let length = text.chars().count();
    if length > LONGEST {
        return Vec::new();
    }
    let bound = (length / 3).max(1);
    let compare = BatchComparator::new(lower.chars());
    let within = Args::default().score_cutoff(bound);
    let distance = |word: &str| {
        let lower = word.chars().flat_map(char::to_lowercase);
        compare.distance_with_args(lower, &within)
    };
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let numbers = digits(text);
    let mut close: Vec<(usize, bool, &str)> = words
        .into_iter()
        // A difference in length is a lower bound of the distance, and is quickly compared.
        .filter(|word| word.len().abs_diff(text.len()) <= 4 * bound)
        .filter_map(|word| Some((distance(word)?, digits(word) != numbers, word)))
        .filter(|(distance, _, word)| *distance < length.max(word.chars().count()))
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(.., word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_comes_first_and_dissimilar_words_are_left_out() {
        let words = ["outcome", "answer", "event", "db-1", "db-2"];
        assert_eq!(closest("outcom", words), ["outcome"]);
        assert_eq!(closest("db1", words), ["db-1"]);
        assert_eq!(closest("EVENT", words), ["event"]);
        assert_eq!(closest("db-9", words), ["db-1", "db-2"]);
        assert!(closest("zebra", words).is_empty());
        assert_eq!(closest("db-2", ["db-1", "db-3", "db_2"]), ["db_2", "db-1", "db-3"]);
    }

    #[test]
    fn a_word_without_a_common_letter_is_not_close() {
        assert!(closest("x", ["", "y"]).is_empty());
        assert_eq!(closest("x", ["xy", "X"]), ["X", "xy"]);
    }

    #[test]
    fn a_likely_guess_gets_the_word_that_is_allowed_at_its_place() {
        let of = |typed, value, words: &[&'static str]| {
            let found = Suggestion::of(typed, value, words.iter().copied());
            (found.words.join(" "), found.write)
        };
        let verbs = ["release", "delete-members", "set-capacity", "scale-in", "settle"];
        assert_eq!(of("terminate", None, &verbs).0, "release delete-members");
        assert_eq!(of("DeleteInstances", None, &verbs).0, "release delete-members");
        assert_eq!(of("scale-to", None, &verbs).0, "set-capacity");
        assert_eq!(of("pay", None, &verbs), ("settle".into(), "settle: { account: NAME }"));
        assert_eq!(of("count", None, &["group", "remove", "by"]).0, "remove");
        assert_eq!(of("count", None, &["group", "add", "by"]).0, "add");
        assert_eq!(of("count", None, &["group", "to", "by"]).0, "to");
        assert_eq!(of("auto-renew", Some("false"), &["renewal"]).1, "renewal: none");
        assert_eq!(of("auto-renew", Some("true"), &["renewal"]).1, "renewal: automatic");
        assert_eq!(of("Auto_Release", None, &["auto-release"]).0, "auto-release");
        assert_eq!(of("relaese", None, &verbs).0, "release");
        assert_eq!(of("things", None, &["kind", "resources"]).0, "resources");
        assert_eq!(of("things", None, &["kind"]).0, "");
    }
}
