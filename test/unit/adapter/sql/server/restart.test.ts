/** What a server undid and asks to be done again: when it is, and when it is told. */

import { expect, it } from "vitest";
import { NotSent } from "../../../../../src/adapter/adapter.ts";
import { restarting } from "../../../../../src/adapter/sql/server/restart.ts";
import { createCall } from "../../../../../src/model/call.ts";
import { Fault } from "../../../../../src/model/fault.ts";

class ServerError extends Error {
  readonly said: string;
  constructor(said: string) {
    super(said);
    this.said = said;
  }
}

const failures = {
  codeOf: (error: unknown) => (error instanceof ServerError ? error.said : undefined),
  isRestart: (code: string) => code === "again",
};
const anyCall = () => createCall({ timeout: Infinity, requestId: "restart" });

/** Fails with these, one after the other, then answers how often it was asked. */
async function asked(errors: readonly unknown[]): Promise<number> {
  let tries = 0;
  return restarting(failures, anyCall().call, async () => {
    tries += 1;
    if (tries <= errors.length) throw errors[tries - 1];
    return tries;
  });
}

it("is done again, also where the guard has said in between what the failure means", async () => {
  const again = new ServerError("again");
  expect(await asked([again, new Fault("TRANSACTION_CONFLICT", "in the way", { cause: again })])).toBe(3);
});

it("is told where it is another failure, where there was none of the server's, and where it was tried ten times", async () => {
  for (const error of [new ServerError("other"), new Fault("TRANSACTION_CONFLICT", "ours"), new NotSent("gone")])
    await expect(asked([error])).rejects.toBe(error);
  const again = new ServerError("again");
  await expect(asked(Array.from({ length: 10 }, () => again))).rejects.toBe(again);
});

it("is not done again for a call that has ended", async () => {
  const control = anyCall();
  let tries = 0;
  const work = async (): Promise<never> => {
    tries += 1;
    control.abort("cancelled");
    throw new ServerError("again");
  };
  await expect(restarting(failures, control.call, work)).rejects.toBeInstanceOf(ServerError);
  expect(tries).toBe(1);
});
