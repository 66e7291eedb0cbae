"""How processes work together, here and on other machines: work handed out, ranks, and one that compiles for all. Inert."""
