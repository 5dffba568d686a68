"""What we answer to STOP, START and HELP: the account's own words, or ours, with the program's name in them, as the CTIA wants."""

from collections.abc import Mapping

from server.domain.message import Purpose

OURS: Mapping[Purpose, str] = {
    Purpose.OPTED_OUT: "{name}: You are unsubscribed and will get no more messages. Reply START to resubscribe.",
    Purpose.OPTED_IN: "{name}: You are subscribed again. Reply STOP to unsubscribe.",
    Purpose.HELP: "{name}: Reply to this text and a person will answer. Msg & data rates may apply. Reply STOP to unsubscribe.",
}


def answer(purpose: Purpose, account: str, own: str | None) -> str:
    """`account` is the account's name; `own` its own words, None for ours."""
    return OURS[purpose].format(name=account) if own is None else own
