drop table contact_rows;

drop table contact_index;

create table contact_words (
    n integer primary key autoincrement,
    contact text not null unique,
    account text not null,
    name text not null,
    said text not null,
    numbers text not null
);

create virtual table contact_index using fts5(words, content='', tokenize='ascii', detail=none, columnsize=0);

create trigger contacts_are_found_no_more after delete on contacts
    begin delete from contact_words where contact = old.id; end;

insert into contacts_to_index (contact) select id from contacts where true order by id on conflict do nothing
