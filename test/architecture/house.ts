// What the architecture test is told about the house: the order of its folders, its backends, and where vendor clients live.

/** A backend, by the name of its folder under src/adapter. */
export interface Backend {
  readonly folder: string;
  /** Finds the backend's names in an identifier or a string. */
  readonly names: RegExp;
  /** Finds names in strings that would be ordinary words in an identifier. */
  readonly scheme?: RegExp;
  /** The backend that this one extends, and may therefore import and name. */
  readonly extends?: string;
}

/** The plan that the walls are checked against. */
export interface House {
  /** Folders and files of src, the lowest first: each may import what stands before it, and itself. */
  readonly order: readonly string[];
  readonly backends: readonly Backend[];
  /** Folders under src/adapter that belong to the contract, as the files beside them do: no backend and no family of backends. */
  readonly rooms: ReadonlySet<string>;
  /** Vendor clients, by package, and the folder of src that alone may import each. */
  readonly clients: ReadonlyMap<string, string>;
  /** Those of the clients that may be imported statically at home, because they come with Node. */
  readonly builtIn: ReadonlySet<string>;
  /** Words of formats that others fixed, whole strings, which name a backend and mean none. */
  readonly foreignWords: ReadonlySet<string>;
}
