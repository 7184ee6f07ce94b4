/**
 * The parts of a batch or an Execute: each goes through the layers by itself, and all that were passed on go to the store
 * together. Where no layer looks at parts, none of this runs.
 */

import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { AnswerOf, Method, Operation, StepMethod, StepOperation } from "../../repository/operation.ts";
import { performThrough, type Layer, type Perform } from "../layer.ts";

export type PartAnswer = AnswerOf<StepMethod>;
export type PartOutcome =
  { readonly kind: "answer"; readonly answer: PartAnswer } | { readonly kind: "error"; readonly error: unknown };

/** `Result` is what the whole answers for each of its parts. */
export interface WholeCall<Result> {
  readonly call: Call;
  /** By position; undefined where there is nothing to look at, because it is refused already. */
  readonly parts: readonly (StepOperation | undefined)[];
  /** Through which a part goes; the same array for parts of one entity. */
  readonly layersOf: (part: StepOperation) => readonly Layer[];
  /** To the store, once. `passed[i]` is part i as it was passed on, or undefined; `refused` says why. Answers every position. */
  readonly send: (
    passed: readonly (StepOperation | undefined)[],
    refused: ReadonlyMap<number, Fault>,
  ) => Promise<readonly Result[]>;
  /** What the layers of a part see of its result. */
  readonly outcomeOf: (result: Result) => PartOutcome;
  /** The result, with what the layers made of it. */
  readonly replaced: (result: Result, by: PartOutcome, index: number) => Result;
}

/** Rejects with what `send` rejects with: then none was done, and each part's layers see its own failure, or that it was skipped. */
export async function performParts<Result>(whole: WholeCall<Result>): Promise<readonly Result[]> {
  const { call, parts, send, outcomeOf, replaced } = whole;
  const gathering = new Gathering(parts);
  const perform = layered(whole, (operation) => gathering.pass(operation));
  const leaving = parts.map((part, index) =>
    part ? gathering.begin(index, () => perform(part)(part, call)) : Promise.resolve(undefined),
  );
  await gathering.complete;
  const passed = parts.map((_, index) => gathering.passed(index));
  try {
    const results = await send(passed, gathering.refused());
    const given = results.map(outcomeOf);
    given.forEach((outcome, index) => gathering.settle(index, outcome));
    const left = await Promise.all(leaving);
    return results.map((result, index) => {
      const outcome = passed[index] && left[index];
      return outcome && isOther(outcome, given[index]) ? replaced(result, outcome, index) : result;
    });
  } catch (error) {
    parts.forEach((_, index) => gathering.settle(index, { kind: "error", error: skippedOr(error, index) }));
    await Promise.all(leaving);
    throw error;
  }
}

/** A part's way through its layers to `last`; made once for all parts that share it. */
function layered<Result>({ layersOf }: WholeCall<Result>, last: Perform): (part: StepOperation) => Perform {
  const made = new Map<readonly Layer[], Perform>();
  return (part) => {
    const layers = layersOf(part);
    const perform = made.get(layers) ?? performThrough(layers, last);
    made.set(layers, perform);
    return perform;
  };
}

/** Where another part made the whole fail, this one was only not done. */
function skippedOr(error: unknown, index: number): unknown {
  const failed = error instanceof Fault ? error.detail.index : undefined;
  if (failed === undefined || failed === index) return error;
  const message = "another part of the same whole did not apply, so this one was not done";
  return new Fault("BATCH_ITEM_SKIPPED", message, { index });
}

function isOther(outcome: PartOutcome, given: PartOutcome | undefined): boolean {
  if (outcome.kind === "answer") return given?.kind !== "answer" || given.answer !== outcome.answer;
  return given?.kind !== "error" || given.error !== outcome.error;
}

interface Passed {
  readonly part: StepOperation;
  readonly answer: PromiseWithResolvers<PartAnswer>;
}

/** Parts on their way; complete once the layers of each have passed it on or refused it. */
class Gathering {
  readonly complete: Promise<void>;
  readonly #resolve: () => void;
  readonly #passed: (Passed | undefined)[];
  readonly #refused = new Map<number, PartOutcome>();
  #open: number;

  constructor(parts: readonly (StepOperation | undefined)[]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.complete = promise;
    this.#resolve = resolve;
    this.#passed = parts.map(() => undefined);
    this.#open = parts.filter((part) => part !== undefined).length;
    if (this.#open === 0) resolve();
  }

  /** What the layers make of a part, in the end. Never rejects. */
  async begin(index: number, perform: () => Promise<PartAnswer>): Promise<PartOutcome> {
    let outcome: PartOutcome;
    try {
      outcome = { kind: "answer", answer: await perform() };
    } catch (error) {
      outcome = { kind: "error", error };
    }
    if (!this.#passed[index]) {
      this.#refused.set(index, outcome);
      this.#countDown();
    }
    return outcome;
  }

  /** Stands behind the layers of every part. */
  pass<Of extends Method>(operation: Operation<Of>): Promise<AnswerOf<Of>> {
    const index = operation.within?.index;
    if (index === undefined || index >= this.#passed.length)
      throw new TypeError("a layer has passed on a part without what it is within");
    if (this.#open === 0 || this.#passed[index]) throw new TypeError("a layer has passed a part on twice, or too late");
    const answer = Promise.withResolvers<PartAnswer>();
    // Only parts come here, and the index says whose answer it will be.
    this.#passed[index] = { part: operation as unknown as StepOperation, answer };
    this.#countDown();
    return answer.promise;
  }

  passed(index: number): StepOperation | undefined {
    return this.#passed[index]?.part;
  }

  /** @throws what a layer threw that is no Fault, or that it answered a part by itself */
  refused(): ReadonlyMap<number, Fault> {
    return new Map(Array.from(this.#refused, ([index, outcome]) => [index, refusalOf(outcome)]));
  }

  /** The first outcome counts; a part that was not passed on has none. */
  settle(index: number, outcome: PartOutcome): void {
    const answer = this.#passed[index]?.answer;
    if (!answer) return;
    if (outcome.kind === "answer") answer.resolve(outcome.answer);
    else {
      answer.promise.catch(() => {}); // a layer need not wait for it
      answer.reject(outcome.error);
    }
  }

  #countDown(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#resolve();
  }
}

function refusalOf(outcome: PartOutcome): Fault {
  if (outcome.kind === "answer") throw new TypeError("a layer has answered a part of a whole by itself");
  if (outcome.error instanceof Fault) return outcome.error;
  throw outcome.error;
}
