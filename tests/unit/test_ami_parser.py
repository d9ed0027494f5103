"""Our parser gives what panoramisk's own gives, for whole streams, torn streams and broken ones (trial FT14)."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panoramisk.message import Message

from callcenter.cti.ami_parser import MAX_MESSAGE_BYTES, AmiParser, MessageTooLong

pytestmark = pytest.mark.unit

STREAM = (
    b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
    b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk-00000001\r\nCallerIDName: \xe5\xbc\xa0\xe4\xbc\x9f: x\r\nAccountCode: \r\n"
    b"Exten: 95120\r\nUniqueid: node1-1.1\r\nLinkedid: node1-1.1\r\n\r\n"
    b"Event: UserEvent\r\nUniqueid: a\r\nUserEvent: QueueEnded\r\nUniqueid: b\r\nUniqueid: c\r\nResult: time%20out\r\n\r\n"
    b"Event: VarSet\r\nVariable: X\r\nValue: \r\n\r\n"
    b"Response: Follows\r\nActionID: 2\r\nfirst: line\r\nsecond line\r\n--END COMMAND--\r\n\r\n"
    b"Response: Fail\r\nMessage: no: reason\r\n\r\n"
    b"\r\n\r\nEvent: Odd\r\nno separator here\r\nempty:\r\n: value\r\nBad: \xff\xfe\xe5\xbc\r\n\r\n"
    b"Nothing: of it\r\n\r\nevent: lower\r\n\r\nEvent: LineFeed\nOnly: 1\n\nEvent: Next\r\n\r\n"
    b"Event: Hangup\r\nCause: 16\r\nCause-txt: Normal Clearing\r\nLast: \r\n\r\n"
)


def theirs(data: bytes) -> list[dict[str, Any]]:
    """What panoramisk's AMIProtocol.data_received makes of the whole stream in one piece."""
    *lines, _ = data.decode("utf8", "ignore").split("\r\n\r\n")
    return plain(message for message in (Message.from_line(line.strip()) for line in lines) if message is not None)


def plain(messages: Iterable[Any]) -> list[dict[str, Any]]:
    return [dict(message.items()) | {"content": message.get("content", "")} for message in messages]


def ours(pieces: Iterable[bytes], wanted: frozenset[bytes] | None = None) -> list[dict[str, Any]]:
    parser = AmiParser(wanted)
    return plain(message for piece in pieces for message in parser.feed(piece))


def test_the_same_messages_for_a_stream_cut_at_every_byte() -> None:
    expected = theirs(STREAM)
    assert len(expected) == 10
    for place in range(len(STREAM) + 1):
        assert ours([STREAM[:place], STREAM[place:]]) == expected
    assert ours(STREAM[place : place + 1] for place in range(len(STREAM))) == expected


def test_a_stream_that_ends_in_mid_message_gives_the_whole_ones() -> None:
    for place in range(len(STREAM)):
        assert ours([STREAM[:place]]) == theirs(STREAM[:place])


def test_selection_drops_events_by_name_and_nothing_else() -> None:
    wanted = frozenset({b"Newchannel", b"Hangup"})
    expected = [one for one in theirs(STREAM) if one.get("Event", "Hangup") in ("Newchannel", "Hangup")]
    for place in range(len(STREAM) + 1):
        assert ours([STREAM[:place], STREAM[place:]], wanted) == expected


def test_selection_can_be_lifted_for_a_list() -> None:
    parser = AmiParser(frozenset({b"Hangup"}))
    parser.everything = True
    assert plain(parser.feed(STREAM)) == theirs(STREAM)


pieces = st.sampled_from(
    [
        *(b"Event: X", b"Event: ", b"Response: Follows", b"Response: Success", b"Result: %41"),
        *(b"A: b", b"A: ", b"A:", b": ", b"\xff", b"\xe5", b" ", b"\n"),
    ]
)
streams = st.lists(pieces | st.just(b"\r\n") | st.just(b"\r\n\r\n") | st.binary(max_size=4), max_size=40).map(b"".join)


@settings(max_examples=300)
@given(streams, st.integers(0, 2**32))
def test_no_stream_breaks_it_or_tells_two_parsers_apart(stream: bytes, seed: int) -> None:
    cuts = sorted(random.Random(seed).choices(range(len(stream) + 1), k=3))
    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert ours([*parts, b"\r\n\r\n"]) == theirs(stream + b"\r\n\r\n")


def test_a_message_without_an_end_is_given_up() -> None:
    parser = AmiParser()
    with pytest.raises(MessageTooLong):
        for _ in range(20):
            parser.feed(b"x" * (MAX_MESSAGE_BYTES // 10))
