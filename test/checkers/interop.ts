// The interop client of grpc-go against our TestService.
import { execFile } from "node:child_process";
import { goTool } from "../servers/go-tool.ts";
import { testService } from "./test-service.ts";
import { listenOn, type TransportName } from "./transports.ts";

/** The cases without credentials; what soak tests do stands in `soak`. */
export const interopCases = [
  "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
  "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server", "custom_metadata",
  "status_code_and_message", "special_status_message", "unimplemented_method", "unimplemented_service",
  "rpc_soak", "channel_soak",
] as const; // prettier-ignore

export type InteropCase = (typeof interopCases)[number];

export interface InteropResult {
  readonly name: InteropCase;
  readonly passed: boolean;
  /** The last that the client said. */
  readonly said: string;
}

export interface Soak {
  readonly iterations: number;
  readonly threads: number;
}

export interface RunningInterop {
  run(name: InteropCase, soak: Soak): Promise<InteropResult>;
  close(): Promise<void>;
}

/** Milliseconds: no case takes as long. */
const limit = 1_800_000;

export async function interop(transport: TransportName): Promise<RunningInterop> {
  const file = await goTool({
    name: "grpc-interop-client",
    package: "google.golang.org/grpc/interop/client",
    version: "v1.85.0",
    namedBy: "PANNIER_TEST_GRPC_INTEROP",
  });
  const listener = await listenOn(transport, await testService());
  const [host, port] = listener.address.split(":");
  return {
    run: (name, { iterations, threads }) => {
      const soak = [
        `--soak_iterations=${iterations}`,
        `--soak_num_threads=${threads}`,
        "--soak_overall_timeout_seconds=1500",
        "--soak_per_iteration_max_acceptable_latency_ms=20000",
      ];
      const args = [`--server_host=${host}`, `--server_port=${port}`, `--test_case=${name}`, ...soak];
      return new Promise((resolve) => {
        execFile(file, args, { timeout: limit }, (error, _out, err) =>
          resolve({ name, passed: error === null, said: err.trim().split("\n").at(-1) ?? "" }),
        );
      });
    },
    close: () => listener.drain(1_000),
  };
}
