"""Threads that rest in generators and coroutines."""
import asyncio
import types

from state import case, here, line, rest


@case
def generator():
    def inner():
        yield 1
        rest()

    def outer():
        yield from inner()
    suspended = outer()
    next(suspended)
    for _ in outer():
        pass


@case
def generator_is_thrown_at():
    def catches():
        try:
            yield 1
        except KeyError:
            rest()
    running = catches()
    next(running)
    running.throw(KeyError("thrown", 1))


@case
def generator_is_closed():
    def cleans():
        try:
            yield 1
        finally:
            rest()
    running = cleans()
    next(running)
    running.close()


@case
def coroutine():
    async def inner():
        rest()

    async def outer():
        await inner()
    outer().send(None)


@case
def coroutine_of_types():
    @types.coroutine
    def old():
        rest()
        yield 1

    async def outer():
        async with Manager():
            await old()
    outer().send(None)


@case
def asynchronous_generator():
    async def numbers():
        yield 1
        rest()

    async def outer():
        return [number async for number in numbers()]
    outer().send(None)


class Manager:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        rest()


@case
def loop_of_asyncio():
    async def inner():
        await asyncio.sleep(0)
        rest()

    async def outer():
        await asyncio.gather(inner())
    asyncio.run(outer())


@case
def idle_loop_of_asyncio():
    def in_poll(frame):
        return frame.f_code.co_name == "select" and frame.f_locals.get("timeout") == -1 and line(frame, ".poll(")

    async def outer():
        here(in_poll)
        await asyncio.get_running_loop().create_future()
    asyncio.run(outer())
