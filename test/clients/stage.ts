// A sidecar for ordinary clients: rows to read, calls to make, and a way to hold its writer.
import { fromJson, toBinary, type JsonObject } from "@bufbuild/protobuf";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { loadRows } from "../integration/load.ts";
import { metrics } from "../integration/operations/serving.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import type { Ask } from "./client.ts";

/** Which transport serves: its name, and the environment that chooses it. */
export interface ServingTransport {
  readonly name: string;
  readonly environment: { readonly [name: string]: string };
}

const transports = ["native", "grpc-js"];

/** The one that is the default; both where everything is to be tried. */
export const servingTransports: readonly ServingTransport[] = transports
  .slice(0, env["PANNIER_TEST_SERVERS"] === "all" ? 2 : 1)
  .map((name) => ({ name, environment: { PANNIER_TRANSPORT: name } }));

const rows = 100;
/** Together more than any window of a connection, so that a scan of them does not end unread. */
const large = { rows: 60, characters: 500_000 };

export class Stage {
  readonly #transport: ServingTransport;
  readonly #directory: string;
  readonly #address: string;
  #sidecar: Sidecar;

  private constructor(transport: ServingTransport, directory: string, address: string, sidecar: Sidecar) {
    this.#transport = transport;
    this.#directory = directory;
    this.#address = address;
    this.#sidecar = sidecar;
  }

  static async open(transport: ServingTransport): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), "pannier-clients-"));
    const address = `127.0.0.1:${await freePort()}`;
    const stage = new Stage(transport, directory, address, await start(transport, directory, address));
    const text = "0123456789".repeat(large.characters / 10);
    await loadRows(stage.#sidecar, "shop.v1.Payment", Array.from({ length: rows }, (_, i) => ({ id: `payment-${i}` })));
    await loadRows(stage.#sidecar, "shop.v1.Product", Array.from({ length: large.rows }, (_, i) => ({ id: `product-${i}`, description: text })));
    return stage;
  } // prettier-ignore

  get address(): string {
    return this.#address;
  }

  get sidecar(): Sidecar {
    return this.#sidecar;
  }

  /** A write. */
  get put(): Ask {
    return this.#ask("shop.v1.OrderRepository", "Put", { entity: { id: "order", userId: "user", status: "paid" } });
  }

  /** A stream of many frames. */
  get scan(): Ask {
    return this.#ask("shop.v1.PaymentRepository", "Scan", { pageSize: 10 });
  }

  /** How many frames `scan` has; the last tells the progress alone. */
  readonly frames: number = rows / 10 + 1;

  /** A stream that goes on for as long as its reader leaves it unread. */
  get longScan(): Ask {
    return this.#ask("shop.v1.ProductRepository", "Scan", { pageSize: 1 });
  }

  get getNothing(): Ask {
    return this.#ask("shop.v1.OrderRepository", "Get", { key: { id: "nobody" } });
  }

  /** Runs the action while no write can end. */
  async holdingWrites<T>(action: () => Promise<T>): Promise<T> {
    const other = new DatabaseSync(join(this.#directory, "data", "pannier.db"));
    try {
      other.exec("BEGIN IMMEDIATE");
      return await action();
    } finally {
      other.close();
    }
  }

  /** Calls of a method that have ended with a code, by the sidecar's own count. */
  async ended(ask: Ask, code: string): Promise<number> {
    const samples = await metrics(this.#sidecar);
    const [, entity, method] = /^\/(.+)Repository\/(.+)$/.exec(ask.path) ?? [];
    return (
      samples.get(`pannier_calls_total{method="${method}",entity="${entity}",store="default",code="${code}"}`) ?? 0
    );
  }

  /** Stops it, as a deployment does, and starts it on the same address. */
  async restart(): Promise<void> {
    await this.#sidecar.stop();
    this.#sidecar.client.close();
    const { registry } = this.#sidecar;
    this.#sidecar = await start(this.#transport, this.#directory, this.#address, registry);
  }

  async close(): Promise<void> {
    await this.#sidecar.dispose();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #ask(service: string, name: string, json: JsonObject): Ask {
    const method = this.#sidecar.registry.getService(service)?.methods.find((candidate) => candidate.name === name);
    if (!method) throw new Error(`${service}/${name} is not served`);
    const bytes = toBinary(method.input, fromJson(method.input, json));
    return { path: `/${service}/${name}`, isStream: method.methodKind === "server_streaming", bytes, json };
  }
}

function start(
  { environment }: ServingTransport,
  directory: string,
  listen: string,
  registry?: Sidecar["registry"],
): Promise<Sidecar> {
  return startSidecar({ directory, listen, environment, ...(registry && { registry }) });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
