create table accounts (
    id text primary key,
    name text not null,
    public_minutes bigint,
    opt_out_text text not null,
    default_did text,
    position bigint not null,
    created_at bigint not null
);

create table users (
    id text primary key,
    account text not null references accounts (id),
    email text not null unique,
    name text not null,
    role text not null,
    password text not null,
    created_at bigint not null,
    disabled_at bigint
);
create index users_by_account on users (account);
create index users_disabled on users (id) where disabled_at is not null;

create table sessions (
    hash text primary key,
    id text not null unique,
    user_id text not null references users (id),
    created_at bigint not null,
    expires_at bigint not null
);
create index sessions_by_user on sessions (user_id);

create table tokens (
    hash text primary key,
    id text not null unique,
    account text not null references accounts (id),
    user_id text not null references users (id),
    name text not null,
    created_at bigint not null
);
create index tokens_by_account on tokens (account, id);

create table failed_logins (
    who text primary key,
    failures bigint not null,
    first_at bigint not null,
    blocked_until bigint not null
);

create table carriers (
    id text primary key,
    account text not null references accounts (id),
    kind text not null,
    name text not null,
    credentials text not null,
    options text not null,
    created_at bigint not null
);
create index carriers_by_account on carriers (account, id);

create table dids (
    id text primary key,
    account text not null references accounts (id),
    number text not null unique,
    carrier text not null references carriers (id),
    user_id text references users (id),
    capabilities text not null,
    label text not null,
    created_at bigint not null
);
create index dids_by_account on dids (account, id);

create table contacts (
    id text primary key,
    account text not null references accounts (id),
    name text not null,
    ready_at bigint,
    timezone text,
    tags text not null,
    fields text not null,
    created_at bigint not null,
    updated_at bigint not null
);
create index contacts_by_account on contacts (account, name, id);

create table contact_phones (
    account text not null references accounts (id),
    number text not null,
    contact text not null references contacts (id),
    kind text not null,
    place bigint not null,
    primary key (account, number)
);
create index contact_phones_by_contact on contact_phones (contact, place);

create table conversations (
    id text primary key,
    account text not null references accounts (id),
    contact text not null references contacts (id),
    phone text not null,
    seq bigint not null,
    owner text references users (id),
    did text references dids (id),
    last_message bigint,
    waiting_since bigint,
    clock_start bigint,
    public_since bigint,
    claimed_at bigint,
    claimed_by text,
    claimed_seq bigint not null,
    closed_at bigint,
    snoozed_until bigint,
    anew_at bigint,
    settled_seq bigint not null,
    introduced_at bigint,
    texted_at bigint,
    active_at bigint not null,
    unique (account, phone)
);
create index conversations_by_activity on conversations (account, active_at desc, id desc);
create index conversations_open on conversations (account, active_at desc, id desc) where closed_at is null;
create index conversations_closed on conversations (account, active_at desc, id desc) where closed_at is not null;
create index conversations_pool on conversations (account, waiting_since, id) where public_since is not null;
create index conversations_unanswered on conversations (account, coalesce(clock_start, 4611686018427387904), id)
    where waiting_since is not null;
create index conversations_due on conversations (account, clock_start) where waiting_since is not null and public_since is null;
create index conversations_snoozed on conversations (snoozed_until) where snoozed_until is not null;
create index conversations_by_owner on conversations (owner, active_at desc, id desc) where owner is not null;
create index conversations_by_contact on conversations (contact);

create table participants (
    conversation text not null references conversations (id),
    user_id text not null references users (id),
    part text not null,
    muted_at bigint,
    read_seq bigint not null,
    primary key (conversation, user_id)
);
create index participants_by_user on participants (user_id, part, conversation);

create table messages (
    conversation text not null references conversations (id),
    seq bigint not null,
    id text not null unique,
    account text not null references accounts (id),
    kind text not null,
    direction text not null,
    body text not null,
    media text not null,
    did text references dids (id),
    user_id text references users (id),
    client_id text,
    body_asked text,
    state text not null,
    error_code text,
    error_says text,
    encoding text not null,
    segments bigint not null,
    send_at bigint,
    created_at bigint not null,
    token text,
    attempt bigint not null,
    next_at bigint,
    lease_until bigint,
    carrier_ref text,
    purpose text,
    primary key (conversation, seq)
);
create index messages_answers on messages (conversation, seq) where direction = 'outbound' and user_id is not null;
create unique index messages_by_client_id on messages (user_id, client_id) where client_id is not null;
create unique index messages_by_token on messages (token) where token is not null;
create index messages_by_carrier_ref on messages (carrier_ref) where carrier_ref is not null and direction = 'outbound';
create index messages_outbox on messages (next_at, conversation, seq) where next_at is not null;
create index messages_automatic on messages (conversation, purpose, created_at) where purpose is not null;
create index messages_leaving on messages (conversation, seq) where lease_until is not null or next_at is not null;
create index messages_leased on messages (lease_until) where lease_until is not null;

create table inbox (
    carrier text not null references carriers (id),
    carrier_ref text not null,
    received_at bigint not null,
    message text,
    sender text not null,
    recipient text not null,
    unrouted text,
    primary key (carrier, carrier_ref)
);
create index inbox_unrouted on inbox (carrier, received_at) where unrouted is not null;

create table receipts (
    id text primary key,
    carrier text not null references carriers (id),
    carrier_ref text not null,
    state text not null,
    code text,
    says text,
    opted_out bigint not null,
    received_at bigint not null,
    applied_at bigint
);
create index receipts_parked on receipts (received_at) where applied_at is null;

create table media (
    id text primary key,
    account text not null references accounts (id),
    message text not null,
    place bigint not null,
    source text,
    content_type text,
    state text not null,
    created_at bigint not null
);
create index media_by_message on media (message, place);

create table malformed (
    id text primary key,
    carrier text not null references carriers (id),
    raw text not null,
    received_at bigint not null
);

create table events (
    account text not null references accounts (id),
    position bigint not null,
    conversation text,
    seq bigint,
    type text not null,
    at bigint not null,
    reach text not null,
    pool bigint not null,
    audience text not null,
    body text not null,
    primary key (account, position)
);
create unique index events_by_conversation on events (conversation, seq) where seq is not null;

create table consent (
    id text primary key,
    account text not null references accounts (id),
    number text not null,
    kind text not null,
    source text not null,
    message text,
    user_id text,
    says text,
    at bigint not null
);
create index consent_by_number on consent (account, number, at);

create table opt_outs (
    account text not null references accounts (id),
    number text not null,
    at bigint not null,
    source text not null,
    primary key (account, number)
);

create table idempotency (
    user_id text not null references users (id),
    key text not null,
    fingerprint text not null,
    body text not null,
    at bigint not null,
    primary key (user_id, key)
);
create index idempotency_by_age on idempotency (at);

create table epoch (
    value text not null
);
