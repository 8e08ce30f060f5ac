"""The published file to bytes of the site: pages, charts, calculator, images."""
