"""The library's refusals in the words of the command line: options for arguments, words for values."""

import re

#: Arguments of the library, the option that gives each, and the key of a scenario that does.
_TYPED = {
    "Lambda": ("--train", "setup.train"),
    "Sigma": ("--test", "setup.test"),
    "Omega": ("--prior", "setup.prior"),
    "w_0": ("--start", "setup.start"),
    "noise_var": ("--noise", "setup.noise"),
    "n": ("-n", "setup.n"),
    "m": ("-m", "setup.m"),
    "steps": ("-k", "question.steps"),
    "metric": ("--metric", "question.metric"),
    "rung": ("--rung", "question.rungs"),
    "order": ("--order", "order"),
    "factor": ("--factor", "factor"),
    "law": ("--law", "law"),
    "prompts": ("--prompts", "simulation.prompts"),
    "epochs": ("--epochs", "epochs"),
    "step_size": ("--step-size", "step_size"),
    "error": ("--error", "error"),
    "price_context": ("--price-context", "price_context"),
    "price_step": ("--price-step", "price_step"),
    "tie_m": ("--tie-m", "tie_m"),
    "optimizer": ("--optimizer", "optimizer"),
    "trained": ("--trained", "trained"),
    "start": ("--from", "start"),
    "batch": ("--batch", "batch"),
    "decay": ("--decay", "decay"),
    "seed": ("--seed", "simulation.seed"),
    "workers": ("--workers", "simulation.workers"),
    "sampling": ("--sampling", "sampling"),
    "method": ("--estimator", "estimator"),
    "replicates": ("--bootstrap", "bootstrap"),
    "names": ("NAME", "names"),
}
_FIRST = re.compile(rf"(?:setup\.)?({'|'.join(_TYPED)})(?=\W)(?!\()")
_LATER = re.compile(r"(?<![=\w])('[^']*'|\"[^\"]*\")|\b(Lambda|Sigma|Omega|w_0|noise_var|step_size)\b(?!\.\w)")
#: What a remedy says of calls in Python, and what one types instead; the first two columns of a table of patterns.
_REMEDIES = (
    (r": int, float, Fraction or a string such as \"1/3\"", ", such as 3, 0.5 or 1/3"),
    (r"pass shape \(d,\)", "pass d numbers, such as 1,0,1/2"),
    (r"\((\d+),\): not a vector of", r"\1 numbers: not"),
    (r"None for m = ∞", "inf"),
    (r"\bFraction\((-?\d+), 1\)", r"\1"),
    (r"\bFraction\((-?\d+), (\d+)\)", r"\1/\2"),
    (r"\bFraction\((-?\d+)", r"\1"),
    (r"\bFraction of thousands", "a number of thousands"),
    (r"\bm=None\b", "-m inf"),
    (r"\bm=…", "-m INTEGER"),
    (r"\bfield=(?=[A-Z])", "--field "),
    (r"\bMP\(dps\)", "mp:DIGITS"),
    (r"\bMP\((\d+)\)", r"mp:\1"),
    (r"\bBALL\(bits\)", "ball:BITS"),
    (r"\bBALL\((\d+)\)", r"ball:\1"),
    (r"\bEXACT\b", "exact"),
    (r"\bF64\b", "f64"),
    (r"\b(rung|metric|sampling)=\"(\w+)\"", r"--\1 \2"),
    (r"\bmethod=\"([\w-]+)\"", r"--estimator \1"),
    (r"\bworkers=(\d+)", r"--workers \1"),
    (r"\beverywhere=False\b", "--local"),
)
_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in _REMEDIES)
_QUOTED = re.compile(r"((?<![=\w])'[^']*')")


def as_typed(message: str, *, scenario: bool = False) -> str:
    """Return a refusal of the library in the words of the command line, or of a scenario file.

    >>> as_typed("noise_var = -1: negative; pass a variance >= 0")
    '--noise = -1: negative; pass a variance >= 0'
    >>> as_typed("Sigma = 'd = 4': Lambda has d = 3; use one dimension for both")
    "--test = 'd = 4': --train has d = 3; use one dimension for both"
    >>> as_typed("too wide; use field=BALL(bits) or EXACT")
    'too wide; use --field ball:BITS or exact'
    """
    first = _FIRST.match(message)
    if first is not None:
        column = int(scenario)
        rest = _LATER.sub(lambda found: found[1] or _TYPED[found[2]][column], message[first.end() :])
        message = _TYPED[first[1]][column] + rest
    return advice(message)


def advice(message: str) -> str:
    """Return a remedy as one would type it; what the user typed, in quotes, is left alone.

    >>> advice('steps = 60: too many; use fewer steps or rung="proportional"')
    'steps = 60: too many; use fewer steps or --rung proportional'
    """
    parts = _QUOTED.split(message)
    for pattern, words in _PATTERNS:
        parts[::2] = [pattern.sub(words, part) for part in parts[::2]]
    return "".join(parts)
