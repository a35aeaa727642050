"""转 transfer: read the text and the place, choose the units and say why, dispatch, decide returns."""
