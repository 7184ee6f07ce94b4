// What the machine leaves to the process, and what is said where that is too little.
import { describe, expect, test } from "vitest";
import { fewFiles, littleMemory, memoryBudgets } from "../../../src/cli/process-limits.ts";

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

describe("memory", () => {
  const mebibyte = 1_048_576;
  const configured = { limits: { bytesInFlight: 64 * mebibyte }, watchdog: { timeout: 30_000 } };
  const stores = new Map([
    ["default", 50 * mebibyte - 1],
    ["scratch", 0],
  ]);
  const budgets = memoryBudgets(configured, stores);

  test("is the sum of its parts, in whole mebibytes; what keeps nothing is no part", () => {
    expect(budgets).toEqual([
      { name: "the program", mebibytes: 128 },
      { name: "limits.bytes_in_flight", mebibytes: 64 },
      { name: "stores.default", mebibytes: 50 },
      { name: "watchdog.timeout", mebibytes: 18 },
    ]);
  });

  test("has no part for a watchdog that is off", () => {
    const names = memoryBudgets({ ...configured, watchdog: { timeout: 0 } }, stores).map(({ name }) => name);
    expect(names).not.toContain("watchdog.timeout");
  });

  test("that is too little is told with every part, and what to lower", () => {
    expect(littleMemory(budgets, 260 * mebibyte - 1)).toMatch(
      /needs up to 260 MiB of memory and may use 259: the program 128, limits.bytes_in_flight 64, stores.default 50, watchdog.timeout 18; raise/,
    );
  });

  test.each([
    ["the sum itself", 260 * mebibyte],
    ["what a system tells that sets no limit", 2 ** 64],
    ["nothing told", 0],
  ])("is enough: %s", (_, allowed) => {
    expect(littleMemory(budgets, allowed)).toBeUndefined();
  });
});
