"""A whole history read by one model: partition by partition, resumable, on as many processes or machines as there are."""
