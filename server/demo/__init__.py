"""The demo account, made once in an empty database: its people, their phones, what they wrote, and two weeks of history for the reports."""
