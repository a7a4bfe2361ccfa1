"""What a Python program says of itself, so that a report of it can be compared.

A thread that has come to where it stays calls here() in the same line, and goes to sleep there; rest() does both. When
all have, the last one calls dump() in the line where it then stays, so that its own frame is as it will be, too.
For CPython 3.8 and later.
"""
import json
import linecache
import os
import sys
import threading
import time
import traceback

never, _other_end = os.pipe()
_resting = {}
CASES = {}


def case(function):
    """A thread is to run it."""
    CASES[function.__name__] = function
    return function


def line(frame, text):
    """Is FRAME where the source says TEXT?"""
    return text in linecache.getline(frame.f_code.co_filename, frame.f_lineno)


def exception():
    """What this thread handles: its arguments, of those that are no strings and integers their types, and where it was
    raised."""
    kind, value, trace = sys.exc_info()
    if kind is None:
        return None
    where = traceback.extract_tb(trace)[-1]
    args = [str(arg) if isinstance(arg, (str, int)) else f"<{type(arg).__name__}>" for arg in value.args]
    return {"type": kind.__name__, "args": args, "file": where.filename, "line": where.lineno}


def here(settled=None):
    """This thread stays; SETTLED: of its innermost frame, is it where it stays?"""
    note = {"id": threading.get_native_id(), "exception": exception(), "settled": settled}
    _resting[threading.get_ident()] = note


def rest(*_):
    """For ever."""
    here(); os.read(never, 1)


def lines(frame):
    """Outermost first: file, line, name, qualified name (from 3.11 on), source."""
    qualified = [getattr(f.f_code, "co_qualname", None) for f, _ in traceback.walk_stack(frame)]
    stack = traceback.StackSummary.extract(traceback.walk_stack(frame), lookup_lines=False)
    stack.reverse()
    return [[at.filename, at.lineno, at.name, name, source(at)] for at, name in zip(stack, reversed(qualified))]


def source(at):
    try:
        return at.line
    except ValueError: # a name with a NUL
        return None


def _all_settled(resting, frames):
    for ident, note in resting.items():
        top = frames[ident]
        if top.f_code is here.__code__ or top.f_code is exception.__code__:
            return False
        if note["settled"] and not note["settled"](top):
            return False
    return True


def states(frame, count):
    """Of this thread, by FRAME, and of COUNT that stay. Who is noted before the frames are taken is in its last one by
    then; who is noted later may have been in another."""
    while True:
        resting, frames = _resting.copy(), sys._current_frames()
        if len(resting) >= count and _all_settled(resting, frames):
            break
        time.sleep(0.01)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    threads = {}
    for ident, note in resting.items():
        threads[note["id"]] = {"ident": ident, "name": names.get(ident), "exception": note["exception"],
                               "lines": lines(frames[ident])}
    threads[threading.get_native_id()] = {"ident": threading.get_ident(), "name": threading.current_thread().name,
                                          "exception": exception(), "lines": lines(frame)}
    return threads


def forget():
    """In a child: the threads that are not its own."""
    _resting.clear()


def write(path, value):
    """PATH is there when it is whole."""
    with open(path + ".new", "w") as file:
        json.dump(value, file)
    os.rename(path + ".new", path)


def dump(path, frame, count, **more):
    """To PATH, and what faulthandler has to say to PATH.faulthandler."""
    value = {"pid": os.getpid(), "version": sys.version_info[:3], "threads": states(frame, count), **more}
    import faulthandler # not in every interpreter
    with open(path + ".faulthandler", "w") as file:
        faulthandler.dump_traceback(file, all_threads=True)
    write(path, value)
