"""The fast path: the error e_k = w_k − w* of a batch of prompts, e_{k+1} = R e_k + drive, R = I − A S.

Two things travel along the recursion, in buffers allocated once per shard:

* *averaged*: the matrices D_k = Rᵏ Q^{1/2} (d × c) and, with label noise, N_k = (Σ_{i<k} Rⁱ) A; then the error
  given the prompt, averaged over w* and ξ, is ‖P^{1/2} D_k‖_F² + (σ²/m) tr[P N_k S N_kᵀ]  (theory sections 4, 12);
* *sampled*: one vector e_k per prompt, for w* and ξ as drawn.

R is applied *formed* (S = X Xᵀ/m once, then d × d products) or *factored* (through X, never forming S), whichever
is cheaper.
"""

from collections.abc import Iterator

import numpy as np

from theorycalc.fields import Array
from theorycalc.montecarlo.problem import Problem


class ErrorMap:
    """R = I − A S for a batch of prompts, with the buffers that the states travel in.

    ``averaged`` and ``sampled`` yield views of those buffers: use each state before asking for the next.
    """

    def __init__(self, problem: Problem, batch: int) -> None:
        self.problem = problem
        d, m, widths = problem.d, problem.m, (problem.width, problem.noise_width)
        self._scaled_A = (problem.A if problem.A.ndim == 2 else problem.A[:, np.newaxis]) / m
        if problem.formed:
            self._gram, self._R = np.empty((batch, d, d)), np.empty((batch, d, d))
        else:  # R D = D − scale · Y (Xᵀ D): Y is X itself for a diagonal A
            self._Y = np.empty((batch, d, m) if problem.A.ndim == 2 else 0)
            self._projection = np.empty(batch * m * max(widths))
        self._states = [tuple(np.empty((batch, d, width)) for _ in range(2)) for width in widths]
        self._scratch = np.empty(batch * d * max(widths))
        self._batch = 0
        self._X = np.empty((0, d, m))

    def load(self, X: Array) -> None:
        """Take the prompts ``X`` (b, d, m), b <= batch; keeps a reference to it."""
        problem, b = self.problem, X.shape[0]
        self._X, self._batch = X, b
        if not problem.formed:
            if problem.A.ndim == 2:  # Y = A X / m
                np.matmul(self._scaled_A, X, out=self._Y[:b])
            return
        np.matmul(X, X.swapaxes(1, 2), out=self._gram[:b])  # m S; NumPy calls syrk
        if problem.A.ndim == 2:
            np.matmul(-self._scaled_A, self._gram[:b], out=self._R[:b])
        else:
            np.multiply(self._gram[:b], -self._scaled_A, out=self._R[:b])
        self._R[:b].reshape(b, -1)[:, :: problem.d + 1] += 1.0

    @property
    def prompts(self) -> int:
        """How many prompts are loaded."""
        return self._batch

    def apply(self, D: Array, out: Array | None = None) -> Array:
        """Return R D for D (b, d, w) or (d, w)."""
        if self.problem.formed:
            return np.matmul(self._R[: self._batch], D, out=out)
        b, m, width = self._batch, self.problem.m, D.shape[-1]
        size = b * m * width
        flat = self._projection[:size] if size <= self._projection.size else np.empty(size)
        projection = np.matmul(self._X.swapaxes(1, 2), D, out=flat.reshape(b, m, width))
        if self.problem.A.ndim == 2:
            moved = np.matmul(self._Y[:b], projection, out=out)
        else:
            moved = np.matmul(self._X, projection, out=out)
            moved *= self._scaled_A
        return np.subtract(D, moved, out=moved)

    def averaged(self) -> Iterator[tuple[Array, Array | None]]:
        """Yield (D_k, N_k) for k = 0 … steps: D_k = Rᵏ Q^{1/2} (b, d, c), N_k as in the module's text.

        D_0 is (1, d, c); N_k is None without label noise and at k = 0, where it is zero.  Factored, N_k stands for
        (Σ_{i<k} Rⁱ) A X / m, of width m.
        """
        problem, start = self.problem, self.problem.start
        D, D_next = (buffer[: self._batch] for buffer in self._states[0])
        N, N_next = (buffer[: self._batch] for buffer in self._states[1])
        root = np.diag(start) if start.ndim == 1 else start
        yield root[np.newaxis], None
        for k in range(problem.steps):
            if k > 0:
                self.apply(D, D_next)
            elif start.ndim == 1 and problem.formed:
                np.multiply(self._R[: self._batch], start, out=D_next)
            else:
                self.apply(root, D_next)
            D, D_next = D_next, D
            if problem.noise_width:
                if k > 0:
                    self.apply(N, N_next)
                else:
                    N_next[...] = 0.0
                self._drive(N_next)
                N, N_next = N_next, N
            yield D, N if problem.noise_width else None

    def _drive(self, N: Array) -> None:
        """Add A (formed) or A X / m (factored) to N in place."""
        if not self.problem.formed:
            N += self._Y[: self._batch] if self.problem.A.ndim == 2 else self._scaled_A * self._X
        elif self.problem.A.ndim == 2:
            N += self.problem.A
        else:
            N.reshape(self._batch, -1)[:, :: self.problem.d + 1] += self.problem.A

    def sampled(self, e_0: Array, noise: Array | None) -> Iterator[Array]:
        """Yield e_k (b, d, 1) for k = 0 … steps from e_0 = w_0 − w* (b, d, 1) and label noise σ ξ (b, m)."""
        yield e_0
        drive = None if noise is None else self.noise_step(noise)
        e, e_next = (buffer[: self._batch] for buffer in self._states[0])
        for k in range(self.problem.steps):
            self.apply(e if k > 0 else e_0, e_next)
            if drive is not None:
                e_next += drive
            e, e_next = e_next, e
            yield e

    def noise_step(self, noise: Array) -> Array:
        """Return A X (σ ξ) / m, shape (b, d, 1): what label noise (b, m) adds to w in one step."""
        column = noise[..., np.newaxis]
        pushed = np.matmul(self._X, column)
        return np.asarray(self._scaled_A @ pushed if self.problem.A.ndim == 2 else self._scaled_A * pushed)

    def noise_response(self, N: Array, noise: Array) -> Array:
        """Return what the label noise σ ξ (b, m) adds to w_k, (b, d, 1), from N_k."""
        column = noise[..., np.newaxis]
        if self.problem.formed:
            column = np.matmul(self._X, column) / self.problem.m
        return np.asarray(np.matmul(N, column))

    def squares(self, D: Array) -> Array:
        """Return ‖P^{1/2} D‖_F² per prompt, (b,), for D (b, d, w)."""
        weight, b = self.problem.weight, D.shape[0]
        if weight is not None and weight.ndim == 2:
            D = np.matmul(weight, D, out=self._scratch[: D.size].reshape(D.shape))
        elif weight is not None:
            rows = np.square(D[:, :, 0]) if D.shape[2] == 1 else np.vecdot(D, D)
            return np.asarray(np.matmul(rows, weight))
        flat = D.reshape(b, -1)
        return np.asarray(np.vecdot(flat, flat))

    def noise_squares(self, N: Array) -> Array:
        """Return (σ²/m) tr[P (Σ Rⁱ) A S A (Σ Rⁱ)ᵀ] per prompt, (b,), from N_k."""
        problem, variance = self.problem, self.problem.sigma**2
        if not problem.formed:
            return np.asarray(variance * self.squares(N))
        weight = problem.weight
        if weight is not None and weight.ndim == 2:
            N = np.matmul(weight, N)
        spread = np.matmul(N, self._gram[: self._batch], out=self._scratch[: N.size].reshape(N.shape))
        rows = np.vecdot(spread, N)  # (b, d)
        total = rows @ weight if weight is not None and weight.ndim == 1 else rows.sum(axis=1)
        return np.asarray(variance / problem.m**2 * total)
