"""Every tolerance of the test suite, with its reason.  Exact comparisons use none."""

UNIT = 2.0**-53

#: exact rung in float64 against balls at k <= 14 (issue: the centred form keeps about 1e-16 per step).
EXACT_RUNG = 1e-12

#: a float64 formula of a few dozen operations against exact rationals.
FEW_OPERATIONS = 1e-13

#: duality gap of a selection in float64, relative to max(1, value) (issue: polished to 1e-10).
POLISHED_GAP = 1e-10

#: recursions of some hundred float64 operations on numbers of order one.
LONG_RECURSION = 1e-10

#: values quoted in theory.md, printed with six significant digits.
QUOTED_SIX_DIGITS = 6e-6

#: values quoted in theory.md with nine decimals.
QUOTED_NINE_DECIMALS = 6e-10

#: standard errors a simulated mean may be off: false alarm about 1e-6 per comparison for a normal mean.
Z_LIMIT = 4.9

#: central differences with h = 1e-6 of numbers of order one: rounding 1e-16/h, and third derivatives times h².
CENTRAL_DIFFERENCE = 2e-8

#: closed forms, edges and thresholds of the explorer's engine against Python's: some dozen float64 operations on either
#: side, edges by bisection to the last bits (measured: 3e-14).
PAGE_ENGINE = 1e-12
