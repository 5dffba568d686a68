create index conversations_due_first on conversations (clock_start) where waiting_since is not null and public_since is null
