"""The way to small devices: size, export to ONNX, and what the exported file costs to run."""
