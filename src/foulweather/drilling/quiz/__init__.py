"""Questions about what drills show: asked, judged, explained, and asked again when they would be forgotten."""
