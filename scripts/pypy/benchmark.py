# A benchmark for PyPy's JIT: each part makes it compile and patch machine code in pages that it writes and runs at once.
import sys


def sieve(limit):
    marks = bytearray([1]) * (limit + 1)
    for n in range(2, int(limit**0.5) + 1):
        if marks[n]:
            marks[n * n :: n] = bytes(len(range(n * n, limit + 1, n)))
    return sum(marks) - 2


def queens(size, row=0, columns=0, left=0, right=0):
    if row == size:
        return 1
    found = 0
    free = ~(columns | left | right) & ((1 << size) - 1)
    while free:
        place = free & -free
        free ^= place
        found += queens(size, row + 1, columns | place, (left | place) << 1, (right | place) >> 1)
    return found


class Node:
    def __init__(self, value):
        self.value = value
        self.left = self.right = None

    def insert(self, value):
        node = self
        while True:
            side = "left" if value < node.value else "right"
            below = getattr(node, side)
            if below is None:
                setattr(node, side, Node(value))
                return
            node = below

    def depth(self):
        return 1 + max(each.depth() if each else 0 for each in (self.left, self.right))


def tree(count):
    state = 12345
    root = Node(1 << 30)
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        root.insert(state)
    return root.depth()


def words(count):
    seen = {}
    for n in range(count):
        word = "w%d" % (n * 7919 % 1009)
        seen[word] = seen.get(word, 0) + len(word)
    return sum(seen.values())


def orbit(steps):
    x, y, u, v = 1.0, 0.0, 0.0, 1.0
    for _ in range(steps):
        r = (x * x + y * y) ** 1.5
        u -= x / r * 0.001
        v -= y / r * 0.001
        x += u * 0.001
        y += v * 0.001
    return round(x * 1e6)


def exceptions(count):
    total = 0
    for n in range(count):
        try:
            if n % 3 == 0:
                raise ValueError(n)
            total += n % 7
        except ValueError as error:
            total += error.args[0] % 5
    return total


def specialised(count):
    # Code of its own for each function: new loops and bridges all the time.
    total = 0
    for n in range(count):
        scope = {}
        exec("def f(a):\n s = 0\n for i in range(a):\n  s += i %% %d if i & 4 else i ^ %d\n return s" % (n + 2, n), scope)
        total += scope["f"](3000)
    return total


print("pypy", sieve(300000), queens(8), tree(5000), words(60000), orbit(200000), exceptions(60000), specialised(60))
sys.stdout.flush()
