/** What can be said with each call, beside the request itself. */

/** The store's configured default when absent. What a store cannot do it refuses. */
export type Consistency =
  | "strong"
  | "eventual"
  | "one"
  | "two"
  | "three"
  | "quorum"
  | "all"
  | "localOne"
  | "localQuorum"
  | "eachQuorum"
  | "serial"
  | "localSerial"
  | "any";

export interface CallOptions {
  /** Ends the call with CancelledError. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call, resends among them; the client's default when absent. There is no call without a deadline, but for scans. */
  readonly timeout?: number | undefined;
  /** Sent along; names in lower case, `-bin` values are refused. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** W3C trace context, passed on as it is. */
  readonly traceparent?: string | undefined;
  /** Names the call in the logs of both sides (`x-request-id`); the sidecar makes one when absent. */
  readonly callId?: string | undefined;
}

export interface ReadOptions extends CallOptions {
  /** Also rows that are marked deleted. */
  readonly showDeleted?: boolean | undefined;
  /** How fresh the answer must be; the store's default when absent. */
  readonly consistency?: Consistency | undefined;
}

/** Which fields the answer holds; the key and the version are always among them. */
export interface FieldOptions<Field> {
  /** Names of fields; all when absent. */
  readonly fields?: readonly Field[] | undefined;
}

export interface WriteOptions extends CallOptions {
  /** How far the write must have come when it is answered; the store's default when absent. */
  readonly consistency?: Consistency | undefined;
  /**
   * The write is recorded with it for 24 hours, and an equal repeat gets the first outcome: it may be resent. 1 to 64
   * printable characters, or true for one that the client makes. A store that cannot record it refuses it.
   */
  readonly requestId?: string | true | undefined;
  /** Everything but the write itself; answers what would be stored. */
  readonly validateOnly?: boolean | undefined;
}

/** For writes to a row that is there. */
export interface GuardOptions<Where> {
  /** Tested with the write in one step; a false one is ConditionFailedError. */
  readonly condition?: Where | undefined;
  /** The version that the row must have; taken from the object where that has one. "any" leaves it untested. */
  readonly expectedVersion?: bigint | "any" | undefined;
}
