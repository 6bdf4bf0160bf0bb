"""Pictures of our own site's views, for the README: run after `make site`."""

from __future__ import annotations

from pathlib import Path

from browser import find
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs/images"
#: Around the view, in CSS pixels.
MARGIN = 16
#: Name of a picture → page, and which of its views.
PICTURES = {"head-view": ("index.html", 0), "neuron-view": ("gallery/neurons.html", 1)}


def main() -> None:
    """Write each picture as `docs/images/NAME-light.png`, with its dark twin."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for name, (path, index) in PICTURES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": 760, "height": 900}, color_scheme=scheme, device_scale_factor=2
                )
                page.goto((ROOT / "site" / path).as_uri())
                view = page.locator("attn-view").nth(index)
                view.evaluate("async (view) => { await view.ready; view.scrollIntoView({ block: 'center' }) }")
                page.wait_for_timeout(600)
                # A view may keep a little more room than it needs.
                box = view.locator(".frame").bounding_box()
                clip = {
                    "x": box["x"] - MARGIN,
                    "y": box["y"] - MARGIN,
                    "width": box["width"] + 2 * MARGIN,
                    "height": box["height"] + 2 * MARGIN,
                }
                page.screenshot(path=IMAGES / f"{name}-{scheme}.png", clip=clip)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
