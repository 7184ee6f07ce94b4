/** What may be configured of a store: `dynamodb://REGION/PREFIX?endpoint=…`, and numbers. */

import { Fault } from "../../model/fault.ts";
import type { CheckSettings, SettingProblem, StoreSettings } from "../adapter.ts";

/** Whole numbers above 0; times in milliseconds. */
const NUMBERS = {
  /** How long a connection may take to be there. */
  connect_timeout_ms: 3_000,
  /** The longest that an answer is waited for, whatever its call's deadline is. */
  request_timeout_ms: 30_000,
  /** Requests under way at once; further ones wait. */
  connections: 64,
};

type Numbers = { readonly [Name in keyof typeof NUMBERS]: number };

const PARAMETERS = ["endpoint"] as const;

export interface Settings {
  readonly region: string;
  /** Before the names of all tables. */
  readonly prefix: string;
  /** Undefined is the region's own. */
  readonly endpoint: string | undefined;
  /** An access key of the url; undefined is what the environment, the files or the role of this machine give. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly numbers: Numbers;
}

/** @throws Fault that says the first thing that is wrong */
export function settingsOf(options: StoreSettings): Settings {
  const { settings, problems } = read(options);
  const [problem] = problems;
  if (problem)
    throw new Fault("FIELD_INVALID", `store ${options.store}: the setting ${problem.setting} ${problem.reason}`);
  return settings;
}

export const checkSettings: CheckSettings = async (options) => {
  const { settings, problems } = read(options);
  const { endpoint, region, prefix } = settings;
  return { problems, ...(problems.length === 0 && { place: `dynamodb ${endpoint ?? ""} ${region}/${prefix}` }) };
};

function read({ url, settings: given }: StoreSettings): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const wrong = (reason: string): void => void problems.push({ setting: "url", reason });
  const form = `it must be ${url.protocol}//region/prefix`;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/u.test(url.hostname)) wrong(`names no region such as eu-central-1; ${form}`);
  const prefix = decodeURIComponent(url.pathname.slice(1));
  if (!/^[\w.-]{0,100}$/u.test(prefix))
    wrong("has a prefix of tables that is not made of up to 100 letters, digits, _, . and -");
  for (const name of url.searchParams.keys())
    if (!(PARAMETERS as readonly string[]).includes(name))
      wrong(
        `has the parameter ${/^\w{1,40}$/u.test(name) ? name : "?"}, which is not one of ${PARAMETERS.join(", ")}; remove it`,
      );
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined && !/^https?:$/u.test(URL.parse(endpoint)?.protocol ?? ""))
    wrong("has an endpoint that is no http or https url");
  if ((url.username === "") !== (url.password === ""))
    wrong("has one half of an access key; give both, or none for the credentials of this machine");
  const credentials = {
    accessKeyId: decodeURIComponent(url.username),
    secretAccessKey: decodeURIComponent(url.password),
  };
  const settings: Settings = {
    region: url.hostname,
    prefix,
    endpoint,
    credentials: url.username === "" ? undefined : credentials,
    numbers: numbersOf(given, problems),
  };
  return { problems, settings };
}

function numbersOf(given: StoreSettings["settings"], problems: SettingProblem[]): Numbers {
  const numbers = { ...NUMBERS };
  for (const [setting, value] of Object.entries(given)) {
    if (!isNumber(setting)) {
      const known = Object.keys(NUMBERS).join(", ");
      problems.push({ setting, reason: `is no setting of this store, which has ${known}; correct or remove it` });
    } else if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) numbers[setting] = value;
    else problems.push({ setting, reason: "must be a whole number above 0" });
  }
  return numbers;
}

function isNumber(name: string): name is keyof Numbers {
  return Object.hasOwn(NUMBERS, name);
}
