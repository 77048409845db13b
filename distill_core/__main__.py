"""The workbench from a terminal: `python -m distill_core --help`."""

import sys

from distill_core.courtesy import share_the_cores
from distill_core.terminal.entry import main

if __name__ == "__main__":
    share_the_cores()
    sys.exit(main())
