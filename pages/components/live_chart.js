// Draws one Plotly figure and keeps it: the same node, the reader's zoom and legend choices survive every update.
// Colours named by role are resolved here (see figures/palette.js), so that a change of theme needs no new figure.
const SCRIPT = "__SCRIPT__";
const drawn = new WeakMap();

function plotly() {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.__plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(SCRIPT, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.__plotlyLoading = undefined; reject(new Error("plotly.js did not load")); };
    document.head.appendChild(script);
  });
  return window.__plotlyLoading;
}

function themeOf(element) {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = background || "#ffffff";
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

const CONFIG = {
  displaylogo: false,
  responsive: false,
  modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
};

export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".live-chart");
  if (!data) {
    plotly().catch(() => undefined); // no figure: only fetches the script
    return undefined;
  }
  let state = drawn.get(host);
  if (!state) {
    state = { version: null, theme: null, queue: Promise.resolve() };
    state.observer = new ResizeObserver(() => {
      if (window.Plotly && host.data && host.clientWidth) window.Plotly.Plots.resize(host);
    });
    state.observer.observe(host);
    drawn.set(host, state);
  }
  const payload = data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data;
  const theme = themeOf(host);
  if (payload.version !== state.version || theme !== state.theme) {
    state.version = payload.version;
    state.theme = theme;
    host.style.height = `${payload.height}px`;
    host.setAttribute("role", "figure");
    host.setAttribute("aria-label", payload.alt);
    host.dataset.chart = payload.name;
    host.classList.toggle("buttons-below", Boolean(payload.figure.layout.xaxis?.title?.text));
    const figure = resolved(payload.figure, PALETTES[theme]);
    figure.layout.font = { ...figure.layout.font, family: getComputedStyle(host).getPropertyValue("--st-font") };
    state.queue = state.queue
      .then(plotly)
      .then((Plotly) => Plotly.react(host, figure.data, figure.layout, { ...CONFIG, displayModeBar: payload.toolbar ?? "hover" }))
      .then(() => { host.dataset.version = payload.version; })
      .catch((error) => { if (!host.data) host.textContent = `The chart could not be drawn: ${error.message}. Reload the page.`; });
  }
  return () => {
    state.observer.disconnect();
    drawn.delete(host);
    if (window.Plotly) window.Plotly.purge(host);
  };
}
