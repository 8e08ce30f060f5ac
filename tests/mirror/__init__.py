"""Small files of our own in the published formats, by the address that they stand for, and what makes a mirror of them."""
