create function texts_come() returns trigger language plpgsql as $$
    begin insert into messages_to_index (message) select id from come where kind = 'message' and body <> '' order by 1 on conflict do nothing
    ; update participants p set unread = 1 from come m where p.conversation = m.conversation and p.unread = 0 and p.read_seq < m.seq
            and (m.purpose is null or m.direction = 'inbound') and (m.user_id is null or p.user_id <> m.user_id)
            and (p.part = 'owner' or p.muted_at is null or m.mentions like '%"' || p.user_id || '"%')
    ; insert into conversation_days as d (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        select account, coalesce(send_at, created_at) / 86400000000, conversation, coalesce(did, ''),
               count(*) filter (where direction = 'inbound'), count(*) filter (where direction = 'outbound'), 0, 0
        from come where kind = 'message' and state not in ('scheduled', 'cancelled') group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (account, day, conversation, did) do update
        set texts_in = d.texts_in + excluded.texts_in, texts_out = d.texts_out + excluded.texts_out
    ; update conversation_totals t set texts_in = t.texts_in + n.texts_in, texts_out = t.texts_out + n.texts_out
        from (select account, conversation, count(*) filter (where direction = 'inbound') as texts_in,
                     count(*) filter (where direction = 'outbound') as texts_out
              from come where kind = 'message' and state not in ('scheduled', 'cancelled') group by 1, 2) n
        where t.account = n.account and t.conversation = n.conversation
    ; return null; end $$;

create trigger texts_come after insert on messages referencing new table as come for each statement execute function texts_come();

drop trigger messages_are_found on messages;

drop trigger messages_are_unread on messages;

drop trigger texts_are_figured on messages;

drop function message_is_unread();

drop function text_is_figured()
