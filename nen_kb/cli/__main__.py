"""``python -m nen_kb.cli``."""

import sys

from nen_kb.cli.main import main

sys.exit(main())
