create table purchase (
  id varchar(40) primary key,
  sku varchar(40) not null,
  quantity int not null,
  amount decimal(10, 2) not null,
  status varchar(20) not null,
  payment_id varchar(40),
  created_at timestamp with time zone default current_timestamp not null
);
create index purchase_created_at on purchase (created_at);
