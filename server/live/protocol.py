"""The frames of the websocket and its close codes, without I/O."""

import json
import math
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

from server.live.pace import Pace

SUBPROTOCOL = "partyline.v1"
BAD_FRAMES = 3
"""So many frames that make no sense, and the socket is closed."""

_ID = re.compile(r"[0-9a-z]{26}")
NOBODYS_ID = "0" * 26
"""Looked up in place of an id that cannot be one, so that both take as long."""


class Close(IntEnum):
    """Close codes. Whoever gets 4401 or 4409 does not come back by itself."""

    BINARY = 1003
    BAD_FRAMES = 4400
    SESSION_OVER = 4401
    RIGHTS_CHANGED = 4403
    NO_PONG = 4408
    TOO_MANY_TABS = 4409
    TOO_MANY_FRAMES = 4429
    COME_BACK = 4503


class BadFrame(Exception):
    """To be answered with `bad_request`. `senseless`: it counts towards closing. `id` is the request's, if it had one."""

    def __init__(self, *, senseless: bool, id: int | None = None) -> None:
        self.senseless = senseless
        self.id = id


@dataclass(frozen=True, slots=True)
class Resume:
    position: int | None
    epoch: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """What is watched: a conversation, or a topic of the account. A conversation's id may be anything a stranger sends."""

    kind: Literal["conversation", "topic"]
    name: str


@dataclass(frozen=True, slots=True)
class Watch:
    """`after` is a seq for a conversation, a position for a topic."""

    id: int
    target: Target
    after: int | None


@dataclass(frozen=True, slots=True)
class Unwatch:
    id: int
    target: Target


@dataclass(frozen=True, slots=True)
class Typing:
    conversation: str


@dataclass(frozen=True, slots=True)
class Viewing:
    conversation: str | None


@dataclass(frozen=True, slots=True)
class Pong:
    pass


Frame = Resume | Watch | Unwatch | Typing | Viewing | Pong


def parse(text: str) -> Frame:
    """One frame of a tab. Raises `BadFrame`."""
    try:
        frame = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise BadFrame(senseless=True) from None
    if not isinstance(frame, dict) or any(isinstance(value, dict | list) for value in frame.values()):
        raise BadFrame(senseless=True)
    op = frame.get("op")
    reader = _READERS.get(op) if isinstance(op, str) else None
    if reader is None:
        raise BadFrame(senseless=True)
    return reader(frame)


def plausible(conversation: str) -> str:
    """The id, or one that nobody has if it cannot be an id at all."""
    return conversation if _ID.fullmatch(conversation) else NOBODYS_ID


def hello(user: dict[str, str], epoch: str, position: int, pace: Pace) -> dict[str, Any]:
    limits = {"watches": pace.watches, "frames_per_second": pace.frames_per_second}
    return {
        "op": "hello",
        "protocol": 1,
        "user": user,
        "epoch": epoch,
        "position": position,
        "ping_seconds": math.ceil(pace.ping_seconds),
        "node": platform.node(),
        "limits": limits,
    }


def error(code: Literal["not_found", "bad_request", "limit", "too_far"], request: int | None = None) -> dict[str, Any]:
    """Nothing of what came in is repeated but the request's number."""
    return {"op": "error", "code": code} if request is None else {"op": "error", "id": request, "code": code}


class FrameRate:
    """Too many: more than the allowed rate in each of some seconds on end, or more than a burst within those seconds."""

    __slots__ = ("_began", "_burst", "_counts", "_per_second", "_seconds")

    def __init__(self, pace: Pace) -> None:
        self._per_second = pace.frames_per_second
        self._seconds = pace.frames_seconds
        self._burst = max(pace.burst, pace.frames_per_second * pace.frames_seconds)
        self._counts: list[tuple[int, int]] = []
        self._began: float | None = None

    def allows(self, now: float) -> bool:
        """Counts one frame at `now`, in seconds that never go back."""
        if self._began is None:
            self._began = now
        second = int(now - self._began)
        if self._counts and self._counts[-1][0] == second:
            self._counts[-1] = (second, self._counts[-1][1] + 1)
        else:
            self._counts.append((second, 1))
            del self._counts[: -self._seconds]
        recent = [count for at, count in self._counts if second - at < self._seconds]
        on_end = len(recent) == self._seconds and min(recent) > self._per_second
        return not on_end and sum(recent) <= self._burst


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> Any:
    raise ValueError


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _request(frame: dict[str, Any]) -> int:
    number = frame.get("id")
    if type(number) is not int or not 0 <= number <= 2**53:
        raise BadFrame(senseless=False)
    return number


def _number(frame: dict[str, Any], key: str, request: int | None = None) -> int | None:
    value = frame.get(key)
    if value is None:
        return None
    if type(value) is not int or value < 0:
        raise BadFrame(senseless=False, id=request)
    return value


def _target(frame: dict[str, Any], request: int) -> Target:
    conversation, topic = frame.get("conversation"), frame.get("topic")
    if isinstance(conversation, str) and topic is None:
        return Target("conversation", conversation)
    if conversation is None and topic in ("feed", "pool"):
        return Target("topic", topic)
    raise BadFrame(senseless=False, id=request)


def _resume(frame: dict[str, Any]) -> Resume:
    epoch = frame.get("epoch")
    if epoch is not None and not isinstance(epoch, str):
        raise BadFrame(senseless=False)
    return Resume(_number(frame, "position"), epoch)


def _watch(frame: dict[str, Any]) -> Watch:
    request = _request(frame)
    return Watch(request, _target(frame, request), _number(frame, "after", request))


def _unwatch(frame: dict[str, Any]) -> Unwatch:
    request = _request(frame)
    return Unwatch(request, _target(frame, request))


def _typing(frame: dict[str, Any]) -> Typing:
    conversation = frame.get("conversation")
    if not isinstance(conversation, str):
        raise BadFrame(senseless=False)
    return Typing(conversation)


def _viewing(frame: dict[str, Any]) -> Viewing:
    conversation = frame.get("conversation")
    if conversation is not None and not isinstance(conversation, str):
        raise BadFrame(senseless=False)
    return Viewing(conversation)


def _pong(_: dict[str, Any]) -> Pong:
    return Pong()


_READERS: dict[str, Callable[[dict[str, Any]], Frame]] = {
    "resume": _resume,
    "watch": _watch,
    "unwatch": _unwatch,
    "typing": _typing,
    "viewing": _viewing,
    "pong": _pong,
}
