/** Sends tables to the kernel so that they take effect atomically: in one batch or, if that is too long, in two. */

import type { NetfilterTable } from "../../model/index.ts";
import { NETLOOM_NEXT_TABLE } from "../../model/index.ts";
import { KernelError, NetlinkError, NetlinkSocket } from "../../kernel/index.ts";
import { commitRuleset } from "../../kernel/nftables.ts";
import {
  joinBlocks,
  NETLINK_NETFILTER,
  NFT_TABLE_F_DORMANT,
  type NftablesBatch,
  type NftablesBlock,
} from "../../netlink/nftables/index.ts";
import type { ChangeOf } from "../../plan/index.ts";
import { compileTable, tableMessage } from "./compile.ts";
import { keptElements } from "./keep.ts";
import { type Block, blockOf, type Library } from "./library.ts";

/** A namespace by its descriptor, and its name for error messages. */
export interface NamespaceRef {
  readonly fd: number;
  readonly name: string;
}

export interface LoadOptions {
  /** Maximum bytes of one send; tests set it below the socket's own limit. */
  readonly sendLimit?: number;
  /** Shared by all the tables that are loaded together: see compileTable. */
  readonly library?: Library;
}

/**
 * Creates, replaces and deletes tables of one namespace in one batch, so that packets see all of the changes or none. A table too
 * long for one send is created dormant and activated when it is complete; see `replaceInParts` for tables that already exist.
 * @throws NetlinkError with the chain and the number of the rule that the kernel refuses; then nothing is changed.
 */
export function applyTables(
  { fd, name }: NamespaceRef,
  changes: readonly ChangeOf<"table">[],
  { sendLimit = Infinity, library }: LoadOptions = {},
): void {
  if (changes.length === 0) return;
  // Compile first: errors are found before anything is changed.
  const compiled = changes.map(({ before, after }) => ({
    before,
    after,
    blocks: after === null ? [] : compileTable(after, library),
  }));
  using socket = openSocket(fd, name);
  const work = compiled.map(({ before, after, blocks }) => {
    const kept = before === null || after === null ? [] : keptElements(socket, before, after);
    return { before, after, blocks: [...blocks, ...kept] };
  });
  const loader = new Loader(socket, name, Math.min(sendLimit, socket.maxBytes));
  const whole = work.flatMap(({ before, blocks }) => [...(before === null ? [] : removal(before)), ...blocks]);
  if (loader.commitIfItFits(whole)) return;
  for (const { before, after, blocks } of work) {
    if (after === null) loader.commit(removal(before!));
    else if (before === null) loader.commitOrInParts(after, blocks);
    else replaceInParts(loader, socket, before, after);
  }
}

function openSocket(fd: number, name: string): NetlinkSocket {
  try {
    return NetlinkSocket.open({ namespace: fd, name, protocol: NETLINK_NETFILTER });
  } catch (error) {
    if (!(error instanceof KernelError) || error.errnoName !== "EPROTONOSUPPORT") throw error;
    throw new KernelError("load netfilter rules", error.errno, {
      namespace: name,
      cause: "this kernel has no nf_tables",
      hint: "load the module nf_tables, or use a kernel that has it",
    });
  }
}

/** Deletes a table whether or not it exists: adding an existing table is not an error, and then deleting it is not, either. */
function removal(table: NetfilterTable): Block[] {
  const operation = `delete table ${table.family} ${table.name}`;
  const [add, remove] = [tableMessage(table, table.name), tableMessage(table, table.name, "delete")];
  return [blockOf([[{ message: add, operation }], [{ message: remove, operation }]])];
}

/**
 * A table cannot be renamed, and two batches do not take effect at the same time. So a second table, created dormant, replaces
 * the old one in one batch; then the old name is free, and a third table is created and replaces the second in the same way.
 * There is never a packet without rules in between.
 */
function replaceInParts(loader: Loader, socket: NetlinkSocket, before: NetfilterTable, after: NetfilterTable): void {
  const next = { ...after, name: NETLOOM_NEXT_TABLE };
  loader.commit(removal(next));
  const step = (from: NetfilterTable, to: NetfilterTable): void => {
    loader.loadSleeping(to, [...compileTable(to), ...keptElements(socket, from, to)]);
    loader.commit([wake(to), ...removal(from)]);
  };
  step(before, next);
  step(next, after);
}

function wake(table: NetfilterTable): Block {
  const operation = `wake table ${table.family} ${table.name}`;
  return blockOf([[{ message: tableMessage(table, table.name, "new", 0), operation }]]);
}

class Loader {
  readonly #socket: NetlinkSocket;
  readonly #name: string;
  readonly #limit: number;

  constructor(socket: NetlinkSocket, name: string, limit: number) {
    this.#socket = socket;
    this.#name = name;
    this.#limit = limit;
  }

  commitIfItFits(blocks: readonly NftablesBlock[]): boolean {
    const batch = joinBlocks(blocks);
    if (batch.bytes.length > this.#limit) return false;
    this.#send(batch);
    return true;
  }

  commit(blocks: readonly NftablesBlock[]): void {
    this.#send(joinBlocks(blocks));
  }

  /** Only the first refusal is reported: the later ones follow from it. */
  #send(batch: NftablesBatch): void {
    const [refused] = commitRuleset(this.#socket, batch);
    if (refused !== undefined) throw new NetlinkError(refused, { namespace: this.#name });
  }

  commitOrInParts(table: NetfilterTable, blocks: readonly Block[]): void {
    if (this.commitIfItFits(blocks)) return;
    this.loadSleeping(table, blocks);
    this.commit([wake(table)]);
  }

  /** Creates a dormant table in as many batches as needed. If one fails, the table is removed again. */
  loadSleeping(table: NetfilterTable, [, ...blocks]: readonly Block[]): void {
    const message = tableMessage(table, table.name, "new", NFT_TABLE_F_DORMANT);
    const first = blockOf([[{ message, operation: `add table ${table.family} ${table.name}` }]]);
    try {
      for (const part of partsOf([first, ...blocks], this.#limit - BATCH_ENDS)) this.commit(part);
    } catch (error) {
      commitRuleset(this.#socket, joinBlocks(removal(table)));
      throw error;
    }
  }
}

/** A generous estimate of the size of a batch's begin and end messages. */
const BATCH_ENDS = 128;

/** Distributes all units over batches within the limit. */
function partsOf(blocks: readonly Block[], limit: number): NftablesBlock[][] {
  const parts: NftablesBlock[][] = [[]];
  let length = 0;
  for (const unit of blocks.flatMap(unitsOf)) {
    if (length > 0 && length + unit.bytes.length > limit) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)!.push(unit);
    length += unit.bytes.length;
  }
  return parts;
}

function unitsOf({ bytes, starts, operations, units }: Block): NftablesBlock[] {
  return units.map((first, index) => {
    const end = units[index + 1] ?? starts.length;
    const [from, to] = [starts[first]!, starts[end] ?? bytes.length];
    return {
      bytes: bytes.subarray(from, to),
      starts: starts.slice(first, end).map((start) => start - from),
      operations: operations.slice(first, end),
    };
  });
}
