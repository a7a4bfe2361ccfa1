"""Threads that rest where the library waits; and where they fork."""
import os
import queue
import subprocess
import sys
import threading

from state import case, dump, forget, here, line, never, rest

forking = threading.Lock()


def in_acquire(frame):
    return line(frame, "waiter.acquire()") and "saved_state" in frame.f_locals


@case
def event():
    here(in_acquire); threading.Event().wait()


@case
def items():
    here(in_acquire); queue.Queue().get()


@case
def lock():
    lock = threading.Lock()
    lock.acquire()
    here(); lock.acquire()


@case
def child():
    def waits(frame):
        return frame.f_code.co_name == "_try_wait" and line(frame, "waitpid(")
    command = [sys.executable, "-S", "-c", "import os; os.read(0, 1)"]
    with forking:
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
    here(waits); process.wait()


@case
def forks():
    """The child of a thread: DUMP.child tells of it."""
    with forking:
        child = os.fork()
    if child:
        rest()
    forget()
    dump(sys.argv[1] + ".child", sys._getframe(), 0); os.read(never, 1)
