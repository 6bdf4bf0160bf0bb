"""Pictures of our own site's views, for the README: run after `make site`."""

from __future__ import annotations

from pathlib import Path

from browser import find
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs/images"
#: Around the view, in CSS pixels.
MARGIN = 16


def main() -> None:
    """Write `docs/images/head-view-light.png` and its dark twin."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 760, "height": 700}, color_scheme=scheme, device_scale_factor=2)
            page.goto((ROOT / "site/index.html").as_uri())
            view = page.locator("attn-view").first
            view.evaluate("async (view) => { await view.ready }")
            page.wait_for_timeout(300)
            box = view.bounding_box()
            clip = {
                "x": box["x"] - MARGIN,
                "y": box["y"] - MARGIN,
                "width": box["width"] + 2 * MARGIN,
                "height": box["height"] + 2 * MARGIN,
            }
            page.screenshot(path=IMAGES / f"head-view-{scheme}.png", clip=clip)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
