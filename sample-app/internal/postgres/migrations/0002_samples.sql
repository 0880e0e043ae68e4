-- What items.Samples has.
INSERT INTO items (name, description, price)
VALUES ('Widget', 'A useful widget', 19.99),
       ('Gadget', 'An amazing gadget', 29.99);
