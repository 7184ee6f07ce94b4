import { expect } from "vitest";
import { refusal } from "../refusal.ts";
import type { Subject } from "../subject.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";

export const clause: OpeningClause = {
  name: "a store that was closed has its unique values and the outcomes of its requests when it is opened again",
  needs: ["durable", "unique_index", "request_id", "increment"],
  async run(place) {
    const requestId = "request-1";
    const add = (subject: Subject): ReturnType<ReturnType<Subject["rows"]>["update"]> =>
      subject.rows("Account").update({ id: "kept" }, { increment: { int32_count: 1 }, requestId });
    const before = await place.open();
    const email = "kept@test";
    await before.subject.rows("Account").create({ id: "kept", email, status: "open" });
    const first = await add(before.subject);
    await before.subject.rows("Account").create({ id: "deleted", status: "open" });
    await before.subject.rows("Account").delete({ id: "deleted" });
    await before.close();

    const { subject } = await place.open();
    const accounts = subject.rows("Account");
    expect(await accounts.get({ id: "kept" })).toEqual(first.row);
    expect((await accounts.list({ where: { status: { eq: "open" } }, allowScan: true })).rows).toEqual([first.row]);
    expect(await accounts.get({ id: "deleted" }, { showDeleted: true })).toMatchObject({ status: "open" });
    await refusal("UNIQUE_VIOLATION", accounts.create({ id: "other", email }));
    await refusal("KEY_EXISTS", accounts.create({ id: "kept" }));
    expect(await add(subject)).toEqual(first);
    expect(await accounts.get({ id: "kept" })).toEqual(first.row);
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "a store forgets its requests when it is closed",
    plant: (open) => async (options) => {
      const adapter = await open(options);
      const run = `${performance.now()}`;
      return {
        ...adapter,
        write: ({ request, ...rest }, call) =>
          adapter.write({ ...rest, ...(request && { request: { ...request, id: `${run}${request.id}` } }) }, call),
      };
    },
  },
];
