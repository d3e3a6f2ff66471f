create table journal (
  id bigint generated always as identity primary key,
  created_at timestamp with time zone default current_timestamp not null,
  event varchar(40) not null,
  reference varchar(60) not null
);
create index journal_created_at on journal (created_at);
