alter table malformed add column digest text;

create index malformed_by_digest on malformed (carrier, digest, received_at);

drop index malformed_by_carrier;
