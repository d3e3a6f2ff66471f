create table stock (
  sku varchar(40) primary key,
  on_hand int not null check (on_hand >= 0),
  reorder_level int not null,
  reorder_quantity int not null
);
create table reservation (
  id varchar(40) primary key,
  sku varchar(40) not null references stock,
  quantity int not null,
  pick varchar(60) not null,
  created_at timestamp with time zone default current_timestamp not null
);
create index reservation_created_at on reservation (created_at);
