alter table consent add column asked_at bigint;

alter table consent add column rules text;

create function consent_stays() returns trigger language plpgsql as $$
    begin raise exception 'the consent ledger is append-only'; end $$;

create trigger consent_is_never_changed before update or delete on consent
    for each row execute function consent_stays();

create trigger consent_is_never_emptied before truncate on consent
    for each statement execute function consent_stays();

create table consent_reviews (
    account text not null references accounts (id),
    number text not null,
    at bigint not null,
    message text not null,
    primary key (account, number)
);

alter table opt_outs add column did text;

create index messages_parked on messages (conversation, seq)
    where purpose is not null and direction = 'outbound' and state in ('queued', 'sending') and next_at is null and lease_until is null;

alter table contact_imports add column kind text not null default 'contacts';
