"""Every control of a page, found by what Streamlit calls it, and a way to give each another value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watching import settled

WAYS: dict[str, Callable[[Any], None]]
"""How each kind is changed, in the order in which a page's controls are: first what reveals others, last what may
replace them."""

VALUE = "thumb => thumb.getAttribute('aria-valuenow') ?? thumb.getAttribute('aria-valuetext') ?? thumb.value"
AT_HAND = "[data-at-hand]"
FIND = """([kinds, done]) => {
  const popover = '[data-testid=stPopoverBody]';
  const shown = node => node.checkVisibility({checkOpacity: false, checkVisibilityCSS: true});
  const name = (node, kind) => {
    const key = [...(node.closest('[class*=st-key-]')?.classList ?? [])].find(each => each.startsWith('st-key-'));
    const label = node.querySelector('[data-testid=stWidgetLabel], summary')?.innerText
      ?? node.getAttribute('aria-label') ?? '';
    return `${kind} ${key ?? ''} ${label.trim()}`;
  };
  document.querySelectorAll('[data-at-hand]').forEach(node => node.removeAttribute('data-at-hand'));
  const found = kinds.flatMap((kind, order) => [...document.querySelectorAll(`[data-testid=${kind}]`)]
    .filter(node => shown(node) && !node.querySelector('input:disabled, textarea:disabled, button:disabled'))
    .map(node => ({node, kind, name: name(node, kind), order: order - 99 * !!node.closest(popover)})))
    .filter(each => !done.includes(each.name))
    .sort((one, other) => one.order - other.order);
  if (!found.length) return null;
  found[0].node.setAttribute('data-at-hand', '');
  found[0].node.scrollIntoView({block: 'center'});
  return [found[0].kind, found[0].name];
}"""


def change_all(tab: Any, check: Callable[[str], None]) -> list[str]:
    """Changes each control of a page once, also those that a change brings, and calls `check` after each.

    Returns:
        The names of the controls, in the order of their changes.
    """
    done: list[str] = []
    while (found := tab.evaluate(FIND, [list(WAYS), done])) is not None:
        kind, name = found
        done.append(name)
        assert len(done) < 200, f"changes bring ever new controls: {done[-5:]}"
        try:
            WAYS[kind](tab.locator(AT_HAND))
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        settled(tab)
        check(name)
    return done


def _keys(field: Any, keys: tuple[str, ...], read: Callable[[], Any], enough: bool = True) -> None:
    """Tries keys until what is read differs."""
    before = read()
    for key in keys:
        field.press(key)
        if read() != before:
            return
    assert not enough, f"no key changes {before!r}"


def _number(control: Any) -> None:
    field = control.locator("input").first
    _keys(field, ("ArrowUp", "ArrowDown"), field.input_value)
    field.press("Enter")


def _text(control: Any) -> None:
    field = control.locator("input, textarea").first
    field.fill(f"{field.input_value()}a")
    field.press("Control+Enter" if control.locator("textarea").count() else "Enter")


def _checkbox(control: Any) -> None:
    box = control.locator("input").first
    before = box.is_checked()
    box.press("Space")
    assert box.is_checked() != before


def _slider(control: Any) -> None:
    for thumb in control.get_by_role("slider").all():
        _keys(thumb, ("ArrowRight", "ArrowLeft"), lambda thumb=thumb: thumb.evaluate(VALUE))


def _select(control: Any) -> None:
    field = control.locator("input").first
    field.click()
    options = control.page.get_by_role("option")
    options.first.wait_for(timeout=20_000)
    other = control.page.locator("[role=option][aria-selected=false]")
    (other if other.count() else options).first.click()


def _several(control: Any) -> None:
    field = control.locator("input").first
    field.click()
    options = control.page.get_by_role("option")
    control.page.wait_for_timeout(300)
    if options.count() and options.first.is_enabled():
        options.first.click()
    else:
        field.press("Backspace")
    field.press("Escape")


def _radio(control: Any) -> None:
    others = control.locator("label:has(input:not(:checked):not(:disabled))")
    if others.count():
        others.first.click()


def _group(control: Any) -> None:
    others = control.locator(
        "button[aria-checked=false], button[aria-pressed=false], button[kind$=ontrol], button[kind=pills]"
    )
    if others.count():
        others.first.click()


def _tabs(control: Any) -> None:
    for each in control.get_by_role("tab").all():
        each.click()
        control.page.wait_for_timeout(100)
        assert each.get_attribute("aria-selected") == "true"


def _expander(control: Any) -> None:
    summary = control.locator("summary").first
    if control.locator("details[open]").count():
        summary.press("Enter")
        control.page.wait_for_timeout(400)
    summary.press("Enter")


def _popover(control: Any) -> None:
    control.get_by_role("button").first.click()


WAYS = {
    "stExpander": _expander,
    "stTabs": _tabs,
    "stNumberInput": _number,
    "stTextInput": _text,
    "stTextArea": _text,
    "stSlider": _slider,
    "stCheckbox": _checkbox,
    "stMultiSelect": _several,
    "stSelectbox": _select,
    "stButtonGroup": _group,
    "stRadio": _radio,
    "stPopover": _popover,
}
