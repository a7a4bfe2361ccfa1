#!/usr/bin/env python3
"""terminal.py STEP...: talk with a program in a new terminal.

A STEP is "run=COMMAND" (what has the terminal, first; by the shell), "type=TEXT" (\\n, \\x1a and the like are
understood), "see=REGEX" (wait until it shows, behind what was seen before) or "end=STATUS" (wait for its end). Exits 1
after PATIENCE seconds in vain."""
import os
import pty
import re
import select
import sys
import time


PATIENCE = 60 * int(os.environ.get("TIMES", "1"))


def fail(text, shown):
    sys.stderr.write("%s; on the terminal: %r\n" % (text, shown))
    sys.exit(1)


def main():
    shown, pid, fd = b"", None, None
    for step in sys.argv[1:]:
        deadline = time.monotonic() + PATIENCE
        verb, text = step.split("=", 1)
        if verb == "run":
            pid, fd = pty.fork()
            if pid == 0:
                os.execv("/bin/sh", ["sh", "-c", text])
        elif verb == "type":
            os.write(fd, text.encode().decode("unicode_escape").encode())
        else:
            match = None
            while not match:
                if verb == "see":
                    match = re.search(text.encode(), shown)
                    if match:
                        shown = shown[match.end():]
                        continue
                ready = select.select([fd], [], [], 0.05)[0]
                if ready:
                    try:
                        shown += os.read(fd, 4096)
                    except OSError:  # nobody has it open any more
                        ready = []
                if verb == "end":
                    ended, status = os.waitpid(pid, os.WNOHANG)
                    if ended:
                        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
                        if code != int(text):
                            fail("it ended with %d, not %s" % (code, text), shown)
                        break
                if time.monotonic() > deadline:
                    fail("waited in vain for %s" % step, shown)


main()
