-- What all migrations together make. Written by `make schema`, for reading; a test compares it.

SET check_function_bodies = off;

CREATE EXTENSION btree_gin;

CREATE EXTENSION pg_trgm;

CREATE OR REPLACE FUNCTION public.add_to_day(its_account text, at bigint, its_conversation text, its_did text, ins bigint, outs bigint, replies bigint, publics bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
    insert into conversation_days as d (account, day, conversation, did, texts_in, texts_out, answered, went_public)
        values (its_account, at / 86400000000, its_conversation, coalesce(its_did, ''), ins, outs, replies, publics)
        on conflict (account, day, conversation, did) do update
        set texts_in = d.texts_in + excluded.texts_in, texts_out = d.texts_out + excluded.texts_out,
            answered = d.answered + excluded.answered, went_public = d.went_public + excluded.went_public
    ; delete from conversation_days
        where ins + outs + replies + publics < 0 and account = its_account and day = at / 86400000000 and conversation = its_conversation
            and did = coalesce(its_did, '') and texts_in = 0 and texts_out = 0 and answered = 0 and went_public = 0 $function$;

CREATE OR REPLACE FUNCTION public.consent_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin raise exception 'the consent ledger is append-only'; end $function$;

CREATE OR REPLACE FUNCTION public.contact_has_another_name()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin update conversation_totals set name = lower(new.name)
        where account = new.account and conversation in (select c.id from conversations c where c.contact = new.id)
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.contact_is_found()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into contacts_to_index (contact) values (new.id) on conflict do nothing; return null; end $function$;

CREATE OR REPLACE FUNCTION public.contact_is_found_no_more()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin delete from contact_words where contact = old.id; return null; end $function$;

CREATE OR REPLACE FUNCTION public.contact_of_this_is_found()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into contacts_to_index (contact) values (new.contact) on conflict do nothing; return null; end $function$;

CREATE OR REPLACE FUNCTION public.conversation_has_another_name()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin update conversation_totals set name = coalesce((select lower(k.name) from contacts k where k.id = new.contact), '')
        where account = new.account and conversation = new.id
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.conversation_has_totals()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into conversation_totals (account, conversation, name, texts_in, texts_out, answered, went_public, first_reply)
        values (new.account, new.id, coalesce((select lower(k.name) from contacts k where k.id = new.contact), ''), 0, 0, 0, 0, null)
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.conversation_has_totals_no_more()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin delete from conversation_totals where account = old.account and conversation = old.id; return null; end $function$;

CREATE OR REPLACE FUNCTION public.conversation_is_counted()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (new.account, 1, (new.closed_at is not null)::int, (new.public_since is not null)::int, (new.waiting_since is not null)::int); return null; end $function$;

CREATE OR REPLACE FUNCTION public.conversation_is_counted_anew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (new.account, 0, (new.closed_at is not null)::int - (old.closed_at is not null)::int,
                (new.public_since is not null)::int - (old.public_since is not null)::int,
                (new.waiting_since is not null)::int - (old.waiting_since is not null)::int); return null; end $function$;

CREATE OR REPLACE FUNCTION public.conversation_is_counted_no_more()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into conversation_counts (account, there, closed, pool, unanswered)
            values (old.account, -1, -(old.closed_at is not null)::int, -(old.public_since is not null)::int, -(old.waiting_since is not null)::int); return null; end $function$;

CREATE OR REPLACE FUNCTION public.letters_in(words text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
    select coalesce(array_agg(held), '{}') from (select string_to_array(words, null) as letters) w,
        unnest(letters, letters[2:]) as p (one, two), unnest(array[one, one || two]) as held where held is not null $function$;

CREATE OR REPLACE FUNCTION public.message_is_found()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into messages_to_index (message) values (new.id) on conflict do nothing; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participant_has_a_week()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin new.active_week := (select c.active_at / 604800000000 from conversations c where c.id = new.conversation); return new; end $function$;

CREATE OR REPLACE FUNCTION public.participant_is_counted()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, new.part, 1, new.unread from conversations where id = new.conversation and closed_at is null; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participant_is_counted_anew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, new.part, 0, new.unread - old.unread from conversations where id = new.conversation and closed_at is null; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participant_is_counted_elsewhere()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into participation_changes (user_id, part, there, unread)
            select new.user_id, old.part, -1, -old.unread from conversations where id = new.conversation and closed_at is null
            union all
            select new.user_id, new.part, 1, new.unread from conversations where id = new.conversation and closed_at is null; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participant_is_counted_no_more()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into participation_changes (user_id, part, there, unread)
            select old.user_id, old.part, -1, -old.unread from conversations where id = old.conversation and closed_at is null; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participant_reads()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin new.unread := exists (select 1 from messages m where m.conversation = new.conversation and m.seq > new.read_seq
                and (m.user_id is null or m.user_id <> new.user_id) and (m.purpose is null or m.direction = 'inbound')
                and (new.part = 'owner' or new.muted_at is null or m.mentions like '%"' || new.user_id || '"%'))::int; return new; end $function$;

CREATE OR REPLACE FUNCTION public.participants_have_another_week()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin update participants set active_week = new.active_at / 604800000000 where conversation = new.id; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participants_of_closed_are_not_counted()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into participation_changes (user_id, part, there, unread)
            select user_id, part, -1, -unread from participants where conversation = new.id; return null; end $function$;

CREATE OR REPLACE FUNCTION public.participants_of_reopened_are_counted()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin insert into participation_changes (user_id, part, there, unread)
            select user_id, part, 1, unread from participants where conversation = new.id; return null; end $function$;

CREATE OR REPLACE FUNCTION public.text_changes_late()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
    if tg_op <> 'INSERT' then
        insert into response_changes (account, day) values (old.account, coalesce(old.send_at, old.created_at) / 86400000000)
    ; end if
    ; if tg_op <> 'DELETE' then
        insert into response_changes (account, day) values (new.account, coalesce(new.send_at, new.created_at) / 86400000000)
    ; end if
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.text_is_figured_anew()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.texts_come()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.wait_changes_late()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    ; return null; end $function$;

CREATE OR REPLACE FUNCTION public.wait_is_figured()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    ; return null; end $function$;

CREATE TABLE accounts (
    id text NOT NULL,
    name text NOT NULL,
    public_minutes bigint,
    opt_out_text text NOT NULL,
    default_did text,
    "position" bigint NOT NULL,
    created_at bigint NOT NULL,
    stop_answer text,
    start_answer text,
    help_answer text,
    claim_limit bigint,
    timezone text NOT NULL DEFAULT 'UTC'::text,
    quiet_hours text,
    renewed bigint NOT NULL DEFAULT 0,
    CONSTRAINT accounts_pkey PRIMARY KEY (id)
);

CREATE TABLE users (
    id text NOT NULL,
    account text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    password text NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint,
    heir text,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX users_by_account ON users USING btree (account);

CREATE INDEX users_disabled ON users USING btree (id) WHERE disabled_at IS NOT NULL;

CREATE TABLE audit (
    id text NOT NULL,
    account text NOT NULL,
    at bigint NOT NULL,
    user_id text,
    what text NOT NULL,
    target_kind text NOT NULL,
    target_id text NOT NULL,
    target_name text NOT NULL,
    before text,
    after text,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT audit_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX audit_by_account ON audit USING btree (account, id);

CREATE INDEX audit_by_user ON audit USING btree (account, user_id, id);

CREATE INDEX audit_by_what ON audit USING btree (account, what, id);

CREATE TABLE bulk_changes (
    id text NOT NULL,
    account text NOT NULL,
    user_id text NOT NULL,
    kind text NOT NULL,
    done_at bigint,
    undone_at bigint,
    created_at bigint NOT NULL,
    CONSTRAINT bulk_changes_pkey PRIMARY KEY (id),
    CONSTRAINT bulk_changes_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT bulk_changes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX bulk_changes_by_age ON bulk_changes USING btree (account, created_at);

CREATE TABLE bulk_change_items (
    bulk_change text NOT NULL,
    contact text NOT NULL,
    was text NOT NULL,
    CONSTRAINT bulk_change_items_pkey PRIMARY KEY (bulk_change, contact),
    CONSTRAINT bulk_change_items_bulk_change_fkey FOREIGN KEY (bulk_change) REFERENCES bulk_changes(id)
);

CREATE TABLE carriers (
    id text NOT NULL,
    account text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    credentials text NOT NULL,
    options text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT carriers_pkey PRIMARY KEY (id),
    CONSTRAINT carriers_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX carriers_by_account ON carriers USING btree (account, id);

CREATE TABLE contacts (
    id text NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    ready_at bigint,
    timezone text,
    tags text NOT NULL,
    fields text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT contacts_pkey PRIMARY KEY (id),
    CONSTRAINT contacts_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX contacts_by_account ON contacts USING btree (account, name, id);

CREATE INDEX contacts_by_age ON contacts USING btree (account, id);

CREATE INDEX contacts_by_tags ON contacts USING btree (account, tags) WHERE tags <> '[]'::text;

CREATE TRIGGER contacts_are_found AFTER INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION contact_is_found();

CREATE TRIGGER contacts_are_found_anew AFTER UPDATE OF name, fields ON contacts FOR EACH ROW WHEN (old.name <> new.name OR old.fields <> new.fields) EXECUTE FUNCTION contact_is_found();

CREATE TRIGGER contacts_are_found_no_more AFTER DELETE ON contacts FOR EACH ROW EXECUTE FUNCTION contact_is_found_no_more();

CREATE TRIGGER contacts_have_other_names AFTER UPDATE OF name ON contacts FOR EACH ROW WHEN (old.name <> new.name) EXECUTE FUNCTION contact_has_another_name();

CREATE TABLE dids (
    id text NOT NULL,
    account text NOT NULL,
    number text NOT NULL,
    carrier text NOT NULL,
    user_id text,
    capabilities text NOT NULL,
    label text NOT NULL,
    created_at bigint NOT NULL,
    rate bigint,
    spent_until bigint NOT NULL DEFAULT 0,
    paused_until bigint NOT NULL DEFAULT 0,
    CONSTRAINT dids_pkey PRIMARY KEY (id),
    CONSTRAINT dids_number_key UNIQUE (number),
    CONSTRAINT dids_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT dids_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id),
    CONSTRAINT dids_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX dids_by_account ON dids USING btree (account, id);

CREATE INDEX dids_by_carrier ON dids USING btree (carrier);

CREATE TABLE conversations (
    id text NOT NULL,
    account text NOT NULL,
    contact text NOT NULL,
    phone text NOT NULL,
    seq bigint NOT NULL,
    owner text,
    did text,
    last_message bigint,
    waiting_since bigint,
    clock_start bigint,
    public_since bigint,
    claimed_at bigint,
    claimed_by text,
    claimed_seq bigint NOT NULL,
    closed_at bigint,
    snoozed_until bigint,
    anew_at bigint,
    settled_seq bigint NOT NULL,
    introduced_at bigint,
    texted_at bigint,
    active_at bigint NOT NULL,
    CONSTRAINT conversations_pkey PRIMARY KEY (id),
    CONSTRAINT conversations_account_phone_key UNIQUE (account, phone),
    CONSTRAINT conversations_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT conversations_contact_fkey FOREIGN KEY (contact) REFERENCES contacts(id),
    CONSTRAINT conversations_did_fkey FOREIGN KEY (did) REFERENCES dids(id),
    CONSTRAINT conversations_owner_fkey FOREIGN KEY (owner) REFERENCES users(id)
);

CREATE INDEX conversations_by_activity ON conversations USING btree (account, active_at DESC, id DESC);

CREATE INDEX conversations_by_contact ON conversations USING btree (contact);

CREATE INDEX conversations_by_owner ON conversations USING btree (owner, active_at DESC, id DESC) WHERE owner IS NOT NULL;

CREATE INDEX conversations_closed ON conversations USING btree (account, active_at DESC, id DESC) WHERE closed_at IS NOT NULL;

CREATE INDEX conversations_due ON conversations USING btree (account, clock_start) WHERE waiting_since IS NOT NULL AND public_since IS NULL;

CREATE INDEX conversations_due_at_once ON conversations USING btree (account, clock_start) WHERE waiting_since IS NOT NULL AND public_since IS NULL AND clock_start = waiting_since;

CREATE INDEX conversations_open ON conversations USING btree (account, active_at DESC, id DESC) WHERE closed_at IS NULL;

CREATE INDEX conversations_pool ON conversations USING btree (account, waiting_since, id) WHERE public_since IS NOT NULL;

CREATE INDEX conversations_snoozed ON conversations USING btree (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE INDEX conversations_unanswered ON conversations USING btree (account, COALESCE(clock_start, '4611686018427387904'::bigint), id) WHERE waiting_since IS NOT NULL;

CREATE TRIGGER conversations_are_counted AFTER INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION conversation_is_counted();

CREATE TRIGGER conversations_are_counted_anew AFTER UPDATE OF closed_at, public_since, waiting_since ON conversations FOR EACH ROW WHEN ((old.closed_at IS NULL) <> (new.closed_at IS NULL) OR (old.public_since IS NULL) <> (new.public_since IS NULL) OR (old.waiting_since IS NULL) <> (new.waiting_since IS NULL)) EXECUTE FUNCTION conversation_is_counted_anew();

CREATE TRIGGER conversations_are_counted_no_more AFTER DELETE ON conversations FOR EACH ROW EXECUTE FUNCTION conversation_is_counted_no_more();

CREATE TRIGGER conversations_are_found AFTER INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION contact_of_this_is_found();

CREATE TRIGGER conversations_are_found_anew AFTER UPDATE OF contact ON conversations FOR EACH ROW WHEN (old.contact <> new.contact) EXECUTE FUNCTION contact_of_this_is_found();

CREATE TRIGGER conversations_have_other_names AFTER UPDATE OF contact ON conversations FOR EACH ROW WHEN (old.contact <> new.contact) EXECUTE FUNCTION conversation_has_another_name();

CREATE TRIGGER conversations_have_totals AFTER INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION conversation_has_totals();

CREATE TRIGGER conversations_have_totals_no_more AFTER DELETE ON conversations FOR EACH ROW EXECUTE FUNCTION conversation_has_totals_no_more();

CREATE TRIGGER participants_have_other_weeks AFTER UPDATE OF active_at ON conversations FOR EACH ROW WHEN ((old.active_at / '604800000000'::bigint) <> (new.active_at / '604800000000'::bigint)) EXECUTE FUNCTION participants_have_another_week();

CREATE TRIGGER participants_of_closed_are_not_counted AFTER UPDATE OF closed_at ON conversations FOR EACH ROW WHEN (old.closed_at IS NULL AND new.closed_at IS NOT NULL) EXECUTE FUNCTION participants_of_closed_are_not_counted();

CREATE TRIGGER participants_of_reopened_are_counted AFTER UPDATE OF closed_at ON conversations FOR EACH ROW WHEN (old.closed_at IS NOT NULL AND new.closed_at IS NULL) EXECUTE FUNCTION participants_of_reopened_are_counted();

CREATE TABLE claims (
    conversation text NOT NULL,
    seq bigint NOT NULL,
    account text NOT NULL,
    user_id text NOT NULL,
    did text,
    at bigint NOT NULL,
    CONSTRAINT claims_pkey PRIMARY KEY (conversation, seq),
    CONSTRAINT claims_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT claims_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversations(id),
    CONSTRAINT claims_did_fkey FOREIGN KEY (did) REFERENCES dids(id),
    CONSTRAINT claims_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX claims_by_time ON claims USING btree (account, at);

CREATE TABLE consent (
    id text NOT NULL,
    account text NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    message text,
    user_id text,
    says text,
    at bigint NOT NULL,
    asked_at bigint,
    rules text,
    CONSTRAINT consent_pkey PRIMARY KEY (id),
    CONSTRAINT consent_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX consent_by_number ON consent USING btree (account, number, at);

CREATE INDEX consent_opt_outs ON consent USING btree (account, at) WHERE kind = 'opted_out'::text;

CREATE TRIGGER consent_is_never_changed BEFORE DELETE OR UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION consent_stays();

CREATE TRIGGER consent_is_never_emptied BEFORE TRUNCATE ON consent FOR EACH STATEMENT EXECUTE FUNCTION consent_stays();

CREATE TABLE consent_reviews (
    account text NOT NULL,
    number text NOT NULL,
    at bigint NOT NULL,
    message text NOT NULL,
    CONSTRAINT consent_reviews_pkey PRIMARY KEY (account, number),
    CONSTRAINT consent_reviews_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE TABLE contact_imports (
    id text NOT NULL,
    account text NOT NULL,
    user_id text NOT NULL,
    state text NOT NULL,
    content text,
    plan text NOT NULL,
    lines bigint NOT NULL,
    done bigint NOT NULL,
    added bigint NOT NULL,
    updated bigint NOT NULL,
    skipped bigint NOT NULL,
    rejected bigint NOT NULL,
    holder text,
    lease_until bigint,
    created_at bigint NOT NULL,
    kind text NOT NULL DEFAULT 'contacts'::text,
    CONSTRAINT contact_imports_pkey PRIMARY KEY (id),
    CONSTRAINT contact_imports_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT contact_imports_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX contact_imports_by_age ON contact_imports USING btree (account, created_at);

CREATE INDEX contact_imports_running ON contact_imports USING btree (lease_until, id) WHERE state = 'running'::text;

CREATE TABLE contact_import_rejects (
    contact_import text NOT NULL,
    place bigint NOT NULL,
    line bigint NOT NULL,
    cells text NOT NULL,
    faults text NOT NULL,
    CONSTRAINT contact_import_rejects_pkey PRIMARY KEY (contact_import, place),
    CONSTRAINT contact_import_rejects_contact_import_fkey FOREIGN KEY (contact_import) REFERENCES contact_imports(id)
);

CREATE TABLE contact_phones (
    account text NOT NULL,
    number text NOT NULL,
    contact text NOT NULL,
    kind text NOT NULL,
    place bigint NOT NULL,
    CONSTRAINT contact_phones_pkey PRIMARY KEY (account, number),
    CONSTRAINT contact_phones_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT contact_phones_contact_fkey FOREIGN KEY (contact) REFERENCES contacts(id)
);

CREATE INDEX contact_phones_by_contact ON contact_phones USING btree (contact, place);

CREATE TRIGGER phones_are_found AFTER INSERT ON contact_phones FOR EACH ROW EXECUTE FUNCTION contact_of_this_is_found();

CREATE TABLE contact_words (
    contact text NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    said text NOT NULL,
    numbers text NOT NULL,
    CONSTRAINT contact_words_pkey PRIMARY KEY (contact)
);

CREATE INDEX contact_words_held ON contact_words USING gin (account, said gin_trgm_ops, numbers gin_trgm_ops, letters_in(said), letters_in(numbers));

CREATE TABLE contacts_to_index (
    contact text NOT NULL,
    CONSTRAINT contacts_to_index_pkey PRIMARY KEY (contact)
);

CREATE TABLE conversation_counts (
    account text NOT NULL,
    there bigint NOT NULL,
    closed bigint NOT NULL,
    pool bigint NOT NULL DEFAULT 0,
    unanswered bigint NOT NULL DEFAULT 0
);

CREATE INDEX conversation_counts_by_account ON conversation_counts USING btree (account, there, closed, pool, unanswered);

CREATE TABLE conversation_days (
    account text NOT NULL,
    day bigint NOT NULL,
    conversation text NOT NULL,
    did text NOT NULL,
    texts_in bigint NOT NULL,
    texts_out bigint NOT NULL,
    answered bigint NOT NULL,
    went_public bigint NOT NULL,
    CONSTRAINT conversation_days_pkey PRIMARY KEY (account, day, conversation, did)
) WITH (fillfactor=80);

CREATE INDEX conversation_days_by_conversation ON conversation_days USING btree (conversation, day);

CREATE INDEX conversation_days_by_did ON conversation_days USING btree (did, day, conversation);

CREATE TABLE conversation_totals (
    account text NOT NULL,
    conversation text NOT NULL,
    name text NOT NULL,
    texts_in bigint NOT NULL,
    texts_out bigint NOT NULL,
    answered bigint NOT NULL,
    went_public bigint NOT NULL,
    first_reply bigint,
    CONSTRAINT conversation_totals_pkey PRIMARY KEY (account, conversation)
) WITH (fillfactor=80);

CREATE INDEX conversation_totals_by_name ON conversation_totals USING btree (account, name, conversation);

CREATE TABLE drafts (
    user_id text NOT NULL,
    conversation text NOT NULL,
    body text NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT drafts_pkey PRIMARY KEY (user_id, conversation),
    CONSTRAINT drafts_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversations(id),
    CONSTRAINT drafts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE TABLE epoch (
    value text NOT NULL
);

CREATE TABLE events (
    account text NOT NULL,
    "position" bigint NOT NULL,
    conversation text,
    seq bigint,
    type text NOT NULL,
    at bigint NOT NULL,
    reach text NOT NULL,
    pool bigint NOT NULL,
    audience text NOT NULL,
    body text NOT NULL,
    contact text,
    CONSTRAINT events_pkey PRIMARY KEY (account, "position"),
    CONSTRAINT events_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX events_by_contact ON events USING btree (contact, "position") WHERE contact IS NOT NULL;

CREATE UNIQUE INDEX events_by_conversation ON events USING btree (conversation, seq) WHERE seq IS NOT NULL;

CREATE INDEX events_by_type ON events USING btree (account, type, "position");

CREATE INDEX events_lines ON events USING btree (conversation, seq) WHERE (type ~~ 'conversation.%'::text OR type ~~ 'subscriber.%'::text) AND seq IS NOT NULL;

CREATE TABLE failed_logins (
    who text NOT NULL,
    failures bigint NOT NULL,
    first_at bigint NOT NULL,
    blocked_until bigint NOT NULL,
    CONSTRAINT failed_logins_pkey PRIMARY KEY (who)
);

CREATE INDEX failed_logins_by_age ON failed_logins USING btree (first_at);

CREATE TABLE held_looks (
    conversation text NOT NULL,
    at bigint NOT NULL,
    done_to bigint NOT NULL DEFAULT 0,
    CONSTRAINT held_looks_pkey PRIMARY KEY (conversation, at)
);

CREATE INDEX held_looks_by_age ON held_looks USING btree (at, conversation);

CREATE TABLE idempotency (
    user_id text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    body text NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX idempotency_by_age ON idempotency USING btree (at);

CREATE TABLE inbox (
    carrier text NOT NULL,
    carrier_ref text NOT NULL,
    received_at bigint NOT NULL,
    message text,
    sender text NOT NULL,
    recipient text NOT NULL,
    unrouted text,
    CONSTRAINT inbox_pkey PRIMARY KEY (carrier, carrier_ref),
    CONSTRAINT inbox_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id)
);

CREATE INDEX inbox_unrouted ON inbox USING btree (carrier, received_at) WHERE unrouted IS NOT NULL;

CREATE TABLE live_filters (
    id text NOT NULL,
    account text NOT NULL,
    name text NOT NULL,
    conditions text NOT NULL,
    members bigint NOT NULL,
    changed_at bigint NOT NULL,
    filled_at bigint,
    created_at bigint NOT NULL,
    CONSTRAINT live_filters_pkey PRIMARY KEY (id),
    CONSTRAINT live_filters_account_name_key UNIQUE (account, name),
    CONSTRAINT live_filters_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX live_filters_unfilled ON live_filters USING btree (changed_at) WHERE filled_at IS NULL;

CREATE TABLE live_filter_members (
    live_filter text NOT NULL,
    contact text NOT NULL,
    CONSTRAINT live_filter_members_pkey PRIMARY KEY (live_filter, contact),
    CONSTRAINT live_filter_members_live_filter_fkey FOREIGN KEY (live_filter) REFERENCES live_filters(id)
);

CREATE INDEX live_filter_members_by_contact ON live_filter_members USING btree (contact, live_filter);

CREATE TABLE long_texts (
    id text NOT NULL,
    carrier text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    ref text NOT NULL,
    total bigint NOT NULL,
    did text NOT NULL,
    began_at bigint NOT NULL,
    CONSTRAINT long_texts_pkey PRIMARY KEY (id),
    CONSTRAINT long_texts_carrier_sender_recipient_ref_total_key UNIQUE (carrier, sender, recipient, ref, total),
    CONSTRAINT long_texts_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id),
    CONSTRAINT long_texts_did_fkey FOREIGN KEY (did) REFERENCES dids(id)
);

CREATE INDEX long_texts_by_age ON long_texts USING btree (began_at);

CREATE INDEX long_texts_by_did ON long_texts USING btree (did);

CREATE TABLE long_text_parts (
    long_text text NOT NULL,
    number bigint NOT NULL,
    carrier_ref text NOT NULL,
    body text NOT NULL,
    CONSTRAINT long_text_parts_pkey PRIMARY KEY (long_text, number),
    CONSTRAINT long_text_parts_long_text_fkey FOREIGN KEY (long_text) REFERENCES long_texts(id)
);

CREATE TABLE malformed (
    id text NOT NULL,
    carrier text NOT NULL,
    raw text NOT NULL,
    received_at bigint NOT NULL,
    digest text,
    CONSTRAINT malformed_pkey PRIMARY KEY (id),
    CONSTRAINT malformed_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id)
);

CREATE INDEX malformed_by_age ON malformed USING btree (received_at);

CREATE INDEX malformed_by_digest ON malformed USING btree (carrier, digest, received_at);

CREATE TABLE media (
    id text NOT NULL,
    account text NOT NULL,
    message text,
    place bigint NOT NULL,
    source text,
    content_type text,
    state text NOT NULL,
    size bigint,
    width bigint,
    height bigint,
    name text,
    user_id text,
    created_at bigint NOT NULL,
    carrier text,
    attempt bigint NOT NULL DEFAULT 0,
    next_at bigint,
    CONSTRAINT media_pkey1 PRIMARY KEY (id),
    CONSTRAINT media_account_fkey1 FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT media_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX media_by_message ON media USING btree (message, place);

CREATE INDEX media_to_fetch ON media USING btree (next_at) WHERE next_at IS NOT NULL;

CREATE INDEX media_unattached ON media USING btree (created_at) WHERE message IS NULL;

CREATE TABLE message_words (
    message text NOT NULL,
    account text NOT NULL,
    at bigint NOT NULL,
    words text NOT NULL,
    CONSTRAINT message_words_pkey PRIMARY KEY (message)
);

CREATE INDEX message_words_held ON message_words USING gin (account, words gin_trgm_ops);

CREATE TABLE messages (
    conversation text NOT NULL,
    seq bigint NOT NULL,
    id text NOT NULL,
    account text NOT NULL,
    kind text NOT NULL,
    direction text NOT NULL,
    body text NOT NULL,
    media text NOT NULL,
    did text,
    user_id text,
    client_id text,
    body_asked text,
    state text NOT NULL,
    error_code text,
    error_says text,
    encoding text NOT NULL,
    segments bigint NOT NULL,
    send_at bigint,
    created_at bigint NOT NULL,
    token text,
    attempt bigint NOT NULL,
    next_at bigint,
    lease_until bigint,
    carrier_ref text,
    purpose text,
    mentions text NOT NULL DEFAULT '[]'::text,
    left_seq bigint,
    asked_at bigint,
    any_hour_at bigint,
    handed_at bigint,
    sent_at bigint,
    also_to text NOT NULL DEFAULT '[]'::text,
    carrier text,
    CONSTRAINT messages_pkey PRIMARY KEY (conversation, seq),
    CONSTRAINT messages_id_key UNIQUE (id),
    CONSTRAINT messages_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT messages_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversations(id),
    CONSTRAINT messages_did_fkey FOREIGN KEY (did) REFERENCES dids(id),
    CONSTRAINT messages_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX messages_answers ON messages USING btree (conversation, seq) WHERE direction = 'outbound'::text AND user_id IS NOT NULL;

CREATE INDEX messages_automatic ON messages USING btree (conversation, purpose, created_at) WHERE purpose IS NOT NULL;

CREATE INDEX messages_by_carrier_ref ON messages USING btree (carrier_ref) WHERE carrier_ref IS NOT NULL AND direction = 'outbound'::text;

CREATE UNIQUE INDEX messages_by_client_id ON messages USING btree (user_id, client_id) WHERE client_id IS NOT NULL;

CREATE INDEX messages_by_did ON messages USING btree (did, direction, COALESCE(send_at, created_at), state) WHERE did IS NOT NULL;

CREATE UNIQUE INDEX messages_by_token ON messages USING btree (token) WHERE token IS NOT NULL;

CREATE INDEX messages_counted ON messages USING btree (account, COALESCE(send_at, created_at), conversation, direction, did, user_id) WHERE kind = 'message'::text AND (state <> ALL (ARRAY['scheduled'::text, 'cancelled'::text]));

CREATE INDEX messages_failed ON messages USING btree (account, COALESCE(send_at, created_at), conversation, did) WHERE kind = 'message'::text AND (state = ANY (ARRAY['failed'::text, 'undelivered'::text]));

CREATE INDEX messages_held ON messages USING btree (account, conversation, seq) WHERE asked_at IS NOT NULL;

CREATE INDEX messages_in_hands ON messages USING btree (conversation) WHERE lease_until IS NOT NULL;

CREATE INDEX messages_leased ON messages USING btree (lease_until) WHERE lease_until IS NOT NULL;

CREATE INDEX messages_leaving ON messages USING btree (conversation, seq) WHERE lease_until IS NOT NULL OR next_at IS NOT NULL;

CREATE INDEX messages_left_later ON messages USING btree (conversation, left_seq) WHERE left_seq IS NOT NULL;

CREATE INDEX messages_outbox_by_conversation ON messages USING btree (did, conversation, seq) WHERE next_at IS NOT NULL;

CREATE INDEX messages_outbox_by_did ON messages USING btree (did, next_at, conversation, seq) WHERE next_at IS NOT NULL;

CREATE INDEX messages_parked ON messages USING btree (conversation, seq) WHERE purpose IS NOT NULL AND direction = 'outbound'::text AND (state = ANY (ARRAY['queued'::text, 'sending'::text])) AND next_at IS NULL AND lease_until IS NULL;

CREATE INDEX messages_refused_by_did ON messages USING btree (did, COALESCE(send_at, created_at)) WHERE state = ANY (ARRAY['failed'::text, 'undelivered'::text]);

CREATE INDEX messages_scheduled ON messages USING btree (send_at, conversation, seq) WHERE state = 'scheduled'::text;

CREATE INDEX messages_scheduled_by_account ON messages USING btree (account, send_at, id) WHERE state = 'scheduled'::text;

CREATE INDEX messages_scheduled_by_conversation ON messages USING btree (conversation, seq) WHERE state = 'scheduled'::text;

CREATE INDEX messages_stopped_by_did ON messages USING btree (did, created_at) WHERE direction = 'inbound'::text AND purpose = 'opted_out'::text;

CREATE INDEX messages_unconfirmed ON messages USING btree (did, handed_at) WHERE state = 'unconfirmed'::text;

CREATE INDEX messages_unconfirmed_by_carrier ON messages USING btree (carrier, handed_at) WHERE state = 'unconfirmed'::text;

CREATE TRIGGER messages_are_found_anew AFTER UPDATE OF body, send_at ON messages FOR EACH ROW WHEN (new.kind = 'message'::text AND (old.body <> new.body OR old.send_at IS DISTINCT FROM new.send_at)) EXECUTE FUNCTION message_is_found();

CREATE TRIGGER texts_are_figured_anew AFTER UPDATE OF state, did, send_at ON messages FOR EACH ROW WHEN (new.kind = 'message'::text AND ((old.state = ANY (ARRAY['scheduled'::text, 'cancelled'::text])) <> (new.state = ANY (ARRAY['scheduled'::text, 'cancelled'::text])) OR (new.state <> ALL (ARRAY['scheduled'::text, 'cancelled'::text])) AND (old.did IS DISTINCT FROM new.did OR old.send_at IS DISTINCT FROM new.send_at))) EXECUTE FUNCTION text_is_figured_anew();

CREATE TRIGGER texts_are_figured_no_more AFTER DELETE ON messages FOR EACH ROW WHEN (old.kind = 'message'::text AND (old.state <> ALL (ARRAY['scheduled'::text, 'cancelled'::text]))) EXECUTE FUNCTION text_is_figured_anew();

CREATE TRIGGER texts_change_late AFTER UPDATE OF state, did, user_id, send_at ON messages FOR EACH ROW WHEN (new.kind = 'message'::text AND ((old.state = ANY (ARRAY['scheduled'::text, 'cancelled'::text])) <> (new.state = ANY (ARRAY['scheduled'::text, 'cancelled'::text])) OR (old.state = ANY (ARRAY['failed'::text, 'undelivered'::text])) <> (new.state = ANY (ARRAY['failed'::text, 'undelivered'::text])) OR old.did IS DISTINCT FROM new.did OR old.user_id IS DISTINCT FROM new.user_id OR old.send_at IS DISTINCT FROM new.send_at) AND LEAST(COALESCE(old.send_at, old.created_at), COALESCE(new.send_at, new.created_at)) < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint)) EXECUTE FUNCTION text_changes_late();

CREATE TRIGGER texts_come AFTER INSERT ON messages REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION texts_come();

CREATE TRIGGER texts_come_late AFTER INSERT ON messages FOR EACH ROW WHEN (new.kind = 'message'::text AND (new.state <> ALL (ARRAY['scheduled'::text, 'cancelled'::text])) AND COALESCE(new.send_at, new.created_at) < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint)) EXECUTE FUNCTION text_changes_late();

CREATE TRIGGER texts_go_late AFTER DELETE ON messages FOR EACH ROW WHEN (old.kind = 'message'::text AND (old.state <> ALL (ARRAY['scheduled'::text, 'cancelled'::text])) AND COALESCE(old.send_at, old.created_at) < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint)) EXECUTE FUNCTION text_changes_late();

CREATE TABLE messages_to_index (
    message text NOT NULL,
    CONSTRAINT messages_to_index_pkey PRIMARY KEY (message)
);

CREATE TABLE migrations (
    number bigint NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE nonces (
    carrier text NOT NULL,
    nonce text NOT NULL,
    digest text NOT NULL,
    received_at bigint NOT NULL,
    CONSTRAINT nonces_pkey PRIMARY KEY (carrier, nonce),
    CONSTRAINT nonces_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id) ON DELETE CASCADE
);

CREATE INDEX nonces_by_age ON nonces USING btree (received_at);

CREATE TABLE opt_outs (
    account text NOT NULL,
    number text NOT NULL,
    at bigint NOT NULL,
    source text NOT NULL,
    did text,
    CONSTRAINT opt_outs_pkey PRIMARY KEY (account, number),
    CONSTRAINT opt_outs_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE TABLE participants (
    conversation text NOT NULL,
    user_id text NOT NULL,
    part text NOT NULL,
    muted_at bigint,
    read_seq bigint NOT NULL,
    unread bigint NOT NULL DEFAULT 0,
    active_week bigint NOT NULL DEFAULT 0,
    CONSTRAINT participants_pkey PRIMARY KEY (conversation, user_id),
    CONSTRAINT participants_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversations(id),
    CONSTRAINT participants_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX participants_by_user ON participants USING btree (user_id, part, conversation);

CREATE INDEX participants_by_week ON participants USING btree (user_id, active_week, conversation);

CREATE TRIGGER participants_are_counted AFTER INSERT ON participants FOR EACH ROW EXECUTE FUNCTION participant_is_counted();

CREATE TRIGGER participants_are_counted_anew AFTER UPDATE ON participants FOR EACH ROW WHEN (old.part = new.part AND old.unread <> new.unread) EXECUTE FUNCTION participant_is_counted_anew();

CREATE TRIGGER participants_are_counted_elsewhere AFTER UPDATE ON participants FOR EACH ROW WHEN (old.part <> new.part) EXECUTE FUNCTION participant_is_counted_elsewhere();

CREATE TRIGGER participants_are_counted_no_more AFTER DELETE ON participants FOR EACH ROW EXECUTE FUNCTION participant_is_counted_no_more();

CREATE TRIGGER participants_have_unread BEFORE INSERT ON participants FOR EACH ROW EXECUTE FUNCTION participant_reads();

CREATE TRIGGER participants_have_weeks BEFORE INSERT ON participants FOR EACH ROW EXECUTE FUNCTION participant_has_a_week();

CREATE TRIGGER participants_read_anew BEFORE UPDATE OF part, muted_at, read_seq ON participants FOR EACH ROW WHEN (old.part <> new.part OR (old.muted_at IS NULL) <> (new.muted_at IS NULL) OR old.read_seq <> new.read_seq) EXECUTE FUNCTION participant_reads();

CREATE TABLE participation_changes (
    user_id text NOT NULL,
    part text NOT NULL,
    there bigint NOT NULL,
    unread bigint NOT NULL
);

CREATE INDEX participation_changes_by_user ON participation_changes USING btree (user_id, part, there, unread);

CREATE TABLE participation_counts (
    user_id text NOT NULL,
    part text NOT NULL,
    there bigint NOT NULL,
    unread bigint NOT NULL,
    CONSTRAINT participation_counts_pkey PRIMARY KEY (user_id, part)
);

CREATE TABLE preferences (
    user_id text NOT NULL,
    chosen text NOT NULL,
    status text NOT NULL,
    focus_until bigint,
    CONSTRAINT preferences_pkey PRIMARY KEY (user_id),
    CONSTRAINT preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE TABLE readings_back (
    carrier text NOT NULL,
    known_to bigint NOT NULL,
    holder text,
    lease_until bigint,
    tried_at bigint,
    done_at bigint,
    texts bigint NOT NULL DEFAULT 0,
    cleared bigint NOT NULL DEFAULT 0,
    failure text,
    CONSTRAINT readings_back_pkey PRIMARY KEY (carrier),
    CONSTRAINT readings_back_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id)
);

CREATE TABLE receipts (
    id text NOT NULL,
    carrier text NOT NULL,
    carrier_ref text NOT NULL,
    state text NOT NULL,
    code text,
    says text,
    opted_out bigint NOT NULL,
    received_at bigint NOT NULL,
    applied_at bigint,
    CONSTRAINT receipts_pkey PRIMARY KEY (id),
    CONSTRAINT receipts_carrier_fkey FOREIGN KEY (carrier) REFERENCES carriers(id)
);

CREATE INDEX receipts_parked ON receipts USING btree (received_at) WHERE applied_at IS NULL;

CREATE TABLE repeated (
    message text NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT repeated_pkey PRIMARY KEY (message),
    CONSTRAINT repeated_message_fkey FOREIGN KEY (message) REFERENCES messages(id)
);

CREATE TABLE response_changes (
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    day bigint NOT NULL,
    CONSTRAINT response_changes_pkey PRIMARY KEY (number)
);

CREATE INDEX response_changes_by_day ON response_changes USING btree (account, day);

CREATE TABLE response_days (
    account text NOT NULL,
    day bigint NOT NULL,
    did text NOT NULL,
    version bigint NOT NULL,
    counted text NOT NULL,
    CONSTRAINT response_days_pkey PRIMARY KEY (account, day, did)
);

CREATE TABLE saved_replies (
    id text NOT NULL,
    account text NOT NULL,
    user_id text NOT NULL,
    shortcut text NOT NULL,
    body text NOT NULL,
    shared_at bigint,
    updated_at bigint NOT NULL,
    CONSTRAINT saved_replies_pkey PRIMARY KEY (id),
    CONSTRAINT saved_replies_user_id_shortcut_key UNIQUE (user_id, shortcut),
    CONSTRAINT saved_replies_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT saved_replies_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX saved_replies_shared ON saved_replies USING btree (account, shortcut, id) WHERE shared_at IS NOT NULL;

CREATE TABLE seen (
    user_id text NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT seen_pkey PRIMARY KEY (user_id),
    CONSTRAINT seen_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE TABLE sessions (
    hash text NOT NULL,
    id text NOT NULL,
    user_id text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (hash),
    CONSTRAINT sessions_id_key UNIQUE (id),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX sessions_by_user ON sessions USING btree (user_id);

CREATE TABLE tokens (
    hash text NOT NULL,
    id text NOT NULL,
    account text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT tokens_pkey PRIMARY KEY (hash),
    CONSTRAINT tokens_id_key UNIQUE (id),
    CONSTRAINT tokens_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

CREATE INDEX tokens_by_account ON tokens USING btree (account, id);

CREATE TABLE waits (
    conversation text NOT NULL,
    since bigint NOT NULL,
    account text NOT NULL,
    did text,
    public_at bigint,
    ended_at bigint,
    ended_by text,
    how text,
    CONSTRAINT waits_pkey PRIMARY KEY (conversation, since),
    CONSTRAINT waits_account_fkey FOREIGN KEY (account) REFERENCES accounts(id),
    CONSTRAINT waits_conversation_fkey FOREIGN KEY (conversation) REFERENCES conversations(id),
    CONSTRAINT waits_did_fkey FOREIGN KEY (did) REFERENCES dids(id),
    CONSTRAINT waits_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES users(id)
);

CREATE INDEX waits_answered ON waits USING btree (account, ended_at, conversation, did, since, ended_by, public_at) WHERE how = 'answered'::text;

CREATE INDEX waits_by_end ON waits USING btree (conversation, ended_at, since, did) WHERE how = 'answered'::text;

CREATE INDEX waits_by_length ON waits USING btree (conversation, (ended_at - since), ended_at, since) WHERE how = 'answered'::text;

CREATE INDEX waits_public ON waits USING btree (account, public_at, conversation, did) WHERE public_at IS NOT NULL;

CREATE INDEX waits_running ON waits USING btree (account, since) WHERE ended_at IS NULL;

CREATE TRIGGER waits_are_figured AFTER INSERT ON waits FOR EACH ROW WHEN (new.how = 'answered'::text OR new.public_at IS NOT NULL) EXECUTE FUNCTION wait_is_figured();

CREATE TRIGGER waits_are_figured_anew AFTER UPDATE OF did, public_at, ended_at, how ON waits FOR EACH ROW WHEN (old.how = 'answered'::text OR new.how = 'answered'::text OR old.public_at IS DISTINCT FROM new.public_at OR new.public_at IS NOT NULL AND old.did IS DISTINCT FROM new.did) EXECUTE FUNCTION wait_is_figured();

CREATE TRIGGER waits_are_figured_no_more AFTER DELETE ON waits FOR EACH ROW WHEN (old.how = 'answered'::text OR old.public_at IS NOT NULL) EXECUTE FUNCTION wait_is_figured();

CREATE TRIGGER waits_change_late AFTER UPDATE OF did, public_at, ended_at, ended_by, how ON waits FOR EACH ROW WHEN ((old.how = 'answered'::text OR new.how = 'answered'::text) AND (old.how IS DISTINCT FROM new.how OR old.ended_at IS DISTINCT FROM new.ended_at OR old.did IS DISTINCT FROM new.did OR old.ended_by IS DISTINCT FROM new.ended_by OR (old.public_at IS NULL) <> (new.public_at IS NULL)) AND (old.how = 'answered'::text AND old.ended_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint) OR new.how = 'answered'::text AND new.ended_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint)) OR (old.public_at IS DISTINCT FROM new.public_at OR old.did IS DISTINCT FROM new.did) AND (old.public_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint) OR new.public_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint))) EXECUTE FUNCTION wait_changes_late();

CREATE TRIGGER waits_come_late AFTER INSERT ON waits FOR EACH ROW WHEN (new.how = 'answered'::text AND new.ended_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint) OR new.public_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint)) EXECUTE FUNCTION wait_changes_late();

CREATE TRIGGER waits_go_late AFTER DELETE ON waits FOR EACH ROW WHEN (old.how = 'answered'::text AND old.ended_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint) OR old.public_at < ((EXTRACT(epoch FROM now()) * 1000000::numeric)::bigint - '3600000000'::bigint)) EXECUTE FUNCTION wait_changes_late();

CREATE TABLE webhooks (
    id text NOT NULL,
    account text NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    types text NOT NULL,
    secret text NOT NULL,
    old_secret text,
    old_secret_until bigint,
    "position" bigint NOT NULL,
    off_at bigint,
    off_why text,
    failures bigint NOT NULL,
    failing_since bigint,
    rests_until bigint,
    holder text,
    lease_until bigint,
    created_at bigint NOT NULL,
    ordered_by text NOT NULL DEFAULT 'account'::text,
    CONSTRAINT webhooks_pkey PRIMARY KEY (id),
    CONSTRAINT webhooks_account_fkey FOREIGN KEY (account) REFERENCES accounts(id)
);

CREATE INDEX webhooks_by_account ON webhooks USING btree (account, id);

CREATE INDEX webhooks_on ON webhooks USING btree (lease_until, id) WHERE off_at IS NULL;

CREATE TABLE webhook_deliveries (
    webhook text NOT NULL,
    id text NOT NULL,
    "position" bigint NOT NULL,
    type text NOT NULL,
    body text,
    state text NOT NULL,
    attempt bigint NOT NULL,
    next_at bigint,
    first_at bigint,
    at bigint,
    signed text,
    code bigint,
    error text,
    answer text,
    took bigint,
    created_at bigint NOT NULL,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (webhook, id),
    CONSTRAINT webhook_deliveries_webhook_fkey FOREIGN KEY (webhook) REFERENCES webhooks(id)
);

CREATE INDEX webhook_deliveries_listed ON webhook_deliveries USING btree (webhook, "position" DESC, id DESC);

CREATE INDEX webhook_deliveries_over ON webhook_deliveries USING btree (created_at) WHERE next_at IS NULL;

CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries USING btree (webhook, next_at) WHERE next_at IS NOT NULL;
