// The lifter as a stick figure, as in a mirror: the lifter's left is on the left, like the lamps.

const SVG = "http://www.w3.org/2000/svg";
const BONES = [[5, 6], [5, 7], [7, 9], [6, 8], [8, 10], [5, 11], [6, 12], [11, 12], [11, 13], [13, 15], [12, 14], [14, 16]];
const LEG = { left: [11, 13, 15], right: [12, 14, 16] };
const MIN_SCORE = 0.2;
const BOX = { left: 8, right: 152, top: 34, floor: 292 };
const DEPTH = { top: 24, perUnit: 217.6, bottom: 296 };

function element(parent, name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return parent.appendChild(made);
}

export class Figure {
  constructor(svg, countDepth) {
    this.svg = svg;
    const group = svg.querySelector("#bones");
    this.bones = BONES.map(([a, b]) => {
      const side = LEG.left.includes(a) && LEG.left.includes(b) ? "left" : LEG.right.includes(a) && LEG.right.includes(b) ? "right" : "";
      return element(group, "line", { class: side ? `bone leg ${side}` : "bone" });
    });
    this.head = element(group, "circle", { class: "head" });
    this.joints = new Map([11, 12, 13, 14, 15, 16].map((index) => [
      index,
      element(group, "circle", { class: `joint ${index % 2 ? "left" : "right"}${index === 13 || index === 14 ? " knee" : ""}` }),
    ]));
    this.sides = { left: svg.querySelector("#side-left"), right: svg.querySelector("#side-right") };
    this.fill = svg.querySelector("#gauge-fill");
    const y = DEPTH.top + countDepth * DEPTH.perUnit;
    const tick = svg.querySelector("#gauge-count");
    tick.setAttribute("y1", y);
    tick.setAttribute("y2", y);
    const label = svg.querySelector("#gauge-count-label");
    label.setAttribute("y", y + 5.4);
    label.toggleAttribute("hidden", Math.abs(countDepth - 1) < 0.08);
    this.camera = null;
  }

  show(view) {
    const seen = Boolean(view.skeleton);
    this.svg.dataset.seen = seen ? "yes" : "no";
    const depth = Math.min(Math.max(view.depth ?? 0, 0), 1.25);
    this.fill.setAttribute("height", (depth * DEPTH.perUnit).toFixed(1));
    this.svg.dataset.left = view.flagged.left ? "in" : "";
    this.svg.dataset.right = view.flagged.right ? "in" : "";
    this.svg.dataset.doubt = view.state === "doubt" ? "yes" : "no";
    if (seen) this.draw(view.skeleton);
    else this.camera = null;
  }

  draw({ xy, score }) {
    const good = xy.map((point, index) => point !== null && (score[index] ?? 1) >= MIN_SCORE);
    this.follow(xy.filter((_, index) => good[index]));
    if (!this.camera) return;
    const { x: cx, floor, scale } = this.camera;
    const middle = (BOX.left + BOX.right) / 2;
    const place = xy.map((point) => point && [middle - (point[0] - cx) * scale, BOX.floor + (point[1] - floor) * scale]);
    BONES.forEach(([a, b], index) => {
      const line = this.bones[index];
      line.toggleAttribute("hidden", !(good[a] && good[b]));
      if (good[a] && good[b]) move(line, { x1: place[a][0], y1: place[a][1], x2: place[b][0], y2: place[b][1] });
    });
    for (const [index, circle] of this.joints) {
      circle.toggleAttribute("hidden", !good[index]);
      if (good[index]) move(circle, { cx: place[index][0], cy: place[index][1], r: index === 13 || index === 14 ? 7 : 4.5 });
    }
    const face = [0, 1, 2, 3, 4].filter((index) => good[index]);
    this.head.toggleAttribute("hidden", face.length === 0);
    if (face.length) {
      const mean = (axis) => face.reduce((sum, index) => sum + place[index][axis], 0) / face.length;
      move(this.head, { cx: mean(0), cy: mean(1), r: 16 });
    }
    for (const [side, [, , ankle]] of Object.entries(LEG)) {
      if (good[ankle]) move(this.sides[side], { x: place[ankle][0] });
    }
  }

  // Keeps the lifter's feet on the floor line and the standing lifter as tall as the picture, without jumping about.
  follow(points) {
    if (points.length < 4) return;
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const top = Math.min(...ys);
    const floor = Math.max(...ys);
    const wide = (Math.max(...xs) - Math.min(...xs)) || 1;
    const x = (Math.max(...xs) + Math.min(...xs)) / 2;
    const fit = Math.min((BOX.floor - BOX.top) / Math.max(floor - top, 1), (BOX.right - BOX.left) / wide);
    if (!this.camera) {
      this.camera = { x, floor, scale: fit };
      return;
    }
    const camera = this.camera;
    camera.x += (x - camera.x) * 0.15;
    camera.floor += (floor - camera.floor) * 0.15;
    // Shrinks at once so that nothing leaves the box; grows slowly, or a squatting lifter would be zoomed in on.
    camera.scale += (fit - camera.scale) * (fit < camera.scale ? 0.5 : 0.004);
  }
}

function move(shape, attributes) {
  for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value.toFixed(1));
}
