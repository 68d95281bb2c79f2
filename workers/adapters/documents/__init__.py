"""Documents from Word templates; templates/README.md lists what each template is given."""
