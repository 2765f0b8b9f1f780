"""Branch and bound over the training length n: the first n that reaches a target, and the least error over all n."""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: No training prompt is longer (the largest count a Setup accepts).
LONGEST = 10**15

Lower = Callable[[int, int | None], float]  # (a, b) -> a bound of the error from below for all a <= n <= b; None: ∞
_MOST_NODES = 4_000  # of the search for the least error


def first_reaching(
    lower: Callable[[int, int], float],
    meets: Callable[[int], bool],
    error: float,
    *,
    blocks: Sequence[tuple[int, int]],
) -> int | None:
    """Return the smallest n of some intervals, ascending, with ``meets(n)``, or None.

    An interval whose ``lower`` bound exceeds the target ``error`` holds no answer; the others are cut at their
    geometric mean, the left part first, down to single integers, which ``meets`` decides.
    """
    for block in blocks:
        stack = [block]
        while stack:
            a, b = stack.pop()
            if a < b:
                if lower(a, b) <= error:
                    middle = math.isqrt(a * b)  # a <= middle < b
                    stack += [(middle + 1, b), (a, middle)]
            elif meets(a):
                return a
    return None


@dataclass(frozen=True)
class Least:
    """The least error over all training lengths: attained (or nearly so) at n, and proved not to go below ``bound``."""

    value: float
    n: int | None  # None: the limit n → ∞
    bound: float


def least_error(
    lower: Lower, value: Callable[[int | None], float], *, blocks: Sequence[tuple[int, int]], relative: float
) -> Least:
    """Return the infimum of the error over n = 1, 2, … and n → ∞, enclosed to a relative width where possible."""
    best = min(((value(n), n) for n in (1, None)), key=lambda pair: pair[0])
    heap = [(lower(a, b), a, b) for a, b in blocks]
    heapq.heapify(heap)
    tail = lower(blocks[-1][1], None)
    for _ in range(_MOST_NODES):
        if not heap or heap[0][0] >= best[0] * (1 - relative):
            break
        _, a, b = heapq.heappop(heap)
        middle = math.isqrt(a * b)
        found = value(middle)
        if found < best[0]:
            best = (found, middle)
        for left, right in ((a, middle - 1), (middle + 1, b)):
            if left <= right:
                heapq.heappush(heap, (lower(left, right), left, right))
    bound = min([best[0], tail, *(entry[0] for entry in heap[:1])])
    return Least(value=best[0], n=best[1], bound=bound)
