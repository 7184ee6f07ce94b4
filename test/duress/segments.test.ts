// The short form of `segments.ts`.
import { expect, test } from "vitest";
import { lineOf, scanAll, setStage } from "./segments.ts";

test("a Scan in segments has every item once while pages fail and its reader comes and goes", async () => {
  const stage = await setStage(1_500);
  try {
    const told = await scanAll(stage, { segments: 8, hindered: true });
    console.log(lineOf("DynamoDB", told));
    expect(told.failures).toBeGreaterThan(0);
  } finally {
    await stage.close();
  }
}, 300_000);
