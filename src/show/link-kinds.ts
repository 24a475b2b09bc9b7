/** The reference page of the kinds of interfaces: docs/links.md, from their tables. Pure. */

import { LINK_KINDS, limitsOf } from "../model/index.ts";
import type { LinkKind, LinkOption } from "../model/index.ts";

const INTRODUCTION = `# Kinds of interfaces

An interface with \`kind\` is made in its node and plugged into nothing; one without is plugged into a switch or is the end of a cable
(see [the format](format.md)). Beside the keys below it takes those of every interface: \`address\`, \`mac\`, \`mtu\`, \`up\`, \`dhcp\`. Its
addresses are given with their prefix lengths, or come from DHCP. Options have iproute2's names, and values that are not given are
Linux's own. \`netloom up\` changes an option on the running interface if the kernel can; for the others it replaces the interface.

This page is generated from the tables in \`src/model/links/\` by \`npm run docs\`.
`;

/** As Markdown; ends in a newline. */
export function linkKindsPage(kinds: readonly LinkKind[] = LINK_KINDS): string {
  return [INTRODUCTION, ...kinds.filter(({ inFile }) => inFile === true).map(section)].join("\n");
}

function section({ kind, about, lower, options, overhead, lowerMac }: LinkKind): string {
  const on =
    lower === undefined
      ? []
      : [
          row(
            "on",
            "an interface of the node",
            lower.required === true ? "required" : "",
            lower.fixed !== true,
            lower.fixed === "once set" ? `${lower.about} Taking it away replaces the interface.` : lower.about,
          ),
        ];
  const rows = Object.entries(options).map(([name, option]) =>
    row(name, valuesOf(option), defaultText(option), isChangeable(option), optionText(option)),
  );
  const facts = [
    ...(overhead === undefined
      ? []
      : [
          `Its MTU is by default ${overhead[0]} bytes smaller than that of the interface it is on (1500 without one), and ${overhead[1]} smaller over IPv6.`,
        ]),
    ...(overhead === undefined && lower !== undefined ? ["Its MTU is by default that of the interface it is on."] : []),
    ...(lowerMac === undefined
      ? []
      : [`With \`${lowerMac.option}: ${lowerMac.value}\` it has the hardware address of the interface it is on.`]),
  ];
  return [
    `## ${kind}\n`,
    `${about}${facts.map((fact) => ` ${fact}`).join("")}\n`,
    "| key | value | default | changes in place | what it is |",
    "| --- | --- | --- | --- | --- |",
    ...on,
    ...rows,
    "",
  ].join("\n");
}

function row(name: string, values: string, preset: string, changeable: boolean, about: string): string {
  return `| \`${name}\` | ${values} | ${preset} | ${changeable ? "yes" : "no"} | ${about} |`;
}

function valuesOf(option: LinkOption): string {
  switch (option.type) {
    case "boolean":
      return "true or false";
    case "enum":
      return Object.keys(option.values)
        .map((value) => `\`${value}\``)
        .join(", ");
    case "address":
      return `${option.scope === "multicast" ? "multicast address" : "address"}${option.attributes[1] === null ? " (IPv4)" : ""}`;
    case "mac":
      return "hardware address";
    default:
      return limitsOf(option).join("–");
  }
}

function defaultText(option: LinkOption): string {
  if (option.required === true) return "required";
  const preset = "default" in option ? option.default : undefined;
  return preset === undefined ? "" : `\`${String(preset)}\``;
}

function isChangeable(option: LinkOption): boolean {
  return option.fixed !== true;
}

function optionText(option: LinkOption): string {
  const { about, iproute2, excludes = [], needs = [] } = option;
  const fixed = option.type === "enum" ? (option.fixedValues ?? []) : [];
  return [
    about,
    ...(iproute2 === undefined ? [] : [`\`ip link\` calls it \`${iproute2}\`.`]),
    ...excludes.map((other) => `Not together with \`${other}\`.`),
    ...needs.map((other) => `Needs \`${other}\`.`),
    ...fixed.map((value) => `Changing to or from \`${value}\` replaces the interface.`),
    ...(option.type === "address" && option.fixed !== true && option.attributes[1] !== null
      ? ["From IPv4 to IPv6 or back replaces the interface."]
      : []),
  ].join(" ");
}
