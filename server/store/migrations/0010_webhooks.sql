create table webhooks (
    id text primary key,
    account text not null references accounts (id),
    url text not null,
    description text not null,
    types text not null,
    secret text not null,
    old_secret text,
    old_secret_until bigint,
    position bigint not null,
    off_at bigint,
    off_why text,
    failures bigint not null,
    failing_since bigint,
    rests_until bigint,
    holder text,
    lease_until bigint,
    created_at bigint not null
);

create index webhooks_by_account on webhooks (account, id);

create index webhooks_on on webhooks (lease_until, id) where off_at is null;

create table webhook_deliveries (
    webhook text not null references webhooks (id),
    id text not null,
    position bigint not null,
    type text not null,
    body text,
    state text not null,
    attempt bigint not null,
    next_at bigint,
    first_at bigint,
    at bigint,
    signed text,
    code bigint,
    error text,
    answer text,
    took bigint,
    created_at bigint not null,
    primary key (webhook, id)
);

create index webhook_deliveries_waiting on webhook_deliveries (webhook, next_at) where next_at is not null;

create index webhook_deliveries_listed on webhook_deliveries (webhook, position desc, id desc);

create index webhook_deliveries_over on webhook_deliveries (created_at) where next_at is null;
