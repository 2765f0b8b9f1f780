"""What training leaves in the weights."""
