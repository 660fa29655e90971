"""Parts of `train_demo_models.py`: questions, tokenizer, training and the measuring of skill."""
