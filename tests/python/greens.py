"""greens.py DUMP greenlets|eventlet|gevent|tasks COUNT: green threads that rest, and what the program itself says of
them: DUMP has "greens", {id: {"kind", "name", "state", "lines", "parent", "thread", "waits_for"}}, and "rest", how many
have no frames.

A thread that has none of them makes the dump. For CPython 3.8 and later.
"""
import gc
import os
import sys
import threading
import time

import state
from state import lines, never

wanted = int(sys.argv[3])
noted = []
owners = {}


def note(thing=None):
    """It rests in this line; THING belongs to this thread."""
    noted.append(thing)
    owners[id(thing)] = threading.get_native_id()


# ---- what the library knows ----

def describe(kind, name, stack, parent, thing):
    return {"kind": kind, "name": name, "state": "suspended", "lines": stack, "parent": parent,
            "thread": owners.get(id(thing))}


def all_greenlets():
    import greenlet
    greens, rest = {}, 0
    for one in gc.get_objects():
        if not isinstance(one, greenlet.greenlet):
            continue
        frame = one.gr_frame
        if frame is None:
            rest += 1
        else:
            parent = hex(id(one.parent)) if one.parent is not None else None
            greens[hex(id(one))] = describe("greenlet", None, lines(frame), parent, one)
    return greens, rest


AWAITABLE = {"coroutine": ("cr_frame", "cr_await"), "generator": ("gi_frame", "gi_yieldfrom"),
             "async_generator": ("ag_frame", "ag_await")}
WRAPPERS = "coroutine_wrapper", "async_generator_asend", "async_generator_athrow"


def awaited(thing):
    """Frames of the coroutine, of what that awaits and so on: outermost first."""
    while True:
        name = type(thing).__name__
        if name in WRAPPERS: # they do not tell, but the collector does
            thing = [one for one in gc.get_referents(thing) if type(one).__name__ in AWAITABLE][0]
        elif name in AWAITABLE:
            frame, inner = (getattr(thing, field) for field in AWAITABLE[name])
            yield from lines(frame)[-1:]
            thing = inner
        else:
            return


def waits_for(task):
    waiter = task._fut_waiter
    if waiter is None:
        return None
    return waiter.get_name() if hasattr(waiter, "get_name") else f"<{type(waiter).__name__} at {id(waiter):#x}>"


def all_tasks(loop):
    import asyncio
    greens = {}
    for task in asyncio.all_tasks(loop):
        runs = task is asyncio.current_task(loop)
        stack = [] if runs else list(awaited(task.get_coro()))
        greens[hex(id(task))] = describe("task", task.get_name(), stack, None, task)
        greens[hex(id(task))].update(state="running" if runs else "suspended", waits_for=waits_for(task))
    return greens


# ---- programs ----

def in_poll(frame):
    return state.line(frame, ".poll(") and frame.f_locals.get("timeout") not in (None, 0)


def greenlets():
    import greenlet_programs
    greenlet_programs.start(wanted, note)
    state.here(); os.read(never, 1)


def eventlet():
    import server_programs
    server_programs.eventlet(wanted, note)


def gevent():
    import server_programs
    server_programs.gevent(wanted, note)


def tasks():
    import task_programs
    threading.Thread(target=task_programs.run_one, args=[note], daemon=True).start()
    state.here(in_poll); task_programs.run(wanted, note)


# ---- the dump ----

def find(kind, frame):
    """When all rest: what runs is at rest, too."""
    while len(noted) < wanted + (kind == "tasks"): # and the one that runs
        time.sleep(0.01)
    while kind != "tasks":
        greens, rest = all_greenlets()
        # Who accepts, too. Where one still runs, who will run behind it is there in its place.
        if len(greens) == wanted + (kind != "greenlets") and all(hex(id(one)) in greens for one in noted):
            return greens, rest
        time.sleep(0.01)
    import task_programs
    threads = state.states(frame, 2)
    return {**all_tasks(task_programs.loop), **all_tasks(task_programs.blocked)}, 0, threads


def dump(kind, frame):
    greens, rest, *threads = find(kind, frame)
    if kind == "greenlets":
        gc.freeze() # gc.get_objects() has none of these
    value = {"greens": greens, "rest": rest, "threads": threads[0] if threads else {}}
    state.write(sys.argv[1], value)


def dumper(kind):
    dump(kind, sys._getframe()); os.read(never, 1)


def main():
    kind = sys.argv[2]
    threading.Thread(target=dumper, args=[kind], name="dumper", daemon=True).start()
    {"greenlets": greenlets, "eventlet": eventlet, "gevent": gevent, "tasks": tasks}[kind]()


main()
