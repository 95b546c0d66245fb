"""The language of dialogues, for those who write them in a file and those who carry them out."""
