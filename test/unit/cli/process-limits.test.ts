// What the machine leaves to the process, and what is said where that is too little.
import { describe, expect, test } from "vitest";
import { fewFiles } from "../../../src/cli/process-limits.ts";

describe("open files", () => {
  const limits = (soft: string): string =>
    [
      "Limit                     Soft Limit           Hard Limit           Units     ",
      "Max resident set          unlimited            unlimited            bytes     ",
      `Max open files            ${soft.padEnd(20)} 1048576              files     `,
    ].join("\n");

  test("that are too few are told with what is needed, and where to raise it", () => {
    expect(fewFiles(limits("1023"))).toMatch(/may open 1023 files at once and needs 1024.*ulimit -n/);
  });

  test.each(["1024", "1048576", "unlimited"])("%s are enough", (soft) => {
    expect(fewFiles(limits(soft))).toBeUndefined();
  });

  test("are no matter where the system tells no limits", () => {
    expect(fewFiles("")).toBeUndefined();
  });
});
