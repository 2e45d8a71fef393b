"""The fleet-year of fleet_year.rs as a model in SimPy 4.1, as its users would write one.

    python3 fleet_year.py DIR DECISIONS.csv

It reads DIR/fleet.csv and DIR/events.csv, and writes a row for each decision. Each timer of an
instance has a process, and so has each account in arrears. The verdicts of alibaba-ecs@2026-05-15
that these files need are written into the code; it reads no policy and reports no rule or source.
`stayput run DIR/scenario.yaml --out OUT` makes the same number of decisions of each kind.
"""
import csv
import sys
from collections import Counter
from datetime import datetime

import simpy

DAY = 86_400
START = 1_767_225_600  # 2026-01-01T00:00:00Z
END = START + 365 * DAY


def seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Instance:
    __slots__ = ("account", "expired", "name", "protected", "released", "subscription", "timer")

    def __init__(self, name, account, subscription, protected):
        self.name, self.account = name, account
        self.subscription, self.protected = subscription, protected
        self.expired = self.released = False
        self.timer = None


class Fleet:
    def __init__(self, env, log):
        self.env, self.log = env, log
        self.instances, self.accounts, self.arrears = {}, {}, {}
        self.counts = Counter()

    def decide(self, instance, trigger):
        if instance.released:
            outcome = "no-op"
        elif trigger == "manual" and instance.subscription:
            outcome = "denied"  # its term has not ended, or the call lacks terminate-subscription
        elif not instance.protected or instance.subscription:
            outcome = "unprotected"  # on a subscription the flag does nothing
        elif trigger == "manual":
            outcome = "held"
        else:
            outcome = "overridden"
        self.counts[trigger, outcome] += 1
        self.log.writerow((self.env.now, trigger, instance.name, outcome))
        if outcome in ("unprotected", "overridden"):
            instance.released = True
            self.cancel(instance)

    def scheduled_release(self, instance, due):
        try:
            yield self.env.timeout(due - self.env.now)
        except simpy.Interrupt:
            return
        instance.timer = None
        self.decide(instance, "scheduled-release")

    def expiry(self, instance, due):
        yield self.env.timeout(due - self.env.now)
        if not instance.released:
            instance.expired = True
            yield self.env.timeout(15 * DAY)
            self.decide(instance, "expiry")

    def overdue(self, account):
        try:
            yield self.env.timeout(15 * DAY)
        except simpy.Interrupt:
            return
        for instance in self.accounts[account]:
            if not instance.released and not instance.subscription:
                self.decide(instance, "billing-overdue")

    def schedule(self, instance, due):
        self.cancel(instance)
        if not instance.released and not instance.subscription and due <= END:
            instance.timer = self.env.process(self.scheduled_release(instance, due))

    def cancel(self, instance):
        if instance.timer is not None and instance.timer is not self.env.active_process:
            instance.timer.interrupt()
        instance.timer = None

    def settle(self, account):
        clock = self.arrears.pop(account, None)
        if clock is not None and clock.is_alive:
            clock.interrupt()

    def events(self, rows):
        for row in rows:
            at = seconds(row["at"])
            if at > self.env.now:
                yield self.env.timeout(at - self.env.now)
            verb = row["verb"]
            if verb == "schedule-release":
                self.schedule(self.instances[row["instance"]], seconds(row["time"]))
            elif verb == "cancel-scheduled-release":
                self.cancel(self.instances[row["instance"]])
            elif verb == "release":
                self.decide(self.instances[row["instance"]], "manual")
            elif verb == "set-protection":
                self.instances[row["instance"]].protected = row["flags"].endswith("true")
            elif verb == "overdue":
                if row["account"] not in self.arrears:
                    account = row["account"]
                    self.arrears[account] = self.env.process(self.overdue(account))
            elif verb == "settle":
                self.settle(row["account"])


def main(folder, decisions):
    env = simpy.Environment(initial_time=START)
    with open(decisions, "w", newline="") as out:
        fleet = Fleet(env, csv.writer(out))
        with open(f"{folder}/fleet.csv", newline="") as rows:
            for row in csv.DictReader(rows):
                subscription = row["billing"] == "subscription"
                instance = Instance(row["instance"], row["account"], subscription, bool(row["protect"]))
                fleet.instances[instance.name] = instance
                fleet.accounts.setdefault(instance.account, []).append(instance)
                if subscription and seconds(row["expires"]) <= END:
                    env.process(fleet.expiry(instance, seconds(row["expires"])))
                elif row["auto-release"]:
                    fleet.schedule(instance, seconds(row["auto-release"]))
        with open(f"{folder}/events.csv", newline="") as rows:
            env.process(fleet.events(csv.DictReader(rows)))
            env.run(until=END + 1)
    for (trigger, outcome), count in sorted(fleet.counts.items()):
        print(f"{trigger},{outcome},{count}")


if __name__ == "__main__":
    main(*sys.argv[1:])
