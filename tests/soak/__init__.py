"""The soak: builds that are killed again and again, with readers beside."""
