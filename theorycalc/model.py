"""The statement of a problem: which tasks the transformer was trained on and what it is asked at test time."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from theorycalc._checks import MAX_COUNT, choice, integer, number, refuse, shown
from theorycalc.exceptions import InvalidSetup
from theorycalc.fields import EXACT, F64, Array, Field, as_fraction, digits
from theorycalc.spectra import Covariance, as_covariance, read_numbers
from theorycalc.spectra.covariance import freeze

SAMPLING_MODELS = ("pooled", "per_prompt", "per_example")
_WEIGHT_TOLERANCE = 1e-12  # how far float weights may sum from 1
_MOST_SHOWN = 4  # tasks in a repr


@dataclass(frozen=True, init=False, eq=False)
class TaskMixture:
    """Several training tasks and the probabilities with which they are drawn.

    Parameters
    ----------
    covariances : Λ_1 … Λ_T, each anything :class:`Setup` accepts, of one dimension d
    weights : π_1 … π_T >= 0, summing to 1
    sampling : "pooled" (features drawn from N(0, Σ π_ℓ Λ_ℓ)), "per_prompt" or "per_example"

    Source: theory section 10.

    Examples
    --------
    >>> TaskMixture([[1, 3], [3, 1]], ["1/2", "1/2"]).Lambda_bar.to_list()
    ['2', '2']
    """

    covariances: tuple[Covariance, ...]
    weights: tuple[Fraction | float, ...]
    sampling: str

    def __init__(self, covariances: Any, weights: Any, sampling: str = "pooled") -> None:
        tasks = tuple(
            as_covariance(task, name=f"covariances[{ell}]")
            for ell, task in enumerate(_listed("covariances", covariances))
        )
        probabilities = tuple(
            number(f"weights[{ell}]", weight) for ell, weight in enumerate(_listed("weights", weights))
        )
        if not tasks:
            raise refuse("covariances", covariances, "no task", "pass at least one covariance")
        if len(tasks) != len(probabilities):
            raise refuse("weights", weights, f"{len(probabilities)} weights for {len(tasks)} tasks", "pass one each")
        if len({task.d for task in tasks}) > 1:
            raise refuse("covariances", [task.d for task in tasks], "tasks of different dimension", "use one d")
        excess = abs(sum((Fraction(weight) for weight in probabilities), Fraction(-1)))
        exact = all(isinstance(weight, Fraction) for weight in probabilities)
        if any(weight < 0 for weight in probabilities) or excess > (0 if exact else _WEIGHT_TOLERANCE):
            raise refuse("weights", weights, "negative, or not of sum 1", "make them >= 0 with sum 1")
        object.__setattr__(self, "covariances", tasks)
        object.__setattr__(self, "weights", probabilities)
        object.__setattr__(self, "sampling", choice("sampling", sampling, SAMPLING_MODELS))

    def __repr__(self) -> str:
        tasks = [task.short_entries() or repr(task) for task in self.covariances[:_MOST_SHOWN]]
        weights = [weight if isinstance(weight, float) else shown(weight, 20) for weight in self.weights[:_MOST_SHOWN]]
        more = ", …" if len(self.weights) > _MOST_SHOWN else ""
        parts = f"[{', '.join(tasks)}{more}], [{', '.join(map(str, weights))}{more}], sampling={self.sampling!r}"
        return f"TaskMixture({parts})"

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments as JSON-ready values; exact numbers as "p/q" strings."""
        return {
            "covariances": [task.to_list() for task in self.covariances],
            "weights": [digits(weight) if isinstance(weight, Fraction) else weight for weight in self.weights],
            "sampling": self.sampling,
        }

    @property
    def Lambda_bar(self) -> Covariance:
        """Λ̄ = Σ_ℓ π_ℓ Λ_ℓ, formed exactly and rounded to float64 only if an input was a float."""
        diagonal = all(task.is_diagonal for task in self.covariances)
        terms = [
            EXACT.number(weight) * (task.array(EXACT) if diagonal else task.dense(EXACT))
            for weight, task in zip(self.weights, self.covariances, strict=True)
        ]
        total = sum(terms[1:], terms[0])
        entries = np.empty(total.shape, dtype=object)
        entries.reshape(-1)[:] = [as_fraction(item) for item in total.reshape(-1)]
        exact = all(task.is_exact for task in self.covariances) and all(
            isinstance(weight, Fraction) for weight in self.weights
        )
        return as_covariance(entries if exact else F64.array(entries), name="Lambda_bar", label="mixture")


