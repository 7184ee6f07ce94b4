/**
 * The order of starting and stopping: steps one after the other, the first that fails aborts; then in reverse, each inside what is left of the grace.
 * The steps of a start are logged when all have started: a start that is refused says why, in one line, and nothing else.
 */

export interface LifecycleLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Something that is started, and stopped again. */
export interface StartStep<Started> {
  readonly name: string;
  readonly start: () => Started | Promise<Started>;
  /** Given the milliseconds that are left of the grace. Not called when the start failed. */
  readonly stop?: (started: Started, left: number) => void | Promise<void>;
}

interface Stop {
  readonly name: string;
  readonly run: (left: number) => void | Promise<void>;
}

/** Every step gets at least this, or what is queued would be lost for want of a moment. */
const least = 1_000; // milliseconds

export class Lifecycle {
  readonly #log: LifecycleLog;
  readonly #stops: Stop[] = [];
  /** Steps that have started and are not logged yet. */
  #begun: { readonly step: string; readonly ms: number }[] = [];

  constructor(log: LifecycleLog) {
    this.#log = log;
  }

  /** Starts and remembers to stop. @throws whatever the step throws, after everything before it was stopped */
  async start<Started>(step: StartStep<Started>): Promise<Started> {
    try {
      const { started, stop } = await this.#begin(step);
      if (stop) this.#stops.push(stop);
      return started;
    } catch (error) {
      await this.#abort();
      throw error;
    }
  }

  /** The same for several that need nothing of each other; they stop in reverse of their order here. */
  async together(steps: readonly StartStep<void>[]): Promise<void> {
    const results = await Promise.allSettled(steps.map((step) => this.#begin(step)));
    for (const result of results)
      if (result.status === "fulfilled" && result.value.stop) this.#stops.push(result.value.stop);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) {
      await this.#abort();
      throw failed.reason;
    }
    for (const fields of this.#begun.splice(0)) this.#log.info(fields, "started");
  }

  /** In reverse order; a step that fails or takes too long does not keep the others from stopping. Once. */
  stop(grace: number): Promise<void> {
    return this.#stopAll(grace, this.#log);
  }

  async #stopAll(grace: number, log: LifecycleLog): Promise<void> {
    const deadline = performance.now() + grace;
    for (let next = this.#stops.pop(); next; next = this.#stops.pop()) await stopStep(next, deadline, log);
  }

  async #begin<Started>({
    name,
    start,
    stop,
  }: StartStep<Started>): Promise<{ started: Started; stop: Stop | undefined }> {
    const began = performance.now();
    const started = await start();
    this.#begun.push({ step: name, ms: Math.round(performance.now() - began) });
    return { started, stop: stop && { name, run: (left) => stop(started, left) } };
  }

  async #abort(): Promise<void> {
    this.#begun = [];
    await this.#stopAll(least, quiet);
  }
}

const quiet: LifecycleLog = { info: () => {}, warn: () => {}, error: () => {} };

async function stopStep({ name, run }: Stop, deadline: number, log: LifecycleLog): Promise<void> {
  const began = performance.now();
  const left = Math.max(least, deadline - began);
  try {
    const inTime = await within(left, run(left));
    const fields = { step: name, ms: Math.round(performance.now() - began) };
    if (inTime) log.info(fields, "stopped");
    else log.warn(fields, "did not stop in time");
  } catch (error) {
    log.error({ step: name, err: error }, "failed while stopping");
  }
}

async function within(milliseconds: number, work: void | Promise<void>): Promise<boolean> {
  const over = Promise.withResolvers<false>();
  const timer = setTimeout(() => over.resolve(false), milliseconds);
  try {
    return await Promise.race([Promise.resolve(work).then(() => true as const), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
