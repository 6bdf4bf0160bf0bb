"""Pictures of our own site's views, for the README: run after `make site`."""

from __future__ import annotations

from pathlib import Path

from browser import find
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs/images"


def main() -> None:
    """Write `docs/images/head-view-light.png` and its dark twin."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 760, "height": 700}, color_scheme=scheme, device_scale_factor=2)
            page.goto((ROOT / "site/index.html").as_uri())
            page.locator("attn-view").first.evaluate("async (view) => { await view.ready }")
            page.wait_for_timeout(300)
            page.locator("attn-view").first.screenshot(path=IMAGES / f"head-view-{scheme}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
