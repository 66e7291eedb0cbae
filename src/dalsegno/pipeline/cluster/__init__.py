"""How work is handed to other machines: one file per system that can do so. Inert like the rest of the room."""
