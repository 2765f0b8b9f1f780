"""plotly.js, as the extra ``explore`` brings it: the only door to plotly."""

from theorycalc.exceptions import InvalidSetup


def plotly_source() -> str:
    """Return plotly.js as text that is safe inside a script element; nothing is fetched.

    Raises
    ------
    ImportError
        without plotly: the message names the extra.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ImportError("the explorer needs plotly: install it with pip install 'theorycalc[explore]'") from error
    return script_text(get_plotlyjs())


def script_text(source: str) -> str:
    r"""Return JavaScript that no HTML parser takes for the end of its script element.

    ``</script`` and ``<!--`` occur in strings and regular expressions only, where a backslash changes nothing.

    >>> script_text('a = "</script>"')
    'a = "<\\/script>"'
    """
    text = source.replace("<!--", "<\\!--")
    for word in ("</script", "</SCRIPT", "</Script"):
        text = text.replace(word, "<\\/" + word[2:])
    if "</script" in text.lower():
        raise InvalidSetup("plotly.js holds an end of script in letters of mixed case; use another version of plotly")
    return text
