"""What a small language model can learn here: sums in a chain, commands on words, and plain English.

`reasoning` and `instructions` say what is asked, what the right answer is and how a written one is judged; `examples`
draws training, validation and test from them; `text` cuts English prose into windows.
"""
