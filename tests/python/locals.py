"""locals.py DUMP: functions that rest, with local variables of all kinds; in DUMP what they are: {function: {name:
[type, value]}}, as `gmr --locals` is to show them. For CPython 3.8 and later.
"""
import os
import sys

from state import never, write

SECRET = "hunter2"
SHOWN = 64 # characters
MASKED = {"url": "'mysql://heat:***@db/heat'", "connection": "'host=db password=*** user=heat'"}


class Number(int):
    pass


class Text(str):
    pass


class Silent:
    def __repr__(self):
        os._exit(99) # nothing of it is to be called


def short(value):
    return repr(value) if len(value) <= SHOWN else repr(value[:SHOWN]) + "..."


def shown(name, value):
    if "secret" in name:
        return "***"
    if name in MASKED:
        return MASKED[name]
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return repr(int(value)) if value.bit_length() < 64 else f"{value.bit_length()} bits"
    if isinstance(value, (str, bytes)):
        return short(value[:]) if type(value) in (str, bytes) else short(str(value))
    return None


def kind(value):
    name = type(value).__name__
    return f"{name} of {len(value)}" if isinstance(value, (list, tuple, dict)) else name


def told(variables):
    return {name: [kind(value), shown(name, value)] for name, value in variables.items()}


def outer(first, secret, *rest, secret_number=b"hunter2", **more):
    nothing, yes, no, half, far, odd = None, True, False, 0.5, -1e300, float("inf")
    zero, small, large, huge, number = 0, -5, -2 ** 63 + 1, 2 ** 70, Number(7)
    text, empty, quoted, wide, wider, long = "text", "", "it's", "żółć 名", "𝒳", "x" * 65
    data, items, pair, table, some, silent = b"\x00data", [1, 2, 3], (1, 2), {"password": "hunter2"}, {1}, Silent()
    url, connection = "mysql://heat:hunter2@db/heat", "host=db password=hunter2 user=heat"
    kept, derived, secret_kept, gone = "in a cell", Text("derived"), "hunter2", 1
    del gone

    def inner(argument):
        here = argument + kept + str(len(secret_kept))
        try:
            raise RuntimeError("password=" + secret_kept)
        except RuntimeError: # its arguments are masked, too
            write(sys.argv[1], {"outer": told(sys._getframe(1).f_locals), "inner": told(locals())}); os.read(never, 1)
    inner("an argument, ")


outer(1, SECRET, 2, 3, keyword=4)
