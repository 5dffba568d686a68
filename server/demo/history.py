"""Two weeks of an ordinary office, so that the reports have something to show. The same every time."""

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial

from server.demo.people import ANSWERS, QUESTIONS, SUPPORT, phone_of
from server.demo.story import DAY_US, MINUTE_US, Story
from server.domain.user import User

DAYS = 14
CONTACTS = range(15, 45)
A_DAY = 6
"""Exchanges on an ordinary day."""
OFFICE_MINUTES = 9 * 60
PATIENCE = (1, 3, 4, 6, 9, 12, 18, 26, 41)
"""Minutes until somebody answers."""
PUBLIC_MINUTES = 20

Deed = Callable[[], Awaitable[None]]


async def tell_history(story: Story, agents: Mapping[str, User], end: int) -> set[str]:
    """Everything in the order of its time; ends a good day before `end`, an instant of the database's clock. Whose phones wrote."""
    planned = [(at, place, deed) for place, (at, deed) in enumerate(_plan(story, list(agents.values()), end))]
    for at, _, deed in sorted(planned, key=lambda each: each[:2]):
        story.go_to(at)
        await deed()
    return {deed.args[0] for _, _, deed in planned if isinstance(deed, partial)}


def _plan(story: Story, people: list[User], end: int) -> Iterator[tuple[int, Deed]]:
    dice = random.Random(7)
    for day in range(DAYS, 0, -1):
        opens = end - (day + 1) * DAY_US + dice.randint(0, 30) * MINUTE_US
        for contact in dice.sample(CONTACTS, A_DAY + dice.randint(-2, 2)):
            phone = phone_of(contact)
            at = opens + dice.randint(0, OFFICE_MINUTES) * MINUTE_US
            patience = dice.choice(PATIENCE)
            yield at, partial(story.text_in, phone, dice.choice(QUESTIONS), SUPPORT)
            if patience > PUBLIC_MINUTES:
                yield at + PUBLIC_MINUTES * MINUTE_US, story.time_passes
            yield at + patience * MINUTE_US, partial(story.text_out, phone, dice.choice(ANSWERS), dice.choice(people))
