/** The colours of pictures, on light and dark backgrounds. */

import type { BoxKind } from "./types.ts";

export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly cable: string;
  readonly down: string;
  readonly tunnel: string;
  readonly box: Readonly<Record<BoxKind, readonly [fill: string, stroke: string]>>;
  readonly chip: Readonly<Record<ChipClass, readonly [fill: string, ink: string]>>;
}

type ChipClass = "nat" | "firewall" | "dhcp" | "dns" | "run";

export const LIGHT: Theme = {
  paper: "#ffffff",
  ink: "#1b2430",
  muted: "#5b6878",
  cable: "#8291a5",
  down: "#d92d3a",
  tunnel: "#b45309",
  box: {
    host: ["#f8fafc", "#94a3b8"],
    router: ["#e8f1fe", "#3b7ddd"],
    machine: ["#f1ecfd", "#8257d8"],
    switch: ["#e3f5f0", "#2a9d83"],
    bond: ["#eef6d8", "#7a9a1f"],
    group: ["#f8fafc", "#94a3b8"],
    outside: ["#ffffff", "#94a3b8"],
    end: ["#ffffff", "#94a3b8"],
  },
  chip: {
    nat: ["#fdebc8", "#83510a"],
    firewall: ["#fbdfe0", "#98212b"],
    dhcp: ["#d8ecfb", "#0d5a8a"],
    dns: ["#dcf3e3", "#186a3b"],
    run: ["#e6e9ee", "#3d4a5c"],
  },
};

export const DARK: Theme = {
  paper: "#10151c",
  ink: "#e6ebf2",
  muted: "#9aa7b8",
  cable: "#66758a",
  down: "#ff6b74",
  tunnel: "#f0a04b",
  box: {
    host: ["#1a222d", "#55657a"],
    router: ["#15294a", "#5b9bf5"],
    machine: ["#291f45", "#a283ee"],
    switch: ["#11332d", "#3fbf9f"],
    bond: ["#2a3312", "#a9c94f"],
    group: ["#1a222d", "#55657a"],
    outside: ["#10151c", "#66758a"],
    end: ["#10151c", "#66758a"],
  },
  chip: {
    nat: ["#4a3613", "#f7cf86"],
    firewall: ["#4d2126", "#ffb3b8"],
    dhcp: ["#143a55", "#a5d8fb"],
    dns: ["#173f29", "#a1e2bb"],
    run: ["#2b3543", "#ccd5e2"],
  },
};
