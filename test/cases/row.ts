// What a row of the table of bad inputs is made of.

/** What must come of an input that is sent as a call. */
export interface CallEnds {
  readonly kind: "call";
  /** Of google.rpc.Code; 0 is an answer. */
  readonly code: number;
  readonly reason?: string;
  /** Of the first field violation. */
  readonly field?: string;
}

/** What must come of an input that is a configuration or an environment. */
export interface StartEnds {
  readonly kind: "start";
  /** 78 refuses; 0 serves. */
  readonly exit: number;
  /** Stands in the one line that says why. */
  readonly says?: string;
}

/** What must become of a connection or a stream that never is a call; what is absent does not matter. */
export interface WireEnds {
  readonly kind: "wire";
  /** The server closes the connection. */
  readonly closed?: boolean;
  /** Code of the GOAWAY before that. */
  readonly goaway?: number;
  /** Code of RST_STREAM. */
  readonly reset?: number;
  /** Status of HTTP. */
  readonly http?: number;
}

export type Expectation = CallEnds | StartEnds | WireEnds;

export interface Row {
  /** What is sent. */
  readonly input: string;
  /** Test files beside the table that hold its facts. */
  readonly files: readonly string[];
  /** By name, as its test file declares it. */
  readonly facts: { readonly [fact: string]: Expectation };
  /** What is not built yet and the whole row, or the part of it that has no fact, waits for. */
  readonly waits?: string;
}

/** By number. */
export type Rows = { readonly [number: number]: Row };

export const answered: CallEnds = { kind: "call", code: 0 };

export function refused(code: number, reason: string, field?: string): CallEnds {
  return { kind: "call", code, reason, ...(field === undefined ? {} : { field }) };
}

/** The connection is closed, with GOAWAY where a code is given. */
export function closes(goaway?: number): WireEnds {
  return { kind: "wire", closed: true, ...(goaway === undefined ? {} : { goaway }) };
}

export function resets(reset: number): WireEnds {
  return { kind: "wire", reset };
}

export function answersHttp(http: number): WireEnds {
  return { kind: "wire", http };
}

export const serves: StartEnds = { kind: "start", exit: 0 };

export function refusesToStart(says: string): StartEnds {
  return { kind: "start", exit: 78, says };
}

export function waiting(input: string, waits: string): Row {
  return { input, files: [], facts: {}, waits };
}

export const AUTHENTICATION = "authentication";
export const SERVERS = "stores on database servers";
