// A canvas to draw on. What is sent is ink, 0 to 255 a pixel of the model, and only when the pointer is lifted.
const CELL_SIDE = 280;

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const canvas = parentElement.querySelector("canvas");
  const clear = parentElement.querySelector("[data-clear]");
  const brush = parentElement.querySelector("input");
  const [height, width] = data.size;
  const cell = Math.max(1, Math.round(CELL_SIDE / Math.max(height, width)));
  if (canvas.width !== width * cell || canvas.height !== height * cell) {
    canvas.width = width * cell;
    canvas.height = height * cell;
  }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.lineCap = context.lineJoin = "round";

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  };
  const ink = () => {
    const { data: pixels } = context.getImageData(0, 0, canvas.width, canvas.height);
    const sums = new Array(height * width).fill(0);
    for (let y = 0; y < canvas.height; y++) {
      for (let x = 0; x < canvas.width; x++) {
        sums[Math.floor(y / cell) * width + Math.floor(x / cell)] += pixels[4 * (y * canvas.width + x) + 3];
      }
    }
    return sums.map((sum) => Math.round(sum / (cell * cell)));
  };
  let last = null;
  const stroke = (event) => {
    const point = at(event);
    context.strokeStyle = getComputedStyle(canvas).color;
    context.lineWidth = Number(brush.value) * cell;
    context.beginPath();
    context.moveTo(...(last ?? point));
    context.lineTo(...point);
    context.stroke();
    last = point;
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = null;
    stroke(event);
  };
  canvas.onpointermove = (event) => {
    if (last) stroke(event);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!last) return;
    last = null;
    setStateValue("ink", ink());
  };
  clear.onclick = () => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    setStateValue("ink", null);
  };
}
