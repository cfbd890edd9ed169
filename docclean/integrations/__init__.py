"""docclean inside other people's programs: each module talks the language of one of them."""
