create table contacts_to_index (
    contact text primary key
);

create table messages_to_index (
    message text primary key
);

create table contact_rows (
    n integer primary key,
    contact text not null
);

create table message_rows (
    n integer primary key,
    message text not null,
    account text not null,
    at bigint not null
);

create virtual table contact_index using fts5(words, content='', tokenize='trigram case_sensitive 1', detail=none, columnsize=0);

create virtual table message_index using fts5(words, content='', tokenize='trigram case_sensitive 1', detail=none, columnsize=0);

create trigger contacts_are_found after insert on contacts
    begin insert into contacts_to_index (contact) values (new.id) on conflict do nothing; end;

create trigger contacts_are_found_anew after update of name, fields on contacts when old.name <> new.name or old.fields <> new.fields
    begin insert into contacts_to_index (contact) values (new.id) on conflict do nothing; end;

create trigger phones_are_found after insert on contact_phones
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; end;

create trigger conversations_are_found after insert on conversations
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; end;

create trigger conversations_are_found_anew after update of contact on conversations when old.contact <> new.contact
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; end;

create trigger messages_are_found after insert on messages when new.kind = 'message' and new.body <> ''
    begin insert into messages_to_index (message) values (new.id) on conflict do nothing; end;

create trigger messages_are_found_anew after update of body, send_at on messages when new.kind = 'message' and (old.body <> new.body or old.send_at is not new.send_at)
    begin insert into messages_to_index (message) values (new.id) on conflict do nothing; end;

insert into contacts_to_index (contact) select id from contacts order by id;

insert into messages_to_index (message) select id from messages where kind = 'message' and body <> '' order by id;

create index contacts_by_tags on contacts (account, tags) where tags <> '[]'
