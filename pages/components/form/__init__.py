"""The form that describes a run, one file a subject; `values` goes from a configuration to the inputs and back."""
