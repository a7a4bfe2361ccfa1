"""oslo.py DUMP: threads and greenlets that rest, and in DUMP what oslo.reports prints of them, live:
{"threads": {native id: text}, "greens": [text of each that has frames]}."""
import collections
import contextlib
import functools
import os
import re
import sys
import threading

import greenlet
from oslo_reports.generators import threading as generators

import state
from state import never, rest

noted = []
kept = []


def in_calls():
    def second(password):
        return sorted([password], key=lambda token: rest(token))
    [second(password=password) for password in range(2)]


def in_generator():
    def numbers():
        yield 1
        rest()
    for _ in numbers():
        pass


def in_c():
    functools.reduce(lambda one, other: re.sub("a", rest, one + other), "ab")


def in_with():
    with contextlib.ExitStack() as stack:
        stack.callback(collections.Counter)
        rest(
            1,
            2,
        )


THREADS = [in_calls, in_generator, in_c, in_with]


def switch():
    greenlet.getcurrent().parent.switch()


def green():
    return [switch() for _ in range(2)]


def dump(frame):
    """Our own frame is given to oslo.reports, as its signal handler does it."""
    state.states(frame, len(THREADS))
    ids = {thread.ident: thread.native_id for thread in threading.enumerate()}
    threads = {}
    for ident, model in generators.ThreadReportGenerator(frame)().items():
        model["thread_id"] = ids[ident]
        model.set_current_view_type("text")
        threads[ids[ident]] = str(model)
    greens = []
    for model in generators.GreenThreadReportGenerator()().values():
        model.set_current_view_type("text")
        if model["stack_trace"]["lines"]:
            greens.append(str(model))
    state.write(sys.argv[1], {"threads": threads, "greens": greens})


def main():
    for function in THREADS:
        threading.Thread(target=function, daemon=True).start()
    for function in green, switch:
        kept.append(greenlet.greenlet(function))
        kept[-1].switch()
    dump(sys._getframe()); os.read(never, 1)


main()
