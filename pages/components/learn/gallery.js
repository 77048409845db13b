// Rows of small images with words beneath; where one can be picked, they are radio buttons, so that arrow keys work.
const drawn = new WeakMap();

function element(kind, name, text) {
  const made = document.createElement(kind);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function tile(each, index, group, onPick) {
  const box = element(onPick ? "label" : "figure", `tile ${each.role || ""}`);
  if (onPick) {
    const radio = element("input");
    radio.type = "radio";
    radio.name = group;
    radio.value = String(index);
    radio.setAttribute("aria-label", each.alt);
    radio.addEventListener("change", () => onPick(index));
    box.append(radio);
  }
  const image = element("img");
  image.src = each.src;
  image.alt = onPick ? "" : each.alt;
  box.append(image);
  if (each.caption) box.append(element("figcaption", "", each.caption));
  if (each.note) box.append(element("small", "", each.note));
  return box;
}

function bar(parts) {
  const row = element("div", "bar");
  row.setAttribute("role", "img");
  row.setAttribute("aria-label", parts.map((part) => `${part.label}: ${part.count}`).join(", "));
  for (const part of parts) {
    const piece = element("div", `piece ${part.role}`, part.text);
    piece.style.flexGrow = part.count;
    piece.title = `${part.label}: ${part.count}`;
    row.append(piece);
  }
  return row;
}

export default function ({ data, parentElement, setStateValue }) {
  const host = parentElement.querySelector(".gallery");
  if (drawn.get(host) !== data.version) {
    drawn.set(host, data.version);
    host.style.setProperty("--tile", `${data.size}px`);
    host.replaceChildren();
    if (data.bar) host.append(bar(data.bar));
    const onPick = data.picks ? (index) => setStateValue("chosen", index) : null;
    for (const section of data.sections) {
      const part = element(onPick ? "fieldset" : "section");
      if (section.title) part.append(element(onPick ? "legend" : "h4", section.role || "", section.title));
      const row = element("div", "row");
      row.append(...section.tiles.map((each, index) => tile(each, index, data.version, onPick)));
      part.append(row);
      host.append(part);
    }
  }
  for (const radio of host.querySelectorAll("input")) radio.checked = Number(radio.value) === data.chosen;
}
