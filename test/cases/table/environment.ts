// Rows 75 to 85: configurations and environments. A refused start takes less than two seconds of processor time, and ends with one line and status 78.
import { AUTHENTICATION, refusesToStart, serves, waiting, type Rows } from "../row.ts";

const files = ["environment.test.ts"];

export const ENVIRONMENT_ROWS: Rows = {
  75: {
    input: "a key nobody knows, a wrong type, a key twice, a file of 10 MB, an alias bomb, a byte order mark",
    files,
    facts: {
      "an unknown key": refusesToStart("lisen: is no setting"),
      "a wrong type": refusesToStart("limits.page_size: must be a whole number"),
      "a key twice": refusesToStart("unique"),
      "a file of 10 MB": refusesToStart("are the most"),
      "an alias bomb": refusesToStart("aliases"),
      "a byte order mark": refusesToStart("byte order mark"),
      "a prototype's name as a key": refusesToStart("__proto__: is no setting"),
    },
  },
  76: {
    input: "all addresses without TLS and authentication; a short token; a token among the arguments",
    files,
    facts: {
      "all addresses": refusesToStart("needs TLS and authentication"),
      "all addresses of version 6": refusesToStart("needs TLS and authentication"),
    },
    waits: `tokens: ${AUTHENTICATION}`,
  },
  77: waiting("certificates that do not fit their key, are expired or not yet valid; a key others can read", "TLS"),
  78: {
    input: "a socket path of 108 bytes, in a directory others may write to, over a file, of a process that runs",
    files,
    facts: {
      "a socket path of 108 bytes": refusesToStart("107"),
      "a directory others may write to": refusesToStart("everybody may write"),
      "a path that is a file": refusesToStart("is not a socket"),
      "a socket that is in use": refusesToStart("another process is listening"),
      "a directory that is not there": refusesToStart("is not there"),
    },
  },
  79: {
    input: "a port in use; fewer than 1,024 open files; less memory than the budgets",
    files,
    facts: {
      "a port in use": refusesToStart("is in use"),
      "few open files": refusesToStart("may open 512 files at once and needs 1024"),
      "little memory": refusesToStart("needs up to 257 MiB of memory and may use 190"),
    },
  },
  80: {
    input: "two entities on one table; access rules that name an unknown entity",
    files,
    facts: { "two entities on one table": refusesToStart("twins") },
    waits: `access rules: ${AUTHENTICATION}`,
  },
  81: {
    input: "a secret's file that is missing, empty, of 1 MB, in a loop of links, with a line break at its end",
    files,
    facts: {
      "a missing secret": refusesToStart("is not a file"),
      "an empty secret": refusesToStart("is empty"),
      "a secret of a line break alone": refusesToStart("is empty"),
      "a secret of 1 MB": refusesToStart("are the most"),
      "a secret in a loop of links": refusesToStart("is not a file"),
      "a secret with a line break at its end": serves,
    },
  },
  82: {
    input: "database addresses that switch off TLS, or switch on several statements",
    files,
    facts: {
      "TLS that may fall back": refusesToStart("others would fall back to no encryption"),
      "TLS that believes every certificate": refusesToStart("has an sslmode that is none of"),
      "several statements in one": refusesToStart("has the parameter multipleStatements"),
      "files of this machine for the server": refusesToStart("has the parameter allowLocalInfile"),
      "a certificate that is not looked at": refusesToStart("has the parameter rejectUnauthorized"),
    },
  },
  83: {
    input: "a clock before 2025, an odd time zone, an odd locale",
    files,
    facts: { "an odd time zone and locale": serves, "a clock before 2025": serves },
    // An empty source of randomness cannot be made on a kernel of today: getrandom waits only before the first boot.
  },
  84: {
    input: "a storm of reloads; a file replaced while it is read",
    files: ["reload.test.ts"],
    facts: {
      "a storm of SIGHUPs while the file is replaced by others": serves,
      "a mounted directory that is swapped": serves,
      "a file that is half written, empty or gone for a while": serves,
    },
  },
  85: {
    input: "a backend that is down at the start",
    files,
    facts: { "a backend that comes up later": serves },
  },
}; // prettier-ignore
