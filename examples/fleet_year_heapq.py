"""The fleet-year of fleet_year.rs as a model without a library: one heap of timers.

    python3 fleet_year_heapq.py DIR DECISIONS.csv [polars]

With `polars` the tables are read by that library, else by the module csv.
It reads and writes the same files as fleet_year.py and prints the same counts. A timer that was
moved or cleared stays in the heap and is skipped when it is taken.
"""
import csv
import sys
from collections import Counter
from datetime import date
from heapq import heappop, heappush

DAY = 86_400
START = 1_767_225_600  # 2026-01-01T00:00:00Z
END = START + 365 * DAY
EPOCH = date(1970, 1, 1).toordinal()

# Timers that are due at the same instant fire in this order.
BILL, RELEASE, TERM, EXPIRY = range(4)

midnights = {}


def seconds(text):
    day = text[:10]
    midnight = midnights.get(day)
    if midnight is None:
        midnight = midnights[day] = (date.fromisoformat(day).toordinal() - EPOCH) * DAY
    return midnight + int(text[11:13]) * 3_600 + int(text[14:16]) * 60 + int(text[17:19])


def rows_of_csv(path, _times):
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def rows_of_polars(path, times):
    """The same rows with seconds in the columns `times`, and None for an empty cell."""
    import polars

    table = polars.read_csv(path, infer_schema=False)
    instant = "%Y-%m-%dT%H:%M:%SZ"
    seconds = [polars.col(name).str.to_datetime(instant).dt.epoch("s") for name in times]
    return zip(*(column.to_list() for column in table.with_columns(seconds)), strict=True)


class Instance:
    __slots__ = ("account", "due", "name", "protected", "released", "subscription")


def main(folder, decisions, reader="csv"):
    reads_text = reader == "csv"
    rows_of = rows_of_csv if reads_text else rows_of_polars
    in_seconds = seconds if reads_text else int
    heap, counts = [], Counter()
    instances, members, arrears = {}, {}, {}
    with open(decisions, "w", newline="", buffering=1 << 20) as out:
        write = csv.writer(out).writerow

        def decide(now, trigger, one):
            if one.released:
                outcome = "no-op"
            elif trigger == "manual" and one.subscription:
                outcome = "denied"
            elif not one.protected or one.subscription:
                outcome = "unprotected"
            else:
                outcome = "held" if trigger == "manual" else "overridden"
            counts[trigger, outcome] += 1
            write((now, trigger, one.name, outcome))
            if outcome in ("unprotected", "overridden"):
                one.released, one.due = True, None

        def schedule(one, due, number):
            one.due = None
            if not one.released and not one.subscription and due <= END:
                one.due = due
                heappush(heap, (due, RELEASE, number, one))

        def fire(now, kind, number, about):
            if kind == RELEASE:
                if about.due == now:
                    about.due = None
                    decide(now, "scheduled-release", about)
            elif kind == TERM:
                if not about.released:
                    heappush(heap, (now + 15 * DAY, EXPIRY, number, about))
            elif kind == EXPIRY:
                decide(now, "expiry", about)
            elif arrears.get(about) == now:
                for one in members[about]:
                    if not one.released and not one.subscription:
                        decide(now, "billing-overdue", one)

        rows = rows_of(f"{folder}/fleet.csv", ["expires", "auto-release"])
        for number, (name, account, billing, expires, release, protect) in enumerate(rows):
            one = instances[name] = Instance()
            one.name, one.account, one.protected = name, account, bool(protect)
            one.subscription, one.released, one.due = billing == "subscription", False, None
            members.setdefault(account, []).append(one)
            if one.subscription:
                heappush(heap, (in_seconds(expires), TERM, number, one))
            elif release:
                schedule(one, in_seconds(release), number)
        rows = rows_of(f"{folder}/events.csv", ["at", "time"])
        for number, row in enumerate(rows, len(instances)):
            at, verb, name, time, flags, _, account, _, _ = row
            now = in_seconds(at)
            while heap and heap[0][0] < now:
                fire(*heappop(heap))
            if verb == "schedule-release":
                schedule(instances[name], in_seconds(time), number)
            elif verb == "cancel-scheduled-release":
                instances[name].due = None
            elif verb == "release":
                decide(now, "manual", instances[name])
            elif verb == "set-protection":
                instances[name].protected = flags.endswith("true")
            elif verb == "overdue":
                if account not in arrears:
                    arrears[account] = now + 15 * DAY
                    heappush(heap, (now + 15 * DAY, BILL, number, account))
            elif verb == "settle":
                arrears.pop(account, None)
        while heap and heap[0][0] <= END:
            fire(*heappop(heap))
    for (trigger, outcome), count in sorted(counts.items()):
        print(f"{trigger},{outcome},{count}")


if __name__ == "__main__":
    main(*sys.argv[1:])
