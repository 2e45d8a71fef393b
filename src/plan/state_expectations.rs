//! Resolves expected states of instances, groups and accounts.

use super::expectation_builder::{AlreadyReported, Expecting, Given};
use super::expectations::{
    CheckTime, ExpectedProtections, GroupState, InstanceState, StateLine, StateOf,
};
use crate::diagnostics::{Code, Problem, Span, Spanned};
use crate::format::expect::{AccountIs, At, GroupIs, Until, WrittenState};
use crate::format::{Name, Node, Read, Selector, Style, Value};
use crate::time::SimTime;
use crate::words::{Lifecycle, Word, ZoneId};

/// The keys of an expected state of instances. The first one needs a group.
const OF_MEMBERS: &[&str] = &[
    "member",
    "is",
    "billing",
    "lock",
    "protect",
    "auto-release",
    "expires",
    "latest-model",
    "probed",
    "health",
    "zone",
];

/// The keys of an expected state of a group.
const OF_GROUPS: &[&str] = &["is", "size", "desired", "protect"];

/// The keys of an expected state of an account.
const OF_ACCOUNTS: &[&str] = &["is"];

impl Expecting<'_, '_> {
    pub(super) fn state(&mut self, part: &WrittenState, span: Span) -> Option<StateLine> {
        let at = match part.at.value {
            At::End => CheckTime::End,
            At::Time(time) => {
                let at = Spanned::new(time, part.at.span);
                CheckTime::At(self.time_or_end(&at).ok()??)
            }
        };
        let (kind, allowed): (&str, &[&str]) = match (&part.instance, &part.group, &part.account) {
            (Some(_), Some(_), None) => ("instances", OF_MEMBERS),
            (Some(_), None, None) => ("instances", &OF_MEMBERS[1..]),
            (None, Some(_), None) => ("a group", OF_GROUPS),
            (None, None, Some(_)) => ("an account", OF_ACCOUNTS),
            _ => {
                let title =
                    "an expected state needs exactly one of instances, a group and an account";
                let problem = Problem::at(Code::MissingKey, span, title, "unclear subject");
                let problem = problem.help("write one of `instance`, `group` and `account`");
                self.resolver.problems.add(problem);
                return None;
            }
        };
        self.check_keys(part, span, kind, allowed)?;
        let of = match (&part.instance, &part.group, &part.account) {
            (Some(selector), group, _) => self.instance_state(part, selector, group.as_ref())?,
            (None, Some(group), _) => self.group_state(part, group)?,
            (None, None, Some(account)) => self.account_state(part, account)?,
            (None, None, None) => return None,
        };
        Some(StateLine { at, of })
    }

    /// Checks that a line has at least one state, and only states of its subject.
    fn check_keys(
        &mut self,
        part: &WrittenState,
        span: Span,
        kind: &str,
        allowed: &[&str],
    ) -> Option<()> {
        let given = [
            ("is", part.is.is_some()),
            ("size", part.size.is_some()),
            ("billing", part.billing.is_some()),
            ("lock", part.lock.is_some()),
            ("protect", part.protect.is_some()),
            ("auto-release", part.auto_release.is_some()),
            ("expires", part.expires.is_some()),
            ("member", part.member.is_some()),
            ("desired", part.desired.is_some()),
            ("latest-model", part.latest_model.is_some()),
            ("probed", part.probed.is_some()),
            ("health", part.health.is_some()),
            ("zone", part.zone.is_some()),
        ];
        let given: Vec<&str> = given.iter().filter(|(_, is)| *is).map(|(key, _)| *key).collect();
        let known = format!("states of {kind}: {}", allowed.join(", "));
        for key in given.iter().filter(|key| !allowed.contains(key)) {
            let title = format!("`{key}` is not a state of {kind}");
            let problem = Problem::at(Code::UnknownKey, span, title, format!("contains `{key}`"));
            self.resolver.problems.add(problem.note(known.clone()));
        }
        if given.is_empty() && !(part.instance.is_some() && part.group.is_some()) {
            let title = "this line expects nothing";
            let problem = Problem::at(Code::MissingKey, span, title, "no state");
            self.resolver.problems.add(problem.note(known));
            return None;
        }
        given.iter().all(|key| allowed.contains(key)).then_some(())
    }

    fn instance_state(
        &mut self,
        part: &WrittenState,
        selector: &Selector,
        group: Option<&Spanned<String>>,
    ) -> Option<StateOf> {
        let instances = self.resolver.select(selector)?;
        let is = match &part.is {
            Some(is) => Some(self.word::<Lifecycle>(is)?),
            None => None,
        };
        let member = match group {
            Some(name) => {
                let group = self.resolver.group(name, name.span)?;
                Some((group, part.member.unwrap_or(true)))
            }
            None => None,
        };
        let start = self.resolver.start;
        let until = |until: &Option<Spanned<Until>>| {
            until.as_ref().map(|until| until.0.map_or(SimTime::NEVER, |at| at.from(start)))
        };
        let state = InstanceState {
            is,
            billing: part.billing,
            lock: part.lock.as_ref().map(|locks| locks.0.iter().map(|lock| lock.value).collect()),
            protect: self.protections(part),
            auto_release: until(&part.auto_release),
            expires: until(&part.expires),
            member,
            latest_model: part.latest_model,
            probed: part.probed,
            health: part.health,
            zone: self.zone(part.zone.as_ref()).ok()?,
        };
        Some(StateOf::Instances(instances, Box::new(state)))
    }

    fn zone(&mut self, name: Option<&Spanned<Name>>) -> Given<ZoneId> {
        let Some(name) = name else { return Ok(None) };
        self.resolver.zone(name, name.span).map(Some).ok_or(AlreadyReported)
    }

    /// All protections that must be set or unknown; `None` if the line does not state them.
    fn protections(&mut self, part: &WrittenState) -> Option<ExpectedProtections> {
        let protect = part.protect.as_ref()?;
        for name in protect.on.iter().chain(&protect.unknown) {
            self.check_protection(name, name.span);
        }
        let names = |names: &[Spanned<String>]| names.iter().map(|n| n.value.clone()).collect();
        Some(ExpectedProtections { on: names(&protect.on), unknown: names(&protect.unknown) })
    }

    fn group_state(&mut self, part: &WrittenState, name: &Spanned<String>) -> Option<StateOf> {
        let group = self.resolver.group(name, name.span)?;
        let there = match &part.is {
            Some(is) => Some(self.word::<GroupIs>(is)? == GroupIs::There),
            None => None,
        };
        let protect = self.protections(part);
        Some(StateOf::Group(
            group,
            GroupState { there, size: part.size, desired: part.desired, protect },
        ))
    }

    fn account_state(&mut self, part: &WrittenState, name: &Spanned<Name>) -> Option<StateOf> {
        let account = self.resolver.account(name, name.span)?;
        Some(StateOf::Account(account, self.word::<AccountIs>(part.is.as_ref()?)?))
    }

    fn word<W: Word>(&mut self, text: &Spanned<String>) -> Option<W> {
        let node = Node {
            value: Value::Scalar(text.value.as_str().into(), Style::Plain),
            span: text.span,
        };
        W::read(&node, self.resolver.problems)
    }
}
