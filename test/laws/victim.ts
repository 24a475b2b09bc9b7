// Changes a lab on the machine, and kills itself at its k-th write: victim.cjs FOLDER MODEL.json K

import { readFileSync } from "node:fs";
import { HostLab } from "../../src/host/index.ts";
import { killAt } from "../../src/kernel/fault.ts";
import { setWriteGate } from "../../src/kernel/gate.ts";
import type { Model } from "../../src/model/index.ts";
import { asTopology, heldLab } from "./held.ts";

const [folder, file, at] = process.argv.slice(2);
const lab = heldLab(folder!);
const host = new HostLab(lab, lab.host);
const to = asTopology(JSON.parse(readFileSync(file!, "utf8")) as Model);
setWriteGate(killAt(Number(at)));
void host.change(to, host.found?.model ?? host.nothing, {});
