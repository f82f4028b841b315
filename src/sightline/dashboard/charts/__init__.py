"""Figures into SVG. Every mark is a link with its figure in words; colours come from the style sheet."""
