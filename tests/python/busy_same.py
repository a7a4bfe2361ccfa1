"""busy_same.py REPORTS: are these reports of busy.py, one a line, possible? Says how many stacks were said to be torn.

A stack that is said to be of one moment must be one that the program can have.
"""
import json
import sys

CALLS = {
    "work": {"one_round", "exists"},
    "exists": set(),
    "one_round": {"__init__", "add", "numbers", "<listcomp>", "<genexpr>", "catch", "drive", "<lambda>", "fib"},
    "__init__": set(),
    "add": {"fib"},
    "numbers": {"fib"},
    "<listcomp>": {"fib"},
    "<genexpr>": {"fib"},
    "<lambda>": {"fib"},
    "catch": {"throw"},
    "throw": {"fib"},
    "drive": {"awaits"},
    "awaits": {"wants"},
    "wants": {"fib"},
    "fib": {"fib"},
}
OUTSIDE = ["_bootstrap", "_bootstrap_inner", "run"]
wrong = []


def is_possible(lines):
    names = [line["name"] for line in lines]
    if names[:1] == ["<module>"]:
        return names[1:2] in ([], ["main"])
    if names[:len(OUTSIDE)] != OUTSIDE[:len(names)]:
        return False
    names = names[len(OUTSIDE):]
    if names and names[0] != "work":
        return names[0] in ("set", "_stop", "is_set", "__init__") # a thread begins and ends in threading.py
    return all(callee in CALLS[caller] for caller, callee in zip(names, names[1:]) if caller in CALLS)


def is_well_formed(line):
    return isinstance(line["name"], str) and (line["line"] is None or line["line"] > 0)


def check(number, report):
    torn = stacks = 0
    for thread in report["Threads"]:
        lines = thread["stack_trace"]["lines"]
        if "python" not in thread or "native_stack_trace" not in thread:
            continue
        stacks += 1
        if thread["python"]["settled"] and not thread["stack_trace"]["end"]:
            if not is_possible(lines):
                wrong.append(f"report {number}, thread {thread['thread_id']}: impossible: " +
                             " ".join(f"{line['name']}:{line['line']}" for line in lines))
        else:
            torn += 1
            if report["report"]["complete"]:
                wrong.append(f"report {number}: torn, and complete: {thread['stack_trace']['end']}")
        if not all(is_well_formed(line) for line in lines):
            wrong.append(f"report {number}: {lines}")
    return stacks, torn


def main():
    reports = stacks = torn = none = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            seen = check(reports, json.loads(line))
            reports, stacks, torn, none = reports + 1, stacks + seen[0], torn + seen[1], none + (not seen[0])
    print(f"{reports} reports, {none} without Python, {stacks} stacks, {torn} said to be torn, {len(wrong)} wrong")
    print(*wrong[:20], sep="\n")
    sys.exit(1 if wrong or not stacks or none > reports // 2 else 0)


main()
