/** `pannier migrate plan|apply`: what a changed schema means for the rows in the stores, and the work it takes. */

import type { Adapter } from "../adapter/adapter.ts";
import type { ConversionProgress, EntityPlan, Schema } from "../adapter/schema.ts";
import type { ComposeOptions } from "../compose.ts";
import { openStore, storesAbilities } from "../compose/open-store.ts";
import type { StoreConfig } from "../config/config.ts";
import { planJson, planText } from "../migration/plan-text.ts";
import { createCall, type Call } from "../model/call.ts";
import { systemClock } from "../model/clock.ts";
import { routedSchema, type RoutedEntity } from "../server/routed-schema.ts";
import { UsageError } from "./arguments.ts";
import { EXIT, type CommandContext, type Run } from "./command.ts";
import { createProgress } from "./progress.ts";
import { complainOf, faultOf, start } from "./start.ts";

export const migrate: Run = async (context) => {
  const [what] = context.words;
  if (what !== "plan" && what !== "apply") throw new UsageError("migrate wants plan or apply");
  try {
    return await run(context, what);
  } catch (error) {
    return complainOf(error, context);
  }
};

async function run(context: CommandContext, what: "plan" | "apply"): Promise<number> {
  const { config, log } = await start(context);
  const options: ComposeOptions = { config, log, clock: systemClock, directory: context.directory };
  const { routed } = await routedSchema(options);
  const accept = (context.flags.get("accept") ?? "").split(",").filter((name) => name !== "");
  if (what === "plan" && accept.length > 0) throw new UsageError("--accept goes with migrate apply");
  const declared = routed.find(({ model }) => accept.includes(model.name))?.model.name;
  if (declared !== undefined)
    throw new UsageError(
      `--accept ${declared}: it is declared; only an entity that is not declared any more is dropped`,
    );
  let worst: number = EXIT.ok;
  for (const store of config.stores.values()) {
    const work: StoreWork = { store, routed, options, context, accept };
    const status = what === "plan" ? await planStore(work) : await applyStore(work);
    worst = Math.max(worst, status);
    if (context.stop.aborted) return EXIT.interrupted;
  }
  return worst;
}

interface StoreWork {
  readonly store: StoreConfig;
  readonly routed: readonly RoutedEntity[];
  readonly options: ComposeOptions;
  readonly context: CommandContext;
  /** Full names of fields and entities. */
  readonly accept: readonly string[];
}

/** Milliseconds: every row may have to be looked at. */
const planTimeout = 3_600_000;

async function planStore(work: StoreWork): Promise<number> {
  const { store, context } = work;
  const adapter = await opened(work, "inspect");
  try {
    if (adapter.schema?.isAbsent)
      context.print(`stores.${store.name}: the database does not exist yet; serve makes it`);
    if (!adapter.schema || adapter.schema.isAbsent) return EXIT.ok;
    if (!adapter.schema.plan) return await leftByHand(work, adapter.schema);
    const plans = await adapter.schema.plan(callOf(planTimeout));
    for (const plan of plans) show(work, plan);
    const isDone = plans.every(({ plan }) => plan.steps.length === 0);
    if (isDone && !context.flags.has("json")) context.print(`stores.${store.name}: nothing to do`);
    return EXIT.ok;
  } catch (error) {
    throw faultOf(error, adapter);
  } finally {
    await adapter.close();
  }
}

function show({ store, context }: StoreWork, report: EntityPlan): void {
  const shown = { store: store.name, ...report };
  if (context.flags.has("json")) context.print(JSON.stringify(planJson(shown)));
  else if (report.plan.steps.length > 0) context.print(planText(shown));
}

