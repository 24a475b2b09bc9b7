// What of `netloom draw FILE` is the picture: reads the topology of the first argument, then says how many milliseconds the scene,
// its layout and the SVG of it took, in a process that has drawn nothing before.
import { drawingOf, pictureOf } from "../src/draw/index.ts";
import { loadTopology } from "../src/topology/index.ts";

const { model } = loadTopology(process.argv[2]!);
const began = performance.now();
const drawing = drawingOf(model);
const svg = pictureOf(drawing, "svg");
const taken = performance.now() - began;
console.log(
  JSON.stringify({
    taken,
    boxes: drawing.boxes.length,
    size: svg.length,
    width: drawing.width,
    height: drawing.height,
  }),
);
