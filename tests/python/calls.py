"""Threads that rest in calls: of Python, by C, in classes and statements."""
import contextlib
import ctypes
import functools
import re
import sys
import weakref

from state import case, rest


# ---- calls ----

@case
def nested():
    def first():
        def second():
            return third(1, 2)
        return [second()]

    def third(*_):
        rest()
    first()


@case
def lambdas():
    (lambda: (lambda: rest())())()


@case
def recursion():
    def down(n):
        return rest() if n == 0 else down(n - 1)
    down(900)


@case
def deeper_than_shown():
    def down(n):
        if n == 0:
            rest()
        down(n - 1)
    down(5000)


@case
def lines_of_a_call():
    return max(
        1,
        rest(
            1,
            2),
        key=len,
    )


class Chain:
    def then(self, function, *_):
        function()
        return self


@case
def chain():
    return (
        Chain()
        .then(int)
        .then(rest,
              1)
    )


# ---- C in between ----

@case
def key_of_sorted():
    sorted([1, 2], key=lambda _: rest())


@case
def callback_of_re():
    re.sub("a", rest, "banana")


@case
def reduce():
    functools.reduce(lambda a, b: rest(), [1, 2, 3])


@case
def callback_of_ctypes():
    function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda a, b: rest() or 0)
    ctypes.CDLL(None).qsort((ctypes.c_int * 3)(3, 2, 1), 3, 4, function)


@case
def deleted():
    class Deleted:
        def __del__(self):
            rest()
    one = Deleted()
    del one


@case
def referred_weakly():
    class Gone:
        pass
    one = Gone()
    reference = weakref.ref(one, rest)
    del one
    return reference


@case
def traced():
    def tracer(frame, event, arg):
        if event == "line":
            rest()
        return tracer

    def followed():
        one = 1
        return one
    sys.settrace(tracer)
    followed()


# ---- comprehensions, classes, statements ----

@case
def comprehensions():
    return [{number: {rest() for _ in "a"} for number in (1, 2)} for _ in "ab"]


@case
def expression():
    return sum(rest() for _ in "ab")


@case
def body_of_a_class():
    class Outer:
        class Inner(int):
            rest()


@case
def metaclass():
    class Meta(type):
        def __new__(mcs, name, bases, names):
            rest()
            return super().__new__(mcs, name, bases, names)

    class Made(metaclass=Meta):
        pass
    return Made


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


class Attributes:
    @property
    def one(self):
        return self.two

    def __getattr__(self, name):
        return self[name]

    def __getitem__(self, name):
        return self(name)

    @decorated
    @decorated
    def __call__(self, name):
        rest()


@case
def attributes_and_decorators():
    return Attributes().one


@case
def context():
    @contextlib.contextmanager
    def manager():
        try:
            yield
        finally:
            rest()
    with manager():
        pass


@case
def finally_and_else():
    try:
        pass
    except OSError:
        pass
    else:
        try:
            return 1
        finally:
            while True:
                rest()
