"""How the files in `weights/` were made. Needs the extra `train`; nothing here runs in the service."""
