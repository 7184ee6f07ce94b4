// Provides a DynamoDB Local to the tests, once for a whole run; whoever asks gets a prefix of its own for the names of its tables.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { cached } from "./cached.ts";
import { freePort, startedOnce, type Started } from "./run-server.ts";

const VERSION = "3.0.0";
const COMPILER = "3.33.0";
const run = promisify(execFile);

/** The local server takes any; the letters and digits are all it asks for. */
const KEY = "local";

/** The url of a place without tables, on the server that PANNIER_TEST_DYNAMODB_URL names or on one that is started. */
export async function dynamodbPlace(): Promise<string> {
  return placeAt(await dynamodbServer());
}

/** The same on any endpoint, for example a proxy before the server. */
export function placeAt(endpoint: string): string {
  const prefix = `t${randomUUID().replaceAll("-", "").slice(0, 12)}.`;
  return `dynamodb://${KEY}:${KEY}@us-east-1/${prefix}?endpoint=${encodeURIComponent(endpoint)}`;
}

/** The endpoint, `http://host:port`. Several calls are one start, which takes a second or two. */
export function dynamodbServer(): Promise<string> {
  const named = env["PANNIER_TEST_DYNAMODB_URL"];
  if (named !== undefined && named !== "") return Promise.resolve(named);
  return startedOnce("dynamodb", start);
}

/** A driver of the tests' own. */
export function dynamodbClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: KEY, secretAccessKey: KEY };
  return new DynamoDBClient({ region: "us-east-1", endpoint, credentials, maxAttempts: 1 });
}

/** In memory, on 127.0.0.1. */
async function start(folder: string): Promise<Started> {
  const jars = await cached(`dynamodb-local-${VERSION}`, "lib", fetchJars);
  const port = await freePort();
  const options = "-Xms32m -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData".split(" ");
  const flags = ["-inMemory", "-sharedDb", "-port", String(port), "-disableTelemetry"];
  await mkdir(join(folder, "tmp"));
  return {
    command: "java",
    args: [
      ...options,
      `-Djava.io.tmpdir=${join(folder, "tmp")}`,
      `-Dsqlite4java.library.path=${join(jars, "native")}`,
      "-cp",
      `${jars}:${jars}/*`,
      "OnLoopback",
      ...flags,
    ],
    runAs: "root", // the jars lie where only root may enter
    url: `http://127.0.0.1:${port}`,
    isReady: async (url) => {
      const client = dynamodbClient(url);
      try {
        await client.send(new ListTablesCommand({}));
      } finally {
        client.destroy();
      }
    },
  };
}

/** By Maven, in a project of its own. The compiler comes along, because a machine that runs Java need not have one. */
async function fetchJars(target: string): Promise<void> {
  const folder = join(target, "project");
  await mkdir(folder);
  const dependency = (group: string, artifact: string, version: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  await writeFile(
    join(folder, "pom.xml"),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>pannier.test</groupId><artifactId>dynamodb</artifactId><version>1</version><dependencies>
${dependency("software.amazon.dynamodb", "DynamoDBLocal", VERSION)}
${dependency("org.eclipse.jdt", "ecj", COMPILER)}
</dependencies></project>`,
  );
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib"];
  const lib = join(folder, "lib");
  try {
    await run("mvn", ["-q", "-B", ...goal], { cwd: folder, timeout: 600_000 });
    await writeFile(join(folder, "OnLoopback.java"), ON_LOOPBACK);
    const compile = ["-jar", join(lib, `ecj-${COMPILER}.jar`), "-17", "-cp", await classPath(lib), "-d", lib];
    await run("java", [...compile, join(folder, "OnLoopback.java")], { cwd: folder, timeout: 120_000 });
  } catch (cause) {
    const mend = "install Java 17 and Maven, or set PANNIER_TEST_DYNAMODB_URL to the http:// endpoint of one";
    throw new Error(`DynamoDB Local ${VERSION} could not be fetched; ${mend}`, { cause });
  }
  await bringNativeLibrary(lib);
  await rm(join(lib, `ecj-${COMPILER}.jar`));
  await rename(lib, join(target, "lib"));
}

async function classPath(lib: string): Promise<string> {
  const jars = (await readdir(lib)).filter((name) => name.endsWith(".jar"));
  return jars.map((name) => join(lib, name)).join(":");
}

/** Under the name without a version, by which it is looked for. */
async function bringNativeLibrary(lib: string): Promise<void> {
  await mkdir(join(lib, "native"));
  for (const file of await readdir(lib)) {
    const name = /^(libsqlite4java-.*?)-\d[\d.]*\.(so|dylib)$/u.exec(file);
    if (name) await copyFile(join(lib, file), join(lib, "native", `${name[1]}.${name[2]}`));
  }
}

/** The server has no option for it, and listens on every address otherwise. */
const ON_LOOPBACK = `import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

public class OnLoopback {
  public static void main(String[] flags) throws Exception {
    DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(flags);
    java.lang.reflect.Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    for (Connector each : ((Server) field.get(proxy)).getConnectors()) {
      ((ServerConnector) each).setHost("127.0.0.1");
    }
    proxy.start();
    proxy.join();
  }
}
`;
