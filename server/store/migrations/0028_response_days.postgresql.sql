lock table conversations, participants in access exclusive mode;

alter table participants add column active_week bigint not null default 0;

update participants set active_week = coalesce((select active_at / 604800000000 from conversations where id = participants.conversation), 0);

create index participants_by_week on participants (user_id, active_week, conversation);

create function participant_has_a_week() returns trigger language plpgsql as $$
    begin new.active_week := (select c.active_at / 604800000000 from conversations c where c.id = new.conversation); return new; end $$;

create function participants_have_another_week() returns trigger language plpgsql as $$
    begin update participants set active_week = new.active_at / 604800000000 where conversation = new.id; return null; end $$;

create trigger participants_have_weeks before insert on participants for each row execute function participant_has_a_week();

create trigger participants_have_other_weeks after update of active_at on conversations for each row
    when (old.active_at / 604800000000 <> new.active_at / 604800000000) execute function participants_have_another_week();

create table response_days (
    account text not null,
    day bigint not null,
    did text not null,
    version bigint not null,
    counted text not null,
    primary key (account, day, did)
);

create table response_changes (
    number bigint generated always as identity primary key,
    account text not null,
    day bigint not null
);

create index response_changes_by_day on response_changes (account, day);

create function text_changes_late() returns trigger language plpgsql as $$
    begin
    if tg_op <> 'INSERT' then
        insert into response_changes (account, day) values (old.account, coalesce(old.send_at, old.created_at) / 86400000000)
    ; end if
    ; if tg_op <> 'DELETE' then
        insert into response_changes (account, day) values (new.account, coalesce(new.send_at, new.created_at) / 86400000000)
    ; end if
    ; return null; end $$;

create function wait_changes_late() returns trigger language plpgsql as $$
    begin
    if tg_op <> 'INSERT' then
        insert into response_changes (account, day)
            select old.account, old.ended_at / 86400000000 where old.how = 'answered'
            union select old.account, old.public_at / 86400000000 where old.public_at is not null
    ; end if
    ; if tg_op <> 'DELETE' then
        insert into response_changes (account, day)
            select new.account, new.ended_at / 86400000000 where new.how = 'answered'
            union select new.account, new.public_at / 86400000000 where new.public_at is not null
    ; end if
    ; return null; end $$;

create trigger texts_come_late after insert on messages for each row
    when (new.kind = 'message' and new.state not in ('scheduled', 'cancelled')
        and coalesce(new.send_at, new.created_at) < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
    execute function text_changes_late();

create trigger texts_go_late after delete on messages for each row
    when (old.kind = 'message' and old.state not in ('scheduled', 'cancelled')
        and coalesce(old.send_at, old.created_at) < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
    execute function text_changes_late();

create trigger texts_change_late after update of state, did, user_id, send_at on messages for each row
    when (new.kind = 'message'
        and ((old.state in ('scheduled', 'cancelled')) <> (new.state in ('scheduled', 'cancelled'))
            or (old.state in ('failed', 'undelivered')) <> (new.state in ('failed', 'undelivered'))
            or old.did is distinct from new.did or old.user_id is distinct from new.user_id or old.send_at is distinct from new.send_at)
        and least(coalesce(old.send_at, old.created_at), coalesce(new.send_at, new.created_at)) < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
    execute function text_changes_late();

create trigger waits_come_late after insert on waits for each row
    when ((new.how = 'answered' and new.ended_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
        or new.public_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
    execute function wait_changes_late();

create trigger waits_go_late after delete on waits for each row
    when ((old.how = 'answered' and old.ended_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
        or old.public_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
    execute function wait_changes_late();

create trigger waits_change_late after update of did, public_at, ended_at, ended_by, how on waits for each row
    when (((old.how = 'answered' or new.how = 'answered')
            and (old.how is distinct from new.how or old.ended_at is distinct from new.ended_at or old.did is distinct from new.did
                or old.ended_by is distinct from new.ended_by or (old.public_at is null) <> (new.public_at is null))
            and ((old.how = 'answered' and old.ended_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)
                or (new.how = 'answered' and new.ended_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)))
        or ((old.public_at is distinct from new.public_at or old.did is distinct from new.did)
            and (old.public_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000
                or new.public_at < (extract(epoch from now()) * 1000000)::bigint - 3600000000)))
    execute function wait_changes_late()
