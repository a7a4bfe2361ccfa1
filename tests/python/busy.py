"""busy.py READY END: four threads compute until there is a file END; status 1 where a result is wrong.

busy_same.py knows who calls whom here.
"""
import os
import sys
import threading

wrong = []
rounds = [0, 0, 0, 0]


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def numbers(n):
    for number in range(n):
        yield fib(number)


def throw(n):
    raise ValueError(str(fib(n)), n)


def catch(n):
    try:
        throw(n)
    except ValueError as error:
        return int(error.args[0])


class Adder:
    def __init__(self):
        self.total = 0

    def add(self, n):
        self.total += fib(n)


async def awaits(n):
    return await wants(n)


async def wants(n):
    return fib(n)


def drive(n):
    try:
        awaits(n).send(None)
    except StopIteration as end:
        return end.value


def one_round():
    adder = Adder()
    for n in range(8):
        adder.add(n)
    total = adder.total + sum(numbers(10)) + sum([fib(n) for n in range(9)]) + sum(fib(n) for n in range(7))
    return total + catch(9) + drive(8) + sum(sorted(range(6), key=lambda n: -fib(n)))


def work(thread):
    while not os.path.exists(sys.argv[2]):
        rounds[thread] += 1
        if one_round() != 265:
            wrong.append(thread)


def main():
    sys.setswitchinterval(0.0005)
    threads = [threading.Thread(target=work, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    open(sys.argv[1], "w").close()
    for thread in threads:
        thread.join()
    print(*rounds)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
