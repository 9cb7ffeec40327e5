"""What several folders of tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/golden --golden-update`` writes the golden files anew; read the difference before keeping it."""
    parser.addoption(
        "--golden-update", action="store_true", help="write the golden files instead of comparing with them"
    )
