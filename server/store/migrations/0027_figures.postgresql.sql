create table conversation_totals (
    account text not null,
    conversation text not null,
    name text not null,
    texts_in bigint not null,
    texts_out bigint not null,
    answered bigint not null,
    went_public bigint not null,
    first_reply bigint,
    primary key (account, conversation)
);

create table conversation_days (
    account text not null,
    day bigint not null,
    conversation text not null,
    did text not null,
    texts_in bigint not null,
    texts_out bigint not null,
    answered bigint not null,
    went_public bigint not null,
    primary key (account, day, conversation, did)
);

alter table conversation_totals set (fillfactor = 80);

alter table conversation_days set (fillfactor = 80);

create index waits_by_length on waits (conversation, (ended_at - since), ended_at, since) where how = 'answered';

create index waits_by_end on waits (conversation, ended_at, since, did) where how = 'answered';

insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
    select account, at / 86400000000, conversation, coalesce(did, ''), sum(texts_in), sum(texts_out), sum(answered), sum(went_public) from
        (select account, coalesce(send_at, created_at) as at, conversation, did, (direction = 'inbound')::int as texts_in,
                (direction = 'outbound')::int as texts_out, 0 as answered, 0 as went_public
            from messages where kind = 'message' and state not in ('scheduled', 'cancelled')
         union all select account, ended_at, conversation, did, 0, 0, 1, 0 from waits where how = 'answered'
         union all select account, public_at, conversation, did, 0, 0, 0, 1 from waits where public_at is not null) each_one
    group by 1, 2, 3, 4 order by 1, 2, 3, 4;

create index conversation_days_by_conversation on conversation_days (conversation, day);

create index conversation_days_by_did on conversation_days (did, day, conversation);

insert into conversation_totals (account, conversation, name, texts_in, texts_out, answered, went_public, first_reply)
    select c.account, c.id, coalesce(lower(k.name), ''), coalesce(d.texts_in, 0), coalesce(d.texts_out, 0), coalesce(d.answered, 0),
           coalesce(d.went_public, 0), w.first_reply
    from conversations c left join contacts k on k.id = c.contact
    left join (select conversation, sum(texts_in) as texts_in, sum(texts_out) as texts_out, sum(answered) as answered,
                      sum(went_public) as went_public from conversation_days group by conversation) d on d.conversation = c.id
    left join (select conversation, min(length) as first_reply from
                  (select conversation, ended_at - since as length, count(*) over (partition by conversation) as answered,
                          row_number() over (partition by conversation order by ended_at - since) as place
                   from waits where how = 'answered') ranked
               where place = (answered + 1) / 2 group by conversation) w on w.conversation = c.id;

create index conversation_totals_by_name on conversation_totals (account, name, conversation);

create function conversation_has_totals() returns trigger language plpgsql as $$
    begin insert into conversation_totals (account, conversation, name, texts_in, texts_out, answered, went_public, first_reply)
        values (new.account, new.id, coalesce((select lower(k.name) from contacts k where k.id = new.contact), ''), 0, 0, 0, 0, null)
    ; return null; end $$;

create function conversation_has_totals_no_more() returns trigger language plpgsql as $$
    begin delete from conversation_totals where account = old.account and conversation = old.id; return null; end $$;

create function conversation_has_another_name() returns trigger language plpgsql as $$
    begin update conversation_totals set name = coalesce((select lower(k.name) from contacts k where k.id = new.contact), '')
        where account = new.account and conversation = new.id
    ; return null; end $$;

create function contact_has_another_name() returns trigger language plpgsql as $$
    begin update conversation_totals set name = lower(new.name)
        where account = new.account and conversation in (select c.id from conversations c where c.contact = new.id)
    ; return null; end $$;

