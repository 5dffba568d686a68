alter table webhooks add column ordered_by text not null default 'account';
