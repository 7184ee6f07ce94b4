/** grpc.health.v1: the whole, each store, each repository service, `liveness` and `readiness`. */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from "../gen/grpc/health/v1/health_pb.ts";
import { Fault } from "../model/fault.ts";
import { decodeStrictly, protoMethod, type ProtoServiceOptions } from "../service/proto-method.ts";
import type { IncomingCall, Method, StreamMethod } from "../transport/transport.ts";

/** The names that are there in every installation; the empty one is the whole. */
export const OVERALL = "";
export const LIVENESS = "liveness";
export const READINESS = "readiness";

/** What is known about each name, and who waits for it to change. */
export class Health {
  readonly #serving = new Map<string, boolean>([[LIVENESS, true]]);
  #isDown = false;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  /** Makes the name known when it is not yet. Without effect once shut down. */
  set(name: string, serving: boolean): void {
    if (this.#isDown || this.#serving.get(name) === serving) return;
    this.#serving.set(name, serving);
    this.#wake();
  }

  isServing(name: string): boolean {
    return this.#serving.get(name) === true;
  }

  /** Everything but liveness is NOT_SERVING from now on; watchers are notified, and their streams end. */
  shutdown(): void {
    this.#isDown = true;
    for (const name of this.#serving.keys()) if (name !== LIVENESS) this.#serving.set(name, false);
    this.#wake();
  }

  methods(options: ProtoServiceOptions): ReadonlyMap<string, Method> {
    const { check, list } = HealthService.method;
    const watched = (service: string, call: IncomingCall): AsyncGenerator<Uint8Array> => this.#watch(service, call);
    const path = (name: string): string => `/${HealthService.typeName}/${name}`;
    const { rejecter } = options;
    const watch: StreamMethod = {
      kind: "server_stream",
      handle: async function* (this: void, bytes, call) {
        try {
          yield* watched(decodeStrictly(HealthCheckRequestSchema, bytes).service, call);
        } catch (error) {
          throw rejecter.reject(error, { operation: "Watch", requestId: call.requestId });
        }
      },
    };
    return new Map<string, Method>([
      [path("Check"), protoMethod({ ...check, run: ({ service }) => ({ status: this.#checked(service) }) }, options)],
      [path("List"), protoMethod({ ...list, run: () => ({ statuses: this.#all() }) }, options)],
      [path("Watch"), watch],
    ]);
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #status(name: string): Status {
    const serving = this.#serving.get(name);
    if (serving === undefined) return Status.SERVICE_UNKNOWN;
    return serving ? Status.SERVING : Status.NOT_SERVING;
  }

  #checked(name: string): Status {
    const status = this.#status(name);
    if (status === Status.SERVICE_UNKNOWN)
      throw new Fault("SERVICE_UNKNOWN", "health knows no such name; List has all of them");
    return status;
  }

  #all(): { [name: string]: { status: Status } } {
    return Object.fromEntries(Array.from(this.#serving.keys(), (name) => [name, { status: this.#status(name) }]));
  }

  /** Says the status at once, and again whenever it has changed. */
  async *#watch(service: string, call: IncomingCall): AsyncGenerator<Uint8Array> {
    const over = Promise.withResolvers<void>();
    const release = call.onAbort(() => over.resolve());
    try {
      let said: Status | undefined;
      while (!call.aborted) {
        const changed = this.#changed.promise;
        const status = this.#status(service);
        if (status !== said) yield toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }));
        said = status;
        if (this.#isDown) return;
        await Promise.race([changed, over.promise]);
      }
    } finally {
      release();
    }
  }
}
