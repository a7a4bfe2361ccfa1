"""listener.py FILE: an event listener of supervisord that notes in FILE the number of each event that it was told."""
import sys


def main():
    with open(sys.argv[1], "w", buffering=1) as file:
        while True:
            sys.stdout.write("READY\n")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                return
            head = dict(word.split(":", 1) for word in line.split())
            sys.stdin.read(int(head["len"]))
            print(head["poolserial"], head["eventname"], file=file)
            sys.stdout.write("RESULT 2\nOK")
            sys.stdout.flush()


main()
