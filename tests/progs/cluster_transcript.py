"""The transcript of plone.recipe.cluster's documentation, from the first call of its script on, judged as its own test
would: by doctest, whose "..." stands for any text."""
import doctest
import os
import subprocess
import sys

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
TRANSCRIPT = [
    ('', 'usage: /sample-buildout/bin/cluster start|stop|restart|status\n<BLANKLINE>\n'),
    ('status', 'Not running.\n'),
    ('start', 'Cluster is starting...\n'
              'Running in background ...script1\n'
              'Background pid is ...\n'
              'Background subpid is ...\n'
              'Running ...script2 start\n'
              'script 2\n'
              'Child PIDs: ..., ...\n'
              'Started with pid ...\n'
              'Cluster is alive...\n'
              '<BLANKLINE>\n'),
    ('status', 'Running.\n'),
    ('start', "<BLANKLINE>\nStart aborded since pid file '...' exists.\n<BLANKLINE>\n"),
    ('stop', '<BLANKLINE>\nCluster is going down...\n<BLANKLINE>\n'),
    ('restart', "<BLANKLINE>\nCould not stop, pid file 'cluster.pid' missing.\n<BLANKLINE>\n"),
]


def system(command):
    """As zc.buildout's tests have it: whoever keeps the pipe open keeps this from returning."""
    process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, universal_newlines=True)
    process.stdin.close()
    return process.stdout.read() + '\n'


def main():
    home = os.getcwd()
    checker = doctest.OutputChecker()
    failed = 0
    for word, wanted in TRANSCRIPT:
        got = system('%s/bin/cluster %s' % (home, word)).replace(home, '/sample-buildout')
        print(got)
        if not checker.check_output(wanted, got, FLAGS):
            print('FAILED: cluster %s: wanted:\n%s' % (word, wanted))
            failed += 1
    return failed


sys.exit(main())
