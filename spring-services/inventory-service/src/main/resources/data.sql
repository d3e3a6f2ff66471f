insert into stock (sku, on_hand, reorder_level, reorder_quantity) values
  ('KETTLE', 800, 200, 600),
  ('TEAPOT', 500, 150, 400),
  ('TOASTER', 400, 100, 300),
  ('BLENDER', 300, 100, 300),
  ('LAMP', 900, 200, 700),
  ('TYPEWRITER', 0, 0, 0);