@dataclass(frozen=True, init=False, eq=False)
class Setup:
    """A training distribution and a test question, validated and immutable.

    Parameters
    ----------
    Lambda : feature covariance of the training prompts, positive definite (d, d) or (d,); or a TaskMixture, or a dict
        of its arguments
    n : in-context examples per training prompt, >= 1
    Sigma : feature covariance of the test prompt; default Λ ("matched")
    m : in-context examples of the test prompt, >= 1; default ∞ (None or math.inf)
    Omega : prior covariance of the task weights, w* ~ N(0, Ω), positive semidefinite; default I
    w_0 : first token of the chain of thought, (d,); default 0
    noise_var : variance σ² >= 0 of the label noise in y = ⟨w*, x⟩ + σ ξ; default 0

    Raises
    ------
    InvalidSetup
        naming the argument, its value and the remedy.

    Examples
    --------
    >>> setup = Setup([1, "1/2"], n=20, m=40)
    >>> setup.d, setup.matched, setup.m
    (2, True, 40)
    """

    Lambda: Covariance
    n: int
    Sigma: Covariance
    m: int | None
    Omega: Covariance | None
    w_0: Array | None
    noise_var: Fraction | float
    mixture: TaskMixture | None

    def __init__(
        self,
        Lambda: Any,
        *,
        n: int,
        Sigma: Any = None,
        m: int | float | None = None,
        Omega: Any = None,
        w_0: Any = None,
        noise_var: Any = 0,
    ) -> None:
        mixture = _mixture(Lambda)
        train = mixture.Lambda_bar if mixture is not None else as_covariance(Lambda, name="Lambda")
        test = train if Sigma is None else as_covariance(Sigma, name="Sigma")
        prior = None if Omega is None else as_covariance(Omega, name="Omega", semidefinite=True)
        for name, covariance in (("Sigma", test), ("Omega", prior)):
            if covariance is not None and covariance.d != train.d:
                raise refuse(name, f"d = {covariance.d}", f"Lambda has d = {train.d}", "use one dimension for both")
        infinite = m is None or _is_infinite(m)
        variance = number("noise_var", noise_var)
        if variance < 0:
            raise refuse("noise_var", noise_var, "negative", "pass a variance >= 0")
        count = "pass an integer >= 1"
        values = {
            "Lambda": train,
            "n": integer("n", n, minimum=1, maximum=MAX_COUNT, remedy=count),
            "Sigma": train if test.same_as(train) else test,
            "m": None
            if infinite
            else integer("m", m, minimum=1, maximum=MAX_COUNT, remedy=count + ", or None for m = ∞"),
            "Omega": prior,
            "w_0": None if w_0 is None else _start(w_0, train.d),
            "noise_var": variance,
            "mixture": mixture,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled or copied setup, its start read-only again."""
        vars(self).update(state)
        freeze(state)

    @property
    def d(self) -> int:
        """Feature dimension d."""
        return self.Lambda.d

    @property
    def matched(self) -> bool:
        """Whether Σ = Λ."""
        return self.Sigma is self.Lambda

    @property
    def is_diagonal(self) -> bool:
        """Whether Λ and Σ are both given as spectra in one basis."""
        return self.Lambda.is_diagonal and self.Sigma.is_diagonal

    @property
    def standard_prior(self) -> bool:
        """Whether w* ~ N(0, I), w₀ = 0 and labels carry no noise: the paper's setting."""
        return self.Omega is None and self.w_0 is None and self.noise_var == 0

    def prior_second_moment(self, field: Field) -> Array:
        """Return Q = E (w₀ − w*)(w₀ − w*)ᵀ = Ω + w₀ w₀ᵀ as (d, d) over ``field``; (d,) when it is diagonal."""
        prior = field.array(np.ones(self.d, dtype=int)) if self.Omega is None else self.Omega.array(field)
        if self.w_0 is None:
            return prior
        start = field.array(self.w_0)
        matrix = np.outer(start, start)
        if prior.ndim == 2:
            return np.asarray(prior + matrix)
        matrix[np.diag_indices(self.d)] = matrix[np.diag_indices(self.d)] + prior
        return matrix

    def replace(self, **changes: Any) -> "Setup":
        """Return the same problem with some arguments changed.

        >>> Setup([1, 2], n=20).replace(m=7).m
        7
        """
        unknown = set(changes) - {"Lambda", "n", "Sigma", "m", "Omega", "w_0", "noise_var"}
        if unknown:
            raise InvalidSetup(f"replace: unknown argument {', '.join(sorted(unknown))}; use the names of Setup")
        current: dict[str, Any] = {
            "Lambda": self.mixture or self.Lambda,
            "n": self.n,
            "Sigma": None if self.matched else self.Sigma,
            "m": self.m,
            "Omega": self.Omega,
            "w_0": self.w_0,
            "noise_var": self.noise_var,
        }
        return Setup(**{**current, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as JSON-ready values, m = ∞ as None, so that ``Setup(**setup.to_dict())`` states it again.

        Exact numbers become "p/q" strings, and a mixture the dict of its arguments.
        """
        start = None if self.w_0 is None else [digits(x) if self.w_0.dtype == object else float(x) for x in self.w_0]
        variance = digits(self.noise_var) if isinstance(self.noise_var, Fraction) else self.noise_var
        return {
            "Lambda": self.Lambda.to_list() if self.mixture is None else self.mixture.to_dict(),
            "n": self.n,
            "Sigma": None if self.matched else self.Sigma.to_list(),
            "m": self.m,
            "Omega": None if self.Omega is None else self.Omega.to_list(),
            "w_0": start,
            "noise_var": variance,
        }

    def __repr__(self) -> str:
        parts = [f"Lambda={self.Lambda.short_entries() or repr(self.Lambda)}", f"n={self.n}"]
        if not self.matched:
            parts.append(f"Sigma={self.Sigma.short_entries() or repr(self.Sigma)}")
        parts.append(f"m={'∞' if self.m is None else self.m}")
        parts += [
            f"{name}={shown(getattr(self, name))}" for name in ("Omega", "w_0") if getattr(self, name) is not None
        ]
        if self.noise_var:
            parts.append(f"noise_var={shown(self.noise_var)}")
        return f"Setup({', '.join(parts)})"


def _listed(name: str, value: Any) -> list[Any]:
    """Return the items of a sequence; an array without dimensions has a length only by name."""
    try:
        if not isinstance(value, str | bytes) and hasattr(value, "__len__"):
            return list(value)
    except TypeError:
        pass
    raise refuse(name, value, "not a sequence", "pass a list with one entry for each task")


def _is_infinite(m: Any) -> bool:
    """Whether m is +∞ in any library's notation."""
    return not isinstance(m, np.ndarray | str) and bool(m == math.inf)


def _mixture(value: Any) -> TaskMixture | None:
    if not isinstance(value, dict):
        return value if isinstance(value, TaskMixture) else None
    if not {"covariances", "weights"} <= set(value) <= {"covariances", "weights", "sampling"}:
        raise refuse("Lambda", sorted(map(str, value)), "not the arguments of a TaskMixture", "pass a covariance")
    return TaskMixture(**value)


def as_setup(setup: Any) -> Setup:
    """Return ``setup`` if it is one, else raise InvalidSetup."""
    if not isinstance(setup, Setup):
        raise InvalidSetup(f"setup = {shown(setup)}: not a Setup; pass theorycalc.Setup(Lambda, n=…, m=…)")
    return setup


def _start(value: Any, d: int) -> Array:
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape != (d,):
        raise refuse("w_0", shape, f"not a vector of d = {d} numbers", "pass shape (d,)")
    vector = read_numbers("w_0", value)
    if vector.shape != (d,):
        raise refuse("w_0", vector.shape, f"not a vector of d = {d} numbers", "pass shape (d,)")
    vector.setflags(write=False)
    return vector
