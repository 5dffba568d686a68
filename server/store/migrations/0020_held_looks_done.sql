alter table held_looks add column done_to bigint not null default 0;
