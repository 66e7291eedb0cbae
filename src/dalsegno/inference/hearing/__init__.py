"""From a file of sound to probabilities, as the pipeline itself gets them: front ends, views, backbones, heads and votes."""
