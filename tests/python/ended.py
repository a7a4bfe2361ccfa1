"""ended.py DUMP: the thread that has made another interpreter has ended; its state has not. A task is to be told."""
import asyncio
import os
import sys
import threading

import state


def make():
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpreters as interpreters
    made.append(interpreters.create())


async def wait():
    await asyncio.sleep(0)


made = []
maker = threading.Thread(target=make)
maker.start()
maker.join()
task = asyncio.new_event_loop().create_task(wait())
state.write(sys.argv[1], {"interpreters": len(made)})
os.read(state.never, 1)
