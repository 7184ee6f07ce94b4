// What h2spec says of a transport: 146 cases of RFC 9113 and 7541, one of them strict.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSidecar } from "../integration/sidecar.ts";
import { goTool } from "../servers/go-tool.ts";
import type { TransportName } from "./transports.ts";

export interface H2specResult {
  readonly cases: number;
  readonly passed: number;
  /** Each that failed or was skipped: its section, what was sent, and the end that was not seen. */
  readonly failures: readonly string[];
}

/** Seconds that h2spec waits for what should come; what never does takes as long. */
const patience = 2;

/** Starts a sidecar of its own. `isStrict` adds the cases that RFC 9113 only recommends. */
export async function h2spec(transport: TransportName, isStrict: boolean): Promise<H2specResult> {
  const file = await goTool({
    name: "h2spec",
    package: "github.com/summerwind/h2spec/cmd/h2spec",
    version: "v2.2.1+incompatible",
    namedBy: "PANNIER_TEST_H2SPEC",
  });
  const folder = await mkdtemp(join(tmpdir(), "pannier-h2spec-"));
  const sidecar = await startSidecar({ environment: { PANNIER_TRANSPORT: transport } });
  try {
    const report = join(folder, "report.xml");
    const [host = "", port = ""] = sidecar.address.split(":");
    const strict = isStrict ? ["--strict"] : [];
    const path = "/grpc.health.v1.Health/Check";
    const args = ["-h", host, "-p", port, "-P", path, "-o", String(patience), "-j", report, ...strict];
    await new Promise((resolve) => execFile(file, args, { maxBuffer: 16_777_216 }, resolve)); // failed cases are in the report
    return resultOf(await readFile(report, "utf8"));
  } finally {
    await sidecar.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of a report in JUnit's form. */
function resultOf(report: string): H2specResult {
  const cases = [
    ...report.matchAll(/<testcase package="([^"]*)" classname="([^"]*)" time="[^"]*">([^]*?)<\/testcase>/g),
  ];
  const failures = cases
    .filter(([, , , inside = ""]) => inside.trim() !== "")
    .map(([, section = "", name = "", inside = ""]) => `${section}: ${plain(name)}: ${plain(inside) || "not tried"}`);
  return { cases: cases.length, passed: cases.length - failures.length, failures };
}

function plain(xml: string): string {
  return xml
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/&#xA;|\s+/g, " ")
    .replaceAll("&#34;", '"')
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .trim();
}
