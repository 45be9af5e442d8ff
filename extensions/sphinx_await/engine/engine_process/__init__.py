"""An engine in a process of its own, so that programs run while the process of the build reads pages."""
