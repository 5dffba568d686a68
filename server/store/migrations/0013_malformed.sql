create index malformed_by_carrier on malformed (carrier, received_at);

create index malformed_by_age on malformed (received_at);
