"""A service as Heat's engine is: eventlet, a listener, workers. dump FILE: its name is there when all of them wait."""
import sys

import eventlet

eventlet.monkey_patch()

import eventlet.wsgi  # noqa: E402


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'heat\n']


def watch_stack(stack, ready):
    ready.append(stack)
    while True:
        eventlet.sleep(1000)


def main():
    ready = []
    for stack in ('alpha', 'beta', 'gamma'):
        eventlet.spawn(watch_stack, stack, ready)
    while len(ready) < 3:
        eventlet.sleep(0)
    listener = eventlet.listen(('127.0.0.1', 0))
    open(sys.argv[1], 'w').close()
    eventlet.wsgi.server(listener, application, log_output=False)


main()
