"""One account in this process: its tabs, and which of its events they have been given. Each event is dispatched here once."""

from collections.abc import Callable
from itertools import islice

from channels.ear import Ear
from channels.envelope import ACCOUNT, MANAGERS, PERSON, Envelope
from channels.frames import Outbox, Turn, events
from channels.groups import Group, Person, Route

KNOWN = 50_000
"""Conversations whose last seq is remembered, and as many whose tabs are. Of one that was forgotten the next event costs a sweep."""


class Account:
    """`floor`: all events up to it were dispatched, whatever channel or sweep brought them; `above`: those dispatched beyond it.

    `seqs` is the last dispatched seq of each conversation seen so far. `joined(account, person, conversation)` is called when an event
    shows that a user of ours takes part in a conversation that is not attended yet, `noticed(event)` with each account-wide event
    that belongs to no conversation.
    """

    def __init__(
        self,
        account_id: str,
        floor: int,
        turn: Turn,
        joined: Callable[[str, Person, str], None],
        noticed: Callable[[Envelope], None],
    ) -> None:
        self.id = account_id
        self.floor = floor
        self.above: set[int] = set()
        self.seqs: dict[str, int] = {}
        self.everyone = Group(wide=True)
        self.managers = Group(wide=True)
        self.feed = Group(wide=True)
        self.pool = Group(wide=True)
        self.people: dict[str, Person] = {}
        self.watched: dict[str, Group] = {}
        self.viewed: dict[str, Group] = {}
        self._routes: dict[str | None, Route] = {}
        self._turn = turn
        self._counters = turn.counters
        self._joined = joined
        self._noticed = noticed

    def arrive(self, batch: list[Envelope]) -> tuple[bool, bool]:
        """Events from Redis. Dispatches those that follow on what was dispatched; the others are only hints.

        Says whether the database must be read now (a gap in a conversation), and whether it must be read soon (an event without a
        seq, whose order among its like only the database knows).
        """
        fresh: list[Envelope] = []
        now = soon = False
        seqs = self.seqs
        for envelope in batch:
            position = envelope.position
            if position <= self.floor or position in self.above:
                self._counters.repeated += 1
                continue
            seq, conversation = envelope.seq, envelope.conversation
            if seq is None or conversation is None:
                if position != self.floor + 1:
                    soon = True
                    continue
            elif seq == seqs.get(conversation, 0) + 1:
                seqs[conversation] = seq
            else:
                now = True
                continue
            self._done(position)
            fresh.append(envelope)
        if now or soon:
            self._counters.hints += 1
        self._forget()
        if fresh:
            self.deliver(fresh)
        return now, soon

    def swept(self, rows: list[Envelope]) -> None:
        """All events after some position at or below the floor, in order, as the database has them."""
        fresh: list[Envelope] = []
        seqs = self.seqs
        for envelope in rows:
            position = envelope.position
            if position <= self.floor:
                continue
            self.floor = position
            if position in self.above:
                self.above.discard(position)
                continue
            seq, conversation = envelope.seq, envelope.conversation
            if seq is not None and conversation is not None and seq > seqs.get(conversation, 0):
                seqs[conversation] = seq
            fresh.append(envelope)
        self._rise()
        self._forget()
        if fresh:
            self._counters.swept += len(fresh)
            self.deliver(fresh)

    def know(self, seqs: dict[str, int], position: int) -> None:
        """Seqs from a snapshot at `position`. They count only if all of it has been dispatched."""
        if position <= self.floor:
            for conversation, seq in seqs.items():
                self.seqs.setdefault(conversation, seq)

    def restart(self, position: int) -> None:
        """The database is another one now (a restored backup): everybody starts anew from `position`."""
        self.floor = position
        self.above.clear()
        self.seqs.clear()
        for ear in list(self.everyone.ears):
            if ear.held is None:
                ear.reset(position, "epoch")
            else:
                ear.outbox.cut()

    def deliver(self, some: list[Envelope]) -> None:
        """Gives each tab the events that concern it, once and in order.

        What many tabs get alike is one frame whose bytes they share. What only a few get waits at each of them: the way out joins it.
        """
        self._counters.dispatched += len(some)
        kept = self._routes.get
        routes = [
            known if (known := kept(envelope.conversation)) is not None and known.fits(envelope) else self._route(envelope)
            for envelope in some
        ]
        wide: dict[Group, list[int]] = {}
        for index, route in enumerate(routes):
            for group in route.wide:
                wide.setdefault(group, []).append(index)
        reasons = _reasons(wide) if wide else {}
        both: dict[Ear, list[int]] = {}
        reached: set[Outbox] = set()
        looked: list[Ear] = []
        for index, (envelope, route) in enumerate(zip(some, routes, strict=True)):
            body = envelope.body
            for ear in route.ears:
                straight = ear.straight
                if reasons and ear in reasons:
                    both.setdefault(ear, []).append(index)
                elif straight is None:
                    ear.give([envelope])
                    looked.append(ear)
                else:
                    straight.append(body)
            reached.update(route.outboxes)
        if reached:
            self._turn.add(reached)
        if reasons:
            self._deliver_wide(some, wide, reasons, both)
        for ear in looked:
            ear.ease(self.floor)

    def changed(self) -> None:
        """A tab listens to more or to less than before."""
        self._routes.clear()

    def onlookers(self, conversation: str) -> set[Ear]:
        """Who is shown the presence of a conversation: its participants' tabs, and those that watch or view it."""
        ears = {ear for person in self.people.values() if conversation in person.attended for ear in person.ears}
        for groups in (self.watched, self.viewed):
            if conversation in groups:
                ears.update(groups[conversation].ears)
        return ears

    def _deliver_wide(
        self,
        some: list[Envelope],
        wide: dict[Group, list[int]],
        reasons: dict[Ear, tuple[Group, ...]],
        both: dict[Ear, list[int]],
    ) -> None:
        """To the tabs in `reasons`, which get `both` for reasons of their own."""
        lowest = min([envelope.position for envelope in some])
        bodies = [envelope.body for envelope in some]
        shared: dict[tuple[Group, ...], tuple[list[int], bytes]] = {}
        frames: dict[tuple[int, ...], bytes] = {}
        for ear, groups in reasons.items():
            known = shared.get(groups)
            if known is None:
                together = _together([wide[group] for group in groups])
                known = shared[groups] = together, events([bodies[index] for index in together])
            own = both.get(ear)
            indexes = known[0] if own is None else _together([known[0], own])
            if ear.held is not None or ear.careful >= lowest:
                ear.give([some[index] for index in indexes])
            elif indexes == known[0]:
                ear.outbox.push(known[1])
            else:
                key = tuple(indexes)
                made = frames.get(key)
                if made is None:
                    made = frames[key] = events([bodies[index] for index in indexes])
                ear.outbox.push(made)

    def _forget(self) -> None:
        """Those seen first."""
        if len(self.seqs) > KNOWN:
            for conversation in list(islice(self.seqs, len(self.seqs) - KNOWN // 2)):
                del self.seqs[conversation]
        if len(self._routes) > KNOWN:
            self._routes.clear()

    def _route(self, envelope: Envelope) -> Route:
        """Who gets the event. Of a conversation it is kept until a tab listens anew."""
        conversation = envelope.conversation
        groups = self._concerned(envelope)
        wide = tuple(group for group in dict.fromkeys(groups) if group.wide)
        ears = tuple(dict.fromkeys(ear for group in groups if not group.wide for ear in group.ears))
        route = Route(envelope.audience, envelope.reach, envelope.pool, wide, ears)
        if conversation is not None:
            self._routes[conversation] = route
        return route

    def _concerned(self, envelope: Envelope) -> list[Group]:
        reach, conversation = envelope.reach, envelope.conversation
        groups = self._audience(envelope)
        if reach == ACCOUNT:
            if conversation is None:
                self._noticed(envelope)
            return [self.everyone]
        if reach == PERSON:
            return groups
        if reach == MANAGERS:
            groups.append(self.managers)
        if self.feed.ears:
            groups.append(self.feed)
        if envelope.pool and self.pool.ears:
            groups.append(self.pool)
        if conversation is not None and conversation in self.watched:
            groups.append(self.watched[conversation])
        return groups

    def _audience(self, envelope: Envelope) -> list[Group]:
        """Those of the audience who have a tab here; from now on they attend the conversation."""
        groups: list[Group] = []
        people, conversation = self.people, envelope.conversation
        for user in envelope.audience:
            person = people.get(user)
            if person is not None:
                groups.append(person)
                if conversation is not None and conversation not in person.attended:
                    self._joined(self.id, person, conversation)
        return groups

    def _done(self, position: int) -> None:
        if position == self.floor + 1:
            self.floor = position
            if self.above:
                self._rise()
        else:
            self.above.add(position)

    def _rise(self) -> None:
        above = self.above
        while self.floor + 1 in above:
            self.floor += 1
            above.discard(self.floor)


def _reasons(wide: dict[Group, list[int]]) -> dict[Ear, tuple[Group, ...]]:
    """For each tab the wide groups that it is in."""
    found: dict[Ear, tuple[Group, ...]] = {}
    for group in wide:
        only = (group,)
        for ear in group.ears:
            others = found.get(ear)
            found[ear] = only if others is None else others + only
    return found


def _together(lists: list[list[int]]) -> list[int]:
    return lists[0] if len(lists) == 1 else sorted(set().union(*lists))
