"""python.py READY threads|greenlets|busy: what tests/bench/python.sh measures a report of."""
import os
import sys
import threading
import time


def down(frames):
    if frames:
        down(frames - 1)
    time.sleep(1e6)


def compute():
    while True:
        sum(number * number for number in range(1000))


def threads():
    """4 threads, 38 frames: 3 of 9, of which 3 are threading.py's, and 11 of the main one."""
    for frames in 6, 6, 6:
        threading.Thread(target=down, args=[frames - 1], daemon=True).start()
    return 8


def greenlets():
    import greenlet
    kept = [{"number": [number]} for number in range(500000)] # which the collector knows, two each

    def work(frames):
        if frames:
            return work(frames - 1)
        return greenlet.getcurrent().parent.switch(kept)
    for _ in range(1000):
        kept.append(greenlet.greenlet(work))
        kept[-1].switch(4)
    return 0


def busy():
    for _ in range(3):
        threading.Thread(target=compute, daemon=True).start()
    return None


def main():
    frames = {"threads": threads, "greenlets": greenlets, "busy": busy}[sys.argv[2]]()
    open(sys.argv[1], "w").close()
    if frames is None:
        compute()
    down(frames)


main()
