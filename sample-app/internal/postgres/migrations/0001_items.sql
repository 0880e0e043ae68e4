CREATE TABLE items (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    description text,
    price       double precision NOT NULL CHECK (price >= 0 AND price < 'infinity')
);
