create table waits (
    conversation text not null references conversations (id),
    since bigint not null,
    account text not null references accounts (id),
    did text references dids (id),
    public_at bigint,
    ended_at bigint,
    ended_by text references users (id),
    how text,
    primary key (conversation, since)
);

create index waits_running on waits (account, since) where ended_at is null;

create index waits_answered on waits (account, ended_at, conversation, did, since, ended_by, public_at) where how = 'answered';

create index waits_public on waits (account, public_at, conversation, did) where public_at is not null;

insert into waits (conversation, since, account, did, public_at)
    select id, waiting_since, account, did, public_since from conversations where waiting_since is not null;

create table claims (
    conversation text not null references conversations (id),
    seq bigint not null,
    account text not null references accounts (id),
    user_id text not null references users (id),
    did text references dids (id),
    at bigint not null,
    primary key (conversation, seq)
);

create index claims_by_time on claims (account, at);

create index messages_counted on messages (account, coalesce(send_at, created_at), conversation, direction, did, user_id)
    where kind = 'message' and state not in ('scheduled', 'cancelled');

create index messages_failed on messages (account, coalesce(send_at, created_at), conversation, did)
    where kind = 'message' and state in ('failed', 'undelivered');

create index messages_by_did on messages (did, direction, coalesce(send_at, created_at)) where did is not null;

create index events_by_type on events (account, type, position);

create index consent_opt_outs on consent (account, at) where kind = 'opted_out';

create table audit (
    id text primary key,
    account text not null references accounts (id),
    at bigint not null,
    user_id text references users (id),
    what text not null,
    target_kind text not null,
    target_id text not null,
    target_name text not null,
    before text,
    after text
);

create index audit_by_account on audit (account, id);

create index audit_by_user on audit (account, user_id, id);

create index audit_by_what on audit (account, what, id);

create table seen (
    user_id text primary key references users (id),
    at bigint not null
);

alter table accounts add column stop_answer text;

alter table accounts add column start_answer text;

alter table accounts add column help_answer text;

alter table accounts add column claim_limit bigint;

alter table users add column heir text;
