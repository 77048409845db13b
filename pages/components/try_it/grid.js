// Small pictures to choose from: each is a button, so that the keyboard reaches it too.
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const host = parentElement.querySelector(".picture-grid");
  if (host.dataset.version !== data.version) {
    host.dataset.version = data.version;
    host.replaceChildren(
      ...data.pictures.map(({ place, name, png }) => {
        const button = document.createElement("button");
        button.type = "button";
        button.title = name;
        button.dataset.place = place;
        const image = document.createElement("img");
        image.src = `data:image/png;base64,${png}`;
        image.alt = name;
        button.append(image);
        return button;
      })
    );
  }
  for (const button of host.children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.place) === data.chosen));
    button.onclick = () => {
      for (const other of host.children) other.setAttribute("aria-pressed", String(other === button));
      setStateValue("chosen", Number(button.dataset.place));
    };
  }
}
