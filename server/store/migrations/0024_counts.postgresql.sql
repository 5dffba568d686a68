create table conversation_counts (
    account text not null,
    there bigint not null,
    closed bigint not null
);

create index conversation_counts_by_account on conversation_counts (account, there, closed);

create function conversation_is_counted() returns trigger language plpgsql as $$
    begin insert into conversation_counts (account, there, closed) values (new.account, 1, (new.closed_at is not null)::int); return null; end $$;

create function conversation_is_counted_anew() returns trigger language plpgsql as $$
    begin insert into conversation_counts (account, there, closed)
        values (new.account, 0, (new.closed_at is not null)::int - (old.closed_at is not null)::int); return null; end $$;

create function conversation_is_counted_no_more() returns trigger language plpgsql as $$
    begin insert into conversation_counts (account, there, closed) values (old.account, -1, -(old.closed_at is not null)::int); return null; end $$;

create trigger conversations_are_counted after insert on conversations for each row execute function conversation_is_counted();

create trigger conversations_are_counted_anew after update of closed_at on conversations for each row
    when ((old.closed_at is null) <> (new.closed_at is null)) execute function conversation_is_counted_anew();

create trigger conversations_are_counted_no_more after delete on conversations for each row execute function conversation_is_counted_no_more();

insert into conversation_counts (account, there, closed) select account, count(*), count(closed_at) from conversations group by account
