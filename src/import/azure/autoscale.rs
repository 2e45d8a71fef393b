//! Autoscale settings. They give the bounds of a set. Their rules depend on metrics, whose values
//! no reply contains, so the rules are only counted.

use crate::diagnostics::Spanned;
use crate::format::{Name, WrittenAutoscale};
use crate::import::fields::ReplyObject;
use crate::import::reader::FleetReader;
use crate::time::UtcOffset;

impl FleetReader<'_> {
    pub(in crate::import) fn az_autoscale(&mut self, row: &ReplyObject<'_>) {
        let Some(target) = row.text("targetResourceUri", self.problems) else { return };
        if row.flag("enabled", self.problems).is_some_and(|enabled| !enabled.value) {
            let title = format!("an autoscale setting of `{}` is not enabled", *target);
            return self.left_out(target.span, title, "left out");
        }
        let (mut bounds, mut rules, mut others) = (None, 0, 0);
        for profile in row.list("profiles", "profiles", self.problems) {
            let Some(profile) = ReplyObject::open(profile, "a profile", self.problems) else {
                continue;
            };
            if !(profile.is_blank("recurrence") && profile.is_blank("fixedDate")) {
                others += 1;
                continue;
            }
            rules += profile.list("rules", "rules", self.problems).len();
            let Some(capacity) = profile.object("capacity", self.problems) else { continue };
            let mut number = |key| Some(capacity.number(key, self.problems)?.value);
            let (min, max, default) = (number("minimum"), number("maximum"), number("default"));
            if let (Some(min), Some(max)) = (min, max) {
                let written = WrittenAutoscale {
                    min,
                    max,
                    default,
                    every: None,
                    offset: UtcOffset::default(),
                    rules: Vec::new(),
                    profiles: Vec::new(),
                };
                bounds = Some(Spanned::new(written, capacity.span));
            }
        }
        if rules + others > 0 {
            let title =
                format!("{rules} rules and {others} further profiles of an autoscale setting");
            self.left_out(
                target.span,
                title,
                "left out: write the levels of its metrics, and its rules",
            );
        }
        if let Some(bounds) = bounds {
            let target = target.map(|target| target.to_lowercase());
            let key = Spanned::new(Name(target.as_str().into()), target.span);
            let facts =
                [("min", Some(bounds.min)), ("max", Some(bounds.max)), ("default", bounds.default)];
            let facts =
                facts.iter().filter_map(|(key, value)| Some(format!("{key}: {}", (*value)?)));
            if !self.is_first("autoscale setting", &key, facts.collect()) {
                return;
            }
            self.azure.autoscale.push((target, bounds));
        }
    }
}
