"""Who trains, who validates and who is tested, and what leaks from one part to another. No audio and no model."""
