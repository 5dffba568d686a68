alter table media rename to media_of_0001;

create table media (
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
    created_at bigint not null
);

insert into media (id, account, message, place, source, content_type, state, created_at)
    select id, account, message, place, source, content_type, state, created_at from media_of_0001;

drop table media_of_0001;

create index media_by_message on media (message, place);
create index media_unattached on media (created_at) where message is null;
