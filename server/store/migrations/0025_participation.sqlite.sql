alter table conversation_counts add column pool bigint not null default 0;

alter table conversation_counts add column unanswered bigint not null default 0;

drop index conversation_counts_by_account;

create index conversation_counts_by_account on conversation_counts (account, there, closed, pool, unanswered);

delete from conversation_counts;

insert into conversation_counts (account, there, closed, pool, unanswered)
    select account, count(*), count(closed_at), count(public_since), count(waiting_since) from conversations group by account;

drop trigger conversations_are_counted;

drop trigger conversations_are_counted_anew;

drop trigger conversations_are_counted_no_more;

create trigger conversations_are_counted after insert on conversations
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (new.account, 1, new.closed_at is not null, new.public_since is not null, new.waiting_since is not null); end;

create trigger conversations_are_counted_anew after update of closed_at, public_since, waiting_since on conversations
    when (old.closed_at is null) <> (new.closed_at is null) or (old.public_since is null) <> (new.public_since is null)
        or (old.waiting_since is null) <> (new.waiting_since is null)
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (new.account, 0, (new.closed_at is not null) - (old.closed_at is not null),
                (new.public_since is not null) - (old.public_since is not null), (new.waiting_since is not null) - (old.waiting_since is not null)); end;

create trigger conversations_are_counted_no_more after delete on conversations
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (old.account, -1, -(old.closed_at is not null), -(old.public_since is not null), -(old.waiting_since is not null)); end;

create table participation_counts (
    user_id text not null,
    part text not null,
    there bigint not null,
    unread bigint not null,
    primary key (user_id, part)
);

create table participation_changes (
    user_id text not null,
    part text not null,
    there bigint not null,
    unread bigint not null
);

create index participation_changes_by_user on participation_changes (user_id, part, there, unread);

alter table participants add column unread bigint not null default 0;

update participants set unread = 1 where exists (select 1 from messages m
    where m.conversation = participants.conversation and m.seq > participants.read_seq
    and (m.user_id is null or m.user_id <> participants.user_id) and (m.purpose is null or m.direction = 'inbound')
    and (participants.part = 'owner' or participants.muted_at is null or m.mentions like '%"' || participants.user_id || '"%'));

insert into participation_counts (user_id, part, there, unread) select p.user_id, p.part, count(*), sum(p.unread)
    from participants p join conversations c on c.id = p.conversation where c.closed_at is null group by p.user_id, p.part;

create trigger messages_are_unread after insert on messages when new.purpose is null or new.direction = 'inbound'
    begin update participants set unread = 1 where conversation = new.conversation and unread = 0 and read_seq < new.seq
            and (new.user_id is null or user_id <> new.user_id)
            and (part = 'owner' or muted_at is null or new.mentions like '%"' || user_id || '"%'); end;

create trigger participants_read_anew after update of part, muted_at, read_seq on participants
    when old.part <> new.part or (old.muted_at is null) <> (new.muted_at is null) or old.read_seq <> new.read_seq
    begin update participants set unread = 1 - unread where conversation = new.conversation and user_id = new.user_id
            and unread <> exists (select 1 from messages m where m.conversation = new.conversation and m.seq > new.read_seq
                and (m.user_id is null or m.user_id <> new.user_id) and (m.purpose is null or m.direction = 'inbound')
                and (new.part = 'owner' or new.muted_at is null or m.mentions like '%"' || new.user_id || '"%')); end;

create trigger participants_are_counted after insert on participants
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, new.part, 1, new.unread from conversations where id = new.conversation and closed_at is null; end;

create trigger participants_have_unread after insert on participants
    begin update participants set unread = 1 - unread where conversation = new.conversation and user_id = new.user_id
            and unread <> exists (select 1 from messages m where m.conversation = new.conversation and m.seq > new.read_seq
                and (m.user_id is null or m.user_id <> new.user_id) and (m.purpose is null or m.direction = 'inbound')
                and (new.part = 'owner' or new.muted_at is null or m.mentions like '%"' || new.user_id || '"%')); end;

create trigger participants_are_counted_anew after update of unread on participants when old.part = new.part and old.unread <> new.unread
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, new.part, 0, new.unread - old.unread from conversations where id = new.conversation and closed_at is null; end;

create trigger participants_are_counted_elsewhere after update of part on participants when old.part <> new.part
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, old.part, -1, -old.unread from conversations where id = new.conversation and closed_at is null
            union all
            select new.user_id, new.part, 1, new.unread from conversations where id = new.conversation and closed_at is null; end;

create trigger participants_are_counted_no_more after delete on participants
    begin insert into participation_changes (user_id, part, there, unread)
            select old.user_id, old.part, -1, -old.unread from conversations where id = old.conversation and closed_at is null; end;

create trigger participants_of_closed_are_not_counted after update of closed_at on conversations when old.closed_at is null and new.closed_at is not null
    begin insert into participation_changes (user_id, part, there, unread)
            select user_id, part, -1, -unread from participants where conversation = new.id; end;

create trigger participants_of_reopened_are_counted after update of closed_at on conversations when old.closed_at is not null and new.closed_at is null
    begin insert into participation_changes (user_id, part, there, unread)
            select user_id, part, 1, unread from participants where conversation = new.id; end
