"""gmr_stacks.py JSON PEER [gdb]: does a report (gmr -f json) have the stacks that another tool saw?

PEER: what `eu-stack -p PID` printed: the same threads, the same names in the same order. With "gdb":
what `gdb -batch -ex 'thread apply all bt'` printed: file and line of each frame that has any, too.
Status 1 and what differs.
"""
import json
import os.path
import re
import sys


def frames_of_eu_stack(text):
    """TID 12:
    #0  0x00007f7c3a4d5c9f pause - 1
    #1  0x0000561a"""
    threads, frames = {}, None
    for line in text.splitlines():
        tid = re.match(r"TID (\d+):", line)
        frame = re.match(r"#\d+ +0x[0-9a-f]+(?: +(?:- 1 +)?(\S.*?))?(?: - 1)?$", line)
        if tid:
            frames = threads.setdefault(int(tid.group(1)), [])
        elif frame:
            frames.append(frame.group(1))
    return threads


def frames_of_gdb(text):
    """Thread 2 (Thread 0x7f (LWP 12) "stacks"):
    #0  0x00007f in __GI___poll (fds=..., nfds=1) at ../sysdeps/poll.c:29
    #1  rest_in_poll () at stacks.c:31"""
    threads, frames = {}, None
    for line in text.splitlines():
        tid = re.match(r"Thread \d+ .*LWP (\d+)\)", line)
        frame = re.match(r"#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \(.*?(?: at (\S+):(\d+))?$", line)
        if tid:
            frames = threads.setdefault(int(tid.group(1)), [])
        elif frame and frames is not None:
            place = (os.path.basename(frame.group(2)), int(frame.group(3))) if frame.group(2) else None
            frames.append((frame.group(1), place))
    return threads


def native(thread):
    """Beside Python's stack, where there is one."""
    return thread.get("native_stack_trace") or thread["stack_trace"]


def frames_of_report(report, with_place):
    threads = {}
    for thread in report["Threads"]:
        frames = []
        for line in reversed(native(thread)["lines"]):
            name = None if line["name"] == "??" else line["name"]
            place = (os.path.basename(line["filename"]), line["line"]) if line.get("filename") else None
            frames.append((name, place) if with_place else name)
        threads[thread["thread_id"]] = frames
    return threads


def without_guesses(report, peer):
    """Where the report says that a stack goes on in a way that nothing tells (code that was made at run time), the peer
    may take what the frame pointer of such code points at, the program's own data, for one more caller or two."""
    for thread in report["Threads"]:
        frames = peer.get(thread["thread_id"])
        ours = len(native(thread)["lines"])
        if frames and native(thread)["end"] == "short" and not any(frames[ours:]):
            del frames[ours:]
    return peer


def only_with_place(frames):
    """What gdb names otherwise (aliases in libc) and where only one of both has debug information says nothing."""
    return [(name, place) for name, place in frames if place and place[0].startswith("stacks")]


def main():
    with open(sys.argv[1]) as f:
        report = json.load(f)
    with open(sys.argv[2]) as f:
        text = f.read()
    by_gdb = len(sys.argv) > 3
    ours = frames_of_report(report, by_gdb)
    peer = frames_of_gdb(text) if by_gdb else without_guesses(report, frames_of_eu_stack(text))
    if by_gdb:
        ours = {tid: only_with_place(frames) for tid, frames in ours.items()}
        peer = {tid: only_with_place(frames) for tid, frames in peer.items()}
    if by_gdb and not any(peer.values()):
        sys.exit("gdb saw no line of the program")
    if not peer or ours == peer:
        sys.exit(0 if peer else "the peer saw no thread")
    for tid in sorted(ours.keys() | peer.keys()):
        if ours.get(tid) != peer.get(tid):
            print(f"thread {tid}:\n  ours: {ours.get(tid)}\n  peer: {peer.get(tid)}")
    sys.exit(1)


main()
