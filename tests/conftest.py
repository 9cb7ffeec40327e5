"""What several folders of tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# What a machine judges must not depend on chance; people hunt with fresh examples.
settings.register_profile("steady", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/golden --golden-update`` writes the golden files anew; read the difference before keeping it."""
    parser.addoption(
        "--golden-update", action="store_true", help="write the golden files instead of comparing with them"
    )
