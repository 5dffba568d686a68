"""Pure rules of the product: what a conversation, a message, a user and consent are, and how they change.

No I/O, no clock, no framework; every instant is handed in. Imports nothing of ours but itself.
"""
