/** A second process that has the store open, as the test sees it. `store-process.ts` is what runs there. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type Task =
  /** Writes units one after the other, several at a time, until it is killed. */
  | { readonly kind: "write units"; readonly from: number }
  /** Answers whether a ticket is there, each time it is asked. */
  | { readonly kind: "read" };

/** What the process is told, as JSON in its first argument. */
export interface ProcessOptions {
  readonly url: string;
  readonly dataDir: string;
  /** Full names of what it opens. */
  readonly entities: readonly string[];
  readonly task: Task;
  /** Name of the fault that is planted there. */
  readonly fault?: string;
}

export type Message =
  | { readonly kind: "opened" }
  /** The reason of the Fault that refused the store, or `NO_FAULT`. */
  | { readonly kind: "refused"; readonly reason: string; readonly text: string }
  | { readonly kind: "acknowledged"; readonly unit: number }
  | { readonly kind: "read"; readonly status: string };

/** Instead of a reason: the process could not load its code, or a bug of its own ended its task. */
export const NO_FAULT = "no Fault";

/** The process is of no use, which says nothing of the store. */
export class ProcessFailed extends Error {}

export interface OtherProcess {
  /** How the store was opened there. */
  readonly opening: Extract<Message, { readonly kind: "opened" | "refused" }>;
  /** Resolves with the next message of this kind. */
  next<Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { readonly kind: Kind }>>;
  /** Those that came already, or all that ever will once it is gone. */
  rest<Kind extends Message["kind"]>(kind: Kind): readonly Extract<Message, { readonly kind: Kind }>[];
  ask(id: string): void;
  /** At once, as the kernel would: kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
}

export async function startProcess(options: ProcessOptions): Promise<OtherProcess> {
  const child = fork(fileURLToPath(new URL("store-process.ts", import.meta.url)), [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [],
  });
  const gone = once(child, "close"); // after the last message
  const messages: Message[] = [];
  let onMessage = (): void => {};
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.on("message", (message) => {
    messages.push(message as Message); // only store-process.ts sends
    onMessage();
  });
  child.on("exit", () => onMessage());
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;

  /** Rejects where nothing more will come: the process ended, or its task failed. */
  const take = async (isWanted: (message: Message) => boolean): Promise<Message> => {
    for (;;) {
      const index = messages.findIndex(isWanted);
      const [found] = index < 0 ? [] : messages.splice(index, 1);
      if (found) return found;
      const refused = messages.find((message) => message.kind === "refused");
      if (refused) throw new ProcessFailed(`the process refused: ${refused.reason}: ${refused.text}`);
      if (isGone()) throw new ProcessFailed(`the process ended without the message that was awaited\n${errors}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      onMessage = resolve;
      await promise;
    }
  };

  const opening = await take(({ kind }) => kind === "opened" || kind === "refused");
  if (opening.kind !== "opened" && opening.kind !== "refused") throw new TypeError("another message was taken");
  if (opening.kind === "refused") {
    if (opening.reason === NO_FAULT) throw new ProcessFailed(`the process failed: ${opening.text}`);
    messages.push(opening); // whoever awaits more is told
  }
  return {
    opening,
    next: async <Kind extends Message["kind"]>(kind: Kind) =>
      (await take((message) => message.kind === kind)) as Extract<Message, { readonly kind: Kind }>,
    rest: <Kind extends Message["kind"]>(kind: Kind) =>
      messages.filter((message): message is Extract<Message, { readonly kind: Kind }> => message.kind === kind),
    ask: (id) => void child.send({ id }),
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
