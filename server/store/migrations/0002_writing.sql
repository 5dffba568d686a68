alter table messages add column mentions text not null default '[]';

alter table messages add column left_seq bigint;

create index messages_left_later on messages (conversation, left_seq) where left_seq is not null;

create index messages_scheduled on messages (send_at, conversation, seq) where state = 'scheduled';

create index messages_scheduled_by_account on messages (account, send_at, id) where state = 'scheduled';

create index messages_scheduled_by_conversation on messages (conversation, seq) where state = 'scheduled';

alter table events add column contact text;

create index events_by_contact on events (contact, position) where contact is not null;

create index events_lines on events (conversation, seq)
    where (type like 'conversation.%' or type like 'subscriber.%') and seq is not null;

create table preferences (
    user_id text primary key references users (id),
    chosen text not null,
    status text not null,
    focus_until bigint
);

create table drafts (
    user_id text not null references users (id),
    conversation text not null references conversations (id),
    body text not null,
    updated_at bigint not null,
    primary key (user_id, conversation)
);

create table saved_replies (
    id text primary key,
    account text not null references accounts (id),
    user_id text not null references users (id),
    shortcut text not null,
    body text not null,
    shared_at bigint,
    updated_at bigint not null,
    unique (user_id, shortcut)
);

create index saved_replies_shared on saved_replies (account, shortcut, id) where shared_at is not null;
