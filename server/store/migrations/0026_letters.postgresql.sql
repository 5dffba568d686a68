drop table contact_words;

create table contact_words (
    contact text primary key,
    account text not null,
    name text not null,
    said text not null,
    numbers text not null
);

create function letters_in(words text) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(held), '{}') from (select string_to_array(words, null) as letters) w,
        unnest(letters, letters[2:]) as p (one, two), unnest(array[one, one || two]) as held where held is not null $$;

create index contact_words_held on contact_words using gin
    (account, said gin_trgm_ops, numbers gin_trgm_ops, letters_in(said), letters_in(numbers));

insert into contacts_to_index (contact) select id from contacts on conflict do nothing
