/** Colours, by class. Written out twice instead of as variables: not every program that shows SVG knows those. */

interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly cable: string;
  readonly down: string;
  readonly tunnel: string;
  readonly box: Readonly<Record<BoxClass, readonly [fill: string, stroke: string]>>;
  readonly chip: Readonly<Record<ChipClass, readonly [fill: string, ink: string]>>;
}

type BoxClass = "host" | "router" | "machine" | "switch" | "bond" | "group" | "outside" | "end";
type ChipClass = "nat" | "firewall" | "dhcp" | "dns" | "run";

const LIGHT: Theme = {
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

const DARK: Theme = {
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

const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

/** One name for the class of the root, so that a page can hold several pictures and its own styles. */
export const ROOT_CLASS = "netloom";

export function stylesheet(): string {
  const own = `.${ROOT_CLASS}`;
  const shape = [
    `${own}{font-family:${FONT};font-variant-numeric:tabular-nums}`,
    `${own} .box{stroke-width:1.25}`,
    `${own} .name{font-size:13px;font-weight:600}`,
    `${own} .end .name{font-size:12px;font-weight:400}`,
    `${own} .note{font-size:11px}`,
    `${own} .chip text{font-size:10px;font-weight:600}`,
    `${own} .label{font-size:11px}`,
    `${own} .link{font-weight:600}`,
    `${own} .line{fill:none;stroke-width:1.5}`,
    `${own} .own .line{stroke-dasharray:1.5 3.5;stroke-linecap:round;stroke-width:1.75}`,
    `${own} .tunnel .line{stroke-dasharray:9 5}`,
    `${own} .stacked .line{stroke-dasharray:1.5 5;stroke-linecap:round;stroke-width:2.25}`,
    `${own} .many .line{stroke-width:3.5}`,
    `${own} .down .line{stroke-dasharray:6 4}`,
    `${own} .hit{fill:none;stroke:transparent;stroke-width:9;pointer-events:stroke}`,
    `${own} .cable:hover .line{stroke-width:2.75}`,
    `${own} .outside .box,${own} .end .box{stroke-dasharray:4 3}`,
    `${own} .icon{fill:none;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}`,
  ];
  return [...shape, ...colours(LIGHT), `@media (prefers-color-scheme:dark){${colours(DARK).join("")}}`].join("\n");
}

function colours({ paper, ink, muted, cable, down, tunnel, box, chip }: Theme): string[] {
  const own = `.${ROOT_CLASS}`;
  return [
    `${own} .paper{fill:${paper}}`,
    `${own} text{fill:${ink}}`,
    `${own} .note,${own} .link,${own} .legend text{fill:${muted}}`,
    `${own} .label{stroke:${paper};stroke-width:3px;paint-order:stroke;stroke-linejoin:round}`,
    `${own} .line{stroke:${cable}}`,
    `${own} .tunnel .line{stroke:${tunnel}}`,
    ...Object.entries(box).map(
      ([name, [fill, stroke]]) =>
        `${own} .${name} .box{fill:${fill};stroke:${stroke}}${own} .${name} .icon{stroke:${stroke}}`,
    ),
    ...Object.entries(chip).map(([name, [fill, text]]) => `${own} .${name} rect{fill:${fill}}${own} .${name} text{fill:${text}}`), // prettier-ignore
    // Behind the others: red is red, whatever it is on.
    `${own} .down .line,${own} .down .box,${own} .down .icon{stroke:${down}}`,
    `${own} .down .link{fill:${down}}`,
  ];
}
