alter table messages add column carrier text;

create index messages_unconfirmed_by_carrier on messages (carrier, handed_at) where state = 'unconfirmed';
