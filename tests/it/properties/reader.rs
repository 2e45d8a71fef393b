//! Properties of reading any text as a scenario.

use proptest::prelude::*;
use stayput::diagnostics::{NoFiles, Problems, Sources, render};
use stayput::plan::{Options, compile};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("noise.yaml", text);
        let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
        prop_assert!(compiled.is_none() && problems.refuse());
        render(&problems, &sources, false);
    }

    /// A good file with one character changed is read, or refused with a place in it.
    #[test]
    fn no_typing_mistake_makes_the_reader_panic(at in 0_usize..900, with in any::<char>()) {
        let good = include_str!("../../../scenarios/two-ways-to-go.yaml");
        let mut letters: Vec<char> = good.chars().collect();
        let at = at % letters.len();
        letters[at] = with;
        let text: String = letters.into_iter().collect();
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        let file = sources.add("slip.yaml", text);
        let compiled = compile(file, &Options::default(), &NoFiles, &mut sources, &mut problems);
        let reported = render(&problems, &sources, false);
        prop_assert!(compiled.is_some() || reported.contains("slip.yaml"), "{}", reported);
    }
}
