alter table accounts add column renewed bigint not null default 0
