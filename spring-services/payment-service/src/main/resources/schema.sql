create table payment (
  id varchar(40) primary key,
  order_id varchar(40) not null,
  amount decimal(10, 2) not null,
  authorisation varchar(60) not null,
  created_at timestamp with time zone default current_timestamp not null
);
create index payment_created_at on payment (created_at);
