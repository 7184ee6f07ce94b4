/** What each command is, for `--help` and for lines that ask for too much; its program is loaded when it is asked for. */

import type { Command } from "./command.ts";

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    "serve",
    {
      summary: "serve the configured entities until SIGTERM or SIGINT",
      load: async () => (await import("./serve.ts")).serve,
    },
  ],
  [
    "check",
    {
      summary: "check configuration, schema and stores, and exit with 78 when something does not fit",
      flags: new Map([
        [
          "against",
          "compare the schema with an earlier one, without a store: a git revision, a directory or a descriptor set",
        ],
        ["json", "with --against, for programs: one object a line"],
      ]),
      load: async () => (await import("./check.ts")).check,
    },
  ],
  [
    "generate",
    {
      summary: "write what clients are built with: the repositories as .proto files (proto), modules for pannier/client (typescript)",
      words: ["proto", "typescript"],
      flags: new Map([
        ["out", "the folder to write to [generated/proto or generated/typescript]; without a word, the folder of both [generated]"],
        ["check", "write nothing, and exit with 78 when something would change"],
        ["json", "for programs: one object for each change, and one for each folder"],
      ]),
      load: async () => (await import("./generate.ts")).generate,
    },
  ],
  [
    "import",
    {
      summary: "make entities of the models of an OpenAPI document that have an index map: openapi FILE",
      words: ["openapi"],
      argument: "FILE",
      flags: new Map([
        ["out", "the folder of .proto files to write to; printed without it"],
        ["package", "package of the file [the document's title, and v1]"],
        ["check", "write nothing, and exit with 78 when something would change; with --out"],
        ["overwrite", "also write over a file that was changed by hand, or is none of ours"],
        ["json", "for programs: one object for all that is told"],
      ]),
      load: async () => (await import("./import.ts")).importModels,
    },
  ],
  [
    "migrate",
    {
      summary: "plan: what a changed schema means for the rows; apply: do it, resumably",
      words: ["plan", "apply"],
      flags: new Map([
        ["accept", "what may be narrowed, dropped or hidden: ENTITY.FIELD or ENTITY, several with commas or given again"],
        ["json", "for programs: one object a line"],
      ]),
      load: async () => (await import("./migrate.ts")).migrate,
    },
  ],
]); // prettier-ignore
