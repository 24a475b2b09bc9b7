// What the holder of the sandbox tests answers beside what every holder does.
import type { Call, HolderProtocol, LabRecord, NoParams } from "../../src/sandbox/index.ts";

export interface TestProtocol extends HolderProtocol {
  readonly read: Call<{ readonly path: string }, string>;
  readonly write: Call<{ readonly path: string; readonly text: string }, void>;
  readonly readlink: Call<{ readonly path: string }, string>;
  readonly run: Call<{ readonly command: string }, string>;
  readonly forbid: Call<{ readonly key: string }, void>;
  readonly orphan: Call<NoParams, { readonly pid: number; readonly code: number }>;
  readonly connectInside: Call<{ readonly name: string }, { readonly name: string; readonly pid: number }>;
  readonly record: Call<NoParams, LabRecord>;
  readonly count: Call<{ readonly to: number }, number, number>;
  readonly fail: Call<NoParams, never>;
  readonly crash: Call<NoParams, never>;
  readonly wait: Call<NoParams, string>;
}
