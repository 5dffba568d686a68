create table held_looks (
    conversation text not null,
    at bigint not null,
    primary key (conversation, at)
);

create index held_looks_by_age on held_looks (at, conversation);

insert into held_looks (conversation, at) select distinct conversation, look_at from messages where look_at is not null;

drop index messages_to_look_at;

alter table messages drop column look_at;
