// Clients that are libraries, each under a program of ours that is built once.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "../servers/cached.ts";
import { buildGo } from "../servers/go-tool.ts";
import type { OrdinaryClient } from "./client.ts";
import { startProgram, type Command } from "./program.ts";

const folderOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const grpcioVersion = "1.85.1";

/** The version of grpc-go stands in go.mod. */
export const grpcGo: OrdinaryClient = library("grpc-go", ["go"], async () => {
  const made = await cached(`grpc-go-client-${await digestOf("go")}`, "client", (target) =>
    buildGo(folderOf("go"), join(target, "client")),
  );
  return { file: made, args: [] };
});

export const grpcio: OrdinaryClient = library("grpcio", ["python3"], async () => {
  const packages = await cached(`grpcio-${grpcioVersion}`, "packages", async (target) => {
    const into = ["--target", join(target, "packages"), `grpcio==${grpcioVersion}`];
    await run("python3", ["-m", "pip", "install", "--quiet", "--root-user-action=ignore", ...into]);
  });
  return { file: "python3", args: [join(folderOf("python"), "client.py")], environment: { PYTHONPATH: packages } };
});

/** The version of grpc-java stands in pom.xml. */
export const grpcJava: OrdinaryClient = library("grpc-java", ["java", "javac", "mvn"], async () => {
  const classes = await cached(`grpc-java-client-${await digestOf("java")}`, "classes", async (target) => {
    const [source, into] = [join(target, "source"), join(target, "classes")];
    await cp(folderOf("java"), source, { recursive: true }); // Maven writes beside its file
    await mkdir(into);
    const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${into}`];
    await run("mvn", ["--quiet", "--batch-mode", "--file", join(source, "pom.xml"), ...copy]);
    await run("javac", ["-cp", join(into, "*"), "-d", into, join(source, "Client.java")]);
  });
  return { file: "java", args: ["-cp", `${classes}:${join(classes, "*")}`, "Client"] };
});

export const grpcJs: OrdinaryClient = library("grpc-js", [], async () => inNode("grpc-js.ts"));

export const connectNode: OrdinaryClient = library("connect-node", [], async () => inNode("connect-node.ts"));

function library(name: string, needs: readonly string[], command: () => Promise<Command>): OrdinaryClient {
  const provide = async () => {
    const made = await command();
    return (address: string) => startProgram(made, address);
  };
  return { name, inFlight: [1, 16, 64], calls: true, needs, provide };
}

function inNode(file: string): Command {
  return { file: execPath, args: [join(folderOf("node"), file)] };
}

async function run(file: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(file, args, { env, timeout: 600_000 });
}

/** Of all files in a folder: another source is another program. */
async function digestOf(name: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of (await readdir(folderOf(name))).toSorted())
    hash.update(await readFile(join(folderOf(name), file)));
  return hash.digest("hex").slice(0, 16);
}
