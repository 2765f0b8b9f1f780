"""Whether a stream shows colours."""

import os
from typing import Any


def colours(stream: Any) -> bool:
    """Whether to colour what is written to ``stream``.

    NO_COLOR, set to anything, wins (no-color.org); then FORCE_COLOR, set to anything but 0, colours pipes and files
    too; else it is for terminals that are not dumb.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"
