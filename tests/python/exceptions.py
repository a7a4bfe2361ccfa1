"""Threads that rest while they handle an exception."""
import contextlib

from state import case, rest


class Odd(Exception):
    pass


def throw(kind, *args):
    raise kind(*args)


@case
def exception():
    try:
        raise ValueError("bad", 42)
    except ValueError:
        rest()


@case
def exception_from_below():
    try:
        throw(Odd, "ünï", -7, "日本 𝒳\n", 2 ** 40, -1, 0, True, 1.5, None, ["x"])
    except Odd:
        (lambda: rest())()


@case
def exception_without_arguments():
    try:
        throw(KeyboardInterrupt)
    except BaseException:
        rest()


@case
def exception_in_an_exception():
    try:
        try:
            throw(OSError, 2, "no file")
        except OSError as error:
            raise Odd("outer") from error
    except Odd as error:
        try:
            throw(KeyError, "innermost")
        except KeyError:
            rest(error)


@case
def exception_of_a_caller():
    def numbers():
        rest()
        yield 1
    try:
        throw(Odd, "handled by a caller")
    except Odd:
        next(numbers())


@case
def exception_on_its_way():
    try:
        throw(Odd, "on its way")
    finally:
        rest()


@case
def exception_in_exit():
    class Manager:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            rest()
    with contextlib.suppress(OSError), Manager():
        throw(Odd, "in the body")


@case
def exception_that_is_over():
    try:
        throw(Odd, "over")
    except Odd:
        pass
    rest()


@case
def exception_long():
    try:
        throw(Odd, "x" * 5000)
    except Odd:
        rest()
