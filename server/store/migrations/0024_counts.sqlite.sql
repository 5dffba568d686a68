create table conversation_counts (
    account text not null,
    there bigint not null,
    closed bigint not null
);

create index conversation_counts_by_account on conversation_counts (account, there, closed);

create trigger conversations_are_counted after insert on conversations
    begin insert into conversation_counts (account, there, closed) values (new.account, 1, new.closed_at is not null); end;

create trigger conversations_are_counted_anew after update of closed_at on conversations when (old.closed_at is null) <> (new.closed_at is null)
    begin insert into conversation_counts (account, there, closed) values (new.account, 0, (new.closed_at is not null) - (old.closed_at is not null)); end;

create trigger conversations_are_counted_no_more after delete on conversations
    begin insert into conversation_counts (account, there, closed) values (old.account, -1, -(old.closed_at is not null)); end;

insert into conversation_counts (account, there, closed) select account, count(*), count(closed_at) from conversations group by account
