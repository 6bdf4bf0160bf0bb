"""A page that carries some of the layers only."""

from __future__ import annotations

import numpy as np
import pytest

from attnviz_mkdocs.codec import decode
from attnviz_mkdocs.project import Project
from attnviz_mkdocs.supply import Supply

pytestmark = pytest.mark.browser

PAGE = """\
```attnviz small/lines
layers: 1
```

```attnviz small/grid
layers: 1
```

```attnviz
model: tiny
text: The cat sat
view: neuron
layers: 1
```

```attnviz
model: tiny
compare: [The cat sat, A dog ran off]
layers: 1
```
"""


def test_readers_choose_among_the_layers_that_are_there_and_are_told(folder, site, tab):
    opened = tab.open(site(pages={"index.md": PAGE}) / "index.html")
    figure = next(Project(folder.root).load().figures())
    weights = decode(Supply(Project(folder.root)).get(figure).exhibit.data).attention.weights()
    assert len(weights) == 2
    for number in range(4):
        view = opened.view(number)
        assert view.evaluate("(view) => view.state.layer") == 1
        assert view.get_by_text("Only layer 1 of this exhibit is here.").count() == 1
        row = view.evaluate("async (view) => [...view.exhibit.attention(1, 2)]")
        np.testing.assert_allclose(row, weights[1, 2].ravel(), atol=1e-6)
        with pytest.raises(Exception, match="layer 0 does not exist"):
            view.evaluate("(view) => view.exhibit.attention(0, 0)")
