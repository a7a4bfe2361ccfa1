"""Greenlets that rest in all kinds of frames."""
import functools
import re
import threading

import greenlet

from state import here, rest


class Worker(greenlet.greenlet):
    def run(self, note):
        first(self, note)


def switch(one, note):
    note(one); one.parent.switch()


def first(one, note):
    return second(one, note)


def second(one, note):
    try:
        raise ValueError("a greenlet handles it")
    except ValueError:
        switch(one, note)


def by_c(note):
    sorted([1, 2], key=lambda _: functools.reduce(lambda a, b: switch(greenlet.getcurrent(), note), [1, 2]))


def generator(note):
    def numbers():
        switch(greenlet.getcurrent(), note)
        yield 1
    return [number for number in numbers()]


def deep(note):
    def down(n):
        return down(n - 1) if n else switch(greenlet.getcurrent(), note)
    down(100)


def child(note):
    """One whose parent is not the main one."""
    greenlet.greenlet(by_c).switch(note)
    switch(greenlet.getcurrent(), note)


def nested(note, levels=3):
    """Each below a child, all of them deep in C; from 3.12 on some of their frames are there, too."""
    def down(depth):
        if depth:
            max([depth], key=lambda _: re.sub("a", lambda _: str(down(depth - 1)), "a"))
        elif levels:
            greenlet.greenlet(nested).switch(note, levels - 1)
        switch(greenlet.getcurrent(), note)
    down(5 + levels)


def overwrite(n):
    """What is on the C stack where theirs were."""
    return max([n], key=lambda _: overwrite(n - 1)) if n else 0


def nothing(*_):
    pass


KINDS = [by_c, generator, deep]
kept = []


def keep(kind, count, note):
    """COUNT of them."""
    for number in range(count):
        one = Worker() if kind is Worker else greenlet.greenlet(kind)
        one.switch(note)
        kept.append(one)


def others(note):
    """Those of another thread."""
    keep(Worker, 2, note)
    rest()


def start(wanted, note):
    kept.append(greenlet.greenlet(nothing))
    finished = greenlet.greenlet(nothing)
    finished.switch()
    kept.append(finished)
    threading.Thread(target=others, args=[note], name="others", daemon=True).start()
    for kind in KINDS:
        keep(kind, 1, note)
    keep(child, 1, note)
    keep(nested, 1, note)
    overwrite(100)
    keep(Worker, wanted - len(KINDS) - 4 - 4, note)
