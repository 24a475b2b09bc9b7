import { bytes, i32, level, list, nested, text, u32, u64 } from "../fields.ts";
import { data } from "./data.ts";
import { expression, expressions } from "./expressions.ts";
import type {
  BatchMessage,
  ChainMessage,
  Counters,
  GenerationMessage,
  Hook,
  RuleMessage,
  SetDescription,
  SetElement,
  SetElementsMessage,
  SetMessage,
  TableMessage,
} from "./types.ts";

// Attributes of every kind of message, in the order of the kernel's own dumps (net/netfilter/nf_tables_api.c).

export const TABLE = level<TableMessage>([
  [1, "NFTA_TABLE_NAME", "name", text],
  [3, "NFTA_TABLE_USE", "use", u32],
  [4, "NFTA_TABLE_HANDLE", "handle", u64],
  [2, "NFTA_TABLE_FLAGS", "flags", u32],
  [7, "NFTA_TABLE_OWNER", "owner", u32],
  [6, "NFTA_TABLE_USERDATA", "userData", bytes],
]);

const HOOK = level<Hook>([
  [1, "NFTA_HOOK_HOOKNUM", "number", u32],
  [2, "NFTA_HOOK_PRIORITY", "priority", i32],
  [4, "NFTA_HOOK_DEVS", "devices", list(text, 1, "NFTA_DEVICE_NAME")],
  [3, "NFTA_HOOK_DEV", "device", text],
]);

const COUNTERS = level<Counters>([
  [2, "NFTA_COUNTER_PACKETS", "packets", u64],
  [1, "NFTA_COUNTER_BYTES", "bytes", u64],
]);

export const CHAIN = level<ChainMessage>([
  [1, "NFTA_CHAIN_TABLE", "table", text],
  [3, "NFTA_CHAIN_NAME", "name", text],
  [2, "NFTA_CHAIN_HANDLE", "handle", u64],
  [4, "NFTA_CHAIN_HOOK", "hook", nested(HOOK)],
  [5, "NFTA_CHAIN_POLICY", "policy", u32],
  [7, "NFTA_CHAIN_TYPE", "type", text],
  [8, "NFTA_CHAIN_COUNTERS", "counters", nested(COUNTERS)],
  [10, "NFTA_CHAIN_FLAGS", "flags", u32],
  [6, "NFTA_CHAIN_USE", "use", u32],
  [12, "NFTA_CHAIN_USERDATA", "userData", bytes],
  [11, "NFTA_CHAIN_ID", "id", u32],
]);

export const RULE = level<RuleMessage>([
  [1, "NFTA_RULE_TABLE", "table", text],
  [2, "NFTA_RULE_CHAIN", "chain", text],
  [3, "NFTA_RULE_HANDLE", "handle", u64],
  [6, "NFTA_RULE_POSITION", "position", u64],
  [4, "NFTA_RULE_EXPRESSIONS", "expressions", expressions],
  [7, "NFTA_RULE_USERDATA", "userData", bytes],
  [9, "NFTA_RULE_ID", "id", u32],
  [10, "NFTA_RULE_POSITION_ID", "positionId", u32],
  [11, "NFTA_RULE_CHAIN_ID", "chainId", u32],
]);

type Part = NonNullable<SetDescription["concatenation"]>[number];
const PART = level<Part>([[1, "NFTA_SET_FIELD_LEN", "length", u32]]);

const DESCRIPTION = level<SetDescription>([
  [1, "NFTA_SET_DESC_SIZE", "size", u32],
  [2, "NFTA_SET_DESC_CONCAT", "concatenation", list(nested(PART))],
]);

export const SET = level<SetMessage>([
  [1, "NFTA_SET_TABLE", "table", text],
  [2, "NFTA_SET_NAME", "name", text],
  [16, "NFTA_SET_HANDLE", "handle", u64],
  [3, "NFTA_SET_FLAGS", "flags", u32],
  [4, "NFTA_SET_KEY_TYPE", "keyType", u32],
  [5, "NFTA_SET_KEY_LEN", "keyLength", u32],
  [6, "NFTA_SET_DATA_TYPE", "dataType", u32],
  [7, "NFTA_SET_DATA_LEN", "dataLength", u32],
  [15, "NFTA_SET_OBJ_TYPE", "objectType", u32],
  [11, "NFTA_SET_TIMEOUT", "timeout", u64],
  [12, "NFTA_SET_GC_INTERVAL", "gcInterval", u32],
  [8, "NFTA_SET_POLICY", "policy", u32],
  [13, "NFTA_SET_USERDATA", "userData", bytes],
  [9, "NFTA_SET_DESC", "description", nested(DESCRIPTION)],
  [19, "NFTA_SET_TYPE", "backend", text],
  [20, "NFTA_SET_COUNT", "count", u32],
  [17, "NFTA_SET_EXPR", "expression", expression],
  [18, "NFTA_SET_EXPRESSIONS", "expressions", expressions],
  [10, "NFTA_SET_ID", "id", u32],
]);

export const ELEMENT = level<SetElement>([
  [1, "NFTA_SET_ELEM_KEY", "key", data],
  [10, "NFTA_SET_ELEM_KEY_END", "keyEnd", data],
  [2, "NFTA_SET_ELEM_DATA", "data", data],
  [7, "NFTA_SET_ELEM_EXPR", "expression", expression],
  [11, "NFTA_SET_ELEM_EXPRESSIONS", "expressions", expressions],
  [9, "NFTA_SET_ELEM_OBJREF", "object", text],
  [3, "NFTA_SET_ELEM_FLAGS", "flags", u32],
  [4, "NFTA_SET_ELEM_TIMEOUT", "timeout", u64],
  [5, "NFTA_SET_ELEM_EXPIRATION", "expiration", u64],
  [6, "NFTA_SET_ELEM_USERDATA", "userData", bytes],
]);

export const elementCodec = nested(ELEMENT);

export const ELEMENTS = level<SetElementsMessage>([
  [1, "NFTA_SET_ELEM_LIST_TABLE", "table", text],
  [2, "NFTA_SET_ELEM_LIST_SET", "set", text],
  [4, "NFTA_SET_ELEM_LIST_SET_ID", "setId", u32],
  [3, "NFTA_SET_ELEM_LIST_ELEMENTS", "elements", list(elementCodec)],
]);

export const GENERATION = level<GenerationMessage>([
  [1, "NFTA_GEN_ID", "id", u32],
  [2, "NFTA_GEN_PROC_PID", "processId", u32],
  [3, "NFTA_GEN_PROC_NAME", "processName", text],
]);

export const BATCH = level<BatchMessage>([[1, "NFNL_BATCH_GENID", "generation", u32]]);
