"""lines.py: what this interpreter itself says of the lines of its code: read by tests/progs/python_lines.c.

Compiles modules of the standard library, some without asserts or doc strings, and some of its own. A line of output for
each code object: how its table is coded (enum python_lines_kind), first line, table in hex or "-", then LINE*COUNT: so
many instructions, caches too, are in LINE, 0: in none."""
import ctypes
import os
import sys
import types
import warnings

MODULES = 75
BYTES = 6000  # of code that is asked for; the interpreter looks from the table's begin on each time

OWN = """
def far():
    return (%s
        1)

def back(a, b, c):
    return [
        a(
            b,
            *c,
        )
        for a in
        b if
        c
    ]

async def wait(a):
    async with a as b:
        try:
            await b(
                a
            )
        except (ValueError,
                KeyError):
            raise (lambda:
                    b)
        finally:
            yield a

class C:
    def method(self):
        with self as a, \\
                a as b:
            while b:
                if a:
                    continue
                break
            else:
                del a
"""

MATCH = """
def match_it(a):
    match a:
        case [1, *rest] if rest:
            return rest
        case {'b': b,
              **others}:
            return b
        case C(x=1) | C(y=2):
            pass
        case _:
            raise ValueError(
                a)
"""

address_to_line = ctypes.pythonapi.PyCode_Addr2Line
address_to_line.argtypes = ctypes.py_object, ctypes.c_int
address_to_line.restype = ctypes.c_int


def kind():
    return 0 if sys.version_info < (3, 10) else 1 if sys.version_info < (3, 11) else 2


def tell(code):
    table = code.co_lnotab if kind() == 0 else code.co_linetable
    runs = []
    for at in range(0, min(len(code.co_code), BYTES), 2):
        line = max(address_to_line(code, at), 0)
        if runs and runs[-1][0] == line:
            runs[-1][1] += 1
        else:
            runs.append([line, 1])
    print(kind(), code.co_firstlineno, table.hex() or '-', *('%d*%d' % tuple(run) for run in runs))
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            tell(const)


def sources():
    folder = os.path.dirname(os.__file__)
    names = sorted(name for name in os.listdir(folder) if name.endswith('.py'))
    for name in names[:MODULES]:
        with open(os.path.join(folder, name), 'rb') as file:
            yield file.read()


def own():
    yield OWN % ('\n' * 300)
    yield OWN % ('wide, ' * 1000)
    yield OWN % ''.join('\n' * (i % 200) + 'x(),' for i in range(400))
    if sys.version_info >= (3, 10):
        yield MATCH


warnings.simplefilter('ignore')
for number, source in enumerate([*own(), *sources()]):
    tell(compile(source, 'source', 'exec', dont_inherit=True, optimize=number % 3))
