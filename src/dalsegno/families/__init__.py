"""How each family of models is trained from its entry in params.yaml: classical, mlp with its rows, cnn with its crops and views. No architecture and no scoring."""
