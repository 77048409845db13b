"""The workbench's jobs as commands: the same engine, store and measurements that the pages use."""
