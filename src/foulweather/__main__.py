"""`python -m foulweather` is the command `foulweather`."""

from __future__ import annotations

import sys

from foulweather.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
