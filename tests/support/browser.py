"""The system's Chromium, driven as a phone; and what a page must be for everybody to use it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.patience import PATIENCE_SECONDS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# A small phone; WCAG 2.2 asks that nothing scrolls sideways down to 320 CSS pixels (1.4.10).
PHONE = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}

# What is wrong with the page as it stands, one sentence each. The rules are WCAG's, at the level named.
RULES = """() => {
  const wrong = [];
  const say = (rule, element) => wrong.push(rule + (element ? ": " + element.outerHTML.slice(0, 120) : ""));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const visible = (element) => element.getClientRects().length > 0;
  const name = (element) => (element.getAttribute("aria-label") || element.textContent).trim();

  if (!/^(fr|en)$/.test(document.documentElement.lang)) say("3.1.1 A: the page names its language");
  if (!document.title.trim()) say("2.4.2 A: the page has a title");
  if (/user-scalable|maximum-scale/.test(document.querySelector("meta[name=viewport]").content)) say("1.4.4 AA: zoom");
  if (all("h1").length !== 1) say("one h1");
  if (all("main").length !== 1) say("one main");
  let level = 0;
  for (const heading of all("h1, h2, h3, h4").filter(visible)) {
    const next = Number(heading.tagName[1]);
    if (level && next > level + 1) say("1.3.1 A: no level of heading is skipped", heading);
    if (!name(heading)) say("2.4.6 AA: a heading says something", heading);
    level = next;
  }
  const ids = all("[id]").map((element) => element.id);
  if (new Set(ids).size !== ids.length) say("ids are unique");
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (!field.labels.length || !name(field.labels[0])) say("3.3.2 A: a field has a label", field);
    if (!field.autocomplete) say("1.3.5 AA: a field says its purpose", field);
    const error = field.getAttribute("aria-describedby");
    if (field.getAttribute("aria-invalid") && !(error && document.getElementById(error))) say("3.3.1 A: error", field);
  }
  for (const set of all("fieldset")) if (!set.querySelector("legend")) say("1.3.1 A: a fieldset has a legend", set);
  for (const part of all("[aria-labelledby], [aria-describedby]")) {
    for (const id of (part.getAttribute("aria-labelledby") || part.getAttribute("aria-describedby")).split(" ")) {
      if (!document.getElementById(id)) say("4.1.2 A: what names a part is there", part);
    }
  }
  for (const link of all("a[href^='#']")) {
    if (!document.getElementById(link.hash.slice(1))) say("a link inside the page leads somewhere", link);
  }
  const names = all("button").filter(visible).map(name);
  for (const button of all("a, button, summary")) if (!name(button)) say("4.1.2 A: a control has a name", button);
  if (new Set(names).size !== names.length) say("2.4.4 A: each button says what it alone does: " + names.join(" | "));
  for (const target of all("a, button, summary, input:not([type=hidden]), nav span").filter(visible)) {
    const box = target.getBoundingClientRect();
    if (box.height < 44 || box.width < 44) say("2.5.5 AAA: 44 px (" + box.width + " x " + box.height + ")", target);
  }
  if (document.documentElement.scrollWidth > screen.width) say("1.4.10 AA: nothing scrolls sideways");
  if (all("img, svg, script, iframe, link[rel=stylesheet]").length) say("nothing but text and its own style");

  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parse(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let part = element; part; part = part.parentElement) {
      const colour = getComputedStyle(part).backgroundColor;
      if (parse(colour).length < 4 || parse(colour)[3] > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  for (const element of all("body *").filter(visible)) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text) continue;
    const [dark, bright] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) say("1.4.3 AA: contrast " + contrast.toFixed(2), element);
    if (parseFloat(getComputedStyle(element).fontSize) < 16) say("text is readable on a phone", element);
  }
  return wrong;
}"""


def chromium_path() -> str:
    """Where the system's Chromium is; skips the test, with the remedy, where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium (.ci/run does)")
    return found


@contextmanager
def running_browser() -> Iterator[Any]:
    """A Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    # As root there is no sandbox to be had; the pages are our own.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium_path(), args=options, timeout=PATIENCE_SECONDS * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


def what_is_wrong_with(page: Any) -> list[str]:
    """The rules that the page as it stands breaks."""
    return page.evaluate(RULES)


def open_phone(browser: Any, *, script: bool, locale: str = "fr-FR") -> tuple[Any, list[Any], list[str]]:
    """A tab, and what it asked for and complained of."""
    tab = browser.new_context(**PHONE, locale=locale, java_script_enabled=script).new_page()
    tab.set_default_timeout(PATIENCE_SECONDS * 1000)
    requests: list[Any] = []
    complaints: list[str] = []
    tab.on("request", lambda request: requests.append(request))
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return tab, requests, complaints


def follow(tab: Any, control: Any) -> None:
    """Taps what leads to another page, and waits for it."""
    with tab.expect_navigation():
        control.tap()
