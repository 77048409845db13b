// Colours by role ("@student/0.2") in a figure become those of a palette.
const PALETTES = __PALETTES__;

function resolved(value, palette) {
  if (typeof value === "string") {
    const match = /^@([a-z]+)(?:\/(\d?\.?\d+))?$/.exec(value);
    if (!match || !palette[match[1]]) return value;
    const hex = palette[match[1]];
    if (!match[2]) return hex;
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${match[2]})`;
  }
  if (Array.isArray(value)) return typeof value[0] === "number" && typeof value[1] !== "string" ? value : value.map((item) => resolved(item, palette));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolved(item, palette)]));
  }
  return value;
}
