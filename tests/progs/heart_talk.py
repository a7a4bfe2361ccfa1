"""heart_talk.py PROGRAM CASE: talk to heart's port program in ways that a shell cannot: many frames, in odd pieces.

Exit status 0: all answers were right; else the last line says what was not."""
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time

ACK, BEAT, SHUT_DOWN, SET_CMD, CLEAR_CMD, GET_CMD, CMD = 1, 2, 3, 4, 5, 6, 7
PATIENCE = 60 * int(os.environ.get("TIMES", "1"))


def frame(op, data=b""):
    return struct.pack(">HB", len(data) + 1, op) + data


class Heart:
    def __init__(self, *wrapper, stdout=subprocess.PIPE, args=("-ht", "60")):
        self.process = subprocess.Popen([*wrapper, sys.argv[1], "heart", *args], stdin=subprocess.PIPE, stdout=stdout,
                                        stderr=subprocess.PIPE, bufsize=0)

    def send(self, data):
        while data:
            data = data[self.process.stdin.write(data):]

    def receive(self, n):
        got = b""
        while len(got) < n:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                sys.exit("no answer: %r" % got[-100:])
            piece = self.process.stdout.read(n - len(got))
            if not piece:
                sys.exit("heart has ended: %r, %r" % (got[-100:], self.process.stderr.read()))
            got += piece
        return got

    def expect(self, *frames):
        for wanted in frames:
            got = self.receive(len(wanted))
            if got != wanted:
                sys.exit("got %r, expected %r" % (got[:100], wanted[:100]))

    def end(self, status=0):
        said = self.process.communicate(timeout=PATIENCE)[1]
        if self.process.returncode != status:
            sys.exit("status %d: %r" % (self.process.returncode, said))
        return said


def split():
    """A session, cut in two at every byte; then byte by byte."""
    command = b"echo " + b"c" * 200
    talk = frame(BEAT) + frame(SET_CMD, command) + frame(GET_CMD) + b"\0\0" + frame(99, b"x") + frame(CLEAR_CMD)
    answers = [frame(ACK), frame(CMD, command), frame(ACK)]
    heart = Heart()
    heart.expect(frame(ACK))
    for at in range(1, len(talk)):
        heart.send(talk[:at])
        # What is answered already has been read; so the rest comes with another read.
        if at >= talk.index(b"\0\1\6"):
            heart.expect(answers[0])
            heart.send(talk[at:])
            heart.expect(*answers[1:])
        else:
            time.sleep(0.0005)
            heart.send(talk[at:])
            heart.expect(*answers)
    for at in range(len(talk)):
        heart.send(talk[at:at + 1])
        time.sleep(0.0005)
    heart.expect(*answers)
    heart.send(frame(SHUT_DOWN))
    heart.end()


def long_frames():
    """65,535 bytes, whatever they hold, are dropped; 2,048 are not, 2,049 are."""
    heart = Heart()
    heart.expect(frame(ACK))
    for op in (BEAT, SHUT_DOWN, SET_CMD, GET_CMD):
        heart.send(frame(op, (frame(SHUT_DOWN) * 30000)[:65534]))
    heart.send(frame(GET_CMD))
    heart.expect(frame(CMD))
    heart.send(frame(SET_CMD, b"d" * 2048) + frame(GET_CMD))
    heart.expect(frame(CMD))
    heart.send(frame(SET_CMD, b"d" * 2047) + frame(GET_CMD))
    heart.expect(frame(ACK), frame(CMD, b"d" * 2047))
    heart.send(frame(SHUT_DOWN))
    heart.end()


def beats():
    """A million of them, and one question."""
    heart = Heart()
    heart.expect(frame(ACK))
    block = frame(BEAT) * 10000
    for _ in range(100):
        heart.send(block)
    heart.send(frame(GET_CMD))
    heart.expect(frame(CMD))
    heart.send(frame(SHUT_DOWN))
    heart.end()


def flood():
    """Thousands of questions before the first answer is read: none is lost, heart does not grow."""
    command = b"f" * 1500
    heart = Heart()
    heart.expect(frame(ACK))
    heart.send(frame(SET_CMD, command))
    heart.expect(frame(ACK))
    writer = threading.Thread(target=heart.send, args=(frame(GET_CMD) * 20000,))
    writer.start()
    time.sleep(0.5)
    heart.expect(*[frame(CMD, command)] * 20000)
    writer.join()
    heart.send(frame(BEAT) + frame(SHUT_DOWN))
    heart.end()


def stuck():
    """Who asks and never reads the answers is overdue all the same, and heart ends."""
    heart = Heart(args=("-ht", "11"))
    writer = threading.Thread(target=keep_asking, args=(heart,), daemon=True)
    writer.start()
    said = heart.process.stderr.read()
    if b"heart-beat time-out, no activity for 11 seconds\r\n" not in said:
        sys.exit("said: %r" % said)
    heart.process.wait(PATIENCE)


def keep_asking(heart):
    try:
        heart.send(frame(GET_CMD) * 1000000)
    except BrokenPipeError:
        pass


def closed_stdout():
    """Nobody to answer to: it guards on."""
    for answers in range(3):
        reading, writing = os.pipe()
        heart = Heart(stdout=writing)
        os.close(writing)
        for _ in range(answers):
            os.read(reading, 3)
            heart.send(frame(SET_CMD, b"true"))
        os.close(reading)
        heart.send((frame(BEAT) + frame(GET_CMD) + frame(SET_CMD, b"exit 5")) * 1000)
        time.sleep(0.05)
        if heart.process.poll() is not None:
            sys.exit("ended with %r: %r" % (heart.process.returncode, heart.process.stderr.read()))
        said = heart.end()
        if b'Executed "exit 5" -> 1280. Terminating.\r\n' not in said or said.count(b"takes no answers") != 1:
            sys.exit("said: %r" % said)


def interrupted():
    """A storm of signals: SIGTERM, which it takes, SIGSTOP and SIGCONT, which interrupt what waits."""
    heart = Heart()
    heart.expect(frame(ACK))
    over = time.monotonic() + 2
    rounds = 0
    while time.monotonic() < over or rounds < 10:
        for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGCONT, signal.SIGWINCH):
            heart.process.send_signal(number)
        heart.send(frame(BEAT) + frame(GET_CMD) + frame(CLEAR_CMD))
        heart.expect(frame(CMD), frame(ACK))
        rounds += 1
        # What it says of each SIGTERM must be read.
        while select.select([heart.process.stderr], [], [], 0)[0]:
            os.read(heart.process.stderr.fileno(), 65536)
    heart.send(frame(SHUT_DOWN))
    heart.end()


def injected():
    """strace(1) lets every other call fail with EINTR."""
    # The dynamic linker's reads are left alone.
    trace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "inject=read,wait4:error=EINTR:when=6+2",
             "-e", "inject=write,poll,ppoll,sendto:error=EINTR:when=1+2"]
    if subprocess.run([*trace, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        sys.exit(77)
    heart = Heart(*trace)
    heart.expect(frame(ACK))
    for _ in range(50):
        heart.send(frame(BEAT) + frame(SET_CMD, b"exit 3") + frame(GET_CMD))
        heart.expect(frame(ACK), frame(CMD, b"exit 3"))
    said = heart.end()
    if b'Executed "exit 3" -> 768. Terminating.\r\n' not in said:
        sys.exit("said: %r" % said)


if __name__ == "__main__":
    globals()[sys.argv[2]]()
