// grpcurl against the served example entities: the printed lines as they stand, what it lists and describes, and the errors it shows.
import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grpcurl } from "../servers/grpcurl.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";

const run = promisify(execFile);
const orders = "shop.v1.OrderRepository";

let sidecar: Sidecar;
let tool: string;
beforeAll(async () => {
  [sidecar, tool] = await Promise.all([startSidecar(), grpcurl()]);
  await symlink(tool, join(sidecar.directory, "grpcurl"));
});
afterAll(() => sidecar.dispose());

/** A line of a shell in which grpcurl is installed. */
async function shell(line: string): Promise<string> {
  const PATH = `${sidecar.directory}:${process.env["PATH"] ?? ""}`;
  return (await run("sh", ["-c", line], { env: { PATH } })).stdout;
}

function ask(...args: readonly string[]): Promise<string> {
  return run(tool, ["-plaintext", ...args]).then(({ stdout }) => stdout);
}

/** What is printed where people look after a failure; the exit status is 64 and the code. */
async function refused(method: string, request: object): Promise<{ readonly status: number; readonly text: string }> {
  const args = ["-plaintext", "-d", JSON.stringify(request), sidecar.address, method];
  return new Promise((resolve) => {
    execFile(tool, args, (error, _out, text) => resolve({ status: Number(error?.code ?? 0), text }));
  });
}

test("the printed lines work as printed, in order, and again", async () => {
  const lines = sidecar.printed.filter((line) => line.trimStart().startsWith("grpcurl "));
  expect(lines.map((line) => /(\w+)$/.exec(line)?.[1])).toEqual(["list", "Create", "Get", "List", "Update"]);
  const [list = "", create = "", get = "", find = "", update = ""] = lines;
  expect(await shell(list)).toContain(orders);
  const created: unknown = JSON.parse(await shell(create));
  expect(created).toMatchObject({ entity: { version: "1" } });
  expect(JSON.parse(await shell(get))).toEqual(created);
  expect(JSON.parse(await shell(find))).toMatchObject({ entities: [created].map((answer) => Object(answer).entity) });
  expect(JSON.parse(await shell(update))).toMatchObject({ entity: { version: "2" } });
  expect(JSON.parse(await shell(update))).toMatchObject({ entity: { version: "3" } });
});

describe("without any file", () => {
  test("lists every service", async () => {
    const services = (await ask(sidecar.address, "list")).trim().split("\n");
    expect(services).toEqual(services.toSorted());
    for (const name of [orders, "triggerx.v1.TaskDataRepository", "pannier.v1.TransactionService", "pannier.v1.AdminService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"])
      expect(services).toContain(name);
    expect(services.filter((name) => name.endsWith("Repository"))).toHaveLength(13);
  }); // prettier-ignore

  test("describes a repository with its methods and their options", async () => {
    const text = await ask(sidecar.address, "describe", orders);
    for (const method of ["Create", "Get", "BatchGet", "List", "Scan", "Count", "Exists", "Update", "Put", "Delete", "Undelete", "BatchWrite"])
      expect(text).toMatch(new RegExp(`rpc ${method} \\( .shop.v1.OrderRepository${method}Request \\)`));
    expect(text).toContain("returns ( stream .shop.v1.OrderRepositoryScanResponse )");
    expect(text.match(/option idempotency_level = NO_SIDE_EFFECTS;/g)).toHaveLength(6);
  }); // prettier-ignore

  test("describes an entity with the annotations of message and fields", async () => {
    const text = await ask(sidecar.address, "describe", "shop.v1.Order");
    for (const piece of ["option (.pannier.v1.entity) = {", 'default_order_by: "created_at desc"', "(.pannier.v1.field) = { generate: GENERATE_UUID_V7 }", "decimal: { precision: 18, scale: 2 }", "(.pannier.v1.field) = { deleted_at: true }"])
      expect(text).toContain(piece);
  }); // prettier-ignore

  test("describes requests, filters, and the details of errors", async () => {
    expect(await ask(sidecar.address, "describe", "shop.v1.OrderFilter")).toContain(
      ".pannier.v1.DecimalPredicate total_amount",
    );
    expect(await ask(sidecar.address, "describe", "google.rpc.ErrorInfo")).toContain("string reason = 1");
    expect(await ask("-msg-template", sidecar.address, "describe", ".shop.v1.OrderRepositoryUpdateRequest")).toContain(
      '"updateMask"',
    );
  });
});

describe("shows the details of an error", () => {
  test("of a row that is not there", async () => {
    const { status, text } = await refused(`${orders}/Get`, { key: { id: "none" } });
    expect(status).toBe(64 + 5);
    for (const piece of ["Code: NotFound", "google.rpc.ErrorInfo", '"reason": "ROW_NOT_FOUND"', '"domain": "pannier"', '"entity": "shop.v1.Order"', '"store": "default"'])
      expect(text).toContain(piece);
  }); // prettier-ignore

  test("of bad input, with the field", async () => {
    const { status, text } = await refused(`${orders}/Create`, { entity: { total_amount: "1e3" } });
    expect(status).toBe(64 + 3);
    for (const piece of ["google.rpc.BadRequest", '"field": "entity.total_amount"', '"reason": "DECIMAL_INVALID"'])
      expect(text).toContain(piece);
  });

  test("of a list that no index serves, with the index that is missing", async () => {
    const { status, text } = await refused(`${orders}/List`, { where: { currency: { eq: "EUR" } } });
    expect(status).toBe(64 + 9);
    for (const piece of ['"reason": "SCAN_REQUIRED"', "currency"]) expect(text).toContain(piece);
  });
});