async function applyStore(work: StoreWork): Promise<number> {
  const { store, context, routed } = work;
  const look = await opened(work, "inspect");
  try {
    if (look.schema?.isAbsent) {
      context.print(`stores.${store.name}: the database does not exist yet; serve makes it`);
      return EXIT.ok;
    }
    const convertsRows = (await storesAbilities([store])).get(store.name)?.convertsRows !== false;
    if (look.schema && !convertsRows) return await leftByHand(work, look.schema);
  } catch (error) {
    throw faultOf(error, look);
  } finally {
    await look.close();
  }
  const adapter = await opened(work, "off");
  let worst: number = EXIT.ok;
  try {
    const { schema } = adapter;
    if (schema && !schema.convert) return await leftByHand(work, schema);
    const models = routed.filter((entity) => entity.store.name === store.name).map(({ model }) => model);
    for (const entity of models) {
      const convert = schema?.convert?.bind(schema);
      if (!convert) continue;
      const step: DoStep = (rows, call) => convert({ entity, accept: work.accept, rows }, call);
      worst = Math.max(worst, await applySteps(work, entity.name, step));
      if (context.stop.aborted) return EXIT.interrupted;
    }
    for (const entity of removedIn(work)) {
      const drop = schema?.drop?.bind(schema);
      if (!drop) continue;
      const first = await drop({ entity, rows: FIRST_ROWS }, callOf(stepTimeout));
      if (first.status === "done") {
        context.print(`${entity} (store ${store.name}): the store holds nothing of it`);
        continue;
      }
      worst = Math.max(worst, await applySteps(work, entity, (rows, call) => drop({ entity, rows }, call)));
      if (context.stop.aborted) return EXIT.interrupted;
    }
    return worst;
  } catch (error) {
    throw faultOf(error, adapter);
  } finally {
    await adapter.close();
  }
}

/** A store whose rows are not converted: what a start would add is a note, anything else is refused. */
async function leftByHand({ store, context }: StoreWork, schema: Schema): Promise<number> {
  const found = (await schema.verify(callOf(planTimeout))).filter(({ isUnknown }) => !isUnknown);
  const [added, left] = [found.filter(({ additive }) => additive), found.filter(({ additive }) => !additive)];
  for (const { entity, what } of left) context.complain(`pannier: ${entity} (store ${store.name}): ${what}\n`);
  if (left.length > 0) {
    context.complain(
      `pannier: stores.${store.name}: migrate apply converts no rows of this store; take the change back, or give the field a new number, or change the table by hand (src/migration/CHANGING.md, "Stores")\n`,
    );
    return EXIT.configuration;
  }
  if (context.flags.has("json")) return EXIT.ok;
  context.print(
    added.length > 0
      ? `stores.${store.name}: a start with tables: auto adds what is missing; nothing else is to do`
      : `stores.${store.name}: nothing to do`,
  );
  return EXIT.ok;
}

/** Milliseconds that a step should take: writers of other processes wait so long. */
const stepTime = 10;

/** Of the first step. */
const FIRST_ROWS = 200;

const stepTimeout = 600_000;

/** One bounded step of the work on one entity. */
type DoStep = (rows: number, call: Call) => Promise<ConversionProgress>;

/** Entities that may be dropped: named, and not declared. A name with a declared entity before its last dot is a field. */
function removedIn({ accept, routed }: StoreWork): readonly string[] {
  const declared = new Set(routed.map(({ model }) => model.name));
  return accept.filter((name) => !declared.has(name) && !declared.has(name.slice(0, name.lastIndexOf("."))));
}

/** Steps until it is done, refused, or the process is asked to stop; the size of a step follows the time it takes. */
async function applySteps({ context, store }: StoreWork, entity: string, doStep: DoStep): Promise<number> {
  const progress = createProgress(context, `${entity} (store ${store.name})`);
  let rows = FIRST_ROWS;
  for (;;) {
    const began = performance.now();
    const step = await doStep(rows, callOf(stepTimeout));
    const took = performance.now() - began;
    if (step.status === "refused") {
      for (const why of step.why) context.complain(`pannier: ${entity}: ${why}\n`);
      return EXIT.configuration;
    }
    progress.at(step.copied, step.total);
    if (step.status === "done") {
      progress.end();
      return EXIT.ok;
    }
    if (context.stop.aborted) {
      context.complain(
        `pannier: ${entity}: interrupted at ${step.copied} of ${step.total} rows; the same command goes on from there\n`,
      );
      return EXIT.interrupted;
    }
    rows = Math.round(
      Math.min(20_000, Math.max(20, rows * Math.min(2, Math.max(0.5, stepTime / Math.max(took, 0.1))))),
    );
  }
}

/** `inspect` creates and changes nothing; `off` leaves the tables to the steps. */
function opened({ store, routed, options }: StoreWork, tables: "inspect" | "off"): Promise<Adapter> {
  return openStore({ ...store, tables }, routed, { ...options, dataDir: options.config.dataDir });
}

function callOf(timeout: number): Call {
  return createCall({ timeout, requestId: "migrate" }).call;
}
