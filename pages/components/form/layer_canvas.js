// Two columns of layers with wires between the pairs. Choose a student layer, then a teacher layer, to join or part them.
const chosen = new WeakMap(); // the student layer that waits for its partner, by canvas

export default function ({ data, parentElement, setTriggerValue }) {
  const canvas = parentElement.querySelector(".canvas");
  const draw = () => {
    const wired = (side, name) => data.pairs.some((pair) => pair[side] === name);
    for (const side of ["student", "teacher"]) {
      canvas.querySelector(`.${side}`).replaceChildren(
        ...data[side].map((layer) => box(side, layer, wired(side, layer.name))),
      );
    }
    wire();
  };

  const box = (side, { name, shape }, wired) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = wired ? "layer wired" : "layer";
    button.dataset.layer = name;
    button.append(part("name", name), part("shape", shape));
    if (side === "student") button.setAttribute("aria-pressed", chosen.get(canvas) === name);
    const waiting = chosen.get(canvas);
    button.setAttribute("aria-label", label(side, name, shape, waiting));
    button.disabled = side === "teacher" && !waiting;
    button.onclick = () => (side === "student" ? choose(name) : join(waiting, name));
    return button;
  };

  const label = (side, name, shape, waiting) => {
    const layer = `${side === "student" ? "Student" : "Teacher"} layer ${name}, ${shape}`;
    if (side === "student" || !waiting) return layer;
    return `${layer}: ${isPair(waiting, name) ? "part from" : "join to"} ${waiting}`;
  };

  const choose = (name) => {
    chosen.set(canvas, chosen.get(canvas) === name ? undefined : name);
    draw();
    canvas.querySelector(`.student [data-layer="${CSS.escape(name)}"]`)?.focus();
  };

  const join = (student, teacher) => {
    chosen.delete(canvas);
    setTriggerValue("pair", [student, teacher]);
    draw();
  };

  const isPair = (student, teacher) => data.pairs.some((pair) => pair.student === student && pair.teacher === teacher);

  const wire = () => {
    const around = canvas.getBoundingClientRect();
    const svg = canvas.querySelector("svg");
    svg.replaceChildren(...data.pairs.flatMap((pair) => {
      const [from, to] = ["student", "teacher"].map((side) =>
        canvas.querySelector(`.${side} [data-layer="${CSS.escape(pair[side])}"]`)?.getBoundingClientRect());
      if (!from || !to) return [];
      const [x0, y0] = [from.right - around.left, from.top + from.height / 2 - around.top];
      const [x1, y1] = [to.left - around.left, to.top + to.height / 2 - around.top];
      const middle = (x0 + x1) / 2;
      const line = drawn("path", { d: `M${x0},${y0} C${middle},${y0} ${middle},${y1} ${x1},${y1}` });
      line.append(drawn("title", {}, `${pair.student} → ${pair.teacher}: ${pair.connector}`));
      const cost = pair.parameters ? `${pair.parameters.toLocaleString("en")} parameters` : "";
      return [line, drawn("text", { x: middle, y: (y0 + y1) / 2 - 5 }, cost)];
    }));
  };

  draw();
  const observer = new ResizeObserver(wire);
  observer.observe(canvas);
  return () => observer.disconnect();
}

function part(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

function drawn(kind, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
