"""same_greens.py REPORT DUMP: does a report (gmr -f json) say of green threads what greens.py has said of its own?"""
import json
import re
import sys

from same import compare_stack, compare_threads, differs, finish, read, same_text


def compare_frames(where, ours, theirs):
    if theirs["state"] == "suspended":
        compare_stack(where, ours["stack_trace"], theirs["lines"])
    elif ours["stack_trace"]["lines"] or ours["stack_trace"]["end"] != "in Threads":
        differs(where, "runs, but", ours["stack_trace"])


def compare(where, ours, theirs):
    compare_frames(where, ours, theirs)
    if ours["state"] != theirs["state"]:
        differs(where, "is", ours["state"], "not", theirs["state"])
    if ours["kind"] != theirs["kind"]:
        differs(where, ours["kind"], "is no", theirs["kind"])
    if theirs["name"] and not same_text(ours["name"], theirs["name"]):
        differs(where, "is called", ours["name"], "not", theirs["name"])
    if theirs["thread"] and ours["thread_id"] != theirs["thread"]:
        differs(where, "of thread", ours["thread_id"], "not", theirs["thread"])
    if theirs["parent"] and ours["parent"] != theirs["parent"]:
        differs(where, "child of", ours["parent"], "not", theirs["parent"])
    if not same_text(ours["waits_for"], theirs.get("waits_for")):
        differs(where, "waits for", ours["waits_for"], "not", theirs.get("waits_for"))


def rest_of(report):
    """Those without frames are only counted."""
    counts = [int(found.group(1)) for note in report["report"]["notes"]
              if (found := re.match(r"greenlets without frames, .*: (\d+)", note["text"]))]
    return sum(counts)


def main():
    report, dump = json.loads(read(sys.argv[1])), json.loads(read(sys.argv[2]))
    greens = {green["id"]: green for green in report["Green Threads"]}
    for one, theirs in dump["greens"].items():
        ours = greens.pop(one, None)
        if ours:
            compare(f"{theirs['kind']} {one}", ours, theirs)
        else:
            differs(theirs["kind"], one, theirs["lines"][-1], "is not there")
    for one, ours in greens.items():
        differs(f"{ours['kind']} {one}", "is not known to the program:", ours)
    if rest_of(report) != dump["rest"]:
        differs("without frames", rest_of(report), "not", dump["rest"], report["report"]["notes"])
    compare_threads(report, dump)
    finish()


main()
