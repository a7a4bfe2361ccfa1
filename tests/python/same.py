"""same.py REPORT DUMP: does a report (gmr -f json) say of Python what the program said of itself?

DUMP: what state.py has written; beside it DUMP.faulthandler and DUMP.interpreter, where there are some. Status 1, and
what differs.
"""
import json
import os
import re
import sys

SHOWN = 4096  # frames of a thread
wrong = []


def differs(where, *what):
    wrong.append(" ".join([f"{where}:", *(str(part)[:600] for part in what)]))


def escaped(text):
    """As core/buf.h: bytes that are no UTF-8, and control characters, are \\xNN."""
    made = []
    for character in text:
        code = ord(character)
        if 0xdc80 <= code <= 0xdcff:
            made.append(f"\\x{code & 0xff:02x}")
        elif code < 0x20 or 0x7f <= code <= 0x9f:
            made.append("".join(f"\\x{byte:02x}" for byte in character.encode()))
        else:
            made.append(character)
    return "".join(made)


def same_text(ours, text):
    """What is very long may be cut."""
    if not text:
        return not ours
    text = escaped(text)
    return ours == text or len(text) > 1000 <= len(ours) and text.startswith(ours.rstrip("."))


def same_line(ours, line):
    filename, number, name, qualname, code = line
    if not same_text(ours["filename"], filename) or ours["line"] != number or not same_text(ours["name"], name):
        return False
    if qualname is not None and not same_text(ours["qualname"], qualname):
        return False
    # Who decodes may not read all files, and masks what looks like a secret.
    return not code or ours["code"] is None or ours["code"] == escaped(code) or "***" in ours["code"]


def compare_stack(where, stack, lines):
    ours = stack["lines"]
    if len(lines) > SHOWN:
        if not stack["end"] or len(ours) < SHOWN // 2:
            differs(where, len(ours), "of", len(lines), "frames,", stack["end"])
        lines = lines[-len(ours):]
    elif stack["end"]:
        differs(where, "is not whole:", stack["end"])
    if len(ours) != len(lines):
        differs(where, len(ours), "frames, not", len(lines), *(f"\n    {line['filename'][:60]}:{line['line']} "
                f"{line['name']}" for line in ours[-20:]), "\n  not", *(f"\n    {line}" for line in lines[-20:]))
    for number, (our, line) in enumerate(zip(ours, lines)):
        if not same_line(our, line):
            differs(where, f"frame {number}", our, "\n    not", line)


def compare_exception(where, ours, theirs):
    if not ours or not theirs:
        return ours == theirs or differs(where, "exception", ours, "\n    not", theirs)
    said = json.dumps(ours, ensure_ascii=False)
    if ours["type"].split(".")[-1] != theirs["type"]:
        differs(where, "exception", said, "\n    not", theirs)
    if ours["line"] != theirs["line"] or not same_text(ours["file"], theirs["file"]):
        differs(where, "exception not raised at", theirs["line"], "of", theirs["file"], "\n    but", said)
    if not same_text(ours["args"], ", ".join(theirs["args"])):
        differs(where, "arguments", said, "\n    not", theirs)


def compare_threads(report, dump):
    threads = {str(thread["thread_id"]): thread for thread in report["Threads"]}
    for tid, state in dump["threads"].items():
        thread = threads.pop(tid, None)
        where = f"thread {tid}, {state['name']}"
        if not thread:
            differs(where, "is not there")
            continue
        compare_stack(where, thread["stack_trace"], state["lines"])
        compare_exception(where, thread["stack_trace"]["root_exception"], state["exception"])
        if state["name"] and thread["name"] != state["name"]:
            differs(where, "is called", thread["name"])
        if not thread["python"]["settled"]:
            differs(where, "ran meanwhile:", thread["python"])
        if not thread["native_stack_trace"]["lines"]:
            differs(where, "has no native stack:", thread["native_stack_trace"])
    return threads


def compare_others(threads):
    """Threads that run no Python are as those of any program."""
    for tid, thread in threads.items():
        if any((line["filename"] or "").endswith(".py") for line in thread["stack_trace"]["lines"]):
            differs(f"thread {tid}", "runs no Python:", thread["stack_trace"])


def compare_interpreter(report, lines):
    stacks = [one["stack_trace"] for thread in report["Threads"] for one in thread.get("interpreters", [])]
    if len(stacks) != 1:
        differs("interpreter", len(stacks), "of them")
    for stack in stacks:
        compare_stack("interpreter", stack, lines)


def of_faulthandler(text):
    """Thread 0x00007f1c4a3b0700 [name] (most recent call first):
      File "a.py", line 12 in name"""
    threads, frames = {}, None
    for line in text.splitlines():
        thread = re.match(r"(?:Current t|T)hread 0x([0-9a-f]+)", line)
        frame = re.match(r'  File "(.*)", line (\d+) in (.*)$', line)
        if thread:
            frames = threads.setdefault(int(thread.group(1), 16), [])
        elif frame:
            frames.append((frame.group(1), int(frame.group(2)), frame.group(3)))
    return threads


def is_plain(*texts):
    return all(text.isascii() and text.isprintable() and "\\" not in text and len(text) < 500 for text in texts)


def compare_faulthandler(report, dump, text):
    """It tells of the thread that called it where it did so; and of 100 frames."""
    theirs = of_faulthandler(text)
    ours = {str(thread["thread_id"]): thread["stack_trace"]["lines"] for thread in report["Threads"]}
    for tid, state in dump["threads"].items():
        frames = theirs[state["ident"]]
        while frames[0][2] == "dump" or frames[0][0].endswith("faulthandler.py"):
            frames.pop(0)
        lines = ours.get(tid, [])[::-1][:100]
        if len(lines) != len(frames[:100]) and not 90 < len(frames) < len(lines):
            differs(f"thread {tid}, {state['name']}", len(lines), "frames; faulthandler has", len(frames))
        for line, (filename, number, name) in zip(lines, frames):
            if line["line"] != number or is_plain(filename, name) and (line["filename"] or "", line["name"]) \
                    != (filename, name):
                differs(f"thread {tid}, {state['name']}", line, "\n    faulthandler has", (filename, number, name))


def read(name):
    with open(name, encoding="utf-8", errors="replace") as file:
        return file.read()


def finish():
    if wrong:
        print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


def main():
    dump_name = sys.argv[2]
    report, dump = json.loads(read(sys.argv[1])), json.loads(read(dump_name))
    compare_others(compare_threads(report, dump))
    if os.path.exists(dump_name + ".faulthandler"):
        compare_faulthandler(report, dump, read(dump_name + ".faulthandler"))
    if os.path.exists(dump_name + ".interpreter"):
        compare_interpreter(report, json.loads(read(dump_name + ".interpreter")))
    finish()


if __name__ == "__main__":
    main()
