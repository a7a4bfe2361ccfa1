"""same_locals.py REPORT DUMP: does a report (gmr -f json --locals) show the local variables that locals.py has?"""
import json
import sys

from same import differs, finish, read

SECRET = "hunter2"


def main():
    report, dump = read(sys.argv[1]), json.loads(read(sys.argv[2]))
    stack = json.loads(report)["Threads"][0]["stack_trace"]
    lines = stack["lines"]
    if (stack["root_exception"] or {}).get("args") != "password=***":
        differs("exception", stack["root_exception"])
    for function, theirs in dump.items():
        ours = [line["locals"] for line in lines if line["name"] == function]
        ours = {one["name"]: [one["type"], one["value"]] for one in ours[0]} if len(ours) == 1 else {}
        for name in {**ours, **theirs}:
            if ours.get(name) != theirs.get(name):
                differs(f"{name} of {function}", ours.get(name), "not", theirs.get(name))
    if SECRET in report:
        differs("a secret is told", report[report.index(SECRET) - 200:][:400])
    finish()


main()
