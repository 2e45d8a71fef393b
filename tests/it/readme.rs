use std::fs;

use crate::support::{command, folder, ran, root, stayput, write};

/// Every fenced block of the README that begins with `$ stayput` is run, and its
/// output must be what stands below the command. `…` ends what is shown.
#[test]
fn the_transcripts_of_the_readme_are_real() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let mut shown = 0;
    for block in text.split("```").skip(1).step_by(2) {
        let block =
            block.trim_start_matches("text").trim_start_matches("console").trim_start_matches('\n');
        let line = block.lines().next().and_then(|line| line.strip_prefix("$ "));
        // Before it is installed, the program is run by the tool that builds it.
        let arguments =
            line.and_then(|line| line.strip_prefix("stayput ").or(line.split(" -- ").nth(1)));
        let Some(line) = arguments else { continue };
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let ran = ran(command(&arguments).output().unwrap());
        let wanted: Vec<&str> = block.lines().skip(1).collect();
        let printed: Vec<&str> = ran.stdout.lines().collect();
        let end = wanted.iter().position(|line| *line == "…").unwrap_or(wanted.len());
        assert!(printed.len() >= end, "`stayput {line}` prints less:\n{}", ran.stdout);
        assert_eq!(wanted[..end], printed[..end], "`stayput {line}`\n{}", ran.stdout);
        assert!(
            end < wanted.len() || printed.len() == end,
            "`stayput {line}` prints more:\n{}",
            ran.stdout
        );
        shown += 1;
    }
    assert!(shown >= 3, "only {shown} transcripts were found");
}

/// Every whole file that the README shows is right.
#[test]
fn the_files_that_the_readme_shows_are_right() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let span = folder();
    let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let files: Vec<&str> = blocks.filter(|block| block.starts_with("stayput: ")).collect();
    assert!(files.len() >= 2, "a scenario and a policy are shown");
    for (number, file) in files.iter().enumerate() {
        let path = write(span.path(), &format!("{number}.yaml"), file);
        let ran = stayput(&["check", &path]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{file}");
    }
}

#[test]
fn the_version_has_its_entry_in_the_changelog() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(text.contains(&format!("## {version}")), "no entry for {version}");
}

#[test]
fn architecture_fits_into_one_reading() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() <= 150, "{} lines", text.lines().count());
}
