// Configurations and environments: rows 75 to 85. A refused start takes less than two seconds of processor time, and ends with one line and status 78.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect } from "vitest";
import { runPannier, startSidecar, testEntities, type RunOptions, type Sidecar } from "../integration/sidecar.ts";
import { CANARY, declare } from "./fact.ts";
import type { StartEnds } from "./row.ts";
import { expected } from "./table.ts";

/** What a start is tried with. */
interface Start extends RunOptions {
  readonly yaml?: string;
  readonly flags?: readonly string[];
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
});
beforeEach(async () => {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o750 });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const anyPort = ["--listen", "127.0.0.1:0", "--operations.listen", "127.0.0.1:0"];

/** A fact that a start is refused; `prepare` makes what it finds, and says how it is started. */
function refuses(row: number, name: string, prepare: () => Start | Promise<Start>): void {
  declare(row, name, "start", async () => {
    const { yaml, flags = anyPort, ...around } = await prepare();
    if (yaml !== undefined) await writeFile(join(directory, "pannier.yaml"), yaml);
    const ended = await runPannier(["serve", ...flags], { directory, ...around });
    const { exit, says } = startEnds(row, name);
    expect({ exit: ended.code, printed: ended.out }).toEqual({ exit, printed: "" });
    expect(ended.err).toContain(says);
    expect(ended.err.split("\n").filter((line) => line.startsWith("pannier: "))).toHaveLength(1);
    expect(ended.err).not.toMatch(/canary7f3a|\n\s*at |node:/);
    expect(ended.cpu).toBeLessThan(most);
  });
}

/** Seconds of processor time, because tests run side by side on few cores and wait for each other. */
const most = 2;

/** A fact that the sidecar serves all the same. */
function starts(row: number, name: string, run: () => Promise<void>): void {
  declare(row, name, "start", async () => {
    expect(startEnds(row, name).exit).toBe(0);
    await run();
  });
}

function startEnds(row: number, name: string): StartEnds {
  const found = expected(row, name);
  if (found.kind !== "start") throw new Error(`"${name}" is no fact about a start`);
  return found;
}

describe("the configuration file", () => {
  const levels = "bcdefgh".split("");
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ...levels.map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`),
  ].join("\n");
  refuses(75, "an unknown key", () => ({ yaml: "lisen: 127.0.0.1:1" }));
  refuses(75, "a wrong type", () => ({ yaml: "limits: {page_size: many}" }));
  refuses(75, "a key twice", () => ({ yaml: "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2" }));
  refuses(75, "a file of 10 MB", () => ({ yaml: `# ${"x".repeat(10_000_000)}` }));
  refuses(75, "an alias bomb", () => ({ yaml: bomb }));
  refuses(75, "a byte order mark", () => ({ yaml: "\uFEFFlisten: 127.0.0.1:1" }));
  refuses(75, "a prototype's name as a key", () => ({ yaml: "__proto__: {listen: 127.0.0.1:1}" }));
});

