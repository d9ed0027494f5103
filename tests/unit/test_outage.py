"""Who is told at once that the database is away, and who is let through to find out."""

from __future__ import annotations

import pytest

from callcenter.crm_gateway.store import Outage

pytestmark = pytest.mark.unit


def test_nobody_is_refused_before_an_outage() -> None:
    assert not Outage(4.0).refuses(0.0)


def test_during_an_outage_one_in_retry_s_is_let_through() -> None:
    outage = Outage(4.0)
    assert outage.began(10.0)
    assert [outage.refuses(at) for at in (10.0, 13.9, 14.0, 14.1, 17.9, 18.0)] == [True, True, False, True, True, False]


def test_a_failure_of_anybody_spares_the_next_caller_the_try() -> None:
    outage = Outage(4.0)
    outage.began(10.0)
    assert not outage.began(13.0), "it is no news"
    assert outage.refuses(16.9) and not outage.refuses(17.0)
