// Prints what each checker says of each transport: `node test/checkers/main.ts [checker] [transport]`.
import { argv } from "node:process";
import { clientCases, interopServer } from "./client-interop.ts";
import { conformance } from "./conformance.ts";
import { h2spec } from "./h2spec.ts";
import { interop, interopCases } from "./interop.ts";
import type { TransportName } from "./transports.ts";

const transports: readonly TransportName[] = ["native", "grpc-js"];
const checkers: { readonly [name: string]: (transport: TransportName) => Promise<boolean> } = {
  h2spec: async (transport) => {
    const results = [await h2spec(transport, false), await h2spec(transport, true)];
    for (const [i, { cases, passed, failures }] of results.entries()) {
      console.log(`h2spec${i === 0 ? "" : " --strict"} on ${transport}: ${passed} of ${cases} passed`);
      for (const failure of failures) console.log(`  ${failure}`);
    }
    return results.every(({ failures }) => failures.length === 0);
  },
  interop: async (transport) => {
    const running = await interop(transport);
    let passed = 0;
    for (const name of interopCases) {
      const start = performance.now();
      const result = await running.run(name, { iterations: 1_000, threads: 4 });
      if (result.passed) passed += 1;
      const seconds = ((performance.now() - start) / 1_000).toFixed(1);
      console.log(`  ${name}: ${result.passed ? "passed" : "FAILED"} in ${seconds} s: ${result.said}`);
    }
    console.log(`interop on ${transport}: ${passed} of ${interopCases.length} passed`);
    await running.close();
    return passed === interopCases.length;
  },
  conformance: async (transport) => {
    const { passed, said } = await conformance(transport);
    console.log(`connectconformance on ${transport}:\n${said}`);
    return passed;
  },
  "conformance-client": async (transport) => {
    const { passed, said } = await conformance(transport, "client");
    console.log(`connectconformance, our client on ${transport}:\n${said}`);
    return passed;
  },
  "interop-client": async (transport) => {
    const server = await interopServer();
    let passed = 0;
    for (const name of clientCases)
      await server.run(name, transport).then(
        () => (passed += 1),
        (error: unknown) => console.log(`  ${name}: FAILED: ${String(error)}`),
      );
    console.log(`interop, our client on ${transport}: ${passed} of ${clientCases.length} passed`);
    await server.close();
    return passed === clientCases.length;
  },
};

const [, , wantedChecker, wantedTransport] = argv;
for (const [name, check] of Object.entries(checkers)) {
  if (wantedChecker !== undefined && name !== wantedChecker) continue;
  for (const transport of transports) {
    if (wantedTransport !== undefined && transport !== wantedTransport) continue;
    // The library is the reference: what it fails is printed beside, and is not ours to mend.
    if (!(await check(transport)) && transport === "native") process.exitCode = 1;
  }
}
