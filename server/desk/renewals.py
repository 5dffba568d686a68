"""Whether what events show besides their conversations was changed while a transaction went on."""


class Renewals:
    """How often contacts, numbers, people and settings of each account had been changed (`accounts.renewed`), as this process last saw it.

    One a process, for as many transactions as are under way.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}
        self._changes = 0

    def begin(self) -> int:
        """Before a transaction reads anything; for `meanwhile`."""
        return self._changes

    def meanwhile(self, account: str, renewed: int, began: int) -> bool:
        """Whether any of it may have changed since `began`. `renewed`: what the transaction found once it had locked the account, without
        what it adds itself."""
        seen, at = self._seen.get(account, (None, 0))
        if seen == renewed:
            return at > began
        self._changes += 1
        self._seen[account] = (renewed, self._changes)
        return True
