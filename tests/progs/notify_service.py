"""A service as they are written for systemd, with python3-systemd, for `heart run` to guard.

It says when it is ready, sends heartbeats at a third of the time-out that it was given, reloads on SIGHUP (and is ready
again as soon as there is a file "reloaded") and says good-bye on SIGTERM, with status 3. Its pid is a line of "starts".
"""
import os
import signal
import sys
import time

from systemd import daemon

wanted = []
for number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, lambda got, frame: wanted.append(got))


def interval():
    if os.environ.get("WATCHDOG_PID") != str(os.getpid()):
        sys.exit("notify_service: the watchdog is not for this process")
    return int(os.environ["WATCHDOG_USEC"]) / 1e6 / 3


def reload():
    daemon.notify("RELOADING=1\nMONOTONIC_USEC=%d\nSTATUS=Reloading" % (time.monotonic_ns() // 1000))
    while not os.path.exists("reloaded"):
        daemon.notify("WATCHDOG=1")
        time.sleep(0.01)
    daemon.notify("READY=1\nSTATUS=Reloaded")


pause = interval()
with open("starts", "a") as starts:
    print(os.getpid(), file=starts)
if not daemon.notify("READY=1\nSTATUS=Serving r\u00e9quests"):
    sys.exit("notify_service: there is no NOTIFY_SOCKET")
while True:
    daemon.notify("WATCHDOG=1")
    time.sleep(0 if wanted else min(pause, 0.02))
    if signal.SIGTERM in wanted:
        daemon.notify("STOPPING=1\nSTATUS=Closing")
        sys.exit(3)
    if wanted:
        reload()
        wanted.clear()
