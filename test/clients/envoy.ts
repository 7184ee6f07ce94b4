// Envoy in front of the sidecar, as a mesh puts it there, and grpc-js in front of Envoy.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { envoy } from "../servers/envoy.ts";
import { freePort } from "../servers/run-server.ts";
import type { OrdinaryClient, RunningClient } from "./client.ts";
import { grpcJs } from "./libraries.ts";

/** What Envoy sends upstream is the same for all who call it, so one number in flight is enough. */
export const envoyClient: OrdinaryClient = {
  name: "envoy",
  inFlight: [16],
  calls: true,
  needs: ["python3"],
  isSeldom: true,
  provide: async () => {
    const file = await envoy();
    const start = await grpcJs.provide();
    return (address) => {
      const port = freePort();
      const proxy = port.then((own) => {
        const config = JSON.stringify(configuration(own, address));
        const flags = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"];
        return spawn(file, [...flags, "--config-yaml", config], { stdio: ["ignore", "ignore", "inherit"] });
      });
      const running = proxy.then(async () => {
        await accepted(await port);
        return start(`127.0.0.1:${await port}`);
      });
      return behind(running, async () => {
        const child = await proxy;
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      });
    };
  },
};

function behind(running: Promise<RunningClient>, end: () => Promise<void>): RunningClient {
  return {
    call: async (...asked) => (await running).call(...asked),
    load: async (...asked) => (await running).load(...asked),
    close: async () => {
      await (await running).close();
      await end();
    },
  };
}

/** All defaults, but for the 15 s that a route may take: the deadline is the call's. */
function configuration(port: number, upstream: string): unknown {
  const [host, upstreamPort] = upstream.split(":");
  const manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const http2 = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  const router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
  const route = { match: { prefix: "/" }, route: { cluster: "pannier", timeout: "0s" } };
  const at = (address: string | undefined, port_value: number) => ({ socket_address: { address, port_value } });
  return {
    static_resources: {
      listeners: [
        {
          address: at("127.0.0.1", port),
          filter_chains: [
            {
              filters: [
                {
                  name: "envoy.filters.network.http_connection_manager",
                  typed_config: {
                    "@type": manager,
                    stat_prefix: "in",
                    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
                    http_filters: [{ name: "envoy.filters.http.router", typed_config: { "@type": router } }],
                  },
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: "pannier",
          type: "STATIC",
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": http2,
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: "pannier",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: at(host, Number(upstreamPort)) } }] }],
          },
        },
      ],
    },
  };
}

/** Resolves when somebody takes connections there. */
async function accepted(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await setTimeout(20);
  }
}
