-- The least that Pannier needs on PostgreSQL, in two roles, so that the one that serves cannot change what a table is.
-- \set database shop    \set schema shop    Passwords are set apart from this file.

-- Makes and changes tables: once per release `pannier serve` is started as this role, with tables: auto, and ended when it serves; or a person does it.
CREATE ROLE shop_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
CREATE SCHEMA IF NOT EXISTS shop AUTHORIZATION shop_owner;

-- Serves, with tables: check.
CREATE ROLE shop LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 40;
REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO shop, shop_owner;
GRANT USAGE ON SCHEMA shop TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop TO shop;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA shop TO shop;
-- What the owner makes later.
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO shop;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT USAGE ON SEQUENCES TO shop;
ALTER ROLE shop SET search_path = shop;
ALTER ROLE shop_owner SET search_path = shop;
