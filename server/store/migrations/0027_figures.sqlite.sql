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
) without rowid;

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
) without rowid;

create index waits_by_length on waits (conversation, (ended_at - since), ended_at, since) where how = 'answered';

create index waits_by_end on waits (conversation, ended_at, since, did) where how = 'answered';

insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
    select account, coalesce(send_at, created_at) / 86400000000, conversation, coalesce(did, ''), direction = 'inbound', direction = 'outbound', 0, 0
    from messages where kind = 'message' and state not in ('scheduled', 'cancelled') order by account, coalesce(send_at, created_at)
    on conflict (account, day, conversation, did) do update
    set texts_in = texts_in + excluded.texts_in, texts_out = texts_out + excluded.texts_out;

insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
    select account, ended_at / 86400000000, conversation, coalesce(did, ''), 0, 0, 1, 0
    from waits where how = 'answered' order by account, ended_at
    on conflict (account, day, conversation, did) do update
    set answered = answered + excluded.answered;

insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
    select account, public_at / 86400000000, conversation, coalesce(did, ''), 0, 0, 0, 1
    from waits where public_at is not null order by account, public_at
    on conflict (account, day, conversation, did) do update
    set went_public = went_public + excluded.went_public;

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

create trigger conversations_have_totals after insert on conversations
    begin insert into conversation_totals (account, conversation, name, texts_in, texts_out, answered, went_public, first_reply)
        values (new.account, new.id, coalesce((select lower(name) from contacts where id = new.contact), ''), 0, 0, 0, 0, null); end;

create trigger conversations_have_totals_no_more after delete on conversations
    begin delete from conversation_totals where account = old.account and conversation = old.id; end;

create trigger conversations_have_other_names after update of contact on conversations when old.contact <> new.contact
    begin update conversation_totals set name = coalesce((select lower(name) from contacts where id = new.contact), '')
        where account = new.account and conversation = new.id; end;

create trigger contacts_have_other_names after update of name on contacts when old.name <> new.name
    begin update conversation_totals set name = lower(new.name)
        where account = new.account and conversation in (select id from conversations where contact = new.id); end;

create trigger texts_are_figured after insert on messages when new.kind = 'message' and new.state not in ('scheduled', 'cancelled')
    begin insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        values (new.account, coalesce(new.send_at, new.created_at) / 86400000000, new.conversation, coalesce(new.did, ''),
                new.direction = 'inbound', new.direction = 'outbound', 0, 0)
        on conflict (account, day, conversation, did) do update
        set texts_in = texts_in + excluded.texts_in, texts_out = texts_out + excluded.texts_out
    ; update conversation_totals set texts_in = texts_in + (new.direction = 'inbound'), texts_out = texts_out + (new.direction = 'outbound')
        where account = new.account and conversation = new.conversation; end;

create trigger texts_are_figured_no_more after delete on messages when old.kind = 'message' and old.state not in ('scheduled', 'cancelled')
    begin update conversation_days
        set texts_in = texts_in - (old.direction = 'inbound'), texts_out = texts_out - (old.direction = 'outbound')
        where account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; update conversation_totals set texts_in = texts_in - (old.direction = 'inbound'), texts_out = texts_out - (old.direction = 'outbound')
        where account = old.account and conversation = old.conversation
    ; delete from conversation_days
        where account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

create trigger texts_are_figured_anew after update of state, did, send_at on messages
    when new.kind = 'message' and ((old.state in ('scheduled', 'cancelled')) <> (new.state in ('scheduled', 'cancelled'))
        or (new.state not in ('scheduled', 'cancelled') and (old.did is not new.did or old.send_at is not new.send_at)))
    begin update conversation_days
        set texts_in = texts_in - (old.direction = 'inbound'), texts_out = texts_out - (old.direction = 'outbound')
        where old.state not in ('scheduled', 'cancelled')
            and account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select new.account, coalesce(new.send_at, new.created_at) / 86400000000, new.conversation, coalesce(new.did, ''),
               new.direction = 'inbound', new.direction = 'outbound', 0, 0
        where new.state not in ('scheduled', 'cancelled')
        on conflict (account, day, conversation, did) do update
        set texts_in = texts_in + excluded.texts_in, texts_out = texts_out + excluded.texts_out
    ; update conversation_totals
        set texts_in = texts_in + (new.direction = 'inbound')
                * ((new.state not in ('scheduled', 'cancelled')) - (old.state not in ('scheduled', 'cancelled'))),
            texts_out = texts_out + (new.direction = 'outbound')
                * ((new.state not in ('scheduled', 'cancelled')) - (old.state not in ('scheduled', 'cancelled')))
        where account = new.account and conversation = new.conversation
    ; delete from conversation_days
        where account = old.account and day = coalesce(old.send_at, old.created_at) / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

