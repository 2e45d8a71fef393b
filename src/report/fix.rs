//! The smallest changes that close the ways to a loss: as text and as JSON.

use serde_json::{Value as Json, json};

use super::fix_overlay::{Selected, action_names, fix_overlay, protection_name};
use super::hunt::{callers, names_of_callers, number_of_ways, undecided_branches};
use super::names::InstanceIds;
use super::text_table::{Page, hanging};
use crate::diagnostics::{by_count, many};
use crate::experiment::{Fix, FixChange, FixQuestion, Fixed, FoundBy, OpenWay};
use crate::format::Node;
use crate::run_header::{RunHeader, run_name};
use crate::words::InstanceId;

/// Largest number of sets of changes that the text shows.
const MOST_SHOWN: usize = 10;

/// The contents of a report of changes.
#[derive(Debug, Clone, Copy)]
pub struct FixReport<'r> {
    /// The run header, which has the names of ids.
    pub header: &'r RunHeader,
    /// The scenario.
    pub tree: &'r Node,
    /// The instances.
    pub selected: Selected<'r>,
    /// The input of the search.
    pub question: FixQuestion<'r>,
    /// The result of the search.
    pub fixed: &'r Fixed,
}

impl FixReport<'_> {
    /// Whether the answer is complete, and depends on no unknown fact.
    pub fn is_complete(&self) -> bool {
        let fixes = &self.fixed.fixes;
        self.went_to_its_end()
            && self.fixed.undecided == 0
            && fixes.iter().all(|fix| fix.undecided == 0)
    }

    const fn went_to_its_end(&self) -> bool {
        self.fixed.incomplete.is_none() && !self.fixed.at_limit
    }

    /// The overlays of the sets that close the ways, best first.
    pub fn overlays(&self) -> Vec<String> {
        let fixes = self.fixed.fixes.iter();
        fixes.map(|fix| self.overlay(fix)).collect()
    }

    fn overlay(&self, fix: &Fix) -> String {
        fix_overlay(self.header, self.tree, &fix.changes, self.selected)
    }

    /// The report as readable text.
    pub fn text(&self, page: Page) -> String {
        let mut lines = Vec::new();
        let mut add = |first: &str, text: &str| lines.extend(hanging(first, text, page.width));
        add("", &page.paint.bold(&self.title()));
        let open = &self.fixed.open;
        let (stay, new): (Vec<_>, Vec<_>) = open.iter().partition(|way| self.is_known(way));
        for (head, ways) in [(self.stay_open(stay.len()), stay), (Self::appear(new.len()), new)] {
            if !ways.is_empty() {
                add("  ", &head);
                ways.iter().for_each(|way| add("    ", &self.way(way)));
            }
        }
        if self.fixed.fixes.is_empty() && self.fixed.sets > 0 && self.went_to_its_end() {
            let all = many(self.fixed.changes, "change");
            let most = self.question.most_changes;
            let what = if open.is_empty() { "close them" } else { "close the others" };
            let text = format!("all {all} together {what}: `--max-changes` is {most}");
            add("  ", &text);
        }
        for (number, fix) in self.fixed.fixes.iter().take(MOST_SHOWN).enumerate() {
            lines.push(String::new());
            lines.extend(self.fix_text(number + 1, fix, page));
        }
        let more = self.fixed.fixes.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            lines.push(String::new());
            lines.push(format!("  and {} of the same size", many(more, "other set")));
        }
        if !self.fixed.found_by.is_empty() {
            lines.push(String::new());
            lines.push("  house rules that these ways break:".to_owned());
            for rule in &self.fixed.found_by {
                let text = format!("{}; {}", self.house_rule(rule), self.when(rule));
                lines.extend(hanging("    ", &text, page.width));
            }
        }
        lines.push(String::new());
        let searched = self.searched();
        lines.extend(hanging("  ", &searched, page.width).iter().map(|line| page.paint.dim(line)));
        lines.join("\n")
    }

    /// The head of the ways that no set of changes closes.
    fn stay_open(&self, ways: usize) -> String {
        let stay = by_count(ways, "stays", "stay");
        if self.fixed.changes == 0 {
            format!("{ways} of these ways {stay} open, because no change against them is known:")
        } else {
            format!("{ways} of these ways {stay} open, even with all changes together:")
        }
    }

    /// The head of the ways that only exist with the changes, such as switching off a protection.
    fn appear(ways: usize) -> String {
        let exist = by_count(ways, "exists", "exist");
        format!("{} {exist} only once all changes are made:", many(ways, "way"))
    }

    /// Whether an open way is among the ways to close, whatever its time.
    fn is_known(&self, open: &OpenWay) -> bool {
        let verbs = |of: &OpenWay| -> Vec<&str> {
            of.way.steps.iter().map(|step| step.event.verb()).collect()
        };
        self.fixed.ways.iter().any(|known| {
            let is_of = known.target == open.target || known.alike.contains(&open.target);
            is_of && verbs(known) == verbs(open)
        })
    }

    /// `fix: 2 of 3 ways within 1d are closed by a set of 1 change`.
    fn title(&self) -> String {
        let Fixed { ways, open, fixes, incomplete, undecided, .. } = self.fixed;
        let run = run_name(&self.header.scenario, &self.header.case);
        let time = match self.question.faster_than {
            Some(span) => format!("faster than {span}"),
            None => format!("within {}", self.question.hunt.within),
        };
        let all = format!("{} {time}", number_of_ways(ways.len(), *undecided));
        let result = match fixes.first() {
            _ if ways.is_empty() && incomplete.is_some() => "not searched to the end".to_owned(),
            _ if ways.is_empty() && *undecided > 0 => "nothing certain to close".to_owned(),
            _ if ways.is_empty() => "nothing to close".to_owned(),
            Some(fix) => {
                let size = many(fix.changes.len(), "change");
                let part = if open.is_empty() { "" } else { " as far as possible" };
                format!("closed by {size}{part}")
            }
            None if incomplete.is_some() || self.fixed.at_limit => "no set found so far".to_owned(),
            None if self.fixed.sets == 0 && self.question.most_changes > 0 => {
                "nothing closes them".to_owned()
            }
            None => {
                let most = many(self.question.most_changes, "change");
                format!("no set of at most {most} closes them")
            }
        };
        format!("fix: {all}, {result} ({run})")
    }

    /// `db-1: release, lost after 30m (bob)`.
    fn way(&self, open: &OpenWay) -> String {
        let verbs: Vec<&str> = open.way.steps.iter().map(|step| step.event.verb()).collect();
        let steps = if verbs.is_empty() { "without any step".to_owned() } else { verbs.join(", ") };
        let mut ids = InstanceIds::default();
        ids.add(open.target);
        open.alike.iter().for_each(|id| ids.add(*id));
        ids.tidy();
        let who = callers(self.header, &open.hunt, &open.way);
        let lost = self.header.elapsed(open.way.lost);
        format!("{}: {steps}{who}, lost after {lost}", ids.names(self.header).text())
    }

    fn fix_text(&self, number: usize, fix: &Fix, page: Page) -> Vec<String> {
        let changes: Vec<String> = fix.changes.iter().map(|change| self.change(change)).collect();
        let first = format!("  {number}. ");
        let mut lines: Vec<String> = hanging(&first, &changes.join("; "), page.width);
        lines.iter_mut().for_each(|line| *line = page.paint.bold(line));
        lines.extend(self.overlay(fix).lines().map(|line| format!("     {line}")));
        if fix.undecided > 0 {
            let text = format!("not proved: {}", undecided_branches(fix.undecided));
            lines.extend(hanging("     ", &text, page.width));
        }
        let within = self.question.hunt.within;
        let beyond = fix.left.iter().filter(|open| !self.is_accepted(open));
        let left: Vec<String> = beyond.map(|open| self.way(open)).collect();
        if left.is_empty() {
            let certain = if fix.undecided > 0 { "certain " } else { "" };
            let other = if fix.left.is_empty() { "" } else { "other " };
            let others = format!("no {certain}{other}way");
            lines.extend(hanging("     ", &format!("leaves {others} within {within}"), page.width));
        }
        for way in left {
            lines.extend(hanging("     leaves  ", &way, page.width));
        }
        lines
    }

    /// Whether a way is among those that all changes together leave open.
    fn is_accepted(&self, open: &OpenWay) -> bool {
        let text = self.way(open);
        self.fixed.open.iter().any(|known| self.way(known) == text)
    }

    /// A change in a few words.
    fn change(&self, change: &FixChange) -> String {
        let header = self.header;
        let names = |ids: &[InstanceId]| self.selected.names(header, ids);
        match change {
            FixChange::Protect { policy, protection, instances, .. } => {
                let name = protection_name(header, *policy, *protection);
                format!("set {name} on {}", names(instances))
            }
            FixChange::ProtectGroup { policy, protection, group, .. } => {
                let name = protection_name(header, *policy, *protection);
                format!("set {name} on {}", header.group(*group))
            }
            FixChange::Deny { caller, policy, actions } => {
                let actions = action_names(header, *policy, actions).join(" and ");
                format!("deny {} {actions}", header.actor(*caller))
            }
            FixChange::Grace { account, span } => {
                format!("a grace period of {span} for the account {}", header.account(*account))
            }
            FixChange::Act { at, first, act, instances, .. } => {
                let first = first.map(|act| format!("{}, then ", act.wording()));
                let (first, at) = (first.unwrap_or_default(), header.elapsed(*at));
                format!("{first}{} ({}) at +{at}", act.wording(), names(instances))
            }
        }
    }

    /// A house rule as a file states it.
    fn house_rule(&self, rule: &FoundBy) -> String {
        let of = self.selected.names(self.header, self.selected.instances);
        format!("{{ instance: {of}, {} }}", rule.demand)
    }

    /// The times at which a house rule is broken.
    fn when(&self, rule: &FoundBy) -> String {
        let ways = format!("broken by {} of {}", rule.ways.len(), self.fixed.ways.len());
        match (rule.at_start, rule.ways.is_empty()) {
            (true, true) => "broken at the start".to_owned(),
            (true, false) => format!("broken at the start, and {ways}"),
            (false, _) => ways,
        }
    }

    /// The numbers of what was searched, and whether the answer is complete.
    fn searched(&self) -> String {
        let Fixed { sets, states, searched, incomplete, at_limit, fixes, changes, .. } = self.fixed;
        let states = many(usize::try_from(*states).unwrap_or(usize::MAX), "state");
        let changes = many(*changes, "change");
        let mut text =
            format!("{changes} considered, {} and {states} searched", many(*sets, "set"));
        let steps = many(self.question.hunt.most, "step");
        text.push_str(&format!(", each for ways of at most {steps}"));
        let why = match incomplete {
            Some(why) => Some(why.reason()),
            None if *at_limit => Some("the largest number of sets was reached"),
            None => None,
        };
        text.push_str(&match why {
            Some(why) => {
                format!(
                    "; not complete, {why}: sets of at most {} are known",
                    many(*searched, "change")
                )
            }
            None if !fixes.is_empty() => "; no smaller set closes them".to_owned(),
            None => String::new(),
        });
        if self.fixed.undecided > 0 {
            text.push_str(&format!("; {}", undecided_branches(self.fixed.undecided)));
        }
        text
    }

    /// The report as JSON.
    pub fn json(&self) -> Json {
        let Fixed { ways, open, fixes, sets, states, changes, searched, .. } = self.fixed;
        let list = |ways: &[OpenWay]| ways.iter().map(|way| self.way_json(way)).collect::<Vec<_>>();
        let fixes = fixes.iter().map(|fix| {
            json!({
                "changes": fix.changes.iter().map(|change| self.change(change)).collect::<Vec<_>>(),
                "overlay": self.overlay(fix),
                "proved": fix.undecided == 0,
                "leaves": list(&fix.left),
            })
        });
        let found = self.fixed.found_by.iter();
        let found = found.map(
            |rule| json!({ "rule": self.house_rule(rule), "at_start": rule.at_start, "ways": rule.ways }),
        );
        json!({
            "within_s": self.question.hunt.within.seconds(),
            "faster_than_s": self.question.faster_than.map(crate::time::SimSpan::seconds),
            "most_steps": self.question.hunt.most,
            "most_changes": self.question.most_changes,
            "ways": list(ways),
            "not_closed": list(open),
            "fixes": fixes.collect::<Vec<_>>(),
            "found_by": found.collect::<Vec<_>>(),
            "changes_considered": changes,
            "sets_searched": sets,
            "searched_changes": searched,
            "states": states,
            "undecided": self.fixed.undecided,
            "complete": self.is_complete(),
        })
    }

    fn way_json(&self, open: &OpenWay) -> Json {
        let alike: Vec<&str> = open.alike.iter().map(|id| self.header.instance(*id)).collect();
        json!({
            "instance": self.header.instance(open.target),
            "alike": alike,
            "steps": open.way.steps.iter().map(|step| step.event.verb()).collect::<Vec<_>>(),
            "by": names_of_callers(self.header, &open.hunt, &open.way),
            "elapsed_s": self.header.elapsed(open.way.lost).seconds(),
        })
    }
}
