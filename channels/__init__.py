"""Moves events between processes and to tabs: Redis topics, who in this process listens to what, prepared frames, presence.

It knows ids and bytes and nothing of texts, agents or SQL, and imports nothing of ours. Redis only makes things arrive sooner: what
is true is read from the database, through a `Source` that the server hands in.
"""
