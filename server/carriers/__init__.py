"""Carriers: the providers that move texts in and out of the house.

`carrier.py` is what the rest of the house sees, then one module per carrier, each of them parsing and signing without
I/O but for `send`. May import `domain` and nothing else of ours.
"""