create trigger waits_are_figured after insert on waits when new.how is 'answered' or new.public_at is not null
    begin insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select new.account, new.ended_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 1, 0 where new.how is 'answered'
        union all select new.account, new.public_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 0, 1
            where new.public_at is not null
        on conflict (account, day, conversation, did) do update
        set answered = answered + excluded.answered, went_public = went_public + excluded.went_public
    ; update conversation_totals
        set answered = answered + (new.how is 'answered'), went_public = went_public + (new.public_at is not null)
        where account = new.account and conversation = new.conversation
    ; update conversation_totals set first_reply =
            (select w.ended_at - w.since from waits w where w.conversation = new.conversation and w.how = 'answered'
             order by w.ended_at - w.since limit 1 offset coalesce((select max(0, (t.answered - 1) / 2) from conversation_totals t
                where t.account = new.account and t.conversation = new.conversation), 0))
        where new.how is 'answered' and account = new.account and conversation = new.conversation; end;

create trigger waits_are_figured_no_more after delete on waits when old.how is 'answered' or old.public_at is not null
    begin update conversation_days set answered = answered - 1
        where old.how is 'answered' and account = old.account and day = old.ended_at / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; update conversation_days set went_public = went_public - 1
        where old.public_at is not null and account = old.account and day = old.public_at / 86400000000
            and conversation = old.conversation and did = coalesce(old.did, '')
    ; update conversation_totals
        set answered = answered - (old.how is 'answered'), went_public = went_public - (old.public_at is not null)
        where account = old.account and conversation = old.conversation
    ; update conversation_totals set first_reply =
            (select w.ended_at - w.since from waits w where w.conversation = old.conversation and w.how = 'answered'
             order by w.ended_at - w.since limit 1 offset coalesce((select max(0, (t.answered - 1) / 2) from conversation_totals t
                where t.account = old.account and t.conversation = old.conversation), 0))
        where old.how is 'answered' and account = old.account and conversation = old.conversation
    ; delete from conversation_days
        where account = old.account and day in (old.ended_at / 86400000000, old.public_at / 86400000000) and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end;

create trigger waits_are_figured_anew after update of did, public_at, ended_at, how on waits
    when old.how is 'answered' or new.how is 'answered' or old.public_at is not new.public_at
        or (new.public_at is not null and old.did is not new.did)
    begin update conversation_days set answered = answered - 1
        where old.how is 'answered' and account = old.account and day = old.ended_at / 86400000000 and conversation = old.conversation
            and did = coalesce(old.did, '')
    ; update conversation_days set went_public = went_public - 1
        where old.public_at is not null and account = old.account and day = old.public_at / 86400000000
            and conversation = old.conversation and did = coalesce(old.did, '')
    ; insert into conversation_days (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select new.account, new.ended_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 1, 0 where new.how is 'answered'
        union all select new.account, new.public_at / 86400000000, new.conversation, coalesce(new.did, ''), 0, 0, 0, 1
            where new.public_at is not null
        on conflict (account, day, conversation, did) do update
        set answered = answered + excluded.answered, went_public = went_public + excluded.went_public
    ; update conversation_totals
        set answered = answered + (new.how is 'answered') - (old.how is 'answered'),
            went_public = went_public + (new.public_at is not null) - (old.public_at is not null)
        where account = new.account and conversation = new.conversation
    ; update conversation_totals set first_reply =
            (select w.ended_at - w.since from waits w where w.conversation = new.conversation and w.how = 'answered'
             order by w.ended_at - w.since limit 1 offset coalesce((select max(0, (t.answered - 1) / 2) from conversation_totals t
                where t.account = new.account and t.conversation = new.conversation), 0))
        where (old.how is 'answered' or new.how is 'answered') and account = new.account and conversation = new.conversation
    ; delete from conversation_days
        where account = old.account and day in (old.ended_at / 86400000000, old.public_at / 86400000000) and conversation = old.conversation
            and did = coalesce(old.did, '')
            and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0; end