describe("addresses", () => {
  const on = (address: string): Start => ({ flags: ["--listen", address, "--operations.listen", "127.0.0.1:0"] });
  const own = (name: string): string => `unix:${join(directory, name)}`;
  refuses(76, "all addresses", () => on("0.0.0.0:0"));
  refuses(76, "all addresses of version 6", () => on("[::]:0"));
  refuses(78, "a socket path of 108 bytes", () => on(own("x".repeat(108 - directory.length - 1))));
  refuses(78, "a directory others may write to", async () => {
    await mkdir(join(directory, "open"));
    await chmod(join(directory, "open"), 0o777);
    return on(own("open/s.sock"));
  });
  refuses(78, "a path that is a file", async () => {
    await writeFile(join(directory, "file"), "");
    return on(own("file"));
  });
  refuses(78, "a directory that is not there", () => on(own("none/s.sock")));

  const server = createServer((socket) => socket.destroy());
  afterAll(() => void server.close());
  const taken = (listen: () => void): Promise<void> =>
    new Promise((resolve) => {
      server.close();
      server.once("listening", resolve);
      listen();
    });
  refuses(78, "a socket that is in use", async () => {
    await taken(() => server.listen(join(directory, "live.sock")));
    return on(own("live.sock"));
  });
  refuses(79, "a port in use", async () => {
    await taken(() => server.listen(0, "127.0.0.1"));
    const address = server.address();
    return on(`127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  });
});

describe("addresses of databases", () => {
  const at = (url: string) => (): Start => ({ yaml: `stores: {default: {url: '${url}'}}` });
  const place = `u:${CANARY}@127.0.0.1:1/d`;
  refuses(82, "TLS that may fall back", at(`postgres://${place}?sslmode=prefer`));
  refuses(82, "TLS that believes every certificate", at(`cockroachdb://${place}?sslmode=no-verify`));
  refuses(82, "several statements in one", at(`mysql://${place}?multipleStatements=true`));
  refuses(82, "files of this machine for the server", at(`mariadb://${place}?allowLocalInfile=true`));
  refuses(82, "a certificate that is not looked at", at(`tidb://${place}?sslmode=require&rejectUnauthorized=false`));
});

describe("what the machine leaves", () => {
  refuses(79, "few open files", () => ({ openFiles: 512 }));
  refuses(79, "little memory", () => ({
    environment: { NODE_OPTIONS: "--import data:text/javascript,process.constrainedMemory=()=>2e8" },
  }));
});

describe("secrets", () => {
  const yaml = "stores: {default: {url: 'memory:', password_file: secret}}";
  const secret = async (content: string): Promise<Start> => {
    await writeFile(join(directory, "secret"), content);
    return { yaml };
  };
  refuses(81, "a missing secret", () => ({ yaml }));
  refuses(81, "an empty secret", () => secret(""));
  refuses(81, "a secret of a line break alone", () => secret("\n"));
  refuses(81, "a secret of 1 MB", () => secret(CANARY.repeat(100_000)));
  refuses(81, "a secret in a loop of links", async () => {
    await symlink(join(directory, "other"), join(directory, "secret"));
    await symlink(join(directory, "secret"), join(directory, "other"));
    return { yaml };
  });
  starts(81, "a secret with a line break at its end", async () => {
    await secret(`${CANARY}\r\n`);
    const sidecar = await startSidecar({ directory, yaml, descriptors: testEntities });
    expect(await sidecar.call("grpc.health.v1.Health/Check", {})).toMatchObject({ json: { status: "SERVING" } });
    expect([...sidecar.log, ...sidecar.printed].join("\n")).not.toContain(CANARY);
    await sidecar.dispose();
  });
});

refuses(80, "two entities on one table", async () => {
  const entity = (name: string, type: string): string =>
    `message ${name} { option (pannier.v1.entity) = {table: "twins" key: {partition: "id"}}; ${type} id = 1; }`;
  await mkdir(join(directory, "twins"));
  await writeFile(
    join(directory, "twins/twins.proto"),
    `syntax = "proto3"; package twins; import "pannier/v1/annotations.proto"; ${entity("One", "string")} ${entity("Two", "int64")}`,
  );
  return { flags: [...anyPort, "--descriptors", "twins"] };
});

describe("an environment that is odd", () => {
  const ticket = { id: "odd", expiresAt: "2999-12-31T23:59:59.123456Z" };
  const keepsTime = async (sidecar: Sidecar): Promise<void> => {
    const method = "test.v1.TicketRepository";
    expect(await sidecar.call(`${method}/Create`, { entity: ticket })).toMatchObject({ ok: true });
    expect(await sidecar.call(`${method}/Get`, { key: { id: "odd" } })).toMatchObject({ json: { entity: ticket } });
  };
  starts(83, "an odd time zone and locale", async () => {
    const environment = { TZ: "Not/AZone", LANG: "tr_TR.iso88599", LC_ALL: "xx_XX", LANGUAGE: "%s" };
    const sidecar = await startSidecar({ environment, descriptors: testEntities });
    await keepsTime(sidecar);
    expect(new Date(timeOf(sidecar.log[0])).getTime()).toBeGreaterThan(Date.now() - 60_000);
    await sidecar.dispose();
  });
  starts(83, "a clock before 2025", async () => {
    const NODE_OPTIONS = "--import data:text/javascript,const{now}=Date;Date.now=()=>now()-3e12";
    const sidecar = await startSidecar({ environment: { NODE_OPTIONS }, descriptors: testEntities });
    await keepsTime(sidecar);
    expect(sidecar.log.find((line) => line.includes('"level":"warn"') && line.includes("clock"))).toBeDefined();
    await sidecar.dispose();
  });
});

starts(85, "a backend that comes up later", async () => {
  const way = join(directory, "way");
  await writeFile(way, "");
  const yaml = `stores: {default: {url: 'sqlite:${way}/late.db'}}`;
  const sidecar = await startSidecar({ directory, yaml, descriptors: testEntities });
  const watch = { service: "store.default" };
  expect(await sidecar.call("grpc.health.v1.Health/Check", watch)).toMatchObject({ json: { status: "NOT_SERVING" } });
  const seen = sidecar.stream("grpc.health.v1.Health/Watch", watch, { frames: 2 });
  await sidecar.call("grpc.health.v1.Health/Check", watch); // sent after it, on the same connection: it watches
  await rm(way);
  await mkdir(way);
  expect(await seen).toMatchObject({ frames: [{ status: "NOT_SERVING" }, { status: "SERVING" }] });
  expect(await sidecar.call("test.v1.TicketRepository/Create", { entity: { id: "late" } })).toMatchObject({ ok: true });
  await sidecar.dispose();
});

function timeOf(line = "{}"): string {
  const entry: unknown = JSON.parse(line);
  return typeof entry === "object" && entry !== null && "time" in entry ? String(entry.time) : "";
}
