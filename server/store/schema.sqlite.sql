-- What all migrations together make. Written by `make schema`, for reading; a test compares it.

CREATE TABLE accounts (
    id text primary key,
    name text not null,
    public_minutes bigint,
    opt_out_text text not null,
    default_did text,
    position bigint not null,
    created_at bigint not null,
    stop_answer text,
    start_answer text,
    help_answer text,
    claim_limit bigint,
    timezone text not null default 'UTC',
    quiet_hours text,
    renewed bigint not null default 0
);

CREATE TABLE users (
    id text primary key,
    account text not null references accounts (id),
    email text not null unique,
    name text not null,
    role text not null,
    password text not null,
    created_at bigint not null,
    disabled_at bigint,
    heir text
);

CREATE INDEX users_by_account on users (account);

CREATE INDEX users_disabled on users (id) where disabled_at is not null;

CREATE TABLE audit (
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

CREATE INDEX audit_by_account on audit (account, id);

CREATE INDEX audit_by_user on audit (account, user_id, id);

CREATE INDEX audit_by_what on audit (account, what, id);

CREATE TABLE bulk_changes (
    id text primary key,
    account text not null references accounts (id),
    user_id text not null references users (id),
    kind text not null,
    done_at bigint,
    undone_at bigint,
    created_at bigint not null
);

CREATE INDEX bulk_changes_by_age on bulk_changes (account, created_at);

CREATE TABLE bulk_change_items (
    bulk_change text not null references bulk_changes (id),
    contact text not null,
    was text not null,
    primary key (bulk_change, contact)
);

CREATE TABLE carriers (
    id text primary key,
    account text not null references accounts (id),
    kind text not null,
    name text not null,
    credentials text not null,
    options text not null,
    created_at bigint not null
);

CREATE INDEX carriers_by_account on carriers (account, id);

CREATE TABLE contacts (
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

CREATE INDEX contacts_by_account on contacts (account, name, id);

CREATE INDEX contacts_by_age on contacts (account, id);

CREATE INDEX contacts_by_tags on contacts (account, tags) where tags <> '[]';

CREATE TRIGGER contacts_are_found after insert on contacts
    begin insert into contacts_to_index (contact) values (new.id) on conflict do nothing; end;

CREATE TRIGGER contacts_are_found_anew after update of name, fields on contacts when old.name <> new.name or old.fields <> new.fields
    begin insert into contacts_to_index (contact) values (new.id) on conflict do nothing; end;

CREATE TRIGGER contacts_are_found_no_more after delete on contacts
    begin delete from contact_words where contact = old.id; end;

CREATE TRIGGER contacts_have_other_names after update of name on contacts when old.name <> new.name
    begin update conversation_totals set name = lower(new.name)
        where account = new.account and conversation in (select id from conversations where contact = new.id); end;

CREATE TABLE dids (
    id text primary key,
    account text not null references accounts (id),
    number text not null unique,
    carrier text not null references carriers (id),
    user_id text references users (id),
    capabilities text not null,
    label text not null,
    created_at bigint not null,
    rate bigint,
    spent_until bigint not null default 0,
    paused_until bigint not null default 0
);

CREATE INDEX dids_by_account on dids (account, id);

CREATE INDEX dids_by_carrier on dids (carrier);

CREATE TABLE conversations (
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

CREATE INDEX conversations_by_activity on conversations (account, active_at desc, id desc);

CREATE INDEX conversations_by_contact on conversations (contact);

CREATE INDEX conversations_by_owner on conversations (owner, active_at desc, id desc) where owner is not null;

CREATE INDEX conversations_closed on conversations (account, active_at desc, id desc) where closed_at is not null;

CREATE INDEX conversations_due on conversations (account, clock_start) where waiting_since is not null and public_since is null;

CREATE INDEX conversations_due_at_once on conversations (account, clock_start)
    where waiting_since is not null and public_since is null and clock_start = waiting_since;

CREATE INDEX conversations_open on conversations (account, active_at desc, id desc) where closed_at is null;

CREATE INDEX conversations_pool on conversations (account, waiting_since, id) where public_since is not null;

CREATE INDEX conversations_snoozed on conversations (snoozed_until) where snoozed_until is not null;

CREATE INDEX conversations_unanswered on conversations (account, coalesce(clock_start, 4611686018427387904), id)
    where waiting_since is not null;

CREATE TRIGGER conversations_are_counted after insert on conversations
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (new.account, 1, new.closed_at is not null, new.public_since is not null, new.waiting_since is not null); end;

CREATE TRIGGER conversations_are_counted_anew after update of closed_at, public_since, waiting_since on conversations
    when (old.closed_at is null) <> (new.closed_at is null) or (old.public_since is null) <> (new.public_since is null)
        or (old.waiting_since is null) <> (new.waiting_since is null)
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (new.account, 0, (new.closed_at is not null) - (old.closed_at is not null),
                (new.public_since is not null) - (old.public_since is not null), (new.waiting_since is not null) - (old.waiting_since is not null)); end;

CREATE TRIGGER conversations_are_counted_no_more after delete on conversations
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (old.account, -1, -(old.closed_at is not null), -(old.public_since is not null), -(old.waiting_since is not null)); end;

CREATE TRIGGER conversations_are_found after insert on conversations
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; end;

CREATE TRIGGER conversations_are_found_anew after update of contact on conversations when old.contact <> new.contact
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; end;

CREATE TRIGGER conversations_have_other_names after update of contact on conversations when old.contact <> new.contact
    begin update conversation_totals set name = coalesce((select lower(name) from contacts where id = new.contact), '')
        where account = new.account and conversation = new.id; end;

CREATE TRIGGER conversations_have_totals after insert on conversations
    begin insert into conversation_totals (account, conversation, name, texts_in, texts_out, answered, went_public, first_reply)
        values (new.account, new.id, coalesce((select lower(name) from contacts where id = new.contact), ''), 0, 0, 0, 0, null); end;

CREATE TRIGGER conversations_have_totals_no_more after delete on conversations
    begin delete from conversation_totals where account = old.account and conversation = old.id; end;

CREATE TRIGGER participants_have_other_weeks after update of active_at on conversations
    when old.active_at / 604800000000 <> new.active_at / 604800000000
    begin update participants set active_week = new.active_at / 604800000000 where conversation = new.id; end;

CREATE TRIGGER participants_of_closed_are_not_counted after update of closed_at on conversations when old.closed_at is null and new.closed_at is not null
    begin insert into participation_changes (user_id, part, there, unread)
            select user_id, part, -1, -unread from participants where conversation = new.id; end;

CREATE TRIGGER participants_of_reopened_are_counted after update of closed_at on conversations when old.closed_at is not null and new.closed_at is null
    begin insert into participation_changes (user_id, part, there, unread)
            select user_id, part, 1, unread from participants where conversation = new.id; end;

CREATE TABLE claims (
    conversation text not null references conversations (id),
    seq bigint not null,
    account text not null references accounts (id),
    user_id text not null references users (id),
    did text references dids (id),
    at bigint not null,
    primary key (conversation, seq)
);

CREATE INDEX claims_by_time on claims (account, at);

CREATE TABLE consent (
    id text primary key,
    account text not null references accounts (id),
    number text not null,
    kind text not null,
    source text not null,
    message text,
    user_id text,
    says text,
    at bigint not null,
    asked_at bigint,
    rules text
);

CREATE INDEX consent_by_number on consent (account, number, at);

CREATE INDEX consent_opt_outs on consent (account, at) where kind = 'opted_out';

CREATE TRIGGER consent_is_never_changed before update on consent
    begin select raise(abort, 'the consent ledger is append-only'); end;

CREATE TRIGGER consent_is_never_removed before delete on consent
    begin select raise(abort, 'the consent ledger is append-only'); end;

CREATE TABLE consent_reviews (
    account text not null references accounts (id),
    number text not null,
    at bigint not null,
    message text not null,
    primary key (account, number)
);

CREATE TABLE contact_imports (
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
    created_at bigint not null,
    kind text not null default 'contacts'
);

CREATE INDEX contact_imports_by_age on contact_imports (account, created_at);

CREATE INDEX contact_imports_running on contact_imports (lease_until, id) where state = 'running';

CREATE TABLE contact_import_rejects (
    contact_import text not null references contact_imports (id),
    place bigint not null,
    line bigint not null,
    cells text not null,
    faults text not null,
    primary key (contact_import, place)
);

CREATE VIRTUAL TABLE contact_index using fts5(words, content='', tokenize='ascii', detail=none, columnsize=0);

CREATE TABLE contact_phones (
    account text not null references accounts (id),
    number text not null,
    contact text not null references contacts (id),
    kind text not null,
    place bigint not null,
    primary key (account, number)
);

CREATE INDEX contact_phones_by_contact on contact_phones (contact, place);

CREATE TRIGGER phones_are_found after insert on contact_phones
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; end;

CREATE TABLE contact_words (
    n integer primary key autoincrement,
    contact text not null unique,
    account text not null,
    name text not null,
    said text not null,
    numbers text not null
);

CREATE TABLE contacts_to_index (
    contact text primary key
);

CREATE TABLE conversation_counts (
    account text not null,
    there bigint not null,
    closed bigint not null,
    pool bigint not null default 0,
    unanswered bigint not null default 0
);

CREATE INDEX conversation_counts_by_account on conversation_counts (account, there, closed, pool, unanswered);

CREATE TABLE conversation_days (
    account text not null,
    day bigint not null,
    conversation text not null,
    did text not null,
    texts_in bigint not null,
    texts_out bigint not null,
    answered bigint not null,
    went_public bigint not null,
    primary key (account, day, conversation, did)
) without rowid;

CREATE INDEX conversation_days_by_conversation on conversation_days (conversation, day);

CREATE INDEX conversation_days_by_did on conversation_days (did, day, conversation);

CREATE TABLE conversation_totals (
    account text not null,
    conversation text not null,
    name text not null,
    texts_in bigint not null,
    texts_out bigint not null,
    answered bigint not null,
    went_public bigint not null,
    first_reply bigint,
    primary key (account, conversation)
) without rowid;

CREATE INDEX conversation_totals_by_name on conversation_totals (account, name, conversation);

CREATE TABLE drafts (
    user_id text not null references users (id),
    conversation text not null references conversations (id),
    body text not null,
    updated_at bigint not null,
    primary key (user_id, conversation)
);

CREATE TABLE epoch (
    value text not null
);

CREATE TABLE events (
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
    contact text,
    primary key (account, position)
);

CREATE INDEX events_by_contact on events (contact, position) where contact is not null;

CREATE UNIQUE INDEX events_by_conversation on events (conversation, seq) where seq is not null;

CREATE INDEX events_by_type on events (account, type, position);

CREATE INDEX events_lines on events (conversation, seq)
    where (type like 'conversation.%' or type like 'subscriber.%') and seq is not null;

CREATE TABLE failed_logins (
    who text primary key,
    failures bigint not null,
    first_at bigint not null,
    blocked_until bigint not null
);

CREATE INDEX failed_logins_by_age on failed_logins (first_at);

CREATE TABLE held_looks (
    conversation text not null,
    at bigint not null,
    done_to bigint not null default 0,
    primary key (conversation, at)
);

CREATE INDEX held_looks_by_age on held_looks (at, conversation);

CREATE TABLE idempotency (
    user_id text not null references users (id),
    key text not null,
    fingerprint text not null,
    body text not null,
    at bigint not null,
    primary key (user_id, key)
);

CREATE INDEX idempotency_by_age on idempotency (at);

CREATE TABLE inbox (
    carrier text not null references carriers (id),
    carrier_ref text not null,
    received_at bigint not null,
    message text,
    sender text not null,
    recipient text not null,
    unrouted text,
    primary key (carrier, carrier_ref)
);

CREATE INDEX inbox_unrouted on inbox (carrier, received_at) where unrouted is not null;

CREATE TABLE live_filters (
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

CREATE INDEX live_filters_unfilled on live_filters (changed_at) where filled_at is null;

CREATE TABLE live_filter_members (
    live_filter text not null references live_filters (id),
    contact text not null,
    primary key (live_filter, contact)
);

CREATE INDEX live_filter_members_by_contact on live_filter_members (contact, live_filter);

CREATE TABLE long_texts (
    id text primary key,
    carrier text not null references carriers (id),
    sender text not null,
    recipient text not null,
    ref text not null,
    total bigint not null,
    did text not null references dids (id),
    began_at bigint not null,
    unique (carrier, sender, recipient, ref, total)
);

CREATE INDEX long_texts_by_age on long_texts (began_at);

CREATE INDEX long_texts_by_did on long_texts (did);

CREATE TABLE long_text_parts (
    long_text text not null references long_texts (id),
    number bigint not null,
    carrier_ref text not null,
    body text not null,
    primary key (long_text, number)
);

CREATE TABLE malformed (
    id text primary key,
    carrier text not null references carriers (id),
    raw text not null,
    received_at bigint not null,
    digest text
);

CREATE INDEX malformed_by_age on malformed (received_at);

CREATE INDEX malformed_by_digest on malformed (carrier, digest, received_at);

CREATE TABLE media (
    id text primary key,
    account text not null references accounts (id),
    message text,
    place bigint not null,
    source text,
    content_type text,
    state text not null,
    size bigint,
    width bigint,
    height bigint,
    name text,
    user_id text references users (id),
    created_at bigint not null,
    carrier text,
    attempt bigint not null default 0,
    next_at bigint
);

CREATE INDEX media_by_message on media (message, place);

CREATE INDEX media_to_fetch on media (next_at) where next_at is not null;

CREATE INDEX media_unattached on media (created_at) where message is null;

CREATE VIRTUAL TABLE message_index using fts5(words, content='', tokenize='trigram case_sensitive 1', detail=none, columnsize=0);

CREATE TABLE message_rows (
    n integer primary key,
    message text not null,
    account text not null,
    at bigint not null
);

CREATE TABLE messages (
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
    mentions text not null default '[]',
    left_seq bigint,
    asked_at bigint,
    any_hour_at bigint,
    handed_at bigint,
    sent_at bigint,
    also_to text not null default '[]',
    carrier text,
    primary key (conversation, seq)
);

CREATE INDEX messages_answers on messages (conversation, seq) where direction = 'outbound' and user_id is not null;

CREATE INDEX messages_automatic on messages (conversation, purpose, created_at) where purpose is not null;

CREATE INDEX messages_by_carrier_ref on messages (carrier_ref) where carrier_ref is not null and direction = 'outbound';

CREATE UNIQUE INDEX messages_by_client_id on messages (user_id, client_id) where client_id is not null;

CREATE INDEX messages_by_did on messages (did, direction, coalesce(send_at, created_at), state) where did is not null;

CREATE UNIQUE INDEX messages_by_token on messages (token) where token is not null;

CREATE INDEX messages_counted on messages (account, coalesce(send_at, created_at), conversation, direction, did, user_id)
    where kind = 'message' and state not in ('scheduled', 'cancelled');

CREATE INDEX messages_failed on messages (account, coalesce(send_at, created_at), conversation, did)
    where kind = 'message' and state in ('failed', 'undelivered');

CREATE INDEX messages_held on messages (account, conversation, seq) where asked_at is not null;

CREATE INDEX messages_in_hands on messages (conversation) where lease_until is not null;

CREATE INDEX messages_leased on messages (lease_until) where lease_until is not null;

CREATE INDEX messages_leaving on messages (conversation, seq) where lease_until is not null or next_at is not null;

CREATE INDEX messages_left_later on messages (conversation, left_seq) where left_seq is not null;

CREATE INDEX messages_outbox_by_conversation on messages (did, conversation, seq) where next_at is not null;

CREATE INDEX messages_outbox_by_did on messages (did, next_at, conversation, seq) where next_at is not null;

CREATE INDEX messages_parked on messages (conversation, seq)
    where purpose is not null and direction = 'outbound' and state in ('queued', 'sending') and next_at is null and lease_until is null;

CREATE INDEX messages_refused_by_did on messages (did, coalesce(send_at, created_at)) where state in ('failed', 'undelivered');

CREATE INDEX messages_scheduled on messages (send_at, conversation, seq) where state = 'scheduled';

CREATE INDEX messages_scheduled_by_account on messages (account, send_at, id) where state = 'scheduled';

CREATE INDEX messages_scheduled_by_conversation on messages (conversation, seq) where state = 'scheduled';

CREATE INDEX messages_stopped_by_did on messages (did, created_at) where direction = 'inbound' and purpose = 'opted_out';

CREATE INDEX messages_unconfirmed on messages (did, handed_at) where state = 'unconfirmed';

CREATE INDEX messages_unconfirmed_by_carrier on messages (carrier, handed_at) where state = 'unconfirmed';

CREATE TRIGGER messages_are_found after insert on messages when new.kind = 'message' and new.body <> ''
    begin insert into messages_to_index (message) values (new.id) on conflict do nothing; end;

CREATE TRIGGER messages_are_found_anew after update of body, send_at on messages when new.kind = 'message' and (old.body <> new.body or old.send_at is not new.send_at)
    begin insert into messages_to_index (message) values (new.id) on conflict do nothing; end;

CREATE TRIGGER messages_are_unread after insert on messages when new.purpose is null or new.direction = 'inbound'
    begin update participants set unread = 1 where conversation = new.conversation and unread = 0 and read_seq < new.seq
            and (new.user_id is null or user_id <> new.user_id)
            and (part = 'owner' or muted_at is null or new.mentions like '%"' || user_id || '"%'); end;

CREATE TRIGGER texts_are_figured after insert on messages when new.kind = 'message' and new.state not in ('scheduled', 'cancelled')
    begin insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        values (new.account, coalesce(new.send_at, new.created_at) / 86400000000, new.conversation, coalesce(new.did, ''),
                new.direction = 'inbound', new.direction = 'outbound', 0, 0)
        on conflict (account, day, conversation, did) do update
        set texts_in = texts_in + excluded.texts_in, texts_out = texts_out + excluded.texts_out
    ; update conversation_totals set texts_in = texts_in + (new.direction = 'inbound'), texts_out = texts_out + (new.direction = 'outbound')
        where account = new.account and conversation = new.conversation; end;

CREATE TRIGGER texts_are_figured_anew after update of state, did, send_at on messages
    when new.kind = 'message' and ((old.state in ('scheduled', 'cancelled')) <> (new.state in ('scheduled', 'cancelled'))
        or (new.state not in ('scheduled', 'cancelled') and (old.did is not new.did or old.send_at is not new.send_at)))
    begin update conversation_days
        set texts_in = texts_in - (old.direction = 'inbound'), texts_out = texts_out - (old.direction = 'outbound')
        where old.state not in ('scheduled', 'cancelled')
            and account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select new.account, coalesce(new.send_at, new.created_at) / 86400000000, new.conversation, coalesce(new.did, ''),
               new.direction = 'inbound', new.direction = 'outbound', 0, 0
        where new.state not in ('scheduled', 'cancelled')
        on conflict (account, day, conversation, did) do update
        set texts_in = texts_in + excluded.texts_in, texts_out = texts_out + excluded.texts_out
    ; update conversation_totals
        set texts_in = texts_in + (new.direction = 'inbound')
                * ((new.state not in ('scheduled', 'cancelled')) - (old.state not in ('scheduled', 'cancelled'))),
            texts_out = texts_out + (new.direction = 'outbound')
                * ((new.state not in ('scheduled', 'cancelled')) - (old.state not in ('scheduled', 'cancelled')))
        where account = new.account and conversation = new.conversation
    ; delete from conversation_days
        where account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

CREATE TRIGGER texts_are_figured_no_more after delete on messages when old.kind = 'message' and old.state not in ('scheduled', 'cancelled')
    begin update conversation_days
        set texts_in = texts_in - (old.direction = 'inbound'), texts_out = texts_out - (old.direction = 'outbound')
        where account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; update conversation_totals set texts_in = texts_in - (old.direction = 'inbound'), texts_out = texts_out - (old.direction = 'outbound')
        where account = old.account and conversation = old.conversation
    ; delete from conversation_days
        where account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

CREATE TRIGGER texts_change_late after update of state, did, user_id, send_at on messages
    when new.kind = 'message'
        and ((old.state in ('scheduled', 'cancelled')) <> (new.state in ('scheduled', 'cancelled'))
            or (old.state in ('failed', 'undelivered')) <> (new.state in ('failed', 'undelivered'))
            or old.did is not new.did or old.user_id is not new.user_id or old.send_at is not new.send_at)
        and min(coalesce(old.send_at, old.created_at), coalesce(new.send_at, new.created_at)) < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day)
        values (old.account, coalesce(old.send_at, old.created_at) / 86400000000),
               (new.account, coalesce(new.send_at, new.created_at) / 86400000000); end;

CREATE TRIGGER texts_come_late after insert on messages
    when new.kind = 'message' and new.state not in ('scheduled', 'cancelled')
        and coalesce(new.send_at, new.created_at) < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day) values (new.account, coalesce(new.send_at, new.created_at) / 86400000000); end;

CREATE TRIGGER texts_go_late after delete on messages
    when old.kind = 'message' and old.state not in ('scheduled', 'cancelled')
        and coalesce(old.send_at, old.created_at) < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day) values (old.account, coalesce(old.send_at, old.created_at) / 86400000000); end;

CREATE TABLE messages_to_index (
    message text primary key
);

CREATE TABLE migrations (
    number bigint primary key,
    name text not null,
    checksum text not null,
    at bigint not null
);

CREATE TABLE nonces (
    carrier text not null references carriers (id) on delete cascade,
    nonce text not null,
    digest text not null,
    received_at bigint not null,
    primary key (carrier, nonce)
);

CREATE INDEX nonces_by_age on nonces (received_at);

CREATE TABLE opt_outs (
    account text not null references accounts (id),
    number text not null,
    at bigint not null,
    source text not null,
    did text,
    primary key (account, number)
);

CREATE TABLE participants (
    conversation text not null references conversations (id),
    user_id text not null references users (id),
    part text not null,
    muted_at bigint,
    read_seq bigint not null,
    unread bigint not null default 0,
    active_week bigint not null default 0,
    primary key (conversation, user_id)
);

CREATE INDEX participants_by_user on participants (user_id, part, conversation);

CREATE INDEX participants_by_week on participants (user_id, active_week, conversation);

CREATE TRIGGER participants_are_counted after insert on participants
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, new.part, 1, new.unread from conversations where id = new.conversation and closed_at is null; end;

CREATE TRIGGER participants_are_counted_anew after update of unread on participants when old.part = new.part and old.unread <> new.unread
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, new.part, 0, new.unread - old.unread from conversations where id = new.conversation and closed_at is null; end;

CREATE TRIGGER participants_are_counted_elsewhere after update of part on participants when old.part <> new.part
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, old.part, -1, -old.unread from conversations where id = new.conversation and closed_at is null
            union all
            select new.user_id, new.part, 1, new.unread from conversations where id = new.conversation and closed_at is null; end;

CREATE TRIGGER participants_are_counted_no_more after delete on participants
    begin insert into participation_changes (user_id, part, there, unread)
            select old.user_id, old.part, -1, -old.unread from conversations where id = old.conversation and closed_at is null; end;

CREATE TRIGGER participants_have_unread after insert on participants
    begin update participants set unread = 1 - unread where conversation = new.conversation and user_id = new.user_id
            and unread <> exists (select 1 from messages m where m.conversation = new.conversation and m.seq > new.read_seq
                and (m.user_id is null or m.user_id <> new.user_id) and (m.purpose is null or m.direction = 'inbound')
                and (new.part = 'owner' or new.muted_at is null or m.mentions like '%"' || new.user_id || '"%')); end;

CREATE TRIGGER participants_have_weeks after insert on participants
    begin update participants set active_week = (select active_at / 604800000000 from conversations where id = new.conversation)
        where conversation = new.conversation and user_id = new.user_id; end;

CREATE TRIGGER participants_read_anew after update of part, muted_at, read_seq on participants
    when old.part <> new.part or (old.muted_at is null) <> (new.muted_at is null) or old.read_seq <> new.read_seq
    begin update participants set unread = 1 - unread where conversation = new.conversation and user_id = new.user_id
            and unread <> exists (select 1 from messages m where m.conversation = new.conversation and m.seq > new.read_seq
                and (m.user_id is null or m.user_id <> new.user_id) and (m.purpose is null or m.direction = 'inbound')
                and (new.part = 'owner' or new.muted_at is null or m.mentions like '%"' || new.user_id || '"%')); end;

CREATE TABLE participation_changes (
    user_id text not null,
    part text not null,
    there bigint not null,
    unread bigint not null
);

CREATE INDEX participation_changes_by_user on participation_changes (user_id, part, there, unread);

CREATE TABLE participation_counts (
    user_id text not null,
    part text not null,
    there bigint not null,
    unread bigint not null,
    primary key (user_id, part)
);

CREATE TABLE preferences (
    user_id text primary key references users (id),
    chosen text not null,
    status text not null,
    focus_until bigint
);

CREATE TABLE readings_back (
    carrier text primary key references carriers (id),
    known_to bigint not null,
    holder text,
    lease_until bigint,
    tried_at bigint,
    done_at bigint,
    texts bigint not null default 0,
    cleared bigint not null default 0,
    failure text
);

CREATE TABLE receipts (
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

CREATE INDEX receipts_parked on receipts (received_at) where applied_at is null;

CREATE TABLE repeated (
    message text primary key references messages (id),
    at bigint not null
);

CREATE TABLE response_changes (
    number integer primary key,
    account text not null,
    day bigint not null
);

CREATE INDEX response_changes_by_day on response_changes (account, day);

CREATE TABLE response_days (
    account text not null,
    day bigint not null,
    did text not null,
    version bigint not null,
    counted text not null,
    primary key (account, day, did)
);

CREATE TABLE saved_replies (
    id text primary key,
    account text not null references accounts (id),
    user_id text not null references users (id),
    shortcut text not null,
    body text not null,
    shared_at bigint,
    updated_at bigint not null,
    unique (user_id, shortcut)
);

CREATE INDEX saved_replies_shared on saved_replies (account, shortcut, id) where shared_at is not null;

CREATE TABLE seen (
    user_id text primary key references users (id),
    at bigint not null
);

CREATE TABLE sessions (
    hash text primary key,
    id text not null unique,
    user_id text not null references users (id),
    created_at bigint not null,
    expires_at bigint not null
);

CREATE INDEX sessions_by_user on sessions (user_id);

CREATE TABLE tokens (
    hash text primary key,
    id text not null unique,
    account text not null references accounts (id),
    user_id text not null references users (id),
    name text not null,
    created_at bigint not null
);

CREATE INDEX tokens_by_account on tokens (account, id);

CREATE TABLE waits (
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

CREATE INDEX waits_answered on waits (account, ended_at, conversation, did, since, ended_by, public_at) where how = 'answered';

CREATE INDEX waits_by_end on waits (conversation, ended_at, since, did) where how = 'answered';

CREATE INDEX waits_by_length on waits (conversation, (ended_at - since), ended_at, since) where how = 'answered';

CREATE INDEX waits_public on waits (account, public_at, conversation, did) where public_at is not null;

CREATE INDEX waits_running on waits (account, since) where ended_at is null;

CREATE TRIGGER waits_are_figured after insert on waits when new.how is 'answered' or new.public_at is not null
    begin insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select new.account, new.ended_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 1, 0 where new.how is 'answered'
        union all select new.account, new.public_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 0, 1
            where new.public_at is not null
        on conflict (account, day, conversation, did) do update
        set answered = answered + excluded.answered, went_public = went_public + excluded.went_public
    ; update conversation_totals
        set answered = answered + (new.how is 'answered'), went_public = went_public + (new.public_at is not null)
        where account = new.account and conversation = new.conversation
    ; update conversation_totals set first_reply =
            (select w.ended_at - w.since from waits w where w.conversation = new.conversation and w.how = 'answered'
             order by w.ended_at - w.since limit 1 offset coalesce((select max(0, (t.answered - 1) / 2) from conversation_totals t
                where t.account = new.account and t.conversation = new.conversation), 0))
        where new.how is 'answered' and account = new.account and conversation = new.conversation; end;

CREATE TRIGGER waits_are_figured_anew after update of did, public_at, ended_at, how on waits
    when old.how is 'answered' or new.how is 'answered' or old.public_at is not new.public_at
        or (new.public_at is not null and old.did is not new.did)
    begin update conversation_days set answered = answered - 1
        where old.how is 'answered' and account = old.account and day = old.ended_at / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; update conversation_days set went_public = went_public - 1
        where old.public_at is not null and account = old.account and day = old.public_at / 86400000000
            and conversation = old.conversation and did = coalesce(old.did, '')
    ; insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select new.account, new.ended_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 1, 0 where new.how is 'answered'
        union all select new.account, new.public_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 0, 1
            where new.public_at is not null
        on conflict (account, day, conversation, did) do update
        set answered = answered + excluded.answered, went_public = went_public + excluded.went_public
    ; update conversation_totals
        set answered = answered + (new.how is 'answered') - (old.how is 'answered'),
            went_public = went_public + (new.public_at is not null) - (old.public_at is not null)
        where account = new.account and conversation = new.conversation
    ; update conversation_totals set first_reply =
            (select w.ended_at - w.since from waits w where w.conversation = new.conversation and w.how = 'answered'
             order by w.ended_at - w.since limit 1 offset coalesce((select max(0, (t.answered - 1) / 2) from conversation_totals t
                where t.account = new.account and t.conversation = new.conversation), 0))
        where (old.how is 'answered' or new.how is 'answered') and account = new.account and conversation = new.conversation
    ; delete from conversation_days
        where account = old.account and day in (old.ended_at / 86400000000, old.public_at / 86400000000) and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

CREATE TRIGGER waits_are_figured_no_more after delete on waits when old.how is 'answered' or old.public_at is not null
    begin update conversation_days set answered = answered - 1
        where old.how is 'answered' and account = old.account and day = old.ended_at / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; update conversation_days set went_public = went_public - 1
        where old.public_at is not null and account = old.account and day = old.public_at / 86400000000
            and conversation = old.conversation and did = coalesce(old.did, '')
    ; update conversation_totals
        set answered = answered - (old.how is 'answered'), went_public = went_public - (old.public_at is not null)
        where account = old.account and conversation = old.conversation
    ; update conversation_totals set first_reply =
            (select w.ended_at - w.since from waits w where w.conversation = old.conversation and w.how = 'answered'
             order by w.ended_at - w.since limit 1 offset coalesce((select max(0, (t.answered - 1) / 2) from conversation_totals t
                where t.account = old.account and t.conversation = old.conversation), 0))
        where old.how is 'answered' and account = old.account and conversation = old.conversation
    ; delete from conversation_days
        where account = old.account and day in (old.ended_at / 86400000000, old.public_at / 86400000000) and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

CREATE TRIGGER waits_change_late after update of did, public_at, ended_at, ended_by, how on waits
    when ((old.how is 'answered' or new.how is 'answered')
            and (old.how is not new.how or old.ended_at is not new.ended_at or old.did is not new.did or old.ended_by is not new.ended_by
                or (old.public_at is null) <> (new.public_at is null))
            and ((old.how is 'answered' and old.ended_at < unixepoch() * 1000000 - 3600000000)
                or (new.how is 'answered' and new.ended_at < unixepoch() * 1000000 - 3600000000)))
        or ((old.public_at is not new.public_at or old.did is not new.did)
            and (old.public_at < unixepoch() * 1000000 - 3600000000 or new.public_at < unixepoch() * 1000000 - 3600000000))
    begin insert into response_changes (account, day)
        select old.account, old.ended_at / 86400000000 where old.how is 'answered'
        union select new.account, new.ended_at / 86400000000 where new.how is 'answered'
        union select old.account, old.public_at / 86400000000 where old.public_at is not null
        union select new.account, new.public_at / 86400000000 where new.public_at is not null; end;

CREATE TRIGGER waits_come_late after insert on waits
    when (new.how is 'answered' and new.ended_at < unixepoch() * 1000000 - 3600000000)
        or new.public_at < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day)
        select new.account, new.ended_at / 86400000000 where new.how is 'answered'
        union select new.account, new.public_at / 86400000000 where new.public_at is not null; end;

CREATE TRIGGER waits_go_late after delete on waits
    when (old.how is 'answered' and old.ended_at < unixepoch() * 1000000 - 3600000000)
        or old.public_at < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day)
        select old.account, old.ended_at / 86400000000 where old.how is 'answered'
        union select old.account, old.public_at / 86400000000 where old.public_at is not null; end;

CREATE TABLE webhooks (
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
    created_at bigint not null,
    ordered_by text not null default 'account'
);

CREATE INDEX webhooks_by_account on webhooks (account, id);

CREATE INDEX webhooks_on on webhooks (lease_until, id) where off_at is null;

CREATE TABLE webhook_deliveries (
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

CREATE INDEX webhook_deliveries_listed on webhook_deliveries (webhook, position desc, id desc);

CREATE INDEX webhook_deliveries_over on webhook_deliveries (created_at) where next_at is null;

CREATE INDEX webhook_deliveries_waiting on webhook_deliveries (webhook, next_at) where next_at is not null;
