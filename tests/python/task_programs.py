"""Tasks of asyncio that rest in all kinds of awaits."""
import asyncio
import gc
import types

import state

loop = blocked = None


async def future(note):
    note(asyncio.current_task()); await asyncio.get_running_loop().create_future()


async def second(note):
    await future(note)


async def first(note):
    async with asyncio.Lock():
        await second(note)


async def sleeps(note):
    note(asyncio.current_task()); await asyncio.sleep(1e6)


async def queue(note):
    note(asyncio.current_task()); await asyncio.Queue().get()


async def gathers(note):
    note(asyncio.current_task()); await asyncio.gather(second(note), second(note))


async def waits_for_a_task(note):
    note(asyncio.current_task()); await asyncio.ensure_future(second(note))


@types.coroutine
def old(note):
    yield from second(note).__await__()


async def by_generator(note):
    await old(note)


async def generate(note):
    yield 1
    await second(note)


async def iterates(note):
    return [one async for one in generate(note)]


class Manager:
    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        await second(*error.args)


async def leaves(note):
    async with Manager():
        raise ValueError(note)


async def throws(note):
    async def catches():
        try:
            yield 1
        except ValueError:
            await second(note)
    generator = catches()
    await generator.__anext__()
    await generator.athrow(ValueError())


async def many(count, note):
    global loop
    loop = asyncio.get_running_loop()
    kinds = [sleeps, queue, gathers, waits_for_a_task, by_generator, iterates, leaves, throws]
    tasks = [loop.create_task(kind(note)) for kind in kinds]
    gc.freeze()
    tasks += [loop.create_task(first(note)) for _ in range(count - len(kinds) - 3 - 1)]
    if hasattr(tasks[0], "set_name"):
        tasks[-1].set_name("zadanie №1 名")
    note(asyncio.current_task()); await asyncio.wait(tasks)


def run(count, note):
    asyncio.run(many(count, note))


async def blocks(note):
    global blocked
    blocked = asyncio.get_running_loop()
    note(asyncio.current_task()); state.rest()


def run_one(note):
    asyncio.run(blocks(note))
