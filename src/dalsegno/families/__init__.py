"""How each family of models is trained from its entry in params.yaml: classical, mlp, cnn. No architecture and no scoring."""
