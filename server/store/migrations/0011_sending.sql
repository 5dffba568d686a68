alter table dids add column rate bigint;

alter table dids add column spent_until bigint not null default 0;

alter table dids add column paused_until bigint not null default 0;

drop index messages_outbox;

create index messages_outbox_by_did on messages (did, next_at, conversation, seq) where next_at is not null;

drop index messages_by_did;

create index messages_by_did on messages (did, direction, coalesce(send_at, created_at), state) where did is not null;

create index messages_refused_by_did on messages (did, coalesce(send_at, created_at)) where state in ('failed', 'undelivered');

create index messages_stopped_by_did on messages (did, created_at) where direction = 'inbound' and purpose = 'opted_out';

alter table messages add column handed_at bigint;

alter table messages add column sent_at bigint;

create index messages_unconfirmed on messages (did, handed_at) where state = 'unconfirmed';

create table readings_back (
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
