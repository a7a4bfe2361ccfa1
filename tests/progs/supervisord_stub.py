#!/usr/bin/python3
"""supervisord_stub.py PLAY LISTENER [ARGUMENT]...: stand in for supervisord before a listener, in this directory.

For what a real supervisord cannot be made to do: a thousand events at once, ticks when wanted, broken input, false
answers, its end. Keeps one program, "web" (its oome file: web.oome), that is started again whenever it ends. The
listener gets `-x script`, which notes its calls in script.calls and ends the program ("stop" waits as long as the file
`hold` is there); a play of PLAYS_BY_RPC has a server instead, on the socket `rpc`.
"""
import os
import select
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from supervisord_rpc import FALSE_ANSWERS, Server  # noqa: E402

PATIENCE = 60 * int(os.environ.get("TIMES", "1"))


def child_environment(name):
    return dict(os.environ, SUPERVISOR_ENABLED="1", SUPERVISOR_PROCESS_NAME=name, SUPERVISOR_GROUP_NAME=name,
                SUPERVISOR_SERVER_URL="unix://" + os.path.abspath("rpc"), OOME_FILE=os.path.abspath(name + ".oome"))


class Program(threading.Thread):
    """The program web, kept running unless it was stopped by RPC."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ending = False
        self.wanted = threading.Event()
        self.wanted.set()
        self.starts = 0
        self.process = None

    def run(self):
        while not self.ending:
            self.wanted.wait()
            self.process = subprocess.Popen(["sleep", "1000"], env=child_environment("web"))
            self.starts += 1
            with open("web.pid.new", "w") as file:
                file.write(str(self.process.pid))
            os.rename("web.pid.new", "web.pid")
            self.process.wait()

    def running(self):
        return self.process.poll() is None

    def stop(self):
        self.wanted.clear()
        self.process.kill()

    def end(self):
        self.ending = True
        self.process.kill()


class Listener:
    def __init__(self, argv, script=True):
        with open("script", "w") as file:
            file.write('#!/bin/sh\necho "$1 $OOME_PROCESS" >> script.calls\n'
                       'while test -e hold; do sleep 0.1; done\n'
                       'test "$1" = start || kill "$(cat web.pid)"\n')
        os.chmod("script", 0o755)
        open("script.calls", "w").close()
        self.process = subprocess.Popen(argv + (["-x", "./script"] if script else []), env=child_environment("oome"),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open("listener.err", "wb"))
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


def expect_starts(program, count):
    """The listener may know of a start before the thread that made it has counted it."""
    until(lambda: program.starts >= count, "%d starts" % count)
    assert program.starts == count, program.starts


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
    expect_starts(program, 2)


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
        return children.read().split()


def sleepers(pid):
    """How often PID and the processes below it have gone to sleep so far; None: not all of them sleep."""
    counts = []
    for one in [str(pid)] + children_of(pid):
        try:
            with open("/proc/%s/status" % one) as status:
                text = status.read()
        except (FileNotFoundError, ProcessLookupError):
            return None
        if "\nState:\tS" not in text:
            return None
        counts.append((one, text.split("\nvoluntary_ctxt_switches:")[1].split()[0]))
    return counts


def settle(pid):
    """An event is answered before its work is done: wait until PID and what is below it have nothing more to do."""
    before, since = None, time.monotonic()
    while before is None or time.monotonic() - since < 0.5:
        now = sleepers(pid)
        if now is None or now != before:
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
    for garbage in (b"\n", b"\0\xff\n", b"no colon here\n", b"eventname:TICK_5\n", b"len:5\n",
                    b"eventname:TICK_5 len:-5\n",
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


def play_limit(listener, program):
    """--max-restarts 1/5s: over it one line, and once the period has passed what still stands is acted on."""
    over = "over the limit of 1 restarts in 5s"
    restarts = 0

    def restarted():
        listener.tick()
        return said().count("web restarted") == restarts + 1

    while over not in said():
        time.sleep(6 if restarts else 0)  # the period was over before a slow machine had come so far: once more
        began = time.monotonic()
        touch("web.oome")
        until(restarted, "a restart")
        restarts += 1
        settle(listener.process.pid)
        touch("web.oome")
        until(lambda: over in said() or restarted(), "a word of the limit")
        restarts = said().count("web restarted")
    until(restarted, "a restart when the period has passed")
    assert time.monotonic() - began >= 5, "the limit did not hold; " + said()
    until(lambda: not os.path.exists("web.oome"), "the file to go")
    assert said().count(over) == 1, said()
    listener.end()
    assert calls() == ["stop web:web", "start web:web"] * (restarts + 1), calls()


def libraries(pid):
    """What PID has mapped of files, but for its program."""
    program = os.readlink("/proc/%s/exe" % pid)
    with open("/proc/%s/maps" % pid) as maps:
        paths = {line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6}
    return {path for path in paths if path.startswith("/") and path not in (program, "/dev/zero (deleted)")}


def play_rest(listener, program, server):
    """Without work there is no connection; the listener and what looks for it never load what its worker does."""
    loaded = subprocess.run(["ldd", sys.argv[2]], stdout=subprocess.PIPE, text=True, check=False).stdout
    at_start = {os.path.realpath(word) for word in loaded.split() if word.startswith("/")}

    def rest():
        before = server.connections
        for _ in range(20):
            listener.tick()
        settle(listener.process.pid)
        assert server.connections == before, "supervisord was asked: %s" % server.calls
        pids = [str(listener.process.pid)] + children_of(listener.process.pid)
        assert len(pids) == 2, pids
        for pid in pids:
            assert libraries(pid) <= at_start, "loaded: %s" % (libraries(pid) - at_start)
        return pids

    pids = rest()
    assert said() == "stderr: ", said()
    touch("web.oome")
    until(lambda: "web restarted" in said(), "the restart")
    assert server.connections
    expect_starts(program, 2)
    assert rest() == pids, "it is not the same process"
    listener.end()


def play_false_answers(listener, program, server):
    """Each false answer is one line, and another try at the next tick; the first true one is a restart."""
    touch("web.oome")
    for what, server.false in FALSE_ANSWERS:
        before, asked = len(said()), server.connections
        listener.tick()
        until(lambda: "ailed to stop process web: " in said()[before:] or "not restarted: " in said()[before:],
              "a word of " + repr(server.false))
        settle(listener.process.pid)
        lines = [line for line in said()[before:].splitlines() if " reported out of memory by " not in line]
        assert len(lines) == 1 and what in lines[0] and lines[0].isprintable(), "%r: %s" % (server.false, lines)
        assert server.connections > asked, "not asked"
        asked = server.connections
        for data in mixed_events(listener, 30):
            if b"TICK_" not in data:
                listener.answered(data)
        settle(listener.process.pid)
        assert server.connections == asked, "tried again without a tick"
        assert os.path.exists("web.oome") and program.starts == 1, "something was done; " + said()
    server.false = None
    listener.tick()
    until(lambda: "web restarted" in said() and not os.path.exists("web.oome"), "the restart")
    expect_starts(program, 2)
    listener.end()


PLAYS_BY_RPC = ("rest", "false-answers")


def main():
    play = sys.argv[1]
    program = Program()
    program.start()
    until(lambda: os.path.exists("web.pid"), "the program")
    actors = [program] + [Server(program)] * (play in PLAYS_BY_RPC)
    for server in actors[1:]:
        server.start()
    listener = Listener(sys.argv[2:], play not in PLAYS_BY_RPC)
    try:
        globals()["play_" + play.replace("-", "_")](listener, *actors)
    finally:
        listener.process.kill()
        program.end()


main()
