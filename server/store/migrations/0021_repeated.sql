create table repeated (
    message text primary key references messages (id),
    at bigint not null
);

insert into repeated (message, at) select id, created_at from messages where state = 'unconfirmed' and error_code = 'sent_again';
