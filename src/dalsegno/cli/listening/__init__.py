"""Commands about trained models and new sound, thin doors to the room inference."""
