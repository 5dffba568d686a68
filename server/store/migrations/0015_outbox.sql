create index messages_outbox_by_conversation on messages (did, conversation, seq) where next_at is not null;

create index messages_in_hands on messages (conversation) where lease_until is not null;
