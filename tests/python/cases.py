"""cases.py DUMP: threads that rest in all kinds of frames; state.py tells of them.

The main thread rests in the handler of a signal. For CPython 3.8 and later.
"""
import ctypes
import os
import signal
import sys
import threading
import _thread

import calls, exceptions, generators, names, waits  # noqa: their cases
from state import CASES, dump, never, rest


def start_all():
    threading.stack_size(64 << 20)
    sys.setrecursionlimit(8000)
    for name, function in CASES.items():
        threading.Thread(target=function, name=name, daemon=True).start()
    threading.Thread(target=rest, name="Имя 名 𝒳", daemon=True).start()
    _thread.start_new_thread(rest, ())
    libc = ctypes.CDLL(None)
    libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, ctypes.cast(libc.pause, ctypes.c_void_p), None)
    return len(CASES) + 2


def handler(number, frame):
    dump(sys.argv[1], sys._getframe(), main.count); os.read(never, 1)


def main():
    main.count = start_all()
    signal.signal(signal.SIGUSR2, handler)
    os.kill(os.getpid(), signal.SIGUSR2)
    rest()


main()
