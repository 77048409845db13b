// A text as tokens: the less sure the model was of one, the stronger its colour. Pointing at one, or reaching it with
// the keyboard (Tab into the text, then the arrow keys), tells its probability and its rivals below.
export default function (component) {
  const { data, parentElement } = component;
  const text = parentElement.querySelector(".text");
  const told = parentElement.querySelector(".told");
  parentElement.querySelector(".tokens").style.setProperty("--tone", `var(--st-${data.colour}-color)`);
  const percent = (share) => (share < 0.001 ? "<0.1%" : `${(100 * share).toFixed(1)}%`);
  const named = ([name, share]) => `“${name}” ${percent(share)}`;
  const tell = (token) => {
    const rivals = token.rivals.filter(([name]) => name !== token.name);
    const likely = rivals.filter(([, share], place) => place === 0 || share >= 0.001);
    told.textContent = `${named([token.name, token.share])}. Next likeliest: ${likely.map(named).join(", ")}.`;
  };
  if (text.dataset.version === data.version) return;
  text.dataset.version = data.version;
  told.textContent = data.tokens.length ? "Point at a token, or reach it by Tab and the arrow keys, for its probability." : "";
  text.onkeydown = (event) => {
    const spans = [...text.querySelectorAll(".token")];
    const at = spans.indexOf(event.target);
    const wanted = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: spans.length - 1 }[event.key];
    if (at < 0 || !spans[wanted]) return;
    event.preventDefault();
    spans[at].tabIndex = -1;
    spans[wanted].tabIndex = 0;
    spans[wanted].focus();
  };
  text.replaceChildren(
    ...data.tokens.flatMap((token, place) => {
      const span = document.createElement("span");
      span.textContent = token.text.replaceAll("\n", "⏎");
      span.className = token.mark ? "token mark" : "token";
      span.tabIndex = place === 0 ? 0 : -1;
      span.setAttribute("role", "button");
      span.title = percent(token.share);
      span.setAttribute("aria-label", `${token.name}, ${percent(token.share)}`);
      span.style.setProperty("--doubt", `${Math.round(60 * (1 - token.share))}%`);
      span.onpointerenter = span.onfocus = span.onclick = () => tell(token);
      return token.text.includes("\n") ? [span, document.createElement("br")] : [span];
    })
  );
}
