import { counters } from "./counters.ts";
import { jobs } from "./jobs.ts";
import { people } from "./people.ts";
import { shop } from "./shop.ts";
import type { Scenario } from "./stage.ts";

/** All of them, in the order they are played: the last one compares what the others have left. */
export const scenarios: readonly Scenario[] = [...people, ...jobs, ...counters];

/** Of the shop, played on a stage of their own. */
export const shopScenarios: readonly Scenario[] = shop;
