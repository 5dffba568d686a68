"""The websocket: handshake and admission, one `Tab` for each open socket, and the sessions behind them.

`protocol.py` has the frames and close codes without I/O; `upgrade.py` is uvicorn's websocket up to the answer, `wire.py` the open
socket. May import desk, domain and channels; reads the database only through `desk/stream.py`.
"""
