// Facts about the image, read from its Dockerfile: no engine is needed for them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Copy, DockerfileParser, type JSONInstruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";
import { root } from "../run/tool.ts";

const text = readFileSync(join(root, "deploy", "Dockerfile"), "utf8");
const dockerfile = DockerfileParser.parse(text);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

const instructions = dockerfile.getInstructions();
const stages = instructions.flatMap((instruction, at) => (instruction.getKeyword() === "FROM" ? [at] : []));
/** The stage that all images are: the third; the two behind it add the compiler, or nothing. */
const runtime = instructions.slice(stages[2], stages[3]);

describe("the Dockerfile", () => {
  it("passes lint", () => {
    const found = validate(text).map(({ range, message }) => [range.start.line + 1, message]);
    expect(found).toEqual([]);
  });

  it("builds in stages and serves from one that is built on something smaller", () => {
    const built = dockerfile.getFROMs().map((from) => [from.getBuildStage(), from.getImage()]);
    expect(built).toEqual([
      ["build", "${NODE_IMAGE}"],
      ["dependencies", "${NODE_IMAGE}"],
      ["serving", "${RUNTIME_IMAGE}"],
      ["compiling", "serving"],
      ["runtime", "serving"],
    ]);
  });

  it("takes images by version, and the Node that the tests run under", () => {
    expect(defaultOf("NODE_IMAGE")).toBe(`node:${manifest.devDependencies["node"]}-bookworm-slim`);
    // The tag is the variant: this image has no other versions, and builds that must repeat give its digest.
    expect(defaultOf("RUNTIME_IMAGE")).toBe("gcr.io/distroless/cc-debian12:nonroot");
    expect(text).not.toContain(":latest");
  });

  it("runs nothing in the stage that serves, because it has no shell", () => {
    expect(runtime.map((instruction) => instruction.getKeyword())).not.toContain("RUN");
    for (const keyword of ["ENTRYPOINT", "CMD"]) expect(jsonOf(keyword).length, keyword).toBeGreaterThan(0);
    const [health] = runtime.filter((instruction) => instruction.getKeyword() === "HEALTHCHECK");
    expect(health?.getArgumentsContent()).toMatch(/CMD \["\/usr\/local\/bin\/node", /);
  });

  it("has the compiler of .proto files where it is asked for, and not in the last stage", () => {
    const added = instructions.slice(stages[3]).map((instruction) => instruction.getTextContent());
    expect(added).toEqual([
      "FROM serving AS compiling",
      "COPY --from=dependencies /build/buf node_modules",
      "FROM serving AS runtime",
    ]);
  });

  it("is a user by number, and not root", () => {
    const [id, group] = argumentOf("USER").split(":").map(Number);
    expect(id).toBeGreaterThanOrEqual(1000);
    expect(group).toBeGreaterThanOrEqual(1000);
  });

  it("starts the launcher itself, so that signals reach it", () => {
    expect(jsonOf("ENTRYPOINT")).toEqual(["/usr/local/bin/node", "/app/src/pannier.js"]);
    expect(jsonOf("CMD")).toEqual(["serve"]);
    expect(argumentOf("STOPSIGNAL")).toBe("SIGTERM");
  });

  it("keeps what it writes in a volume of its own user", () => {
    expect(argumentOf("VOLUME")).toBe("/data");
    const copies = runtime.map((instruction) => instruction.getTextContent());
    expect(copies).toContain(`COPY --from=dependencies --chown=${argumentOf("USER")} /empty /data`);
    expect(argumentsOf("ENV").join(" ")).toContain("PANNIER_DATA_DIR=/data");
  });

  it("shows the operations port alone", () => {
    expect(argumentsOf("EXPOSE")).toEqual(["7071"]);
  });

  it("is labelled with the package's version", () => {
    expect(argumentsOf("LABEL").join(" ")).toContain(`org.opencontainers.image.version="${manifest.version}"`);
  });

  it("holds what the package holds", () => {
    const copied = argumentsOf("COPY").flatMap((line) => line.split(/\s+/).slice(0, -1));
    const names = copied.map((name) => name.replace(/^\/build\//, ""));
    const wanted = manifest.files.filter((name) => name !== "README.md");
    expect(names).toEqual(expect.arrayContaining(wanted));
  });

  it("copies only what is there and what .dockerignore lets in", () => {
    const allowed = readFileSync(join(root, ".dockerignore"), "utf8").match(/(?<=^!).+$/gm) ?? [];
    const sources = dockerfile.getCOPYs().flatMap(contextSources);
    expect(sources.filter((name) => !existsSync(join(root, name)))).toEqual([]);
    expect(new Set(sources.map((name) => name.split("/")[0]))).toEqual(new Set(allowed));
  });

  it("compiles only projects that it has copied", () => {
    const compiled = [...text.matchAll(/npm run (\S+)/g)].flatMap(([, script = ""]) => projectsOf(script));
    expect(compiled).not.toEqual([]);
    const sources = dockerfile.getCOPYs().flatMap(contextSources);
    expect(compiled.filter((project) => !sources.some((name) => project.startsWith(`${name}/`)))).toEqual([]);
  });
});

/** What a COPY takes from the build's context, not from another stage. */
function contextSources(copy: Copy): readonly string[] {
  const words = copy.getArguments().map((argument) => argument.getValue());
  return copy.getTextContent().includes(" --from=") ? [] : words.slice(0, -1);
}

/** The projects that a script of the package compiles, and the scripts that it runs. */
function projectsOf(script: string): readonly string[] {
  const line = manifest.scripts[script] ?? "";
  const own = [...line.matchAll(/tsc -p (\S+)/g)].map(([, project = ""]) => project);
  return [...own, ...[...line.matchAll(/npm run (\S+)/g)].flatMap(([, next = ""]) => projectsOf(next))];
}

function defaultOf(name: string): string | undefined {
  const properties = dockerfile.getARGs().map((argument) => argument.getProperty());
  return properties.find((property) => property?.getName() === name)?.getValue() ?? undefined;
}

/** The arguments of every instruction of a kind in the stage that serves. */
function argumentsOf(keyword: string): readonly string[] {
  const found = runtime.filter((instruction) => instruction.getKeyword() === keyword);
  return found.map((instruction) => instruction.getArgumentsContent() ?? "");
}

function argumentOf(keyword: string): string {
  const [found, ...more] = argumentsOf(keyword);
  if (found === undefined || more.length > 0) throw new Error(`expected one ${keyword}`);
  return found;
}

/** An instruction's exec form; empty for the form that needs a shell. */
function jsonOf(keyword: string): readonly string[] {
  const found = runtime.find((instruction) => instruction.getKeyword() === keyword);
  const strings = (found as JSONInstruction | undefined)?.getJSONStrings() ?? []; // these two keywords are JSON instructions in the parser
  return strings.map((string) => string.getJSONValue());
}
