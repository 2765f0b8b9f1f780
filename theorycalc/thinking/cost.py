"""What training context and thinking cost (theory section 8)."""

from theorycalc._checks import choice, integer

METHODS = ("examples", "gram", "attention")
_MOST_COUNT, _COUNT = 10**15, "pass an integer >= 1"


def training_tokens(n: int, *, prompts: int = 1) -> int:
    """Return prompts · (n + 1): the n examples of every training prompt and the token that carries the guess.

    >>> training_tokens(20, prompts=1000)
    21000
    """
    length = integer("n", n, minimum=1, maximum=_MOST_COUNT, remedy=_COUNT)
    return integer("prompts", prompts, minimum=1, maximum=_MOST_COUNT, remedy=_COUNT) * (length + 1)


def thinking_flops(d: int, m: int, steps: int, *, method: str = "examples") -> int:
    """Return the multiplications and additions of ``steps`` steps of thinking on one test prompt.

    ==============  ========================================================  ==================================
    method          one step                                                  before the first step
    ==============  ========================================================  ==================================
    "examples"      w − A X(Xᵀw − y)/m: 4dm + 2d², S is never formed          0
    "gram"          w − A(Sw − Xy/m): 4d²                                     S and Xy: 2d²m + 2dm
    "attention"     E + V E (EᵀWE)/m on all L = m + 1 + i tokens of           0
                    D = 2d + 2 rows: 4D²L + 4DL²
    ==============  ========================================================  ==================================

    Terms of order d and m are left out.  "attention" is the layer as it stands, on a prompt that grows by a token with
    every step; only its last column is used.

    >>> thinking_flops(50, 100, 10), thinking_flops(50, 100, 10, method="gram")
    (250000, 610000)
    """
    rows, tokens = (integer(*item, minimum=1, maximum=_MOST_COUNT, remedy=_COUNT) for item in (("d", d), ("m", m)))
    k = integer("steps", steps, minimum=0, maximum=_MOST_COUNT, remedy="pass an integer >= 0")
    kind = choice("method", method, METHODS)
    if kind == "examples":
        return k * (4 * rows * tokens + 2 * rows * rows)
    if kind == "gram":
        return (2 * rows * rows * tokens + 2 * rows * tokens if k else 0) + k * 4 * rows * rows
    D, first = 2 * rows + 2, tokens + 1  # L = first, first + 1, …, first + k − 1
    lengths = k * first + k * (k - 1) // 2
    squares = k * first * first + first * k * (k - 1) + (k - 1) * k * (2 * k - 1) // 6
    return 4 * D * D * lengths + 4 * D * squares
