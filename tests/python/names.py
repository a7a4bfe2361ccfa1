"""Threads that rest in code whose names, files and lines are odd."""
import os
import sys

from state import case, rest


def execute(source, filename, **names):
    exec(compile(source, filename, "exec"), {"rest": rest, **names})


@case
def names_of_all_kinds():
    source = "def {0}({1}): {1}() if {1} is rest else {1}(rest)"
    names = {}
    for name, file in ("ü", "é.py"), ("日本", "ファイル.py"), ("𐐷", "/𝒳/🐍.py"), ("ascii", "ascii.py"):
        exec(compile(source.format(name, "f"), file, "exec"), names)
    names["rest"] = rest
    names["𐐷"](lambda f: names["日本"](lambda f: names["ü"](names["ascii"])))


@case
def files_of_all_kinds():
    files = ["<string>", "", "\n\x1b[31m\x7f\x85.py", "\udc80\udcff.py", "x" * 10000, "back\\slash", "../x/./y"]
    function = rest
    for file in files:
        names = {"function": function}
        exec(compile("\n\ndef call(*_):\n  function()", file, "exec"), names)
        function = names["call"]
    names = {"function": function}
    exec(compile("function()", "nul", "exec").replace(co_filename="a\0b"), names)


@case
def far_lines():
    execute("def far():\n" + "\n" * 70000 + " rest()\nfar()", "far")


@case
def backward_lines():
    execute("def back():\n one = [0,\n" + "1,\n" * 400 + "rest(" + "\n2," * 300 + ")]\nback()", "back")


@case
def long_code():
    terms = "[" + ", ".join(["a"] * 3000) + "]"
    execute("def long(a):\n b = " + terms + "\n\n c = " + terms + "\n" + " rest(b if c else a)\nlong(1)", "long")


@case
def module():
    with open("slow_module.py", "w") as file:
        file.write("import state\n\n\ndef slow():\n    state.rest()\n\n\nslow()\n")
    sys.path.insert(0, os.getcwd())
    import slow_module
    return slow_module
