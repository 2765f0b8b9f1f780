"""``python -m theorycalc``: the command line."""

from theorycalc.cli import main

if __name__ == "__main__":
    main()
