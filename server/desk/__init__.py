"""The use cases: the only code that changes anything. Each takes the one frozen `Desk`; they never call each other.

May import store, `carriers.carrier`, domain and channels; knows neither HTTP nor websockets.
"""
