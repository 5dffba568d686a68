"""The only place where a channel's name is spelled. A channel is a Redis topic; all of ours begin with one prefix (for an ACL).

An account's channels carry it in braces: in a Redis Cluster whatever has the same word in braces is kept by the same shard.
"""

PREFIX = "partyline:"

WAKE_TIMER = f"{PREFIX}wake:timer"
WAKE_SENDER = f"{PREFIX}wake:sender"
WAKE_CHORES = f"{PREFIX}wake:chores"
WAKE_FETCHER = f"{PREFIX}wake:fetcher"


def conversation(account_id: str, conversation_id: str) -> str:
    """Events and presence of one conversation."""
    return f"{PREFIX}{{{account_id}}}:conversation:{conversation_id}"


def feed(account_id: str) -> str:
    """Every event of an account but the personal ones."""
    return f"{PREFIX}{{{account_id}}}:feed"


def pool(account_id: str) -> str:
    """Events of conversations that are public before or after them."""
    return f"{PREFIX}{{{account_id}}}:pool"


def account(account_id: str) -> str:
    """What every tab of the account gets unasked, or every manager's."""
    return f"{PREFIX}{{{account_id}}}:account"


def user(account_id: str, user_id: str) -> str:
    """Personal events, conversations that this user has just joined, and hints about the user's sessions."""
    return f"{PREFIX}{{{account_id}}}:user:{user_id}"


def canary(process: str, beside: bytes = b"") -> str:
    """What one process sends to itself to see that the way through Redis is open: in a Cluster, through the shard of another channel."""
    if not beside:
        return f"{PREFIX}canary:{process}"
    tag = beside.decode().partition("{")[2].partition("}")[0] or beside.decode()
    return f"{PREFIX}canary:{process}:{{{tag}}}"
