// HTTP/2 as h2spec checks it.
import { expect, test } from "vitest";
import { h2spec } from "./h2spec.ts";

test.each([false, true])(
  "h2spec finds nothing wrong with our transport; strict: %s",
  { timeout: 900_000 },
  async (isStrict) => {
    const { cases, failures } = await h2spec("native", isStrict);
    expect(failures).toEqual([]);
    expect(cases).toBe(isStrict ? 146 : 145);
  },
);
