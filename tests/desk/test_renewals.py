"""When what events show has to be read again."""

from server.desk.renewals import Renewals


def test_what_was_seen_unchanged_before_a_transaction_began_need_not_be_read_again() -> None:
    renewals = Renewals()
    early = renewals.begin()
    assert renewals.meanwhile("a", 3, early), "nobody knows"
    assert renewals.meanwhile("a", 3, early), "it may have become so since"
    assert not renewals.meanwhile("a", 3, renewals.begin())
    assert renewals.meanwhile("b", 3, renewals.begin()), "another account's"
    late = renewals.begin()
    assert renewals.meanwhile("a", 4, late)
    assert renewals.meanwhile("a", 4, late)
    assert not renewals.meanwhile("a", 4, renewals.begin())
