create extension if not exists pg_trgm;

create extension if not exists btree_gin;

create table contacts_to_index (
    contact text primary key
);

create table messages_to_index (
    message text primary key
);

create table contact_words (
    contact text primary key,
    account text not null,
    words text not null
);

create table message_words (
    message text primary key,
    account text not null,
    at bigint not null,
    words text not null
);

create index contact_words_held on contact_words using gin (account, words gin_trgm_ops);

create index message_words_held on message_words using gin (account, words gin_trgm_ops);

create function contact_is_found() returns trigger language plpgsql as $$
    begin insert into contacts_to_index (contact) values (new.id) on conflict do nothing; return null; end $$;

create function contact_is_found_no_more() returns trigger language plpgsql as $$
    begin delete from contact_words where contact = old.id; return null; end $$;

create function contact_of_this_is_found() returns trigger language plpgsql as $$
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; return null; end $$;

create function message_is_found() returns trigger language plpgsql as $$
    begin insert into messages_to_index (message) values (new.id) on conflict do nothing; return null; end $$;

create trigger contacts_are_found after insert on contacts for each row execute function contact_is_found();

create trigger contacts_are_found_anew after update of name, fields on contacts for each row
    when (old.name <> new.name or old.fields <> new.fields) execute function contact_is_found();

create trigger contacts_are_found_no_more after delete on contacts for each row execute function contact_is_found_no_more();

create trigger phones_are_found after insert on contact_phones for each row execute function contact_of_this_is_found();

create trigger conversations_are_found after insert on conversations for each row execute function contact_of_this_is_found();

create trigger conversations_are_found_anew after update of contact on conversations for each row
    when (old.contact <> new.contact) execute function contact_of_this_is_found();

create trigger messages_are_found after insert on messages for each row
    when (new.kind = 'message' and new.body <> '') execute function message_is_found();

create trigger messages_are_found_anew after update of body, send_at on messages for each row
    when (new.kind = 'message' and (old.body <> new.body or old.send_at is distinct from new.send_at)) execute function message_is_found();

insert into contacts_to_index (contact) select id from contacts;

insert into messages_to_index (message) select id from messages where kind = 'message' and body <> '';

create index contacts_by_tags on contacts (account, tags) where tags <> '[]'
