"""Collect: returned files → what the master takes from them.

reader   a file → its sheets, identified and read;  reading  these facts, as records;  kept  the same, once and for all
replay   events of a measure → its state;  judge  the rules as it asks them;  log  the events, a commit for each command
commit   the master with its log, and the one way to write both;  ledger  rows that tell of it;  migrate  a first log
planner  a run of collect;  plan  that, as records;  run, resolve, withdraw  the commands;  corrected  what goes back
"""
