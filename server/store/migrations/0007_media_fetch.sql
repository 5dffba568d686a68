alter table media add column carrier text;

alter table media add column attempt bigint not null default 0;

alter table media add column next_at bigint;

update media set next_at = created_at,
    carrier = (select d.carrier from messages m join dids d on d.id = m.did where m.id = media.message)
    where state = 'pending';

create index media_to_fetch on media (next_at) where next_at is not null;
