create index conversations_due_at_once on conversations (account, clock_start)
    where waiting_since is not null and public_since is null and clock_start = waiting_since;

create index dids_by_carrier on dids (carrier);

create index failed_logins_by_age on failed_logins (first_at)
