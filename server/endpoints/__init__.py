"""HTTP: every URL (`routes.py`), who asks (`guard.py`), what may come in (`limits.py`), and what goes out.

May import desk, domain and web; knows neither SQL nor carriers nor channels. `errors.py` is the only place where a refusal becomes
a status.
"""
