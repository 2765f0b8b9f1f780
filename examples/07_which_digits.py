"""Real data: which handwritten digits to train on, when the test is about 1 and 7.

Scikit-learn's digits are 1,797 images of 8 × 8 pixels.  Features are their ten leading principal components.  Every
digit class of the even-numbered images is a task; the 1s and 7s of the odd-numbered ones are the target.  Covariances
are estimated, the mixture nearest to the target is selected with bootstrap intervals, and the error of thinking is
compared with that of training on all digits alike.  Needs the extra ``data``, and ``plot`` for the picture.

    python examples/07_which_digits.py [PICTURE]
"""

import sys
from typing import Any

import numpy as np

import theorycalc as tc

COMPONENTS, EXAMPLES, STEPS, TARGET = 10, 200, 5, (1, 7)


def features() -> tuple[Any, dict[str, Any]]:
    """Return the samples of the target (N, d), and of each task by name."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SystemExit("this example needs scikit-learn: pip install 'theorycalc[data]'") from None
    images, labels = load_digits(return_X_y=True)
    train = np.arange(len(labels)) % 2 == 0
    centred = images - images[train].mean(axis=0)
    directions = np.linalg.svd(centred[train], full_matrices=False)[2][:COMPONENTS].T
    scores = centred @ directions
    tasks = {f"digit {digit}": scores[train & (labels == digit)] for digit in range(10)}
    return scores[~train & np.isin(labels, TARGET)], tasks


def main(picture: str | None = None) -> dict[str, Any]:
    """Return the probabilities with their intervals, and the errors of thinking; draw the bars if a file is named."""
    target, tasks = features()
    found = tc.bootstrap_selection(target, tasks, replicates=200, seed=0, method="ledoit-wolf", assume_centered=True)
    if picture:
        found.plot(picture, title="Digits to train on, for a test about 1 and 7")
    program = found.selection.program
    setup = tc.Setup(tc.TaskMixture(program.covariances, [1 / 10] * 10), n=EXAMPLES, Sigma=program.Sigma)
    regret = tc.surrogate_regret(setup, STEPS, starts=4)
    order = np.argsort(-found.selection.weights)[:3]
    named = ", ".join(f"{100 * found.selection.weights[ell]:.0f} % {program.names[ell]}" for ell in order)
    return {
        "weights": dict(zip(program.names, found.selection.weights.tolist(), strict=True)),
        "intervals": dict(
            zip(program.names, zip(found.lower.tolist(), found.upper.tolist(), strict=True), strict=True)
        ),
        "selected": regret.error("selected"),
        "uniform": regret.error("uniform"),
        "optimal": regret.error("optimal"),
        "sentence": f"For 1 and 7 train on {named}: after {STEPS} steps of thought the error is "
        f"{regret.error('selected'):.2g}, against {regret.error('uniform'):.2g} for all digits alike.",
    }


if __name__ == "__main__":
    for name, value in main(sys.argv[1] if len(sys.argv) > 1 else None).items():
        print(f"{name:>10}: {value}")
