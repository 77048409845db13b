"""The training loop and what it is made of: schedule, sampler, teacher, objective, checkpoint."""
