-- The least that Pannier needs on MySQL, MariaDB and TiDB, in two users. Passwords are set apart from this file; hosts are those of the pods.

-- Makes and changes tables: once per release `pannier serve` is started as this user, with tables: auto, and ended when it serves.
CREATE USER IF NOT EXISTS 'shop_owner'@'10.%' REQUIRE SSL;
GRANT CREATE, ALTER, INDEX, DROP, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON shop.* TO 'shop_owner'@'10.%';

-- Serves, with tables: check.
CREATE USER IF NOT EXISTS 'shop'@'10.%' REQUIRE SSL WITH MAX_USER_CONNECTIONS 40;
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO 'shop'@'10.%';
