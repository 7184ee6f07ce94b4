/** What is searched: the decoding of every method's request, as the service does it. */

import type { DescMessage } from "@bufbuild/protobuf";
import { TransactionService } from "../../src/gen/pannier/v1/transaction_pb.ts";
import { AdminService } from "../../src/gen/pannier/v1/admin_pb.ts";
import { incomingCall } from "../fixtures/incoming-call.ts";
import { compileCodec } from "../../src/schema/codec/compile.ts";
import { adminService } from "../../src/service/admin-service.ts";
import { createRejecter } from "../../src/service/status.ts";
import { transactionService } from "../../src/service/transaction-service.ts";
import { createWire } from "../../src/service/wire/create-wire.ts";
import type { RepositoryMethod } from "../../src/service/wire/wire.ts";
import type { Method } from "../../src/transport/transport.ts";
import { LIMITS, loadEntities } from "../unit/schema/codec/entity-under-test.ts";
import type { Root } from "./genome.ts";

export interface Subject {
  readonly name: string;
  readonly root: Root;
  /** Takes the request or refuses it; neither is of interest here. */
  take(bytes: Uint8Array): void;
}

const METHODS: readonly RepositoryMethod[] = [
  "Create", "Get", "BatchGet", "List", "Scan", "Count", "Exists", "Update", "Put", "Delete", "Undelete", "BatchWrite",
]; // prettier-ignore

/** Those that Execute takes. */
const PACKED: readonly RepositoryMethod[] = ["Create", "Get", "Update", "Put", "Delete", "Exists", "Count"];

export async function subjects(): Promise<readonly Subject[]> {
  const everything = (await loadEntities()).get("test.v1.Everything");
  if (!everything) throw new Error("test.v1.Everything is not loaded");
  const wire = createWire(compileCodec(everything.model, LIMITS));
  const desc = (method: string): DescMessage => everything.message(`Repository${method}Request`);
  const repository = METHODS.map((method): Subject => {
    const codec = wire[method];
    const take = refusing((bytes) => void codec.decode(bytes));
    return { name: method, root: { message: desc(method), packed: [] }, take };
  });
  const options = {
    timeout: { maximum: 30_000, fallback: 5_000 },
    rejecter: createRejecter({ error: () => {} }, () => "incident"),
  };
  const transactions = transactionService({
    ...options,
    entities: [{ entity: wire.entity, wire: () => wire, store: "default" }],
    dispatchers: new Map(),
    limits: { batchItems: 1_000 },
  });
  const admin = adminService({ ...options, entities: [], stores: [] });
  const packed = PACKED.map(desc);
  return [
    ...repository,
    shared(TransactionService.method.execute, transactions, packed),
    shared(AdminService.method.describeEntity, admin, packed),
  ];
}

function shared(
  method: { readonly name: string; readonly input: DescMessage; readonly parent: { readonly typeName: string } },
  methods: ReadonlyMap<string, Method>,
  packed: readonly DescMessage[],
): Subject {
  const found = methods.get(`/${method.parent.typeName}/${method.name}`);
  if (found?.kind !== "unary") throw new Error(`${method.name} is not served`);
  const call = incomingCall("slow-requests");
  return {
    name: method.name,
    root: { message: method.input, packed },
    // What it does before its first pause is what holds the loop; without a store it ends there.
    take: (bytes) => void found.handle(bytes, call).catch(() => {}),
  };
}

function refusing(decode: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  return (bytes) => {
    try {
      decode(bytes);
    } catch {
      // Refused: what that took counts just as well.
    }
  };
}
