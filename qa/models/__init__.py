"""What runs a neural network: the sentence embedding and the reader, both small enough to ship with the package."""
