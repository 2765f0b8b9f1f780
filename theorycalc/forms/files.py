"""Stored results as files: written in one step, read with the name of the file in every complaint."""

import contextlib
import os
from pathlib import Path
from typing import Any

from theorycalc._checks import refuse
from theorycalc.exceptions import InvalidSetup
from theorycalc.forms.encode import to_json

_MAX_BYTES = 2**30


def save(value: Any, path: str | Path) -> None:
    """Write a result, setup or number to a file from which :func:`theorycalc.load` gives it back, to the last bit.

    Parameters
    ----------
    value : anything that :func:`theorycalc.to_json` takes
    path : a file name; ``.json`` is customary.  An old file is replaced in one step: never is there half of one

    Raises
    ------
    InvalidSetup
        for what has no stored form, and for a path that cannot be written.

    Examples
    --------
    >>> import tempfile, theorycalc as tc
    >>> curve = tc.expected_error(tc.Setup([1], n=1, m=1), 2, field=tc.EXACT)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(curve, f"{folder}/curve.json")
    ...     print(*load(f"{folder}/curve.json").values)
    1 2/3 20/27
    """
    file = _file(path)
    text = to_json(value)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        if file.exists() and not file.is_file() and not file.is_dir():  # a device or a pipe cannot be replaced
            file.write_text(text, encoding="utf-8")
            return
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise refuse("path", str(path), f"cannot be written ({error.strerror})", "name a file in a folder") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def load(path: str | Path) -> Any:
    """Read what :func:`theorycalc.save` wrote.

    Parameters
    ----------
    path : a file name

    Raises
    ------
    InvalidSetup
        for a file that is missing, damaged, or of a newer theorycalc, see :func:`theorycalc.from_json`.

    Nothing in the file is executed.
    """
    from theorycalc.forms.decode import from_json

    file = _file(path)
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise refuse("path", str(path), f"larger than {_MAX_BYTES // 2**20:,} MiB", "store a smaller result")
        text = file.read_bytes()
    except OSError as error:
        raise refuse("path", str(path), f"cannot be read ({error.strerror})", "check the path") from None
    try:
        return from_json(text)
    except InvalidSetup as error:
        raise InvalidSetup(f"{file.name}: {error}") from None


def _file(path: Any) -> Path:
    if not isinstance(path, str | Path) or not str(path) or "\0" in str(path):
        raise refuse("path", path, "not a path", "pass the name of a file")
    return Path(path)
