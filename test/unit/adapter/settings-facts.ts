/** Facts about the settings of stores on servers: what would weaken safety is refused before anything is opened. */

import { describe, expect, it } from "vitest";
import type { CheckSettings, StoreSettings } from "../../../src/adapter/opening.ts";

export interface SettingsOfStore {
  readonly checkSettings: CheckSettings;
  readonly settingsOf: (options: StoreSettings) => unknown;
}

export interface SettingsFacts {
  readonly refused: readonly (readonly [url: string, why: RegExp])[];
  /** Holds "secret" twice where nothing is known of that name or value. */
  readonly secret: string;
  /** A good url, and settings that are all wrong. */
  readonly wrong: readonly [url: string, settings: { readonly [name: string]: unknown }];
  /** Two urls of one database. */
  readonly onePlace: readonly [url: string, other: string];
}

export function given(url: string, settings: { readonly [name: string]: unknown } = {}): StoreSettings {
  return { store: "main", url: new URL(url), dataDir: "", settings };
}

export function describeSettings({ checkSettings, settingsOf }: SettingsOfStore, facts: SettingsFacts): void {
  describe("the url of a store", () => {
    it.each(facts.refused)("%s is refused", async (url, why) => {
      const { problems } = await checkSettings(given(url));
      expect(problems.map(({ reason }) => reason).join("\n")).toMatch(why);
      expect(() => settingsOf(given(url))).toThrow(why);
    });

    it("is never quoted, because it may hold a password", async () => {
      const { problems } = await checkSettings(given(facts.secret));
      expect(problems).toHaveLength(2);
      expect(JSON.stringify(problems)).not.toContain("secret");
    });
  });

  describe("settings", () => {
    it("are whole numbers above 0 of known names", async () => {
      const [url, settings] = facts.wrong;
      const { problems } = await checkSettings(given(url, settings));
      expect(problems.map(({ setting }) => setting).toSorted()).toEqual(Object.keys(settings).toSorted());
    });

    it("two stores on one database have one place", async () => {
      const [one, other] = await Promise.all(facts.onePlace.map((url) => checkSettings(given(url))));
      expect(one?.place).toBeDefined();
      expect(other?.place).toBe(one?.place);
    });
  });
}
