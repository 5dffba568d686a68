create table long_texts (
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
create index long_texts_by_age on long_texts (began_at);
create index long_texts_by_did on long_texts (did);

create table long_text_parts (
    long_text text not null references long_texts (id),
    number bigint not null,
    carrier_ref text not null,
    body text not null,
    primary key (long_text, number)
);
