/** The database as this process reaches it: the client, made when first needed, and what may be sent again. */

import { setTimeout as wait } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../model/call.ts";
import { NotSent } from "../adapter.ts";
import { loadDriver, type DynamoDriver } from "./driver.ts";
import { isConflict, isPassing, isThrottled, unlessSure } from "./failure.ts";
import type { Settings } from "./settings.ts";

/** Attempts at one request, and waits between them, doubled each time and shortened by chance. Milliseconds. */
const ATTEMPTS = 5;
const FIRST_PAUSE = 25;
const LONGEST_PAUSE = 1_000;

/** What is sent, with the driver at hand. */
export type Send<Answer> = (
  client: DynamoDBClient,
  driver: DynamoDriver,
  options: { readonly abortSignal: AbortSignal },
) => Promise<Answer>;

export class Session {
  readonly #settings: Settings;
  #opening: Promise<{ readonly client: DynamoDBClient; readonly driver: DynamoDriver }> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Asked again where the database, or the way to it, had trouble of its own. */
  read<Answer>(send: Send<Answer>, call: Call): Promise<Answer> {
    return this.#attempts(send, call, isPassing);
  }

  /** Sent again only where the database says that it did nothing: it was too busy, or another transaction was at work. */
  async write<Answer>(send: Send<Answer>, call: Call): Promise<Answer> {
    try {
      return await this.#attempts(send, call, (error) => isThrottled(error) || isConflict(error));
    } catch (error) {
      throw unlessSure(error);
    }
  }

  async #attempts<Answer>(send: Send<Answer>, call: Call, isAgain: (error: unknown) => boolean): Promise<Answer> {
    const { client, driver } = await (this.#opening ??= this.#open());
    for (let attempt = 1; ; attempt += 1) {
      if (call.aborted) throw new NotSent("the call ended before its request was sent");
      try {
        return await send(client, driver, { abortSignal: call.signal });
      } catch (error) {
        if (attempt >= ATTEMPTS || !isAgain(error)) throw error;
        await pause(attempt, call);
      }
    }
  }

  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    opened?.client.destroy();
  }

  async #open(): Promise<{ readonly client: DynamoDBClient; readonly driver: DynamoDriver }> {
    const driver = await loadDriver();
    const { region, endpoint, credentials, numbers } = this.#settings;
    const client = new driver.DynamoDBClient({
      region,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
      maxAttempts: 1, // the driver's own would send again what may have happened
      requestHandler: {
        connectionTimeout: numbers.connect_timeout_ms,
        requestTimeout: numbers.request_timeout_ms,
        throwOnRequestTimeout: true,
        httpAgent: { keepAlive: true, maxSockets: numbers.connections },
        httpsAgent: { keepAlive: true, maxSockets: numbers.connections },
      },
    });
    return { client, driver };
  }
}

/** Resolves after a time that grows with the attempts. @throws NotSent where the call ends before */
export async function pause(attempt: number, call: Call, first: number = FIRST_PAUSE): Promise<void> {
  const longest = Math.min(first * 2 ** (attempt - 1), LONGEST_PAUSE);
  await wait(longest * (0.5 + Math.random() / 2), undefined, { signal: call.signal }).catch(() => {
    throw new NotSent("the call ended before its request was sent again");
  });
}
