"""What docclean is compared with: binarizers, background division, outside programs."""
