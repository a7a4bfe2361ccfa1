#!/usr/bin/python3
"""supervisord_stub.py PLAY LISTENER [ARGUMENT]...: stand in for supervisord before a listener, in the current directory.

For what a real supervisord cannot be made to do: a thousand events at once, ticks when wanted, broken input, its end.
Keeps one program, "web" (its oome file: web.oome), that is started again whenever it ends; the listener gets
`-x script`, which notes its calls in script.calls and ends the program. "stop" waits as long as the file `hold` is there.
"""
import os
import select
import subprocess
import sys
import threading
import time

PATIENCE = 20 * int(os.environ.get("TIMES", "1"))


def child_environment(name):
    return dict(os.environ, SUPERVISOR_ENABLED="1", SUPERVISOR_PROCESS_NAME=name, SUPERVISOR_GROUP_NAME=name,
                SUPERVISOR_SERVER_URL="unix:///nonexistent", OOME_FILE=os.path.abspath(name + ".oome"))


class Program(threading.Thread):
    """The program web, kept running."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ending = False
        self.starts = 0
        self.process = None

    def run(self):
        while not self.ending:
            self.process = subprocess.Popen(["sleep", "1000"], env=child_environment("web"))
            with open("web.pid", "w") as file:
                file.write(str(self.process.pid))
            self.starts += 1
            self.process.wait()

    def end(self):
        self.ending = True
        self.process.kill()


class Listener:
    def __init__(self, argv):
        with open("script", "w") as file:
            file.write('#!/bin/sh\necho "$1 $OOME_PROCESS" >> script.calls\n'
                       'while test -e hold; do sleep 0.1; done\n'
                       'test "$1" = start || kill "$(cat web.pid)"\n')
        os.chmod("script", 0o755)
        open("script.calls", "w").close()
        self.process = subprocess.Popen(argv + ["-x", "./script"], env=child_environment("oome"),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open("listener.err", "wb"))
        self.serial = 0

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self, count):
        """Exactly COUNT bytes of its stdout, fewer at its end."""
        got = b""
        while len(got) < count:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                raise AssertionError("no answer; so far: %r; %s" % (got, said()))
            piece = os.read(self.process.stdout.fileno(), count - len(got))
            if not piece:
                break
            got += piece
        return got

    def expect(self, wanted):
        got = self.read(len(wanted))
        assert got == wanted, "event %d: %r instead of %r; %s" % (self.serial, got, wanted, said())

    def event(self, name, payload):
        self.serial += 1
        return b"ver:3.0 server:supervisor serial:%d pool:oome poolserial:%d eventname:%s len:%d\n%s" % (
            self.serial, self.serial, name, len(payload), payload)

    def tick(self):
        self.answered(self.event(b"TICK_5", b"when:%d" % (self.serial * 5)))

    def answered(self, data):
        """Send DATA, an event, when it is READY; it must answer."""
        self.expect(b"READY\n")
        self.send(data)
        self.expect(b"RESULT 2\nOK")

    def end(self):
        """End of input: it must end in peace, and say no more than READY."""
        self.process.stdin.close()
        rest = self.read(100)
        assert rest in (b"", b"READY\n"), "after the end: %r" % rest
        self.ended(0)

    def ended(self, status):
        got = self.process.wait(PATIENCE)
        assert got == status, "exit status %s; %s" % (got, said())


def said():
    with open("listener.err", errors="replace") as file:
        return "stderr: " + file.read()


def calls():
    with open("script.calls") as file:
        return file.read().split("\n")[:-1]


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain for %s; calls: %s; %s" % (what, calls(), said())
        time.sleep(0.02)


def touch(name):
    open(name, "w").close()


def mixed_events(listener, count):
    kinds = [(b"TICK_5", b"when:1201063880"), (b"PROCESS_STATE_RUNNING", b"processname:web groupname:web pid:7"),
             (b"TICK_60", b"when:1201063880"), (b"PROCESS_LOG_STDOUT", b"READY\nRESULT 2\nOK\0" * 500),
             (b"REMOTE_COMMUNICATION", b""), (b"TICK_3600", b"when:1201063880")]
    return [listener.event(*kinds[i % len(kinds)]) for i in range(count)]


def play_flood(listener, program):
    """One event after the other, as supervisord does; every seventh comes in small pieces."""
    for i, data in enumerate(mixed_events(listener, 1000)):
        if i % 7:
            listener.answered(data)
            continue
        listener.expect(b"READY\n")
        for at in range(0, len(data), 1 + len(data) // 40):
            listener.send(data[at:at + 1 + len(data) // 40])
        listener.expect(b"RESULT 2\nOK")
    listener.end()


def play_burst(listener, program):
    """All of them at once, without a look at its READY: none may be lost or answered twice."""
    data = b"".join(mixed_events(listener, 1000))
    writer = threading.Thread(target=listener.send, args=(data,), daemon=True)
    writer.start()
    listener.expect(b"READY\nRESULT 2\nOK" * 1000)
    writer.join()
    listener.end()


def play_merge(listener, program):
    """Ticks during a restart do not start another."""
    listener.tick()
    touch("hold")
    touch("web.oome")
    until(lambda: calls() == ["stop web:web"], "the stop")
    for _ in range(200):
        listener.tick()
    assert calls() == ["stop web:web"], calls()
    os.unlink("hold")
    until(lambda: not os.path.exists("web.oome"), "the file to go")
    listener.tick()
    until(lambda: "web restarted" in said(), "the word")
    listener.end()
    assert calls() == ["stop web:web", "start web:web"], calls()
    assert program.starts == 2, program.starts


def switches(pid):
    """How often the processes below PID have gone to sleep so far."""
    with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
        pids = children.read().split()
    counts = []
    for child in pids:
        with open("/proc/%s/status" % child) as status:
            counts += [line for line in status if line.startswith("voluntary_ctxt_switches")]
    return counts


def settle(pid):
    """An event is answered before its work is done: wait until what is below PID has nothing more to do."""
    before, since = None, time.monotonic()
    while time.monotonic() - since < 0.5:
        now = switches(pid)
        if now != before:
            before, since = now, time.monotonic()
        time.sleep(0.05)


def play_no_watch(listener, program):
    """Without inotify a tick is needed; nothing else is a tick, and time is none."""
    listener.tick()
    listener.tick()
    settle(listener.process.pid)
    touch("web.oome")
    began = time.monotonic()
    while time.monotonic() < began + 12:
        listener.answered(listener.event(b"PROCESS_STATE_RUNNING", b"processname:web"))
        time.sleep(0.05)
    assert not calls(), calls()
    listener.tick()
    until(lambda: not os.path.exists("web.oome"), "the file to go")
    listener.end()


def play_garbage(listener, program):
    """What is not the protocol ends the listener, with a word and without an answer: supervisord starts it anew."""
    argv = listener.process.args
    for garbage in (b"\n", b"\0\xff\n", b"no colon here\n", b"eventname:TICK_5\n", b"len:5\n", b"eventname:TICK_5 len:-5\n",
                    b"eventname:TICK_5 len:99999999999999999999999\n", b"x" * 100000 + b"\n", b"a:b " * 5000 + b"\n"):
        listener.tick()
        listener.expect(b"READY\n")
        try:
            listener.send(garbage)
        except BrokenPipeError:
            pass
        rest = listener.read(100)
        assert rest == b"", "an answer to %r: %r" % (garbage[:50], rest)
        listener.ended(1)
        assert said().count("protocol") == 1, "not one line about it: " + said()
        listener = Listener(argv[:-2])
    listener.tick()
    listener.end()


def play_end(listener, program):
    listener.tick()
    listener.end()


def play_end_at_once(listener, program):
    listener.end()


def play_torn(listener, program):
    """The end comes in the middle of an event."""
    listener.tick()
    listener.expect(b"READY\n")
    listener.send(listener.event(b"TICK_5", b"when:1201063880")[:-4])
    listener.end()


def play_reader_gone(listener, program):
    """supervisord does not read any more: no word from it is possible, so it ends, whatever its status."""
    listener.tick()
    listener.expect(b"READY\n")
    listener.process.stdout.close()
    try:
        listener.send(listener.event(b"TICK_5", b"when:5"))
        listener.send(listener.event(b"TICK_5", b"when:5"))
        listener.process.stdin.close()
    except BrokenPipeError:
        pass
    listener.process.wait(PATIENCE)
    assert listener.process.returncode >= 0, "died of signal %d" % -listener.process.returncode


def main():
    program = Program()
    program.start()
    until(lambda: os.path.exists("web.pid"), "the program")
    listener = Listener(sys.argv[2:])
    try:
        globals()["play_" + sys.argv[1].replace("-", "_")](listener, program)
    finally:
        listener.process.kill()
        program.end()


main()
