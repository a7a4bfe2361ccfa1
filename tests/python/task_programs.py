"""Tasks of asyncio that rest in all kinds of awaits."""
import asyncio
import types

loop = None


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


async def many(count, note):
    global loop
    loop = asyncio.get_running_loop()
    kinds = [sleeps, queue, gathers, waits_for_a_task, by_generator]
    tasks = [loop.create_task(kind(note)) for kind in kinds]
    tasks += [loop.create_task(first(note)) for _ in range(count - len(kinds) - 3 - 1)]
    if hasattr(tasks[0], "set_name"):
        tasks[-1].set_name("zadanie №1 名")
    note(asyncio.current_task()); await asyncio.wait(tasks)


def run(count, note):
    asyncio.run(many(count, note))
