alter table messages add column also_to text not null default '[]';
