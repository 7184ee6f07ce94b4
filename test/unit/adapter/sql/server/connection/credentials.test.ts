/** When the files of a store's credentials count as others than before. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { POSTGRESQL } from "../../../../../../src/adapter/postgresql/flavour.ts";
import { settingsOf } from "../../../../../../src/adapter/postgresql/settings.ts";
import {
  credentialsOf,
  type CredentialSource,
} from "../../../../../../src/adapter/sql/server/connection/credentials.ts";
import { given } from "../../../settings-facts.ts";

let folder: string;
let passwordFile: string;
let credentials: CredentialSource;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pannier-credentials-"));
  passwordFile = join(folder, "password");
  const options = given("postgres://u:first@h/d");
  credentials = credentialsOf({ ...options, passwordFile }, settingsOf(POSTGRESQL, options));
});
afterEach(() => rm(folder, { recursive: true }));

const password = async (): Promise<string | undefined> => (await credentials.now()).password;

it("a password that changes between the first connection and the first look has changed", async () => {
  await writeFile(passwordFile, "first\n");
  expect(await password()).toBe("first");
  await writeFile(passwordFile, "second\n");
  expect(await credentials.haveChanged()).toBe(true);
  expect(await credentials.haveChanged()).toBe(false);
});

it("a file that is being written anew, and is empty just then, counts as it was before", async () => {
  await writeFile(passwordFile, "second\n");
  expect([await password(), await credentials.haveChanged()]).toEqual(["second", false]);
  await writeFile(passwordFile, "");
  expect([await password(), await credentials.haveChanged()]).toEqual(["second", false]);
  await rm(passwordFile);
  expect([await password(), await credentials.haveChanged()]).toEqual(["second", false]);
  await writeFile(passwordFile, "third");
  expect([await credentials.haveChanged(), await password()]).toEqual([true, "third"]);
});
