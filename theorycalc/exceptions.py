"""The exceptions of theorycalc: one root, four ways in which a question can have no answer."""


class TheoryError(Exception):
    """Root of every exception that theorycalc raises on purpose."""


class InvalidSetup(TheoryError, ValueError):
    """An argument is not a valid statement of a problem; the message names it, its value and the remedy."""


class OutsideRegime(TheoryError):
    """The problem is valid, but the requested formula does not hold for it."""


class NotConverged(TheoryError):
    """An iteration stopped, or a number overflowed, before the promised accuracy was reached."""


class NotCertified(TheoryError):
    """A number was computed but could not be enclosed or proved as tightly as was asked."""
