"""How much one contact may hold, whoever writes it."""

MOST_TAGS = 50
MOST_PHONES = 20
MOST_FIELDS = 100
