"""What an author asks for → tokens: ids for the model, labels for the reader."""
