create table nonces (
    carrier text not null references carriers (id) on delete cascade,
    nonce text not null,
    digest text not null,
    received_at bigint not null,
    primary key (carrier, nonce)
);
create index nonces_by_age on nonces (received_at);
