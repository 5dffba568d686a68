"""SQL: the two engines behind one small `Database`, migrations, and one module per family of tables. Returns domain objects.

May import `server.domain`, settings, clock, log and ids; knows no use case and no HTTP.
"""
