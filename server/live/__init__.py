"""The websocket: handshake and admission, one `Tab` for each open socket, and the sessions behind them.

`protocol.py` has the frames and close codes without I/O; `wire.py` is uvicorn's websocket with a way to write prepared bytes. May
import desk, domain and channels; reads the database only through `desk/stream.py`.
"""
