"""same_oslo.py TEXT DUMP: does a report (gmr, text) show the threads as oslo.reports has printed them (oslo.py)?

Line for line, but for what procguard-gmr(1) says under DIFFERENCES: the line below a heading, and native frames.
"""
import json
import re
import sys

HEADING = re.compile(r"^-{6} +(Thread #(\d+)|Green Thread.*?) +-{6}$")


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def sections(text):
    """Heading and lines of each thread."""
    found = []
    lines = None
    for line in text.splitlines():
        heading = HEADING.match(line)
        if heading:
            lines = []
            found.append((heading, lines))
        elif re.match(r"^=+$", line):
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


def python_of(lines):
    """Without the line that tells the state, and what is not of Python."""
    end = lines.index("native:") if "native:" in lines else len(lines)
    return "\n".join(lines[1:end]).strip("\n")


def printed(text):
    """What oslo.reports has below its heading; no source, no backquotes."""
    return "\n".join(text.splitlines()[1:]).strip("\n").replace("    ``", "    (source not found)")


def main():
    ours, theirs = sections(read(sys.argv[1])), json.loads(read(sys.argv[2]))
    threads = {heading.group(2): python_of(lines) for heading, lines in ours if heading.group(2)}
    greens = sorted(python_of(lines) for heading, lines in ours if not heading.group(2))
    failed = False
    for tid, text in theirs["threads"].items():
        if threads.get(tid) != printed(text):
            failed = True
            print(f"thread {tid}:", threads.get(tid), "--- oslo.reports has:", printed(text), sep="\n")
    if greens != sorted(map(printed, theirs["greens"])):
        failed = True
        print("Green Threads:", *greens, "--- oslo.reports has:", *map(printed, theirs["greens"]), sep="\n")
    sys.exit(1 if failed or not theirs["threads"] or not greens else 0)


main()
