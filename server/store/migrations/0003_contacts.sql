create index contacts_by_age on contacts (account, id);

create table live_filters (
    id text primary key,
    account text not null references accounts (id),
    name text not null,
    conditions text not null,
    members bigint not null,
    changed_at bigint not null,
    filled_at bigint,
    created_at bigint not null,
    unique (account, name)
);

create index live_filters_unfilled on live_filters (changed_at) where filled_at is null;

create table live_filter_members (
    live_filter text not null references live_filters (id),
    contact text not null,
    primary key (live_filter, contact)
);

create index live_filter_members_by_contact on live_filter_members (contact, live_filter);

create table bulk_changes (
    id text primary key,
    account text not null references accounts (id),
    user_id text not null references users (id),
    kind text not null,
    done_at bigint,
    undone_at bigint,
    created_at bigint not null
);

create index bulk_changes_by_age on bulk_changes (account, created_at);

create table bulk_change_items (
    bulk_change text not null references bulk_changes (id),
    contact text not null,
    was text not null,
    primary key (bulk_change, contact)
);

create table contact_imports (
    id text primary key,
    account text not null references accounts (id),
    user_id text not null references users (id),
    state text not null,
    content text,
    plan text not null,
    lines bigint not null,
    done bigint not null,
    added bigint not null,
    updated bigint not null,
    skipped bigint not null,
    rejected bigint not null,
    holder text,
    lease_until bigint,
    created_at bigint not null
);

create index contact_imports_running on contact_imports (lease_until, id) where state = 'running';

create index contact_imports_by_age on contact_imports (account, created_at);

create table contact_import_rejects (
    contact_import text not null references contact_imports (id),
    place bigint not null,
    line bigint not null,
    cells text not null,
    faults text not null,
    primary key (contact_import, place)
);
