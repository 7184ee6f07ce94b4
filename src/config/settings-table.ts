/** The settings as the table of README.md, which a test holds against this. */

import { ALIASES, SETTINGS, type SettingType } from "./settings.ts";

/** Markdown, with a line break at the end. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(
    ([path, { type, fallback, live, text }]) =>
      `| \`${path}\` | ${kindText(type)} | ${fallback === undefined || fallback === "" ? "" : `\`${fallback}\``} | ${live === true ? "yes" : ""} | ${text} |`,
  );
  const aliases = Object.entries(ALIASES).map(([variable, path]) => `| \`${variable}\` | \`${path}\` |`);
  return [
    "| setting | holds | default | live | meaning |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    "| variable | stands for |",
    "|---|---|",
    ...aliases,
    "",
  ].join("\n");
}

function kindText(type: SettingType): string {
  switch (type.kind) {
    case "choice":
      return type.values.join(", ");
    case "integer":
      return `${type.least} to ${type.most}`;
    case "duration":
      return "duration: 500ms, 30s, 5m";
    case "text":
    case "address":
    case "list":
    case "map":
      return type.kind;
    default:
      return type satisfies never;
  }
}
