// An ordinary client: a library or tool of others, with its defaults, in a process of its own.
import type { JsonValue } from "@bufbuild/protobuf";

/** A call, in the two spellings that clients want. */
export interface Ask {
  /** `/shop.v1.OrderRepository/Put` */
  readonly path: string;
  readonly isStream: boolean;
  readonly bytes: Uint8Array;
  readonly json: JsonValue;
}

export interface AskOptions {
  /** Milliseconds of the call's deadline. */
  readonly timeout?: number;
  /** Cancels when so many messages have come. */
  readonly cancelAfter?: number;
}

/** How a call ended, as the client tells it. */
export interface Ended {
  readonly code: number;
  readonly messages: number;
  /** Of ErrorInfo. */
  readonly reason: string;
}

/** What calls came to, side by side and one after another. */
export interface Load {
  readonly calls: number;
  readonly lost: number;
  /** How the first that was lost ended. */
  readonly first: string;
}

export interface RunningClient {
  call(ask: Ask, options?: AskOptions): Promise<Ended>;
  load(ask: Ask, milliseconds: number, inFlight: number): Promise<Load>;
  close(): Promise<void>;
}

export interface OrdinaryClient {
  readonly name: string;
  /** How many calls in flight it is tried with; a tool that starts a process for each has fewer. */
  readonly inFlight: readonly number[];
  /** Whether it can be asked for single calls, not for load alone. */
  readonly calls: boolean;
  /** Programs it needs on the PATH. */
  readonly needs: readonly string[];
  /** Tried only where everything is (`PANNIER_TEST_SERVERS=all`): it is large, or not to be had on every machine. */
  readonly isSeldom?: boolean;
  /** Makes what it is started with, where that is not there yet; answers how it is started on an address. */
  provide(): Promise<(address: string) => RunningClient>;
}
