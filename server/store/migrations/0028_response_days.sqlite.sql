alter table participants add column active_week bigint not null default 0;

update participants set active_week = coalesce((select active_at / 604800000000 from conversations where id = participants.conversation), 0);

create index participants_by_week on participants (user_id, active_week, conversation);

create trigger participants_have_weeks after insert on participants
    begin update participants set active_week = (select active_at / 604800000000 from conversations where id = new.conversation)
        where conversation = new.conversation and user_id = new.user_id; end;

create trigger participants_have_other_weeks after update of active_at on conversations
    when old.active_at / 604800000000 <> new.active_at / 604800000000
    begin update participants set active_week = new.active_at / 604800000000 where conversation = new.id; end;

create table response_days (
    account text not null,
    day bigint not null,
    did text not null,
    version bigint not null,
    counted text not null,
    primary key (account, day, did)
);

create table response_changes (
    number integer primary key,
    account text not null,
    day bigint not null
);

create index response_changes_by_day on response_changes (account, day);

create trigger texts_come_late after insert on messages
    when new.kind = 'message' and new.state not in ('scheduled', 'cancelled')
        and coalesce(new.send_at, new.created_at) < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day) values (new.account, coalesce(new.send_at, new.created_at) / 86400000000); end;

create trigger texts_go_late after delete on messages
    when old.kind = 'message' and old.state not in ('scheduled', 'cancelled')
        and coalesce(old.send_at, old.created_at) < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day) values (old.account, coalesce(old.send_at, old.created_at) / 86400000000); end;

create trigger texts_change_late after update of state, did, user_id, send_at on messages
    when new.kind = 'message'
        and ((old.state in ('scheduled', 'cancelled')) <> (new.state in ('scheduled', 'cancelled'))
            or (old.state in ('failed', 'undelivered')) <> (new.state in ('failed', 'undelivered'))
            or old.did is not new.did or old.user_id is not new.user_id or old.send_at is not new.send_at)
        and min(coalesce(old.send_at, old.created_at), coalesce(new.send_at, new.created_at)) < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day)
        values (old.account, coalesce(old.send_at, old.created_at) / 86400000000),
               (new.account, coalesce(new.send_at, new.created_at) / 86400000000); end;

create trigger waits_come_late after insert on waits
    when (new.how is 'answered' and new.ended_at < unixepoch() * 1000000 - 3600000000)
        or new.public_at < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day)
        select new.account, new.ended_at / 86400000000 where new.how is 'answered'
        union select new.account, new.public_at / 86400000000 where new.public_at is not null; end;

create trigger waits_go_late after delete on waits
    when (old.how is 'answered' and old.ended_at < unixepoch() * 1000000 - 3600000000)
        or old.public_at < unixepoch() * 1000000 - 3600000000
    begin insert into response_changes (account, day)
        select old.account, old.ended_at / 86400000000 where old.how is 'answered'
        union select old.account, old.public_at / 86400000000 where old.public_at is not null; end;

create trigger waits_change_late after update of did, public_at, ended_at, ended_by, how on waits
    when ((old.how is 'answered' or new.how is 'answered')
            and (old.how is not new.how or old.ended_at is not new.ended_at or old.did is not new.did or old.ended_by is not new.ended_by
                or (old.public_at is null) <> (new.public_at is null))
            and ((old.how is 'answered' and old.ended_at < unixepoch() * 1000000 - 3600000000)
                or (new.how is 'answered' and new.ended_at < unixepoch() * 1000000 - 3600000000)))
        or ((old.public_at is not new.public_at or old.did is not new.did)
            and (old.public_at < unixepoch() * 1000000 - 3600000000 or new.public_at < unixepoch() * 1000000 - 3600000000))
    begin insert into response_changes (account, day)
        select old.account, old.ended_at / 86400000000 where old.how is 'answered'
        union select new.account, new.ended_at / 86400000000 where new.how is 'answered'
        union select old.account, old.public_at / 86400000000 where old.public_at is not null
        union select new.account, new.public_at / 86400000000 where new.public_at is not null; end
