alter table accounts add column timezone text not null default 'UTC';

alter table accounts add column quiet_hours text;

alter table messages add column asked_at bigint;

alter table messages add column any_hour_at bigint;

alter table messages add column look_at bigint;

create index messages_held on messages (account, conversation, seq) where asked_at is not null;

create index messages_to_look_at on messages (look_at, conversation, seq) where look_at is not null;
