// A proxy before a PostgreSQL server, which makes it fail as CockroachDB does: statements, COMMIT among them, with 40001.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { createRandom } from "../fixtures/random.ts";

export interface RestartProxy {
  readonly port: number;
  /** How many statements were made to fail, and how many of them were COMMIT. */
  injected(): { readonly statements: number; readonly commits: number };
  /** From now on; 0 for none, 1 for all. */
  setShare(share: number): void;
  close(): Promise<void>;
}

export interface RestartOptions {
  readonly host: string;
  readonly port: number;
  /** Of the statements, as a fraction. */
  readonly share: number;
  readonly seed: number;
}

/** No statement has this name, so that the server itself refuses what is bound to it, and fails the transaction that it is in. */
const NO_STATEMENT = "pannier_restart_injected";

/** What begins, ends by itself or sets something is never made to fail. */
const SPARED = /^\s*(?:BEGIN|START|ROLLBACK|SAVEPOINT|RELEASE|SET)\b/iu;

export async function createRestartProxy({ host, port, seed, ...options }: RestartOptions): Promise<RestartProxy> {
  const random = createRandom(seed);
  let share = options.share;
  const count = { statements: 0, commits: 0 };
  const open = new Set<Socket>();
  const isInjected = (text: string): boolean => {
    if (share === 0 || SPARED.test(text) || random.integer(0, 9_999) >= share * 10_000) return false;
    count.statements += 1;
    if (/^\s*COMMIT\b/iu.test(text)) count.commits += 1;
    return true;
  };
  const server = createServer((client) => {
    const upstream = connect(port, host);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => open.delete(socket));
    }
    client.on("close", () => upstream.end()); // what was sent is executed
    upstream.on("close", () => client.destroy());
    const texts = new Map<string, string>();
    const asked = splitter(true, (type, message) =>
      upstream.write(type === "P" || type === "B" ? ofClient(type, message) : message),
    );
    const told = splitter(false, (type, message) => client.write(ofServer(type, message)));
    const ofClient = (type: string, message: Buffer): Buffer => {
      const [first, afterFirst] = textAt(message, 5);
      const [second, afterSecond] = textAt(message, afterFirst);
      if (type === "P") {
        texts.set(first, second);
        return message;
      }
      if (!isInjected(texts.get(second) ?? "")) return message;
      const rest = message.subarray(afterSecond);
      return framed("B", Buffer.concat([Buffer.from(`${first}\0${NO_STATEMENT}\0`), rest]));
    };
    client.on("data", asked);
    upstream.on("data", told);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo; // a TCP server's
  return {
    port: address.port,
    injected: () => ({ ...count }),
    setShare: (next) => {
      share = next;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** As CockroachDB names itself, and as it says that a transaction is to be done again. */
function ofServer(type: string, message: Buffer): Buffer {
  if (type === "R" && message.length === 9 && message.readInt32BE(5) === 0)
    return Buffer.concat([message, framed("S", Buffer.from("crdb_version\0CockroachDB, which is played here\0"))]);
  if (type === "E" && message.includes(NO_STATEMENT)) {
    const fields = ["SERROR", "VERROR", "C40001", "Mrestart transaction: injected", ""];
    return framed("E", Buffer.from(fields.map((field) => `${field}\0`).join("")));
  }
  return message;
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** A text that ends in NUL, and the place behind it. */
function textAt(message: Buffer, at: number): readonly [text: string, after: number] {
  const end = message.indexOf(0, at);
  return [message.toString("utf8", at, end), end + 1];
}

/** Whole messages of one direction; what a client says first has no type. https://www.postgresql.org/docs/current/protocol-message-formats.html */
function splitter(isClient: boolean, each: (type: string, message: Buffer) => unknown): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = isClient;
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      const head = isFirst ? 0 : 1;
      if (rest.length < head + 4) return;
      const size = head + rest.readInt32BE(head);
      if (rest.length < size) return;
      each(isFirst ? "" : String.fromCharCode(rest[0] ?? 0), rest.subarray(0, size));
      isFirst = false;
      rest = rest.subarray(size);
    }
  };
}
