"""interpreter.py DUMP: a thread runs code in another interpreter; DUMP.interpreter tells of that. For CPython 3.8 and
later.

No sys._current_frames() here: from 3.12 on it makes objects of one interpreter in another, and free(3) aborts.
"""
import os
import sys
import threading
import time

import state

INSIDE = """
import os, sys
sys.path.insert(0, {directory!r})
import state
def inside():
    state.write({path!r}, state.lines(sys._getframe())); os.read(state.never, 1)
inside()
"""
threads = {}


def functions():
    try:
        import _xxsubinterpreters as interpreters
        return interpreters.create, interpreters.run_string
    except ImportError:
        import _interpreters as interpreters
        return interpreters.create, interpreters.exec


def note(frame):
    thread = threading.current_thread()
    threads[thread.native_id] = {"ident": thread.ident, "name": thread.name, "exception": None,
                                 "lines": state.lines(frame)}


def work(path):
    create, run = functions()
    code = INSIDE.format(directory=os.path.dirname(os.path.abspath(__file__)), path=path)
    made = create()
    note(sys._getframe()); run(made, code)


def finish(path, frame):
    while not os.path.exists(path + ".interpreter"):
        time.sleep(0.01)
    note(frame)
    state.write(path, {"threads": threads})


def main(path):
    threading.Thread(target=work, args=[path + ".interpreter"], name="interpreter", daemon=True).start()
    finish(path, sys._getframe()); os.read(state.never, 1)


main(sys.argv[1])