create function add_to_day(its_account text, at bigint, its_conversation text, its_did text, ins bigint, outs bigint, replies bigint, publics bigint)
    returns void language sql as $$
    insert into conversation_days as d (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        values (its_account, at / 86400000000, its_conversation, coalesce(its_did, ''), ins, outs, replies, publics)
        on conflict (account, day, conversation, did) do update
        set texts_in = d.texts_in + excluded.texts_in, texts_out = d.texts_out + excluded.texts_out,
            answered = d.answered + excluded.answered, went_public = d.went_public + excluded.went_public
    ; delete from conversation_days
        where ins + outs + replies + publics < 0 and account = its_account and day = at / 86400000000 and conversation = its_conversation
            and did = coalesce(its_did, '') and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0 $$;

create function text_is_figured() returns trigger language plpgsql as $$
    declare ins bigint := (new.direction = 'inbound')::int
    ; outs bigint := (new.direction = 'outbound')::int
    ; begin insert into conversation_days as d (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        values (new.account, coalesce(new.send_at, new.created_at) / 86400000000, new.conversation, coalesce(new.did, ''), ins, outs, 0, 0)
        on conflict (account, day, conversation, did) do update
        set texts_in = d.texts_in + excluded.texts_in, texts_out = d.texts_out + excluded.texts_out
    ; update conversation_totals set texts_in = texts_in + ins, texts_out = texts_out + outs
        where account = new.account and conversation = new.conversation
    ; return null; end $$;

create function text_is_figured_anew() returns trigger language plpgsql as $$
    declare times bigint
    ; begin
    if tg_op <> 'INSERT' then
        times := (old.state not in ('scheduled', 'cancelled'))::int
        ; perform add_to_day(old.account, coalesce(old.send_at, old.created_at), old.conversation, old.did,
            -times * (old.direction = 'inbound')::int, -times * (old.direction = 'outbound')::int, 0, 0) where times > 0
        ; update conversation_totals
            set texts_in = texts_in - times * (old.direction = 'inbound')::int, texts_out = texts_out - times * (old.direction = 'outbound')::int
            where times > 0 and account = old.account and conversation = old.conversation
    ; end if
    ; if tg_op <> 'DELETE' then
        times := (new.state not in ('scheduled', 'cancelled'))::int
        ; perform add_to_day(new.account, coalesce(new.send_at, new.created_at), new.conversation, new.did,
            times * (new.direction = 'inbound')::int, times * (new.direction = 'outbound')::int, 0, 0) where times > 0
        ; update conversation_totals
            set texts_in = texts_in + times * (new.direction = 'inbound')::int, texts_out = texts_out + times * (new.direction = 'outbound')::int
            where times > 0 and account = new.account and conversation = new.conversation
    ; end if
    ; return null; end $$;

create function wait_is_figured() returns trigger language plpgsql as $$
    declare were bigint := 0
    ; had bigint := 0
    ; are bigint := 0
    ; have bigint := 0
    ; place bigint
    ; whose record
    ; begin
    if tg_op <> 'INSERT' then
        whose := old
        ; were := (coalesce(old.how, '') = 'answered')::int
        ; had := (old.public_at is not null)::int
        ; perform add_to_day(old.account, old.ended_at, old.conversation, old.did, 0, 0, -1, 0) where were > 0
        ; perform add_to_day(old.account, old.public_at, old.conversation, old.did, 0, 0, 0, -1) where had > 0
    ; end if
    ; if tg_op <> 'DELETE' then
        whose := new
        ; are := (coalesce(new.how, '') = 'answered')::int
        ; have := (new.public_at is not null)::int
        ; perform add_to_day(new.account, new.ended_at, new.conversation, new.did, 0, 0, 1, 0) where are > 0
        ; perform add_to_day(new.account, new.public_at, new.conversation, new.did, 0, 0, 0, 1) where have > 0
    ; end if
    ; update conversation_totals set answered = answered + are - were, went_public = went_public + have - had
        where account = whose.account and conversation = whose.conversation returning greatest(0, (answered - 1) / 2) into place
    ; if were + are > 0 then
        update conversation_totals set first_reply = (select w.ended_at - w.since from waits w
                where w.conversation = whose.conversation and w.how = 'answered' order by w.ended_at - w.since limit 1 offset coalesce(place, 0))
            where account = whose.account and conversation = whose.conversation
    ; end if
    ; return null; end $$;

create trigger conversations_have_totals after insert on conversations for each row execute function conversation_has_totals();

create trigger conversations_have_totals_no_more after delete on conversations for each row execute function conversation_has_totals_no_more();

create trigger conversations_have_other_names after update of contact on conversations for each row
    when (old.contact <> new.contact) execute function conversation_has_another_name();

create trigger contacts_have_other_names after update of name on contacts for each row
    when (old.name <> new.name) execute function contact_has_another_name();

create trigger texts_are_figured after insert on messages for each row
    when (new.kind = 'message' and new.state not in ('scheduled', 'cancelled')) execute function text_is_figured();

create trigger texts_are_figured_no_more after delete on messages for each row
    when (old.kind = 'message' and old.state not in ('scheduled', 'cancelled')) execute function text_is_figured_anew();

create trigger texts_are_figured_anew after update of state, did, send_at on messages for each row
    when (new.kind = 'message' and ((old.state in ('scheduled', 'cancelled')) <> (new.state in ('scheduled', 'cancelled'))
        or (new.state not in ('scheduled', 'cancelled') and (old.did is distinct from new.did or old.send_at is distinct from new.send_at))))
    execute function text_is_figured_anew();

create trigger waits_are_figured after insert on waits for each row
    when (new.how = 'answered' or new.public_at is not null) execute function wait_is_figured();

create trigger waits_are_figured_no_more after delete on waits for each row
    when (old.how = 'answered' or old.public_at is not null) execute function wait_is_figured();

create trigger waits_are_figured_anew after update of did, public_at, ended_at, how on waits for each row
    when (old.how = 'answered' or new.how = 'answered' or old.public_at is distinct from new.public_at
        or (new.public_at is not null and old.did is distinct from new.did))
    execute function wait_is_figured()
