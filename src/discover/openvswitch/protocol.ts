/** The OVSDB protocol, RFC 7047: JSON-RPC messages without any separator. Pure. */

const ID = "netloom";
const DATABASE = "Open_vSwitch";

/** What is wanted of each table; all of it is there since Open vSwitch 2.5. Counters alone would be most of the answer. */
const COLUMNS = {
  Bridge: ["name", "ports", "datapath_type", "fail_mode", "controller"],
  Controller: ["_uuid", "target", "is_connected"],
  Port: ["_uuid", "name", "tag", "trunks", "vlan_mode", "bond_mode", "lacp", "interfaces"],
  Interface: ["_uuid", "name", "type", "options", "mac_in_use", "error"],
} as const;

export type Row = Readonly<Record<string, unknown>>;
export type Tables = Readonly<Record<keyof typeof COLUMNS, readonly Row[]>>;
type TableName = keyof Tables;

const TABLES = Object.keys(COLUMNS) as TableName[];

/** One transaction: all tables are of one moment. */
export function question(): string {
  const selects = TABLES.map((table) => ({ op: "select", table, where: [], columns: COLUMNS[table] }));
  return JSON.stringify({ id: ID, method: "transact", params: [DATABASE, ...selects] });
}

/** The server answers, but not with what was requested. */
export class OvsdbError extends Error {}

/**
 * The tables in an answer; null for a message that does not answer `question()`, such as the server's own echo request.
 * Undefined: this server has no such database; another one of the same machine may.
 * @throws OvsdbError
 */
export function tablesIn(message: string): Tables | null | undefined {
  const { id, result, error } = asRow(parse(message)) ?? {};
  if (id !== ID) return null;
  const refused = errorOf({ error });
  if (refused !== null) {
    if (refused.startsWith("unknown database")) return undefined;
    throw new OvsdbError(refused);
  }
  if (!Array.isArray(result)) throw new OvsdbError("its answer has no result");
  const tables = TABLES.map((table, at) => {
    const one = asRow(result[at]);
    const cause = errorOf(one ?? {});
    if (cause !== null) throw new OvsdbError(cause);
    if (!Array.isArray(one?.["rows"])) throw new OvsdbError(`its answer has no rows of table ${table}`);
    return [table, one["rows"].flatMap((row: unknown) => asRow(row) ?? [])] as const;
  });
  return Object.fromEntries(tables) as Record<TableName, Row[]>;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    throw new OvsdbError("its answer is not JSON");
  }
}

/** `unknown database: no database named Open_vSwitch` */
function errorOf({ error, details }: Row): string | null {
  if (error === undefined || error === null) return null;
  const whole = asRow(error);
  if (whole !== null) return errorOf(whole) ?? "it refuses to answer";
  return [error, details].filter((text) => typeof text === "string").join(": ") || "it refuses to answer";
}

export function asRow(value: unknown): Row | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row) : null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

/** Finds where a message ends: there is neither a length before it nor a newline after it. */
export class JsonStream {
  readonly #parts: Buffer[] = [];
  #depth = 0;
  #quoted = false;
  #escaped = false;

  /** The messages that are complete now. */
  push(bytes: Uint8Array): string[] {
    const messages: string[] = [];
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (this.#quoted) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#quoted = false;
      } else if (byte === QUOTE) this.#quoted = true;
      else if (OPEN.has(byte)) this.#depth++;
      else if (CLOSE.has(byte) && --this.#depth <= 0) {
        this.#depth = 0;
        this.#parts.push(Buffer.from(bytes.subarray(start, at + 1)));
        messages.push(Buffer.concat(this.#parts.splice(0)).toString("utf8"));
        start = at + 1;
      }
    }
    if (start < bytes.length) this.#parts.push(Buffer.from(bytes.subarray(start)));
    return messages;
  }
}
