"""What the shell offers for the value of an option, each with its meaning where the shell shows it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

RUNGS = {
    "exact": "the mean at finite m",
    "population": "m → ∞",
    "proportional": "a typical prompt, d/m fixed",
    "expansion": "a series in 1/m",
    "bound": "Theorem 3.3 and Corollary 3.5",
    "auto": "the first that can be trusted",
}
METRICS = {"estimation": "E‖w − w*‖²", "prediction": "error on a fresh query"}
FIELDS = {
    "f64": "float64",
    "exact": "rationals",
    "mp:50": "50 digits",
    "ball:200": "enclosures of 200 bits",
}
COVARIANCES = {
    "iso:50": "λ = 1, d = 50",
    "power:50:0.5": "λ_i = i^-0.5, d = 50",
    "spiked:50:10,5": "10, 5 and then 1, d = 50",
    "diag:1,1/2,1/3": "this spectrum",
}
_COVARIANCE_FILES = (".npy", ".npz", ".csv", ".json")

Complete = Callable[[str], list[tuple[str, str]]]


def offer(choices: Mapping[str, str]) -> Complete:
    """Return a completer that offers these words.

    >>> offer({"gd": "exact gradients", "sgd": "sampled ones"})("g")
    [('gd', 'exact gradients')]
    """

    def complete(incomplete: str) -> list[tuple[str, str]]:
        return [(word, meaning) for word, meaning in choices.items() if word.startswith(incomplete)]

    return complete


def rungs(*names: str) -> Complete:
    """Return a completer for the rungs that a command knows."""
    return offer({name: RUNGS[name] for name in names})


def covariances(incomplete: str) -> list[tuple[str, str]]:
    """Offer a covariance of each family, files that may hold one, and folders to look for them in."""
    return [*offer(COVARIANCES)(incomplete), *_files(incomplete)]


def _files(incomplete: str) -> Iterator[tuple[str, str]]:
    folder, _, start = incomplete.rpartition("/")
    prefix = incomplete[: len(incomplete) - len(start)]
    try:
        entries = sorted(Path(folder or prefix or ".").iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(start) and (start or not entry.name.startswith(".")):
            if entry.suffix.lower() in _COVARIANCE_FILES:
                yield prefix + entry.name, "file"
            elif entry.is_dir():
                yield f"{prefix}{entry.name}/", "folder"
