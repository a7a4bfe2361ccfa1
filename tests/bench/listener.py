"""The listener that oome is measured against: on each event, ask supervisord for all of its programs."""
import os
import sys

from supervisor import childutils

expected = int(sys.argv[1])
rpc = childutils.getRPCInterface(os.environ)
while True:
    childutils.listener.wait(sys.stdin, sys.stdout)
    if len(rpc.supervisor.getAllProcessInfo()) < expected:
        sys.exit("too few programs")
    childutils.listener.ok(sys.stdout)
