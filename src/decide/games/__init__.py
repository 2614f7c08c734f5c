"""What a game is: a table (`NormalForm`) or a tree (`ExtensiveForm`), each of which may carry a batch."""
