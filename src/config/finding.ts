/** What is wrong with a configuration: all of it in one report, one line for each key. */

export interface Finding {
  /** Path of the setting, or the file, variable or flag where it is none. */
  readonly key: string;
  readonly reason: string;
  /** Where it was written: a file, a variable, a flag. */
  readonly source: string;
}

export class ConfigurationRefused extends Error {
  override readonly name = "ConfigurationRefused";
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(findings.map(({ key, reason, source }) => `${key}: ${reason} (${source})`).join("\n"));
    this.findings = findings;
  }
}
