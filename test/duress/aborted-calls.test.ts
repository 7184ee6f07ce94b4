// The short form of `aborted-calls.ts`, on servers that other suites use too.
import { expect, test } from "vitest";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { abortCalls } from "./aborted-calls.ts";

const STORES = [
  ["PostgreSQL", postgresqlDatabase],
  ["MariaDB", mariadbDatabase],
] as const;

test.each(STORES)(
  "calls that are given up leave every connection to %s clean",
  { timeout: 300_000 },
  async (_, database) => {
    expect(await abortCalls(await database(), 400)).toMatchObject({ calls: 400, probed: 10 });
  },
);
