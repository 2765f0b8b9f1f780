"""What a sample says about a mean, and when it says nothing: the heavy-tail flag."""

from dataclasses import dataclass

import numpy as np

from theorycalc.fields import Array

LEVELS = (0.05, 0.25, 0.75, 0.95)
