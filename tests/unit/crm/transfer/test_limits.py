"""How many rows a batch holds."""

from __future__ import annotations

import pytest

from crm.transfer.limits import Limits

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("rows", "batch"), [(0, 500), (10_000, 500), (25_000, 500), (25_001, 501), (100_000, 2_000), (500_000, 5_000), (1_000_000, 5_000)]
)
def test_a_batch_is_a_fiftieth_of_the_file_but_neither_tiny_nor_huge(rows: int, batch: int) -> None:
    assert Limits().batch_rows(rows) == batch


def test_a_smaller_limit_holds() -> None:
    assert Limits(chunk_rows=10).batch_rows(1_000_000) == 10
