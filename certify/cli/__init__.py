"""The command `certify`: one file a command; heavy libraries are imported only when a command runs."""
