"""知识库 knowledge: what the hotline may answer from, and the check of what is answered."""
